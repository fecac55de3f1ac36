//! What many resources have alike.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Something that many resources have alike, such as their options: it is copied when it is changed, not before.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shared<T>(Arc<T>);

impl<T: PartialEq> Shared<T> {
    /// Keeps the same copy as another one that is equal.
    pub fn share(&mut self, other: &Self) {
        if self == other {
            self.0 = Arc::clone(&other.0);
        }
    }
}

impl<T: Clone> Shared<T> {
    /// What is shared, for oneself.
    pub fn into_inner(self) -> T {
        Arc::unwrap_or_clone(self.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> From<T> for Shared<T> {
    fn from(own: T) -> Self {
        Self(Arc::new(own))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_are_kept_once_and_a_change_is_ones_own() {
        let first = Shared::from(vec![1]);
        let (mut equal, mut other) = (Shared::from(vec![1]), Shared::from(vec![2]));
        equal.share(&first);
        other.share(&first);
        assert!(Arc::ptr_eq(&equal.0, &first.0));
        assert_eq!(*other, [2]);
        equal.push(3);
        assert_eq!((equal.into_inner(), first.into_inner()), (vec![1, 3], vec![1]));
    }
}
