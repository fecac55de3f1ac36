//! The whole run: what belongs to no dataset, every dataset, and what is done once all groups are known.

use std::collections::BTreeSet;

use serde_json::json;

use super::access::hash;
use super::buckets::Level;
use super::config::{Centre, Cloud};
use super::gcp::text;
use super::groups::{Groups, Member, Memory};
use super::made::{Earlier, Resources};

/// Who looks into internal datasets.
const INTERNAL: &str = "internal-logs-access";
/// Who reads exported configuration.
pub(crate) const VIEWERS: &str = "analysis-runner-config-viewers-group";

impl Centre {
    /// Whether there is a broker of access for a time.
    pub(crate) fn has_broker(&self) -> bool {
        self.datasets.values().any(|dataset| dataset.allow_notebook_tmp_main_read)
    }

    /// The datasets, each after those that it depends on.
    fn in_order(&self) -> Vec<&str> {
        let mut done: Vec<&str> = Vec::new();
        while done.len() < self.datasets.len() {
            let ready = |name: &&String| {
                !done.contains(&name.as_str()) && self.dependencies(name).iter().all(|other| done.contains(other))
            };
            let next = self.datasets.keys().find(ready).expect("no dataset depends on itself");
            done.push(next);
        }
        done
    }
}

/// What the earlier program made of a configuration.
pub(crate) fn earlier(centre: &Centre) -> Earlier<'_> {
    let mut run = Earlier {
        centre,
        made: Resources::new(),
        told: Resources::new(),
        groups: Groups::default(),
        exported: Default::default(),
        rules: Default::default(),
        keeps_deleted: BTreeSet::new(),
    };
    run.organisation();
    for name in centre.in_order() {
        if centre.datasets[name].enable_metamist_project {
            run.metamist_projects(name);
        }
        for cloud in &centre.datasets[name].deploy_locations {
            run.dataset(run.on(name, *cloud));
        }
    }
    run.adhoc_groups();
    let enabled = |name: &str| centre.infrastructure.plugins_enabled.iter().any(|plugin| plugin == name);
    if enabled("billing_aggregator") {
        run.billing();
    }
    // B7: who is in a group was remembered by its name alone.
    let mut memory = Memory::new();
    run.finalize_groups(&mut memory);
    if enabled("metamist") {
        run.metamist(&mut memory);
    }
    for (name, dataset) in &centre.datasets {
        for cloud in &dataset.deploy_locations {
            if dataset.has(*cloud, "hail-accounts") {
                run.hail_members(run.on(name, *cloud), &mut memory);
            }
        }
        if dataset.enable_metamist_project {
            run.metamist_members(name, &mut memory);
        }
    }
    run.dropbox_server();
    run.export_infrastructure();
    run
}

impl Earlier<'_> {
    fn organisation(&mut self) {
        let common = self.common(Cloud::Gcp);
        let centre = &self.centre.infrastructure;
        let cache = self.members_cache();
        let mut reader = |key: &str, account: &str| self.grant(common, key, &cache, &text(account), Level::Read);
        if let Some(runner) = &centre.analysis_runner {
            reader("analysis-runner-members-group-cache-accessor", &runner.gcp.server_machine_account);
        }
        reader("sample-metadata-members-group-cache-accessor", &centre.metamist.gcp.legacy_machine_account);
        if let Some(web) = &centre.web_service {
            reader("web-service-members-group-cache-accessor", &web.gcp.server_machine_account);
        }
        self.named_group(common, "sample-metadata-invokers", None, false);
        let metamist = &centre.metamist.gcp;
        let service = (metamist.project.as_str(), metamist.service_name.as_str());
        let invokers = Member::Group("sample-metadata-invokers".to_owned());
        self.invoker(common, "sample-metadata-cloudrun-invokers", service, &invokers);
        let inputs = json!({
            "repositoryId": "python-registry", "project": common.dataset.gcp.project, "format": "PYTHON",
            "location": self.centre.gcp().region, "description": "Python packages for CPG",
        });
        self.make("gcp:artifactregistry/repository:Repository", "python-artifact-registry".to_owned(), inputs);
        if self.centre.has_broker() {
            let project = &common.dataset.gcp.project;
            let inputs = json!({
                "accountId": "pam-broker", "displayName": "PAM Broker for GitHub Actions", "project": project,
                "description": "Service account used by GitHub Actions to request PAM grants",
                "createIgnoreAlreadyExists": true,
            });
            self.make("gcp:serviceaccount/account:Account", format!("{project}-pam-broker"), inputs);
        }
    }

    /// The group of those who look into internal datasets, made when it is first named.
    pub(crate) fn internal_logs(&mut self) -> Member {
        let common = self.common(Cloud::Gcp);
        self.named_group(common, INTERNAL, None, true);
        for (key, user) in &self.centre.infrastructure.users {
            if !user.can_access_internal_dataset_logs {
                continue;
            }
            if let Some((_, member)) = self.person("", key, Cloud::Gcp) {
                let name = common.nm(&format!("{INTERNAL}-{}", hash("", &user.id, Cloud::Gcp)));
                self.put(Cloud::Gcp, INTERNAL, name, member);
            }
        }
        Member::Group(INTERNAL.to_owned())
    }

    /// The group of those who read exported configuration, made when it is first named.
    pub(crate) fn config_viewers(&mut self) {
        let common = self.common(Cloud::Gcp);
        self.named_group(common, VIEWERS, None, false);
        let bucket = &self.centre.gcp().config_bucket_name;
        let viewers = Member::Group(VIEWERS.to_owned());
        self.grant(common, "analysis-runner-config-viewers", bucket, &viewers, Level::Read);
    }

    fn adhoc_groups(&mut self) {
        let common = self.common(Cloud::Gcp);
        for group in &self.centre.infrastructure.adhoc_groups {
            self.named_group(common, &group.name, Some(&group.description), false);
            for key in &group.members {
                if let Some((_, member)) = self.person("", key, Cloud::Gcp) {
                    let name = common.nm(&format!("{}-{}", group.name, hash("", key, Cloud::Gcp)));
                    self.put(Cloud::Gcp, &group.name, name, member);
                }
            }
        }
    }
}
