//! Routes of APISIX, and what it does with the requests on them.

use plan::prelude::*;
use types_kubernetes::{Manifest, ManifestHandle};

use crate::{Labels, Namespace, Object};

const API: &str = "apisix.apache.org/v2";

/// Something that APISIX does with a request.
#[derive(Debug, Clone)]
pub struct Plugin {
    name: &'static str,
    config: Json,
}

/// What APISIX does on all routes of an application.
#[derive(Debug, Clone)]
pub struct SharedPlugins<'a> {
    /// The application, which the name starts with.
    pub application: &'a str,
    /// What the name ends with.
    pub suffix: &'a str,
    /// Where it is.
    pub namespace: &'a Namespace,
    /// Its labels.
    pub labels: &'a Labels,
    /// The environment in lower case: traces are not kept of `ci`, answers are not compressed in `production`.
    pub environment: &'a str,
    /// What is done besides.
    pub more: Vec<Plugin>,
}

/// A route of APISIX to one service.
#[derive(Debug, Clone)]
pub struct ApisixRoute<'a> {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub namespace: &'a Namespace,
    /// Its labels.
    pub labels: &'a Labels,
    /// Which ingress it belongs to.
    pub ingress: &'a str,
    /// What the rule is called.
    pub rule: &'a str,
    /// The rules of higher numbers are asked first.
    pub priority: i64,
    /// What is done with requests on this route.
    pub plugins: Vec<Plugin>,
    /// What is done on all routes: the name of [`SharedPlugins`].
    pub shared: Option<Output<String>>,
    /// The hosts.
    pub hosts: Vec<&'a str>,
    /// The paths.
    pub paths: Vec<&'a str>,
    /// Seconds to connect, to send and to read.
    pub timeouts: [u16; 3],
    /// The service and its port.
    pub service: (&'a str, u16),
}

impl Plugin {
    /// A plugin with its settings.
    pub fn new(name: &'static str, config: Json) -> Self {
        Self { name, config }
    }

    fn enabled(&self) -> Json {
        object!({ "name": self.name, "enable": true, "config": &self.config })
    }
}

/// What APISIX does on every route.
fn everywhere() -> Vec<Plugin> {
    vec![
        Plugin::new("redirect", object!({ "http_to_https": true })),
        Plugin::new(
            "cors",
            object!({ "allow_origins": "**", "allow_methods": "**", "allow_headers": "**", "allow_credential": true }),
        ),
        Plugin::new("response-rewrite", object!({ "headers": { "set": { "Referrer-Policy": "origin" } } })),
        Plugin::new("prometheus", object!({ "prefer_name": true })),
    ]
}

fn traces() -> Plugin {
    Plugin::new("opentelemetry", object!({ "sampler": { "name": "always_on" } }))
}

fn compression() -> Plugin {
    let types = [
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "application/rss+xml",
        "application/wasm",
        "application/x-javascript",
        "application/xml",
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/xml",
    ];
    let config = object!({
        "types": types,
        "min_length": 1024,
        "comp_level": 1,
        "buffers": { "number": 16, "size": 4096 },
        "vary": true,
    });
    Plugin::new("gzip", config)
}

impl SharedPlugins<'_> {
    /// Declares them, once for routes of APISIX and once for those of gateways; gives their name.
    pub fn declare(&self, logical: &str, plan: &mut Draft) -> Output<String> {
        let name = format!("{}-{}", self.application, self.suffix);
        let mut plugins = everywhere();
        plugins.extend(self.more.iter().cloned());
        plugins.extend((self.environment != "ci").then(traces));
        plugins.extend((self.environment != "production").then(compression));
        let enabled: Vec<Json> = plugins.iter().map(Plugin::enabled).collect();
        let bare = plugins.iter().map(|plugin| object!({ "name": plugin.name, "config": &plugin.config }));
        let bare: Vec<Json> = bare.collect();
        plan.construct("ol:SharedPlugins", logical, |plan| {
            let shared = Object::new(API, "ApisixPluginConfig", &name)
                .labels(self.labels)
                .spec(object!({ "plugins": enabled }))
                .within(self.namespace, format!("OLApisixSharedPlugin-{name}"))
                .declare(plan);
            Object::new("apisix.apache.org/v1alpha1", "PluginConfig", &name)
                .labels(self.labels)
                .spec(object!({ "plugins": bare }))
                .within(self.namespace, format!("OLApisixSharedPluginConfig-{name}"))
                .declare(plan);
            shared.manifest().at("metadata.name")
        })
    }
}

impl ApisixRoute<'_> {
    /// Declares the route, with what it waits for as the caller says.
    pub fn declare(&self, with: impl FnOnce(Manifest) -> Manifest, plan: &mut Draft) -> ManifestHandle {
        let mut plugins: Vec<Json> = self.plugins.iter().map(Plugin::enabled).collect();
        if !self.plugins.iter().any(|plugin| plugin.name == "request-id") {
            plugins.push(Plugin::new("request-id", object!({ "include_in_response": true })).enabled());
        }
        let [connect, send, read] = self.timeouts.map(|seconds| format!("{seconds}s"));
        let (service, port) = self.service;
        let mut rule = std::collections::BTreeMap::new();
        for (key, value) in [
            ("name", Json::of(self.rule)),
            ("priority", Json::of(self.priority)),
            ("plugins", Json::of(plugins)),
            ("match", object!({ "hosts": self.hosts.clone(), "paths": self.paths.clone() })),
            ("websocket", Json::of(false)),
            ("timeout", object!({ "connect": connect, "send": send, "read": read })),
            ("backends", object!([{ "serviceName": service, "servicePort": port, "resolveGranularity": "service" }])),
        ] {
            rule.insert(key.to_owned(), value);
        }
        if let Some(shared) = &self.shared {
            rule.insert("plugin_config_name".to_owned(), Json::of(shared));
        }
        let route = Object::new(API, "ApisixRoute", &self.name)
            .labels(self.labels)
            .spec(object!({ "ingressClassName": self.ingress, "http": [Json::of(rule)] }))
            .within(self.namespace, format!("OLApisixRoute-{}", self.name));
        with(route).declare(plan)
    }
}
