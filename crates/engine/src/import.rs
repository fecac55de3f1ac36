//! Taking over one object by command. What the program declares already is compared with it; what it does not declare
//! yet is recorded as it is, and said to be declared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::{Diagnostic, Diagnostics};
use diff::{Exactly, Targets, declarable};
use expr::Expr;
use ports::{Find, Found, ReadRequest};
use resource::{Options, Plan, Resource, StackName, Urn};
use schema::TypeSchema;
use state::{Object, StackState};
use value::{Map, Path};

use crate::call::{provider_problem, read};
use crate::lookup::World;
use crate::preview::Planned;
use crate::work::Work;
use crate::{Engine, Goal, Preview, PreviewError, PreviewOptions, Traces};

/// An object that a stack is to take over.
#[derive(Debug, Clone)]
pub struct Import {
    /// The stack.
    pub stack: StackName,
    /// The type, where the resource is not declared yet.
    pub ty: Option<String>,
    /// The resource: its name, or its URN.
    pub resource: String,
    /// The vendor's id of the object.
    pub id: String,
    /// The provider instance that has it, where the resource is not declared yet; `None` = the default.
    pub instance: Option<String>,
    /// Protects what is not declared yet, so that a run before it is declared does not delete it.
    pub protect: bool,
}

/// What taking over an object comes to.
#[derive(Debug)]
pub struct Imported {
    /// The resource.
    pub urn: Urn,
    /// What is to be approved and applied; `None` = the resource has that object already.
    pub preview: Option<Preview>,
    /// What the program has to declare, where it does not yet.
    pub missing: Option<Undeclared>,
}

/// A resource that the program does not declare yet.
#[derive(Debug, Clone)]
pub struct Undeclared {
    /// Its properties.
    pub properties: Map,
    /// Its options.
    pub options: Options,
    /// What of it cannot be read, or shown.
    pub hidden: Vec<Path>,
}

impl Engine<'_> {
    /// Finds out what it would mean to take over an object. Writes nothing.
    ///
    /// # Errors
    /// All problems that were found, or that the state or the object cannot be read.
    pub async fn import(&self, wanted: &Import) -> Result<Imported, PreviewError> {
        self.take_over(wanted).await.map_err(|error| match error {
            PreviewError::Problems(found) => with_hints(found, &wanted.stack.to_string()).into(),
            PreviewError::Store(error) => error.into(),
        })
    }

    async fn take_over(&self, wanted: &Import) -> Result<Imported, PreviewError> {
        let name = wanted.stack.to_string();
        let selected = BTreeSet::from([name.clone()]);
        let options = PreviewOptions {
            selected: selected.clone(),
            goal: Goal::Programs,
            targets: Targets::default(),
            keep_going: false,
        };
        let heads = self.store.heads().await?.into_iter().map(|head| (head.stack.to_string(), head));
        let mut work = Work::new(self, &options, World { heads: heads.collect(), ..World::default() });
        work.load([name.clone()]).await?;
        let mut planned = work.plan_alone(&name).await?;
        let world = std::mem::take(&mut work.world);
        let plan = planned.plan.as_deref().cloned().unwrap_or_else(|| Plan::new(wanted.stack.clone()));
        let state = world.states.get(&name).map(AsRef::as_ref);

        let is_type = |word: &str| matches!(self.providers.schema(word), Ok(Some(_)));
        let urn = named(wanted, &plan, state, is_type)?;
        let declared = plan.resources.get(&urn);
        let schema = self.type_of(&urn)?;
        if let Some(declared) = declared {
            can_be_taken(&urn, wanted, declared, &planned)?;
        }
        let instance = declared.map_or(&wanted.instance, |declared| &declared.options.provider).clone();
        let found = self.there(wanted, &urn, instance.clone()).await?;
        let missing = match declared {
            Some(_) => None,
            None => Some(undeclared(&urn, wanted, schema, &found, instance)?),
        };
        let names = || declared.into_iter().flat_map(|declared| &declared.options.aliases).map(|alias| &alias.urn);
        let has = std::iter::once(&urn).chain(names()).find_map(|urn| state?.objects.get(urn));
        if let Some(object) = has.filter(|object| !object.external) {
            taken(&urn, wanted, &found, object)?;
            return Ok(Imported { urn, preview: None, missing });
        }

        planned.plan = Some(Arc::new(with(plan, &urn, &found.id, missing.as_ref())));
        let touched = BTreeSet::from([(wanted.stack.clone(), urn.clone())]);
        let exactly = Some(Exactly { touched: Some(touched), replaced: BTreeMap::new() });
        let options = PreviewOptions {
            selected,
            goal: Goal::Programs,
            targets: Targets { exactly, ..Targets::default() },
            keep_going: false,
        };
        let mut work = Work::new(self, &options, world);
        let claim = found.owner.as_ref().and_then(|owner| self.claim(&name, &found.id, owner, &work.world));
        work.preview.notes.extend(claim);
        work.planned.insert(name.clone(), planned);
        let (sets, problems) = work.compare(&BTreeSet::from([name.clone()])).await?;
        problems.all().into_result(())?;
        work.preview.changes = sets;
        Ok(Imported { urn, preview: Some(work.finish().await?), missing })
    }

    fn type_of(&self, urn: &Urn) -> Result<&TypeSchema, Diagnostic> {
        let ty = urn.ty();
        let problem = Diagnostic::error("E0615", format!("no provider of this profile serves the type `{ty}`"));
        match self.providers.schema(ty) {
            Ok(Some(schema)) => Ok(schema),
            Ok(None) => Err(match self.providers.near(ty) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("say the type in the vendor's words, such as `AWS::EC2::VPC`"),
            }),
            Err(reason) => Err(problem.note(reason)),
        }
    }

    /// The object as the vendor has it.
    async fn there(&self, wanted: &Import, urn: &Urn, instance: Option<String>) -> Result<Found, Diagnostic> {
        let site = self.providers.site(urn.ty(), instance.as_deref());
        let site = site.map_err(|none| none.problem(urn, &wanted.stack, instance.as_deref()))?;
        let id = wanted.id.clone();
        let request = ReadRequest { ty: urn.ty().to_owned(), find: Find::Id(id), instance: instance.clone() };
        let found =
            read(&self.providers, request).await.map_err(|error| provider_problem(&self.providers, urn, &error))?;
        found.ok_or_else(|| {
            let message = format!("there is no {} `{}`", urn.ty(), wanted.id);
            let problem = Diagnostic::error("E0617", message);
            let place: Vec<String> = site.iter().map(|(name, value)| format!("{name} `{value}`")).collect();
            let through = instance.as_deref().map_or("the default instance".to_owned(), |name| format!("`{name}`"));
            let problem = if place.is_empty() {
                problem
            } else {
                problem.note(format!("it was looked for through {through}: {}", place.join(", ")))
            };
            problem.hint("correct the id, or say which instance has it: `--provider NAME`")
        })
    }
}

impl Work<'_> {
    /// Evaluates one stack against what is published, and compares nothing.
    async fn plan_alone(&mut self, name: &str) -> Result<Planned, PreviewError> {
        self.look_up(&Traces::new()).await?;
        let selected = &self.options.selected;
        loop {
            let mut waits_for = self.rounds.waits_for(selected);
            waits_for.retain(|stack| self.world.is_to_load(stack));
            if waits_for.is_empty() {
                break;
            }
            self.load(waits_for).await?;
            let evaluated = self.evaluate_now(selected.clone());
            self.take(evaluated)?;
        }
        self.planned.remove(name).ok_or_else(|| {
            let waits_for = self.rounds.waits_for(selected).into_iter().collect::<Vec<_>>();
            let message = format!("the program of `{name}` waits for outputs that are not published yet");
            let hint = format!("apply what it waits for first: `runner up {}`", waits_for.join(" "));
            PreviewError::Problems(Diagnostic::error("E0305", message).hint(hint).into())
        })
    }
}

/// What stands against it, with what to do about it by command: one stack is meant, and no other can be selected.
fn with_hints(problems: Diagnostics, stack: &str) -> Diagnostics {
    let hinted = problems.into_iter().map(|mut problem| {
        problem.hints.retain(|hint| !hint.contains("--with-upstream"));
        if problem.code == "E0431" && problem.hints.is_empty() {
            return problem.hint(format!("take over what it needs first, or make it: `runner up {stack}`"));
        }
        problem
    });
    hinted.collect()
}

/// The resource that is meant.
fn named(
    wanted: &Import,
    plan: &Plan,
    state: Option<&StackState>,
    is_type: impl Fn(&str) -> bool,
) -> Result<Urn, Diagnostic> {
    let Import { stack, ty, resource, .. } = wanted;
    let problem = |message: String| Diagnostic::error("E0619", message);
    if let Some(ty) = ty {
        if resource.is_empty() || resource.contains("::") {
            let problem = problem(format!("`{resource}` cannot be the name of a resource: it is empty or holds `::`"));
            return Err(problem.hint("give the type and a name, or a URN alone"));
        }
        return Ok(Urn::new(stack.project(), ty, resource));
    }
    if is_type(resource) {
        let problem = problem(format!("`{resource}` is a type, so a name and an id have to follow"));
        return Err(problem.hint(format!("say all of it: `runner import {stack} {resource} NAME ID`")));
    }
    if let Ok(urn) = resource.parse::<Urn>() {
        if urn.project() == stack.project() {
            return Ok(urn);
        }
        let right = format!("{}::{}::{}", stack.project(), urn.ty(), urn.name());
        return Err(problem(format!("`{urn}` is no resource of `{stack}`, whose project is `{}`", stack.project()))
            .hint(format!("did you mean `{right}`?")));
    }
    let objects = state.into_iter().flat_map(|state| state.objects.keys());
    let urns: BTreeSet<&Urn> = plan.resources.keys().chain(objects).filter(|urn| urn.name() == resource).collect();
    match urns.iter().collect::<Vec<_>>().as_slice() {
        [one] => Ok((**one).clone()),
        [] => {
            let problem = problem(format!("the program of `{stack}` declares no `{resource}`"));
            let near = crate::catalog::nearest(resource, plan.resources.keys().map(Urn::name));
            let problem = match near {
                Some(near) => problem.note(format!("it declares `{near}`")),
                None => problem,
            };
            let id = &wanted.id;
            Err(problem.hint(format!(
                "to take over what is not declared yet, say its type: `runner import {stack} TYPE {resource} {id}`"
            )))
        }
        several => {
            let problem = problem(format!("`{resource}` names {} resources of `{stack}`", several.len()));
            Err(several.iter().fold(problem, |problem, urn| problem.note(urn.to_string())).hint("give the URN"))
        }
    }
}

/// What the program says of a resource must not be something else than what is asked for.
fn can_be_taken(urn: &Urn, wanted: &Import, declared: &Resource, planned: &Planned) -> Result<(), Diagnostics> {
    let (name, place) = (urn.name(), planned.sources.resources.get(urn));
    let mut found = Diagnostics::new();
    let mut otherwise = |message: String, hint: &str| {
        found.push(Diagnostic::error("E0618", message).at_opt(place.cloned()).hint(hint));
    };
    if declared.around.read.is_some() {
        let hint = "take `.read(…)` away, if this stack is to manage the object";
        otherwise(format!("`{name}` is only read, and nothing is taken over for it"), hint);
    }
    if let Some(id) = declared.options.import.as_ref().filter(|id| **id != wanted.id) {
        let hint = "correct one of the two, or take `.import(…)` away";
        otherwise(format!("the program says that `{name}` is `{id}`, and not `{}`", wanted.id), hint);
    }
    if let Some(instance) = wanted.instance.as_ref().filter(|name| declared.options.provider.as_ref() != Some(name)) {
        let there = declared.options.provider.as_deref().unwrap_or("default");
        let message = format!("the program says that `{name}` is in the instance `{there}`, and not `{instance}`");
        otherwise(message, "leave `--provider` out, or change what the program says");
    }
    found.into_result(())
}

/// A resource that has an object already takes over no other.
fn taken(urn: &Urn, wanted: &Import, found: &Found, object: &Object) -> Result<(), Diagnostic> {
    if object.id == found.id {
        return Ok(());
    }
    let (name, stack) = (urn.name(), &wanted.stack);
    let message = format!("`{name}` of `{stack}` has another object already: `{}`", object.id);
    Err(Diagnostic::error("E0616", message)
        .hint(format!("choose another name, or give that object up first: `runner state rm {stack} '{}'`", object.urn)))
}

/// What the program would have to say.
fn undeclared(
    urn: &Urn,
    wanted: &Import,
    schema: &TypeSchema,
    found: &Found,
    provider: Option<String>,
) -> Result<Undeclared, Diagnostic> {
    let (properties, hidden) = declarable(schema, &found.observed);
    let required = schema.required.iter().filter(|name| !properties.contains_key(*name));
    let required: Vec<&String> = required.filter(|name| !schema.is_attribute(&Path::key(*name))).collect();
    if required.is_empty() {
        let options = Options { protect: wanted.protect, provider, ..Options::default() };
        return Ok(Undeclared { properties, options, hidden });
    }
    let message = format!("`{}` is not declared, and not all that it needs can be read", urn.name());
    let problem = Diagnostic::error("E0620", message);
    let problem =
        required.iter().fold(problem, |problem, name| problem.note(format!("`{name}` is secret, or never shown")));
    let Import { stack, id, .. } = wanted;
    Err(problem.hint(format!("declare it in the program first, then say `runner import {stack} '{urn}' {id}`")))
}

/// The plan in which a resource takes over an object.
fn with(mut plan: Plan, urn: &Urn, id: &str, missing: Option<&Undeclared>) -> Plan {
    if let Some(Undeclared { properties, options, .. }) = missing {
        let properties = properties.iter().map(|(name, value)| (name.clone(), Expr::Value(value.clone())));
        let resource = Resource {
            properties: properties.collect(),
            options: options.clone().into(),
            around: resource::Around::default(),
            parent: None,
        };
        plan.resources.insert(urn.clone(), resource);
    }
    if let Some(resource) = plan.resources.get_mut(urn) {
        resource.options.import = Some(id.to_owned());
    }
    plan
}
