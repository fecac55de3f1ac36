//! Who may do what with sample metadata.

use super::gcp::text;
use super::groups::{Member, Memory, sorted};
use super::made::{Earlier, On};
use crate::oracle::config::Cloud;
use serde_json::json;

const ALL: [&str; 6] = ["test-read", "test-write", "test-contribute", "main-read", "main-write", "main-contribute"];

/// Row, group, and what it may do.
const ROWS: [(&str, &str, &[&str]); 10] = [
    ("human", "analysis", &["main-read", "main-contribute", "test-read", "test-write", "test-contribute"]),
    ("data-manager-group", "data-manager", &ALL),
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
    ("full", "full", &ALL),
    ("metadata-write-group", "metadata-write", &["main-read", "main-write", "test-read", "test-write"]),
];

impl Earlier<'_> {
    pub(crate) fn metadata(&mut self, on: On<'_>) {
        for what in ALL {
            self.group(on, &format!("sample-metadata-{what}"));
        }
        let centre = &self.centre.infrastructure;
        if let Some(coordinator) = &centre.billing.coordinator_machine_account {
            let key = "sample-metadata-main-read-billing-coordinator";
            self.add(on, "sample-metadata-main-read", key, text(coordinator));
        }
        for (row, group, what) in ROWS {
            let member = self.group(on, group);
            self.may(on, row, &member, what);
        }
        if let Some(runner) = &centre.analysis_runner {
            self.may(on, "analysis-runner-logger", &text(&runner.gcp.logger_machine_account), &ALL);
        }
        for account in &on.dataset.sm_read_only_sas {
            self.may(on, &short(account), &text(account), &["main-read"]);
        }
        for account in &on.dataset.sm_read_write_sas {
            self.may(on, &short(account), &text(account), &["main-read", "main-write"]);
        }
        self.invokers(on);
        // B4: both accounts were put in under this name, and the later one has it.
        let legacy = text(&centre.metamist.gcp.legacy_machine_account);
        self.add(on, "main-list", "metamist-service-account-in-main-list", legacy);
    }

    fn may(&mut self, on: On<'_>, row: &str, member: &Member, what: &[&str]) {
        for what in what {
            let key = format!("sample-metadata-{what}-{row}-group-membership");
            self.add(on, &format!("sample-metadata-{what}"), &key, member.clone());
        }
    }

    fn invokers(&mut self, on: On<'_>) {
        let groups = ALL.into_iter().map(|what| (format!("sample-metadata-{what}"), format!("sample-metadata-{what}")));
        let analysis = ("sample-metadata-analysis".to_owned(), "analysis".to_owned());
        for (key, group) in groups.chain([analysis]) {
            let member = self.group(on, &group);
            self.put(on.cloud, "sample-metadata-invokers", on.nm(&format!("{key}-invoker")), member);
        }
    }

    /// The projects in metamist.
    pub(crate) fn metamist_projects(&mut self, name: &str) {
        let dataset = &self.centre.datasets[name];
        let test = dataset.setup_test.then(|| format!("{name}-test"));
        for project in [name.to_owned()].into_iter().chain(test) {
            let inputs = json!({ "project_name": project });
            self.make("dynamic:MetamistProjectProvider", format!("metamist-project-{project}"), inputs);
        }
    }

    /// Who is in the projects in metamist.
    pub(crate) fn metamist_members(&mut self, name: &str, memory: &mut Memory) {
        let namespaces: &[&str] = if self.centre.datasets[name].setup_test { &["main", "test"] } else { &["main"] };
        for namespace in namespaces {
            let mut of = |what: &str| {
                let group = format!("{name}-sample-metadata-{namespace}-{what}");
                let there = self.groups.of.contains_key(&(Cloud::Gcp, group.clone()));
                if there { sorted(&self.groups.resolve(Cloud::Gcp, &group, memory)) } else { Vec::new() }
            };
            let (read, contribute, write) = (of("read"), of("contribute"), of("write"));
            let (project, middle) =
                if *namespace == "test" { (format!("{name}-test"), "-test") } else { (name.to_owned(), "") };
            let inputs = json!({
                "project_name": project, "read_members": read, "contribute_members": contribute, "write_members": write,
            });
            let full = format!("{name}-metamist{middle}-members");
            self.make("dynamic:MetamistProjectMembersProvider", full, inputs);
        }
    }
}

/// What stands for an account in names.
fn short(account: &str) -> String {
    let cut = account.strip_suffix(".iam.gserviceaccount.com");
    let cut = cut.unwrap_or_else(|| account.split('@').next().unwrap_or_default());
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' };
    cut.chars().map(plain).collect::<String>().replace("--", "-")
}
