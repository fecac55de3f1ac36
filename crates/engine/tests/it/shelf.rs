//! A workspace in memory whose programs read what their stack files tell them to.
//!
//! ```toml
//! label = "x"                # of the one resource `main`
//! cidr = "10.0.0.0/16"       # of it; another one is another object
//! files = ["notes.txt"]      # each a resource with the text, or `none`, as its label
//! lists = ["conf.d"]         # each a resource with the names in it
//! variables = ["REGION"]     # each a resource with the value, or `unset`
//! zone = true                # asks the world lock
//! shout = true               # calls a named function
//! reads = ["a.QA:text"]      # each a resource with the output as its label
//! plain = "a.QA:count"       # as many resources as it says
//! [outputs]
//! text = "any"               # also `@` for the id of `main`, `@Label`, and `#a.QA:text`
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use config::Node;
use diag::{Diagnostic, Diagnostics, Place};
use engine::{
    ApplyOptions, Budget, Catalog, Engine, Events, Goal, Instance, Preview, PreviewOptions, Providers, RunRecord,
    StackEntry, Traces,
};
use expr::Expr;
use plan::{Declaration, Inputs, OutputRead, PlanFunction, Project, WorldQuery};
use policy::Policies;
use ports::StateStore;
use resource::StackName;
use store::LocalStore;
use tokio::sync::watch;
use value::{Digest, Path, Type, Value};

use crate::cloud::Cloud;
use crate::fixture;
use crate::keys::Keys;
use crate::programs::Leaves;

/// What evaluations read; a copy of it is another version of the sources.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// Stack files, by full name; every stack is a project of its own.
    pub(crate) stacks: BTreeMap<String, String>,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) variables: BTreeMap<String, String>,
    /// What the world lock of every stack says.
    pub(crate) zone: String,
    /// How often the code of a project was edited; `*` = that of a library that all are built of.
    pub(crate) code: BTreeMap<String, usize>,
    /// How often the source of the named function was edited.
    pub(crate) function: usize,
}

impl Sources {
    pub(crate) fn code(&self, project: &str) -> usize {
        self.code.get(project).copied().unwrap_or_default()
    }
}

impl Inputs for Sources {
    fn config(&self, stack: &StackName) -> Result<Node, Diagnostics> {
        config::parse(&format!("{stack}.toml"), self.stacks.get(&stack.to_string()).map_or("", String::as_str))
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        Ok(self.files.get(path).map(|text| text.clone().into_bytes()))
    }

    fn list(&self, directory: &str) -> Result<Option<Vec<String>>, Diagnostic> {
        let inside = self.files.keys().filter_map(|path| path.strip_prefix(directory)?.strip_prefix('/'));
        let names: Vec<String> = inside.map(str::to_owned).collect();
        Ok((!names.is_empty()).then_some(names))
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn world(&self, _: &StackName, _: &str, _: &Value) -> Result<Option<Value>, Diagnostics> {
        Ok(Some(Value::from(self.zone.as_str())))
    }

    fn output(&self, _: &str, _: &Path) -> OutputRead {
        OutputRead::NotYet
    }
}

/// The workspace, its state and its vendor.
pub(crate) struct Shelf {
    dir: tempfile::TempDir,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) sources: Sources,
    pub(crate) traces: Traces,
    pub(crate) jobs: usize,
}

impl Shelf {
    /// A workspace of these stacks: name and stack file.
    pub(crate) fn of(stacks: &[(&str, &str)]) -> Self {
        let stacks = stacks.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Self {
            dir: tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory"),
            cloud: Cloud::new(fixture::catalog()),
            sources: Sources { stacks, zone: "one".to_owned(), ..Sources::default() },
            traces: Traces::new(),
            jobs: 1,
        }
    }

    /// Changes the file of a stack.
    #[track_caller]
    pub(crate) fn edit(&mut self, stack: &str, from: &str, to: &str) {
        let text = self.sources.stacks.get_mut(stack).expect("a stack");
        assert!(text.contains(from), "{stack} has no `{from}`");
        *text = text.replace(from, to);
    }

    /// Edits the code of a project; `*` = that of a library.
    pub(crate) fn edit_code(&mut self, project: &str) {
        *self.sources.code.entry(project.to_owned()).or_default() += 1;
    }

    /// Puts the state somewhere else, where there is none yet.
    pub(crate) fn elsewhere(&mut self) {
        self.dir = tempfile::tempdir().expect("a directory");
    }

    pub(crate) fn store(&self) -> LocalStore {
        LocalStore::open(self.dir.path().to_owned(), store::Settings::default())
    }

    pub(crate) async fn with<T>(&self, work: impl AsyncFnOnce(&Engine<'_>) -> T) -> T {
        let names: Vec<StackName> = self.sources.stacks.keys().map(|name| split(name)).collect();
        let projects: Vec<Project> = names.iter().map(|name| project(name.project())).collect();
        let code = |name: &StackName| {
            let edits = (self.sources.code("*"), self.sources.code(name.project()), self.sources.function);
            (name.project().to_owned(), Digest::of("code", format!("{edits:?}").as_bytes()))
        };
        let entries = names.iter().enumerate().map(|(project, name)| StackEntry {
            name: name.clone(),
            project,
            default: name.environment() != "Dev",
        });
        let engine = Engine {
            organisation: "test".to_owned(),
            projects: &projects,
            code: names.iter().map(code).collect(),
            functions: BTreeMap::from([(
                SHOUT.to_owned(),
                Digest::of("source", &[u8::try_from(self.sources.function).expect("few")]),
            )]),
            inputs: &self.sources,
            catalog: Arc::new(Catalog::new(entries, BTreeMap::new())),
            store: Arc::new(self.store()),
            providers: Providers::within(
                vec![self.cloud.clone()],
                BTreeMap::from([(None, Instance { values: BTreeMap::new() })]),
                &BTreeMap::from([("cloud".to_owned(), Budget::default())]),
            ),
            secrets: Arc::new(Keys),
            given: BTreeMap::new(),
            shared: None,
            profile_name: "test".to_owned(),
            profile: Digest::of("profile", b""),
            policies: Policies::default(),
            ignore_protection: false,
            jobs: self.jobs,
            root: self.dir.path().to_owned(),
        };
        work(&engine).await
    }

    async fn preview_with(&self, traces: &Traces) -> (Preview, RunRecord) {
        let options = PreviewOptions {
            selected: self.sources.stacks.keys().cloned().collect(),
            goal: Goal::Programs,
            targets: diff::Targets::default(),
            keep_going: false,
        };
        self.with(async |engine| {
            let preview = engine.preview(&options, traces).await.expect("a preview");
            let record = engine.record(&preview, traces);
            (preview, record)
        })
        .await
    }

    /// The preview of everything, with the record that it leaves.
    pub(crate) async fn preview(&mut self) -> (Preview, RunRecord) {
        let (preview, record) = self.preview_with(&self.traces).await;
        self.traces.extend(preview.traces.clone());
        (preview, record)
    }

    /// The same from scratch: nothing is remembered of earlier evaluations.
    pub(crate) async fn preview_from_scratch(&self) -> Preview {
        self.preview_with(&Traces::new()).await.0
    }

    /// Applies everything.
    pub(crate) async fn up(&mut self) {
        for _ in 0..5 {
            let (preview, _) = self.preview().await;
            if preview.changes.is_empty() {
                return;
            }
            let options = ApplyOptions {
                command: "up".to_owned(),
                stop_at_failure: true,
                cancel: watch::channel(false).1,
                children: engine::Children::default(),
            };
            let report = self.with(async |engine| engine.apply(&preview, options, &Events::none()).await).await;
            assert!(report.expect("starts").failed.is_empty());
        }
        panic!("it does not come to an end");
    }

    /// What the last evaluation of a stack read that is another now.
    pub(crate) async fn why(&self, stack: &str) -> Vec<String> {
        let why = self.with(async |engine| engine.why_evaluated(stack, &self.traces[stack])).await;
        why.into_iter().map(|difference| difference.text).collect()
    }

    /// The digest of the newest published outputs, by stack and path.
    pub(crate) async fn published(&self) -> BTreeMap<(String, Path), Digest> {
        let heads = self.store().heads().await.expect("heads");
        let outputs = heads.into_iter().flat_map(|head| {
            let stack = head.stack.to_string();
            head.outputs.into_iter().map(move |(path, output)| ((stack.clone(), path), output.digest))
        });
        outputs.collect()
    }
}

/// The name of the function that programs call.
const SHOUT: &str = "shelf::shout";

static FUNCTIONS: [PlanFunction; 1] = [PlanFunction {
    name: SHOUT,
    call: |args| Ok(Value::from(args.iter().filter_map(Value::as_str).collect::<String>().to_uppercase())),
}];

struct Zone;

impl WorldQuery for Zone {
    type Answer = String;
    const NAME: &'static str = "test:zone";

    fn arguments(&self) -> Value {
        Value::map([("region", "here")])
    }
}

pub(crate) fn split(name: &str) -> StackName {
    let (project, short) = name.split_once('.').expect("project.stack");
    StackName::new(project, short)
}

fn project(name: &str) -> Project {
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    Project::new(name, declare).functions(&FUNCTIONS)
}

fn declare(stack: &plan::Stack, config: Value) -> plan::Result<plan::Plan<Leaves>> {
    let text = |key: &str| config.get(key).and_then(Value::as_str).map(str::to_owned);
    let texts = |key: &str| -> Vec<String> {
        let items = config.get(key).and_then(Value::as_list).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let known = |text: String| Expr::Value(Value::from(text));
    let mut labels: Vec<(String, Expr)> = Vec::new();
    for path in texts("files") {
        let label = stack.optional_file(&path)?.unwrap_or_else(|| "none".to_owned());
        labels.push((format!("file-{path}"), known(label)));
    }
    for path in texts("lists") {
        labels.push((format!("list-{path}"), known(stack.list(&path)?.join(" "))));
    }
    for name in texts("variables") {
        let label = stack.variable(&name).unwrap_or_else(|| "unset".to_owned());
        labels.push((format!("variable-{name}"), known(label)));
    }
    if config.get("zone").is_some() {
        labels.push(("zone".to_owned(), known(stack.world(Zone)?)));
    }
    if config.get("shout").is_some() {
        let args = vec![known("hello".to_owned())];
        labels.push(("shout".to_owned(), Expr::Function { name: SHOUT.to_owned(), ty: Type::String, args }));
    }
    labels.extend(
        texts("reads").iter().map(|read| (format!("reads {read}").replace([' ', ':', '.'], "-"), output(read))),
    );
    if let Some(read) = text("plain") {
        let count: i64 = stack.read(&plan::Output::from_expr(output(&read)))?;
        labels.extend((0..count).map(|n| (format!("plain-{n}"), known("plain".to_owned()))));
    }
    let mut draft = stack.plan();
    let mut main = vec![("Label", known(text("label").unwrap_or_default()))];
    main.extend(text("cidr").map(|cidr| ("Cidr", known(cidr))));
    let mut declare = |name: &str, properties: Vec<(&str, Expr)>| {
        let mut declaration = Declaration::new("Vpc", name.replace([' ', ':', '.', '/'], "-"));
        declaration.properties = properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        draft.declare(declaration, Place::new("shelf", 1, 1));
    };
    declare("main", main);
    labels.into_iter().for_each(|(name, label)| declare(&name, vec![("Label", label)]));
    let outputs = config.get("outputs").and_then(Value::as_map).into_iter().flat_map(|map| map.iter());
    let attribute = |path: &str| Expr::Attribute {
        urn: format!("{}::Vpc::main", stack.name().project()),
        path: Path::key(path),
        ty: Type::String,
    };
    let leaf = |value: &Value| match value.as_str() {
        Some("@") => attribute("VpcId"),
        Some("@Label") => attribute("Label"),
        Some(read) if read.starts_with('#') => output(&read[1..]),
        _ => Expr::Value(value.clone()),
    };
    let leaves = outputs.map(|(name, value)| (Path::key(name), leaf(value))).collect();
    draft.finish(Leaves(leaves))
}

fn output(text: &str) -> Expr {
    let (stack, path) = text.split_once(':').expect("stack:path");
    Expr::Output { stack: stack.to_owned(), path: path.parse().expect("a path"), ty: Type::Any, optional: false }
}
