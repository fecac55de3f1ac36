//! Names that Azure gives once in the world, and what it asks of them.

use std::collections::BTreeMap;

use cpg_config::{Cloud, Configuration, Dataset};
use plan::diag::{Diagnostic, Diagnostics, Place};

use super::Azure;

impl Azure<'_> {
    /// The name of the dataset's resource group.
    pub(super) fn resource_group_name(&self) -> String {
        format!("{}{}", self.section.dataset_storage_prefix, self.dataset.name)
    }

    /// The name of the dataset's storage account, and of its vault.
    pub(super) fn account_name(&self) -> String {
        account_name(&self.section.dataset_storage_prefix, self.dataset)
    }

    /// The name of one of the dataset's registries.
    pub(super) fn registry_name(&self, name: &str) -> String {
        format!("{}{}", self.account_name(), plain(name))
    }
}

/// The letters and digits of a text, in lower case.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
}

fn account_name(prefix: &str, dataset: &Dataset) -> String {
    match dataset.options.azure.as_ref().and_then(|azure| azure.account.as_ref()) {
        Some(given) => given.value.clone(),
        None => plain(&format!("{prefix}{}", dataset.name)),
    }
}

/// Names that Azure would refuse, or that two datasets would share.
pub(crate) fn check(configuration: &Configuration) -> Diagnostics {
    let mut found = Diagnostics::new();
    let Some(section) = &configuration.infrastructure.azure else { return found };
    let mut seen: BTreeMap<String, &Dataset> = BTreeMap::new();
    for dataset in configuration.datasets.values().filter(|dataset| dataset.is_in(Cloud::Azure)) {
        let name = account_name(&section.dataset_storage_prefix, dataset);
        let given = dataset.options.azure.as_ref().and_then(|azure| azure.account.as_ref());
        let place = given.map_or(&dataset.place, |given| &given.place);
        let hint = format!("name one: `azure: {{ account: … }}` in `{}`", dataset.name);
        if !is_account(&name) {
            let message = format!("`{name}` cannot be the storage account of `{}`", dataset.name);
            let note = "it has 3 to 24 lower-case letters and digits, a letter first";
            found.push(Diagnostic::error("E0831", message).at(place.clone()).note(note).hint(&hint));
        }
        if let Some(first) = seen.insert(name.clone(), dataset) {
            let message = format!("`{}` and `{}` would share the storage account `{name}`", first.name, dataset.name);
            let problem = Diagnostic::error("E0831", message).at(place.clone());
            found.push(problem.related(first.place.clone(), "the other one is here").hint(&hint));
        }
        for (container, place) in containers(dataset) {
            if !is_container(&container) {
                let message = format!("`{container}` cannot be the name of a container");
                let note = "it has 3 to 63 lower-case letters and digits, with single hyphens between them";
                let problem = Diagnostic::error("E0831", message).at(place.clone()).note(note);
                found.push(problem.hint("rename the upload bucket or the dropbox"));
            }
        }
    }
    found
}

/// The containers of a dataset whose names hang on the configuration.
fn containers(dataset: &Dataset) -> impl Iterator<Item = (String, &Place)> {
    dataset.upload.iter().flat_map(|upload| {
        let additional = upload.additional_buckets.iter().map(|bucket| ("main-upload-", &bucket.name));
        let dropboxes = upload.dropboxes.iter().map(|dropbox| ("main-upload-db-", &dropbox.id));
        additional.chain(dropboxes).map(|(start, name)| (format!("{start}{}", name.value), &name.place))
    })
}

/// A storage account and a vault are called so: what both take.
fn is_account(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_container(name: &str) -> bool {
    let piece = |piece: &str| !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (3..=63).contains(&name.len()) && name.split('-').all(piece)
}

#[cfg(test)]
mod tests {
    use super::{is_account, is_container, plain};

    #[test]
    fn accounts_keep_the_digits_that_tell_them_apart() {
        assert_eq!(plain("ex-Alpha_1"), "exalpha1");
        for (name, taken) in [("exalpha1", true), ("ex", false), ("1alpha", false), ("exAlpha", false), ("ex-a", false)]
        {
            assert_eq!(is_account(name), taken, "{name}");
        }
        assert!(is_account(&"a".repeat(24)) && !is_account(&"a".repeat(25)));
    }

    #[test]
    fn containers_have_single_hyphens() {
        for (name, taken) in [("main-upload-lab", true), ("main-upload-", false), ("a--b", false), ("a_b", false)] {
            assert_eq!(is_container(name), taken, "{name}");
        }
    }
}
