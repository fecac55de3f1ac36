//! The state of one stack, and what journal entries do to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use resource::{Shared, StackName, Urn};
use serde::{Deserialize, Serialize};
use sorted::SortedSet;
use value::{Digest, Path, Value};

use crate::readers::{Reader, Readers};
use crate::{Aside, Entry, Intent, Kept, Leaving, Object, Origin};

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

    /// Every output of another stack that an object here was applied with.
    pub fn reads(&self) -> BTreeSet<&crate::ReadOutput> {
        self.copies().flat_map(|object| &object.read).collect()
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
                self.readers.add(Reader::Intent(position), &intent.request.dependencies, &intent.request.kept);
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
                    self.remove(urn, leaving.incarnation);
                }
            }
            Entry::Stayed { urn } => drop(self.leaving.remove(urn)),
            Entry::Renamed { from, to } => self.rename(from, to),
            Entry::Published { path, value, digest, from } => {
                let output =
                    PublishedOutput { value: value.clone(), digest: *digest, stale: false, from: from.clone() };
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
        self.readers.drop(&Reader::Intent(position), &intent.request.dependencies, &intent.request.kept);
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
            self.readers.drop(&Reader::Live(urn.clone()), &old.dependencies, &old.kept);
        }
        self.readers.add(Reader::Live(urn), &object.dependencies, &object.kept);
        old
    }

    fn take_live(&mut self, urn: &Urn) -> Option<Arc<Object>> {
        let old = self.objects.remove(urn)?;
        self.readers.drop(&Reader::Live(urn.clone()), &old.dependencies, &old.kept);
        Some(old)
    }

    fn set_aside(&mut self, object: Arc<Object>) {
        self.take_aside(&object.urn, object.incarnation);
        let reader = Reader::Aside(object.urn.clone(), object.incarnation);
        self.readers.add(reader, &object.dependencies, &object.kept);
        self.replaced.put(object);
    }

    fn take_aside(&mut self, urn: &Urn, incarnation: u64) {
        if let Some(old) = self.replaced.take(urn, incarnation) {
            self.readers.drop(&Reader::Aside(urn.clone(), incarnation), &old.dependencies, &old.kept);
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
        self.remove(urn, incarnation);
        with.iter().for_each(|(urn, incarnation)| self.deleted(urn, *incarnation));
    }

    fn remove(&mut self, urn: &Urn, incarnation: u64) {
        if self.objects.get(urn).is_some_and(|object| object.incarnation == incarnation) {
            self.take_live(urn);
        }
        self.take_aside(urn, incarnation);
        self.prune(urn);
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
        self.edit_readers(urn, |dependencies, kept| {
            dependencies.remove(urn);
            if kept.deleted_with.as_ref() == Some(urn) {
                kept.deleted_with = None;
                kept.deleted_with_incarnation = None;
            }
        });
    }

    fn rename(&mut self, from: &Urn, to: &Urn) {
        if let Some(mut object) = self.take_live(from) {
            Arc::make_mut(&mut object).urn = to.clone();
            self.put_live(to.clone(), object);
        }
        self.edit_readers(from, |dependencies, kept| {
            if dependencies.remove(from) {
                dependencies.insert(to.clone());
            }
            if kept.deleted_with.as_ref() == Some(from) {
                kept.deleted_with = Some(to.clone());
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
            let live = self.objects.iter().map(|(urn, object)| (Reader::Live(urn.clone()), &**object));
            let aside = |object: &Arc<Object>| Reader::Aside(object.urn.clone(), object.incarnation);
            let aside = self.replaced.iter().map(|object| (aside(object), &**object));
            let objects = live.chain(aside).map(|(reader, object)| (reader, &object.dependencies, &*object.kept));
            let intents = self.dangling.iter().map(|(position, intent)| (Reader::Intent(*position), &intent.request));
            let intents = intents.map(|(reader, request)| (reader, &request.dependencies, &*request.kept));
            self.readers = Readers::of(objects.chain(intents));
        }
        self.readers.of_resource(urn)
    }

    /// Changes what everything that names a resource says of others.
    fn edit_readers(&mut self, urn: &Urn, edit: impl Fn(&mut SortedSet<Urn>, &mut Shared<Kept>)) {
        for reader in self.readers_of(urn) {
            let said = match &reader {
                Reader::Live(urn) => self.objects.get_mut(urn).map(Arc::make_mut).map(Object::says),
                Reader::Aside(urn, incarnation) => {
                    self.replaced.get_mut(urn, *incarnation).map(Arc::make_mut).map(Object::says)
                }
                Reader::Intent(position) => {
                    let request = self.dangling.get_mut(position).map(|intent| &mut intent.request);
                    request.map(|request| (&mut request.dependencies, &mut request.kept))
                }
            };
            let Some((dependencies, kept)) = said else { continue };
            self.readers.drop(&reader, dependencies, kept);
            edit(dependencies, kept);
            self.readers.add(reader, dependencies, kept);
        }
    }
}
