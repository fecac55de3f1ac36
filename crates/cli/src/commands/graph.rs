//! `graph`: a stack with its constructs, or the organisation.

use diag::Diagnostics;
use diagram::{Format, OrganisationGrain, StackGrain};
use resource::{Evaluated, StackName};

use crate::args::{Form, Selection};
use crate::exit::{Exit, Result};
use crate::session::Session;

/// Draws.
pub(crate) async fn graph(session: &Session<'_>, selection: &Selection, form: Form, all: bool) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select_for_list(engine, selection).await?;
            let entries = selected.stacks.iter().filter_map(|stack| engine.catalog.get(&stack.to_string()));
            let survey = engine.survey(entries);
            let mut found = Diagnostics::new();
            let mut plans: Vec<&Evaluated> = Vec::new();
            for evaluation in survey.evaluations.values() {
                match &evaluation.result {
                    Err(problems) => found.extend(problems.iter().cloned()),
                    Ok(evaluated) => plans.push(evaluated),
                }
            }
            found.into_result(())?;
            let diagram = match (&selected.single, plans.as_slice()) {
                (Some(_), [Evaluated::Plan(plan)]) => {
                    let grain = if all { StackGrain::Resources } else { StackGrain::Constructs };
                    diagram::of_stack(plan, grain)
                }
                _ => {
                    let title = &session.workspace.settings().organisation;
                    let foreign: Vec<StackName> =
                        engine.catalog.foreign_stacks().filter_map(|(name, _)| foreign_name(session, name)).collect();
                    let grain = if all { OrganisationGrain::Stacks } else { OrganisationGrain::Projects };
                    let gone = |stack: &&StackName| engine.catalog.get(&stack.to_string()).is_none();
                    let gone: Vec<StackName> = selected.stacks.iter().filter(gone).cloned().collect();
                    diagram::of_organisation(title, plans, diagram::Others { foreign: &foreign, gone: &gone }, grain)
                }
            };
            let text = diagram.show(match form {
                Form::Text => Format::Text,
                Form::Mermaid => Format::Mermaid,
                Form::Dot => Format::Dot,
                Form::Svg => Format::Svg,
            });
            session.talk.data(&text);
            Ok(Exit::Done)
        })
        .await
}

/// The name of a foreign stack: where its project ends is where its outputs crate lies.
fn foreign_name(session: &Session<'_>, full: &str) -> Option<StackName> {
    let cuts = full.match_indices('.').map(|(dot, _)| (&full[..dot], &full[dot + 1..]));
    let project = |(project, _): &(&str, &str)| {
        let directory = format!("{}/outputs", session.workspace.project_directory(project));
        matches!(session.workspace.list(&directory), Ok(Some(_)))
    };
    let (project, short) = cuts.rev().find(project).or_else(|| full.rsplit_once('.'))?;
    Some(StackName::new(project, short))
}
