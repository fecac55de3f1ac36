//! What queries for stacks ask: of plans, and of states.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use engine::{Engine, Relations, Survey};
use resource::StackName;
use taskgraph::{Candidate, Facts, Links, Query, Request};
use value::Path;

use crate::exit::Result;
use crate::session::Session;
use crate::since::{Since, since};
use crate::traces::TraceCache;

/// What is known of the stacks of a workspace; programs are asked when the first of them is.
pub(crate) struct Known<'a> {
    engine: &'a Engine<'a>,
    traces: TraceCache,
    relations: OnceCell<Relations>,
    survey: OnceCell<Survey>,
    failed: BTreeSet<String>,
    drifted: BTreeSet<String>,
    /// What has changed, by version that it is compared with.
    since: BTreeMap<String, Since>,
}

impl<'a> Known<'a> {
    /// What a request asks for; states are read, and versions compared, only if it is about them.
    pub(crate) async fn of(
        session: &Session<'_>,
        engine: &'a Engine<'a>,
        request: &Request<'_>,
        candidates: &[Candidate],
    ) -> Result<Self> {
        let mut known = Self {
            engine,
            traces: session.traces(),
            relations: OnceCell::new(),
            survey: OnceCell::new(),
            failed: BTreeSet::new(),
            drifted: BTreeSet::new(),
            since: BTreeMap::new(),
        };
        let queries: Vec<Query> = request.selectors.iter().filter_map(|text| Query::parse(text).ok()).collect();
        known.look_at_states(&queries).await?;
        let versions: BTreeSet<&str> = queries.iter().flat_map(Query::versions).collect();
        for version in versions {
            known.since.insert(version.to_owned(), since(session, engine, version, &[]).await?);
        }
        if let Some(version) = request.changed_since {
            // Also stacks that are outside the default selection, if they are meant.
            let all = Request { changed_since: None, current_project: None, ..*request };
            let (meant, _) = taskgraph::select(candidates, &all, &known)?.without_asking()?;
            known.since.insert(version.to_owned(), since(session, engine, version, &meant).await?);
        }
        Ok(known)
    }

    async fn look_at_states(&mut self, queries: &[Query]) -> Result<()> {
        if !queries.iter().any(Query::asks_for_state) {
            return Ok(());
        }
        let engine = self.engine;
        for head in engine.store.heads().await? {
            let name = head.stack.to_string();
            if head.open.is_some() || head.settled.is_none() {
                self.failed.insert(name.clone());
            }
            if queries.iter().any(Query::asks_for_drift) && engine.has_drifted(&engine.store.load(&head).await?.state) {
                self.drifted.insert(name);
            }
        }
        Ok(())
    }

    /// The stacks that are no longer there, of the versions that were compared with.
    pub(crate) fn deleted(&self) -> impl Iterator<Item = &StackName> {
        self.since.values().flat_map(|since| &since.deleted)
    }

    /// What has changed since a version.
    pub(crate) fn take(&mut self, version: &str) -> Option<Since> {
        self.since.remove(version)
    }

    /// Who needs whom: kept from run to run, as most queries ask for it.
    fn relations(&self) -> &Relations {
        self.relations.get_or_init(|| {
            let (relations, news) = self.engine.relations(self.traces.relations());
            if news {
                self.traces.keep_relations(&relations);
            }
            relations
        })
    }

    fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| self.engine.survey(self.engine.catalog.stacks()))
    }
}

impl Facts for Known<'_> {
    fn links(&self) -> Cow<'_, Links> {
        Cow::Borrowed(self.relations().links())
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

    fn changed(&self, stack: &StackName, version: &str) -> bool {
        self.since.get(version).is_some_and(|since| since.affected.stacks.contains_key(&stack.to_string()))
    }
}
