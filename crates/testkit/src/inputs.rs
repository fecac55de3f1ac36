//! What an evaluation reads in a test.

use std::collections::{BTreeMap, BTreeSet};

use config::Node;
use diag::{Diagnostic, Diagnostics};
use plan::{Inputs, OutputRead, Project};
use resource::StackName;
use value::{Path, Value};
use world::Lock;

use crate::workspace::directory;
use crate::{Planned, Workspace, path};

/// A stack to be evaluated, and what the test gives it.
///
/// What is not given is read from the workspace: configuration, world lock, files.
#[derive(Debug)]
pub struct Given {
    pub(crate) project: Project,
    pub(crate) stack: StackName,
    pub(crate) fixture: Fixture,
}

/// What there is to read.
#[derive(Debug)]
pub(crate) struct Fixture {
    workspace: Workspace,
    config: Option<String>,
    lock: Option<String>,
    files: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    pub(crate) outputs: BTreeMap<(String, Path), Value>,
    pub(crate) attributes: BTreeMap<(String, String, Path), Value>,
}

impl Given {
    /// A stack of a project, by short name.
    #[track_caller]
    pub fn stack(project: Project, stack: &str) -> Self {
        let stack = StackName::new(project.name(), stack);
        let fixture = Fixture {
            workspace: Workspace::here(),
            config: None,
            lock: None,
            files: BTreeMap::new(),
            variables: BTreeMap::new(),
            outputs: BTreeMap::new(),
            attributes: BTreeMap::new(),
        };
        Self { project, stack, fixture }
    }

    /// Gives a configuration instead of the stack file's.
    pub fn config(mut self, toml: &str) -> Self {
        self.fixture.config = Some(toml.to_owned());
        self
    }

    /// Gives a world lock instead of the stack's.
    pub fn lock(mut self, toml: &str) -> Self {
        self.fixture.lock = Some(toml.to_owned());
        self
    }

    /// Gives a file, by path from the root of the workspace.
    pub fn file(mut self, path: &str, content: &str) -> Self {
        self.fixture.files.insert(path.to_owned(), content.to_owned());
        self
    }

    /// Sets an environment variable; those of the process are never seen.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.fixture.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Gives an output of another stack: full name, path, value.
    #[track_caller]
    pub fn output(mut self, stack: &str, output: &str, value: impl Into<Value>) -> Self {
        self.fixture.outputs.insert((stack.to_owned(), path(output)), value.into());
        self
    }

    /// Gives an attribute that the vendor would choose: type, name, path, value.
    #[track_caller]
    pub fn attribute(mut self, ty: &str, name: &str, attribute: &str, value: impl Into<Value>) -> Self {
        self.fixture.attributes.insert((ty.to_owned(), name.to_owned(), path(attribute)), value.into());
        self
    }

    /// Evaluates.
    pub fn evaluate(self) -> Planned {
        Planned::of(self)
    }
}

impl Fixture {
    fn stack_file(stack: &StackName, extension: &str) -> String {
        format!("{}/stacks/{}.{extension}", directory(stack.project()), stack.short())
    }
}

impl Inputs for Fixture {
    fn config(&self, stack: &StackName) -> Result<Node, Diagnostics> {
        let file = Self::stack_file(stack, "toml");
        match self.config.clone().or_else(|| self.workspace.read(&file)) {
            Some(text) => config::parse(&file, &text),
            None => Err(Diagnostic::error("E0200", format!("there is no stack file `{file}`")).into()),
        }
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        Ok(self.files.get(path).map(|text| text.clone().into_bytes()).or_else(|| self.workspace.read_bytes(path)))
    }

    fn list(&self, directory: &str) -> Result<Option<Vec<String>>, Diagnostic> {
        let below = format!("{directory}/");
        let given = self.files.keys().filter_map(|path| path.strip_prefix(&below)?.split('/').next());
        let mut names: BTreeSet<String> = given.map(str::to_owned).collect();
        let there = self.workspace.list(directory);
        let none = there.is_none() && names.is_empty();
        names.extend(there.into_iter().flatten());
        Ok((!none).then(|| names.into_iter().collect()))
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn world(&self, stack: &StackName, query: &str, arguments: &Value) -> Result<Option<Value>, Diagnostics> {
        let file = Self::stack_file(stack, "lock.toml");
        let Some(text) = self.lock.clone().or_else(|| self.workspace.read(&file)) else { return Ok(None) };
        Ok(Lock::parse(&file, &text)?.find(query, arguments).map(|entry| entry.answer().clone()))
    }

    fn output(&self, stack: &str, path: &Path) -> OutputRead {
        match self.outputs.get(&(stack.to_owned(), path.clone())) {
            Some(value) => OutputRead::Known { value: value.clone(), applied: true },
            None => OutputRead::NotYet,
        }
    }
}
