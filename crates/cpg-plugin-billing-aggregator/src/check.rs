//! What is wrong with what the configuration says of billing.

use std::collections::BTreeMap;

use cpg_config::Configuration;
use plan::config::Placed;
use plan::diag::{Diagnostic, Diagnostics, Place};

use crate::NAME;
use crate::source::Source;

/// All that is wrong; intervals and the table are checked with the rest of the configuration, enabled or not.
pub(crate) fn check(configuration: &Configuration) -> Diagnostics {
    let mut found = Diagnostics::new();
    missing(configuration, &mut found);
    functions(configuration, &mut found);
    found
}

/// Sections and settings that the plugin cannot be without.
fn missing(configuration: &Configuration, found: &mut Diagnostics) {
    let infrastructure = &configuration.infrastructure;
    let billing = infrastructure.billing.as_ref();
    let aggregator = billing.and_then(|billing| billing.aggregator.as_ref());
    let topic = infrastructure.gcp.as_ref().and_then(|gcp| gcp.budget_notification_pubsub.as_deref());
    let collects = |name: &str| aggregator.is_some_and(|one| one.functions.iter().any(|other| other.value == name));
    let ica = |given: Option<&String>| !collects("ica") || given.is_some();
    let needs = [
        ("billing.aggregator", aggregator.is_some()),
        ("billing.gcp_cost_controls", billing.is_some_and(|billing| billing.gcp_cost_controls.is_some())),
        ("billing.coordinator_machine_account", billing.is_some_and(|one| one.coordinator_machine_account.is_some())),
        ("billing.gcp.source_bq_table", billing.is_some_and(|billing| billing.gcp.source_bq_table.is_some())),
        ("gcp.budget_notification_pubsub", topic.is_some_and(|topic| !topic.is_empty())),
        ("billing.aggregator.ica_raw_table", ica(aggregator.and_then(|one| one.ica_raw_table.as_ref()))),
        ("billing.aggregator.ica_api_secret_name", ica(aggregator.and_then(|one| one.ica_api_secret_name.as_ref()))),
    ];
    found.extend(cpg::needs(configuration, NAME, &needs));
}

/// Functions that are known, each once.
fn functions(configuration: &Configuration, found: &mut Diagnostics) {
    let billing = configuration.infrastructure.billing.as_ref();
    let Some(aggregator) = billing.and_then(|billing| billing.aggregator.as_ref()) else { return };
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for Placed { value: name, place } in &aggregator.functions {
        let problem = if Source::named(name).is_none() {
            let known = Source::names().map(|name| format!("`{name}`")).join(", ");
            let problem = Diagnostic::error("E0827", format!("there is no function `{name}` that collects bills"));
            problem.at(place.clone()).hint(format!("choose among {known}"))
        } else if let Some(first) = seen.insert(name, place) {
            let problem = Diagnostic::error("E0827", format!("the function `{name}` is there twice")).at(place.clone());
            problem.related(first.clone(), "the first one is here").hint("remove one of the two")
        } else {
            continue;
        };
        found.push(problem);
    }
}
