//! The buckets of a dataset, and who may do what with them.

use super::buckets::{Kind, Level};
use super::config::Cloud;
use super::gcp::{account, text};
use super::groups::Member;
use super::made::{Earlier, On};
use Level::{Append, List, Mutate, Read};

/// Key, group, and what it may do.
type Grant = (&'static str, &'static str, Level);

const MAIN: [(&str, Kind, &[Grant]); 5] = [
    (
        "archive",
        Kind::Archive,
        &[("main-list-archive-bucket", "main-list", List), ("full-archive-bucket-admin", "full", Mutate)],
    ),
    (
        "main",
        Kind::Data,
        &[
            ("main-read-main-bucket-read", "main-read", Read),
            ("main-create-main-bucket-view-create", "main-create", Append),
            ("full-main-bucket-admin", "full", Mutate),
        ],
    ),
    (
        "main-tmp",
        Kind::Temporary,
        &[
            ("main-read-main-tmp-bucket-read", "main-read", Read),
            ("main-create-main-tmp-bucket-view-create", "main-create", Append),
            ("full-main-tmp-bucket-admin", "full", Mutate),
        ],
    ),
    (
        "main-analysis",
        Kind::Data,
        &[
            ("analysis-group-main-analysis-bucket-viewer", "analysis", Read),
            ("main-read-main-analysis-bucket-viewer", "main-read", Read),
            ("main-create-main-analysis-bucket-view-create", "main-create", Append),
            ("full-main-analysis-bucket-admin", "full", Mutate),
        ],
    ),
    (
        "main-web",
        Kind::Data,
        &[
            ("analysis-group-main-web-bucket-viewer", "analysis", Read),
            // B6: it is called a viewer.
            ("main-read-main-web-bucket-viewer", "main-read", Append),
            ("full-main-web-bucket-admin", "full", Mutate),
        ],
    ),
];

const TEST: [(&str, Kind); 5] = [
    ("test", Kind::Data),
    ("test-analysis", Kind::Data),
    ("test-tmp", Kind::Temporary),
    ("test-web", Kind::Data),
    ("test-upload", Kind::Data),
];

const RELEASE: [Grant; 3] = [
    ("analysis-group-release-bucket-viewer", "analysis", Read),
    ("release-access-group-release-bucket-viewer", "release-access", Read),
    ("full-release-bucket-admin", "full", Mutate),
];

impl Earlier<'_> {
    pub(crate) fn storage(&mut self, on: On<'_>) {
        let lister = self.group(on, "main-list");
        self.let_list_buckets(on, "project-buckets-lister", &lister);
        for (name, kind, grants) in MAIN {
            let bucket = self.bucket(on, name, kind);
            self.grants(on, &bucket, grants);
        }
        self.web_server(on, "main-web");
        self.upload_buckets(on);
        if on.dataset.setup_test {
            self.test_buckets(on);
        }
        if on.dataset.enable_release {
            let bucket = self.bucket(on, "release", Kind::Release);
            self.grants(on, &bucket, &RELEASE);
        }
        if on.is_gcp() {
            self.roles_on_project(on);
        }
        self.export(on);
    }

    fn grants(&mut self, on: On<'_>, bucket: &str, grants: &[Grant]) {
        for (key, group, level) in grants {
            let member = self.group(on, group);
            self.grant(on, key, bucket, &member, *level);
        }
    }

    fn web_server(&mut self, on: On<'_>, name: &str) {
        let Some(web) = self.centre.infrastructure.web_service.as_ref().filter(|_| on.is_gcp()) else { return };
        let bucket = self.bucket(on, name, Kind::Data);
        let member = text(&web.gcp.server_machine_account);
        self.grant(on, &format!("web-server-{name}-bucket-viewer"), &bucket, &member, Read);
    }

    /// The account by which data come in.
    fn uploading(&mut self, on: On<'_>) -> Member {
        match on.cloud {
            Cloud::Gcp => {
                let project = &on.dataset.gcp.project;
                self.google_account(on, "service-account-main-upload", "main-upload", project).member()
            }
            Cloud::Azure => self.identity(on, "main-upload"),
        }
    }

    fn upload_buckets(&mut self, on: On<'_>) {
        let upload = &on.dataset.upload_config;
        let mut buckets = vec![("main-upload".to_owned(), Kind::Data, upload.default_bucket.uploaders.as_slice())];
        for more in &upload.additional_buckets {
            buckets.push((format!("main-upload-{}", more.name), Kind::Data, more.uploaders.as_slice()));
        }
        for dropbox in &upload.dropboxes {
            buckets.push((format!("main-upload-db-{}", dropbox.id), Kind::Dropbox, &[]));
        }
        for (n, kind, uploaders) in buckets {
            let bucket = self.bucket(on, &n, kind);
            for uploader in uploaders {
                let (hash, member) = self.person(on.name, uploader, on.cloud).expect("who uploads is in the cloud");
                self.grant(on, &format!("main-upload-{n}-uploader-{hash}"), &bucket, &member, Mutate);
            }
            let account = self.uploading(on);
            self.grant(on, &format!("main-upload-service-account-{n}-bucket-creator"), &bucket, &account, Mutate);
            let dropbox = self.centre.infrastructure.data_dropbox.as_ref().filter(|_| on.is_gcp());
            if let Some(dropbox) = dropbox {
                let member = text(&dropbox.gcp.server_machine_account);
                let key = format!("dropbox-server-service-account-{n}-bucket-creator");
                self.grant(on, &key, &bucket, &member, Mutate);
            }
            let groups = [
                (format!("main-upload-upload-group-{n}-bucket-admin"), "upload", Mutate),
                (format!("full-{n}-bucket-admin"), "full", Mutate),
                (format!("main-read-{n}-bucket-viewer"), "main-read", Read),
                (format!("analysis-group-{n}-bucket-viewer"), "analysis", Read),
            ];
            for (key, group, level) in groups {
                let member = self.group(on, group);
                self.grant(on, &key, &bucket, &member, level);
            }
        }
    }

    fn test_buckets(&mut self, on: On<'_>) {
        let (full, read) = (self.group(on, "test-full"), self.group(on, "test-read"));
        if on.name == self.centre.common() {
            let main = self.bucket(on, "main", Kind::Data);
            self.grant(on, &format!("{}-test-accessing-main", on.name), &main, &read, Read);
        }
        for (name, kind) in TEST {
            let bucket = self.bucket(on, name, kind);
            self.grant(on, &format!("test-full-{name}-admin"), &bucket, &full, Mutate);
            self.grant(on, &format!("test-read-{name}-read"), &bucket, &read, Read);
        }
        self.web_server(on, "test-web");
    }

    fn roles_on_project(&mut self, on: On<'_>) {
        let consumer = "roles/serviceusage.serviceUsageConsumer";
        for (key, group) in Self::levels_and_analysis(on) {
            let member = self.group(on, group);
            let key = format!("{key}-serviceusage-consumer");
            self.google_role(on, &key, &on.dataset.gcp.project, consumer, &member);
        }
        let managers = self.group(on, "data-manager");
        self.google_role(
            on,
            "data-manager-project-iam-viewer",
            &on.dataset.gcp.project,
            "roles/iam.roleViewer",
            &managers,
        );
        let uploading = account("main-upload", &on.dataset.gcp.project);
        let (key, role) = ("data-manager-credentials-generator", "roles/iam.serviceAccountKeyAdmin");
        self.google_account_role(on, key, &uploading, role, &managers);
    }

    /// The groups of analysts and of each access level, with what they are called in keys.
    pub(crate) fn levels_and_analysis(on: On<'_>) -> Vec<(&'static str, &'static str)> {
        let levels = on.dataset.levels().into_iter().map(|level| (level, level));
        [("analysis-group", "analysis")].into_iter().chain(levels).collect()
    }
}
