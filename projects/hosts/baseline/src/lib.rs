//! A machine with nothing but the baseline: the scope of the stack is the machine.
//!
//! Layer: L6, a project.

use baseline::Settings;
use machine::Machine;
use plan::Stack;
use plan::prelude::*;

/// The project.
pub fn project() -> Project {
    Project::new("hosts.baseline", plan)
}

/// Plans one machine.
///
/// # Errors
/// If the stack names no machine.
pub fn plan(stack: &Stack, settings: Settings) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    match stack.scope() {
        Some(name) => baseline::declare(&mut Machine::new(&mut plan, name), &settings),
        None => plan.report(
            Diagnostic::error("E0855", "the stack names no machine")
                .hint("call its file after the machine: `stacks/web-1.QA.toml`"),
        ),
    }
    plan.finish(())
}
