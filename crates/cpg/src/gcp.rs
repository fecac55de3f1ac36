//! Google Cloud.

mod access;
mod infra;
mod storage;

use cpg_config::{Cloud, Dataset};
use plan::expr::Expr;
use plan::resource::Dependency;
use plan::{Declaration, IntoExpr, Output, text};

use crate::groups::Member;
use crate::infra::logical_name;
use crate::site::{Handle, Site};

/// A dataset on Google Cloud.
#[derive(Clone, Copy)]
pub struct Gcp<'a> {
    pub(crate) site: &'a Site<'a>,
    pub(crate) dataset: &'a Dataset,
    section: &'a cpg_config::Gcp,
}

/// An API that has to be enabled, by the stem of its logical name: its host, and the one that must be enabled before.
const SERVICES: [(&str, &str, Option<&str>); 10] = [
    ("cloudresourcemanager", "cloudresourcemanager", None),
    ("cloudidentity", "cloudidentity", Some("cloudresourcemanager")),
    ("serviceusage", "serviceusage", None),
    ("secretmanager", "secretmanager", Some("cloudresourcemanager")),
    ("dataproc", "dataproc", Some("cloudresourcemanager")),
    ("batch", "batch", Some("serviceusage")),
    ("cloudbilling", "cloudbilling", Some("cloudresourcemanager")),
    ("cloudbillingbudgets", "billingbudgets", Some("cloudbilling")),
    ("iam", "iam", Some("cloudresourcemanager")),
    ("privilegedaccessmanager", "privilegedaccessmanager", Some("cloudresourcemanager")),
];

impl<'a> Gcp<'a> {
    /// A dataset of a site; `None` if nothing is said of Google Cloud, which is reported elsewhere.
    pub(crate) fn of(site: &'a Site<'a>, dataset: &'a Dataset) -> Option<Self> {
        let section = site.configuration.infrastructure.gcp.as_ref()?;
        Some(Self { site, dataset, section })
    }

    /// The dataset that the common things are in.
    pub(crate) fn common(&self) -> Self {
        let common = self.site.configuration.common().unwrap_or(self.dataset);
        self.of_dataset(common)
    }

    /// Another dataset of the same site.
    pub(crate) fn of_dataset(&self, dataset: &'a Dataset) -> Self {
        Self { dataset, ..*self }
    }

    /// The logical name that a key gives: dataset, cloud, and the key without the dataset.
    pub(crate) fn named(&self, key: &str) -> String {
        logical_name(&self.dataset.name, Cloud::Gcp, key)
    }

    /// The region of what belongs to the dataset.
    fn region(&self) -> &'a str {
        let own = self.dataset.options.gcp.region.as_deref().filter(|region| !region.is_empty());
        own.unwrap_or(&self.section.region)
    }

    /// What stands before the names of buckets.
    pub(crate) fn storage_prefix(&self) -> &'a str {
        &self.section.dataset_storage_prefix
    }

    /// Declares something of this dataset.
    #[track_caller]
    fn declare(
        &self,
        ty: &'static str,
        name: &str,
        path: &[&str],
        waits_for: &[Handle],
        properties: impl FnOnce(&mut Declaration),
    ) -> Handle {
        self.site.declare(&self.dataset.name, path, || {
            let mut declaration = Declaration::new(ty, name);
            properties(&mut declaration);
            declaration.options.depends_on =
                waits_for.iter().filter_map(Handle::dependency).collect::<Vec<Dependency>>();
            declaration
        })
    }

    /// An API of the dataset's project, enabled.
    pub(crate) fn service(&self, stem: &str) -> Handle {
        let name = self.named(&format!("{stem}-service"));
        self.site.once(&format!("service {name}"), || {
            let known = SERVICES.iter().find(|(known, ..)| *known == stem);
            let (_, host, before) = known.copied().unwrap_or((stem, stem, None));
            let before: Vec<Handle> = before.map(|stem| self.service(stem)).into_iter().collect();
            self.declare("serviceusage.googleapis.com/Service", &name, &["services", &name], &before, |service| {
                service.set("parent", text("projects/{}", [self.project_id()]).into_expr());
                service.set("service", format!("{host}.googleapis.com").as_str().into());
                // An API that others may use by now is never turned off.
                service.options.retain_on_delete = true;
            })
        })
    }

    /// The services of the given stems.
    fn services<const N: usize>(&self, stems: [&str; N]) -> [Handle; N] {
        stems.map(|stem| self.service(stem))
    }

    /// The dataset's project.
    fn project_handle(&self) -> Handle {
        let name = self.named("project");
        self.site
            .once(&format!("project {name}"), || self.declare_project(&name, &self.dataset.options.gcp.project, None))
    }

    fn declare_project(&self, name: &str, id: &str, earlier: Option<&str>) -> Handle {
        let billing = self.site.configuration.infrastructure.billing.as_ref();
        let account = billing.map_or("", |billing| billing.gcp.account_id.as_str());
        self.declare("cloudresourcemanager.googleapis.com/Project", name, &["projects", name], &[], |project| {
            project.set("projectId", id.into());
            project.set("displayName", id.into());
            project.set("parent", self.site.organisation.expr().clone());
            project.set("billingAccountName", format!("billingAccounts/{account}").as_str().into());
            project.aliases.extend(earlier.map(|earlier| (None, earlier.to_owned())));
            // What is in a project outlives its declaration.
            project.options.retain_on_delete = true;
        })
    }

    /// The id of the dataset's project.
    pub(crate) fn project_id(&self) -> Output<String> {
        self.project_handle().attribute("projectId")
    }

    /// A custom role of the organisation.
    fn organisation_role(&self, role: &str) -> Output<String> {
        text(&format!("{{}}/roles/{role}"), [&self.site.organisation])
    }

    /// A member as policies name it: with what it is before a colon.
    pub(crate) fn principal(&self, member: &Member) -> Output<String> {
        match member {
            Member::Group(name) => text("group:{}", [self.group_email(name)]),
            Member::Account(email) => text("serviceAccount:{}", [email]),
            Member::Person { id, .. } | Member::Literal(id) => Output::known(principal(id)),
        }
    }

    /// A member as groups name it: by its address.
    pub(crate) fn address(&self, member: &Member) -> Output<String> {
        match member {
            Member::Group(name) => self.group_email(name),
            Member::Account(email) => email.clone(),
            Member::Person { id, .. } | Member::Literal(id) => Output::known(id),
        }
    }
}

/// What an address is, by its form.
fn principal(id: &str) -> String {
    if id.ends_with(".iam.gserviceaccount.com") && !id.starts_with("serviceAccount:") {
        format!("serviceAccount:{id}")
    } else if id.contains('@') && !id.contains(':') {
        format!("user:{id}")
    } else {
        id.to_owned()
    }
}

/// A table of properties.
pub(crate) fn table<const N: usize>(entries: [(&str, Expr); N]) -> Expr {
    Expr::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The project, location and so on of a resource's full name.
fn path_of<const N: usize>(parts: [&Output<String>; N], template: &str) -> Expr {
    text(template, parts).into_expr()
}

#[cfg(test)]
mod tests {
    use super::principal;

    #[test]
    fn addresses_say_what_they_are() {
        for (id, wanted) in [
            ("a@p.iam.gserviceaccount.com", "serviceAccount:a@p.iam.gserviceaccount.com"),
            ("serviceAccount:a@p.iam.gserviceaccount.com", "serviceAccount:a@p.iam.gserviceaccount.com"),
            ("ana@example.org", "user:ana@example.org"),
            ("group:x@example.org", "group:x@example.org"),
            ("allUsers", "allUsers"),
        ] {
            assert_eq!(principal(id), wanted);
        }
    }
}
