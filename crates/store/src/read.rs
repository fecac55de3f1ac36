//! Reading heads, snapshots and journals. Nothing here writes.

use std::path::{Path, PathBuf};

use ports::StoreError;
use resource::StackName;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use state::{Chunk, Head, STATE_FORMAT, StackState};
use value::Digest;

use crate::layout::{self, StackDir, tail};

/// A state that was read, and where its journal ends.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) state: StackState,
    /// The digest of the last chunk.
    pub(crate) chain: Digest,
    /// The segment that the journal ends in, if any was read.
    pub(crate) segment: Option<PathBuf>,
}

impl Replayed {
    /// The state of a stack that has no head yet.
    pub(crate) fn empty(id: &str, name: &StackName) -> Self {
        Self { state: StackState::new(id.into(), name.clone()), chain: crate::head::NO_CHAIN, segment: None }
    }
}

/// The newest head of every stack under the root, with its directory.
pub(crate) fn heads(root: &Path) -> Result<Vec<(StackDir, Head)>, StoreError> {
    let stacks = root.join("stacks");
    let mut heads = Vec::new();
    for name in layout::names(&stacks)? {
        let dir = StackDir::new(stacks.join(name));
        if let Some(head) = newest(&dir)? {
            heads.push((dir, head));
        }
    }
    heads.sort_by(|(_, a), (_, b)| a.stack.cmp(&b.stack));
    Ok(heads)
}

/// The newest head in the directory of a stack; `None` if it has none.
pub(crate) fn newest(dir: &StackDir) -> Result<Option<Head>, StoreError> {
    loop {
        let Some(generation) = layout::numbers(&dir.heads(), "json")?.pop() else { return Ok(None) };
        // A head that is gone was pruned in between, so there are newer ones.
        if let Some(head) = head(dir, generation)? {
            return Ok(Some(head));
        }
    }
}

fn head(dir: &StackDir, generation: u64) -> Result<Option<Head>, StoreError> {
    let path = dir.head(generation);
    let Some(bytes) = layout::read(&path)? else { return Ok(None) };
    let head: Head = decode(&bytes, |head: &Head| head.format).map_err(|reason| {
        let earlier = "move it away, and the generation before it with the journal says the same";
        broken(&dir.label(), format!("`{}` {reason}", tail(&path)), earlier)
    })?;
    if head.generation != generation {
        let reason = format!("`{}` says that it is generation {}", tail(&path), head.generation);
        return Err(broken(&dir.label(), reason, "give the file back its name"));
    }
    Ok(Some(head))
}

/// Finds the directories of stacks.
pub(crate) struct Finder<'a> {
    root: &'a Path,
    /// Every stack; read when the first one is not where its name says.
    all: Option<Vec<(StackDir, Head)>>,
}

impl<'a> Finder<'a> {
    pub(crate) fn new(root: &'a Path) -> Self {
        Self { root, all: None }
    }

    /// The directory of the stack with this id: that of its name, or, if it was renamed, the one that has its head.
    pub(crate) fn find(&mut self, name: &str, id: &str) -> Result<Option<StackDir>, StoreError> {
        let dir = layout::stack_dir(self.root, name);
        if newest(&dir)?.is_some_and(|head| head.id == id) {
            return Ok(Some(dir));
        }
        if self.all.is_none() {
            self.all = Some(heads(self.root)?);
        }
        Ok(self.all.iter().flatten().find(|(_, head)| head.id == id).map(|(dir, _)| dir.clone()))
    }
}

/// The state at a head: its snapshot, and, if a run left it open, the journal since.
pub(crate) fn replay(dir: &StackDir, head: &Head) -> Result<Replayed, StoreError> {
    let stack = head.stack.to_string();
    let mut replayed = Replayed { state: snapshot(dir, head, &stack)?, chain: head.chain, segment: None };
    if head.open.is_some() {
        journal(dir, &stack, head.position, &mut replayed)?;
    }
    let found: Vec<String> = replayed.state.verify().iter().map(ToString::to_string).collect();
    if found.is_empty() {
        Ok(replayed)
    } else {
        Err(broken(
            &stack,
            found.join("; "),
            "go back to an earlier generation: move the newer files of `heads/` and `journal/` away, and run `refresh`",
        ))
    }
}

fn snapshot(dir: &StackDir, head: &Head, stack: &str) -> Result<StackState, StoreError> {
    let Some(digest) = head.snapshot else {
        return Ok(StackState::new(head.id.clone(), head.stack.clone()));
    };
    let path = dir.snapshot(digest);
    let hint = format!(
        "move `{}` away, and the generation before it with the journal says the same",
        tail(&dir.head(head.generation))
    );
    let broken = |reason: String| broken(stack, format!("`{}` {reason}", tail(&path)), &hint);
    let bytes = layout::read(&path)?.ok_or_else(|| broken("is missing".into()))?;
    if Digest::of(SNAPSHOT, &bytes) != digest {
        return Err(broken("is not what its name says: it was changed".into()));
    }
    let state: StackState = decode(&bytes, |state: &StackState| state.format).map_err(&broken)?;
    if state.id != head.id || state.next_position != head.position {
        return Err(broken("belongs to another head".into()));
    }
    Ok(state)
}

/// The domain of the digests that snapshots go by.
pub(crate) const SNAPSHOT: &str = "snapshot/1";

/// Applies every chunk from a position on.
fn journal(dir: &StackDir, stack: &str, from: u64, replayed: &mut Replayed) -> Result<(), StoreError> {
    let segments = layout::numbers(&dir.journal(), "jsonl")?;
    for first in segments.into_iter().filter(|first| *first >= from) {
        let path = dir.segment(first);
        if first != replayed.state.next_position {
            let reason = format!("entries {} to {first} of the journal are missing", replayed.state.next_position);
            return Err(broken(stack, reason, "restore the files of `journal/` from a backup"));
        }
        // Between listing and reading a closed run may prune, but never what the newest heads need.
        let bytes = layout::read(&path)?.unwrap_or_default();
        segment(&bytes, replayed).map_err(|(line, reason)| {
            let hint = format!(
                "restore it from a backup, or cut it off from line {line} on, move later segments away, and run `refresh`"
            );
            broken(stack, format!("line {line} of `{}` {reason}", tail(&path)), &hint)
        })?;
        replayed.segment = Some(path);
    }
    Ok(())
}

/// Applies the chunks of one segment. An error has the number of the line.
///
/// What follows the last newline, or a last line that is not JSON, was being written when the process or the machine
/// stopped, and was never acknowledged. If it was, the next segment does not fit, which is found there.
fn segment(bytes: &[u8], replayed: &mut Replayed) -> Result<(), (usize, String)> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    lines.pop(); // Empty, or torn.
    let last = lines.len();
    for (number, line) in (1..).zip(lines) {
        let chunk: Chunk = match serde_json::from_slice(line) {
            Ok(chunk) => chunk,
            Err(_) if number == last && serde_json::from_slice::<IgnoredAny>(line).is_err() => break,
            Err(error) => return Err((number, format!("cannot be read: {error}"))),
        };
        let state = &mut replayed.state;
        if chunk.position != state.next_position {
            return Err((number, format!("is entry {}, where entry {} belongs", chunk.position, state.next_position)));
        }
        if chunk.previous != replayed.chain {
            return Err((number, "does not follow what stands before it, which was changed".into()));
        }
        chunk.entries.iter().for_each(|entry| state.apply(entry));
        replayed.chain = Chunk::digest_of(line);
    }
    Ok(())
}

/// Reads a format that may be newer than this version.
fn decode<T: DeserializeOwned>(bytes: &[u8], format: fn(&T) -> u32) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    match serde_json::from_slice::<T>(bytes) {
        Ok(value) if format(&value) > STATE_FORMAT => Err(newer(format(&value))),
        Ok(value) => Ok(value),
        Err(error) => Err(match serde_json::from_slice::<Format>(bytes) {
            Ok(Format { format }) if format > STATE_FORMAT => newer(format),
            _ => format!("cannot be read: {error}"),
        }),
    }
}

fn newer(format: u32) -> String {
    format!(
        "has format {format}, and this version reads up to {STATE_FORMAT}; take the version that wrote it, or a newer one"
    )
}

/// Says what is broken, and how to repair it.
fn broken(stack: &str, reason: String, hint: &str) -> StoreError {
    StoreError::Broken { stack: stack.into(), reason: format!("{reason} (to repair: {hint})") }
}
