//! Saved previews: written by `preview --out` and `destroy --out`, shown by `preview --plan`, applied by `up --plan` and
//! `destroy --plan`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use diag::Diagnostic;
use diff::Targets;
use engine::{Engine, Goal, Preview};
use resource::StackName;
use saved::Saved;

use super::job::{Job, all_wait};
use super::show::{orphan_name, show, show_as};
use super::signatures::{self, Standing};
use super::up::{Making, make};
use crate::args::{Look, Running};
use crate::exit::{Exit, Result, io};
use crate::session::{Selected, Session};

/// Saves a preview.
pub(crate) fn save(
    session: &Session<'_>,
    engine: &Engine<'_>,
    preview: &Preview,
    file: &Path,
    key: Option<&Path>,
) -> Result<()> {
    let key = signatures::key(session, key)?;
    let saved = engine.save(preview)?;
    let signature = key.map(|key| signatures::sign(&key, &saved));
    write(&session.start.join(file), &saved::signed(&saved, signature.as_slice()))?;
    let shown = file.display().to_string();
    if session.talk.json {
        session.talk.json(&serde_json::json!({ "event": "saved", "file": shown, "digest": saved.digest() }));
    } else {
        let (command, does) = if saved.destroys() { ("destroy", "deletes") } else { ("up", "applies") };
        session.talk.say(&format!("saved; `runner {command} --plan {shown}` {does} exactly this"));
    }
    Ok(())
}

/// Shows a saved preview, and signs it.
pub(crate) fn preview(session: &Session<'_>, file: &Path, key: Option<&Path>, look: &Look) -> Result<Exit> {
    let begun = Instant::now();
    let (saved, mut signed) = read(session, file)?;
    let preview = Preview::from(&saved);
    show_as(session, &preview, &selected(session, &saved), look, begun);
    if let Some(key) = signatures::key(session, key)? {
        let signature = signatures::sign(&key, &saved);
        if !signed.contains(&signature) {
            signed.push(signature);
        }
        write(&session.start.join(file), &saved::signed(&saved, &signed))?;
        if !session.talk.json {
            session.talk.say(&format!("signed {} by {}", saved.digest(), key.public()));
        }
    }
    Ok(if look.detailed_exitcode && !preview.is_empty() { Exit::Pending } else { Exit::Done })
}

/// Applies a saved preview, as far as everything that it needs was known when it was approved. What deletes everything
/// is only done by the command that says so.
pub(crate) async fn apply(session: &mut Session<'_>, file: &Path, running: &Running, goal: Goal) -> Result<Exit> {
    let (saved, signed) = read(session, file)?;
    let command = if goal == Goal::Nothing { "destroy" } else { "up" };
    if !saved.stacks.is_empty() && saved.destroys() != (goal == Goal::Nothing) {
        return Err(of_another_command(file, &saved).into());
    }
    session.know(saved.stacks.iter().map(|stack| stack.changes.stack.clone()));
    if saved.waits() {
        session.warn_if_stale();
    }
    let session = &*session;
    let selected = selected(session, &saved);
    let standing = Standing::of(session, running.sign.as_deref())?.with(file, &saved, signed);
    session
        .with_engine(async |engine| {
            let (saved, targets) = (Some(&saved), Targets::default());
            let import = None;
            let again = Some(format!("{command} --plan {}", file.display()));
            let selected = &selected;
            let mut job =
                Job { session, engine, selected, goal, targets, saved, import, running, standing, command, again };
            let exit = job.run().await?;
            if exit == Exit::Done { next(&job, file).await } else { Ok(exit) }
        })
        .await
}

/// Writes the preview of what could not be decided before this one was applied, if there is such a thing.
async fn next(job: &Job<'_>, file: &Path) -> Result<Exit> {
    let begun = Instant::now();
    let Job { session, engine, selected, saved: Some(saved), .. } = *job else { return Ok(Exit::Done) };
    // A restricted run goes on with nothing that was not among its targets.
    let waits = saved.waits() && saved.restricted.is_none();
    if !waits && saved.undecided().is_empty() {
        return Ok(Exit::Done);
    }
    let preview = if waits {
        make(session, engine, selected, Goal::Programs, &Targets::default(), Making::default()).await?
    } else {
        engine.reopen(saved).await?
    };
    if preview.changes.is_empty() {
        return if waits && !preview.is_empty() { Err(all_wait()) } else { Ok(Exit::Done) };
    }
    session.talk.say("what was not known when this was approved is known now:");
    show(session, &preview, selected, job.running.full, begun);
    let mut name = file.as_os_str().to_owned();
    name.push(".next");
    // Whoever signed this one has not seen the next.
    save(session, engine, &preview, Path::new(&name), None)?;
    Ok(Exit::NewPlan)
}

fn of_another_command(file: &Path, saved: &Saved) -> Diagnostic {
    let shown = file.display();
    let problem = |what: &str| Diagnostic::error("E0568", format!("`{shown}` {what}"));
    if saved.destroys() {
        problem("takes stacks down").hint(format!("if that is meant: `runner destroy --plan {shown}`"))
    } else {
        problem("takes nothing down").hint(format!("what it shows is applied by `runner up --plan {shown}`"))
    }
}

fn read(session: &Session<'_>, file: &Path) -> Result<(Saved, Vec<String>)> {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(session.start.join(file)).map_err(|error| io(&shown, &error))?;
    Ok(saved::read_signed(&text, &shown)?)
}

/// The file is there whole, or as it was.
fn write(file: &Path, text: &str) -> Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|error| io(&file.display().to_string(), &error))
}

fn selected(session: &Session<'_>, saved: &Saved) -> Selected {
    let planned =
        |full: &String| saved.stacks.iter().map(|stack| &stack.changes.stack).find(|name| name.to_string() == *full);
    let known = |full: &String| session.catalog.get(full).map(|entry| &entry.name);
    let name = |full: &String| planned(full).or_else(|| known(full)).cloned().unwrap_or_else(|| orphan_name(full));
    let stacks: Vec<StackName> = saved.selected.iter().map(name).collect();
    let single = if let [one] = stacks.as_slice() { Some(one.clone()) } else { None };
    Selected { stacks, single, since: None }
}
