//! Random centres: ours are what the earlier rules say, but for what is mended.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::cases::{BILLING, DROPBOX, EXAMPLE, METAMIST, WEB, ours};
use super::config::Centre;
use super::mended::told;
use super::organisation::earlier;
use super::tests::{differing, wanted};

const PEOPLE: [&str; 6] = ["ana.lyst", "data.manager", "meta.reader", "web.viewer", "up.loader", "dev.ops"];
const GROUPS: [&str; 8] = [
    "analysis",
    "data-manager",
    "metadata-access",
    "metadata-contribute",
    "metadata-write",
    "web-access",
    "release-access",
    "tmp-main-read-access",
];
const COMPONENTS: [&str; 8] =
    ["storage", "hail-accounts", "container-registry", "analysis-runner", "metamist", "notebooks", "cromwell", "spark"];
/// How many of them there are on Azure.
const ON_AZURE: usize = 4;

/// Options that are on or off.
const OPTIONS: [&str; 9] = [
    "enable_metamist_project: false",
    "autoclass: false",
    "is_internal_dataset: true",
    "create_container_registry: true",
    "archive_age: 90",
    "sm_read_only_sas: [ro@ex-x.iam.gserviceaccount.com]",
    "deployment_service_account_full: deploy@ex-deploy.iam.gserviceaccount.com",
    "deployment_service_account_test: deploy-test@ex-deploy.iam.gserviceaccount.com",
    "sm_read_write_sas: [rw@ex-x.iam.gserviceaccount.com, ro@ex-x.iam.gserviceaccount.com]",
];

/// What is put in place of what in the example, on or off.
const CHANGES: [(&str, &str); 10] = [
    DROPBOX,
    WEB,
    ("domain: example.org\n", "domain: example.org\ngroup_prefix: dev-\n"),
    ("plugins_enabled: []\n", "plugins_enabled: []\ndisable_group_memberships: true\n"),
    ("  customer_id: C0mock\n", "  customer_id: C0mock\n  allow_external_group_members: false\n"),
    ("  groups_domain: groups.example.org\n", "  groups_domain: groups.example.org\n  create_empty_groups: false\n"),
    ("  hail_aggregator_username: billing-aggregator\n", ""),
    ("    wheel_bucket_name: ex-wheels\n", ""),
    ("  budget_notification_pubsub: projects/ex-billing/topics/budget\n", ""),
    ("hail:\n", "hail:\n  username_prefix: pre-\n"),
];

/// Plugins that are enabled.
const PLUGINS: [&str; 4] = ["", "billing_aggregator", "metamist", "metamist, billing_aggregator"];

/// A dataset as it was drawn.
#[derive(Debug, Clone)]
struct Drawn {
    gcp: bool,
    azure: bool,
    test: bool,
    release: bool,
    shared: bool,
    notebooks_ask: bool,
    own_region: bool,
    options: [bool; 9],
    components: Option<[bool; 8]>,
    members: BTreeSet<(usize, usize)>,
    uploaders: BTreeSet<usize>,
    dropbox: bool,
    /// Which of those before it are depended on, and which may be read.
    full: [bool; 5],
    readonly: [bool; 5],
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let people = prop::collection::btree_set((0..GROUPS.len(), 0..PEOPLE.len()), 0..6);
    let uploaders = prop::collection::btree_set(0..PEOPLE.len(), 0..2);
    let components = prop::option::of(any::<[bool; 8]>());
    let flags = any::<[bool; 9]>();
    (flags, any::<[bool; 9]>(), components, people, uploaders, any::<[bool; 5]>(), any::<[bool; 5]>()).prop_map(
        |(flags, options, components, members, uploaders, full, readonly)| {
            let [gcp, azure, test, release, shared, notebooks_ask, own_region, dropbox, _] = flags;
            Drawn {
                // One of the two at least.
                gcp: gcp || !azure,
                azure,
                test,
                release,
                shared: shared && release,
                notebooks_ask,
                own_region,
                options,
                components,
                members,
                uploaders,
                dropbox,
                full,
                readonly,
            }
        },
    )
}

/// A file that declares datasets, with which nothing is wrong.
fn datasets() -> impl Strategy<Value = String> {
    prop::collection::vec(drawn(), 1..5).prop_map(|mut datasets| {
        let azure = datasets.iter().any(|dataset| dataset.azure);
        let common = &mut datasets[0];
        (common.gcp, common.azure, common.options[3]) = (true, azure, true);
        for dataset in &mut datasets {
            // Who has no groups for tests by itself has them of metamist.
            let test = dataset.test;
            if let Some(components) = &mut dataset.components {
                components[4] |= !test;
            }
            dataset.notebooks_ask &= dataset.gcp && dataset.components.is_none_or(|components| components[5]);
        }
        if let Some(components) = &mut datasets[0].components {
            // The groups of others are put into those of the common dataset.
            (components[2], components[4]) = (true, true);
        }
        let broker = datasets.iter().any(|dataset| dataset.notebooks_ask);
        for dataset in &mut datasets {
            let asks = broker && dataset.gcp;
            dataset.members.retain(|(group, _)| asks || GROUPS[*group] != "tmp-main-read-access");
        }
        file(&datasets)
    })
}

fn name(number: usize) -> String {
    if number == 0 { "common".to_owned() } else { format!("ds{number}") }
}

/// The file that declares them.
fn file(datasets: &[Drawn]) -> String {
    let one = |(number, dataset): (usize, &Drawn)| {
        let lines: Vec<String> = lines(datasets, number, dataset).iter().map(|line| format!("  {line}\n")).collect();
        format!("{}:\n{}", name(number), lines.concat())
    };
    datasets.iter().enumerate().map(one).collect::<Vec<_>>().concat()
}

fn lines(datasets: &[Drawn], number: usize, dataset: &Drawn) -> Vec<String> {
    let region = if dataset.own_region { ", region: europe-west1" } else { "" };
    let mut clouds = vec![];
    clouds.extend(dataset.gcp.then_some("gcp"));
    clouds.extend(dataset.azure.then_some("azure"));
    let each = |text: &str| clouds.iter().map(|cloud| format!("{cloud}: {text}")).collect::<Vec<_>>().join(", ");
    let mut lines = vec![
        format!("gcp: {{ project: ex-{}{region} }}", name(number)),
        format!("deploy_locations: [{}]", clouds.join(", ")),
        format!("budgets: {{ {} }}", each("{ monthly_budget: 10, shared_total_budget: 20 }")),
        format!("setup_test: {}", dataset.test),
        format!("enable_release: {}", dataset.release),
        format!("enable_shared_project: {}", dataset.shared),
        format!("allow_notebook_tmp_main_read: {}", dataset.notebooks_ask),
    ];
    let has = |component: usize| dataset.components.is_none_or(|components| components[component]);
    let metadata = dataset.gcp && has(4);
    // What has no effect is an error.
    let takes = |option: &str| match option {
        _ if option.starts_with("deployment_service_account_test") => dataset.gcp && dataset.test,
        _ if option.starts_with("deployment") => dataset.gcp,
        _ => !option.starts_with("sm_") || metadata,
    };
    let chosen = OPTIONS.iter().zip(dataset.options).filter(|(option, on)| *on && takes(option));
    lines.extend(chosen.map(|(option, _)| (*option).to_owned()));
    if let Some(components) = dataset.components {
        let of = |count: usize| {
            let there = COMPONENTS.iter().zip(components).take(count).filter(|(_, on)| *on);
            there.map(|(component, _)| *component).collect::<Vec<_>>().join(", ")
        };
        lines.push(format!("components: {{ gcp: [{}], azure: [{}] }}", of(COMPONENTS.len()), of(ON_AZURE)));
    }
    let shares = |other: &Drawn| (dataset.gcp && other.gcp) || (dataset.azure && other.azure);
    let before = |chosen: [bool; 5]| (1..number).filter(move |n| chosen[*n]).filter(|n| shares(&datasets[*n]));
    let full: BTreeSet<usize> = before(dataset.full).collect();
    let readonly: Vec<String> = before(dataset.readonly).filter(|n| !full.contains(n)).map(name).collect();
    let full: Vec<String> = full.into_iter().map(name).collect();
    lines.push(format!("depends_on: [{}]", full.join(", ")));
    lines.push(format!("depends_on_readonly: [{}]", readonly.join(", ")));
    let members = (0..GROUPS.len()).map(|group| {
        let people = dataset.members.iter().filter(|(of, _)| *of == group).map(|(_, person)| PEOPLE[*person]);
        format!("{}: [{}]", GROUPS[group], people.collect::<Vec<_>>().join(", "))
    });
    lines.push(format!("members: {{ {} }}", members.collect::<Vec<_>>().join(", ")));
    let uploaders: Vec<&str> = dataset.uploaders.iter().filter(|_| has(0)).map(|person| PEOPLE[*person]).collect();
    let dropbox = "{ id: box, name: Box, allowed_filetypes: [.bam], uploaders: [], move_to_bucket: lab }";
    lines.push(format!(
        "upload_config: {{ additional_buckets: [{{ name: lab, uploaders: [{}] }}], dropboxes: [{}] }}",
        uploaders.join(", "),
        if dataset.dropbox { dropbox } else { "" }
    ));
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn ours_are_those_of_the_earlier_rules(
        datasets in datasets(),
        changes in any::<[bool; 10]>(),
        plugins in prop::sample::select(PLUGINS.as_slice()),
    ) {
        let mut infrastructure = testkit::Workspace::here().read(EXAMPLE).expect("it is there");
        let mut change = |old: &str, new: &str| {
            assert!(infrastructure.contains(old), "{old} is there");
            infrastructure = infrastructure.replacen(old, new, 1);
        };
        for ((old, new), _) in CHANGES.iter().zip(changes).filter(|(_, on)| *on) {
            change(old, new);
        }
        if !plugins.is_empty() {
            change("plugins_enabled: []", &format!("plugins_enabled: [{plugins}]"));
            change(METAMIST.0, &METAMIST.1.replace("alpha", "common").replace("beta", "common"));
            change(BILLING.0, BILLING.1);
            // What stops projects hears of budgets.
            let topic = "  budget_notification_pubsub: projects/ex-billing/topics/budget\n";
            if !infrastructure.contains(topic) {
                infrastructure = infrastructure.replacen("gcp:\n", &format!("gcp:\n{topic}"), 1);
            }
        }
        let centre = Centre::read(&infrastructure, &datasets);
        let run = earlier(&centre);
        let ours = ours(&infrastructure, &datasets);
        let differing = differing(&wanted(&run, None), &ours.made) + &differing(&told(&run, &ours.told), &ours.told);
        prop_assert!(differing.is_empty(), "{differing}\n{changes:?} {plugins}\n{datasets}");
    }
}
