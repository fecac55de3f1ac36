//! The files that a plan is handed on as.

use std::fs;
use std::io;
use std::path::Path;

use diagram::{Format, OrganisationGrain, Others, StackGrain};
use plan::Evaluation;
use resource::Evaluated;
use value::Digest;

use crate::outputs::outputs;

/// The plan's canonical bytes.
pub(crate) const PLAN: &str = "plan.json";
/// The plan's digest.
pub(crate) const DIGEST: &str = "plan.digest";
/// The digest of the code that made it.
pub(crate) const CODE: &str = "plan.code";
/// Where things are declared.
pub(crate) const SOURCES: &str = "plan.sources.json";
/// What was read, with the digests of what was there.
pub(crate) const INPUTS: &str = "plan.inputs.json";
/// What the stack exports, by path; all that a build system need show to what depends on the stack.
const OUTPUTS: &str = "plan.outputs.json";
/// The diagram.
const DIAGRAM: &str = "plan.mmd";

/// The files of an evaluated stack, by name; `code` is the digest of the code that evaluated it.
fn files(evaluation: &Evaluation, evaluated: &Evaluated, code: Option<Digest>) -> Vec<(&'static str, Vec<u8>)> {
    let reads: Vec<_> = evaluation.reads.iter().collect();
    let code = code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    vec![
        (PLAN, evaluated.canonical_bytes()),
        (DIGEST, format!("{}\n", evaluated.digest()).into_bytes()),
        (CODE, format!("{code}\n").into_bytes()),
        (SOURCES, pretty(&evaluation.sources)),
        (INPUTS, pretty(&reads)),
        (OUTPUTS, exported(evaluated)),
        (DIAGRAM, diagram(evaluated).into_bytes()),
    ]
}

/// Writes the files of an evaluated stack into a directory, which is made if it is not there: the plan, its digest, that
/// of the `code` that evaluated it, where things are declared, what was read, what is exported, and the diagram.
///
/// # Errors
/// If one of them cannot be written; the message names it.
pub fn write(directory: &Path, evaluation: &Evaluation, evaluated: &Evaluated, code: Option<Digest>) -> io::Result<()> {
    let named = |path: &Path, error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()));
    fs::create_dir_all(directory).map_err(|error| named(directory, error))?;
    for (name, bytes) in files(evaluation, evaluated, code) {
        let path = directory.join(name);
        fs::write(&path, bytes).map_err(|error| named(&path, error))?;
    }
    Ok(())
}

/// What a stack exports; nothing is known of a plan that waits.
fn exported(evaluated: &Evaluated) -> Vec<u8> {
    match evaluated {
        Evaluated::Plan(plan) => pretty(&outputs(plan)),
        Evaluated::Deferred { .. } => pretty(&()),
    }
}

/// The constructs of a plan; a plan that waits is drawn with what it waits for.
fn diagram(evaluated: &Evaluated) -> String {
    let drawn = match evaluated {
        Evaluated::Plan(plan) => diagram::of_stack(plan, StackGrain::Constructs),
        Evaluated::Deferred { stack, .. } => {
            diagram::of_organisation(&stack.to_string(), [evaluated], Others::default(), OrganisationGrain::Stacks)
        }
    };
    drawn.show(Format::Mermaid)
}

fn pretty(value: &impl serde::Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
