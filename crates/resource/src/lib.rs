//! Names, declared resources and plans: what a plan function returns, as plain data.
//!
//! Layer: L1, model. **Invariant:** a plan has one encoding; it holds no secret, no clock and no path of a machine.

mod around;
mod name;
mod options;
mod plan;
mod shared;

pub use around::{Around, Condition, Hook, Moment, Run};
pub use name::{ParseUrnError, StackName, Urn, fits};
pub use options::{Alias, Dependency, Options, Timeouts};
pub use plan::{Construct, Evaluated, PLAN_FORMAT, Plan, Resource, Sources};
pub use shared::Shared;
