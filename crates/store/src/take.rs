//! Taking stacks for a run: all or none.
//!
//! The order of writes: the lease, then the locks in the order of names (so that of two runs that want the same stacks
//! one gets all), then every base is checked and every state read, and only then the first head is written. A crash in
//! between leaves an open head of a dead run, and perhaps a segment that holds nothing but a seal.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ports::{Base, Journal, Run, StoreError};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use state::{Entry, Head};
use value::Digest;

use crate::journal::{LocalJournal, Writer};
use crate::layout::{self, StackDir, io_error};
use crate::read::{self, Finder, Replayed};
use crate::{Held, Inner, durable, head, lease};

/// Takes the stacks of `bases`, in whose order the journals come.
pub(crate) fn acquire(inner: &Arc<Inner>, run: &Run, bases: &[Base]) -> Result<Vec<Box<dyn Journal>>, StoreError> {
    make_room(bases.len());
    let fresh = lease::write(&inner.root, run, &inner.settings, Duration::ZERO)?.first;
    let journals = lock_all(inner, run, bases).and_then(|locked| open_all(inner, run, locked));
    if journals.is_err() && fresh {
        // What failed is said already; a lease of a run that holds nothing says nothing.
        let _ = lease::remove(&inner.root, &run.id);
    }
    journals
}

/// Each stack holds a file open, its lock; where more stacks are taken than files may be open by default, the process is
/// given as many as it is allowed.
fn make_room(stacks: usize) {
    /// Files that are open besides: those being written, the cloud, the terminal.
    const OTHERS: u64 = 256;
    let limit = getrlimit(Resource::Nofile);
    let needed = u64::try_from(stacks).unwrap_or(u64::MAX).saturating_add(OTHERS);
    if limit.current.is_some_and(|current| current < needed) {
        // If it is refused the run ends at the first file too many, before anything is written, and says so.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

/// A stack that is locked and as planned, with nothing written.
struct Locked {
    /// Where its base stood.
    index: usize,
    dir: StackDir,
    lock: File,
    newest: Option<Head>,
    replayed: Replayed,
    /// The saved preview that the heads name from now on.
    plan: Option<Digest>,
}

fn lock_all(inner: &Inner, run: &Run, bases: &[Base]) -> Result<Vec<Locked>, StoreError> {
    let stacks = inner.root.join("stacks");
    durable::make_dir(&stacks).map_err(io_error("cannot make", &stacks))?;
    let mut finder = Finder::new(&inner.root);
    let mut order: Vec<(usize, &Base)> = bases.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| a.stack.cmp(&b.stack));
    order.into_iter().map(|(index, base)| lock(inner, run, index, base, &mut finder)).collect()
}

fn lock(inner: &Inner, run: &Run, index: usize, base: &Base, finder: &mut Finder<'_>) -> Result<Locked, StoreError> {
    let stack = base.stack.to_string();
    let dir = match finder.find(&stack, &base.id)? {
        Some(dir) => dir,
        None => new_dir(inner, base)?,
    };
    for path in [dir.heads(), dir.snapshots(), dir.journal()] {
        // Made durable when the first head is written.
        std::fs::create_dir_all(&path).map_err(io_error("cannot make", &path))?;
    }
    let lock = lock_file(inner, run, &dir, &stack)?;
    [dir.heads(), dir.snapshots(), dir.journal()].iter().for_each(|path| durable::sweep(path));

    let newest = read::newest(&dir)?;
    if let Some(open) = newest.as_ref().and_then(|head| head.open.as_ref())
        && let Some(lease) = lease::remote_holder(&inner.root, open, run, inner.settings.margin)
    {
        return Err(StoreError::Held { stack, lease });
    }
    if newest.as_ref().map(|head| head.generation) != base.generation
        || newest.as_ref().is_some_and(|head| head.id != base.id)
    {
        return Err(StoreError::Moved { stack });
    }
    let replayed = match &newest {
        Some(head) => read::replay(&dir, head)?,
        None => Replayed::empty(&base.id, &base.stack),
    };
    Ok(Locked { index, dir, lock, newest, replayed, plan: base.plan })
}

/// The directory for a stack that has none. That of its name may belong to a stack that was renamed.
fn new_dir(inner: &Inner, base: &Base) -> Result<StackDir, StoreError> {
    let stack = base.stack.to_string();
    let dir = layout::stack_dir(&inner.root, &stack);
    match read::newest(&dir)? {
        None => Ok(dir),
        Some(head) if head.stack == base.stack => Err(StoreError::Moved { stack }),
        Some(_) => Ok(layout::stack_dir(&inner.root, &format!("{stack}~{}", base.id))),
    }
}

/// Locks a stack for this process and says in the file which run that is.
pub(crate) fn lock_file(inner: &Inner, run: &Run, dir: &StackDir, stack: &str) -> Result<File, StoreError> {
    let path = dir.lock();
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io_error("cannot open", &path))?;
    // A reader that asks who holds a stack locks it for a moment, and a holder takes a moment to say who it is.
    let patience = Instant::now() + Duration::from_millis(100);
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(io_error("cannot lock", &path)(error)),
        }
        let lease = lease::locked_by(&inner.root, &path);
        if lease.is_some() || Instant::now() > patience {
            return Err(StoreError::Held { stack: stack.into(), lease: lease.unwrap_or_else(lease::unknown_holder) });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(run.id.as_bytes()))
        .map_err(io_error("cannot write", &path))?;
    Ok(file)
}

/// What is open of a stack.
struct Opened {
    generation: u64,
    segment: PathBuf,
    chain: Digest,
}

fn open_all(inner: &Arc<Inner>, run: &Run, mut locked: Vec<Locked>) -> Result<Vec<Box<dyn Journal>>, StoreError> {
    let opened: Result<Vec<Opened>, StoreError> =
        in_parallel(&mut locked, |stack| open(run, stack)).into_iter().collect();
    let opened = opened.and_then(|opened| still_dead(inner, run, &locked).map(|()| opened));
    let opened = opened.inspect_err(|_| locked.iter().for_each(|stack| give_back(run, stack)))?;
    let held = locked.iter().zip(&opened).map(|(locked, opened)| Held {
        stack: locked.replayed.state.name.to_string(),
        dir: locked.dir.clone(),
        generation: opened.generation,
    });
    let dead = locked.iter().filter_map(|stack| stack.newest.as_ref()?.open.as_ref());
    lease::sweep(&inner.root, run, inner.settings.margin, dead);
    inner.held().entry(run.id.clone()).or_default().extend(held);
    let mut journals: Vec<_> = locked.into_iter().zip(opened).collect();
    journals.sort_by_key(|(locked, _)| locked.index);
    Ok(journals.into_iter().map(|(locked, opened)| journal(inner, run, locked, opened)).collect())
}

/// A holder on another machine whose lease was over may have come back before the new heads were there.
fn still_dead(inner: &Inner, me: &Run, locked: &[Locked]) -> Result<(), StoreError> {
    for stack in locked {
        let open = stack.newest.as_ref().and_then(|head| head.open.as_ref());
        if let Some(lease) = open.and_then(|run| lease::remote_holder(&inner.root, run, me, inner.settings.margin)) {
            return Err(StoreError::Held { stack: stack.replayed.state.name.to_string(), lease });
        }
    }
    Ok(())
}

/// Does the same with every item; most of it is waiting for the disk, which writes many files in the time of one.
fn in_parallel<T: Send, R: Send>(items: &mut [T], work: impl Fn(&mut T) -> R + Sync) -> Vec<R> {
    const THREADS: usize = 8;
    let share = items.len().div_ceil(THREADS).max(1);
    let work = |items: &mut [T]| items.iter_mut().map(&work).collect::<Vec<R>>();
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.chunks_mut(share).map(|items| scope.spawn(|| work(items))).collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

fn open(run: &Run, stack: &mut Locked) -> Result<Opened, StoreError> {
    if stack.newest.is_none() {
        let path = stack.dir.path();
        durable::sync_dir(path).and_then(|()| durable::sync_parent(path)).map_err(io_error("cannot sync", path))?;
    }
    let Replayed { state, chain, segment } = &mut stack.replayed;
    if let Some(path) = segment {
        // The dead run may have died before its last chunk was durable; what follows it must not be so earlier.
        File::open(&path).and_then(|file| file.sync_data()).map_err(io_error("cannot sync", path))?;
    }
    let generation = stack.newest.as_ref().map_or(1, |head| head.generation + 1);
    let start = stack.newest.as_ref().map(|head| (head.snapshot, head.position, head.chain));
    let (snapshot, position, before) = start.unwrap_or((None, 0, head::NO_CHAIN));
    let open = Some(run.id.clone());
    head::create(
        &stack.dir,
        &Head { snapshot, position, chain: before, open, plan: stack.plan, ..head::of(state, generation, run) },
    )?;

    let seal = Entry::Seal { run: run.id.clone(), fencing: state.fencing + 1 };
    let position = state.next_position;
    state.apply(&seal);
    let (segment, chain) = Writer::start_segment(&stack.dir, position, *chain, vec![seal])?;
    Ok(Opened { generation, segment, chain })
}

/// Closes a head that this run has just opened, as far as that goes. One that a dead run had left open stays so.
fn give_back(run: &Run, stack: &Locked) {
    let Ok(Some(open)) = read::newest(&stack.dir) else { return };
    if open.open.as_ref() != Some(&run.id) {
        return;
    }
    let closed = match &stack.newest {
        Some(head) if head.open.is_some() => return,
        Some(head) => Head { plan: open.plan, ..head.clone() },
        None => Head { open: None, ..open.clone() },
    };
    let closed = Head { generation: open.generation + 1, written: Some(head::written(run)), ..closed };
    // If this fails too the head stays open: the next run takes it over.
    let _ = head::create(&stack.dir, &closed);
}

fn journal(inner: &Arc<Inner>, run: &Run, locked: Locked, opened: Opened) -> Box<dyn Journal> {
    let state = locked.replayed.state;
    let writer = Writer {
        inner: Arc::clone(inner),
        run: run.clone(),
        dir: locked.dir,
        stack: state.name.to_string(),
        id: state.id.clone(),
        plan: locked.plan,
        generation: opened.generation,
        lock: locked.lock,
        segment: opened.segment,
        position: state.next_position,
        chain: opened.chain,
        failed: None,
        lease_written: Instant::now(),
    };
    Box::new(LocalJournal::new(state, writer))
}
