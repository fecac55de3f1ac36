//! What came out: findings, what is undecided, and what is odd about the waivers.

use std::collections::BTreeSet;

use diag::{Diagnostic, Diagnostics, Place};
use resource::{StackName, Urn};
use value::Origin;

use crate::{Date, Level};

/// What all policies together said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgement {
    /// What they found, by rule, stack and resource.
    pub findings: Vec<Finding>,
    /// What they cannot tell yet.
    pub undecided: Vec<Undecided>,
    /// Waivers that waive nothing.
    pub warnings: Diagnostics,
}

/// Something that a policy found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The policy.
    pub rule: String,
    /// What it means here.
    pub level: Level,
    /// The stack, if it is about one.
    pub stack: Option<StackName>,
    /// The resource, if it is about one.
    pub resource: Option<Urn>,
    /// The line that declares the resource.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What one can do about it.
    pub hints: Vec<String>,
    /// Whether it counts.
    pub standing: Standing,
}

/// Whether a finding counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Counts,
    /// It does, since its waiver has ended.
    Expired {
        /// The last day of the waiver.
        until: Date,
    },
    /// It was waived.
    Waived {
        /// Why.
        reason: String,
        /// The last day.
        until: Date,
    },
    /// `--allow` lets it pass in this run.
    Allowed,
}

/// A policy that cannot tell yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The policy.
    pub rule: String,
    /// What its finding would mean.
    pub level: Level,
    /// The stack.
    pub stack: Option<StackName>,
    /// The resource.
    pub resource: Option<Urn>,
    /// What it waits for.
    pub origins: BTreeSet<Origin>,
}

impl Finding {
    /// Whether it is neither waived nor allowed.
    pub fn counts(&self) -> bool {
        matches!(self.standing, Standing::Counts | Standing::Expired { .. })
    }

    /// Whether it stops `up` and `destroy`.
    pub fn stops(&self) -> bool {
        self.level == Level::Mandatory && self.counts()
    }

    /// As a problem, with what one can type: an error if it stops a run, else a warning.
    pub fn diagnostic(&self) -> Diagnostic {
        let subject = self.resource.as_ref().map(|urn| format!("`{}`: ", urn.name())).unwrap_or_default();
        let message = format!("{subject}{} (policy `{}`)", self.message, self.rule);
        let problem =
            if self.stops() { Diagnostic::error("E0450", message) } else { Diagnostic::warning("E0450", message) };
        let mut problem = problem.at_opt(self.place.clone());
        match (&self.resource, &self.stack) {
            (Some(urn), Some(stack)) => problem = problem.note(format!("`{urn}` of stack `{stack}`")),
            (None, Some(stack)) => problem = problem.note(format!("stack `{stack}`")),
            _ => {}
        }
        problem = match &self.standing {
            Standing::Counts => problem,
            Standing::Expired { until } => problem.note(format!("its waiver ended on {until}")),
            Standing::Waived { reason, until } => problem.note(format!("waived until {until}: {reason}")),
            Standing::Allowed => problem.note("allowed in this run"),
        };
        problem = self.hints.iter().fold(problem, |problem, hint| problem.hint(hint.clone()));
        if self.stops() {
            problem = problem.hint(format!(
                "to let it pass this once: `--allow {}`; for some time: a `[[waiver]]` in groundplan.toml",
                self.rule
            ));
        }
        problem
    }
}

impl Judgement {
    /// What stops `up` and `destroy`.
    pub fn stops(&self) -> Diagnostics {
        self.findings.iter().filter(|finding| finding.stops()).map(Finding::diagnostic).collect()
    }

    /// Everything that was found and does not stop a run, waived and allowed findings among it.
    pub fn remarks(&self) -> Diagnostics {
        self.findings.iter().filter(|finding| !finding.stops()).map(Finding::diagnostic).collect()
    }

    /// The rules that `--allow` let pass, with the number of their findings.
    pub fn allowed(&self) -> std::collections::BTreeMap<String, usize> {
        let mut allowed = std::collections::BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| finding.standing == Standing::Allowed) {
            *allowed.entry(finding.rule.clone()).or_default() += 1;
        }
        allowed
    }

    /// A line on what does not stop a run: `2 advisory findings, 1 undecided`; nothing if there is nothing, or only what
    /// was waived.
    pub fn summary(&self) -> Option<String> {
        let number = |count: usize, one: &str, many: &str| {
            (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
        };
        let standing = |is: fn(&Finding) -> bool| self.findings.iter().filter(|finding| is(finding)).count();
        let parts = [
            number(standing(|f| f.counts() && !f.stops()), "advisory finding", "advisory findings"),
            number(standing(|f| matches!(f.standing, Standing::Waived { .. })), "waived", "waived"),
            number(standing(|f| f.standing == Standing::Allowed), "allowed", "allowed"),
            number(self.undecided.len(), "undecided", "undecided"),
        ];
        let quiet = parts.iter().enumerate().all(|(number, part)| number == 1 || part.is_none());
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!quiet).then(|| parts.join(", "))
    }
}

impl std::fmt::Display for Undecided {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let origins: Vec<String> = self.origins.iter().map(ToString::to_string).collect();
        match (&self.resource, &self.stack) {
            (Some(urn), Some(stack)) => write!(f, "`{}` of {stack}", urn.name())?,
            (_, Some(stack)) => write!(f, "{stack}")?,
            _ => f.write_str("all stacks")?,
        }
        write!(f, ": policy `{}` cannot tell before {} is known", self.rule, origins.join(", "))
    }
}
