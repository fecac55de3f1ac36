//! Access to all data for a time.

use cpg_config::{Cloud, Component, Dataset};

use super::{Driver, organisation, person};
use crate::groups::Member;
use crate::infra::TemporaryAccess;

const GROUP: &str = "tmp-main-read-access";

/// Whether somebody may ask to read a dataset's data for a time.
fn asks(dataset: &Dataset) -> bool {
    dataset.options.allow_notebook_tmp_main_read || !dataset.members.tmp_main_read_access.is_empty()
}

impl Driver<'_> {
    pub(super) fn temporary_main_read(&self) {
        let (Some(gcp), Some(temporary)) = (self.gcp(), self.infra().temporary()) else { return };
        let group = self.group(GROUP);
        let configuration = self.site.configuration;
        let depended_on = configuration
            .datasets
            .values()
            .any(|other| asks(other) && other.named_dependencies().any(|name| name.value == self.dataset.name));
        if !asks(self.dataset) && !depended_on {
            return;
        }
        gcp.project_role("tmp-main-read-access-project-browser", &group, "roles/browser", None, &[]);
        // Without a broker nobody could ask; the check of the configuration has said so.
        let Some(broker) = organisation::broker(self.site) else { return };
        for key in &self.dataset.members.tmp_main_read_access {
            let Some((id, member)) = person(self.site, &key.value, Cloud::Gcp) else { continue };
            self.add(GROUP, &format!("tmp-main-read-access-member-{}", self.hash(&id)), member);
        }
        let notebooks = self.dataset.options.allow_notebook_tmp_main_read && self.has(Component::Notebooks);
        if let Some(account) = notebooks.then(|| self.notebook_account()).flatten() {
            gcp.token_creator("pam-broker-token-creator", &account, &Member::Account(broker));
            self.add(GROUP, "notebook-sa-in-tmp-main-read-access", Member::Account(account.email));
        }
        let (key, bucket) = ("temporary-bucket-access-main-read", self.main_bucket());
        let id = temporary.create_temporary_bucket_access(key, &bucket, TemporaryAccess::Read, &self.group_name(GROUP));
        self.site.export(&self.dataset.name, &["pam_entitlement"], &plan::Output::known(id));
    }
}
