//! What runs did to a stack, and what it was, as far as generations are kept.

use diag::Diagnostic;
use state::{Head, StackState, Tally, Written};

use crate::{Engine, Stopped};

/// What a run did to one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// The stack's full name at that time.
    pub stack: String,
    /// The generation that the run left, or, if it did not end, the one that it began.
    pub generation: u64,
    /// The run's id.
    pub run: String,
    /// What it did; unknown for what an earlier version wrote.
    pub command: Option<String>,
    /// When it took the stack: RFC 3339, UTC.
    pub began: Option<String>,
    /// How it ended.
    pub end: RunEnd,
    /// What it did, in numbers; `None` = that is damaged.
    pub tally: Option<Tally>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    /// It gave the stack up, at this time.
    Ended(Option<String>),
    /// It died, and the next one took the stack over.
    Died,
    /// It has the stack, or died and nobody has taken it over yet.
    Open {
        /// Whether it still runs.
        runs: bool,
    },
}

impl Engine<'_> {
    /// The runs of the stack that a head is of, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn history(&self, head: &Head) -> Result<Vec<PastRun>, Stopped> {
        let heads = self.store.generations(head).await?;
        let mut runs = Vec::new();
        for (number, head) in heads.iter().enumerate() {
            let before = number.checked_sub(1).map(|number| &heads[number]);
            let Some(run) = &head.open else {
                // A head that no run opened was put there by a repair.
                let own =
                    head.written.iter().filter(|written| !before.is_some_and(|before| is_of(before, &written.run)));
                runs.extend(own.filter(|_| before.is_some()).map(|written| repaired(head, written)));
                continue;
            };
            let next = heads.get(number + 1);
            let end = match next {
                Some(next) if next.open.is_some() => RunEnd::Died,
                Some(next) => RunEnd::Ended(next.written.as_ref().map(|written| written.at.clone())),
                None => RunEnd::Open { runs: self.store.holder(head).await?.is_some() },
            };
            let ended = matches!(end, RunEnd::Ended(_));
            let account = self.store.account(head).await.ok();
            runs.push(PastRun {
                stack: head.stack.to_string(),
                generation: next.filter(|_| ended).unwrap_or(head).generation,
                run: run.clone(),
                command: head.written.as_ref().map(|written| written.command.clone()),
                began: head.written.as_ref().map(|written| written.at.clone()),
                end,
                tally: account.map(|account| Tally::of(&account.before, &account.entries)),
            });
        }
        Ok(runs)
    }

    /// The state of a stack as it was when a generation was the newest, at its end.
    ///
    /// # Errors
    /// If the generation is not kept, or damaged.
    pub async fn state_at(&self, head: &Head, generation: u64) -> Result<StackState, Stopped> {
        let heads = self.store.generations(head).await?;
        if let Some(then) = heads.iter().find(|head| head.generation == generation) {
            return Ok(self.store.load(then).await?.state);
        }
        let problem = Diagnostic::error("E0584", format!("generation {generation} of `{}` is not kept", head.stack));
        let kept = heads.first().map_or(head.generation, |first| first.generation);
        Err(problem
            .note(format!("generations {kept} to {} are", head.generation))
            .hint(format!("`runner history {}` lists them", head.stack))
            .into())
    }
}

fn is_of(head: &Head, run: &str) -> bool {
    head.open.as_deref() == Some(run)
}

fn repaired(head: &Head, written: &Written) -> PastRun {
    PastRun {
        stack: head.stack.to_string(),
        generation: head.generation,
        run: written.run.clone(),
        command: Some(written.command.clone()),
        began: Some(written.at.clone()),
        end: RunEnd::Ended(Some(written.at.clone())),
        tally: Some(Tally::default()),
    }
}
