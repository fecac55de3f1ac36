//! What a server writes when it first boots: how it finds the others, what it shows to them, when it makes backups.

use ol::cloud_init::{File, cloud_config, variables};
use plan::prelude::*;

use crate::{Cluster, Settings};

/// What a server must know when it first boots.
pub(crate) struct FirstBoot<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) settings: &'a Settings,
    /// The id of the key that unseals it.
    pub(crate) unsealing_key: &'a Output<String>,
    /// The certificate that it shows.
    pub(crate) certificate: Output<String>,
    /// The certificate of whoever has signed that.
    pub(crate) root: &'a Output<String>,
}

impl FirstBoot<'_> {
    pub(crate) fn user_data(&self) -> Output<String> {
        let settings = self.settings;
        cloud_config([
            File::new("/etc/consul.d/99-autojoin.json", json(self.consul())).owner("consul:consul"),
            File::new("/etc/default/traefik", format!("DOMAIN={}\n", settings.domain)),
            File::new("/etc/cron.d/raft_backup", self.backup()),
            File::new("/var/opt/kms_key_id", self.unsealing_key),
            File::new("/etc/vault/zz-autojoin.json", json(self.raft())),
            File::new("/etc/default/vector", self.vector()).owner("root:root"),
            File::new("/etc/vault/ssl/vault.key", &settings.listener.key).owner("vault:vault").permissions("0400"),
            File::new("/etc/vault/ssl/vault.cert", &self.certificate).owner("vault:vault").permissions("0400"),
            File::new("/etc/ssl/ol_root_ca.pem", self.root),
        ])
    }

    fn consul(&self) -> Json {
        let environment = &self.cluster.environment;
        object!({
            "retry_join": [(format!("provider=aws tag_key=consul_env tag_value={environment}"))],
            "datacenter": environment,
        })
    }

    fn raft(&self) -> Json {
        object!({
            "storage": {
                "raft": {
                    "retry_join": [{
                        "auto_join": (text("provider=aws tag_key=vault_env tag_value={}", [&self.cluster.vpc.id])),
                        "auto_join_port": 8200,
                        "leader_tls_servername": "active.vault.service.consul",
                        "leader_ca_cert_file": "/etc/ssl/ol_root_ca.pem",
                    }],
                    "performance_multiplier": 5,
                    "path": "/var/lib/vault/raft/",
                },
            },
        })
    }

    fn backup(&self) -> Output<String> {
        let Settings { backup_cron, backup_bucket, backup_healthcheck_id, .. } = self.settings;
        let line = format!(
            "{backup_cron} root PATH=/usr/local/bin:/usr/bin HEALTH_CHECK_ID={{}} BUCKET_NAME={backup_bucket} \
             /usr/sbin/raft_backup.sh\n"
        );
        text(&line, [backup_healthcheck_id])
    }

    /// What sends logs and metrics away.
    fn vector(&self) -> Output<String> {
        let grafana = &self.settings.grafana;
        variables([
            ("ENVIRONMENT", Output::known(&self.cluster.environment)),
            ("APPLICATION", Output::known("vault")),
            ("SERVICE", Output::known("vault")),
            ("VECTOR_CONFIG_DIR", Output::known("/etc/vector/")),
            ("VECTOR_STRICT_ENV_VARS", Output::known("false")),
            ("VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION", Output::known("true")),
            ("GRAFANA_CLOUD_API_KEY", (&grafana.api_key).into()),
            ("GRAFANA_CLOUD_PROMETHEUS_API_USER", (&grafana.prometheus_user_id).into()),
            ("GRAFANA_CLOUD_LOKI_API_USER", (&grafana.loki_user_id).into()),
        ])
    }
}

fn json(value: Json) -> Output<String> {
    Output::<Json>::known(value).to_json()
}
