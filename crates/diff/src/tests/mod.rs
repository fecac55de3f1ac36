//! Decisions as text: a fixture on one side, what is printed on the other.

mod approved;
mod cases;
mod fixture;
mod ignoring;
mod imports;
mod instances;
mod lifecycle;
mod outline;
mod problems;
mod properties;
mod renewed;
mod stacks;
mod targets;

use fixture::{Fixture, print, print_problems, trimmed};

use crate::Settings;

/// Decides on a fixture that has no problems.
#[track_caller]
fn check(text: &str, expected: &str) {
    check_with(text, Settings::default(), expected);
}

#[track_caller]
fn check_with(text: &str, settings: Settings, expected: &str) {
    let (sets, found) = Fixture::parse(text).diff(settings);
    assert_eq!(print_problems(&found), "", "problems");
    assert_eq!(print(&sets), trimmed(expected));
}

/// Decides on a fixture that has problems.
#[track_caller]
fn check_problems(text: &str, expected: &str) {
    let (_, found) = Fixture::parse(text).diff(Settings::default());
    assert_eq!(print_problems(&found), trimmed(expected));
}
