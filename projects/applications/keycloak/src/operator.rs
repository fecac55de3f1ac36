//! The operator that runs Keycloak on the cluster: what its vendor publishes for one version.
//!
//! The kinds' own definitions are published as files of thousands of lines; here they take any fields, which is enough
//! for a cluster to know the kinds. Before a live run the vendor's schemas go in their place.

use std::collections::BTreeMap;

use ol_kubernetes::Object;
use plan::prelude::*;
use types_kubernetes::ManifestHandle;

use crate::Surroundings;

/// The version of the operator and of its definitions.
const VERSION: &str = "26.7.2";
/// What everything of the operator is called.
const NAME: &str = "keycloak-operator";
/// The group of the kinds that it knows.
const GROUP: &str = "k8s.keycloak.org";
/// The kinds that it knows: singular and plural.
const KINDS: [(&str, &str); 4] = [
    ("Keycloak", "keycloaks"),
    ("KeycloakOIDCClient", "keycloakoidcclients"),
    ("KeycloakRealmImport", "keycloakrealmimports"),
    ("KeycloakSAMLClient", "keycloaksamlclients"),
];
const ROLES: &str = "rbac.authorization.k8s.io";
const ROLES_API: &str = "rbac.authorization.k8s.io/v1";

/// What can be done with objects of a cluster, in the order in which the vendor says it.
const ALL: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const READ: &[&str] = &["get", "list", "watch"];

/// A rule of a role: groups, resources, what may be done.
type Grant = (&'static str, &'static [&'static str], &'static [&'static str]);

/// What the part that makes servers may do.
const SERVERS: &[Grant] = &[
    (GROUP, &["keycloaks", "keycloaks/status", "keycloaks/finalizers"], ALL),
    ("", &["services"], ALL),
    ("monitoring.coreos.com", &["servicemonitors"], ALL),
    ("networking.k8s.io", &["networkpolicies", "ingresses"], ALL),
    ("apps", &["statefulsets"], ALL),
    ("", &["secrets"], &["create", "delete", "get", "list", "watch"]),
];
/// What the part that brings in realms may do.
const IMPORTS: &[Grant] = &[
    (GROUP, &["keycloakrealmimports", "keycloakrealmimports/status", "keycloakrealmimports/finalizers"], ALL),
    ("batch", &["jobs"], &["create", "delete", "get", "list", "patch", "watch"]),
    ("", &["secrets"], ALL),
];
/// What it may do in the whole cluster.
const EVERYWHERE: &[Grant] = &[("config.openshift.io", &["ingresses"], &["get"])];
/// What all of it may do in its namespace.
const OWN: &[Grant] = &[
    ("apps", &["statefulsets"], ALL),
    ("", &["configmaps"], READ),
    ("", &["secrets", "services"], ALL),
    ("", &["pods"], &["list"]),
    ("", &["pods/log"], &["get"]),
    ("batch", &["jobs"], ALL),
    ("networking.k8s.io", &["ingresses"], ALL),
    ("monitoring.coreos.com", &["servicemonitors"], &["create", "delete", "get", "list", "update", "watch"]),
];

/// Declares the definitions and the operator; gives what runs it.
pub(crate) fn declare(around: &Surroundings, plan: &mut Draft) -> ManifestHandle {
    let namespace = &around.namespace;
    plan.construct("ol:KeycloakOperator", &format!("keycloak-{}-{NAME}", around.env), |plan| {
        let definitions = KINDS.map(|(kind, plural)| {
            let name = format!("{plural}.{GROUP}");
            let object = Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", &name);
            let definition = object.spec(definition(kind, plural));
            definition.of_cluster(&namespace.cluster, plan.child_name(plural)).declare(plan)
        });
        for (name, grants) in [
            ("keycloak-operator-clusterrole", EVERYWHERE),
            ("keycloakrealmimportcontroller-cluster-role", IMPORTS),
            ("keycloakcontroller-cluster-role", SERVERS),
        ] {
            labelled(ROLES_API, "ClusterRole", name)
                .part("rules", rules(grants))
                .of_cluster(&namespace.cluster, plan.child_name(name))
                .declare(plan);
        }
        let bound = "keycloak-operator-clusterrole";
        binding("ClusterRoleBinding", "keycloak-operator-clusterrole-binding", ("ClusterRole", bound), around)
            .of_cluster(&namespace.cluster, plan.child_name("keycloak-operator-clusterrole-binding"))
            .declare(plan);
        let mut within = |object: Object, name: &str| object.within(namespace, plan.child_name(name)).declare(plan);
        within(labelled("v1", "ServiceAccount", NAME), "service-account");
        within(labelled(ROLES_API, "Role", "keycloak-operator-role").part("rules", rules(OWN)), "role");
        for (name, role) in [
            ("keycloak-operator-role-binding", ("Role", "keycloak-operator-role")),
            (
                "keycloakrealmimportcontroller-role-binding",
                ("ClusterRole", "keycloakrealmimportcontroller-cluster-role"),
            ),
            ("keycloakcontroller-role-binding", ("ClusterRole", "keycloakcontroller-cluster-role")),
            ("keycloak-operator-view", ("ClusterRole", "view")),
        ] {
            within(binding("RoleBinding", name, role, around), name);
        }
        within(labelled("v1", "Service", NAME).spec(service()), "service");
        let deployment = labelled("apps/v1", "Deployment", NAME).spec(deployment());
        let mut deployment = deployment.within(namespace, plan.child_name("deployment"));
        for definition in &definitions {
            deployment = deployment.depends_on(definition);
        }
        deployment.declare(plan)
    })
}

fn labelled(api: &str, kind: &str, name: &str) -> Object {
    Object::new(api, kind, name).labels(labels())
}

/// What the operator's objects are found by.
fn labels() -> BTreeMap<String, String> {
    let labels = [("app.kubernetes.io/name", NAME), ("app.kubernetes.io/version", VERSION)];
    labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn definition(kind: &str, plural: &str) -> Json {
    let versions = ["v2beta1", "v2alpha1"].map(|version| {
        object!({
            "name": version,
            "served": true,
            "storage": version == "v2beta1",
            "schema": { "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } },
            "subresources": { "status": {} },
        })
    });
    object!({
        "group": GROUP,
        "names": {
            "kind": kind,
            "listKind": format!("{kind}List"),
            "plural": plural,
            "singular": kind.to_lowercase(),
        },
        "scope": "Namespaced",
        "versions": versions,
    })
}

fn rules(grants: &[Grant]) -> Json {
    let texts = |list: &[&'static str]| list.to_vec();
    let rules = grants.iter().map(|(group, resources, verbs)| {
        object!({ "apiGroups": [*group], "resources": texts(resources), "verbs": texts(verbs) })
    });
    Json::of(rules.collect::<Vec<_>>())
}

/// Gives the operator a role, by kind and name.
fn binding(kind: &str, name: &str, role: (&str, &str), around: &Surroundings) -> Object {
    let (role_kind, role) = role;
    labelled(ROLES_API, kind, name)
        .part("roleRef", object!({ "apiGroup": ROLES, "kind": role_kind, "name": role }))
        .part("subjects", object!([{ "kind": "ServiceAccount", "name": NAME, "namespace": &around.namespace.name }]))
}

fn service() -> Json {
    object!({
        "ports": [{ "name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080 }],
        "selector": { "app.kubernetes.io/name": NAME },
        "type": "ClusterIP",
    })
}

fn deployment() -> Json {
    let probe = |path: &str| {
        object!({
            "httpGet": { "path": format!("/q/health/{path}"), "port": 8080, "scheme": "HTTP" },
            "failureThreshold": 3,
            "initialDelaySeconds": 5,
            "periodSeconds": 10,
            "successThreshold": 1,
            "timeoutSeconds": 10,
        })
    };
    let environment = object!([
        { "name": "KUBERNETES_NAMESPACE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } } },
        { "name": "RELATED_IMAGE_KEYCLOAK", "value": format!("quay.io/keycloak/keycloak:{VERSION}") },
    ]);
    object!({
        "replicas": 1,
        "selector": { "matchLabels": { "app.kubernetes.io/name": NAME } },
        "template": {
            "metadata": { "labels": labels() },
            "spec": {
                "serviceAccountName": NAME,
                "containers": [{
                    "name": NAME,
                    "image": format!("quay.io/keycloak/keycloak-operator:{VERSION}"),
                    "imagePullPolicy": "Always",
                    "env": environment,
                    "ports": [{ "name": "http", "containerPort": 8080, "protocol": "TCP" }],
                    "livenessProbe": probe("live"),
                    "readinessProbe": probe("ready"),
                    "startupProbe": probe("started"),
                    "resources": {
                        "limits": { "cpu": "700m", "memory": "450Mi" },
                        "requests": { "cpu": "300m", "memory": "450Mi" },
                    },
                }],
            },
        },
    })
}
