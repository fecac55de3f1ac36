//! What differs, property by property.

use super::*;

#[test]
fn what_is_declared_and_not_there_is_made_and_what_is_equal_is_kept() {
    check(
        "stack net.QA
           resource Vpc main Cidr=10.0.0.0/16
           resource Vpc same Cidr=10.1.0.0/16 Label=x
           has Vpc same Cidr=10.1.0.0/16 Label=x",
        "net.QA
         + main",
    );
}

#[test]
fn a_change_updates_or_replaces_as_the_type_says_and_names_what_forces_it() {
    check(
        "stack net.QA
           resource Vpc a Cidr=10.0.0.0/16 Label=new
           resource Vpc b Cidr=10.9.0.0/16 Label=new
           resource Vpc c Label=new
             replace_on Label
           resource Fixed d Label=new
           has Vpc a Cidr=10.0.0.0/16 Label=old
           has Vpc b Cidr=10.1.0.0/16 Label=old
           has Vpc c Label=old
           has Fixed d Label=old",
        "net.QA
         ∓ d
         Label! old -> new
         ~ a
         Label old -> new
         ± b
         Cidr! 10.1.0.0/16 -> 10.9.0.0/16
         Label old -> new
         ± c
         Label! old -> new",
    );
}

#[test]
fn added_and_removed_properties_differ_but_vendors_defaults_and_nulls_do_not() {
    check(
        "stack net.QA
           resource Vpc a Label=x Size=3 Pass=null
           resource Vpc b
           resource Vpc c Size=4
           has Vpc a
           has Vpc b Size=3
           has Vpc c",
        "net.QA
         ~ a
         Label nothing -> x
         ~ c
         Size nothing -> 4",
    );
}

#[test]
fn maps_differ_by_entry_and_lists_by_element_or_as_a_whole() {
    check(
        r#"stack net.QA
           resource Vpc a Tags={"a":1,"b":2} Rules=[{"p":1},{"p":3}]
           resource Vpc b Rules=[{"p":1}]
           has Vpc a Tags={"a":1,"c":2} Rules=[{"p":1},{"p":2}]
           has Vpc b Rules=[{"p":1},{"p":2}]"#,
        "net.QA
         ~ a
         Rules[1].p 2 -> 3
         Tags.b nothing -> 2
         Tags.c 2 -> nothing
         ~ b
         Rules [{p:1},{p:2}] -> [{p:1}]",
    );
}

#[test]
fn the_order_of_an_unordered_list_does_not_count_but_its_number_of_elements_does() {
    check(
        r#"stack net.QA
           resource Vpc a Groups=["x","y"]
           resource Vpc b Groups=["x","y","y"]
           resource Vpc c Rules=[{"p":2},{"p":1}]
           has Vpc a Groups=["y","x"]
           has Vpc b Groups=["x","y","x"]
           has Vpc c Rules=[{"p":1},{"p":2}]"#,
        "net.QA
         ~ b
         Groups [x,y,x] -> [x,y,y]
         ~ c
         Rules[0].p 1 -> 2
         Rules[1].p 2 -> 1",
    );
}

#[test]
fn what_is_ignored_stays_as_it_was() {
    check(
        r#"stack net.QA
           resource Vpc nested Tags={"a":"new","b":"new"}
             ignore Tags.a
           resource Vpc indexed Rules=[{"p":9},{"p":9}]
             ignore Rules[0]
           resource Vpc entries Tags={"b":1}
             ignore Tags[*]
           resource Vpc each Rules=[{"p":9,"q":1},{"p":9,"q":9}]
             ignore Rules[*].p
           resource Vpc whole Cidr=10.9.0.0/16
             ignore Cidr
           resource Vpc secret Pass=!db.v2 Label=new
             ignore Pass
           resource Vpc fresh Label=x
             ignore Label
           has Vpc nested Tags={"a":"old","b":"old"}
           has Vpc indexed Rules=[{"p":1},{"p":1}]
           has Vpc entries Tags={"a":1,"b":2}
           has Vpc each Rules=[{"p":1,"q":1},{"p":2,"q":2}]
           has Vpc whole Cidr=10.1.0.0/16
           has Vpc secret Pass=!db.v1 Label=old"#,
        "net.QA
         ~ each
         Rules[1].q 2 -> 9
         + fresh
         ~ indexed
         Rules[1].p 1 -> 9
         ~ nested
         Tags.b old -> new
         ~ secret
         Label old -> new",
    );
}

#[test]
fn secrets_differ_by_fingerprint_and_are_never_shown() {
    check(
        "stack net.QA
           resource Vpc changed Pass=!db.v2
           resource Vpc same Pass=!db.v1
           resource Vpc plain Pass=open
           has Vpc changed Pass=!db.v1
           has Vpc same Pass=!db.v1
           has Vpc plain Pass=!db.v1",
        "net.QA
         ~ changed
         Pass *** -> ***
         ~ plain
         Pass *** -> open",
    );
}

#[test]
fn what_cannot_be_read_hides_what_is_beside_it_only_where_the_program_sets_it() {
    check(
        r#"stack net.QA
           resource Vpc seen Rules=[{"p":1}]
           resource Vpc hidden Rules=[{"p":1,"Key":"k"}]
           has Vpc seen Rules=[{"p":1}]
             observed Rules=[{"p":1},{"p":23}]
           has Vpc hidden Rules=[{"p":1,"Key":"k"}]
             observed Rules=[{"p":1}]"#,
        "net.QA
         ~ seen
         Rules? [{p:1},{p:23}] -> [{p:1}]",
    );
}

#[test]
fn drift_is_what_the_world_changed_of_what_the_program_sets() {
    check(
        r#"stack net.QA
           resource Vpc label Label=x
           resource Vpc forced Cidr=10.0.0.0/16
           resource Vpc more Tags={"a":1} Rules=[{"p":1}] Groups=["x","y"]
           resource Vpc mine Label=new
           resource Vpc ignored Label=x
             ignore Label
           has Vpc label Label=x
             observed Label=y Size=9
           has Vpc forced Cidr=10.0.0.0/16
             observed Cidr=10.9.0.0/16
           has Vpc more Tags={"a":1} Rules=[{"p":1}] Groups=["x","y"]
             observed Tags={"a":1,"vendor":2} Rules=[{"p":1,"vendor":2}] Groups=["y","x"]
           has Vpc mine Label=old
             observed Label=other
           has Vpc ignored Label=x
             observed Label=y"#,
        "net.QA
         ± forced
         Cidr!? 10.9.0.0/16 -> 10.0.0.0/16
         ~ label
         Label? y -> x
         ~ mine
         Label old -> new",
    );
}

#[test]
fn an_object_that_is_not_as_it_should_be_is_updated_or_replaced_without_a_difference() {
    check(
        "stack net.QA
           resource Vpc broken
           resource Fixed fixed
           resource Vpc tainted
           has Vpc broken
             partial
           has Fixed fixed
             partial
           has Vpc tainted
             tainted",
        "net.QA
         ∓ fixed
         # its last step did not end well: it broke
         ~ broken
         # its last step did not end well: it broke
         ± tainted
         # is tainted",
    );
}

#[test]
fn physical_names_are_kept_on_update_new_on_replace_and_fit_the_type() {
    let text = "stack net.QA
           resource Bucket fresh
           resource Bucket Long-Name-Is-Cut
           resource Bucket kept Label=new
           resource Bucket moved Region=b
           has Bucket kept Name=kept-aaaaaaa Label=old
           has Bucket moved Name=moved-aaaaaaa Region=a";
    check(
        text,
        "net.QA
         + Long-Name-Is-Cut
         + fresh
         ~ kept
         Label old -> new
         ± moved
         Region! a -> b",
    );
    let (sets, _) = Fixture::parse(text).diff(Settings::default());
    let names: Vec<&str> = sets[0].resources.values().filter_map(|change| change.goal["Name"].as_str()).collect();
    assert_eq!(names[2], "kept-aaaaaaa");
    for (name, stem) in [(names[0], "long-nam-"), (names[1], "fresh-"), (names[3], "moved-")] {
        let suffix = name.strip_prefix(stem).expect(name);
        assert!(
            suffix.len() == 7 && suffix != "aaaaaaa" && suffix.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{name}"
        );
    }
}

#[test]
fn a_name_is_that_of_the_incarnation() {
    let name = |text: &str| {
        let (sets, _) = Fixture::parse(text).diff(Settings::default());
        sets[0].resources.values().next().expect("one").goal["Name"].as_str().expect("known").to_owned()
    };
    let first = name("stack net.QA\n resource Bucket b Region=a");
    let again = format!("stack net.QA\n resource Bucket b Region=b\n has Bucket b Region=a Name={first}");
    assert_ne!(name(&again), first);
    assert_eq!(name(&again), name(&again));
    assert_ne!(name("stack net.CI\n resource Bucket b Region=a"), first, "another stack, another name");
}
