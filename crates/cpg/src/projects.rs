//! The projects: which stacks there are, and what each plans.

use cpg_config::{Configuration, Directory, FromInputs, Source, Wanted, check};
use plan::config::{FromNode, Node};
use plan::diag::{Diagnostic, Diagnostics};
use plan::value::{Path, Value};
use plan::{Inputs, Output, OutputTree, Plan, PlanFunction, Result, Stack, WorldQuery};

use crate::site::{Exports, ORGANISATION, Scope, Site};
use crate::{MEMBER_LINES, SORTED_MEMBERS, driver};

/// The functions that plans call.
pub const FUNCTIONS: &[PlanFunction] = &[MEMBER_LINES, SORTED_MEMBERS];

/// The plugins that are linked, by the names that the configuration enables them by.
pub const PLUGINS: &[&str] = &[];

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
    let settings: std::collections::BTreeMap<String, Node> = FromNode::from_node(&node, &mut found).unwrap_or_default();
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
pub fn organisation_stacks(inputs: &dyn Inputs) -> std::result::Result<Vec<String>, Diagnostics> {
    let source = FromInputs(inputs);
    let Some(directory) = open(&source)? else { return Ok(Vec::new()) };
    let configuration = directory.read(Wanted::All)?;
    sound(&configuration).into_result(vec![ENVIRONMENT.to_owned()])
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

/// What is wrong with a configuration, and what is not built yet.
fn sound(configuration: &Configuration) -> Diagnostics {
    let mut found = check(configuration, PLUGINS);
    for dataset in configuration.datasets.values() {
        for location in dataset.options.deploy_locations.iter().filter(|one| one.value == cpg_config::Cloud::Azure) {
            let message = format!("`{}` is to be on Azure, which is not implemented", dataset.name);
            let problem = Diagnostic::error("E0806", message).at(location.place.clone());
            found.push(problem.hint("leave `azure` out of `deploy_locations`"));
        }
    }
    found
}

/// Reads what a stack wants of the configuration.
fn read(stack: &Stack<'_>, wanted: Wanted<'_>) -> Result<Configuration> {
    let directory = open(stack)?.ok_or_else(|| {
        Diagnostic::error("E0807", "groundplan.toml names no directory of the configuration")
            .hint("add `[configuration]` with `cpg = \"PATH\"`")
    })?;
    let configuration = directory.read(wanted)?;
    sound(&configuration).into_result(())?;
    Ok(configuration)
}

/// What the files of the configuration may hold, by the stems of their names.
pub fn shapes() -> Vec<(&'static str, plan::config::Shape)> {
    cpg_config::schemas().into_iter().collect()
}

/// Plans the common dataset and all that belongs to no other.
///
/// # Errors
/// All that is wrong with the configuration.
pub fn organisation(stack: &Stack<'_>) -> Result<Plan<Exports>> {
    let configuration = read(stack, Wanted::All)?;
    let number = stack.world(Organization { domain: configuration.infrastructure.domain.clone() })?;
    let common = configuration.infrastructure.common_dataset.value.clone();
    plan(stack, &configuration, Scope::Dataset(common), Output::known(number))
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
    plan(stack, &configuration, Scope::Dataset(name.to_owned()), number)
}

/// Plans everything in one stack, as it was before there were several: for whoever takes over such a state.
///
/// # Errors
/// All that is wrong with the configuration.
pub fn whole(stack: &Stack<'_>) -> Result<Plan<Exports>> {
    let configuration = read(stack, Wanted::All)?;
    let number = stack.world(Organization { domain: configuration.infrastructure.domain.clone() })?;
    plan(stack, &configuration, Scope::Whole, Output::known(number))
}

fn plan(
    stack: &Stack<'_>,
    configuration: &Configuration,
    scope: Scope,
    organisation: Output<String>,
) -> Result<Plan<Exports>> {
    let site = Site::new(stack, configuration, scope, organisation);
    driver::drive(&site);
    site.finish()
}
