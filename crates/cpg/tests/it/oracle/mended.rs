//! What is mended: each defect changes what the earlier program made, as its note in `docs/cpg.md` says, and nothing else.

use serde_json::{Value as Json, json};

use super::azure::{self, ASSIGNMENT, BLOB_READER};
use super::config::Cloud;
use super::gcp::role;
use super::groups::Memory;
use super::made::{Earlier, On, Resources};
use super::mended_azure as on_azure;
use super::mended_plugins as plugins;

/// A change of what the earlier program made.
pub(crate) type Mend = fn(&Earlier<'_>, &mut Resources);

/// Every intended difference, by the number of the defect where it has one. B1 (but for the people), B3 and the half of B2
/// that fails are mended in the oracle, since the earlier program made nothing of them; B12, B13 and B16 to B19 are of no
/// resource here.
pub(crate) const MENDED: [(&str, Mend); 25] = [
    ("B1: people are users", on_azure::people),
    ("B2: exported configuration is read on Azure", on_azure::viewers),
    ("B4: both accounts of metamist list", both_accounts),
    ("B5: test programs read images of developers", developers),
    ("B6: a viewer views", viewer),
    ("B7: groups are remembered by cloud", memory),
    ("B8: no test data of others", no_leftover),
    ("B9: a prefix ends", on_azure::prefixes),
    ("B10: to list is not to read, to add is not to change", on_azure::conditions),
    ("B14: the group that there is", entitlement),
    ("B15: where the service is", region),
    ("B16: in the projects that they are of", plugins::projects),
    ("accounts of plugins that are there are taken over", plugins::accounts),
    ("numbers are texts where Google takes texts", plugins::texts),
    ("tokens are read when they are used", plugins::tokens),
    ("who may send is read at every call", plugins::latest),
    ("images of functions are where the centre is", plugins::image_region),
    ("functions run by the clock of reports", plugins::clock),
    ("a secret by its full name has its project there", secret_project),
    ("accounts of Google Cloud are in no group of Azure", on_azure::deployment),
    ("budgets on Azure", on_azure::budgets),
    ("exports on Azure", on_azure::blobs),
    ("shared projects, and roles on accounts on Azure", on_azure::accounts),
    ("no user of registries on Azure", on_azure::no_user),
    ("B11: digits count", on_azure::digits),
];

pub(crate) const GOOGLE_MEMBERSHIP: &str = "dynamic:GoogleGroupMembershipProvider";
pub(crate) const AZURE_MEMBERSHIP: &str = "azuread:index/groupMember:GroupMember";
const HAIL_MEMBERSHIP: &str = "dynamic:HailBatchBillingProjectMembershipProvider";
const BUCKET_ROLE: &str = "gcp:storage/bucketIAMMember:BucketIAMMember";
const OBJECT: &str = "gcp:storage/bucketObject:BucketObject";

/// What the engine is told of what was made before; of what is on Azure it is not written down, and new things are new.
///
/// Two differences are intended: a membership is with the group that holds it, so it waits for the service of the dataset
/// that has the group, and not for that of the common one; and what plugins make waits for whatever it needs.
pub(crate) fn told(run: &Earlier<'_>, ours: &Resources) -> Resources {
    let mut wanted = run.told.clone();
    for (group, members) in &run.groups.of {
        let owner = run.on(&run.groups.owners[group], group.0);
        for name in members.keys() {
            if let Some(told) = wanted.get_mut(&(GOOGLE_MEMBERSHIP.to_owned(), name.clone())) {
                told["dependsOn"] = json!([owner.nm("cloudidentity-service")]);
            }
        }
    }
    plugins::waits(run, &mut wanted);
    let known = |key: &(String, String)| run.made.contains_key(key) && !key.0.starts_with("azure");
    let of = |(key, ours): (&(String, String), &Json)| {
        let told = if known(key) { wanted.remove(key).unwrap_or_else(|| json!({})) } else { ours.clone() };
        (key.clone(), told)
    };
    ours.iter().map(of).collect()
}

/// The datasets in their clouds.
pub(crate) fn places<'a>(run: &Earlier<'a>) -> Vec<On<'a>> {
    let datasets = run.centre.datasets.iter();
    datasets.flat_map(|(name, dataset)| dataset.deploy_locations.iter().map(|cloud| run.on(name, *cloud))).collect()
}

/// Adds what was not there.
pub(crate) fn add(made: &mut Resources, ty: &str, name: String, inputs: Json) {
    assert!(made.insert((ty.to_owned(), name.clone()), inputs).is_none(), "{ty} {name} was there");
}

/// What is of a type.
pub(crate) fn of<'a>(made: &'a mut Resources, ty: &'a str) -> impl Iterator<Item = (&'a str, &'a mut Json)> {
    let all = made.iter_mut().filter(move |((other, _), _)| other == ty);
    all.map(|((_, name), inputs)| (name.as_str(), inputs))
}

/// What is called so.
fn named<'a>(made: &'a mut Resources, ty: &str, name: String) -> Option<&'a mut Json> {
    made.get_mut(&(ty.to_owned(), name))
}

fn both_accounts(run: &Earlier<'_>, made: &mut Resources) {
    let account = &run.centre.infrastructure.metamist.gcp.machine_account;
    for on in places(run).into_iter().filter(|on| on.is_gcp() && on.has("metamist")) {
        member(run, made, on, "metamist-machine-account-in-main-list", "main-list", account);
    }
}

fn developers(run: &Earlier<'_>, made: &mut Resources) {
    let key = "test-in-images-dev-reader-group-member";
    for on in places(run).into_iter().filter(|on| on.has("container-registry")) {
        let test = format!("{}-test", on.name);
        match on.cloud {
            Cloud::Gcp => member(run, made, on, key, "images-dev-reader", &run.address(&test)),
            Cloud::Azure => {
                let group = on_azure::oid(run, &format!("{}-images-dev-reader", on.name));
                let inputs = json!({ "groupObjectId": group, "memberObjectId": on_azure::oid(run, &test) });
                add(made, AZURE_MEMBERSHIP, on.nm(key), inputs);
            }
        }
    }
}

/// One more member of a group on Google Cloud.
fn member(run: &Earlier<'_>, made: &mut Resources, on: On<'_>, key: &str, group: &str, member: &str) {
    if run.centre.infrastructure.disable_group_memberships {
        return;
    }
    let group = run.google_group_id(&format!("{}-{group}", on.name));
    add(made, GOOGLE_MEMBERSHIP, on.nm(key), json!({ "group_key": group, "member_key": member }));
}

fn viewer(run: &Earlier<'_>, made: &mut Resources) {
    for on in places(run) {
        let name = on.nm("main-read-main-web-bucket-viewer");
        if let Some(inputs) = named(made, BUCKET_ROLE, name.clone()) {
            inputs["role"] = role("StorageObjectAndBucketViewer").into();
        }
        if let Some(inputs) = named(made, ASSIGNMENT, name) {
            inputs["roleDefinitionId"] = azure::role(BLOB_READER).into();
        }
    }
}

fn memory(run: &Earlier<'_>, made: &mut Resources) {
    for on in places(run).into_iter().filter(|on| !on.is_gcp() && on.has("hail-accounts")) {
        let project =
            made[&("dynamic:HailBatchBillingProjectProvider".to_owned(), on.nm("batch-billing-project"))].clone();
        let url = project["batch_uri"].as_str().expect("a project has one");
        let person = |(ty, name): &(String, String)| {
            let key = name.strip_prefix(&on.nm("batch-billing-member-"));
            // Initials are in upper case.
            ty == HAIL_MEMBERSHIP && key.is_some_and(|key| key.starts_with(|c: char| c.is_uppercase()))
        };
        made.retain(|key, _| !person(key));
        for user in run.hail_people(on, &mut Memory::new()) {
            let hash = super::access::hash(on.name, &user, on.cloud);
            let inputs = json!({ "billing_project": format!("azure::{url}::{}", on.name), "user": user });
            add(made, HAIL_MEMBERSHIP, on.nm(&format!("batch-billing-member-{hash}")), inputs);
        }
    }
}

fn no_leftover(run: &Earlier<'_>, made: &mut Resources) {
    for on in places(run).into_iter().filter(|on| !on.dataset.setup_test) {
        let name = format!("storage-config-{}-{}-main", on.cloud.name(), on.name);
        for ty in [OBJECT, on_azure::BLOB] {
            let Some(inputs) = named(made, ty, name.clone()) else { continue };
            let content = inputs["content"].as_str().expect("a text");
            let tables = content.trim_end().split("\n\n").filter(|table| !table.starts_with("[storage.default.test]"));
            inputs["content"] = format!("{}\n", tables.collect::<Vec<_>>().join("\n\n")).into();
        }
    }
}

fn entitlement(run: &Earlier<'_>, made: &mut Resources) {
    for on in places(run) {
        let name = on.nm("temporary-bucket-access-main-read");
        if let Some(inputs) = named(made, "gcp:privilegedaccessmanager/entitlement:entitlement", name) {
            let group = run.address(&format!("{}-tmp-main-read-access", on.name));
            inputs["eligibleUsers"][0]["principals"][0] = format!("group:{group}").into();
        }
    }
}

fn region(run: &Earlier<'_>, made: &mut Resources) {
    let region = &run.centre.gcp().region;
    for (_, inputs) in of(made, "gcp:cloudrun/iamMember:IamMember") {
        inputs["location"] = region.as_str().into();
    }
    let name = run.common(Cloud::Gcp).nm("images-reader-in-analysis-runner");
    if let Some(inputs) = named(made, "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", name) {
        inputs["location"] = region.as_str().into();
    }
}

fn secret_project(_: &Earlier<'_>, made: &mut Resources) {
    for (_, inputs) in of(made, "gcp:secretmanager/secretIamMember:SecretIamMember") {
        let secret = inputs["secretId"].as_str().expect("a text");
        inputs["project"] = secret.split('/').nth(1).expect("a full name").into();
    }
}
