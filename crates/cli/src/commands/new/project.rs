//! A new project.

use std::collections::BTreeSet;

use config_load::Workspace;
use diag::{Diagnostic, Diagnostics, Place};

use super::template::{self, fill};
use crate::exit::{Exit, Failure, Result};
use crate::session::Session;

/// What has a meaning in a project's directory.
const TAKEN: &[&str] = &["benches", "examples", "outputs", "src", "stacks", "target", "tests"];
/// What no crate can be called.
const WORDS: &[&str] = &[
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "const", "continue", "core", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "std", "struct",
    "super", "test", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

/// Makes a project with a stack in the first environment, and says what to do next.
pub(super) fn run(session: &Session<'_>, path: &str) -> Result<Exit> {
    let made = make(&session.workspace, path)?;
    for file in &made.files {
        session.talk.say(&format!("wrote {file}"));
    }
    session.talk.say(&format!("next: declare resources in {}/src/lib.rs, then", made.directory));
    session.talk.say(&format!("  cargo run -p runner -- preview {}", made.name));
    Ok(Exit::Done)
}

/// What was made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) name: String,
    pub(super) directory: String,
    pub(super) files: Vec<String>,
}

/// Writes the files of a project and the generated sections.
pub(super) fn make(workspace: &Workspace, path: &str) -> Result<Made> {
    let name = path.trim_end_matches('/').trim_start_matches("projects/").replace('/', ".");
    check_name(workspace, &name)?;
    let sections = sections::Workspace::at(workspace.root());
    let crates = sections.crates().map_err(|error| super::sections_problem(&error))?;
    // Whether sections can be written at all shows before anything is.
    sections.sync(&crates, true).map_err(|error| super::sections_problem(&error))?;
    let directory = workspace.project_directory(&name);
    if crates.iter().any(|found| found.directory == directory) {
        return Err(Diagnostic::error("E0724", format!("there is a project `{name}` already"))
            .at(Place::start_of(format!("{directory}/Cargo.toml")))
            .hint(format!("make a stack of it: `runner new stack {name} SHORT-NAME`"))
            .into());
    }
    let package = name.replace(['.', '_'], "-");
    // The outputs of a foreign stack lie where its project will.
    let has_outputs = crates.iter().any(|found| found.directory == format!("{directory}/outputs"));
    check_packages(workspace, &crates, &name, &package, has_outputs)?;
    let files = files(workspace, &name, &package, has_outputs)?;
    for (path, text) in &files {
        workspace.write(path, text)?;
    }
    super::sync(workspace.root())?;
    Ok(Made { name, directory, files: files.into_iter().map(|(path, _)| path).collect() })
}

/// The files of a project, by path from the root.
fn files(workspace: &Workspace, name: &str, package: &str, has_outputs: bool) -> Result<Vec<(String, String)>> {
    let manifest = manifest(workspace)?;
    let inherited = inherited(&manifest);
    let mut uses = [&format!("use {}_outputs::Outputs;\n", package.replace('-', "_")), "use plan::prelude::*;\n"];
    uses.sort_unstable();
    let uses = uses.concat();
    let values = [
        ("project", name),
        ("package", package),
        ("uses", &uses),
        ("inherited", &inherited),
        ("lints", lints(&manifest)),
    ];
    let directory = workspace.project_directory(name);
    let environment = workspace.settings().all_environments().next().unwrap_or("default");
    let lib = if has_outputs { template::PROJECT_LIB_ALONE } else { template::PROJECT_LIB };
    let mut files = vec![
        ("Cargo.toml".to_owned(), fill(template::PROJECT_MANIFEST, &values)),
        ("src/lib.rs".to_owned(), fill(lib, &values)),
        (format!("stacks/{environment}.toml"), "# An example, to be replaced.\nname = \"example\"\n".to_owned()),
    ];
    if !has_outputs {
        files.push(("outputs/Cargo.toml".to_owned(), fill(template::OUTPUTS_MANIFEST, &values)));
        files.push(("outputs/src/lib.rs".to_owned(), fill(template::PROJECT_OUTPUTS, &values)));
    }
    Ok(files.into_iter().map(|(path, text)| (format!("{directory}/{path}"), text)).collect())
}

/// Refuses a package's name that is taken: by a crate of the workspace, or by one of the lock file.
fn check_packages(
    workspace: &Workspace,
    crates: &[sections::Crate],
    name: &str,
    package: &str,
    has_outputs: bool,
) -> Result<()> {
    let mut taken: BTreeSet<String> = crates.iter().map(|found| found.package.clone()).collect();
    taken.extend(in_lock(workspace)?);
    let outputs = format!("{package}-outputs");
    let mut wanted = vec![package];
    if !has_outputs {
        wanted.push(&outputs);
    }
    match wanted.into_iter().find(|name| taken.contains(*name)) {
        None => Ok(()),
        Some(clash) => Err(Diagnostic::error("E0724", format!("a package is called `{clash}` already"))
            .note(format!("the crate of project `{name}` would be `{package}`, that of its outputs `{outputs}`"))
            .hint(format!("choose another name, such as `{}`", with_first(name)))
            .into()),
    }
}

/// A name with one more part in front.
fn with_first(name: &str) -> String {
    format!("applications.{name}")
}

/// Refuses what cannot be a project's name, with all reasons.
fn check_name(workspace: &Workspace, name: &str) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::new();
    let mut wrong = |reason: String, hint: &str| {
        let message = format!("a project cannot be called `{name}`: {reason}");
        found.push(Diagnostic::error("E0723", message).hint(hint));
    };
    for part in name.split('.') {
        let starts = part.starts_with(|c: char| c.is_ascii_lowercase());
        if !starts || !part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            wrong(
                format!("`{part}` is not a part of a name"),
                "use lower-case letters, digits and `_`: `example.network`",
            );
        } else if TAKEN.contains(&part) {
            wrong(format!("`{part}` has a meaning in the directory of a project"), "take another word");
        } else if workspace.settings().all_environments().any(|environment| environment == part) {
            wrong(format!("`{part}` is an environment, and ends the names of stacks"), "take another word");
        }
    }
    if WORDS.contains(&name) {
        wrong("no crate can have that name".to_owned(), &format!("take another, such as `{}`", with_first(name)));
    }
    found.into_result(())
}

/// The workspace's own manifest.
fn manifest(workspace: &Workspace) -> Result<toml::Table> {
    const FILE: &str = "Cargo.toml";
    let text = workspace.read_text(FILE)?.unwrap_or_default();
    text.parse().map_err(|error: toml::de::Error| {
        let problem =
            Diagnostic::error("E0728", format!("the workspace's manifest cannot be read: {}", error.message()));
        Failure::from(problem.at(Place::start_of(FILE)))
    })
}

/// The packages of the lock file that lie on this machine. Two of one name cannot stand in one lock file.
fn in_lock(workspace: &Workspace) -> Result<Vec<String>> {
    let text = workspace.read_text("Cargo.lock")?.unwrap_or_default();
    // A lock file that cannot be read is cargo's business.
    let lock: toml::Table = text.parse().unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let here = packages.into_iter().flatten().filter(|package| package.get("source").is_none());
    Ok(here.filter_map(|package| Some(package.get("name")?.as_str()?.to_owned())).collect())
}

/// What a manifest takes from the workspace's.
fn inherited(manifest: &toml::Table) -> String {
    let package = manifest.get("workspace").and_then(|workspace| workspace.get("package"));
    let keys = [
        ("version", Some("\"0.1.0\"")),
        ("edition", Some("\"2024\"")),
        ("rust-version", None),
        ("license", None),
        ("publish", Some("false")),
    ];
    let line = |(key, own): (&str, Option<&str>)| {
        let there = package.is_some_and(|package| package.get(key).is_some());
        let own = || own.map(|own| format!("{key} = {own}\n"));
        if there { Some(format!("{key}.workspace = true\n")) } else { own() }
    };
    keys.into_iter().filter_map(line).collect()
}

/// The lints that a manifest takes from the workspace's.
fn lints(manifest: &toml::Table) -> &'static str {
    let there = manifest.get("workspace").is_some_and(|workspace| workspace.get("lints").is_some());
    if there { "\n[lints]\nworkspace = true" } else { "" }
}
