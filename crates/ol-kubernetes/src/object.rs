//! Objects of kinds for which there are no bindings.

use std::collections::BTreeMap;

use plan::prelude::*;
use types_kubernetes::Manifest;

use crate::Namespace;

/// An object of any kind, to be declared as `kubernetes_manifest`.
#[derive(Debug, Clone)]
pub struct Object {
    metadata: BTreeMap<String, Json>,
    body: BTreeMap<String, Json>,
}

impl Object {
    /// An object of a kind: `apps/v1`, `Deployment`.
    pub fn new(api_version: &str, kind: &str, name: impl Into<String>) -> Self {
        let text = |key: &str, value: &str| (key.to_owned(), Json::of(value));
        Self {
            metadata: BTreeMap::from([text("name", &name.into())]),
            body: BTreeMap::from([text("apiVersion", api_version), text("kind", kind)]),
        }
    }

    /// Its labels.
    pub fn labels(self, labels: impl IntoExpr) -> Self {
        self.metadata("labels", Json::of(labels))
    }

    /// What tools are told of it; none if there is nothing to tell.
    pub fn annotations(self, annotations: BTreeMap<String, String>) -> Self {
        if annotations.is_empty() { self } else { self.metadata("annotations", Json::of(annotations)) }
    }

    /// What it is to be.
    pub fn spec(self, spec: Json) -> Self {
        self.part("spec", spec)
    }

    /// A part of it that its kind asks for.
    pub fn part(mut self, name: &str, part: Json) -> Self {
        self.body.insert(name.to_owned(), part);
        self
    }

    /// The object in a namespace.
    pub fn within(self, namespace: &Namespace, logical: impl Into<String>) -> Manifest {
        let cluster = namespace.cluster.clone();
        self.metadata("namespace", Json::of(&namespace.name)).of_cluster(&cluster, logical)
    }

    /// The object in a cluster, for kinds that know no namespaces.
    pub fn of_cluster(mut self, cluster: &str, logical: impl Into<String>) -> Manifest {
        self.body.insert("metadata".to_owned(), Json::of(self.metadata));
        Manifest::new(logical).manifest(Json::of(self.body)).provider(cluster)
    }

    fn metadata(mut self, name: &str, value: Json) -> Self {
        self.metadata.insert(name.to_owned(), value);
        self
    }
}
