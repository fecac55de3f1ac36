//! `import`: an object that exists is taken over, and the program is told how to declare it.

use std::time::Instant;

use diff::Targets;
use engine::{Engine, Goal, Import, Imported, Undeclared};
use resource::{StackName, Urn};
use suggest::Suggestion;

use super::job::Job;
use super::show::show;
use super::signatures::Standing;
use crate::args::{Importing, Running};
use crate::exit::{Exit, Result};
use crate::session::{Selected, Session};
use crate::talk::Talk;

/// Takes over an object, if it is as the program says, or if the program does not say anything of it yet.
pub(crate) async fn import(session: &Session<'_>, args: &Importing) -> Result<Exit> {
    session.warn_if_stale();
    let stack = session.one(args.stack.clone())?;
    let wanted = wanted(&stack, args);
    session
        .with_engine(async |engine| {
            let selected = Selected { stacks: vec![stack.clone()], single: Some(stack.clone()), since: None };
            let begun = Instant::now();
            let imported = engine.import(&wanted).await?;
            let exit = match &imported.preview {
                None => {
                    session.talk.say(&format!("`{}` of {stack} is `{}` already", imported.urn.name(), wanted.id));
                    Exit::Done
                }
                Some(preview) if args.preview => {
                    show(session, preview, &selected, true, begun);
                    preview.refused().into_result(())?;
                    Exit::Done
                }
                Some(_) => {
                    let Importing { yes, wait, allowing, .. } = args.clone();
                    let running = Running { yes, wait, allowing, full: true, ..Running::default() };
                    let (goal, targets, saved) = (Goal::Programs, Targets::default(), None);
                    let (running, import, command) = (&running, Some(&wanted), "import");
                    let selected = &selected;
                    let standing = Standing::of(session, args.sign.as_deref())?;
                    let again = Some(format!("import {stack} {}", args.object.join(" ")));
                    Job { session, engine, selected, goal, targets, saved, import, running, standing, command, again }
                        .run()
                        .await?
                }
            };
            if exit == Exit::Done {
                say_how_to_declare(&session.talk, engine, &stack, &imported, args.preview);
            }
            Ok(exit)
        })
        .await
}

fn wanted(stack: &StackName, args: &Importing) -> Import {
    let (ty, resource, id) = match args.object.as_slice() {
        [ty, resource, id] => (Some(ty.clone()), resource.clone(), id.clone()),
        [resource, id] => (None, resource.clone(), id.clone()),
        _ => (None, String::new(), String::new()),
    };
    let (instance, protect) = (args.provider.clone(), !args.unprotected);
    Import { stack: stack.clone(), ty, resource, id, instance, protect }
}

/// Says what the program has to declare, so that the next preview has nothing to do.
fn say_how_to_declare(talk: &Talk, engine: &Engine<'_>, stack: &StackName, imported: &Imported, only_preview: bool) {
    let Imported { urn, missing: Some(missing), .. } = imported else {
        if !talk.json {
            talk.say("the program declares it already, and says the same");
        }
        return;
    };
    let Some(schema) = engine.providers.schema(urn.ty()).ok().flatten() else { return };
    let Undeclared { properties, options, hidden } = missing;
    let Suggestion { crates, uses, statement } = suggest::suggestion(schema, urn.name(), properties, options);
    let hidden: Vec<String> = hidden.iter().map(ToString::to_string).collect();
    if talk.json {
        talk.json(&serde_json::json!({
            "event": "undeclared", "stack": stack.to_string(), "urn": urn, "crates": crates, "uses": uses,
            "statement": statement, "hidden": hidden,
        }));
        return;
    }
    talk.say(&format!("{stack} does not declare it yet; to be pasted into the plan of `{}`:", stack.project()));
    talk.data(&format!("\n{}\n\n    {}", uses.join("\n"), statement.replace('\n', "\n    ")));
    let needs: Vec<String> = crates.iter().map(|name| format!("`{name}.workspace = true`")).collect();
    talk.say(&format!("\nin the project's Cargo.toml: {}", needs.join(", ")));
    if !hidden.is_empty() {
        let which = hidden.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
        talk.say(&format!("left out, because they are secret or cannot be read: {which}"));
    }
    if !only_preview {
        talk.say(&before_it_is_declared(urn, options.protect && !engine.ignore_protection));
    }
}

/// What a run does before the program declares what was taken over.
fn before_it_is_declared(urn: &Urn, protected: bool) -> String {
    let name = urn.name();
    if protected {
        format!(
            "until then `up` refuses to delete `{name}`, because it is protected; take `.protect()` away when you like"
        )
    } else {
        format!("paste it before the next `up`, which would delete `{name}` otherwise")
    }
}
