//! Reading and writing below a root, with errors as diagnostics.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use diag::{Diagnostic, Place};

/// The path of a file below `root`.
///
/// # Errors
/// If it is absolute or leads out of the root.
pub(crate) fn below(root: &Path, relative: &str) -> Result<PathBuf, Diagnostic> {
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if Path::new(relative).components().all(inside) {
        Ok(root.join(relative))
    } else {
        let message = format!("the path `{relative}` leads out of the workspace");
        Err(Diagnostic::error("E0211", message).hint("write a path from the workspace's root, without `..`"))
    }
}

/// The bytes of a file; `None` if there is none.
pub(crate) fn read(root: &Path, relative: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
    read_at(&below(root, relative)?, relative)
}

/// The bytes of a file anywhere; `None` if there is none.
pub(crate) fn read_at(path: &Path, name: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(error.kind()) => Ok(None),
        Err(error) => Err(cannot("read", name, &error)),
    }
}

/// Bytes as text.
pub(crate) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Diagnostic> {
    String::from_utf8(bytes).map_err(|error| {
        let readable = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let text = String::from_utf8_lossy(readable);
        Diagnostic::error("E0205", format!("`{name}` is not UTF-8")).at(Place::at_offset(name, &text, text.len()))
    })
}

/// The sorted names in a directory; `None` if there is none.
pub(crate) fn list(root: &Path, relative: &str) -> Result<Option<Vec<String>>, Diagnostic> {
    let entries = match fs::read_dir(below(root, relative)?) {
        Ok(entries) => entries,
        Err(error) if is_absent(error.kind()) => return Ok(None),
        Err(error) => return Err(cannot("read", relative, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| cannot("read", relative, &error))?.file_name();
        let name = name.into_string().map_err(|name| {
            Diagnostic::error("E0205", format!("a name in `{relative}` is not UTF-8: {}", name.to_string_lossy()))
        })?;
        names.push(name);
    }
    names.sort();
    Ok(Some(names))
}

/// Replaces a file as a whole, with its directory if that is missing.
pub(crate) fn write(root: &Path, relative: &str, text: &str) -> Result<(), Diagnostic> {
    let path = below(root, relative)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&new, text));
    written.and_then(|()| fs::rename(&new, &path)).map_err(|error| {
        // The half-written file is of no use; that it cannot be removed either changes nothing.
        drop(fs::remove_file(&new));
        cannot("write", relative, &error)
    })
}

/// Removes a file, if there is one.
pub(crate) fn remove(root: &Path, relative: &str) -> Result<(), Diagnostic> {
    match fs::remove_file(below(root, relative)?) {
        Err(error) if !is_absent(error.kind()) => Err(cannot("remove", relative, &error)),
        _ => Ok(()),
    }
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn cannot(what: &str, name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("E0205", format!("cannot {what} `{name}`: {error}"))
}
