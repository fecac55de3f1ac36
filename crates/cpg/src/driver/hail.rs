//! Hail Batch: users, a project to bill, and what they need.

use std::collections::BTreeSet;

use cpg_config::{Cloud, Component};
use plan::{Declaration, IntoExpr, Output};

use super::{ByLevel, Driver, Level};
use crate::gcp::Gcp;
use crate::groups::Member;
use crate::infra::{Bucket, BucketAccess, BucketOptions, Infra, Rule, SecretAccess, SecretName, TEMPORARY_DAYS};
use crate::site::Handle;

/// Where Hail is on a cloud.
struct Urls<'a> {
    /// Where batches are sent.
    batch: &'a str,
    /// Where users are made.
    auth: &'a str,
}

impl<'a> Driver<'a> {
    /// Where Hail is on this cloud; `None` if it is not there.
    fn urls(&self) -> Option<Urls<'a>> {
        let hail = self.site.configuration.infrastructure.hail.as_ref()?;
        match self.cloud() {
            Cloud::Gcp => Some(Urls { batch: &hail.gcp.hail_batch_url, auth: &hail.gcp.hail_auth_url }),
            Cloud::Azure => {
                hail.azure.as_ref().map(|azure| Urls { batch: &azure.hail_batch_url, auth: &azure.hail_auth_url })
            }
            Cloud::DryRun => None,
        }
    }

    /// What other stacks find things of Hail below.
    fn root(&self) -> &'static str {
        match self.cloud() {
            Cloud::Azure => "hail_azure",
            Cloud::Gcp | Cloud::DryRun => "hail",
        }
    }

    /// The machine users of the dataset in Hail, by level; none without the component.
    pub(super) fn hail_users(&self) -> ByLevel<Member> {
        let Some(urls) = self.urls().filter(|_| self.has(Component::HailAccounts)) else { return ByLevel::new() };
        let user = |level: Level| {
            let username = self.hail_username(level);
            let logical = self.infra().logical_name(&format!("hail-batch-user-{}", level.name()));
            let handle = self.site.once(&format!("hail {logical}"), || {
                self.site.declare(&self.dataset.name, &[self.root(), level.name()], || {
                    let mut user = Declaration::new("hail_user", logical.as_str());
                    user.set("username", username.as_str().into());
                    user.set("auth_url", urls.auth.into());
                    user.set("cloud", self.cloud().name().into());
                    // A user that is gone is painful to bring back.
                    user.options.retain_on_delete = true;
                    user
                })
            });
            let identity = handle.attribute("identity");
            self.site.export(&self.dataset.name, &[self.root(), level.name(), "identity"], &identity);
            (level, Member::Account(identity))
        };
        self.levels([Level::Full, Level::Standard, Level::Test]).map(user).collect()
    }

    fn hail_username(&self, level: Level) -> String {
        let prefix =
            self.site.configuration.infrastructure.hail.as_ref().and_then(|hail| hail.username_prefix.as_deref());
        let other = self.dataset.options.gcp.hail_service_account_dataset_name_override.as_deref();
        let other = other.filter(|_| self.gcp().is_some());
        format!("{}{}-{}", prefix.unwrap_or_default(), other.unwrap_or(&self.dataset.name), level.name())
    }

    /// The project that the dataset's batches are billed to.
    fn billing_project(&self) -> Option<Handle> {
        let urls = self.urls()?;
        let logical = self.infra().logical_name("batch-billing-project");
        Some(self.site.once(&format!("hail {logical}"), || {
            self.site.declare(&self.dataset.name, &[self.root(), "project"], || {
                let mut project = Declaration::new("hail_billing_project", logical.as_str());
                project.set("name", self.dataset.name.as_str().into());
                project.set("batch_url", urls.batch.into());
                project.set("cloud", self.cloud().name().into());
                project
            })
        }))
    }

    pub(super) fn hail(&self) {
        if self.billing_project().is_none() {
            return;
        }
        let bucket =
            self.infra().create_bucket("hail", &BucketOptions::new(vec![Rule::Temporary(TEMPORARY_DAYS, Vec::new())]));
        for (level, user) in self.hail_users() {
            let key = format!("hail-service-account-{}-hail-bucket-admin", level.name());
            self.infra().add_member_to_bucket(&key, &bucket.name, &user, BucketAccess::Mutate);
        }
        if let Some(gcp) = self.gcp() {
            self.hail_on_google(&gcp, &bucket);
        }
    }

    /// What Hail shares with services that are on Google Cloud only.
    fn hail_on_google(&self, gcp: &Gcp<'_>, bucket: &Bucket) {
        let infrastructure = &self.site.configuration.infrastructure;
        let Some(hail) = &infrastructure.hail else { return };
        if let Some(name) = &hail.gcp.git_credentials_secret_name {
            let project = hail.gcp.git_credentials_secret_project.as_deref().unwrap_or_default();
            let secret = SecretName::Existing { project, name };
            for level in self.levels([Level::Standard, Level::Full, Level::Test]) {
                let (key, group) = (format!("git-checkout-token-{}-accessor", level.name()), self.group(level.name()));
                gcp.add_secret_member(&key, &secret, &group, SecretAccess::Accessor);
            }
        }
        if let Some(runner) = infrastructure.analysis_runner.as_ref().filter(|_| self.has(Component::AnalysisRunner)) {
            let server = Member::Literal(runner.gcp.server_machine_account.clone());
            let key = "analysis-runner-hail-bucket-admin";
            gcp.add_member_to_bucket(key, &bucket.name, &server, BucketAccess::Mutate);
        }
        if let Some(wheels) = &hail.gcp.wheel_bucket_name {
            for (key, group) in [("analysis-group", "analysis"), ("standard", "standard"), ("full", "full")]
                .into_iter()
                .chain(self.test(("test", "test")))
            {
                self.within("sm-hail-wheels-viewers", &format!("{key}-hail-wheels-viewer"), group);
            }
            let (viewers, wheels) = (self.group("sm-hail-wheels-viewers"), Output::known(wheels));
            gcp.add_member_to_bucket("sm-hail-wheels-viewer", &wheels, &viewers, BucketAccess::Read);
        }
    }

    /// Who may run batches that are billed to the dataset: whoever analyses it, over all groups.
    pub(super) fn hail_members(&self) {
        let infrastructure = &self.site.configuration.infrastructure;
        if !self.has(Component::HailAccounts) || !self.site.is_here(&self.dataset.name) {
            return;
        }
        let Some(project) = self.billing_project() else { return };
        let put = |key: &str, user: &str| {
            self.site.declare(&self.dataset.name, &[], || {
                let mut member = Declaration::new("hail_billing_project_member", self.infra().logical_name(key));
                member.set("billing_project", project.attribute::<String>("id").into_expr());
                member.set("user", user.into());
                member
            });
        };
        if let Some(user) =
            infrastructure.billing.as_ref().and_then(|billing| billing.hail_aggregator_username.as_ref())
        {
            put("batch-billing-member-billing-aggregator", user);
        }
        for level in self.levels([Level::Full, Level::Standard, Level::Test]) {
            put(&format!("batch-billing-member-hail-{}", level.name()), &self.hail_username(level));
        }
        let (groups, name) = (self.site.groups.borrow(), self.group_name("analysis"));
        let analysts = groups.resolve(self.cloud(), &name).into_iter().filter_map(|member| match member {
            Member::Person { hail, .. } => hail.clone(),
            _ => None,
        });
        let mut users: BTreeSet<String> = analysts.collect();
        if self.dataset.options.is_internal_dataset {
            let internal = infrastructure.users.values().filter(|user| user.value.can_access_internal_dataset_logs);
            users.extend(internal.filter_map(|user| user.value.clouds.get(self.cloud())?.hail_batch_username.clone()));
        }
        for user in users {
            put(&format!("batch-billing-member-{}", self.hash(&user)), &user);
        }
    }
}
