//! What a restricted run leaves alone: it stays as state says, and so it is for whoever reads it.

use std::collections::BTreeSet;
use std::fmt;

use diag::{Diagnostic, Place};
use expr::Expr;
use resource::{Resource, Urn};
use state::Object;
use value::{Map, Path, Type, Unknown};

use crate::nodes::{leaf_of, references, resource_references};
use crate::pass::{Pass, deletion};
use crate::{Action, OutputChange, ResourceChange};

/// An object that is left alone.
pub(crate) fn left(object: &Object) -> ResourceChange {
    ResourceChange { action: Action::Keep, goal: object.inputs.clone(), left: true, ..deletion(object) }
}

impl Pass<'_> {
    /// Leaves a declared resource alone; it may not be there, or only under an earlier name.
    pub(crate) fn leave(&mut self, stack: usize, urn: &Urn, resource: &Resource, source: Option<Place>) {
        let object = self.stacks[stack].state.and_then(|state| state.objects.get(urn));
        let change = object.map_or_else(|| missing(resource), |object| left(object));
        self.sets[stack].resources.insert(urn.clone(), ResourceChange { source, ..change });
    }

    /// The output as it is published, if nothing that it is made of may be touched, or something is not there.
    pub(crate) fn left_output(&self, stack: usize, path: &Path, expr: &Expr) -> Option<OutputChange> {
        if !self.settings.targets.restrict() {
            return None;
        }
        let found = references([expr]);
        let upstream = || found.outputs.iter().filter_map(|(stack, path)| self.output_of(stack, path));
        let missing = |urn: &Urn| self.sets[stack].resources.get(urn).is_some_and(ResourceChange::is_missing);
        let unpublished = |output: &OutputChange| output.left && output.published.is_none();
        let whole = !found.resources.iter().any(missing) && !upstream().any(unpublished);
        let moves = match upstream().next() {
            Some(_) if found.resources.is_empty() => upstream().any(|output| !output.left),
            _ => !self.reach.leaves_output(stack, found.resources.iter()) || upstream().any(|output| !output.left),
        };
        if whole && moves {
            return None;
        }
        let published = self.stacks[stack].state.and_then(|state| state.outputs.get(path));
        let name = self.stacks[stack].name.to_string();
        Some(OutputChange {
            value: Some(match published {
                Some(output) => output.value.clone(),
                None => Unknown::new(Type::Any, name, path.to_string()).into(),
            }),
            published: published.map(|output| output.digest),
            from: published.map_or(found.resources, |output| output.from.clone()),
            reads: BTreeSet::new(),
            record: false,
            left: true,
        })
    }

    /// Reports what a resource needs that is not there and is left alone.
    pub(crate) fn check_needs(&self, stack: usize, urn: &Urn, resource: &Resource, source: Option<&Place>) {
        if !self.reach.leaves_any() {
            return;
        }
        let mut needs = resource_references(urn, resource).resources;
        needs.extend(resource.options.deleted_with.clone());
        let there = |need: &Urn| self.stacks[stack].state.is_some_and(|state| state.objects.contains_key(need));
        for need in needs.iter().filter(|need| self.reach.leaves(stack, need) && !there(need)) {
            let name = self.stacks[stack].name;
            let message = format!(
                "`{}` of `{name}` needs `{}`, which is not there and is not to be made",
                urn.name(),
                need.name()
            );
            let problem = Diagnostic::error("E0431", message).at_opt(source.cloned());
            let place = self.stacks[stack].sources.and_then(|sources| sources.resources.get(need)).cloned();
            let declared = format!("`{}` is declared here", need.name());
            let problem = place.into_iter().fold(problem, |problem, place| problem.related(place, declared.clone()));
            self.problem(self.hint_at(problem, &format!("{name}:{}", need.name())));
        }
    }

    /// Whether nothing is published of an output of a stack of the pass, and nothing will be.
    pub(crate) fn is_left_unpublished(&self, stack: &str, path: &Path) -> bool {
        self.output_of(stack, path).is_some_and(|output| output.left && output.published.is_none())
    }

    /// Something reads an output that is left unpublished.
    pub(crate) fn not_published(&self, what: fmt::Arguments<'_>, stack: &str, path: &Path) -> Diagnostic {
        let message = format!("{what} reads `{path}` of stack `{stack}`, which is not published and is not to be");
        let problem = Diagnostic::error("E0431", message);
        let from = self.output_of(stack, path).into_iter().flat_map(|output| &output.from);
        let left = from.filter(|urn| self.names.get(stack).is_some_and(|upstream| self.reach.leaves(*upstream, urn)));
        match left.map(|urn| format!("{stack}:{}", urn.name())).next() {
            Some(first) => self.hint_at(problem.note(format!("it is made of `{first}`")), &first),
            None => problem.hint("run without `--target` to publish it first"),
        }
    }

    /// Refuses to replace what must not be touched.
    pub(crate) fn check_replacements(&self) {
        for (stack, urn) in self.reach.contradictions() {
            let input = &self.stacks[*stack];
            let source = input.sources.and_then(|sources| sources.resources.get(urn)).cloned();
            let message = format!("`{}` of `{}` is to be replaced, and is not to be touched", urn.name(), input.name);
            let problem = Diagnostic::error("E0433", message).at_opt(source);
            self.problem(self.hint_at(problem, &format!("{}:{}", input.name, urn.name())));
        }
    }

    fn output_of(&self, stack: &str, path: &Path) -> Option<&OutputChange> {
        let upstream = *self.names.get(stack)?;
        leaf_of(&self.sets[upstream].outputs, path).map(|(_, output)| output)
    }

    /// Says how to have a resource touched too.
    fn hint_at(&self, problem: Diagnostic, resource: &str) -> Diagnostic {
        let targets = &self.settings.targets;
        let problem = if targets.only.is_empty() {
            problem
        } else {
            problem.hint(format!("target it too: `--target '{resource}'`"))
        };
        if targets.except.is_empty() {
            return problem;
        }
        problem.hint("exclude less, or also what depends on it: `--exclude-dependents`")
    }
}

/// A resource that is declared and not there.
fn missing(resource: &Resource) -> ResourceChange {
    ResourceChange {
        action: Action::Keep,
        differences: Vec::new(),
        goal: Map::new(),
        incarnation: 0,
        dependencies: Default::default(),
        reads: BTreeSet::new(),
        waits_for: Vec::new(),
        options: resource.options.clone(),
        parent: resource.parent.clone(),
        source: None,
        id: None,
        protection_ignored: false,
        renamed_from: None,
        moved_from: None,
        record: false,
        vanished: None,
        forced: false,
        left: true,
        remarks: Vec::new(),
    }
}
