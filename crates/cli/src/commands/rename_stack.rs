//! `state rename-stack`: a stack gets another short name; its file, its secrets and its state go along.
//!
//! The order of writes: the new file is put aside, the old one goes, the state gets the name, the new file comes. A run
//! that is killed in between leaves a stack without a file, which nothing touches, and the same command finishes it.
//! The state of each profile has the name for itself, so the command is given once for each.

use config_load::reseal;
use diag::{Diagnostic, Diagnostics};
use engine::Fingerprints;
use resource::StackName;

use crate::commands::{new, surgery};
use crate::exit::{Exit, Result};
use crate::seals::Seals;
use crate::session::Session;

/// Renames a stack.
pub(crate) async fn run(session: &Session<'_>, old: &str, new: &str, yes: bool) -> Result<Exit> {
    let talk = &session.talk;
    let (old, new) = names(session, old, new)?;
    let files = Files::look(session, &old, &new)?;
    let changed = files.reseal()?;
    session
        .with_engine(async |engine| {
            let operation = engine.prepare_rename(&old, &new, &changed.secrets, files.old.is_none()).await?;
            if operation.is_none() && files.old.is_none() && files.aside.is_none() {
                talk.say(&format!("{old} is called {new} already"));
                return Ok(Exit::Done);
            }
            operation.iter().flat_map(|operation| &operation.says).for_each(|line| talk.say(line));
            if files.old.is_some() {
                talk.say(&format!("{} becomes {}", files.stack_file(&old), files.stack_file(&new)));
                let count = changed.secrets.len();
                talk.say(&format!("secrets of the file that are sealed for the new name: {count}"));
            }
            if !surgery::approved(session, "Rename the stack? (yes/no)", yes)? {
                return Ok(Exit::User);
            }
            files.take_away(&changed.text)?;
            if let Some(operation) = operation {
                engine.rename_stack(&old, &new, operation).await?;
            }
            files.put(&changed.text)?;
            talk.say(&format!("{old} is called {new}"));
            if session.workspace.settings().profiles.len() > 1 {
                talk.say(
                    "the states of other profiles have the old name until the same command is given with `--profile`",
                );
            }
            Ok(Exit::Done)
        })
        .await
}

/// The two names; a stack keeps its project.
fn names(session: &Session<'_>, old: &str, new: &str) -> Result<(StackName, StackName)> {
    let projects = || session.registry.projects.iter().map(plan::Project::name);
    let of = |project: &str, name: &str| Some(name.strip_prefix(project)?.strip_prefix('.')?.to_owned());
    let old = match session.one(old.to_owned()) {
        Ok(old) => old,
        // What is to be finished has no file any more, so that only its full name says what it is.
        Err(failure) => projects()
            .filter_map(|project| Some(StackName::new(project, of(project, old)?)))
            .max_by_key(|stack| stack.project().len())
            .ok_or(failure)?,
    };
    let own = of(old.project(), new);
    if let Some(project) = projects().find(|project| own.is_none() && of(project, new).is_some()) {
        let message = format!("`{old}` cannot become a stack of `{project}`: a stack keeps its project");
        return Err(Diagnostic::error("E0781", message)
            .note("the names of its resources hold the project")
            .hint(format!("make `{new}`, and let its program take the resources over with `.moved_from(…)`"))
            .into());
    }
    let new = StackName::new(old.project(), own.unwrap_or_else(|| new.to_owned()));
    if old == new {
        let problem = Diagnostic::error("E0782", format!("`{old}` is called that already"));
        return Err(problem.hint("choose another name").into());
    }
    Ok((old, new))
}

/// The files of both names as they are.
struct Files<'a> {
    session: &'a Session<'a>,
    names: [StackName; 2],
    /// The stack file under the old name.
    old: Option<String>,
    /// The new one, put aside by a run that was killed.
    aside: Option<String>,
    /// The new one.
    new: Option<String>,
}

/// What becomes of a stack file.
struct Changed {
    text: String,
    secrets: Fingerprints,
}

impl<'a> Files<'a> {
    fn look(session: &'a Session<'a>, old: &StackName, new: &StackName) -> Result<Self> {
        let workspace = &session.workspace;
        let read = |stack| workspace.read_text(&workspace.stack_file(stack));
        let aside = workspace.read_text(&aside(&workspace.stack_file(new)))?;
        let files = Self { session, names: [old.clone(), new.clone()], old: read(old)?, aside, new: read(new)? };
        if files.old.is_some() {
            new::check(workspace, new)?;
        } else if files.aside.is_none() && files.new.is_none() {
            let problem = Diagnostic::error("E0780", format!("there is no file `{}`", workspace.stack_file(old)));
            return Err(problem.hint("`runner stacks` lists the stacks that have one").into());
        }
        Ok(files)
    }

    fn stack_file(&self, stack: &StackName) -> String {
        self.session.workspace.stack_file(stack)
    }

    /// The file with its secrets sealed for the new name, and how their fingerprints change.
    fn reseal(&self) -> Result<Changed> {
        let [old, new] = &self.names;
        let mut secrets = Fingerprints::new();
        let mut seals = None;
        let (text, sealed_for) = match (&self.old, &self.aside, &self.new) {
            (Some(text), ..) => (text, old),
            (None, Some(text), _) | (None, None, Some(text)) => (text, new),
            (None, None, None) => return Ok(Changed { text: String::new(), secrets }),
        };
        let text = reseal(&self.stack_file(sealed_for), text, |key, ciphertext, fingerprint| {
            let seals = seals.get_or_insert_with(|| Seals::of(self.session)).as_ref().map_err(first)?;
            let content = seals.open(ciphertext, sealed_for, key)?;
            if sealed_for == new {
                secrets.insert(seals.fingerprint(&content, old, key), fingerprint);
                return Ok((ciphertext.to_owned(), fingerprint));
            }
            let sealed = seals.seal(content.expose(), new, key)?;
            secrets.insert(fingerprint, sealed.fingerprint);
            Ok((sealed.ciphertext, sealed.fingerprint))
        })?;
        Ok(Changed { text, secrets })
    }

    /// Puts the new file aside, and takes the old one away.
    fn take_away(&self, text: &str) -> Result<()> {
        if self.old.is_none() {
            return Ok(());
        }
        let workspace = &self.session.workspace;
        let [old, new] = &self.names;
        workspace.write(&aside(&workspace.stack_file(new)), text)?;
        if let Some(lock) = workspace.read_text(&workspace.lock_file(old))? {
            workspace.write(&workspace.lock_file(new), &lock)?;
            workspace.remove(&workspace.lock_file(old))?;
        }
        Ok(workspace.remove(&workspace.stack_file(old))?)
    }

    /// Puts the new file where it belongs.
    fn put(&self, text: &str) -> Result<()> {
        let workspace = &self.session.workspace;
        let file = workspace.stack_file(&self.names[1]);
        if self.new.is_none() {
            workspace.write(&file, text)?;
        }
        Ok(workspace.remove(&aside(&file))?)
    }
}

/// What stands against every secret is said at each.
fn first(found: &Diagnostics) -> Diagnostic {
    found.iter().next().cloned().unwrap_or_else(|| Diagnostic::error("E0231", "no key is at hand"))
}

/// Where a stack file waits, under a name that is none of a stack file.
fn aside(file: &str) -> String {
    format!("{file}.renamed")
}
