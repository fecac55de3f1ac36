//! Workflows of GitHub: names that two of them would share, and accounts and registries that are not there.

use std::collections::BTreeMap;

use plan::config::Placed;
use plan::diag::{Diagnostic, Place};

use super::Checker;
use crate::github_wif::{POOL, PROVIDER};
use crate::names::ACCOUNT;
use crate::{Component, Dataset, GithubWif, PamBroker, Repository, WifProject, deployer_account};

/// An environment on GitHub: owner and repository, environment.
type On<'a> = (&'a str, &'a str);

pub(super) fn check(checker: &mut Checker<'_>, github: &GithubWif) {
    let mut environments = BTreeMap::new();
    for (id, project) in &github.projects {
        let mut accounts = BTreeMap::new();
        for repository in &project.value.repositories {
            on_github(checker, &repository.github_repo);
            for environment in &repository.environments {
                account(checker, repository, &environment.name, &mut accounts);
                let place = &repository.github_repo.place;
                secrets(checker, (&repository.github_repo.value, &environment.name), place, &mut environments);
                let named = environment.read_registries.iter().chain([&environment.push_registry]);
                named.for_each(|registry| located(checker, id, &project.value, registry, &repository.name.place));
            }
        }
    }
    if let Some(broker) = &github.pam_broker {
        on_github(checker, &broker.github_repository);
        let place = &broker.github_repository.place;
        secrets(checker, (&broker.github_repository.value, &broker.github_environment), place, &mut environments);
        asked(checker, broker);
        if github.projects.contains_key(&broker.project_id)
            && (broker.wif_pool_name == POOL || broker.wif_provider_name == PROVIDER)
        {
            let message = format!("`{}` has `{POOL}` and `{PROVIDER}` already", broker.project_id);
            checker.report("E0822", place, message, "choose other names for the pool and the provider of the broker");
        }
    }
}

/// `ORGANISATION/REPOSITORY`.
fn on_github(checker: &mut Checker<'_>, Placed { value, place }: &Placed<String>) {
    let parts: Vec<&str> = value.split('/').collect();
    if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) {
        checker.report("E0819", place, format!("`{value}` is no repository on GitHub"), "write `OWNER/REPOSITORY`");
    }
}

/// Names of accounts are cut, so two may become one.
fn account<'a>(
    checker: &mut Checker<'_>,
    repository: &'a Repository,
    environment: &str,
    accounts: &mut BTreeMap<String, &'a Place>,
) {
    let place = &repository.name.place;
    let account = deployer_account(&repository.name.value, environment);
    if account.len() > ACCOUNT || account.starts_with('-') {
        let message = format!("`{account}` would be the account of `{}`, which cannot be", repository.name.value);
        checker.report("E0819", place, message, "choose a shorter name for the environment");
    }
    if let Some(first) = accounts.insert(account.clone(), place) {
        let problem = Diagnostic::error("E0822", format!("two workflows would have the account `{account}`"));
        let problem = problem.at(place.clone()).related(first.clone(), "the first one is here");
        checker.found.push(problem.hint("give one of the repositories another `name`"));
    }
}

/// The secrets of an environment on GitHub say one account.
fn secrets<'a>(
    checker: &mut Checker<'_>,
    on: On<'a>,
    place: &'a Place,
    environments: &mut BTreeMap<On<'a>, &'a Place>,
) {
    if let Some(first) = environments.insert(on, place) {
        let message = format!("the secrets of environment `{}` of `{}` would be written twice", on.1, on.0);
        let problem = Diagnostic::error("E0822", message).at(place.clone());
        checker.found.push(problem.related(first.clone(), "here, too").hint("use another environment for one of them"));
    }
}

/// A registry that a dataset has is where the dataset is.
fn located(checker: &mut Checker<'_>, id: &str, project: &WifProject, registry: &str, place: &Place) {
    let Some(dataset) = checker.configuration.registry_owner(id, registry) else {
        return;
    };
    let own = dataset.options.gcp.region.as_deref().filter(|region| !region.is_empty());
    let centre = checker.configuration.infrastructure.gcp.as_ref().map(|gcp| gcp.region.as_str());
    if let Some(region) = own.or(centre).filter(|region| *region != project.location) {
        let message = format!("the registry `{registry}` of `{id}` is in {region}, not in {}", project.location);
        checker.report("E0823", place, message, format!("write `location: {region}`"));
    }
}

/// Whether a registry of a project is one of a dataset.
pub(crate) fn holds(dataset: &Dataset, project: &str, registry: &str) -> bool {
    dataset.options.gcp.project == project
        && dataset.options.create_container_registry
        && dataset.has(crate::Cloud::Gcp, Component::ContainerRegistry)
        && ["images", "images-dev", "images-tmp"].contains(&registry)
}

/// The broker's account is made where it is asked for.
fn asked(checker: &mut Checker<'_>, broker: &PamBroker) {
    let place = &broker.github_repository.place;
    let datasets = &checker.configuration.datasets;
    if !datasets.values().any(|dataset| dataset.options.allow_notebook_tmp_main_read) {
        let hint = "set `allow_notebook_tmp_main_read` for a dataset, or remove `pam_broker`";
        checker.report("E0823", place, "there is no broker: no dataset lets notebooks ask for access", hint);
    }
    let common = checker.configuration.common().map(|common| common.options.gcp.project.clone());
    if let Some(project) = common.filter(|project| *project != broker.project_id) {
        let message = format!("the account of the broker is in `{project}`, not in `{}`", broker.project_id);
        checker.report("E0823", place, message, format!("write `project_id: {project}`"));
    }
}
