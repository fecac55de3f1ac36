//! Gateways, and the routes that come in through them.

use std::collections::{BTreeMap, BTreeSet};

use plan::prelude::*;
use types_kubernetes::ManifestHandle;

use crate::{Labels, Namespace, Object};

const GROUP: &str = "gateway.networking.k8s.io";
const API: &str = "gateway.networking.k8s.io/v1";
/// The listener that is said to hear requests without encryption.
const INSECURE: (&str, u16) = ("http", 8000);

/// A gateway of the cluster with its routes.
#[derive(Debug, Clone)]
pub struct Gateway<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it is.
    pub namespace: &'a Namespace,
    /// The labels of all objects.
    pub labels: &'a Labels,
    /// Who signs the certificates, for all of the cluster.
    pub issuer: Option<&'a str>,
    /// What it listens to.
    pub listeners: Vec<Listener<'a>>,
    /// Where requests go.
    pub routes: Vec<Route<'a>>,
    /// Whether requests without encryption are sent back for one with it.
    pub redirects: bool,
}

/// What a gateway listens to, always with encryption.
#[derive(Debug, Clone, Copy)]
pub struct Listener<'a> {
    /// Its name.
    pub name: &'a str,
    /// The host.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The secret with the certificate.
    pub certificate: &'a str,
}

/// Where requests go.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    /// Its name.
    pub name: &'a str,
    /// The listener that they come from.
    pub listener: &'a str,
    /// The port of the listener.
    pub port: u16,
    /// The hosts.
    pub hosts: Vec<&'a str>,
    /// What answers them.
    pub backend: Option<Backend>,
}

/// What answers requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The service.
    pub service: String,
    /// Its port.
    pub port: u16,
}

impl Gateway<'_> {
    /// Declares the gateway and its routes; all wait for what they lead to.
    pub fn declare(&self, logical: &str, what: &dyn AsDependency, plan: &mut Draft) -> ManifestHandle {
        plan.construct("ol:Gateway", logical, |plan| {
            if self.redirects {
                let hosts: BTreeSet<&str> = self.routes.iter().flat_map(|route| &route.hosts).copied().collect();
                let rule = object!([{ "filters": [{
                    "type": "RequestRedirect",
                    "requestRedirect": { "scheme": "https" },
                }] }]);
                let (listener, port) = INSECURE;
                self.route(&format!("{}-http-redirect", self.name), self.parent(listener, port), hosts, rule)
                    .within(self.namespace, format!("{}-http-redirect-httproute-resource", self.name))
                    .depends_on(what)
                    .declare(plan);
            }
            for route in &self.routes {
                let backends: Vec<Json> = route.backend.iter().map(|backend| self.backend(backend)).collect();
                let rule = object!([{ "backendRefs": backends, "filters": [] }]);
                let hosts = route.hosts.iter().copied().collect();
                self.route(route.name, self.parent(route.listener, route.port), hosts, rule)
                    .within(self.namespace, format!("{}-{}-httproute-resource", self.name, route.name))
                    .depends_on(what)
                    .declare(plan);
            }
            let listeners: Vec<Json> = self.listeners.iter().map(|listener| self.listener(listener)).collect();
            Object::new(API, "Gateway", self.name)
                .labels(self.labels)
                .annotations(self.annotations())
                .spec(object!({ "gatewayClassName": "traefik", "listeners": listeners }))
                .within(self.namespace, format!("{}-traefik-gateway-resource", self.name))
                .depends_on(what)
                .declare(plan)
        })
    }

    fn route(&self, name: &str, parent: Json, hosts: BTreeSet<&str>, rules: Json) -> Object {
        let hosts: Vec<&str> = hosts.into_iter().collect();
        Object::new(API, "HTTPRoute", name)
            .labels(self.labels)
            .annotations(self.annotations())
            .spec(object!({ "parentRefs": [parent], "hostnames": hosts, "rules": rules }))
    }

    fn parent(&self, listener: &str, port: u16) -> Json {
        object!({ "name": self.name, "sectionName": listener, "kind": "Gateway", "group": GROUP, "port": port })
    }

    fn backend(&self, backend: &Backend) -> Json {
        object!({
            "name": &backend.service,
            "namespace": &self.namespace.name,
            "kind": "Service",
            "port": backend.port,
        })
    }

    fn listener(&self, listener: &Listener) -> Json {
        object!({
            "name": listener.name,
            "hostname": listener.host,
            "port": listener.port,
            "protocol": "HTTPS",
            "allowedRoutes": { "namespaces": { "from": "Same" } },
            "tls": {
                "mode": "Terminate",
                "certificateRefs": [{
                    "group": "",
                    "kind": "Secret",
                    "name": listener.certificate,
                    "namespace": &self.namespace.name,
                }],
            },
        })
    }

    fn annotations(&self) -> BTreeMap<String, String> {
        let issuer = self.issuer.iter();
        issuer.map(|issuer| ("cert-manager.io/cluster-issuer".to_owned(), (*issuer).to_owned())).collect()
    }
}
