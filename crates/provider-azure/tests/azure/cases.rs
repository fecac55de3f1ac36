//! Every type that is served, with what it is made with and what it is changed to.

use serde_json::{Value as Json, json};

pub(crate) struct Case {
    pub(crate) ty: &'static str,
    pub(crate) inputs: Json,
    pub(crate) changed: Option<Json>,
    /// What must be there before it.
    before: &'static [&'static str],
}

pub(crate) const GROUP: &str = "Microsoft.Resources/resourceGroups";
pub(crate) const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";
pub(crate) const SERVICE: &str = "Microsoft.Storage/storageAccounts/blobServices";
pub(crate) const CONTAINER: &str = "Microsoft.Storage/storageAccounts/blobServices/containers";
pub(crate) const BLOB: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
pub(crate) const POLICY: &str = "Microsoft.Storage/storageAccounts/managementPolicies";
pub(crate) const VAULT: &str = "Microsoft.KeyVault/vaults";
pub(crate) const SECRET: &str = "Microsoft.KeyVault/vaults/secrets";
pub(crate) const REGISTRY: &str = "Microsoft.ContainerRegistry/registries";
pub(crate) const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";
pub(crate) const ROLE: &str = "Microsoft.Authorization/roleAssignments";
pub(crate) const BUDGET: &str = "Microsoft.Consumption/budgets";
pub(crate) const PEOPLE: &str = "Microsoft.Graph/groups";
pub(crate) const MEMBER: &str = "Microsoft.Graph/groups/members";

pub(crate) const SUBSCRIPTION: &str = "/subscriptions/11111111-2222-3333-4444-555555555555";
/// What the first group of people that is made is called by the vendor.
pub(crate) const FIRST: &str = "00000000-0000-4000-8000-000000000001";

pub(crate) fn group_id() -> String {
    format!("{SUBSCRIPTION}/resourceGroups/ex-alpha")
}

pub(crate) fn account_id() -> String {
    format!("{}/providers/Microsoft.Storage/storageAccounts/exalpha", group_id())
}

pub(crate) fn container_id() -> String {
    format!("{}/blobServices/default/containers/main", account_id())
}

pub(crate) fn vault_id() -> String {
    format!("{}/providers/Microsoft.KeyVault/vaults/exalpha", group_id())
}

impl Case {
    /// What must be there before it, in order.
    pub(crate) fn prerequisites(&self) -> Vec<Case> {
        let mut all = Vec::new();
        for before in self.before {
            let before = of(before);
            all.extend(before.prerequisites());
            all.push(before);
        }
        all
    }
}

/// The case of a type.
pub(crate) fn of(ty: &str) -> Case {
    all().into_iter().find(|case| case.ty == ty).expect("there is a case for it")
}

fn case(ty: &'static str, before: &'static [&'static str], inputs: Json, changed: Option<Json>) -> Case {
    Case { ty, inputs, changed, before }
}

/// What is wanted, with some of it otherwise; null = it is no longer said.
fn with(inputs: &Json, changes: &Json) -> Json {
    let mut out = inputs.clone();
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            out.as_object_mut().expect("an object").remove(name);
        } else {
            out[name] = value.clone();
        }
    }
    out
}

pub(crate) fn all() -> Vec<Case> {
    let mut all = storage();
    all.extend(vaults());
    all.extend(access());
    let group =
        json!({ "parent": SUBSCRIPTION, "name": "ex-alpha", "location": "australiaeast", "tags": { "a": "b" } });
    all.push(case(GROUP, &[], group.clone(), Some(with(&group, &json!({ "tags": { "c": "d" } })))));
    let registry = json!({
        "parent": group_id(), "name": "exalphaimages", "location": "australiaeast",
        "sku": { "name": "Basic" }, "adminUserEnabled": false,
    });
    let changed = with(
        &registry,
        &json!({ "sku": { "name": "Premium" }, "publicNetworkAccess": "Disabled", "tags": { "a": "b" } }),
    );
    all.push(case(REGISTRY, &[GROUP], registry, Some(changed)));
    all
}

fn storage() -> Vec<Case> {
    let account = json!({
        "parent": group_id(), "name": "exalpha", "location": "australiaeast", "kind": "StorageV2",
        "sku": { "name": "Standard_LRS" }, "allowBlobPublicAccess": true, "minimumTlsVersion": "TLS1_2",
        "tags": { "team": "a", "old": "1" },
    });
    let changed = with(
        &account,
        &json!({
            "sku": { "name": "Standard_GRS" }, "allowBlobPublicAccess": null, "accessTier": "Cool", "tags": { "team": "b" },
        }),
    );
    let service = json!({
        "parent": account_id(), "name": "default", "deleteRetentionPolicy": { "enabled": true, "days": 7 },
        "isVersioningEnabled": true,
    });
    let off = with(&service, &json!({ "deleteRetentionPolicy": { "enabled": false }, "isVersioningEnabled": null }));
    let container = json!({ "parent": account_id(), "name": "main", "metadata": { "bucket": "main", "old": "1" } });
    let rule = |days: i64| {
        json!({ "rules": [{
            "name": "main-tmp", "type": "Lifecycle",
            "definition": {
                "actions": { "baseBlob": { "delete": { "daysAfterModificationGreaterThan": days } } },
                "filters": { "prefixMatch": ["main/"], "blobTypes": ["blockBlob"] },
            },
        }] })
    };
    let policy = json!({ "parent": account_id(), "name": "default", "policy": rule(30) });
    let blob = json!({ "parent": container_id(), "name": "config/a b.toml", "content": "a = 1\n", "contentType": "text/plain" });
    vec![
        case(ACCOUNT, &[GROUP], account, Some(changed)),
        case(SERVICE, &[ACCOUNT], service, Some(off)),
        case(
            CONTAINER,
            &[ACCOUNT],
            container.clone(),
            Some(with(&container, &json!({ "metadata": { "bucket": "main" } }))),
        ),
        case(POLICY, &[ACCOUNT], policy.clone(), Some(with(&policy, &json!({ "policy": rule(7) })))),
        case(BLOB, &[CONTAINER], blob.clone(), Some(with(&blob, &json!({ "content": "a = 2\n" })))),
    ]
}

fn vaults() -> Vec<Case> {
    let vault = json!({
        "parent": group_id(), "name": "exalpha", "location": "australiaeast",
        "tenantId": "99999999-2222-3333-4444-555555555555", "sku": { "family": "A", "name": "standard" },
        "enabledForDeployment": true, "enableRbacAuthorization": true,
    });
    let changed = with(&vault, &json!({ "enabledForDeployment": false, "tags": { "a": "b" } }));
    let secret = json!({ "parent": vault_id(), "name": "token", "value": "hunter2", "contentType": "text/plain" });
    vec![
        case(VAULT, &[GROUP], vault, Some(changed)),
        case(SECRET, &[VAULT], secret.clone(), Some(with(&secret, &json!({ "contentType": "text/csv" })))),
    ]
}

fn access() -> Vec<Case> {
    let identity = json!({ "parent": group_id(), "name": "loader", "location": "australiaeast" });
    let role = json!({
        "scope": container_id(), "principalId": "aaaaaaaa-2222-3333-4444-555555555555", "principalType": "Group",
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    });
    let conditional = with(&role, &json!({ "condition": "(true)", "conditionVersion": "2.0", "description": "reads" }));
    let budget = json!({
        "scope": group_id(), "name": "alpha", "category": "Cost", "amount": 100, "timeGrain": "Monthly",
        "timePeriod": { "startDate": "2026-01-01T00:00:00Z" },
        "notifications": {
            "actual-50": { "enabled": true, "operator": "GreaterThanOrEqualTo", "threshold": 50, "contactEmails": ["a@ex.org"] },
            "actual-90": { "enabled": true, "operator": "GreaterThanOrEqualTo", "threshold": 90, "contactEmails": ["a@ex.org"] },
        },
    });
    let mut more = with(&budget, &json!({ "amount": 200 }));
    more["notifications"].as_object_mut().expect("an object").remove("actual-90");
    let people = json!({
        "displayName": "all", "uniqueName": "ex-all", "mailNickname": "ex-all", "mailEnabled": false,
        "securityEnabled": true, "description": "everybody",
    });
    let renamed = with(&people, &json!({ "displayName": "everybody", "description": null }));
    vec![
        case(IDENTITY, &[GROUP], identity.clone(), Some(with(&identity, &json!({ "tags": { "a": "b" } })))),
        case(ROLE, &[CONTAINER], role, Some(conditional)),
        case(BUDGET, &[GROUP], budget, Some(more)),
        case(PEOPLE, &[], people, Some(renamed)),
        case(MEMBER, &[PEOPLE], json!({ "group": FIRST, "member": "bbbbbbbb-2222-3333-4444-555555555555" }), None),
    ]
}
