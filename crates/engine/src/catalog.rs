//! All stacks: those of the projects, foreign ones, and those that are only in state.

use std::collections::BTreeMap;

use resource::StackName;

use crate::OutputValues;

/// A stack of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackEntry {
    /// Its name.
    pub name: StackName,
    /// The position of its project.
    pub project: usize,
    /// Whether it is in the default selection.
    pub default: bool,
}

/// A stack that somebody else manages: its outputs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Foreign {
    /// The values; secrets are sealed.
    pub outputs: OutputValues,
}

/// All stacks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    stacks: BTreeMap<String, StackEntry>,
    foreign: BTreeMap<String, Foreign>,
}

impl Catalog {
    /// A catalog of stacks and foreign stacks.
    pub fn new(stacks: impl IntoIterator<Item = StackEntry>, foreign: BTreeMap<String, Foreign>) -> Self {
        Self { stacks: stacks.into_iter().map(|entry| (entry.name.to_string(), entry)).collect(), foreign }
    }

    /// The stack of a full name.
    pub fn get(&self, name: &str) -> Option<&StackEntry> {
        self.stacks.get(name)
    }

    /// The stacks, sorted by full name.
    pub fn stacks(&self) -> impl Iterator<Item = &StackEntry> {
        self.stacks.values()
    }

    /// The full names of the stacks, sorted.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.stacks.keys()
    }

    /// The foreign stack of a full name.
    pub fn foreign(&self, name: &str) -> Option<&Foreign> {
        self.foreign.get(name)
    }

    /// The foreign stacks, sorted by full name.
    pub fn foreign_stacks(&self) -> impl Iterator<Item = (&String, &Foreign)> {
        self.foreign.iter()
    }

    /// The name that is nearest to one that is not there.
    pub fn near(&self, name: &str) -> Option<String> {
        nearest(name, self.stacks.keys().chain(self.foreign.keys()).map(String::as_str))
    }
}

/// The candidate that is nearest to a text, if one is near.
pub(crate) fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(text, candidate), candidate))
        .filter(|(score, _)| *score > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}
