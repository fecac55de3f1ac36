//! What policies look at.

use std::borrow::Cow;

use diff::{Action, ChangeSet, ResourceChange};
use resource::{Options, StackName, Urn};
use schema::TypeSchema;
use value::{Map, Value};

/// A resource of a goal: what it should be.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Its stack.
    pub stack: &'a StackName,
    /// Its URN.
    pub urn: &'a Urn,
    /// Its properties, as far as they are known; of secrets only the fingerprint.
    pub properties: Cow<'a, Map>,
    /// Its options.
    pub options: &'a Options,
    /// The schema of its type, with the reviewed facts about it.
    pub schema: Option<&'a TypeSchema>,
}

/// The goal of a stack.
#[derive(Debug)]
pub struct Stack<'a> {
    /// Its name.
    pub name: &'a StackName,
    /// Its resources, by URN.
    pub resources: Vec<Subject<'a>>,
}

/// What would be done to all stacks that a policy is attached to.
#[derive(Debug)]
pub struct Changes<'a> {
    /// The resources to which something is done, by stack and URN.
    pub changes: Vec<Change<'a>>,
}

/// What would be done to a resource.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Its stack.
    pub stack: &'a StackName,
    /// Its URN.
    pub urn: &'a Urn,
    /// What would be done.
    pub action: Action,
    /// Its options; for a delete those of its state.
    pub options: &'a Options,
    /// The schema of its type.
    pub schema: Option<&'a TypeSchema>,
}

impl<'a> Subject<'a> {
    /// A resource with these properties; secrets in them are sealed here.
    pub fn new(
        stack: &'a StackName,
        urn: &'a Urn,
        properties: &'a Map,
        options: &'a Options,
        schema: Option<&'a TypeSchema>,
    ) -> Self {
        let secret = properties.values().any(Value::has_secret);
        let sealed = || properties.iter().map(|(key, value)| (key.clone(), value.sealed())).collect();
        let properties = if secret { Cow::Owned(sealed()) } else { Cow::Borrowed(properties) };
        Self { stack, urn, properties, options, schema }
    }

    /// The resources of a goal.
    pub(crate) fn of(
        set: &'a ChangeSet,
        schemas: Schemas<'a>,
        which: fn(&ResourceChange) -> bool,
    ) -> impl Iterator<Item = Self> {
        let there = set.resources.iter().filter(move |(_, change)| which(change));
        there.map(move |(urn, change)| Self::new(&set.stack, urn, &change.goal, &change.options, schemas(urn.ty())))
    }

    /// The type.
    pub fn ty(&self) -> &str {
        self.urn.ty()
    }

    /// A property, if it is set.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.properties.get(name).filter(|value| !value.is_null())
    }

    /// Whether losing the object loses data.
    pub fn is_stateful(&self) -> bool {
        self.schema.is_some_and(|schema| schema.overlay.stateful)
    }
}

impl<'a> Changes<'a> {
    pub(crate) fn of(sets: &[&'a ChangeSet], schemas: Schemas<'a>) -> Self {
        let all = sets.iter().flat_map(|set| set.resources.iter().map(move |(urn, change)| (&set.stack, urn, change)));
        let moving = all.filter(|(_, _, change)| !change.is_nothing());
        let changes = moving.map(|(stack, urn, change)| Change {
            stack,
            urn,
            action: change.action,
            options: &change.options,
            schema: schemas(urn.ty()),
        });
        Self { changes: changes.collect() }
    }
}

impl Change<'_> {
    /// Whether losing the object loses data.
    pub fn is_stateful(&self) -> bool {
        self.schema.is_some_and(|schema| schema.overlay.stateful)
    }
}

/// The schema of a type, if it is known.
pub(crate) type Schemas<'a> = &'a dyn Fn(&str) -> Option<&'a TypeSchema>;

/// Whether the resource is there afterwards.
pub(crate) fn is_in_goal(change: &ResourceChange) -> bool {
    let absent = change.left && change.id.is_none();
    !absent && !matches!(change.action, Action::Delete | Action::Forget)
}

/// Whether the resource is there afterwards, as the program declares it: a restricted run leaves others as they are.
pub(crate) fn is_declared(change: &ResourceChange) -> bool {
    is_in_goal(change) && !change.left
}
