//! What policies answer.

use std::collections::BTreeSet;

use resource::{StackName, Urn};
use value::{Origin, Value};

/// What a policy found; nothing found is a pass.
#[derive(Debug, Default)]
pub struct Answer {
    pub(crate) found: Vec<Found>,
    pub(crate) undecided: BTreeSet<Origin>,
}

/// Something that a policy found.
#[derive(Debug)]
pub struct Found {
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
    pub(crate) about: Option<(StackName, Urn)>,
}

impl Answer {
    /// Finds something: what is wrong, in a sentence without the resource's name.
    pub fn fail(&mut self, message: impl Into<String>) -> &mut Found {
        let at = self.found.len();
        self.found.push(Found { message: message.into(), hints: Vec::new(), about: None });
        &mut self.found[at]
    }

    /// Cannot tell before the unknowns in a value are known; without any it says nothing.
    pub fn undecided(&mut self, value: &Value) {
        value.unknowns(&mut |unknown| self.undecided.extend(unknown.origins.iter().cloned()));
    }
}

impl Found {
    /// Adds what one can do about it.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hints.push(hint.into());
        self
    }

    /// Says which resource it is about, where the policy looks at several.
    pub fn about(&mut self, stack: &StackName, urn: &Urn) -> &mut Self {
        self.about = Some((stack.clone(), urn.clone()));
        self
    }
}

/// How a policy mends a resource; nothing said leaves it as it is.
#[derive(Debug, Default)]
pub struct Remedy {
    pub(crate) set: value::Map,
    pub(crate) failed: Option<String>,
    pub(crate) undecided: BTreeSet<Origin>,
}

impl Remedy {
    /// Gives a property another value; null takes it away.
    pub fn set(&mut self, property: impl Into<String>, value: impl Into<Value>) {
        self.set.insert(property.into(), value.into());
    }

    /// Cannot mend it, which stops everything: why.
    pub fn fail(&mut self, reason: impl Into<String>) {
        self.failed.get_or_insert(reason.into());
    }

    /// Cannot tell before the unknowns in a value are known; without any it says nothing.
    pub fn undecided(&mut self, value: &Value) {
        value.unknowns(&mut |unknown| self.undecided.extend(unknown.origins.iter().cloned()));
    }
}
