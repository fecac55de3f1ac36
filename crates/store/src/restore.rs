//! Adding a whole generation to a stack that is damaged. What is damaged stays where it is.

use std::time::Duration;

use ports::{Run, StoreError};
use state::{Head, StackState};

use crate::head::{self, NO_CHAIN};
use crate::layout::{self, StackDir, io_error};
use crate::{Inner, durable, journal, lease, read, take};

/// Puts a state in the place of a damaged one: a snapshot, and then one closed head that names it.
pub(crate) fn restore(
    inner: &Inner,
    run: &Run,
    place: &str,
    generation: u64,
    state: &StackState,
) -> Result<Head, StoreError> {
    lease::write(&inner.root, run, &inner.settings, Duration::ZERO)?;
    let restored = add(inner, run, &StackDir::new(inner.root.join(place)), generation, state);
    let released = lease::remove(&inner.root, &run.id);
    restored.and_then(|head| released.map(|()| head))
}

fn add(inner: &Inner, run: &Run, dir: &StackDir, generation: u64, state: &StackState) -> Result<Head, StoreError> {
    let stack = state.name.to_string();
    for path in [dir.heads(), dir.snapshots()] {
        durable::make_dir(&path).map_err(io_error("cannot make", &path))?;
    }
    // Who held it last is in the lock, too, should its head be what is damaged.
    let holder = holder(dir);
    let _lock = take::lock_file(inner, run, dir, &stack)?;
    for other in holder.iter().chain(&open(dir, generation)?) {
        if let Some(lease) = lease::remote_holder(&inner.root, other, run, inner.settings.margin) {
            return Err(StoreError::Held { stack, lease });
        }
    }
    if layout::numbers(&dir.heads(), "json")?.last().copied().unwrap_or_default() != generation {
        return Err(StoreError::Moved { stack });
    }
    let snapshot = journal::snapshot(dir, state)?;
    let head = Head {
        snapshot: Some(snapshot),
        position: state.next_position,
        chain: NO_CHAIN,
        ..head::of(state, generation + 1, run)
    };
    head::create(dir, &head)?;
    Ok(head)
}

fn holder(dir: &StackDir) -> Option<String> {
    std::fs::read_to_string(dir.lock()).ok().filter(|run| !run.is_empty())
}

/// The run that the newest head says has the stack.
fn open(dir: &StackDir, generation: u64) -> Result<Option<String>, StoreError> {
    Ok(read::look_at_head(dir, generation)?.and_then(Result::ok).and_then(|head| head.open))
}
