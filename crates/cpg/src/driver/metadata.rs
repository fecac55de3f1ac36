//! Sample metadata: who may read, write and contribute.

use cpg_config::Cloud;
use plan::Declaration;

use super::{Driver, cached};
use crate::gcp::Gcp;
use crate::groups::Member;
use crate::infra::Infra;
use crate::site::Handle;

const ALL: &[&str] = &["test-read", "test-write", "test-contribute", "main-read", "main-write", "main-contribute"];

/// Row, group, permissions.
const ROWS: [(&str, &str, &[&str]); 10] = [
    ("human", "analysis", &["main-read", "main-contribute", "test-read", "test-write", "test-contribute"]),
    ("data-manager-group", "data-manager", ALL),
    ("metadata-group", "metadata-access", &["main-read", "test-read", "test-write"]),
    (
        "metadata-contribute-group",
        "metadata-contribute",
        &["main-read", "main-contribute", "test-read", "test-write", "test-contribute"],
    ),
    ("test-read", "test-read", &["main-read", "test-read", "test-write"]),
    ("test-write", "test-full", &["main-read", "test-read", "test-write"]),
    ("main-read", "main-read", &["main-read"]),
    ("main-write", "main-create", &["main-read", "main-write"]),
    ("full", "full", ALL),
    ("metadata-write-group", "metadata-write", &["main-read", "main-write", "test-read", "test-write"]),
];

impl Driver<'_> {
    pub(super) fn metadata(&self) {
        let Some(gcp) = self.gcp() else { return };
        let infrastructure = &self.site.configuration.infrastructure;
        for permission in ALL {
            self.group(&format!("sample-metadata-{permission}"));
        }
        let coordinator =
            infrastructure.billing.as_ref().and_then(|billing| billing.coordinator_machine_account.as_ref());
        if let Some(account) = coordinator {
            let member = Member::Literal(account.clone());
            self.add("sample-metadata-main-read", "sample-metadata-main-read-billing-coordinator", member);
        }
        for (row, group, permissions) in ROWS {
            self.permit(row, &self.group(group), permissions);
        }
        if let Some(runner) = &infrastructure.analysis_runner {
            self.permit("analysis-runner-logger", &Member::Literal(runner.gcp.logger_machine_account.clone()), ALL);
        }
        let options = &self.dataset.options;
        for account in &options.sm_read_only_sas {
            self.permit(&sanitised(&account.value), &Member::Literal(account.value.clone()), &["main-read"]);
        }
        for account in &options.sm_read_write_sas {
            let member = Member::Literal(account.value.clone());
            self.permit(&sanitised(&account.value), &member, &["main-read", "main-write"]);
        }
        self.invokers(&gcp);
        if let Some(metamist) = &infrastructure.metamist {
            let accounts = [
                ("metamist-service-account-in-main-list", &metamist.gcp.legacy_machine_account),
                ("metamist-machine-account-in-main-list", &metamist.gcp.machine_account),
            ];
            for (key, account) in accounts {
                self.add("main-list", key, Member::Literal(account.clone()));
            }
        }
    }

    fn permit(&self, row: &str, member: &Member, permissions: &[&str]) {
        for permission in permissions {
            let group = format!("sample-metadata-{permission}");
            self.add(&group, &format!("{group}-{row}-group-membership"), member.clone());
        }
    }

    /// Whoever has any right may call the service.
    fn invokers(&self, gcp: &Gcp<'_>) {
        let group = super::organisation::invokers_group(self.site, gcp);
        let put = |key: &str, member: Member| {
            self.site.member(Cloud::Gcp, &group, gcp.logical_name(key), member);
        };
        put("sample-metadata-analysis-invoker", self.group("analysis"));
        for permission in ALL {
            put(&format!("sample-metadata-{permission}-invoker"), self.group(&format!("sample-metadata-{permission}")));
        }
    }

    /// The dataset's projects in metamist.
    pub(super) fn metamist_projects(&self) {
        let name = &self.dataset.name;
        if self.dataset.options.enable_metamist_project {
            self.metamist_project(name);
            self.test(()).into_iter().for_each(|()| drop(self.metamist_project(&format!("{name}-test"))));
        }
    }

    fn metamist_project(&self, project: &str) -> Handle {
        self.site.once(&format!("metamist {project}"), || {
            self.site.declare(&self.dataset.name, &["metamist", project], || {
                let mut declaration = Declaration::new("metamist_project", format!("metamist-project-{project}"));
                declaration.set("name", project.into());
                // Samples are never thrown away with a line of configuration.
                declaration.options.retain_on_delete = true;
                declaration
            })
        })
    }

    /// Who may do what in the dataset's projects in metamist.
    pub(super) fn metamist_members(&self) {
        let name = &self.dataset.name;
        let Some(gcp) = self.gcp().filter(|_| self.dataset.options.enable_metamist_project) else { return };
        if !self.site.is_here(name) {
            return;
        }
        let namespaces = [("main", name.clone(), format!("{name}-metamist-members"))];
        let test = self.test(("test", format!("{name}-test"), format!("{name}-metamist-test-members")));
        for (namespace, project, logical) in namespaces.into_iter().chain(test) {
            let lists = ["read", "contribute", "write"].map(|permission| {
                let group = format!("sample-metadata-{namespace}-{permission}");
                debug_assert!(cached(&group));
                super::sinks::addresses(self.site, &gcp, &self.group_name(&group))
            });
            let project = self.metamist_project(&project).attribute::<String>("name");
            self.site.declare(name, &[], || {
                let [readers, contributors, writers] = lists;
                let mut declaration = Declaration::new("metamist_project_members", logical.as_str());
                declaration.set("project", project.expr().clone());
                declaration.set("readers", readers.expr().clone());
                declaration.set("contributors", contributors.expr().clone());
                declaration.set("writers", writers.expr().clone());
                declaration.options.retain_on_delete = true;
                declaration
            });
        }
    }
}

/// An account as part of a name.
fn sanitised(account: &str) -> String {
    let name = account.strip_suffix(".iam.gserviceaccount.com");
    let name = name.unwrap_or_else(|| account.split('@').next().unwrap_or_default());
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' };
    name.chars().map(plain).collect::<String>().replace("--", "-")
}

#[cfg(test)]
mod tests {
    use super::sanitised;

    #[test]
    fn accounts_become_parts_of_names() {
        assert_eq!(sanitised("ro@ex-x.iam.gserviceaccount.com"), "ro-ex-x");
        assert_eq!(sanitised("a.b@example.org"), "a-b");
        assert_eq!(sanitised("a..b---c@example.org"), "a-b--c");
    }
}
