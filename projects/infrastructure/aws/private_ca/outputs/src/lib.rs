//! What the stack of the root certificate authority exports.
//!
//! **Invariant:** plain types only; every leaf is an output.

use plan::prelude::*;

/// The exports of the stack of the root certificate authority.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.aws.private_ca")]
pub struct Outputs {
    /// The root.
    pub root_ca: RootCa,
}

/// The root certificate authority, once it can sign.
#[derive(Clone, Debug, Outputs)]
pub struct RootCa {
    /// The ARN.
    pub arn: Output<String>,
    /// Its own certificate, in PEM.
    pub certificate: Output<String>,
}
