//! Plugins: crates that make more of the same configuration, in the stack of the organisation.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cpg_config::{Cloud, Configuration};
use plan::diag::Diagnostics;
use plan::{Declaration, IntoExpr, Output, Result, text};

use crate::archive::Archive;
use crate::driver::{organisation, sinks};
use crate::gcp::Gcp;
use crate::groups::Member;
use crate::infra::Infra;
use crate::site::{Handle, Site};

/// A plugin: a crate that the project of the organisation links, and lists in one line.
///
/// It runs if `plugins_enabled` names it, in that order.
pub trait Plugin: Sync {
    /// The name that it is enabled by.
    fn name(&self) -> &'static str;

    /// What is wrong with what the configuration says of it; it is asked before anything is planned.
    fn check(&self, _configuration: &Configuration) -> Diagnostics {
        Diagnostics::new()
    }

    /// Runs when all datasets are declared, and groups can still be filled.
    ///
    /// # Errors
    /// What it cannot read.
    fn main(&self, _centre: &Centre<'_>) -> Result<()> {
        Ok(())
    }

    /// Runs when it is known who is in which group.
    ///
    /// # Errors
    /// What it cannot read.
    fn on_group_finalisation(&self, _centre: &Centre<'_>) -> Result<()> {
        Ok(())
    }
}

/// The plugins that are linked.
pub type Plugins = &'static [fn() -> &'static dyn Plugin];

/// The plugins that the configuration enables, in its order; that they are linked was checked before.
pub(crate) fn enabled(configuration: &Configuration, plugins: Plugins) -> Vec<&'static dyn Plugin> {
    let named = configuration.infrastructure.plugins_enabled.iter();
    named.filter_map(|name| plugins.iter().map(|plugin| plugin()).find(|plugin| plugin.name() == name.value)).collect()
}

/// What a plugin sees of a centre, and may do there.
pub struct Centre<'a> {
    site: &'a Site<'a>,
    gcp: Gcp<'a>,
}

impl<'a> Centre<'a> {
    /// The centre on Google Cloud; `None` if it has nothing there, which is reported elsewhere.
    pub(crate) fn of(site: &'a Site<'a>) -> Option<Self> {
        Some(Self { site, gcp: Gcp::of(site, site.configuration.common()?)? })
    }

    /// The whole configuration.
    pub fn configuration(&self) -> &'a Configuration {
        self.site.configuration
    }

    /// The region of what belongs to no dataset.
    pub fn region(&self) -> &'a str {
        self.site.configuration.infrastructure.gcp.as_ref().map_or("", |gcp| gcp.region.as_str())
    }

    /// What stands before the names of buckets.
    pub fn storage_prefix(&self) -> &'a str {
        self.gcp.storage_prefix()
    }

    /// Declares something under its whole name.
    #[track_caller]
    pub fn declare(&self, ty: &'static str, name: &str, properties: impl FnOnce(&mut Declaration)) -> Handle {
        self.site.declare(self.site.common(), &[], || {
            let mut declaration = Declaration::new(ty, name);
            properties(&mut declaration);
            declaration
        })
    }

    /// Exports a value of the organisation's stack.
    pub fn export(&self, path: &[&str], value: &Output<String>) {
        self.site.export(self.site.common(), path, value);
    }

    /// Puts somebody into a group, by the whole names of the group and of the membership: before the groups are final.
    pub fn add_member(&self, group: &str, name: &str, member: Member) {
        self.site.member(Cloud::Gcp, group, name.to_owned(), member);
    }

    /// Who a group is, as policies name it; `None` if there is no such group.
    pub fn group(&self, name: &str) -> Option<Output<String>> {
        self.site.groups.borrow().get(Cloud::Gcp, name)?;
        Some(self.gcp.principal(&Member::Group(name.to_owned())))
    }

    /// The sorted addresses of everybody in a group, over any number of groups within it.
    pub fn members(&self, group: &str) -> Output<Vec<String>> {
        sinks::addresses(self.site, &self.gcp, group)
    }

    /// The address of the index of the centre's own Python packages.
    pub fn python_index(&self) -> Output<String> {
        let project = self.gcp.project_id();
        let name = organisation::python_registry(&self.gcp).attribute::<String>("repositoryId");
        let template = format!("https://{}-python.pkg.dev/{{}}/{{}}/simple/", self.region());
        text(&template, [&project, &name])
    }

    /// The source files of a function: those right in a directory below `functions/` of the configuration, by name.
    ///
    /// # Errors
    /// If one cannot be read, or there are none.
    pub fn sources(&self, directory: &str) -> Result<BTreeMap<String, String>> {
        let file = &self.site.configuration.file;
        let root = file.rsplit_once('/').map_or("", |(root, _)| root);
        let path = format!("{root}/functions/{directory}");
        let mut files = BTreeMap::new();
        for name in self.site.stack.list(&path)?.into_iter().filter(|name| Archive::takes(name)) {
            let text = self.site.stack.file(&format!("{path}/{name}"))?;
            files.insert(name, text);
        }
        if files.is_empty() {
            let problem = plan::diag::Diagnostic::error("E0824", format!("there are no sources in `{path}`"));
            return Err(problem.hint("put the function's `.py`, `.txt` and `.json` files there").into());
        }
        Ok(files)
    }

    /// Sources as an object in a bucket, whose name says what is in it: other sources are another object.
    #[track_caller]
    pub fn add_archive(&self, name: &str, bucket: &Output<String>, files: &BTreeMap<String, String>) -> Output<String> {
        let archive = Archive::of(files);
        let object = self.declare("storage.googleapis.com/Object", name, |object| {
            object.set("bucket", bucket.into_expr());
            object.set("name", format!("{name}-{}.zip", archive.hash()).as_str().into());
            object.set("contentType", "application/zip".into());
            object.set("contentBase64", archive.to_base64().as_str().into());
        });
        object.attribute("name")
    }

    /// A bucket of a project, by its whole name; as it was made for functions, with nothing said of what becomes of
    /// objects.
    #[track_caller]
    pub fn bucket(&self, name: &str, project: &str, bucket: &str) -> Output<String> {
        let made = self.declare("storage.googleapis.com/Bucket", name, |declared| {
            use crate::gcp::table;
            declared.set("name", bucket.into());
            declared.set("project", project.into());
            declared.set("location", self.region().into());
            let uniform = table([("uniformBucketLevelAccess", table([("enabled", true.into())]))]);
            declared.set("iamConfiguration", uniform);
        });
        made.attribute("name")
    }

    /// What may be used of a project that the centre does not make.
    pub fn services(&self, owner: &'static str, project: &'a str) -> Services<'_, 'a> {
        Services { centre: self, owner, project, made: RefCell::default() }
    }

    /// Waits for other things.
    pub fn wait(declaration: &mut Declaration, others: &[&Handle]) {
        declaration.options.depends_on.extend(others.iter().filter_map(|other| other.dependency()));
    }

    /// What a service knows a member by.
    pub fn member_id(&self, member: &Member) -> Output<String> {
        self.gcp.member_id(member)
    }
}

/// The APIs of a project, enabled as they are needed.
pub struct Services<'c, 'a> {
    centre: &'c Centre<'a>,
    owner: &'static str,
    project: &'a str,
    made: RefCell<BTreeMap<String, Handle>>,
}

impl Services<'_, '_> {
    /// An API, by the first part of its host.
    #[track_caller]
    pub fn get(&self, stem: &str) -> Handle {
        if let Some(made) = self.made.borrow().get(stem) {
            return made.clone();
        }
        // Of these the project is asked about accounts and secrets.
        let before = ["iam", "secretmanager"].contains(&stem).then(|| self.get("cloudresourcemanager"));
        let name = format!("{}-{stem}-service", self.owner);
        let handle = self.centre.declare("serviceusage.googleapis.com/Service", &name, |service| {
            service.set("parent", format!("projects/{}", self.project).as_str().into());
            service.set("service", format!("{stem}.googleapis.com").as_str().into());
            // An API that others may use by now is never turned off.
            service.options.retain_on_delete = true;
            Centre::wait(service, &before.iter().collect::<Vec<_>>());
        });
        self.made.borrow_mut().insert(stem.to_owned(), handle.clone());
        handle
    }
}
