//! What is wrong with what the configuration says of plugins: all of it, before anything is planned.

use crate::recorded_plugins::{BOTH, configured, refs, with_plugins};
use crate::world::given;

/// Where all of it is said.
const FILE: &str = "crates/cpg/tests/it/mini/config-infrastructure.yaml";

/// The problems of the configuration with both plugins and with some texts in it replaced.
fn problems(changes: &[(&str, &str)]) -> Vec<String> {
    let mut files = configured(BOTH);
    for (from, to) in changes {
        let (_, text) = &mut files[0];
        assert!(text.contains(from), "there is no {from}");
        *text = text.replace(from, to);
    }
    given(with_plugins(), "production", &refs(&files)).evaluate().problems()
}

#[test]
fn a_sound_configuration_has_no_problems() {
    assert_eq!(problems(&[]), [""; 0]);
}

/// Each change of the configuration, and what its one problem says.
const WRONG: &[(&[(&str, &str)], &str)] = &[
    (&[("functions: [gcp, hail", "functions: [gpc, hail")], "E0827 there is no function `gpc` that collects bills"),
    (&[("functions: [gcp, hail", "functions: [gcp, gcp, hail")], "E0827 the function `gcp` is there twice"),
    (
        &[("    ica_raw_table: ex-billing.ica.raw\n", "")],
        "E0826 the plugin `billing_aggregator` needs `billing.aggregator.ica_raw_table`",
    ),
    (
        &[("    ica_api_secret_name: ica-token\n", "")],
        "E0826 the plugin `billing_aggregator` needs `billing.aggregator.ica_api_secret_name`",
    ),
    (
        &[("    source_bq_table: ex-billing.src.export\n", "")],
        "E0826 the plugin `billing_aggregator` needs `billing.gcp.source_bq_table`",
    ),
    (
        &[("  coordinator_machine_account: coordinator@ex-billing.iam.gserviceaccount.com\n", "")],
        "E0826 the plugin `billing_aggregator` needs `billing.coordinator_machine_account`",
    ),
    (
        &[("  budget_notification_pubsub: projects/ex-billing/topics/budget\n", "")],
        "E0826 the plugin `billing_aggregator` needs `gcp.budget_notification_pubsub`",
    ),
    (
        &[("ex-billing.aggregate.costs", "ex-billing.aggregate.costs\n    interval_hours: 0")],
        "E0819 `interval_hours` is 0",
    ),
    (
        &[("ex-billing.aggregate.costs", "ex-billing.aggregate.costs\n    interval_hours: 25")],
        "E0819 `interval_hours` is 25",
    ),
    (
        &[("ex-billing.aggregate.costs", "ex-other.aggregate.costs")],
        "E0819 `destination_bq_table` is `ex-other.aggregate.costs`",
    ),
    (&[("  slack_channel: metamist-news\n", "")], "E0826 the plugin `metamist` needs `metamist.slack_channel`"),
    (
        &[("accessors: [uploader]\n    by_type", "accessors: [uploader, uploader]\n    by_type")],
        "E0827 `uploader` sends twice",
    ),
    (
        &[("accessors: [uploader]\n    by_type", "accessors: [uploader, load-sa]\n    by_type")],
        "E0827 no account can be called `metamist-etl-load-sa`",
    ),
    (
        &[("accessors: [uploader]\n    by_type", "accessors: [uploader, a-sender-with-a-long-name]\n    by_type")],
        "E0827 no account can be called `metamist-etl-a-sender-with-a-long-name`",
    ),
    (
        &[("parser_name: PipeParser, accessors: [uploader]", "parser_name: PipeParser, accessors: [upload]")],
        "E0827 `upload` may send `pipes/v1`, and is not among those who send",
    ),
    (&[("analysis_group_dataset: alpha", "analysis_group_dataset: alfa")], "E0811 there is no dataset `alfa`"),
    (
        &[("custom_audience_list: { extract:", "custom_audience_list: { extrakt:")],
        "E0827 no function of metamist is called `extrakt`",
    ),
];

#[test]
fn what_is_wrong_is_said_with_its_place_before_anything_is_planned() {
    for (changes, wanted) in WRONG {
        let found = problems(changes);
        assert_eq!(found.len(), 1, "{changes:?}: {found:#?}");
        let (code, said) = wanted.split_once(' ').expect("a code and what is said");
        assert!(found[0].starts_with(&format!("{code} {FILE}:")) && found[0].contains(said), "{found:?}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let changes: Vec<(&str, &str)> =
        WRONG.iter().filter(|(_, text)| text.contains("E0826")).flat_map(|(c, _)| c.iter().copied()).collect();
    assert_eq!(problems(&changes).len(), changes.len());
}

/// A plugin that is enabled is not passed over because nothing is said of it.
#[test]
fn a_plugin_without_its_section_is_an_error_at_the_line_that_enables_it() {
    let mut files = configured("billing_aggregator, metamist");
    let (_, text) = &mut files[0];
    let start = text.find("  aggregator:\n").expect("it is there");
    let end = text.find("  gcp_cost_controls:\n").expect("it is there");
    text.replace_range(start..end, "");
    let found = given(with_plugins(), "production", &refs(&files)).evaluate().problems();
    let wanted = ["billing_aggregator", "metamist"]
        .map(|name| format!("E0826 {FILE}:6 the plugin `{name}` needs `billing.aggregator`, which is not there"));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().zip(&wanted).all(|(found, wanted)| found.starts_with(wanted)), "{found:#?}");
}

/// Sources are read when the plan is made.
#[test]
fn sources_that_a_function_needs_are_named_where_they_are_missing() {
    let mut files = configured(BOTH);
    files
        .retain(|(path, _)| !path.ends_with("aggregate/seqr.py") && !path.ends_with("aggregate/aggregate_schema.json"));
    let found = given(with_plugins(), "production", &refs(&files)).evaluate().problems();
    assert!(found.len() == 2 && found.iter().all(|one| one.starts_with("E0828")), "{found:#?}");
    assert!(found[1].contains("functions/aggregate/aggregate_schema.json"), "{found:#?}");

    let mut files = configured(BOTH);
    let (_, text) = files.iter_mut().find(|(path, _)| path.ends_with("etl/bq_schema.json")).expect("it is there");
    *text = text.replace("\"type\": \"JSON\"", "\"typ\": \"JSON\"");
    let found = given(with_plugins(), "production", &refs(&files)).evaluate().problems();
    assert!(
        found.len() == 1 && found[0].starts_with("E0829") && found[0].contains("[4]: `type` is missing"),
        "{found:#?}"
    );
}
