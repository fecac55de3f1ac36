//! Cases that engines of this kind are known to get wrong, each by its number.

use super::*;

const CHANGED: &str = "resource Vpc b Label=@a.Label
           has Vpc a Cidr=10.1.0.0/16 Label=x
           has Vpc b Label=x";

#[test]
fn case_01_the_new_object_is_made_first_and_the_old_one_goes_last() {
    check(
        &format!("stack net.QA\n resource Vpc a Cidr=10.9.0.0/16 Label=x\n {CHANGED}"),
        "apply a
         delete a 1 <- apply a",
    );
}

#[test]
fn case_02_the_old_object_goes_first_and_its_reader_before_it() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc b Peer=@a.VpcId
             dbr true
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b Peer=a-1",
        "delete b 1
         delete a 1 <- delete b 1
         apply a <- delete a 1
         apply b <- apply a, delete b 1",
    );
}

#[test]
fn case_05_what_no_longer_reads_the_object_that_goes_first_stays_and_lets_go_before() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc b
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b
             depends a",
        "apply b
         delete a 1 <- apply b
         apply a <- delete a 1",
    );
}

#[test]
fn case_11_with_a_trigger_on_the_id_of_another_a_resource_is_replaced_with_it_and_its_readers_go_first() {
    let text = |trigger: &str| {
        format!(
            "stack net.QA
               resource Vpc a Cidr=10.9.0.0/16
                 dbr true
               resource Vpc b Label=x
                 {trigger}
               resource Vpc c Peer=@b.VpcId
               has Vpc a Cidr=10.1.0.0/16
               has Vpc b Label=x
                 depends a
                 triggered a-1
               has Vpc c Peer=b-1"
        )
    };
    check(
        &text("trigger @a.VpcId"),
        "delete c 1
         delete b 1 <- delete c 1
         delete a 1 <- delete b 1
         apply a <- delete a 1
         apply b <- apply a, delete b 1
         apply c <- apply b, delete c 1",
    );
    check(
        &text("ignore Label"),
        "apply b
         delete a 1 <- apply b
         apply a <- delete a 1",
    );
}

#[test]
fn case_15_a_reader_that_wants_its_new_object_first_makes_no_cycle() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc b Peer=@a.VpcId
             dbr false
           resource Vpc c Peer=@b.VpcId
             dbr false
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b Peer=a-1
           has Vpc c Peer=b-1",
        "delete c 1
         delete b 1 <- delete c 1
         delete a 1 <- delete b 1
         apply a <- delete a 1
         apply b <- apply a, delete b 1
         apply c <- apply b, delete c 1",
    );
}

#[test]
fn case_48_the_record_of_what_is_retained_goes_whoever_reads_it() {
    check(
        "stack a.QA
           resource Vpc main Cidr=10.9.0.0/16
             retain
           output id @main.VpcId
           has Vpc main Cidr=10.1.0.0/16
             plain
           published id main-1 from main
         stack outside.QA
           has Vpc reader
             reads a.QA:id",
        "apply main
         delete main 1 <- apply main
         publish id <- apply main",
    );
}

#[test]
fn case_49_what_goes_with_another_waits_for_it_and_the_other_for_the_readers_of_both() {
    check(
        "stack a.QA destroyed
           has Vpc a
           has Vpc b
             depends a
             with a 1
           has Vpc c
             with b 1
           has Vpc reads_c
             depends c",
        "delete reads_c 1
         delete a 1 <- delete reads_c 1
         delete b 1 <- delete a 1
         delete c 1 <- delete b 1",
    );
    check(
        "stack a.QA destroyed
           has Vpc d
           has Vpc w
           has Vpc x
             depends d
             with w 1",
        "delete w 1
         delete x 1 <- delete w 1
         delete d 1 <- delete x 1",
    );
}

#[test]
fn case_49_on_a_replacement_all_new_objects_are_there_before_the_old_ones_go_together() {
    check(
        "stack a.QA
           resource Vpc a Cidr=10.9.0.0/16
           resource Vpc b Peer=@a.VpcId
             deleted_with a
           resource Vpc c Label=@b.VpcId
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b Peer=a-1
           has Vpc c Label=b-1",
        "apply a
         apply b <- apply a
         apply c <- apply b
         delete a 1 <- apply a, apply b, apply c
         delete b 1 <- delete a 1, apply b",
    );
    check(
        "stack a.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc b Peer=@a.VpcId
             deleted_with a
           resource Vpc c Peer=@b.VpcId
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b Peer=a-1
           has Vpc c Peer=b-1",
        "delete c 1
         delete a 1 <- delete c 1
         apply a <- delete a 1
         delete b 1 <- delete a 1
         apply b <- apply a, delete b 1
         apply c <- apply b, delete c 1",
    );
}

#[test]
fn case_49_it_goes_by_itself_where_the_object_that_it_hangs_on_stays() {
    // The live one stays, and what goes is another incarnation of it, which it does not read.
    check(
        "stack a.QA
           resource Vpc w
           has Vpc w
             incarnation 2
           leftover Vpc w
           has Vpc x
             depends w
             with w 2",
        "delete x 1
         delete w 1",
    );
    // It reads what has to go before that.
    check(
        "stack a.QA destroyed
           has Vpc w
           has Vpc x
             depends w
           has Vpc y
             depends x
             with w 1",
        "delete y 1
         delete x 1 <- delete y 1
         delete w 1 <- delete x 1, delete y 1",
    );
    // It is retained.
    check(
        "stack a.QA destroyed
           has Vpc w
             retain
           has Vpc x
             with w 1",
        "delete x 1
         delete w 1 <- delete x 1",
    );
    // It has to make room for its replacement before the other goes.
    check(
        "stack a.QA
           resource Vpc w Cidr=10.9.0.0/16
           resource Route x Table=t Via=new
             deleted_with w
           has Vpc w Cidr=10.1.0.0/16
           has Route x Table=t Via=old",
        "delete x 1
         apply w
         apply x <- delete x 1, apply w
         delete w 1 <- apply x, delete x 1, apply w",
    );
    // The program says that it no longer hangs on it.
    check(
        "stack a.QA
           resource Vpc x
           has Vpc w
           has Vpc x
             with w 1",
        "apply x
         delete w 1 <- apply x",
    );
}

#[test]
fn case_49_who_goes_over_to_the_replacement_of_what_goes_along_first_is_not_waited_for() {
    check(
        "stack a.QA
           resource Vpc x Cidr=10.9.0.0/16
             dbr true
           resource Vpc reader Label=@x.VpcId
           has Vpc w
           has Vpc x Cidr=10.1.0.0/16
             with w 1
           has Vpc reader Label=x-1
             depends x",
        "delete w 1
         delete x 1 <- delete w 1
         apply x <- delete x 1
         apply reader <- apply x",
    );
}

#[test]
fn case_49_a_reader_outside_of_what_goes_along_holds_back_the_other_too() {
    check(
        "stack a.QA
           resource Vpc w Cidr=10.9.0.0/16
           resource Vpc x
             deleted_with w
           output x @x.VpcId
           has Vpc w Cidr=10.1.0.0/16
           has Vpc x
           published x x-1 from x
         stack outside.QA
           has Vpc reader
             reads a.QA:x",
        "apply w
         apply x <- apply w
         publish x <- apply x
         held back w by outside.QA
         held back x by outside.QA",
    );
    check_refused(
        "stack a.QA destroyed
           has Vpc w
           has Vpc x
             with w 1
           published x x-1 from x
         stack outside.QA
           has Vpc reader
             reads a.QA:x",
        "E0402 `w`, `x`, output `x` of `a.QA` cannot go: other stacks still read it
         note `outside.QA` was applied with `x`
         hint select the readers too: `--with-downstream`",
    );
}

#[test]
fn case_75_stacks_that_wait_in_a_circle_are_refused_and_do_not_hang() {
    check_refused(
        "stack a.QA
           resource Vpc one
             waits b.QA
           output x @one.VpcId
         stack b.QA
           resource Vpc two Label=#a.QA:x",
        "E0410 steps need one another: apply `one` of `a.QA`, apply `two` of `b.QA`, publish `x` of `a.QA`
         hint take away one of the dependencies on whole stacks that are among the causes",
    );
}

#[test]
fn what_only_waited_for_a_stack_goes_before_it() {
    check(
        "stack a.QA destroyed
           has Vpc first
           has Vpc second
             depends first
         stack b.QA destroyed
           waited a.QA
           has Vpc third
           has Vpc fourth
             depends third",
        "b:delete fourth 1
         b:delete third 1 <- b:delete fourth 1
         a:delete second 1 <- b:delete third 1
         a:delete first 1 <- a:delete second 1",
    );
}

#[test]
fn what_waited_for_one_another_and_reads_goes_by_what_it_reads() {
    check(
        "stack a.QA destroyed
           has Vpc one
             reads b.QA:two
         stack b.QA destroyed
           waited a.QA
           has Vpc two
           published two two-1 from two",
        "a:delete one 1
         b:delete two 1 <- a:delete one 1
         b:publish two <- a:delete one 1, b:delete two 1",
    );
}
