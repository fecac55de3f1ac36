//! What a server writes when it first boots: how it finds the others, who may use it, where its logs go.

use infrastructure_aws_network_outputs::Vpc;
use ol::cloud_init::{File, cloud_config, variables};
use plan::prelude::*;

use crate::{Cluster, Settings};

pub(crate) fn of(cluster: &Cluster, settings: &Settings) -> Output<String> {
    let environment = &cluster.environment;
    let near = object!({
        "retry_join": [(format!("provider=aws tag_key=consul_env tag_value={environment}"))],
        "datacenter": environment,
    });
    let peers = cluster.peers().map(|peer| text("provider=aws tag_key=consul_vpc tag_value={}", [peer.id]));
    let far = object!({ "retry_join_wan": peers });
    let json = |value: Json| Output::<Json>::known(value).to_json();
    cloud_config([
        File::new("/etc/consul.d/99-autojoin.json", json(near)).owner("consul:consul"),
        File::new("/etc/consul.d/99-autojoin-wan.json", json(far)).owner("consul:consul"),
        File::new("/etc/default/traefik", format!("DOMAIN={}\n", cluster.domain())),
        File::new("/etc/traefik/.htpasswd", text("{}\n", [&settings.traefik_user]))
            .owner("traefik:traefik")
            .permissions("0600"),
        File::new("/etc/default/vector", vector(environment, settings)).owner("root:root"),
    ])
}

/// What sends logs and metrics away.
fn vector(environment: &str, settings: &Settings) -> Output<String> {
    let grafana = &settings.grafana;
    variables([
        ("ENVIRONMENT", Output::known(environment)),
        ("APPLICATION", Output::known("consul")),
        ("SERVICE", Output::known("consul")),
        ("VECTOR_CONFIG_DIR", Output::known("/etc/vector/")),
        ("VECTOR_STRICT_ENV_VARS", Output::known("false")),
        ("VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION", Output::known("true")),
        ("GRAFANA_CLOUD_API_KEY", (&grafana.api_key).into()),
        ("GRAFANA_CLOUD_PROMETHEUS_API_USER", (&grafana.prometheus_user_id).into()),
        ("GRAFANA_CLOUD_LOKI_API_USER", (&grafana.loki_user_id).into()),
    ])
}

impl Cluster {
    /// The VPCs whose servers would gossip with these.
    pub(crate) fn peers(&self) -> [Vpc; 6] {
        let network = &self.network;
        [
            network.applications_vpc.common(),
            network.data_vpc.common(),
            network.mitxonline_vpc.clone(),
            network.residential_mitx_vpc.common(),
            network.residential_mitx_staging_vpc.clone(),
            network.xpro_vpc.clone(),
        ]
    }
}
