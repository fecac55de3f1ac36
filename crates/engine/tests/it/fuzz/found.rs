//! What the fuzzer has found, so that it stays mended.

use super::{Given, Operation, replay};
use crate::cloud::Harm;

fn harms(harms: &[(&str, Harm)]) -> Vec<(String, Harm)> {
    harms.iter().map(|(call, harm)| ((*call).to_owned(), *harm)).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Not found, but made by hand: a vendor that deletes and says that it failed.
#[tokio::test]
async fn a_delete_that_is_denied_is_found_out() {
    let given = "
stack a.QA
  resource Vpc r0 Cidr=c1
  output r0 @r0.Arn
  resource Fixed r1n Label=@r0.Arn
    alias r1
  output r1n @r1n.Id
  has Vpc r0 Cidr=c0
    incarnation 1
    plain
    depends
    reads
  published r0 r0-1 from r0
  has Fixed r1 Label=r0-1
    incarnation 1
    plain
    depends r0
    reads
  published r1 r1-1 from r1
";
    replay(&Given {
        text: given.to_owned(),
        strict: false,
        harms: harms(&[("delete r1n", Harm::Partial)]),
        vanished: texts(&[]),
        operation: Operation::Up,
        selected: texts(&[]),
        jobs: 1,
    })
    .await;
}

/// An earlier incarnation that still reads what is to go, while its resource is renamed.
#[tokio::test]
async fn what_was_set_aside_before_a_renaming_goes_before_what_it_reads() {
    let given = "
stack a.QA
  resource Vpc r2n Cidr=c0
    alias r2
  output r2n @r2n.Arn
  has Vpc r1 Cidr=c0
    incarnation 1
    plain
    depends
    reads
  published r1 r1-1 from r1
  leftover Vpc r2 Cidr=c2 Label=r1-1
    incarnation 1
    plain
    depends r1
    reads
  has Vpc r2 Cidr=c0 Label=r1-1
    incarnation 2
    plain
    depends r1
    reads
  published r2 r2-2 from r2
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        harms: harms(&[]),
        vanished: texts(&[]),
        operation: Operation::Up,
        selected: texts(&[]),
        jobs: 1,
    })
    .await;
}
