//! The files that a plan is handed on as.

use std::fs;
use std::io;
use std::path::Path;

use diagram::{Format, OrganisationGrain, StackGrain};
use plan::Evaluation;
use resource::Evaluated;

/// The file with the plan's canonical bytes.
pub const PLAN: &str = "plan.json";

/// The files of an evaluated stack, by name: the plan, its digest, where things are declared, what was read with the
/// digests of it, and the diagram.
pub fn files(evaluation: &Evaluation, evaluated: &Evaluated) -> Vec<(&'static str, Vec<u8>)> {
    let reads: Vec<_> = evaluation.reads.iter().collect();
    vec![
        (PLAN, evaluated.canonical_bytes()),
        ("plan.digest", format!("{}\n", evaluated.digest()).into_bytes()),
        ("plan.sources.json", pretty(&evaluation.sources)),
        ("plan.inputs.json", pretty(&reads)),
        ("plan.mmd", diagram(evaluated).into_bytes()),
    ]
}

/// Writes the files of an evaluated stack into a directory, which is made if it is not there.
///
/// # Errors
/// If one of them cannot be written; the message names it.
pub fn write(directory: &Path, evaluation: &Evaluation, evaluated: &Evaluated) -> io::Result<()> {
    let named = |path: &Path, error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()));
    fs::create_dir_all(directory).map_err(|error| named(directory, error))?;
    for (name, bytes) in files(evaluation, evaluated) {
        let path = directory.join(name);
        fs::write(&path, bytes).map_err(|error| named(&path, error))?;
    }
    Ok(())
}

/// The constructs of a plan; a plan that waits is drawn with what it waits for.
fn diagram(evaluated: &Evaluated) -> String {
    let drawn = match evaluated {
        Evaluated::Plan(plan) => diagram::of_stack(plan, StackGrain::Constructs),
        Evaluated::Deferred { stack, .. } => {
            diagram::of_organisation(&stack.to_string(), [evaluated], &[], OrganisationGrain::Stacks)
        }
    };
    drawn.show(Format::Mermaid)
}

fn pretty(value: &impl serde::Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
