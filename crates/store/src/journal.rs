//! The journal of one stack, while a run holds it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ports::{BoxFuture, Closing, Journal, Run, StoreError};
use state::{Chunk, Entry, Head, StackState};
use value::{Digest, Digester};

use crate::layout::{StackDir, io_error, tail};
use crate::{Inner, blocking, durable, head, lease, prune, read};

/// A stack that this run holds. When it is dropped the lock goes, and the head stays open for the next run to settle.
pub(crate) struct LocalJournal {
    state: StackState,
    // Shared with the write in flight, which ends well even if its future is dropped.
    writer: Arc<Mutex<Writer>>,
}

impl LocalJournal {
    pub(crate) fn new(state: StackState, writer: Writer) -> Self {
        Self { state, writer: Arc::new(Mutex::new(writer)) }
    }
}

impl Journal for LocalJournal {
    fn state(&self) -> &StackState {
        &self.state
    }

    fn append(&mut self, entries: Vec<Entry>) -> BoxFuture<'_, Result<(), StoreError>> {
        let writer = Arc::clone(&self.writer);
        Box::pin(blocking(move || guard(&writer).append(entries)))
    }

    fn close(self: Box<Self>, closing: Closing) -> BoxFuture<'static, Result<Head, StoreError>> {
        Box::pin(blocking(move || guard(&self.writer).close(&closing)))
    }
}

/// A write that panicked has set `failed` before, so what is behind the lock is as it says.
fn guard(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What writes the journal of a stack.
pub(crate) struct Writer {
    pub(crate) inner: Arc<Inner>,
    pub(crate) run: Run,
    pub(crate) dir: StackDir,
    /// The stack's name, for messages.
    pub(crate) stack: String,
    pub(crate) id: String,
    /// The saved preview that the heads name.
    pub(crate) plan: Option<Digest>,
    /// The generation of the open head.
    pub(crate) generation: u64,
    /// Its lock is the right to write.
    pub(crate) lock: File,
    /// The file that it goes on in. It is opened for each chunk: a run may hold more stacks than a process may open files.
    pub(crate) segment: PathBuf,
    /// The position of the next entry.
    pub(crate) position: u64,
    /// The digest of the last chunk.
    pub(crate) chain: Digest,
    /// After an error nobody knows what is on the disk, so nothing more is written; the next run reads what there is.
    pub(crate) failed: Option<StoreError>,
    pub(crate) lease_written: Instant,
}

impl Writer {
    /// Opens a new segment whose first chunk holds `entries`.
    pub(crate) fn start_segment(
        dir: &StackDir,
        position: u64,
        previous: Digest,
        entries: Vec<Entry>,
    ) -> Result<(PathBuf, Digest), StoreError> {
        let path = dir.segment(position);
        let (line, digest) = encode(Chunk { position, previous, entries })?;
        // What may be there was never acknowledged: no state that was read has an entry at this position.
        durable::replace(&path, &line).map_err(io_error("cannot write", &path))?;
        Ok((path, digest))
    }

    fn append(&mut self, entries: Vec<Entry>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.check()?;
        let count = entries.len() as u64;
        let (line, digest) = encode(Chunk { position: self.position, previous: self.chain, entries })?;
        let path = self.dir.segment(self.position);
        let unknown = StoreError::Io {
            what: format!("cannot write `{}`", tail(&path)),
            reason: "an earlier write failed".into(),
        };
        self.failed = Some(unknown);
        let open = OpenOptions::new().append(true).open(&self.segment);
        let written = open.and_then(|mut file| file.write_all(&line).and_then(|()| file.sync_data()));
        written.map_err(io_error("cannot append to the journal of", self.dir.path()))?;
        self.failed = None;
        self.position += count;
        self.chain = digest;
        Ok(())
    }

    fn close(&mut self, closing: &Closing) -> Result<Head, StoreError> {
        self.check()?;
        let state = &closing.state;
        if state.id != self.id || state.next_position != self.position {
            let reason = format!(
                "the run would close it at entry {} of `{}`, the journal is at entry {} of `{}`",
                state.next_position, state.id, self.position, self.id
            );
            return Err(StoreError::Broken { stack: self.stack.clone(), reason });
        }
        let digest = snapshot(&self.dir, state)?;
        let head = Head {
            snapshot: Some(digest),
            position: self.position,
            chain: self.chain,
            settled: closing.settled,
            plan: self.plan,
            ..head::of(state, self.generation + 1, &self.run)
        };
        // From here on a newer head is no sign that it was lost.
        if let Some(held) = self.inner.held().get_mut(&self.run.id) {
            held.retain(|held| held.stack != self.stack);
        }
        head::create(&self.dir, &head)?;
        self.failed = Some(StoreError::Lost { stack: self.stack.clone() });
        prune::prune(&self.dir, &head, self.inner.settings.keep);
        // The next run may take the stack from here on; the file itself goes when the last write in flight does.
        let _ = self.lock.unlock();
        Ok(head)
    }

    /// Whether the stack is still this run's, and its lease fresh.
    fn check(&mut self) -> Result<(), StoreError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        if self.dir.head(self.generation + 1).exists() {
            let lost = StoreError::Lost { stack: self.stack.clone() };
            self.failed = Some(lost.clone());
            return Err(lost);
        }
        if self.lease_written.elapsed() > self.inner.settings.lease / 3 {
            lease::write(&self.inner.root, &self.run, &self.inner.settings, Duration::ZERO)?;
            self.lease_written = Instant::now();
        }
        Ok(())
    }
}

/// Writes a snapshot, of which only a part is in memory at a time; gives the digest that it is named by.
pub(crate) fn snapshot(dir: &StackDir, state: &StackState) -> Result<Digest, StoreError> {
    const BUFFER: usize = 1 << 16;
    let mut digester = Digester::new(read::SNAPSHOT);
    let written = durable::stream(&dir.snapshots(), |file| {
        let mut writer = BufWriter::with_capacity(BUFFER, Tee(file, &mut digester));
        serde_json::to_writer(&mut writer, state)?;
        writer.flush()?;
        drop(writer);
        Ok(dir.snapshot(digester.digest()))
    });
    written.map_err(io_error("cannot write", &dir.snapshots()))?;
    Ok(digester.digest())
}

/// A file, and the digest of what goes into it.
struct Tee<'a>(&'a mut File, &'a mut Digester);

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The line of a chunk, with its newline, and the chunk's digest.
fn encode(chunk: Chunk) -> Result<(Vec<u8>, Digest), StoreError> {
    let mut line = serde_json::to_vec(&chunk).map_err(|error| unwritable(&error))?;
    let digest = Chunk::digest_of(&line);
    line.push(b'\n');
    Ok((line, digest))
}

fn unwritable(error: &serde_json::Error) -> StoreError {
    StoreError::Io { what: "cannot write the state down".into(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failed_write_nothing_more_is_written() {
        let root = tempfile::tempdir().expect("a directory");
        let dir = StackDir::new(root.path().join("stacks/x"));
        [dir.heads(), dir.snapshots(), dir.journal()].iter().for_each(|path| durable::make_dir(path).expect("made"));
        let seal = || vec![Entry::Seal { run: "r".into(), fencing: 1 }];
        let (segment, chain) = Writer::start_segment(&dir, 0, head::NO_CHAIN, seal()).expect("started");
        let mut writer = Writer {
            inner: Arc::new(Inner {
                root: root.path().to_owned(),
                settings: crate::Settings::default(),
                stamps: stamps::Found::default(),
                held: Mutex::default(),
            }),
            run: Run { id: "r".into(), command: "up".into() },
            stack: "x".into(),
            id: "id".into(),
            plan: None,
            generation: 1,
            lock: File::create(dir.lock()).expect("made"),
            segment: dir.journal(),
            position: 1,
            chain,
            failed: None,
            lease_written: Instant::now(),
            dir,
        };
        assert!(matches!(writer.append(seal()), Err(StoreError::Io { .. })));
        writer.segment = segment;
        let mut state = StackState::new("id".into(), resource::StackName::new("p", "x"));
        state.next_position = 1;
        let closing = Closing { state, settled: None };
        assert!(
            matches!(writer.append(seal()), Err(StoreError::Io { .. })),
            "the disk is well again, the journal is not"
        );
        assert!(matches!(writer.close(&closing), Err(StoreError::Io { .. })));
        writer.failed = None;
        assert_eq!(writer.close(&closing).map(|head| head.generation), Ok(2), "it was nothing else");
    }
}
