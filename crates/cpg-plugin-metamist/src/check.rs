//! What is wrong with what the configuration says of metadata.

use std::collections::BTreeMap;

use cpg_config::{Cloud, Configuration, MetamistEtl};
use plan::config::Placed;
use plan::diag::{Diagnostic, Diagnostics, Place};

use crate::NAME;
use crate::functions::FUNCTIONS;

/// The longest name of an account.
const ACCOUNT: usize = 30;
/// What stands before the name of whoever sends.
const PREFIX: &str = "metamist-etl-";
/// What of such names is taken.
const TAKEN: [&str; 3] = ["sa", "load-sa", "extract-sa"];

/// All that is wrong.
pub(crate) fn check(configuration: &Configuration) -> Diagnostics {
    let infrastructure = &configuration.infrastructure;
    let metamist = infrastructure.metamist.as_ref();
    let etl = metamist.and_then(|metamist| metamist.etl.as_ref());
    let aggregator = infrastructure.billing.as_ref().is_some_and(|billing| billing.aggregator.is_some());
    let needs = [
        ("metamist.etl", etl.is_some()),
        ("metamist.etl.accessors", etl.is_none_or(|etl| !etl.accessors.is_empty())),
        ("metamist.slack_channel", metamist.is_some_and(|metamist| metamist.slack_channel.is_some())),
        ("billing.aggregator", aggregator),
    ];
    let mut found = cpg::needs(configuration, NAME, &needs);
    if let Some(etl) = etl {
        senders(etl, &mut found);
        types(etl, configuration, &mut found);
        audiences(etl, &mut found);
    }
    found
}

/// Each of those who send is there once, and its account can have the name.
fn senders(etl: &MetamistEtl, found: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for Placed { value: name, place } in &etl.accessors {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits =
            !name.is_empty() && PREFIX.len() + name.len() <= ACCOUNT && name.chars().all(plain) && !name.ends_with('-');
        if !fits || TAKEN.contains(&name.as_str()) {
            let message = format!("no account can be called `{PREFIX}{name}`, as that of `{name}` would be");
            let most = ACCOUNT - PREFIX.len();
            let hint = format!(
                "choose at most {most} small letters, digits and dashes, and none of `sa`, `load-sa` and `extract-sa`"
            );
            found.push(Diagnostic::error("E0827", message).at(place.clone()).hint(hint));
        }
        if let Some(first) = seen.insert(name, place) {
            let problem = Diagnostic::error("E0827", format!("`{name}` sends twice")).at(place.clone());
            found.push(problem.related(first.clone(), "the first one is here").hint("remove one of the two"));
        }
    }
}

/// Who may send a type is one of those who send, or an analyst of a dataset that has such on Google Cloud.
fn types(etl: &MetamistEtl, configuration: &Configuration, found: &mut Diagnostics) {
    for (name, ty) in &etl.by_type {
        for sender in ty.accessors.iter().filter(|sender| !etl.accessors.iter().any(|one| one.value == sender.value)) {
            let message = format!("`{}` may send `{name}`, and is not among those who send", sender.value);
            let problem = Diagnostic::error("E0827", message).at(sender.place.clone());
            found.push(problem.hint("add it to `metamist.etl.accessors`, or take it away here"));
        }
        let Some(Placed { value, place }) = &ty.analysis_group_dataset else { continue };
        // That it is declared was checked with everything else.
        if configuration.datasets.get(value).is_some_and(|dataset| !dataset.is_in(Cloud::Gcp)) {
            let message = format!("analysts of `{value}` may send `{name}`, and have no group on Google Cloud");
            let problem = Diagnostic::error("E0827", message).at(place.clone());
            found.push(problem.hint("deploy the dataset to gcp, or take it away here"));
        }
    }
}

/// Audiences are of functions that are there.
fn audiences(etl: &MetamistEtl, found: &mut Diagnostics) {
    for (name, list) in etl.custom_audience_list.iter().filter(|(name, _)| !FUNCTIONS.contains(&name.as_str())) {
        let problem = Diagnostic::error("E0827", format!("no function of metamist is called `{name}`"));
        found.push(problem.at(list.place.clone()).hint("name `extract` or `load`"));
    }
}
