//! What an instance writes when it first boots.

use ol::cloud_init::{File, cloud_config, variables};
use plan::prelude::*;

use crate::{Grafana, Settings, Surroundings, Worker};

/// For the servers that people see.
pub(crate) fn of_web(settings: &Settings, around: &Surroundings) -> Output<String> {
    let grafana = &settings.grafana;
    cloud_config([
        autojoin(around),
        File::new("/etc/default/traefik", format!("DOMAIN={}", settings.web_host_domain)),
        vector("concourse-web", grafana, around),
        File::new("/etc/default/alloy", alloy(grafana)).owner("root:root"),
    ])
}

/// For one kind of those who work.
pub(crate) fn of_worker(worker: &Worker, grafana: &Grafana, around: &Surroundings) -> Output<String> {
    let mut files = vec![autojoin(around), vector("concourse-worker", grafana, around)];
    if let Some(team) = &worker.concourse_team {
        files.push(File::new("/etc/default/concourse-team", format!("CONCOURSE_TEAM={team}\n")).owner("root:root"));
    }
    if !worker.concourse_tags.is_empty() {
        let tags = format!("CONCOURSE_TAG={}", worker.concourse_tags.join(","));
        files.push(File::new("/etc/default/concourse-tags", tags).owner("root:root"));
    }
    cloud_config(files)
}

/// How an instance finds Consul.
fn autojoin(around: &Surroundings) -> File {
    let datacenter = &around.consul.datacenter;
    let join = object!({
        "retry_join": [(text("provider=aws tag_key=consul_env tag_value={}", [datacenter]))],
        "datacenter": datacenter,
    });
    File::new("/etc/consul.d/02-autojoin.json", Output::<Json>::known(join).to_json()).owner("consul:consul")
}

/// What sends logs and metrics away.
fn vector(application: &str, grafana: &Grafana, around: &Surroundings) -> File {
    let content = variables([
        ("ENVIRONMENT", around.consul.datacenter.clone()),
        ("APPLICATION", Output::known(application)),
        ("SERVICE", Output::known("concourse")),
        ("VECTOR_CONFIG_DIR", Output::known("/etc/vector/")),
        ("VECTOR_STRICT_ENV_VARS", Output::known("false")),
        ("VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION", Output::known("true")),
        ("AWS_REGION", Output::known(ol::REGION)),
        ("GRAFANA_CLOUD_API_KEY", (&grafana.api_key).into()),
        ("GRAFANA_CLOUD_PROMETHEUS_API_USER", (&grafana.prometheus_user_id).into()),
        ("GRAFANA_CLOUD_LOKI_API_USER", (&grafana.loki_user_id).into()),
    ]);
    File::new("/etc/default/vector", content).owner("root:root")
}

/// What sends traces away, too.
fn alloy(grafana: &Grafana) -> Output<String> {
    let pairs: [(&str, Output<String>); 11] = [
        ("CONFIG_FILE", Output::known("/etc/alloy/config.alloy")),
        ("CUSTOM_ARGS", Output::known("")),
        ("GRAFANA_LOKI_ENDPOINT", Output::known(&grafana.loki_endpoint)),
        ("GRAFANA_LOKI_PASSWORD", (&grafana.loki_api_key).into()),
        ("GRAFANA_LOKI_USER", (&grafana.loki_user_id).into()),
        ("GRAFANA_MIMIR_ENDPOINT", Output::known(&grafana.prometheus_endpoint)),
        ("GRAFANA_MIMIR_PASSWORD", (&grafana.prometheus_api_key).into()),
        ("GRAFANA_MIMIR_USERNAME", (&grafana.prometheus_user_id).into()),
        ("GRAFANA_TEMPO_ENDPOINT", Output::known(&grafana.tempo_endpoint)),
        ("GRAFANA_TEMPO_PASSWORD", (&grafana.tempo_api_key).into()),
        ("GRAFANA_TEMPO_USERNAME", (&grafana.tempo_user_id).into()),
    ];
    let (keys, values): (Vec<&str>, Vec<Output<String>>) = pairs.into_iter().unzip();
    let lines: Vec<String> = keys.iter().map(|key| format!("{key}=\"{{}}\"\n")).collect();
    text(&format!("\nRESTART_ON_UPGRADE=true\n{}", lines.concat()), values)
}
