//! The projects: which stacks there are, and what each plans.

use std::collections::BTreeMap;

use cpg_config::{Configuration, Directory, FromInputs, GithubWif, Source, Wanted, check, check_github, check_plugins};
use plan::config::{FromNode, Node};
use plan::diag::{Diagnostic, Diagnostics};
use plan::value::{Path, Value};
use plan::{Inputs, Output, OutputTree, Plan, PlanFunction, Result, Stack, WorldQuery};

use crate::plugin::{self, Plugin, Plugins};
use crate::site::{Exports, ORGANISATION, Scope, Site};
use crate::{MEMBER_LINES, SORTED_MEMBERS, azure, capability, driver, workflows};

/// The functions that plans call.
pub const FUNCTIONS: &[PlanFunction] = &[MEMBER_LINES, SORTED_MEMBERS];

/// The environment of the configuration.
const ENVIRONMENT: &str = "production";

/// The number of an organisation, by its domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The domain.
    pub domain: String,
}

impl WorldQuery for Organization {
    type Answer = String;
    const NAME: &'static str = "gcp:organization";

    fn arguments(&self) -> Value {
        Value::map([("domain", self.domain.as_str())])
    }
}

/// The directory of the configuration: `[configuration]` of `groundplan.toml` names it.
fn directory(source: &dyn Source) -> std::result::Result<Option<String>, Diagnostics> {
    let file = "groundplan.toml";
    let Some(text) = source.text(file)? else { return Ok(None) };
    let node = plan::config::parse(file, &text)?;
    let mut found = Diagnostics::new();
    let settings: BTreeMap<String, Node> = FromNode::from_node(&node, &mut found).unwrap_or_default();
    let section = settings
        .get("configuration")
        .and_then(|node| std::collections::BTreeMap::<String, String>::from_node(node, &mut found));
    found.into_result(section.and_then(|section| section.get("cpg").cloned()))
}

/// Opens the directory of the configuration; `None` if the workspace names none, or there is nothing in it.
fn open(source: &dyn Source) -> std::result::Result<Option<Directory<'_>>, Diagnostics> {
    let Some(path) = directory(source)? else { return Ok(None) };
    let directory = (!source.names(&path)?.is_empty()).then_some(path);
    directory.map(|path| Directory::open(source, &path, ENVIRONMENT)).transpose()
}

/// The stacks of the organisation: one. Everything that is wrong with the configuration is found here, before any plan.
///
/// # Errors
/// All of it.
pub fn organisation_stacks(inputs: &dyn Inputs, plugins: Plugins) -> std::result::Result<Vec<String>, Diagnostics> {
    let source = FromInputs(inputs);
    let Some(directory) = open(&source)? else { return Ok(Vec::new()) };
    let configuration = directory.read(Wanted::All)?;
    let mut found = sound(&configuration);
    found.extend(check_enabled(&configuration, plugins));
    if let Some(github) = directory.github_wif()? {
        found.extend(check_github(&github, &configuration));
    }
    found.into_result(vec![ENVIRONMENT.to_owned()])
}

/// The stacks for workflows of GitHub: one, if there is a file that says which there are.
///
/// # Errors
/// None: what is wrong is said where the organisation's stack is listed.
pub fn github_stacks(inputs: &dyn Inputs) -> std::result::Result<Vec<String>, Diagnostics> {
    let source = FromInputs(inputs);
    let github = open(&source).and_then(|directory| match directory {
        Some(directory) => directory.github_wif(),
        None => Ok(None),
    });
    Ok(github.ok().flatten().map(|_| ENVIRONMENT.to_owned()).into_iter().collect())
}

/// What is wrong with the plugins that are enabled: which there are, and what they say of the configuration.
fn check_enabled(configuration: &Configuration, plugins: Plugins) -> Diagnostics {
    let linked: Vec<&dyn Plugin> = plugins.iter().map(|plugin| plugin()).collect();
    let names: Vec<&str> = linked.iter().map(|plugin| plugin.name()).collect();
    let mut found = check_plugins(configuration, &names);
    for plugin in plugin::enabled(configuration, plugins) {
        found.extend(plugin.check(configuration));
    }
    found
}

/// The stacks of datasets: one for each but the common one.
///
/// # Errors
/// None: what is wrong is said where the organisation's stack is listed.
pub fn dataset_stacks(inputs: &dyn Inputs) -> std::result::Result<Vec<String>, Diagnostics> {
    let source = FromInputs(inputs);
    let names = open(&source).and_then(|directory| {
        let Some(directory) = directory else { return Ok(Vec::new()) };
        let common = directory.common_dataset()?;
        let names = directory.dataset_names()?.into_iter().filter(|name| *name != common);
        Ok(names.map(|name| format!("{name}.{ENVIRONMENT}")).collect())
    });
    Ok(names.unwrap_or_default())
}

/// What is wrong with a configuration, and what it asks of clouds in vain.
fn sound(configuration: &Configuration) -> Diagnostics {
    let mut found = check(configuration);
    found.extend(capability::check(configuration));
    found.extend(azure::check(configuration));
    found
}

/// The directory of the configuration, which must be there.
fn opened<'a>(stack: &'a Stack<'_>) -> Result<Directory<'a>> {
    Ok(open(stack)?.ok_or_else(|| {
        Diagnostic::error("E0807", "groundplan.toml names no directory of the configuration")
            .hint("add `[configuration]` with `cpg = \"PATH\"`")
    })?)
}

/// Reads what a stack wants of the configuration.
fn read(stack: &Stack<'_>, wanted: Wanted<'_>) -> Result<Configuration> {
    let directory = opened(stack)?;
    let configuration = directory.read(wanted)?;
    sound(&configuration).into_result(())?;
    Ok(configuration)
}

/// What the files of the configuration may hold, by the stems of their names.
pub fn shapes() -> Vec<(&'static str, plan::config::Shape)> {
    cpg_config::schemas().into_iter().collect()
}

/// Plans the common dataset and all that belongs to no other, and runs the enabled ones of the plugins.
///
/// # Errors
/// All that is wrong with the configuration.
pub fn organisation(stack: &Stack<'_>, plugins: Plugins) -> Result<Plan<Exports>> {
    let configuration = read(stack, Wanted::All)?;
    check_enabled(&configuration, plugins).into_result(())?;
    let number = stack.world(Organization { domain: configuration.infrastructure.domain.clone() })?;
    let common = configuration.infrastructure.common_dataset.value.clone();
    plan(stack, &configuration, Scope::Dataset(common), Output::known(number), plugins)
}

/// Plans a dataset.
///
/// # Errors
/// All that is wrong with what it is made of.
pub fn dataset(stack: &Stack<'_>) -> Result<Plan<Exports>> {
    let name = stack.scope().unwrap_or_default();
    let configuration = read(stack, Wanted::Dataset(name))?;
    let organisation = plan::resource::StackName::new(ORGANISATION, stack.environment());
    stack.reference_to::<()>(&organisation);
    let number = Output::reference(&organisation.to_string(), &Path::key("organisation"));
    plan(stack, &configuration, Scope::Dataset(name.to_owned()), number, &[])
}

/// Plans what workflows of GitHub may act as.
///
/// # Errors
/// All that is wrong with what is said of them.
pub fn github(stack: &Stack<'_>) -> Result<Plan<Exports>> {
    let directory = opened(stack)?;
    let configuration = directory.read(Wanted::Declarations)?;
    let github = directory.github_wif()?.unwrap_or(GithubWif { projects: BTreeMap::new(), pam_broker: None });
    check_github(&github, &configuration).into_result(())?;
    workflows::drive(stack, &configuration, &github)
}

/// Plans everything in one stack, as it was before there were several: for whoever takes over such a state.
///
/// # Errors
/// All that is wrong with the configuration.
pub fn whole(stack: &Stack<'_>, plugins: Plugins) -> Result<Plan<Exports>> {
    let configuration = read(stack, Wanted::All)?;
    check_enabled(&configuration, plugins).into_result(())?;
    let number = stack.world(Organization { domain: configuration.infrastructure.domain.clone() })?;
    plan(stack, &configuration, Scope::Whole, Output::known(number), plugins)
}

fn plan(
    stack: &Stack<'_>,
    configuration: &Configuration,
    scope: Scope,
    organisation: Output<String>,
    plugins: Plugins,
) -> Result<Plan<Exports>> {
    let site = Site::new(stack, configuration, scope, organisation);
    driver::drive(&site, &plugin::enabled(configuration, plugins))?;
    site.finish()
}
