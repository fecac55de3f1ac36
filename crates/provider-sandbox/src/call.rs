//! One call: what the world makes of it. Nothing is written here.

use ports::{Owner, ProviderError, Step, StepAction};
use schema::TypeSchema;
use value::{Map, Value};

use crate::facts::{self, Bond, refuse};
use crate::ids::Ids;
use crate::object::{Health, Key, Object};
use crate::place::Site;
use crate::references::{self, Assumed};
use crate::world::World;
use crate::{compute, rules, shape};

/// What a call changes and what it answers.
#[derive(Debug, Default, Clone)]
pub(crate) struct Verdict {
    pub(crate) put: Vec<Object>,
    pub(crate) gone: Vec<Key>,
    /// The object that is answered; a delete has none.
    pub(crate) answer: Option<Key>,
    /// Nothing changes: a repetition, or what is to be deleted is gone already.
    pub(crate) idle: bool,
}

/// Everything that a rule may look at.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a World,
    pub(crate) site: &'a Site,
    pub(crate) assumed: &'a Assumed,
    pub(crate) schema: &'a TypeSchema,
    /// The properties, sealed.
    pub(crate) inputs: Map,
    /// The object as it is; `None` for a create.
    pub(crate) current: Option<&'a Object>,
}

impl Call<'_> {
    pub(crate) fn ty(&self) -> &str {
        &self.schema.name
    }

    /// The text of a property.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A property, or the vendor's default of it.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let given = self.inputs.get(name).filter(|v| !v.is_null());
        given.or_else(|| self.schema.overlay.defaults.get(name))
    }

    /// The object of a type that a property names.
    pub(crate) fn referred(&self, name: &str, ty: &str) -> Option<&Object> {
        self.find(ty, self.text(name)?)
    }

    /// The object of a type that a text names.
    pub(crate) fn find(&self, ty: &str, text: &str) -> Option<&Object> {
        let key = references::resolve(self.world, self.site, &[ty.to_owned()], text)?;
        self.world.get(&key)
    }

    /// The other objects of this type in this scope.
    pub(crate) fn siblings(&self) -> impl Iterator<Item = &Object> {
        let own = self.current.map(|object| &object.key);
        let all = self.world.of_type(self.ty(), &self.site.scope(self.ty()));
        all.filter(move |object| Some(&object.key) != own)
    }

    /// The other objects of this type that refer to `key`.
    pub(crate) fn siblings_of(&self, key: &Key) -> impl Iterator<Item = &Object> {
        let own = self.current.map(|object| &object.key);
        self.world.users_of_type(key, &self.schema.name).filter(move |o| Some(&o.key) != own)
    }
}

/// Decides on a step.
///
/// # Errors
/// What the vendor would say.
pub(crate) fn decide(
    world: &World,
    site: &Site,
    assumed: &Assumed,
    schema: &TypeSchema,
    step: &Step,
) -> Result<Verdict, ProviderError> {
    match &step.action {
        StepAction::Create { inputs } => {
            if let Some(verdict) = repeated(world, schema, step) {
                return Ok(verdict);
            }
            let inputs = checked(schema, inputs)?;
            create(&Call { world, site, assumed, schema, inputs, current: None }, step)
        }
        StepAction::Update { id, inputs, .. } => {
            let Some(current) = find(world, site, &step.ty, id) else {
                return Err(refuse("ResourceNotFound", format!("there is no {} `{id}`", step.ty)));
            };
            let inputs = checked(schema, inputs)?;
            update(&Call { world, site, assumed, schema, inputs, current: Some(current) }, Some(step.owner.clone()))
        }
        StepAction::Adopt { id } => {
            let Some(current) = find(world, site, &step.ty, id) else {
                return Err(refuse("ResourceNotFound", format!("there is no {} `{id}`", step.ty)));
            };
            let answer = Some(current.key.clone());
            let adopted = Object { owner: Some(step.owner.clone()), ..current.clone() };
            Ok(Verdict { put: vec![adopted], answer, ..Verdict::default() })
        }
        StepAction::Delete { id, .. } => match find(world, site, &step.ty, id) {
            Some(current) => delete(&Call { world, site, assumed, schema, inputs: Map::new(), current: Some(current) }),
            None => Ok(Verdict { idle: true, ..Verdict::default() }),
        },
    }
}

/// The object of an id that is there and not scheduled for deletion.
pub(crate) fn find<'a>(world: &'a World, site: &Site, ty: &str, id: &str) -> Option<&'a Object> {
    let key = Key::new(ty, site.scope(ty), id);
    world.get(&key).filter(|object| !object.is_doomed())
}

/// A create that was made already, for types that the vendor makes idempotent by a token.
fn repeated(world: &World, schema: &TypeSchema, step: &Step) -> Option<Verdict> {
    if schema.overlay.settle != schema::Settle::Token {
        return None;
    }
    let made = world.of_token(&step.token).find(|object| object.key.ty == step.ty)?;
    Some(Verdict { answer: Some(made.key.clone()), idle: true, ..Verdict::default() })
}

/// The properties, checked against the schema and sealed.
fn checked(schema: &TypeSchema, inputs: &Map) -> Result<Map, ProviderError> {
    if let Some((name, _)) = inputs.iter().find(|(_, value)| value.has_unknown()) {
        return Err(refuse("ValidationException", format!("{name} is not known yet")));
    }
    let problems = schema.validate(inputs);
    if !problems.is_empty() {
        let shown: Vec<String> = problems.iter().map(|p| format!("{} {}", p.path, p.kind)).collect();
        return Err(refuse("ValidationException", format!("{}: {}", schema.name, shown.join("; "))));
    }
    Ok(shape::seal(schema, inputs))
}

fn create(call: &Call<'_>, step: &Step) -> Result<Verdict, ProviderError> {
    let uses = references::uses(call.world, call.site, call.assumed, call.schema, &call.inputs)?;
    rules::create(call)?;
    unique(call, &call.inputs)?;
    let made = make(call, step)?;
    let full = full(&made.inputs, &made.attributes);
    let object = Object {
        handles: handles(call.schema, &made.key.id, &full),
        // Of what was given, since that is what it is looked up by.
        identity: shape::identity(call.schema, &made.inputs),
        key: made.key.clone(),
        inputs: made.inputs.into(),
        attributes: made.attributes.into(),
        uses,
        owner: Some(step.owner.clone()),
        token: step.token.clone(),
        ready_at: 0,
        shown_at: 0,
        health: Health::Well,
    };
    Ok(Verdict { put: vec![object], answer: Some(made.key), ..Verdict::default() })
}

/// Makes the object under an id that is free.
fn make(call: &Call<'_>, step: &Step) -> Result<compute::Made, ProviderError> {
    let mut ids = Ids::new(&step.token);
    let mut made = compute::create(call, &ids);
    // A rolled id that is taken was made with the same token before; the vendor would roll other dice.
    while call.world.get(&made.key).is_some() {
        ids = ids.next();
        let other = compute::create(call, &ids);
        if other.key == made.key {
            return Err(facts::duplicate(call.ty(), &made.key.id, "this identifier"));
        }
        made = other;
    }
    Ok(made)
}

/// What is given and what the vendor has set, together.
fn full(inputs: &Map, attributes: &Map) -> Map {
    attributes.iter().chain(inputs).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Decides on a change of one property of an object, whose owner stays: its other properties are sealed already.
///
/// # Errors
/// What the vendor would say.
pub(crate) fn set(mut call: Call<'_>, property: &value::Path) -> Result<Verdict, ProviderError> {
    let problems = call.schema.validate(&call.inputs);
    if let Some(problem) = problems.iter().find(|problem| problem.path.touches(property)) {
        let message = format!("`{}` of {}: {}", problem.path, call.schema.name, problem.kind);
        return Err(refuse("ValidationException", message));
    }
    if let Some(first) = property.first_key() {
        let given = call.inputs.get(first).map(|value| (first.to_owned(), value.clone()));
        call.inputs.extend(shape::seal(call.schema, &given.into_iter().collect()));
    }
    update(&call, call.current.and_then(|current| current.owner.clone()))
}

fn update(call: &Call<'_>, owner: Option<Owner>) -> Result<Verdict, ProviderError> {
    let Some(current) = call.current else { return Ok(Verdict::default()) };
    // What the vendor rewrote when it made the object is no change.
    let inputs = compute::normalise(call.schema, call.inputs.clone());
    fixed(call, current, &inputs)?;
    let uses = references::uses(call.world, call.site, call.assumed, call.schema, &inputs)?;
    rules::update(call, current)?;
    let attributes = compute::update(call, current);
    let full = full(&inputs, &attributes);
    let identity = shape::identity(call.schema, &inputs);
    if identity != current.identity {
        unique(call, &inputs)?;
    }
    let object = Object {
        handles: handles(call.schema, &current.key.id, &full),
        identity,
        key: current.key.clone(),
        inputs: inputs.into(),
        attributes: attributes.into(),
        uses,
        owner,
        token: current.token.clone(),
        ready_at: 0,
        shown_at: 0,
        health: Health::Well,
    };
    Ok(Verdict { put: vec![object], answer: Some(current.key.clone()), ..Verdict::default() })
}

/// Refuses changes of what cannot be changed.
fn fixed(call: &Call<'_>, current: &Object, inputs: &Map) -> Result<(), ProviderError> {
    let schema = call.schema;
    let patterns = schema.create_only.iter().chain(&schema.overlay.create_only);
    let everything =
        schema.overlay.no_update.then(|| schema.properties.keys().map(value::Path::key)).into_iter().flatten();
    let mut changed: Vec<String> = Vec::new();
    for pattern in patterns.cloned().chain(everything) {
        if schema.is_attribute(&pattern) {
            continue;
        }
        let values = |map: &Map| {
            let mut found = Vec::new();
            shape::collect(map, &pattern, &mut |place, value| found.push((place, value.clone())));
            found
        };
        if values(&current.inputs) != values(inputs) {
            changed.push(pattern.to_string());
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    changed.sort();
    changed.dedup();
    let (ty, id) = (&current.key.ty, &current.key.id);
    Err(refuse("NotUpdatable", format!("{ty} `{id}`: {} cannot be changed, only replaced", changed.join(", "))))
}

/// Decides on a delete.
///
/// # Errors
/// What the vendor would say.
pub(crate) fn delete(call: &Call<'_>) -> Result<Verdict, ProviderError> {
    let Some(current) = call.current else { return Ok(Verdict::default()) };
    rules::delete(call, current)?;
    let mut gone = Vec::new();
    sweep(call.world, current, &mut gone)?;
    if facts::is_scheduled(call.ty()) {
        let mut doomed = current.clone();
        doomed.health = Health::Doomed;
        doomed.uses.clear();
        return Ok(Verdict { put: vec![doomed], gone, ..Verdict::default() });
    }
    gone.push(current.key.clone());
    Ok(Verdict { gone, ..Verdict::default() })
}

/// What goes with an object; refuses if something forbids that it goes.
fn sweep(world: &World, object: &Object, gone: &mut Vec<Key>) -> Result<(), ProviderError> {
    // An object that refers to itself, as a security group may, is no obstacle.
    let others = || world.users(&object.key).filter(|user| user.key != object.key);
    let bonds = || others().map(|user| (facts::bond(&user.key.ty, &object.key.ty), user));
    let blocking: Vec<&Key> = bonds().filter(|(bond, _)| *bond == Bond::Blocks).map(|(_, user)| &user.key).collect();
    if !blocking.is_empty() {
        return Err(facts::in_use(&object.key, &blocking));
    }
    for (_, user) in bonds().filter(|(bond, _)| *bond == Bond::Goes) {
        if !gone.contains(&user.key) {
            sweep(world, user, gone)?;
            gone.push(user.key.clone());
        }
    }
    Ok(())
}

/// Refuses a second object of one natural identity.
fn unique(call: &Call<'_>, properties: &Map) -> Result<(), ProviderError> {
    let Some(identity) = shape::identity(call.schema, properties) else { return Ok(()) };
    let scope = call.site.scope(call.ty());
    let own = call.current.map(|object| &object.key);
    match call.world.identified(call.ty(), &scope, &identity) {
        Some(taken) if Some(&taken.key) != own => {
            let names = call.schema.overlay.identity.iter().flat_map(|i| &i.properties);
            let what: Vec<String> = names
                .filter_map(|name| Some((name, call.get(name)?.as_str()?)))
                .map(|(name, text)| format!("{name} `{text}`"))
                .collect();
            Err(facts::duplicate(call.ty(), &taken.key.id, &what.join(", ")))
        }
        _ => Ok(()),
    }
}

/// The texts by which others may refer to an object: its id and its parts, its name, and every text the vendor has set.
fn handles(schema: &TypeSchema, id: &str, full: &Map) -> Vec<String> {
    let name = schema.overlay.name.as_ref().map(|name| name.property.as_str());
    let parts = schema.primary_identifier.iter().chain(&schema.read_only).filter_map(|path| path.first_key());
    let texts = parts.chain(name).filter_map(|property| full.get(property)?.as_str());
    let mut handles: Vec<String> =
        texts.chain([id]).map(|text| text.trim_end_matches('/').to_owned()).filter(|text| !text.is_empty()).collect();
    handles.sort();
    handles.dedup();
    handles
}
