//! Which stacks there are.

use std::collections::BTreeMap;

use config::{Node, NodeKind};
use diag::{Diagnostic, Diagnostics, Place};
use resource::StackName;
use value::{Path, Segment, Value};

use crate::settings::is_segment;
use crate::{Tree, Workspace, near, quoted};

/// A stack that this workspace does not manage: a file with its outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    /// The full name.
    pub name: String,
    /// The file, by path from the workspace's root.
    pub file: String,
    outputs: Node,
}

impl Foreign {
    /// The outputs by path: each scalar, list and secret is one, and tables nest.
    pub fn outputs(&self) -> BTreeMap<Path, &Node> {
        let mut leaves = BTreeMap::new();
        collect(&self.outputs, &mut leaves);
        leaves
    }

    /// What stands at a path: an output, a table of some, or a part of one.
    pub fn at(&self, path: &Path) -> Option<&Node> {
        node_at(&self.outputs, path)
    }

    /// The value at a path; secrets in it are sealed.
    pub fn value(&self, path: &Path) -> Option<Value> {
        self.at(path).map(Node::to_value)
    }
}

fn collect<'a>(node: &'a Node, leaves: &mut BTreeMap<Path, &'a Node>) {
    match &node.kind {
        NodeKind::Table(table) => table.entries.values().for_each(|(_, child)| collect(child, leaves)),
        _ => drop(leaves.insert(node.path.clone(), node)),
    }
}

/// The node at a path.
pub(crate) fn node_at<'a>(root: &'a Node, path: &Path) -> Option<&'a Node> {
    path.segments().iter().try_fold(root, |node, segment| match (segment, &node.kind) {
        (Segment::Key(key), NodeKind::Table(table)) => table.entries.get(key).map(|(_, child)| child),
        (Segment::Index(index), NodeKind::List(items)) => items.get(*index),
        _ => None,
    })
}

impl Tree {
    /// The foreign stack of a full name; `None` if there is no such file.
    ///
    /// # Errors
    /// What is wrong with its file.
    pub fn foreign(&self, name: &str) -> Result<Option<Foreign>, Diagnostics> {
        let file = self.foreign_file(name);
        let Some(text) = self.read_text(&file)? else { return Ok(None) };
        let outputs = config::parse(&file, &text)?;
        Ok(Some(Foreign { name: name.to_owned(), file, outputs }))
    }

    /// The problem of a stack without a file.
    pub(crate) fn no_stack(&self, stack: &StackName) -> Diagnostic {
        let directory = format!("{}/stacks", self.project_directory(stack.project()));
        let names = self.short_names(&directory).unwrap_or_default();
        let problem =
            Diagnostic::error("E0209", format!("there is no stack `{stack}`: no file `{}`", self.stack_file(stack)));
        let problem = match near(stack.short(), names.iter().map(String::as_str)) {
            Some(name) => problem.hint(format!("did you mean `{}.{name}`?", stack.project())),
            None => problem.hint(format!("make one with `runner new stack {} {}`", stack.project(), stack.short())),
        };
        if names.is_empty() {
            problem.note(format!("`{}` has no stacks", stack.project()))
        } else {
            let names = quoted(names.iter().map(String::as_str));
            problem.note(format!("the stacks of `{}` are {names}", stack.project()))
        }
    }

    /// The names of the files `*.toml` in a directory, without world locks and hidden files.
    fn short_names(&self, directory: &str) -> Result<Vec<String>, Diagnostic> {
        let names = self.list(directory)?.unwrap_or_default();
        let short = |name: String| {
            let short = name.strip_suffix(".toml").filter(|short| !short.starts_with('.'))?;
            short.strip_suffix(".lock").is_none().then(|| short.to_owned())
        };
        Ok(names.into_iter().filter_map(short).collect())
    }
}

impl Workspace {
    /// The stacks that a project has files for, sorted by name; none if it has no directory of them.
    ///
    /// # Errors
    /// All files whose names are no short names, or name no environment of the workspace.
    pub fn stacks_of(&self, project: &str) -> Result<Vec<StackName>, Diagnostics> {
        let mut found = Diagnostics::new();
        let directory = format!("{}/stacks", self.project_directory(project));
        let mut stacks = Vec::new();
        for short in self.short_names(&directory)? {
            let stack = StackName::new(project, &short);
            if let Some(problem) = self.wrong_name(&stack) {
                found.push(problem.at(Place::start_of(self.stack_file(&stack))));
            }
            stacks.push(stack);
        }
        found.into_result(stacks)
    }

    /// The foreign stacks by full name.
    ///
    /// # Errors
    /// All that is wrong with their files.
    pub fn foreign_stacks(&self) -> Result<BTreeMap<String, Foreign>, Diagnostics> {
        let mut found = Diagnostics::new();
        let mut stacks = BTreeMap::new();
        for name in self.short_names("foreign")? {
            let file = self.foreign_file(&name);
            let environment = name.rsplit('.').next().unwrap_or_default();
            let segments = name.split('.');
            if segments.clone().count() < 2 || !segments.clone().all(is_segment) {
                let problem = Diagnostic::error("E0210", format!("`{name}` is not the full name of a stack"));
                found.push(problem.at(Place::start_of(&*file)).hint("name the file `<project>.<short name>.toml`"));
            } else if let Some(problem) = self.wrong_environment(environment) {
                found.push(problem.at(Place::start_of(&*file)));
            }
            match self.foreign(&name) {
                Ok(Some(foreign)) => drop(stacks.insert(name, foreign)),
                // A file that vanished since the listing is no foreign stack any more.
                Ok(None) => {}
                Err(problems) => found.extend(problems),
            }
        }
        found.into_result(stacks)
    }

    fn wrong_name(&self, stack: &StackName) -> Option<Diagnostic> {
        if stack.short().split('.').all(is_segment) {
            return self.wrong_environment(stack.environment());
        }
        let problem = Diagnostic::error("E0210", format!("`{}` is not the short name of a stack", stack.short()));
        Some(problem.hint("name the file `<environment>.toml` or `<scope>.<environment>.toml`"))
    }

    fn wrong_environment(&self, environment: &str) -> Option<Diagnostic> {
        let known = self.settings().all_environments();
        if known.clone().any(|name| name == environment) {
            return None;
        }
        let problem = Diagnostic::error("E0210", format!("there is no environment `{environment}`"));
        Some(match near(environment, known.clone()) {
            Some(name) => problem.hint(format!("did you mean `{name}`? rename the file")),
            None => problem.hint(format!("rename the file, or list it in groundplan.toml beside {}", quoted(known))),
        })
    }
}
