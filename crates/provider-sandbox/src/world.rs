//! The world in memory: the objects, and the indices that rules ask.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use ports::Owner;

use crate::log::Change;
use crate::object::{Key, Object};

/// All objects.
///
/// **Invariant:** the indices hold exactly what the objects say.
#[derive(Debug, Default, Clone)]
#[cfg_attr(test, derive(PartialEq))]
pub(crate) struct World {
    pub(crate) objects: BTreeMap<Key, Arc<Object>>,
    /// Objects by the number of what they may be asked for by. Two things may have one number, so whoever looks
    /// something up asks the objects, too.
    asked: BTreeSet<(u64, Key)>,
    /// Objects by those that they refer to.
    users: BTreeSet<(Key, Key)>,
    /// How often each fault struck, by its digest.
    pub(crate) strikes: BTreeMap<String, u32>,
    /// The number of calls so far.
    pub(crate) calls: u64,
    /// The number of lines that the file has.
    pub(crate) lines: usize,
}

/// What an object may be asked for by, beside its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum By<'a> {
    /// The type, and a text by which others may refer to it.
    Handle(&'a str, &'a str),
    /// The type, and the natural identity.
    Identity(&'a str, &'a str),
    Owner(&'a Owner),
    Token(&'a str),
}

impl By<'_> {
    fn number(self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl Object {
    /// All that it may be asked for by. Nobody finds what is scheduled for deletion; only its key is still taken.
    fn asked_by(&self) -> impl Iterator<Item = By<'_>> {
        let ty = self.key.ty.as_str();
        let handles = self.handles.iter().map(move |handle| By::Handle(ty, handle));
        let identity = self.identity.iter().map(move |identity| By::Identity(ty, identity));
        let owner = self.owner.iter().map(By::Owner);
        handles.chain(identity).chain(owner).chain([By::Token(&self.token)]).filter(|_| !self.is_doomed())
    }
}

/// The key before all others.
fn first() -> Key {
    static FIRST: LazyLock<Key> = LazyLock::new(|| Key::new("", "", ""));
    FIRST.clone()
}

impl World {
    /// Takes in what a call changed.
    pub(crate) fn commit(&mut self, change: Change) {
        self.calls = self.calls.max(change.before) + change.calls.len() as u64;
        self.strikes.extend(change.strikes);
        if let Some(fault) = change.struck {
            *self.strikes.entry(fault).or_default() += 1;
        }
        for key in change.gone {
            self.remove(&key);
        }
        for object in change.put {
            self.put(object);
        }
    }

    /// An object that is there, doomed ones too.
    pub(crate) fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key).map(AsRef::as_ref)
    }

    /// The objects of a type in a scope that are not scheduled for deletion.
    pub(crate) fn of_type<'a>(&'a self, ty: &str, scope: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        let start = Key::new(ty, scope, "");
        let range = self.objects.range(start.clone()..).map(|(_, object)| object.as_ref());
        range.take_while(move |o| o.key.ty == start.ty && o.key.scope == start.scope).filter(|o| !o.is_doomed())
    }

    /// The objects that refer to one.
    pub(crate) fn users<'a>(&'a self, key: &Key) -> impl Iterator<Item = &'a Object> + use<'a> {
        let key = key.clone();
        let users = self.users.range((key.clone(), first())..).take_while(move |(used, _)| *used == key);
        users.filter_map(|(_, user)| self.get(user))
    }

    /// The objects of a type that refer to one.
    pub(crate) fn users_of_type<'a>(&'a self, key: &Key, ty: &'a str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.users(key).filter(move |user| user.key.ty == ty)
    }

    /// The objects of a type that a text names, in any scope.
    pub(crate) fn named<'a, 'b>(
        &'a self,
        ty: &'b str,
        text: &'b str,
    ) -> impl Iterator<Item = &'a Object> + use<'a, 'b> {
        self.asked(By::Handle(ty, text))
    }

    /// The object of a type that has a natural identity in a scope.
    pub(crate) fn identified(&self, ty: &str, scope: &str, identity: &str) -> Option<&Object> {
        self.asked(By::Identity(ty, identity)).find(|object| object.key.scope == scope)
    }

    /// The objects of an owner.
    pub(crate) fn owned(&self, owner: &Owner) -> impl Iterator<Item = &Object> {
        self.asked(By::Owner(owner))
    }

    /// The objects that were made with a token.
    pub(crate) fn of_token(&self, token: &str) -> impl Iterator<Item = &Object> {
        self.asked(By::Token(token))
    }

    fn asked<'a, 'b>(&'a self, by: By<'b>) -> impl Iterator<Item = &'a Object> + use<'a, 'b> {
        let number = by.number();
        let found = self.asked.range((number, first())..).take_while(move |(other, _)| *other == number);
        let found = found.filter_map(|(_, key)| self.get(key));
        found.filter(move |object| object.asked_by().any(|other| other == by))
    }

    fn put(&mut self, object: Object) {
        self.remove(&object.key);
        let key = object.key.clone();
        self.asked.extend(object.asked_by().map(|by| (by.number(), key.clone())));
        self.users.extend(object.uses.iter().map(|used| (used.clone(), key.clone())));
        self.objects.insert(key, Arc::new(object));
    }

    fn remove(&mut self, key: &Key) {
        let Some(object) = self.objects.remove(key) else { return };
        for by in object.asked_by() {
            self.asked.remove(&(by.number(), key.clone()));
        }
        for used in &object.uses {
            self.users.remove(&(used.clone(), key.clone()));
        }
    }
}
