//! Change sets: what would be done, and why. Plain data.

use std::collections::{BTreeMap, BTreeSet};

use diag::Place;
use resource::{Construct, Dependency, Options, Shared, StackName, Urn};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sorted::SortedSet;
use state::Object;
use value::{Digest, Map, Path, Secret, Value};

/// What would be done to one stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeSet {
    /// The stack.
    pub stack: StackName,
    /// Its id: a new one, if it has no state yet.
    pub stack_id: String,
    /// The generation of the head that this was made from; `None` = there is none.
    pub base: Option<u64>,
    /// The resources, declared or only in state, by URN.
    pub resources: BTreeMap<Urn, ResourceChange>,
    /// Objects that an earlier run replaced and left to be deleted: URN and incarnation.
    pub leftovers: BTreeSet<(Urn, u64)>,
    /// Objects that go over to another stack: by their name here, that stack and their name there.
    pub leaving: BTreeMap<Urn, (StackName, Urn)>,
    /// The outputs, by leaf.
    pub outputs: BTreeMap<Path, OutputChange>,
    /// The constructs, for display.
    pub constructs: BTreeMap<String, Construct>,
    /// Every output of another stack that the plan reads, with what was found.
    #[serde(with = "pairs")]
    pub reads: BTreeMap<(String, Path), ReadPin>,
}

/// JSON has no maps whose keys are not texts.
mod pairs {
    use super::{BTreeMap, Deserialize, Deserializer, Path, ReadPin, Serializer};

    type Reads = BTreeMap<(String, Path), ReadPin>;

    pub(super) fn serialize<S: Serializer>(reads: &Reads, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(reads.iter().map(|((stack, path), pin)| (stack, path, pin)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Reads, D::Error> {
        let triples = Vec::<(String, Path, ReadPin)>::deserialize(deserializer)?;
        Ok(triples.into_iter().map(|(stack, path, pin)| ((stack, path), pin)).collect())
    }
}

/// What an output of another stack was when it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadPin {
    /// The digest of the value.
    pub digest: Digest,
    /// From the same run, not from what is published.
    pub proposed: bool,
}

/// What would be done with one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceChange {
    /// What.
    pub action: Action,
    /// The properties that differ, or that force it.
    pub differences: Vec<Difference>,
    /// The properties as they should be, as far as they are known; empty for a delete.
    pub goal: Map,
    /// The incarnation that a create makes, or that of the object that is there.
    pub incarnation: u64,
    /// The resources of the stack that it reads or waits for.
    pub dependencies: SortedSet<Urn>,
    /// The outputs of other stacks that it reads.
    pub reads: BTreeSet<(String, Path)>,
    /// The stacks, and resources, that it waits for without reading them.
    pub waits_for: Vec<Dependency>,
    /// The options; for a delete those of its state.
    pub options: Shared<Options>,
    /// The construct that it is shown under.
    pub parent: Option<String>,
    /// The line that declares it.
    pub source: Option<Place>,
    /// The vendor's id of the object that is there.
    pub id: Option<String>,
    /// It is protected, but the profile ignores that.
    pub protection_ignored: bool,
    /// The earlier name that its object stands under in state.
    pub renamed_from: Option<Urn>,
    /// The stack that its object is taken over from, and its name there.
    pub moved_from: Option<Box<(StackName, Urn)>>,
    /// What state says of its options, or of what it reads and waits for, is out of date.
    pub record: bool,
    /// It is replaced because somebody asked for it, whether something differs or not.
    pub forced: bool,
    /// The run is restricted, and this is left as state says it is; without an id it is not there at all.
    pub left: bool,
    /// The id of the object that it had and that somebody else has deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vanished: Option<String>,
    /// Remarks for people: why delete comes first, what was taken from where.
    pub remarks: Vec<String>,
}

impl ResourceChange {
    /// Whether it is replaced, or may be.
    pub fn is_replace(&self) -> bool {
        matches!(self.action, Action::Replace { .. })
    }

    /// Whether it is declared and not there, and a restricted run does not make it.
    pub fn is_missing(&self) -> bool {
        self.left && self.id.is_none()
    }

    /// Whether it only mends what the world has changed.
    pub fn is_drift(&self) -> bool {
        let drift = || self.differences.iter().all(|difference| difference.drift);
        self.vanished.is_some() || (!self.differences.is_empty() && drift())
    }

    /// Whether nothing would be done, not even to its record in state.
    pub fn is_nothing(&self) -> bool {
        self.action == Action::Keep && self.renamed_from.is_none() && self.moved_from.is_none() && !self.record
    }
}

/// An action on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    Keep,
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Make a new object and delete the old one.
    Replace {
        /// The old object goes first.
        delete_first: bool,
        /// Only if a value that is not known yet comes out different.
        undecided: bool,
    },
    /// Delete it.
    Delete,
    /// Drop its record and leave the object.
    Forget,
    /// Take over an object that exists.
    Adopt,
    /// Look at an object that is only read.
    Read,
}

impl Action {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "no change",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace { .. } => "replace",
            Self::Delete => "delete",
            Self::Forget => "forget",
            Self::Adopt => "adopt",
            Self::Read => "read",
        }
    }
}

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where.
    pub path: Path,
    /// What it was; `None` = it was not there.
    pub old: Option<Value>,
    /// What it should be; `None` = it goes.
    pub new: Option<Value>,
    /// It forces a replacement.
    pub replaces: bool,
    /// The world has changed, not the program.
    pub drift: bool,
}

impl Difference {
    /// A sentence that says why it forces a replacement.
    pub fn forces(&self) -> String {
        // A property changes from one value to another; of the trigger only the digest is known.
        let trigger = self.path == Path::key("trigger") && self.old.is_none();
        if trigger { "its trigger has changed".to_owned() } else { format!("`{}` cannot change in place", self.path) }
    }
}

/// What would be done with one output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputChange {
    /// The value that it would have, as far as it is known; `None` = it is withdrawn.
    pub value: Option<Value>,
    /// The digest of what is published; `None` = nothing is.
    pub published: Option<Digest>,
    /// The resources that it is made of.
    pub from: SortedSet<Urn>,
    /// The outputs of other stacks that it is made of.
    pub reads: BTreeSet<(String, Path)>,
    /// Nothing is published anew, but what state says of what it is made of.
    #[serde(default)]
    pub record: bool,
    /// The run is restricted, and this stays as it is published, or unpublished.
    pub left: bool,
}

impl OutputChange {
    /// Whether nothing would be done, not even to its record in state.
    pub fn is_nothing(&self) -> bool {
        !self.changes() && !self.record
    }

    /// Whether what is published would be something else, or may be.
    pub fn changes(&self) -> bool {
        !self.left && self.value.as_ref().map(Value::digest) != self.published
    }
}

impl ChangeSet {
    /// Whether an object of the stack stays where it is when its record goes.
    ///
    /// Of what this run replaces the program knows best; otherwise what was last applied counts.
    pub fn retains(&self, urn: &Urn, object: &Object) -> bool {
        match self.resources.get(urn) {
            Some(change) if change.is_replace() && !self.leftovers.contains(&(urn.clone(), object.incarnation)) => {
                change.options.retain_on_delete
            }
            _ => object.kept.retain_on_delete || object.external,
        }
    }

    /// Whether anything would be done, outputs included.
    pub fn is_empty(&self) -> bool {
        self.leftovers.is_empty()
            && self.leaving.is_empty()
            && self.resources.values().all(ResourceChange::is_nothing)
            && self.outputs.values().all(OutputChange::is_nothing)
    }

    /// Drops ciphertexts: of a secret only its fingerprint stays.
    pub(crate) fn drop_ciphertexts(&mut self) {
        for change in self.resources.values_mut() {
            change.goal.values_mut().for_each(seal);
            for difference in &mut change.differences {
                difference.old.iter_mut().chain(&mut difference.new).for_each(seal);
            }
        }
        self.outputs.values_mut().filter_map(|output| output.value.as_mut()).for_each(seal);
    }

    /// How many resources each action has.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in self.resources.values() {
            match change.action {
                Action::Keep => counts.keep += usize::from(!change.is_missing()),
                Action::Read => counts.keep += 1,
                Action::Create => counts.create += 1,
                Action::Adopt => counts.adopt += 1,
                Action::Update => counts.update += 1,
                Action::Replace { .. } => counts.replace += 1,
                Action::Delete | Action::Forget => counts.delete += 1,
            }
        }
        counts.delete += self.leftovers.len();
        counts
    }
}

/// Leaves only the fingerprints of secrets.
fn seal(value: &mut Value) {
    match value {
        Value::Secret(secret) => *secret = Secret::sealed(secret.fingerprint()),
        Value::List(items) => items.iter_mut().for_each(seal),
        Value::Map(map) => map.values_mut().for_each(seal),
        _ => {}
    }
}

/// How many resources each kind of action has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// To be made.
    pub create: usize,
    /// To be taken over.
    pub adopt: usize,
    /// To be changed in place.
    pub update: usize,
    /// To be replaced.
    pub replace: usize,
    /// To be deleted or forgotten.
    pub delete: usize,
    /// Left as they are.
    pub keep: usize,
}

impl Counts {
    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            create: self.create + other.create,
            adopt: self.adopt + other.adopt,
            update: self.update + other.update,
            replace: self.replace + other.replace,
            delete: self.delete + other.delete,
            keep: self.keep + other.keep,
        }
    }

    /// How many resources something is done to.
    pub fn changes(self) -> usize {
        self.create + self.adopt + self.update + self.replace + self.delete
    }
}
