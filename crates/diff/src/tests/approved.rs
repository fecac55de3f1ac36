//! What is left of what was approved, and what goes beyond it.

use super::*;
use crate::beyond;

const SHOWN: &str = "stack net.QA
       resource Vpc made Label=one Peer=@other.VpcId
       resource Vpc other
       resource Vpc new Cidr=10.9.0.0/16
       output label @made.Label
       has Vpc new Cidr=10.1.0.0/16
       has Vpc old";

/// `now` has the same plan and another state.
#[track_caller]
fn check_beyond(now: &str, expected: &[&str]) {
    let (shown, now) = (Fixture::parse(SHOWN), Fixture::parse(now));
    let (approved, _) = shown.diff(Settings::default());
    let (left, _) = now.diff(Settings::default());
    let plan = shown.stacks[0].plan.as_ref().expect("a plan");
    assert_eq!(beyond(&approved[0], &left[0], Some(plan)), expected, "{}", print(&left));
}

fn with(state: &str) -> String {
    format!("{}\n{state}", SHOWN.lines().filter(|line| !line.trim().starts_with("has")).collect::<Vec<_>>().join("\n"))
}

#[test]
fn case_70_less_may_be_left_and_what_is_half_done_is_completed() {
    check_beyond(SHOWN, &[]);
    check_beyond(&with("has Vpc new Cidr=10.1.0.0/16\n has Vpc other"), &[]);
    check_beyond(&with("has Vpc other\n partial"), &[]);
    check_beyond(&with("has Vpc new Cidr=10.9.0.0/16\n incarnation 2\n leftover Vpc new Cidr=10.1.0.0/16"), &[]);
}

#[test]
fn case_70_anything_else_is_beyond() {
    check_beyond(&with("has Vpc stranger"), &["`stranger` would be touched, which was not shown"]);
    check_beyond(
        &with("has Vpc old\n incarnation 2\n leftover Vpc old"),
        &["an old `old` would be deleted, which was not shown"],
    );
    let edited = SHOWN.replace("Label=one", "Label=two");
    check_beyond(
        &edited,
        &["`Label` of `made` has another value than was shown", "output `label` has another value than was shown"],
    );
    let retained = SHOWN.replace("has Vpc old", "has Vpc old\n retain");
    check_beyond(&retained, &["`old`: shown was delete, now it is forget"]);
}
