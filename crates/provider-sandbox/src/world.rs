//! The world in memory: the objects, and the indices that rules ask.

use std::collections::{BTreeMap, BTreeSet};

use ports::Owner;

use crate::log::Change;
use crate::object::{Key, Object};

/// Type and text: how an index over a kind of text is asked.
type Named = BTreeMap<String, BTreeMap<String, BTreeSet<Key>>>;

/// All objects.
///
/// **Invariant:** the indices hold exactly what the objects say.
#[derive(Debug, Default, Clone)]
#[cfg_attr(test, derive(PartialEq))]
pub(crate) struct World {
    pub(crate) objects: BTreeMap<Key, Object>,
    handles: Named,
    identities: Named,
    users: BTreeMap<Key, BTreeSet<Key>>,
    owners: BTreeMap<Owner, BTreeSet<Key>>,
    tokens: BTreeMap<String, BTreeSet<Key>>,
    /// How often each fault struck, by its digest.
    pub(crate) strikes: BTreeMap<String, u32>,
    /// The number of calls so far.
    pub(crate) calls: u64,
    /// The number of lines that the file has.
    pub(crate) lines: usize,
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
        self.objects.get(key)
    }

    /// The objects of a type in a scope that are not scheduled for deletion.
    pub(crate) fn of_type<'a>(&'a self, ty: &str, scope: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        let start = Key::new(ty, scope, "");
        let range = self.objects.range(start.clone()..).map(|(_, object)| object);
        range.take_while(move |o| o.key.ty == start.ty && o.key.scope == start.scope).filter(|o| !o.is_doomed())
    }

    /// The objects that refer to one.
    pub(crate) fn users<'a>(&'a self, key: &Key) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.users.get(key).into_iter().flatten().filter_map(|user| self.objects.get(user))
    }

    /// The objects of a type that refer to one.
    pub(crate) fn users_of_type<'a>(&'a self, key: &Key, ty: &'a str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.users(key).filter(move |user| user.key.ty == ty)
    }

    /// The objects of a type that a text names, in any scope.
    pub(crate) fn named<'a>(&'a self, ty: &str, text: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        find(&self.handles, ty, text).filter_map(|key| self.objects.get(key))
    }

    /// The object of a type that has a natural identity in a scope.
    pub(crate) fn identified(&self, ty: &str, scope: &str, identity: &str) -> Option<&Object> {
        find(&self.identities, ty, identity).filter(|key| key.scope == scope).find_map(|key| self.objects.get(key))
    }

    /// The objects of an owner.
    pub(crate) fn owned<'a>(&'a self, owner: &Owner) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.owners.get(owner).into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    /// The objects that were made with a token.
    pub(crate) fn of_token<'a>(&'a self, token: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.tokens.get(token).into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    fn put(&mut self, object: Object) {
        self.remove(&object.key);
        let key = object.key.clone();
        // Nobody finds what is scheduled for deletion; only its key is still taken.
        if !object.is_doomed() {
            let handles = self.handles.entry(key.ty.clone()).or_default();
            for handle in &object.handles {
                handles.entry(handle.clone()).or_default().insert(key.clone());
            }
            if let Some(identity) = &object.identity {
                let identities = self.identities.entry(key.ty.clone()).or_default();
                identities.entry(identity.clone()).or_default().insert(key.clone());
            }
            if let Some(owner) = &object.owner {
                self.owners.entry(owner.clone()).or_default().insert(key.clone());
            }
            self.tokens.entry(object.token.clone()).or_default().insert(key.clone());
        }
        for used in &object.uses {
            self.users.entry(used.clone()).or_default().insert(key.clone());
        }
        self.objects.insert(key, object);
    }

    fn remove(&mut self, key: &Key) {
        let Some(object) = self.objects.remove(key) else { return };
        let forget = |index: &mut Named, text: &String| {
            if let Some(keys) = index.get_mut(&key.ty) {
                drop_from(keys, text, key);
            }
        };
        object.handles.iter().for_each(|handle| forget(&mut self.handles, handle));
        object.identity.iter().for_each(|identity| forget(&mut self.identities, identity));
        object.owner.iter().for_each(|owner| drop_from(&mut self.owners, owner, key));
        drop_from(&mut self.tokens, &object.token, key);
        object.uses.iter().for_each(|used| drop_from(&mut self.users, used, key));
    }
}

fn find<'a>(index: &'a Named, ty: &str, text: &str) -> impl Iterator<Item = &'a Key> + use<'a> {
    index.get(ty).and_then(|keys| keys.get(text)).into_iter().flatten()
}

fn drop_from<K: Ord>(index: &mut BTreeMap<K, BTreeSet<Key>>, text: &K, key: &Key) {
    if let Some(keys) = index.get_mut(text) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(text);
        }
    }
}
