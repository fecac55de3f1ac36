//! What a dataset needs of a cloud, on Azure.

use cpg_config::{Budget, Cloud};
use plan::expr::Expr;
use plan::resource::Urn;
use plan::{IntoExpr, Output, ResourceRef};

use super::{Azure, access, table};
use crate::groups::Member;
use crate::infra::{
    Account, AccountAccess, Bucket, BucketAccess, BucketOptions, Credentials, Infra, Project, Registry, RegistryAccess,
    Secret, SecretAccess, SecretName, TemporaryBucketAccess,
};
use crate::site::Handle;

impl Infra for Azure<'_> {
    fn cloud(&self) -> Cloud {
        Cloud::Azure
    }

    fn logical_name(&self, key: &str) -> String {
        self.named(key)
    }

    fn project(&self) -> Project {
        project(&self.resource_group())
    }

    fn create_project(&self, key: &str, end: &str) -> Project {
        let name = format!("{}-{end}", self.resource_group_name());
        project(&self.group_of_resources(&self.named(key), &name))
    }

    fn create_monthly_budget(&self, key: &str, budget: &Budget, project: &Project) {
        self.budget(key, budget.monthly_budget, project, "Monthly");
    }

    fn create_fixed_budget(&self, key: &str, project: &Project, amount: i64) {
        // There is no budget over all time; a year is the longest that there is.
        self.budget(key, amount, project, "Annually");
    }

    fn create_bucket(&self, name: &str, options: &BucketOptions) -> Bucket {
        self.container(name, options)
    }

    fn bucket_output_path(&self, name: &str) -> String {
        format!("https://{}.blob.core.windows.net/{name}/", self.account_name())
    }

    fn add_member_to_bucket(&self, key: &str, bucket: &Output<String>, member: &Member, access: BucketAccess) {
        self.assign(key, bucket, member, &access::of_bucket(access));
    }

    fn add_blob_to_bucket(&self, name: &str, bucket: &Output<String>, path: &str, content: &Output<String>) {
        self.blob(name, bucket, path, content);
    }

    fn give_member_ability_to_list_buckets(&self, key: &str, member: &Member) {
        let account = self.storage_account().attribute("id");
        self.assign(key, &account, member, &access::LIST_CONTAINERS);
    }

    fn create_machine_account(&self, name: &str, project: Option<&Output<String>>, key: Option<&str>) -> Account {
        let default = format!("service-account-{name}");
        let logical = self.named(key.unwrap_or(&default));
        let path = ["accounts", name];
        let handle = self.site.once(&format!("account {logical}"), || {
            self.declare("Microsoft.ManagedIdentity/userAssignedIdentities", &logical, path, |identity| {
                self.place(identity, name, project);
            })
        });
        Account { name: handle.attribute("id"), email: handle.attribute("principalId") }
    }

    fn add_member_to_machine_account_role(&self, key: &str, account: &Account, member: &Member, access: AccountAccess) {
        self.assign(key, &account.name, member, &access::of_account(access));
    }

    fn create_group(&self, name: &str, description: Option<&str>) -> Handle {
        self.group(name, description)
    }

    fn group_key(&self, group: &Handle) -> Output<String> {
        group.attribute("id")
    }

    fn add_group_member(&self, name: &str, group: &Output<String>, member: &Member) {
        if !self.site.is_here(&self.dataset.name) {
            return;
        }
        self.declare("Microsoft.Graph/groups/members", name, ["members", name], |membership| {
            membership.set("group", group.into_expr());
            membership.set("member", self.principal(member).0.into_expr());
        });
    }

    /// A secret is nothing without a content, so what is declared is its version.
    fn create_secret(&self, name: &str, _: &Output<String>, logical_name: Option<&str>) -> Secret {
        let logical = logical_name.map_or_else(|| self.named(&format!("secret-{name}")), str::to_owned);
        let urn = Urn::new(self.site.project(), SECRET, &logical);
        Secret { name: ResourceRef::new(urn).attribute("id"), short: name.to_owned(), logical }
    }

    fn add_secret_version(&self, key: &str, secret: &Secret, data: &Output<String>) {
        self.declare(SECRET, &secret.logical, ["secrets", &secret.logical], |version| {
            version.set("parent", self.vault().attribute::<String>("id").into_expr());
            version.set("name", secret.short.as_str().into());
            version.set("value", data.secret().into_expr());
            version.set("contentType", "application/octet-stream;base64".into());
            // There were two resources of one secret.
            version.aliases.push((None, self.named(key)));
        });
    }

    fn add_secret_member(&self, key: &str, secret: &SecretName<'_>, member: &Member, access: SecretAccess) {
        let id = match secret {
            SecretName::Made(secret) => secret.name.clone(),
            // The full id of one that exists says where it is.
            SecretName::Existing { name, .. } if name.starts_with('/') => Output::known(*name),
            SecretName::Existing { name, .. } => {
                plan::text("{}/secrets/{}", [self.vault().attribute::<String>("id"), Output::known(*name)])
            }
        };
        self.assign(key, &id, member, &access::of_secret(access));
    }

    fn create_container_registry(&self, name: &str) -> Registry {
        let logical = self.named(&format!("container-registry-{name}"));
        let full = self.registry_name(name);
        let handle =
            self.declare("Microsoft.ContainerRegistry/registries", &logical, ["registries", name], |registry| {
                self.place(registry, &full, None);
                registry.set("sku", table([("name", "Basic".into())]));
                // Its one user would have a password that goes round all groups.
                registry.set("adminUserEnabled", false.into());
            });
        Registry { name: handle.attribute("id") }
    }

    fn add_member_to_container_registry(
        &self,
        key: &str,
        registry: &Output<String>,
        member: &Member,
        access: RegistryAccess,
    ) {
        for grant in access::of_registry(access) {
            self.assign(key, registry, member, grant);
        }
    }

    fn member_id(&self, member: &Member) -> Output<String> {
        self.principal(member).0
    }

    fn finalise(&self) {
        self.finish_account();
    }

    fn temporary(&self) -> Option<&dyn TemporaryBucketAccess> {
        None
    }

    fn credentials(&self) -> Option<&dyn Credentials> {
        None
    }
}

const SECRET: &str = "Microsoft.KeyVault/vaults/secrets";

impl Azure<'_> {
    /// What something may cost in a time before somebody is told.
    fn budget(&self, key: &str, amount: i64, project: &Project, grain: &str) {
        let infrastructure = &self.site.configuration.infrastructure;
        let start = self.section.budget_start.as_ref().map_or("", |start| &start.value);
        self.declare("Microsoft.Consumption/budgets", &self.named(key), ["budgets", key], |budget| {
            budget.set("scope", project.id.clone().into_expr());
            budget.set("name", key.into());
            budget.set("category", "Cost".into());
            budget.set("amount", amount.into());
            budget.set("timeGrain", grain.into());
            budget.set("timePeriod", table([("startDate", format!("{start}T00:00:00Z").as_str().into())]));
            let contacts: Vec<Expr> =
                self.section.budget_contacts.iter().map(|address| address.as_str().into()).collect();
            if !contacts.is_empty() {
                let told = infrastructure.budget_notification_thresholds.iter().map(|share| {
                    let percent = (share * 1000.0).round() / 10.0;
                    let notification = table([
                        ("enabled", true.into()),
                        ("operator", "GreaterThanOrEqualTo".into()),
                        ("threshold", Expr::Value(percent.into())),
                        ("thresholdType", "Actual".into()),
                        ("contactEmails", Expr::List(contacts.clone())),
                    ]);
                    (format!("actual-{percent}"), notification)
                });
                budget.set("notifications", Expr::Map(told.collect()));
            }
        });
    }
}

fn project(handle: &Handle) -> Project {
    Project { id: handle.attribute("id"), number: handle.attribute("id") }
}
