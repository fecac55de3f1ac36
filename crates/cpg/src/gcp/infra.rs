//! What a dataset needs of a cloud, on Google Cloud.

use cpg_config::{Budget, Cloud};
use plan::expr::Expr;
use plan::{IntoExpr, Output, text};

use super::access::known;
use super::{Gcp, table};
use crate::groups::Member;
use crate::infra::{
    Account, AccountAccess, Bucket, BucketAccess, BucketOptions, Credentials, Infra, Project, Registry, RegistryAccess,
    Secret, SecretAccess, SecretName, TemporaryAccess, TemporaryBucketAccess,
};
use crate::site::Handle;

impl Infra for Gcp<'_> {
    fn cloud(&self) -> Cloud {
        Cloud::Gcp
    }

    fn logical_name(&self, key: &str) -> String {
        self.named(key)
    }

    fn project(&self) -> Project {
        project(&self.project_handle())
    }

    fn create_project(&self, key: &str, end: &str) -> Project {
        let own = &self.dataset.options.gcp.project;
        // What exists was once called by the project's id.
        let earlier = format!("gcp-{own}-{key}");
        project(&self.declare_project(&self.named(key), &format!("{own}-{end}"), Some(&earlier)))
    }

    fn create_monthly_budget(&self, key: &str, budget: &Budget, project: &Project) {
        let filter = table([
            ("projects", Expr::List(vec![text("projects/{}", [&project.number]).into_expr()])),
            ("calendarPeriod", "MONTH".into()),
            ("creditTypesTreatment", "INCLUDE_ALL_CREDITS".into()),
        ]);
        self.budget(key, budget.monthly_budget, project, filter);
    }

    fn create_fixed_budget(&self, key: &str, project: &Project, amount: i64) {
        let start = table([("year", 2022.into()), ("month", 1.into()), ("day", 1.into())]);
        let filter = table([
            ("projects", Expr::List(vec![text("projects/{}", [&project.number]).into_expr()])),
            ("customPeriod", table([("startDate", start)])),
        ]);
        self.budget(key, amount, project, filter);
    }

    fn create_bucket(&self, name: &str, options: &BucketOptions) -> Bucket {
        self.bucket(name, options)
    }

    fn bucket_output_path(&self, name: &str) -> String {
        format!("gs://{}", self.bucket_name(name))
    }

    fn add_member_to_bucket(&self, key: &str, bucket: &Output<String>, member: &Member, access: BucketAccess) {
        let key = match access {
            BucketAccess::Mutate => format!("{key}-no-bucket-deletion"),
            _ => key.to_owned(),
        };
        let before = self.services(["cloudidentity"]);
        let target = ("bucket", bucket.into_expr());
        self.binding(
            "storage.googleapis.com/BucketIamMember",
            &key,
            target,
            member,
            &self.bucket_role(access),
            &before,
        );
    }

    fn add_blob_to_bucket(&self, name: &str, bucket: &Output<String>, path: &str, content: &Output<String>) {
        self.declare("storage.googleapis.com/Object", name, &[], &[], |object| {
            object.set("bucket", bucket.into_expr());
            object.set("name", path.into());
            object.set("content", content.into_expr());
        });
    }

    fn give_member_ability_to_list_buckets(&self, key: &str, member: &Member) {
        let before = self.services(["cloudidentity"]);
        self.project_role(key, member, self.bucket_role(BucketAccess::List), None, &before);
    }

    fn create_machine_account(&self, name: &str, project: Option<&Output<String>>, key: Option<&str>) -> Account {
        self.account(name, project, key)
    }

    fn add_member_to_machine_account_role(&self, key: &str, account: &Account, member: &Member, access: AccountAccess) {
        let role = known(match access {
            AccountAccess::Access => "roles/iam.serviceAccountUser",
            AccountAccess::Admin => "roles/iam.serviceAccountAdmin",
            AccountAccess::CredentialsAdmin => "roles/iam.serviceAccountKeyAdmin",
        });
        let before = self.services(["cloudidentity", "iam"]);
        let target = ("serviceAccount", account.name.clone().into_expr());
        self.binding("iam.googleapis.com/ServiceAccountIamMember", key, target, member, &role, &before);
    }

    fn create_group(&self, name: &str, description: Option<&str>) -> Handle {
        self.group_resource(name, description)
    }

    fn group_key(&self, group: &Handle) -> Output<String> {
        group.attribute("name")
    }

    fn add_group_member(&self, name: &str, group: &Output<String>, member: &Member) {
        self.membership(name, group, member);
    }

    fn create_secret(&self, name: &str, project: &Output<String>, logical_name: Option<&str>) -> Secret {
        let logical = logical_name.map_or_else(|| self.named(name), str::to_owned);
        let before = self.services(["secretmanager"]);
        let handle =
            self.declare("secretmanager.googleapis.com/Secret", &logical, &["secrets", &logical], &before, |secret| {
                secret.set("parent", text("projects/{}", [project]).into_expr());
                secret.set("secretId", name.into());
                let replica = Expr::List(vec![table([("location", self.region().into())])]);
                secret.set("replication", table([("userManaged", table([("replicas", replica)]))]));
            });
        Secret { name: handle.attribute("name"), short: name.to_owned(), logical }
    }

    fn add_secret_version(&self, key: &str, secret: &Secret, data: &Output<String>) {
        self.declare("secretmanager.googleapis.com/SecretVersion", &self.named(key), &[], &[], |version| {
            version.set("parent", secret.name.clone().into_expr());
            version.set("payload", table([("data", data.secret().into_expr())]));
        });
    }

    fn add_secret_member(&self, key: &str, secret: &SecretName<'_>, member: &Member, access: SecretAccess) {
        let role = known(match access {
            SecretAccess::Accessor => "roles/secretmanager.secretAccessor",
            SecretAccess::Admin => "roles/secretmanager.secretVersionManager",
        });
        let name = match secret {
            SecretName::Made(secret) => secret.name.clone(),
            // The full name has three slashes.
            SecretName::Existing { name, .. } if name.matches('/').count() == 3 => known(name),
            SecretName::Existing { project, name } => known(&format!("projects/{project}/secrets/{name}")),
        };
        let target = ("secret", name.into_expr());
        self.binding("secretmanager.googleapis.com/SecretIamMember", key, target, member, &role, &[]);
    }

    fn create_container_registry(&self, name: &str) -> Registry {
        let logical = self.named(&format!("artifact-registry-{name}"));
        let ty = "artifactregistry.googleapis.com/Repository";
        let handle = self.declare(ty, &logical, &["registries", name], &[], |registry| {
            let parent = format!("projects/{{}}/locations/{}", self.region());
            registry.set("parent", text(&parent, [self.project_id()]).into_expr());
            registry.set("repositoryId", name.into());
            registry.set("format", "DOCKER".into());
        });
        let name_of = handle.attribute("name");
        self.site.export(&self.dataset.name, &["registries", name, "name"], &name_of);
        Registry { name: name_of }
    }

    fn add_member_to_container_registry(
        &self,
        key: &str,
        registry: &Output<String>,
        member: &Member,
        access: RegistryAccess,
    ) {
        let role = known(match access {
            RegistryAccess::Reader => "roles/artifactregistry.reader",
            RegistryAccess::Writer => "roles/artifactregistry.writer",
        });
        let target = ("repository", registry.into_expr());
        self.binding("artifactregistry.googleapis.com/RepositoryIamMember", key, target, member, &role, &[]);
    }

    fn member_id(&self, member: &Member) -> Output<String> {
        self.address(member)
    }

    fn finalise(&self) {
        self.service("serviceusage");
    }

    fn temporary(&self) -> Option<&dyn TemporaryBucketAccess> {
        Some(self)
    }

    fn credentials(&self) -> Option<&dyn Credentials> {
        Some(self)
    }
}

impl TemporaryBucketAccess for Gcp<'_> {
    fn create_temporary_bucket_access(
        &self,
        key: &str,
        bucket: &Bucket,
        access: TemporaryAccess,
        group: &str,
    ) -> String {
        self.entitlement(key, bucket, access, group)
    }
}

impl Credentials for Gcp<'_> {
    fn get_credentials_for_machine_account(&self, key: &str, account: &Account) -> Output<String> {
        let name = self.named(key);
        let handle = self.declare("iam.googleapis.com/ServiceAccountKey", &name, &["keys", &name], &[], |key| {
            key.set("serviceAccount", account.email.clone().into_expr());
        });
        handle.attribute("privateKeyData")
    }
}

impl Gcp<'_> {
    fn budget(&self, key: &str, amount: i64, project: &Project, filter: Expr) {
        let infrastructure = &self.site.configuration.infrastructure;
        // Names of budgets were made twice over: what exists is called so.
        let logical = self.named(&self.named(key));
        let before = self.services(["cloudbillingbudgets"]);
        self.declare("billingbudgets.googleapis.com/Budget", &logical, &[], &before, |budget| {
            let account = infrastructure.billing.as_ref().map_or("", |billing| &billing.gcp.account_id);
            budget.set("parent", format!("billingAccounts/{account}").as_str().into());
            budget.set("displayName", project.id.clone().into_expr());
            let amount = table([
                ("currencyCode", infrastructure.budget_currency.as_str().into()),
                ("units", amount.to_string().as_str().into()),
                ("nanos", 0.into()),
            ]);
            budget.set("amount", table([("specifiedAmount", amount)]));
            budget.set("budgetFilter", filter);
            let topic = self.section.budget_notification_pubsub.as_deref().filter(|topic| !topic.is_empty());
            if let Some(topic) = topic {
                let thresholds = infrastructure.budget_notification_thresholds.iter();
                let rule = |share: &f64| table([("thresholdPercent", Expr::Value((*share).into()))]);
                budget.set("thresholdRules", Expr::List(thresholds.map(rule).collect()));
                let rule = [("pubsubTopic", topic.into()), ("schemaVersion", "1.0".into())];
                budget.set("notificationsRule", table(rule));
            }
        });
    }
}

fn project(handle: &Handle) -> Project {
    Project { id: handle.attribute("projectId"), number: handle.attribute("projectNumber") }
}
