//! What a policy is: a name, a level, and a pure function with typed settings.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use config::{FromNode, Node};
use diag::{Diagnostics, Place};
use plan_macros::Config;

use crate::{Answer, Changes, Remedy, Stack, Subject};

/// What a finding means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Config)]
pub enum Level {
    /// It is shown.
    Advisory,
    /// It stops `up` and `destroy`.
    Mandatory,
}

impl Level {
    /// As `groundplan.toml` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Mandatory => "mandatory",
        }
    }
}

/// What a policy looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Each resource of a goal, by itself.
    Resource,
    /// The goal of a stack as a whole.
    Stack,
    /// What would be done to all stacks together; needs their state.
    Changes,
    /// Each resource of a goal, whose properties it mends.
    Remedy,
}

impl Kind {
    /// One word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Stack => "stack",
            Self::Changes => "changes",
            Self::Remedy => "remedy",
        }
    }
}

/// The settings of a policy that has none.
#[derive(Debug, Config)]
pub struct NoSettings {}

/// A policy's function with its settings.
#[derive(Clone)]
pub(crate) enum Rule {
    Resource(OfResource),
    Stack(OfStack),
    Changes(OfChanges),
    Remedy(Mend),
}

type OfResource = Arc<dyn Fn(&Subject<'_>, &mut Answer) + Send + Sync>;
type OfStack = Arc<dyn Fn(&Stack<'_>, &mut Answer) + Send + Sync>;
type OfChanges = Arc<dyn Fn(&Changes<'_>, &mut Answer) + Send + Sync>;
type Mend = Arc<dyn Fn(&Subject<'_>, &mut Remedy) + Send + Sync>;

type Bind = Box<dyn Fn(&Node, &mut Diagnostics) -> Option<Rule> + Send + Sync>;

/// A policy: what the registry lists.
pub struct Policy {
    name: &'static str,
    summary: &'static str,
    level: Level,
    kind: Kind,
    place: Place,
    bind: Bind,
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Policy {
    /// Judges each resource of a goal by itself.
    #[track_caller]
    pub fn resource<S: FromNode + Send + Sync + 'static>(
        name: &'static str,
        summary: &'static str,
        level: Level,
        judge: fn(&S, &Subject<'_>, &mut Answer),
    ) -> Self {
        Self::new(name, summary, level, Kind::Resource, move |settings: S| {
            Rule::Resource(Arc::new(move |subject, answer| judge(&settings, subject, answer)))
        })
    }

    /// Judges the goal of a stack as a whole.
    #[track_caller]
    pub fn stack<S: FromNode + Send + Sync + 'static>(
        name: &'static str,
        summary: &'static str,
        level: Level,
        judge: fn(&S, &Stack<'_>, &mut Answer),
    ) -> Self {
        Self::new(name, summary, level, Kind::Stack, move |settings: S| {
            Rule::Stack(Arc::new(move |stack, answer| judge(&settings, stack, answer)))
        })
    }

    /// Judges what would be done to all stacks together.
    #[track_caller]
    pub fn changes<S: FromNode + Send + Sync + 'static>(
        name: &'static str,
        summary: &'static str,
        level: Level,
        judge: fn(&S, &Changes<'_>, &mut Answer),
    ) -> Self {
        Self::new(name, summary, level, Kind::Changes, move |settings: S| {
            Rule::Changes(Arc::new(move |changes, answer| judge(&settings, changes, answer)))
        })
    }

    /// Mends the properties of each resource of a goal before anything else sees them. Attached as advisory it only says
    /// what it would mend.
    #[track_caller]
    pub fn remedy<S: FromNode + Send + Sync + 'static>(
        name: &'static str,
        summary: &'static str,
        mend: fn(&S, &Subject<'_>, &mut Remedy),
    ) -> Self {
        Self::new(name, summary, Level::Mandatory, Kind::Remedy, move |settings: S| {
            Rule::Remedy(Arc::new(move |subject, remedy| mend(&settings, subject, remedy)))
        })
    }

    #[track_caller]
    fn new<S: FromNode>(
        name: &'static str,
        summary: &'static str,
        level: Level,
        kind: Kind,
        rule: impl Fn(S) -> Rule + Send + Sync + 'static,
    ) -> Self {
        let caller = Location::caller();
        let place = Place::new(caller.file(), caller.line(), caller.column());
        let bind = move |node: &Node, found: &mut Diagnostics| S::from_node(node, found).map(&rule);
        Self { name, summary, level, kind, place, bind: Box::new(bind) }
    }

    /// The name, as `groundplan.toml` and `--allow` have it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it wants, in half a line.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// Its level where the attachment says none.
    pub fn level(&self) -> Level {
        self.level
    }

    /// What it looks at.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it is declared.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The function with these settings.
    pub(crate) fn bind(&self, settings: &Node, found: &mut Diagnostics) -> Option<Rule> {
        (self.bind)(settings, found)
    }
}
