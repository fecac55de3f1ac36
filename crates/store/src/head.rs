//! Making heads.

use std::collections::BTreeSet;
use std::path::Path;

use ports::{Run, StoreError};
use state::{Head, OutputDigest, STATE_FORMAT, StackState, Written};
use value::Digest;

use crate::layout::{self, StackDir, io_error};
use crate::{durable, lease};

/// The head of a state that a run writes now, as if there were no snapshot and no journal.
pub(crate) fn of(state: &StackState, generation: u64, run: &Run) -> Head {
    let reads = state.reads();
    let passed_on = reads.iter().flat_map(|read| &read.of);
    let held = state.holds().into_iter().chain(passed_on).filter(|hold| hold.stack_id != state.id);
    let reads_from: BTreeSet<&String> =
        reads.iter().map(|read| &read.stack).chain(held.map(|hold| &hold.stack)).collect();
    let digest = |output: &state::PublishedOutput| OutputDigest {
        digest: output.digest,
        secret: output.value.has_secret(),
        stale: output.stale,
    };
    Head {
        format: STATE_FORMAT,
        stack: state.name.clone(),
        id: state.id.clone(),
        generation,
        snapshot: None,
        position: 0,
        chain: NO_CHAIN,
        outputs: state.outputs.iter().map(|(path, output)| (path.clone(), digest(output))).collect(),
        open: None,
        settled: None,
        objects: (state.objects.len() + state.replaced.len()) as u64,
        reads_from: reads_from.into_iter().cloned().collect(),
        plan: None,
        written: Some(written(run)),
    }
}

/// The remark of a run that writes a head now.
pub(crate) fn written(run: &Run) -> Written {
    Written { run: run.id.clone(), command: run.command.clone(), at: lease::now() }
}

/// What stands for the chunk before the first one.
pub(crate) const NO_CHAIN: Digest = Digest::from_bytes([0; 32]);

/// Notes that a directory has not the name of its stack, before anybody can find that out: so that whoever looks for
/// some stacks only need not look into all.
fn note_name(dir: &StackDir, head: &Head) -> Result<(), StoreError> {
    let root = dir.path().parent().and_then(Path::parent);
    let Some((root, name)) = root.zip(dir.path().file_name()) else { return Ok(()) };
    let note = layout::renamed(root).join(name);
    if name == layout::file_name(&head.stack.to_string()).as_str() || note.exists() {
        return Ok(());
    }
    let noted = durable::make_dir(&layout::renamed(root)).and_then(|()| durable::create(&note, b""));
    noted.map(drop).map_err(io_error("cannot write", &note))
}

/// Writes a head. If its generation is there with other content, another run has the stack.
pub(crate) fn create(dir: &StackDir, head: &Head) -> Result<(), StoreError> {
    note_name(dir, head)?;
    let path = dir.head(head.generation);
    let bytes = serde_json::to_vec(head)
        .map_err(|error| StoreError::Io { what: "cannot write a head".into(), reason: error.to_string() })?;
    if durable::create(&path, &bytes).map_err(io_error("cannot write", &path))? {
        return Ok(());
    }
    let there = std::fs::read(&path).map_err(io_error("cannot read", &path))?;
    if there == bytes { Ok(()) } else { Err(StoreError::Lost { stack: head.stack.to_string() }) }
}
