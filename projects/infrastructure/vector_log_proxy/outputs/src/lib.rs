//! What the stacks of `infrastructure.vector_log_proxy` export; they are foreign until it is ported.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.vector_log_proxy")]
pub struct Outputs {
    /// Where content delivery networks send their logs.
    pub vector_log_proxy_domain: Output<String>,
}
