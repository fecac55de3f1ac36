//! Files that are whole or not there, whatever instant the process or the machine stops at.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How the names of files begin that are still being written.
const TEMPORARY: &str = ".tmp-";

/// Makes a file that must not be there yet, durably. `false` = one is there; it is left alone.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let dir = path.parent().ok_or(ErrorKind::InvalidInput)?;
    let (temporary, ()) = write_temporary(dir, true, |file| file.write_all(bytes))?;
    // A link never replaces what is there, which a rename does.
    let linked = fs::hard_link(&temporary, path);
    let removed = fs::remove_file(&temporary);
    match linked {
        Ok(()) => removed.and_then(|()| sync_parent(path)).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Puts a file in place of whatever is there, durably.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().ok_or(ErrorKind::InvalidInput)?;
    stream(dir, |file| file.write_all(bytes).map(|()| path.to_owned())).map(drop)
}

/// Puts a file into a directory, durably, whose name is known only when it is written; gives its path.
pub(crate) fn stream(dir: &Path, write: impl FnOnce(&mut File) -> io::Result<PathBuf>) -> io::Result<PathBuf> {
    let (temporary, path) = write_temporary(dir, true, write)?;
    fs::rename(&temporary, &path).inspect_err(|_| drop(fs::remove_file(&temporary)))?;
    sync_dir(dir).map(|()| path)
}

/// Like [`replace`], for what may be lost when the machine stops: it is whole or not there for every other process.
pub(crate) fn replace_quickly(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().ok_or(ErrorKind::InvalidInput)?;
    let (temporary, ()) = write_temporary(dir, false, |file| file.write_all(bytes))?;
    fs::rename(&temporary, path).inspect_err(|_| drop(fs::remove_file(&temporary)))
}

/// Makes a directory and those above it, durably.
pub(crate) fn make_dir(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Ok(()) => sync_parent(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_dir(path.parent().ok_or(error)?)?;
            make_dir(path)
        }
        Err(error) => Err(error),
    }
}

/// Removes what writers that were stopped have left in a directory. Only for who holds the directory alone.
pub(crate) fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten().filter(|entry| is_temporary(&entry.file_name())) {
        // What cannot be removed does no harm: nobody reads it.
        let _ = fs::remove_file(entry.path());
    }
}

fn is_temporary(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(TEMPORARY))
}

/// Writes a file into a directory, with a name that no other writer has; gives the name, and what `write` gives.
fn write_temporary<T>(
    dir: &Path,
    durable: bool,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let (temporary, mut file) = loop {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let temporary = dir.join(format!("{TEMPORARY}{}-{number}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            // Left over from a process that had this one's number.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => break (temporary, opened?),
        }
    };
    let written = write(&mut file).and_then(|given| if durable { file.sync_all().map(|()| given) } else { Ok(given) });
    match written {
        Ok(given) => Ok((temporary, given)),
        Err(error) => {
            let _ = fs::remove_file(&temporary);
            Err(error)
        }
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Makes the name of a file or directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    sync_dir(path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn create_never_replaces_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a/b/file");
        make_dir(path.parent().expect("has one")).expect("made");
        assert!(create(&path, b"one").expect("written"));
        assert!(!create(&path, b"two").expect("refused"));
        assert_eq!(fs::read(&path).expect("read"), b"one");
        replace(&path, b"three").expect("replaced");
        assert_eq!(fs::read(&path).expect("read"), b"three");
        assert_eq!(fs::read_dir(dir.path().join("a/b")).expect("listed").count(), 1);
    }

    #[test]
    fn sweep_takes_only_what_was_being_written() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join(".tmp-1-0"), b"").expect("written");
        fs::write(dir.path().join("0000000001.json"), b"").expect("written");
        sweep(dir.path());
        let names: Vec<_> = fs::read_dir(dir.path()).expect("listed").flatten().map(|e| e.file_name()).collect();
        assert_eq!(names, ["0000000001.json"]);
    }
}
