//! Objects that move from one stack to another: three entries in two journals.
//!
//! The stack that an object leaves says so first ([`Leaving`]); then the other one takes it over and notes the
//! [`Origin`], for good; then the first one drops its record. Whatever instant a run dies at, the first stack knows whom
//! to ask, and the second one knows the answer.

use std::collections::BTreeMap;

use resource::Urn;
use serde::{Deserialize, Serialize};
use sorted::SortedSet;

use crate::{Entry, Object, ReadOutput, StackState};

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
            let from = Origin { stack_id: self.id.clone(), urn: urn.clone(), incarnation };
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

    /// The object as the other stack records it. What it reads of resources that stay behind it reads of another stack
    /// by then, and the other way round.
    fn as_it_arrives(&self, object: &Object, to: &Self, names: &BTreeMap<Urn, Urn>) -> Object {
        let mut arriving = object.clone();
        arriving.urn.clone_from(&names[&object.urn]);
        arriving.incarnation = object.incarnation.max(to.last_incarnation + 1);
        arriving.dependencies = object.dependencies.iter().filter_map(|urn| names.get(urn)).cloned().collect();
        let behind = object.dependencies.iter().filter(|urn| !names.contains_key(*urn));
        arriving.read.extend(behind.flat_map(|urn| self.outputs_made_of(urn)));
        let (own, foreign): (SortedSet<_>, SortedSet<_>) =
            std::mem::take(&mut arriving.read).into_iter().partition(|read| read.stack_id == to.id);
        let own = own.iter().filter_map(|read| to.outputs.get(&read.path)).flat_map(|output| &output.from);
        arriving.dependencies.extend(own.filter(|urn| to.objects.contains_key(*urn)).cloned());
        arriving.read = foreign;
        arriving.kept.parent = None;
        arriving.kept.deleted_with = object.kept.deleted_with.as_ref().and_then(|urn| names.get(urn)).cloned();
        arriving
    }

    /// The readings of the published outputs that are made of a resource.
    fn outputs_made_of<'a>(&'a self, urn: &'a Urn) -> impl Iterator<Item = ReadOutput> + 'a {
        self.outputs.iter().filter(|(_, output)| output.from.contains(urn)).map(|(path, output)| ReadOutput {
            stack: self.name.to_string(),
            stack_id: self.id.clone(),
            path: path.clone(),
            digest: output.digest,
        })
    }
}
