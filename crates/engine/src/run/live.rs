//! The stacks of a run: their journals, and what waits for these to be durable.

use diff::ChangeSet;
use ports::{Journal, StoreError};
use resource::Plan;
use state::{Entry, StackState};

/// One stack of a run.
pub(crate) struct Live<'a> {
    pub set: &'a ChangeSet,
    pub plan: Option<&'a Plan>,
    pub(super) journal: Option<Box<dyn Journal>>,
    pub(super) state: Option<StackState>,
    pub(super) queue: Vec<Entry>,
    pub(super) when_durable: Vec<When>,
    pub(super) lost: Option<StoreError>,
    pub(super) open_steps: usize,
    pub(super) well: bool,
    /// Something is left to a later run.
    leaves: bool,
}

/// What waits for a chunk to be durable.
pub(super) enum When {
    /// A provider's call.
    Call(usize),
    /// The end of a step.
    End(usize),
    /// What runs after a step.
    Hooks(usize),
}

impl<'a> Live<'a> {
    pub(crate) fn new(set: &'a ChangeSet, plan: Option<&'a Plan>, journal: Box<dyn Journal>) -> Self {
        let state = Some(journal.state().clone());
        Self {
            set,
            plan,
            journal: Some(journal),
            state,
            queue: Vec::new(),
            when_durable: Vec::new(),
            lost: None,
            open_steps: 0,
            well: true,
            leaves: false,
        }
    }

    pub(crate) fn state(&self) -> &StackState {
        static EMPTY: std::sync::OnceLock<StackState> = std::sync::OnceLock::new();
        self.state
            .as_ref()
            .unwrap_or_else(|| EMPTY.get_or_init(|| StackState::new(String::new(), resource::StackName::new("", ""))))
    }

    /// Leaves something to a later run.
    pub(crate) fn leave(&mut self) {
        self.leaves = true;
    }

    /// Whether every step ended well and nothing is left over.
    pub(crate) fn is_settled(&self) -> bool {
        let state = self.state();
        self.well && !self.leaves && self.open_steps == 0 && state.replaced.is_empty() && state.is_settled()
    }

    /// Makes entries durable before any step begins.
    pub(crate) async fn append(&mut self, entries: Vec<Entry>) -> Result<(), StoreError> {
        let (Some(journal), Some(state)) = (&mut self.journal, &mut self.state) else { return Ok(()) };
        entries.iter().for_each(|entry| state.apply(entry));
        let result = journal.append(entries).await;
        self.lost = result.clone().err();
        result
    }

    /// The journal and the state, unless the stack was lost.
    pub(crate) fn into_parts(self) -> Option<(Box<dyn Journal>, StackState)> {
        if self.lost.is_some() {
            return None;
        }
        Some((self.journal?, self.state?))
    }
}
