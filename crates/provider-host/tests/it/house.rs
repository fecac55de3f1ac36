//! A root directory with the few files that a system has, and the steps of an engine in a line each.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ports::{Find, Found, Fragment, Outcome, Owner, Provider, ProviderError, ReadRequest, Step, StepAction};
use provider_host::{Hosts, Place};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use value::{Digest, Map, Secret, Value};

pub(crate) struct House {
    dir: TempDir,
    pub(crate) hosts: Hosts,
    runtime: Runtime,
}

/// Properties as pairs of texts.
pub(crate) fn map(pairs: &[(&str, &str)]) -> Map {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

pub(crate) fn file(path: &str, content: &str, mode: &str) -> Map {
    map(&[("path", path), ("content", content), ("mode", mode)])
}

pub(crate) fn secret(text: &str) -> Value {
    Value::Secret(Secret::open(Digest::of("test", text.as_bytes()), Value::from(text)))
}

impl House {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        fs::create_dir_all(dir.path().join("etc")).expect("etc");
        fs::write(dir.path().join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").expect("users");
        fs::write(dir.path().join("etc/group"), "root:x:0:\n").expect("groups");
        Self { hosts: Self::hosts_of(dir.path()), dir, runtime: runtime() }
    }

    fn hosts_of(root: &Path) -> Hosts {
        Hosts::new([(None, Place::Root(root.to_str().expect("a text").to_owned()))])
    }

    /// Forgets what was seen, as another process would.
    pub(crate) fn restart(&mut self) {
        self.hosts = Self::hosts_of(self.dir.path());
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path.trim_start_matches('/'))
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub(crate) fn mode(&self, path: &str) -> u32 {
        fs::metadata(self.path(path)).unwrap_or_else(|e| panic!("{path}: {e}")).permissions().mode() & 0o7777
    }

    /// Steps that are all asked for at once.
    pub(crate) fn apply(&self, steps: Vec<Step>) -> Vec<Outcome> {
        apply(&self.runtime, &self.hosts, steps)
    }

    pub(crate) fn create(&self, ty: &str, inputs: &Map) -> Outcome {
        self.one(step(ty, StepAction::Create { inputs: inputs.clone() }))
    }

    pub(crate) fn update(&self, ty: &str, id: &str, prior: &Map, inputs: &Map) -> Outcome {
        let (id, prior, inputs) = (id.to_owned(), prior.clone(), inputs.clone());
        self.one(step(ty, StepAction::Update { id, inputs, prior }))
    }

    pub(crate) fn delete(&self, ty: &str, id: &str, prior: &Map) -> Outcome {
        self.one(step(ty, StepAction::Delete { id: id.to_owned(), prior: prior.clone() }))
    }

    fn one(&self, step: Step) -> Outcome {
        self.apply(vec![step]).pop().expect("an outcome")
    }

    pub(crate) fn read(&self, objects: &[(&str, &str)]) -> Vec<Option<Found>> {
        let request = |(ty, id): &(&str, &str)| ReadRequest {
            ty: (*ty).to_owned(),
            find: Find::Id((*id).to_owned()),
            instance: None,
        };
        let requests: Vec<ReadRequest> = objects.iter().map(request).collect();
        self.runtime.block_on(self.hosts.read(&requests)).unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) fn look(&self, ty: &str, id: &str) -> Option<Map> {
        self.read(&[(ty, id)]).pop().flatten().map(|found| found.observed)
    }
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(crate) fn apply(runtime: &Runtime, hosts: &Hosts, steps: Vec<Step>) -> Vec<Outcome> {
    let fragment = Fragment { steps, order: Vec::new() };
    let mut outcomes = vec![None; fragment.steps.len()];
    runtime.block_on(hosts.apply(&fragment, &mut |position, outcome| outcomes[position] = Some(outcome)));
    outcomes.into_iter().map(|outcome| outcome.expect("each step ends")).collect()
}

pub(crate) fn step(ty: &str, action: StepAction) -> Step {
    let owner =
        Owner { organisation: "o".to_owned(), stack_id: "s".to_owned(), urn: format!("p::{ty}::x"), incarnation: 1 };
    Step { ty: ty.to_owned(), owner, action, token: "t".to_owned(), timeout_seconds: None, instance: None }
}

#[track_caller]
pub(crate) fn done(outcome: Outcome) -> Option<Map> {
    match outcome {
        Outcome::Done(found) => found.map(|found| found.observed),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(crate) fn failed(outcome: Outcome) -> ProviderError {
    match outcome {
        Outcome::Failed(error, None) => error,
        other => panic!("{other:?}"),
    }
}

/// Whether this test may act as root; says so if not.
pub(crate) fn is_root(what: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !root {
        not_tested("root", what);
    }
    root
}

/// Says that something is not tested here.
#[expect(clippy::print_stderr, reason = "whoever reads the output of the tests is to see it")]
pub(crate) fn not_tested(want: &str, what: &str) {
    eprintln!("NOT TESTED, for want of {want}: {what}");
}
