//! What an update sets anew, as others see it before.

use super::*;

/// A template that is there, and whoever reads what the vendor says of it.
fn template(now: &str, state: &str) -> String {
    format!(
        "stack net.QA
           resource Template main {now}
           resource Vpc arn Label=@main.Arn
           resource Vpc link Label=@main.Link
           resource Vpc stamp Label=@main.Stamp
           resource Vpc version Label=@main.Version
           output version @main.Version
           has Template main {state}
             observed Arn=arn Link=at:main:one Stamp=s1 Version=v7
           has Vpc arn Label=arn
           has Vpc link Label=at:main:one
           has Vpc stamp Label=s1
           has Vpc version Label=v7
           published version v7 from main"
    )
}

#[test]
fn what_the_vendor_sets_anew_for_a_change_is_not_known_before_it() {
    check(
        &template("Data=new Label=one", "Data=old Label=one"),
        "net.QA
         ~ main
         Data old -> new
         ~ stamp
         Label s1 -> <net.QA:main.Stamp>
         ~ version
         Label v7 -> <net.QA:main.Version>
         > version <net.QA:main.Version>",
    );
}

#[test]
fn what_another_change_does_not_touch_stays_and_what_is_told_from_it_is_told() {
    check(
        &template("Data=old Label=two", "Data=old Label=one"),
        "net.QA
         ~ main
         Label one -> two
         ~ link
         Label at:main:one -> at:main:two
         ~ stamp
         Label s1 -> <net.QA:main.Stamp>",
    );
}

#[test]
fn without_an_update_nothing_is_set_anew() {
    check(&template("Data=old Label=one", "Data=old Label=one"), "net.QA");
}

#[test]
fn of_what_was_updated_in_part_nobody_knows_what_the_next_update_sets_anew() {
    check(
        "stack net.QA
           resource Template main Data=one
           resource Vpc arn Label=@main.Arn
           resource Vpc reader Label=@main.Version
           has Template main Data=one
             observed Arn=arn Version=v7
             partial
           has Vpc arn Label=arn
           has Vpc reader Label=v6",
        "net.QA
         ~ main
         # its last step did not end well: it broke
         ~ reader
         Label v6 -> <net.QA:main.Version>",
    );
}

#[test]
fn what_the_program_no_longer_says_is_the_vendors_to_say() {
    check(
        "stack net.QA
           resource Vpc main
           resource Vpc reader Pass=@main.Label
           resource Vpc other Pass=@main.Pass
           has Vpc main Label=x
             observed Pass=p
           has Vpc reader Pass=x
           has Vpc other Pass=p",
        "net.QA
         ~ main
         Label x -> nothing
         ~ reader
         Pass x -> <net.QA:main.Label>",
    );
}

#[test]
fn a_reader_that_cannot_change_in_place_may_be_replaced() {
    check(
        "stack net.QA
           resource Template main Data=new
           resource Vpc reader Peer=@main.Version
           has Template main Data=old
             observed Version=v7
           has Vpc reader Peer=v7",
        "net.QA
         ~ main
         Data old -> new
         ±? reader
         Peer! v7 -> <net.QA:main.Version>",
    );
}
