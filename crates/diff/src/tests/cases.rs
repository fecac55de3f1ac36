//! Cases that engines of this kind are known to get wrong, each by its number.

use super::*;

#[test]
fn case_03_exactly_what_cannot_stay_is_replaced_with_an_object_that_goes_first() {
    // Of what reads A, directly or not: B, C, E, F and K read what they cannot change in place. D, G, H, I, J and L
    // change in place, only wait, or read a value that stays.
    let (sets, found) = Fixture::parse(
        "stack net.QA
           resource Vpc A Cidr=10.9.0.0/16
             dbr true
           resource Vpc B Peer=@A.VpcId
           resource Vpc C Peer=@B.VpcId
           resource Vpc D Label=@A.VpcId
           resource Vpc E Peer=@C.Arn
           resource Vpc F Cidr=@B.Arn
           resource Vpc G
             after A
           resource Vpc H Peer=@D.VpcId
           resource Vpc I Tags={\"c\":\"@C.VpcId\"}
           resource Vpc J Label=x
             after C
           resource Vpc K Peer=@F.VpcId Label=@D.VpcId
           resource Vpc L Peer=@I.VpcId
           has Vpc A Cidr=10.1.0.0/16
           has Vpc B Peer=A-1
           has Vpc C Peer=B-1
           has Vpc D Label=A-1
           has Vpc E Peer=C-1
           has Vpc F Cidr=B-1
           has Vpc G
           has Vpc H Peer=D-1
           has Vpc I Tags={\"c\":\"C-1\"}
           has Vpc J Label=x
           has Vpc K Peer=F-1 Label=D-1
           has Vpc L Peer=I-1",
    )
    .diff(Settings::default());
    assert_eq!(print_problems(&found), "");
    let with = |action: fn(crate::Action) -> bool| {
        let changes = sets[0].resources.iter().filter(|(_, change)| action(change.action));
        changes.map(|(urn, _)| urn.name()).collect::<String>()
    };
    let first = crate::Action::Replace { delete_first: true, undecided: false };
    assert_eq!(with(|action| matches!(action, crate::Action::Replace { .. })), "ABCEFK");
    assert!(sets[0].resources.values().filter(|change| change.is_replace()).all(|change| change.action == first));
    assert_eq!(with(|action| action == crate::Action::Update), "DI");
    assert_eq!(with(|action| action == crate::Action::Keep), "GHJL");
}

#[test]
fn case_04_the_program_may_have_the_new_object_made_first_where_the_type_would_not() {
    check(
        "stack net.QA
           resource Fixed type Label=new
           resource Fixed against Label=new
             dbr false
           has Fixed type Label=old
           has Fixed against Label=old",
        "net.QA
         ± against
         Label! old -> new
         ∓ type
         Label! old -> new",
    );
}

#[test]
fn case_12_a_replacement_gets_a_name_of_its_own_even_if_all_changes_are_ignored() {
    for ignored in ["ignore Region", "ignore Name", "ignore_all"] {
        let text = format!(
            "stack net.QA
               resource Bucket b Region=b
                 {ignored}
                 trigger two
               has Bucket b Name=b-aaaaaaa Region=a
                 triggered one"
        );
        let (sets, found) = Fixture::parse(&text).diff(Settings::default());
        assert_eq!(print_problems(&found), "");
        let change = sets[0].resources.values().next().expect("one");
        assert_eq!(change.action, crate::Action::Replace { delete_first: false, undecided: false }, "{ignored}");
        assert_ne!(change.goal["Name"].as_str(), Some("b-aaaaaaa"), "{ignored}");
    }
}

#[test]
fn case_13_another_trigger_replaces_and_an_equal_one_does_not() {
    check(
        "stack net.QA
           resource Vpc label Label=v1
           resource Vpc same
             trigger v1
           resource Vpc wrapped
             trigger @label.Label
           resource Vpc secret
             trigger !db.v1
           resource Vpc changed
             trigger v2
           resource Vpc secret_changed
             trigger !db.v2
           has Vpc label Label=v1
           has Vpc same
           has Vpc wrapped
             triggered v1
           has Vpc secret
             triggered !db.v1
           has Vpc changed
             triggered v1
           has Vpc secret_changed
             triggered !db.v1",
        "net.QA
         ± changed
         trigger! nothing -> v2
         ± secret_changed
         trigger! nothing -> ***",
    );
}

#[test]
fn case_13_a_trigger_that_is_not_known_yet_is_shown_as_undecided_and_a_new_id_is_sure() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
           resource Vpc fresh
             trigger @a.VpcId
           resource Vpc open
             trigger @a.Arn
           has Vpc a Cidr=10.1.0.0/16
           has Vpc fresh
             triggered a-1
           has Vpc open
             triggered a-1",
        "net.QA
         ± a
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ± fresh
         trigger! nothing -> <net.QA:a.VpcId>
         ±? open
         trigger! nothing -> <net.QA:a.Arn>",
    );
}

#[test]
fn case_13_a_first_trigger_and_one_that_is_taken_away_are_only_written_down() {
    check(
        "stack net.QA
           resource Vpc appears
             trigger v1
           resource Vpc disappears
           has Vpc appears
             untriggered
           has Vpc disappears
             triggered v1",
        "net.QA
         . appears (record)
         . disappears (record)",
    );
}

#[test]
fn case_13_a_text_that_becomes_a_secret_is_another_trigger() {
    // Of a secret only the fingerprint is known, so nobody can tell that it is the text of before.
    check(
        "stack net.QA
           resource Vpc main
             trigger !db.v1
           has Vpc main
             triggered v1",
        "net.QA
         ± main
         trigger! nothing -> ***",
    );
}

#[test]
fn case_14_what_is_tainted_is_replaced_without_a_difference_and_a_tainted_leftover_is_just_deleted() {
    check(
        "stack net.QA
           resource Vpc tainted
           resource Vpc replaced
           has Vpc tainted
             tainted
           has Vpc replaced
             incarnation 2
           leftover Vpc replaced
             tainted",
        "net.QA
         ± tainted
         # is tainted
         - replaced 1",
    );
}

#[test]
fn case_15_what_reads_an_object_that_goes_first_goes_first_whatever_it_says_itself() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.9.0.0/16
             dbr true
           resource Vpc b Peer=@a.VpcId
             dbr false
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b Peer=a-1",
        "net.QA
         ∓ a
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ∓ b
         Peer! a-1 -> <net.QA:a.VpcId>
         # the old object goes first, as that of a resource that it reads does",
    );
}

#[test]
fn case_41_one_object_has_one_heir() {
    check_problems(
        "stack a.QA
           resource Vpc one
             alias old
           resource Vpc two
             alias old
           has Vpc old",
        "E0310 a.rs:4:1 `one` and `two` both take over the object of `old`
         at a.rs:2:1 `one` is declared here
         hint leave the earlier name with one of them",
    );
    for (heir, still) in [("a", "z"), ("z", "a")] {
        let text = format!("stack a.QA\n resource Vpc {heir}\n alias {still}\n resource Vpc {still}\n has Vpc {still}");
        check_problems(
            &text,
            &format!(
                "E0422 a.rs:2:1 `{heir}` takes over the object of `{still}`, which is declared, too
                 at a.rs:4:1 `{still}` is declared here
                 hint take the alias away; or apply the new name first, and declare the old one again after that"
            ),
        );
    }
}

#[test]
fn case_41_a_name_that_is_given_again_after_its_object_was_renamed_is_no_problem() {
    let program = "stack a.QA
           resource Vpc new
             alias old
           resource Vpc old";
    check(&format!("{program}\n has Vpc new"), "a.QA\n + old");
    check(program, "a.QA\n + new\n + old");
}

#[test]
fn case_42_an_object_of_its_own_name_comes_before_one_of_an_earlier_name() {
    check(
        "stack a.QA
           resource Vpc main Label=x
             alias earlier
           has Vpc main Label=x
           has Vpc earlier Label=y",
        "a.QA
         - earlier",
    );
}

#[test]
fn case_44_what_others_say_of_a_renamed_resource_is_no_change_of_theirs() {
    check(
        "stack a.QA
           resource Vpc new
             alias old
           resource Vpc reads Label=@new.VpcId
           resource Vpc waits
             after new
           resource Vpc with
             deleted_with new
           has Vpc old
           has Vpc reads Label=old-1
             depends old
           has Vpc waits
             depends old
           has Vpc with
             with old 1",
        "a.QA
         . new (was old)",
    );
}

#[test]
fn case_47_everything_protected_is_named_at_once() {
    // A construct groups what is shown and has no options, so there is nothing to inherit.
    check_problems(
        "stack a.QA
           resource Vpc first Cidr=10.9.0.0/16
             protect
           resource Vpc second
             protect
             trigger two
           resource Vpc third
             protect
           has Vpc first Cidr=10.1.0.0/16
           has Vpc second
             triggered one
           has Vpc third
             tainted
           has Vpc gone
             protect
         stack b.QA destroyed
           has Vpc also
             protect",
        "E0401 a.rs:2:1 `first` of `a.QA` is protected and cannot be replaced
         note `Cidr` cannot change in place
         hint keep it as it is, or take `.protect()` away
         E0401 a.rs:4:1 `second` of `a.QA` is protected and cannot be replaced
         note its trigger has changed
         hint keep it as it is, or take `.protect()` away
         E0401 a.rs:7:1 `third` of `a.QA` is protected and cannot be replaced
         hint keep it as it is, or take `.protect()` away
         E0401 `gone` of `a.QA` is protected and cannot be deleted
         hint keep it, or take its `.protect()` away and apply that first
         E0401 `also` of `b.QA` is protected and cannot be deleted
         hint keep it, or take its `.protect()` away and apply that first",
    );
}

#[test]
fn case_47_what_the_program_says_of_protection_counts_for_a_replacement_in_the_same_run() {
    check(
        "stack a.QA
           resource Vpc opened Cidr=10.9.0.0/16
           has Vpc opened Cidr=10.1.0.0/16
             protect",
        "a.QA
         ± opened
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16",
    );
    check_problems(
        "stack a.QA
           resource Vpc closed Cidr=10.9.0.0/16
             protect
           has Vpc closed Cidr=10.1.0.0/16
             plain",
        "E0401 a.rs:2:1 `closed` of `a.QA` is protected and cannot be replaced
         note `Cidr` cannot change in place
         hint keep it as it is, or take `.protect()` away",
    );
}

#[test]
fn case_48_what_is_retained_is_forgotten_by_what_state_remembers() {
    check(
        "stack a.QA
           has Vpc kept
             retain
           has Vpc gone",
        "a.QA
         - gone
         forget kept",
    );
}

#[test]
fn case_49_what_goes_with_another_is_replaced_with_it_in_chains() {
    check(
        "stack a.QA
           resource Vpc a Cidr=10.9.0.0/16
           resource Vpc b Label=x
             deleted_with a
           resource Vpc c
             deleted_with b
           resource Vpc free
           has Vpc a Cidr=10.1.0.0/16
           has Vpc b Label=x
           has Vpc c
           has Vpc free",
        "a.QA
         ± a
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ± b
         # goes with `a`, which is replaced
         ± c
         # goes with `b`, which is replaced",
    );
}

#[test]
fn case_49_it_may_be_replaced_if_the_other_may_be_and_goes_first_if_that_does() {
    check(
        "stack a.QA
           resource Vpc root Cidr=10.9.0.0/16
           resource Vpc a Peer=@root.Arn
           resource Vpc b
             deleted_with a
           resource Vpc first Cidr=10.9.0.0/16
             dbr true
           resource Vpc with
             deleted_with first
           has Vpc root Cidr=10.1.0.0/16
           has Vpc a Peer=root-1
           has Vpc b
           has Vpc first Cidr=10.1.0.0/16
           has Vpc with",
        "a.QA
         ±? a
         Peer! root-1 -> <a.QA:root.Arn>
         ±? b
         # goes with `a`, which may be replaced
         ∓ first
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ± root
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         ∓ with
         # goes with `first`, which is replaced",
    );
}

#[test]
fn case_49_what_hangs_on_an_object_that_was_replaced_earlier_is_replaced_now() {
    check(
        "stack a.QA
           resource Vpc a
           resource Vpc behind
             deleted_with a
           resource Vpc moved
             deleted_with a
           resource Vpc new_option
             deleted_with a
           has Vpc a
             incarnation 2
           leftover Vpc a
           has Vpc behind
             with a 1
           has Vpc moved
             with a 2
           has Vpc new_option
             with none 0",
        "a.QA
         ± behind
         # goes with `a`, which is replaced
         . new_option (record)
         - a 1",
    );
}

#[test]
fn case_49_what_a_resource_goes_with_has_to_be_declared() {
    check_problems(
        "stack a.QA
           resource Vpc b
             deleted_with nobody
           resource Vpc self
             deleted_with self",
        "E0304 a.rs:4:1 a cycle: `self` of `a.QA` needs `self` of `a.QA`
         hint take one of these references away
         E0420 a.rs:2:1 `a::Vpc::b` is deleted with `a::Vpc::nobody`, which is not in the plan
         hint declare that, or take `.deleted_with()` away",
    );
}

#[test]
fn case_75_a_cycle_names_its_members_whatever_it_runs_through() {
    check_problems(
        "stack a.QA
           resource Vpc one
             trigger @two.VpcId
           resource Vpc two
             requires @three.Count
           resource Vpc three
             deleted_with four
           resource Vpc four
             hook before_create @one.VpcId
         stack b.QA
           resource Vpc up Label=#c.QA:x
           output y @up.Arn
         stack c.QA
           output x #b.QA:y",
        "E0304 a.rs:8:1 a cycle: `four` of `a.QA` needs `one` of `a.QA` needs `two` of `a.QA` needs `three` of `a.QA` needs `four` of `a.QA`
         at a.rs:2:1 `one` of `a.QA` is declared here
         at a.rs:4:1 `two` of `a.QA` is declared here
         at a.rs:6:1 `three` of `a.QA` is declared here
         hint take one of these references away
         E0304 b.rs:11:1 a cycle: `up` of `b.QA` needs output `x` of `c.QA` needs output `y` of `b.QA` needs `up` of `b.QA`
         at c.rs:14:1 output `x` of `c.QA` is declared here
         at b.rs:12:1 output `y` of `b.QA` is declared here
         hint take one of these references away",
    );
}

#[test]
fn case_75_what_counts_once_the_object_is_there_may_read_the_object_itself() {
    check(
        "stack a.QA
           resource Vpc one Label=x
             hook after_create @one.VpcId
             hook after_update @one.VpcId
           has Vpc one Label=x",
        "a.QA",
    );
}

#[test]
fn case_78_what_a_smaller_number_leaves_out_is_deleted_by_the_provider_that_made_it() {
    // Names are data: a loop that makes fewer of them leaves the highest out, and another way to count is a rename.
    let text = "stack a.QA
           resource Vpc web-0
           resource Vpc web-main
             alias web-1
           has Vpc web-0
           has Vpc web-1
           has Vpc web-2
             provider frankfurt";
    check(text, "a.QA\n - web-2\n . web-main (was web-1)");
    let (sets, _) = Fixture::parse(text).diff(Settings::default());
    let gone = sets[0].resources.values().find(|change| change.action == crate::Action::Delete).expect("one");
    assert_eq!(gone.options.provider.as_deref(), Some("frankfurt"));
}
