//! What must be true of a state.

use crate::StackState;

/// What is wrong with a state that was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Written by a newer version.
    #[error("the state has format {found}, this version reads up to {known}")]
    Format {
        /// The format found.
        found: u32,
        /// The newest that this version knows.
        known: u32,
    },
    /// An object stands under another name.
    #[error("the object `{found}` stands under `{key}`")]
    Misplaced {
        /// The key.
        key: String,
        /// The object's URN.
        found: String,
    },
    /// An object depends on one that is not there.
    #[error("`{object}` depends on `{missing}`, which is not in the state")]
    MissingDependency {
        /// The object.
        object: String,
        /// What it depends on.
        missing: String,
    },
    /// An object is to go with one that is not there.
    #[error("`{object}` is deleted with `{missing}`, which is not in the state")]
    MissingDeletedWith {
        /// The object.
        object: String,
        /// What it goes with.
        missing: String,
    },
    /// An incarnation is higher than the stack's counter, or one is there twice.
    #[error("`{object}` has incarnation {incarnation}, which cannot be")]
    Incarnation {
        /// The object.
        object: String,
        /// Its incarnation.
        incarnation: u64,
    },
    /// Dependencies form a cycle.
    #[error("the dependencies of {members} form a cycle")]
    Cycle {
        /// Who is in it.
        members: String,
    },
}

impl StackState {
    /// Everything that is wrong with the state; empty = whole.
    pub fn verify(&self) -> Vec<Broken> {
        let mut found = Vec::new();
        if self.format > crate::STATE_FORMAT {
            found.push(Broken::Format { found: self.format, known: crate::STATE_FORMAT });
        }
        for (key, object) in self.objects.iter().filter(|(key, object)| **key != object.urn) {
            found.push(Broken::Misplaced { key: key.to_string(), found: object.urn.to_string() });
        }
        let mut seen = std::collections::BTreeSet::new();
        for object in self.copies() {
            if object.incarnation > self.last_incarnation || !seen.insert((&object.urn, object.incarnation)) {
                found.push(Broken::Incarnation { object: object.urn.to_string(), incarnation: object.incarnation });
            }
            for missing in object.dependencies.iter().filter(|urn| !self.has(urn)) {
                found.push(Broken::MissingDependency { object: object.urn.to_string(), missing: missing.to_string() });
            }
            for missing in object.kept.deleted_with.iter().filter(|urn| !self.has(urn)) {
                found.push(Broken::MissingDeletedWith { object: object.urn.to_string(), missing: missing.to_string() });
            }
        }
        found.extend(self.cycle());
        found
    }

    /// A cycle among the live objects.
    fn cycle(&self) -> Option<Broken> {
        let cycles = self.cycles();
        let members: Vec<String> = cycles.concat().iter().map(|urn| format!("`{urn}`")).collect();
        (!members.is_empty()).then(|| Broken::Cycle { members: members.join(", ") })
    }
}
