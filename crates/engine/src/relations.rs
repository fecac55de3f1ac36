//! What stacks have to do with one another, kept from one run to the next.

use std::collections::{BTreeMap, BTreeSet};

use plan::Reads;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use resource::{Evaluated, PLAN_FORMAT};
use serde::{Deserialize, Serialize};
use taskgraph::{Links, OutputSet};
use value::Digest;

use crate::evaluate::FilesOnly;
use crate::{Engine, SEMANTICS_EPOCH, StackEntry, Survey};

/// The stacks that each stack reads or waits for, as its program says without any state; with what that depends on.
/// Kept in a form without names, so no field may be left out when it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Relations {
    /// The number of the plan format, and that of the engine's semantics.
    by: (u32, u32),
    /// Who needs whom; names that are no stacks among them.
    links: Links,
    /// For each of these names what its needs depend on; `None` = it is no stack.
    grounds: Vec<Option<Grounds>>,
}

/// What it depends on that one stack needs others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Grounds {
    /// The code and the reads of the evaluation that said so; `None` = it is found out anew each time.
    holds_for: Option<(Digest, Reads)>,
    /// The outputs of other stacks that its program stopped for: they are no files.
    waits_for: OutputSet,
}

impl Relations {
    /// Who needs whom; names that are no stacks among them.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Whether it fits together: what was kept somewhere may be something else.
    pub fn is_sound(&self) -> bool {
        self.links.is_sound() && self.grounds.len() == self.links.names().len()
    }

    fn grounds(&self, stack: &str) -> Option<&Grounds> {
        self.grounds.get(self.links.number(stack)?)?.as_ref()
    }

    /// What one needs; names that are no stacks among them.
    fn needs(&self, number: usize) -> BTreeSet<&str> {
        self.links.needs(number).map(|need| self.links.names()[need].as_str()).collect()
    }
}

impl Engine<'_> {
    /// What all stacks of the workspace have to do with one another, and whether that is news. Programs are asked only
    /// where something is not as it was when `known` was found out.
    pub fn relations(&self, known: Relations) -> (Relations, bool) {
        let stacks: Vec<&StackEntry> = self.catalog.stacks().collect();
        let source = FilesOnly(self);
        let by = (PLAN_FORMAT, SEMANTICS_EPOCH);
        let known = if known.by == by && known.is_sound() { known } else { Relations::default() };
        let is_open = |entry: &&&StackEntry| {
            let grounds = known.grounds(&entry.name.to_string());
            grounds.is_none_or(|grounds| !self.still_holds(entry, grounds, &source))
        };
        let open: Vec<&StackEntry> = stacks.par_iter().filter(is_open).copied().collect();
        if open.is_empty() && known.by == by && known.grounds.iter().flatten().count() == stacks.len() {
            return (known, false);
        }
        let survey = self.survey(open);
        let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut grounds: BTreeMap<&str, Grounds> = BTreeMap::new();
        for (number, (name, of)) in known.links.names().iter().zip(&known.grounds).enumerate() {
            if let Some(of) = of.as_ref().filter(|_| self.catalog.get(name).is_some()) {
                needs.insert(name, known.needs(number));
                grounds.insert(name, of.clone());
            }
        }
        for name in survey.evaluations.keys() {
            needs.insert(name, survey.needs.get(name).into_iter().flatten().map(String::as_str).collect());
            grounds.insert(name, self.grounds(name, &survey));
        }
        let links = Links::new(&needs);
        let grounds = links.names().iter().map(|name| grounds.remove(name.as_str())).collect();
        (Relations { by, links, grounds }, true)
    }

    fn still_holds(&self, entry: &StackEntry, grounds: &Grounds, source: &FilesOnly<'_>) -> bool {
        let Some((code, reads)) = &grounds.holds_for else { return false };
        self.is_by(entry, *code)
            && grounds.waits_for.iter().all(|(stack, _)| self.catalog.foreign(stack).is_none())
            && reads.iter().all(|(read, digest)| self.is_as_read(&entry.name, read, *digest, source))
    }

    fn grounds(&self, name: &str, survey: &Survey) -> Grounds {
        let evaluation = survey.evaluations.get(name);
        let code = self.catalog.get(name).and_then(|entry| self.code.get(self.projects[entry.project].name()));
        // A plan that was made elsewhere is no word of the program here.
        let asked = !self.given.contains_key(name);
        let holds_for = evaluation.filter(|evaluation| asked && evaluation.result.is_ok()).zip(code);
        let holds_for = holds_for.map(|(evaluation, code)| (*code, evaluation.reads.clone()));
        let waits_for = match evaluation.map(|evaluation| &evaluation.result) {
            Some(Ok(Evaluated::Deferred { waits_for, .. })) => waits_for.clone(),
            _ => OutputSet::new(),
        };
        Grounds { holds_for, waits_for }
    }
}

#[cfg(test)]
mod tests {
    use plan::Read;

    use super::*;

    #[test]
    fn kept_relations_have_all_their_fields_and_what_does_not_fit_together_is_seen() {
        let needs = BTreeMap::from([("a", BTreeSet::from(["foreign", "b"])), ("b", BTreeSet::new())]);
        let digest = Digest::of("test", b"");
        let path = "x.y".parse().expect("a path");
        let full = Grounds {
            holds_for: Some((digest, Reads::from([(Read::Config, digest)]))),
            waits_for: OutputSet::from([("b".to_owned(), path)]),
        };
        let bare = Grounds { holds_for: None, waits_for: OutputSet::new() };
        let relations =
            Relations { by: (1, 2), links: Links::new(&needs), grounds: vec![Some(full), Some(bare.clone()), None] };
        let bytes = postcard::to_extend(&relations, Vec::new()).expect("is written");
        assert_eq!(postcard::from_bytes::<Relations>(&bytes).expect("is read"), relations);
        assert!(relations.is_sound() && relations.grounds("a").is_some() && relations.grounds("foreign").is_none());
        assert!(!Relations { grounds: vec![Some(bare)], ..relations }.is_sound());
    }
}
