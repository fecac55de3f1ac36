//! Apache Tika, which takes text out of documents, on a cluster, behind a check of a shared token.
//!
//! Layer: L6, a project.

use std::collections::BTreeMap;

use infrastructure_aws_eks_outputs as eks;
use ol::{BusinessUnit, Naming};
use ol_kubernetes::{ApisixRoute, Labels, Namespace, Plugin, Product, ServedCertificate, SharedPlugins};
use plan::prelude::*;
use substructure_vault_static_mounts_outputs as mounts;
use types_helm as helm;
use types_kubernetes::{SecretV1, secret_v1};
use types_vault as vault;

/// The cluster that it runs on.
const CLUSTER: &str = "applications";
/// The application and its namespace, service, chart and release.
const TIKA: &str = "tika";
/// The port of its service.
const PORT: u16 = 9998;
/// Where the chart is.
const REPOSITORY: &str = "https://apache.jfrog.io/artifactory/tika";
/// The version of the chart.
const CHART_VERSION: &str = "3.2.2";
/// The secret of the cluster that its certificate is kept in.
const CERTIFICATE: &str = "tika-tls-pair";

/// The configuration of one Tika.
#[derive(Debug, Config)]
pub struct Settings {
    /// The name under which it is found.
    pub k8s_domain: String,
    /// Which ingress of the cluster its requests come through.
    #[config(default = "apache-apisix".to_owned())]
    pub apisix_ingress_class: String,
    /// What a request must show.
    pub x_access_token: SealedSecret,
}

/// The project.
pub fn project() -> Project {
    Project::new("applications.tika", plan)
}

/// Plans one Tika.
///
/// # Errors
/// If the cluster has no namespace for it.
pub fn plan(stack: &Stack, settings: Settings) -> Result<Plan<()>> {
    let env = stack.env_suffix();
    let cluster = stack.reference::<eks::Outputs>(&format!("{CLUSTER}.{}", stack.environment()));
    let namespace = Namespace::of(stack, CLUSTER, TIKA, &cluster.namespaces)?;
    let labels = Labels::new(stack, "ol-application-tika", BusinessUnit::Operations, Product::Data, TIKA)
        .source("https://apache.jfrog.io/artifactory/tika");
    let operations = format!("operations.{}", stack.environment());
    let mount = stack.reference::<mounts::Outputs>(&operations).operations_kv.path;
    let token = Output::from(&settings.x_access_token);

    let mut plan = stack.plan();
    vault::GenericSecret::new("tika-server-x-access-token-vault-secret")
        .path(text("{}/tika/access-token", [&mount]))
        .data_json(Output::<Json>::known(object!({ "value": &token })).to_json())
        .provider(&ol_data::vault_of(stack))
        .declare(&mut plan);
    let certificate = ServedCertificate {
        application: TIKA,
        namespace: &namespace,
        labels: &labels,
        secret: CERTIFICATE,
        hosts: vec![settings.k8s_domain.as_str()],
        ingress: Some(&settings.apisix_ingress_class),
    };
    certificate.declare(&format!("ol-tika-tls-cert-{env}"), &mut plan);
    let secret = SecretV1::new(format!("tika-access-token-secret-{env}"))
        .metadata(secret_v1::Metadata::new().name("tika-access-token").namespace(&namespace.name).labels(&labels))
        .data(BTreeMap::from([("x-access-token".to_owned(), token.clone())]))
        .provider(&namespace.cluster)
        .declare(&mut plan);
    let release = helm::Release::new(format!("tika-{env}-helm-release"))
        .name(TIKA)
        .chart(TIKA)
        .version(CHART_VERSION)
        .repository(REPOSITORY)
        .namespace(&namespace.name)
        .cleanup_on_fail(true)
        .wait(true)
        // JSON is YAML.
        .values([Output::<Json>::known(values(&labels)).to_json()])
        .provider(&namespace.cluster)
        .declare(&mut plan);
    let plugins = SharedPlugins {
        application: TIKA,
        suffix: "shared-plugins",
        namespace: &namespace,
        labels: &labels,
        environment: &env,
        more: Vec::new(),
    };
    let shared = plugins.declare(&format!("tika-apisix-shared-plugins-{env}"), &mut plan);
    let check = object!({ "phase": "access", "functions": [who_shows(&token)] });
    let route = ApisixRoute {
        name: format!("tika-apisix-route-{env}"),
        namespace: &namespace,
        labels: &labels,
        ingress: &settings.apisix_ingress_class,
        rule: "tika-all",
        priority: 10,
        plugins: vec![Plugin::new("serverless-pre-function", check)],
        shared: Some(shared),
        hosts: vec![settings.k8s_domain.as_str()],
        paths: vec!["/*"],
        // To read takes no longer than to connect, though documents may be long.
        timeouts: [60, 300, 60],
        service: (TIKA, PORT),
    };
    route.declare(|route| route.depends_on(&release).depends_on(&secret), &mut plan);
    plan.finish(())
}

/// What the chart is told.
fn values(labels: &Labels) -> Json {
    let memory = "-Xmx1152m -XX:MaxMetaspaceSize=320m -XX:MaxDirectMemorySize=320m";
    object!({
        "commonLabels": labels,
        "replicaCount": 3,
        "service": { "type": "ClusterIP", "port": PORT },
        "resources": { "requests": { "cpu": "10m", "memory": "4Gi" }, "limits": { "memory": "4Gi" } },
        "env": [{ "name": "JAVA_TOOL_OPTIONS", "value": memory }],
    })
}

/// A function in Lua that lets in who shows the token.
fn who_shows(token: &Output<String>) -> Output<String> {
    let token = token.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    let lines = [
        "return function(conf, ctx)",
        "  local core = require(\"apisix.core\")",
        "  if core.request.header(ctx, \"X-Access-Token\") ~= \"{}\" then",
        "    return 401, { error = \"Unauthorized\" }",
        "  end",
        "end",
    ];
    text(&lines.join("\n"), [token])
}
