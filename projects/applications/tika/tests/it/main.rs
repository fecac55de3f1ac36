//! What the Tika stacks plan.

use applications_tika::project;
use plan::value::Value;
use testkit::{Given, Planned, evaluate};

const STACKS: [(&str, &str); 3] = [("CI", "ci"), ("QA", "qa"), ("Production", "production")];

fn given(environment: &str, namespaces: &[&str]) -> Given {
    let cluster = format!("infrastructure.aws.eks.applications.{environment}");
    let mounts = format!("substructure.vault.static_mounts.operations.{environment}");
    Given::stack(project(), environment).output(&cluster, "namespaces", namespaces.to_vec()).output(
        &mounts,
        "operations_kv.path",
        "secret-operations",
    )
}

fn planned(environment: &str) -> Planned {
    given(environment, &["other", "tika"]).evaluate()
}

#[test]
fn every_stack_has_eight_resources() {
    for (stack, env) in STACKS {
        let tika = planned(stack);
        let wanted =
            [("helm_release", 1), ("kubernetes_manifest", 5), ("kubernetes_secret_v1", 1), ("vault_generic_secret", 1)];
        assert_eq!(tika.by_type(), wanted.into_iter().collect(), "{stack}");
        assert_eq!(tika.misfits(), Vec::<String>::new(), "{stack}");
        assert_eq!(
            tika.names("kubernetes_manifest"),
            [
                "OLApisixRoute-tika-apisix-route-ENV".replace("ENV", env).as_str(),
                "OLApisixSharedPlugin-tika-shared-plugins",
                "OLApisixSharedPluginConfig-tika-shared-plugins",
                "ol-cert-manager-apisix-tls-tika-cert",
                "ol-cert-manager-certificate-tika-cert",
            ]
        );
    }
}

#[test]
fn the_token_is_a_secret_wherever_it_stands() {
    let tika = planned("QA");
    let route = tika.resource("kubernetes_manifest", "OLApisixRoute-tika-apisix-route-qa");
    let check = "manifest.spec.http[0].plugins[0].config.functions[0]";
    assert!(route.get(check).has_secret());
    let secret = tika.resource("kubernetes_secret_v1", "tika-access-token-secret-qa");
    assert!(secret.get("data.x-access-token").has_secret());
    let in_vault = tika.resource("vault_generic_secret", "tika-server-x-access-token-vault-secret");
    assert_eq!(in_vault.text("path"), "secret-operations/tika/access-token");
    assert!(in_vault.get("data_json").has_secret());
    for stack in STACKS {
        let plan = format!("{:?}", planned(stack.0).plan());
        assert!(!plan.contains("age:"), "a plan holds fingerprints of secrets, nothing else");
    }
}

#[test]
fn the_route_leads_through_the_shared_plugins_to_the_release() {
    let tika = planned("Production");
    let route = tika.resource("kubernetes_manifest", "OLApisixRoute-tika-apisix-route-production");
    for (path, wanted) in [
        ("manifest.kind", Value::from("ApisixRoute")),
        ("manifest.metadata.namespace", "tika".into()),
        ("manifest.spec.ingressClassName", "apache-apisix".into()),
        ("manifest.spec.http[0].match.hosts[0]", "tika-production.ol.mit.edu".into()),
        ("manifest.spec.http[0].match.paths[0]", "/*".into()),
        ("manifest.spec.http[0].timeout.send", "300s".into()),
        ("manifest.spec.http[0].timeout.read", "60s".into()),
        ("manifest.spec.http[0].plugin_config_name", "tika-shared-plugins".into()),
        ("manifest.spec.http[0].plugins[1].name", "request-id".into()),
        ("manifest.spec.http[0].backends[0].servicePort", 9998.into()),
    ] {
        assert_eq!(route.get(path), &wanted, "{path}");
    }
    let release = tika.resource("helm_release", "tika-production-helm-release");
    assert_eq!([release.text("chart"), release.text("version"), release.text("namespace")], ["tika", "3.2.2", "tika"]);
    let values = release.text("values[0]");
    for part in [
        "\"replicaCount\":3",
        "-XX:MaxDirectMemorySize=320m",
        "\"ol.mit.edu/stack\":\"ol-application-tika.Production\"",
    ] {
        assert!(values.contains(part), "{part}: {values}");
    }
}

#[test]
fn traces_are_kept_outside_of_ci_and_answers_are_compressed_outside_of_production() {
    let everywhere = ["redirect", "cors", "response-rewrite", "prometheus"];
    for (stack, more) in
        [("CI", vec!["gzip"]), ("QA", vec!["opentelemetry", "gzip"]), ("Production", vec!["opentelemetry"])]
    {
        let tika = planned(stack);
        let wanted: Vec<&str> = everywhere.into_iter().chain(more).collect();
        for name in ["OLApisixSharedPlugin-tika-shared-plugins", "OLApisixSharedPluginConfig-tika-shared-plugins"] {
            let shared = tika.resource("kubernetes_manifest", name);
            let plugins = shared.get("manifest.spec.plugins").as_list().expect("a list");
            let names = plugins.iter().map(|plugin| plugin.as_map().and_then(|map| map.get("name")?.as_str()));
            assert_eq!(names.collect::<Option<Vec<_>>>(), Some(wanted.clone()), "{stack}: {name}");
        }
    }
}

#[test]
fn the_cluster_must_have_the_namespace() {
    let problems = given("QA", &["other", "more"]).evaluate().problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    for part in ["E0185", "`applications` of QA has no namespace `tika`", "make `tika` first"] {
        assert!(problems[0].contains(part), "{part}: {problems:?}");
    }
    assert_eq!(evaluate(project(), "QA").waits_for(), ["infrastructure.aws.eks.applications.QA:namespaces"]);
}
