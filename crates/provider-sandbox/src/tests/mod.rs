//! Tests speak to the sandbox through its port; most are scripts, see [`Script`].

mod computes;
mod hand;
mod harm;
mod refusals;
mod shared;

use std::collections::BTreeMap;
use std::future::Future;

use ports::{Find, Found, Fragment, Outcome, Owner, Provider, ProviderError, ReadRequest, Step, StepAction};
use tempfile::TempDir;
use value::{Map, Value};

use crate::{Knobs, Options, Sandbox};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

/// Options without waiting.
fn quick() -> Options {
    Options { knobs: Knobs { latency: 0.0, ..Knobs::default() }, ..Options::default() }
}

fn open(dir: &TempDir, options: Options) -> Sandbox {
    Sandbox::open(&dir.path().join("world"), options).expect("opens")
}

fn owner(name: &str) -> Owner {
    let urn = format!("test::T::{name}");
    Owner { organisation: "org".into(), stack_id: "stack".into(), urn, incarnation: 1 }
}

fn step(ty: &str, name: &str, action: StepAction) -> Step {
    let token = format!("token-{name}");
    Step { ty: ty.into(), owner: owner(name), action, token, timeout_seconds: None, instance: None }
}

/// Properties as TOML: `{ CidrBlock = "10.0.0.0/16" }`.
fn properties(text: &str) -> Map {
    let table: BTreeMap<String, Map> = toml::from_str(&format!("x = {text}")).unwrap_or_else(|e| panic!("{text}: {e}"));
    table["x"].clone()
}

fn create(ty: &str, name: &str, text: &str) -> Step {
    step(ty, name, StepAction::Create { inputs: properties(text) })
}

/// Applies one step.
fn apply(sandbox: &Sandbox, step: Step) -> Result<Option<Found>, ProviderError> {
    match outcomes(sandbox, Fragment { steps: vec![step], order: Vec::new() }).pop() {
        Some(Outcome::Done(found)) => Ok(found),
        Some(Outcome::Failed(error, _)) => Err(error),
        other => panic!("{other:?}"),
    }
}

/// Applies a fragment; the outcomes by position, each once.
fn outcomes(sandbox: &Sandbox, fragment: Fragment) -> Vec<Outcome> {
    let mut ended: Vec<Option<Outcome>> = vec![None; fragment.steps.len()];
    run(sandbox.apply(&fragment, &mut |position, outcome| {
        assert!(ended[position].replace(outcome).is_none(), "{position} ended twice");
    }));
    ended.into_iter().map(|outcome| outcome.expect("ended")).collect()
}

fn read(sandbox: &Sandbox, ty: &str, find: Find) -> Option<Found> {
    run(sandbox.read(&[ReadRequest { ty: ty.into(), find, instance: None }])).expect("reads").pop().expect("one answer")
}

/// A story, one call a line, on a fresh world:
///
/// ```text
/// vpc = EC2::VPC { CidrBlock = "10.0.0.0/16" }                               # is made, and named
/// create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.1.0.0/24" } ! InvalidSubnet.Range
/// update $vpc { CidrBlock = "10.2.0.0/16" } ! NotUpdatable
/// delete $vpc                                                                 # without a code it must work
/// ```
///
/// `$vpc` is the id, `$vpc.DefaultSecurityGroup` an attribute.
struct Script {
    sandbox: Sandbox,
    _dir: TempDir,
    made: BTreeMap<String, (String, Found)>,
    calls: usize,
}

impl Script {
    fn new(options: Options) -> Self {
        let dir = TempDir::new().expect("a directory");
        Self { sandbox: open(&dir, options), _dir: dir, made: BTreeMap::new(), calls: 0 }
    }

    /// Tells a story; the world must be consistent after it.
    fn tell(story: &str) -> Self {
        let mut script = Self::new(quick());
        script.go_on(story);
        let problems = script.sandbox.check().expect("checks");
        assert!(problems.is_empty(), "{problems:?} after {story}");
        script
    }

    fn go_on(&mut self, story: &str) {
        for line in story.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        self.calls += 1;
        let (what, code) = match line.rsplit_once(" ! ") {
            Some((what, code)) => (what, Some(code.trim())),
            None => (line, None),
        };
        let split = what.find('{').unwrap_or(what.len());
        let (head, text) = (&what[..split], self.put_in(&what[split..]));
        let head: Vec<&str> = head.split_whitespace().collect();
        let name = format!("n{}", self.calls);
        let (binding, ty, action) = match head[..] {
            ["create", ty] => (None, full(ty), StepAction::Create { inputs: properties(&text) }),
            [binding, "=", ty] => (Some(binding), full(ty), StepAction::Create { inputs: properties(&text) }),
            ["update", object] => {
                let (ty, found) = self.made[&object[1..]].clone();
                let prior = Map::new();
                (Some(&object[1..]), ty, StepAction::Update { id: found.id, inputs: properties(&text), prior })
            }
            ["delete", object] => {
                let (ty, found) = self.made[&object[1..]].clone();
                (None, ty, StepAction::Delete { id: found.id, prior: Map::new() })
            }
            _ => panic!("what is `{line}`?"),
        };
        let is_delete = matches!(action, StepAction::Delete { .. });
        match (apply(&self.sandbox, step(&ty, &name, action)), code) {
            (Ok(found), None) => {
                assert_eq!(found.is_none(), is_delete, "{line}");
                if let (Some(binding), Some(found)) = (binding, found) {
                    self.made.insert(binding.to_owned(), (ty, found));
                }
            }
            (Err(error), Some(code)) => assert_eq!(error.code, code, "{line}\n{error}"),
            (Ok(_), Some(code)) => panic!("`{line}` was not refused with {code}"),
            (Err(error), None) => panic!("`{line}` was refused: {error}"),
        }
    }

    /// Puts ids and attributes into a text.
    fn put_in(&self, text: &str) -> String {
        let mut parts = text.split('$');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_alphanumeric() && c != '.' && c != '_').unwrap_or(part.len());
            out.push_str(&self.get(part[..end].trim_end_matches('.')));
            out.push_str(&part[end..]);
        }
        out
    }

    /// The id of an object, or an attribute of it as it is now: `vpc.Ipv6CidrBlocks.0`.
    fn get(&self, place: &str) -> String {
        let (object, path) = place.split_once('.').unwrap_or((place, ""));
        let (ty, found) = self.made.get(object).unwrap_or_else(|| panic!("no object `{object}`"));
        if path.is_empty() {
            return found.id.clone();
        }
        let now = read(&self.sandbox, ty, Find::Id(found.id.clone())).unwrap_or_else(|| panic!("`{object}` is gone"));
        let root = Value::Map(now.observed);
        let value = path.split('.').try_fold(&root, |value, key| match key.parse::<usize>() {
            Ok(index) => value.as_list()?.get(index),
            Err(_) => value.get(key),
        });
        match value {
            Some(Value::String(text)) => text.clone(),
            other => format!("{other:?}"),
        }
    }
}

/// `EC2::VPC` is short for `AWS::EC2::VPC`.
fn full(ty: &str) -> String {
    if ty.contains("::") { format!("AWS::{ty}") } else { ty.to_owned() }
}

/// Schemas are built in: to look one up needs no start, no credentials and no directory.
#[test]
fn case_60_schemas_are_known_without_anything_being_started() {
    let directory = tempfile::tempdir().expect("a directory");
    let nowhere = directory.path().join("not/there");
    let sandbox = Sandbox::open(&nowhere, Options::default()).expect("opens");
    assert!(sandbox.schema("AWS::EC2::VPC").expect("whole").is_some());
    assert_eq!(sandbox.schemas_digest(), sandbox.schemas_digest());
    assert_eq!(run(sandbox.read(&[])).expect("reads").len(), 0);
    assert!(!nowhere.exists());
}

#[test]
fn case_59_what_of_an_instance_counts_hangs_on_the_type() {
    let sandbox = Sandbox::open(tempfile::tempdir().expect("a directory").path(), Options::default()).expect("opens");
    assert_eq!(sandbox.site_settings("AWS::EC2::VPC"), ["account", "region"]);
    assert_eq!(sandbox.site_settings("AWS::IAM::Role"), ["account"], "roles know no regions");
    assert_eq!(sandbox.site_settings("vault_mount"), ["endpoint"]);
}
