//! The order across stacks.

use super::*;

#[test]
fn a_reader_waits_for_the_output_that_it_reads_and_for_nothing_else() {
    check(
        "stack a.QA
           resource Vpc first
           resource Vpc other
           output first @first.VpcId
           output other @other.VpcId
         stack b.QA
           resource Vpc reader Label=#a.QA:first
           resource Vpc free
           output through #a.QA:other",
        "a:apply first
         a:apply other
         a:publish first <- a:apply first
         a:publish other <- a:apply other
         b:apply free
         b:apply reader <- a:publish first
         b:publish through <- a:publish other",
    );
}

#[test]
fn a_reader_of_a_value_that_stays_waits_for_the_change_of_what_it_is_made_of() {
    check(
        "stack a.QA
           resource Vpc main Cidr=10.0.0.0/16 Label=new
           output cidr @main.Cidr
           has Vpc main Cidr=10.0.0.0/16 Label=old
           published cidr 10.0.0.0/16 from main
         stack b.QA
           output cidr #a.QA:cidr
           published cidr 10.0.0.0/16 reads a.QA:cidr
         stack c.QA
           resource Vpc reader Cidr=#b.QA:cidr Label=new
           has Vpc reader Cidr=10.0.0.0/16 Label=old",
        "a:apply main
         c:apply reader <- a:apply main",
    );
}

#[test]
fn two_stacks_that_read_each_other_are_no_cycle() {
    check(
        "stack a.QA
           resource Vpc first
           resource Vpc third Label=#b.QA:second
           output first @first.VpcId
         stack b.QA
           resource Vpc second Label=#a.QA:first
           output second @second.VpcId",
        "a:apply first
         a:publish first <- a:apply first
         b:apply second <- a:publish first
         b:publish second <- b:apply second
         a:apply third <- b:publish second",
    );
    check(
        "stack a.QA destroyed
           has Vpc first
           has Vpc third
             reads b.QA:second
           published first first-1 from first
         stack b.QA destroyed
           has Vpc second
             reads a.QA:first
           published second second-1 from second",
        "a:delete third 1
         b:delete second 1 <- a:delete third 1
         a:delete first 1 <- b:delete second 1
         a:publish first <- a:delete first 1, b:delete second 1
         b:publish second <- a:delete third 1, b:delete second 1",
    );
}

#[test]
fn an_old_object_goes_after_readers_in_other_stacks_have_moved_on() {
    check(
        "stack a.QA
           resource Vpc main Cidr=10.9.0.0/16
           output id @main.VpcId
           has Vpc main Cidr=10.1.0.0/16
           published id main-1 from main
         stack b.QA
           resource Vpc replaced Peer=#a.QA:id
           resource Vpc updated Label=#a.QA:id
           has Vpc replaced Peer=main-1
           has Vpc updated Label=main-1",
        "a:apply main
         a:publish id <- a:apply main
         b:apply replaced <- a:publish id
         b:delete replaced 1 <- b:apply replaced
         b:apply updated <- a:publish id
         a:delete main 1 <- a:apply main, b:apply replaced, b:delete replaced 1, b:apply updated",
    );
}

#[test]
fn where_it_goes_first_readers_in_other_stacks_go_before_it() {
    check(
        "stack a.QA
           resource Vpc main Cidr=10.9.0.0/16
             dbr true
           output id @main.VpcId
           has Vpc main Cidr=10.1.0.0/16
           published id main-1 from main
         stack b.QA
           resource Vpc replaced Peer=#a.QA:id
           has Vpc replaced Peer=main-1",
        "b:delete replaced 1
         a:delete main 1 <- b:delete replaced 1
         a:apply main <- a:delete main 1
         a:publish id <- a:apply main
         b:apply replaced <- a:publish id, b:delete replaced 1",
    );
}

const REPLACED: &str = "stack a.QA
           resource Vpc main Cidr=10.9.0.0/16
           output id @main.VpcId
           has Vpc main Cidr=10.1.0.0/16
           published id main-1 from main
         stack outside.QA
           has Vpc reader
             reads a.QA:id";

#[test]
fn an_old_object_that_a_stack_outside_reads_stays() {
    check(
        REPLACED,
        "apply main
         publish id <- apply main
         held back main by outside.QA",
    );
}

#[test]
fn what_a_stack_reads_whose_turn_comes_later_stays_until_then_unless_it_makes_room() {
    let later = |text: &str| text.replace("outside", "later");
    check(
        &later(REPLACED),
        "apply main
         publish id <- apply main
         held back main by later.QA",
    );
    check(
        &later(&REPLACED.replace("resource Vpc main Cidr=10.9.0.0/16\n           output id @main.VpcId", "")),
        "held back main by later.QA
         held back output id by later.QA",
    );
    check(
        &later(&REPLACED.replace("output id", "  dbr true\noutput id")),
        "delete main 1
         apply main <- delete main 1
         publish id <- apply main",
    );
}

#[test]
fn what_an_object_reads_that_stays_for_now_stays_too() {
    check(
        "stack a.QA
           resource Vpc main Cidr=10.9.0.0/16
           output id @main.VpcId
           has Vpc lowest
           has Vpc lower Peer=lowest-1
             depends lowest
           has Vpc main Cidr=10.1.0.0/16 Peer=lower-1
             depends lower
           has Vpc apart
           published id main-1 from main
         stack outside.QA
           has Vpc reader
             reads a.QA:id",
        "delete apart 1
         apply main
         publish id <- apply main
         held back main by outside.QA
         held back lower by `main` of a.QA
         held back lowest by `lower` of a.QA",
    );
}

#[test]
fn it_goes_once_the_reader_was_applied_with_the_new_value() {
    let text = |digest: &str| {
        format!(
            "stack a.QA
               resource Vpc main
               output id @main.VpcId
               has Vpc main
                 incarnation 2
               leftover Vpc main
               published id main-2 from main
             stack outside.QA
               has Vpc reader
                 reads a.QA:id={digest}"
        )
    };
    check(&text("main-1"), "held back main by outside.QA");
    check(&text("main-2"), "delete main 1");
}

#[test]
fn as_long_as_the_new_value_is_not_published_its_readers_hold_the_old_object() {
    check(
        "stack a.QA
           resource Vpc main
           output id @main.VpcId
           has Vpc main
             incarnation 2
           leftover Vpc main
           published id main-1 stale from main
         stack outside.QA
           has Vpc reader
             reads a.QA:id",
        "publish id
         held back main by outside.QA",
    );
}

#[test]
fn an_object_that_must_go_is_refused_with_the_names_of_its_readers() {
    check_refused(
        "stack a.QA destroyed
           has Vpc main
           has Vpc unread
           published id main-1 from main
           published cidr 10 from main
           published constant 1
         stack outside.QA
           has Vpc reader
             reads a.QA:id a.QA:constant
         stack outside.CI
           has Vpc reader
             reads a.QA:cidr",
        "E0402 `main`, output `cidr`, output `constant` and 1 more of `a.QA` cannot go: other stacks still read it
         note `outside.CI` was applied with `cidr`
         note `outside.QA` was applied with `constant`, `id`
         hint select the readers too: `--with-downstream`",
    );
    check_refused(
        &REPLACED.replace("output id", "  dbr true\noutput id"),
        "E0402 `main` of `a.QA` cannot go: other stacks still read it
         note `outside.QA` was applied with `id`
         hint select the readers too: `--with-downstream`",
    );
    check_refused(
        "stack a.QA
           published gone 1
         stack outside.QA
           has Vpc reader
             reads a.QA:gone",
        "E0402 output `gone` of `a.QA` cannot go: other stacks still read it
         note `outside.QA` was applied with `gone`
         hint select the readers too: `--with-downstream`",
    );
}

#[test]
fn a_reader_that_is_selected_and_has_no_steps_is_not_in_the_way() {
    check(
        "stack a.QA
           resource Bucket main Name=mine Region=b
           output name @main.Name
           has Bucket main Name=mine Region=a
           published name mine from main
         stack clean.QA
           has Vpc reader
             reads a.QA:name",
        "delete main 1
         apply main <- delete main 1",
    );
}

#[test]
fn an_output_that_is_made_of_something_else_by_now_lets_its_old_object_go() {
    check(
        "stack a.QA
           output label x
           has Vpc gone Label=x
           published label x from gone
         stack outside.QA
           has Vpc reader
             reads a.QA:label",
        "delete gone 1
         publish label",
    );
}

#[test]
fn what_is_destroyed_goes_in_reverse_across_stacks() {
    check(
        "stack a.QA destroyed
           has Vpc main
           published id main-1 from main
         stack b.QA destroyed
           has Vpc reader
             reads a.QA:id
           published id reader-1 from reader
         stack c.QA destroyed
           has Vpc last
             reads b.QA:id",
        "c:delete last 1
         b:delete reader 1 <- c:delete last 1
         a:delete main 1 <- b:delete reader 1
         a:publish id <- a:delete main 1, b:delete reader 1
         b:publish id <- b:delete reader 1, c:delete last 1",
    );
}

#[test]
fn a_withdrawn_output_waits_for_the_readers_that_let_go_of_it() {
    check(
        "stack a.QA
           published gone 1
         stack b.QA
           resource Vpc reader Label=#?a.QA:gone
           has Vpc reader Label=1",
        "b:apply reader
         a:publish gone <- b:apply reader",
    );
}

#[test]
fn what_waits_for_a_whole_stack_waits_for_all_that_it_makes() {
    check(
        "stack a.QA
           resource Vpc one
           output out 1
           has Vpc gone
         stack b.QA
           resource Vpc late
           output free 1
           after a.QA",
        "a:delete gone 1
         a:apply one
         a:publish out
         b:apply late <- a:apply one, a:publish out
         b:publish free",
    );
}

#[test]
fn objects_that_came_to_read_one_another_in_a_circle_can_still_go() {
    check(
        "stack a.QA destroyed
           has Vpc one
             reads b.QA:two
           published one one-1 from one
         stack b.QA destroyed
           has Vpc two
             reads a.QA:one
           published two two-1 from two",
        "a:delete one 1
         b:delete two 1 <- a:delete one 1
         a:publish one <- a:delete one 1, b:delete two 1
         b:publish two <- a:delete one 1, b:delete two 1",
    );
}

#[test]
fn stacks_that_wait_for_one_another_as_a_whole_are_refused() {
    check_refused(
        "stack a.QA
           resource Vpc one
           after b.QA
         stack b.QA
           resource Vpc two
           after a.QA",
        "E0410 steps need one another: apply `one` of `a.QA`, apply `two` of `b.QA`
         hint take away one of the dependencies on whole stacks that are among the causes",
    );
}
