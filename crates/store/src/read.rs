//! Reading heads, snapshots and journals. Nothing here writes.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use ports::{Account, StoreError};
use resource::StackName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stamps::Found;
use state::{Entry, Head, STATE_FORMAT, StackState};
use value::Digest;

use crate::known;
use crate::layout::{self, StackDir, tail};
use crate::walk::{self, Until};

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

/// The newest head of every stack under the root, with its directory. Here as below, what is known to be as it was is
/// not read.
pub(crate) fn heads(root: &Path, stamps: &Found) -> Result<Vec<(StackDir, Head)>, StoreError> {
    heads_in(root, stamps, layout::names(&root.join("stacks"))?)
}

/// The newest heads of some stacks.
pub(crate) fn heads_of(root: &Path, stamps: &Found, stacks: &BTreeSet<String>) -> Result<Vec<Head>, StoreError> {
    let mut names: BTreeSet<String> = stacks.iter().map(|stack| layout::file_name(stack)).collect();
    names.extend(layout::names(&layout::renamed(root))?);
    heads_where(root, stamps, names, |stack| stacks.contains(stack))
}

/// The newest heads of all stacks but some.
pub(crate) fn heads_besides(root: &Path, stamps: &Found, stacks: &BTreeSet<String>) -> Result<Vec<Head>, StoreError> {
    let renamed: BTreeSet<String> = layout::names(&layout::renamed(root))?.into_iter().collect();
    let mut names = layout::names(&root.join("stacks"))?;
    names.retain(|name| renamed.contains(name) || !stacks.contains(&*layout::name_of(name)));
    heads_where(root, stamps, names, |stack| !stacks.contains(stack))
}

/// The newest heads in directories of these names, of the stacks that are wanted: a directory keeps its name when its
/// stack is renamed.
fn heads_where(
    root: &Path,
    stamps: &Found,
    names: impl IntoIterator<Item = String>,
    wanted: impl Fn(&String) -> bool,
) -> Result<Vec<Head>, StoreError> {
    let heads = heads_in(root, stamps, names)?.into_iter().map(|(_, head)| head);
    Ok(heads.filter(|head| wanted(&head.stack.to_string())).collect())
}

/// The newest heads in directories of these names.
fn heads_in(
    root: &Path,
    stamps: &Found,
    names: impl IntoIterator<Item = String>,
) -> Result<Vec<(StackDir, Head)>, StoreError> {
    /// As many stacks as are worth a thread of their own.
    const SHARE: usize = 64;
    let stacks = root.join("stacks");
    let dirs: Vec<StackDir> = names.into_iter().map(|name| StackDir::new(stacks.join(name))).collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(dirs.len() / SHARE + 1);
    let shares = dirs.chunks(dirs.len().div_ceil(threads).max(1));
    let mut heads = thread::scope(|scope| {
        let readers: Vec<_> = shares.map(|share| scope.spawn(|| newest_of(share, stamps))).collect();
        let mut heads = Vec::with_capacity(dirs.len());
        for reader in readers {
            heads.extend(reader.join().map_err(|_| gone())??);
        }
        Ok::<_, StoreError>(heads)
    })?;
    heads.sort_by(|(_, a), (_, b)| a.stack.cmp(&b.stack));
    Ok(heads)
}

fn newest_of(dirs: &[StackDir], stamps: &Found) -> Result<Vec<(StackDir, Head)>, StoreError> {
    let heads = dirs.iter().map(|dir| Ok(known::newest(dir, stamps)?.map(|head| (dir.clone(), head))));
    heads.filter_map(Result::transpose).collect()
}

fn gone() -> StoreError {
    StoreError::Io { what: "cannot read the heads".to_owned(), reason: "a thread that read them is gone".to_owned() }
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
    let found = look_at_head(dir, generation)?;
    let said = |reason| broken(&dir.label(), format!("`{}` {reason}", tail(&dir.head(generation))));
    found.transpose().map_err(said)
}

/// A head, or what is wrong with it; `None` if it is not there.
pub(crate) fn look_at_head(dir: &StackDir, generation: u64) -> Result<Option<Result<Head, String>>, StoreError> {
    let Some(bytes) = layout::read(&dir.head(generation))? else { return Ok(None) };
    let head = decode(&bytes, |head: &Head| head.format);
    Ok(Some(head.and_then(|head| match head.generation {
        said if said == generation => Ok(head),
        said => Err(format!("says that it is generation {said}")),
    })))
}

/// The heads of a stack that can be read, oldest first.
pub(crate) fn generations(dir: &StackDir) -> Result<Vec<Head>, StoreError> {
    let mut heads = Vec::new();
    for generation in layout::numbers(&dir.heads(), "json")? {
        heads.extend(look_at_head(dir, generation)?.and_then(Result::ok));
    }
    Ok(heads)
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
            self.all = Some(heads(self.root, &Found::default())?);
        }
        Ok(self.all.iter().flatten().find(|(_, head)| head.id == id).map(|(dir, _)| dir.clone()))
    }
}

/// The state at a head: its snapshot, and, if a run left it open, the journal since, up to the next head.
pub(crate) fn replay(dir: &StackDir, head: &Head) -> Result<Replayed, StoreError> {
    let stack = head.stack.to_string();
    let said = |reason| broken(&stack, reason);
    let state = snapshot(dir, head)?.map_err(|(place, what)| said(format!("`{place}` {what}")))?;
    let mut replayed = Replayed { state, chain: head.chain, segment: None };
    if head.open.is_some() {
        let until = until(dir, head)?;
        let state = &mut replayed.state;
        let apply = &mut |at: walk::At<'_>| at.chunk.entries.iter().for_each(|entry| state.apply(entry));
        let walked = walk::walk(dir, head.position, Some(head.chain), &until, apply)?;
        if let Some(found) = walked.broken {
            return Err(said(found.to_string()));
        }
        replayed.chain = walked.chain.unwrap_or(head.chain);
        replayed.segment = walked.segment;
    }
    let found: Vec<String> = replayed.state.verify().iter().map(ToString::to_string).collect();
    if found.is_empty() { Ok(replayed) } else { Err(said(found.join("; "))) }
}

/// Where the journal of an open head ends: where later ones take over.
pub(crate) fn until(dir: &StackDir, head: &Head) -> Result<Until, StoreError> {
    // Most often nothing came later, which is known without reading all heads.
    if !dir.head(head.generation + 1).exists() {
        return Ok(Until::default());
    }
    let later = generations(dir)?;
    Ok(Until::heads(later.iter().filter(|later| later.generation > head.generation)))
}

/// What the run that a head is open for wrote, and the state that it found.
pub(crate) fn account(dir: &StackDir, head: &Head) -> Result<Account, StoreError> {
    let stack = head.stack.to_string();
    let said = |reason| broken(&stack, reason);
    let before = snapshot(dir, head)?.map_err(|(place, what)| said(format!("`{place}` {what}")))?;
    let mut account = Account { before, entries: Vec::new() };
    let Some(run) = &head.open else { return Ok(account) };
    let Account { before, entries } = &mut account;
    let sort = &mut |at: walk::At<'_>| {
        let begins = at.chunk.entries.iter().any(|entry| matches!(entry, Entry::Seal { run: of, .. } if of == run));
        if begins || !entries.is_empty() {
            entries.extend_from_slice(&at.chunk.entries);
        } else {
            // A run that died before it.
            at.chunk.entries.iter().for_each(|entry| before.apply(entry));
        }
    };
    let walked = walk::walk(dir, head.position, Some(head.chain), &until(dir, head)?, sort)?;
    match walked.broken {
        Some(found) => Err(said(found.to_string())),
        None => Ok(account),
    }
}

/// The state that the journal of a head starts from, or where what is wrong with its snapshot.
pub(crate) fn snapshot(dir: &StackDir, head: &Head) -> Result<Result<StackState, (String, String)>, StoreError> {
    let Some(digest) = head.snapshot else {
        return Ok(Ok(StackState::new(head.id.clone(), head.stack.clone())));
    };
    let state = look_at_snapshot(dir, digest)?.and_then(|state| {
        let fits = state.id == head.id && state.next_position == head.position;
        if fits { Ok(state) } else { Err("belongs to another head".into()) }
    });
    Ok(state.map_err(|what| (tail(&dir.snapshot(digest)), what)))
}

/// A snapshot, or what is wrong with it.
pub(crate) fn look_at_snapshot(dir: &StackDir, digest: Digest) -> Result<Result<StackState, String>, StoreError> {
    let Some(bytes) = layout::read(&dir.snapshot(digest))? else { return Ok(Err("is missing".into())) };
    if Digest::of(SNAPSHOT, &bytes) != digest {
        return Ok(Err("is not what its name says: it was changed".into()));
    }
    Ok(decode(&bytes, |state: &StackState| state.format))
}

/// The domain of the digests that snapshots go by.
pub(crate) const SNAPSHOT: &str = "snapshot/1";

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

/// Says what is broken; how to repair it is the same for all.
fn broken(stack: &str, reason: String) -> StoreError {
    StoreError::Broken { stack: stack.into(), reason }
}
