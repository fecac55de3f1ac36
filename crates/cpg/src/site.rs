//! Where things are declared: the plan of one stack, and the stacks that the others are in.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use cpg_config::{Cloud, Configuration, Dataset};
use plan::diag::{Diagnostic, Diagnostics, Place};
use plan::expr::Expr;
use plan::resource::{Dependency, StackName};
use plan::value::Path;
use plan::{AsDependency, Declaration, Draft, Output, OutputTree, ResourceRef, Stack, Typed};

use crate::azure::Lifecycle;
use crate::groups::{Groups, Member, PRINCIPALS};

/// The project of what belongs to no dataset but the common one.
pub const ORGANISATION: &str = "cpg.organisation";
/// The project of datasets.
pub const DATASET: &str = "cpg.dataset";

/// What one evaluation plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, in one stack.
    Whole,
    /// The part of one dataset; that of the common one holds what belongs to none.
    Dataset(String),
}

/// A thing that is declared: in this stack, or in that of another dataset.
#[derive(Debug, Clone)]
pub enum Handle {
    /// In this stack.
    Here(ResourceRef),
    /// In another one, which exports it under a path.
    There(StackName, Path),
}

impl Handle {
    /// An attribute, or a property as it will be. Of a thing of another stack only what that exports can be had.
    pub fn attribute<T: Typed>(&self, path: &str) -> Output<T> {
        match self {
            Self::Here(reference) => reference.attribute(path),
            Self::There(stack, at) => Output::reference(&stack.to_string(), &at.child(path)),
        }
    }

    /// What waits for it, if it is in this stack.
    pub fn dependency(&self) -> Option<Dependency> {
        match self {
            Self::Here(reference) => Some(reference.as_dependency()),
            Self::There(..) => None,
        }
    }
}

/// What a stack exports, under names that are data.
#[derive(Debug, Default)]
pub struct Exports(BTreeMap<Path, Expr>);

impl OutputTree for Exports {
    /// Readers name the path that they want.
    fn reference(_: &str, _: &Path) -> Self {
        Self::default()
    }

    fn collect(&self, at: &Path, leaves: &mut plan::Leaves) {
        for (path, expr) in &self.0 {
            let segments = at.segments().iter().chain(path.segments()).cloned();
            leaves.insert(Path::from(segments.collect::<Vec<_>>()), expr.clone());
        }
    }
}

/// The plan of one stack while it is made.
pub struct Site<'a> {
    pub(crate) configuration: &'a Configuration,
    /// `organizations/…`.
    pub(crate) organisation: Output<String>,
    pub(crate) groups: RefCell<Groups>,
    pub(crate) stack: &'a Stack<'a>,
    /// What becomes of objects with time, by dataset, where one resource says it for all buckets.
    pub(crate) lifecycles: RefCell<BTreeMap<String, Lifecycle>>,
    scope: Scope,
    draft: RefCell<Draft>,
    made: RefCell<BTreeMap<String, Handle>>,
    exports: RefCell<Exports>,
    policies: RefCell<BTreeMap<String, BTreeSet<String>>>,
    problems: RefCell<Diagnostics>,
}

impl<'a> Site<'a> {
    /// A site with nothing on it. `organisation` is looked up where it is known, and read from there by the others.
    pub fn new(
        stack: &'a Stack<'a>,
        configuration: &'a Configuration,
        scope: Scope,
        organisation: Output<String>,
    ) -> Self {
        Self {
            configuration,
            organisation,
            groups: RefCell::default(),
            lifecycles: RefCell::default(),
            stack,
            scope,
            draft: RefCell::new(stack.plan()),
            made: RefCell::default(),
            exports: RefCell::default(),
            policies: RefCell::default(),
            problems: RefCell::default(),
        }
    }

    /// The project of the stack.
    pub(crate) fn project(&self) -> &str {
        self.stack.name().project()
    }

    /// The common dataset's name.
    pub(crate) fn common(&self) -> &'a str {
        &self.configuration.infrastructure.common_dataset.value
    }

    /// Whether what belongs to a dataset is declared in this stack.
    pub(crate) fn is_here(&self, owner: &str) -> bool {
        match &self.scope {
            Scope::Whole => true,
            Scope::Dataset(name) => name == owner,
        }
    }

    /// Whether this is the stack of everything that belongs to no dataset.
    pub(crate) fn is_organisation(&self) -> bool {
        self.is_here(self.common())
    }

    /// The datasets whose rules this stack must know: its own, and those whose groups are within its groups.
    pub(crate) fn datasets(&self) -> Vec<&'a Dataset> {
        let all = self.configuration.datasets.values();
        match &self.scope {
            Scope::Whole => all.collect(),
            Scope::Dataset(name) => {
                let reaching = self.configuration.reaching(name);
                all.filter(|dataset| dataset.name == *name || reaching.contains(dataset.name.as_str())).collect()
            }
        }
    }

    /// The stack that what belongs to a dataset is in.
    pub(crate) fn stack_of(&self, owner: &str) -> StackName {
        let environment = self.stack.environment();
        if owner == self.common() {
            StackName::new(ORGANISATION, environment)
        } else {
            StackName::new(DATASET, format!("{owner}.{environment}"))
        }
    }

    /// Declares something of a dataset, here or by reference: other stacks export it at `path`.
    #[track_caller]
    pub(crate) fn declare(&self, owner: &str, path: &[&str], declaration: impl FnOnce() -> Declaration) -> Handle {
        if self.is_here(owner) {
            // What is declared may mention things that are declared at that.
            let declaration = declaration();
            return Handle::Here(self.draft.borrow_mut().declare(declaration, Place::caller()));
        }
        let stack = self.stack_of(owner);
        let at = path.iter().fold(Path::root(), |at, key| at.child(*key));
        Handle::There(stack, at)
    }

    /// What was made under a key, or else what `make` makes: things that nobody touches are not made.
    pub(crate) fn once(&self, key: &str, make: impl FnOnce() -> Handle) -> Handle {
        if let Some(made) = self.made.borrow().get(key) {
            return made.clone();
        }
        let handle = make();
        self.made.borrow_mut().insert(key.to_owned(), handle.clone());
        handle
    }

    /// Exports a value of a dataset, if this is its stack.
    pub(crate) fn export(&self, owner: &str, path: &[&str], value: &Output<String>) {
        if self.is_here(owner) {
            let at = path.iter().fold(Path::root(), |at, key| at.child(*key));
            self.exports.borrow_mut().0.insert(at, value.expr().clone());
        }
    }

    /// Puts a member into a group.
    pub(crate) fn member(&self, cloud: Cloud, group: &str, name: String, member: Member) {
        self.groups.borrow_mut().put(cloud, group, &name, member);
    }

    /// Counts a principal of a policy: clouds take so many and no more, whatever they may do.
    pub(crate) fn principal(&self, policy: &str, binding: &str, principal: &Expr) {
        let mut policies = self.policies.borrow_mut();
        let principals = policies.entry(policy.to_owned()).or_default();
        let known = principals.len();
        principals.insert(format!("{principal:?}"));
        if known == PRINCIPALS && principals.len() > PRINCIPALS {
            let message = format!("`{binding}` is one more principal than the {PRINCIPALS} that a policy takes");
            let problem = Diagnostic::error("E0821", message);
            self.problems.borrow_mut().push(problem.hint("put people into a group, and give the access to the group"));
        }
    }

    /// Ends the plan.
    ///
    /// # Errors
    /// The problems that were reported on the way.
    #[track_caller]
    pub fn finish(self) -> plan::Result<plan::Plan<Exports>> {
        let mut draft = self.draft.into_inner();
        let problems = self.groups.into_inner().check().into_iter().chain(self.problems.into_inner());
        problems.into_iter().for_each(|problem| draft.report(problem));
        let exports = self.exports.into_inner();
        draft.finish(exports)
    }
}
