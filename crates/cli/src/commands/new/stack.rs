//! A new stack.

use config::Node;
use config_load::{Files, Workspace};
use diag::{Diagnostic, Diagnostics};
use plan::{Inputs, OutputRead, Project, StackList};
use resource::StackName;
use value::Value;

use crate::exit::{Exit, Result};
use crate::session::Session;

/// What stands where a secret was left out.
const SEALED: &str = "is a secret, sealed to its stack; set it:";

/// Makes a stack, and says what to do next.
pub(super) fn run(session: &Session<'_>, project: &str, short: &str, like: Option<&str>) -> Result<Exit> {
    let (workspace, talk) = (&session.workspace, &session.talk);
    let name = project_of(workspace, session.registry.projects.iter().map(Project::name), project)?;
    let known = session.registry.projects.iter().find(|project| project.name() == name);
    if known.is_some_and(|project| matches!(project.stack_list(), StackList::Function(_))) {
        return Err(Diagnostic::error("E0725", format!("the stacks of `{name}` are not files"))
            .hint("change what the function that lists them reads")
            .into());
    }
    let stack = StackName::new(name, short);
    check(workspace, &stack)?;
    if let Some(other) = session.catalog.get(&stack.to_string()).filter(|other| other.name != stack) {
        let problem = Diagnostic::error("E0727", format!("`{stack}` is a stack of `{}` already", other.name.project()));
        return Err(problem.hint("choose another short name").into());
    }
    let made = match like {
        Some(like) => copy(workspace, &stack, like)?,
        None => Made { text: skeleton(&stack, &asked_for(session, known, &stack)), secrets: Vec::new(), lock: None },
    };
    made.write(workspace, &stack)?;
    talk.say(&format!("wrote {}", workspace.stack_file(&stack)));
    if made.lock.is_some() {
        talk.say(&format!("wrote {}", workspace.lock_file(&stack)));
    }
    if !made.secrets.is_empty() {
        talk.say("secrets are sealed to their stack and were left out:");
        made.secrets.iter().for_each(|secret| talk.say(&format!("  {secret}")));
    }
    talk.say(&format!("next: look through it, then\n  cargo run -p runner -- preview {stack}"));
    Ok(Exit::Done)
}

/// What a new stack consists of.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) text: String,
    /// The commands that set the secrets that were left out.
    pub(super) secrets: Vec<String>,
    pub(super) lock: Option<String>,
}

impl Made {
    pub(super) fn write(&self, workspace: &Workspace, stack: &StackName) -> Result<(), Diagnostic> {
        if let Some(lock) = &self.lock {
            workspace.write(&workspace.lock_file(stack), lock)?;
        }
        workspace.write(&workspace.stack_file(stack), &self.text)
    }
}

/// The project that a word means: its name, an ending of it, or its directory. One that was made since this runner was
/// built has a directory only.
pub(crate) fn project_of<'a>(
    workspace: &Workspace,
    projects: impl Iterator<Item = &'a str>,
    word: &str,
) -> Result<String, Diagnostic> {
    let name = word.trim_end_matches('/').trim_start_matches("projects/").replace('/', ".");
    let ending = format!(".{name}");
    let (mut meant, mut all) = (Vec::new(), Vec::new());
    for project in projects {
        if project == name {
            return Ok(name);
        }
        if project.ends_with(&ending) {
            meant.push(project);
        }
        all.push(project);
    }
    let directory = workspace.project_directory(&name);
    let problem = |message: String| Diagnostic::error("E0725", message);
    match meant.as_slice() {
        [project] => Ok((*project).to_owned()),
        [] if workspace.read(&format!("{directory}/Cargo.toml")).is_ok_and(|found| found.is_some()) => Ok(name),
        [] => Err(problem(format!("there is no project `{word}`"))
            .note(format!("the projects are {}", quoted(all)))
            .hint(format!("make it with `runner new project {word}`"))),
        several => Err(problem(format!("`{word}` is the ending of {} projects", several.len()))
            .hint(format!("name one of {}", quoted(several.iter().copied())))),
    }
}

/// Refuses a name that no stack can have, and one that is taken.
pub(crate) fn check(workspace: &Workspace, stack: &StackName) -> Result<(), Diagnostics> {
    let short = stack.short();
    let segment = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let environments = || workspace.settings().all_environments();
    let mut found = Diagnostics::new();
    if !short.split('.').all(segment) {
        found.push(
            Diagnostic::error("E0726", format!("a stack cannot be called `{short}`"))
                .hint("write `<environment>` or `<scope>.<environment>`, in letters, digits, `-` and `_`"),
        );
    } else if !environments().any(|name| name == stack.environment()) {
        let problem = Diagnostic::error("E0726", format!("there is no environment `{}`", stack.environment()));
        let near = environments().find(|name| name.eq_ignore_ascii_case(stack.environment()));
        found.push(match near {
            Some(name) => problem.hint(format!("did you mean `{name}`?")),
            None => problem.hint(format!("take one of {}, or list it in groundplan.toml", quoted(environments()))),
        });
    }
    let foreign = format!("foreign/{stack}.toml");
    let taken = [
        (workspace.stack_file(stack), "edit its file"),
        (foreign, "delete the foreign stack's file first, if it is managed here from now on"),
    ];
    for (file, hint) in taken {
        if workspace.read(&file)?.is_some() {
            let problem = Diagnostic::error("E0727", format!("there is a stack `{stack}` already"));
            found.push(problem.at(diag::Place::start_of(file)).hint(hint));
        }
    }
    found.into_result(())
}

/// A stack like another one of its project, without the secrets.
pub(super) fn copy(workspace: &Workspace, stack: &StackName, like: &str) -> Result<Made, Diagnostics> {
    let project = format!("{}.", stack.project());
    let other = StackName::new(stack.project(), like.strip_prefix(&project).unwrap_or(like));
    // If it is not there this says what is.
    workspace.stack_config(&other)?;
    let file = workspace.stack_file(&other);
    let text = workspace.read_text(&file)?.unwrap_or_default();
    // What was said there when it was a copy itself does not hold for this one.
    let text: String = text.split_inclusive('\n').filter(|line| !line.contains(SEALED)).collect();
    let command = |path: &value::Path| format!("runner config set {stack} {path} --secret");
    let remark = |path: &value::Path| format!("`{path}` {SEALED} {}", command(path));
    let (text, secrets) = config_load::without_secrets(&file, &text, remark)?;
    let lock = workspace.read_text(&workspace.lock_file(&other))?;
    Ok(Made { text, secrets: secrets.iter().map(command).collect(), lock })
}

/// A stack file for somebody to fill in.
pub(super) fn skeleton(stack: &StackName, keys: &[String]) -> String {
    let head = format!("# {stack}.\n");
    keys.iter().fold(head, |text, key| text + &format!("# {key} = …\n"))
}

/// The keys that the project misses in an empty file.
fn asked_for(session: &Session<'_>, project: Option<&Project>, stack: &StackName) -> Vec<String> {
    let Some(project) = project else { return Vec::new() };
    let files = Files::new(&session.workspace, &session.variables);
    let inputs = files.inputs(|_, _| OutputRead::NotYet);
    missing(project, stack, &inputs)
}

/// What an evaluation with an empty configuration says is missing.
pub(super) fn missing(project: &Project, stack: &StackName, inputs: &dyn Inputs) -> Vec<String> {
    let Err(found) = project.evaluate(stack.clone(), &Empty(inputs)).result else { return Vec::new() };
    let keys = found.iter().filter(|problem| problem.code == "E0102");
    keys.filter_map(|problem| Some(problem.message.split('`').nth(1)?.to_owned())).collect()
}

/// Inputs with an empty configuration.
struct Empty<'a>(&'a dyn Inputs);

impl Inputs for Empty<'_> {
    fn config(&self, stack: &StackName) -> std::result::Result<Node, Diagnostics> {
        Ok(Node::empty(&stack.to_string()))
    }

    fn file(&self, path: &str) -> std::result::Result<Option<Vec<u8>>, Diagnostic> {
        self.0.file(path)
    }

    fn list(&self, directory: &str) -> std::result::Result<Option<Vec<String>>, Diagnostic> {
        self.0.list(directory)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.0.variable(name)
    }

    fn world(
        &self,
        stack: &StackName,
        query: &str,
        arguments: &Value,
    ) -> std::result::Result<Option<Value>, Diagnostics> {
        self.0.world(stack, query, arguments)
    }

    fn output(&self, stack: &str, path: &value::Path) -> OutputRead {
        self.0.output(stack, path)
    }
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
