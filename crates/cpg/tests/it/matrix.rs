//! Random centres: who can do what with which bucket is exactly what the rules say, worked out here once more, in the
//! plainest way, from the configuration alone; and the order in which a file says things is nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use access::{Model, Review, Thing};
use plan::value::Map;
use proptest::prelude::*;
use schema::Catalog;
use testkit::Planned;

use crate::world::{MINI, given_in, whole};

/// People who are users of the fixture.
const PEOPLE: [&str; 6] = ["ana.lyst", "data.manager", "meta.reader", "web.viewer", "release.viewer", "up.loader"];
/// Groups that people are listed in.
const LISTED: [&str; 5] = ["analysis", "data-manager", "metadata-access", "web-access", "release-access"];

/// A dataset, as far as access hangs on it.
#[derive(Debug, Clone)]
struct Dataset {
    name: String,
    test: bool,
    release: bool,
    /// Numbers of datasets that stand before it.
    full: Vec<usize>,
    readonly: Vec<usize>,
    /// Group and person.
    members: BTreeSet<(usize, usize)>,
    uploaders: BTreeSet<usize>,
}

/// The first one is the common dataset.
fn datasets() -> impl Strategy<Value = Vec<Dataset>> {
    let people = prop::collection::btree_set((0..LISTED.len(), 0..PEOPLE.len()), 0..4);
    let one =
        (any::<bool>(), any::<bool>(), any::<[bool; 6]>(), people, prop::collection::btree_set(0..PEOPLE.len(), 0..2));
    prop::collection::vec(one, 1..4).prop_map(|drawn| {
        let make = |(number, (test, release, on, members, uploaders)): (usize, (bool, bool, [bool; 6], _, _))| {
            let chosen = |from: usize| (1..number).filter(|n| on[(from + n) % 6]).collect::<Vec<usize>>();
            let full = chosen(0);
            let readonly = chosen(3).into_iter().filter(|n| !full.contains(n)).collect();
            let name = if number == 0 { "common".to_owned() } else { format!("ds{number}") };
            // The others need test groups of the common one and of what they depend on.
            Dataset { name, test: test || number == 0, release, full, readonly, members, uploaders }
        };
        drawn.into_iter().enumerate().map(make).collect()
    })
}

fn file(datasets: &[Dataset], backwards: bool) -> String {
    let one = |dataset: &Dataset| {
        let names = |numbers: &[usize]| numbers.iter().map(|n| format!("ds{n}")).collect::<Vec<_>>().join(", ");
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (group, person) in &dataset.members {
            groups.entry(LISTED[*group]).or_default().push(PEOPLE[*person]);
        }
        let members: Vec<String> =
            groups.iter().map(|(group, people)| format!("{group}: [{}]", people.join(", "))).collect();
        let uploaders: Vec<&str> = dataset.uploaders.iter().map(|n| PEOPLE[*n]).collect();
        let mut lines = vec![
            format!("gcp: {{ project: ex-{} }}", dataset.name),
            format!("setup_test: {}", dataset.test),
            format!("enable_release: {}", dataset.release),
            format!("upload_config: {{ default_bucket: {{ uploaders: [{}] }} }}", uploaders.join(", ")),
        ];
        lines.push("budgets: { gcp: { monthly_budget: 1 } }".to_owned());
        if dataset.name == "common" {
            lines.push("create_container_registry: true".to_owned());
        } else {
            lines.push(format!("depends_on: [{}]", names(&dataset.full)));
            lines.push(format!("depends_on_readonly: [{}]", names(&dataset.readonly)));
        }
        lines.push(format!("members: {{ {} }}", members.join(", ")));
        if backwards {
            lines.reverse();
        }
        let mut out = format!("{}:\n", dataset.name);
        for line in &lines {
            // Writing to a `String` does not fail.
            let _ = writeln!(out, "  {line}");
        }
        out
    };
    let mut parts: Vec<String> = datasets.iter().map(one).collect();
    if backwards {
        parts.reverse();
    }
    parts.concat()
}

/// What people can do: bucket, action, person.
type Access = BTreeSet<(String, String, String)>;

/// The rules once more: which roles a person has in each dataset, until nothing follows any more; then what each role may.
fn rules(datasets: &[Dataset]) -> Access {
    let mut roles: BTreeSet<(usize, &str, usize)> = BTreeSet::new();
    for (number, dataset) in datasets.iter().enumerate() {
        roles.extend(dataset.members.iter().map(|(group, person)| (number, LISTED[*group], *person)));
    }
    loop {
        let mut more = roles.clone();
        for (number, role, person) in &roles {
            let dataset = &datasets[*number];
            let within: &[&str] = match *role {
                "data-manager" => &["analysis", "upload", "main-read"],
                "analysis" if dataset.test => &["main-list", "test-full"],
                "analysis" => &["main-list"],
                "test-full" if dataset.test => &["test-read"],
                _ => &[],
            };
            more.extend(within.iter().map(|other| (*number, *other, *person)));
            let inherited = ["analysis", "data-manager", "upload", "main-list", "main-read"].contains(role)
                || (dataset.test && ["test-full", "test-read"].contains(role));
            let common = (*number != 0).then_some(0);
            if inherited {
                more.extend(dataset.full.iter().copied().chain(common).map(|other| (other, *role, *person)));
            }
            let read = match *role {
                "main-read" | "main-list" => Some(*role),
                "test-full" | "test-read" if dataset.test => Some("test-read"),
                _ => None,
            };
            more.extend(read.iter().flat_map(|role| dataset.readonly.iter().map(|other| (*other, *role, *person))));
        }
        if more == roles {
            break;
        }
        roles = more;
    }
    let mut found = Access::new();
    let mut give = |bucket: String, actions: &[&str], person: usize| {
        let who = format!("{}@example.org", PEOPLE[person]);
        found.extend(actions.iter().map(|action| (bucket.clone(), (*action).to_owned(), who.clone())));
    };
    let (list, read, all) = (&["list"][..], &["list", "read"][..], &["list", "read", "add", "change"][..]);
    for (number, role, person) in &roles {
        let dataset = &datasets[*number];
        let of = |end: &str| format!("bucket ex-{}-{end}", dataset.name);
        let mut may = |ends: &[&str], actions: &[&str]| ends.iter().for_each(|end| give(of(end), actions, *person));
        match *role {
            "main-list" => may(&["archive"], list),
            "main-read" => may(&["main", "main-tmp", "main-analysis", "main-web", "main-upload"], read),
            "analysis" => {
                may(&["main-analysis", "main-web", "main-upload"], read);
                if dataset.release {
                    may(&["release"], read);
                }
                give("bucket ex-wheels".to_owned(), read, *person);
                give("bucket ex-config".to_owned(), read, *person);
            }
            "upload" => may(&["main-upload"], all),
            "release-access" if dataset.release => may(&["release"], read),
            "test-full" | "test-read" if dataset.test => {
                let actions = if *role == "test-full" { all } else { read };
                may(&["test", "test-analysis", "test-tmp", "test-web", "test-upload"], actions);
                // Test programs of all datasets may read what is common to them.
                if *number == 0 && *role == "test-read" {
                    may(&["main"], read);
                }
            }
            _ => {}
        }
    }
    for dataset in datasets {
        for person in &dataset.uploaders {
            give(format!("bucket ex-{}-main-upload", dataset.name), all, *person);
        }
    }
    found
}

/// A centre of these datasets, with the services and people of the fixture.
fn centre(datasets: &str) -> Planned {
    let path = "config-infrastructure.yaml";
    let infrastructure = testkit::Workspace::here().read(&format!("{MINI}/{path}")).expect("it is there");
    let files = [(path, infrastructure.as_str()), ("config-datasets.yaml", datasets)];
    given_in("drawn", whole(), "production", &files).evaluate()
}

/// What the plan gives people.
fn planned(planned: &Planned) -> Access {
    let catalog = Catalog::new(schemas_gcp::sources());
    let resources: Vec<(String, Map, &schema::TypeSchema)> = planned
        .plan()
        .resources
        .keys()
        .map(|urn| {
            let resource = planned.resource(urn.ty(), urn.name());
            let properties = resource.properties().as_map().cloned().unwrap_or_default();
            (urn.to_string(), properties, catalog.get(urn.ty()).expect("it reads").expect("it is there"))
        })
        .collect();
    let stack = planned.plan().stack.to_string();
    let things = resources.iter().map(|(name, properties, schema)| Thing {
        stack: &stack,
        name,
        properties,
        attributes: None,
        schema,
    });
    let entries = Review::of(&Model::of(things)).entries.into_iter();
    let people = entries.filter(|entry| entry.on.starts_with("bucket ") && entry.who.ends_with("@example.org"));
    people.map(|entry| (entry.on, entry.can, entry.who)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn nobody_has_access_that_no_rule_gives_and_everybody_what_one_gives(datasets in datasets()) {
        let text = file(&datasets, false);
        let evaluated = centre(&text);
        prop_assert_eq!(evaluated.problems(), Vec::<String>::new(), "{}", text);
        let (found, wanted) = (planned(&evaluated), rules(&datasets));
        let extra: Vec<_> = found.difference(&wanted).collect();
        let missing: Vec<_> = wanted.difference(&found).collect();
        prop_assert!(extra.is_empty() && missing.is_empty(), "too much {extra:#?}\ntoo little {missing:#?}\n{text}");
    }

    #[test]
    fn the_same_bytes_come_of_the_same_content_in_another_order(datasets in datasets()) {
        let made = |backwards| {
            let evaluated = centre(&file(&datasets, backwards));
            (evaluated.problems(), evaluated.problems().is_empty().then(|| evaluated.plan().clone()))
        };
        let (one, other) = (made(false), made(true));
        prop_assert!(one.0.is_empty(), "{:?}", one.0);
        prop_assert!(one == other, "the order of a file is in the plan");
    }
}
