//! What queries for stacks ask: of plans, and of states.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use config_load::Workspace;
use engine::{Engine, Relations, Survey};
use plan::Read;
use resource::StackName;
use stamps::Footing;
use taskgraph::{Candidate, Facts, Links, Query, Request};
use value::Path;

use crate::exit::Result;
use crate::session::Session;
use crate::since::{Since, since};
use crate::traces::TraceCache;

/// What is known of the stacks of a workspace; programs are asked when the first of them is.
pub(crate) struct Known<'a> {
    engine: &'a Engine<'a>,
    kept: KeptLinks<'a>,
    links: OnceCell<Links>,
    survey: OnceCell<Survey>,
    failed: BTreeSet<String>,
    drifted: BTreeSet<String>,
    /// What has changed, by version that it is compared with.
    since: BTreeMap<String, Since>,
}

impl<'a> Known<'a> {
    /// What a request asks for; states are read, and versions compared, only if it is about them. `links` are those that
    /// were found ahead, if they were.
    pub(crate) async fn of(
        session: &'a Session<'_>,
        engine: &'a Engine<'a>,
        request: &Request<'_>,
        candidates: &[Candidate],
        links: Option<Links>,
    ) -> Result<Self> {
        let mut known = Self {
            engine,
            kept: KeptLinks::of(session),
            links: links.map_or_else(OnceCell::new, OnceCell::from),
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

    fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| self.engine.survey(self.engine.catalog.stacks()))
    }
}

/// Who needs whom, kept from run to run, as most queries ask for it.
pub(crate) struct KeptLinks<'a> {
    traces: TraceCache,
    workspace: &'a Workspace,
    /// The program, which reads files as it does.
    program: Option<PathBuf>,
}

impl<'a> KeptLinks<'a> {
    /// Those of a session's workspace.
    pub(crate) fn of(session: &'a Session<'_>) -> Self {
        Self { traces: session.traces(), workspace: &session.workspace, program: std::env::current_exe().ok() }
    }

    /// Finds them: where all is as it was, without a look at what each stack read.
    pub(crate) fn find(&self, engine: &Engine<'_>) -> Links {
        if let Some((short, footing)) = self.traces.short()
            && self.holds(&footing)
            && engine.sees_as_before(&short)
        {
            return short.links;
        }
        let known = self.traces.relations();
        // Taken before anything is read, and held after: what was read in between is what it is of.
        let footing = self.footing(engine, &known);
        let (relations, news) = engine.relations(known);
        if news {
            self.traces.keep_relations(&relations);
        } else if let Some(footing) = footing.filter(|footing| self.holds(footing))
            && let Some(short) = engine.in_short(&relations)
        {
            self.traces.keep_short(&(short, footing));
        }
        relations.into_links()
    }

    fn holds(&self, footing: &Footing) -> bool {
        self.program.as_ref().is_some_and(|program| footing.holds(self.workspace.root(), program))
    }

    /// The files that relations were found out from; `None` if not all of them are at rest.
    fn footing(&self, engine: &Engine<'_>, relations: &Relations) -> Option<Footing> {
        let mut files = Vec::new();
        for (stack, read) in engine.reads_of(relations)? {
            match (self.workspace.holder(stack, read), read) {
                (Some(file), _) => files.push(file),
                // These are compared one by one.
                (None, Read::Variable(_) | Read::Output(..)) => {}
                (None, _) => return None,
            }
        }
        Footing::of(self.workspace.root(), self.program.as_ref()?, files)
    }
}

impl Facts for Known<'_> {
    fn links(&self) -> Cow<'_, Links> {
        Cow::Borrowed(self.links.get_or_init(|| self.kept.find(self.engine)))
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
