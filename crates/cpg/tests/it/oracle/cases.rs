//! Configurations with every option.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use plan::value::Value;
use serde_json::{Map, Value as Json};
use testkit::{Resource, Workspace};

use super::config::Centre;
use super::made::{Resources, without_nulls};
use crate::azure_mapping::inputs;
use crate::mapping::{From, json_of};
use crate::plugin_mapping::files;
use crate::recorded_plugins::{refs, sources, with_plugins};
use crate::world::known_in;

/// What holds for the centre, on both clouds and without plugins.
pub(crate) const EXAMPLE: &str = "crates/cpg/tests/it/centre.yaml";

/// A configuration: changes of what the example says of the centre, and its datasets.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What is put in place of what; what stands for nothing is put before everything.
    pub(crate) changes: &'static [(&'static str, &'static str)],
    pub(crate) datasets: &'static str,
}

const EVERYTHING: &str = "\
common:
  gcp: { project: ex-common }
  budgets: { gcp: { monthly_budget: 100 } }
  create_container_registry: true
  members: { data-manager: [data.manager], release-access: [release.viewer] }
alpha:
  gcp: { project: ex-alpha }
  budgets: { gcp: { monthly_budget: 200, currency: USD } }
  allow_notebook_tmp_main_read: true
  archive_age: 30
  autoclass: false
  sm_read_only_sas: [ro@ex-x.iam.gserviceaccount.com, both@ex-x.iam.gserviceaccount.com, plain@example.org]
  sm_read_write_sas: [both@ex-x.iam.gserviceaccount.com, rw--two@ex-x.iam.gserviceaccount.com]
  deployment_service_account_test: deploy-test@ex-deploy.iam.gserviceaccount.com
  deployment_service_account_standard: deploy-standard@ex-deploy.iam.gserviceaccount.com
  deployment_service_account_full: deploy-full@ex-deploy.iam.gserviceaccount.com
  members:
    data-manager: [data.manager]
    analysis: [ana.lyst, dev.ops]
    metadata-access: [meta.reader]
    metadata-contribute: [meta.contrib]
    metadata-write: [meta.writer]
    web-access: [web.viewer]
    release-access: [release.viewer]
    tmp-main-read-access: [tmp.reader]
  upload_config:
    default_bucket: { uploaders: [up.loader, ana.lyst] }
    additional_buckets: [{ name: lab, uploaders: [up.loader] }, { name: other }]
    dropboxes:
      - { id: box1, name: Box \"1\" é 😀, allowed_filetypes: [.bam, .cram], uploaders: [up.loader, ana.lyst], move_to_bucket: lab, max_file_size: 5 }
      - { id: box2, name: Box 2, allowed_filetypes: [], uploaders: [] }
beta:
  gcp: { project: ex-beta, hail_service_account_dataset_name_override: bee }
  depends_on: [alpha]
  is_internal_dataset: true
  budgets: { gcp: { monthly_budget: 1, shared_total_budget: 5 } }
  enable_release: true
  enable_shared_project: true
  members: { analysis: [data.manager], tmp-main-read-access: [tmp.reader] }
gamma:
  gcp: { project: ex-gamma, region: europe-west1 }
  depends_on_readonly: [alpha]
  setup_test: false
  create_container_registry: true
  budgets: { gcp: { monthly_budget: 1 } }
delta:
  gcp: { project: ex-delta }
  depends_on: [beta]
  depends_on_readonly: [gamma]
  enable_metamist_project: false
  budgets: { gcp: { monthly_budget: 1 } }
";

/// One component each, and what reaches into a component that is not there.
const PARTS: &str = "\
common:
  gcp: { project: ex-common, region: us-central1 }
  budgets: { gcp: { monthly_budget: 100 } }
  create_container_registry: true
  components: { gcp: [container-registry, metamist] }
storing: { gcp: { project: ex-1 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [storage] }, enable_release: true }
spark: { gcp: { project: ex-2 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [spark] }, is_internal_dataset: true }
cromwell: { gcp: { project: ex-3 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [cromwell] } }
notes: { gcp: { project: ex-4 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [notebooks] }, allow_notebook_tmp_main_read: true }
hail: { gcp: { project: ex-5 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [hail-accounts] }, depends_on: [notes] }
meta: { gcp: { project: ex-6 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [metamist] }, setup_test: false }
images: { gcp: { project: ex-7 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [container-registry] }, setup_test: false }
running: { gcp: { project: ex-8 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [analysis-runner] } }
nothing: { gcp: { project: ex-9 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [] }, setup_test: false }
batch: { gcp: { project: ex-10 }, budgets: { gcp: { monthly_budget: 1 } }, components: { gcp: [hail-accounts, spark, cromwell, analysis-runner] } }
sharing:
  gcp: { project: ex-11, region: '' }
  components: { gcp: [] }
  budgets: { gcp: { monthly_budget: 1, shared_total_budget: 2 } }
  enable_release: true
  enable_shared_project: true
";

/// Names that begin as keys do, and others that need care.
const NAMES: &str = "\
common: { gcp: { project: ex-common }, budgets: { gcp: { monthly_budget: 1 } }, create_container_registry: true }
main: { gcp: { project: ex-main }, budgets: { gcp: { monthly_budget: 1 } }, enable_release: true }
hail: { gcp: { project: ex-test }, budgets: { gcp: { monthly_budget: 1 } }, members: { analysis: [ana.lyst] } }
full: { gcp: { project: ex-full }, budgets: { gcp: { monthly_budget: 1 } }, create_container_registry: true }
project: { gcp: { project: ex-project }, budgets: { gcp: { monthly_budget: 1 } }, depends_on_readonly: [hail] }
data: { gcp: { project: ex-data }, budgets: { gcp: { monthly_budget: 1 } }, setup_test: false }
a_b-c: { gcp: { project: ex-abc }, budgets: { gcp: { monthly_budget: 1 } }, depends_on: [main, data] }
v1.2: { gcp: { project: ex-v }, budgets: { gcp: { monthly_budget: 1 } }, depends_on: [main] }
zeta: { gcp: { project: ex-zeta }, budgets: { gcp: { monthly_budget: 1 } }, setup_test: false, depends_on: [full] }
";

/// People who are called by something else than their key, or are not everywhere.
const PEOPLE: (&str, &str) = (
    "users:\n",
    "users:\n  Upper.Case: { id: other.id, clouds: { gcp: { id: Upper.Case@Example.org } } }\n  \
     only.azure: { id: only.azure, clouds: { azure: { id: oid-only } }, can_access_internal_dataset_logs: true }\n",
);

/// Sections that need not be there.
const RUNNER: (&str, &str) = (
    "analysis_runner:\n  gcp:\n    project: ex-ar\n    cloud_run_instance_name: server\n    \
     server_machine_account: ar-server@ex-ar.iam.gserviceaccount.com\n    \
     logger_machine_account: ar-logger@ex-ar.iam.gserviceaccount.com\n    container_registry_name: images\n",
    "",
);
pub(crate) const DROPBOX: (&str, &str) = (
    "data_dropbox:\n  gcp:\n    project: ex-dropbox\n    \
     server_machine_account: server@ex-dropbox.iam.gserviceaccount.com\n",
    "",
);
pub(crate) const WEB: (&str, &str) = (
    "web_service:\n  gcp:\n    server_machine_account: web@ex-web.iam.gserviceaccount.com\n  \
     web_url_template: \"https://{namespace}-web.example.org/{dataset}\"\n",
    "",
);

const AZURE: &str = "\
common:
  gcp: { project: ex-common }
  deploy_locations: [gcp, azure]
  create_container_registry: true
  budgets: { gcp: { monthly_budget: 1 }, azure: { monthly_budget: 2 } }
alpha:
  gcp: { project: ex-alpha }
  budgets: { gcp: { monthly_budget: 1 } }
  members: { analysis: [ana.lyst] }
beta1:
  gcp: { project: ex-beta }
  deploy_locations: [azure, gcp]
  depends_on: [alpha]
  archive_age: 30
  deployment_service_account_full: deploy@ex.iam.gserviceaccount.com
  is_internal_dataset: true
  create_container_registry: true
  budgets: { gcp: { monthly_budget: 1, shared_total_budget: 5 }, azure: { monthly_budget: 3, shared_total_budget: 7 } }
  enable_release: true
  enable_shared_project: true
  members: { analysis: [data.manager], web-access: [web.viewer] }
  upload_config:
    default_bucket: { uploaders: [up.loader] }
    additional_buckets: [{ name: lab, uploaders: [dev.ops] }]
    dropboxes: [{ id: box, name: Box, allowed_filetypes: [.bam], uploaders: [up.loader] }]
gamma:
  gcp: { project: ex-gamma }
  deploy_locations: [azure]
  depends_on_readonly: [beta1]
  setup_test: false
  budgets: { azure: { monthly_budget: 4 } }
  members: { analysis: [meta.reader] }
epsilon:
  gcp: { project: ex-epsilon }
  deploy_locations: [gcp, azure]
  depends_on: [beta1]
  components: { azure: [storage] }
  budgets: { gcp: { monthly_budget: 1 }, azure: { monthly_budget: 1 } }
  members: { analysis: [up.loader] }
";

/// What plugins are told, otherwise than in the recorded run.
pub(crate) const METAMIST: (&str, &str) = (
    "\nbilling:\n",
    "  slack_channel: news
  etl:
    accessors: [one, two]
    by_type:
      a/v1: { parser_name: A, accessors: [two, one], analysis_group_dataset: alpha, default_parameters: { x: [1] } }
      b/v1: { parser_name: B, accessors: [], analysis_group_dataset: beta }
      c/v1: { parser_name: C, accessors: [one], analysis_group_dataset: alpha }
    environment: DEVELOPMENT
    custom_audience_list: { load: ['https://load.example.org', 'https://other.example.org'], extract: [] }

billing:
",
);
pub(crate) const BILLING: (&str, &str) = (
    "\nadhoc_groups:\n",
    "  aggregator:
    destination_bq_table: ex-billing.sums.table
    slack_channel: alarms
    slack_token_secret_name: token
    functions: [hail, gcp]
    interval_hours: 6
  gcp_cost_controls:
    machine_account: costs@ex-billing.iam.gserviceaccount.com
    slack_channel: money
    pubsub_topic: unused
    timezone: Europe/Berlin

adhoc_groups:
",
);
const ELSEWHERE: (&str, &str) = ("  region: australia-southeast1\n", "  region: europe-west3\n");

/// The recorded run, on both clouds.
const RECORDED: &str = "\
common:
  gcp: { project: ex-common }
  deploy_locations: [gcp, azure]
  create_container_registry: true
  budgets: { gcp: { monthly_budget: 100 }, azure: { monthly_budget: 50 } }
alpha:
  gcp: { project: ex-alpha }
  deploy_locations: [gcp, azure]
  budgets: { gcp: { monthly_budget: 200 }, azure: { monthly_budget: 150 } }
  members: { analysis: [ana.lyst] }
";

/// What is there without the analysis runner.
const NOTHING_RUNS: &str = "\
common:
  gcp: { project: ex-common }
  create_container_registry: true
  budgets: { gcp: { monthly_budget: 100 } }
  components: { gcp: [storage, spark, notebooks, hail-accounts, metamist, container-registry] }
alpha:
  gcp: { project: ex-alpha }
  budgets: { gcp: { monthly_budget: 200 } }
  components: { gcp: [storage, metamist] }
  members: { analysis: [ana.lyst] }
";

pub(crate) const CASES: [Case; 13] = [
    Case { name: "the recorded run", changes: &[], datasets: RECORDED },
    Case {
        name: "both plugins",
        changes: &[
            ("plugins_enabled: []", "plugins_enabled: [metamist, billing_aggregator]"),
            METAMIST,
            BILLING,
            ELSEWHERE,
        ],
        datasets: EVERYTHING,
    },
    Case {
        name: "the plugin for bills",
        changes: &[
            ("plugins_enabled: []", "plugins_enabled: [billing_aggregator]"),
            BILLING,
            ("functions: [hail, gcp]\n    interval_hours: 6", "functions: [seqr24, seqr]"),
        ],
        datasets: RECORDED,
    },
    Case {
        name: "private packages",
        changes: &[
            ("plugins_enabled: []", "plugins_enabled: [metamist]"),
            METAMIST,
            BILLING,
            ("    environment: DEVELOPMENT\n", "    private_repo_packages: [x, y]\n"),
        ],
        datasets: EVERYTHING,
    },
    Case {
        name: "nothing runs analyses",
        changes: &[RUNNER, DROPBOX, WEB, ("    members: [ana.lyst, dev.ops]\n", "")],
        datasets: NOTHING_RUNS,
    },
    Case { name: "everything on Google Cloud", changes: &[], datasets: EVERYTHING },
    Case {
        name: "a second centre in one organisation",
        changes: &[
            ("", "group_prefix: dev-\nbudget_notification_thresholds: [0.25, 2.0]\n"),
            ("  dataset_storage_prefix: ex-\n", "  dataset_storage_prefix: common-\n  create_empty_groups: false\n"),
            (
                "  config_bucket_name: ex-config\n",
                "  config_bucket_name: ex-config\n  allow_external_group_members: false\n",
            ),
            ("hail:\n", "hail:\n  username_prefix: dev-\n"),
            ("gs://ex-config/config", "gs://ex-config/config/of/dev"),
            PEOPLE,
        ],
        datasets: EVERYTHING,
    },
    Case {
        name: "the first half of a renaming",
        changes: &[("", "disable_group_memberships: true\n")],
        datasets: EVERYTHING,
    },
    Case {
        name: "few services",
        changes: &[
            ("  budget_notification_pubsub: projects/ex-billing/topics/budget\n", ""),
            ("  coordinator_machine_account: coordinator@ex-billing.iam.gserviceaccount.com\n", ""),
            ("  hail_aggregator_username: billing-aggregator\n", ""),
            ("    git_credentials_secret_project: ex-ar\n", ""),
            ("    git_credentials_secret_name: git-token\n", "    git_credentials_secret_name: projects/p/secrets/s\n"),
            ("    wheel_bucket_name: ex-wheels\n", ""),
            ("  web_url_template: \"https://{namespace}-web.example.org/{dataset}\"\n", ""),
            PEOPLE,
            ("    members: [ana.lyst, dev.ops]\n", "    members: [Upper.Case, only.azure]\n"),
        ],
        datasets: EVERYTHING,
    },
    Case { name: "one component each", changes: &[PEOPLE], datasets: PARTS },
    Case { name: "names that begin as keys do", changes: &[], datasets: NAMES },
    Case { name: "both clouds", changes: &[PEOPLE], datasets: AZURE },
    Case { name: "both clouds with a prefix", changes: &[("", "group_prefix: dev-\n")], datasets: AZURE },
];

impl Case {
    /// What holds for the centre.
    pub(crate) fn infrastructure(&self) -> String {
        let mut text = Workspace::here().read(EXAMPLE).expect("it is there");
        for (old, new) in self.changes {
            assert!(text.contains(old), "{old} is there");
            text = text.replacen(old, new, 1);
        }
        text
    }

    /// The configuration as the earlier program reads it.
    pub(crate) fn centre(&self) -> Centre {
        Centre::read(&self.infrastructure(), self.datasets)
    }

    /// What is made of it here.
    pub(crate) fn ours(&self) -> Ours {
        ours(&self.infrastructure(), self.datasets)
    }
}

/// What is made of a configuration here, in the words of the earlier program.
pub(crate) struct Ours {
    pub(crate) made: Resources,
    pub(crate) told: Resources,
}

pub(crate) fn ours(infrastructure: &str, datasets: &str) -> Ours {
    let sources = sources();
    let mut files = refs(&sources);
    files.extend([("config-infrastructure.yaml", infrastructure), ("config-datasets.yaml", datasets)]);
    let planned = known_in("drawn", with_plugins, "production", &files);
    let types: Vec<String> = planned.by_type().into_keys().map(str::to_owned).collect();
    let resources = types.iter().flat_map(|ty| planned.resources(ty));
    let mut ours = Ours { made: Resources::new(), told: Resources::new() };
    for resource in resources {
        let (ty, inputs) = inputs(&resource);
        let key = (ty.to_owned(), resource.name().to_owned());
        ours.made.insert(key.clone(), without_nulls(inputs));
        ours.told.insert(key, told(&resource));
    }
    ours
}

/// What the engine is told of a resource.
fn told(resource: &Resource) -> Json {
    let options = resource.options();
    let mut told = Map::new();
    let after: BTreeSet<&str> = resource.depends_on().into_iter().collect();
    let mut tell = |key: &str, value: Json| told.insert(key.to_owned(), value);
    if !after.is_empty() {
        tell("dependsOn", after.into_iter().collect());
    }
    if !options.ignore_changes.is_empty() {
        tell("ignoreChanges", options.ignore_changes.iter().map(ToString::to_string).collect());
    }
    if !options.aliases.is_empty() {
        tell("aliases", options.aliases.iter().map(|alias| alias.urn.name()).collect());
    }
    if options.delete_before_replace == Some(true) {
        tell("deleteBeforeReplace", true.into());
    }
    if options.protect {
        tell("protect", true.into());
    }
    if let Some(Value::Secret(secret)) = resource.find("payload.data") {
        let data = secret.expose().and_then(Value::as_str).expect("it is open");
        let data = BASE64_STANDARD.decode(data).expect("it is base64");
        let data = String::from_utf8(data).expect("it is text");
        // How it is laid out is nothing to the program that reads this one.
        let laid_out = resource.name() != "metamist-etl-accessor-configuration";
        tell("secretData", if laid_out { data.into() } else { serde_json::from_str(&data).expect("it is JSON") });
    }
    if resource.name() == "metamist-etl-load-source-code" {
        let properties = json_of(resource.properties());
        let files = files(&From(properties.as_object().cloned().unwrap_or_default()));
        let requirements = files.into_iter().find(|(name, _)| name == "requirements.txt").expect("it is there");
        tell("requirements", requirements.1.into());
    }
    Json::Object(told)
}
