//! `explain`: why a stack would be touched, or would not; against what was last applied, or against another version of
//! the sources.

use std::collections::{BTreeMap, BTreeSet};

use diff::Targets;
use engine::{Engine, Goal, Preview, PreviewOptions, Traces};
use resource::StackName;
use taskgraph::{Cut, Difference, Footprint, OutputSet, cuts};

use crate::args::{Explaining, Selection};
use crate::exit::{Exit, Result};
use crate::session::Session;
use crate::since::{Since, since};

/// Explains for each selected stack.
pub(crate) async fn explain(session: &Session<'_>, selection: &Selection, how: &Explaining) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let mut selected = session.select_for_list(engine, selection).await?;
            let version = how.since.as_deref().or(selection.changed_since.as_deref());
            let answers = match version {
                Some(version) => {
                    let found = match selected.since.take().filter(|_| how.since.is_none()) {
                        Some(since) => since,
                        None => since(session, engine, version, &selected.stacks).await?,
                    };
                    let applied = since_version(&found);
                    selected.stacks.iter().map(|stack| applied(&stack.to_string())).collect()
                }
                None => since_applied(session, engine, &selected.stacks, how.not).await?,
            };
            for answer in &answers {
                show(session, answer, version, how.not);
            }
            Ok(Exit::Done)
        })
        .await
}

/// What is said of one stack.
struct Answer {
    stack: String,
    moves: bool,
    exact: bool,
    reasons: Vec<Difference>,
}

fn show(session: &Session<'_>, answer: &Answer, version: Option<&str>, not: bool) {
    let Answer { stack, moves, exact, reasons } = answer;
    if session.talk.json {
        let texts: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
        session.talk.json(&serde_json::json!({
            "stack": stack, "moves": moves, "since": version, "exact": exact, "reasons": texts, "causes": reasons,
        }));
        return;
    }
    let verdict = match (version, moves) {
        (None, true) if not => "moves all the same",
        (None, true) => "moves",
        (None, false) => "does not move",
        (Some(_), true) if not => "is affected all the same",
        (Some(_), true) => "is affected",
        (Some(_), false) => "is not affected",
    };
    session.talk.data(&format!("{stack} {verdict}"));
    reasons.iter().for_each(|reason| session.talk.data(&format!("  {reason}")));
}

/// Compares with what another version of the sources gave.
fn since_version(since: &Since) -> impl Fn(&str) -> Answer {
    let footprints = since.now.footprints();
    move |stack| {
        let moves = since.affects(stack);
        let mut reasons = since.why(stack);
        if !moves {
            let differences = since.differences(stack);
            let other = !differences.is_empty();
            reasons.extend(if other { differences } else { vec![as_it_was()] });
            reasons.extend(other.then(same_bytes));
            reasons.extend(cut_off(stack, &footprints, &|other| since.affects(other)));
        }
        Answer { stack: stack.to_owned(), moves, exact: since.bound.is_none(), reasons }
    }
}

/// Compares with what was last applied.
async fn since_applied(
    session: &Session<'_>,
    engine: &Engine<'_>,
    stacks: &[StackName],
    not: bool,
) -> Result<Vec<Answer>> {
    let cache = session.traces();
    let (applied, traces) = (cache.applied(), cache.evaluated());
    // What changes upstream is asked for only where it was said that something does.
    let default = engine.catalog.stacks().filter(|entry| entry.default && not).map(|entry| entry.name.to_string());
    let known = stacks.iter().map(ToString::to_string).filter(|name| engine.catalog.get(name).is_some());
    let selected: BTreeSet<String> = known.chain(default).collect();
    let options = PreviewOptions { selected, goal: Goal::Programs, targets: Targets::default(), keep_going: false };
    let preview = engine.preview(&options, &traces).await?;
    let footprints = engine.record(&preview, &traces).footprints();
    let moving: BTreeSet<String> = preview.changes.iter().map(|set| set.stack.to_string()).collect();
    let moves = |stack: &str| moving.contains(stack) || preview.deferred.contains_key(stack);
    let answer = |name: &StackName| {
        let stack = name.to_string();
        let mut reasons = if engine.catalog.get(&stack).is_none() {
            vec![gone(&stack)]
        } else {
            reasons(&stack, &applied, engine, &preview)
        };
        let moves_itself = !preview.unchanged.contains(&stack);
        if !moves_itself {
            reasons.extend(cut_off(&stack, &footprints, &moves));
        }
        Answer { stack, moves: moves_itself, exact: true, reasons }
    };
    Ok(stacks.iter().map(answer).collect())
}

fn gone(stack: &str) -> Difference {
    let text = format!("it has no stack file any more; `runner destroy {stack}` takes down what is left of it");
    Difference::new("stack", stack, text)
}

fn as_it_was() -> Difference {
    Difference::new("inputs", "", "everything that its program reads is as it was")
}

fn same_bytes() -> Difference {
    Difference::new("plan", "", "its plan has the same bytes all the same")
}

/// Where changes upstream end before they reach a stack.
fn cut_off(stack: &str, all: &BTreeMap<String, Footprint>, changes: &dyn Fn(&str) -> bool) -> Vec<Difference> {
    let reads = |stack: &str| {
        let footprint = all.get(stack);
        footprint.map(|footprint| footprint.reads.union(&footprint.plain).cloned().collect()).unwrap_or_default()
    };
    let in_words = |cut: Cut| {
        let Cut { reader, changed, outputs } = cut;
        let who = if reader == stack { "it".to_owned() } else { format!("`{reader}`") };
        if outputs == 0 {
            let text = format!("`{changed}` changes, and {who} reads nothing of it, but only comes after it");
            return Difference::new("cut_off", changed, text);
        }
        let plural = if outputs == 1 { "output" } else { "outputs" };
        let text = format!("`{changed}` changes, but the {outputs} {plural} that {who} reads of it do not");
        let text = if outputs == 1 { text.replace(" do not", " does not") } else { text };
        Difference::new("cut_off", changed, text)
    };
    let after = |stack: &str| all.get(stack).map(|footprint| footprint.after.clone()).unwrap_or_default();
    cuts(stack, &|stack| -> OutputSet { reads(stack) }, &after, changes).into_iter().map(in_words).collect()
}

fn reasons(name: &str, applied: &Traces, engine: &Engine<'_>, preview: &Preview) -> Vec<Difference> {
    if let Some(waits) = preview.deferred.get(name) {
        let waits = waits.iter().map(|(stack, path)| {
            let output = format!("{stack}:{path}");
            Difference::new("waits", output.clone(), format!("its program waits for {output}"))
        });
        return waits.collect();
    }
    let mut reasons = Vec::new();
    match applied.get(name) {
        None => reasons.push(Difference::new("state", name, "it was not applied from here before")),
        Some(old) => match engine.why_evaluated(name, old) {
            why if why.is_empty() => reasons.push(as_it_was()),
            why => {
                reasons.extend(why);
                reasons.extend((engine.plan_digest(name) == Some(old.plan)).then(same_bytes));
            }
        },
    }
    reasons.extend(engine.why_changed(name, preview));
    reasons
}
