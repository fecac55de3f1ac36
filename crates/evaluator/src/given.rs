//! Plans that were made elsewhere, read from the files that they are handed on as.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use diag::{Diagnostic, Diagnostics};
use plan::{Evaluation, Read};
use resource::{Evaluated, Sources};
use value::Digest;

use crate::artefact::{CODE, DIGEST, INPUTS, PLAN, SOURCES};

/// A plan that was made elsewhere.
#[derive(Debug, Clone)]
pub struct Given {
    /// What its evaluation gave; always a plan, or what it waits for.
    pub evaluation: Evaluation,
    /// The code that made it, if it says.
    pub code: Option<Digest>,
}

/// The plans in a directory, by full name: each directory in it that holds a plan is that of the stack of its name.
/// `shown` is what messages call the directory.
///
/// # Errors
/// All that cannot be read, is not as its digest says, or lies under another stack's name.
pub fn read(directory: &Path, shown: &str) -> Result<BTreeMap<String, Given>, Diagnostics> {
    let cannot = |name: &str, error: &io::Error| Diagnostic::error("E0205", format!("cannot read `{name}`: {error}"));
    let mut found = Diagnostics::new();
    let mut plans = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(|error| cannot(shown, &error))? {
        let entry = entry.map_err(|error| cannot(shown, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().join(PLAN).is_file() {
            match one(&entry.path(), &name, &format!("{shown}/{name}")) {
                Ok(given) => drop(plans.insert(name, given)),
                Err(problem) => found.push(problem),
            }
        }
    }
    if plans.is_empty() && found.is_empty() {
        let problem = Diagnostic::error("E0334", format!("there are no plans in `{shown}`"));
        found.push(problem.hint("name what `nix build` or `runner evaluate --out DIR` made: DIR/<stack>/plan.json"));
    }
    found.into_result(plans)
}

fn one(directory: &Path, stack: &str, shown: &str) -> Result<Given, Diagnostic> {
    let broken = |what: String| Diagnostic::error("E0334", what).hint("build the plan again");
    let bytes = |name: &str| {
        fs::read(directory.join(name))
            .map_err(|error| Diagnostic::error("E0205", format!("cannot read `{shown}/{name}`: {error}")))
    };
    let plan = bytes(PLAN)?;
    let evaluated: Evaluated =
        serde_json::from_slice(&plan).map_err(|error| broken(format!("`{shown}/{PLAN}` is no plan: {error}")))?;
    let digest = String::from_utf8_lossy(&bytes(DIGEST)?).trim().to_owned();
    if evaluated.canonical_bytes() != plan || evaluated.digest().to_string() != digest {
        return Err(broken(format!("`{shown}/{PLAN}` is not the plan of its digest `{shown}/{DIGEST}`")));
    }
    if evaluated.stack().to_string() != stack {
        return Err(broken(format!("`{shown}` holds the plan of `{}`", evaluated.stack())));
    }
    let beside = |name: &str, error: serde_json::Error| broken(format!("`{shown}/{name}`: {error}"));
    let sources: Sources = serde_json::from_slice(&bytes(SOURCES)?).map_err(|error| beside(SOURCES, error))?;
    // What was read stands in a list, since keys of JSON are texts.
    let reads: Vec<(Read, Digest)> = serde_json::from_slice(&bytes(INPUTS)?).map_err(|error| beside(INPUTS, error))?;
    let code = String::from_utf8_lossy(&bytes(CODE)?).trim().parse().ok();
    Ok(Given { evaluation: Evaluation { result: Ok(evaluated), sources, reads: reads.into_iter().collect() }, code })
}
