//! Objects: what is known of one resource that exists.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use diag::Place;
use resource::{Moment, Options, Shared, Timeouts, Urn};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sorted::{SortedMap, SortedSet};
use value::{Digest, Map, Path, Value};

use crate::{Hold, Origin, Request, Spot};

/// One object that a stack has made or taken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// The resource.
    pub urn: Urn,
    /// Grows with each create of the URN.
    pub incarnation: u64,
    /// The vendor's id.
    pub id: String,
    /// What it was last applied with, normalised; secrets are encrypted.
    pub inputs: Map,
    /// What the provider last said of it; secrets are encrypted.
    pub observed: Map,
    /// The resources of the stack that it reads or waits for.
    #[serde(default)]
    pub dependencies: SortedSet<Urn>,
    /// The outputs of other stacks that it was applied with.
    #[serde(default)]
    pub read: SortedSet<ReadOutput>,
    /// What it was applied with and its names no longer say, since one of the two has moved, or was renamed, since.
    #[serde(default, skip_serializing_if = "SortedSet::is_empty")]
    pub holds: SortedSet<Hold>,
    /// Where it stood before it came here, or had its name, if somebody may hold it by that.
    #[serde(default, skip_serializing_if = "SortedSet::is_empty")]
    pub origins: SortedSet<Origin>,
    /// The options that still count when the program no longer declares it.
    #[serde(default)]
    pub kept: Shared<Kept>,
    /// It is only read: the stack neither made it nor deletes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// How it is.
    #[serde(default)]
    pub status: Status,
    /// When it was created: RFC 3339, UTC.
    pub created: String,
    /// When it was last changed: RFC 3339, UTC.
    pub modified: String,
    /// The line that last declared it: a remark, in no digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
}

/// An output of another stack that an object was applied with, or that an output is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReadOutput {
    /// The stack's full name.
    pub stack: String,
    /// The stack's id.
    pub stack_id: String,
    /// The output leaf.
    pub path: Path,
    /// The digest of its value.
    pub digest: Digest,
    /// The objects that the value was made of when it was read, whatever stacks it was passed on through.
    #[serde(default, skip_serializing_if = "SortedSet::is_empty")]
    pub of: SortedSet<Hold>,
}

impl ReadOutput {
    /// Whether the same value of the same output was read.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.stack_id, &self.path, self.digest) == (&other.stack_id, &other.path, other.digest)
    }
}

/// A stack that has objects which were applied with outputs of another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OutputReader {
    /// The reader's full name when it registered.
    pub stack: String,
    /// The reader's stack id.
    pub stack_id: String,
}

/// Those settings of a provider instance that decide where its objects are: account, region, endpoint.
pub type Site = SortedMap<String, String>;

/// Options kept in state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Refuses to be deleted.
    pub protect: bool,
    /// The object stays when the resource goes.
    pub retain_on_delete: bool,
    /// A replacement deletes first.
    pub delete_before_replace: Option<bool>,
    /// The provider instance.
    pub provider: Option<String>,
    /// Where that pointed when the object was made; empty = not known.
    #[serde(skip_serializing_if = "Site::is_empty")]
    pub site: Site,
    /// The construct that it is shown under.
    pub parent: Option<String>,
    /// How long operations may take.
    pub timeouts: Timeouts,
    /// The object goes with that of this resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_with: Option<Urn>,
    /// Which incarnation of that resource it goes with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_with_incarnation: Option<u64>,
    /// The digest of the value whose change replaces the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Digest>,
    /// What is to run when the object is deleted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delete_hooks: Vec<KeptHook>,
}

/// A hook with its arguments as they were when the object was last applied; secrets are encrypted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptHook {
    /// When.
    pub at: Moment,
    /// What.
    pub run: KeptRun,
}

/// What a kept hook does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptRun {
    /// Starts a program with arguments.
    Command(Vec<Value>),
    /// Calls a named pure function.
    Function {
        /// Its path.
        name: String,
        /// On what.
        args: Vec<Value>,
    },
}

/// What an object, or a step whose end is not known, says of other resources.
pub(crate) struct Said<'a> {
    pub(crate) dependencies: &'a mut SortedSet<Urn>,
    pub(crate) kept: &'a mut Shared<Kept>,
    pub(crate) holds: Option<&'a mut SortedSet<Hold>>,
}

impl Said<'_> {
    /// Every resource that is named.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Urn> {
        named(self.dependencies, self.kept)
            .chain(self.holds.iter().flat_map(|holds| holds.iter()).map(|hold| &hold.urn))
    }
}

fn named<'a>(dependencies: &'a SortedSet<Urn>, kept: &'a Kept) -> impl Iterator<Item = &'a Urn> {
    dependencies.iter().chain(&kept.deleted_with)
}

impl Request {
    /// Every resource of the stack that is named.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Urn> {
        named(&self.dependencies, &self.kept)
    }
}

impl Object {
    /// Every resource that is named; some of them stand in other stacks.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Urn> {
        named(&self.dependencies, &self.kept).chain(self.holds.iter().map(|hold| &hold.urn))
    }

    /// Every place where it stands or stood: here, under its name, and where it came from.
    pub fn places<'a>(&'a self, stack_id: &'a str) -> impl Iterator<Item = Spot<'a>> {
        let origins = self.origins.iter().map(|origin| (origin.stack_id.as_str(), &origin.urn, origin.incarnation));
        std::iter::once((stack_id, &self.urn, self.incarnation)).chain(origins)
    }

    /// The incarnation of a resource that the object goes with: the one that is remembered, or else, if that is new, the
    /// one that was there before.
    pub fn hangs_on(&self, urn: &Urn, before: Option<&Object>) -> Option<u64> {
        let remembered = self.kept.deleted_with_incarnation.filter(|_| self.kept.deleted_with.as_ref() == Some(urn));
        remembered.or(before.map(|object| object.incarnation))
    }

    /// The object when nobody knows how far an update of it got: it reads what it read and what it was to read, and goes
    /// with another one only if it did and still was to.
    #[must_use]
    pub fn half_updated(&self, request: &Request) -> Self {
        let mut half = self.clone();
        half.dependencies = self.dependencies.iter().chain(&request.dependencies).cloned().collect();
        half.read = self.read.iter().chain(&request.read).cloned().collect();
        let (was, is) = (&self.kept, &request.kept);
        if (&was.deleted_with, was.deleted_with_incarnation) != (&is.deleted_with, is.deleted_with_incarnation) {
            (half.kept.deleted_with, half.kept.deleted_with_incarnation) = (None, None);
        }
        half
    }
}

impl Kept {
    /// Whether the object goes with one incarnation of a resource.
    pub fn goes_with(&self, urn: &Urn, incarnation: u64) -> bool {
        self.deleted_with.as_ref() == Some(urn) && self.deleted_with_incarnation == Some(incarnation)
    }

    /// What is kept of a resource's options.
    pub fn of(options: &Options, parent: Option<String>) -> Self {
        Self {
            protect: options.protect,
            retain_on_delete: options.retain_on_delete,
            delete_before_replace: options.delete_before_replace,
            provider: options.provider.clone(),
            site: Site::new(),
            parent,
            timeouts: options.timeouts,
            deleted_with: options.deleted_with.clone(),
            deleted_with_incarnation: None,
            trigger: None,
            delete_hooks: Vec::new(),
        }
    }

    /// The options that it stands for.
    pub fn options(&self) -> Options {
        Options {
            protect: self.protect,
            retain_on_delete: self.retain_on_delete,
            delete_before_replace: self.delete_before_replace,
            provider: self.provider.clone(),
            timeouts: self.timeouts,
            deleted_with: self.deleted_with.clone(),
            ..Options::default()
        }
    }
}

impl Object {
    /// Keeps the same copies as another object of what they have alike.
    pub(crate) fn share(&mut self, other: &Self) {
        self.kept.share(&other.kept);
        if let (Some(source), Some(other)) = (&mut self.source, &other.source) {
            source.share(other);
        }
    }

    /// What it says of other resources.
    pub(crate) fn says(&mut self) -> Said<'_> {
        Said { dependencies: &mut self.dependencies, kept: &mut self.kept, holds: Some(&mut self.holds) }
    }

    /// Takes in what was seen of it. When it was changed by whom is not known, so its times stay.
    pub(crate) fn observe(&mut self, observed: &Map, id: Option<&str>, healthy: bool) {
        self.observed.clone_from(observed);
        if self.external {
            // What is only read is what it is.
            self.inputs.clone_from(observed);
        }
        if let Some(id) = id {
            id.clone_into(&mut self.id);
        }
        if healthy && matches!(self.status, Status::Partial { .. }) {
            self.status = Status::Ready;
        }
    }
}

/// How an object is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    #[default]
    Ready,
    /// It exists, but its create or last update did not end well; the next run updates it.
    Partial {
        /// What the provider said.
        reasons: Vec<String>,
    },
    /// It is replaced at the next run.
    Tainted,
}

/// Reads objects; those that follow one another keep the same copies of what they have alike.
pub(crate) fn sharing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Urn, Arc<Object>>, D::Error> {
    struct Objects;

    impl<'de> Visitor<'de> for Objects {
        type Value = BTreeMap<Urn, Arc<Object>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("objects by their URNs")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut objects: Vec<(Urn, Arc<Object>)> = Vec::new();
            while let Some((urn, mut object)) = map.next_entry::<Urn, Object>()? {
                if let Some((_, last)) = objects.last() {
                    object.share(last);
                }
                objects.push((urn, Arc::new(object)));
            }
            Ok(objects.into_iter().collect())
        }
    }

    deserializer.deserialize_map(Objects)
}
