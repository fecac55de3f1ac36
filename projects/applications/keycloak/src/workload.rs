//! The servers, how they are reached, and what they are told.

use std::collections::BTreeMap;

use ol_data::{POSTGRES_PORT, policy_text};
use ol_kubernetes::{Backend, Gateway, Listener, Object, Route, SecretKind, VaultAccess, VaultSecret};
use plan::prelude::*;
use types_kubernetes::pod_disruption_budget_v1::{Metadata, Selector, Spec};
use types_kubernetes::{ManifestHandle, PodDisruptionBudgetV1};
use types_vault as vault;

use crate::data::MOUNT;
use crate::{KEYCLOAK, Settings, Surroundings};

/// What logs in to Vault for it.
const OPERATOR: &str = "keycloak-operator";
/// The secret with a user of the database.
const CREDENTIALS: &str = "keycloak-db-creds";
/// The secret with the certificate.
const CERTIFICATE: &str = "keycloak-tls-cert";
/// The port of the servers and of the gateway.
const PORT: u16 = 8443;
/// How many connections each server keeps.
const CONNECTIONS: i64 = 30;

/// What runs on the cluster.
pub(crate) struct Workload<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) around: &'a Surroundings,
}

impl Workload<'_> {
    /// Declares the servers and all that they need of the cluster and of Vault.
    pub(crate) fn declare(&self, operator: &ManifestHandle, database: &Output<String>, plan: &mut Draft) {
        let Self { settings, around } = self;
        let Surroundings { env, namespace, .. } = around;
        let access = self.access(plan);
        let credentials = self.credentials(&access, database, plan);
        let name = format!("keycloak-{env}");
        let servers = Object::new("k8s.keycloak.org/v2beta1", "Keycloak", &name)
            .labels(&around.labels)
            .spec(self.servers(database))
            .within(namespace, format!("{name}-keycloak"))
            .depends_on(operator)
            .depends_on(&credentials)
            .declare(plan);
        let selector = [("app", KEYCLOAK), ("app.kubernetes.io/instance", name.as_str())];
        let selector = selector.map(|(key, value)| (key.to_owned(), value));
        PodDisruptionBudgetV1::new(format!("{name}-keycloak-pdb"))
            .metadata(Metadata::new().name(format!("{name}-pdb")).namespace(&namespace.name).labels(&around.labels))
            .spec(Spec::new().max_unavailable("1").selector(Selector::new().match_labels(BTreeMap::from(selector))))
            .provider(&namespace.cluster)
            .depends_on(&servers)
            .declare(plan);
        let gateway = Gateway {
            name: KEYCLOAK,
            namespace,
            labels: &around.labels,
            issuer: Some("letsencrypt-production"),
            listeners: vec![Listener { name: "https", host: &settings.domain, port: PORT, certificate: CERTIFICATE }],
            routes: vec![Route {
                name: "keycloak-https",
                listener: "https",
                port: PORT,
                hosts: vec![settings.domain.as_str()],
                backend: Some(Backend { service: format!("{name}-service"), port: PORT }),
            }],
            redirects: true,
        };
        gateway.declare(&format!("keycloak-gateway-{env}"), &servers, plan);
        self.server_secrets(plan);
    }

    /// Lets what runs in the namespace log in to Vault.
    fn access(&self, plan: &mut Draft) -> ManifestHandle {
        let around = self.around;
        let right = |path: &str| if path == "sys/leases/renew" { "update" } else { "read" };
        let paths = [
            "postgres-keycloak/creds/app",
            "secret-global/data/ol-wildcard",
            "secret-keycloak",
            "secret-keycloak/*",
            "sys/leases/renew",
        ];
        let policy = vault::Policy::new("keycloak-operator-vault-policy")
            .name(OPERATOR)
            .policy(policy_text(paths.map(|path| (path.to_owned(), right(path)))))
            .provider(&around.vault)
            .declare(plan);
        let role = vault::KubernetesAuthBackendRole::new(format!(
            "keycloak-operator-k8s-vault-auth-backend-role-{}",
            around.env
        ))
        .role_name(OPERATOR)
        .backend(&around.cluster.vault_auth_endpoint)
        .bound_service_account_names(["*"])
        .bound_service_account_namespaces([&around.namespace.name])
        .token_policies([policy.name()])
        .provider(&around.vault)
        .declare(plan);
        let access = VaultAccess {
            application: OPERATOR,
            namespace: &around.namespace,
            labels: &around.labels,
            address: around.vault_server.cluster_address.clone(),
            endpoint: &around.cluster.vault_auth_endpoint,
            role: role.role_name(),
        };
        access.declare(plan)
    }

    fn credentials(&self, access: &ManifestHandle, database: &Output<String>, plan: &mut Draft) -> ManifestHandle {
        let around = self.around;
        let secret = VaultSecret {
            logical: &format!("keycloak-operator-db-creds-{}", around.env),
            name: CREDENTIALS,
            namespace: &around.namespace,
            labels: &around.labels,
            access,
            mount: Output::known(MOUNT),
            path: "creds/app",
            templates: vec![
                ("username", Output::known("{{ .Secrets.username }}")),
                ("password", Output::known("{{ .Secrets.password }}")),
                ("database", Output::known(KEYCLOAK)),
                ("port", Output::known(POSTGRES_PORT.to_string())),
                ("host", database.clone()),
            ],
            kind: SecretKind::Dynamic { revoke: None, renewal_percent: None },
            restarts: Vec::new(),
        };
        secret.declare(plan)
    }

    /// The servers, in the words of the operator.
    fn servers(&self, database: &Output<String>) -> Json {
        let Self { settings, around } = self;
        let image = format!(
            "{}.dkr.ecr.us-east-1.amazonaws.com/dockerhub/mitodl/keycloak@{}",
            around.account, settings.image_digest
        );
        let traced = self.is_traced();
        let tracing = if traced {
            object!({
                "enabled": true,
                "endpoint": "http://grafana-k8s-monitoring-alloy-receiver.grafana.svc.cluster.local:4317",
                "samplerRatio": 0.25,
            })
        } else {
            object!({ "enabled": false })
        };
        let credential = |key: &str| object!({ "name": CREDENTIALS, "key": key });
        object!({
            "update": { "strategy": "Auto" },
            "instances": settings.replicas,
            "image": image,
            "db": {
                "vendor": "postgres",
                "database": KEYCLOAK,
                "port": POSTGRES_PORT,
                "host": database,
                "poolMinSize": CONNECTIONS,
                "poolInitialSize": CONNECTIONS,
                "poolMaxSize": CONNECTIONS,
                "usernameSecret": credential("username"),
                "passwordSecret": credential("password"),
            },
            "resources": {
                "requests": { "cpu": &settings.cpu_request, "memory": &settings.memory_request },
                "limits": { "cpu": &settings.cpu_limit, "memory": &settings.memory_limit },
            },
            "startOptimized": traced,
            "http": { "tlsSecret": CERTIFICATE },
            "env": self.environment(),
            "ingress": { "enabled": false },
            "serviceMonitor": { "interval": "30s", "scrapeTimeout": "10s" },
            "additionalOptions": options(),
            "tracing": tracing,
            "hostname": { "hostname": &settings.domain },
            "proxy": { "headers": "xforwarded" },
        })
    }

    /// Nobody looks at traces of CI, and its servers are built when they start.
    fn is_traced(&self) -> bool {
        self.around.tier != ol_data::Tier::Ci
    }

    fn environment(&self) -> Json {
        let settings = self.settings;
        let key = settings.posthog_api_key.as_ref().map_or_else(|| Output::known(""), Output::from);
        let mut entries = vec![
            ("QUARKUS_HTTP_LIMITS_MAX_HEADER_SIZE", Output::known("128k")),
            ("QUARKUS_HTTP_LIMITS_MAX_HEADER_LIST_SIZE", Output::known("32768")),
            ("POSTHOG_API_KEY", key),
            ("POSTHOG_API_HOST", Output::known(&settings.posthog_api_host)),
        ];
        if !self.is_traced() {
            entries.push(("OTEL_SDK_DISABLED", Output::known("true")));
        }
        named(entries)
    }

    /// What the servers are told through Vault.
    fn server_secrets(&self, plan: &mut Draft) {
        let around = self.around;
        let mount = vault::Mount::new("keycloak-server-configuration-secrets-mount")
            .path("secret-keycloak")
            .type_("kv-v2")
            .options(BTreeMap::from([("version".to_owned(), "2")]))
            .description("Storage of configuration credentials and secrets used by keycloak")
            .provider(&around.vault)
            .declare(plan);
        let content = self.settings.server_secrets.iter().map(|(key, secret)| (key.clone(), Output::from(secret)));
        let content: BTreeMap<String, Output<String>> = content.collect();
        vault::GenericSecret::new("keycloak-server-configuration-secrets")
            .path(text("{}/keycloak-secrets", [mount.path()]))
            .data_json(Output::<Json>::known(Json::of(content)).to_json())
            .provider(&around.vault)
            .declare(plan);
    }
}

/// Options that the operator has no words for.
fn options() -> Json {
    let options = [
        ("metrics-enabled", "true"),
        ("spi-realm-restapi-extension-scim-admin-url-check", "no-context-path"),
        ("spi-realm-restapi-extension-scim-accept-admin-cli-login", "true"),
        ("spi-sticky-session-encoder-infinispan-should-attach-route", "false"),
        ("spi-theme-welcome-theme", "scim"),
        ("spi-login--provider", "ol-freemarker"),
        ("spi-events-listener--jboss-logging--success-level", "info"),
    ];
    named(options.map(|(name, value)| (name, Output::known(value))))
}

fn named<'a>(entries: impl IntoIterator<Item = (&'a str, Output<String>)>) -> Json {
    let entries = entries.into_iter().map(|(name, value)| object!({ "name": name, "value": value }));
    Json::of(entries.collect::<Vec<_>>())
}
