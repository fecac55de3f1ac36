//! Projects: a name, a plan function, and what goes with it.

use std::fmt;

use config::{FromNode, Shape};
use diag::{Diagnostic, Diagnostics};
use resource::{Evaluated, PLAN_FORMAT, Sources, StackName};
use value::Digest;

use crate::{Inputs, OutputTree, Plan, PlanFunction, Reads, Result, Stack, Stop};

type Evaluate = Box<dyn Fn(&Stack) -> Result<(resource::Plan, Sources)> + Send + Sync>;

/// Where the stacks of a project come from.
#[derive(Clone, Copy)]
pub enum StackList {
    /// The files in `stacks/` beside the project's crate.
    Files,
    /// What a pure function lists: short names.
    Function(fn(&dyn Inputs) -> std::result::Result<Vec<String>, Diagnostics>),
}

/// A project: what the registry lists.
pub struct Project {
    name: &'static str,
    evaluate: Evaluate,
    functions: &'static [PlanFunction],
    stacks: StackList,
    shapes: fn() -> Vec<(&'static str, Shape)>,
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The result of one evaluation, with all that it read.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The plan, or what it waits for; or what is wrong.
    pub result: std::result::Result<Evaluated, Diagnostics>,
    /// Where things are declared.
    pub sources: Sources,
    /// What was read.
    pub reads: Reads,
}

impl Evaluation {
    /// Writes into the plan which named pure functions it calls, each with the digest of the source that it is built of.
    /// One that has no digest makes the evaluation fail.
    #[must_use]
    pub fn with_functions(mut self, digest: impl Fn(&str) -> Option<Digest>) -> Self {
        let Ok(Evaluated::Plan(plan)) = &mut self.result else { return self };
        let mut missing = Diagnostics::new();
        for name in plan.called() {
            match digest(&name) {
                Some(digest) => drop(plan.functions.insert(name, digest)),
                None => missing.push(
                    Diagnostic::error(
                        "E0311",
                        format!("`{}` calls the function `{name}`, which no project offers", plan.stack),
                    )
                    .hint("list it: `Project::new(…).functions(&[…])`"),
                ),
            }
        }
        if missing.has_errors() {
            self.result = Err(missing);
        }
        self
    }
}

impl Project {
    /// A project of a plan function, under its dotted name.
    pub fn new<C, O, F>(name: &'static str, plan: F) -> Self
    where
        C: FromNode,
        O: OutputTree,
        F: Fn(&Stack, C) -> Result<Plan<O>> + Send + Sync + 'static,
    {
        let evaluate = move |stack: &Stack| {
            let finished = plan(stack, stack.config::<C>()?)?;
            Ok((finished.data, finished.sources))
        };
        let shapes = || vec![("stack", C::shape())];
        Self { name, evaluate: Box::new(evaluate), functions: &[], stacks: StackList::Files, shapes }
    }

    /// A project without stack files: a function lists its stacks by their short names, and the plan function reads what
    /// configures them.
    pub fn listed<O, F>(
        name: &'static str,
        list: fn(&dyn Inputs) -> std::result::Result<Vec<String>, Diagnostics>,
        plan: F,
    ) -> Self
    where
        O: OutputTree,
        F: Fn(&Stack) -> Result<Plan<O>> + Send + Sync + 'static,
    {
        let evaluate = move |stack: &Stack| {
            let finished = plan(stack)?;
            Ok((finished.data, finished.sources))
        };
        let stacks = StackList::Function(list);
        Self { name, evaluate: Box::new(evaluate), functions: &[], stacks, shapes: Vec::new }
    }

    /// Adds the named pure functions that the project's expressions call.
    #[must_use]
    pub fn functions(mut self, functions: &'static [PlanFunction]) -> Self {
        self.functions = functions;
        self
    }

    /// Says what the files that configure the project may hold, by their kinds.
    #[must_use]
    pub fn shapes(mut self, shapes: fn() -> Vec<(&'static str, Shape)>) -> Self {
        self.shapes = shapes;
        self
    }

    /// What the files that configure the project may hold, by their kinds: `stack`, for stack files.
    pub fn file_shapes(&self) -> Vec<(&'static str, Shape)> {
        (self.shapes)()
    }

    /// Lists the stacks by a function instead of by files.
    #[must_use]
    pub fn stacks(mut self, list: fn(&dyn Inputs) -> std::result::Result<Vec<String>, Diagnostics>) -> Self {
        self.stacks = StackList::Function(list);
        self
    }

    /// The dotted name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where the stacks come from.
    pub fn stack_list(&self) -> StackList {
        self.stacks
    }

    /// The named pure function of that name.
    pub fn function(&self, name: &str) -> Option<&'static PlanFunction> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// The named pure functions.
    pub fn plan_functions(&self) -> &'static [PlanFunction] {
        self.functions
    }

    /// Evaluates one stack.
    pub fn evaluate(&self, stack: StackName, inputs: &dyn Inputs) -> Evaluation {
        let context = Stack::new(stack.clone(), inputs);
        let outcome = (self.evaluate)(&context);
        let references = context.references.into_inner();
        let reads = context.reads.into_inner();
        let (result, sources) = match outcome {
            Ok((mut plan, mut sources)) => {
                plan.after = context.after.into_inner();
                sources.references = references;
                (Ok(Evaluated::Plan(plan)), sources)
            }
            Err(Stop::Deferred(waits_for)) => {
                let sources = Sources { references, ..Sources::default() };
                (Ok(Evaluated::Deferred { format: PLAN_FORMAT, stack, waits_for }), sources)
            }
            Err(Stop::Problems(found)) => (Err(found), Sources { references, ..Sources::default() }),
        };
        Evaluation { result, sources, reads }
    }
}
