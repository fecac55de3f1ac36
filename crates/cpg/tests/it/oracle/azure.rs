//! What there is on Azure: types, logical names and inputs.
//!
//! The earlier program did not get to the end of it. Here three of its defects are mended, as they were for a recorded run
//! on both clouds: what a principal is does not go round for ever (B1), groups of Azure are in none of Google Cloud (B2),
//! and a group of the common dataset is made when another dataset's is put into it (B3).

use serde_json::{Value as Json, json};

use super::groups::Member;
use super::made::{Earlier, On};

pub(crate) const ASSIGNMENT: &str = "azure-native:authorization:RoleAssignment";
pub(crate) const BLOB_READER: &str = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
pub(crate) const BLOB_CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const PULL: (&str, &str) = ("pull", "7f951dda-4ed3-4680-a7ca-43fe172d538d");
const PUSH: (&str, &str) = ("push", "8311e382-0749-4cb8-b61a-304f252e45ec");
const DELETE: (&str, &str) = ("delete", "c2f4ef07-c644-48eb-af81-4b1b4947fb11");

pub(crate) fn role(id: &str) -> String {
    format!("/providers/Microsoft.Authorization/roleDefinitions/{id}")
}

/// A name with nothing in it but letters.
fn letters(text: &str) -> String {
    text.to_lowercase().chars().filter(char::is_ascii_lowercase).collect()
}

impl Earlier<'_> {
    /// The name of the resource group.
    pub(crate) fn resource_group(&self, on: On<'_>) -> String {
        format!("{}{}", self.centre.azure().dataset_storage_prefix, on.name)
    }

    /// The name of the storage account.
    pub(crate) fn storage_account(&self, on: On<'_>) -> String {
        letters(&self.resource_group(on))
    }

    /// The resource group and the storage account, and what is in both.
    pub(crate) fn in_account(&mut self, on: On<'_>, more: Json) -> Json {
        let region = &self.centre.azure().region;
        let (group, account) = (self.resource_group(on), self.storage_account(on));
        let inputs = json!({ "resourceGroupName": group, "location": region });
        self.make("azure-native:resources:ResourceGroup", on.nm(&group), inputs);
        let inputs = json!({
            "accountName": account, "resourceGroupName": group, "location": region, "kind": "StorageV2",
            "sku": { "name": "Standard_LRS" },
        });
        self.make("azure-native:storage:StorageAccount", on.nm(&account), inputs);
        let mut inputs = json!({ "accountName": account, "resourceGroupName": group });
        if let (Json::Object(inputs), Json::Object(more)) = (&mut inputs, more) {
            inputs.extend(more);
        }
        inputs
    }

    /// A container, and the rules of the account that are for it; its id.
    pub(crate) fn container(&mut self, on: On<'_>, name: &str) -> String {
        let inputs = self.in_account(on, json!({ "containerName": name, "metadata": { "bucket": name } }));
        let full = on.nm(&format!("{name}-blob-container"));
        self.make("azure-native:storage:BlobContainer", full.clone(), inputs);
        format!("id:{full}")
    }

    pub(crate) fn assignment(&mut self, name: String, scope: &str, id: &str, member: &Member) {
        let inputs = json!({
            "scope": scope, "principalId": self.object_id(member), "roleDefinitionId": role(id),
            "principalType": if matches!(member, Member::Group(_)) { "Group" } else { "ServicePrincipal" },
        });
        self.make(ASSIGNMENT, name, inputs);
    }

    fn object_id(&self, member: &Member) -> String {
        match member {
            Member::Group(name) => format!("oid:{}{name}", self.centre.infrastructure.group_prefix),
            Member::Account(id) | Member::Text(id) | Member::Person(id, _) => id.clone(),
        }
    }

    pub(crate) fn identity(&mut self, on: On<'_>, name: &str) -> Member {
        let full = on.nm(&format!("service-account-{name}"));
        let inputs = json!({
            "resourceName": name, "location": self.centre.azure().region, "resourceGroupName": self.resource_group(on),
        });
        self.make("azure-native:managedidentity:UserAssignedIdentity", full.clone(), inputs);
        Member::Account(format!("principal:{full}"))
    }

    pub(crate) fn azure_group(&mut self, on: On<'_>, name: &str, description: Option<&str>) {
        let full = format!("{}{name}", self.centre.infrastructure.group_prefix);
        let inputs = json!({ "displayName": full, "description": description, "securityEnabled": true });
        self.make("azuread:index/group:Group", on.nm(&format!("{full}-group")), inputs);
    }

    pub(crate) fn azure_membership(&mut self, name: String, group: &str, member: &Member) {
        let group = self.object_id(&Member::Group(group.to_owned()));
        let inputs = json!({ "groupObjectId": group, "memberObjectId": self.object_id(member) });
        self.make("azuread:index/groupMember:GroupMember", name, inputs);
    }

    pub(crate) fn azure_registry(&mut self, on: On<'_>, name: &str) {
        let inputs = json!({
            "adminUserEnabled": true, "location": self.centre.azure().region, "sku": { "name": "Basic" },
            "registryName": letters(&format!("{}{name}", self.resource_group(on))),
            "resourceGroupName": self.resource_group(on),
        });
        self.make("azure-native:containerregistry:Registry", on.nm(&format!("container-registry-{name}")), inputs);
    }

    pub(crate) fn azure_registry_role(&mut self, on: On<'_>, key: &str, registry: &str, writes: bool, who: &Member) {
        let scope = format!("id:{}", on.nm(&format!("container-registry-{registry}")));
        for (end, id) in if writes { &[PULL, PUSH, DELETE][..] } else { &[PULL] } {
            self.assignment(on.nm(&format!("{key}-{end}")), &scope, id, who);
        }
    }

    /// What an account has once all of its containers are known.
    pub(crate) fn finish_account(&mut self, on: On<'_>) {
        let account = self.storage_account(on);
        let rules = self.rules.get(on.name).cloned().unwrap_or_default();
        let inputs = self.in_account(on, json!({ "managementPolicyName": "default", "policy": { "rules": rules } }));
        if !rules.is_empty() {
            let name = on.nm(&format!("{account}-management-policy"));
            self.make("azure-native:storage:ManagementPolicy", name, inputs);
        }
        if self.keeps_deleted.contains(on.name) {
            let kept = json!({ "days": 30, "enabled": true });
            let inputs = self.in_account(on, json!({ "blobServicesName": "default", "deleteRetentionPolicy": kept }));
            let name = on.nm(&format!("{account}-30day-undelete-rule"));
            self.make("azure-native:storage:BlobServiceProperties", name, inputs);
        }
    }
}
