//! What stacks have to do with one another, kept from one run to the next.

use std::collections::{BTreeMap, BTreeSet};

use plan::Reads;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use resource::{Evaluated, PLAN_FORMAT};
use serde::{Deserialize, Serialize};
use taskgraph::OutputSet;
use value::Digest;

use crate::evaluate::FilesOnly;
use crate::{Engine, SEMANTICS_EPOCH, StackEntry, Survey};

/// The stacks that each stack reads or waits for, as its program says without any state; with what that depends on.
/// Kept in a form without names, so no field may be left out when it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Relations {
    /// The number of the plan format, and that of the engine's semantics.
    by: (u32, u32),
    stacks: BTreeMap<String, Relation>,
}

/// What one stack has to do with others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Relation {
    needs: BTreeSet<String>,
    /// The code and the reads of the evaluation that said so; `None` = it is found out anew each time.
    holds_for: Option<(Digest, Reads)>,
    /// The outputs of other stacks that its program stopped for: they are no files.
    waits_for: OutputSet,
}

impl Relations {
    /// The stacks that one reads or waits for; names that are no stacks among them.
    pub fn needs(&self, stack: &str) -> impl Iterator<Item = &str> {
        self.stacks.get(stack).into_iter().flat_map(|relation| relation.needs.iter().map(String::as_str))
    }
}

impl Engine<'_> {
    /// What all stacks of the workspace have to do with one another, and whether that is news. Programs are asked only
    /// where something is not as it was when `known` was found out.
    pub fn relations(&self, known: Relations) -> (Relations, bool) {
        let stacks: Vec<&StackEntry> = self.catalog.stacks().collect();
        let source = FilesOnly(self);
        let by = (PLAN_FORMAT, SEMANTICS_EPOCH);
        let known = if known.by == by { known } else { Relations { by, stacks: BTreeMap::new() } };
        let relations = &known.stacks;
        let is_open = |entry: &&&StackEntry| {
            let relation = relations.get(&entry.name.to_string());
            relation.is_none_or(|relation| !self.still_holds(entry, relation, &source))
        };
        let open: Vec<&StackEntry> = stacks.par_iter().filter(is_open).copied().collect();
        if open.is_empty() && relations.len() == stacks.len() {
            return (known, false);
        }
        let survey = self.survey(open);
        let mut all = known.stacks;
        all.retain(|name, _| self.catalog.get(name).is_some());
        for name in survey.evaluations.keys() {
            all.insert(name.clone(), self.relation(name, &survey));
        }
        (Relations { by, stacks: all }, true)
    }

    fn still_holds(&self, entry: &StackEntry, relation: &Relation, source: &FilesOnly<'_>) -> bool {
        let Some((code, reads)) = &relation.holds_for else { return false };
        self.is_by(entry, *code)
            && relation.waits_for.iter().all(|(stack, _)| self.catalog.foreign(stack).is_none())
            && reads.iter().all(|(read, digest)| self.is_as_read(&entry.name, read, *digest, source))
    }

    fn relation(&self, name: &str, survey: &Survey) -> Relation {
        let needs = survey.needs.get(name).cloned().unwrap_or_default();
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
        Relation { needs, holds_for, waits_for }
    }
}
