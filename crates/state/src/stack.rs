//! The state of one stack, and what journal entries do to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use resource::{StackName, Urn};
use serde::{Deserialize, Serialize};
use sorted::SortedSet;
use value::{Digest, Path, Value};

use crate::object::Said;
use crate::readers::{Reader, Readers};
use crate::{Aside, Entry, Hold, Intent, Leaving, Object, Origin, ReadOutput, Request};

/// The number of the format of states, heads and journals.
pub const STATE_FORMAT: u32 = 1;

/// The id of a stack: of the organisation and the name that it was first applied under; a counter tells apart stacks
/// that were given a name that was used before.
pub fn stack_id(organisation: &str, name: &StackName, counter: u32) -> String {
    let name = name.to_string();
    let parts = [organisation.as_bytes(), name.as_bytes(), &counter.to_le_bytes()];
    Digest::of_parts("stack/1", parts).short(32)
}

/// A published output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedOutput {
    /// The value; secrets are encrypted.
    pub value: Value,
    /// The digest of the value, made before encryption.
    pub digest: Digest,
    /// Its resources failed, so it was not renewed.
    #[serde(default)]
    pub stale: bool,
    /// The resources that it is made of.
    #[serde(default)]
    pub from: SortedSet<Urn>,
    /// The outputs of other stacks that it is made of.
    #[serde(default, skip_serializing_if = "SortedSet::is_empty")]
    pub reads: SortedSet<ReadOutput>,
}

/// The state of one stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackState {
    /// [`STATE_FORMAT`].
    pub format: u32,
    /// The immutable id.
    pub id: String,
    /// The name, a label.
    pub name: StackName,
    /// The live objects.
    #[serde(deserialize_with = "crate::object::sharing")]
    pub objects: BTreeMap<Urn, Arc<Object>>,
    /// Objects that were replaced and are still to be deleted.
    #[serde(default)]
    pub replaced: Aside,
    /// Objects that a refresh did not find any more, with their ids: so that making them anew is shown as what it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vanished: BTreeMap<Urn, String>,
    /// The published outputs, by leaf.
    #[serde(default)]
    pub outputs: BTreeMap<Path, PublishedOutput>,
    /// The stacks that it waits for without reading them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub waits_for: BTreeSet<StackName>,
    /// The highest incarnation ever used.
    #[serde(default)]
    pub last_incarnation: u64,
    /// The fencing number of the last holder.
    #[serde(default)]
    pub fencing: u64,
    /// The position that the next journal entry gets.
    #[serde(default)]
    pub next_position: u64,
    /// The intents whose end is not known, by position.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dangling: BTreeMap<u64, Intent>,
    /// The objects whose hand-over to another stack has begun and not ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub leaving: BTreeMap<Urn, Leaving>,
    /// The objects of other stacks that were ever taken over: what those stacks are told when they ask.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub arrived: BTreeSet<Origin>,
    /// Who names whom in all that stands above.
    #[serde(skip)]
    pub(crate) readers: Readers,
}

impl StackState {
    /// The state of a stack that has nothing.
    pub fn new(id: String, name: StackName) -> Self {
        Self {
            format: STATE_FORMAT,
            id,
            name,
            objects: BTreeMap::new(),
            replaced: Aside::default(),
            vanished: BTreeMap::new(),
            outputs: BTreeMap::new(),
            waits_for: BTreeSet::new(),
            last_incarnation: 0,
            fencing: 0,
            next_position: 0,
            dangling: BTreeMap::new(),
            leaving: BTreeMap::new(),
            arrived: BTreeSet::new(),
            readers: Readers::default(),
        }
    }

    /// Whether nothing is left of the stack but its counters.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.replaced.is_empty() && self.is_settled()
    }

    /// Whether no step and no hand-over is open.
    pub fn is_settled(&self) -> bool {
        self.dangling.is_empty() && self.leaving.is_empty()
    }

    /// The token of an intent at a position: the same for every repetition, different for everything else.
    pub fn token(&self, urn: &Urn, incarnation: u64, position: u64) -> String {
        let urn = urn.to_string();
        let parts = [self.id.as_bytes(), urn.as_bytes(), &incarnation.to_le_bytes(), &position.to_le_bytes()];
        Digest::of_parts("token/1", parts).short(32)
    }

    /// Every output of another stack that an object here was applied with, or is by a step whose end is not known, or
    /// that an output is made of.
    pub fn reads(&self) -> BTreeSet<&ReadOutput> {
        let open = self.dangling.values().flat_map(|intent| &intent.request.read);
        let outputs = self.outputs.values().flat_map(|output| &output.reads);
        self.copies().flat_map(|object| &object.read).chain(open).chain(outputs).collect()
    }

    /// Every object that one here was applied with, where its name does not say so.
    pub fn holds(&self) -> BTreeSet<&crate::Hold> {
        self.copies().flat_map(|object| &object.holds).collect()
    }

    /// Every object: the live ones, and those that were set aside.
    pub fn copies(&self) -> impl Iterator<Item = &Arc<Object>> + Clone {
        self.objects.values().chain(&self.replaced)
    }

    /// Whether there is an object of a resource, live or set aside.
    pub fn has(&self, urn: &Urn) -> bool {
        self.objects.contains_key(urn) || self.replaced.of(urn).next().is_some()
    }

    /// Applies the entry at the next position.
    ///
    /// Entries that do not fit (an end without its intent) change nothing: the journal is the record of what happened
    /// and is never refused.
    pub fn apply(&mut self, entry: &Entry) {
        let position = self.next_position;
        self.next_position += 1;
        match entry {
            Entry::Seal { fencing, .. } => self.fencing = *fencing,
            Entry::Intent(intent) => {
                self.last_incarnation = self.last_incarnation.max(intent.incarnation);
                self.readers.add(&Reader::Intent(position), intent.request.named());
                self.dangling.insert(position, (**intent).clone());
            }
            Entry::Done { intent, object } => {
                self.end(*intent);
                self.put((**object).clone());
            }
            Entry::Deleted { intent } => {
                if let Some(intent) = self.end(*intent) {
                    self.deleted(&intent.urn, intent.incarnation);
                }
            }
            Entry::Failed { intent, object, .. } => {
                self.end(*intent);
                if let Some(object) = object {
                    self.put((**object).clone());
                }
            }
            Entry::Observed { urn, observed: Some(observed), id, healthy } => {
                if let Some(object) = self.objects.get_mut(urn).map(Arc::make_mut) {
                    object.observe(observed, id.as_deref(), *healthy);
                }
            }
            Entry::Observed { urn, observed: None, .. } => {
                if let Some(object) = self.objects.get(urn) {
                    self.vanished.insert(urn.clone(), object.id.clone());
                }
                self.forget(urn);
            }
            Entry::Recorded { object } => self.put((**object).clone()),
            Entry::Dropped { urn, incarnation } => self.remove(urn, *incarnation),
            Entry::Leaving { urn, incarnation, to, name } => {
                let leaving = Leaving { incarnation: *incarnation, to: to.clone(), name: name.clone() };
                self.leaving.insert(urn.clone(), leaving);
            }
            Entry::Arrived { object, from } => {
                self.arrived.insert(from.clone());
                self.put((**object).clone());
            }
            Entry::Left { urn } => {
                if let Some(leaving) = self.leaving.remove(urn) {
                    self.part(urn);
                    self.remove(urn, leaving.incarnation);
                }
            }
            Entry::Stayed { urn } => drop(self.leaving.remove(urn)),
            Entry::Renamed { from, to } => self.rename(from, to),
            Entry::Published { path, value, digest, from, reads } => {
                let (value, from, reads) = (value.clone(), from.clone(), reads.clone());
                let output = PublishedOutput { value, digest: *digest, stale: false, from, reads };
                self.outputs.insert(path.clone(), output);
            }
            Entry::Stale { path } => {
                if let Some(output) = self.outputs.get_mut(path) {
                    output.stale = true;
                }
            }
            Entry::Withdrawn { path } => {
                self.outputs.remove(path);
            }
            Entry::WaitsFor { stacks } => self.waits_for.clone_from(stacks),
            Entry::Imported { state } => self.import(state),
            Entry::NamedAs { name } => self.name = name.clone(),
        }
    }

    /// Closes an intent.
    fn end(&mut self, position: u64) -> Option<Intent> {
        let intent = self.dangling.remove(&position)?;
        self.readers.drop(&Reader::Intent(position), intent.request.named());
        Some(intent)
    }

    /// Takes over objects and outputs; who it is, and where its journal stands, stays. No incarnation is used again.
    fn import(&mut self, state: &Self) {
        self.readers = Readers::default();
        self.objects.clone_from(&state.objects);
        self.replaced.clone_from(&state.replaced);
        self.outputs.clone_from(&state.outputs);
        self.waits_for.clone_from(&state.waits_for);
        self.arrived.extend(state.arrived.iter().cloned());
        self.last_incarnation = self.last_incarnation.max(state.last_incarnation);
    }

    /// Puts an object in its place; a live one of another incarnation is set aside to be deleted.
    fn put(&mut self, object: Object) {
        self.last_incarnation = self.last_incarnation.max(object.incarnation);
        self.vanished.remove(&object.urn);
        if self.replaced.get(&object.urn, object.incarnation).is_some() {
            self.set_aside(object.into());
            return;
        }
        let (urn, incarnation) = (object.urn.clone(), object.incarnation);
        match self.put_live(urn, object.into()) {
            Some(old) if old.incarnation != incarnation && !old.external => self.set_aside(old),
            _ => {}
        }
    }

    fn put_live(&mut self, urn: Urn, mut object: Arc<Object>) -> Option<Arc<Object>> {
        if let (Some((_, near)), Some(object)) = (self.objects.range(..&urn).next_back(), Arc::get_mut(&mut object)) {
            object.share(near);
        }
        let old = self.objects.insert(urn.clone(), Arc::clone(&object));
        if let Some(old) = &old {
            self.readers.drop(&Reader::Live(urn.clone()), old.named());
        }
        self.readers.add(&Reader::Live(urn), object.named());
        old
    }

    fn take_live(&mut self, urn: &Urn) -> Option<Arc<Object>> {
        let old = self.objects.remove(urn)?;
        self.readers.drop(&Reader::Live(urn.clone()), old.named());
        Some(old)
    }

    fn set_aside(&mut self, object: Arc<Object>) {
        self.take_aside(&object.urn, object.incarnation);
        self.readers.add(&Reader::Aside(object.urn.clone(), object.incarnation), object.named());
        self.replaced.put(object);
    }

    fn take_aside(&mut self, urn: &Urn, incarnation: u64) {
        if let Some(old) = self.replaced.take(urn, incarnation) {
            self.readers.drop(&Reader::Aside(urn.clone(), incarnation), old.named());
        }
    }

    /// Drops an object that was deleted, and those that went with it.
    fn deleted(&mut self, urn: &Urn, incarnation: u64) {
        let mut with: Vec<(Urn, u64)> = Vec::new();
        for reader in self.readers_of(urn) {
            let object = match &reader {
                Reader::Live(urn) => self.objects.get(urn),
                Reader::Aside(urn, incarnation) => self.replaced.get(urn, *incarnation),
                Reader::Intent(_) => None,
            };
            let gone = object.filter(|object| object.kept.goes_with(urn, incarnation));
            with.extend(gone.map(|object| (object.urn.clone(), object.incarnation)));
        }
        with.retain(|(other, of)| (other, *of) != (urn, incarnation));
        self.let_go(urn, incarnation);
        self.remove(urn, incarnation);
        with.iter().for_each(|(urn, incarnation)| self.deleted(urn, *incarnation));
    }

    /// A live object is about to be dropped here, since it is in another stack: who depends on it goes on holding it,
    /// and what it depends on stands, for who asks where it is now, where it stands here.
    fn part(&mut self, urn: &Urn) {
        let Some(object) = self.objects.get(urn).cloned() else { return };
        let aside = self.replaced.of(urn).cloned();
        self.held_on(urn, &std::iter::once(Arc::clone(&object)).chain(aside).collect::<Vec<_>>());
        for name in &object.dependencies {
            if let Some(held) = self.objects.get_mut(name).map(Arc::make_mut) {
                let (stack_id, urn, incarnation) = (self.id.clone(), name.clone(), held.incarnation);
                held.origins.insert(Origin { stack_id, urn, incarnation });
            }
        }
    }

    /// Who depends on a resource goes on holding objects of it whose name no longer says so.
    fn held_on(&mut self, urn: &Urn, copies: &[Arc<Object>]) {
        if copies.is_empty() {
            return;
        }
        let holds: Vec<Hold> = copies.iter().map(|object| self.hold(object)).collect();
        self.edit_readers(urn, |said| {
            let depends = said.dependencies.contains(urn);
            if let Some(held) = said.holds.as_mut().filter(|_| depends) {
                held.extend(holds.iter().cloned());
            }
        });
    }

    fn remove(&mut self, urn: &Urn, incarnation: u64) {
        if self.objects.get(urn).is_some_and(|object| object.incarnation == incarnation) {
            self.take_live(urn);
        }
        self.take_aside(urn, incarnation);
        self.prune(urn);
    }

    /// Nobody holds any more what was deleted.
    fn let_go(&mut self, urn: &Urn, incarnation: u64) {
        let live = self.objects.get(urn).filter(|object| object.incarnation == incarnation);
        let Some(object) = live.or_else(|| self.replaced.get(urn, incarnation)).cloned() else { return };
        let id = self.id.clone();
        for (_, name, _) in object.places(&id).filter(|(stack, ..)| *stack == id) {
            self.edit_readers(name, |said| {
                if let Some(holds) = &mut said.holds {
                    holds.retain(|hold| !object.places(&id).any(|place| place == hold.place()));
                }
            });
        }
    }

    /// Drops the live object.
    fn forget(&mut self, urn: &Urn) {
        self.take_live(urn);
        self.prune(urn);
    }

    /// Drops what others say of a resource that nothing is left of; a step whose end is not known says it, too.
    fn prune(&mut self, urn: &Urn) {
        if self.has(urn) {
            return;
        }
        self.edit_readers(urn, |said| {
            said.dependencies.remove(urn);
            if said.kept.deleted_with.as_ref() == Some(urn) {
                said.kept.deleted_with = None;
                said.kept.deleted_with_incarnation = None;
            }
        });
    }

    fn rename(&mut self, from: &Urn, to: &Urn) {
        // What was set aside keeps the name.
        let aside: Vec<Arc<Object>> = self.replaced.of(from).cloned().collect();
        self.held_on(from, &aside);
        if let Some(object) = self.take_live(from) {
            self.put_live(to.clone(), Arc::new(self.renamed(&object, to)));
        }
        self.edit_readers(from, |said| {
            if said.dependencies.remove(from) {
                said.dependencies.insert(to.clone());
            }
            let stays = said
                .kept
                .deleted_with_incarnation
                .is_some_and(|with| aside.iter().any(|object| object.incarnation == with));
            if said.kept.deleted_with.as_ref() == Some(from) && !stays {
                said.kept.deleted_with = Some(to.clone());
            }
        });
        for output in self.outputs.values_mut() {
            if output.from.remove(from) {
                output.from.insert(to.clone());
            }
        }
    }

    /// Everything that names a resource: objects, and steps whose end is not known.
    fn readers_of(&mut self, urn: &Urn) -> Vec<Reader> {
        if !self.readers.is_known() {
            let live = self.objects.iter().map(|(urn, object)| (Reader::Live(urn.clone()), object));
            let aside = |object: &Arc<Object>| Reader::Aside(object.urn.clone(), object.incarnation);
            let copies = live.chain(self.replaced.iter().map(|object| (aside(object), object)));
            let copies = copies.flat_map(|(reader, object)| object.named().map(move |urn| (reader.clone(), urn)));
            let intents = self
                .dangling
                .iter()
                .flat_map(|(position, intent)| intent.request.named().map(|urn| (Reader::Intent(*position), urn)));
            self.readers = Readers::of(copies.chain(intents));
        }
        self.readers.of_resource(urn)
    }

    /// Changes what everything that names a resource says of others.
    fn edit_readers(&mut self, urn: &Urn, edit: impl Fn(&mut Said<'_>)) {
        for reader in self.readers_of(urn) {
            let said = match &reader {
                Reader::Live(urn) => self.objects.get_mut(urn).map(Arc::make_mut).map(Object::says),
                Reader::Aside(urn, incarnation) => {
                    self.replaced.get_mut(urn, *incarnation).map(Arc::make_mut).map(Object::says)
                }
                Reader::Intent(position) => {
                    let request = self.dangling.get_mut(position).map(|intent| &mut intent.request);
                    request.map(|Request { dependencies, kept, .. }| Said { dependencies, kept, holds: None })
                }
            };
            let Some(mut said) = said else { continue };
            self.readers.drop(&reader, said.named());
            edit(&mut said);
            self.readers.add(&reader, said.named());
        }
    }
}
