//! Which stacks read the outputs of a stack.

use std::path::Path;

use ports::StoreError;
use state::OutputReader;

use crate::durable;
use crate::layout::{self, io_error};

/// Registers a reader, durably; once is enough.
pub(crate) fn register(root: &Path, upstream: &str, reader: &OutputReader) -> Result<(), StoreError> {
    let dir = layout::readers(root, upstream);
    let path = layout::reader(root, upstream, &reader.stack_id);
    let bytes = serde_json::to_vec(reader)
        .map_err(|error| StoreError::Io { what: "cannot register a reader".into(), reason: error.to_string() })?;
    if layout::read(&path)?.is_some_and(|there| there == bytes) {
        return Ok(());
    }
    durable::make_dir(&dir).map_err(io_error("cannot make", &dir))?;
    durable::replace(&path, &bytes).map_err(io_error("cannot write", &path))
}

/// The registered readers, by name.
pub(crate) fn list(root: &Path, upstream: &str) -> Result<Vec<OutputReader>, StoreError> {
    let dir = layout::readers(root, upstream);
    let mut readers = Vec::new();
    for name in layout::names(&dir)? {
        let path = dir.join(name);
        let Some(bytes) = layout::read(&path)? else { continue };
        let reader = serde_json::from_slice(&bytes).map_err(|error| StoreError::Broken {
            stack: upstream.into(),
            reason: format!("its reader `{}` cannot be read: {error}", layout::tail(&path)),
        })?;
        readers.push(reader);
    }
    readers.sort();
    Ok(readers)
}
