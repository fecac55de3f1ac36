//! What stacks have to do with one another, kept from one run to the next.
//!
//! It is kept twice: with what each stack's needs depend on, so that after a change only a few programs are asked; and
//! in short, with what it hangs on besides files, so that nothing more is read while all is as it was.

use std::collections::{BTreeMap, BTreeSet};

use plan::{Read, Reads};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use resource::{Evaluated, PLAN_FORMAT, StackName};
use serde::{Deserialize, Serialize};
use taskgraph::{Links, OutputSet};
use value::Digest;

use crate::evaluate::FilesOnly;
use crate::{Engine, OutputValues, SEMANTICS_EPOCH, StackEntry, Survey};

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

    /// Who needs whom, and nothing else.
    pub fn into_links(self) -> Links {
        self.links
    }

    /// Whether it fits together: what was kept somewhere may be something else.
    pub fn is_sound(&self) -> bool {
        self.links.is_sound() && self.grounds.len() == self.links.names().len()
    }

    /// The names that are stacks, with what their needs depend on.
    fn stacks(&self) -> impl Iterator<Item = (&String, &Grounds)> {
        self.links.names().iter().zip(&self.grounds).filter_map(|(name, grounds)| Some((name, grounds.as_ref()?)))
    }

    fn grounds(&self, stack: &str) -> Option<&Grounds> {
        self.grounds.get(self.links.number(stack)?)?.as_ref()
    }

    /// What one needs; names that are no stacks among them.
    fn needs(&self, number: usize) -> BTreeSet<&str> {
        self.links.needs(number).map(|need| self.links.names()[need].as_str()).collect()
    }
}

/// Who needs whom in short: as long as [`Engine::sees_as_before`], and what [`Engine::reads_of`] gave is as it was, it
/// need not be found out again. Kept in a form without names, so no field may be left out when it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Short {
    /// Who needs whom; names that are no stacks among them.
    pub links: Links,
    /// The digest of what it was found out with.
    conditions: Digest,
    /// What was read that is in no file.
    variables: BTreeMap<String, Digest>,
}

impl Engine<'_> {
    /// What the programs of all stacks read to say what they need, by stack; `None` if that must be found out anew each
    /// time.
    pub fn reads_of<'b>(&'b self, relations: &'b Relations) -> Option<Vec<(&'b StackName, &'b Read)>> {
        let mut reads = Vec::new();
        for (name, grounds) in relations.stacks() {
            let (entry, (_, read)) = (self.catalog.get(name)?, grounds.holds_for.as_ref()?);
            reads.extend(read.keys().map(|read| (&entry.name, read)));
        }
        Some(reads)
    }

    /// Relations in short that were just found to be as they are kept; `None` if they must be found out anew each time.
    pub fn in_short(&self, relations: &Relations) -> Option<Short> {
        let mut variables = BTreeMap::new();
        for (_, grounds) in relations.stacks() {
            for (read, digest) in &grounds.holds_for.as_ref()?.1 {
                if let Read::Variable(name) = read {
                    variables.insert(name.clone(), *digest);
                }
            }
        }
        Some(Short { links: relations.links.clone(), conditions: self.conditions()?, variables })
    }

    /// Whether everything is as it was, apart from files, when relations were put in short.
    pub fn sees_as_before(&self, short: &Short) -> bool {
        let is_same = |(name, digest): (&String, &Digest)| {
            let name = Read::Variable(name.clone());
            self.catalog.stacks().next().and_then(|entry| self.inputs.digest(&entry.name, &name)) == Some(*digest)
        };
        short.links.is_sound() && self.conditions() == Some(short.conditions) && short.variables.iter().all(is_same)
    }

    /// What programs are asked with besides what they read of files and of the environment; `None` where plans that
    /// were made elsewhere stand for them.
    fn conditions(&self) -> Option<Digest> {
        let foreign: Vec<_> =
            self.catalog.foreign_stacks().map(|(name, foreign)| (name, pairs(&foreign.outputs))).collect();
        let projects: Vec<&str> = self.projects.iter().map(plan::Project::name).collect();
        let stacks: Vec<&String> = self.catalog.names().collect();
        let form = (PLAN_FORMAT, SEMANTICS_EPOCH, &self.code, projects, stacks, foreign);
        self.given.is_empty().then(|| Digest::of_json("relations/1", &form))?
    }

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

/// A map with keys that are no texts, as it can be written.
fn pairs(outputs: &OutputValues) -> Vec<(String, Digest)> {
    outputs.iter().map(|(path, value)| (path.to_string(), value.digest())).collect()
}

#[cfg(test)]
mod tests {
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
        assert!(!Relations { grounds: vec![Some(bare)], ..relations.clone() }.is_sound());
        let variables = BTreeMap::from([("A".to_owned(), digest)]);
        let short = Short { links: relations.links, conditions: digest, variables };
        let bytes = postcard::to_extend(&short, Vec::new()).expect("is written");
        assert_eq!(postcard::from_bytes::<Short>(&bytes).expect("is read"), short);
    }
}
