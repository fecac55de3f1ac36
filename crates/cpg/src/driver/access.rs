//! Who is in which group: by role, by access level, and through other datasets.

use cpg_config::Component;

use super::{Driver, Level};
use crate::groups::Member;

/// Groups whose members are in the group of the same name of a dataset that this one depends on.
const INHERITED: [&str; 16] = [
    "analysis",
    "data-manager",
    "web-access",
    "metadata-access",
    "metadata-contribute",
    "metadata-write",
    "upload",
    "main-list",
    "main-read",
    "main-create",
    "full",
    "images-reader",
    "images-dev-reader",
    "images-writer",
    "images-dev-writer",
    "tmp-main-read-access",
];

/// The same of the test namespace.
const INHERITED_TEST: [&str; 2] = ["test-read", "test-full"];

/// What a dataset may only read: the group there, and those of this dataset that are put into it.
const READ_ONLY: [(&str, &[&str]); 6] = [
    ("main-read", &["main-read", "main-create", "full"]),
    ("main-list", &["main-list"]),
    ("images-reader", &["images-reader"]),
    ("images-dev-reader", &["images-dev-reader"]),
    ("images-dev-writer", &["images-dev-writer"]),
    ("tmp-main-read-access", &["tmp-main-read-access"]),
];

impl Driver<'_> {
    pub(super) fn access_groups(&self) {
        self.within("web-access", "analysis-in-web-access", "analysis");
        self.level_members();
        self.dependencies();
        self.roles();
        for (key, role) in [
            ("project-compute-viewer", "roles/compute.viewer"),
            ("project-logging-viewer", "roles/logging.viewer"),
            ("project-monitoring-viewer", "roles/monitoring.viewer"),
        ] {
            if let Some(gcp) = self.gcp() {
                gcp.project_role(key, &self.group("analysis"), role, None, &[]);
            }
        }
    }

    /// Puts one of the dataset's groups into another one.
    pub(super) fn within(&self, holder: &str, key: &str, member: &str) {
        let member = self.group(member);
        self.add(holder, key, member);
    }

    /// Machine accounts are in the group of their level.
    fn level_members(&self) {
        let options = &self.dataset.options;
        let put = |kind: &str, level: Level, member: Member| {
            let name = level.name();
            self.add(name, &format!("{kind}-{name}-access-level-group-membership"), member);
        };
        for (level, user) in self.hail_users() {
            put("hail", level, user);
        }
        for (level, account) in [
            (Level::Standard, &options.deployment_service_account_standard),
            (Level::Full, &options.deployment_service_account_full),
            (Level::Test, &options.deployment_service_account_test),
        ] {
            // These are accounts of Google Cloud.
            let account = account.as_ref().filter(|_| self.gcp().is_some());
            if let Some(account) = account.filter(|_| options.setup_test || level != Level::Test) {
                put("deployment", level, Member::Literal(account.clone()));
            }
        }
        for (kind, component) in [("dataproc", Component::Spark), ("cromwell", Component::Cromwell)] {
            if self.has(component) {
                for level in self.levels([Level::Test, Level::Standard, Level::Full]) {
                    put(kind, level, Member::Account(self.level_account(kind, level).email));
                }
            }
        }
    }

    /// Whoever has access to this dataset has access to those that it depends on.
    fn dependencies(&self) {
        let (own, common) = (&self.dataset.name, self.site.common());
        let named = self.dataset.options.depends_on.iter().map(|name| name.value.as_str());
        let common = (own != common).then_some(common);
        let mut full: Vec<&str> = Vec::new();
        for name in named.chain(common) {
            if !full.contains(&name) {
                full.push(name);
            }
        }
        for dependency in full {
            for group in INHERITED.into_iter().chain(INHERITED_TEST.into_iter().filter_map(|group| self.test(group))) {
                self.within_other(dependency, group, &format!("transitive-{group}-in-{dependency}-{group}"), group);
            }
        }
        for dependency in &self.dataset.options.depends_on_readonly {
            let test: Option<(&str, &[&str])> = self.test(("test-read", &["test-read", "test-full"]));
            for (group, members) in READ_ONLY.into_iter().chain(test) {
                for member in members {
                    let key = format!("transitive-{own}-{member}-in-{}-{group}", dependency.value);
                    self.within_other(&dependency.value, group, &key, member);
                }
            }
        }
    }

    /// Puts one of the dataset's groups into a group of another one.
    fn within_other(&self, dataset: &str, group: &str, key: &str, member: &str) {
        // On a cloud where the other one is not, there is nothing of it to have access to.
        let other = self.site.configuration.datasets.get(dataset).filter(|other| other.is_in(self.cloud()));
        let Some(other) = other else { return };
        let member = self.group(member);
        let holder = format!("{dataset}-{group}");
        super::ensure_group(&self.on.of_dataset(other), &holder, None, super::cached(group));
        self.site.member(self.cloud(), &holder, self.infra().logical_name(key), member);
    }

    /// What follows from what: from people to data, and from levels to data.
    fn roles(&self) {
        for (holder, key, member) in [
            ("analysis", "data-manager-in-analysis", "data-manager"),
            ("upload", "data-manager-in-upload", "data-manager"),
            ("metadata-access", "analysis-in-metadata", "analysis"),
            ("metadata-contribute", "analysis-in-metadata-contribute", "analysis"),
            ("web-access", "metadata-in-web-access", "metadata-access"),
            ("main-list", "analysis-group-in-main-list", "analysis"),
            ("main-read", "main-create-in-main-read", "main-create"),
            ("main-read", "data-manager-in-main-read", "data-manager"),
            ("main-create", "standard-in-main-create", "standard"),
            ("main-create", "full-in-main-create", "full"),
        ] {
            self.within(holder, key, member);
        }
        for (holder, key, member) in [
            ("test-read", "test-full-in-test-read", "test-full"),
            ("test-full", "analysis-group-in-test-full", "analysis"),
            ("test-full", "full-in-test-full", "full"),
            ("test-full", "test-in-test-full", "test"),
        ] {
            if self.dataset.options.setup_test {
                self.within(holder, key, member);
            }
        }
    }
}
