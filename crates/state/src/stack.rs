//! The state of one stack, and what journal entries do to it.

use std::collections::{BTreeMap, BTreeSet};

use resource::{StackName, Urn};
use serde::{Deserialize, Serialize};
use value::{Digest, Path, Value};

use crate::{Entry, Intent, Kept, Leaving, Object, Origin};

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
    pub from: BTreeSet<Urn>,
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
    pub objects: BTreeMap<Urn, Object>,
    /// Objects that were replaced and are still to be deleted.
    #[serde(default)]
    pub replaced: Vec<Object>,
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
}

impl StackState {
    /// The state of a stack that has nothing.
    pub fn new(id: String, name: StackName) -> Self {
        Self {
            format: STATE_FORMAT,
            id,
            name,
            objects: BTreeMap::new(),
            replaced: Vec::new(),
            vanished: BTreeMap::new(),
            outputs: BTreeMap::new(),
            waits_for: BTreeSet::new(),
            last_incarnation: 0,
            fencing: 0,
            next_position: 0,
            dangling: BTreeMap::new(),
            leaving: BTreeMap::new(),
            arrived: BTreeSet::new(),
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
        self.objects.values().chain(&self.replaced).flat_map(|object| &object.read).collect()
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
                self.dangling.insert(position, (**intent).clone());
            }
            Entry::Done { intent, object } => {
                self.dangling.remove(intent);
                self.put((**object).clone());
            }
            Entry::Deleted { intent } => {
                if let Some(intent) = self.dangling.remove(intent) {
                    self.deleted(&intent.urn, intent.incarnation);
                }
            }
            Entry::Failed { intent, object, .. } => {
                self.dangling.remove(intent);
                if let Some(object) = object {
                    self.put((**object).clone());
                }
            }
            Entry::Observed { urn, observed: Some(observed), id, healthy } => {
                if let Some(object) = self.objects.get_mut(urn) {
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

    /// Takes over objects and outputs; who it is, and where its journal stands, stays. No incarnation is used again.
    fn import(&mut self, state: &Self) {
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
        if let Some(old) = self.replaced.iter_mut().find(|o| o.urn == object.urn && o.incarnation == object.incarnation)
        {
            *old = object;
            return;
        }
        let urn = object.urn.clone();
        let incarnation = object.incarnation;
        match self.objects.insert(urn, object) {
            Some(old) if old.incarnation != incarnation && !old.external => self.replaced.push(old),
            _ => {}
        }
    }

    /// Drops an object that was deleted, and those that went with it.
    fn deleted(&mut self, urn: &Urn, incarnation: u64) {
        let gone = |object: &&Object| object.kept.goes_with(urn, incarnation);
        let with: Vec<(Urn, u64)> = self
            .objects
            .values()
            .chain(&self.replaced)
            .filter(gone)
            .map(|object| (object.urn.clone(), object.incarnation))
            .filter(|(other, of)| (other, *of) != (urn, incarnation))
            .collect();
        self.remove(urn, incarnation);
        with.iter().for_each(|(urn, incarnation)| self.deleted(urn, *incarnation));
    }

    fn remove(&mut self, urn: &Urn, incarnation: u64) {
        if self.objects.get(urn).is_some_and(|object| object.incarnation == incarnation) {
            self.objects.remove(urn);
        }
        self.replaced.retain(|object| object.urn != *urn || object.incarnation != incarnation);
        self.prune(urn);
    }

    /// Drops the live object.
    fn forget(&mut self, urn: &Urn) {
        self.objects.remove(urn);
        self.prune(urn);
    }

    /// Drops what others say of a resource that nothing is left of; a step whose end is not known says it, too.
    fn prune(&mut self, urn: &Urn) {
        if self.objects.contains_key(urn) || self.replaced.iter().any(|object| object.urn == *urn) {
            return;
        }
        for (dependencies, kept) in self.sayings() {
            dependencies.remove(urn);
            if kept.deleted_with.as_ref() == Some(urn) {
                kept.deleted_with = None;
                kept.deleted_with_incarnation = None;
            }
        }
    }

    /// Everything that objects, and steps whose end is not known, say of other resources.
    fn sayings(&mut self) -> impl Iterator<Item = (&mut BTreeSet<Urn>, &mut Kept)> {
        let objects = self.objects.values_mut().chain(&mut self.replaced);
        let intents = self.dangling.values_mut().map(|intent| &mut intent.request);
        objects
            .map(|object| (&mut object.dependencies, &mut object.kept))
            .chain(intents.map(|request| (&mut request.dependencies, &mut request.kept)))
    }

    fn rename(&mut self, from: &Urn, to: &Urn) {
        if let Some(mut object) = self.objects.remove(from) {
            object.urn = to.clone();
            self.objects.insert(to.clone(), object);
        }
        for (dependencies, kept) in self.sayings() {
            if dependencies.remove(from) {
                dependencies.insert(to.clone());
            }
            if kept.deleted_with.as_ref() == Some(from) {
                kept.deleted_with = Some(to.clone());
            }
        }
        for output in self.outputs.values_mut() {
            if output.from.remove(from) {
                output.from.insert(to.clone());
            }
        }
    }
}
