//! What is mended on Azure, and what was not there.

use serde_json::{Value as Json, json};

use super::azure::{ASSIGNMENT, BLOB_READER, role};
use super::config::Cloud;
use super::made::{Earlier, On, Resources};
use super::mended::{AZURE_MEMBERSHIP, add, of, places};
use super::organisation::VIEWERS;

/// Objects with a known content were not there.
pub(crate) const BLOB: &str = "new: blob";
/// Neither were budgets.
const BUDGET: &str = "new: budget";

const SERVICE: &str = "azure-native:storage:BlobServiceProperties";
const POLICY: &str = "azure-native:storage:ManagementPolicy";
const REGISTRY: &str = "azure-native:containerregistry:Registry";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
/// Who may change an identity, and so make credentials of it.
const IDENTITY_CONTRIBUTOR: &str = "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59";

/// The id of a group.
pub(crate) fn oid(run: &Earlier<'_>, group: &str) -> String {
    format!("oid:{}{group}", run.centre.infrastructure.group_prefix)
}

fn on_azure<'a>(run: &Earlier<'a>) -> Vec<On<'a>> {
    places(run).into_iter().filter(|on| on.cloud == Cloud::Azure).collect()
}

fn assignment(scope: &str, principal: &str, kind: &str, id: &str) -> Json {
    json!({ "scope": scope, "principalId": principal, "principalType": kind, "roleDefinitionId": role(id) })
}

pub(crate) fn people(run: &Earlier<'_>, made: &mut Resources) {
    let users = run.centre.infrastructure.users.values().filter_map(|user| user.clouds.get(&Cloud::Azure));
    let ids: Vec<&str> = users.map(|user| user.id.as_str()).collect();
    for (_, inputs) in of(made, ASSIGNMENT) {
        if ids.contains(&inputs["principalId"].as_str().expect("a text")) {
            inputs["principalType"] = "User".into();
        }
    }
}

pub(crate) fn deployment(run: &Earlier<'_>, made: &mut Resources) {
    for on in on_azure(run) {
        for level in ["test", "standard", "full"] {
            let name = on.nm(&format!("deployment-{level}-access-level-group-membership"));
            made.remove(&(AZURE_MEMBERSHIP.to_owned(), name));
        }
    }
}

pub(crate) fn viewers(run: &Earlier<'_>, made: &mut Resources) {
    let common = run.common(Cloud::Azure);
    if !common.dataset.deploy_locations.contains(&common.cloud) {
        return;
    }
    let container = config_container(run, made);
    let running: Vec<On<'_>> = on_azure(run).into_iter().filter(|on| on.has("analysis-runner")).collect();
    if running.is_empty() {
        return;
    }
    let full = format!("{}{VIEWERS}", run.centre.infrastructure.group_prefix);
    let inputs = json!({ "displayName": full, "securityEnabled": true });
    add(made, "azuread:index/group:Group", common.nm(&format!("{full}-group")), inputs);
    let inputs = assignment(&container, &oid(run, VIEWERS), "Group", BLOB_READER);
    add(made, ASSIGNMENT, common.nm("analysis-runner-config-viewers"), inputs);
    for on in running {
        for group in ["analysis"].into_iter().chain(on.dataset.levels()) {
            let member = oid(run, &format!("{}-{group}", on.name));
            let inputs = json!({ "groupObjectId": oid(run, VIEWERS), "memberObjectId": member });
            let name = format!("{}-{group}-analysis-runner-config-viewer-group", on.name);
            add(made, AZURE_MEMBERSHIP, name, inputs);
        }
    }
}

/// The container of exported configuration.
fn config_container(run: &Earlier<'_>, made: &mut Resources) -> String {
    container(run, made, run.common(Cloud::Azure), &run.centre.azure().config_bucket_name)
}

/// A container that may be there; its id.
fn container(run: &Earlier<'_>, made: &mut Resources, on: On<'_>, name: &str) -> String {
    let full = on.nm(&format!("{name}-blob-container"));
    let inputs = in_account(run, on, json!({ "containerName": name, "metadata": { "bucket": name } }));
    made.insert(("azure-native:storage:BlobContainer".to_owned(), full.clone()), inputs);
    format!("id:{full}")
}

fn in_account(run: &Earlier<'_>, on: On<'_>, mut inputs: Json) -> Json {
    inputs["accountName"] = run.storage_account(on).into();
    inputs["resourceGroupName"] = run.resource_group(on).into();
    inputs
}

pub(crate) fn blobs(run: &Earlier<'_>, made: &mut Resources) {
    let (_, prefix) = run.destination();
    for on in on_azure(run).into_iter().filter(|on| on.has("storage")) {
        let parent = config_container(run, made);
        let namespaces: &[&str] = if on.dataset.setup_test { &["main", "test"] } else { &["main"] };
        for namespace in namespaces {
            let name = format!("storage-config-azure-{}-{namespace}", on.name);
            let key = ("gcp:storage/bucketObject:BucketObject".to_owned(), name.clone());
            let path = format!("{prefix}/storage/azure/{}-{namespace}.toml", on.name);
            let inputs = json!({ "parent": parent, "name": path, "content": made[&key]["content"] });
            add(made, BLOB, name, inputs);
        }
    }
}

pub(crate) fn prefixes(run: &Earlier<'_>, made: &mut Resources) {
    for on in on_azure(run) {
        let dropboxes = on.dataset.upload_config.dropboxes.iter();
        let dropboxes: Vec<String> = dropboxes.map(|dropbox| format!("main-upload-db-{}", dropbox.id)).collect();
        let policy = (POLICY.to_owned(), on.nm(&format!("{}-management-policy", run.storage_account(on))));
        let Some(inputs) = made.get_mut(&policy) else { continue };
        for rule in inputs["policy"]["rules"].as_array_mut().expect("rules") {
            let prefix = &mut rule["definition"]["filters"]["prefixMatch"][0];
            let container = prefix.as_str().expect("a container").to_owned();
            let within = if dropboxes.contains(&container) { "incomplete/" } else { "" };
            *prefix = format!("{container}/{within}").into();
        }
    }
}

pub(crate) fn conditions(_: &Earlier<'_>, made: &mut Resources) {
    let blob = |action: &str| format!("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{action}");
    let not = |action: &str| format!("(!(ActionMatches{{'{}'}}))", blob(action));
    let listing = format!("((!(ActionMatches{{'{}'}} AND NOT SubOperationMatches{{'Blob.List'}})))", blob("read"));
    let adding = format!("({} AND {} AND {})", not("write"), not("delete"), not("move/action"));
    for (name, inputs) in of(made, ASSIGNMENT) {
        if name.ends_with("-view-create") {
            inputs["condition"] = adding.as_str().into();
        } else if name.ends_with("-main-list-archive-bucket") {
            inputs["condition"] = listing.as_str().into();
        } else if name.ends_with("-project-buckets-lister") {
            inputs["roleDefinitionId"] = role(READER).into();
        }
    }
}

/// What stands for a name where only letters and digits may be.
fn letters_and_digits(text: &str) -> String {
    text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
}

pub(crate) fn digits(run: &Earlier<'_>, made: &mut Resources) {
    for on in on_azure(run) {
        let (old, new) = (run.storage_account(on), letters_and_digits(&run.resource_group(on)));
        let (old_name, new_name) = (on.nm(&old), on.nm(&new));
        let start = on.nm("");
        for ((ty, name), mut inputs) in std::mem::take(made) {
            let mut full = name.clone();
            if name.starts_with(&start) {
                let renamed = [POLICY, SERVICE, "azure-native:storage:StorageAccount"];
                if renamed.contains(&ty.as_str()) {
                    full = name.replacen(&old_name, &new_name, 1);
                }
                if inputs["accountName"] == old.as_str() {
                    inputs["accountName"] = new.as_str().into();
                }
                if ty == ASSIGNMENT && inputs["scope"] == format!("id:{old_name}") {
                    inputs["scope"] = format!("id:{new_name}").into();
                }
                if ty == REGISTRY {
                    let end = name.rsplit("-container-registry-").next().expect("an end");
                    inputs["registryName"] = letters_and_digits(&format!("{}{end}", run.resource_group(on))).into();
                }
            }
            if let Some(of) = name.strip_prefix("storage-config-azure-") {
                let own = [format!("{}-main", on.name), format!("{}-test", on.name)].contains(&of.to_owned());
                inputs["content"] =
                    addresses(inputs["content"].as_str().expect("a text"), on.name, own, &old, &new).into();
            }
            made.insert((ty, full), inputs);
        }
    }
}

/// An exported text with another address of a dataset's account, in its tables, and in those called default if they are
/// its own.
fn addresses(text: &str, dataset: &str, own: bool, old: &str, new: &str) -> String {
    let starts = |table: &str, name: &str| {
        table.starts_with(&format!("[storage.{name}]")) || table.starts_with(&format!("[storage.{name}.test]"))
    };
    let tables = text.split("\n\n").map(|table| {
        if starts(table, dataset) || (own && starts(table, "default")) {
            table.replace(&format!("https://{old}.blob."), &format!("https://{new}.blob."))
        } else {
            table.to_owned()
        }
    });
    tables.collect::<Vec<_>>().join("\n\n")
}

pub(crate) fn budgets(run: &Earlier<'_>, made: &mut Resources) {
    for on in on_azure(run) {
        let budget = &on.dataset.budgets[&on.cloud];
        let group = on.nm(&run.resource_group(on));
        add(
            made,
            BUDGET,
            on.nm("monthly-budget"),
            of_group(run, &group, "monthly-budget", "Monthly", budget.monthly_budget),
        );
        let total = budget.shared_total_budget.filter(|_| on.dataset.enable_shared_project);
        if let Some(total) = total {
            let group = on.nm("shared-project");
            add(made, BUDGET, on.nm("shared-budget"), of_group(run, &group, "shared-budget", "Annually", total));
        }
    }
}

fn of_group(run: &Earlier<'_>, group: &str, name: &str, grain: &str, amount: i64) -> Json {
    let azure = run.centre.azure();
    let told = |share: &f64| {
        let percent = format!("{:.0}", share * 100.0);
        let threshold: i64 = percent.parse().expect("a number");
        let told = json!({
            "enabled": true, "operator": "GreaterThanOrEqualTo", "threshold": threshold, "thresholdType": "Actual",
            "contactEmails": azure.budget_contacts,
        });
        (format!("actual-{percent}"), told)
    };
    let start = azure.budget_start.as_ref().expect("budgets begin");
    json!({
        "scope": format!("id:{group}"), "name": name, "category": "Cost", "amount": amount, "timeGrain": grain,
        "timePeriod": { "startDate": format!("{start}T00:00:00Z") },
        "notifications": Json::Object(run.centre.infrastructure.budget_notification_thresholds.iter().map(told).collect()),
    })
}

pub(crate) fn accounts(run: &Earlier<'_>, made: &mut Resources) {
    for on in on_azure(run) {
        let managers = oid(run, &format!("{}-data-manager", on.name));
        if on.has("storage") {
            let scope = format!("id:{}", on.nm("service-account-main-upload"));
            let inputs = assignment(&scope, &managers, "Group", IDENTITY_CONTRIBUTOR);
            add(made, ASSIGNMENT, on.nm("data-manager-credentials-generator"), inputs);
        }
        if !on.dataset.enable_shared_project {
            continue;
        }
        let region = &run.centre.azure().region;
        let group = format!("{}-shared", run.resource_group(on));
        let inputs = json!({ "resourceGroupName": group, "location": region });
        add(made, "azure-native:resources:ResourceGroup", on.nm("shared-project"), inputs);
        let account = on.nm("budget-shared-service-account");
        // What is in a resource group is told by the end of its logical name.
        let inputs = json!({ "resourceName": "shared", "location": region, "resourceGroupName": "shared-project" });
        add(made, "azure-native:managedidentity:UserAssignedIdentity", account.clone(), inputs);
        let inputs = assignment(&format!("id:{account}"), &managers, "Group", IDENTITY_CONTRIBUTOR);
        add(made, ASSIGNMENT, on.nm("shared-project-sa-data-manager-credentials-generator"), inputs);
        // It is there even without the component of storage, and what is deleted in it is kept for a while.
        let release = container(run, made, on, "release");
        let kept = json!({ "days": 30, "enabled": true });
        let inputs = in_account(run, on, json!({ "blobServicesName": "default", "deleteRetentionPolicy": kept }));
        let name = on.nm(&format!("{}-30day-undelete-rule", run.storage_account(on)));
        made.insert((SERVICE.to_owned(), name), inputs);
        let inputs = assignment(&release, &format!("principal:{account}"), "ServicePrincipal", BLOB_READER);
        add(made, ASSIGNMENT, on.nm("release-shared-membership"), inputs);
    }
}

pub(crate) fn no_user(_: &Earlier<'_>, made: &mut Resources) {
    for (_, inputs) in of(made, REGISTRY) {
        inputs["adminUserEnabled"] = false.into();
    }
}
