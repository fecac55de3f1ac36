//! Restricted runs and replacements that were asked for.

use super::fixture::targets;
use super::*;

/// Decides with the words of a command line.
#[track_caller]
fn restricted(text: &str, words: &str, expected: &str) {
    check_with(text, Settings { targets: targets(words), ..Settings::default() }, expected);
}

#[track_caller]
fn refused(text: &str, words: &str, expected: &str) {
    let (_, found) = Fixture::parse(text).diff(Settings { targets: targets(words), ..Settings::default() });
    assert_eq!(print_problems(&found), trimmed(expected));
}

/// `b` and `c` read `a`, `d` reads `c`; everything differs.
const CHAIN: &str = "stack net.QA
       resource Vpc a Label=new
       resource Vpc b Peer=@a.VpcId Label=new
       resource Vpc c Tags={\"of\":\"@a.VpcId\"} Label=new
       resource Vpc d Tags={\"of\":\"@c.Label\"} Label=new
       output label @c.Label
       output both [\"@a.Label\",\"@d.Label\"]
       has Vpc a Label=old
       has Vpc b Peer=a-1 Label=old
       has Vpc c Tags={\"of\":\"a-1\"} Label=old
       has Vpc d Tags={\"of\":\"old\"} Label=old
       published label old from c
       published both [\"old\",\"old\"] from a d
     stack app.QA
       resource Vpc reader Tags={\"of\":\"#net.QA:label\"}
       has Vpc reader Tags={\"of\":\"old\"}";

#[test]
fn patterns_are_names_urns_and_globs_of_stacks_or_not() {
    let cases: &[(&str, &str)] = &[
        ("a", "net.QA:a"),
        ("net::Vpc::a", "net.QA:a"),
        ("net.QA:a", "net.QA:a"),
        ("QA:a", "net.QA:a"),
        ("net.QA:net::Vpc::b", "net.QA:b"),
        ("*::Vpc::*er", "app.QA:reader"),
        ("app.QA:*", "app.QA:reader"),
        ("net::*", "net.QA:a net.QA:b net.QA:c net.QA:d"),
        ("A:a", ""),
        ("et.QA:a", ""),
        ("Vpc", ""),
    ];
    let fixture = Fixture::parse(CHAIN);
    for (text, expected) in cases {
        let pattern = crate::Pattern::from(*text);
        let resources = fixture.stacks.iter().rev().flat_map(|stack| {
            stack.plan.iter().flat_map(|plan| plan.resources.keys()).map(move |urn| (&stack.name, urn))
        });
        let fitting: Vec<String> = resources
            .filter(|(stack, urn)| pattern.fits(stack, urn))
            .map(|(stack, urn)| format!("{stack}:{}", urn.name()))
            .collect();
        assert_eq!(fitting.join(" "), *expected, "{text}");
    }
}

#[test]
fn a_pattern_that_fits_nothing_is_told_with_a_near_name() {
    let fixture = Fixture::parse(CHAIN);
    let there = || {
        let of = |stack: &'static str| {
            let stack = fixture.stacks.iter().find(|s| s.name.to_string() == stack).expect("there");
            stack.plan.iter().flat_map(|plan| plan.resources.keys()).map(move |urn| (&stack.name, urn))
        };
        of("app.QA").chain(of("net.QA"))
    };
    let found = targets("--target reder --target b --exclude app.QA:raeder --replace nothing")
        .unmatched(there().collect::<Vec<_>>().into_iter());
    assert_eq!(
        print_problems(&found),
        trimmed(
            "E0430 `--target reder` fits no resource of the selected stacks
             note neither their programs nor their states have such a resource
             hint did you mean `--target reader`?
             E0430 `--exclude app.QA:raeder` fits no resource of the selected stacks
             note neither their programs nor their states have such a resource
             hint did you mean `--exclude app.QA:reader`?
             E0430 `--replace nothing` fits no resource of the selected stacks
             note neither their programs nor their states have such a resource
             hint `runner preview --full` and `runner state list` show names and URNs"
        )
    );
}

#[test]
fn what_is_not_targeted_is_read_as_state_says() {
    restricted(
        CHAIN,
        "--target d",
        "app.QA
         net.QA
         ~ d
         Label old -> new
         > both [old,new]",
    );
}

#[test]
fn dependents_are_found_in_programs_states_and_other_stacks() {
    restricted(
        CHAIN,
        "--target c --target-dependents",
        "app.QA
         ~ reader
         Tags.of old -> new
         net.QA
         ~ c
         Label old -> new
         ~ d
         Label old -> new
         Tags.of old -> new
         > both [old,new]
         > label new",
    );
    // By state alone: the program no longer says that `user` reads `base`.
    restricted(
        "stack net.QA
           resource Vpc base Label=new
           resource Vpc user Label=new
           resource Vpc other Label=new
           has Vpc base Label=old
           has Vpc user Label=old
             depends base
           has Vpc other Label=old",
        "--target base --target-dependents",
        "net.QA
         ~ base
         Label old -> new
         ~ user
         Label old -> new",
    );
}

#[test]
fn case_65_a_target_that_needs_an_untargeted_create_is_refused_and_other_creates_are_left() {
    let text = "stack net.QA
           resource Vpc property
           resource Vpc waited
           resource Vpc with
           resource Vpc apart
           resource Vpc b Peer=@property.VpcId
             after waited
             deleted_with with
           resource Vpc fine Label=@there.VpcId
           resource Vpc there Label=new
           output id @property.VpcId
           has Vpc there Label=old
         stack app.QA
           resource Vpc reader Peer=#net.QA:id
           resource Vpc optional Label=#?net.QA:id";
    refused(
        text,
        "--target b --target reader",
        "E0431 net.rs:6:1 `b` of `net.QA` needs `property`, which is not there and is not to be made
         at net.rs:2:1 `property` is declared here
         hint target it too: `--target 'net.QA:property'`
         E0431 net.rs:6:1 `b` of `net.QA` needs `waited`, which is not there and is not to be made
         at net.rs:3:1 `waited` is declared here
         hint target it too: `--target 'net.QA:waited'`
         E0431 net.rs:6:1 `b` of `net.QA` needs `with`, which is not there and is not to be made
         at net.rs:4:1 `with` is declared here
         hint target it too: `--target 'net.QA:with'`
         E0431 app.rs:14:1 `Peer` of `reader` reads `id` of stack `net.QA`, which is not published and is not to be
         note it is made of `net.QA:property`
         hint target it too: `--target 'net.QA:property'`",
    );
    restricted(
        text,
        "--target fine --target optional",
        "app.QA
         + optional
         net.QA
         + fine",
    );
    restricted(
        text,
        "--target b --target property --target waited --target with --target reader",
        "app.QA
         + reader
         net.QA
         + b
         + property
         + waited
         + with
         > id <net.QA:property.VpcId>",
    );
}

#[test]
fn case_67_a_targeted_deletion_takes_along_what_depends_on_it_only_if_asked() {
    let text = "stack net.QA destroyed
           has Vpc a
           has Vpc b Peer=a-1
             depends a
           has Vpc c
           published a a-1 from a
           published c c-1 from c";
    restricted(
        text,
        "--target a --target-dependents",
        "net.QA
         - a
         - b
         > a withdrawn",
    );
    restricted(text, "--target b", "net.QA\n- b");
}

#[test]
fn case_69_exclusion_with_and_without_what_depends_on_it() {
    let text = "stack net.QA
           resource Vpc a
           resource Vpc b
           resource Vpc c Peer=@b.VpcId
           resource Vpc d Peer=@c.VpcId";
    restricted(text, "--exclude d --exclude c", "net.QA\n+ a\n+ b");
    restricted(text, "--exclude b --exclude-dependents", "net.QA\n+ a");
    refused(
        text,
        "--exclude b",
        "E0431 net.rs:4:1 `c` of `net.QA` needs `b`, which is not there and is not to be made
         at net.rs:3:1 `b` is declared here
         hint exclude less, or also what depends on it: `--exclude-dependents`",
    );
}

#[test]
fn case_69_what_an_excluded_object_needs_is_not_deleted_and_its_outputs_stay() {
    let text = "stack net.QA destroyed
           has Vpc vpc
           has Vpc subnet Peer=vpc-1
             depends vpc
           has Vpc database
             depends subnet
           has Vpc web
             depends subnet
           published vpc vpc-1 from vpc
           published web web-1 from web
           published name net
         stack app.QA destroyed
           has Vpc user Peer=vpc-1
             depends
             reads net.QA:vpc
           has Vpc alone";
    restricted(
        text,
        "--exclude database",
        "app.QA
         - alone
         - user
         net.QA
         - web
         > name withdrawn
         > web withdrawn",
    );
    restricted(
        text,
        "--exclude user",
        "app.QA
         - alone
         net.QA
         - database
         - subnet
         - web
         > name withdrawn
         > web withdrawn",
    );
    // Outputs of what is excluded stay, whatever the program makes of them by now.
    restricted(
        "stack net.QA
           resource Vpc a Label=new
           resource Vpc b Label=new
           output a [\"@a.Label\"]
           output b [\"@b.Label\"]
           output constant new
           has Vpc a Label=old
           has Vpc b Label=old
           published a old from a
           published b old from b
           published gone old from a
           published constant old",
        "--exclude a",
        "net.QA
         ~ b
         Label old -> new
         > b [new]
         > constant new",
    );
}

#[test]
fn an_untargeted_object_keeps_its_earlier_name_and_is_not_deleted() {
    let text = "stack net.QA
           resource Vpc now Label=new
             alias was
           resource Vpc reader Label=@now.VpcId
           has Vpc was Label=old
           has Vpc reader Label=was-1
             depends was";
    restricted(text, "--target was", "net.QA\n~ now (was was)\nLabel old -> new");
    refused(
        text,
        "--target reader",
        "E0431 net.rs:4:1 `reader` of `net.QA` needs `now`, which is not there and is not to be made
         at net.rs:2:1 `now` is declared here
         hint target it too: `--target 'net.QA:now'`",
    );
    restricted(text, "--exclude was --exclude reader", "net.QA");
}

#[test]
fn leftovers_of_what_is_left_alone_stay() {
    restricted(
        "stack net.QA
           resource Vpc a
           resource Vpc b
           has Vpc a
             incarnation 2
           leftover Vpc a
           has Vpc b
             incarnation 4
           leftover Vpc b
             incarnation 3",
        "--target b",
        "net.QA\n- b 3",
    );
}

#[test]
fn case_14_a_replacement_that_was_asked_for_happens_where_nothing_differs() {
    let text = "stack net.QA
           resource Vpc a
           resource Vpc first
             dbr true
           resource Bucket named Name=mine
           resource Bucket made
           resource Vpc reader Peer=@a.VpcId
           resource Vpc new
           has Vpc a
           has Vpc first
           has Bucket named Name=mine
           has Bucket made Name=made-aaaaaaa
           has Vpc reader Peer=a-1";
    let asked = "# is replaced because that was asked for";
    restricted(
        text,
        "--replace a --replace first --replace made --replace named --replace new",
        &format!(
            "net.QA
             ± made
             {asked}
             ∓ named
             {asked}
             # the old object goes first: two cannot have one Name
             ± a
             {asked}
             ∓ first
             {asked}
             + new
             ± reader
             Peer! a-1 -> <net.QA:a.VpcId>"
        ),
    );
    refused(
        text,
        "--target reader --replace a",
        "E0433 net.rs:2:1 `a` of `net.QA` is to be replaced, and is not to be touched
         hint target it too: `--target 'net.QA:a'`",
    );
}

#[test]
fn a_protected_resource_is_not_replaced_because_somebody_asks() {
    refused(
        "stack net.QA
           resource Vpc a
             protect
           has Vpc a",
        "--replace a",
        "E0401 net.rs:2:1 `a` of `net.QA` is protected and cannot be replaced
         hint keep it as it is, or take `.protect()` away",
    );
}
