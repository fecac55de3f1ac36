//! What somebody does by hand, as a colleague would in the vendor's console: no state knows of it.

use std::io;

use ports::ProviderError;
use value::{Map, Path, Segment, Type, Value};

use crate::call::{self, Call, Verdict};
use crate::facts::refuse;
use crate::object::{Key, Object};
use crate::place::Site;
use crate::transact::now;
use crate::world::World;
use crate::{AuditRecord, Sandbox, Shared};

/// The object that somebody means.
#[derive(Debug, Clone, Default)]
pub struct Meant {
    /// Its id.
    pub id: String,
    /// Its type, where several objects have that id.
    pub ty: Option<String>,
    /// Its scope, where several of that type have it.
    pub scope: Option<String>,
}

/// Why nothing was done by hand.
#[derive(Debug, thiserror::Error)]
pub enum HandError {
    /// No object is meant, or several are: their types and scopes.
    #[error("not one object")]
    NotOne(Vec<(String, String)>),
    /// The vendor refuses.
    #[error(transparent)]
    Refused(#[from] ProviderError),
    /// The world cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Sandbox {
    /// Changes one property of an object, or takes it away if the text is `null`. The text is JSON; where a text is
    /// wanted it is that text.
    ///
    /// # Errors
    /// If not exactly one object is meant, if the vendor refuses, or if the world cannot be written.
    pub fn set_by_hand(&self, meant: &Meant, property: &Path, text: &str) -> Result<(), HandError> {
        self.by_hand(meant, "update", |call, object| {
            let value = match call.schema.value_type(property) {
                Type::String if text != "null" => text.into(),
                _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            };
            let mut inputs = Map::clone(&object.inputs);
            if !put_at(&mut inputs, property.segments(), value) {
                let message = format!("{} `{}` has no `{property}`", object.key.ty, object.key.id);
                return Err(refuse("ValidationException", message));
            }
            call::set(Call { inputs, ..call }, property)
        })
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// If not exactly one object is meant, if the vendor refuses, or if the world cannot be written.
    pub fn delete_by_hand(&self, meant: &Meant) -> Result<(), HandError> {
        self.by_hand(meant, "delete", |call, _| call::delete(&call))
    }

    /// One call of nobody's: no fault strikes it, and its audit record names no owner.
    fn by_hand(
        &self,
        meant: &Meant,
        action: &str,
        decide: impl FnOnce(Call<'_>, &Object) -> Result<Verdict, ProviderError>,
    ) -> Result<(), HandError> {
        let mut shared = self.shared();
        let Shared { log, world } = &mut *shared;
        log.refresh(world)?;
        let key = one(world, meant)?;
        // Only now, so that a mistyped id makes no directory.
        let mut locked = log.lock()?;
        locked.refresh(world)?;
        let Some(object) = world.get(&key) else { return Err(HandError::NotOne(Vec::new())) };
        let site = self.site_of(&key);
        let (schema, inputs) = (self.served(&key.ty)?, Map::new());
        let call = Call { world, site: &site, assumed: &self.assumed, schema, inputs, current: Some(object) };
        let decided = decide(call, object);
        let outcome = decided.as_ref().map_or_else(|error| error.code.clone(), |_| "ok".to_owned());
        let record = AuditRecord {
            call: world.calls + 1,
            time: now(),
            action: action.to_owned(),
            ty: key.ty.clone(),
            id: key.id.clone(),
            organisation: String::new(),
            stack: String::new(),
            urn: String::new(),
            incarnation: 0,
            token: String::new(),
            outcome,
        };
        let Verdict { put, gone, .. } = decided.as_ref().map_or_else(|_| Verdict::default(), Clone::clone);
        locked.commit(world, put, gone, None, &[record])?;
        decided?;
        Ok(())
    }

    /// The instance through which an object is reached; the default one where none leads there any more.
    fn site_of(&self, key: &Key) -> Site {
        let named = self.options.instances.keys().map(|name| self.site(Some(name)));
        let mut sites = std::iter::once(self.site(None)).chain(named);
        sites.find(|site| site.scope(&key.ty) == key.scope).unwrap_or_else(|| self.site(None))
    }
}

/// The one object that is meant.
fn one(world: &World, meant: &Meant) -> Result<Key, HandError> {
    let is = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|wanted| wanted == has);
    let keys = world.objects.values().filter(|object| !object.is_doomed()).map(|object| &object.key);
    let found: Vec<&Key> =
        keys.filter(|key| key.id == meant.id && is(&meant.ty, &key.ty) && is(&meant.scope, &key.scope)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        several => Err(HandError::NotOne(several.iter().map(|key| (key.ty.clone(), key.scope.clone())).collect())),
    }
}

/// Puts a value at a place, or takes away what is there for null; false if the way to it leads nowhere.
fn put_at(map: &mut Map, place: &[Segment], value: Value) -> bool {
    match place {
        [Segment::Key(last)] if value.is_null() => map.remove(last).is_some(),
        [Segment::Key(last)] => {
            map.insert(last.clone(), value);
            true
        }
        [Segment::Key(first), rest @ ..] => map.get_mut(first).is_some_and(|inner| put_in(inner, rest, value)),
        _ => false,
    }
}

fn put_in(inner: &mut Value, place: &[Segment], value: Value) -> bool {
    match (inner, place) {
        (Value::Map(map), place) => put_at(map, place, value),
        (Value::List(items), [Segment::Index(index), rest @ ..]) => items.get_mut(*index).is_some_and(|item| {
            if rest.is_empty() {
                *item = value;
                return true;
            }
            put_in(item, rest, value)
        }),
        _ => false,
    }
}
