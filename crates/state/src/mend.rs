//! Making a state whole again: what cannot be is dropped, and each drop is said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use graph::Graph;
use resource::Urn;

use crate::readers::Readers;
use crate::{Object, StackState};

impl StackState {
    /// Drops what cannot be, and says it, a sentence each; afterwards [`StackState::verify`] finds nothing, unless a
    /// newer version wrote the state. No object is touched: what goes are records of how objects hang together, and of
    /// an object that is recorded twice.
    pub fn mend(&mut self) -> Vec<String> {
        let mut says = Vec::new();
        // What is changed here is changed behind the back of whoever follows the state.
        self.readers = Readers::default();
        self.put_in_place(&mut says);
        self.drop_doubles(&mut says);
        self.raise_counter(&mut says);
        self.drop_dangling(&mut says);
        self.open_cycles(&mut says);
        says
    }

    /// References that mean nothing any more and stand in nobody's way: what a published output is made of. A sentence
    /// each; [`StackState::mend`] drops them, too.
    pub fn loose_ends(&self) -> Vec<String> {
        let known = self.urns();
        let made_of = self.outputs.iter().flat_map(|(path, output)| output.from.iter().map(move |urn| (path, urn)));
        made_of.filter(|(_, urn)| !known.contains(*urn)).map(|(path, urn)| unmade(path, urn)).collect()
    }

    /// Every resource that there is a record of.
    fn urns(&self) -> BTreeSet<Urn> {
        self.copies().map(|object| object.urn.clone()).collect()
    }

    /// Objects that stand under another name.
    fn put_in_place(&mut self, says: &mut Vec<String>) {
        let misplaced = self.objects.iter().filter(|(key, object)| **key != object.urn).map(|(key, _)| key.clone());
        for key in misplaced.collect::<Vec<_>>() {
            let Some(object) = self.objects.remove(&key) else { continue };
            if self.objects.contains_key(&object.urn) {
                says.push(dropped(&object, &format!("under `{key}`, and the name is taken")));
            } else {
                says.push(format!("`{}`, which stood under `{key}`, is put in its place", object.urn));
                self.objects.insert(object.urn.clone(), object);
            }
        }
    }

    /// Copies that were set aside of an object that is there.
    fn drop_doubles(&mut self, says: &mut Vec<String>) {
        for object in self.objects.values() {
            if let Some(double) = self.replaced.take(&object.urn, object.incarnation) {
                says.push(dropped(&double, "twice with one incarnation"));
            }
        }
    }

    fn raise_counter(&mut self, says: &mut Vec<String>) {
        let highest = self.copies().map(|object| object.incarnation).max();
        if let Some(highest) = highest.filter(|highest| *highest > self.last_incarnation) {
            says.push(format!("the counter of incarnations goes from {} to {highest}", self.last_incarnation));
            self.last_incarnation = highest;
        }
    }

    fn drop_dangling(&mut self, says: &mut Vec<String>) {
        let known = self.urns();
        for object in self.objects.values_mut().chain(self.replaced.values_mut()) {
            let Object { urn, dependencies, kept, .. } = Arc::make_mut(object);
            dependencies.retain(|need| {
                let there = known.contains(need);
                if !there {
                    says.push(format!("`{urn}` no longer depends on `{need}`, of which there is no record"));
                }
                there
            });
            if let Some(with) = kept.deleted_with.take_if(|with| !known.contains(with)) {
                kept.deleted_with_incarnation = None;
                says.push(format!("`{urn}` is no longer deleted with `{with}`, of which there is no record"));
            }
        }
        for (path, output) in &mut self.outputs {
            output.from.retain(|urn| {
                let there = known.contains(urn);
                if !there {
                    says.push(unmade(path, urn) + ": that is forgotten");
                }
                there
            });
        }
    }

    /// Lets the last one of each cycle no longer depend on the first.
    fn open_cycles(&mut self, says: &mut Vec<String>) {
        loop {
            let cycles = self.cycles();
            if cycles.is_empty() {
                return;
            }
            for cycle in cycles {
                let (Some(first), Some(last)) = (cycle.first(), cycle.last()) else { continue };
                if let Some(object) = self.objects.get_mut(last) {
                    Arc::make_mut(object).dependencies.remove(first);
                }
                says.push(format!("`{last}` no longer depends on `{first}`, which depends on it"));
            }
        }
    }

    /// The cycles among live objects, each as a walk along what needs what.
    pub(crate) fn cycles(&self) -> Vec<Vec<Urn>> {
        let numbers: BTreeMap<&Urn, usize> = self.objects.keys().zip(0..).collect();
        let mut graph = Graph::new(numbers.len());
        for (number, object) in self.objects.values().enumerate() {
            let needs = object.dependencies.iter().filter_map(|need| numbers.get(need));
            needs.for_each(|need| graph.add_edge(number, *need));
        }
        let urns: Vec<&Urn> = self.objects.keys().collect();
        let cycles = graph.order().err().unwrap_or_default();
        cycles.into_iter().map(|cycle| cycle.into_iter().map(|number| urns[number].clone()).collect()).collect()
    }
}

fn unmade(path: &value::Path, urn: &Urn) -> String {
    format!("output `{path}` is made of `{urn}`, of which there is no record")
}

fn dropped(object: &Object, why: &str) -> String {
    format!("the record of `{}` that stood there {why} goes; its object `{}` stays", object.urn, object.id)
}
