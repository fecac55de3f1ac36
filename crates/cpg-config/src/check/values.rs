//! Single values, and files of nothing.

use std::collections::BTreeMap;

use plan::config::Placed;
use plan::diag::{Diagnostic, Place};

use super::{Checker, instead};
use crate::names::is_person;

pub(super) fn check(checker: &mut Checker<'_>) {
    destination(checker);
    web_url(checker);
    users(checker);
    billing(checker);
    adhoc_groups(checker);
    strays(checker);
}

/// Exports go to a prefix within a bucket.
fn destination(checker: &mut Checker<'_>) {
    let Placed { value, place } = &checker.configuration.infrastructure.config_destination;
    let within = value.strip_prefix("gs://").and_then(|rest| rest.split_once('/'));
    if within.is_none_or(|(bucket, prefix)| bucket.is_empty() || prefix.is_empty()) {
        let message = format!("`config_destination` is `{value}`, which is no prefix within a bucket");
        checker.report("E0819", place, message, "write `gs://BUCKET/PREFIX`");
    }
}

fn web_url(checker: &mut Checker<'_>) {
    let template =
        checker.configuration.infrastructure.web_service.as_ref().and_then(|web| web.web_url_template.as_ref());
    let Some(Placed { value, place }) = template else { return };
    let rest = value.replace("{namespace}", "").replace("{dataset}", "");
    if rest.contains(['{', '}']) {
        let message =
            format!("`web_url_template` is `{value}`, in which something else than those two is to be put in");
        checker.report("E0819", place, message, "put in `{namespace}` and `{dataset}` only");
    }
}

/// Names of resources hold the initials of people, and lists of members are sorted by domain.
fn users(checker: &mut Checker<'_>) {
    for (key, user) in &checker.configuration.infrastructure.users {
        let id = &user.value.id;
        for (what, text, place) in [("key", key, &user.place), ("`id`", &id.value, &id.place)] {
            if !is_person(text) {
                let message =
                    format!("the {what} of user `{key}` cannot be `{text}`: it has an empty piece between dots");
                checker.report("E0818", place, message, "give each piece a letter, as in `given.family`");
            }
        }
        let Some(gcp) = &user.value.clouds.gcp else { continue };
        if !gcp.id.value.contains('@') {
            let message = format!("`{}` is not the address of user `{key}` on gcp: it has no `@`", gcp.id.value);
            checker.report("E0818", &gcp.id.place, message, "write an address: `name@domain`");
        }
        if let Some(name) = gcp.hail_batch_username.as_deref().filter(|name| !is_person(name)) {
            let message =
                format!("the Hail name of user `{key}` cannot be `{name}`: it has an empty piece between dots");
            checker.report("E0818", &gcp.id.place, message, "give each piece a letter");
        }
    }
}

fn billing(checker: &mut Checker<'_>) {
    let Some(billing) = &checker.configuration.infrastructure.billing else { return };
    let Some(aggregator) = &billing.aggregator else { return };
    let Placed { value: hours, place } = &aggregator.interval_hours.0;
    if !(1..=24).contains(hours) {
        let message = format!("`interval_hours` is {hours}, which leaves no daily round");
        checker.report("E0819", place, message, "choose 1 to 24");
    }
    let Placed { value: table, place } = &aggregator.destination_bq_table;
    let parts: Vec<&str> = table.split('.').collect();
    let project = &billing.gcp.project_id;
    if parts.len() != 3 || parts.iter().any(|part| part.is_empty()) || parts[0] != project {
        let message = format!("`destination_bq_table` is `{table}`, which is no table of project `{project}`");
        checker.report("E0819", place, message, format!("write `{project}.DATASET.TABLE`"));
    }
}

fn adhoc_groups(checker: &mut Checker<'_>) {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for group in &checker.configuration.infrastructure.adhoc_groups {
        let Placed { value: name, place } = &group.value.name;
        if let Some(first) = seen.insert(name, place) {
            let problem = Diagnostic::error("E0815", format!("two groups are named `{name}`")).at(place.clone());
            checker.found.push(problem.related(first.clone(), "the first one is here").hint("rename one of the two"));
        }
    }
}

/// A directory of a dataset that is not declared would be silently ignored.
fn strays(checker: &mut Checker<'_>) {
    let names = checker.configuration.datasets.keys().map(String::as_str);
    for (path, name) in &checker.configuration.strays {
        let problem = Diagnostic::error("E0811", format!("`{path}` is of no dataset that is declared"));
        let hint =
            instead(name, names.clone()).unwrap_or_else(|| "declare the dataset, or remove the directory".to_owned());
        checker.found.push(problem.at(Place::start_of(path.as_str())).hint(hint));
    }
}
