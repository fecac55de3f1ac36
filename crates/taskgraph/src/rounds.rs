//! What a preview does next: a state machine over the selected stacks.
//!
//! A stack is looked up, evaluated, compared, or left alone. It is compared only if its plan, or an output that it
//! reads, is not what its state was brought to; a comparison may change outputs and so wake others. A stack whose
//! program branches on outputs rests like any other while these stay as they are; where one may change, or has become
//! another than the program saw, it is evaluated again. A stack that cannot be evaluated is passed over, and what is to
//! be done in stacks that depend on it waits.

use std::collections::{BTreeMap, BTreeSet};

use value::Path;

/// Outputs by stack: full name and path.
pub type OutputSet = BTreeSet<(String, Path)>;

/// What a stack's plan needs of other stacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The outputs that it reads.
    pub reads: OutputSet,
    /// The outputs that its program branches on.
    pub plain: OutputSet,
    /// The stacks that it comes after, by full name.
    pub after: BTreeSet<String>,
}

impl Needs {
    fn stacks(&self) -> impl Iterator<Item = &String> {
        self.reads.iter().chain(&self.plain).map(|(stack, _)| stack).chain(&self.after)
    }

    fn touch(&self, changed: &OutputSet) -> bool {
        touches(changed, &self.reads) || touches(changed, &self.plain)
    }
}

/// How a stack stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Its plan is wanted.
    Wanted,
    /// Its state was brought to its plan, with the outputs that it reads as they are.
    Clean(Needs),
    /// It is compared with its state.
    Planned(Needs),
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

    /// A stack's trace holds with the outputs that are published; `settled` says that its state was brought to that plan
    /// with the outputs that it reads.
    pub fn traced(&mut self, stack: &str, needs: Needs, settled: bool) {
        let standing = if settled { Standing::Clean(needs) } else { Standing::Wanted };
        self.stacks.insert(stack.to_owned(), standing);
    }

    /// A stack was evaluated to a plan.
    pub fn planned(&mut self, stack: &str, needs: Needs, settled: bool) {
        // What it reads may have been compared while its program waited.
        let clean = settled && !self.woken.contains(stack) && !touches(&self.changed, &needs.reads);
        if matches!(self.stacks.get(stack), Some(Standing::Deferred(_))) {
            // Others may have waited for it.
            self.tried = false;
        }
        self.stacks.insert(stack.to_owned(), if clean { Standing::Clean(needs) } else { Standing::Planned(needs) });
    }

    /// A stack was evaluated, and its program waits for outputs.
    pub fn deferred(&mut self, stack: &str, waits_for: OutputSet) {
        self.stacks.insert(stack.to_owned(), Standing::Deferred(waits_for));
    }

    /// A stack cannot be evaluated, or its plan cannot be compared.
    pub fn failed(&mut self, stack: &str) {
        self.stacks.insert(stack.to_owned(), Standing::Failed);
    }

    /// The stacks that were asked for were compared; `changed` are the outputs that would be others.
    pub fn compared(&mut self, changed: OutputSet) {
        self.compared = Some(self.comparable());
        self.tried = false;
        for (stack, standing) in &mut self.stacks {
            let Standing::Clean(needs) = standing else { continue };
            if needs.touch(&changed) {
                self.woken.insert(stack.clone());
                *standing = Standing::Wanted;
            }
        }
        self.changed = changed;
    }

    /// A stack was evaluated with outputs that have become others since: its plan is wanted anew.
    pub fn outdated(&mut self, stack: &str) {
        self.woken.insert(stack.to_owned());
        self.stacks.insert(stack.to_owned(), Standing::Wanted);
        self.compared = None;
    }

    /// What comes next.
    pub fn decide(&mut self) -> Next {
        let wanted = self.those(|standing| *standing == Standing::Wanted);
        if !wanted.is_empty() {
            return Next::Evaluate(wanted);
        }
        let comparable = self.comparable();
        if self.compared.as_ref() != Some(&comparable) {
            return Next::Compare(comparable);
        }
        let mut deferred = self.deferred_outputs();
        if !deferred.is_empty() && !self.tried {
            self.tried = true;
            return Next::Evaluate(deferred.into_keys().collect());
        }
        let passed_over = self.passed_over();
        deferred.retain(|stack, _| !passed_over.contains_key(stack));
        // What a program branches on may change with a program that waits.
        let branching = |standing: &Standing| {
            let Standing::Clean(needs) = standing else { return false };
            needs.plain.iter().any(|(stack, _)| deferred.contains_key(stack))
        };
        let branching = self.those(branching);
        if !branching.is_empty() {
            return Next::Evaluate(branching);
        }
        let waits_for_them = |waits_for: &OutputSet| waits_for.iter().all(|(stack, _)| deferred.contains_key(stack));
        if !deferred.is_empty() && deferred.values().all(waits_for_them) {
            return Next::Stuck(deferred.into_keys().collect());
        }
        Next::Done(deferred)
    }

    /// The stacks of which it is not known what becomes of them: their programs wait, cannot be evaluated, or depend on
    /// one that cannot.
    pub fn undecided(&self) -> BTreeSet<String> {
        let waiting = self.those(|standing| matches!(standing, Standing::Deferred(_) | Standing::Failed));
        waiting.into_iter().chain(self.passed_over().into_keys()).collect()
    }

    /// The stacks in which something may be to do and that depend on stacks that cannot be evaluated, directly or not;
    /// each with those.
    pub fn passed_over(&self) -> BTreeMap<String, BTreeSet<String>> {
        let failed = self.those(|standing| *standing == Standing::Failed);
        let mut readers: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
        for (stack, standing) in self.stacks.iter().filter(|_| !failed.is_empty()) {
            let needs: Vec<&String> = match standing {
                Standing::Planned(needs) => needs.stacks().collect(),
                Standing::Deferred(waits_for) => waits_for.iter().map(|(stack, _)| stack).collect(),
                Standing::Wanted | Standing::Clean(_) | Standing::Failed => continue,
            };
            needs.into_iter().for_each(|upstream| readers.entry(upstream).or_default().push(stack));
        }
        let mut passed_over: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for origin in &failed {
            let mut next = vec![origin];
            while let Some(upstream) = next.pop() {
                let readers = readers.get(upstream).into_iter().flatten();
                let new = readers.filter(|reader| {
                    let origins = passed_over.entry((**reader).clone()).or_default();
                    origins.insert(origin.clone())
                });
                next.extend(new);
            }
        }
        passed_over
    }

    /// The stacks with nothing to do, with the outputs that they read.
    pub fn clean(&self) -> impl Iterator<Item = (&String, &OutputSet)> {
        self.stacks.iter().filter_map(|(stack, standing)| match standing {
            Standing::Clean(needs) => Some((stack, &needs.reads)),
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

    fn deferred_outputs(&self) -> BTreeMap<String, OutputSet> {
        let deferred = self.stacks.iter().filter_map(|(stack, standing)| match standing {
            Standing::Deferred(waits_for) => Some((stack.clone(), waits_for.clone())),
            _ => None,
        });
        deferred.collect()
    }

    /// The stacks with a plan that need nothing of one that cannot be evaluated.
    fn comparable(&self) -> BTreeSet<String> {
        let passed_over = self.passed_over();
        let planned = self.those(|standing| matches!(standing, Standing::Planned(_)));
        planned.into_iter().filter(|stack| !passed_over.contains_key(stack)).collect()
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

    fn reads(names: &[&str]) -> Needs {
        Needs { reads: outputs(names), ..Needs::default() }
    }

    fn plain(names: &[&str]) -> Needs {
        Needs { plain: outputs(names), ..Needs::default() }
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn where_everything_is_settled_nothing_is_evaluated() {
        let mut rounds = Rounds::new();
        rounds.traced("a", reads(&[]), true);
        rounds.traced("b", reads(&["a:x"]), true);
        assert_eq!(rounds.decide(), Next::Compare(names(&[])));
        rounds.compared(outputs(&[]));
        assert_eq!(rounds.decide(), Next::Done(BTreeMap::new()));
        assert_eq!(rounds.clean().count(), 2);
    }

    #[test]
    fn who_waited_while_an_output_changed_is_compared_too() {
        let mut rounds = Rounds::new();
        rounds.traced("a", reads(&[]), false);
        rounds.deferred("b", outputs(&["c:kind"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["a"])));
        rounds.planned("a", reads(&[]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a"])));
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["b"])));
        rounds.planned("b", reads(&["a:x"]), true);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a", "b"])), "it was applied with the old `a:x`");
    }

    #[test]
    fn only_readers_of_a_changed_output_wake_up() {
        let mut rounds = Rounds::new();
        rounds.traced("a", reads(&[]), false);
        rounds.traced("reads-x", reads(&["a:x"]), true);
        rounds.traced("reads-y", reads(&["a:y"]), true);
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["a"])));
        rounds.planned("a", reads(&[]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a"])));
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["reads-x"])));
        rounds.planned("reads-x", reads(&["a:x"]), true);
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
        rounds.planned("a", reads(&[]), false);
        rounds.deferred("b", outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Compare(names(&["a"])));
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["b"])));
        rounds.deferred("b", outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Done(BTreeMap::from([("b".into(), outputs(&["a:x"]))])));
        let mut known = rounds.clone();
        known.planned("b", reads(&[]), false);
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
        rounds.planned("b", reads(&[]), true);
        rounds.deferred("c", outputs(&["b:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["c"])));
        rounds.planned("c", reads(&[]), false);
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
    #[test]
    fn who_branches_on_an_output_rests_until_it_may_change() {
        let mut rounds = Rounds::new();
        rounds.traced("a", reads(&[]), false);
        rounds.traced("branches-on-x", plain(&["a:x"]), true);
        rounds.traced("branches-on-y", plain(&["a:y"]), true);
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["a"])));
        rounds.planned("a", reads(&[]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a"])));
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["branches-on-x"])));
        rounds.planned("branches-on-x", plain(&["a:x"]), true);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a", "branches-on-x"])));
    }

    #[test]
    fn who_branches_on_an_output_of_a_stack_that_waits_waits_with_it() {
        let mut rounds = Rounds::new();
        rounds.planned("a", reads(&[]), false);
        rounds.deferred("b", outputs(&["a:x"]));
        rounds.traced("c", plain(&["b:x"]), true);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a"])));
        rounds.compared(outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["b"])));
        rounds.deferred("b", outputs(&["a:x"]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["c"])), "nobody knows what `b:x` will be");
        rounds.deferred("c", outputs(&["b:x"]));
        let waiting = [("b".to_owned(), outputs(&["a:x"])), ("c".to_owned(), outputs(&["b:x"]))];
        assert_eq!(rounds.decide(), Next::Done(waiting.into()));
    }

    #[test]
    fn a_plan_whose_program_saw_another_output_is_made_anew() {
        let mut rounds = Rounds::new();
        rounds.planned("a", reads(&[]), false);
        rounds.planned("b", plain(&["a:x"]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a", "b"])));
        rounds.compared(outputs(&["a:x"]));
        rounds.outdated("b");
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["b"])));
        rounds.planned("b", plain(&["a:x"]), true);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a", "b"])));
    }

    #[test]
    fn what_depends_on_a_failed_stack_waits_and_all_else_goes_on() {
        let mut rounds = Rounds::new();
        rounds.failed("a");
        rounds.planned("reads-a", reads(&["a:x"]), false);
        rounds.planned("comes-after", Needs { after: names(&["reads-a"]), ..Needs::default() }, false);
        rounds.deferred("branches-on-a", outputs(&["a:y"]));
        rounds.traced("rests", reads(&["a:x"]), true);
        rounds.planned("free", reads(&["rests:x"]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["free"])));
        rounds.compared(outputs(&[]));
        assert_eq!(rounds.decide(), Next::Evaluate(names(&["branches-on-a"])));
        rounds.deferred("branches-on-a", outputs(&["a:y"]));
        assert_eq!(rounds.decide(), Next::Done(BTreeMap::new()));
        let waiting = ["branches-on-a", "comes-after", "reads-a"].map(|stack| (stack.to_owned(), names(&["a"])));
        assert_eq!(rounds.passed_over(), waiting.into());
        assert_eq!(rounds.undecided(), names(&["a", "branches-on-a", "comes-after", "reads-a"]));
        assert_eq!(rounds.clean().map(|(stack, _)| stack.as_str()).collect::<Vec<_>>(), ["rests"]);
    }

    #[test]
    fn what_fails_in_a_comparison_is_left_out_of_the_next() {
        let mut rounds = Rounds::new();
        rounds.planned("a", reads(&[]), false);
        rounds.planned("b", reads(&["a:x"]), false);
        rounds.planned("c", reads(&[]), false);
        assert_eq!(rounds.decide(), Next::Compare(names(&["a", "b", "c"])));
        rounds.failed("a");
        assert_eq!(rounds.decide(), Next::Compare(names(&["c"])));
    }
}
