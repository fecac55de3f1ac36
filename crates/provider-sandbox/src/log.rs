//! The world's file: JSON lines, one a committed call, appended under a lock.
//!
//! **Invariant:** a line is the whole of a call: what it changed and its audit record. A last line without its end
//! was cut off by a crash, counts as never written, and is cut away by the next writer.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, ErrorKind, Seek as _, SeekFrom, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::AuditRecord;
use crate::object::{Key, Object};
use crate::world::World;

const WORLD: &str = "world.log";
const ARCHIVE: &str = "calls.log";
const LOCK: &str = "world.lock";

/// One line of the file.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Line<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) put: &'a [Object],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) gone: &'a [Key],
    /// The fault that struck, by its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) struck: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) calls: &'a [AuditRecord],
}

/// A line as it is read for the world, without its audit records.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Change {
    pub(crate) put: Vec<Object>,
    pub(crate) gone: Vec<Key>,
    pub(crate) struck: Option<String>,
    /// How often faults struck, in the first line of a compacted file.
    pub(crate) strikes: Vec<(String, u32)>,
    /// The number of calls before a compacted file.
    pub(crate) before: u64,
    pub(crate) calls: Vec<IgnoredAny>,
}

/// The head of a compacted file.
#[derive(Debug, Serialize)]
struct Head<'a> {
    before: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    strikes: &'a [(String, u32)],
}

/// A line as it is read for its audit records.
#[derive(Debug, Deserialize)]
struct Calls {
    #[serde(default)]
    calls: Vec<AuditRecord>,
}

/// The file, and how far it has been read.
#[derive(Debug)]
pub(crate) struct Log {
    dir: PathBuf,
    open: Option<Open>,
    lock: Option<File>,
}

#[derive(Debug)]
struct Open {
    file: File,
    inode: u64,
    offset: u64,
}

/// The right to write; given back when dropped.
pub(crate) struct Locked<'a> {
    log: &'a mut Log,
}

impl Log {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), open: None, lock: None }
    }

    /// Brings `world` up to date. Touches nothing.
    pub(crate) fn refresh(&mut self, world: &mut World) -> io::Result<()> {
        let path = self.dir.join(WORLD);
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            Err(error) if is_absent(&error) => {
                if self.open.take().is_some() {
                    *world = World::default();
                }
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let stale = self.open.as_ref().is_none_or(|open| open.inode != meta.ino() || meta.len() < open.offset);
        if stale {
            let file = OpenOptions::new().read(true).open(&path)?;
            // The name may lead to another file by now; what counts is the one that is open.
            let inode = file.metadata()?.ino();
            self.open = Some(Open { file, inode, offset: 0 });
            *world = World::default();
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        open.read_on(world).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// Takes the lock, waiting for other writers; makes the directory if it is not there yet.
    pub(crate) fn lock(&mut self) -> io::Result<Locked<'_>> {
        if self.lock.is_none() {
            fs::create_dir_all(&self.dir)?;
            let path = self.dir.join(LOCK);
            self.lock = Some(OpenOptions::new().create(true).truncate(false).write(true).open(path)?);
        }
        if let Some(lock) = &self.lock {
            lock.lock()?;
        }
        Ok(Locked { log: self })
    }

    /// Calls `each` with every audit record, oldest first. Touches nothing.
    pub(crate) fn audit(&self, mut each: impl FnMut(AuditRecord) -> io::Result<()>) -> io::Result<()> {
        let mut last = 0;
        for name in [ARCHIVE, WORLD] {
            let file = match File::open(self.dir.join(name)) {
                Ok(file) => file,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(error),
            };
            lines(file, |line: Calls| {
                for record in line.calls {
                    // A compaction that was cut off may have left records in both files.
                    if record.call > last {
                        last = record.call;
                        each(record)?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl Open {
    fn read_on(&mut self, world: &mut World) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length <= self.offset {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(self.offset))?;
        self.offset += lines(&self.file, |change: Change| {
            world.lines += 1;
            world.commit(change);
            Ok(())
        })?;
        Ok(())
    }
}

impl Locked<'_> {
    /// Brings `world` up to date; no one else writes while the lock is held.
    pub(crate) fn refresh(&mut self, world: &mut World) -> io::Result<()> {
        self.log.refresh(world)
    }

    /// Writes what calls changed, and lets `world` know of it.
    pub(crate) fn commit(
        &mut self,
        world: &mut World,
        put: Vec<Object>,
        gone: Vec<Key>,
        struck: Option<String>,
        calls: &[AuditRecord],
    ) -> io::Result<()> {
        self.append(&Line { put: &put, gone: &gone, struck: struck.as_deref(), calls })?;
        world.lines += 1;
        let calls = calls.iter().map(|_| IgnoredAny).collect();
        world.commit(Change { put, gone, struck, calls, ..Change::default() });
        Ok(())
    }

    /// Appends a line with one write.
    fn append(&mut self, line: &Line<'_>) -> io::Result<()> {
        let path = self.log.dir.join(WORLD);
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let offset = self.log.open.as_ref().map_or(0, |open| open.offset);
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        let meta = file.metadata()?;
        if meta.len() > offset {
            file.set_len(offset)?;
        }
        let written = file.write(&bytes);
        if !matches!(written, Ok(n) if n == bytes.len()) {
            file.set_len(offset)?;
            return Err(written.err().unwrap_or_else(|| io::Error::other("no room for a whole line")));
        }
        match &mut self.log.open {
            Some(open) => open.offset = offset + bytes.len() as u64,
            None => {
                let reader = OpenOptions::new().read(true).open(&path)?;
                self.log.open = Some(Open { file: reader, inode: meta.ino(), offset: bytes.len() as u64 });
            }
        }
        Ok(())
    }

    /// Writes the file anew with nothing in it but the living; the audit records move to the archive.
    pub(crate) fn compact(&mut self, world: &mut World) -> io::Result<()> {
        let dir = self.log.dir.clone();
        replace(&dir, ARCHIVE, |file| {
            self.log.audit(|record| write_line(file, &Line { calls: &[record], ..Line::default() }))
        })?;
        replace(&dir, WORLD, |file| {
            let strikes: Vec<_> = world.strikes.iter().map(|(fault, times)| (fault.clone(), *times)).collect();
            write_line(file, &Head { before: world.calls, strikes: &strikes })?;
            let mut objects = world.objects.values();
            objects
                .try_for_each(|object| write_line(file, &Line { put: std::slice::from_ref(object), ..Line::default() }))
        })?;
        self.refresh(world)
    }

    /// Removes everything but the knobs.
    pub(crate) fn clear(&mut self, world: &mut World) -> io::Result<()> {
        for name in [WORLD, ARCHIVE] {
            match fs::remove_file(self.log.dir.join(name)) {
                Err(error) if !is_absent(&error) => return Err(error),
                _ => {}
            }
        }
        self.refresh(world)
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if let Some(lock) = &self.log.lock {
            // The lock goes with the file at the latest; there is nobody to tell.
            let _ = lock.unlock();
        }
    }
}

fn write_line(file: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *file, line)?;
    file.write_all(b"\n")
}

fn replace(dir: &Path, name: &str, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let temporary = dir.join(format!("{name}.new"));
    let mut file = BufWriter::new(File::create(&temporary)?);
    write(&mut file)?;
    file.flush()?;
    fs::rename(&temporary, dir.join(name))
}

/// Calls `each` with every whole line from where the file stands; gives how many bytes they have.
fn lines<T: DeserializeOwned>(file: impl io::Read, mut each: impl FnMut(T) -> io::Result<()>) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    let mut read = 0;
    while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        if line.len() > 1 {
            each(serde_json::from_slice(&line).map_err(|error| broken(&error))?)?;
        }
        read += line.len() as u64;
        line.clear();
    }
    Ok(read)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn broken(error: &serde_json::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("a line cannot be read ({error}); `sandbox reset` starts anew"))
}
