//! Where things lie under the root.
//!
//! ```text
//! stacks/<full name>/heads/<generation>.json       immutable
//! stacks/<full name>/snapshots/<digest>.json       immutable, named by content
//! stacks/<full name>/journal/<position>.jsonl      one segment for each run, one chunk a line, appended
//! stacks/<full name>/lock                          locked by the process that holds the stack; holds the run's id
//! leases/<run>.json                                who a run is
//! renamed/<directory below stacks>                 empty: the stack in that directory has another name by now
//! readers/<full name>/<stack id>.json              which stacks read outputs of a stack
//! ```

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use ports::StoreError;
use value::Digest;

/// The directory of one stack.
#[derive(Debug, Clone)]
pub(crate) struct StackDir {
    path: PathBuf,
}

impl StackDir {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn heads(&self) -> PathBuf {
        self.path.join("heads")
    }

    pub(crate) fn head(&self, generation: u64) -> PathBuf {
        self.path.join(format!("heads/{generation:010}.json"))
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    pub(crate) fn snapshot(&self, digest: Digest) -> PathBuf {
        self.path.join(format!("snapshots/{digest}.json"))
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    pub(crate) fn segment(&self, position: u64) -> PathBuf {
        self.path.join(format!("journal/{position:012}.jsonl"))
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// The name of the directory, for messages about a stack whose name is not known.
    pub(crate) fn label(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// The directory that a stack of this name is first put into.
pub(crate) fn stack_dir(root: &Path, name: &str) -> StackDir {
    StackDir::new(root.join("stacks").join(file_name(name)))
}

/// The directory that names the directories whose stacks have other names.
pub(crate) fn renamed(root: &Path) -> PathBuf {
    root.join("renamed")
}

/// The file of a run's lease.
pub(crate) fn lease(root: &Path, run: &str) -> PathBuf {
    root.join("leases").join(format!("{}.json", file_name(run)))
}

/// The directory of the readers of a stack.
pub(crate) fn readers(root: &Path, upstream: &str) -> PathBuf {
    root.join("readers").join(file_name(upstream))
}

/// The file of one reader.
pub(crate) fn reader(root: &Path, upstream: &str, id: &str) -> PathBuf {
    readers(root, upstream).join(format!("{}.json", file_name(id)))
}

/// A name that is safe as that of one file, and different for different names.
pub(crate) fn file_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        match byte {
            b'.' if index == 0 => safe.push_str("%2E"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => safe.push(char::from(byte)),
            // Writing to a string does not fail.
            _ => drop(write!(safe, "%{byte:02X}")),
        }
    }
    safe
}

/// What [`file_name`] made a name of; the name itself, if it made none.
pub(crate) fn name_of(file: &str) -> Cow<'_, str> {
    if !file.contains('%') {
        return file.into();
    }
    let mut bytes = Vec::with_capacity(file.len());
    for (number, part) in file.split('%').enumerate() {
        let code = part.get(..2).filter(|_| number > 0).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.extend(code);
        bytes.extend_from_slice(&part.as_bytes()[if code.is_some() { 2 } else { 0 }..]);
    }
    String::from_utf8(bytes).unwrap_or_else(|_| file.to_owned()).into()
}

/// The numbers in the names of the files of a directory, `<number>.<extension>`, in order; none if it is not there.
pub(crate) fn numbers(dir: &Path, extension: &str) -> Result<Vec<u64>, StoreError> {
    let mut numbers: Vec<u64> =
        names(dir)?.iter().filter_map(|name| name.strip_suffix(extension)?.strip_suffix('.')?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The names of the files of a directory; none if it is not there. What is still being written is left out.
pub(crate) fn names(dir: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        entries => entries.map_err(io_error("cannot list", dir))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(io_error("cannot list", dir))?;
        names.extend(entry.file_name().into_string().ok().filter(|name| !name.starts_with('.')));
    }
    Ok(names)
}

/// The bytes of a file; `None` if it is not there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some).map_err(io_error("cannot read", path)),
    }
}

/// Says what could not be done with which file.
pub(crate) fn io_error(what: &str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    // Nothing is put into words where nothing went wrong.
    move |error| StoreError::Io { what: format!("{what} `{}`", path.display()), reason: error.to_string() }
}

/// The name of a file, for messages: with its directory, which says what it is.
pub(crate) fn tail(path: &Path) -> String {
    let part = |name: Option<&OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
    format!("{}/{}", part(path.parent().and_then(Path::file_name)), part(path.file_name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_root() {
        assert_eq!(file_name("infrastructure.aws.network.QA"), "infrastructure.aws.network.QA");
        for name in ["..", "../x", ".hidden", "a/b", "a\0b", "ä", "%2E."] {
            let safe = file_name(name);
            assert!(!safe.starts_with('.') && !safe.contains(['/', '\0']), "{name} -> {safe}");
        }
        assert_ne!(file_name("a%2Fb"), file_name("a/b"));
        for name in ["a.QA", ".hidden", "a/b", "ä%2F"] {
            assert_eq!(name_of(&file_name(name)), name);
        }
    }
}
