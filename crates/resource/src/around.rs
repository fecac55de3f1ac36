//! What is to happen, or to hold, around the steps of a resource.

use expr::Expr;
use serde::{Deserialize, Serialize};

/// A condition on the values of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// True if it holds.
    pub holds: Expr,
    /// What is said if it does not.
    pub message: String,
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before an object is made.
    BeforeCreate,
    /// After an object was made.
    AfterCreate,
    /// Before it is changed in place.
    BeforeUpdate,
    /// After it was changed in place.
    AfterUpdate,
    /// Before it is deleted.
    BeforeDelete,
    /// After it was deleted.
    AfterDelete,
}

/// What a hook does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// Starts a program, without a shell; an exit code other than 0 is a failure.
    Command(
        /// The program and its arguments: texts.
        Vec<Expr>,
    ),
    /// Calls a named pure function; its error is the failure.
    Function {
        /// Its path: `crate::function`.
        name: String,
        /// On what.
        args: Vec<Expr>,
    },
}

/// Something that is done before or after a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hook {
    /// When.
    pub at: Moment,
    /// What.
    pub run: Run,
}

/// What is to happen, or to hold, around the steps of a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Around {
    /// The resource is not declared to be made: it is read, and this is the vendor's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<Box<Expr>>,
    /// The object is replaced whenever this value is another one than last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Box<Expr>>,
    /// Must hold before a step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preconditions: Vec<Condition>,
    /// Must hold after a step; may read the resource itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub postconditions: Vec<Condition>,
    /// Run before and after steps, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
}

impl Around {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every expression of it.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.expressions_before().chain(self.expressions_after())
    }

    /// Those that count before there is an object, so that they cannot read the resource itself.
    pub fn expressions_before(&self) -> impl Iterator<Item = &Expr> {
        let conditions = self.preconditions.iter().map(|condition| &condition.holds);
        let own = self.read.as_deref().into_iter().chain(self.trigger.as_deref());
        own.chain(conditions).chain(self.arguments(|at| at == Moment::BeforeCreate))
    }

    /// Those that count when there is an object: they may read the resource itself.
    pub fn expressions_after(&self) -> impl Iterator<Item = &Expr> {
        let conditions = self.postconditions.iter().map(|condition| &condition.holds);
        conditions.chain(self.arguments(|at| at != Moment::BeforeCreate))
    }

    /// The arguments of the hooks at some moments.
    fn arguments(&self, at: impl Fn(Moment) -> bool) -> impl Iterator<Item = &Expr> {
        self.hooks.iter().filter(move |hook| at(hook.at)).flat_map(|hook| match &hook.run {
            Run::Command(args) | Run::Function { args, .. } => args,
        })
    }
}
