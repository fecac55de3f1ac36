//! Events: what a run does, as data, for every renderer. `docs/events.md` describes them to those who read `--json`.

use resource::{StackName, Urn};
use serde::{Serialize, Serializer};
use tokio::sync::mpsc::UnboundedSender;
use value::Path;

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins: how many steps each stack has.
    Started {
        /// The run's id.
        run: String,
        /// Steps by stack.
        #[serde(serialize_with = "by_name")]
        steps: Vec<(StackName, usize)>,
    },
    /// A policy's findings pass in this run, since `--allow` says so.
    Allowed {
        /// The policy.
        rule: String,
        /// How many findings.
        findings: usize,
    },
    /// A step of an interrupted run was settled.
    Settled {
        /// The stack.
        #[serde(serialize_with = "name")]
        stack: StackName,
        /// The resource.
        resource: String,
        /// What was found out.
        outcome: String,
    },
    /// A step has started.
    StepStarted {
        /// The stack.
        #[serde(serialize_with = "name")]
        stack: StackName,
        /// The resource, or the output.
        target: Target,
        /// What is done.
        action: &'static str,
    },
    /// The provider of a step that has started is asked to do it: the intent is durable.
    CallStarted {
        /// The stack.
        #[serde(serialize_with = "name")]
        stack: StackName,
        /// The resource.
        target: Target,
        /// What is done.
        action: &'static str,
    },
    /// A step has ended.
    StepEnded {
        /// The stack.
        #[serde(serialize_with = "name")]
        stack: StackName,
        /// The resource, or the output.
        target: Target,
        /// What was done.
        action: &'static str,
        /// How it ended.
        outcome: StepOutcome,
        /// How long it took, in seconds.
        seconds: f64,
    },
    /// What was shown as known has come out otherwise. It is as it is; what reads it is compared again with what was
    /// approved.
    Otherwise {
        /// The stack.
        #[serde(serialize_with = "name")]
        stack: StackName,
        /// The output.
        target: Target,
    },
    /// A stack has ended.
    StackEnded {
        /// The stack.
        #[serde(serialize_with = "name")]
        stack: StackName,
        /// Whether everything in it ended well.
        well: bool,
    },
    /// No more steps are started.
    Cancelling,
    /// The run is over.
    Ended {
        /// Steps that ended well.
        done: usize,
        /// Steps that failed.
        failed: usize,
        /// Steps that were not started.
        skipped: usize,
    },
}

/// A stack goes by its full name.
fn name<S: Serializer>(stack: &StackName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(stack)
}

fn by_name<S: Serializer>(steps: &[(StackName, usize)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(steps.iter().map(|(stack, count)| (stack.to_string(), count)))
}

/// What a step is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A resource.
    Resource(Urn),
    /// An output leaf.
    Output(Path),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Resource(urn) => f.write_str(urn.name()),
            Self::Output(path) => write!(f, "output {path}"),
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum StepOutcome {
    /// Well.
    Done,
    /// There was nothing to do after all.
    Nothing,
    /// It failed.
    Failed {
        /// What the provider said.
        reason: String,
    },
    /// It was not started, because of another.
    Skipped {
        /// The other resource, with its stack.
        because: String,
    },
    /// It was not started, because the run was cancelled.
    Cancelled,
}

/// Where events go; a closed receiver is no problem.
#[derive(Debug, Clone)]
pub struct Events(Option<UnboundedSender<Event>>);

impl Events {
    /// Events to a receiver.
    pub fn to(sender: UnboundedSender<Event>) -> Self {
        Self(Some(sender))
    }

    /// No events.
    pub fn none() -> Self {
        Self(None)
    }

    pub(crate) fn send(&self, event: Event) {
        if let Some(sender) = &self.0 {
            // A renderer that has gone is no reason to stop.
            drop(sender.send(event));
        }
    }
}
