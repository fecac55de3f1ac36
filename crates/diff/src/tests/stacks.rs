//! Outputs, and stacks that read them.

use super::*;

#[test]
fn outputs_are_proposed_changed_kept_and_withdrawn() {
    check(
        "stack net.QA
           resource Vpc main Label=new
           resource Bucket logs Name=logs
           output fresh @main.VpcId
           output same @main.Cidr
           output changed @main.Label
           output predicted @logs.Arn
           output secret !db.v1
           output secret_changed !db.v2
           output stale 1
           has Vpc main Label=old
           published same null
           published changed old from main
           published secret !db.v1
           published secret_changed !db.v1
           published stale 1 stale
           published gone 1",
        "net.QA
         + logs
         ~ main
         Label old -> new
         > changed new
         > fresh main-1
         > gone withdrawn
         > predicted arn:main:logs
         > secret_changed ***
         > stale 1",
    );
}

#[test]
fn a_reader_sees_what_is_proposed_with_the_outputs_as_origins() {
    check(
        r#"stack a.QA
           resource Vpc main Cidr=10.0.0.0/16
           output id @main.VpcId
           output cidr @main.Cidr
           output list ["@main.VpcId",1]
           stack b.QA
           resource Vpc reader Peer=#a.QA:id Cidr=#a.QA:cidr Label=#a.QA:list[0] Size=#a.QA:list[1]
           output id #a.QA:id
           stack c.QA
           resource Vpc last Peer=#b.QA:id"#,
        "a.QA
         + main
         > cidr 10.0.0.0/16
         > id <a.QA:main.VpcId>
         > list [<a.QA:main.VpcId>,1]
         b.QA
         + reader
         > id <a.QA:id>
         c.QA
         + last",
    );
    let text = "stack a.QA
           resource Vpc main
           output id @main.VpcId
           stack b.QA
           resource Vpc reader Peer=#a.QA:id Label=#up.QA:x
           outside up.QA x 1";
    let (sets, _) = Fixture::parse(text).diff(Settings::default());
    let reader = sets[1].resources.values().next().expect("one");
    assert_eq!(
        format!("{:?}", reader.goal["Peer"]),
        r#"{"$unknown":{"origins":[["a.QA","id"]],"secret":false,"type":"string"}}"#
    );
    let pins: Vec<(&str, bool)> =
        sets[1].reads.iter().map(|((stack, _), pin)| (stack.as_str(), pin.proposed)).collect();
    assert_eq!(pins, [("a.QA", true), ("up.QA", false)]);
}

#[test]
fn a_replacement_upstream_is_decided_downstream_too() {
    check(
        "stack a.QA
           resource Vpc main Cidr=10.9.0.0/16
           output id @main.VpcId
           output arn @main.Arn
           has Vpc main Cidr=10.1.0.0/16
           published id main-1 from main
           published arn main-1 from main
           stack b.QA
           resource Vpc id Peer=#a.QA:id
           resource Vpc arn Peer=#a.QA:arn
           output id #a.QA:id
           has Vpc id Peer=main-1
           has Vpc arn Peer=main-1
           published id main-1
           stack c.QA
           resource Vpc last Peer=#b.QA:id
           has Vpc last Peer=main-1",
        "a.QA
         ± main
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         > arn <a.QA:main.Arn>
         > id <a.QA:main.VpcId>
         b.QA
         ±? arn
         Peer! main-1 -> <a.QA:arn>
         ± id
         Peer! main-1 -> <a.QA:id>
         > id <a.QA:id>
         c.QA
         ± last
         Peer! main-1 -> <b.QA:id>",
    );
}

#[test]
fn an_object_that_goes_first_takes_readers_in_other_stacks_with_it() {
    check(
        "stack a.QA
           resource Vpc main Cidr=10.9.0.0/16
             dbr true
           output id @main.VpcId
           has Vpc main Cidr=10.1.0.0/16
           published id main-1 from main
           stack b.QA
           resource Vpc replaced Peer=#a.QA:id
           resource Vpc updated Label=#a.QA:id
           has Vpc replaced Peer=main-1
           has Vpc updated Label=main-1",
        "a.QA
         ∓ main
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         > id <a.QA:main.VpcId>
         b.QA
         ∓ replaced
         Peer! main-1 -> <a.QA:id>
         ~ updated
         Label main-1 -> <a.QA:id>",
    );
}

#[test]
fn two_stacks_may_read_each_other() {
    check(
        "stack a.QA
           resource Vpc first
           resource Vpc third Label=#b.QA:second
           output first @first.VpcId
           stack b.QA
           resource Vpc second Label=#a.QA:first
           output second @second.VpcId",
        "a.QA
         + first
         + third
         > first <a.QA:first.VpcId>
         b.QA
         + second
         > second <b.QA:second.VpcId>",
    );
}

#[test]
fn an_optional_output_that_is_not_there_is_null() {
    check(
        "outside up.QA x 1
         stack a.QA
           resource Vpc main Label=#?up.QA:y Peer=#?b.QA:nothing
           has Vpc main
             reads
         stack b.QA",
        "a.QA
         b.QA",
    );
}

#[test]
fn a_secret_that_comes_from_elsewhere_is_equal_by_its_fingerprint() {
    check(
        "outside up.QA password !db.v1
         stack a.QA
           resource Vpc main Pass=#up.QA:password
           output password #up.QA:password
           output own @main.Pass
           has Vpc main Pass=!db.v1
           published password !db.v1
           published own !db.v1 from main",
        "a.QA",
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let text = r#"stack a.QA
           resource Vpc first Tags={"x":1} Label=#b.QA:second
           output first @first.Arn
           has Vpc gone
           stack b.QA
           resource Bucket second
           output second @second.Arn"#;
    let bytes = || serde_json::to_string(&Fixture::parse(text).diff(Settings::default()).0).expect("serialises");
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_reader_is_untouched_unless_what_it_reads_changes_and_remembers_what_it_was_applied_with() {
    check(
        r#"stack a.QA
           output same 1
           output list ["new",2]
           published same 1
           published list ["old",2]
         stack b.QA
           resource Vpc same Size=#a.QA:same
           resource Vpc first Label=#a.QA:list[0]
           resource Vpc second Size=#a.QA:list[1]
           has Vpc same Size=1
           has Vpc first Label=old
           has Vpc second Size=2"#,
        "a.QA
         > list [new,2]
         b.QA
         ~ first
         Label old -> new
         . second (record)",
    );
}
