//! The stacks outside the selection that stand against a deletion.

use std::collections::BTreeSet;

use diff::{Action, OutputChange};
use resource::Urn;
use state::Object;
use value::{Digest, Path};

use crate::{Builder, Readers};

impl Builder<'_> {
    /// The stacks outside that hold outputs which are made of an object.
    pub(crate) fn readers_of(&self, stack: usize, urn: &Urn, incarnation: u64) -> Readers {
        let input = &self.stacks[stack];
        let aside = input.changes.leftovers.contains(&(urn.clone(), incarnation));
        let made_of_it = self.outputs_of(stack, urn).into_iter().filter(|(path, _)| {
            let change = input.changes.outputs.get(*path);
            change.is_none_or(|change| change.changes() || change.from.contains(urn))
        });
        let moved_on = made_of_it.map(|(path, output)| {
            // Whoever was applied with what is published for good by now has left an object that was set aside.
            let moves = |change: &OutputChange| change.changes() || change.left;
            let renewed = !output.stale && !input.changes.outputs.get(path).is_some_and(moves);
            (path, (aside && renewed).then_some(output.digest))
        });
        let id = &input.changes.stack_id;
        let mut readers = self.readers(moved_on.map(|(path, digest)| (id.as_str(), path, digest)));
        if let Some(object) = self.object(stack, urn, incarnation) {
            let changes = |id: &str, path: &Path| {
                let of = self.stacks.iter().find(|stack| stack.changes.stack_id == *id);
                of.and_then(|stack| stack.changes.outputs.get(path)).is_some_and(|o| o.changes() || o.left)
            };
            let earlier = self.holders.outputs_of(id, object);
            let earlier = earlier.map(|(id, path, renewed)| (id, path, renewed.filter(|_| !changes(id, path))));
            for (reader, outputs) in self.readers(earlier) {
                readers.entry(reader).or_default().extend(outputs);
            }
            for holder in self.index.holding_outside(id, object) {
                let stack = holder.to_string();
                if !readers.contains_key(&stack) && !self.names.contains_key(&stack) {
                    readers.entry(stack).or_default().insert(format!("`{}`", object.urn.name()));
                }
            }
        }
        readers
    }

    /// The objects of this run that keep what they read of an object when it was in another stack: that one is not in the
    /// run, and publishes it still.
    pub(crate) fn readers_that_stay(&self, stack: usize, urn: &Urn, incarnation: u64) -> BTreeSet<String> {
        let Some(object) = self.object(stack, urn, incarnation) else { return BTreeSet::new() };
        let is_here = |id: &str| self.stacks.iter().any(|stack| stack.changes.stack_id == id);
        let earlier = self.holders.outputs_of(&self.stacks[stack].changes.stack_id, object);
        let earlier = earlier.filter(|(id, ..)| !is_here(id));
        let readers = earlier.flat_map(|(id, path, renewed)| {
            let reads = move |reader: &Object| {
                let mut read = reader.read.iter().filter(|read| read.stack_id == id && path.touches(&read.path));
                read.any(|read| renewed != Some(read.digest))
            };
            self.index.across(id).iter().filter(move |(other, reader)| reads(reader) && self.is_kept(*other, reader))
        });
        readers.map(|(other, reader)| self.reader(*other, reader)).collect()
    }

    /// Whether an object is as it is wanted.
    fn is_kept(&self, stack: usize, object: &Object) -> bool {
        let change = self.stacks[stack].changes.resources.get(self.index.current_name(stack, &object.urn));
        change.is_some_and(|change| change.action == Action::Keep && change.incarnation == object.incarnation)
    }

    /// The stacks outside that hold outputs of stacks, which are named by their ids, with the outputs; with a digest only
    /// those that hold another.
    pub(crate) fn readers<'b>(&self, outputs: impl Iterator<Item = (&'b str, &'b Path, Option<Digest>)>) -> Readers {
        let mut readers = Readers::new();
        for (id, path, moved_on) in outputs {
            let holders = self.holders.outside(id, path).filter(|holder| !self.names.contains_key(&holder.stack));
            for holder in holders.filter(|holder| moved_on != Some(holder.digest)) {
                readers.entry(holder.stack.clone()).or_default().insert(format!("`{}`", holder.path));
            }
        }
        readers
    }
}
