//! Secrets out of Vault, which an operator in the cluster brings.

use std::collections::BTreeMap;

use plan::prelude::*;
use types_kubernetes as kubernetes;
use types_kubernetes::ManifestHandle;
use types_kubernetes::cluster_role_binding_v1::{self as binding, RoleRef, Subject};
use types_kubernetes::service_account_v1 as account;

use crate::{Labels, Namespace, Object};

/// The API of the operator.
const API: &str = "secrets.hashicorp.com/v1beta1";
/// The group of roles.
const ROLES: &str = "rbac.authorization.k8s.io";

/// How the operator logs in to Vault for an application.
#[derive(Debug, Clone)]
pub struct VaultAccess<'a> {
    /// The application, which the names of its objects start with.
    pub application: &'a str,
    /// Where it runs.
    pub namespace: &'a Namespace,
    /// The labels of its objects.
    pub labels: &'a Labels,
    /// The URL of Vault.
    pub address: Output<String>,
    /// The path of Vault's login for the cluster.
    pub endpoint: &'a Output<String>,
    /// The role that it logs in with.
    pub role: Output<String>,
}

impl VaultAccess<'_> {
    /// Declares whom the operator acts for, and how it logs in; gives the latter.
    pub fn declare(&self, plan: &mut Draft) -> ManifestHandle {
        let Self { application, namespace, labels, .. } = self;
        let user = format!("{application}-vault");
        plan.construct("ol:VaultAccess", application, |plan| {
            let metadata = account::Metadata::new().name(&user).namespace(&namespace.name).labels(*labels);
            kubernetes::ServiceAccountV1::new(plan.child_name("vault-service-account"))
                .metadata(metadata)
                .automount_service_account_token(false)
                .provider(&namespace.cluster)
                .declare(plan);
            let metadata = binding::Metadata::new().name(format!("{user}:cluster-auth")).labels(*labels);
            kubernetes::ClusterRoleBindingV1::new(plan.child_name("vault-cluster-role-binding"))
                .metadata(metadata)
                .role_ref(RoleRef::new().api_group(ROLES).kind("ClusterRole").name("system:auth-delegator"))
                .subject([Subject::new().kind("ServiceAccount").name(&user).namespace(&namespace.name)])
                .provider(&namespace.cluster)
                .declare(plan);
            let connection = Object::new(API, "VaultConnection", format!("{application}-vault-connection"))
                .labels(*labels)
                .spec(object!({ "address": &self.address, "skipTLSVerify": false }))
                .within(namespace, plan.child_name("vault-connection"))
                .declare(plan);
            Object::new(API, "VaultAuth", format!("{application}-auth"))
                .labels(*labels)
                .spec(object!({
                    "method": "kubernetes",
                    "mount": self.endpoint,
                    "vaultConnectionRef": name_of(&connection),
                    "kubernetes": { "role": &self.role, "serviceAccount": &user },
                }))
                .within(namespace, plan.child_name("vault-auth"))
                .declare(plan)
        })
    }
}

/// A secret of the cluster that the operator fills from Vault.
#[derive(Debug, Clone)]
pub struct VaultSecret<'a> {
    /// What the resource is called.
    pub logical: &'a str,
    /// What the secret is called.
    pub name: &'a str,
    /// Where it is wanted.
    pub namespace: &'a Namespace,
    /// The labels of what asks for it, and of the secret.
    pub labels: &'a Labels,
    /// How the operator logs in: what [`VaultAccess::declare`] gives.
    pub access: &'a ManifestHandle,
    /// The mount in Vault.
    pub mount: Output<String>,
    /// The path below the mount.
    pub path: &'a str,
    /// The entries of the secret: templates of what Vault answers, such as `{{ .Secrets.password }}`.
    pub templates: Vec<(&'a str, Output<String>)>,
    /// Whether Vault keeps it or makes it.
    pub kind: SecretKind,
    /// What is restarted when it changes: kinds and names.
    pub restarts: Vec<(&'a str, &'a str)>,
}

/// Whether Vault keeps a secret or makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// Vault keeps it.
    Static {
        /// The version of the engine that it is in: 1 or 2.
        engine: u8,
        /// How often it is read: `1h`.
        refresh_after: &'static str,
    },
    /// Vault makes it on demand.
    Dynamic {
        /// Whether Vault is told when it is no longer wanted.
        revoke: Option<bool>,
        /// After how much of its life it is renewed, in percent; 90 at most.
        renewal_percent: Option<u8>,
    },
}

impl VaultSecret<'_> {
    /// Declares what asks for the secret.
    #[track_caller]
    pub fn declare(&self, plan: &mut Draft) -> ManifestHandle {
        for problem in self.problems() {
            plan.report(Diagnostic::error("E0186", format!("secret `{}` {problem}", self.name)).at(Place::caller()));
        }
        let mut spec = BTreeMap::new();
        let mut set = |key: &str, value: Json| spec.insert(key.to_owned(), value);
        set("mount", Json::of(&self.mount));
        set("path", Json::of(self.path));
        set("vaultAuthRef", Json::of(name_of(self.access)));
        set("destination", self.destination());
        if !self.restarts.is_empty() {
            let targets = self.restarts.iter().map(|(kind, name)| object!({ "kind": *kind, "name": *name }));
            set("rolloutRestartTargets", Json::of(targets.collect::<Vec<_>>()));
        }
        let kind = match self.kind {
            SecretKind::Static { engine, refresh_after } => {
                set("type", Json::of(format!("kv-v{engine}")));
                set("refreshAfter", Json::of(refresh_after));
                "VaultStaticSecret"
            }
            SecretKind::Dynamic { revoke, renewal_percent } => {
                if let Some(revoke) = revoke {
                    set("revoke", Json::of(revoke));
                }
                if let Some(percent) = renewal_percent {
                    set("renewalPercent", Json::of(percent));
                }
                "VaultDynamicSecret"
            }
        };
        Object::new(API, kind, self.name)
            .labels(self.labels)
            .spec(Json::of(spec))
            .within(self.namespace, self.logical)
            .declare(plan)
    }

    fn destination(&self) -> Json {
        let templates = self.templates.iter().map(|(key, text)| ((*key).to_owned(), object!({ "text": text })));
        let templates: BTreeMap<String, Json> = templates.collect();
        object!({
            "name": self.name,
            "type": "Opaque",
            "overwrite": true,
            "create": true,
            "labels": self.labels,
            "transformation": {
                "excludeRaw": true,
                "excludes": [".*"],
                "includes": [],
                "templates": templates,
            },
        })
    }

    fn problems(&self) -> Vec<String> {
        match self.kind {
            SecretKind::Static { engine, .. } if !(1..=2).contains(&engine) => {
                vec![format!("is in an engine of version {engine}: there are 1 and 2")]
            }
            SecretKind::Dynamic { renewal_percent: Some(percent), .. } if percent > 90 => {
                vec![format!("is renewed after {percent} percent of its life: 90 is the most")]
            }
            _ => Vec::new(),
        }
    }
}

/// The name of an object, which waits for it.
fn name_of(object: &ManifestHandle) -> Output<String> {
    object.manifest().at("metadata.name")
}
