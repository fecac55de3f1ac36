//! `config get|set|schema`.

use std::io::{IsTerminal, Read};

use diag::Diagnostic;
use plan::Project;
use resource::StackName;
use value::Path;

use crate::args::Config;
use crate::exit::{Exit, Result, io, usage};
use crate::seals::Seals;
use crate::session::Session;

/// Reads and changes stack files.
pub(crate) fn run(session: &Session<'_>, command: Config) -> Result<Exit> {
    match command {
        Config::Get { stack, key } => {
            let stack = session.one(stack)?;
            let node = session.workspace.stack_config(&stack)?;
            session.talk.data(&config_load::show(config_load::get(&node, &path(&key)?)?));
        }
        Config::Set { stack, key, value, secret } => {
            let stack = session.one(stack)?;
            let key = path(&key)?;
            if secret {
                set_secret(session, &stack, &key)?;
            } else {
                let value = value.ok_or_else(|| usage("there is no value", "give one, or `--secret`"))?;
                session.workspace.edit_stack(&stack, |file, text| config_load::set(file, text, &key, &value))?;
            }
        }
        Config::Schema { project, kind } => schema(session, &project, kind.as_deref())?,
    }
    Ok(Exit::Done)
}

/// Prints what the files of a project may hold; of several kinds one is named.
fn schema(session: &Session<'_>, project: &str, kind: Option<&str>) -> Result<()> {
    let projects = &session.registry.projects;
    let name = super::new::project_of(&session.workspace, projects.iter().map(Project::name), project)?;
    let shapes = projects.iter().find(|project| project.name() == name).map(Project::file_shapes).unwrap_or_default();
    let kinds = shapes.iter().map(|(kind, _)| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
    let meant = match (kind, shapes.as_slice()) {
        (None, [only]) => Some(only),
        (Some(kind), _) => shapes.iter().find(|(known, _)| *known == kind),
        (None, _) => None,
    };
    let Some((kind, shape)) = meant else {
        let message = match kind {
            Some(kind) => format!("`{name}` has no files of kind `{kind}`"),
            None => format!("`{name}` has files of {} kinds", shapes.len()),
        };
        return Err(usage(message, format!("name one of {kinds}")));
    };
    let schema = shape.json_schema(&format!("{name}: {kind}"));
    session.talk.data(&format!("{schema:#}"));
    Ok(())
}

fn path(text: &str) -> Result<Path> {
    text.parse().map_err(|error| usage(format!("`{text}` is {error}"), "a key path looks like `apps_vpc.cidr_block`"))
}

/// Reads a secret from a prompt or from stdin, seals it, and puts it into the stack file.
fn set_secret(session: &Session<'_>, stack: &StackName, key: &Path) -> Result<()> {
    let seals = Seals::of(session)?;
    let sealed = seals.seal(&read_secret(session, key)?, stack, key)?;
    session.workspace.edit_stack(stack, |file, text| {
        config_load::set_secret(file, text, key, &sealed.ciphertext, sealed.fingerprint)
    })?;
    Ok(())
}

/// A secret comes from stdin, or from a prompt that does not show it.
fn read_secret(session: &Session<'_>, key: &Path) -> Result<String> {
    let mut content = String::new();
    if std::io::stdin().is_terminal() {
        session.talk.say(&format!("the value of `{key}` (it is not shown):"));
        content = rpassword::read_password().map_err(|error| io("the prompt", &error))?;
    } else {
        std::io::stdin().lock().read_to_string(&mut content).map_err(|error| io("stdin", &error))?;
    }
    let content = content.strip_suffix('\n').unwrap_or(&content).to_owned();
    if content.is_empty() {
        return Err(Diagnostic::error("E0713", "the secret is empty").hint("give it at the prompt or on stdin").into());
    }
    Ok(content)
}
