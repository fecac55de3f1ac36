//! Reviews of small worlds, and of random ones against a naive model.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use schema::{Catalog, Source};
use value::{Map, Type, Unknown, Value};

use crate::{Change, Model, Review, Thing, Wanted, markdown, text};

const TYPES: [(&str, &str); 4] = [
    ("Group", r#"access = { subject = { shown = "{address}", by = ["id", "address"], group = true } }"#),
    ("Robot", r#"access = { subject = { shown = "robot {address}", by = ["id"] } }"#),
    ("Member", r#"access = { member = { group = "group", member = "member" } }"#),
    (
        "Grant",
        r#"access = { grant = { on = "bucket", role = "role", member = "who", actions = { viewer = ["list", "read"] } } }"#,
    ),
];

fn catalog() -> Catalog {
    let sources = TYPES.map(|(name, overlay)| {
        let schema = format!(r#"{{ "typeName": "{name}", "properties": {{}}, "primaryIdentifier": [] }}"#);
        let overlay = format!("latency_ms = [1, 1, 1]\n{overlay}\n");
        Source { name, schema: Box::leak(schema.into_boxed_str()), overlay: Box::leak(overlay.into_boxed_str()) }
    });
    Catalog::new(sources)
}

/// A resource: type, name, properties.
type Given = (&'static str, String, Vec<(&'static str, Value)>);

fn review(given: &[Given]) -> Review {
    let catalog = catalog();
    let properties: Vec<Map> = given
        .iter()
        .map(|(.., entries)| entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
        .collect();
    let things = given.iter().zip(&properties).map(|((ty, name, _), properties)| Thing {
        stack: "s",
        name,
        properties,
        attributes: None,
        schema: catalog.get(ty).expect("it reads").expect("it is there"),
    });
    Review::of(&Model::of(things))
}

fn of(ty: &'static str, name: &str, entries: &[(&'static str, &str)]) -> Given {
    (ty, name.to_owned(), entries.iter().map(|(key, text)| (*key, Value::from(*text))).collect())
}

fn world() -> Vec<Given> {
    let id = |name: &str| Value::Unknown(Unknown::new(Type::String, "s", format!("{name}.id")));
    vec![
        of("Group", "a", &[("address", "a@x")]),
        of("Group", "b", &[("address", "b@x")]),
        of("Robot", "r", &[("address", "7")]),
        ("Member", "b-in-a".into(), vec![("group", id("a")), ("member", "b@x".into())]),
        ("Member", "r-in-b".into(), vec![("group", id("b")), ("member", id("r"))]),
        of("Member", "p-in-b", &[("group", "b@x"), ("member", "p@x")]),
        of("Grant", "1", &[("bucket", "data"), ("role", "roles/viewer"), ("who", "group:a@x")]),
        of("Grant", "2", &[("bucket", "data"), ("role", "roles/owner"), ("who", "user:p@x")]),
    ]
}

#[test]
fn people_and_accounts_are_found_through_groups_whose_ids_are_not_known_yet() {
    let review = review(&world());
    let shown = text(review.entries.iter().map(|entry| (None, entry)));
    assert_eq!(
        shown,
        "bucket data\n  list  p@x  through b@x in a@x\n  list  robot 7  through b@x in a@x\n  owner  p@x  by name\n  \
         read  p@x  through b@x in a@x\n  read  robot 7  through b@x in a@x\n"
    );
    let wanted = Wanted { can: Some("read".into()), who: Some("b@x".into()), ..Wanted::default() };
    assert_eq!(review.wanted(&wanted).entries.len(), 2, "who is in a group is found by it, too");
    assert!(review.wanted(&Wanted { on: Some("other".into()), ..Wanted::default() }).entries.is_empty());
}

#[test]
fn what_changes_is_said_of_those_who_gain_and_lose() {
    let mut later = world();
    later.remove(5);
    later.push(of("Member", "q-in-a", &[("group", "a@x"), ("member", "q@x")]));
    let changes = review(&later).since(&review(&world()));
    let shown = markdown(changes.iter().map(|(change, entry)| (Some(change), entry)));
    assert_eq!(
        shown,
        "| Change | On | Can | Who | How |\n|---|---|---|---|---|\n\
         | loses | bucket data | list | p@x | through b@x in a@x |\n\
         | gains | bucket data | list | q@x | through a@x |\n\
         | loses | bucket data | read | p@x | through b@x in a@x |\n\
         | gains | bucket data | read | q@x | through a@x |\n"
    );
    assert!(review(&later).since(&review(&later)).is_empty());
    // The same person by another way.
    let mut other = world();
    other.push(of("Member", "p-in-a", &[("group", "a@x"), ("member", "p@x")]));
    let changes = review(&other).since(&review(&world()));
    assert!(changes.len() == 2 && changes.iter().all(|(change, _)| *change == Change::Otherwise), "{changes:?}");
}

proptest! {
    #[test]
    fn nobody_has_access_whom_a_naive_model_does_not_find(
        members in prop::collection::vec((0..6_usize, 0..12_usize), 0..24),
        grants in prop::collection::vec((0..3_usize, 0..12_usize), 0..8),
    ) {
        // Numbers below six are groups, the others people; groups may go round.
        let name = |n: usize| if n < 6 { format!("g{n}") } else { format!("p{n}") };
        let mut given: Vec<Given> = (0..6).map(|n| of("Group", &name(n), &[("address", name(n).as_str())])).collect();
        for (i, (group, member)) in members.iter().enumerate() {
            given.push(of("Member", &format!("m{i}"), &[("group", &name(*group)), ("member", &name(*member))]));
        }
        for (i, (bucket, who)) in grants.iter().enumerate() {
            let bucket = format!("b{bucket}");
            given.push(of("Grant", &format!("x{i}"), &[("bucket", &bucket), ("role", "read"), ("who", &name(*who))]));
        }
        // The naive model: whoever is within, until nothing is added any more.
        let mut within: BTreeMap<usize, BTreeSet<usize>> = (0..12).map(|n| (n, BTreeSet::from([n]))).collect();
        for _ in 0..12 {
            for (group, member) in &members {
                let more = within[member].clone();
                within.get_mut(group).expect("it is there").extend(more);
            }
        }
        let wanted: BTreeSet<(String, String)> = grants
            .iter()
            .flat_map(|(bucket, who)| within[who].iter().map(move |n| (format!("bucket b{bucket}"), *n)))
            .filter(|(_, n)| *n >= 6)
            .map(|(bucket, n)| (bucket, name(n)))
            .collect();
        let review = review(&given);
        let found: BTreeSet<(String, String)> =
            review.entries.iter().map(|entry| (entry.on.clone(), entry.who.clone())).collect();
        prop_assert_eq!(found, wanted);
        // Every way is one of memberships.
        let edges: BTreeSet<(String, String)> = members.iter().map(|(g, m)| (name(*g), name(*m))).collect();
        for entry in &review.entries {
            for way in &entry.through {
                let steps: Vec<&String> = way.iter().chain([&entry.who]).collect();
                for pair in steps.windows(2) {
                    prop_assert!(edges.contains(&(pair[0].clone(), pair[1].clone())), "{entry:?}");
                }
            }
        }
    }
}
