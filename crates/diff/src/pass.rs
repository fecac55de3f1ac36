//! The pass over all resources and outputs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics, Place};
use expr::{EvaluateError, Expr, evaluate};
use resource::{Dependency, Options, Plan, Sources, StackName, Urn};
use schema::TypeSchema;
use state::{Kept, Object, StackState};
use value::{Digest, Map, Origin, Path, Type, Unknown, Value};

use crate::nodes::{Node, References, order, references, resource_references};
use crate::scope::At;
use crate::{Action, Case, ChangeSet, OutputChange, ReadPin, ResourceChange, decide};

/// One stack of the pass.
#[derive(Debug, Clone, Copy)]
pub struct StackInput<'a> {
    /// Its name.
    pub name: &'a StackName,
    /// Its id, or the one that it would get.
    pub id: &'a str,
    /// The generation of its head.
    pub base: Option<u64>,
    /// What it should be; `None` = it is to be destroyed.
    pub plan: Option<&'a Plan>,
    /// Where things are declared.
    pub sources: Option<&'a Sources>,
    /// What it is; `None` = it was never applied.
    pub state: Option<&'a StackState>,
}

/// What is published of an output of a stack that is not in the pass.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// The value and its digest; secrets are sealed or encrypted.
    Value(Value, Digest),
    /// There is no such stack; a name that is near.
    NoStack(Option<String>),
    /// The stack has no such output; a name that is near.
    NoOutput(Option<String>),
    /// The stack was never applied, so nothing is published.
    Nothing,
}

/// What the pass asks of the outside.
pub trait Lookup {
    /// The schema of a type.
    ///
    /// # Errors
    /// If the schema itself is broken.
    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, String>;
    /// What is published of an output of a stack that is not in the pass.
    fn published(&self, stack: &str, path: &Path) -> Published;
    /// Calls a named pure function.
    ///
    /// # Errors
    /// What it says, or that there is none.
    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String>;
    /// What `{account}` and `{region}` are in the predictions of a provider instance.
    fn provider_values(&self, instance: Option<&str>) -> BTreeMap<String, String>;
}

/// How the pass judges.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Protected resources may go; the change says so.
    pub ignore_protection: bool,
}

/// Decides on everything in the stacks: one change set per stack, in their order, and what is wrong.
pub fn diff(stacks: &[StackInput<'_>], lookup: &dyn Lookup, settings: Settings) -> (Vec<ChangeSet>, Diagnostics) {
    let sets = stacks.iter().map(|input| empty_set(input)).collect();
    let mut pass = Pass {
        stacks,
        lookup,
        settings,
        names: stacks.iter().enumerate().map(|(i, input)| (input.name.to_string(), i)).collect(),
        sets,
        found: RefCell::default(),
        fresh: BTreeSet::new(),
        gone_first: BTreeSet::new(),
        taken: BTreeMap::new(),
    };
    let plans: Vec<Option<&Plan>> = stacks.iter().map(|input| input.plan).collect();
    let (nodes, cycles) = order(&plans);
    cycles.iter().for_each(|cycle| pass.cycle(cycle));
    for node in nodes {
        match node {
            Node::Resource(stack, urn) => pass.resource(stack, &urn),
            Node::Output(stack, path) => pass.output(stack, &path),
        }
    }
    (0..stacks.len()).for_each(|stack| pass.removed(stack));
    (pass.sets, pass.found.into_inner())
}

fn empty_set(input: &StackInput<'_>) -> ChangeSet {
    ChangeSet {
        stack: input.name.clone(),
        stack_id: input.id.to_owned(),
        base: input.base,
        resources: BTreeMap::new(),
        leftovers: input
            .state
            .map(|state| state.replaced.iter().map(|o| (o.urn.clone(), o.incarnation)).collect())
            .unwrap_or_default(),
        outputs: BTreeMap::new(),
        constructs: input.plan.map(|plan| plan.constructs.clone()).unwrap_or_default(),
        reads: BTreeMap::new(),
    }
}

pub(crate) struct Pass<'a> {
    pub(crate) stacks: &'a [StackInput<'a>],
    pub(crate) lookup: &'a dyn Lookup,
    settings: Settings,
    pub(crate) names: BTreeMap<String, usize>,
    pub(crate) sets: Vec<ChangeSet>,
    found: RefCell<Diagnostics>,
    /// Unknowns that are sure to come out different from any value before.
    fresh: BTreeSet<Origin>,
    /// Outputs made of objects that go before their replacement is there.
    gone_first: BTreeSet<(String, Path)>,
    /// Objects that stand under an earlier name, by stack and that name, with the resource that takes them over.
    taken: BTreeMap<(usize, Urn), Urn>,
}

impl Pass<'_> {
    fn resource(&mut self, stack: usize, urn: &Urn) {
        let input = &self.stacks[stack];
        let Some(resource) = input.plan.and_then(|plan| plan.resources.get(urn)) else { return };
        let source = input.sources.and_then(|sources| sources.resources.get(urn)).cloned();
        let schema = match self.lookup.schema(urn.ty()) {
            Ok(Some(schema)) => schema,
            Ok(None) => {
                let message = format!("no provider of this profile serves the type `{}`", urn.ty());
                let hint = "correct the type's name, or add a provider for it to the profile in groundplan.toml";
                self.problem(Diagnostic::error("E0306", message).at_opt(source).hint(hint));
                return;
            }
            Err(reason) => {
                self.problem(
                    Diagnostic::error("E0306", format!("the type `{}` cannot be used", urn.ty()))
                        .note(reason)
                        .at_opt(source),
                );
                return;
            }
        };
        let References { resources, outputs } = resource_references(resource);
        for missing in resources.iter().filter(|urn| !input.plan.is_some_and(|plan| plan.resources.contains_key(*urn)))
        {
            let message = format!("`{urn}` refers to `{missing}`, which is not in the plan");
            let hint = "declare it, or take the reference away";
            self.problem(Diagnostic::error("E0309", message).at_opt(source.clone()).hint(hint));
        }
        let properties = self.properties(stack, urn, &resource.properties, source.as_ref());
        for problem in schema.validate(&properties) {
            let message = format!("`{}` of `{}`: {}", problem.path, urn.name(), problem.kind);
            self.problem(
                Diagnostic::error("E0307", message).at_opt(source.clone()).note(format!("the type is `{}`", urn.ty())),
            );
        }
        let (old, renamed_from) = self.old_object(stack, urn, &resource.options);
        let after_delete_first = resources.iter().any(|need| {
            matches!(self.sets[stack].resources.get(need), Some(change) if matches!(change.action, Action::Replace { delete_first: true, .. }))
        }) && reads_attribute_of_replaced(resource, &self.sets[stack])
            || outputs.iter().any(|(name, path)| self.gone_first.iter().any(|(n, leaf)| n == name && leaf.covers(path)));
        let decision = decide(
            &Case {
                urn,
                stack_id: input.id,
                schema,
                options: &resource.options,
                old,
                next_incarnation: input.state.map_or(0, |state| state.last_incarnation) + 1,
                fresh: &self.fresh,
                after_delete_first,
            },
            properties,
        );
        let id = old.map(|object| object.id.clone());
        let record = decision.action == Action::Keep
            && old.is_some_and(|old| self.record_differs(stack, old, resource, &resources, &outputs));
        let protected = old.is_some_and(|object| object.kept.protect) && resource.options.protect;
        let mut change = ResourceChange {
            action: decision.action,
            differences: decision.differences,
            goal: decision.goal,
            incarnation: decision.incarnation,
            dependencies: resources,
            reads: outputs,
            waits_for: resource.options.depends_on.clone(),
            options: resource.options.clone(),
            parent: resource.parent.clone(),
            source,
            id,
            protection_ignored: false,
            renamed_from,
            record,
            remarks: decision.remarks,
        };
        if let Some(earlier) = &change.renamed_from
            && let Some(first) = self.taken.insert((stack, earlier.clone()), urn.clone())
        {
            let message =
                format!("`{}` and `{}` both take over the object of `{}`", first.name(), urn.name(), earlier.name());
            let mut problem = Diagnostic::error("E0310", message).at_opt(change.source.clone());
            if let Some(place) = self.sets[stack].resources.get(&first).and_then(|first| first.source.clone()) {
                problem = problem.related(place, format!("`{}` is declared here", first.name()));
            }
            self.problem(problem.hint("leave the earlier name with one of them"));
        }
        match change.action {
            Action::Replace { undecided: true, .. } if protected && !self.settings.ignore_protection => {
                change.remarks.push("is protected: if it comes to a replacement, it is refused".to_owned());
            }
            Action::Replace { .. } if protected => self.guard(stack, urn, &mut change, "replaced"),
            _ => {}
        }
        self.mark_fresh(stack, urn, schema, &change);
        self.sets[stack].resources.insert(urn.clone(), change);
    }

    /// The values of the properties; problems are reported, and leave the property out.
    fn properties(
        &mut self,
        stack: usize,
        urn: &Urn,
        expressions: &BTreeMap<String, Expr>,
        source: Option<&Place>,
    ) -> Map {
        let mut properties = Map::new();
        for (name, expr) in expressions {
            match self.evaluate(stack, expr) {
                Ok(value) => drop(properties.insert(name.clone(), value)),
                Err(error) => {
                    let what = format!("`{name}` of `{}`", urn.name());
                    self.problem(self.describe(&error, &what).at_opt(source.cloned()));
                    // An unknown in its place keeps the schema from calling it missing as well.
                    let unknown = Unknown::new(Type::Any, self.stacks[stack].name.to_string(), what);
                    properties.insert(name.clone(), unknown.into());
                }
            }
        }
        properties
    }

    fn evaluate(&mut self, stack: usize, expr: &Expr) -> Result<Value, EvaluateError> {
        let at = At { pass: self, stack, pins: RefCell::default() };
        let value = evaluate(expr, &at);
        let pins = at.pins.into_inner();
        self.sets[stack].reads.extend(pins);
        value
    }

    fn output(&mut self, stack: usize, path: &Path) {
        let input = &self.stacks[stack];
        let Some(expr) = input.plan.and_then(|plan| plan.outputs.get(path)) else { return };
        let place = input.sources.and_then(|sources| sources.outputs.clone());
        let value = match self.evaluate(stack, expr) {
            Ok(value) => value,
            Err(error) => {
                self.problem(self.describe(&error, &format!("output `{path}`")).at_opt(place));
                Unknown::new(Type::Any, self.stacks[stack].name.to_string(), path.to_string()).into()
            }
        };
        let References { resources, outputs } = references([expr]);
        let name = self.stacks[stack].name.to_string();
        let mut fresh = false;
        value.unknowns(&mut |part| fresh |= part.origins.iter().any(|origin| self.fresh.contains(origin)));
        if fresh {
            // To its readers the output itself is what is not known yet.
            self.fresh.insert(Origin { stack: name.clone(), what: path.to_string() });
        }
        let goes_first = |urn: &Urn| {
            let action = self.sets[stack].resources.get(urn).map(|change| change.action);
            matches!(action, Some(Action::Replace { delete_first: true, .. }))
        };
        if value.has_unknown()
            && (resources.iter().any(goes_first) || outputs.iter().any(|read| self.gone_first.contains(read)))
        {
            self.gone_first.insert((name, path.clone()));
        }
        let published = self.stacks[stack].state.and_then(|state| state.outputs.get(path));
        let change = OutputChange {
            value: Some(value),
            published: published.filter(|output| !output.stale).map(|output| output.digest),
            from: resources,
            reads: outputs,
        };
        self.sets[stack].outputs.insert(path.clone(), change);
    }

    /// Whether what state says of the options and readings of an object that stays is out of date.
    fn record_differs(
        &self,
        stack: usize,
        old: &Object,
        resource: &resource::Resource,
        dependencies: &BTreeSet<Urn>,
        reads: &BTreeSet<(String, Path)>,
    ) -> bool {
        // Where it is shown is not worth a step.
        let kept = Kept::of(&resource.options, old.kept.parent.clone());
        let set = &self.sets[stack];
        let now = |earlier: &Urn| {
            let taken = self.taken.get(&(stack, earlier.clone()));
            taken.unwrap_or(earlier).clone()
        };
        // An optional output that is not there was not read.
        let found: Vec<_> = reads.iter().filter_map(|read| Some((read, set.reads.get(read)?))).collect();
        let same = |old: &state::ReadOutput, read: &(String, Path)| old.stack == read.0 && old.path.covers(&read.1);
        let current = |old: &state::ReadOutput, pin: &ReadPin| !pin.proposed && pin.digest == old.digest;
        kept != old.kept
            || *dependencies != old.dependencies.iter().map(now).collect::<BTreeSet<Urn>>()
            || !found.iter().all(|(read, pin)| old.read.iter().any(|old| same(old, read) && current(old, pin)))
            || !old.read.iter().all(|old| found.iter().any(|(read, _)| same(old, read)))
    }

    /// The object that a declared resource has in state, under its name or an earlier one.
    pub(crate) fn old_object(&self, stack: usize, urn: &Urn, options: &Options) -> (Option<&Object>, Option<Urn>) {
        let input = &self.stacks[stack];
        let Some(state) = input.state else { return (None, None) };
        if let Some(object) = state.objects.get(urn) {
            return (Some(object), None);
        }
        let declared = |urn: &Urn| input.plan.is_some_and(|plan| plan.resources.contains_key(urn));
        let mut earlier = options.aliases.iter().map(|alias| &alias.urn).filter(|alias| !declared(alias));
        match earlier.find_map(|alias| state.objects.get(alias)) {
            Some(object) => (Some(object), Some(object.urn.clone())),
            None => (None, None),
        }
    }

    /// What is in state and no longer declared.
    fn removed(&mut self, stack: usize) {
        let input = &self.stacks[stack];
        let Some(state) = input.state else { return };
        let renamed: BTreeSet<Urn> =
            self.sets[stack].resources.values().filter_map(|c| c.renamed_from.clone()).collect();
        let gone =
            |urn: &Urn| !input.plan.is_some_and(|plan| plan.resources.contains_key(urn)) && !renamed.contains(urn);
        for object in state.objects.values().filter(|object| gone(&object.urn)) {
            let mut change = deletion(object);
            if object.kept.protect {
                self.guard(stack, &object.urn, &mut change, "deleted");
            }
            self.sets[stack].resources.insert(object.urn.clone(), change);
        }
        for (path, output) in &state.outputs {
            if !input.plan.is_some_and(|plan| plan.outputs.contains_key(path)) {
                let change = OutputChange {
                    value: None,
                    published: Some(output.digest),
                    from: output.from.clone(),
                    reads: BTreeSet::new(),
                };
                self.sets[stack].outputs.insert(path.clone(), change);
            }
        }
    }

    /// Refuses to touch a protected resource, or says that it would be refused elsewhere.
    fn guard(&self, stack: usize, urn: &Urn, change: &mut ResourceChange, verb: &str) {
        if self.settings.ignore_protection {
            change.protection_ignored = true;
            return;
        }
        let message = format!("`{}` of `{}` is protected and cannot be {verb}", urn.name(), self.stacks[stack].name);
        let mut problem = Diagnostic::error("E0401", message).at_opt(change.source.clone());
        for difference in change.differences.iter().filter(|d| d.replaces) {
            problem = problem.note(format!("`{}` cannot change in place", difference.path));
        }
        self.problem(problem.hint("keep it as it is, or take `.protect()` away and apply that first"));
    }

    /// Remembers the ids of objects that are sure to be new ones.
    fn mark_fresh(&mut self, stack: usize, urn: &Urn, schema: &TypeSchema, change: &ResourceChange) {
        if matches!(change.action, Action::Create | Action::Replace { undecided: false, .. }) {
            let stack = self.stacks[stack].name.to_string();
            let ids = schema.primary_identifier.iter().filter(|path| schema.is_attribute(path));
            self.fresh.extend(ids.map(|path| Origin { stack: stack.clone(), what: origin_text(urn, path) }));
        }
    }

    fn cycle(&self, members: &[Node]) {
        let name = |node: &Node| match node {
            Node::Resource(stack, urn) => format!("`{}` of `{}`", urn.name(), self.stacks[*stack].name),
            Node::Output(stack, path) => format!("output `{path}` of `{}`", self.stacks[*stack].name),
        };
        let place = |node: &Node| match node {
            Node::Resource(stack, urn) => self.stacks[*stack].sources?.resources.get(urn).cloned(),
            Node::Output(stack, _) => self.stacks[*stack].sources?.outputs.clone(),
        };
        let names: Vec<String> = members.iter().chain(members.first()).map(name).collect();
        let mut problem = Diagnostic::error("E0304", format!("a cycle: {}", names.join(" needs ")));
        for member in members {
            if let Some(place) = place(member) {
                problem = match problem.place {
                    None => problem.at(place),
                    Some(_) => problem.related(place, format!("{} is declared here", name(member))),
                };
            }
        }
        self.problem(problem.hint("take one of these references away"));
    }

    fn describe(&self, error: &EvaluateError, what: &str) -> Diagnostic {
        match error {
            EvaluateError::NoAttribute { urn, path } => {
                let ty = urn.parse::<Urn>().map(|urn| urn.ty().to_owned()).unwrap_or_default();
                Diagnostic::error(
                    "E0301",
                    format!("{what} reads the attribute `{path}` of `{urn}`, which there is none of"),
                )
                .note(format!("the type is `{ty}`"))
            }
            EvaluateError::NoOutput { stack, path } => {
                let problem = |code, message| Diagnostic::error(code, message);
                match self.in_pass_near(stack, path) {
                    Some(near) => {
                        let found = problem(
                            "E0302",
                            format!("{what} reads `{path}` of stack `{stack}`, which has no such output"),
                        );
                        match near {
                            Some(near) => found.hint(format!("did you mean `{near}`?")),
                            None => found.hint(format!("run `runner outputs {stack}` to see what it exports")),
                        }
                    }
                    None => match self.lookup.published(stack, path) {
                        Published::NoStack(near) => {
                            let found =
                                problem("E0303", format!("{what} reads stack `{stack}`, which there is none of"));
                            match near {
                                Some(near) => found.hint(format!("did you mean `{near}`?")),
                                None => found.hint("run `runner stacks` to see all stacks"),
                            }
                        }
                        Published::Nothing => problem(
                            "E0305",
                            format!("{what} reads `{path}` of stack `{stack}`, which has published nothing yet"),
                        )
                        .hint("select it too: `--with-upstream`"),
                        Published::NoOutput(near) => {
                            let found = problem(
                                "E0302",
                                format!("{what} reads `{path}` of stack `{stack}`, which does not export it"),
                            );
                            match near {
                                Some(near) => found.hint(format!("did you mean `{near}`?")),
                                None => {
                                    found.hint("if its program exports it by now, select it too: `--with-upstream`")
                                }
                            }
                        }
                        Published::Value(..) => {
                            problem("E0302", format!("{what} cannot read `{path}` of stack `{stack}`"))
                        }
                    },
                }
            }
            other => Diagnostic::error("E0308", format!("{what}: {other}")),
        }
    }

    /// For a stack of the pass, the output whose name is nearest.
    fn in_pass_near(&self, stack: &str, path: &Path) -> Option<Option<String>> {
        let plan = self.stacks[*self.names.get(stack)?].plan?;
        let wanted = path.to_string();
        let scored =
            plan.outputs.keys().map(ToString::to_string).map(|name| (strsim::jaro_winkler(&wanted, &name), name));
        let nearest = scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
        Some(nearest.map(|(_, name)| name))
    }

    fn problem(&self, problem: Diagnostic) {
        self.found.borrow_mut().push(problem);
    }
}

/// Whether a resource reads a read-only attribute of one that is replaced with the old object going first.
fn reads_attribute_of_replaced(resource: &resource::Resource, set: &ChangeSet) -> bool {
    references(resource.properties.values()).resources.iter().any(|urn| {
        set.resources.get(urn).is_some_and(|change| matches!(change.action, Action::Replace { delete_first: true, .. }))
    })
}

pub(crate) fn origin_text(urn: &Urn, path: &Path) -> String {
    format!("{}.{path}", urn.name())
}

/// The deletion, or the forgetting, of an object.
fn deletion(object: &Object) -> ResourceChange {
    ResourceChange {
        action: if object.kept.retain_on_delete { Action::Forget } else { Action::Delete },
        differences: Vec::new(),
        goal: Map::new(),
        incarnation: object.incarnation,
        dependencies: object.dependencies.clone(),
        reads: object.read.iter().map(|read| (read.stack.clone(), read.path.clone())).collect(),
        waits_for: Vec::<Dependency>::new(),
        options: object.kept.options(),
        parent: object.kept.parent.clone(),
        source: object.source.clone(),
        id: Some(object.id.clone()),
        protection_ignored: false,
        renamed_from: None,
        record: false,
        remarks: Vec::new(),
    }
}
