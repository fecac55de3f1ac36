//! What the constructs of clusters declare.

use ol::BusinessUnit;
use ol_kubernetes::{Gateway, Labels, Listener, Namespace, Product, Route, SecretKind, VaultAccess, VaultSecret};
use plan::prelude::*;
use plan::value::Value;
use testkit::{Given, Planned};

fn planned(declare: impl Fn(&Namespace, &Labels, &mut Draft) + Send + Sync + 'static) -> Planned {
    let plan = move |stack: &Stack, (): ()| -> Result<Plan<()>> {
        let namespace = Namespace { cluster: "eks-data-qa".to_owned(), name: "apps".to_owned() };
        let labels =
            Labels::new(stack, "ol-test", BusinessUnit::Data, Product::Data, "app").source("https://a.example/b");
        let mut plan = stack.plan();
        declare(&namespace, &labels, &mut plan);
        plan.finish(())
    };
    Given::stack(Project::new("test", plan), "mitx.QA").config("").evaluate()
}

fn secret(kind: SecretKind, restarts: Vec<(&'static str, &'static str)>) -> Planned {
    planned(move |namespace, labels, plan| {
        let endpoint = Output::known("k8s-data");
        let access = VaultAccess {
            application: "app",
            namespace,
            labels,
            address: Output::known("https://vault.example"),
            endpoint: &endpoint,
            role: Output::known("app"),
        };
        let access = access.declare(plan);
        let secret = VaultSecret {
            logical: "app-secret",
            name: "app-credentials",
            namespace,
            labels,
            access: &access,
            mount: Output::known("secret-app"),
            path: "all",
            templates: vec![("KEY", Output::known("{{ .Secrets.key }}"))],
            kind,
            restarts: restarts.clone(),
        };
        secret.declare(plan);
    })
}

#[test]
fn labels_say_whose_an_object_is() {
    let planned = secret(SecretKind::Static { engine: 2, refresh_after: "1h" }, Vec::new());
    let account = planned.resource("kubernetes_service_account_v1", "app-vault-service-account");
    let wanted = Value::map([
        ("ol.mit.edu/application", "app"),
        ("ol.mit.edu/environment", "qa"),
        ("ol.mit.edu/ou", "data"),
        ("ol.mit.edu/product", "data"),
        ("ol.mit.edu/service", "app"),
        ("ol.mit.edu/source_repository", "a.example_b"),
        ("ol.mit.edu/stack", "ol-test.mitx.QA"),
    ]);
    assert_eq!(account.get("metadata.labels"), &wanted);
    assert_eq!(account.options().provider.as_deref(), Some("eks-data-qa"));
    assert_eq!(planned.misfits(), Vec::<String>::new());
}

#[test]
fn the_operator_logs_in_before_it_asks() {
    let planned = secret(SecretKind::Static { engine: 2, refresh_after: "1h" }, vec![("Deployment", "web")]);
    let login = planned.resource("kubernetes_manifest", "app-vault-auth");
    for (path, wanted) in [
        ("manifest.kind", "VaultAuth"),
        ("manifest.metadata.name", "app-auth"),
        ("manifest.spec.mount", "k8s-data"),
        ("manifest.spec.vaultConnectionRef", "app-vault-connection"),
        ("manifest.spec.kubernetes.serviceAccount", "app-vault"),
    ] {
        assert_eq!(login.text(path), wanted, "{path}");
    }
    let asked = planned.resource("kubernetes_manifest", "app-secret");
    for (path, wanted) in [
        ("manifest.kind", "VaultStaticSecret"),
        ("manifest.spec.type", "kv-v2"),
        ("manifest.spec.refreshAfter", "1h"),
        ("manifest.spec.vaultAuthRef", "app-auth"),
        ("manifest.spec.destination.transformation.templates.KEY.text", "{{ .Secrets.key }}"),
        ("manifest.spec.rolloutRestartTargets[0].name", "web"),
    ] {
        assert_eq!(asked.text(path), wanted, "{path}");
    }
    let binding = planned.resource("kubernetes_cluster_role_binding_v1", "app-vault-cluster-role-binding");
    assert_eq!(binding.text("role_ref.name"), "system:auth-delegator");
    assert!(binding.find("metadata.namespace").is_none(), "it is of the whole cluster");
}

#[test]
fn settings_of_secrets_have_their_ranges() {
    let dynamic = |percent| SecretKind::Dynamic { revoke: Some(true), renewal_percent: Some(percent) };
    let good = secret(dynamic(90), Vec::new());
    let asked = good.resource("kubernetes_manifest", "app-secret");
    assert_eq!(asked.get("manifest.spec.renewalPercent"), &Value::Int(90));
    assert!(asked.find("manifest.spec.type").is_none() && asked.find("manifest.spec.rolloutRestartTargets").is_none());
    for (kind, part) in [
        (dynamic(91), "91 percent of its life: 90 is the most"),
        (SecretKind::Static { engine: 3, refresh_after: "1h" }, "an engine of version 3"),
    ] {
        let problems = secret(kind, Vec::new()).problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("E0186") && problems[0].contains(part), "{problems:?}");
    }
}

#[test]
fn hosts_of_a_gateway_are_sorted_and_named_once() {
    let planned = planned(|namespace, labels, plan| {
        let route = |name, hosts| Route { name, listener: "https", port: 8443, hosts, backend: None };
        let gateway = Gateway {
            name: "web",
            namespace,
            labels,
            issuer: None,
            listeners: vec![Listener { name: "https", host: "*.example", port: 8443, certificate: "tls" }],
            routes: vec![route("one", vec!["b.example", "a.example", "b.example"]), route("two", vec!["a.example"])],
            redirects: true,
        };
        let what = VaultAccess {
            application: "app",
            namespace,
            labels,
            address: Output::known("https://vault.example"),
            endpoint: &Output::known("k8s-data"),
            role: Output::known("app"),
        };
        let what = what.declare(plan);
        gateway.declare("web-gateway", &what, plan);
    });
    let hosts = |name: &str| {
        let route = planned.resource("kubernetes_manifest", &format!("web-{name}-httproute-resource"));
        route.get("manifest.spec.hostnames").clone()
    };
    assert_eq!(hosts("one"), Value::from(vec!["a.example", "b.example"]));
    assert_eq!(hosts("http-redirect"), Value::from(vec!["a.example", "b.example"]));
    assert_eq!(hosts("two"), Value::from(vec!["a.example"]));
    let gateway = planned.resource("kubernetes_manifest", "web-traefik-gateway-resource");
    assert!(gateway.find("manifest.metadata.annotations").is_none(), "nobody signs its certificates");
    assert_eq!(gateway.depends_on().len(), 1);
}
