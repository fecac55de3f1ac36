//! Replacement, removal, renaming and the options that bear on them.

use super::*;

#[test]
fn an_unknown_may_replace_and_the_id_of_a_new_object_is_sure_to() {
    check(
        "stack net.QA
           resource Vpc updated Label=new
           resource Vpc reads_label Peer=@updated.Label
           resource Vpc replaced Cidr=10.9.0.0/16
           resource Vpc reads_id Peer=@replaced.VpcId
           resource Vpc reads_arn Peer=@replaced.Arn
           resource Vpc further Label=@reads_arn.VpcId
           has Vpc updated Label=old
           has Vpc reads_label Peer=old
           has Vpc replaced Cidr=10.1.0.0/16
           has Vpc reads_id Peer=replaced-1
           has Vpc reads_arn Peer=replaced-1
           has Vpc further Label=reads_arn-1",
        "net.QA
         ~ further
         Label reads_arn-1 -> <net.QA:reads_arn.VpcId>
         ±? reads_arn
         Peer! replaced-1 -> <net.QA:replaced.Arn>
         ± reads_id
         Peer! replaced-1 -> <net.QA:replaced.VpcId>
         ± reads_label
         Peer! old -> new
         ± replaced
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ~ updated
         Label old -> new",
    );
}

#[test]
fn a_known_change_beside_an_unknown_one_decides_the_replacement() {
    check(
        "stack net.QA
           resource Vpc new
           resource Vpc both Peer=@new.Arn Cidr=10.9.0.0/16
           has Vpc both Peer=x Cidr=10.1.0.0/16
             depends",
        "net.QA
         ± both
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         Peer! x -> <net.QA:new.Arn>
         + new",
    );
}

#[test]
fn replacements_cascade_along_what_is_read_and_not_along_what_is_waited_for() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
           resource Vpc b Peer=@a.VpcId
           resource Vpc c Peer=@b.VpcId
           resource Vpc waits
             after a
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b Peer=a-1
           has Vpc c Peer=b-1
           has Vpc waits",
        "net.QA
         ± a
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ± b
         Peer! a-1 -> <net.QA:a.VpcId>
         ± c
         Peer! b-1 -> <net.QA:b.VpcId>",
    );
}

#[test]
fn the_old_object_goes_first_by_option_by_type_and_by_identity() {
    check(
        "stack net.QA
           resource Vpc option Cidr=10.9.0.0/16
             dbr true
           resource Route identity Table=t Via=new
           resource Route stubborn Table=t Via=new
             dbr false
           resource Route elsewhere Table=u Via=new
           resource Fixed type Label=new
           resource Fixed against Label=new
             dbr false
           resource Bucket named Name=mine Region=b
           resource Bucket made Region=b
           has Vpc option Cidr=10.1.0.0/16
           has Route identity Table=t Via=old
           has Route stubborn Table=t Via=old
           has Route elsewhere Table=t Via=old
           has Fixed type Label=old
           has Fixed against Label=old
           has Bucket named Name=mine Region=a
           has Bucket made Name=made-aaaaaaa Region=a",
        "net.QA
         ± made
         Region! a -> b
         ∓ named
         Region! a -> b
         # the old object goes first: two cannot have one Name
         ± against
         Label! old -> new
         ∓ type
         Label! old -> new
         ± elsewhere
         Table! t -> u
         Via! old -> new
         ∓ identity
         Via! old -> new
         # the old object goes first: two cannot have one Table
         ∓ stubborn
         Via! old -> new
         # the old object goes first: two cannot have one Table
         ∓ option
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16",
    );
}

#[test]
fn what_reads_an_object_that_goes_first_goes_before_it_if_it_is_replaced() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc replaced Peer=@a.VpcId
           resource Vpc updated Label=@a.VpcId
           resource Vpc further Peer=@replaced.Arn
           resource Vpc own Label=@a.Label Cidr=10.8.0.0/16
           resource Vpc untouched Label=@a.Label
           resource Vpc waits Cidr=10.9.0.0/16
             after a
           has Vpc a Cidr=10.1.0.0/16 Label=x
           has Vpc replaced Peer=a-1
           has Vpc updated Label=a-1
           has Vpc further Peer=replaced-1
           has Vpc own Label=x Cidr=10.2.0.0/16
           has Vpc untouched Label=x
           has Vpc waits Cidr=10.1.0.0/16",
        "net.QA
         ∓ a
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         Label x -> nothing
         ∓ further
         Peer! replaced-1 -> <net.QA:replaced.Arn>
         ∓ own
         Cidr! 10.2.0.0/16 -> 10.8.0.0/16
         Label x -> <net.QA:a.Label>
         ∓ replaced
         Peer! a-1 -> <net.QA:a.VpcId>
         ~ untouched
         Label x -> <net.QA:a.Label>
         ~ updated
         Label a-1 -> <net.QA:a.VpcId>
         ± waits
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16",
    );
}

#[test]
fn what_is_no_longer_declared_is_deleted_or_forgotten_by_what_state_remembers() {
    check(
        "stack net.QA
           has Vpc gone
           has Vpc retained
             retain
           has Vpc main
           published vpc_id main-1 from main",
        "net.QA
         - gone
         - main
         forget retained
         > vpc_id withdrawn",
    );
}

#[test]
fn a_destroyed_stack_and_what_an_earlier_run_left_are_deleted() {
    check(
        "stack net.QA destroyed
           has Vpc main
           leftover Vpc main
           published vpc_id main-1 from main",
        "net.QA
         - main
         - main 1
         > vpc_id withdrawn",
    );
}

#[test]
fn a_protected_object_is_neither_deleted_nor_replaced() {
    let text = "stack net.QA
           resource Vpc replaced Cidr=10.9.0.0/16
             protect
           resource Vpc updated Label=new
             protect
           resource Vpc opened Cidr=10.9.0.0/16
           has Vpc replaced Cidr=10.1.0.0/16
           has Vpc updated Label=old
           has Vpc opened Cidr=10.1.0.0/16
             protect
           has Vpc gone
             protect";
    check_problems(
        text,
        "E0401 net.rs:2:1 `replaced` of `net.QA` is protected and cannot be replaced
         note `Cidr` cannot change in place
         hint keep it as it is, or take `.protect()` away
         E0401 `gone` of `net.QA` is protected and cannot be deleted
         hint keep it, or take its `.protect()` away and apply that first",
    );
    check_with(
        text,
        Settings { ignore_protection: true, ..Settings::default() },
        "net.QA
         - gone (protected)
         ± opened
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ± replaced (protected)
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ~ updated
         Label old -> new",
    );
}

#[test]
fn a_protected_object_that_may_be_replaced_is_told_and_left_to_the_step() {
    check(
        "stack net.QA
           resource Vpc main Cidr=10.9.0.0/16
           resource Vpc reads Peer=@main.Arn
             protect
           has Vpc main Cidr=10.1.0.0/16
           has Vpc reads Peer=main-1",
        "net.QA
         ± main
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ±? reads
         Peer! main-1 -> <net.QA:main.Arn>
         # is protected: if it comes to a replacement, it is refused",
    );
}

#[test]
fn an_earlier_name_takes_the_object_over_unless_the_name_has_one() {
    check(
        "stack net.QA
           resource Vpc new Label=x
             alias old
           resource Vpc reads Label=@new.VpcId
           resource Vpc changed Label=x
             alias older
           resource Vpc settled
             alias gone
           resource Vpc reused
           resource Vpc beside
             alias reused
           has Vpc old Label=x
           has Vpc reads Label=old-1
             depends old
           has Vpc older Label=y
           has Vpc settled
           has Vpc gone
           has Vpc reused
           has Vpc beside",
        "net.QA
         ~ changed (was older)
         Label y -> x
         - gone
         . new (was old)",
    );
}

#[test]
fn what_state_remembers_for_later_is_renewed_when_only_that_changed() {
    check(
        "stack net.QA
           resource Vpc a
           resource Vpc b
           resource Vpc protected
             protect
           resource Vpc retained
             retain
           resource Vpc waits
             after a
           resource Vpc reads Label=@b.VpcId
           resource Vpc other Label=#up.QA:x
           resource Vpc optional Label=#?up.QA:missing
           has Vpc a
           has Vpc b
           has Vpc protected
             plain
           has Vpc retained
             plain
           has Vpc waits
             depends
           has Vpc reads Label=b-1
             depends a
           has Vpc other Label=v
             reads up.QA:y
           has Vpc optional
             reads
           stack zz.QA
           outside up.QA x v",
        "net.QA
         . other (record)
         . protected (record)
         . reads (record)
         . retained (record)
         . waits (record)
         zz.QA",
    );
}

#[test]
fn an_object_to_take_over_is_adopted_once() {
    check(
        "stack net.QA
           resource Vpc there
             import vpc-9
           resource Vpc taken
             import taken-1
           has Vpc taken",
        "net.QA
         = there
         # it was not looked at; it is compared before it is taken over",
    );
}
