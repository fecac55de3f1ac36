//! Datasets: what they depend on, what they are called, what they need of each other.

use std::collections::{BTreeMap, BTreeSet};

use plan::config::Placed;
use plan::diag::{Diagnostic, Place};

use super::{CLOUDS, Checker, instead};
use crate::names::group_names;
use crate::{Cloud, Component, Dataset, Extent};

/// The greatest number of characters of a bucket's name.
const BUCKET_NAME: usize = 63;

pub(super) fn check(checker: &mut Checker<'_>) {
    known(checker);
    cycles(checker);
    common(checker);
    group_clashes(checker);
    budgets_on_azure(checker);
    for dataset in checker.configuration.datasets.values() {
        locations(checker, dataset);
        money(checker, dataset);
        uploads(checker, dataset);
        temporary_access(checker, dataset);
        without_effect(checker, dataset);
    }
}

/// Datasets that are named are declared.
fn known(checker: &mut Checker<'_>) {
    let configuration = checker.configuration;
    let names = configuration.datasets.keys().map(String::as_str);
    let common = [&configuration.infrastructure.common_dataset];
    let named = configuration.datasets.values().flat_map(Dataset::named_dependencies);
    let etl = configuration.infrastructure.metamist.iter().filter_map(|metamist| metamist.etl.as_ref());
    let analysts = etl.flat_map(|etl| etl.by_type.values().filter_map(|ty| ty.analysis_group_dataset.as_ref()));
    for Placed { value, place } in common.into_iter().chain(named).chain(analysts) {
        if !configuration.datasets.contains_key(value) {
            let problem = Diagnostic::error("E0811", format!("there is no dataset `{value}`")).at(place.clone());
            let hint = instead(value, names.clone()).unwrap_or_else(|| "declare it, or remove the name".to_owned());
            checker.found.push(problem.hint(hint));
        }
    }
    for (name, dataset) in &configuration.datasets {
        // `test-full-in-…` and `full-in-…` are both of it, and keys are cut where they begin with the dataset.
        if name == "test" {
            let message = "a dataset cannot be called `test`: two of its memberships would have one name";
            checker.report("E0819", &dataset.place, message, "give it another name");
        }
        if let Some(said) = dataset.options.dataset.as_ref().filter(|said| said.value != *name) {
            let message = format!("dataset `{name}` says that it is `{}`", said.value);
            checker.report("E0819", &said.place, message, "remove the line: the key is the name");
        }
    }
}

/// Access goes from a dataset to those that it depends on, so there is no way back.
fn cycles(checker: &mut Checker<'_>) {
    let configuration = checker.configuration;
    let mut done = BTreeSet::new();
    for start in configuration.datasets.keys() {
        let mut path: Vec<&str> = Vec::new();
        visit(checker, start, &mut path, &mut done);
    }
}

fn visit<'a>(checker: &mut Checker<'a>, name: &'a str, path: &mut Vec<&'a str>, done: &mut BTreeSet<&'a str>) {
    let configuration = checker.configuration;
    if done.contains(name) {
        return;
    }
    let Some(dataset) = configuration.datasets.get(name) else { return };
    path.push(name);
    for target in dependencies(dataset, &configuration.infrastructure.common_dataset.value) {
        if let Some(start) = path.iter().position(|step| *step == target) {
            let steps: Vec<&str> = path[start..].iter().copied().chain([target]).collect();
            let place = dataset.named_dependencies().find(|named| named.value == target);
            let place = place.map_or(&dataset.place, |named| &named.place);
            let shown = steps.iter().map(|step| format!("`{step}`")).collect::<Vec<_>>().join(" -> ");
            let problem = Diagnostic::error("E0812", format!("datasets depend on each other: {shown}"));
            let problem = problem.at(place.clone()).note("every dataset depends on the common one");
            checker.found.push(problem.hint("remove one of these dependencies"));
        } else {
            visit(checker, target, path, done);
        }
    }
    path.pop();
    done.insert(name);
}

/// What a dataset depends on, itself too, if it says so.
fn dependencies<'a>(dataset: &'a Dataset, common: &'a str) -> Vec<&'a str> {
    let named = dataset.named_dependencies().map(|named| named.value.as_str());
    named.chain((dataset.name != common).then_some(common)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Groups of other datasets are put into those that the common one's registries bring along.
fn common(checker: &mut Checker<'_>) {
    let configuration = checker.configuration;
    let Some(common) = configuration.common() else { return };
    let name = &common.name;
    if !common.options.create_container_registry {
        let message = format!("`{name}` is the common dataset, and makes no registries of images");
        checker.report("E0814", &common.place, message, "add `create_container_registry: true`");
    }
    for cloud in CLOUDS {
        let place = common.options.components.get(cloud).map_or(&common.place, |components| &components.place);
        if common.is_in(cloud) && !common.has(cloud, Component::ContainerRegistry) {
            let message =
                format!("`{name}` is the common dataset, and has no registries of images in {}", cloud.name());
            checker.report("E0814", place, message, "add `container-registry` to its components");
        }
        let other = configuration.datasets.values().find(|dataset| dataset.is_in(cloud));
        if let Some(other) = other.filter(|_| !common.is_in(cloud)) {
            let message =
                format!("`{name}` is the common dataset, and is not in {}, where `{}` is", cloud.name(), other.name);
            let hint = format!("add `{}` to its `deploy_locations`", cloud.name());
            checker.report("E0814", &common.place, message, hint);
        }
    }
}

/// `x` has a group `x-test-full`, and so has `x-test`.
fn group_clashes(checker: &mut Checker<'_>) {
    let configuration = checker.configuration;
    let mut seen: BTreeMap<String, (&str, &Place)> = BTreeMap::new();
    let of_datasets = configuration.datasets.values().flat_map(|dataset| {
        group_names().map(move |group| (format!("{}-{group}", dataset.name), (dataset.name.as_str(), &dataset.place)))
    });
    let adhoc = configuration.infrastructure.adhoc_groups.iter().map(|group| {
        let Placed { value: name, place } = &group.value.name;
        (name.clone(), (name.as_str(), place))
    });
    for (group, (owner, place)) in of_datasets.chain(adhoc) {
        match seen.get(group.as_str()) {
            Some((first, other)) if *first != owner => {
                let problem =
                    Diagnostic::error("E0815", format!("`{owner}` and `{first}` both have a group `{group}`"));
                let problem = problem.at(place.clone()).related((*other).clone(), "the other one is here");
                checker.found.push(problem.hint("rename one of the two"));
            }
            _ => drop(seen.insert(group, (owner, place))),
        }
    }
}

fn locations(checker: &mut Checker<'_>, dataset: &Dataset) {
    for Placed { value, place } in &dataset.options.deploy_locations {
        if *value == Cloud::DryRun {
            let message = format!("`{}` cannot be deployed to `dry-run`", dataset.name);
            checker.report("E0819", place, message, "remove it; `runner evaluate` prints what would be made");
        }
    }
}

fn money(checker: &mut Checker<'_>, dataset: &Dataset) {
    if dataset.extent < Extent::Whole {
        return;
    }
    for cloud in CLOUDS.into_iter().filter(|cloud| dataset.is_in(*cloud)) {
        if dataset.budgets.get(cloud).is_none() {
            let message = format!("`{}` has no budget for {}", dataset.name, cloud.name());
            let hint = format!("add `{}: {{ monthly_budget: … }}` to its budgets", cloud.name());
            checker.report("E0813", &dataset.place, message, hint);
        }
    }
    if !dataset.options.enable_shared_project {
        return;
    }
    if !dataset.options.enable_release {
        let message = format!("`{}` has a shared project, and no release to share", dataset.name);
        checker.report("E0813", &dataset.place, message, "add `enable_release: true`");
    }
    for (cloud, budget) in dataset.budgets.iter().filter(|(cloud, _)| dataset.is_in(*cloud)) {
        if budget.value.shared_total_budget.is_none() {
            let message = format!("`{}` has a shared project, and no budget for it in {}", dataset.name, cloud.name());
            checker.report("E0813", &budget.place, message, "add `shared_total_budget: …`");
        }
    }
}

fn uploads(checker: &mut Checker<'_>, dataset: &Dataset) {
    let prefix = checker.configuration.infrastructure.gcp.as_ref().map_or("", |gcp| &gcp.dataset_storage_prefix);
    let longest = format!("{prefix}{}-main-analysis", dataset.name);
    if longest.len() > BUCKET_NAME {
        let message = format!("`{}` is too long a name: its bucket would be called `{longest}`", dataset.name);
        checker.report(
            "E0819",
            &dataset.place,
            message,
            format!("a bucket's name has {BUCKET_NAME} characters at the most"),
        );
    }
    let Some(upload) = &dataset.upload else { return };
    let mut seen: BTreeMap<String, &Place> = BTreeMap::new();
    let additional = upload.additional_buckets.iter().map(|bucket| (bucket.name.value.clone(), &bucket.name.place));
    let dropboxes = upload.dropboxes.iter().map(|dropbox| (format!("db-{}", dropbox.id.value), &dropbox.id.place));
    for (name, place) in additional.chain(dropboxes) {
        let bucket = format!("{prefix}{}-main-upload-{name}", dataset.name);
        if bucket.len() > BUCKET_NAME {
            let message = format!("the name `{bucket}` is too long for a bucket");
            checker.report("E0819", place, message, format!("it may have {BUCKET_NAME} characters"));
        }
        if let Some(first) = seen.insert(name, place) {
            let problem =
                Diagnostic::error("E0816", format!("two upload buckets of `{}` are `{bucket}`", dataset.name));
            let problem = problem.at(place.clone()).related(first.clone(), "the first one is here");
            checker.found.push(problem.hint("rename one of the two"));
        }
    }
    let known =
        ["default"].into_iter().chain(upload.additional_buckets.iter().map(|bucket| bucket.name.value.as_str()));
    for Placed { value, place } in upload.dropboxes.iter().filter_map(|dropbox| dropbox.move_to_bucket.as_ref()) {
        if !known.clone().any(|name| name == value) {
            let names = known.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("`{}` has no upload bucket `{value}`", dataset.name);
            checker.report("E0816", place, message, format!("choose one of {names}"));
        }
    }
}

/// Budgets on Azure begin with a month, which is not to be guessed from the day of the plan.
fn budgets_on_azure(checker: &mut Checker<'_>) {
    let configuration = checker.configuration;
    let Some(section) = &configuration.infrastructure.azure else { return };
    let mut datasets = configuration.datasets.values().filter(|dataset| dataset.is_in(Cloud::Azure));
    let budget = datasets.find_map(|dataset| dataset.budgets.azure.as_ref());
    let hint = "add `budget_start: YYYY-MM-01` to the section `azure`, the month in which budgets are made";
    match (&section.budget_start, budget) {
        (Some(start), _) if !is_first_of_month(&start.value) => {
            let message = format!("`budget_start` is `{}`, which is no first day of a month", start.value);
            checker.report("E0830", &start.place, message, "write it as in `2026-01-01`");
        }
        (None, Some(budget)) => {
            checker.report("E0830", &budget.place, "nothing says when budgets on Azure begin", hint);
        }
        _ => {}
    }
}

fn is_first_of_month(date: &str) -> bool {
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, "01"] = parts[..] else { return false };
    let number = |text: &str, length| text.parse::<u32>().ok().filter(|_| text.len() == length);
    number(year, 4).is_some_and(|year| year >= 2017) && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
}

/// Temporary access is given by a broker, which is there only if notebooks may ask for it somewhere.
fn temporary_access(checker: &mut Checker<'_>, dataset: &Dataset) {
    let broker = checker.configuration.datasets.values().any(|other| other.options.allow_notebook_tmp_main_read);
    // Where there is no Google Cloud there is none of it, which is reported with what the cloud can do.
    if !dataset.is_in(Cloud::Gcp) {
        return;
    }
    if let Some(first) = dataset.members.tmp_main_read_access.first().filter(|_| !broker) {
        let message = format!("the members of `tmp-main-read-access` of `{}` have no effect", dataset.name);
        let problem = Diagnostic::error("E0820", message).at(first.place.clone());
        let note = "access for a time is given by a broker, which is made only if a dataset allows it to notebooks";
        checker.found.push(problem.note(note).hint("add `allow_notebook_tmp_main_read: true` to a dataset"));
    }
    if dataset.options.allow_notebook_tmp_main_read && !dataset.has(Cloud::Gcp, Component::Notebooks) {
        let message = format!("`{}` lets notebooks read its main bucket, and has none", dataset.name);
        let problem = Diagnostic::error("E0820", message).at(dataset.place.clone());
        checker.found.push(problem.hint("add `notebooks` to its components"));
    }
}

/// Accounts and people who are given access by something that the dataset does not have.
fn without_effect(checker: &mut Checker<'_>, dataset: &Dataset) {
    let Dataset { name, options, .. } = dataset;
    let in_gcp = dataset.is_in(Cloud::Gcp);
    let deployment = [
        ("test", &options.deployment_service_account_test),
        ("standard", &options.deployment_service_account_standard),
        ("full", &options.deployment_service_account_full),
    ];
    for (level, _) in deployment.into_iter().filter(|(_, account)| account.is_some()) {
        let why = match level {
            _ if !in_gcp => "is an account of Google Cloud, where the dataset is not",
            "test" if !options.setup_test => "has an access level that the dataset has not",
            _ => continue,
        };
        let message = format!("`deployment_service_account_{level}` of `{name}` {why}");
        checker.report("E0820", &dataset.place, message, "remove it");
    }
    let accounts = options.sm_read_only_sas.first().or(options.sm_read_write_sas.first());
    if let Some(account) = accounts.filter(|_| !in_gcp || !dataset.has(Cloud::Gcp, Component::Metamist)) {
        let message = format!("`{}` cannot read sample metadata of `{name}`, which has none", account.value);
        checker.report(
            "E0820",
            &account.place,
            message,
            "add `metamist` to its components on gcp, or remove the account",
        );
    }
    let has_buckets = dataset.clouds().any(|cloud| dataset.has(cloud, Component::Storage));
    let uploaders = dataset.upload.iter().flat_map(|upload| {
        let additional = upload.additional_buckets.iter().flat_map(|bucket| &bucket.uploaders);
        upload.default_bucket.uploaders.iter().chain(additional)
    });
    if let Some(uploader) = uploaders.into_iter().next().filter(|_| !has_buckets) {
        let message = format!("`{}` cannot upload to `{name}`, which has no buckets", uploader.value);
        checker.report("E0820", &uploader.place, message, "add `storage` to its components, or remove the uploader");
    }
}
