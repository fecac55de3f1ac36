//! Objects that move from one stack to another: three entries in two journals.
//!
//! The stack that an object leaves says so first ([`Leaving`]); then the other one takes it over and notes the
//! [`Origin`], for good; then the first one drops its record. Whatever instant a run dies at, the first stack knows whom
//! to ask, and the second one knows the answer.

use std::collections::BTreeMap;

use resource::Urn;
use serde::{Deserialize, Serialize};

use crate::{Entry, Object, Spot, StackState};

/// Where an object stood before it was taken over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The id of the stack.
    pub stack_id: String,
    /// Its name there.
    pub urn: Urn,
    /// Its incarnation there.
    pub incarnation: u64,
}

/// An object that another one was applied with, by where it stood then.
///
/// Whoever would delete an object asks for each place where it stands or stood: so a hold counts wherever the object, or
/// who holds it, has moved since, until the holder is applied again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hold {
    /// The full name that the stack had then: a label.
    pub stack: String,
    /// The id of the stack.
    pub stack_id: String,
    /// Its name there.
    pub urn: Urn,
    /// Its incarnation there.
    pub incarnation: u64,
}

impl Hold {
    /// The place that it names.
    pub fn place(&self) -> Spot<'_> {
        (&self.stack_id, &self.urn, self.incarnation)
    }
}

/// Where an object is about to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// Its incarnation here.
    pub incarnation: u64,
    /// The id of the stack that it goes to.
    pub to: String,
    /// The name that it gets there.
    pub name: Urn,
}

/// What hands objects of one stack over to another one; each list becomes durable as a whole, before the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HandOver {
    /// For the stack that they leave.
    pub leaving: Vec<Entry>,
    /// For the stack that they go to.
    pub arriving: Vec<Entry>,
    /// For the stack that they have left.
    pub left: Vec<Entry>,
}

impl StackState {
    /// Hands live objects over to another stack, by their names here and there; one that is not here is left out.
    pub fn hand_over(&self, to: &Self, names: &BTreeMap<Urn, Urn>) -> HandOver {
        let mut entries = HandOver::default();
        for (urn, name) in names {
            let Some(object) = self.objects.get(urn) else { continue };
            let incarnation = object.incarnation;
            let (id, urn) = (to.id.clone(), urn.clone());
            let from = self.origin(object);
            let arriving = Box::new(self.as_it_arrives(object, to, names));
            entries.leaving.push(Entry::Leaving { urn: urn.clone(), incarnation, to: id, name: name.clone() });
            entries.arriving.push(Entry::Arrived { object: arriving, from });
            entries.left.push(Entry::Left { urn });
        }
        entries
    }

    /// Whether an object that is about to leave a stack has arrived in this one.
    pub fn has_arrived(&self, from: &Self, urn: &Urn) -> bool {
        let origin = |leaving: &Leaving| Origin {
            stack_id: from.id.clone(),
            urn: urn.clone(),
            incarnation: leaving.incarnation,
        };
        from.leaving.get(urn).is_some_and(|leaving| leaving.to == self.id && self.arrived.contains(&origin(leaving)))
    }

    /// The object as the other stack records it. What it was applied with and stays behind it holds from there, and
    /// what it read of the other stack it depends on.
    fn as_it_arrives(&self, object: &Object, to: &Self, names: &BTreeMap<Urn, Urn>) -> Object {
        let mut arriving = object.clone();
        arriving.urn.clone_from(&names[&object.urn]);
        arriving.incarnation = object.incarnation.max(to.last_incarnation + 1);
        arriving.origins.insert(self.origin(object));
        arriving.dependencies = object.dependencies.iter().filter_map(|urn| names.get(urn)).cloned().collect();
        let live = object.dependencies.iter().filter(|urn| !names.contains_key(*urn));
        let live = live.filter_map(|urn| self.objects.get(urn));
        let aside = object.dependencies.iter().flat_map(|urn| self.replaced.of(urn));
        arriving.holds.extend(live.chain(aside).map(|held| self.hold(held)));
        for read in object.read.iter().filter(|read| read.stack_id == to.id) {
            let from: Vec<&Urn> = to.outputs.get(&read.path).into_iter().flat_map(|output| &output.from).collect();
            arriving.dependencies.extend(from.iter().filter(|urn| to.has(urn)).copied().cloned());
            // What has left by now is still found by what is published of it.
            if !from.is_empty() && from.iter().all(|urn| to.has(urn)) {
                arriving.read.remove(read);
                arriving.holds.extend(read.of.iter().cloned());
            }
        }
        arriving.kept.parent = None;
        self.go_on_together(&mut arriving, to, names);
        arriving
    }

    /// What goes with another object that comes along goes with it where they are then.
    fn go_on_together(&self, arriving: &mut Object, to: &Self, names: &BTreeMap<Urn, Urn>) {
        let with = arriving.kept.deleted_with.take();
        let incarnation = arriving.kept.deleted_with_incarnation.take();
        let Some((with, name)) = with.and_then(|urn| Some((self.objects.get(&urn)?, names.get(&urn)?))) else { return };
        if incarnation.is_none_or(|incarnation| incarnation == with.incarnation) {
            arriving.kept.deleted_with = Some(name.clone());
            arriving.kept.deleted_with_incarnation = incarnation.map(|of| of.max(to.last_incarnation + 1));
        }
    }

    /// An object of this stack as it is under another name: who read what it is made of in another stack knows it by the
    /// name that it had then.
    pub fn renamed(&self, object: &Object, to: &Urn) -> Object {
        let mut renamed = Object { urn: to.clone(), ..object.clone() };
        renamed.origins.insert(self.origin(object));
        renamed
    }

    fn origin(&self, object: &Object) -> Origin {
        Origin { stack_id: self.id.clone(), urn: object.urn.clone(), incarnation: object.incarnation }
    }

    /// A hold on an object that stands here.
    pub(crate) fn hold(&self, object: &Object) -> Hold {
        let (stack, stack_id) = (self.name.to_string(), self.id.clone());
        Hold { stack, stack_id, urn: object.urn.clone(), incarnation: object.incarnation }
    }
}
