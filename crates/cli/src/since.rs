//! What has changed since another version of the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use code_digest::Elsewhere;
use config_load::{Files, Workspace};
use diag::{Diagnostic, Diagnostics};
use diff::Targets;
use engine::{Engine, Goal, PreviewOptions, Recorded, RunRecord};
use plan::{Inputs, StackList};
use resource::StackName;
use taskgraph::{Affected, Before, Cause, Change, Conditions, Difference, affected};
use value::Digest;

use crate::commands::show::orphan_name;
use crate::exit::{Result, io};
use crate::git::Git;
use crate::records::{Depth, Form, RunRecords};
use crate::session::{Session, no_outputs};

/// What has changed since a version.
pub(crate) struct Since {
    /// The stacks that it reaches.
    pub affected: Affected,
    /// The stacks that are no longer there.
    pub deleted: Vec<StackName>,
    /// Why it is an upper bound; `None` = it is exact.
    pub bound: Option<String>,
    /// What the stacks were then, as far as it is known.
    pub then: BTreeMap<String, Recorded>,
    /// What they are now.
    pub now: RunRecord,
    /// What of that which the programs read was another then, where that is all that is known.
    pub reasons: BTreeMap<String, Vec<Difference>>,
    /// The crates of each project that are others, as far as it is known of which.
    pub crates: BTreeMap<String, Vec<&'static str>>,
}

impl Since {
    /// Why the plan of a stack is another: what of that which its program read has changed.
    pub(crate) fn differences(&self, stack: &str) -> Vec<Difference> {
        let (Some(then), Some(now)) = (self.then.get(stack), self.now.stacks.get(stack)) else { return Vec::new() };
        let (Some(old), Some(new)) = (&then.record, &now.record) else { return Vec::new() };
        let found = taskgraph::differences_of_evaluate(old, new, Some((&then.config, &now.config)));
        found.into_iter().flat_map(|difference| self.by_crate(difference)).collect()
    }

    /// Of the code of a project which crates changed, if that is known.
    fn by_crate(&self, difference: Difference) -> Vec<Difference> {
        match self.crates.get(&difference.name).filter(|_| difference.kind == "code") {
            Some(crates) if !crates.is_empty() => crates.iter().map(|name| code_changed(name)).collect(),
            _ => vec![difference],
        }
    }

    /// Whether a stack is affected.
    pub(crate) fn affects(&self, stack: &str) -> bool {
        self.affected.stacks.contains_key(stack)
    }

    /// What became of a stack, in a word.
    pub(crate) fn word(&self, stack: &str) -> &'static str {
        match self.affected.stacks.get(stack) {
            Some(Change::Added) => "added",
            Some(Change::Deleted) => "deleted",
            Some(Change::Changed(_)) => "changed",
            None => "none",
        }
    }

    /// Why a stack is affected.
    pub(crate) fn why(&self, stack: &str) -> Vec<Difference> {
        match self.affected.stacks.get(stack) {
            Some(Change::Changed(causes)) => causes.iter().flat_map(|cause| self.in_words(stack, cause)).collect(),
            Some(Change::Deleted) => vec![Difference::new("stack", stack, "its stack file is gone")],
            Some(Change::Added) => vec![Difference::new("stack", stack, "its stack file is new")],
            None => Vec::new(),
        }
    }

    fn in_words(&self, stack: &str, cause: &Cause) -> Vec<Difference> {
        let one = |kind, text: &str| vec![Difference::new(kind, "", text)];
        match cause {
            Cause::Plan => self.differences(stack),
            Cause::Inputs => self.reasons.get(stack).cloned().unwrap_or_default(),
            Cause::Waits => one("waits", "its program waits for outputs, so that it cannot be told"),
            Cause::Schemas => one("schemas", "the schemas of resource types changed"),
            Cause::Profile => one("profile", "the profile changed"),
            Cause::Output(other, path) => {
                let name = format!("{other}:{path}");
                vec![Difference::new("output", name.clone(), format!("output {name} changes"))]
            }
        }
    }
}

/// Compares all stacks of the default selection, and some more, with a version.
pub(crate) async fn since(
    session: &Session<'_>,
    engine: &Engine<'_>,
    version: &str,
    more: &[StackName],
) -> Result<Since> {
    let stale = code_digest::stale(session.registry.digests, session.workspace.root());
    if let Some(first) = stale.first() {
        let message = format!("this runner is older than {first}, so it cannot tell what has changed");
        return Err(Diagnostic::error("E0760", message).hint("build it anew: `cargo build -p runner`").into());
    }
    let root = session.workspace.root();
    let git = Git::of(root).ok_or_else(|| {
        Diagnostic::error("E0761", format!("`{}` is not in a git checkout", root.display()))
            .hint("name the stacks, or let the workspace be one: `git init`")
    })?;
    let tree = git.tree(version).map_err(|said| {
        let problem = Diagnostic::error("E0762", format!("git knows no version `{version}`"));
        let problem = if said.is_empty() { problem } else { problem.note(said) };
        problem.hint("name a branch, a tag or a commit that was fetched: `git fetch origin` fetches those of `origin`")
    })?;
    let now = now(session, engine, more).await?;
    let records = RunRecords::of(session);
    let since = match records.get(&git, &tree) {
        Some(form) => with_record(session, engine, (&git, &tree), form, now),
        None => without_record(session, engine, (&git, &tree, version), now)?,
    };
    if let Some(bound) = &since.bound {
        session.talk.say(&format!("upper bound: {bound}"));
    }
    Ok(since)
}

/// What the stacks are now.
async fn now(session: &Session<'_>, engine: &Engine<'_>, more: &[StackName]) -> Result<RunRecord> {
    let cache = session.traces();
    let traces = cache.evaluated();
    let default = engine.catalog.stacks().filter(|entry| entry.default).map(|entry| entry.name.to_string());
    let known = more.iter().map(ToString::to_string).filter(|name| engine.catalog.get(name).is_some());
    let selected: BTreeSet<String> = default.chain(known).collect();
    let options = PreviewOptions { selected, goal: Goal::Programs, targets: Targets::default(), keep_going: false };
    let preview = engine.preview(&options, &traces).await?;
    cache.keep(&traces, &preview.traces);
    engine.share(&preview);
    let record = engine.record(&preview, &traces);
    RunRecords::of(session).leave(session, engine, (Depth::of(&preview), &preview.selected), || record.clone());
    Ok(record)
}

/// Compares with what a run has left. Of stacks that it has not looked at it is compared what their programs read.
fn with_record(
    session: &Session<'_>,
    engine: &Engine<'_>,
    (git, tree): (&Git, &str),
    form: Form<Recorded>,
    now: RunRecord,
) -> Since {
    let Form { conditions, crates, stacks: mut then } = form;
    // What is there, and is not meant now, is not compared: it may have been looked at then.
    then.retain(|stack, _| now.stacks.contains_key(stack) || engine.catalog.get(stack).is_none());
    let unknown = then.iter().filter(|(stack, was)| was.is_none() && now.stacks.contains_key(*stack));
    let unknown: Vec<&str> = unknown.map(|(stack, _)| stack.as_str()).collect();
    let reasons = reasons(session, engine, (git, tree), &now, &unknown);
    let before = then.iter().map(|(stack, recorded)| {
        let known = |recorded: &Recorded| Before::Known(recorded.footprint.clone());
        let is_as_now = || reasons.get(stack).is_some_and(Vec::is_empty);
        let unknown = || if is_as_now() { Before::AsNow } else { Before::Other };
        (stack.clone(), recorded.as_ref().map_or_else(unknown, known))
    });
    let affected = affected((Some(conditions), &before.collect()), (now.conditions, &now.footprints()));
    // Where nothing of what it reads changed it is as it was; otherwise it may be so, and so may those that read it.
    let maybe: Vec<&str> = unknown.into_iter().filter(|stack| affected.stacks.contains_key(*stack)).collect();
    let bound = (!maybe.is_empty()).then(|| format!("no record says what {} was", maybe.join(", ")));
    let then: BTreeMap<String, Recorded> =
        then.into_iter().filter_map(|(stack, recorded)| Some((stack, recorded?))).collect();
    let name = |stack: &String| {
        let record = then.get(stack).and_then(|recorded| recorded.record.as_ref());
        record.map_or_else(|| orphan_name(stack), |record| record.stack.clone())
    };
    let deleted = affected.stacks.iter().filter(|(_, change)| **change == Change::Deleted);
    let deleted = deleted.map(|(stack, _)| name(stack)).collect();
    let crates = if crates.is_empty() { BTreeMap::new() } else { other_crates(session.registry.digests, &crates) };
    Since { affected, deleted, bound, then, now, reasons, crates }
}

/// Why stacks may not be what they were: what of that which their programs read now would have been another then.
fn reasons(
    session: &Session<'_>,
    engine: &Engine<'_>,
    (git, tree): (&Git, &str),
    now: &RunRecord,
    stacks: &[&str],
) -> BTreeMap<String, Vec<Difference>> {
    let unknown = || vec![Difference::new("unknown", "", "no record says what it was")];
    if stacks.is_empty() {
        return BTreeMap::new();
    }
    let of = |directory: &Path| {
        let root = git.check_out(tree, directory).ok()?;
        let workspace = Workspace::open(&root).ok()?;
        let past = Past::new(session, &workspace, &root);
        let files = Files::new(&workspace, &session.variables);
        let inputs = files.inputs(no_outputs);
        let why = |stack: &&str| Some((*stack).to_owned()).zip(past.reasons(engine, now, stack, &inputs));
        Some(stacks.iter().filter_map(why).collect::<BTreeMap<_, _>>())
    };
    let found = tempfile::tempdir().ok().and_then(|directory| of(directory.path())).unwrap_or_default();
    stacks.iter().map(|stack| ((*stack).to_owned(), found.get(*stack).cloned().unwrap_or_else(unknown))).collect()
}

/// The crates of each project that are not as they were.
fn other_crates(digests: &code_digest::Table, then: &BTreeMap<String, Digest>) -> BTreeMap<String, Vec<&'static str>> {
    let of = |project: &code_digest::Project| {
        let closure = digests.project(project.name).into_iter().flat_map(|found| digests.closure(found));
        let other = closure.filter(|(name, own)| then.get(*name) != Some(own)).map(|(name, _)| name);
        (project.name.to_owned(), other.collect())
    };
    digests.projects.iter().map(of).collect()
}

fn code_changed(name: &str) -> Difference {
    Difference::new("code", name, format!("code of `{name}` changed"))
}

/// Compares what programs read now with what they would have found then.
fn without_record(
    session: &Session<'_>,
    engine: &Engine<'_>,
    (git, tree, version): (&Git, &str, &str),
    now: RunRecord,
) -> Result<Since> {
    let directory = tempfile::tempdir().map_err(|error| io("a temporary directory", &error))?;
    let root = git
        .check_out(tree, directory.path())
        .map_err(|said| Diagnostic::error("E0763", format!("git cannot write the files of `{version}`")).note(said))?;
    let unreadable = |found: Diagnostics| {
        let problem = Diagnostic::error("E0764", format!("the workspace of `{version}` cannot be read"))
            .hint("compare with a version that a run has left a record of, or name the stacks");
        std::iter::once(problem).chain(found).collect::<Diagnostics>()
    };
    let workspace = Workspace::open(&root).map_err(unreadable)?;
    let past = Past::new(session, &workspace, &root);
    let files = Files::new(&workspace, &session.variables);
    let inputs = files.inputs(no_outputs);
    let (mut before, mut reasons, mut deleted) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for name in past.stacks(&inputs).map_err(unreadable)? {
        let stack = name.to_string();
        // One that is outside the default selection is compared only if it is meant.
        if engine.catalog.get(&stack).is_none() {
            deleted.push(name);
        } else if !now.stacks.contains_key(&stack) {
            continue;
        }
        let reads = past.reasons(engine, &now, &stack, &inputs);
        let is = if reads.as_ref().is_some_and(Vec::is_empty) { Before::AsNow } else { Before::Other };
        before.insert(stack.clone(), is);
        reasons.insert(stack, reads.unwrap_or_default());
    }
    for (name, foreign) in workspace.foreign_stacks().map_err(unreadable)? {
        let outputs = foreign.outputs().into_iter().map(|(path, node)| (path, node.to_value())).collect();
        before.insert(name, Before::Known(engine::foreign_footprint(&outputs)));
    }
    let conditions = past.conditions(now.conditions);
    let affected = affected((Some(conditions), &before), (now.conditions, &now.footprints()));
    let mut bound = format!("no run has left a record of `{version}`: what programs read is compared");
    if let Code::Unknown(why) = past.code {
        bound = format!("{bound}; all code counts as changed, since that of `{version}` cannot be read: {why}");
    }
    Ok(Since { affected, deleted, bound: Some(bound), then: BTreeMap::new(), now, reasons, crates: BTreeMap::new() })
}

/// The sources of a version.
struct Past<'a> {
    session: &'a Session<'a>,
    workspace: &'a Workspace,
    root: &'a Path,
    code: Code,
}

/// How the code of a version differs.
enum Code {
    /// There is none in the repository.
    Nowhere,
    /// In these crates.
    Crates(Elsewhere),
    /// It cannot be read, for this reason.
    Unknown(String),
}

impl<'a> Past<'a> {
    fn new(session: &'a Session<'a>, workspace: &'a Workspace, root: &'a Path) -> Self {
        let has_code = |root: &Path| root.join("Cargo.toml").is_file();
        let code = if has_code(root) || has_code(session.workspace.root()) {
            code_digest::elsewhere(session.registry.digests, root)
                .map_or_else(|e| Code::Unknown(e.to_string()), Code::Crates)
        } else {
            Code::Nowhere
        };
        Self { session, workspace, root, code }
    }

    /// The stacks that there were.
    fn stacks(&self, inputs: &dyn Inputs) -> std::result::Result<BTreeSet<StackName>, Diagnostics> {
        let (mut stacks, mut found) = (BTreeSet::new(), Diagnostics::new());
        let mut projects = BTreeSet::new();
        with_stacks(&self.root.join("projects"), "", &mut projects);
        for project in &self.session.registry.projects {
            let StackList::Function(list) = project.stack_list() else { continue };
            projects.remove(project.name());
            let manifest = format!("{}/Cargo.toml", self.workspace.project_directory(project.name()));
            // A project that was not there had no stacks; without code its program is the one of now.
            if matches!(self.code, Code::Nowhere) || self.root.join(manifest).is_file() {
                match list(inputs) {
                    Ok(names) => stacks.extend(names.iter().map(|short| StackName::new(project.name(), short))),
                    Err(problems) => found.extend(problems),
                }
            }
        }
        for project in &projects {
            match self.workspace.stacks_of(project) {
                Ok(names) => stacks.extend(names),
                Err(problems) => found.extend(problems),
            }
        }
        found.into_result(stacks)
    }

    /// What of that which the program of a stack reads now would have been another; `None` if it is not known.
    fn reasons(
        &self,
        engine: &Engine<'_>,
        now: &RunRecord,
        stack: &str,
        inputs: &dyn Inputs,
    ) -> Option<Vec<Difference>> {
        let mut why = self.code(engine, stack);
        why.extend(engine.why_other_than(now.stacks.get(stack)?, inputs));
        Some(why)
    }

    /// In which words the code of a stack differs.
    fn code(&self, engine: &Engine<'_>, stack: &str) -> Vec<Difference> {
        let Some(project) = engine.catalog.get(stack).map(|entry| entry.name.project()) else { return Vec::new() };
        match &self.code {
            Code::Nowhere => Vec::new(),
            Code::Unknown(_) => vec![Difference::new("code", project, format!("code of `{project}` may have changed"))],
            Code::Crates(code) => {
                let crates = code.differing(self.session.registry.digests, project);
                crates.iter().map(|name| code_changed(name)).collect()
            }
        }
    }

    /// What held for all stacks then, as far as the sources say it: the digests of now, or others.
    fn conditions(&self, now: Conditions) -> Conditions {
        let then = self.workspace.settings().profile(&self.session.profile.name);
        let same_profile = then.is_ok_and(|then| self.session.profile_digest(then) == now.profile);
        let same_schemas = match &self.code {
            Code::Nowhere => true,
            Code::Unknown(_) => false,
            Code::Crates(code) => !code.other.iter().any(|name| name.starts_with("schemas-")),
        };
        let digest = |same: bool, now| if same { now } else { plan::absent() };
        Conditions { schemas: digest(same_schemas, now.schemas), profile: digest(same_profile, now.profile), ..now }
    }
}

/// The projects below a directory that have stack files.
fn with_stacks(directory: &Path, name: &str, found: &mut BTreeSet<String>) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(std::result::Result::ok);
    for entry in entries.filter(|entry| entry.path().is_dir()) {
        let file = entry.file_name().to_string_lossy().into_owned();
        if file == "stacks" {
            found.insert(name.to_owned());
        } else {
            let dotted = if name.is_empty() { file } else { format!("{name}.{file}") };
            with_stacks(&entry.path(), &dotted, found);
        }
    }
}
