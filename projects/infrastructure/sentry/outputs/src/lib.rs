//! What the stack of `infrastructure.sentry` exports; it is foreign until it is ported.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports: where each application reports its errors.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.sentry")]
pub struct Outputs {
    /// The platform of `MITx` Online.
    pub openedx_mitxonline_sentry_dsn: Output<String>,
    /// The platform of `xPRO`.
    pub openedx_mitxpro_sentry_dsn: Output<String>,
    /// The platform of the residential courses.
    pub openedx_residential_sentry_dsn: Output<String>,
}
