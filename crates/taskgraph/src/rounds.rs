//! What a preview does next: a state machine over the selected stacks.
//!
//! A stack is looked up, evaluated, compared, or left alone. It is compared only if its plan, or an output that it
//! reads, is not what its state was brought to; a comparison may change outputs and so wake others. A stack whose
//! program branches on an output is evaluated again when something new has been compared.

use std::collections::{BTreeMap, BTreeSet};

use value::Path;

/// Outputs by stack: full name and path.
pub type OutputSet = BTreeSet<(String, Path)>;

/// How a stack stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Its plan is wanted.
    Wanted,
    /// Its state was brought to its plan, with the outputs that it reads as they are.
    Clean(OutputSet),
    /// It is compared with its state.
    Planned,
    /// Its program waits for outputs.
    Deferred(OutputSet),
    /// Something is wrong with it.
    Failed,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Evaluate these stacks, and say what came out.
    Evaluate(BTreeSet<String>),
    /// Compare these stacks with their states, and say which outputs change.
    Compare(BTreeSet<String>),
    /// Nothing: the last comparison stands. These stacks wait for something to be applied.
    Done(BTreeMap<String, OutputSet>),
    /// These stacks wait for one another alone.
    Stuck(BTreeSet<String>),
}

/// The state of a preview.
#[derive(Debug, Clone, Default)]
pub struct Rounds {
    stacks: BTreeMap<String, Standing>,
    /// Woken by an output that changes: they are compared, whatever their state was brought to.
    woken: BTreeSet<String>,
    /// The stacks of the last comparison.
    compared: Option<BTreeSet<String>>,
    /// The outputs that it changes.
    changed: OutputSet,
    /// The deferred stacks were tried after the last comparison, and after the last of them that got its plan.
    tried: bool,
}

impl Rounds {
    /// A preview of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A stack's trace holds; `settled` says that its state was brought to that plan with the outputs that it reads.
    pub fn traced(&mut self, stack: &str, reads: OutputSet, settled: bool) {
        let standing = if settled { Standing::Clean(reads) } else { Standing::Wanted };
        self.stacks.insert(stack.to_owned(), standing);
    }

    /// A stack was evaluated to a plan.
    pub fn planned(&mut self, stack: &str, reads: OutputSet, settled: bool) {
        // What it reads may have been compared while its program waited.
        let clean = settled && !self.woken.contains(stack) && !touches(&self.changed, &reads);
        if matches!(self.stacks.get(stack), Some(Standing::Deferred(_))) {
            // Others may have waited for it.
            self.tried = false;
        }
        self.stacks.insert(stack.to_owned(), if clean { Standing::Clean(reads) } else { Standing::Planned });
    }

    /// A stack was evaluated, and its program waits for outputs.
    pub fn deferred(&mut self, stack: &str, waits_for: OutputSet) {
        self.stacks.insert(stack.to_owned(), Standing::Deferred(waits_for));
    }

    /// A stack could not be evaluated.
    pub fn failed(&mut self, stack: &str) {
        self.stacks.insert(stack.to_owned(), Standing::Failed);
    }

    /// The stacks that were asked for were compared; `changed` are the outputs that would be others.
    pub fn compared(&mut self, changed: OutputSet) {
        self.compared = Some(self.those(|standing| *standing == Standing::Planned));
        self.tried = false;
        for (stack, standing) in &mut self.stacks {
            let Standing::Clean(reads) = standing else { continue };
            if touches(&changed, reads) {
                self.woken.insert(stack.clone());
                *standing = Standing::Wanted;
            }
        }
        self.changed = changed;
    }

    /// What comes next.
    pub fn decide(&mut self) -> Next {
        let wanted = self.those(|standing| *standing == Standing::Wanted);
        if !wanted.is_empty() {
            return Next::Evaluate(wanted);
        }
        let planned = self.those(|standing| *standing == Standing::Planned);
        if self.compared.as_ref() != Some(&planned) {
            return Next::Compare(planned);
        }
        let deferred: BTreeMap<String, OutputSet> = self
            .stacks
            .iter()
            .filter_map(|(stack, standing)| match standing {
                Standing::Deferred(waits_for) => Some((stack.clone(), waits_for.clone())),
                _ => None,
            })
            .collect();
        if !deferred.is_empty() && !self.tried {
            self.tried = true;
            return Next::Evaluate(deferred.into_keys().collect());
        }
        let waits_for_them = |waits_for: &OutputSet| waits_for.iter().all(|(stack, _)| deferred.contains_key(stack));
        if !deferred.is_empty() && deferred.values().all(waits_for_them) {
            return Next::Stuck(deferred.into_keys().collect());
        }
        Next::Done(deferred)
    }

    /// The stacks whose programs wait for outputs.
    pub fn deferred_stacks(&self) -> BTreeSet<String> {
        self.those(|standing| matches!(standing, Standing::Deferred(_)))
    }

    /// The stacks with nothing to do, with the outputs that they read.
    pub fn clean(&self) -> impl Iterator<Item = (&String, &OutputSet)> {
        self.stacks.iter().filter_map(|(stack, standing)| match standing {
            Standing::Clean(reads) => Some((stack, reads)),
            _ => None,
        })
    }

    /// The stacks whose outputs some of these stacks were last said to wait for.
    pub fn waits_for(&self, stacks: &BTreeSet<String>) -> BTreeSet<String> {
        let standings = stacks.iter().filter_map(|stack| self.stacks.get(stack));
        let outputs = standings.filter_map(|standing| match standing {
            Standing::Deferred(waits_for) => Some(waits_for),
            _ => None,
        });
        outputs.flatten().map(|(stack, _)| stack.clone()).collect()
    }

    fn those(&self, which: impl Fn(&Standing) -> bool) -> BTreeSet<String> {
        self.stacks.iter().filter(|(_, standing)| which(standing)).map(|(stack, _)| stack.clone()).collect()
    }
}

/// Whether one of the outputs that are read is among those that change, or lies on the way to one.
fn touches(changed: &OutputSet, reads: &OutputSet) -> bool {
    let touched = |(stack, path): &(String, Path)| {
        let of_stack = changed.range((stack.clone(), Path::root())..).take_while(|(other, _)| other == stack);
        of_stack.into_iter().any(|(_, other)| other.touches(path))
    };
    reads.iter().any(touched)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(names: &[&str]) -> OutputSet {
        let of = |name: &&str| {
            let (stack, path) = name.split_once(':').expect("stack:path");
            (stack.to_owned(), path.parse().expect("a path"))
        };
        names.iter().map(of).collect()
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn where_everything_is_settled_nothing_is_evaluated() {
        let mut rounds = Rounds::new();
        rounds.traced("a", outputs(&[]), true);
        rounds.traced("b", outputs(&["a:x"]), true);
        assert_eq!(rounds.decide(), Next::Compare(names(&[])));
        rounds.compared(outputs(&[]));
        assert_eq!(rounds.decide(), Next::Done(BTreeMap::new()));
        assert_eq!(rounds.clean().count(), 2);
    }

    #[test]
    fn who_waited_while_an_output_changed_is_compared_too() {
        let mut rounds = Rounds::new();
        rounds.traced("a", outputs(&[]), false);
        rounds.deferred("b", outputs(&["c:kind"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["a"])));
        rounds.planned("a", outputs(&[]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a"])));
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["b"])));
        rounds.planned("b", outputs(&["a:x"]), true);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a", "b"])), "it was applied with the old `a:x`");
    }

    #[test]
    fn only_readers_of_a_changed_output_wake_up() {
        let mut rounds = Rounds::new();
        rounds.traced("a", outputs(&[]), false);
        rounds.traced("reads-x", outputs(&["a:x"]), true);
        rounds.traced("reads-y", outputs(&["a:y"]), true);
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["a"])));
        rounds.planned("a", outputs(&[]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a"])));
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["reads-x"])));
        rounds.planned("reads-x", outputs(&["a:x"]), true);
        assert_eq!(
            rounds.decide(),
            Next::Compare(names(&["a", "reads-x"])),
            "what woke up is compared although it was settled"
        );
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Done(BTreeMap::new()));
        assert_eq!(rounds.clean().map(|(stack, _)| stack.as_str()).collect::<Vec<_>>(), ["reads-y"]);
    }

    #[test]
    fn a_deferred_stack_is_tried_once_after_each_comparison() {
        let mut rounds = Rounds::new();
        rounds.planned("a", outputs(&[]), false);
        rounds.deferred("b", outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Compare(names(&["a"])));
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["b"])));
        rounds.deferred("b", outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Done(BTreeMap::from([("b".into(), outputs(&["a:x"]))])));
        let mut known = rounds.clone();
        known.planned("b", outputs(&[]), false);
        assert_eq!(known.decide(), Next::Compare(names(&["a", "b"])));
    }

    #[test]
    fn who_waits_for_a_deferred_stack_that_turns_out_settled_is_tried_again() {
        let mut rounds = Rounds::new();
        rounds.deferred("b", outputs(&["a:x"]));
        rounds.deferred("c", outputs(&["b:x"]));
        assert_eq!(rounds.decide(), Next::Compare(names(&[])));
        rounds.compared(outputs(&[]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["b", "c"])));
        rounds.planned("b", outputs(&[]), true);
        rounds.deferred("c", outputs(&["b:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["c"])));
        rounds.planned("c", outputs(&[]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["c"])));
    }

    #[test]
    fn stacks_that_wait_for_one_another_alone_are_stuck() {
        let mut rounds = Rounds::new();
        rounds.deferred("a", outputs(&["b:x"]));
        rounds.deferred("b", outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Compare(names(&[])));
        rounds.compared(outputs(&[]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["a", "b"])));
        rounds.deferred("a", outputs(&["b:x"]));
        rounds.deferred("b", outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Stuck(names(&["a", "b"])));
    }

    #[test]
    fn what_failed_is_not_asked_for_again() {
        let mut rounds = Rounds::new();
        rounds.failed("a");
        assert_eq!(rounds.decide(), Next::Compare(names(&[])));
    }
}
