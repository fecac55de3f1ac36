//! Azure.

mod access;
mod infra;
mod names;
mod storage;

use cpg_config::{Cloud, Dataset};
use plan::expr::Expr;
use plan::{Declaration, IntoExpr, Output, text};

use crate::groups::Member;
use crate::infra::logical_name;
use crate::site::{Handle, Site};

pub(crate) use names::check;
pub(crate) use storage::Lifecycle;

/// A dataset on Azure.
#[derive(Clone, Copy)]
pub struct Azure<'a> {
    pub(crate) site: &'a Site<'a>,
    pub(crate) dataset: &'a Dataset,
    section: &'a cpg_config::Azure,
}

impl<'a> Azure<'a> {
    /// A dataset of a site; `None` if nothing is said of Azure, which is reported elsewhere.
    pub(crate) fn of(site: &'a Site<'a>, dataset: &'a Dataset) -> Option<Self> {
        let section = site.configuration.infrastructure.azure.as_ref()?;
        Some(Self { site, dataset, section })
    }

    /// Another dataset of the same site.
    pub(crate) fn of_dataset(&self, dataset: &'a Dataset) -> Self {
        Self { dataset, ..*self }
    }

    /// The logical name that a key gives: dataset, cloud, and the key without the dataset.
    fn named(&self, key: &str) -> String {
        logical_name(&self.dataset.name, Cloud::Azure, key)
    }

    /// Declares something of this dataset; other stacks find it below `azure` in what this one exports.
    #[track_caller]
    fn declare(
        &self,
        ty: &'static str,
        name: &str,
        path: [&str; 2],
        properties: impl FnOnce(&mut Declaration),
    ) -> Handle {
        self.site.declare(&self.dataset.name, &["azure", path[0], path[1]], || {
            let mut declaration = Declaration::new(ty, name);
            properties(&mut declaration);
            declaration
        })
    }

    /// Lets other stacks read something that [`Self::declare`] declared.
    fn export(&self, path: [&str; 2], attribute: &str, value: &Output<String>) {
        self.site.export(&self.dataset.name, &["azure", path[0], path[1], attribute], value);
    }

    /// The resource group that all of the dataset is in.
    fn resource_group(&self) -> Handle {
        let name = self.resource_group_name();
        self.group_of_resources(&self.named(&name), &name)
    }

    fn group_of_resources(&self, logical: &str, name: &str) -> Handle {
        self.site.once(&format!("resource group {logical}"), || {
            self.declare("Microsoft.Resources/resourceGroups", logical, ["resource_groups", name], |group| {
                group.set("parent", format!("/subscriptions/{}", self.section.subscription).as_str().into());
                group.set("name", name.into());
                group.set("location", self.section.region.as_str().into());
                // All that is in a group would go with it, whoever put it there.
                group.options.retain_on_delete = true;
            })
        })
    }

    /// Sets what every resource within a resource group has.
    fn place(&self, declaration: &mut Declaration, name: &str, parent: Option<&Output<String>>) {
        let parent = parent.cloned().unwrap_or_else(|| self.resource_group().attribute("id"));
        declaration.set("parent", parent.into_expr());
        declaration.set("name", name.into());
        declaration.set("location", self.section.region.as_str().into());
    }

    /// The vault of the dataset's secrets.
    fn vault(&self) -> Handle {
        let (logical, name) = (self.named("vault"), self.account_name());
        self.site.once(&format!("vault {logical}"), || {
            self.declare("Microsoft.KeyVault/vaults", &logical, ["vaults", "vault"], |vault| {
                self.place(vault, &name, None);
                vault.set("tenantId", self.section.tenant.as_str().into());
                vault.set("sku", table([("family", "A".into()), ("name", "standard".into())]));
                for whom in ["Deployment", "DiskEncryption", "TemplateDeployment"] {
                    vault.set(&format!("enabledFor{whom}"), true.into());
                }
                // Who may read a secret is said by role assignments, as with everything else.
                vault.set("enableRbacAuthorization", true.into());
            })
        })
    }

    /// The object id of a group, by its name in the configuration.
    fn group_id(&self, name: &str) -> Output<String> {
        let owner = self.site.groups.borrow().get(Cloud::Azure, name).map(|group| group.owner.clone());
        let dataset = owner.and_then(|owner| self.site.configuration.datasets.get(&owner)).unwrap_or(self.dataset);
        self.of_dataset(dataset).group(name, None).attribute("id")
    }

    /// The resource of a group, made at its first mention.
    fn group(&self, name: &str, description: Option<&str>) -> Handle {
        let prefix = self.site.configuration.infrastructure.group_prefix.as_deref().unwrap_or_default();
        let cloud_name = format!("{prefix}{name}");
        let logical = self.named(&format!("{cloud_name}-group"));
        self.site.once(&format!("azure group {logical}"), || {
            let handle = self.declare("Microsoft.Graph/groups", &logical, ["groups", name], |group| {
                group.set("displayName", cloud_name.as_str().into());
                group.set("uniqueName", cloud_name.as_str().into());
                if let Some(description) = description {
                    group.set("description", description.into());
                }
                group.set("securityEnabled", true.into());
                group.set("mailEnabled", false.into());
                group.set("mailNickname", cloud_name.as_str().into());
            });
            self.export(["groups", name], "id", &handle.attribute("id"));
            handle
        })
    }

    /// A member as groups and role assignments name it: its object id, and what kind of object that is.
    fn principal(&self, member: &Member) -> (Output<String>, &'static str) {
        match member {
            Member::Group(name) => (self.group_id(name), "Group"),
            Member::Account(id) => (id.clone(), "ServicePrincipal"),
            Member::Person { id, .. } => (Output::known(id), "User"),
            Member::Literal(id) => (Output::known(id), "ServicePrincipal"),
        }
    }
}

/// A table of properties.
fn table<const N: usize>(entries: [(&str, Expr); N]) -> Expr {
    Expr::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A role that Azure brings along.
fn role(id: &str) -> Output<String> {
    text("/providers/Microsoft.Authorization/roleDefinitions/{}", [id])
}
