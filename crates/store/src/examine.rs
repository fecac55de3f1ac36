//! Reading all that there is of a stack, whatever was done to it: what is damaged, what can be told all the same, and
//! what cannot.

use std::path::Path;

use ports::{Damage, Examined, Lost, StoreError};
use resource::StackName;
use state::{Chunk, Entry, Head, OutputReader, StackState};
use value::Digest;

use crate::head::NO_CHAIN;
use crate::layout::{self, StackDir};
use crate::read;
use crate::walk::{self, At, Break, Until};

/// Every stack under the root, by name.
pub(crate) fn all(root: &Path) -> Result<Vec<Examined>, StoreError> {
    let stacks = root.join("stacks");
    let mut all = Vec::new();
    for name in layout::names(&stacks)? {
        all.extend(Examination::of(root, StackDir::new(stacks.join(name)))?);
    }
    all.sort_by(|a: &Examined, b| a.stack.cmp(&b.stack));
    Ok(all)
}

/// One stack, being examined.
struct Examination {
    dir: StackDir,
    heads: Vec<Head>,
    /// The number of the newest generation, readable or not.
    generation: u64,
    damage: Vec<Damage>,
}

impl Examination {
    /// Examines what a directory holds; `None` if that is nothing.
    fn of(root: &Path, dir: StackDir) -> Result<Option<Examined>, StoreError> {
        let generations = layout::numbers(&dir.heads(), "json")?;
        let generation = generations.last().copied().unwrap_or_default();
        let mut found = Self { dir, heads: Vec::new(), generation, damage: Vec::new() };
        found.heads(&generations)?;
        found.snapshots()?;
        found.journals()?;
        let broken = found.damage.iter().any(|damage| !damage.past);
        let salvaged = if generation == 0 || broken { found.salvage()? } else { found.newest()? };
        let Some(Salvaged { state, broken, at }) = salvaged else {
            let nothing = generation == 0 && layout::names(&found.dir.journal())?.is_empty();
            return Ok((!nothing).then(|| found.examined(root, None, Vec::new(), 0)));
        };
        let (lost, next) = match &broken {
            Some(broken) => found.lost(broken, at)?,
            None => (Vec::new(), state.next_position),
        };
        let next = found.heads.iter().map(|head| head.position + 1).chain([next]).max().unwrap_or(next);
        Ok(Some(found.examined(root, Some(beyond(state, &lost)), lost, next)))
    }

    fn examined(mut self, root: &Path, state: Option<StackState>, lost: Vec<Lost>, next_position: u64) -> Examined {
        let name = state.as_ref().map(|state| state.name.to_string());
        let stack = name
            .or_else(|| self.heads.last().map(|head| head.stack.to_string()))
            .unwrap_or_else(|| layout::name_of(&self.dir.label()).into_owned());
        self.damage.extend(readers(root, &stack));
        self.damage.sort_by(|a, b| (a.past, &a.place).cmp(&(b.past, &b.place)));
        let Self { dir, damage, generation, .. } = self;
        Examined { stack, place: format!("stacks/{}", dir.label()), damage, generation, state, lost, next_position }
    }

    /// Notes damage once for each place; what counts now outweighs what counted in the past.
    fn note(&mut self, place: &str, what: String, past: bool) {
        let place = format!("stacks/{}/{place}", self.dir.label());
        match self.damage.iter_mut().find(|damage| damage.place == place) {
            Some(there) => there.past &= past,
            None => self.damage.push(Damage { place, what, past }),
        }
    }

    fn note_break(&mut self, found: &Break, past: bool) {
        match found.line {
            Some(line) => self.note(&format!("{}:{line}", found.place), found.what.clone(), past),
            None => self.note(&found.place, found.what.clone(), past),
        }
    }

    /// Reads the heads; generations follow one another without gaps.
    fn heads(&mut self, generations: &[u64]) -> Result<(), StoreError> {
        for pair in generations.windows(2) {
            for missing in pair[0] + 1..pair[1] {
                let place = layout::tail(&self.dir.head(missing));
                self.note(&place, format!("is missing between generations {} and {}", pair[0], pair[1]), true);
            }
        }
        for generation in generations {
            match read::look_at_head(&self.dir, *generation)? {
                Some(Ok(head)) => self.heads.push(head),
                Some(Err(what)) => {
                    let place = layout::tail(&self.dir.head(*generation));
                    self.note(&place, what, *generation != self.generation);
                }
                None => {}
            }
        }
        Ok(())
    }

    fn snapshots(&mut self) -> Result<(), StoreError> {
        let mut seen = Vec::new();
        for number in (0..self.heads.len()).rev() {
            let head = &self.heads[number];
            if seen.contains(&head.snapshot) {
                continue;
            }
            seen.push(head.snapshot);
            let past = head.generation != self.generation;
            if let Err((place, what)) = read::snapshot(&self.dir, head)? {
                self.note(&place, what, past);
            }
        }
        Ok(())
    }

    /// Each open head leads along its journal to where the next one takes over.
    fn journals(&mut self) -> Result<(), StoreError> {
        for number in (0..self.heads.len()).rev() {
            let head = &self.heads[number];
            if head.open.is_none() {
                continue;
            }
            let past = head.generation != self.generation;
            let until = Until::heads(self.heads[number + 1..].iter());
            let walked = walk::walk(&self.dir, head.position, Some(head.chain), &until, &mut |_| ())?;
            if let Some(found) = walked.broken {
                self.note_break(&found, past);
            }
        }
        Ok(())
    }

    /// The state of a stack whose newest generation is whole.
    fn newest(&self) -> Result<Option<Salvaged>, StoreError> {
        let Some(head) = self.heads.last() else { return Ok(None) };
        let Ok(state) = read::snapshot(&self.dir, head)? else { return Ok(None) };
        let mut salvaged = Salvaged { state, broken: None, at: None };
        if head.open.is_some() {
            salvaged.go_on(&self.dir, Some(head.chain))?;
        }
        Ok(Some(salvaged))
    }

    /// The whole snapshot and the journal from there that lead farthest.
    fn salvage(&self) -> Result<Option<Salvaged>, StoreError> {
        let mut best: Option<Salvaged> = None;
        for (state, chain) in self.starts()? {
            let mut salvaged = Salvaged { state, broken: None, at: None };
            salvaged.go_on(&self.dir, chain)?;
            if best.as_ref().is_none_or(|best| best.state.next_position < salvaged.state.next_position) {
                best = Some(salvaged);
            }
        }
        Ok(best)
    }

    /// Where a journal may be read from: what heads name, snapshots whose head is lost, and the very beginning.
    fn starts(&self) -> Result<Vec<(StackState, Option<Digest>)>, StoreError> {
        let mut starts = Vec::new();
        let mut named = Vec::new();
        for head in self.heads.iter().rev() {
            if named.contains(&head.snapshot) {
                continue;
            }
            named.push(head.snapshot);
            starts.extend(read::snapshot(&self.dir, head)?.ok().map(|state| (state, Some(head.chain))));
        }
        for name in layout::names(&self.dir.snapshots())? {
            let digest = name.strip_suffix(".json").and_then(|digest| digest.parse::<Digest>().ok());
            let Some(digest) = digest.filter(|digest| !named.contains(&Some(*digest))) else { continue };
            starts.extend(read::look_at_snapshot(&self.dir, digest)?.ok().map(|state| (state, None)));
        }
        if self.dir.segment(0).exists() {
            starts.push((self.nothing(), Some(NO_CHAIN)));
        }
        Ok(starts)
    }

    /// The state of the stack before its first entry. Its id is empty if no head says it.
    fn nothing(&self) -> StackState {
        let label = layout::name_of(&self.dir.label()).into_owned();
        let (project, short) = label.rsplit_once('.').unwrap_or((&label, ""));
        match self.heads.last() {
            Some(head) => StackState::new(head.id.clone(), head.stack.clone()),
            None => StackState::new(String::new(), StackName::new(project, short)),
        }
    }

    /// What was written from the break on, and a position after it.
    fn lost(&self, broken: &Break, at: Option<(u64, usize)>) -> Result<(Vec<Lost>, u64), StoreError> {
        let (mut lost, mut next) = (Vec::new(), 0);
        if broken.line.is_none() {
            lost.push(Lost { place: self.place(&broken.place), entry: None });
        }
        let (segment, line) = at.unwrap_or((broken.segment, broken.line.unwrap_or_default()));
        let segments = layout::numbers(&self.dir.journal(), "jsonl")?;
        for first in segments.iter().copied() {
            next = next.max(first + 1);
            let bytes = layout::read(&self.dir.segment(first))?.unwrap_or_default();
            let lines = walk::lines(&bytes);
            let last = lines.len();
            for (number, text) in (1..).zip(lines) {
                let after = (first, number) >= (segment, line);
                let place = self.place(&format!("{}:{number}", layout::tail(&self.dir.segment(first))));
                match serde_json::from_slice::<Chunk>(text) {
                    Ok(chunk) => {
                        next = next.max(chunk.position + chunk.entries.len() as u64);
                        if after {
                            let entries = (chunk.position..).zip(chunk.entries);
                            lost.extend(entries.map(|entry| Lost { place: place.clone(), entry: Some(entry) }));
                        }
                    }
                    Err(_) if number == last && Some(&first) == segments.last() && walk::is_torn(text) => {}
                    Err(_) => {
                        // An entry takes more than a byte.
                        next = next.saturating_add(text.len() as u64);
                        if after {
                            lost.push(Lost { place, entry: None });
                        }
                    }
                }
            }
        }
        Ok((lost, next))
    }

    fn place(&self, place: &str) -> String {
        format!("stacks/{}/{place}", self.dir.label())
    }
}

/// A state that can be told for sure.
struct Salvaged {
    state: StackState,
    /// Where its journal does not go on although it should.
    broken: Option<Break>,
    /// The first chunk that is not in the state: segment and line.
    at: Option<(u64, usize)>,
}

impl Salvaged {
    /// Applies the journal as far as each chunk is what the next one says it is.
    fn go_on(&mut self, dir: &StackDir, chain: Option<Digest>) -> Result<(), StoreError> {
        let state = &mut self.state;
        let from = state.next_position;
        let mut unsure: Option<(Chunk, (u64, usize))> = None;
        let mut segment = (None, from);
        let visit = &mut |At { path, line, chunk }: At<'_>| {
            if let Some((chunk, _)) = unsure.take() {
                chunk.entries.iter().for_each(|entry| state.apply(entry));
            }
            if segment.0.as_deref() != Some(path) {
                segment = (Some(path.to_owned()), chunk.position);
            }
            unsure = Some((chunk.clone(), (segment.1, line)));
        };
        let walked = walk::walk(dir, from, chain, &Until::default(), visit)?;
        let changed = walked.broken.as_ref().is_some_and(|found| found.before);
        match unsure {
            Some((_, at)) if changed => self.at = Some(at),
            Some((chunk, _)) => chunk.entries.iter().for_each(|entry| state.apply(entry)),
            None => {}
        }
        self.broken = walked.broken;
        Ok(())
    }
}

/// The state with counters beyond what was used up in what is lost: no number is used again.
fn beyond(mut state: StackState, lost: &[Lost]) -> StackState {
    for entry in lost.iter().filter_map(|lost| lost.entry.as_ref()) {
        match &entry.1 {
            Entry::Seal { fencing, .. } => state.fencing = state.fencing.max(*fencing),
            Entry::Intent(intent) => state.last_incarnation = state.last_incarnation.max(intent.incarnation),
            Entry::Done { object, .. } | Entry::Recorded { object } | Entry::Arrived { object, .. } => {
                state.last_incarnation = state.last_incarnation.max(object.incarnation);
            }
            _ => {}
        }
    }
    state
}

/// Readers of a stack that cannot be read.
fn readers(root: &Path, stack: &str) -> Vec<Damage> {
    let dir = layout::readers(root, stack);
    let broken = |path: &Path| {
        let bytes = layout::read(path).ok().flatten().unwrap_or_default();
        serde_json::from_slice::<OutputReader>(&bytes).err().map(|error| error.to_string())
    };
    let names = layout::names(&dir).unwrap_or_default();
    let damage = |name: String| {
        let what = broken(&dir.join(&name))?;
        let place = format!("readers/{}/{name}", layout::file_name(stack));
        Some(Damage { place, what: format!("cannot be read: {what}"), past: true })
    };
    names.into_iter().filter_map(damage).collect()
}
