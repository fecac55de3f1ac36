//! Plugins: crates that make more of the same configuration, in the stack of the organisation.

mod functions;
mod services;

use std::collections::BTreeMap;

use cpg_config::{Cloud, Configuration};
use plan::diag::{Diagnostic, Diagnostics};
use plan::value::Value;
use plan::{Declaration, IntoExpr, Output, Result, WorldQuery};

use crate::archive::Archive;
use crate::driver::{organisation, sinks};
use crate::gcp::Gcp;
use crate::groups::Member;
use crate::infra::Infra;
use crate::site::{Handle, Site};

pub use functions::{Code, Function, SecretVariable, columns};
pub use services::Services;

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

/// Of what a plugin cannot be without, whatever is not there: each a path in the file of the infrastructure, and whether it
/// is there.
pub fn needs(configuration: &Configuration, plugin: &str, needs: &[(&str, bool)]) -> Diagnostics {
    let mut enabled = configuration.infrastructure.plugins_enabled.iter();
    let place = enabled.find(|name| name.value == plugin).map(|name| name.place.clone());
    let mut found = Diagnostics::new();
    for (path, _) in needs.iter().filter(|(_, there)| !there) {
        let problem = Diagnostic::error("E0826", format!("the plugin `{plugin}` needs `{path}`, which is not there"));
        let hint = format!("add it to {}, or take `{plugin}` off `plugins_enabled`", configuration.file);
        found.push(problem.at_opt(place.clone()).hint(hint));
    }
    found
}

/// The number of a project, by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectNumber {
    /// The id.
    pub project: String,
}

impl WorldQuery for ProjectNumber {
    type Answer = String;
    const NAME: &'static str = "gcp:project-number";

    fn arguments(&self) -> Value {
        Value::map([("project", self.project.as_str())])
    }
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

    /// The address of the index of the centre's own Python packages, and what has to be there before it is asked.
    pub fn python_index(&self) -> (String, Handle) {
        let (region, project) = (self.region(), &self.gcp.dataset.options.gcp.project);
        let address = format!("https://{region}-python.pkg.dev/{project}/{}/simple/", organisation::PYTHON_REGISTRY);
        (address, organisation::python_registry(&self.gcp))
    }

    /// The number of a project that the centre does not make, from the world lock.
    ///
    /// # Errors
    /// If the lock has no answer.
    pub fn project_number(&self, project: &str) -> Result<String> {
        self.site.stack.world(ProjectNumber { project: project.to_owned() })
    }

    /// The source files of a function: those right in a directory below `functions/` of the configuration, by name.
    ///
    /// # Errors
    /// If one cannot be read, there are none, or one of those that are needed is missing.
    pub fn sources(&self, directory: &str, needed: &[&str]) -> Result<BTreeMap<String, String>> {
        let path = self.source_path(directory);
        let mut files = BTreeMap::new();
        for name in self.site.stack.list(&path)?.into_iter().filter(|name| Archive::takes(name)) {
            let text = self.site.stack.file(&format!("{path}/{name}"))?;
            files.insert(name, text);
        }
        let mut found = Diagnostics::new();
        if files.is_empty() {
            let problem = Diagnostic::error("E0824", format!("there are no sources in `{path}`"));
            found.push(problem.hint("put the function's `.py`, `.txt` and `.json` files there"));
        } else {
            for name in needed.iter().filter(|name| !files.contains_key(**name)) {
                let problem = Diagnostic::error("E0828", format!("there is no `{name}` among the sources in `{path}`"));
                found.push(problem.hint(format!("write `{path}/{name}`")));
            }
        }
        Ok(found.into_result(files)?)
    }

    /// Where the sources in a directory below `functions/` of the configuration are.
    pub fn source_path(&self, directory: &str) -> String {
        let file = &self.site.configuration.file;
        let root = file.rsplit_once('/').map_or("", |(root, _)| root);
        format!("{root}/functions/{directory}")
    }

    /// Sources as an object in a bucket, whose name says what is in it: other sources are another object.
    #[track_caller]
    pub fn add_archive(&self, name: &str, bucket: &Output<String>, files: &BTreeMap<String, String>) -> Code {
        let archive = Archive::of(files);
        let object = self.declare("storage.googleapis.com/Object", name, |object| {
            object.set("bucket", bucket.into_expr());
            object.set("name", format!("{name}-{}.zip", archive.hash()).as_str().into());
            object.set("contentType", "application/zip".into());
            object.set("contentBase64", archive.to_base64().as_str().into());
        });
        Code { bucket: bucket.clone(), object: object.attribute("name") }
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

    /// An account of a project that the centre does not make, by what stands before the `@` of its address.
    #[track_caller]
    pub fn account(&self, name: &str, project: &str, id: &str, waits_for: &[&Handle]) -> Member {
        let account = self.declare("iam.googleapis.com/ServiceAccount", name, |account| {
            account.set("accountId", id.into());
            account.set("projectId", project.into());
            Self::wait(account, waits_for);
        });
        Member::Account(account.attribute("email"))
    }

    /// Gives somebody a role: `on` = the property that names what it is on, and its name.
    #[track_caller]
    pub fn grant(&self, ty: &'static str, name: &str, on: (&str, &Output<String>), role: &str, member: &Member) {
        let principal = self.gcp.principal(member);
        self.site.principal(&format!("{ty} {:?}", on.1.expr()), name, principal.expr());
        self.declare(ty, name, |grant| {
            grant.set(on.0, on.1.into_expr());
            grant.set("role", role.into());
            grant.set("member", principal.into_expr());
        });
    }

    /// Gives somebody a role on a whole project.
    #[track_caller]
    pub fn project_role(&self, name: &str, project: &str, role: &str, member: &Member) {
        let ty = "cloudresourcemanager.googleapis.com/ProjectIamMember";
        self.grant(ty, name, ("project", &Output::known(project)), role, member);
    }

    /// What may be used of a project that the centre does not make.
    pub fn services(&self, owner: &'static str, project: &'a str) -> Services<'_, 'a> {
        Services::of(self, owner, project)
    }

    /// A dataset's group, as plugins and policies name it; `None` if there is no such group.
    pub fn dataset_group(&self, dataset: &str, group: &str) -> Option<Member> {
        let name = format!("{dataset}-{group}");
        self.site.groups.borrow().get(Cloud::Gcp, &name)?;
        Some(Member::Group(name))
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
