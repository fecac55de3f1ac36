//! Files that are whole or not there for every other process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Where files are that are still being written.
pub(crate) const TEMPORARY: &str = "tmp";

/// Where an entry lies.
pub(crate) fn path(dir: &Path, kind: &str, name: &str) -> PathBuf {
    let fan_out = name.get(..2).unwrap_or_default();
    dir.join(kind).join(fan_out).join(name)
}

pub(crate) fn read(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

/// Removes a bad or old entry. Another process may have done so, or may not let us.
pub(crate) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Whether an entry of this length is there; it is made young again.
pub(crate) fn renew(path: &Path, length: u64) -> bool {
    let there = fs::metadata(path).is_ok_and(|metadata| metadata.len() == length);
    if there && let Ok(file) = OpenOptions::new().append(true).open(path) {
        // If this fails it is removed earlier than it need be.
        let _ = file.set_modified(SystemTime::now());
    }
    there
}

/// Puts an entry in place of any earlier one.
pub(crate) fn write(dir: &Path, path: &Path, parts: &[&[u8]], durable: bool) -> io::Result<()> {
    let (temporary, mut file) = temporary(&dir.join(TEMPORARY))?;
    let written = parts.iter().try_for_each(|part| file.write_all(part));
    let written = written.and_then(|()| if durable { file.sync_all() } else { Ok(()) });
    drop(file);
    let placed = written.and_then(|()| match fs::rename(&temporary, path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().ok_or(error)?)?;
            fs::rename(&temporary, path)
        }
        renamed => renamed,
    });
    placed.inspect_err(|_| remove(&temporary))
}

/// A file with a name that no other writer has.
fn temporary(dir: &Path) -> io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("{}-{number}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            // Left over from a process that had this one's number.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(dir)?,
            opened => return opened.map(|file| (path, file)),
        }
    }
}
