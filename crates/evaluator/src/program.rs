//! The program: evaluates one stack, in a directory that holds its inputs.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use config_load::Tree;
use diag::{Diagnostic, Diagnostics};
use plan::Project;
use render::Style;
use resource::StackName;
use value::Digest;

use crate::{Manifests, write};

/// What a program was built of, embedded by whoever builds it.
#[derive(Debug, Clone, Copy)]
pub struct Built {
    /// The digest of the project's code.
    pub code: Option<&'static str>,
    /// The digests of the sources of crates, by name as code writes it: `ol=0a1b…,other=…`. Named pure functions are
    /// known by them.
    pub sources: Option<&'static str>,
}

impl Built {
    /// The digest of the crate that a function is in: the first part of its path.
    fn function(self, function: &str) -> Option<Digest> {
        let library = function.split("::").next()?;
        self.sources?
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == library)?
            .1
            .parse()
            .ok()
    }
}

const USAGE: &str = "usage: evaluator STACK --root DIR --manifest FILE --out DIR

Evaluates a stack, named in full, and writes its plan, its digest, where things are declared, what was read, and the
diagram. DIR is the workspace's root, or a directory with those of its files that FILE declares.
";

/// What the command line says.
#[derive(Debug)]
struct Arguments {
    stack: String,
    root: PathBuf,
    manifest: PathBuf,
    out: PathBuf,
}

/// The program of some projects.
pub fn main(projects: &[Project], built: Built) -> ExitCode {
    let arguments = match arguments(lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return say(USAGE, 0),
        Err(error) => return say(&format!("error: {error}\n\n{USAGE}"), 64),
    };
    let tree = Tree::at(&arguments.root);
    match run(projects, built, &arguments, &tree) {
        Ok(()) => ExitCode::SUCCESS,
        Err(found) => {
            let lookup = |file: &str| tree.read_text(file).ok().flatten();
            say(&render::diagnostics(&found, &lookup, Style::PLAIN), 10)
        }
    }
}

fn run(projects: &[Project], built: Built, arguments: &Arguments, tree: &Tree) -> Result<(), Diagnostics> {
    let (project, stack) = find(projects, &arguments.stack)?;
    let file = arguments.manifest.display().to_string();
    let cannot =
        |what: &str, error: &dyn std::fmt::Display| Diagnostic::error("E0205", format!("cannot {what} {error}"));
    let text =
        fs::read_to_string(&arguments.manifest).map_err(|error| cannot("read", &format_args!("`{file}`: {error}")))?;
    let manifests = Manifests::parse(&file, &text)?;
    let manifest = manifests.of_stack(&stack, &file)?;
    let evaluation = crate::evaluate(project, &stack, tree, Some(manifest), |name| built.function(name));
    let evaluated = evaluation.result.clone()?;
    let code = built.code.and_then(|code| code.parse().ok());
    write(&arguments.out, &evaluation, &evaluated, code).map_err(|error| cannot("write", &error))?;
    Ok(())
}

/// The project whose name a stack's full name starts with; the longest one.
fn find<'a>(projects: &'a [Project], stack: &str) -> Result<(&'a Project, StackName), Diagnostic> {
    let of = |project: &'a Project| {
        let short = stack.strip_prefix(project.name())?.strip_prefix('.')?;
        Some((project, StackName::new(project.name(), short)))
    };
    projects.iter().filter_map(of).max_by_key(|(project, _)| project.name().len()).ok_or_else(|| {
        let names: Vec<String> = projects.iter().map(|project| format!("`{}`", project.name())).collect();
        let message = format!("`{stack}` is no stack of {}", names.join(", "));
        Diagnostic::error("E0209", message)
            .hint("this evaluator is that of another project: take the one of this stack")
    })
}

fn arguments(mut parser: lexopt::Parser) -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::{Arg, ValueExt};
    let (mut stack, mut root, mut manifest, mut out) = (None, None, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("root") => root = Some(PathBuf::from(parser.value()?)),
            Arg::Long("manifest") => manifest = Some(PathBuf::from(parser.value()?)),
            Arg::Long("out") => out = Some(PathBuf::from(parser.value()?)),
            Arg::Value(value) if stack.is_none() => stack = Some(OsString::string(value)?),
            other => return Err(other.unexpected()),
        }
    }
    let missing = |name: &str| lexopt::Error::from(format!("{name} is missing"));
    Ok(Some(Arguments {
        stack: stack.ok_or_else(|| missing("STACK"))?,
        root: root.ok_or_else(|| missing("--root"))?,
        manifest: manifest.ok_or_else(|| missing("--manifest"))?,
        out: out.ok_or_else(|| missing("--out"))?,
    }))
}

/// Says something on the standard error; the exit code that goes with it.
fn say(text: &str, code: u8) -> ExitCode {
    // Nobody is left to be told that nobody can be told.
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
    ExitCode::from(code)
}
