//! Sections of the infrastructure that something needs.

use std::collections::BTreeMap;

use plan::diag::{Diagnostic, Place};

use super::Checker;
use crate::{Cloud, Component, Dataset};

/// What needs a section, and where that is said.
type Need<'a> = (String, &'a Place);

pub(super) fn check(checker: &mut Checker<'_>) {
    let configuration = checker.configuration;
    let infrastructure = &configuration.infrastructure;
    let mut needs: BTreeMap<&str, Need<'_>> = BTreeMap::new();
    for dataset in configuration.datasets.values() {
        for (section, why) in of_dataset(dataset) {
            needs.entry(section).or_insert((format!("`{}` {why}", dataset.name), &dataset.place));
        }
    }
    let there = [
        ("gcp", infrastructure.gcp.is_some()),
        ("azure", infrastructure.azure.is_some()),
        ("hail", infrastructure.hail.is_some()),
        ("hail.azure", infrastructure.hail.as_ref().is_none_or(|hail| hail.azure.is_some())),
        ("analysis_runner", infrastructure.analysis_runner.is_some()),
        ("notebooks", infrastructure.notebooks.is_some()),
        ("cromwell", infrastructure.cromwell.is_some()),
        ("metamist", infrastructure.metamist.is_some()),
        ("billing", infrastructure.billing.is_some()),
    ];
    for (section, _) in there.into_iter().filter(|(_, there)| !there) {
        let Some((why, place)) = needs.get(section) else { continue };
        let problem = Diagnostic::error("E0810", format!("`{}` has no section `{section}`", configuration.file));
        let problem = problem
            .at(Place::start_of(configuration.file.as_str()))
            .related((*place).clone(), format!("{why} needs it"));
        checker.found.push(problem.hint(format!("add the section `{section}`")));
    }
}

/// The sections that a dataset needs, and by what.
fn of_dataset(dataset: &Dataset) -> Vec<(&'static str, &'static str)> {
    // Every dataset has a project on Google Cloud, and the invokers of metamist are a group there.
    let mut needs = vec![
        ("gcp", "has a project, which"),
        ("billing", "has a project, which"),
        ("metamist", "has groups, whose list"),
    ];
    let mut with = |cloud, component, sections: &[&'static str], why| {
        if dataset.is_in(cloud) && dataset.has(cloud, component) {
            needs.extend(sections.iter().map(|section| (*section, why)));
        }
    };
    let gcp = Cloud::Gcp;
    with(gcp, Component::HailAccounts, &["hail"], "has the component `hail-accounts`, which");
    with(gcp, Component::Cromwell, &["cromwell", "analysis_runner"], "has the component `cromwell`, which");
    with(gcp, Component::Notebooks, &["notebooks"], "has the component `notebooks`, which");
    with(gcp, Component::AnalysisRunner, &["analysis_runner"], "has the component `analysis-runner`, which");
    let why = "has the component `hail-accounts` on Azure, which";
    with(Cloud::Azure, Component::HailAccounts, &["hail", "hail.azure"], why);
    if dataset.is_in(Cloud::Azure) {
        needs.push(("azure", "is on Azure, which"));
    }
    needs
}
