//! The pass over all resources and outputs.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use diag::{Diagnostic, Diagnostics, Place};
use expr::{Expr, Named, evaluate, faults};
use resource::{Dependency, Options, Plan, Shared, Sources, StackName, Urn};
use schema::TypeSchema;
use state::{Kept, Object, Site, StackState};
use value::{Digest, Map, Origin, Path, Type, Unknown, Value};

use crate::left::left;
use crate::nodes::{Node, References, made_of, order, resource_made_of, resource_references};
use crate::problems::cycle;
use crate::reach::{Reach, as_read};
use crate::scope::At;
use crate::sites::NoInstance;
use crate::{Action, Alike, Case, ChangeSet, Companion, Existing, OutputChange, ResourceChange, Targets, decide};

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
    /// The incarnation of what was approved to be made, and may be made in part by now; `None` = the next one.
    pub approved: Option<u64>,
}

impl StackInput<'_> {
    /// The incarnation that a create of a resource makes.
    fn next_incarnation(&self, urn: &Urn) -> u64 {
        let Some(state) = self.state else { return self.approved.unwrap_or(1) };
        let objects = state.objects.get(urn).into_iter().chain(state.replaced.of(urn));
        let newest = objects.map(|object| object.incarnation).max();
        self.approved
            .filter(|approved| newest.is_none_or(|newest| newest < *approved))
            .unwrap_or(state.last_incarnation + 1)
    }
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
    /// What is known of an object of the world, by its id.
    fn existing(&self, _ty: &str, _id: &str, _instance: Option<&str>) -> Existing {
        Existing::NotSeen
    }
    /// What is known of an object of the world, by its natural identity.
    fn alike(&self, _stack: &StackName, _urn: &Urn, _identity: &Map, _instance: Option<&str>) -> Alike {
        Alike::NotSeen
    }
    /// Where the objects of a provider instance are, for a type.
    ///
    /// # Errors
    /// If the profile has no such instance, or the type's resources must name one.
    fn site(&self, ty: &str, instance: Option<&str>) -> Result<Site, NoInstance>;
    /// Whether some instance points to where an object is.
    fn reaches(&self, ty: &str, kept: &Kept) -> bool;
    /// What `{account}` and `{region}` are in the predictions of a provider instance.
    fn provider_values(&self, instance: Option<&str>) -> BTreeMap<String, String>;
    /// Lets policies mend the properties of a resource before anything is compared; gives a remark on each change.
    ///
    /// # Errors
    /// Why a policy cannot mend them.
    fn mend(&self, _: &StackName, _: &Urn, _: &Options, _: &mut Map) -> Result<Vec<String>, Diagnostics> {
        Ok(Vec::new())
    }
}

/// How the pass judges.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Protected resources may go; the change says so.
    pub ignore_protection: bool,
    /// What is no longer declared stays for now, since somebody may take it over; whether it is protected counts later.
    pub removals_wait: bool,
    /// What may be touched, and what is replaced whatever differs.
    pub targets: Targets,
}

/// Decides on everything in the stacks: one change set per stack, in their order, and what is wrong.
pub fn diff(stacks: &[StackInput<'_>], lookup: &dyn Lookup, settings: Settings) -> (Vec<ChangeSet>, Diagnostics) {
    let (sets, found) = diff_with_places(stacks, lookup, settings);
    (sets, found.into_iter().map(|(_, problem)| problem).collect())
}

/// The same, with each problem that is one of a stack's alone beside the position of that stack.
pub fn diff_with_places(
    stacks: &[StackInput<'_>],
    lookup: &dyn Lookup,
    settings: Settings,
) -> (Vec<ChangeSet>, Vec<(Option<usize>, Diagnostic)>) {
    let reach = Reach::of(&settings.targets, stacks);
    let sets = stacks.iter().enumerate().map(|(stack, input)| empty_set(input, stack, &reach)).collect();
    let mut pass = Pass {
        stacks,
        lookup,
        reach,
        settings,
        names: stacks.iter().enumerate().map(|(i, input)| (input.name.to_string(), i)).collect(),
        sets,
        found: RefCell::default(),
        at: Cell::new(None),
        fresh: BTreeSet::new(),
        gone_first: BTreeSet::new(),
        some_go_first: false,
        taken: BTreeMap::new(),
    };
    let plans: Vec<Option<&Plan>> = stacks.iter().map(|input| input.plan).collect();
    let (nodes, cycles) = order(&plans);
    for members in &cycles {
        // Without one of them it is none.
        pass.at.set(members.first().map(Node::stack));
        pass.problem(cycle(stacks, members));
    }
    pass.at.set(None);
    pass.check_replacements();
    for node in nodes {
        pass.at.set(Some(node.stack()));
        match node {
            Node::Resource(stack, urn) => pass.resource(stack, &urn),
            Node::Output(stack, path) => pass.output(stack, &path),
        }
    }
    for stack in 0..stacks.len() {
        pass.at.set(Some(stack));
        pass.removed(stack);
    }
    for stack in 0..stacks.len() {
        pass.at.set(Some(stack));
        pass.check_reachable(stack);
    }
    // PERF: a map that grew in order is half empty; made of all its entries at once it is full.
    pass.sets.iter_mut().for_each(|set| set.resources = std::mem::take(&mut set.resources).into_iter().collect());
    // What is read from a plan has none, the same read from state has one: it must not tell the two apart.
    pass.sets.iter_mut().for_each(ChangeSet::drop_ciphertexts);
    (pass.sets, pass.found.into_inner())
}

fn empty_set(input: &StackInput<'_>, stack: usize, reach: &Reach) -> ChangeSet {
    let replaced = input.state.into_iter().flat_map(|state| &state.replaced);
    let leftovers = replaced.filter(|object| !reach.leaves(stack, &object.urn));
    ChangeSet {
        stack: input.name.clone(),
        stack_id: input.id.to_owned(),
        base: input.base,
        resources: BTreeMap::new(),
        leftovers: leftovers.map(|object| (object.urn.clone(), object.incarnation)).collect(),
        leaving: BTreeMap::new(),
        outputs: BTreeMap::new(),
        constructs: input.plan.map(|plan| plan.constructs.clone()).unwrap_or_default(),
        reads: BTreeMap::new(),
    }
}

pub(crate) struct Pass<'a> {
    pub(crate) stacks: &'a [StackInput<'a>],
    pub(crate) lookup: &'a dyn Lookup,
    pub(crate) reach: Reach,
    pub(crate) settings: Settings,
    pub(crate) names: BTreeMap<String, usize>,
    pub(crate) sets: Vec<ChangeSet>,
    /// What is wrong, each with the stack that was being looked at.
    found: RefCell<Vec<(Option<usize>, Diagnostic)>>,
    at: Cell<Option<usize>>,
    /// Unknowns that are sure to come out different from any value before.
    fresh: BTreeSet<Origin>,
    /// Outputs made of objects that go before their replacement is there.
    gone_first: BTreeSet<(String, Path)>,
    /// Some object goes before its replacement is there.
    some_go_first: bool,
    /// Objects that stand under an earlier name, by stack and that name, with the resource that takes them over.
    taken: BTreeMap<(usize, Urn), Urn>,
}

impl Pass<'_> {
    fn resource(&mut self, stack: usize, urn: &Urn) {
        let input = &self.stacks[stack];
        let Some((plan, resource)) = input.plan.and_then(|plan| Some((plan, plan.resources.get(urn)?))) else { return };
        let source = input.sources.and_then(|sources| sources.resources.get(urn)).cloned();
        if self.reach.leaves(stack, urn) {
            self.leave(stack, urn, resource, source);
            return;
        }
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
        let is_missing = |urn: &&Urn| !plan.resources.contains_key(*urn);
        for missing in resource_references(urn, resource).resources.iter().filter(is_missing) {
            let message = format!("`{urn}` refers to `{missing}`, which is not in the plan");
            let hint = "declare it, or take the reference away";
            self.problem(Diagnostic::error("E0309", message).at_opt(source.clone()).hint(hint));
        }
        for missing in resource.options.deleted_with.iter().filter(is_missing) {
            let message = format!("`{urn}` is deleted with `{missing}`, which is not in the plan");
            let hint = "declare that, or take `.deleted_with()` away";
            self.problem(Diagnostic::error("E0420", message).at_opt(source.clone()).hint(hint));
        }
        self.check_needs(stack, urn, resource, source.as_ref());
        let References { resources, outputs } = resource_made_of(plan, urn, resource);
        if let Some(read) = &resource.around.read {
            self.reading((stack, urn), resource, read, (resources, outputs), source.clone());
            self.surround(stack, urn, resource, source.as_ref());
            return;
        }
        let mut properties = self.properties(stack, urn, &resource.properties, source.as_ref());
        let mended = self.lookup.mend(input.name, urn, &resource.options, &mut properties).unwrap_or_else(|found| {
            found.into_iter().for_each(|problem| self.problem(problem.at_opt(source.clone())));
            Vec::new()
        });
        let trigger = self.trigger(stack, urn, &resource.around, source.as_ref());
        for problem in schema.validate(&properties) {
            let message = format!("`{}` of `{}`: {}", problem.path, urn.name(), problem.kind);
            self.problem(
                Diagnostic::error("E0307", message).at_opt(source.clone()).note(format!("the type is `{}`", urn.ty())),
            );
        }
        let (old, renamed_from) = self.old_object(stack, urn, &resource.options);
        // What was only read is not this stack's to change.
        let old = old.filter(|old| !old.external);
        if old.is_none() {
            self.still_declared(stack, urn, &resource.options, source.as_ref());
        }
        let site = self.site(stack, urn, &resource.options, source.as_ref());
        let after_delete_first = (self.some_go_first && goes_after_another(plan, resource, &self.sets[stack]))
            || outputs
                .iter()
                .any(|(name, path)| self.gone_first.iter().any(|(n, leaf)| n == name && leaf.covers(path)));
        let decided = |options: &Options, properties: Map| {
            let case = Case {
                urn,
                stack_id: input.id,
                schema,
                options,
                old,
                next_incarnation: input.next_incarnation(urn),
                fresh: &self.fresh,
                after_delete_first,
                trigger: trigger.as_ref(),
                companion: self.companion(stack, old, options),
                forced: self.reach.replaces(stack, urn),
                site: site.as_ref(),
            };
            decide(&case, properties)
        };
        let mut options = resource.options.clone();
        let mut decision = decided(&options, properties);
        if decision.action == Action::Create
            && let Some(id) = self.to_take_over((stack, urn), &options, schema, &decision.goal, source.as_ref())
        {
            options.import = Some(id);
            decision = decided(&options, decision.goal);
        }
        for impossible in &decision.impossible {
            self.problem(impossible.problem(urn).at_opt(source.clone()));
        }
        let decision = self.importing((stack, urn), &options, schema, old, source.as_ref(), decision);
        let id = old.map(|object| object.id.clone());
        let record = decision.action == Action::Keep
            && old.is_some_and(|old| {
                let mut kept = self.kept(stack, old, resource, trigger.as_ref());
                // Where the site is not known it is recorded with the next step.
                kept.site.clone_from(site.as_ref().filter(|_| !old.kept.site.is_empty()).unwrap_or(&old.kept.site));
                kept != *old.kept || self.readings_differ(stack, old, &resources, &outputs)
            });
        // What the program says by now counts: with the protection taken away it may be replaced in the same run.
        let protected = old.is_some() && resource.options.protect;
        let declared_at = source.clone();
        let mut change = ResourceChange {
            action: decision.action,
            differences: decision.differences,
            goal: decision.goal,
            incarnation: decision.incarnation,
            dependencies: resources,
            reads: outputs,
            waits_for: resource.options.depends_on.clone(),
            options,
            parent: resource.parent.clone(),
            source,
            id,
            protection_ignored: false,
            renamed_from,
            moved_from: None,
            record,
            forced: self.reach.replaces(stack, urn),
            left: false,
            vanished: self.vanished(stack, urn, decision.action),
            remarks: mended.into_iter().chain(decision.remarks).collect(),
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
        self.some_go_first |= matches!(change.action, Action::Replace { delete_first: true, .. });
        self.sets[stack].resources.insert(urn.clone(), change);
        self.surround(stack, urn, resource, declared_at.as_ref());
    }

    /// The id of an object that is to be made anew, since a refresh did not find it any more.
    fn vanished(&self, stack: usize, urn: &Urn, action: Action) -> Option<String> {
        let state = self.stacks[stack].state.filter(|_| action == Action::Create)?;
        state.vanished.get(urn).cloned()
    }

    /// The values of the properties; problems are reported, and leave the property out.
    fn properties(&mut self, stack: usize, urn: &Urn, expressions: &Named, source: Option<&Place>) -> Map {
        let mut properties = Map::new();
        for (name, expr) in expressions {
            let value = self.look(stack, expr, format_args!("`{name}` of `{}`", urn.name()), source);
            properties.insert(name.clone(), value.unwrap_or_else(|| self.unknown(stack, name)));
        }
        properties
    }

    /// The value of an expression; all that it lacks is reported.
    pub(crate) fn look(
        &mut self,
        stack: usize,
        expr: &Expr,
        what: fmt::Arguments<'_>,
        source: Option<&Place>,
    ) -> Option<Value> {
        let at = At { pass: self, stack, pins: RefCell::default() };
        let value = evaluate(expr, &at);
        let faults = if value.is_err() { faults(expr, &at) } else { Vec::new() };
        let pins = at.pins.into_inner();
        self.sets[stack].reads.extend(pins);
        for fault in &faults {
            self.problem(self.describe(fault, what).at_opt(source.cloned()));
        }
        value.ok()
    }

    /// In place of what has no value: it keeps others from calling it missing as well.
    fn unknown(&self, stack: usize, what: &str) -> Value {
        Unknown::new(Type::Any, self.stacks[stack].name.to_string(), what.to_owned()).into()
    }

    fn output(&mut self, stack: usize, path: &Path) {
        let input = &self.stacks[stack];
        let Some((plan, expr)) = input.plan.and_then(|plan| Some((plan, plan.outputs.get(path)?))) else { return };
        let place = input.sources.and_then(|sources| sources.outputs.clone());
        if let Some(change) = self.left_output(stack, path, expr) {
            self.sets[stack].outputs.insert(path.clone(), change);
            return;
        }
        let value = self.look(stack, expr, format_args!("output `{path}`"), place.as_ref());
        let value = value.unwrap_or_else(|| self.unknown(stack, &path.to_string()));
        let References { resources, outputs } = made_of(plan, [expr]);
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
        let record = published.is_some_and(|output| self.origins_differ(stack, output, &resources, &outputs));
        let change = OutputChange {
            value: Some(value),
            published: published.filter(|output| !output.stale).map(|output| output.digest),
            from: resources,
            reads: outputs,
            record,
            left: false,
        };
        self.sets[stack].outputs.insert(path.clone(), change);
    }

    /// Reports an earlier name that is declared, too: nobody can tell whose the object is.
    fn still_declared(&self, stack: usize, urn: &Urn, options: &Options, source: Option<&Place>) {
        let input = &self.stacks[stack];
        let (Some(plan), Some(state)) = (input.plan, input.state) else { return };
        let here = options.aliases.iter().filter(|alias| alias.stack.as_ref().is_none_or(|stack| stack == input.name));
        for earlier in here
            .map(|alias| &alias.urn)
            .filter(|earlier| plan.resources.contains_key(*earlier) && state.objects.contains_key(*earlier))
        {
            let message =
                format!("`{}` takes over the object of `{}`, which is declared, too", urn.name(), earlier.name());
            let mut problem = Diagnostic::error("E0422", message).at_opt(source.cloned());
            if let Some(place) = input.sources.and_then(|sources| sources.resources.get(earlier)) {
                problem = problem.related(place.clone(), format!("`{}` is declared here", earlier.name()));
            }
            let hint = "take the alias away; or apply the new name first, and declare the old one again after that";
            self.problem(problem.hint(hint));
        }
    }

    /// What becomes of the object that one is deleted with.
    fn companion(&self, stack: usize, old: Option<&Object>, options: &Options) -> Companion {
        let (Some(old), Some(target)) = (old, &options.deleted_with) else { return Companion::Stays };
        let Some(change) = self.sets[stack].resources.get(target) else { return Companion::Stays };
        if let Action::Replace { undecided: true, .. } = change.action {
            return Companion::MayGo;
        }
        let name = change.renamed_from.as_ref().unwrap_or(target);
        let before = self.stacks[stack].state.and_then(|state| state.objects.get(name)).map(AsRef::as_ref);
        Companion::of(old.hangs_on(name, before), Some(change.incarnation))
    }

    /// What a resource of state is called now.
    pub(crate) fn current_name(&self, stack: usize, earlier: &Urn) -> Urn {
        self.taken.get(&(stack, earlier.clone())).unwrap_or(earlier).clone()
    }

    /// The object that a declared resource has in state, under its name or an earlier one.
    pub(crate) fn old_object(&self, stack: usize, urn: &Urn, options: &Options) -> (Option<&Object>, Option<Urn>) {
        self.stacks[stack].object(urn, options)
    }

    /// What is in state and no longer declared.
    fn removed(&mut self, stack: usize) {
        let input = &self.stacks[stack];
        let Some(state) = input.state else { return };
        let renamed: BTreeSet<Urn> =
            self.sets[stack].resources.values().filter_map(|c| c.renamed_from.clone()).collect();
        let gone =
            |urn: &Urn| !input.plan.is_some_and(|plan| plan.resources.contains_key(urn)) && !renamed.contains(urn);
        let mut options = Shared::default();
        for object in state.objects.values().filter(|object| gone(&object.urn)) {
            let mut change = deletion(object);
            // Most objects of a stack have the same.
            change.options.share(&options);
            options.clone_from(&change.options);
            if self.reach.leaves(stack, &object.urn) {
                change = left(object);
            } else if input.plan.is_some_and(|plan| plan.forget.contains(&object.urn)) {
                change.action = Action::Forget;
            } else if object.kept.protect && (self.settings.ignore_protection || !self.settings.removals_wait) {
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
                    record: false,
                    left: self.reach.leaves_output(stack, output.from.iter()),
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
            problem = problem.note(difference.forces());
        }
        let hint = match change.action {
            Action::Replace { .. } => "keep it as it is, or take `.protect()` away",
            _ => "keep it, or take its `.protect()` away and apply that first",
        };
        self.problem(problem.hint(hint));
    }

    /// Remembers the ids of objects that are sure to be new ones.
    fn mark_fresh(&mut self, stack: usize, urn: &Urn, schema: &TypeSchema, change: &ResourceChange) {
        if matches!(change.action, Action::Create | Action::Replace { undecided: false, .. }) {
            let stack = self.stacks[stack].name.to_string();
            let ids = schema.primary_identifier.iter().filter(|path| schema.is_attribute(path));
            self.fresh.extend(ids.map(|path| Origin { stack: stack.clone(), what: origin_text(urn, path) }));
        }
    }

    pub(crate) fn problem(&self, problem: Diagnostic) {
        self.found.borrow_mut().push((self.at.get(), problem));
    }
}

/// Whether a resource reads, or is deleted with, one that is replaced with the old object going first.
fn goes_after_another(plan: &Plan, resource: &resource::Resource, set: &ChangeSet) -> bool {
    let read = made_of(plan, resource.properties.values().chain(resource.around.trigger.as_deref())).resources;
    let first = |urn: &Urn| {
        let action = set.resources.get(urn).map(|change| change.action);
        matches!(action, Some(Action::Replace { delete_first: true, .. }))
    };
    read.iter().chain(&resource.options.deleted_with).any(first)
}

pub(crate) fn origin_text(urn: &Urn, path: &Path) -> String {
    format!("{}.{path}", urn.name())
}

/// The deletion, or the forgetting, of an object.
pub(crate) fn deletion(object: &Object) -> ResourceChange {
    ResourceChange {
        action: if object.kept.retain_on_delete || object.external { Action::Forget } else { Action::Delete },
        differences: Vec::new(),
        goal: Map::new(),
        incarnation: object.incarnation,
        dependencies: object.dependencies.clone(),
        reads: as_read(&object.read),
        waits_for: Vec::<Dependency>::new(),
        options: object.kept.options().into(),
        parent: object.kept.parent.clone(),
        source: object.source.clone(),
        id: Some(object.id.clone()),
        protection_ignored: false,
        renamed_from: None,
        moved_from: None,
        record: false,
        forced: false,
        left: false,
        vanished: None,
        remarks: Vec::new(),
    }
}
