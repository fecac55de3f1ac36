//! Walking along a journal: chunk by chunk, as far as each follows from the one before.

use std::fmt;
use std::path::{Path, PathBuf};

use ports::StoreError;
use serde::de::IgnoredAny;
use state::{Chunk, Entry, Head};
use value::Digest;

use crate::head::NO_CHAIN;
use crate::layout::{self, StackDir, tail};

/// Where a walk ends; at the end of the journal, if nothing is said.
#[derive(Debug, Default)]
pub(crate) struct Until {
    /// Before the entry at this position.
    position: Option<u64>,
    /// Before the seal of one of these runs.
    runs: Vec<String>,
}

impl Until {
    /// Where the first of these heads takes over.
    pub(crate) fn heads<'a>(later: impl Iterator<Item = &'a Head>) -> Self {
        let mut until = Self::default();
        for head in later {
            match &head.open {
                Some(run) => until.runs.push(run.clone()),
                // One that was restored begins a new chain, beyond whatever was there.
                None if begins_a_chain(head) => {}
                None => until.position = Some(until.position.map_or(head.position, |at| at.min(head.position))),
            }
        }
        until
    }

    fn is_reached(&self, chunk: &Chunk) -> bool {
        let seals = |entry: &Entry| matches!(entry, Entry::Seal { run, .. } if self.runs.contains(run));
        chunk.entries.iter().any(seals)
    }
}

/// Whether the head of a closed stack does not go on with the journal before it.
pub(crate) fn begins_a_chain(head: &Head) -> bool {
    head.position > 0 && head.chain == NO_CHAIN
}

/// A chunk, and where it stands.
pub(crate) struct At<'a> {
    pub(crate) path: &'a Path,
    pub(crate) line: usize,
    pub(crate) chunk: &'a Chunk,
}

/// Where a journal does not go on although it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Break {
    /// The segment that it is in.
    pub(crate) segment: u64,
    /// Its line; none if the whole segment is not there, or not where it belongs.
    pub(crate) line: Option<usize>,
    /// Where, for people.
    pub(crate) place: String,
    pub(crate) what: String,
    /// What stands before it may have been changed.
    pub(crate) before: bool,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, place, what, .. } = self;
        match line {
            Some(line) => write!(f, "line {line} of `{place}` {what}"),
            None => write!(f, "{what}"),
        }
    }
}

/// How far a walk came.
#[derive(Debug)]
pub(crate) struct Walked {
    /// The position of the next entry.
    pub(crate) position: u64,
    /// The digest of the last chunk; none if there was none and it is not known.
    pub(crate) chain: Option<Digest>,
    /// The last segment that was read.
    pub(crate) segment: Option<PathBuf>,
    pub(crate) broken: Option<Break>,
}

/// Goes along the journal from a position on; without the digest of the chunk before, the first one is believed.
pub(crate) fn walk(
    dir: &StackDir,
    from: u64,
    chain: Option<Digest>,
    until: &Until,
    visit: &mut dyn FnMut(At<'_>),
) -> Result<Walked, StoreError> {
    let mut walked = Walked { position: from, chain, segment: None, broken: None };
    let segments = layout::numbers(&dir.journal(), "jsonl")?;
    for first in segments.into_iter().filter(|first| *first >= from) {
        if until.position.is_some_and(|end| first >= end) {
            break;
        }
        if first != walked.position {
            walked.broken = Some(missing(dir, walked.position, first, first));
            return Ok(walked);
        }
        let path = dir.segment(first);
        // Between listing and reading a closed run may prune, but never what the newest heads need.
        let bytes = layout::read(&path)?.unwrap_or_default();
        let went_on = walked.segment(&bytes, first, &path, until, visit);
        walked.segment = Some(path);
        if !went_on {
            return Ok(walked);
        }
    }
    if let Some(end) = until.position.filter(|end| *end > walked.position) {
        walked.broken = Some(missing(dir, walked.position, end, walked.position));
    }
    Ok(walked)
}

fn missing(dir: &StackDir, from: u64, to: u64, segment: u64) -> Break {
    let what = format!("entries {from} to {to} of the journal are missing");
    Break { segment, line: None, place: tail(&dir.segment(from)), what, before: false }
}

impl Walked {
    /// Goes along one segment; whether the walk goes on after it.
    ///
    /// What follows the last newline, or a last line that is not JSON, was being written when the process or the
    /// machine stopped, and was never acknowledged. If it was, the next segment does not fit, which is found there.
    fn segment(&mut self, bytes: &[u8], first: u64, path: &Path, until: &Until, visit: &mut dyn FnMut(At<'_>)) -> bool {
        let lines = lines(bytes);
        let last = lines.len();
        for (line, text) in (1..).zip(lines) {
            let mut broken = |what: String, before: bool| {
                self.broken = Some(Break { segment: first, line: Some(line), place: tail(path), what, before });
                false
            };
            let chunk: Chunk = match serde_json::from_slice(text) {
                Ok(chunk) => chunk,
                Err(_) if line == last && is_torn(text) => break,
                Err(error) => return broken(format!("cannot be read: {error}"), false),
            };
            if until.is_reached(&chunk) {
                return false;
            }
            if chunk.position != self.position {
                let what = format!("is entry {}, where entry {} belongs", chunk.position, self.position);
                return broken(what, false);
            }
            if self.chain.is_some_and(|chain| chunk.previous != chain) {
                return broken("does not follow what stands before it, which was changed".into(), true);
            }
            visit(At { path, line, chunk: &chunk });
            self.position += chunk.entries.len() as u64;
            self.chain = Some(Chunk::digest_of(text));
        }
        true
    }
}

/// The lines of a segment that end with a newline.
pub(crate) fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    lines.pop(); // Empty, or torn.
    lines
}

/// Whether a last line may be one that was being written.
pub(crate) fn is_torn(line: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(line).is_err()
}
