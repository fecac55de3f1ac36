//! People who are named are known, and are in the clouds where they are named.

use std::collections::BTreeMap;

use plan::config::Placed;
use plan::diag::{Diagnostic, Place};

use super::{CLOUDS, Checker, instead};
use crate::{Cloud, Dataset, Upload};

pub(super) fn check(checker: &mut Checker<'_>) {
    let configuration = checker.configuration;
    for group in &configuration.infrastructure.adhoc_groups {
        let name = format!("group `{}`", group.value.name.value);
        // Whoever is not on Google Cloud is simply not in the group.
        people(checker, &name, &group.value.members, &[]);
    }
    for dataset in configuration.datasets.values() {
        let clouds: Vec<Cloud> = CLOUDS.into_iter().filter(|cloud| dataset.is_in(*cloud)).collect();
        for (group, members) in dataset.members.groups() {
            // Access for a time is there on Google Cloud only, for whoever is there.
            let clouds = if group == "tmp-main-read-access" { &[] } else { clouds.as_slice() };
            people(checker, &format!("`{group}` of `{}`", dataset.name), members, clouds);
        }
        if let Some(upload) = &dataset.upload {
            uploaders(checker, dataset, upload, &clouds);
        }
    }
}

fn uploaders(checker: &mut Checker<'_>, dataset: &Dataset, upload: &Upload, clouds: &[Cloud]) {
    let of = |what: &str| format!("{what} of `{}`", dataset.name);
    people(checker, &of("the upload bucket"), &upload.default_bucket.uploaders, clouds);
    for bucket in &upload.additional_buckets {
        people(checker, &of(&format!("the upload bucket `{}`", bucket.name.value)), &bucket.uploaders, clouds);
    }
    for dropbox in &upload.dropboxes {
        people(checker, &of(&format!("the dropbox `{}`", dropbox.id.value)), &dropbox.uploaders, &[Cloud::Gcp]);
    }
}

/// Each is a user, is listed once, and has an id in each of the clouds.
fn people(checker: &mut Checker<'_>, group: &str, members: &[Placed<String>], clouds: &[Cloud]) {
    let users = &checker.configuration.infrastructure.users;
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for Placed { value, place } in members {
        if let Some(first) = seen.insert(value, place) {
            let problem = Diagnostic::error("E0808", format!("`{value}` is in {group} twice")).at(place.clone());
            checker.found.push(problem.related(first.clone(), "the first time is here").hint("remove one of the two"));
            continue;
        }
        let Some(user) = users.get(value) else {
            let problem = Diagnostic::error("E0808", format!("{group} has the member `{value}`, who is no user"));
            let hint = instead(value, users.keys().map(String::as_str));
            let hint = hint.unwrap_or_else(|| format!("add `{value}` to `users`, or remove it here"));
            checker.found.push(problem.at(place.clone()).hint(hint));
            continue;
        };
        for cloud in clouds.iter().filter(|cloud| user.value.clouds.get(**cloud).is_none()) {
            let cloud = cloud.name();
            let problem = Diagnostic::error("E0809", format!("`{value}` is in {group} and not in {cloud}"));
            let problem = problem.at(place.clone()).related(user.place.clone(), "the user is declared here");
            checker.found.push(problem.hint(format!("add `{cloud}: {{ id: … }}` to the `clouds` of `{value}`")));
        }
    }
}
