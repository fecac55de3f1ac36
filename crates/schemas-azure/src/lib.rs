//! Types of Azure, written by hand in the words of Azure Resource Manager, and an overlay for each.
//!
//! Layer: L1, model. What ARM keeps in the envelope `properties` stands beside `location` and `sku`, as in a template's
//! short form; `parent` is the id of what holds a resource, `scope` that of what a resource is about. Groups are those of
//! Microsoft Graph. **Invariant:** data only, no code that knows a type; each type has one version of its interface.

use schema::Source;

#[cfg(test)]
mod tests;

macro_rules! types {
    ($($name:literal @ $version:literal = $file:literal),* $(,)?) => {
        &[$((
            Source {
                name: $name,
                schema: include_str!(concat!("../schemas/", $file, ".json")),
                overlay: include_str!(concat!("../overlays/", $file, ".toml")),
            },
            $version,
        )),*]
    };
}

const TYPES: &[(Source, &str)] = types![
    "Microsoft.Authorization/roleAssignments" @ "2022-04-01" = "authorization-roleassignments",
    "Microsoft.Consumption/budgets" @ "2024-08-01" = "consumption-budgets",
    "Microsoft.ContainerRegistry/registries" @ "2022-12-01" = "containerregistry-registries",
    "Microsoft.Graph/groups" @ "v1.0" = "graph-groups",
    "Microsoft.Graph/groups/members" @ "v1.0" = "graph-groups-members",
    "Microsoft.KeyVault/vaults" @ "2023-02-01" = "keyvault-vaults",
    "Microsoft.KeyVault/vaults/secrets" @ "2023-02-01" = "keyvault-vaults-secrets",
    "Microsoft.ManagedIdentity/userAssignedIdentities" @ "2023-01-31" = "managedidentity-userassignedidentities",
    "Microsoft.Resources/resourceGroups" @ "2022-09-01" = "resources-resourcegroups",
    "Microsoft.Storage/storageAccounts" @ "2022-09-01" = "storage-storageaccounts",
    "Microsoft.Storage/storageAccounts/blobServices" @ "2022-09-01" = "storage-blobservices",
    "Microsoft.Storage/storageAccounts/blobServices/containers" @ "2022-09-01" = "storage-containers",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs" @ "2023-11-03" = "storage-blobs",
    "Microsoft.Storage/storageAccounts/managementPolicies" @ "2022-09-01" = "storage-managementpolicies",
];

/// The schemas and overlays, sorted by type.
pub fn sources() -> Vec<Source> {
    TYPES.iter().map(|(source, _)| *source).collect()
}

/// The version of the interface that a type's words are those of: ARM's `api-version`, or what stands for it elsewhere.
pub fn api_version(ty: &str) -> Option<&'static str> {
    TYPES.iter().find(|(source, _)| source.name == ty).map(|(_, version)| *version)
}
