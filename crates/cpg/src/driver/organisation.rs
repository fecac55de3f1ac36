//! What belongs to no dataset: groups and services that all of them use.

use std::fmt::Write as _;

use cpg_config::{Cloud, Dropbox};
use plan::expr::to_json;
use plan::value::Value;
use plan::{Declaration, IntoExpr, Output};

use super::{Driver, ensure_group, hash, person, storage};
use crate::exports::Tree;
use crate::gcp::Gcp;
use crate::groups::Member;
use crate::infra::{Bucket, BucketAccess, BucketOptions, Infra, SecretAccess, SecretName};
use crate::on::On;
use crate::site::{Handle, Site};

/// The common dataset on Google Cloud, if it is there.
pub(super) fn common<'a>(site: &'a Site<'a>) -> Option<Gcp<'a>> {
    Gcp::of(site, site.configuration.common().filter(|common| common.is_in(Cloud::Gcp))?)
}

/// What is there before any dataset.
pub(super) fn before(site: &Site<'_>) {
    let azure = site.configuration.common().filter(|common| common.is_in(Cloud::Azure));
    if let Some(on) = azure.and_then(|common| On::of(site, common, Cloud::Azure)) {
        config_container(&on);
    }
    let Some(gcp) = common(site) else { return };
    let infrastructure = &site.configuration.infrastructure;
    site.export(site.common(), &["organisation"], &site.organisation);
    let cache = cache_bucket(&gcp);
    site.export(site.common(), &["members_cache_bucket"], &storage::address(&cache));
    let readers = [
        ("analysis-runner", infrastructure.analysis_runner.as_ref().map(|runner| &runner.gcp.server_machine_account)),
        ("sample-metadata", infrastructure.metamist.as_ref().map(|metamist| &metamist.gcp.legacy_machine_account)),
        ("web-service", infrastructure.web_service.as_ref().map(|web| &web.gcp.server_machine_account)),
    ];
    for (service, account) in readers {
        if let Some(account) = account {
            let (key, member) = (format!("{service}-members-group-cache-accessor"), Member::Literal(account.clone()));
            gcp.add_member_to_bucket(&key, &cache.name, &member, BucketAccess::Read);
        }
    }
    if let Some(metamist) = &infrastructure.metamist {
        let invokers = Member::Group(invokers_group(site, &gcp));
        let (key, service) = ("sample-metadata-cloudrun-invokers", &metamist.gcp.service_name);
        gcp.add_cloudrun_invoker(key, &metamist.gcp.project, service, &invokers);
    }
    python_registry(&gcp);
    broker(site);
}

/// The bucket that services read the members of groups from.
pub(super) fn cache_bucket(gcp: &Gcp<'_>) -> Bucket {
    let name = format!("{}members-group-cache", gcp.storage_prefix());
    let mut options = BucketOptions::new(Vec::new());
    options.unique = true;
    gcp.common().create_bucket(&name, &options)
}

/// The group of all that may call metamist.
pub(super) fn invokers_group(_: &Site<'_>, gcp: &Gcp<'_>) -> String {
    let name = "sample-metadata-invokers";
    ensure_group(&On::Gcp(gcp.common()), name, None, false);
    name.to_owned()
}

/// The group of all that may read exported configuration.
pub(super) fn config_viewers_group(driver: &Driver<'_>) -> String {
    let name = "analysis-runner-config-viewers-group";
    let common = driver.on.common();
    if ensure_group(&common, name, None, false) {
        let bucket = match config_container(&common) {
            Some(container) => container.name,
            None => driver
                .site
                .configuration
                .infrastructure
                .gcp
                .as_ref()
                .map_or_else(|| Output::known(""), |section| Output::known(&section.config_bucket_name)),
        };
        let group = Member::Group(name.to_owned());
        common.infra().add_member_to_bucket("analysis-runner-config-viewers", &bucket, &group, BucketAccess::Read);
    }
    name.to_owned()
}

/// Where programs on Azure find exported configuration; on Google Cloud it is in a bucket that exists.
pub(super) fn config_container(on: &On<'_>) -> Option<Bucket> {
    let (On::Azure(_), Some(section)) = (on, &on.site().configuration.infrastructure.azure) else { return None };
    let mut options = BucketOptions::new(Vec::new());
    options.unique = true;
    Some(on.common().infra().create_bucket(&section.config_bucket_name, &options))
}

/// The group of those who may see the logs of internal datasets.
pub(super) fn internal_logs_group(driver: &Driver<'_>) -> Member {
    let name = "internal-logs-access";
    let common = driver.on.common();
    let new = ensure_group(&common, name, None, true);
    for (key, user) in &driver.site.configuration.infrastructure.users {
        if let Some((id, member)) = person(driver.site, key, Cloud::Gcp)
            && new
            && user.value.can_access_internal_dataset_logs
        {
            let name_of = common.infra().logical_name(&format!("internal-logs-access-{}", hash("", &id, Cloud::Gcp)));
            driver.site.member(Cloud::Gcp, name, name_of, member);
        }
    }
    Member::Group(name.to_owned())
}

/// The address of the account that asks for access for a time; `None` if no dataset lets notebooks ask.
pub(super) fn broker(site: &Site<'_>) -> Option<Output<String>> {
    let asked = site.configuration.datasets.values().any(|dataset| dataset.options.allow_notebook_tmp_main_read);
    let gcp = common(site).filter(|_| asked)?;
    Some(gcp.broker_account())
}

pub(super) fn adhoc_groups(site: &Site<'_>) {
    let Some(gcp) = common(site) else { return };
    for group in &site.configuration.infrastructure.adhoc_groups {
        let (name, members) = (&group.value.name.value, &group.value.members);
        ensure_group(&On::Gcp(gcp), name, Some(&group.value.description), false);
        for key in members {
            let Some((_, member)) = person(site, &key.value, Cloud::Gcp) else { continue };
            let logical = gcp.logical_name(&format!("{name}-{}", hash("", &key.value, Cloud::Gcp)));
            site.member(Cloud::Gcp, name, logical, member);
        }
    }
}

/// What is there when all datasets are.
pub(super) fn after(site: &Site<'_>) {
    let Some(gcp) = common(site) else { return };
    dropboxes(site, &gcp);
    infrastructure_file(site, &gcp);
}

/// What the service that takes in uploads is told.
fn dropboxes(site: &Site<'_>, gcp: &Gcp<'_>) {
    let Some(section) = &site.configuration.infrastructure.data_dropbox else { return };
    let boxes = site.configuration.datasets.values().flat_map(|dataset| {
        let upload = dataset.upload.iter().flat_map(|upload| &upload.dropboxes);
        upload.map(|dropbox| dropbox_json(site, dropbox, &dataset.name))
    });
    let content = format!("{{\"dropboxes\": [{}]}}", boxes.collect::<Vec<_>>().join(", "));
    let project = Output::known(&section.gcp.project);
    let secret = gcp.create_secret("dropbox-server-config", &project, None);
    gcp.add_secret_version("data-dropbox-server-config-latest", &secret, &Output::known(content).to_base64());
    let server = Member::Literal(section.gcp.server_machine_account.clone());
    let (key, secret) = ("data-dropbox-server-config-accessor", SecretName::Made(&secret));
    gcp.add_secret_member(key, &secret, &server, SecretAccess::Accessor);
}

/// One dropbox as JSON, its keys in the order that readers are used to.
fn dropbox_json(site: &Site<'_>, dropbox: &Dropbox, dataset: &str) -> String {
    let text = |text: &str| ascii(&to_json(&Value::from(text)));
    let list = |texts: &[String]| format!("[{}]", texts.iter().map(|one| text(one)).collect::<Vec<_>>().join(", "));
    let maybe = |given: Option<&str>| given.map_or_else(|| "null".to_owned(), text);
    let number = |given: Option<i64>| given.map_or_else(|| "null".to_owned(), |number| number.to_string());
    let uploaders = dropbox.uploaders.iter().filter_map(|key| {
        site.configuration
            .infrastructure
            .users
            .get(&key.value)?
            .value
            .clouds
            .gcp
            .as_ref()
            .map(|gcp| gcp.id.value.clone())
    });
    let entries = [
        ("id", text(&dropbox.id.value)),
        ("name", text(&dropbox.name)),
        ("allowed_filetypes", list(&dropbox.allowed_filetypes)),
        ("uploaders", list(&uploaders.collect::<Vec<_>>())),
        ("max_concurrent_files", number(dropbox.max_concurrent_files)),
        ("description", maybe(dropbox.description.as_deref())),
        ("max_file_size", number(dropbox.max_file_size)),
        ("move_to_bucket", maybe(dropbox.move_to_bucket.as_ref().map(|bucket| bucket.value.as_str()))),
        ("slack_notification_channel_id", maybe(dropbox.slack_notification_channel_id.as_deref())),
        ("project", text(dataset)),
    ];
    let entries = entries.map(|(key, value)| format!("\"{key}\": {value}"));
    format!("{{{}}}", entries.join(", "))
}

/// JSON text in ASCII alone.
fn ascii(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a `String` does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// What programs are told of the centre.
fn infrastructure_file(site: &Site<'_>, gcp: &Gcp<'_>) {
    let infrastructure = &site.configuration.infrastructure;
    let within = infrastructure.config_destination.value.strip_prefix("gs://").and_then(|rest| rest.split_once('/'));
    let Some((bucket, prefix)) = within else { return };
    let hail = infrastructure.hail.as_ref().map(|hail| &hail.gcp);
    let entries = [
        ("members_cache_location", Some(format!("gs://{}members-group-cache", gcp.storage_prefix()))),
        ("git_credentials_secret_name", hail.and_then(|hail| hail.git_credentials_secret_name.clone())),
        ("git_credentials_secret_project", hail.and_then(|hail| hail.git_credentials_secret_project.clone())),
    ];
    let entries = entries.into_iter().filter_map(|(key, text)| Some((key, text?)));
    let tree = Tree::new().with("infrastructure", Tree::texts(entries));
    let path = format!("{prefix}/infrastructure.toml");
    gcp.add_blob_to_bucket("infrastructure-config", &Output::known(bucket), &path, &Output::known(tree.to_toml()));
}

/// What the registry of Python packages is called.
pub(crate) const PYTHON_REGISTRY: &str = "python-registry";

/// The registry of Python packages.
pub(crate) fn python_registry(gcp: &Gcp<'_>) -> Handle {
    gcp.site.once("python registry", || {
        gcp.site.declare(&gcp.dataset.name, &["registries", PYTHON_REGISTRY], || {
            let mut registry =
                Declaration::new("artifactregistry.googleapis.com/Repository", "python-artifact-registry");
            let section = gcp.site.configuration.infrastructure.gcp.as_ref();
            let parent =
                format!("projects/{{}}/locations/{}", section.map(|gcp| gcp.region.as_str()).unwrap_or_default());
            registry.set("parent", plan::text(&parent, [gcp.project_id()]).into_expr());
            registry.set("repositoryId", PYTHON_REGISTRY.into());
            registry.set("format", "PYTHON".into());
            registry.set("description", "Python packages for CPG".into());
            registry
        })
    })
}

impl Gcp<'_> {
    fn broker_account(&self) -> Output<String> {
        let logical = format!("{}-pam-broker", self.dataset.options.gcp.project);
        let handle = self.site.once(&format!("account {logical}"), || {
            self.site.declare(&self.dataset.name, &["accounts", "pam-broker"], || {
                let mut account = Declaration::new("iam.googleapis.com/ServiceAccount", logical.as_str());
                account.set("accountId", "pam-broker".into());
                account.set("displayName", "PAM Broker for GitHub Actions".into());
                account.set("description", "Service account used by GitHub Actions to request PAM grants".into());
                account.set("projectId", self.project_id().into_expr());
                account
            })
        });
        let email = handle.attribute("email");
        self.site.export(&self.dataset.name, &["accounts", "pam-broker", "email"], &email);
        email
    }
}
