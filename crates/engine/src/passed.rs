//! Going on without stacks that cannot be evaluated or compared.

use std::collections::BTreeMap;

use diag::{Diagnostic, Diagnostics, Severity};

use crate::preview::PreviewError;
use crate::work::Work;

/// What is wrong, each problem with the one stack that it is about, if it is one.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(Option<String>, Diagnostic)>);

impl Problems {
    pub(crate) fn extend(&mut self, found: impl IntoIterator<Item = (Option<String>, Diagnostic)>) {
        self.0.extend(found);
    }

    /// Adds problems that are about no stack alone.
    pub(crate) fn extend_all(&mut self, found: Diagnostics) {
        self.extend(found.into_iter().map(|problem| (None, problem)));
    }

    /// All of them.
    pub(crate) fn all(self) -> Diagnostics {
        self.0.into_iter().map(|(_, problem)| problem).collect()
    }

    /// Ends what cannot go on with any of them.
    pub(crate) fn into_result(self) -> Result<(), Diagnostics> {
        self.all().into_result(())
    }

    /// Them by stack, if each is one's alone.
    fn by_stack(self) -> Result<BTreeMap<String, Diagnostics>, Diagnostics> {
        if self.0.iter().any(|(stack, problem)| stack.is_none() && problem.severity == Severity::Error) {
            return Err(self.all());
        }
        let mut found: BTreeMap<String, Diagnostics> = BTreeMap::new();
        for (stack, problem) in self.0 {
            found.entry(stack.unwrap_or_default()).or_default().push(problem);
        }
        found.retain(|_, problems| problems.has_errors());
        Ok(found)
    }
}

impl Work<'_> {
    /// Passes over the stacks that problems are about, if that is wanted; whether there are any.
    ///
    /// # Errors
    /// All problems, if it is not wanted, or if one of them is about no stack alone.
    pub(crate) fn pass_over(&mut self, found: Problems) -> Result<bool, PreviewError> {
        if !self.options.keep_going {
            found.into_result()?;
            return Ok(false);
        }
        let found = found.by_stack()?;
        let some = !found.is_empty();
        for (stack, problems) in found {
            self.rounds.failed(&stack);
            self.preview.failed.insert(stack, problems);
        }
        Ok(some)
    }
}
