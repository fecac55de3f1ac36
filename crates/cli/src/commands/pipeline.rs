//! `pipeline`: continuous integration, written from the graph.

use std::path::Path;

use diag::{Diagnostic, Diagnostics};
use pipeline::Settings;
use resource::StackName;

use crate::args::System;
use crate::exit::{Exit, Result, io};
use crate::session::Session;

/// Writes the pipeline, or looks whether it is what would be written.
pub(crate) async fn write(session: &Session<'_>, system: System, out: Option<&Path>, check: bool) -> Result<Exit> {
    let text = text(session, system).await?;
    let Some(file) = out else {
        session.talk.data(&text);
        return Ok(Exit::Done);
    };
    let (path, shown) = (session.start.join(file), file.display().to_string());
    if !check {
        std::fs::write(&path, text).map_err(|error| io(&shown, &error))?;
        session.talk.say(&format!("wrote {shown}"));
        return Ok(Exit::Done);
    }
    if std::fs::read_to_string(&path).map_err(|error| io(&shown, &error))? == text {
        return Ok(Exit::Done);
    }
    let name = match system {
        System::Github => "github",
        System::Concourse => "concourse",
    };
    Err(Diagnostic::error("E0474", format!("`{shown}` is not the pipeline of this workspace any more"))
        .note("stacks, what they read, or `[pipeline]` in groundplan.toml have changed")
        .hint(format!("write it anew: `runner pipeline {name} --out {shown}`"))
        .into())
}

async fn text(session: &Session<'_>, system: System) -> Result<String> {
    session
        .with_engine(async |engine| {
            let survey = engine.survey(engine.catalog.stacks().filter(|entry| entry.default));
            let wrong = survey.evaluations.values().filter_map(|evaluation| evaluation.result.as_ref().err());
            wrong.flat_map(|found| found.iter().cloned()).collect::<Diagnostics>().into_result(())?;
            let name = |full: &String| engine.catalog.get(full).map(|entry| entry.name.clone());
            let stacks: Vec<StackName> = survey.evaluations.keys().filter_map(name).collect();
            let needs = |stack: &StackName| -> Vec<StackName> {
                survey.needs.get(&stack.to_string()).into_iter().flatten().filter_map(name).collect()
            };
            let settings = settings(session);
            let environments = &session.workspace.settings().environments;
            let cut = pipeline::stages(&stacks, &needs, environments, &settings);
            Ok(match system {
                System::Github => pipeline::github(&cut, &settings),
                System::Concourse => pipeline::concourse(&cut, &settings),
            })
        })
        .await
}

/// What groundplan.toml says of it; `None` as by default.
fn settings(session: &Session<'_>) -> Settings {
    let said = session.workspace.settings().pipeline.clone();
    let (levels, shards) = said.as_ref().map_or((1, 4), |said| (said.levels, said.shards));
    let config_load::Pipeline { runner, profile, branch, runs_on, secrets, preview_secrets, .. } =
        said.unwrap_or_default();
    let number = |number: u32| usize::try_from(number).unwrap_or(1).max(1);
    Settings {
        runner: runner.unwrap_or_else(|| "cargo run --locked --quiet -p runner --".to_owned()),
        profile,
        branch: branch.unwrap_or_else(|| "main".to_owned()),
        runs_on: runs_on.unwrap_or_else(|| "ubuntu-24.04".to_owned()),
        levels: number(levels),
        shards: number(shards),
        secrets,
        preview_secrets,
    }
}
