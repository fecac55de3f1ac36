//! Taking over objects that exist.

use schema::{Catalog, Source};
use value::{Map, Value};

use super::{check, check_problems};

#[test]
fn case_57_an_object_that_is_as_the_program_says_is_taken_over() {
    // What the vendor sets of its own (`Arn`, `Label`, a tag more) does not count, and a default is as good as set.
    check(
        r#"there Vpc vpc-9 Cidr=10.0.0.0/16 Label=theirs Arn=arn:9 Tags={"a":"1","vendor":"x"} Groups=["b","a"]
           stack net.QA
             resource Vpc main Cidr=10.0.0.0/16 Tags={"a":"1"} Groups=["a","b"] Size=3
               import vpc-9"#,
        "net.QA
         = main",
    );
}

#[test]
fn case_57_what_differs_is_shown_place_by_place() {
    check(
        r#"there Vpc vpc-9 Cidr=10.0.0.0/16 Label=theirs Tags={"a":"1"}
           stack net.QA
             resource Vpc main Cidr=10.9.0.0/16 Label=mine Tags={"a":"2","b":"3"}
               import vpc-9"#,
        "net.QA
         = main
         Cidr 10.0.0.0/16 -> 10.9.0.0/16
         Label theirs -> mine
         Tags.a 1 -> 2
         Tags.b nothing -> 3",
    );
}

#[test]
fn case_57_what_the_program_ignores_is_taken_over_as_it_is() {
    check(
        r#"there Vpc vpc-9 Cidr=10.0.0.0/16 Label=theirs Tags={"a":"1"}
           stack net.QA
             resource Vpc main Cidr=10.0.0.0/16 Label=mine Tags={"a":"2"}
               ignore Label
               ignore Tags.a
               import vpc-9"#,
        "net.QA
         = main",
    );
}

#[test]
fn case_57_a_name_that_the_program_leaves_to_the_vendor_is_that_of_the_object() {
    check(
        "there Bucket logs-7 Name=logs-7
         stack net.QA
           resource Bucket logs
             import logs-7
           resource Bucket named Name=other
             import logs-7",
        "net.QA
         = logs
         = named
         Name logs-7 -> other",
    );
}

#[test]
fn case_57_an_object_that_is_not_there_cannot_be_taken_over() {
    check_problems(
        "nothing Vpc vpc-9
         stack net.QA
           resource Vpc main
             import vpc-9",
        "E0521 net.rs:3:1 there is no Vpc `vpc-9` that `main` could take over
         hint correct the id, or take `.import(…)` away to make a new one",
    );
}

#[test]
fn case_57_another_id_than_that_of_its_object_is_refused() {
    check_problems(
        "stack net.QA
           resource Vpc main
             import vpc-9
           has Vpc main",
        "E0445 net.rs:2:1 `main` of `net.QA` is `main-1`, and is to take over `vpc-9` as well
         hint take `.import(…)` away, or declare another resource for it",
    );
}

#[test]
fn case_57_an_object_that_is_named_by_its_id_is_not_replaced() {
    check_problems(
        "stack net.QA
           resource Vpc main Cidr=10.9.0.0/16
             import main-1
           has Vpc main Cidr=10.0.0.0/16",
        "E0445 net.rs:2:1 `main` would be replaced, and says that it is `main-1`
         note `Cidr` cannot change in place
         hint take `.import(…)` away: it has done its work",
    );
}

#[test]
fn case_58_what_the_stack_has_already_is_not_taken_over_again() {
    check(
        "stack net.QA
           resource Vpc same
             import same-1
           resource Vpc changed Label=y
             import changed-1
           has Vpc same
           has Vpc changed Label=x",
        "net.QA
         ~ changed
         Label x -> y",
    );
}

/// An id to take over is a text of the program and no expression: see the type of `Options::import`.
#[test]
fn case_58_the_id_of_an_object_to_take_over_is_always_known() {
    let options = resource::Options { import: Some("vpc-9".to_owned()), ..resource::Options::default() };
    let _: Option<String> = options.import;
}

#[test]
fn what_is_there_is_declared_without_what_the_vendor_sets_and_without_secrets() {
    let schema = r#"{"typeName": "T", "properties": {"Name": {"type": "string"}, "Size": {"type": "integer"},
        "Key": {"type": "string"}, "Rules": {"type": "array", "items": {"type": "object", "properties": {
            "Port": {"type": "integer"}, "Id": {"type": "string"}, "Token": {"type": "string"}}}},
        "Where": {"type": "object", "properties": {"Host": {"type": "string"}}}, "Id": {"type": "string"}},
        "required": ["Name", "Id", "Key"],
        "readOnlyProperties": ["/properties/Id", "/properties/Rules/*/Id", "/properties/Where/Host"]}"#;
    let overlay = "defaults = { Size = 3 }\nsecret = [\"Key\", \"Rules[*].Token\"]\n";
    let catalog = Catalog::new([Source { name: "T", schema, overlay }]);
    let schema = catalog.get("T").expect("reads").expect("is there");
    let cases = [
        (r#"{"Name": "n", "Id": "i", "Size": 3, "Extra": 1, "Key": "k"}"#, r#"{"Name": "n"}"#, "Key"),
        (r#"{"Size": 4, "Where": {"Host": "h"}, "Rules": []}"#, r#"{"Size": 4}"#, "Key Name"),
        (
            r#"{"Name": "n", "Key": "k", "Rules": [{"Port": 1, "Id": "i", "Token": "t"}, {"Port": 2}]}"#,
            r#"{"Name": "n", "Rules": [{"Port": 1}, {"Port": 2}]}"#,
            "Key Rules[0].Token",
        ),
    ];
    for (there, declared, hidden) in cases {
        let map = |text: &str| -> Map { serde_json::from_str(text).expect(text) };
        let (found, left_out) = diff::declarable(schema, &map(there));
        assert_eq!(Value::Map(found), Value::Map(map(declared)), "{there}");
        let mut left_out: Vec<String> = left_out.iter().map(ToString::to_string).collect();
        left_out.sort();
        assert_eq!(left_out.join(" "), hidden, "{there}");
    }
}
