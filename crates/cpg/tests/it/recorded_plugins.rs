//! Both plugins, held against every resource that they made in the earlier program.

use std::collections::{BTreeMap, BTreeSet};

use plan::Project;
use plan::expr::{Expr, Visit};
use plan::value::Value;
use serde_json::{Value as Json, json};
use testkit::Planned;

use crate::mapping::{From, inputs, json_of};
use crate::plugin_mapping::files;
use crate::world::{MINI, given, known};

/// Type, name, inputs and what is waited for, a line each: what a recorded run had with both plugins and not without.
pub(crate) const RECORDED: &str = include_str!("plugins_gcp.tsv");
/// What the plugins run: the sources of the example.
const SOURCES: &str = "configuration/cpg/functions";

const PLUGINS: cpg::Plugins = &[cpg_plugin_billing_aggregator::plugin, cpg_plugin_metamist::plugin];

/// What both are told.
const METAMIST: &str = "  slack_channel: metamist-news
  etl:
    accessors: [uploader]
    by_type:
      samples/v1:
        parser_name: GenericSampleParser
        accessors: [uploader]
        analysis_group_dataset: alpha
        default_parameters: { project: alpha }
      pipes/v1: { parser_name: PipeParser, accessors: [uploader] }
    private_repo_packages: [private-parsers, more-parsers]
    custom_audience_list: { extract: [\"https://metadata.example.org\"] }
";
const BILLING: &str = "  aggregator:
    destination_bq_table: ex-billing.aggregate.costs
    slack_channel: billing-news
    slack_token_secret_name: slack-token
    functions: [gcp, hail, seqr, seqr24, ica]
    ica_raw_table: ex-billing.ica.raw
    ica_api_secret_name: ica-token
  gcp_cost_controls:
    machine_account: costs@ex-billing.iam.gserviceaccount.com
    slack_channel: costs
    pubsub_topic: projects/ex-billing/topics/budget
    timezone: Australia/Sydney
";

pub(crate) type Files = Vec<(String, String)>;

pub(crate) fn with_plugins() -> Project {
    let none = |_: &dyn plan::Inputs| Ok(Vec::new());
    Project::listed("cpg", none, |stack| cpg::whole(stack, PLUGINS)).functions(cpg::FUNCTIONS)
}

/// The configuration of the fixture with what the plugins are told and run.
pub(crate) fn configured(enabled: &str) -> Files {
    let workspace = testkit::Workspace::here();
    let path = "config-infrastructure.yaml";
    let text = workspace.read(&format!("{MINI}/{path}")).expect("it is there");
    let text = text
        .replace("plugins_enabled: []", &format!("plugins_enabled: [{enabled}]"))
        .replace("\nbilling:\n", &format!("{METAMIST}\nbilling:\n"))
        .replace("\nadhoc_groups:\n", &format!("{BILLING}\nadhoc_groups:\n"));
    [(path.to_owned(), text)].into_iter().chain(sources()).collect()
}

/// What functions run, by path below the configuration.
pub(crate) fn sources() -> Files {
    let workspace = testkit::Workspace::here();
    let mut files = Files::new();
    for directory in ["aggregate", "gcp_cost_control", "gcp_cost_report_slack_bot", "etl"] {
        for within in ["", "/extract", "/load", "/notification"] {
            let directory = format!("{SOURCES}/{directory}{within}");
            for name in workspace.list(&directory).unwrap_or_default() {
                let path = format!("{directory}/{name}");
                let inner = path.strip_prefix("configuration/cpg/").expect("it is within").to_owned();
                files.extend(workspace.read(&path).map(|text| (inner, text)));
            }
        }
    }
    files
}

pub(crate) fn refs(files: &Files) -> Vec<(&str, &str)> {
    files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

fn planned(files: &Files) -> Planned {
    known(with_plugins, "production", &refs(files))
}

pub(crate) const BOTH: &str = "billing_aggregator, metamist";

type Resources = BTreeMap<(String, String), (Json, BTreeSet<String>)>;

fn recorded() -> Resources {
    let line = |line: &str| {
        let mut parts = line.splitn(4, '\t').map(str::to_owned);
        let key = (parts.next()?, parts.next()?);
        Some((key, (serde_json::from_str(&parts.next()?).ok()?, serde_json::from_str(&parts.next()?).ok()?)))
    };
    RECORDED.lines().map(|text| line(text).expect("type, name, inputs, what is waited for")).collect()
}

/// What is there with both plugins and not without: inputs, and all that it waits for or reads.
fn ours() -> Resources {
    let (with, without) = (planned(&configured(BOTH)), planned(&configured("")));
    let before: BTreeSet<_> = without.plan().resources.keys().collect();
    let added = with.plan().resources.iter().filter(|(urn, _)| !before.contains(urn));
    let entry = |(urn, plain): (&plan::resource::Urn, &plan::resource::Resource)| {
        let resource = with.resource(urn.ty(), urn.name());
        let (ty, inputs) = inputs(&resource);
        let mut waits: BTreeSet<String> = resource.depends_on().into_iter().map(str::to_owned).collect();
        plain.properties.values().for_each(|expr| {
            expr.visit(&mut |expr| {
                if let Expr::Attribute { urn, .. } = expr {
                    waits.extend(urn.rsplit("::").next().map(str::to_owned));
                }
            });
        });
        ((ty.to_owned(), urn.name().to_owned()), (without_nulls(inputs), waits))
    };
    added.map(entry).collect()
}

/// What is not set is not there.
fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(map) => {
            map.into_iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k, without_nulls(v))).collect()
        }
        Json::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// What differs on purpose.
fn intended(recorded: &mut Resources) {
    let account = "metamist-etl-sa@ex-metamist.iam.gserviceaccount.com";
    // A new version of the secret counts at once; before, everything that is told of it was made anew.
    let latest = |variable: &mut Json| {
        let version = variable.as_str().and_then(|text| text.strip_suffix("/versions/1")).expect("a version");
        *variable = format!("{version}/versions/latest").into();
    };
    for ((ty, name), (inputs, _)) in recorded.iter_mut() {
        match ty.as_str() {
            // An account that is there is taken over.
            "gcp:serviceaccount/account:Account" => inputs["createIgnoreAlreadyExists"] = true.into(),
            // B16: what had no project was made in that of whoever ran the program.
            "gcp:monitoring/alertPolicy:AlertPolicy" => inputs["project"] = "ex-billing".into(),
            "gcp:cloudrunv2/service:Service" => {
                inputs["project"] = "ex-metamist".into();
                latest(&mut inputs["template"]["containers"][0]["envs"][5]["value"]);
            }
            "gcp:cloudfunctionsv2/function:Function" => {
                let service = &mut inputs["serviceConfig"];
                // Google takes texts.
                if let Some(hours) = service["environmentVariables"]["DEFAULT_INTERVAL_HOURS"].as_i64() {
                    service["environmentVariables"]["DEFAULT_INTERVAL_HOURS"] = hours.to_string().into();
                }
                if let Some(version) = service["environmentVariables"].get_mut("CONFIGURATION_SECRET") {
                    latest(version);
                }
                if name == "gcp-cost-control" {
                    assert_eq!(service["availableCpu"], 1);
                    service["availableCpu"] = "1".into();
                    assert_eq!(inputs["project"], Json::Null, "B16");
                    inputs["project"] = "ex-billing".into();
                } else if name == "metamist-etl-notification-func" {
                    // The token stood in the inputs, in clear.
                    let variables = service["environmentVariables"].as_object_mut().expect("it is told something");
                    let token = variables.remove("SLACK_BOT_TOKEN").expect("it was there");
                    service["secretEnvironmentVariables"] = json!([{ "SLACK_BOT_TOKEN": token }]);
                }
            }
            _ => {}
        }
    }
    // So its account reads the secret.
    let key = "gcp:secretmanager/secretIamMember:SecretIamMember".to_owned();
    let inputs = json!({
        "project": "ex-billing", "secretId": "projects/ex-billing/secrets/slack-token",
        "role": "roles/secretmanager.secretAccessor", "member": format!("serviceAccount:{account}"),
    });
    recorded.insert((key, "metamist-etl-notification-slack-token-access".to_owned()), (inputs, BTreeSet::new()));
}

#[test]
fn both_plugins_make_what_they_made() {
    let (mut wanted, ours) = (recorded(), ours());
    assert_eq!(wanted.len(), 76);
    intended(&mut wanted);
    let missing: Vec<_> = wanted.keys().filter(|key| !ours.contains_key(*key)).collect();
    let extra: Vec<_> = ours.keys().filter(|key| !wanted.contains_key(*key)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:#?}\nextra {extra:#?}");
    for (key, (inputs, waits)) in &wanted {
        let (found, found_waits) = &ours[key];
        assert_eq!(found, inputs, "{key:?}");
        let missing: Vec<_> = waits.difference(found_waits).collect();
        assert!(missing.is_empty(), "{key:?} does not wait for {missing:?}");
    }
}

#[test]
fn everything_fits_the_schemas_of_its_types() {
    assert_eq!(planned(&configured(BOTH)).misfits(), [""; 0]);
}

#[test]
fn each_plugin_makes_its_own_and_nothing_of_the_other() {
    let names = |enabled: &str| -> BTreeSet<String> {
        planned(&configured(enabled)).plan().resources.keys().map(ToString::to_string).collect()
    };
    let (none, both) = (names(""), names(BOTH));
    let (billing, metamist) = (names("billing_aggregator"), names("metamist"));
    assert_eq!((billing.len() - none.len(), metamist.len() - none.len()), (28, 49));
    assert_eq!(billing.union(&metamist).cloned().collect::<BTreeSet<_>>(), both);
    assert_eq!(names("metamist, billing_aggregator"), both, "neither reads what the other makes");
}

/// What an edit of a source moves: the archive that it is in, and the functions that are made of it.
#[test]
fn an_edit_of_a_source_moves_its_archive_and_the_functions_that_use_it() {
    let moved = |path: &str| -> Vec<String> {
        let before = configured(BOTH);
        let mut after = before.clone();
        let (_, text) = after.iter_mut().find(|(name, _)| name == path).expect("it is there");
        text.push('\n');
        let shown = |files: &Files| -> BTreeMap<String, String> {
            let planned = given(with_plugins(), "production", &refs(files)).evaluate();
            let json = |urn: &plan::resource::Urn| json_of(planned.resource(urn.ty(), urn.name()).properties());
            planned.plan().resources.keys().map(|urn| (urn.name().to_owned(), json(urn).to_string())).collect()
        };
        let (before, after) = (shown(&before), shown(&after));
        after.into_iter().filter(|(name, json)| before.get(name) != Some(json)).map(|(name, _)| name).collect()
    };
    let object = "metamist-etl-extract-source-code";
    assert_eq!(moved("functions/etl/extract/main.py"), ["metamist-etl-extract", object]);
    let mut wanted =
        ["gcp", "hail", "ica", "seqr", "seqr24"].map(|f| format!("billing-aggregator-{f}-billing-function")).to_vec();
    wanted.insert(0, "billing-aggregator-functions-source-code".to_owned());
    wanted.sort();
    let mut found = moved("functions/aggregate/utils.py");
    found.sort();
    assert_eq!(found, wanted);
    let reported = moved("functions/gcp_cost_report_slack_bot/billing_status.py");
    assert_eq!(reported, ["billing-gcp-cost-report-source-code", "gcp-cost-reporting-cloud-function"]);
}

#[test]
fn the_loader_asks_the_index_of_the_centre_for_private_packages() {
    let planned = planned(&configured(BOTH));
    let object = planned.resource("storage.googleapis.com/Object", "metamist-etl-load-source-code");
    let from = From(json_of(object.properties()).as_object().cloned().unwrap_or_default());
    let files = files(&from);
    let (_, requirements) = files.iter().find(|(name, _)| name == "requirements.txt").expect("it is there");
    let end = "metamist\n\n--extra-index-url https://australia-southeast1-python.pkg.dev/ex-common/python-registry/simple/\n\
               private-parsers\nmore-parsers";
    assert!(requirements.ends_with(end), "{requirements}");
    let function = planned.resource("cloudfunctions.googleapis.com/Function", "metamist-etl-load");
    assert!(function.depends_on().contains(&"python-artifact-registry"), "the index is there before it is asked");
}

/// B17: who may send is sorted, whatever the order of the configuration.
#[test]
fn who_may_send_what_is_a_secret_and_always_the_same() {
    let told = |members: &str| {
        let mut files = configured(BOTH);
        files.push(("datasets/alpha/members.yaml".to_owned(), format!("analysis: [{members}]\n")));
        let planned = planned(&files);
        let version =
            planned.resource("secretmanager.googleapis.com/SecretVersion", "metamist-etl-accessor-configuration");
        let Value::Secret(secret) = version.get("payload.data") else { panic!("it is no secret") };
        let encoded = secret.expose().and_then(Value::as_str).expect("it is open here").to_owned();
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).expect("base64");
        String::from_utf8(bytes).expect("text")
    };
    let wanted = "{\"by_type\":{\"pipes/v1\":{\"default_parameters\":null,\"parser_name\":\"PipeParser\",\
                  \"users\":[\"metamist-etl-uploader@ex-metamist.iam.gserviceaccount.com\"]},\
                  \"samples/v1\":{\"default_parameters\":{\"project\":\"alpha\"},\"parser_name\":\"GenericSampleParser\",\
                  \"users\":[\"metamist-etl-uploader@ex-metamist.iam.gserviceaccount.com\",USERS]}}}";
    let notebook = "\"notebook-alpha@ex-notebooks.iam.gserviceaccount.com\"";
    let one = told("data.manager, ana.lyst, web.viewer");
    assert_eq!(one, told("web.viewer, ana.lyst, data.manager"));
    assert_eq!(
        one,
        wanted.replace(
            "USERS",
            &format!("{notebook},\"ana.lyst@example.org\",\"data.manager@example.org\",\"web.viewer@example.org\"")
        )
    );
}

#[test]
fn no_token_is_in_a_plan() {
    let planned = planned(&configured(BOTH));
    let plan = format!("{:?}", planned.plan());
    assert!(!plan.contains("authToken") && plan.contains("projects/ex-billing/secrets/slack-token/versions/latest"));
}
