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
