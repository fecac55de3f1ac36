//! Who is in the groups of a dataset: people, machine accounts, and the groups of datasets that depend on it.

use cpg_config::member_hash;

use super::config::Cloud;
use super::groups::Member;
use super::made::{Earlier, On};

/// Group, membership, and the group that is put in.
type Nesting = (&'static str, &'static str, &'static str);

const ALWAYS: [Nesting; 11] = [
    ("analysis", "data-manager-in-analysis", "data-manager"),
    ("upload", "data-manager-in-upload", "data-manager"),
    ("metadata-access", "analysis-in-metadata", "analysis"),
    ("metadata-contribute", "analysis-in-metadata-contribute", "analysis"),
    ("web-access", "metadata-in-web-access", "metadata-access"),
    ("web-access", "analysis-in-web-access", "analysis"),
    ("main-list", "analysis-group-in-main-list", "analysis"),
    ("main-read", "main-create-in-main-read", "main-create"),
    ("main-read", "data-manager-in-main-read", "data-manager"),
    ("main-create", "standard-in-main-create", "standard"),
    ("main-create", "full-in-main-create", "full"),
];

const WITH_TEST: [Nesting; 4] = [
    ("test-read", "test-full-in-test-read", "test-full"),
    ("test-full", "analysis-group-in-test-full", "analysis"),
    ("test-full", "full-in-test-full", "full"),
    ("test-full", "test-in-test-full", "test"),
];

/// Groups that are in the groups of the same name of what the dataset depends on.
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

/// Group of what may only be read, and what is put into it.
const READ: [(&str, &str); 8] = [
    ("main-read", "main-read"),
    ("main-read", "main-create"),
    ("main-read", "full"),
    ("main-list", "main-list"),
    ("images-reader", "images-reader"),
    ("images-dev-reader", "images-dev-reader"),
    ("images-dev-writer", "images-dev-writer"),
    ("tmp-main-read-access", "tmp-main-read-access"),
];

/// Groups that people are listed in, but for the one that is for a time.
const LISTED: [&str; 7] = [
    "data-manager",
    "analysis",
    "metadata-access",
    "metadata-contribute",
    "metadata-write",
    "web-access",
    "release-access",
];

/// What stands for a member in names.
pub(crate) fn hash(dataset: &str, member: &str, cloud: Cloud) -> String {
    member_hash(dataset, member, cloud.name()).expect("no empty piece")
}

impl Earlier<'_> {
    pub(crate) fn access_groups(&mut self, on: On<'_>) {
        self.machine_accounts(on);
        self.dependencies(on);
        for (group, key, inner) in ALWAYS {
            self.nest(on, group, key, inner);
        }
        if on.dataset.setup_test {
            for (group, key, inner) in WITH_TEST {
                self.nest(on, group, key, inner);
            }
        }
        if on.is_gcp() {
            let analysis = self.group(on, "analysis");
            for what in ["compute", "logging", "monitoring"] {
                let role = format!("roles/{what}.viewer");
                self.google_role(on, &format!("project-{what}-viewer"), &on.dataset.gcp.project, &role, &analysis);
            }
        }
    }

    fn machine_accounts(&mut self, on: On<'_>) {
        let put = |this: &mut Self, kind: &str, level: &str, member: Member| {
            this.add(on, level, &format!("{kind}-{level}-access-level-group-membership"), member);
        };
        for user in self.hail_users(on) {
            put(self, "hail", user.level, Member::Text(user.identity));
        }
        let deployment = [
            ("standard", &on.dataset.deployment_service_account_standard),
            ("full", &on.dataset.deployment_service_account_full),
            ("test", &on.dataset.deployment_service_account_test),
        ];
        for (level, account) in deployment {
            if let Some(account) = account {
                put(self, "deployment", level, Member::Text(account.clone()));
            }
        }
        for kind in ["dataproc", "cromwell"] {
            for (level, account) in self.accounts_of(on, kind) {
                put(self, kind, level, account.member());
            }
        }
    }

    fn dependencies(&mut self, on: On<'_>) {
        let common = self.centre.common().to_owned();
        let with_test: &[&str] = if on.dataset.setup_test { &["test-read", "test-full"] } else { &[] };
        let also_common = (on.name != common).then_some(&common);
        for other in on.dataset.depends_on.iter().chain(also_common) {
            for group in INHERITED.iter().chain(with_test) {
                let member = self.group(on, group);
                let name = on.nm(&format!("transitive-{group}-in-{other}-{group}"));
                self.put_in_other(on, other, group, name, member);
            }
        }
        let tests: &[(&str, &str)] =
            if on.dataset.setup_test { &[("test-read", "test-read"), ("test-read", "test-full")] } else { &[] };
        for other in &on.dataset.depends_on_readonly {
            for (group, inner) in READ.iter().chain(tests) {
                let member = self.group(on, inner);
                let name = on.nm(&format!("transitive-{}-{inner}-in-{other}-{group}", on.name));
                self.put_in_other(on, other, group, name, member);
            }
        }
    }

    fn put_in_other(&mut self, on: On<'_>, other: &str, group: &str, name: String, member: Member) {
        let there = On { name: other, dataset: &self.centre.datasets[other], cloud: on.cloud };
        if !there.dataset.deploy_locations.contains(&on.cloud) {
            // It failed where only one of the two is.
            return;
        }
        if on.cloud == Cloud::Azure {
            // B3: some of the groups were never made, unless another one's was put into them.
            self.group(there, group);
        }
        self.put(on.cloud, &format!("{other}-{group}"), name, member);
    }

    /// The people of the configuration.
    pub(crate) fn listed_members(&mut self, on: On<'_>) {
        for group in LISTED {
            self.group(on, group);
            for key in on.dataset.listed(group) {
                let (hash, member) = self.person(on.name, key, on.cloud).expect("who is listed is in the cloud");
                self.add(on, group, &format!("{}-{group}-member-{hash}", on.name), member);
            }
        }
    }

    /// What stands for a person in names, and the person; `None` if it is not in the cloud.
    pub(crate) fn person(&self, dataset: &str, key: &str, cloud: Cloud) -> Option<(String, Member)> {
        let user = &self.centre.infrastructure.users[key];
        let there = user.clouds.get(&cloud)?;
        let member = Member::Person(there.id.clone(), there.hail_batch_username.clone());
        Some((hash(dataset, &user.id, cloud), member))
    }
}
