//! Objects of Kubernetes clusters: labels, gateways, routes, certificates, secrets out of Vault.
//!
//! Layer: beside the model, like the bindings that it uses. **Invariant:** what a construct declares follows from its
//! fields alone; a construct reports what is wrong with them and goes on.

mod apisix;
mod certificate;
mod gateway;
mod labels;
mod namespace;
mod object;
mod vault;

pub use apisix::{ApisixRoute, Plugin, SharedPlugins};
pub use certificate::ServedCertificate;
pub use gateway::{Backend, Gateway, Listener, Route};
pub use labels::{Labels, Product, label_value};
pub use namespace::{Namespace, cluster_of};
pub use object::Object;
pub use vault::{SecretKind, VaultAccess, VaultSecret};
