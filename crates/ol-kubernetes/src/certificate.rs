//! Certificates that are made within the cluster.

use plan::prelude::*;
use types_kubernetes::ManifestHandle;

use crate::{Labels, Namespace, Object};

/// Who signs all certificates.
const ISSUER: &str = "letsencrypt-production";

/// A certificate for servers, kept in a secret of the cluster.
#[derive(Debug, Clone)]
pub struct ServedCertificate<'a> {
    /// The application, which the name starts with.
    pub application: &'a str,
    /// Where it is.
    pub namespace: &'a Namespace,
    /// Its labels.
    pub labels: &'a Labels,
    /// The secret that it is kept in.
    pub secret: &'a str,
    /// The hosts that it is for.
    pub hosts: Vec<&'a str>,
    /// The ingress of APISIX that shows it, if one does.
    pub ingress: Option<&'a str>,
}

impl ServedCertificate<'_> {
    /// Declares the certificate and who shows it.
    pub fn declare(&self, logical: &str, plan: &mut Draft) -> ManifestHandle {
        let name = format!("{}-cert", self.application);
        plan.construct("ol:ServedCertificate", logical, |plan| {
            let certificate = Object::new("cert-manager.io/v1", "Certificate", &name)
                .labels(self.labels)
                .spec(object!({
                    "issuerRef": { "group": "cert-manager.io", "kind": "ClusterIssuer", "name": ISSUER },
                    "secretName": self.secret,
                    "dnsNames": self.hosts.clone(),
                    "usages": ["digital signature", "key encipherment", "server auth"],
                }))
                .within(self.namespace, format!("ol-cert-manager-certificate-{name}"))
                .declare(plan);
            if let Some(ingress) = self.ingress {
                Object::new("apisix.apache.org/v2", "ApisixTls", &name)
                    .labels(self.labels)
                    .spec(object!({
                        "hosts": self.hosts.clone(),
                        "ingressClassName": ingress,
                        "secret": { "name": self.secret, "namespace": &self.namespace.name },
                    }))
                    .within(self.namespace, format!("ol-cert-manager-apisix-tls-{name}"))
                    .declare(plan);
            }
            certificate
        })
    }
}
