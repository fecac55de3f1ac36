//! What queries for stacks ask: of plans, and of states.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use engine::{Engine, Survey};
use resource::StackName;
use taskgraph::{Facts, Query};
use value::Path;

use crate::exit::Result;

/// What is known of the stacks of a workspace; plans are evaluated when the first of them is asked for.
pub(crate) struct Known<'a> {
    engine: &'a Engine<'a>,
    survey: OnceCell<Survey>,
    failed: BTreeSet<String>,
    drifted: BTreeSet<String>,
}

impl<'a> Known<'a> {
    /// What is asked for by these selectors; states are read only if one of them is about states.
    pub(crate) async fn of(engine: &'a Engine<'a>, selectors: &[String]) -> Result<Self> {
        let mut known = Self { engine, survey: OnceCell::new(), failed: BTreeSet::new(), drifted: BTreeSet::new() };
        let queries: Vec<Query> = selectors.iter().filter_map(|text| Query::parse(text).ok()).collect();
        if !queries.iter().any(Query::asks_for_state) {
            return Ok(known);
        }
        for head in engine.store.heads().await? {
            let name = head.stack.to_string();
            if head.open.is_some() || head.settled.is_none() {
                known.failed.insert(name.clone());
            }
            if queries.iter().any(Query::asks_for_drift) && engine.has_drifted(&engine.store.load(&head).await?.state) {
                known.drifted.insert(name);
            }
        }
        Ok(known)
    }

    fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| self.engine.survey(self.engine.catalog.stacks()))
    }
}

impl Facts for Known<'_> {
    fn needs(&self, stack: &StackName) -> Vec<StackName> {
        let needs: &BTreeMap<String, BTreeSet<String>> = &self.survey().needs;
        let needs = needs.get(&stack.to_string()).into_iter().flatten();
        needs.filter_map(|other| Some(self.engine.catalog.get(other)?.name.clone())).collect()
    }

    fn reads(&self, stack: &StackName) -> BTreeSet<(String, Path)> {
        self.survey().reads(&stack.to_string())
    }

    fn families(&self, stack: &StackName) -> BTreeSet<String> {
        self.survey().families(&stack.to_string())
    }

    fn failed(&self, stack: &StackName) -> bool {
        self.failed.contains(&stack.to_string())
    }

    fn drifted(&self, stack: &StackName) -> bool {
        self.drifted.contains(&stack.to_string())
    }
}
