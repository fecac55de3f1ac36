//! What is wrong, in words.

use std::fmt;

use diag::{Diagnostic, Diagnostics};
use expr::EvaluateError;
use resource::{Plan, Urn};
use value::Path;

use crate::nodes::{Node, order};
use crate::pass::{Pass, Published, StackInput};

/// The cycles that the plans of stacks form, whatever is in their states.
pub fn cycles(stacks: &[StackInput<'_>]) -> Diagnostics {
    let plans: Vec<Option<&Plan>> = stacks.iter().map(|input| input.plan).collect();
    let mut found = Diagnostics::new();
    order(&plans).1.iter().for_each(|members| found.push(cycle(stacks, members)));
    found
}

/// A cycle with all its places.
pub(crate) fn cycle(stacks: &[StackInput<'_>], members: &[Node]) -> Diagnostic {
    let name = |node: &Node| match node {
        Node::Resource(stack, urn) => format!("`{}` of `{}`", urn.name(), stacks[*stack].name),
        Node::Output(stack, path) => format!("output `{path}` of `{}`", stacks[*stack].name),
    };
    let place = |node: &Node| match node {
        Node::Resource(stack, urn) => stacks[*stack].sources?.resources.get(urn).cloned(),
        Node::Output(stack, _) => stacks[*stack].sources?.outputs.clone(),
    };
    let names: Vec<String> = members.iter().chain(members.first()).map(name).collect();
    let mut problem = Diagnostic::error("E0304", format!("a cycle: {}", names.join(" needs ")));
    for member in members {
        if let Some(place) = place(member) {
            problem = match problem.place {
                None => problem.at(place),
                Some(_) => problem.related(place, format!("{} is declared here", name(member))),
            };
        }
    }
    problem.hint("take one of these references away")
}

impl Pass<'_> {
    /// Why an expression has no value; `what` says which.
    pub(crate) fn describe(&self, error: &EvaluateError, what: fmt::Arguments<'_>) -> Diagnostic {
        match error {
            EvaluateError::NoAttribute { urn, path } => {
                let ty = urn.parse::<Urn>().map(|urn| urn.ty().to_owned()).unwrap_or_default();
                Diagnostic::error(
                    "E0301",
                    format!("{what} reads the attribute `{path}` of `{urn}`, which there is none of"),
                )
                .note(format!("the type is `{ty}`"))
            }
            EvaluateError::NoOutput { stack, path } if self.is_left_unpublished(stack, path) => {
                self.not_published(what, stack, path)
            }
            EvaluateError::NoOutput { stack, path } => {
                let problem = |code, message| Diagnostic::error(code, message);
                match self.in_pass_near(stack, path) {
                    Some(near) => {
                        let found = problem(
                            "E0302",
                            format!("{what} reads `{path}` of stack `{stack}`, which has no such output"),
                        );
                        match near {
                            Some(near) => found.hint(format!("did you mean `{near}`?")),
                            None => found.hint(format!("run `runner outputs {stack}` to see what it exports")),
                        }
                    }
                    None => match self.lookup.published(stack, path) {
                        Published::NoStack(near) => {
                            let found =
                                problem("E0303", format!("{what} reads stack `{stack}`, which there is none of"));
                            match near {
                                Some(near) => found.hint(format!("did you mean `{near}`?")),
                                None => found.hint("run `runner stacks` to see all stacks"),
                            }
                        }
                        Published::Nothing => problem(
                            "E0305",
                            format!("{what} reads `{path}` of stack `{stack}`, which has published nothing yet"),
                        )
                        .hint("select it too: `--with-upstream`")
                        .hint(format!("or apply it first: `runner up {stack}`")),
                        Published::NoOutput(near) => {
                            let found = problem(
                                "E0302",
                                format!("{what} reads `{path}` of stack `{stack}`, which does not export it"),
                            );
                            match near {
                                Some(near) => found.hint(format!("did you mean `{near}`?")),
                                None => found
                                    .hint("if its program exports it by now, select it too: `--with-upstream`")
                                    .hint(format!("or apply it first: `runner up {stack}`")),
                            }
                        }
                        Published::Value(..) => {
                            problem("E0302", format!("{what} cannot read `{path}` of stack `{stack}`"))
                        }
                    },
                }
            }
            other => Diagnostic::error("E0308", format!("{what}: {other}")),
        }
    }

    /// For a stack of the pass, the output whose name is nearest.
    fn in_pass_near(&self, stack: &str, path: &Path) -> Option<Option<String>> {
        let plan = self.stacks[*self.names.get(stack)?].plan?;
        let wanted = path.to_string();
        let scored =
            plan.outputs.keys().map(ToString::to_string).map(|name| (strsim::jaro_winkler(&wanted, &name), name));
        let nearest = scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
        Some(nearest.map(|(_, name)| name))
    }
}
