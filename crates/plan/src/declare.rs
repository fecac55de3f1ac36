//! Declaring resources.

use diag::Place;
use expr::{Expr, Named};
use resource::{Alias, Around, Condition, Dependency, Hook, Moment, Options, Run, StackName, Urn};
use value::{Path, Type};

use crate::{Arg, Draft, IntoExpr, Output, Typed};

/// A resource being declared: what typed bindings fill in.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// The type token.
    pub ty: &'static str,
    /// The logical name.
    pub name: String,
    /// The properties so far.
    pub properties: Named,
    /// The options so far.
    pub options: Options,
    /// Conditions, hooks and triggers so far.
    pub around: Around,
    /// Earlier names, with the stack that they were in where it is another one.
    pub aliases: Vec<(Option<StackName>, String)>,
    /// Option texts that are no paths; reported when the plan ends.
    pub bad_paths: Vec<String>,
}

impl Declaration {
    /// A resource without properties.
    pub fn new(ty: &'static str, name: impl Into<String>) -> Self {
        Self {
            ty,
            name: name.into(),
            properties: Named::new(),
            options: Options::default(),
            around: Around::default(),
            aliases: Vec::new(),
            bad_paths: Vec::new(),
        }
    }

    /// Sets a property.
    pub fn set(&mut self, property: &str, value: Expr) {
        self.properties.insert(property.to_owned(), value);
    }

    fn paths(&mut self, paths: &[&str]) -> Vec<Path> {
        let mut read = Vec::new();
        for text in paths {
            match text.parse() {
                Ok(path) => read.push(path),
                Err(_) => self.bad_paths.push((*text).to_owned()),
            }
        }
        read
    }
}

/// A declared resource: its URN, and its attributes as outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRef {
    urn: Urn,
}

impl ResourceRef {
    /// A reference to a resource of this stack.
    pub fn new(urn: Urn) -> Self {
        Self { urn }
    }

    /// The URN.
    pub fn urn(&self) -> &Urn {
        &self.urn
    }

    /// An attribute, or a property as it will be.
    pub fn attribute<T: Typed>(&self, name: &str) -> Output<T> {
        self.attribute_of_type(name, T::ty())
    }

    /// An attribute at a path such as `Endpoint.Address`, with the type of its value.
    pub fn attribute_of_type<T>(&self, path: &str, ty: Type) -> Output<T> {
        let path = path.parse().unwrap_or_else(|_| Path::key(path));
        Output::from_expr(Expr::Attribute { urn: self.urn.to_string(), path, ty })
    }
}

/// A resource type's builder: what bindings are generated as.
pub trait ResourceType: Sized {
    /// What declaring gives: typed access to the attributes.
    type Handle: AsDependency;
    /// The declaration so far.
    fn declaration(&mut self) -> &mut Declaration;
    /// The handle of the declared resource.
    fn handle(reference: ResourceRef) -> Self::Handle;
}

/// What a resource can wait for.
pub trait AsDependency {
    /// The dependency.
    fn as_dependency(&self) -> Dependency;
}

impl AsDependency for ResourceRef {
    fn as_dependency(&self) -> Dependency {
        Dependency::Resource(self.urn.clone())
    }
}

impl AsDependency for StackName {
    fn as_dependency(&self) -> Dependency {
        Dependency::Stack(self.clone())
    }
}

/// Options of every resource, and the end of its declaration.
pub trait Declare: ResourceType {
    /// Puts the resource into the plan, under the construct that is open. The calling line is remembered.
    #[track_caller]
    fn declare(mut self, plan: &mut Draft) -> Self::Handle {
        let declaration = self.declaration().clone();
        Self::handle(plan.declare(declaration, Place::caller()))
    }

    /// Waits for another resource or stack without reading it.
    fn depends_on(mut self, other: &dyn AsDependency) -> Self {
        self.declaration().options.depends_on.push(other.as_dependency());
        self
    }

    /// Refuses to be deleted or replaced.
    fn protect(mut self) -> Self {
        self.declaration().options.protect = true;
        self
    }

    /// Does not look at changes at these paths: `Tags`, `Rules[*].Port`.
    fn ignore_changes(mut self, paths: &[&str]) -> Self {
        let paths = self.declaration().paths(paths);
        self.declaration().options.ignore_changes.extend(paths);
        self
    }

    /// Whether a replacement deletes the old object first.
    fn delete_before_replace(mut self, first: bool) -> Self {
        self.declaration().options.delete_before_replace = Some(first);
        self
    }

    /// Leaves the object where it is when the resource goes.
    fn retain_on_delete(mut self) -> Self {
        self.declaration().options.retain_on_delete = true;
        self
    }

    /// Replaces on changes at these paths.
    fn replace_on_changes(mut self, paths: &[&str]) -> Self {
        let paths = self.declaration().paths(paths);
        self.declaration().options.replace_on_changes.extend(paths);
        self
    }

    /// How long create, update and delete may take, in seconds each; 0 = the type's default.
    fn timeouts(mut self, create: u32, update: u32, delete: u32) -> Self {
        let some = |seconds| (seconds > 0).then_some(seconds);
        self.declaration().options.timeouts =
            resource::Timeouts { create: some(create), update: some(update), delete: some(delete) };
        self
    }

    /// An earlier name of the resource.
    fn alias(mut self, earlier_name: &str) -> Self {
        self.declaration().aliases.push((None, earlier_name.to_owned()));
        self
    }

    /// The stack and the name under which the resource was declared before it moved here.
    fn moved_from(mut self, stack: &StackName, earlier_name: &str) -> Self {
        self.declaration().aliases.push((Some(stack.clone()), earlier_name.to_owned()));
        self
    }

    /// Looks at no change of any property.
    fn ignore_all_changes(mut self) -> Self {
        self.declaration().options.ignore_changes.push(Path::root());
        self
    }

    /// The object goes with that of another resource, and needs no call of its own for it.
    fn deleted_with(mut self, other: &ResourceRef) -> Self {
        self.declaration().options.deleted_with = Some(other.urn().clone());
        self
    }

    /// Replaces the object whenever this value is another one than last time.
    fn replace_trigger(mut self, value: impl IntoExpr) -> Self {
        self.declaration().around.trigger = Some(Box::new(value.into_expr()));
        self
    }

    /// Must hold before a step; `message` says what is wrong if it does not.
    fn precondition(mut self, holds: impl Arg<bool>, message: &str) -> Self {
        let condition = Condition { holds: holds.into_expr(), message: message.to_owned() };
        self.declaration().around.preconditions.push(condition);
        self
    }

    /// Must hold after a step; `message` says what is wrong if it does not. [`Draft::ensure`] is for conditions that read
    /// the resource itself.
    fn postcondition(mut self, holds: impl Arg<bool>, message: &str) -> Self {
        let condition = Condition { holds: holds.into_expr(), message: message.to_owned() };
        self.declaration().around.postconditions.push(condition);
        self
    }

    /// Runs a command at a moment of the resource's life: the program, then its arguments. It is started without a
    /// shell, in the workspace's root; an exit code other than 0 fails the step.
    fn hook(mut self, at: Moment, command: &[&Output<String>]) -> Self {
        let run = Run::Command(command.iter().map(|part| part.expr().clone()).collect());
        self.declaration().around.hooks.push(Hook { at, run });
        self
    }

    /// Calls a named pure function at a moment of the resource's life: what it gives does not count, its error fails the
    /// step.
    fn hook_call<T>(mut self, at: Moment, call: &Output<T>) -> Self {
        let run = match call.expr().clone() {
            Expr::Function { name, args, .. } => Run::Function { name, args },
            // It is reported as a function that no project offers.
            other => Run::Function { name: "(not a plan function)".to_owned(), args: vec![other] },
        };
        self.declaration().around.hooks.push(Hook { at, run });
        self
    }

    /// Only reads the object of this id: the stack neither makes, nor changes, nor deletes it. It sets no property.
    fn read(mut self, id: impl Arg<String>) -> Self {
        self.declaration().around.read = Some(Box::new(id.into_expr()));
        self
    }

    /// Takes over an object that exists.
    fn import(mut self, id: &str) -> Self {
        self.declaration().options.import = Some(id.to_owned());
        self
    }

    /// Takes over the object that has its natural identity, if there is one and it is as the program says; makes it
    /// otherwise. The preview looks, and shows which. The type must have such an identity: a name, or what it connects.
    fn adopt(mut self) -> Self {
        self.declaration().options.adopt = true;
        self
    }

    /// The provider instance, as named in the profile.
    fn provider(mut self, instance: &str) -> Self {
        self.declaration().options.provider = Some(instance.to_owned());
        self
    }
}

impl<R: ResourceType> Declare for R {}

impl Declaration {
    /// The aliases as URNs of a project.
    pub(crate) fn alias_urns(&self, project: &str) -> Vec<Alias> {
        let of = |(stack, name): &(Option<StackName>, String)| {
            let project = stack.as_ref().map_or(project, StackName::project);
            Alias { urn: Urn::new(project, self.ty, name), stack: stack.clone() }
        };
        self.aliases.iter().map(of).collect()
    }
}
