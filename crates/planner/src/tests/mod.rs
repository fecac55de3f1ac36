//! Orders as text: a fixture in the language of the diff's tests, and the steps that it gives.

#[path = "../../../diff/src/tests/fixture.rs"]
mod fixture;

use std::collections::BTreeSet;

use diff::Settings;
use fixture::{Fixture, print, print_problems, trimmed};

use super::*;

/// Plans the stacks of a fixture, but for those whose project is `outside` or, with their turn to come, `later`; prints the steps in their order.
fn plan_of(text: &str) -> Result<(StepGraph, Vec<String>), String> {
    plan_with(text, Settings::default())
}

fn plan_with(text: &str, settings: Settings) -> Result<(StepGraph, Vec<String>), String> {
    let mut fixture = Fixture::parse(text);
    let mut holders = Holders::default();
    for state in fixture.stacks.iter().filter_map(|stack| stack.state.as_ref()) {
        holders.add(state.clone().into());
        holders.add_outputs(state);
    }
    let of = |project: &'static str| {
        let names = fixture.stacks.iter().map(|stack| stack.name.to_string());
        names.filter(move |name| name.starts_with(project))
    };
    holders.select(of("clean").chain(of("later")));
    holders.defer(of("later"));
    fixture.stacks.retain(|stack| !["outside", "clean", "later"].contains(&stack.name.project()));
    let (sets, found) = fixture.diff(settings);
    assert_eq!(print_problems(&found), "", "problems of {}", print(&sets));
    let none = BTreeSet::new();
    let stacks: Vec<StackSteps<'_>> = sets
        .iter()
        .zip(&fixture.stacks)
        .map(|(changes, stack)| StackSteps {
            changes,
            state: stack.state.as_ref(),
            after: stack.plan.as_ref().map_or(&none, |plan| &plan.after),
        })
        .collect();
    let graph = plan(&stacks, &holders).map_err(|found| print_problems(&found))?;
    let names: Vec<String> = graph
        .steps
        .iter()
        .map(|step| {
            let stack = if sets.len() > 1 { format!("{}:", sets[step.stack].stack.project()) } else { String::new() };
            match &step.kind {
                StepKind::Apply(urn) => format!("{stack}apply {}", urn.name()),
                StepKind::Delete(urn, incarnation) => format!("{stack}delete {} {incarnation}", urn.name()),
                StepKind::Publish(path) => format!("{stack}publish {path}"),
            }
        })
        .collect();
    Ok((graph, names))
}

/// The steps, each with what it needs; then what is held back.
#[track_caller]
fn check(text: &str, expected: &str) {
    check_with(text, Settings::default(), expected);
}

#[track_caller]
fn check_with(text: &str, settings: Settings, expected: &str) {
    let (graph, names) = plan_with(text, settings).expect("an order");
    let order = graph.graph.order().expect("no cycle");
    let mut lines: Vec<String> = order
        .into_iter()
        .map(|node| {
            let needs: Vec<&str> = graph.graph.needs(node).iter().map(|&need| names[need].as_str()).collect();
            if needs.is_empty() { names[node].clone() } else { format!("{} <- {}", names[node], needs.join(", ")) }
        })
        .collect();
    for held in &graph.held_back {
        let what = held.what.trim_start_matches("the old ").replace('`', "");
        lines.push(format!("held back {what} by {}", held.readers.join(", ")));
    }
    assert_eq!(lines.join("\n"), trimmed(expected));
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    assert_eq!(plan_of(text).map(|(_, names)| names), Err(trimmed(expected)));
}

mod cases;
mod one_stack;
mod stacks;
mod targets;
