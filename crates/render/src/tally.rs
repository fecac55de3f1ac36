//! How many resources each action has, as text.

use diff::{Action, ChangeSet, ResourceChange};

use crate::change::needs_eyes;
use crate::style::{Line, Paint, count, thousands};

/// Numbers of resources by action, and of outputs that change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) create: usize,
    pub(crate) adopt: usize,
    pub(crate) update: usize,
    pub(crate) replace: usize,
    pub(crate) undecided: usize,
    pub(crate) delete: usize,
    pub(crate) forget: usize,
    pub(crate) rename: usize,
    pub(crate) moved: usize,
    /// What goes over to other stacks, where it is counted.
    pub(crate) leaving: usize,
    pub(crate) record: usize,
    pub(crate) keep: usize,
    pub(crate) read: usize,
    pub(crate) outputs: usize,
    /// How many of the changes only mend what the world has changed.
    pub(crate) drift: usize,
    /// How many of those that only add have to be seen all the same.
    pub(crate) eyes: usize,
}

impl Tally {
    pub(crate) fn of(set: &ChangeSet) -> Self {
        let mut tally = Self::of_changes(set.resources.values());
        let forgets = |urn| set.resources.get(urn).is_some_and(|change| change.action == Action::Forget);
        let forgotten = set.leftovers.iter().filter(|(urn, _)| forgets(urn)).count();
        tally.leaving = set.leaving.len();
        tally.forget += forgotten;
        tally.delete += set.leftovers.len() - forgotten;
        tally.outputs = set.outputs.values().filter(|output| output.changes()).count();
        tally
    }

    pub(crate) fn of_changes<'a>(changes: impl IntoIterator<Item = &'a ResourceChange>) -> Self {
        let mut tally = Self::default();
        for change in changes {
            tally.drift += usize::from(change.is_drift());
            tally.eyes += usize::from(needs_eyes(change));
            match change.action {
                Action::Keep if change.moved_from.is_some() => tally.moved += 1,
                Action::Keep if change.renamed_from.is_some() => tally.rename += 1,
                Action::Keep if change.record => tally.record += 1,
                Action::Keep => tally.keep += 1,
                Action::Create => tally.create += 1,
                Action::Adopt => tally.adopt += 1,
                Action::Read => tally.read += 1,
                Action::Update => tally.update += 1,
                Action::Replace { undecided, .. } => {
                    tally.replace += 1;
                    tally.undecided += usize::from(undecided);
                }
                Action::Delete => tally.delete += 1,
                Action::Forget => tally.forget += 1,
            }
        }
        tally
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            create: self.create + other.create,
            adopt: self.adopt + other.adopt,
            update: self.update + other.update,
            replace: self.replace + other.replace,
            undecided: self.undecided + other.undecided,
            delete: self.delete + other.delete,
            forget: self.forget + other.forget,
            rename: self.rename + other.rename,
            moved: self.moved + other.moved,
            leaving: self.leaving + other.leaving,
            record: self.record + other.record,
            keep: self.keep + other.keep,
            read: self.read + other.read,
            outputs: self.outputs + other.outputs,
            drift: self.drift + other.drift,
            eyes: self.eyes + other.eyes,
        }
    }

    /// What is left after `shown` of it.
    pub(crate) fn minus(self, shown: Self) -> Self {
        Self {
            create: self.create - shown.create,
            adopt: self.adopt - shown.adopt,
            update: self.update - shown.update,
            replace: self.replace - shown.replace,
            undecided: self.undecided - shown.undecided,
            delete: self.delete - shown.delete,
            forget: self.forget - shown.forget,
            rename: self.rename - shown.rename,
            moved: self.moved - shown.moved,
            leaving: self.leaving - shown.leaving,
            record: self.record - shown.record,
            keep: self.keep - shown.keep,
            read: self.read - shown.read,
            outputs: self.outputs - shown.outputs,
            drift: self.drift - shown.drift,
            eyes: self.eyes - shown.eyes,
        }
    }

    pub(crate) fn changes(self) -> usize {
        self.create + self.adopt + self.read + self.record + self.more_than_adds()
    }

    /// What does more than add, or has to be seen.
    pub(crate) fn risky(self) -> usize {
        self.more_than_adds() + self.eyes
    }

    fn more_than_adds(self) -> usize {
        self.update + self.replace + self.delete + self.forget + self.rename + self.moved
    }

    /// `+395 ~2 ±1 -3`.
    pub(crate) fn symbols(self, line: Line) -> Line {
        let parts = [
            (self.create, "+", Paint::Good),
            (self.adopt, "=", Paint::Good),
            (self.read, "<", Paint::Note),
            (self.update, "~", Paint::Change),
            (self.replace, "±", Paint::Replace),
            (self.delete, "-", Paint::Bad),
            (self.forget, ">", Paint::Bad),
            (self.rename, "→", Paint::Change),
            (self.moved, "⇒", Paint::Change),
            (self.leaving, "⇐", Paint::Change),
            (self.record, "·", Paint::Change),
        ];
        let mut line = line;
        let mut first = true;
        for (number, symbol, paint) in parts.into_iter().filter(|(number, ..)| *number > 0) {
            line = line.text(if first { "" } else { " " }).paint(paint, format!("{symbol}{}", thousands(number)));
            first = false;
        }
        if !first {
            line
        } else if self.outputs > 0 {
            line.paint(Paint::Change, count(self.outputs, "output"))
        } else {
            line.paint(Paint::Faint, "nothing")
        }
    }

    /// `3 to create, 1 to replace (1 undecided)`.
    pub(crate) fn words(self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let kinds = [
            (self.create, "create"),
            (self.adopt, "adopt"),
            (self.read, "read"),
            (self.update, "update"),
            (self.replace, "replace"),
            (self.delete, "delete"),
            (self.forget, "forget"),
            (self.rename, "rename"),
            (self.moved, "move here"),
            (self.record, "record anew"),
        ];
        for (number, what) in kinds.into_iter().filter(|(number, _)| *number > 0) {
            let undecided = match (what, self.undecided) {
                ("replace", 1..) => format!(" ({} undecided)", thousands(self.undecided)),
                _ => String::new(),
            };
            parts.push(format!("{} to {what}{undecided}", thousands(number)));
        }
        if parts.is_empty() && self.outputs > 0 {
            parts.push(format!("{} to publish", count(self.outputs, "output")));
        }
        parts.join(", ")
    }
}
