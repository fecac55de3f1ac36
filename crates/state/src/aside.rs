//! Objects that were set aside.

use std::collections::BTreeMap;
use std::collections::btree_map::Values;
use std::sync::Arc;

use resource::Urn;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Object;

/// Objects that were replaced and are still to be deleted, by resource and incarnation; stored as a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aside(BTreeMap<(Urn, u64), Arc<Object>>);

impl Aside {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> Values<'_, (Urn, u64), Arc<Object>> {
        self.0.values()
    }

    /// Those of a resource, the oldest first.
    pub fn of(&self, urn: &Urn) -> impl DoubleEndedIterator<Item = &Arc<Object>> {
        self.0.range((urn.clone(), 0)..=(urn.clone(), u64::MAX)).map(|(_, object)| object)
    }

    /// One incarnation of a resource.
    pub fn get(&self, urn: &Urn, incarnation: u64) -> Option<&Arc<Object>> {
        // There are none in nearly all states.
        if self.0.is_empty() { None } else { self.0.get(&(urn.clone(), incarnation)) }
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, urn: &Urn, incarnation: u64) -> Option<&mut Arc<Object>> {
        self.0.get_mut(&(urn.clone(), incarnation))
    }

    /// All of them, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Arc<Object>> {
        self.0.values_mut()
    }

    /// Sets an object aside; whether there was none of this incarnation.
    pub fn put(&mut self, object: Arc<Object>) -> bool {
        self.0.insert((object.urn.clone(), object.incarnation), object).is_none()
    }

    pub(crate) fn take(&mut self, urn: &Urn, incarnation: u64) -> Option<Arc<Object>> {
        if self.0.is_empty() { None } else { self.0.remove(&(urn.clone(), incarnation)) }
    }
}

impl<'a> IntoIterator for &'a Aside {
    type Item = &'a Arc<Object>;
    type IntoIter = Values<'a, (Urn, u64), Arc<Object>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Arc<Object>> for Aside {
    fn from_iter<I: IntoIterator<Item = Arc<Object>>>(objects: I) -> Self {
        let mut aside = Self::default();
        for object in objects {
            aside.put(object);
        }
        aside
    }
}

impl Serialize for Aside {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for Aside {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut aside = Self::default();
        for object in Vec::<Object>::deserialize(deserializer)? {
            let name = format!("`{}` was set aside twice with incarnation {}", object.urn, object.incarnation);
            if !aside.put(object.into()) {
                return Err(D::Error::custom(name));
            }
        }
        Ok(aside)
    }
}
