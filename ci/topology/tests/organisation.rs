//! The organisation of 311 stacks, made and built as a workspace of its own, with the real command line.
//!
//! What a change must reach is worked out from the data alone, and compared with what a preview says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use resource::StackName;
use serde_json::Value;
use topology::{Exported, Organisation, Stack, fill, write};

/// A built workspace.
struct House {
    root: PathBuf,
    target: PathBuf,
    organisation: Organisation,
    stacks: BTreeMap<StackName, Stack>,
}

impl House {
    /// Makes and builds one, with the registry crates that are built already.
    fn new(directory: &Path) -> Self {
        let organisation = Organisation::found().expect("it is read");
        let stacks = fill(&organisation);
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("a checkout");
        let root = directory.join("organisation");
        let mut new = cargo(&checkout);
        new.args(["run", "--quiet", "--package", "runner", "--", "new", "workspace", "--organisation", "topology"]);
        write::workspace(&root, &organisation, &stacks, &mut new).expect("it is made");
        let house = Self { target: directory.join("target"), root, organisation, stacks };
        let mut build = cargo(&house.root);
        build.args(["build", "--package", "runner"]).env("CARGO_TARGET_DIR", &house.target);
        if std::env::var_os("CARGO_BUILD_BUILD_DIR").is_none() {
            build.env("CARGO_BUILD_BUILD_DIR", checkout.join("target"));
        }
        let built = build.output().expect("cargo runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        house
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut runner = Command::new(self.target.join("debug/runner"));
        runner.current_dir(&self.root).args(arguments).output().expect("the runner runs")
    }

    fn ran(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    /// The preview of everything, as data.
    fn preview(&self) -> Value {
        let output = self.run(&["preview", "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        events(&output).swap_remove(0)
    }

    /// Writes the file of a stack with one output changed.
    fn change(&mut self, stack: &StackName, output: &str) {
        let exported = self.stacks.get_mut(stack).and_then(|stack| stack.outputs.get_mut(output)).expect("it is there");
        exported.value = format!("another {}", exported.value);
        let text = toml::to_string(&self.stacks[stack]).expect("TOML");
        std::fs::write(self.root.join(write::stack_file(stack)), text).expect("written");
    }

    /// The stacks of the default selection.
    fn selected(&self) -> BTreeSet<String> {
        let selected = |name: &&StackName| !matches!(name.environment(), "Dev" | "dev");
        self.organisation.stacks.iter().filter(selected).map(ToString::to_string).collect()
    }

    /// The stacks that have to be compared when an output changes: its own, and whoever reads it or an output that is
    /// made of it.
    fn reached(&self, stack: &StackName, output: &str) -> BTreeSet<String> {
        let mut changed = BTreeSet::from([(stack.clone(), output.to_owned())]);
        let mut open: Vec<(StackName, String)> = changed.iter().cloned().collect();
        let mut reached = BTreeSet::from([stack.to_string()]);
        while let Some((source, output)) = open.pop() {
            let readers = self.organisation.edges.iter();
            let readers = readers.filter(|edge| edge.source == source && edge.outputs.contains(&output));
            for reader in readers.map(|edge| &edge.reader) {
                reached.insert(reader.to_string());
                let made_of = |exported: &Exported| {
                    exported.from.as_ref().is_some_and(|from| {
                        StackName::new(&from.project, &from.stack) == source && from.output == output
                    })
                };
                for (own, exported) in &self.stacks[reader].outputs {
                    if made_of(exported) && changed.insert((reader.clone(), own.clone())) {
                        open.push((reader.clone(), own.clone()));
                    }
                }
            }
        }
        reached.intersection(&self.selected()).cloned().collect()
    }

    /// The output whose change reaches most stacks beyond those that read it themselves.
    fn furthest(&self) -> (StackName, String) {
        let outputs =
            self.stacks.iter().flat_map(|(stack, held)| held.outputs.keys().map(move |output| (stack, output)));
        let beyond = |(stack, output): &(&StackName, &String)| {
            self.reached(stack, output).len()
                - self.readers(stack)[output.as_str()].min(self.reached(stack, output).len())
        };
        let (stack, output) = outputs.max_by_key(beyond).expect("an output");
        assert!(beyond(&(stack, output)) > 10, "nothing reaches far: {stack}:{output}");
        (stack.clone(), output.clone())
    }

    /// Two stacks read some that are not there: they say so, and stand in the way of others only without
    /// `--keep-going`.
    fn what_reads_nothing_is_passed_over(&self) {
        let there = &self.organisation.stacks;
        let missing: Vec<_> = self.organisation.edges.iter().filter(|edge| !there.contains(&edge.source)).collect();
        let readers: BTreeSet<String> = missing.iter().map(|edge| edge.reader.to_string()).collect();
        assert_eq!((missing.len(), readers.len()), (5, 2));
        let others: BTreeSet<String> = there
            .iter()
            .map(ToString::to_string)
            .filter(|name| !self.selected().contains(name) && !readers.contains(name))
            .collect();
        let preview =
            |word: &[&str]| self.run(&[&["preview", "--json", "--env", "Dev", "--env", "dev"], word].concat());

        for (word, previews) in [(&[][..], 0), (&["--keep-going"], 1)] {
            let output = preview(word);
            assert_eq!(output.status.code(), Some(10), "{}", String::from_utf8_lossy(&output.stderr));
            let said = events(&output);
            assert_eq!(said.iter().filter(|event| event["event"] == "preview").count(), previews);
            if previews > 0 {
                assert_eq!(touched(&said[0]), others);
                assert_eq!(said[0]["failed"], serde_json::json!(readers));
            }
            let problems: Vec<&Value> = said.iter().map(|event| &event["problem"]).filter(|p| !p.is_null()).collect();
            let named = |edge: &&&topology::Edge| {
                let named = format!("`{}`", edge.source);
                problems.iter().any(|problem| problem["message"].as_str().expect("text").contains(&named))
            };
            assert_eq!(missing.iter().filter(named).count(), missing.len(), "{problems:?}");
            for problem in problems {
                assert_eq!(problem["code"], "E0303");
                assert_eq!(problem["place"]["file"], "crates/synthetic/src/lib.rs", "{problem}");
            }
        }
    }

    /// The outputs of a stack by how many stacks read them.
    fn readers(&self, stack: &StackName) -> BTreeMap<&str, usize> {
        let outputs = self.stacks[stack].outputs.keys();
        let count = |output: &String| {
            self.organisation.edges.iter().filter(|edge| edge.source == *stack && edge.outputs.contains(output)).count()
        };
        outputs.map(|output| (output.as_str(), count(output))).collect()
    }
}

/// Cargo, as a user would start it in a directory.
fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(directory).env("CARGO_NET_OFFLINE", "true");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_BIN_") {
            command.env_remove(&*name);
        }
    }
    command
}

/// What a command said, as data.
fn events(output: &Output) -> Vec<Value> {
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
}

/// What the resources of a stack are tagged with in a preview: what the stack reads.
fn tagged(preview: &Value, stack: &StackName) -> BTreeMap<String, Value> {
    let stacks = preview["stacks"].as_array().expect("stacks");
    let set = stacks.iter().find(|set| set["stack"] == stack.to_string()).expect("the stack changes");
    let resources = set["resources"].as_array().expect("resources").iter();
    let tags = resources.filter_map(|resource| resource["properties"]["Tags"].as_array()).flatten();
    tags.map(|tag| (tag["Key"].as_str().expect("a key").to_owned(), tag["Value"].clone())).collect()
}

/// The stacks that a preview compared and found to differ.
fn touched(preview: &Value) -> BTreeSet<String> {
    let stacks = preview["stacks"].as_array().expect("stacks");
    stacks.iter().map(|set| set["stack"].as_str().expect("a name").to_owned()).collect()
}

#[test]
#[ignore = "builds a workspace of 90 crates: `cargo test -p topology -- --ignored`"]
fn a_change_reaches_exactly_the_readers_of_what_changes() {
    let temporary = tempfile::tempdir().expect("a directory");
    let mut house = House::new(temporary.path());

    // Everything in one preview, nothing applied yet: no stack waits, no mock, and both of each pair are there.
    let first = house.preview();
    assert_eq!(touched(&first), house.selected());
    assert_eq!(house.selected().len(), 304);
    assert_eq!(first["deferred"], serde_json::json!({}));
    let pairs = house.organisation.pairs();
    assert_eq!(pairs.len(), 12);
    for (one, other) in &pairs {
        for (reader, source) in [(one, other), (other, one)] {
            let tags = tagged(&first, reader);
            let edges = house.organisation.edges.iter().filter(|edge| edge.reader == *reader && edge.source == *source);
            for output in edges.flat_map(|edge| &edge.outputs) {
                let value = &tags[&format!("{source}:{output}")];
                let text = &house.stacks[source].outputs[output].value;
                let known = value.as_str().is_some_and(|value| value.starts_with(text.as_str()));
                let unknown = value.to_string().contains("$unknown") && value.to_string().contains(output.as_str());
                assert!(known || unknown, "{source}:{output} is {value} for {reader}");
            }
        }
    }
    let said = house.ran(&["up", "--yes"]);
    assert!(said.contains(" in 304 stacks"), "{said}");
    assert!(house.ran(&["up", "--yes"]).contains("nothing to do: 304 stacks, 304 from cache"), "none is evaluated");
    house.what_reads_nothing_is_passed_over();

    // The zones of the organisation: 80 stacks read them, each another output.
    let dns = StackName::new("infrastructure.aws.dns", "default");
    let readers: BTreeMap<String, usize> = house.readers(&dns).into_iter().map(|(o, n)| (o.to_owned(), n)).collect();
    let unread: Vec<&String> = readers.iter().filter(|(_, readers)| **readers == 0).map(|(output, _)| output).collect();
    let mut most: Vec<(&String, usize)> = readers.iter().map(|(output, readers)| (output, *readers)).collect();
    most.sort_by_key(|(output, readers)| (std::cmp::Reverse(*readers), (*output).clone()));
    let (read, direct) = most[0];
    assert!(direct >= 15 && !unread.is_empty(), "{readers:?}");

    house.change(&dns, unread[0]);
    assert_eq!(touched(&house.preview()), BTreeSet::from([dns.to_string()]), "nobody reads it");
    house.change(&dns, read);
    let reached = house.reached(&dns, read);
    let outside = house.organisation.edges.iter().filter(|edge| {
        edge.source == dns && edge.outputs.contains(read) && !house.selected().contains(&edge.reader.to_string())
    });
    assert_eq!(reached.len(), direct + 1 - outside.count(), "all that are selected, and the stack itself");
    assert_eq!(touched(&house.preview()), reached, "`{read}` of {dns} changes");
    house.ran(&["up", "--yes"]);
    assert!(house.ran(&["up", "--yes"]).contains("nothing to do: 304 stacks"));

    // One of a pair that reads each other, and the output that reaches furthest beyond those that read it themselves.
    let of_pair = pairs.first().map(|(stack, _)| {
        let most = house.readers(stack).into_iter().max_by_key(|(_, readers)| *readers);
        (stack.clone(), most.expect("an output").0.to_owned())
    });
    for (stack, output) in of_pair.into_iter().chain([house.furthest()]) {
        house.change(&stack, &output);
        let reached = house.reached(&stack, &output);
        assert_eq!(touched(&house.preview()), reached, "`{output}` of {stack} changes");
        house.ran(&["up", "--yes"]);
    }
}
