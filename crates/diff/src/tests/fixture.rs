//! Plans and states from a few lines of text, and change sets as text.
//!
//! ```text
//! stack net.QA                              also `stack net.QA destroyed`
//!   resource Vpc main Cidr=10.0.0.0/16 Peer=@other.VpcId Up=#up.QA:vpc Pass=!db.v1
//!     protect | dbr BOOL | retain | timeouts CREATE UPDATE DELETE | ignore PATH | ignore_all | replace_on PATH | alias NAME | after NAME | provider NAME | import ID
//!     deleted_with NAME | waits STACK | trigger VALUE | requires VALUE | ensures VALUE | hook MOMENT VALUE… | call MOMENT FUNCTION VALUE…
//!   output vpc_id VALUE
//!   after STACK                             what state says of that: `waited STACK`
//!   has Vpc main Cidr=10.0.0.0/16           an object; also `leftover`
//!     observed Label=x | tainted | partial | protect | retain | depends NAME… | reads STACK:PATH… | incarnation N
//!     with NAME INCARNATION | without | triggered VALUE | provider NAME
//!   published vpc_id VALUE from NAME…        also `stale`
//! instance west region=us-west-2            a provider instance, `default` for that without a name; else any name goes
//! explicit vpc                              resources of these families have to name an instance
//! outside other.QA vpc VALUE                what a stack that is not selected has published
//! there Vpc vpc-9 Cidr=10.0.0.0/16          an object of the world; `nothing Vpc vpc-9` = there is none of this id
//! ```
//!
//! A value is JSON, or else text; `==` compares two, `@` is an attribute, `#` an output (`#?` an optional one), `!key.version` a secret
//! whose fingerprint is that of the version. What state says of dependencies, readings and options is what the plan
//! says, unless it is given. The id of an object is its name and its incarnation.

#[path = "fixture_types.rs"]
mod types;
#[path = "fixture_words.rs"]
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::{Diagnostics, Place};
use diff::{Action, ChangeSet, Existing, Lookup, NoInstance, Published, Settings, StackInput, Targets};
use expr::Expr;
use resource::{
    Alias, Around, Condition, Dependency, Hook, Plan, Resource, Run, Shared, Sources, StackName, Timeouts, Urn,
};
use schema::{Catalog, TypeSchema};
use state::{Kept, Object, PublishedOutput, StackState, Status};
use value::{Digest, Map, Path, Value};

use words::{constant, expression, known, property, published, read_output, show};

/// The types of the fixtures.
pub(crate) fn catalog() -> Catalog {
    Catalog::new(types::TYPES)
}

/// A stack of a fixture.
pub(crate) struct Stack {
    pub(crate) name: StackName,
    pub(crate) plan: Option<Plan>,
    pub(crate) sources: Sources,
    pub(crate) state: Option<StackState>,
}

/// Everything that a fixture says.
pub(crate) struct Fixture {
    pub(crate) stacks: Vec<Stack>,
    published: BTreeMap<String, BTreeMap<Path, Value>>,
    pub(crate) existing: BTreeMap<(String, String), Existing>,
    catalog: Catalog,
    pub(crate) instances: BTreeMap<String, state::Site>,
    explicit: BTreeSet<String>,
}

impl Fixture {
    pub(crate) fn parse(text: &str) -> Self {
        let mut reader = Reader::default();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            reader.line(line.trim(), u32::try_from(number).expect("few lines") + 1);
        }
        let mut stacks = reader.stacks;
        let mut digests: BTreeMap<(String, Path), Digest> = BTreeMap::new();
        for (stack, outputs) in &reader.published {
            digests.extend(outputs.iter().map(|(path, value)| ((stack.clone(), path.clone()), value.digest())));
        }
        for stack in &stacks {
            let outputs = stack.state.iter().flat_map(|state| &state.outputs);
            digests.extend(outputs.map(|(path, output)| ((stack.name.to_string(), path.clone()), output.digest)));
        }
        stacks.iter_mut().for_each(|stack| complete(stack, &reader.explicit, &digests));
        for object in stacks
            .iter_mut()
            .flat_map(|stack| &mut stack.state)
            .flat_map(|state| copies_mut(state).filter(|object| object.kept.site.is_empty()))
        {
            let name = object.kept.provider.as_deref().unwrap_or("default");
            object.kept.site = reader.instances.get(name).cloned().unwrap_or_default();
        }
        stacks.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            stacks,
            published: reader.published,
            existing: reader.existing,
            catalog: catalog(),
            instances: reader.instances,
            explicit: reader.families,
        }
    }

    pub(crate) fn diff(&self, settings: Settings) -> (Vec<ChangeSet>, Diagnostics) {
        let ids: Vec<String> = self.stacks.iter().map(|stack| stack.name.to_string()).collect();
        let inputs: Vec<StackInput<'_>> = self
            .stacks
            .iter()
            .zip(&ids)
            .map(|(stack, id)| StackInput {
                name: &stack.name,
                id,
                base: None,
                plan: stack.plan.as_ref(),
                sources: Some(&stack.sources),
                state: stack.state.as_ref(),
                approved: None,
            })
            .collect();
        diff::diff(&inputs, self, settings)
    }
}

impl Lookup for Fixture {
    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, String> {
        self.catalog.get(ty).map_err(|error| error.to_string())
    }

    fn published(&self, stack: &str, path: &Path) -> Published {
        match self.published.get(stack) {
            Some(outputs) => match outputs.get(path) {
                Some(value) => Published::Value(value.clone(), value.digest()),
                None => Published::NoOutput(outputs.keys().next().map(ToString::to_string)),
            },
            None if stack.starts_with("never") => Published::Nothing,
            None => Published::NoStack(self.published.keys().next().cloned()),
        }
    }

    fn function(&self, name: &str, _: &[Value]) -> Result<Value, String> {
        Err(format!("no function {name}"))
    }

    fn existing(&self, ty: &str, id: &str, _: Option<&str>) -> Existing {
        self.existing.get(&(ty.to_owned(), id.to_owned())).cloned().unwrap_or_default()
    }

    fn site(&self, ty: &str, instance: Option<&str>) -> Result<state::Site, NoInstance> {
        let family = ty.to_lowercase();
        match (instance, self.instances.get(instance.unwrap_or("default"))) {
            (None, _) if self.explicit.contains(&family) => Err(NoInstance::Unnamed(family)),
            (_, Some(site)) => Ok(site.clone()),
            (Some(_), None) if !self.instances.is_empty() => {
                Err(NoInstance::Unknown(self.instances.keys().find(|name| *name != "default").cloned()))
            }
            _ => Ok(state::Site::new()),
        }
    }

    fn reaches(&self, _: &str, kept: &Kept) -> bool {
        let known = self.instances.get(kept.provider.as_deref().unwrap_or("default"));
        self.instances.is_empty()
            || known.is_some_and(|site| kept.site.is_empty() || *site == kept.site)
            || !kept.site.is_empty() && self.instances.values().any(|site| *site == kept.site)
    }

    fn provider_values(&self, instance: Option<&str>) -> BTreeMap<String, String> {
        BTreeMap::from([("account".to_owned(), instance.unwrap_or("main").to_owned())])
    }
}

#[derive(Default)]
struct Reader {
    stacks: Vec<Stack>,
    published: BTreeMap<String, BTreeMap<Path, Value>>,
    existing: BTreeMap<(String, String), Existing>,
    instances: BTreeMap<String, state::Site>,
    families: BTreeSet<String>,
    /// Facts that objects have of their own, not from the plan.
    explicit: BTreeSet<(String, Urn, &'static str)>,
    last: Option<Last>,
}

/// What the detail lines are about.
enum Last {
    Resource(Urn),
    Object(Urn, bool),
}

impl Reader {
    fn line(&mut self, line: &str, number: u32) {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        match words[0] {
            "stack" => {
                let name = name_of(words[1]);
                let plan = (words.get(2) != Some(&"destroyed")).then(|| Plan::new(name.clone()));
                self.stacks.push(Stack { name, plan, sources: Sources::default(), state: None });
            }
            "outside" => {
                let outputs = self.published.entry(words[1].to_owned()).or_default();
                outputs.insert(path(words[2]), constant(words[3]));
            }
            "there" | "nothing" => {
                let found = match words[0] {
                    "there" => Existing::There(words[3..].iter().map(|word| known(word)).collect()),
                    _ => Existing::Absent,
                };
                self.existing.insert((words[1].to_owned(), words[2].to_owned()), found);
            }
            "instance" => {
                let setting = |word: &&str| {
                    let (name, value) = word.split_once('=').expect("name=value");
                    (name.to_owned(), value.to_owned())
                };
                self.instances.insert(words[1].to_owned(), words[2..].iter().map(setting).collect());
            }
            "explicit" => self.families.extend(words[1..].iter().map(ToString::to_string)),
            "resource" => {
                let stack = self.stacks.last_mut().expect("a stack first");
                let urn = Urn::new(stack.name.project(), words[1], words[2]);
                let own = |text: &str| urn_named(stack.plan.as_ref().expect("a plan"), text);
                let properties = words[3..].iter().map(|word| property(word, &own)).collect();
                let resource =
                    Resource { properties, options: Shared::default(), around: Around::default(), parent: None };
                stack.plan.as_mut().expect("a plan").resources.insert(urn.clone(), resource);
                stack
                    .sources
                    .resources
                    .insert(urn.clone(), Place::new(format!("{}.rs", stack.name.project()), number, 1));
                self.last = Some(Last::Resource(urn));
            }
            "output" => {
                let stack = self.stacks.last_mut().expect("a stack first");
                let own = |text: &str| urn_named(stack.plan.as_ref().expect("a plan"), text);
                let value = expression(words[2], &own);
                stack.plan.as_mut().expect("a plan").outputs.insert(path(words[1]), value);
                stack.sources.outputs = Some(Place::new(format!("{}.rs", stack.name.project()), number, 1));
            }
            "has" | "leftover" => self.object(&words),
            "published" => {
                let state = state_of(self.stacks.last_mut().expect("a stack first"));
                let value = constant(words[2]);
                let stale = words.contains(&"stale");
                let after = |what| words.iter().skip_while(move |word| **word != what).skip(1);
                let named = after("from").take_while(|word| **word != "reads");
                let from =
                    named.map(|name| state.objects.keys().find(|urn| urn.name() == *name).expect("an object").clone());
                let (from, reads) = (from.collect(), after("reads").map(|text| read_output(text)).collect());
                let output = PublishedOutput { digest: value.digest(), stale, from, reads, value };
                state.outputs.insert(path(words[1]), output);
            }
            "waited" => {
                let state = state_of(self.stacks.last_mut().expect("a stack first"));
                state.waits_for.insert(name_of(words[1]));
            }
            "forget" => {
                let plan = self.stacks.last_mut().expect("a stack first").plan.as_mut().expect("a plan");
                plan.forget.insert(Urn::new(plan.stack.project(), words[1], words[2]));
            }
            "after" if words[1].contains('.') => {
                let stack = self.stacks.last_mut().expect("a stack first");
                stack.plan.as_mut().expect("a plan").after.insert(name_of(words[1]));
            }
            _ => self.detail(&words),
        }
    }

    fn object(&mut self, words: &[&str]) {
        let stack = self.stacks.last_mut().expect("a stack first");
        let urn = Urn::new(stack.name.project(), words[1], words[2]);
        let inputs: Map = words[3..].iter().map(|word| known(word)).collect();
        let state = state_of(stack);
        rekey(state);
        let object = Object {
            urn: urn.clone(),
            incarnation: 1,
            id: String::new(),
            inputs,
            observed: Map::new(),
            dependencies: Default::default(),
            read: Default::default(),
            holds: Default::default(),
            origins: Default::default(),
            kept: Shared::default(),
            external: false,
            status: Status::Ready,
            created: String::new(),
            modified: String::new(),
            source: None,
        };
        let aside = words[0] == "leftover";
        if aside {
            state.replaced.put(object.into());
        } else {
            state.objects.insert(urn.clone(), object.into());
        }
        self.last = Some(Last::Object(urn, aside));
    }

    fn detail(&mut self, words: &[&str]) {
        let stack = self.stacks.last_mut().expect("a stack first");
        let name = stack.name.to_string();
        match self.last.as_ref().expect("a resource or an object first") {
            Last::Resource(urn) => {
                let plan = stack.plan.as_mut().expect("a plan");
                let project = plan.stack.project().to_owned();
                let after =
                    words.get(1).and_then(|name| plan.resources.keys().find(|urn| urn.name() == *name).cloned());
                let value = |word: &str| expression(word, &|name| urn_named(plan, name));
                let values: Vec<Expr> = words[1..].iter().map(|word| value(word)).collect();
                let target = words.get(1).map(|name| urn_named(plan, name));
                let Resource { options, around, .. } = plan.resources.get_mut(urn).expect("it is there");
                let condition = |holds: &Expr| Condition { holds: holds.clone(), message: "must be".to_owned() };
                match words[0] {
                    "protect" => options.protect = true,
                    "retain" => options.retain_on_delete = true,
                    "timeouts" => {
                        let seconds = |word: usize| words.get(word).and_then(|word| word.parse().ok());
                        options.timeouts = Timeouts { create: seconds(1), update: seconds(2), delete: seconds(3) };
                    }
                    "dbr" => options.delete_before_replace = Some(words[1] == "true"),
                    "ignore" => options.ignore_changes.push(path(words[1])),
                    "ignore_all" => options.ignore_changes.push(Path::root()),
                    "replace_on" => options.replace_on_changes.push(path(words[1])),
                    "provider" => options.provider = Some(words[1].to_owned()),
                    "import" => options.import = Some(words[1].to_owned()),
                    "adopt" => options.adopt = true,
                    "read" => around.read = values.first().cloned().map(Box::new),
                    "alias" => options.aliases.push(Alias { urn: Urn::new(project, urn.ty(), words[1]), stack: None }),
                    "moved" => {
                        let from = name_of(words[1]);
                        let urn = Urn::new(from.project(), urn.ty(), words[2]);
                        options.aliases.push(Alias { urn, stack: Some(from) });
                    }
                    "after" => options.depends_on.push(Dependency::Resource(after.expect("declared before"))),
                    "waits" => options.depends_on.push(Dependency::Stack(name_of(words[1]))),
                    "deleted_with" => options.deleted_with = target,
                    "trigger" => around.trigger = values.first().cloned().map(Box::new),
                    "requires" => around.preconditions.extend(values.iter().map(condition)),
                    "ensures" => around.postconditions.extend(values.iter().map(condition)),
                    "hook" | "call" => {
                        let at = serde_json::from_value(words[1].into()).expect("a moment");
                        let run = match words[0] {
                            "hook" => Run::Command(values[1..].to_vec()),
                            _ => Run::Function { name: words[2].to_owned(), args: values[2..].to_vec() },
                        };
                        around.hooks.push(Hook { at, run });
                    }
                    other => panic!("no option {other}"),
                }
            }
            Last::Object(urn, aside) => {
                let state = stack.state.as_mut().expect("it has one");
                let names: Vec<Urn> = state.objects.keys().cloned().collect();
                let object = match aside {
                    true => state.replaced.get_mut(urn, 1),
                    false => state.objects.get_mut(urn),
                };
                let object = Arc::make_mut(object.expect("it is there"));
                let mut explicit = |what| {
                    self.explicit.insert((name.clone(), urn.clone(), what));
                };
                match words[0] {
                    "observed" => object.observed.extend(words[1..].iter().map(|word| known(word))),
                    "tainted" => object.status = Status::Tainted,
                    "partial" => object.status = Status::Partial { reasons: vec!["it broke".to_owned()] },
                    "incarnation" => object.incarnation = words[1].parse().expect("a number"),
                    "protect" => {
                        object.kept.protect = true;
                        explicit("kept");
                    }
                    "plain" => explicit("kept"),
                    "retain" => {
                        object.kept.retain_on_delete = true;
                        explicit("kept");
                    }
                    "depends" => {
                        let named =
                            |name: &&str| names.iter().find(|urn| urn.name() == *name).expect("an object").clone();
                        object.dependencies = words[1..].iter().map(named).collect();
                        explicit("depends");
                    }
                    "reads" => {
                        object.read = words[1..].iter().map(|text| read_output(text)).collect();
                        explicit("reads");
                    }
                    "with" => {
                        object.kept.deleted_with = names.iter().find(|urn| urn.name() == words[1]).cloned();
                        object.kept.deleted_with_incarnation = words[2].parse().ok();
                        explicit("with");
                    }
                    "without" => explicit("with"),
                    "triggered" => {
                        object.kept.trigger = Some(constant(words[1]).digest());
                        explicit("trigger");
                    }
                    "untriggered" => explicit("trigger"),
                    "provider" => {
                        object.kept.provider = Some(words[1].to_owned()).filter(|name| name != "default");
                        for (name, value) in words[2..].iter().filter_map(|word| word.split_once('=')) {
                            object.kept.site.insert(name.to_owned(), value.to_owned());
                        }
                        explicit("kept");
                    }
                    other => panic!("no fact {other}"),
                }
            }
        }
    }
}

/// Gives objects what follows from the plan and from their inputs.
fn complete(
    stack: &mut Stack,
    explicit: &BTreeSet<(String, Urn, &'static str)>,
    digests: &BTreeMap<(String, Path), Digest>,
) {
    let Some(state) = &mut stack.state else { return };
    rekey(state);
    let name = stack.name.to_string();
    let named: BTreeSet<Urn> = state.objects.keys().cloned().collect();
    let incarnations: BTreeMap<Urn, u64> =
        state.objects.iter().map(|(urn, object)| (urn.clone(), object.incarnation)).collect();
    for object in state.objects.values_mut().chain(state.replaced.values_mut()).map(Arc::make_mut) {
        object.id = format!("{}-{}", object.urn.name(), object.incarnation);
        let id = Value::from(object.id.clone());
        for (key, input) in object
            .inputs
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .chain(["VpcId", "Id", "Arn"].iter().map(|key| ((*key).to_owned(), id.clone())))
        {
            object.observed.entry(key).or_insert(input);
        }
        state.last_incarnation = state.last_incarnation.max(object.incarnation);
        let Some(resource) = stack.plan.as_ref().and_then(|plan| plan.resources.get(&object.urn)) else { continue };
        let is_explicit = |what| explicit.contains(&(name.clone(), object.urn.clone(), what));
        let found = diff::resource_references(&object.urn, resource);
        if !is_explicit("depends") {
            object.dependencies = found.resources.into_iter().filter(|urn| named.contains(urn)).collect();
        }
        if !is_explicit("reads") {
            let read = |(stack, path): &(String, Path)| read_output(&format!("{stack}:{path}"));
            object.read = found.outputs.iter().map(read).collect();
        }
        if !is_explicit("kept") {
            object.kept.protect = resource.options.protect;
            object.kept.retain_on_delete = resource.options.retain_on_delete;
            object.kept.delete_before_replace = resource.options.delete_before_replace;
            object.kept.provider.clone_from(&resource.options.provider);
            object.kept.timeouts = resource.options.timeouts;
        }
        if !is_explicit("with") {
            object.kept.deleted_with.clone_from(&resource.options.deleted_with);
            object.kept.deleted_with_incarnation =
                resource.options.deleted_with.as_ref().and_then(|urn| incarnations.get(urn)).copied();
        }
        if let (Some(Expr::Value(value)), false) = (resource.around.trigger.as_deref(), is_explicit("trigger")) {
            object.kept.trigger = Some(value.digest());
        }
    }
    let outputs = state.outputs.values_mut().map(|output| &mut output.reads);
    let objects = state.objects.values_mut().chain(state.replaced.values_mut());
    for read in objects.map(|object| &mut Arc::make_mut(object).read).chain(outputs) {
        *read = std::mem::take(read).into_iter().map(|read| published(read, digests)).collect();
    }
}

/// Every object, to be changed.
fn copies_mut(state: &mut StackState) -> impl Iterator<Item = &mut Object> {
    state.objects.values_mut().chain(state.replaced.values_mut()).map(Arc::make_mut)
}

/// Puts what was set aside where it belongs, after its incarnation was changed.
fn rekey(state: &mut StackState) {
    state.replaced = state.replaced.iter().cloned().collect();
}

fn state_of(stack: &mut Stack) -> &mut StackState {
    let (id, name) = (stack.name.to_string(), stack.name.clone());
    stack.state.get_or_insert_with(|| StackState::new(id, name))
}

fn name_of(text: &str) -> StackName {
    let (project, short) = text.split_once('.').expect("project.stack");
    StackName::new(project, short)
}

fn path(text: &str) -> Path {
    text.parse().expect(text)
}

fn urn_named(plan: &Plan, name: &str) -> Urn {
    let found = plan.resources.keys().find(|urn| urn.name() == name).cloned();
    found.unwrap_or_else(|| Urn::new(plan.stack.project(), "Vpc", name))
}

/// A change set as text: what is done, and why.
pub(crate) fn print(sets: &[ChangeSet]) -> String {
    let mut lines = Vec::new();
    for set in sets {
        lines.push(set.stack.to_string());
        for (urn, change) in set.resources.iter().filter(|(_, change)| !change.is_nothing()) {
            let was =
                change.renamed_from.as_ref().map(|earlier| format!(" (was {})", earlier.name())).unwrap_or_default();
            let from = change.moved_from.as_deref();
            let was = from.map_or(was, |(stack, urn)| format!(" (from {stack} {})", urn.name()));
            let record = if change.record { " (record)" } else { "" };
            let protected = if change.protection_ignored { " (protected)" } else { "" };
            lines.push(format!("{} {}{was}{record}{protected}", symbol(change.action), urn.name()));
            lines.extend(change.vanished.iter().map(|id| format!("? {id} is gone")));
            for difference in &change.differences {
                let mark = format!(
                    "{}{}",
                    if difference.replaces { "!" } else { "" },
                    if difference.drift { "?" } else { "" }
                );
                let side = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), show);
                lines.push(format!("{}{mark} {} -> {}", difference.path, side(&difference.old), side(&difference.new)));
            }
            lines.extend(change.remarks.iter().map(|remark| format!("# {remark}")));
        }
        lines.extend(set.leftovers.iter().map(|(urn, incarnation)| format!("- {} {incarnation}", urn.name())));
        for (urn, (stack, name)) in &set.leaving {
            lines.push(format!("{} leaves for {stack} as {}", urn.name(), name.name()));
        }
        for (path, output) in set.outputs.iter().filter(|(_, output)| output.changes()) {
            lines.push(format!("> {path} {}", output.value.as_ref().map_or("withdrawn".to_owned(), show)));
        }
    }
    lines.join("\n")
}

fn symbol(action: Action) -> &'static str {
    match action {
        Action::Keep => ".",
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace { delete_first: false, undecided: false } => "±",
        Action::Replace { delete_first: true, undecided: false } => "∓",
        Action::Replace { undecided: true, delete_first: false } => "±?",
        Action::Replace { undecided: true, delete_first: true } => "∓?",
        Action::Delete => "-",
        Action::Forget => "forget",
        Action::Adopt => "=",
        Action::Read => "<",
    }
}

/// Problems as text: code, place, message, then related places, notes and hints.
pub(crate) fn print_problems(found: &Diagnostics) -> String {
    let mut lines = Vec::new();
    for problem in found {
        let place = problem.place.as_ref().map_or(String::new(), |place| format!(" {place}"));
        lines.push(format!("{}{place} {}", problem.code, problem.message));
        lines.extend(problem.related.iter().map(|(place, what)| format!("at {place} {what}")));
        lines.extend(problem.notes.iter().map(|note| format!("note {note}")));
        lines.extend(problem.hints.iter().map(|hint| format!("hint {hint}")));
    }
    lines.join("\n")
}

/// Targets from the words of a command line.
pub(crate) fn targets(words: &str) -> Targets {
    let mut targets = Targets::default();
    let mut words = words.split_whitespace();
    while let Some(flag) = words.next() {
        let mut pattern = || words.next().expect("a pattern").into();
        match flag {
            "--target" => targets.only.push(pattern()),
            "--exclude" => targets.except.push(pattern()),
            "--replace" => targets.replace.push(pattern()),
            "--adopt" => targets.adopt = true,
            "--target-dependents" => targets.dependents = true,
            "--exclude-dependents" => targets.except_dependents = true,
            other => panic!("no flag {other}"),
        }
    }
    targets
}

/// Lines without their indentation and without empty ones.
pub(crate) fn trimmed(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
