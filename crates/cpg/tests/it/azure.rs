//! Datasets on Azure, and on both clouds.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use testkit::Planned;

use crate::azure_mapping::inputs;
use crate::world::planned;

/// Two datasets, each on both clouds.
const BOTH: [(&str, &str); 4] = [
    (
        "config-datasets.yaml",
        "common:\n  gcp: { project: ex-common }\n  deploy_locations: [gcp, azure]\n  create_container_registry: true\n\
         alpha:\n  gcp: { project: ex-alpha }\n  deploy_locations: [gcp, azure]\n",
    ),
    ("datasets/alpha/budgets.yaml", "{ gcp: { monthly_budget: 200 }, azure: { monthly_budget: 150 } }\n"),
    ("datasets/alpha/members.yaml", "analysis: [ana.lyst]\n"),
    ("datasets/common/budgets.yaml", "{ gcp: { monthly_budget: 100 }, azure: { monthly_budget: 50 } }\n"),
];

/// Type, name and inputs on Azure, a line each, of the formulas by which all 934 resources of a recorded run of the earlier
/// program on both clouds could be told, 675 of them on Google Cloud.
const RECORDED: &str = include_str!("mini_azure.tsv");

const ASSIGNMENT: &str = "azure-native:authorization:RoleAssignment";
const MEMBER: &str = "azuread:index/groupMember:GroupMember";

/// Files of a configuration, with what the workspace's example says of the whole centre.
fn with_example<T>(files: &[(&str, &str)], then: impl FnOnce(&[(&str, &str)]) -> T) -> T {
    let path = "config-infrastructure.yaml";
    let example = testkit::Workspace::here().read(&format!("configuration/cpg/{path}")).expect("it is there");
    let files: Vec<(&str, &str)> = files.iter().copied().chain([(path, example.as_str())]).collect();
    then(&files)
}

type Resources = BTreeMap<(String, String), Json>;

fn recorded() -> Resources {
    let line = |line: &str| {
        let mut parts = line.splitn(3, '\t').map(str::to_owned);
        let (ty, name) = (parts.next()?, parts.next()?);
        Some(((ty, name), serde_json::from_str(&parts.next()?).ok()?))
    };
    RECORDED.lines().map(|text| line(text).expect("type, name, inputs")).collect()
}

/// What is there because of Azure.
fn on_azure(planned: &Planned) -> Resources {
    let types: Vec<String> = planned.by_type().into_keys().map(str::to_owned).collect();
    let resources = types.iter().flat_map(|ty| planned.resources(ty));
    let ours = resources.filter(|one| {
        one.ty().starts_with("Microsoft.")
            || (one.ty().starts_with("hail_") && one.name().contains("-azure-"))
            || one.name().starts_with("storage-config-azure-")
    });
    ours.map(|resource| {
        let (ty, inputs) = inputs(&resource);
        ((ty.to_owned(), resource.name().to_owned()), inputs)
    })
    .collect()
}

/// What differs on purpose, and why.
fn intended(wanted: &mut Resources) {
    let role = |id: &str| format!("/providers/Microsoft.Authorization/roleDefinitions/{id}");
    let (reader, contributor) =
        (role("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"), role("ba92f5b4-2d11-453d-a403-e96b0029c9fe"));
    let blob = |action: &str| format!("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{action}");
    let not = |action: &str| format!("(!(ActionMatches{{'{}'}}))", blob(action));
    let listing = format!("((!(ActionMatches{{'{}'}} AND NOT SubOperationMatches{{'Blob.List'}})))", blob("read"));
    let appending = format!("({} AND {} AND {})", not("write"), not("delete"), not("move/action"));
    for ((ty, name), inputs) in wanted.iter_mut() {
        let dataset = name.split('-').next().expect("a dataset");
        // B6 and B10: to add is no more than that, to list is not to read, and what is called a viewer reads.
        if ty == ASSIGNMENT && name.ends_with("-view-create") {
            inputs["condition"] = appending.as_str().into();
        } else if ty == ASSIGNMENT && name.ends_with("-main-list-archive-bucket") {
            inputs["condition"] = listing.as_str().into();
        } else if ty == ASSIGNMENT && name.ends_with("-main-read-main-web-bucket-viewer") {
            assert_eq!(inputs["roleDefinitionId"], contributor.as_str());
            inputs["roleDefinitionId"] = reader.as_str().into();
        } else if ty == ASSIGNMENT && name.ends_with("-project-buckets-lister") {
            inputs["roleDefinitionId"] = role("acdd72a7-3385-48ef-bd42-f606fba81ae7").into();
        } else if name == &format!("{dataset}-azure-ex{dataset}-management-policy") {
            // B9: a container ends with a slash, so `test-tmp` is not `test-tmp-2`.
            for rule in inputs["policy"]["rules"].as_array_mut().expect("rules") {
                let prefix = &mut rule["definition"]["filters"]["prefixMatch"][0];
                *prefix = format!("{}/", prefix.as_str().expect("a container")).into();
            }
        } else if ty == "azure-native:containerregistry:Registry" {
            inputs["adminUserEnabled"] = false.into();
        }
    }
    for (dataset, google, azure) in [("alpha", "A-794aa689", "A-262fc76c"), ("common", "", "A-1050d731")] {
        // B7: the name in Hail was that of Google Cloud.
        let ty = "dynamic:HailBatchBillingProjectMembershipProvider";
        let start = format!("{dataset}-azure-batch-billing-member-A-");
        let old = wanted.keys().find(|(_, name)| name.starts_with(&start)).expect("an analyst").clone();
        assert!(old.1.ends_with(google));
        let mut inputs = wanted.remove(&old).expect("it is there");
        inputs["user"] = "ana-lyst-az".into();
        wanted.insert((ty.to_owned(), format!("{dataset}-azure-batch-billing-member-{azure}")), inputs);
        let mut add = |ty: &str, name: &str, inputs: Json| {
            assert!(wanted.insert((ty.to_owned(), name.to_owned()), inputs).is_none());
        };
        let own = |name: &str| format!("{dataset}-azure-{name}");
        // B5: nobody was ever in this group.
        let inputs = json!({
            "groupObjectId": format!("oid:{dataset}-images-dev-reader"), "memberObjectId": format!("oid:{dataset}-test"),
        });
        add(MEMBER, &own("test-in-images-dev-reader-group-member"), inputs);
        // Managers of data make credentials of the account that uploads, as on Google Cloud.
        let inputs = json!({
            "scope": format!("id:{dataset}-azure-service-account-main-upload"),
            "principalId": format!("oid:{dataset}-data-manager"), "principalType": "Group",
            "roleDefinitionId": role("e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"),
        });
        add(ASSIGNMENT, &own("data-manager-credentials-generator"), inputs);
        let told = |percent: i64| {
            json!({
                "enabled": true, "operator": "GreaterThanOrEqualTo", "threshold": percent, "thresholdType": "Actual",
                "contactEmails": ["finance@example.org"],
            })
        };
        let inputs = json!({
            "scope": format!("id:{dataset}-azure-ex{dataset}"), "name": "monthly-budget", "category": "Cost",
            "amount": if dataset == "alpha" { 150 } else { 50 }, "timeGrain": "Monthly",
            "timePeriod": { "startDate": "2026-01-01T00:00:00Z" },
            "notifications": { "actual-50": told(50), "actual-90": told(90), "actual-100": told(100) },
        });
        add("new: budget", &own("monthly-budget"), inputs);
        // B2: exported configuration is on Azure, too, for the groups of Azure.
        for group in ["analysis", "standard", "full", "test"] {
            let inputs = json!({
                "groupObjectId": "oid:analysis-runner-config-viewers-group", "memberObjectId": format!("oid:{dataset}-{group}"),
            });
            add(MEMBER, &format!("{dataset}-{group}-analysis-runner-config-viewer-group"), inputs);
        }
        for namespace in ["main", "test"] {
            let key = (
                "gcp:storage/bucketObject:BucketObject".to_owned(),
                format!("storage-config-azure-{dataset}-{namespace}"),
            );
            let content = wanted[&key]["content"].clone();
            let path = format!("config/storage/azure/{dataset}-{namespace}.toml");
            let inputs = json!({ "parent": "id:common-azure-config-blob-container", "name": path, "content": content });
            wanted.insert(("new: blob".to_owned(), key.1), inputs);
        }
    }
    let mut add = |ty: &str, name: &str, inputs: Json| {
        assert!(wanted.insert((ty.to_owned(), name.to_owned()), inputs).is_none());
    };
    let name = "analysis-runner-config-viewers-group";
    let inputs = json!({ "displayName": name, "securityEnabled": true });
    add("azuread:index/group:Group", &format!("common-azure-{name}-group"), inputs);
    let inputs = json!({
        "scope": "id:common-azure-config-blob-container", "principalId": format!("oid:{name}"), "principalType": "Group",
        "roleDefinitionId": reader,
    });
    add(ASSIGNMENT, "common-azure-analysis-runner-config-viewers", inputs);
    let inputs = json!({
        "accountName": "excommon", "resourceGroupName": "excommon", "containerName": "config", "metadata": { "bucket": "config" },
    });
    add("azure-native:storage:BlobContainer", "common-azure-config-blob-container", inputs);
}

#[test]
fn the_resources_on_azure_are_those_of_the_earlier_rules() {
    let (mut wanted, ours) = (recorded(), on_azure(&with_example(&BOTH, planned)));
    assert_eq!(wanted.len(), 934 - 675);
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
}

#[test]
fn what_is_on_google_cloud_is_the_same_whether_there_is_azure_or_not() {
    let resources = |planned: &Planned| -> Resources {
        let azure = on_azure(planned);
        let types: Vec<String> = planned.by_type().into_keys().map(str::to_owned).collect();
        let all = types.iter().flat_map(|ty| planned.resources(ty)).map(|one| {
            let (ty, inputs) = inputs(&one);
            ((ty.to_owned(), one.name().to_owned()), inputs)
        });
        all.filter(|(key, _)| !azure.contains_key(key)).collect()
    };
    let alone: Vec<(&str, String)> =
        BOTH.iter().map(|(path, text)| (*path, text.replace("[gcp, azure]", "[gcp]"))).collect();
    let alone: Vec<(&str, &str)> = alone.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let (both, alone) = (resources(&with_example(&BOTH, planned)), resources(&with_example(&alone, planned)));
    let differing: Vec<_> = both.iter().filter(|(key, inputs)| alone.get(*key) != Some(inputs)).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(both.len(), alone.len());
}
