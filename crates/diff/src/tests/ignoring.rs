//! Cases of changes that are not looked at, each by its number.

use super::*;

#[test]
fn case_50_changes_of_ignored_paths_are_none() {
    let changes = [
        ("Label", "Label=new", "Label=old"),
        ("Label", "", "Label=old"),
        ("Label", "Label=new", ""),
        ("Tags.b", r#"Tags={"b":2,"c":1}"#, r#"Tags={"b":1,"c":1}"#),
        ("Tags.b", r#"Tags={"b":2,"c":1}"#, r#"Tags={"c":1}"#),
        ("Tags.b", r#"Tags={"c":1}"#, r#"Tags={"b":1,"c":1}"#),
        ("Tags.b.c.d", r#"Tags={"b":{"c":{"d":2}}}"#, r#"Tags={"b":{"c":{"d":1}}}"#),
        ("Groups[0]", r#"Rules=[{"p":1}] Groups=["new","x"]"#, r#"Rules=[{"p":1}] Groups=["old","x"]"#),
        ("Rules[1].p", r#"Rules=[{"p":1},{"p":9}]"#, r#"Rules=[{"p":1},{"p":2}]"#),
        (r#"Tags["a.b/c"]"#, r#"Tags={"a.b/c":2}"#, r#"Tags={"a.b/c":1}"#),
        (r#"Tags.f["h"]"#, r#"Tags={"f":{"h":2}}"#, r#"Tags={"f":{"h":1}}"#),
        ("Tags[*]", r#"Tags={"a":1,"b":2}"#, r#"Tags={"b":1,"c":1}"#),
        ("Tags[*]", "", r#"Tags={"b":1}"#),
        ("Tags[*]", r#"Tags={"b":1}"#, ""),
        ("Rules[*]", r#"Rules=[{"p":1}]"#, r#"Rules=[{"p":2},{"p":3}]"#),
        ("Rules[*].p", r#"Rules=[{"p":8},{"p":9}]"#, r#"Rules=[{"p":1},{"p":2}]"#),
        ("Tags.gone.deeper", r#"Tags={"b":1}"#, r#"Tags={"b":1}"#),
        ("Rules[7]", r#"Rules=[{"p":1}]"#, r#"Rules=[{"p":1}]"#),
        ("Pass", "Pass=!db.v2", "Pass=!db.v1"),
        ("Pass", "Pass=open", "Pass=!db.v1"),
        ("Pass", "Pass=!db.v2", "Pass=open"),
        ("Tags.b", r#"Tags={"b":"!db.v2"}"#, r#"Tags={"b":"x"}"#),
        ("Cidr", "Cidr=10.9.0.0/16", "Cidr=10.1.0.0/16"),
    ];
    for (ignored, program, state) in changes {
        check(&format!("stack a.QA\n resource Vpc main {program}\n ignore {ignored}\n has Vpc main {state}"), "a.QA");
    }
}

#[test]
fn case_50_what_an_ignored_wildcard_does_not_have_on_both_sides_is_as_the_program_says() {
    check(
        r#"stack a.QA
           resource Vpc main Rules=[{"p":9,"q":1},{"p":5,"q":2}]
             ignore Rules[*].p
           has Vpc main Rules=[{"p":1,"q":1}]"#,
        "a.QA
         ~ main
         Rules [{p:1,q:1}] -> [{p:1,q:1},{p:5,q:2}]",
    );
}

#[test]
fn case_50_a_path_that_cannot_be_ignored_is_a_problem_with_all_the_others() {
    check_problems(
        r#"stack a.QA
           resource Vpc one Label=x
             ignore Tags.a
             ignore Rules[0].p
             ignore Label
           resource Vpc two Groups=["a"] Rules=[{"p":1},{"p":2}]
             ignore Groups[1]
             ignore Rules[1].p
           resource Vpc three Tags=text
             ignore Tags.a
           has Vpc one Tags={"a":1} Rules=[{"p":1}]
           has Vpc two Groups=["a","b"] Rules=[{"p":1}]
           has Vpc three Tags={"a":1}"#,
        "E0421 a.rs:2:1 changes of `Tags.a` of `one` cannot be ignored
         note `Tags`, which it lies in, is there in the state only
         hint ignore `Tags` as a whole, or take the path away
         E0421 a.rs:2:1 changes of `Rules[0].p` of `one` cannot be ignored
         note `Rules`, which it lies in, is there in the state only
         hint ignore `Rules` as a whole, or take the path away
         E0421 a.rs:9:1 changes of `Tags.a` of `three` cannot be ignored
         note `Tags`, which it lies in, is there in the state only
         hint ignore `Tags` as a whole, or take the path away
         E0421 a.rs:6:1 changes of `Groups[1]` of `two` cannot be ignored
         note `Groups[1]`, which it lies in, is there in the state only
         hint ignore `Groups` as a whole, or take the path away
         E0421 a.rs:6:1 changes of `Rules[1].p` of `two` cannot be ignored
         note `Rules[1]`, which it lies in, is there in the program only
         hint ignore `Rules` as a whole, or take the path away",
    );
}

#[test]
fn case_51_ignoring_everything_hides_every_change_but_not_what_is_made() {
    let text = r#"stack a.QA
           resource Vpc main Cidr=10.9.0.0/16 Label=new Tags={"b":2}
             ignore_all
           resource Vpc fresh Label=new
             ignore_all
           has Vpc main Cidr=10.1.0.0/16 Pass=!db.v1
             observed Cidr=10.7.0.0/16"#;
    check(text, "a.QA\n + fresh");
    let (sets, _) = Fixture::parse(text).diff(Settings::default());
    let fresh = sets[0].resources.values().find(|change| change.action == crate::Action::Create).expect("one");
    assert_eq!(fresh.goal["Label"].as_str(), Some("new"));
}
