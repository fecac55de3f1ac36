//! Objects that go with another one: no call deletes them, so whatever they would wait for the other waits for.

use diff::Action;
use resource::Urn;
use state::Object;

use crate::{Builder, StepKind};

impl<'a> Builder<'a> {
    /// An object of state, by its name now.
    pub(crate) fn object(&self, stack: usize, urn: &Urn, incarnation: u64) -> Option<&'a Object> {
        let state = self.stacks[stack].state?;
        let live = self.live(stack, urn).filter(|object| object.incarnation == incarnation);
        live.or_else(|| state.replaced.get(urn, incarnation).map(AsRef::as_ref))
    }

    /// Whether a deletion is a call, or leaves the object where it is.
    pub(crate) fn is_called(&self, stack: usize, urn: &Urn, incarnation: u64) -> bool {
        let changes = self.stacks[stack].changes;
        let forgotten = changes.resources.get(urn).is_some_and(|change| change.action == Action::Forget);
        let retained = |object: &Object| changes.retains(urn, object);
        !forgotten && !self.object(stack, urn, incarnation).is_some_and(retained)
    }

    /// Everything that state says goes with an object, and with that in turn.
    pub(crate) fn companions(&self, stack: usize, object: &'a Object) -> Vec<&'a Object> {
        let mut found: Vec<&'a Object> = vec![object];
        let mut next = 0;
        while let Some(object) = found.get(next) {
            let with = self.index.with(stack, object);
            let new: Vec<&Object> =
                with.filter(|with| !found.iter().any(|found| std::ptr::eq(*found, *with))).collect();
            found.extend(new);
            next += 1;
        }
        found.remove(0);
        found
    }

    /// What a deletion takes away, by its names now: the object, and all that goes with it.
    pub(crate) fn gone_with(&self, stack: usize, urn: &Urn, incarnation: u64) -> Vec<(Urn, u64)> {
        let companions = self.object(stack, urn, incarnation).map(|object| self.companions(stack, object));
        let named = |object: &Object| (self.index.current_name(stack, &object.urn).clone(), object.incarnation);
        let with = companions.into_iter().flatten().map(named);
        std::iter::once((urn.clone(), incarnation)).chain(with).collect()
    }

    /// The deletion that an object goes with in this run.
    pub(crate) fn goes_with(&self, stack: usize, object: &Object) -> Option<usize> {
        let own = StepKind::Delete(self.index.current_name(stack, &object.urn).clone(), object.incarnation);
        let own = self.number(stack, own).filter(|own| !self.alone.contains(&self.result.steps[*own]))?;
        let target = self.index.current_name(stack, object.kept.deleted_with.as_ref()?);
        let incarnation = object.kept.deleted_with_incarnation?;
        let other = self.number(stack, StepKind::Delete(target.clone(), incarnation))?;
        // One that has to make room for its replacement cannot wait until that of the other is there.
        let too_late = self.makes_room(own) && !self.goes_first(other);
        (self.is_called(stack, target, incarnation) && !too_late).then_some(other)
    }

    /// Has objects deleted by calls of their own that cannot go with another one, since that waits for them; whether
    /// there are any.
    pub(crate) fn part_from_what_comes_too_late(&mut self) -> bool {
        let known = self.alone.len();
        for circle in self.result.graph.components() {
            let is_in = |step: &usize| circle.binary_search(step).is_ok();
            let along = self.along.iter().find(|(from, to)| is_in(from) && is_in(to));
            self.alone.extend(along.map(|(from, _)| self.result.steps[*from].clone()));
        }
        self.alone.len() > known
    }

    /// Orders the deletion of an object, by its position, and of all that goes along with it.
    pub(crate) fn along_edges(&mut self, number: usize, stack: usize, object: &'a Object, first: bool) {
        let companions = self.companions(stack, object);
        let mut along: Vec<(&'a Object, usize)> = vec![(object, number)];
        for companion in companions {
            let with = self.goes_with(stack, companion);
            let urn = self.index.current_name(stack, &companion.urn).clone();
            let own = self.number(stack, StepKind::Delete(urn.clone(), companion.incarnation));
            match own.filter(|_| along.iter().any(|(_, step)| Some(*step) == with)) {
                Some(own) => {
                    along.push((companion, own));
                    if !first && !self.makes_room(own) {
                        // Its replacement is there before it goes.
                        self.edge(number, self.number(stack, StepKind::Apply(urn)));
                    }
                }
                // It stays behind, or goes by itself.
                None => self.after_reader(number, stack, companion, first),
            }
        }
        for (position, (member, step)) in along.iter().enumerate() {
            // Who goes over to what comes in its place cannot be waited for.
            let first = first || position > 0 && self.makes_room(*step);
            for reader in self.index.inside(stack, &member.urn).to_vec() {
                if !reads_another(reader, member) && !along.iter().any(|(other, _)| std::ptr::eq(*other, reader)) {
                    self.after_reader(number, stack, reader, first);
                }
            }
            self.after_holders(number, stack, member, first);
            if position > 0 {
                let urn = self.index.current_name(stack, &member.urn).clone();
                self.after_readers_of_outputs(number, stack, &urn, first);
            }
        }
    }

    /// Who was applied with an object when it, or who reads it, was elsewhere or had another name.
    fn after_holders(&mut self, number: usize, stack: usize, member: &'a Object, first: bool) {
        for (other, reader) in self.holders_of(stack, member) {
            self.after_reader(number, other, reader, first);
        }
    }

    /// The objects that hold one although no name says so, with the positions of their stacks.
    pub(crate) fn holders_of(&self, stack: usize, object: &'a Object) -> Vec<(usize, &'a Object)> {
        let own = &self.stacks[stack].changes.stack_id;
        let mut found: Vec<_> = self.index.holding(own, object).collect();
        for (id, path, _) in self.holders.outputs_of(own, object) {
            let reads =
                |reader: &Object| reader.read.iter().any(|read| read.stack_id == id && path.touches(&read.path));
            found.extend(self.index.across(id).iter().filter(|(_, reader)| reads(reader)));
        }
        found
    }

    /// Whether a deletion is the first half of a replacement.
    pub(crate) fn makes_room(&self, delete: usize) -> bool {
        let step = &self.result.steps[delete];
        let StepKind::Delete(urn, incarnation) = &step.kind else { return false };
        let change = self.stacks[step.stack].changes.resources.get(urn);
        change.is_some_and(|c| {
            matches!(c.action, Action::Replace { delete_first: true, .. }) && c.incarnation != *incarnation
        })
    }
}

/// Whether an object is sure to read another incarnation of a resource: the one that it goes with.
fn reads_another(reader: &Object, of: &Object) -> bool {
    let with = reader.kept.deleted_with_incarnation.filter(|_| reader.kept.deleted_with.as_ref() == Some(&of.urn));
    with.is_some_and(|incarnation| incarnation != of.incarnation)
}
