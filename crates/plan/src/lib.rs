//! The API for projects: a plan function takes a [`Stack`] and its configuration and returns a [`Plan`], plain data.
//!
//! Layer: L1, model. **Invariant:** everything that an evaluation reads goes through [`Inputs`] and is recorded.
//! **Invariant:** the set of resources never depends on an unknown: code branches on configuration, on the world lock,
//! or on an output read with [`Stack::read`], which defers the plan until the output is known.
//!
//! ```
//! use plan::prelude::*;
//!
//! #[derive(Config)]
//! struct Settings {
//!     /// The block of the whole network.
//!     cidr_block: Ipv4Net,
//!     #[config(default = 3)]
//!     subnets: u64,
//! }
//!
//! #[derive(Outputs)]
//! #[outputs(project = "example.network")]
//! struct Exports {
//!     subnet_blocks: Output<Vec<String>>,
//! }
//!
//! fn network(stack: &Stack, settings: Settings) -> Result<Plan<Exports>> {
//!     let plan = stack.plan();
//!     let block = Output::known(settings.cidr_block.to_string());
//!     let subnet_blocks = Output::of((0..settings.subnets).map(|n| block.cidr_subnet(24, n)));
//!     plan.finish(Exports { subnet_blocks })
//! }
//!
//! let project = Project::new("example.network", network);
//! assert_eq!(project.name(), "example.network");
//! ```

extern crate self as plan;

mod arg;
mod declare;
mod draft;
mod function;
mod inputs;
mod object;
#[doc(hidden)]
pub use object::json as object_json;
mod output;
mod project;
mod read;
mod stack;
mod tree;

pub use arg::{Arg, IntoExpr};
pub use declare::{AsDependency, Declaration, Declare, ResourceRef, ResourceType};
pub use draft::{Draft, Plan};
pub use function::{PlanFunction, argument, function};
pub use inputs::{Inputs, OutputRead, read_digest};
pub use output::{Json, Output, Typed, text};
pub use project::{Evaluation, Project, StackList};
pub use read::{FromValue, IntoValue, Read, Reads};
pub use stack::{Result, Stack, Stop, WorldQuery, absent, output_digest, saw_output};
pub use tree::{Leaves, OutputMap, OutputTree, StackOutputs};

pub use {config, diag, expr, resource, value};

/// What a project imports.
pub mod prelude {
    pub use crate::config::{Placed, SealedSecret};
    pub use crate::diag::{Diagnostic, Diagnostics, Place};
    pub use crate::expr::{Ipv4Net, Ipv6Net};
    pub use crate::resource::{Moment, StackName};
    pub use crate::{
        Arg, AsDependency, Declare, Draft, IntoExpr, Json, Output, OutputMap, OutputTree, Plan, Project, Result, Stack,
        StackOutputs, Stop, object, text,
    };
    pub use plan_macros::{Config, Outputs, plan_fn};
}

#[cfg(test)]
mod tests;
