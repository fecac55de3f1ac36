//! Tests of projects: evaluate a stack of this workspace, give it outputs of others, look at what it plans.
//!
//! Layer: beside; only tests use it. **Invariant:** no provider, no state, no key: a test sees exactly what the plan
//! function says. What is wrong with a test ends it with a message that says what is there instead.
//!
//! ```no_run
//! # fn project() -> plan::Project { unimplemented!() }
//! let planned = testkit::evaluate(project(), "QA");
//! assert_eq!(planned.count(), 395);
//! let subnet = planned.resource("AWS::EC2::Subnet", "ol-data-qa-subnet-1");
//! assert_eq!(subnet.text("CidrBlock"), "10.2.0.0/24");
//! assert!(subnet.is_unknown("SubnetId"));
//! ```

mod inputs;
mod planned;
mod policies;
mod workspace;

pub use inputs::Given;
pub use planned::{Planned, Resource};
pub use policies::judge;
pub use workspace::Workspace;

use plan::Project;

/// Evaluates a stack as its files have it, with no outputs of other stacks known.
#[track_caller]
pub fn evaluate(project: Project, stack: &str) -> Planned {
    Given::stack(project, stack).evaluate()
}

/// The path that a text says.
#[track_caller]
fn path(text: &str) -> value::Path {
    match text.parse() {
        Ok(path) => path,
        Err(error) => panic!("`{text}` is {error}"),
    }
}

#[cfg(test)]
mod tests;
