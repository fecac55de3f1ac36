//! From ARM's words to those of the Pulumi providers: reviewed type by type.
//!
//! An id is `id:` and a logical name here; a resource group and a storage account are called by the end of theirs.

use serde_json::{Map, Value as Json, json};
use testkit::Resource;

use crate::mapping::{self, json_of};

/// The type and the inputs that a resource had.
pub(crate) fn inputs(resource: &Resource) -> (&'static str, Json) {
    let json = json_of(resource.properties());
    let from = From(json.as_object().cloned().unwrap_or_default());
    // What is in a storage account is in the resource group of the same name.
    let within = |more: Json| merged(json!({ "resourceGroupName": from.parent(), "accountName": from.parent() }), more);
    match resource.ty() {
        "Microsoft.Resources/resourceGroups" => (
            "azure-native:resources:ResourceGroup",
            json!({ "resourceGroupName": from.get("name"), "location": from.get("location") }),
        ),
        "Microsoft.Storage/storageAccounts" => (
            "azure-native:storage:StorageAccount",
            merged(
                json!({ "accountName": from.get("name"), "resourceGroupName": from.parent() }),
                from.with(&["location", "kind", "sku"]),
            ),
        ),
        "Microsoft.Storage/storageAccounts/blobServices/containers" => (
            "azure-native:storage:BlobContainer",
            within(json!({ "containerName": from.get("name"), "metadata": from.get("metadata") })),
        ),
        "Microsoft.Storage/storageAccounts/managementPolicies" => (
            "azure-native:storage:ManagementPolicy",
            within(json!({ "managementPolicyName": from.get("name"), "policy": from.get("policy") })),
        ),
        "Microsoft.Storage/storageAccounts/blobServices" => (
            "azure-native:storage:BlobServiceProperties",
            within(json!({
                "blobServicesName": from.get("name"), "deleteRetentionPolicy": from.get("deleteRetentionPolicy"),
            })),
        ),
        "Microsoft.Authorization/roleAssignments" => (
            "azure-native:authorization:RoleAssignment",
            from.with(&["scope", "principalId", "principalType", "roleDefinitionId", "condition"]),
        ),
        "Microsoft.ManagedIdentity/userAssignedIdentities" => (
            "azure-native:managedidentity:UserAssignedIdentity",
            json!({
                "resourceName": from.get("name"), "location": from.get("location"), "resourceGroupName": from.parent(),
            }),
        ),
        "Microsoft.Graph/groups" => {
            assert_eq!((from.get("uniqueName"), from.get("mailEnabled")), (from.get("displayName"), false.into()));
            ("azuread:index/group:Group", from.with(&["displayName", "description", "securityEnabled"]))
        }
        "Microsoft.Graph/groups/members" => (
            "azuread:index/groupMember:GroupMember",
            json!({ "groupObjectId": from.get("group"), "memberObjectId": from.get("member") }),
        ),
        "Microsoft.ContainerRegistry/registries" => (
            "azure-native:containerregistry:Registry",
            merged(
                json!({ "registryName": from.get("name"), "resourceGroupName": from.parent() }),
                from.with(&["adminUserEnabled", "location", "sku"]),
            ),
        ),
        "Microsoft.Consumption/budgets" => ("new: budget", json),
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs" => ("new: blob", json),
        _ => mapping::inputs(resource),
    }
}

fn merged(mut one: Json, other: Json) -> Json {
    if let (Json::Object(one), Json::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

/// The properties of a resource.
struct From(Map<String, Json>);

impl From {
    fn get(&self, name: &str) -> Json {
        self.0.get(name).cloned().unwrap_or(Json::Null)
    }

    fn with(&self, names: &[&str]) -> Json {
        let given = names.iter().filter_map(|name| Some(((*name).to_owned(), self.0.get(*name)?.clone())));
        Json::Object(given.collect())
    }

    /// What holds it, by the end of its logical name.
    fn parent(&self) -> Json {
        let parent = self.get("parent");
        parent.as_str().and_then(|id| id.rsplit("-azure-").next()).map_or(Json::Null, Json::from)
    }
}
