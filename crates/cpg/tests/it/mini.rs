//! The example configuration, held against every resource that the earlier program made of it.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::mapping::inputs;
use crate::split::DATASETS;
use crate::world::{given, planned, whole};

/// Type, name and inputs, a line each: a recorded run of the earlier program, ids that it invented written out.
pub(crate) const RECORDED: &str = include_str!("mini_gcp.tsv");

type Resources = BTreeMap<(String, String), Json>;

fn recorded() -> Resources {
    let line = |line: &str| {
        let mut parts = line.splitn(3, '\t').map(str::to_owned);
        let (ty, name) = (parts.next()?, parts.next()?);
        Some(((ty, name), serde_json::from_str(&parts.next()?).ok()?))
    };
    RECORDED.lines().map(|text| line(text).expect("type, name, inputs")).collect()
}

fn ours() -> Resources {
    let planned = planned(&[]);
    let types: Vec<String> = planned.by_type().into_keys().map(str::to_owned).collect();
    let resources = types.iter().flat_map(|ty| planned.resources(ty));
    resources
        .map(|resource| {
            let (ty, inputs) = inputs(&resource);
            ((ty.to_owned(), resource.name().to_owned()), inputs)
        })
        .collect()
}

/// What differs on purpose, of each dataset: the defects that are mended.
fn intended(recorded: &mut Resources) {
    for dataset in ["alpha", "common"] {
        let mut add = |group: &str, key: &str, member: &str| {
            let key = ("dynamic:GoogleGroupMembershipProvider".to_owned(), format!("{dataset}-gcp-{key}"));
            let group = format!("groups/{dataset}-{group}@groups.example.org");
            recorded.insert(key, json!({ "group_key": group, "member_key": member }));
        };
        // B4: the account of metamist had the place of the earlier one, under the same key.
        add("main-list", "metamist-machine-account-in-main-list", "api@ex-metamist.iam.gserviceaccount.com");
        // B5: a group was compared with a text, so nobody was ever put into this one.
        let member = format!("{dataset}-test@groups.example.org");
        add("images-dev-reader", "test-in-images-dev-reader-group-member", &member);
        // B6: what is called a viewer could add objects.
        let name = format!("{dataset}-gcp-main-read-main-web-bucket-viewer");
        let key = ("gcp:storage/bucketIAMMember:BucketIAMMember".to_owned(), name);
        let inputs = recorded.get_mut(&key).expect("it was there");
        assert_eq!(inputs["role"], "organizations/123456789/roles/StorageViewerAndCreator");
        inputs["role"] = "organizations/123456789/roles/StorageObjectAndBucketViewer".into();
    }
}

#[test]
fn the_same_resources_come_of_the_same_configuration() {
    let (mut wanted, ours) = (recorded(), ours());
    assert_eq!(wanted.len(), 675);
    intended(&mut wanted);
    let missing: Vec<_> = wanted.keys().filter(|key| !ours.contains_key(*key)).collect();
    let extra: Vec<_> = ours.keys().filter(|key| !wanted.contains_key(*key)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:#?}\nextra {extra:#?}");
    let differing: Vec<String> = wanted
        .iter()
        .filter(|(key, inputs)| ours[*key] != **inputs)
        .map(|((ty, name), inputs)| {
            format!("{ty} {name}\n  wanted {inputs}\n  ours   {}", ours[&(ty.clone(), name.clone())])
        })
        .collect();
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
    assert_eq!(ours.len(), 675 + 4, "what is mended adds two memberships a dataset");
}

#[test]
fn everything_fits_the_schemas_of_its_types() {
    assert_eq!(planned(&[]).misfits(), [""; 0]);
    let planned = given(whole(), "production", &[("config-datasets.yaml", DATASETS)]).evaluate();
    assert_eq!(planned.misfits(), [""; 0]);
}
