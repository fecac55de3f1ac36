//! The conventions of Open Learning: names, tags, networks, buckets, certificates, groups of instances, policies.
//!
//! Layer: L1, model, a library of the projects. **Invariant:** nothing here reads anything but through the stack; a
//! construct reports what is wrong with its settings and goes on, so that all problems are found at once.

pub mod auto_scaling;
pub mod bucket;
mod certificate;
pub mod cloud_init;
pub mod iam;
mod instance_type;
mod names;
mod peering;
pub mod security_group;
mod tags;
pub mod vpc;
mod zones;

pub use auto_scaling::AutoScaling;
pub use bucket::{Bucket, BucketSettings};
pub use certificate::Certificate;
pub use instance_type::InstanceType;
pub use names::Naming;
pub use peering::Peering;
pub use tags::{BusinessUnit, Network as NetworkName, Tags};
pub use vpc::{KubernetesVpcConfig, Network, Vpc, VpcConfig};
pub use zones::{REGION, zones};
