//! Buckets, and who may do what with them.

use cpg_config::Upload;
use plan::{Output, text};

use super::{Driver, organisation, person};
use crate::exports::{Namespace, storage};
use crate::groups::Member;
use crate::infra::{
    Account, AccountAccess, Bucket, BucketAccess, BucketOptions, Infra, Rule, TEMPORARY_DAYS, UNDELETE_DAYS,
};

use BucketAccess::{Append, List, Mutate, Read};

/// Key, group, access: who may do what with a bucket.
type Grants = &'static [(&'static str, &'static str, BucketAccess)];

const ARCHIVE: Grants =
    &[("main-list-archive-bucket", "main-list", List), ("full-archive-bucket-admin", "full", Mutate)];
const MAIN: Grants = &[
    ("main-read-main-bucket-read", "main-read", Read),
    ("main-create-main-bucket-view-create", "main-create", Append),
    ("full-main-bucket-admin", "full", Mutate),
];
const MAIN_TMP: Grants = &[
    ("main-read-main-tmp-bucket-read", "main-read", Read),
    ("main-create-main-tmp-bucket-view-create", "main-create", Append),
    ("full-main-tmp-bucket-admin", "full", Mutate),
];
const MAIN_ANALYSIS: Grants = &[
    ("analysis-group-main-analysis-bucket-viewer", "analysis", Read),
    ("main-read-main-analysis-bucket-viewer", "main-read", Read),
    ("main-create-main-analysis-bucket-view-create", "main-create", Append),
    ("full-main-analysis-bucket-admin", "full", Mutate),
];
const MAIN_WEB: Grants = &[
    ("analysis-group-main-web-bucket-viewer", "analysis", Read),
    // The key has always said viewer.
    ("main-read-main-web-bucket-viewer", "main-read", Read),
    ("full-main-web-bucket-admin", "full", Mutate),
];
const RELEASE: Grants = &[
    ("analysis-group-release-bucket-viewer", "analysis", Read),
    ("release-access-group-release-bucket-viewer", "release-access", Read),
    ("full-release-bucket-admin", "full", Mutate),
];

impl Driver<'_> {
    pub(super) fn storage(&self) {
        let list = self.group("main-list");
        self.infra().give_member_ability_to_list_buckets("project-buckets-lister", &list);
        let age = i64::from(self.dataset.options.archive_age);
        let rules = vec![Rule::Archive(age), Rule::Undelete(UNDELETE_DAYS)];
        self.grant(&self.infra().create_bucket("archive", &BucketOptions::new(rules)), ARCHIVE);
        self.grant(&self.kept("main"), MAIN);
        self.grant(&self.temporary("main-tmp"), MAIN_TMP);
        self.grant(&self.kept("main-analysis"), MAIN_ANALYSIS);
        self.grant(&self.kept("main-web"), MAIN_WEB);
        self.web_server("main-web");
        self.upload_buckets();
        if self.dataset.options.setup_test {
            self.test_buckets();
        }
        if self.dataset.options.enable_release {
            self.grant(&self.release_bucket(), RELEASE);
        }
        self.project_roles();
        self.exported_storage();
    }

    /// A bucket of which nothing is lost for a while.
    fn kept(&self, name: &str) -> Bucket {
        let mut options = BucketOptions::new(vec![Rule::Undelete(UNDELETE_DAYS)]);
        options.autoclass = self.dataset.options.autoclass;
        self.infra().create_bucket(name, &options)
    }

    /// A bucket whose objects are soon deleted.
    fn temporary(&self, name: &str) -> Bucket {
        let mut options = BucketOptions::new(vec![Rule::Temporary(TEMPORARY_DAYS, Vec::new())]);
        (options.versioning, options.soft_delete) = (false, false);
        self.infra().create_bucket(name, &options)
    }

    /// The bucket of all data.
    pub(super) fn main_bucket(&self) -> Bucket {
        self.kept("main")
    }

    /// The bucket of releases, for which those who read it pay.
    pub(super) fn release_bucket(&self) -> Bucket {
        let mut options = BucketOptions::new(vec![Rule::Undelete(UNDELETE_DAYS)]);
        (options.autoclass, options.requester_pays) = (self.dataset.options.autoclass, true);
        self.infra().create_bucket("release", &options)
    }

    fn grant(&self, bucket: &Bucket, grants: Grants) {
        for (key, group, access) in grants {
            self.infra().add_member_to_bucket(key, &bucket.name, &self.group(group), *access);
        }
    }

    /// Lets the server of reports read a bucket.
    fn web_server(&self, bucket: &str) {
        let web = self.site.configuration.infrastructure.web_service.as_ref().filter(|_| self.gcp().is_some());
        if let Some(web) = web {
            let server = Member::Literal(web.gcp.server_machine_account.clone());
            let key = format!("web-server-{bucket}-bucket-viewer");
            self.infra().add_member_to_bucket(&key, &self.kept(bucket).name, &server, Read);
        }
    }

    fn test_buckets(&self) {
        if self.dataset.name == self.site.common() {
            let key = format!("{}-test-accessing-main", self.dataset.name);
            self.infra().add_member_to_bucket(&key, &self.main_bucket().name, &self.group("test-read"), Read);
        }
        for name in ["test", "test-analysis", "test-tmp", "test-web", "test-upload"] {
            let bucket = if name == "test-tmp" { self.temporary(name) } else { self.kept(name) };
            let grant = |group: &str, what: &str, access| {
                self.infra().add_member_to_bucket(
                    &format!("{group}-{name}-{what}"),
                    &bucket.name,
                    &self.group(group),
                    access,
                );
            };
            grant("test-full", "admin", Mutate);
            grant("test-read", "read", Read);
        }
        self.web_server("test-web");
    }

    /// The account by which data are uploaded.
    fn upload_account(&self) -> Account {
        self.infra().create_machine_account("main-upload", None, None)
    }

    fn upload_buckets(&self) {
        let nothing = Upload::default();
        let upload = self.dataset.upload.as_ref().unwrap_or(&nothing);
        self.upload_bucket("main-upload", &self.kept("main-upload"), &upload.default_bucket.uploaders);
        for bucket in &upload.additional_buckets {
            let name = format!("main-upload-{}", bucket.name.value);
            self.upload_bucket(&name, &self.kept(&name), &bucket.uploaders);
        }
        for dropbox in &upload.dropboxes {
            let name = format!("main-upload-db-{}", dropbox.id.value);
            let mut options = BucketOptions::new(vec![Rule::Temporary(TEMPORARY_DAYS, vec!["incomplete/".to_owned()])]);
            (options.versioning, options.soft_delete) = (false, false);
            self.upload_bucket(&name, &self.infra().create_bucket(&name, &options), &[]);
        }
    }

    fn upload_bucket(&self, name: &str, bucket: &Bucket, uploaders: &[plan::config::Placed<String>]) {
        let grant = |key: String, member: &Member, access| {
            self.infra().add_member_to_bucket(&key, &bucket.name, member, access);
        };
        for key in uploaders {
            let Some((id, member)) = person(self.site, &key.value, self.cloud()) else { continue };
            grant(format!("main-upload-{name}-uploader-{}", self.hash(&id)), &member, Mutate);
        }
        let account = Member::Account(self.upload_account().email);
        grant(format!("main-upload-service-account-{name}-bucket-creator"), &account, Mutate);
        let dropbox = self.site.configuration.infrastructure.data_dropbox.as_ref().filter(|_| self.gcp().is_some());
        if let Some(dropbox) = dropbox {
            let server = Member::Literal(dropbox.gcp.server_machine_account.clone());
            grant(format!("dropbox-server-service-account-{name}-bucket-creator"), &server, Mutate);
        }
        grant(format!("main-upload-upload-group-{name}-bucket-admin"), &self.group("upload"), Mutate);
        grant(format!("full-{name}-bucket-admin"), &self.group("full"), Mutate);
        grant(format!("main-read-{name}-bucket-viewer"), &self.group("main-read"), Read);
        grant(format!("analysis-group-{name}-bucket-viewer"), &self.group("analysis"), Read);
    }

    fn project_roles(&self) {
        let manager = self.group("data-manager");
        if let Some(gcp) = self.gcp() {
            for (key, group) in [("analysis-group", "analysis"), ("standard", "standard"), ("full", "full")]
                .into_iter()
                .chain(self.test(("test", "test")))
            {
                let key = format!("{key}-serviceusage-consumer");
                gcp.project_role(&key, &self.group(group), "roles/serviceusage.serviceUsageConsumer", None, &[]);
            }
            gcp.project_role("data-manager-project-iam-viewer", &manager, "roles/iam.roleViewer", None, &[]);
        }
        let (key, access) = ("data-manager-credentials-generator", AccountAccess::CredentialsAdmin);
        self.infra().add_member_to_machine_account_role(key, &self.upload_account(), &manager, access);
    }

    /// Where the dataset's data and those of its dependencies are, for programs that read them.
    fn exported_storage(&self) {
        let configuration = self.site.configuration;
        let destination = &configuration.infrastructure.config_destination.value;
        let within = destination.strip_prefix("gs://").and_then(|rest| rest.split_once('/'));
        let Some((bucket, prefix)) = within.filter(|_| self.site.is_here(&self.dataset.name)) else { return };
        let cloud = self.cloud().name();
        for namespace in Namespace::of(self.dataset) {
            let path = |dataset: &cpg_config::Dataset, name: &str| {
                self.on.of_dataset(dataset).infra().bucket_output_path(name)
            };
            let tree = storage(configuration, self.dataset, self.cloud(), *namespace, &path);
            let content = Output::known(tree.to_toml());
            let file = format!("{}-{}", self.dataset.name, namespace.name());
            let name = format!("storage-config-{cloud}-{file}");
            let at = format!("{prefix}/storage/{cloud}/{file}.toml");
            // Wherever the data are, programs look on Google Cloud; those on Azure find it there, too.
            if let Some(common) = organisation::common(self.site) {
                common.of_dataset(self.dataset).add_blob_to_bucket(&name, &Output::known(bucket), &at, &content);
            }
            if let Some(container) = organisation::config_container(&self.on) {
                self.infra().add_blob_to_bucket(&name, &container.name, &at, &content);
            }
        }
    }
}

/// The address of a bucket.
pub(super) fn address(bucket: &Bucket) -> Output<String> {
    text("gs://{}", [&bucket.name])
}
