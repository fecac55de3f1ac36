//! What the fuzzer has found of objects that go with others.

use super::super::{Given, Operation, replay};
use super::harms;
use crate::cloud::Harm;

/// The update takes it from what it went with; whether that has come about nobody knows.
#[test]
fn what_was_half_updated_goes_with_another_one_only_if_that_is_sure() {
    let given = "
stack b.QA
  resource Vpc r0 Cidr=c0
  output r0 @r0.Arn
  resource Vpc r1 Cidr=c0
  output r1 @r1.Arn
  has Vpc r0 Cidr=c0
  published r0 r0-1 from r0
  has Vpc r1 Cidr=c0 Label=r0-1
    depends r0
    with r0 1
  published r1 r1-1 from r1
";
    for harm in [None, Some(("update r1", Harm::Partial))] {
        replay(&Given {
            text: given.to_owned(),
            strict: true,
            harms: harms(harm.as_slice()),
            operations: vec![Operation::KilledUp(1), Operation::KilledDestroy(1)],
            jobs: 3,
            ..Given::default()
        });
    }
}

/// What was set aside reads what its resource goes with, and what goes with that resource reads it by name.
#[test]
fn a_chain_that_goes_together_goes_also_with_an_old_copy_in_it() {
    let given = "
stack a.QA
  has Vpc w Cidr=c0
  leftover Vpc x Cidr=c2 Label=w-1
    incarnation 1
    depends w
  has Vpc x Cidr=c0 Label=w-1
    incarnation 2
    depends w
    with w 1
  has Vpc y Cidr=c0 Label=x-2
    depends x
    with x 2
";
    for operation in [Operation::Up, Operation::Destroy] {
        replay(&Given {
            text: given.to_owned(),
            strict: true,
            operations: vec![operation],
            jobs: 2,
            ..Given::default()
        });
    }
}

/// What goes with an object may read what has to go before that.
#[test]
fn what_cannot_go_with_another_one_in_time_is_deleted_by_itself() {
    let given = "
stack a.QA
  has Vpc w Cidr=c0
  has Vpc x Cidr=c0 Label=w-1
    depends w
  has Vpc y Cidr=c0 Label=x-1
    depends x
    with w 1
";
    for operation in [Operation::Up, Operation::Destroy] {
        replay(&Given {
            text: given.to_owned(),
            strict: true,
            operations: vec![operation],
            jobs: 2,
            ..Given::default()
        });
    }
}
