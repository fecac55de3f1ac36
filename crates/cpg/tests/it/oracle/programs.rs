//! What runs programs: Hail Batch, Cromwell, Dataproc, notebooks, the analysis runner.

use std::collections::BTreeSet;

use serde_json::json;

use super::access::hash;
use super::buckets::{Kind, Level};
use super::config::{Cloud, HailOf};
use super::gcp::{Account, account, role, text};
use super::groups::{Member, Memory};
use super::made::{Earlier, On};

/// A user in Hail Batch.
#[derive(Debug)]
pub(crate) struct HailUser {
    pub(crate) level: &'static str,
    name: String,
    /// Who it is in the cloud.
    pub(crate) identity: String,
}

/// The key of an account, as the world says it.
const KEY: &str = "{}";

const USE: &str = "roles/iam.serviceAccountUser";

impl<'a> Earlier<'a> {
    fn hail(&self, cloud: Cloud) -> &'a HailOf {
        let hail = self.centre.infrastructure.hail.as_ref().expect("the component needs it");
        match cloud {
            Cloud::Gcp => &hail.gcp,
            Cloud::Azure => hail.azure.as_ref().expect("the component needs it on Azure"),
        }
    }

    /// The users of a dataset in Hail; nobody where it has no part in it.
    pub(crate) fn hail_users(&mut self, on: On<'_>) -> Vec<HailUser> {
        if !on.has("hail-accounts") {
            return Vec::new();
        }
        let prefix = &self.centre.infrastructure.hail.as_ref().expect("the component needs it").username_prefix;
        let other = on.dataset.gcp.hail_service_account_dataset_name_override.as_deref().filter(|_| on.is_gcp());
        let mut users = Vec::new();
        for level in on.dataset.levels() {
            let name = format!("{prefix}{}-{level}", other.unwrap_or(on.name));
            let inputs = json!({
                "username": name, "batch_uri": self.hail(on.cloud).hail_auth_url, "token_category": on.cloud.name(),
            });
            self.make("dynamic:HailBatchUserProvider", on.nm(&format!("hail-batch-user-{level}")), inputs);
            let identity = match on.cloud {
                Cloud::Gcp => format!("hail-{name}@hail-project.iam.gserviceaccount.com"),
                Cloud::Azure => format!("hail-{name}"),
            };
            users.push(HailUser { level, name, identity });
        }
        users
    }

    pub(crate) fn hail_component(&mut self, on: On<'_>) {
        let hail = self.hail(on.cloud);
        let inputs = json!({ "name": on.name, "batch_uri": hail.hail_batch_url, "token_category": on.cloud.name() });
        self.make("dynamic:HailBatchBillingProjectProvider", on.nm("batch-billing-project"), inputs);
        if let Some(secret) = hail.git_credentials_secret_name.as_ref().filter(|_| on.is_gcp()) {
            let project = hail.git_credentials_secret_project.as_ref().unwrap_or(&on.dataset.gcp.project);
            for level in on.dataset.levels() {
                let member = self.group(on, level);
                let key = format!("git-checkout-token-{level}-accessor");
                self.google_secret_role(on, &key, secret, project, &member);
            }
        }
        let bucket = self.bucket(on, "hail", Kind::Hail);
        for user in self.hail_users(on) {
            let key = format!("hail-service-account-{}-hail-bucket-admin", user.level);
            self.grant(on, &key, &bucket, &Member::Text(user.identity), Level::Mutate);
        }
        if on.is_gcp() && on.has("analysis-runner") {
            let server = text(&self.runner().server_machine_account);
            self.grant(on, "analysis-runner-hail-bucket-admin", &bucket, &server, Level::Mutate);
        }
        if let Some(wheels) = hail.wheel_bucket_name.as_ref().filter(|_| on.is_gcp()) {
            for (key, group) in Self::levels_and_analysis(on) {
                self.nest(on, "sm-hail-wheels-viewers", &format!("{key}-hail-wheels-viewer"), group);
            }
            let viewers = self.group(on, "sm-hail-wheels-viewers");
            self.grant(on, "sm-hail-wheels-viewer", wheels, &viewers, Level::Read);
        }
    }

    fn runner(&self) -> &'a super::config::AnalysisRunner {
        &self.centre.infrastructure.analysis_runner.as_ref().expect("the component needs it").gcp
    }

    /// The accounts of Dataproc or Cromwell by access level; none where there is no such component.
    pub(crate) fn accounts_of(&mut self, on: On<'_>, kind: &str) -> Vec<(&'static str, Account)> {
        let component = if kind == "dataproc" { "spark" } else { kind };
        if !on.is_gcp() || !on.has(component) {
            return Vec::new();
        }
        let mut accounts = Vec::new();
        for level in on.dataset.levels() {
            let id = format!("{kind}-{level}");
            let key = format!("service-account-{id}");
            accounts.push((level, self.google_account(on, &key, &id, &on.dataset.gcp.project)));
        }
        accounts
    }

    pub(crate) fn cromwell(&mut self, on: On<'_>) {
        let cromwell = &self.centre.infrastructure.cromwell.as_ref().expect("the component needs it").gcp;
        let runner = text(&cromwell.runner_machine_account);
        let users = self.hail_users(on);
        for (level, account) in self.accounts_of(on, "cromwell") {
            let own = format!("cromwell-service-account-{level}");
            self.google_account_role(on, &format!("{own}-service-account-user"), &account, USE, &account.member());
            let key = format!("cromwell-runner-{level}-service-account-user");
            self.google_account_role(on, &key, &account, USE, &runner);
            let key = format!("{own}-workflows-runner");
            self.google_role_of(on, "batch", &key, "roles/batch.agentReporter", &account.member());
            let hail = users.iter().find(|user| user.level == level).map(|user| Member::Text(user.identity.clone()));
            self.cromwell_key(on, level, &account, hail.as_ref());
        }
        for user in &users {
            let name = on.nm(&format!("hail-service-account-{}-cromwell-access", user.level));
            self.google_membership(on, name, &cromwell.access_group_id, &Member::Text(user.identity.clone()));
        }
        self.google_role_of(on, "batch", "cromwell-runner-batch-jobs-editor", "roles/batch.jobsEditor", &runner);
    }

    /// The key of an account, in a secret of the dataset and in one of the analysis runner.
    fn cromwell_key(&mut self, on: On<'_>, level: &str, account: &Account, hail: Option<&Member>) {
        let own = format!("cromwell-service-account-{level}");
        let inputs = json!({ "serviceAccountId": account.email });
        self.make("gcp:serviceaccount/key:Key", on.nm(&format!("{own}-key")), inputs);
        let runner = self.runner();
        let id = format!("{}-cromwell-{level}-key", on.name);
        for (end, project) in [("-2", &on.dataset.gcp.project), ("", &runner.project)] {
            let name = format!("{}{end}", on.nm(&id));
            let version = format!("{own}-secret-version{end}");
            let secret = self.google_secret(on, name, (&id, project), (&version, KEY));
            let server = text(&runner.server_machine_account);
            self.google_secret_role(on, &format!("{own}-secret-accessor{end}"), &secret, project, &server);
            if let Some(hail) = hail {
                self.google_secret_role(on, &format!("{own}-self-accessor{end}"), &secret, project, hail);
            }
        }
    }

    pub(crate) fn spark(&mut self, on: On<'_>) {
        let worker = role("DataprocWorkerWithoutStorageAccess");
        let accounts = self.accounts_of(on, "dataproc");
        for user in self.hail_users(on) {
            let member = Member::Text(user.identity);
            let (_, account) = accounts.iter().find(|(level, _)| *level == user.level).expect("one a level");
            let own = format!("hail-service-account-{}-dataproc", user.level);
            self.google_account_role(on, &format!("{own}-service-account-user"), account, USE, &member);
            self.google_role_of(on, "dataproc", &format!("{own}-admin"), "roles/dataproc.admin", &member);
            self.google_role_of(on, "dataproc", &format!("{own}-worker"), &worker, &member);
        }
        for (level, account) in accounts {
            let key = format!("dataproc-service-account-{level}-dataproc-worker");
            self.google_role_of(on, "dataproc", &key, &worker, &account.member());
        }
        let analysis = self.group(on, "analysis");
        let viewer = "roles/dataproc.viewer";
        self.google_role(on, "project-dataproc-viewer", &on.dataset.gcp.project, viewer, &analysis);
        if on.dataset.is_internal_dataset {
            let internal = self.internal_logs();
            self.google_role(on, "internal-users-dataproc-viewer", &on.dataset.gcp.project, viewer, &internal);
        }
    }

    pub(crate) fn notebook(&self, on: On<'_>) -> Account {
        let notebooks = self.centre.infrastructure.notebooks.as_ref().expect("the component needs it");
        account(&format!("notebook-{}", on.name), &notebooks.gcp.project)
    }

    pub(crate) fn notebooks(&mut self, on: On<'_>) {
        let account = self.notebook(on);
        let project = &self.centre.infrastructure.notebooks.as_ref().expect("the component needs it").gcp.project;
        let id = format!("notebook-{}", on.name);
        self.google_account(on, &format!("service-account-{id}"), &id, project);
        let analysis = self.group(on, "analysis");
        self.google_account_role(on, "notebook-account-users", &account, USE, &analysis);
        self.add(on, "analysis", "notebook-service-account-group-member", account.member());
        self.google_role(on, "notebook-account-compute-admin", project, "roles/compute.admin", &account.member());
    }

    pub(crate) fn analysis_runner(&mut self, on: On<'_>) {
        if !on.is_gcp() {
            // B2: groups of Azure were put into one of Google Cloud, which could not be.
            return;
        }
        self.config_viewers();
        for group in ["analysis"].into_iter().chain(on.dataset.levels()) {
            let member = self.group(on, group);
            let name = format!("{}-{group}-analysis-runner-config-viewer-group", on.name);
            self.put(on.cloud, "analysis-runner-config-viewers-group", name, member);
        }
        let runner = self.runner();
        let analysis = self.group(on, "analysis");
        let service = (runner.project.as_str(), runner.cloud_run_instance_name.as_str());
        self.invoker(on, "analysis-runner-analysis-invoker", service, &analysis);
    }

    /// Who is in the project of a dataset in Hail.
    pub(crate) fn hail_members(&mut self, on: On<'_>, memory: &mut Memory) {
        let mut members = Vec::new();
        if let Some(aggregator) = &self.centre.infrastructure.billing.hail_aggregator_username {
            members.push(("billing-aggregator".to_owned(), aggregator.clone()));
        }
        for user in self.hail_users(on) {
            members.push((format!("hail-{}", user.level), user.name));
        }
        for name in self.hail_people(on, memory) {
            members.push((hash(on.name, &name, on.cloud), name));
        }
        let url = &self.hail(on.cloud).hail_batch_url;
        for (end, user) in members {
            let inputs = json!({
                "billing_project": format!("{}::{url}::{}", on.cloud.name(), on.name), "user": user,
            });
            let name = on.nm(&format!("batch-billing-member-{end}"));
            self.make("dynamic:HailBatchBillingProjectMembershipProvider", name, inputs);
        }
    }

    /// The names in Hail of a dataset's analysts, and of those who may look into internal datasets.
    pub(crate) fn hail_people(&self, on: On<'_>, memory: &mut Memory) -> BTreeSet<String> {
        let analysts = self.groups.resolve(on.cloud, &format!("{}-analysis", on.name), memory);
        let names = analysts.into_iter().filter_map(|member| match member {
            Member::Person(_, name) => name,
            _ => None,
        });
        let users = self.centre.infrastructure.users.values();
        let internal = users.filter(|user| on.dataset.is_internal_dataset && user.can_access_internal_dataset_logs);
        let internal = internal.filter_map(|user| user.clouds.get(&on.cloud)?.hail_batch_username.clone());
        names.chain(internal).collect()
    }
}
