//! Every command means the same stacks: on random graphs, with random selections, against a model that is worked out from
//! the graph alone. The binary of this test is both the runner and the test of it.

#![expect(missing_docs, reason = "it is a test, whose derived code is public")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use cli::Registry;
use plan::prelude::*;
use serde_json::Value;
use types_aws_ec2::{SecurityGroup, Vpc};

/// What makes this process the runner: one that knows its code, or not.
const RUNNER: &str = "SELECTS_RUNNER";

static NO_CODE: code_digest::Table = code_digest::Table { toolchain: "", projects: &[], crates: &[], files: &[] };

/// Stands for what a registry's build script writes, so that something is kept.
static CODE: code_digest::Table = code_digest::Table {
    toolchain: "",
    projects: &[
        code_digest::Project { name: "app", directory: "projects/app" },
        code_digest::Project { name: "net", directory: "projects/net" },
    ],
    crates: &[of_crate("app", "projects/app"), of_crate("net", "projects/net")],
    files: &[],
};

const fn of_crate(name: &'static str, directory: &'static str) -> code_digest::Crate {
    code_digest::Crate { name, directory, own: [1; 32], code: [1; 32], source: [1; 32], closure: &[] }
}

/// A stack reads outputs of those that its file names.
#[derive(Config)]
struct Settings {
    reads: Vec<String>,
}

#[derive(Clone, Debug, Outputs)]
#[outputs(project = "net")]
pub struct Net {
    pub id: Output<String>,
}

#[derive(Clone, Debug, Outputs)]
#[outputs(project = "app")]
pub struct App {
    pub id: Output<String>,
}

/// What the stacks of a file export, whatever project they are of.
fn read(stack: &Stack, full: &str) -> Output<String> {
    match full.split_once('.') {
        Some(("net", short)) => stack.reference::<Net>(short).id,
        Some((_, short)) => stack.reference::<App>(short).id,
        None => Output::known(full.to_owned()),
    }
}

fn declare(stack: &Stack, settings: &Settings, plan: &mut plan::Draft) -> Output<String> {
    for (number, full) in settings.reads.iter().enumerate() {
        SecurityGroup::new(format!("reads-{number}")).group_description(read(stack, full)).declare(plan);
    }
    Vpc::new("main").cidr_block("10.0.0.0/16").declare(plan).vpc_id()
}

fn net(stack: &Stack, settings: Settings) -> Result<Plan<Net>> {
    let mut plan = stack.plan();
    let id = declare(stack, &settings, &mut plan);
    plan.finish(Net { id })
}

fn app(stack: &Stack, settings: Settings) -> Result<Plan<App>> {
    let mut plan = stack.plan();
    let id = declare(stack, &settings, &mut plan);
    plan.finish(App { id })
}

fn main() -> ExitCode {
    if let Some(of) = std::env::var_os(RUNNER) {
        let projects = vec![Project::new("net", net), Project::new("app", app)];
        let digests = if of == "code" { &CODE } else { &NO_CODE };
        return cli::main(Registry { projects, policies: Vec::new(), digests });
    }
    (0..6).for_each(cache_14_every_command_means_the_same_stacks_on_a_random_graph);
    what_queries_keep_is_never_older_than_the_files();
    ExitCode::SUCCESS
}

/// Numbers that look like chance, and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

/// Stacks, and which each of them reads, by their numbers.
struct Graph {
    names: Vec<String>,
    reads: Vec<BTreeSet<usize>>,
}

/// The stacks that can be reached from these by `step`, these included.
fn closure(from: &BTreeSet<usize>, step: impl Fn(usize) -> BTreeSet<usize>) -> BTreeSet<usize> {
    let (mut found, mut open) = (from.clone(), from.iter().copied().collect::<Vec<_>>());
    while let Some(stack) = open.pop() {
        open.extend(step(stack).into_iter().filter(|next| found.insert(*next)));
    }
    found
}

impl Graph {
    /// With cycles now and then.
    fn new(numbers: &mut Numbers) -> Self {
        let environments = ["CI", "QA", "Dev"];
        let mut names = Vec::new();
        for project in ["net", "app"] {
            for scope in ["a", "b"] {
                names.extend(environments.iter().map(|environment| format!("{project}.{scope}.{environment}")));
            }
        }
        let size = names.len();
        let mut reads = vec![BTreeSet::new(); size];
        for _ in 0..size + numbers.below(size) {
            let (from, to) = (numbers.below(size), numbers.below(size));
            // What is selected by default reads nothing that is not: that is not published.
            if from != to && (names[from].ends_with("Dev") || !names[to].ends_with("Dev")) {
                reads[from].insert(to);
            }
        }
        Self { names, reads }
    }

    /// Makes a workspace of it.
    fn write(&self, root: &Path) {
        write(
            root,
            "groundplan.toml",
            "organisation = \"selects\"\nenvironments = [\"CI\", \"QA\"]\nknown_environments = [\"Dev\"]\n\
             [profiles.sandbox]\nprovider = \"sandbox\"\naccount = \"123456789012\"\nregion = \"us-east-1\"\n",
        );
        write(root, ".groundplan/sandbox/knobs.toml", "latency = 0.0\n");
        (0..self.names.len()).for_each(|number| self.write_stack(root, number));
    }

    fn write_stack(&self, root: &Path, number: usize) {
        let (project, short) = self.names[number].split_once('.').expect("project.stack");
        let reads: Vec<&String> = self.reads[number].iter().map(|other| &self.names[*other]).collect();
        write(root, &format!("projects/{project}/stacks/{short}.toml"), &format!("reads = {reads:?}\n"));
    }

    fn upstream(&self, from: &BTreeSet<usize>) -> BTreeSet<usize> {
        closure(from, |stack| self.reads[stack].clone())
    }

    /// Readers are those of the default selection.
    fn downstream(&self, from: &BTreeSet<usize>) -> BTreeSet<usize> {
        let default = self.where_name(|name| !name.ends_with(".Dev"));
        closure(from, |stack| default.iter().copied().filter(|other| self.reads[*other].contains(&stack)).collect())
    }

    fn where_name(&self, holds: impl Fn(&str) -> bool) -> BTreeSet<usize> {
        (0..self.names.len()).filter(|number| holds(&self.names[*number])).collect()
    }

    /// Words of a selection, and what they mean.
    fn selection(&self, numbers: &mut Numbers) -> (Vec<String>, BTreeSet<usize>) {
        let default = self.where_name(|name| !name.ends_with(".Dev"));
        let one = numbers.below(self.names.len());
        let (name, single) = (&self.names[one], BTreeSet::from([one]));
        let words = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<String>>();
        match numbers.below(8) {
            0 => (Vec::new(), default),
            1 => (words("--env|QA"), self.where_name(|name| name.rsplit('.').next() == Some("QA"))),
            2 => (words("net"), self.where_name(|name| name.starts_with("net.") && !name.ends_with(".Dev"))),
            3 => (words("*.b.*"), self.where_name(|name| name.contains(".b.") && !name.ends_with(".Dev"))),
            4 => (words(&format!("{name}|--with-upstream")), self.upstream(&single)),
            5 => (words(&format!("{name}|--with-downstream")), self.downstream(&single)),
            6 => {
                let found = &(&self.upstream(&single) | &default) - &single;
                (vec![format!("(deps({name}) | *) - {name}")], found)
            }
            _ => {
                let found = self.downstream(&single);
                (vec![format!("rdeps({name})")], found)
            }
        }
    }
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("is made");
    fs::write(path, text).expect("is written");
}

/// Runs the runner in a directory; what it says.
#[track_caller]
fn say(directory: &Path, command: &str, words: &[String], code: i32) -> String {
    say_of("no code", directory, command, words, code)
}

/// The same of a runner that knows its code, if so.
#[track_caller]
fn say_of(which: &str, directory: &Path, command: &str, words: &[String], code: i32) -> String {
    let mut runner = Command::new(std::env::current_exe().expect("this test"));
    runner.env(RUNNER, which).arg("-C").arg(directory).args(command.split(' ')).args(words);
    let output = runner.output().expect("runs");
    let said = String::from_utf8(output.stdout).expect("is text");
    let problem = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{command} {words:?}\n{said}{problem}");
    said
}

/// Runs the runner in a directory; its events.
#[track_caller]
fn run(directory: &Path, command: &str, words: &[String], code: i32) -> Vec<Value> {
    let said = say(directory, &format!("{command} --json"), words, code);
    said.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect()
}

/// The stacks of a diagram as a list: that of its title, or those within their projects; what is outside is on no list.
fn of_graph(text: &str) -> BTreeSet<String> {
    let mut lines = text.lines();
    let title = lines.next().expect("a title");
    if title != "selects" {
        return BTreeSet::from([title.to_owned()]);
    }
    let (mut project, mut found) = ("", BTreeSet::new());
    for line in lines {
        let word = line.split_whitespace().next().expect("a word");
        match line.len() - line.trim_start().len() {
            2 => project = word,
            _ => drop(found.insert(format!("{project}.{word}"))),
        }
    }
    found
}

fn names<'a>(list: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    let name = |item: &Value| item["stack"].as_str().or(item.as_str()).map(str::to_owned);
    list.into_iter().filter_map(name).collect()
}

/// The stacks of a preview: those with something to do, those with nothing, and those that wait.
fn of_preview(event: &Value) -> BTreeSet<String> {
    let lists = ["stacks", "unchanged"].into_iter().flat_map(|key| event[key].as_array().expect("a list"));
    let deferred = event["deferred"].as_object().into_iter().flat_map(|map| map.keys().cloned());
    names(lists).into_iter().chain(deferred).collect()
}

fn cache_14_every_command_means_the_same_stacks_on_a_random_graph(seed: u64) {
    let mut numbers = Numbers(seed);
    let graph = Graph::new(&mut numbers);
    let directory = tempfile::tempdir().expect("a directory");
    graph.write(directory.path());
    let run = |command: &str, words: &[String], code| run(directory.path(), command, words, code);
    let default = graph.where_name(|name| !name.ends_with(".Dev"));
    // So that whatever is selected finds what it reads published.
    run("up --yes --env CI --env QA --env Dev", &[], 0);
    // A pipeline is of the default selection, and each stack has one place in it.
    let pipeline = say(directory.path(), "pipeline github", &[], 0);
    let is_remark = |line: &&str| line.trim_start().starts_with('#');
    let pipeline = pipeline.lines().filter(|line| !is_remark(line)).collect::<Vec<_>>().join("\n");
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    for (number, name) in graph.names.iter().enumerate() {
        let places = pipeline.split(|c| !is_part(c)).filter(|word| word == name).count();
        assert_eq!(places, usize::from(default.contains(&number)), "seed {seed}: {name} in\n{pipeline}");
    }
    for _ in 0..8 {
        let (words, meant) = graph.selection(&mut numbers);
        let meant: BTreeSet<String> = meant.into_iter().map(|number| graph.names[number].clone()).collect();
        let why = format!("seed {seed}: {words:?}");
        assert_eq!(names(&run("stacks", &words, 0)), meant, "stacks, {why}");
        assert_eq!(names(&run("evaluate", &words, 0)), meant, "evaluate, {why}");
        assert_eq!(names(&run("explain", &words, 0)), meant, "explain, {why}");
        assert_eq!(of_graph(&say(directory.path(), "graph --all", &words, 0)), meant, "graph, {why}");
        assert_eq!(of_preview(&run("preview", &words, 0)[0]), meant, "preview, {why}");
        assert_eq!(of_preview(&run("up --yes", &words, 0)[0]), meant, "up, {why}");
    }
}

/// Edits come after the files were at rest and were asked about until the answer is kept, and one right after the other.
fn what_queries_keep_is_never_older_than_the_files() {
    let mut numbers = Numbers(7);
    let mut graph = Graph::new(&mut numbers);
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path();
    graph.write(root);
    let ask = |graph: &Graph, numbers: &mut Numbers, why: &str| {
        for stack in [0, numbers.below(graph.names.len())] {
            let query = format!("rdeps({}) | deps({})", graph.names[stack], graph.names[stack]);
            let one = BTreeSet::from([stack]);
            let meant = &graph.downstream(&one) | &graph.upstream(&one);
            let meant: BTreeSet<String> = meant.into_iter().map(|number| graph.names[number].clone()).collect();
            let said = say_of("code", root, "stacks --names", std::slice::from_ref(&query), 0);
            assert_eq!(said.lines().map(str::to_owned).collect::<BTreeSet<_>>(), meant, "{query}, {why}");
        }
    };
    let kept = || {
        let records = walk(&root.join(".groundplan/cache/ac"));
        records.into_iter().map(|path| fs::metadata(path).and_then(|data| data.modified()).expect("a time")).max()
    };
    for round in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(2_100));
        ask(&graph, &mut numbers, "at rest");
        let before = kept();
        ask(&graph, &mut numbers, "all as it was");
        assert!(round == 0 || before <= kept());
        let before = kept();
        ask(&graph, &mut numbers, "found in short");
        assert_eq!(before, kept(), "what is found in short is not kept again");
        for _ in 0..3 {
            let (from, to) = (numbers.below(graph.names.len()), numbers.below(graph.names.len()));
            if from != to && !graph.reads[from].remove(&to) {
                graph.reads[from].insert(to);
            }
            graph.write_stack(root, from);
            ask(&graph, &mut numbers, "after an edit");
        }
        // A stack comes and goes.
        write(root, "projects/net/stacks/c.QA.toml", "reads = [\"net.a.CI\"]\n");
        let said = say_of("code", root, "stacks --names", &["rdeps(net.a.CI)".to_owned()], 0);
        assert!(said.lines().any(|name| name == "net.c.QA"), "{said}");
        fs::remove_file(root.join("projects/net/stacks/c.QA.toml")).expect("is removed");
        ask(&graph, &mut numbers, "without the stack that came");
    }
}

/// All files below a directory.
fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
