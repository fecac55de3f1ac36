//! `evaluate --manifests`: what hermetic builds have to hand to evaluations.

use std::collections::BTreeMap;

use diag::{Diagnostic, Diagnostics, Place};
use engine::{Engine, Survey};
use evaluator::{Manifest, Manifests, manifest_file};

use crate::args::{ManifestsDo, Selection};
use crate::exit::{Exit, Result};
use crate::session::Session;

/// Brings manifests of inputs up to date, or says which are not; without a selection those of every stack that has a
/// file. A stack that is wrong has one, too: what was read until then, so that a hermetic build says what is wrong.
pub(crate) async fn manifests(session: &Session<'_>, selection: &Selection, what: ManifestsDo) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let survey = if selection.stacks.is_empty() && selection.env.is_empty() {
                engine.survey(engine.catalog.stacks())
            } else {
                let selected = session.select(engine, selection, &[]).await?;
                engine.survey(selected.stacks.iter().filter_map(|stack| engine.catalog.get(&stack.to_string())))
            };
            bring_up_to_date(session, engine, &survey, what)?;
            Ok(Exit::Done)
        })
        .await
}

/// Manifests of stacks that were not evaluated stay, and those of stacks that are no more go.
fn bring_up_to_date(session: &Session<'_>, engine: &Engine<'_>, survey: &Survey, what: ManifestsDo) -> Result<()> {
    let mut projects: BTreeMap<&str, Manifests> = BTreeMap::new();
    for (name, evaluation) in &survey.evaluations {
        let Some(entry) = engine.catalog.get(name) else { continue };
        let manifest = Manifest::of(&entry.name, evaluation, &session.workspace)?;
        let manifests = projects.entry(entry.name.project()).or_default();
        manifests.0.insert(entry.name.short().to_owned(), manifest);
    }
    let mut stale = Diagnostics::new();
    for (project, mut manifests) in projects {
        let file = manifest_file(&session.workspace, project);
        let old = session.workspace.read_text(&file)?;
        let known = old.as_deref().and_then(|text| Manifests::parse(&file, text).ok()).unwrap_or_default();
        for (short, manifest) in known.0 {
            if engine.catalog.get(&format!("{project}.{short}")).is_some() {
                manifests.0.entry(short).or_insert(manifest);
            }
        }
        let new = manifests.to_text();
        if old.as_deref() == Some(&new) {
            continue;
        }
        match what {
            ManifestsDo::Write => {
                session.workspace.write(&file, &new)?;
                session.talk.say(&format!("wrote {file}"));
            }
            ManifestsDo::Check => {
                let problem = Diagnostic::error("E0333", "the manifest of inputs is not current".to_owned());
                let hint = "run `runner evaluate --manifests write`, and commit what it writes";
                stale.push(problem.at(Place::start_of(&*file)).hint(hint));
            }
        }
    }
    Ok(stale.into_result(())?)
}
