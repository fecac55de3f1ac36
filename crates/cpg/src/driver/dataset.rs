//! A dataset, from its groups to its last component.

use cpg_config::Component;
use plan::Output;

use super::{Driver, Level, person};
use crate::gcp::Gcp;
use crate::groups::Member;
use crate::infra::{Account, AccountAccess, BucketAccess, Credentials, Infra};

impl Driver<'_> {
    pub(super) fn main(&self) {
        self.access_groups();
        self.listed_members();
        self.budget();
        let with = |component: Component, part: fn(&Self)| {
            if self.has(component) {
                part(self);
            }
        };
        with(Component::Storage, Self::storage);
        with(Component::Metamist, Self::metadata);
        with(Component::HailAccounts, Self::hail);
        with(Component::Cromwell, Self::cromwell);
        with(Component::Spark, Self::spark);
        with(Component::Notebooks, Self::notebooks);
        with(Component::ContainerRegistry, Self::container_registry);
        if self.dataset.options.enable_shared_project {
            self.shared_project();
        }
        with(Component::AnalysisRunner, Self::analysis_runner);
        self.temporary_main_read();
        self.infra().finalise();
    }

    fn listed_members(&self) {
        for (group, members) in self.dataset.members.groups() {
            if group == "tmp-main-read-access" {
                continue;
            }
            self.group(group);
            for key in members {
                let Some((id, member)) = person(self.site, &key.value, self.cloud()) else { continue };
                self.add(group, &format!("{group}-member-{}", self.hash(&id)), member);
            }
        }
    }

    fn budget(&self) {
        if let Some(budget) = self.dataset.budgets.get(self.cloud()) {
            self.infra().create_monthly_budget("monthly-budget", &budget.value, &self.infra().project());
        }
    }

    fn cromwell(&self) {
        let infrastructure = &self.site.configuration.infrastructure;
        let (Some(cromwell), Some(runner)) = (&infrastructure.cromwell, &infrastructure.analysis_runner) else {
            return;
        };
        let Some(gcp) = self.gcp() else { return };
        let levels = [Level::Test, Level::Standard, Level::Full];
        let machine = Member::Literal(cromwell.gcp.runner_machine_account.clone());
        for level in self.levels(levels) {
            let (name, account) = (level.name(), self.level_account("cromwell", level));
            let itself = Member::Account(account.email.clone());
            let key = format!("cromwell-service-account-{name}-service-account-user");
            gcp.add_member_to_machine_account_role(&key, &account, &itself, AccountAccess::Access);
            let key = format!("cromwell-runner-{name}-service-account-user");
            gcp.add_member_to_machine_account_role(&key, &account, &machine, AccountAccess::Access);
            self.cromwell_credentials(&gcp, level, &account, &runner.gcp);
        }
        for (level, user) in self.hail_users() {
            let name = gcp.logical_name(&format!("hail-service-account-{}-cromwell-access", level.name()));
            let group = &cromwell.gcp.access_group_id;
            let suffix = infrastructure.gcp.as_ref().map_or("", |gcp| gcp.groups_domain.as_str());
            // A group may be given by its address.
            let group = if group.ends_with(&format!("@{suffix}")) && !group.starts_with("group:") {
                format!("group:{group}")
            } else {
                group.clone()
            };
            gcp.add_group_member(&name, &Output::known(group), &user);
        }
        let batch = [gcp.service("batch")];
        for level in self.levels(levels) {
            let account = Member::Account(self.level_account("cromwell", level).email);
            let key = format!("cromwell-service-account-{}-workflows-runner", level.name());
            gcp.project_role(&key, &account, "roles/batch.agentReporter", None, &batch);
        }
        gcp.project_role("cromwell-runner-batch-jobs-editor", &machine, "roles/batch.jobsEditor", None, &batch);
    }

    /// The key of an account, where the analysis runner and Hail find it: in the dataset's project, and in the runner's,
    /// where they looked before.
    fn cromwell_credentials(
        &self,
        gcp: &Gcp<'_>,
        level: Level,
        account: &Account,
        runner: &cpg_config::AnalysisRunnerGcp,
    ) {
        use crate::infra::{SecretAccess, SecretName};
        let stem = format!("cromwell-service-account-{}", level.name());
        let data = gcp.get_credentials_for_machine_account(&format!("{stem}-key"), account);
        let secret = format!("{}-cromwell-{}-key", self.dataset.name, level.name());
        let server = Member::Literal(runner.server_machine_account.clone());
        let hail = self.hail_users().remove(&level);
        let (own, theirs) = (gcp.project_id(), Output::known(&runner.project));
        for (end, project) in [("-2", own), ("", theirs)] {
            let logical = format!("{}{end}", gcp.logical_name(&secret));
            let made = gcp.create_secret(&secret, &project, Some(&logical));
            gcp.add_secret_version(&format!("{stem}-secret-version{end}"), &made, &data);
            let made = SecretName::Made(&made);
            let key = format!("{stem}-secret-accessor{end}");
            gcp.add_secret_member(&key, &made, &server, SecretAccess::Accessor);
            if let Some(hail) = &hail {
                let key = format!("{stem}-self-accessor{end}");
                gcp.add_secret_member(&key, &made, hail, SecretAccess::Accessor);
            }
        }
    }

    fn spark(&self) {
        let Some(gcp) = self.gcp() else { return };
        let dataproc = [gcp.service("dataproc")];
        let worker = plan::text("{}/roles/DataprocWorkerWithoutStorageAccess", [&self.site.organisation]);
        let role = |key: String, member: &Member, role: &Output<String>| {
            gcp.project_role(&key, member, role, None, &dataproc);
        };
        for (level, user) in self.hail_users() {
            let key = format!("hail-service-account-{}-dataproc-service-account-user", level.name());
            let account = self.level_account("dataproc", level);
            gcp.add_member_to_machine_account_role(&key, &account, &user, AccountAccess::Access);
        }
        for level in self.levels([Level::Test, Level::Standard, Level::Full]) {
            let account = Member::Account(self.level_account("dataproc", level).email);
            role(format!("dataproc-service-account-{}-dataproc-worker", level.name()), &account, &worker);
        }
        for (level, user) in self.hail_users() {
            let admin = Output::known("roles/dataproc.admin");
            role(format!("hail-service-account-{}-dataproc-admin", level.name()), &user, &admin);
            role(format!("hail-service-account-{}-dataproc-worker", level.name()), &user, &worker);
        }
        let viewer = "roles/dataproc.viewer";
        gcp.project_role("project-dataproc-viewer", &self.group("analysis"), viewer, None, &[]);
        if self.dataset.options.is_internal_dataset {
            let group = super::organisation::internal_logs_group(self);
            gcp.project_role("internal-users-dataproc-viewer", &group, viewer, None, &[]);
        }
    }

    /// The account that the dataset's notebooks run as.
    pub(super) fn notebook_account(&self) -> Option<Account> {
        let notebooks = self.site.configuration.infrastructure.notebooks.as_ref()?;
        let name = format!("notebook-{}", self.dataset.name);
        let gcp = self.gcp()?;
        let account = gcp.create_machine_account(&name, Some(&Output::known(&notebooks.gcp.project)), None);
        self.site.export(&self.dataset.name, &["notebook", "id"], &account.name);
        self.site.export(&self.dataset.name, &["notebook", "email"], &account.email);
        Some(account)
    }

    fn notebooks(&self) {
        let (Some(gcp), Some(account)) = (self.gcp(), self.notebook_account()) else { return };
        let Some(notebooks) = &self.site.configuration.infrastructure.notebooks else { return };
        let analysis = self.group("analysis");
        gcp.add_member_to_machine_account_role("notebook-account-users", &account, &analysis, AccountAccess::Access);
        let member = Member::Account(account.email);
        self.add("analysis", "notebook-service-account-group-member", member.clone());
        let project = Output::known(&notebooks.gcp.project);
        gcp.project_role("notebook-account-compute-admin", &member, "roles/compute.admin", Some(&project), &[]);
    }

    /// A project of its own, with a budget of its own, by which releases are read.
    fn shared_project(&self) {
        let budget = self.dataset.budgets.get(self.cloud()).and_then(|budget| budget.value.shared_total_budget);
        let Some(budget) = budget else { return };
        let infra = self.infra();
        let project = infra.create_project("shared-project", "shared");
        infra.create_fixed_budget("shared-budget", &project, budget);
        let account = infra.create_machine_account("shared", Some(&project.id), Some("budget-shared-service-account"));
        let member = Member::Account(account.email.clone());
        let manager = self.group("data-manager");
        let key = "shared-project-sa-data-manager-credentials-generator";
        infra.add_member_to_machine_account_role(key, &account, &manager, AccountAccess::CredentialsAdmin);
        if let Some(gcp) = self.gcp() {
            let role = |key: &str, member: &Member, role: &str| {
                gcp.project_role(key, member, role, Some(&project.id), &[]);
            };
            role("shared-project-serviceusage-consumer", &member, "roles/serviceusage.serviceUsageConsumer");
            role("data-manager-shared-iam-viewer", &manager, "roles/iam.roleViewer");
        }
        let release = self.release_bucket();
        infra.add_member_to_bucket("release-shared-membership", &release.name, &member, BucketAccess::Read);
    }

    fn analysis_runner(&self) {
        let group = super::organisation::config_viewers_group(self);
        for level in ["analysis", "standard", "full"].into_iter().chain(self.test("test")) {
            let member = self.group(level);
            let name = format!("{}-{level}-analysis-runner-config-viewer-group", self.dataset.name);
            self.site.member(self.cloud(), &group, name, member);
        }
        let runner = self.site.configuration.infrastructure.analysis_runner.as_ref();
        let (Some(gcp), Some(runner)) = (self.gcp(), runner) else { return };
        let runner = &runner.gcp;
        let (key, analysis) = ("analysis-runner-analysis-invoker", self.group("analysis"));
        gcp.add_cloudrun_invoker(key, &runner.project, &runner.cloud_run_instance_name, &analysis);
    }

    /// Something of the test namespace, if there is one.
    pub(super) fn test<T>(&self, of: T) -> Option<T> {
        self.dataset.options.setup_test.then_some(of)
    }
}
