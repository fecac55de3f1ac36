//! Where signing keys come from.

use std::path::Path;

use diag::Diagnostic;
use signing::SecretKey;

use crate::{Variables, files};

/// The variable with the key that a run signs with.
const VARIABLE: &str = "GROUNDPLAN_SIGNING_KEY";

/// The key that `$GROUNDPLAN_SIGNING_KEY` holds, or that is in the file that it names; none if it is not set.
///
/// # Errors
/// If what it holds is neither a key nor the path of a file with one.
pub fn signing_key(variables: &Variables) -> Result<Option<SecretKey>, Diagnostic> {
    let Some(value) = variables.get(VARIABLE).filter(|value| !value.is_empty()) else { return Ok(None) };
    // The text of a variable that is no key is not shown: it may be one that was cut.
    match SecretKey::parse(value) {
        Ok(key) => Ok(Some(key)),
        Err(_) if Path::new(value).is_file() => signing_key_in(Path::new(value)).map(Some),
        Err(error) => Err(error.diagnostic().note(format!("${VARIABLE} holds a signing key, or the path of its file"))),
    }
}

/// The signing key in a file.
///
/// # Errors
/// If there is no file, or no key in it.
pub fn signing_key_in(path: &Path) -> Result<SecretKey, Diagnostic> {
    let name = path.display().to_string();
    let Some(bytes) = files::read_at(path, &name)? else {
        let problem = Diagnostic::error("E0263", format!("there is no key file `{name}`"));
        return Err(problem.hint(format!("`runner keys new {name}` makes one")));
    };
    SecretKey::parse(&files::text(bytes, &name)?).map_err(|error| error.diagnostic().note(format!("in `{name}`")))
}
