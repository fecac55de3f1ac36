//! A plan in the making.

use std::marker::PhantomData;

use diag::{Diagnostic, Diagnostics, Place};
use resource::{
    Around, Condition, Construct, Dependency, Hook, Moment, Options, Plan as PlanData, Resource, Run, Shared, Sources,
    StackName, Urn,
};
use value::Path;

use crate::{Arg, AsDependency, Declaration, Output, OutputTree, ResourceRef, Result};

/// A plan in the making: resources are declared into it, and [`Draft::finish`] ends it.
#[derive(Debug)]
pub struct Draft {
    plan: PlanData,
    sources: Sources,
    problems: Diagnostics,
    construct: Option<String>,
    /// The options and the place of the last resource, which the next one often has, too.
    last: Option<(Shared<Options>, Place)>,
}

/// A finished plan whose outputs are an `O`.
#[derive(Debug)]
pub struct Plan<O> {
    pub(crate) data: PlanData,
    pub(crate) sources: Sources,
    outputs: PhantomData<fn() -> O>,
}

impl Draft {
    pub(crate) fn new(stack: StackName) -> Self {
        Self {
            plan: PlanData::new(stack),
            sources: Sources::default(),
            problems: Diagnostics::new(),
            construct: None,
            last: None,
        }
    }

    /// Groups what `build` declares under one name, for display. Names that the construct gives to its resources
    /// start with its own: see [`Draft::child_name`].
    #[track_caller]
    pub fn construct<T>(&mut self, ty: &str, name: &str, build: impl FnOnce(&mut Self) -> T) -> T {
        let construct = Construct { ty: ty.to_owned(), parent: self.construct.clone() };
        if self.plan.constructs.insert(name.to_owned(), construct).is_some() {
            self.report(Diagnostic::error("E0111", format!("two constructs are named `{name}`")).at(Place::caller()));
        }
        let outer = self.construct.replace(name.to_owned());
        let built = build(self);
        self.construct = outer;
        built
    }

    /// The name of a child of the open construct: its name, a dash, the suffix.
    pub fn child_name(&self, suffix: &str) -> String {
        match &self.construct {
            Some(name) => format!("{name}-{suffix}"),
            None => suffix.to_owned(),
        }
    }

    /// Reports a problem; the plan goes on, so that others are found too.
    pub fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Declares a resource; typed bindings call this.
    pub fn declare(&mut self, declaration: Declaration, mut place: Place) -> ResourceRef {
        let project = self.plan.stack.project();
        let urn = Urn::new(project, declaration.ty, &declaration.name);
        let mut options = declaration.options.clone();
        options.aliases = declaration.alias_urns(project);
        for text in &declaration.bad_paths {
            let message = format!("`{text}` in the options of `{}` is not a property path", declaration.name);
            self.problems.push(Diagnostic::error("E0116", message).at(place.clone()));
        }
        if declaration.name.is_empty() || declaration.name.contains("::") {
            let message = format!("`{}` cannot be the name of a resource: it is empty or holds `::`", declaration.name);
            self.problems.push(Diagnostic::error("E0117", message).at(place.clone()));
        }
        if let Some(first) = self.sources.resources.get(&urn) {
            self.problems.push(
                Diagnostic::error("E0110", format!("two resources are named `{}`", declaration.name))
                    .at(place)
                    .related(first.clone(), "the first one is declared here")
                    .note(format!("both are of type `{}`", declaration.ty))
                    .hint("give one of them another name"),
            );
            return ResourceRef::new(urn);
        }
        let mut options = Shared::from(options);
        if let Some(last) = &self.last {
            options.share(&last.0);
            place.share(&last.1);
        }
        self.last = Some((options.clone(), place.clone()));
        let Declaration { properties, around, .. } = declaration;
        let resource = Resource { properties, options, around, parent: self.construct.clone() };
        self.plan.resources.insert(urn.clone(), resource);
        self.sources.resources.insert(urn.clone(), place);
        ResourceRef::new(urn)
    }

    /// Must hold after each step of a declared resource, whose own attributes it may read; `message` says what is wrong
    /// if it does not.
    pub fn ensure(&mut self, resource: &dyn AsDependency, holds: impl Arg<bool>, message: &str) {
        let condition = Condition { holds: holds.into_expr(), message: message.to_owned() };
        if let Some(around) = self.around(resource) {
            around.postconditions.push(condition);
        }
    }

    /// Runs a command at a moment in the life of a declared resource, whose own attributes its arguments may read, except
    /// before it is made. See [`Declare::hook`](crate::Declare::hook).
    pub fn hook(&mut self, resource: &dyn AsDependency, at: Moment, command: &[&Output<String>]) {
        let hook = Hook { at, run: Run::Command(command.iter().map(|part| part.expr().clone()).collect()) };
        if let Some(around) = self.around(resource) {
            around.hooks.push(hook);
        }
    }

    /// What stands around the steps of a declared resource.
    fn around(&mut self, resource: &dyn AsDependency) -> Option<&mut Around> {
        match resource.as_dependency() {
            Dependency::Resource(urn) => self.plan.resources.get_mut(&urn).map(|resource| &mut resource.around),
            Dependency::Stack(_) => None,
        }
    }

    /// Says that a resource that was declared before is no longer managed here: its object stays, its record goes.
    pub fn forget(&mut self, ty: &str, name: &str) {
        self.plan.forget.insert(Urn::new(self.plan.stack.project(), ty, name));
    }

    /// Ends the plan with its outputs.
    ///
    /// # Errors
    /// The problems that were reported on the way.
    #[track_caller]
    pub fn finish<O: OutputTree>(mut self, outputs: O) -> Result<Plan<O>> {
        self.sources.outputs = Some(Place::caller());
        outputs.collect(&Path::root(), &mut self.plan.outputs);
        for urn in &self.plan.forget {
            if let Some(place) = self.sources.resources.get(urn) {
                let message = format!("`{}` is declared, and is to be forgotten", urn.name());
                let hint = "take one of the two away";
                self.problems.push(Diagnostic::error("E0118", message).at(place.clone()).hint(hint));
            }
        }
        let mut data = self.problems.into_result(self.plan)?;
        // PERF: maps that grew in order are half empty; made of all their entries at once they are full.
        data.resources = data.resources.into_iter().collect();
        self.sources.resources = self.sources.resources.into_iter().collect();
        Ok(Plan { data, sources: self.sources, outputs: PhantomData })
    }
}
