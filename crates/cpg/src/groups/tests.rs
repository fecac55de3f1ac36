use std::collections::BTreeSet;

use cpg_config::Cloud;
use proptest::prelude::*;

use super::{Groups, Member};

const CLOUD: Cloud = Cloud::Gcp;

/// Groups of a text: `analysts: ana bo @readers`.
fn groups(lines: &[(&str, &[&str])]) -> Groups {
    let mut groups = Groups::default();
    for (name, _) in lines {
        assert!(groups.add(CLOUD, name, "x", false), "each once");
    }
    for (name, members) in lines {
        for member in *members {
            let made = match member.strip_prefix('@') {
                Some(group) => Member::Group(group.to_owned()),
                None => Member::Literal((*member).to_owned()),
            };
            groups.put(CLOUD, name, &format!("{name}/{member}"), made);
        }
    }
    groups
}

fn resolved(groups: &Groups, name: &str) -> Vec<String> {
    let text = |member: &&Member| match member {
        Member::Literal(id) => id.clone(),
        other => panic!("{other:?}"),
    };
    groups.resolve(CLOUD, name).iter().map(text).collect()
}

#[test]
fn members_are_found_through_groups_once_in_the_order_of_their_mention() {
    let groups = groups(&[("a", &["x", "@b", "y"]), ("b", &["z", "x", "@c"]), ("c", &["Y"])]);
    assert_eq!(resolved(&groups, "a"), ["x", "z", "Y"], "an address counts in any case");
    assert_eq!(resolved(&groups, "c"), ["Y"]);
    assert!(groups.resolve(Cloud::Azure, "a").is_empty(), "clouds have groups of their own");
    assert!(groups.check().is_empty());
}

#[test]
fn a_group_that_holds_itself_is_refused_with_the_way_round() {
    let of = |lines| groups(lines).check().iter().map(|d| format!("{} {}", d.code, d.message)).collect::<Vec<_>>();
    assert_eq!(of(&[("a", &["@a"])]), ["E0804 a group holds itself: `a` holds `a`"]);
    assert_eq!(
        of(&[("a", &["@b", "x"]), ("b", &["@c"]), ("c", &["@d", "@b"]), ("d", &[])]),
        ["E0804 a group holds itself: `b` holds `c` holds `b`"]
    );
    assert_eq!(of(&[("a", &["@b"])]), ["E0805 `a` holds `b`, which is no group in gcp"]);
}

#[test]
fn a_membership_of_the_same_name_takes_the_place_of_the_earlier_one() {
    let mut groups = groups(&[("a", &["x", "y"])]);
    groups.put(CLOUD, "a", "a/x", Member::Literal("z".to_owned()));
    assert_eq!(resolved(&groups, "a"), ["z", "y"]);
    assert!(!groups.add(CLOUD, "a", "x", true), "the group is there");
}

/// All who are in a group, by adding until nothing is added any more.
fn naive(edges: &[(usize, Result<usize, usize>)], group: usize) -> BTreeSet<usize> {
    let mut within = BTreeSet::from([group]);
    let mut people = BTreeSet::new();
    loop {
        let before = (within.len(), people.len());
        for (holder, member) in edges {
            if within.contains(holder) {
                match member {
                    Ok(inner) => within.insert(*inner),
                    Err(person) => people.insert(*person),
                };
            }
        }
        if before == (within.len(), people.len()) {
            return people;
        }
    }
}

proptest! {
    #[test]
    fn resolving_agrees_with_a_naive_model_also_where_groups_go_round(
        edges in prop::collection::vec((0..8_usize, prop_oneof![(0..8_usize).prop_map(Ok), (0..12_usize).prop_map(Err)]), 0..60),
    ) {
        let mut groups = Groups::default();
        for n in 0..8 {
            groups.add(CLOUD, &format!("g{n}"), "x", false);
        }
        for (number, (holder, member)) in edges.iter().enumerate() {
            let member = match member {
                Ok(inner) => Member::Group(format!("g{inner}")),
                Err(person) => Member::Person { id: format!("p{person}"), hail: None },
            };
            groups.put(CLOUD, &format!("g{holder}"), &number.to_string(), member);
        }
        for n in 0..8 {
            let found: Vec<&Member> = groups.resolve(CLOUD, &format!("g{n}"));
            let people: BTreeSet<String> = found.iter().filter_map(|member| match member {
                Member::Person { id, .. } => Some(id.clone()),
                _ => None,
            }).collect();
            prop_assert_eq!(people.len(), found.len(), "each once");
            let wanted: BTreeSet<String> = naive(&edges, n).into_iter().map(|person| format!("p{person}")).collect();
            prop_assert_eq!(people, wanted);
        }
    }
}
