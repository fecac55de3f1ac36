//! The file of a saved preview: JSON that people can read, with a version and a digest.

use diag::{Diagnostic, Place};
use serde::{Deserialize, Serialize};
use value::Digest;

use crate::Saved;

/// The number of the format; grows with every change of meaning.
pub const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct File<S> {
    format: u32,
    digest: Digest,
    /// Of the digest; what they are worth is not decided here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    signatures: Vec<String>,
    preview: S,
}

/// What every version has.
#[derive(Deserialize)]
struct Header {
    format: u32,
}

/// The text of the file.
pub fn text(saved: &Saved) -> String {
    signed(saved, &[])
}

/// The text of the file, with signatures of the digest.
pub fn signed(saved: &Saved, signatures: &[String]) -> String {
    let file = File { format: FORMAT, digest: saved.digest(), signatures: signatures.to_vec(), preview: saved };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads the text of a file; its name is for messages.
///
/// # Errors
/// If it is no saved preview, one of another version, or not as it was written.
pub fn read(text: &str, name: &str) -> Result<Saved, Diagnostic> {
    read_signed(text, name).map(|(saved, _)| saved)
}

/// The same with the signatures, of which none is looked at.
///
/// # Errors
/// As those of [`read`].
pub fn read_signed(text: &str, name: &str) -> Result<(Saved, Vec<String>), Diagnostic> {
    let problem = |code: &str, message: &str| Diagnostic::error(code, message).at(Place::start_of(name));
    let again = "make it anew: `runner preview --out FILE`";
    let no_preview = |error: &serde_json::Error| {
        let (line, column) = (number(error.line()), number(error.column()));
        let problem = Diagnostic::error("E0560", "this is not a saved preview").at(Place::new(name, line, column));
        problem.note(error.to_string()).hint(again)
    };
    let Header { format } = serde_json::from_str(text).map_err(|error| no_preview(&error))?;
    if format != FORMAT {
        let message = format!("this is a saved preview of version {format}; this runner knows version {FORMAT}");
        return Err(problem("E0561", &message).hint(again));
    }
    let File { preview, signatures, .. }: File<Saved> =
        serde_json::from_str(text).map_err(|error| no_preview(&error))?;
    // Whatever was changed, a digit of the digest or a blank: what was read does not give the text again.
    if signed(&preview, &signatures) != text {
        let problem = problem("E0562", "this saved preview was changed after it was written");
        return Err(problem.note("its digest stands for every byte of it").hint(again));
    }
    Ok((preview, signatures))
}

fn number(position: usize) -> u32 {
    u32::try_from(position.max(1)).unwrap_or(u32::MAX)
}
