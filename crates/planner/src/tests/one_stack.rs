//! The order within one stack.

use super::*;

#[test]
fn what_is_read_is_made_first_and_what_does_not_change_has_no_step() {
    check(
        "stack net.QA
           resource Vpc c Label=@b.VpcId
           resource Vpc b Label=@a.VpcId
           resource Vpc a
           resource Vpc kept
           resource Vpc waits Label=@kept.VpcId
             after c
           output id @c.VpcId
           has Vpc kept",
        "apply a
         apply b <- apply a
         apply c <- apply b
         apply waits <- apply c
         publish id <- apply c",
    );
}

#[test]
fn what_does_not_change_passes_on_what_it_needs() {
    check(
        "stack net.QA
           resource Vpc a Label=new
           resource Vpc kept Peer=@a.VpcId
           resource Vpc b Label=new
             after kept
           has Vpc a Label=old
           has Vpc kept Peer=a-1
           has Vpc b Label=old",
        "apply a
         apply b <- apply a",
    );
}

#[test]
fn a_new_object_is_there_and_its_readers_have_moved_before_the_old_one_goes() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
           resource Vpc replaced Peer=@a.VpcId
           resource Vpc updated Label=@a.VpcId
           resource Vpc waits
             after a
           has Vpc a Cidr=10.1.0.0/16
           has Vpc replaced Peer=a-1
           has Vpc updated Label=a-1
           has Vpc waits",
        "apply a
         apply replaced <- apply a
         delete replaced 1 <- apply replaced
         apply updated <- apply a
         delete a 1 <- apply a, apply replaced, delete replaced 1, apply updated",
    );
}

#[test]
fn where_the_old_object_goes_first_its_readers_go_before_it() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc b Peer=@a.VpcId
           resource Vpc c Peer=@b.VpcId
           resource Vpc updated Label=@a.VpcId
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b Peer=a-1
           has Vpc c Peer=b-1
           has Vpc updated Label=a-1",
        "delete c 1
         delete b 1 <- delete c 1
         delete a 1 <- delete b 1
         apply a <- delete a 1
         apply b <- apply a, delete b 1
         apply c <- apply b, delete c 1
         apply updated <- apply a",
    );
}

#[test]
fn a_reader_that_lets_go_is_waited_for_where_the_old_object_goes_first() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc updated Label=x
           resource Vpc same
           resource Vpc replaced Cidr=10.9.0.0/16
           has Vpc a Cidr=10.1.0.0/16
           has Vpc updated Label=a-1
             depends a
           has Vpc same
             depends a
           has Vpc replaced Cidr=10.1.0.0/16 Label=a-1
             depends a",
        "apply replaced
         delete replaced 1 <- apply replaced
         apply same
         apply updated
         delete a 1 <- apply replaced, delete replaced 1, apply same, apply updated
         apply a <- delete a 1",
    );
}

#[test]
fn what_is_removed_goes_in_reverse() {
    check(
        "stack net.QA destroyed
           has Vpc a
           has Vpc b
             depends a
           has Vpc c
             depends a b
           published id c-1 from c",
        "delete c 1
         delete b 1 <- delete c 1
         delete a 1 <- delete b 1, delete c 1
         publish id <- delete c 1",
    );
}

#[test]
fn a_removed_object_goes_after_a_reader_that_stays_and_lets_go_of_it() {
    check(
        "stack net.QA
           resource Vpc stays Label=x
           has Vpc gone
           has Vpc stays Label=gone-1
             depends gone",
        "apply stays
         delete gone 1 <- apply stays",
    );
}

#[test]
fn what_an_earlier_run_left_goes_after_what_still_reads_it() {
    check(
        "stack net.QA
           resource Vpc a
           resource Vpc b Label=@a.VpcId
           has Vpc a
             incarnation 2
           leftover Vpc a
           has Vpc b Label=a-1
           leftover Vpc c
             depends a",
        "apply b
         delete c 1
         delete a 1 <- apply b, delete c 1",
    );
}

#[test]
fn a_renamed_object_is_ordered_by_the_name_that_its_readers_know() {
    check(
        "stack net.QA
           resource Vpc new Cidr=10.9.0.0/16
             alias old
           resource Vpc reads Label=@new.VpcId
           has Vpc old Cidr=10.1.0.0/16
           has Vpc reads Label=old-1
             depends old",
        "apply new
         apply reads <- apply new
         delete new 1 <- apply new, apply reads",
    );
}

#[test]
fn a_reader_that_cannot_go_before_another_has_moved_on_is_not_waited_for() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc moves Label=@a.VpcId
           has Vpc a Cidr=10.1.0.0/16
           has Vpc gone Peer=a-1
             depends a
           has Vpc moves Label=gone-1
             depends gone",
        "delete a 1
         apply a <- delete a 1
         apply moves <- apply a
         delete gone 1 <- apply moves",
    );
}

#[test]
fn what_is_left_out_takes_along_all_that_needs_it() {
    let (graph, names) = plan_of(
        "stack net.QA
           resource Vpc a
           resource Vpc b Label=@a.VpcId
           resource Vpc c Label=@b.VpcId
           resource Vpc other Label=@a.VpcId
           output id @c.VpcId",
    )
    .expect("an order");
    let name = |step: &StepNode| names[graph.steps.iter().position(|other| other == step).expect("is there")].clone();
    let is_b = |step: &StepNode| matches!(&step.kind, StepKind::Apply(urn) if urn.name() == "b");
    let (rest, left) = graph.clone().without(is_b);
    assert_eq!(left.iter().map(name).collect::<Vec<_>>(), ["apply b", "apply c", "publish id"]);
    let order = rest.graph.order().expect("an order");
    assert_eq!(order.iter().map(|&node| name(&rest.steps[node])).collect::<Vec<_>>(), ["apply a", "apply other"]);
    assert_eq!(rest.graph.needs(order[1]), [order[0]]);
}
