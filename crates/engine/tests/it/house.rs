//! A workspace in a few lines: programs in the language of the diff's tests, a store in a directory, a cloud.

mod killed;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path as File, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use engine::{
    ApplyOptions, Budget, Catalog, Engine, Event, Events, Goal, Instance, Preview, PreviewError, PreviewOptions,
    Providers, Report, StackEntry, Stopped, Traces,
};
use policy::Policies;
use ports::{Base, Closing, Owner, Run, StateStore, StoreError};
use resource::StackName;
use state::{Entry, OutputReader, StackState};
use store::LocalStore;
use tokio::sync::{mpsc, watch};
use value::{Digest, Path};

use crate::cloud::Cloud;
use crate::disk::{FailingDisk, Faulty, Gate, Killing};
use crate::fixture::{self, Fixture};
pub(crate) use crate::keys::CANARY;
use crate::keys::{Keys, opened, sealed};
use crate::noted::noted;
use crate::programs::{FUNCTIONS, Nothing, code, projects, without_each};

/// A workspace, its state and its vendor.
pub(crate) struct House {
    dir: Arc<tempfile::TempDir>,
    pub(crate) cloud: Arc<Cloud>,
    program: String,
    pub(crate) traces: Traces,
    /// Where traces of other machines are.
    pub(crate) shared: Option<Arc<dyn engine::TraceSource>>,
    pub(crate) events: Vec<Event>,
    pub(crate) ignore_protection: bool,
    /// The named provider instances with the region that each points to.
    pub(crate) instances: BTreeMap<String, String>,
    /// Families of types whose resources must name an instance.
    pub(crate) explicit: Vec<String>,
    /// What the runs may touch.
    pub(crate) targets: diff::Targets,
    pub(crate) policies: Policies,
    pub(crate) stop_at_failure: bool,
    /// Stacks that cannot be evaluated are passed over.
    pub(crate) keep_going: bool,
    pub(crate) jobs: usize,
    /// How fast the vendor may be called.
    pub(crate) budget: Budget,
    pub(crate) profile: String,
    /// What `{account}` is in predictions.
    pub(crate) account: Option<String>,
    /// The stack whose journal takes only so many chunks.
    pub(crate) failing_disk: Option<(String, usize)>,
    /// Where runs are stopped after their first intent, before its call.
    pub(crate) gate: Option<Arc<Gate>>,
    /// The store in which a run is killed.
    killing: Option<Killing>,
    pub(crate) cancel: watch::Sender<bool>,
    pub(crate) children: engine::Children,
    /// Plans that were built elsewhere.
    pub(crate) given: BTreeMap<String, evaluator::Given>,
    /// Programs declare in the opposite order.
    pub(crate) backwards: bool,
    /// Everything that attempts were told: previews, reports, problems.
    pub(crate) said: String,
}

impl House {
    pub(crate) fn new(program: &str) -> Self {
        Self {
            dir: Arc::new(scratch()),
            cloud: Cloud::new(fixture::catalog()),
            program: program.to_owned(),
            traces: Traces::new(),
            shared: None,
            events: Vec::new(),
            ignore_protection: false,
            instances: BTreeMap::new(),
            explicit: Vec::new(),
            targets: diff::Targets::default(),
            policies: Policies::default(),
            stop_at_failure: false,
            keep_going: false,
            jobs: 1,
            budget: Budget::default(),
            profile: "test".to_owned(),
            account: None,
            failing_disk: None,
            gate: None,
            killing: None,
            cancel: watch::channel(false).0,
            children: engine::Children::default(),
            given: BTreeMap::new(),
            backwards: false,
            said: String::new(),
        }
    }

    /// Programs whose stacks have been applied before: their states are what the text says they have.
    pub(crate) async fn given(text: &str) -> Self {
        let mut house = Self::new(text);
        let fixture = Fixture::parse(&without_each(text));
        for (name, site) in &fixture.instances {
            let region = site.get("region").cloned().unwrap_or_default();
            house.cloud.point(name, &region);
            house.instances.insert(name.clone(), region);
        }
        for ((ty, id), existing) in &fixture.existing {
            let diff::Existing::There(inputs) = existing else { continue };
            let [organisation, stack_id, urn] = ["", "", ""].map(str::to_owned);
            let nobody = Owner { organisation, stack_id, urn, incarnation: 0 };
            house.cloud.put(id, ty, inputs.clone(), nobody, None);
        }
        let states = fixture.stacks.into_iter().filter_map(|stack| stack.state).map(sealed);
        let states: Vec<StackState> = noted(states.collect());
        let store = house.store();
        let run = Run { id: "before".to_owned(), command: "up".to_owned() };
        let base =
            |state: &StackState| Base { stack: state.name.clone(), id: state.id.clone(), generation: None, plan: None };
        let bases: Vec<Base> = states.iter().map(base).collect();
        let journals = store.acquire(&run, &bases).await.expect("free");
        for (mut journal, state) in journals.into_iter().zip(&states) {
            // A live object that comes after an earlier one of its name sets that aside.
            let objects = state.replaced.iter().chain(state.objects.values());
            let mut entries: Vec<Entry> = objects
                .clone()
                .map(|object| Entry::Recorded { object: Box::new(state::Object::clone(object)) })
                .collect();
            entries.extend(state.outputs.iter().map(|(path, output)| Entry::Published {
                path: path.clone(),
                value: output.value.clone(),
                digest: output.digest,
                from: output.from.clone(),
                reads: output.reads.clone(),
            }));
            let mut now = journal.state().clone();
            entries.iter().for_each(|entry| now.apply(entry));
            journal.append(entries).await.expect("appends");
            journal.close(Closing { state: now, settled: None }).await.expect("closes");
            for object in objects {
                let owner = Owner {
                    organisation: "test".to_owned(),
                    stack_id: state.id.clone(),
                    urn: object.urn.to_string(),
                    incarnation: object.incarnation,
                };
                let inputs = object.inputs.iter().map(|(key, value)| (key.clone(), opened(value)));
                let region = object.kept.site.get("region").map(String::as_str);
                house.cloud.put(&object.id, object.urn.ty(), inputs.collect(), owner, region);
                for read in &object.read {
                    let reader = OutputReader { stack: state.name.to_string(), stack_id: state.id.clone() };
                    store.register_reader(&read.stack, &reader).await.expect("registers");
                }
            }
        }
        store.release(&run).await.expect("releases");
        house
    }

    /// The ids of objects that a program lets stay when their resources go.
    pub(crate) fn retained(&self) -> BTreeSet<String> {
        let mut name = "";
        let mut retained = BTreeSet::new();
        for words in self.program.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()) {
            match words.as_slice() {
                ["resource" | "has" | "leftover", _, named, ..] => name = named,
                ["retain"] => {
                    let of = |id: &String| id.rsplit_once('-').is_some_and(|(start, _)| start == name);
                    retained.extend(self.cloud.ids().into_iter().filter(of));
                }
                _ => {}
            }
        }
        retained
    }

    /// Reads objects anew; whatever stands against it is no failure of the test.
    pub(crate) async fn attempt_refresh(&mut self, stacks: &[&str]) {
        let selected = self.selected(stacks);
        let told = self.with(async |engine| engine.refresh(&selected, &diff::Targets::default()).await).await;
        self.hear(&told);
    }

    /// Keeps what somebody was told.
    fn hear(&mut self, told: &impl std::fmt::Debug) {
        writeln!(self.said, "{told:?}").expect("writes");
    }

    /// The same workspace, state and vendor, for another process.
    pub(crate) fn beside(&self) -> Self {
        Self { dir: Arc::clone(&self.dir), cloud: Arc::clone(&self.cloud), ..Self::new(&self.program) }
    }

    /// Edits the programs.
    pub(crate) fn edit(&mut self, from: &str, to: &str) {
        assert!(self.program.contains(from), "{from}");
        self.program = self.program.replace(from, to);
    }

    /// Puts other programs in the place of these.
    pub(crate) fn program(&mut self, program: &str) {
        program.clone_into(&mut self.program);
    }

    /// Every stack that there is.
    pub(crate) fn all(&self) -> Vec<String> {
        let stacks = self.program.lines().filter_map(|line| line.trim().strip_prefix("stack "));
        stacks.map(|line| line.split(' ').next().expect("a name").to_owned()).collect()
    }

    fn selected(&self, stacks: &[&str]) -> BTreeSet<String> {
        if stacks.is_empty() {
            self.all().into_iter().collect()
        } else {
            stacks.iter().map(ToString::to_string).collect()
        }
    }

    fn instances(&self) -> BTreeMap<Option<String>, Instance> {
        let account = self.account.iter().map(|account| ("account".to_owned(), account.clone()));
        let named = self.instances.iter().map(|(name, region)| {
            let values = BTreeMap::from([("region".to_owned(), region.clone())]);
            (Some(name.clone()), Instance { values })
        });
        named.chain([(None, Instance { values: account.collect() })]).collect()
    }

    pub(crate) fn store(&self) -> LocalStore {
        LocalStore::open(self.dir.path().to_owned(), store::Settings::default())
    }

    /// Does something with an engine as the command line would make it.
    pub(crate) async fn with<T>(&self, work: impl AsyncFnOnce(&Engine<'_>) -> T) -> T {
        let projects = projects(&self.program, self.backwards);
        let code = projects.iter().map(|project| (project.name().to_owned(), code(&self.program, project.name())));
        let entry = |name: &String| {
            let (project, short) = name.split_once('.').expect("project.stack");
            let position = projects.iter().position(|p| p.name() == project).expect("a project");
            StackEntry { name: StackName::new(project, short), project: position, default: short != "Dev" }
        };
        let engine = Engine {
            organisation: "test".to_owned(),
            projects: &projects,
            code: code.collect(),
            functions: FUNCTIONS.iter().map(|f| (f.name.to_owned(), Digest::of("source", f.name.as_bytes()))).collect(),
            given: self.given.clone(),
            inputs: &Nothing,
            catalog: Arc::new(Catalog::new(self.all().iter().map(entry), BTreeMap::new())),
            store: match (self.killing.clone(), self.failing_disk.clone(), self.gate.clone()) {
                (Some(fault), ..) => Arc::new(Faulty { inner: self.store(), fault }),
                (None, None, None) => Arc::new(self.store()),
                (None, disk, gate) => {
                    let (stack, chunks) = disk.unwrap_or((String::new(), 0));
                    Arc::new(Faulty { inner: self.store(), fault: FailingDisk { stack, chunks, gate } })
                }
            },
            providers: Providers::within(
                vec![self.cloud.clone()],
                self.instances(),
                &BTreeMap::from([("cloud".to_owned(), self.budget)]),
            )
            .explicit(self.explicit.clone()),
            secrets: Arc::new(Keys),
            profile_name: self.profile.clone(),
            profile: Digest::of("profile", format!("{:?} {:?}", self.instances, self.explicit).as_bytes()),
            policies: self.policies.clone(),
            ignore_protection: self.ignore_protection,
            jobs: self.jobs,
            root: self.root(),
            shared: self.shared.clone(),
        };
        work(&engine).await
    }

    pub(crate) async fn preview_of(&mut self, stacks: &[&str], goal: Goal) -> Result<Preview, PreviewError> {
        let options = PreviewOptions {
            selected: self.selected(stacks),
            goal,
            targets: self.targets.clone(),
            keep_going: self.keep_going,
        };
        let preview = self.with(async |engine| engine.preview(&options, &self.traces).await).await?;
        self.traces.extend(preview.traces.clone());
        Ok(preview)
    }

    /// A preview that has no problems.
    pub(crate) async fn preview(&mut self, stacks: &[&str]) -> Preview {
        self.preview_of(stacks, Goal::Programs).await.expect("a preview")
    }

    /// A preview after a look at the world.
    pub(crate) async fn preview_refreshed(&mut self, stacks: &[&str]) -> Preview {
        let options = PreviewOptions {
            selected: self.selected(stacks),
            goal: Goal::Programs,
            targets: self.targets.clone(),
            keep_going: self.keep_going,
        };
        let preview = self.with(async |engine| engine.preview_refreshed(&options, &self.traces).await).await;
        preview.expect("a preview")
    }

    /// A preview's problems.
    pub(crate) async fn problems(&mut self, stacks: &[&str], goal: Goal) -> String {
        match self.preview_of(stacks, goal).await {
            Err(PreviewError::Problems(found)) => fixture::print_problems(&found),
            Err(PreviewError::Store(error)) => error.to_string(),
            Ok(preview) => panic!("no problem: {}", fixture::print(&preview.changes)),
        }
    }

    /// Applies a preview.
    pub(crate) async fn apply(&mut self, preview: &Preview) -> Result<Report, Stopped> {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let events = Events::to(sender);
        let options = ApplyOptions {
            command: "up".to_owned(),
            stop_at_failure: self.stop_at_failure,
            cancel: self.cancel.subscribe(),
            children: self.children.clone(),
        };
        let result = self.with(async |engine| engine.apply(preview, options, &events).await).await;
        drop(events);
        while let Ok(event) = receiver.try_recv() {
            self.events.push(event);
        }
        result
    }

    /// Settles what an earlier run left open, as every run does first.
    pub(crate) async fn settle(&mut self, preview: &Preview) -> Result<usize, Stopped> {
        for _ in 0..2000 {
            match self.with(async |engine| engine.settle(preview, &Events::none()).await).await {
                // A run that was killed here is not dead before its threads have written what they were writing.
                Err(Stopped::Store(StoreError::Held { .. })) => tokio::time::sleep(Duration::from_millis(5)).await,
                settled => return settled,
            }
        }
        panic!("a run that was killed holds its stacks for ever");
    }

    /// Tries to bring stacks to a goal; whatever stands against it is no failure of the test.
    pub(crate) async fn attempt(&mut self, stacks: &[&str], goal: Goal) {
        let Some(mut preview) = self.attempt_preview(stacks, goal).await else { return };
        let settled = self.settle(&preview).await;
        self.hear(&settled);
        match settled {
            Ok(0) => {}
            Ok(_) => match self.attempt_preview(stacks, goal).await {
                Some(again) => preview = again,
                None => return,
            },
            Err(_) => return,
        }
        let report = self.apply(&preview).await;
        self.hear(&report);
    }

    async fn attempt_preview(&mut self, stacks: &[&str], goal: Goal) -> Option<Preview> {
        let preview = self.preview_of(stacks, goal).await;
        self.hear(&preview);
        preview.ok()
    }

    /// Brings stacks to a goal, in rounds, as the command line does; what was done, failed and skipped as text.
    pub(crate) async fn reach(&mut self, stacks: &[&str], goal: Goal) -> String {
        let mut lines = Vec::new();
        for _ in 0..5 {
            let mut preview = self.preview_of(stacks, goal).await.expect("a preview");
            if self.settle(&preview).await.expect("settles") > 0 {
                preview = self.preview_of(stacks, goal).await.expect("a preview");
            }
            if preview.changes.is_empty() {
                break;
            }
            let report = self.apply(&preview).await.expect("starts");
            lines.extend(told(&report));
            if !preview.waits() || !report.failed.is_empty() || report.cancelled {
                break;
            }
        }
        lines.join("\n")
    }

    pub(crate) async fn up(&mut self, stacks: &[&str]) -> String {
        self.reach(stacks, Goal::Programs).await
    }

    pub(crate) async fn destroy(&mut self, stacks: &[&str]) -> String {
        self.reach(stacks, Goal::Nothing).await
    }

    /// Brings everything up, which has to succeed, and forgets the calls.
    pub(crate) async fn settled(program: &str) -> Self {
        let mut house = Self::new(program);
        assert_eq!(house.up(&[]).await, "");
        house.cloud.calls();
        house
    }

    /// Reads every object anew.
    pub(crate) async fn refresh(&mut self, stacks: &[&str]) -> engine::RefreshReport {
        let selected = self.selected(stacks);
        self.with(async |engine| engine.refresh(&selected, &diff::Targets::default()).await).await.expect("reads")
    }

    /// The text of a saved preview.
    pub(crate) async fn save(&mut self, stacks: &[&str]) -> String {
        let preview = self.preview(stacks).await;
        self.with(async |engine| saved::text(&engine.save(&preview).expect("can be saved"))).await
    }

    /// What is left of a saved preview.
    pub(crate) async fn reopen(&self, text: &str) -> Result<Preview, PreviewError> {
        let saved = saved::read(text, "plan.json").expect("reads");
        self.with(async |engine| engine.reopen(&saved).await).await
    }

    /// What stands against a saved preview.
    pub(crate) async fn refusal(&self, text: &str) -> String {
        match self.reopen(text).await {
            Err(PreviewError::Problems(found)) => fixture::print_problems(&found),
            Err(PreviewError::Store(error)) => error.to_string(),
            Ok(preview) => panic!("it is not refused: {}", fixture::print(&preview.changes)),
        }
    }

    /// Applies what is left of a saved preview, as the command line does; what did not go well, and what it leaves.
    pub(crate) async fn carry_out(&mut self, text: &str) -> String {
        let mut preview = self.reopen(text).await.expect("it fits");
        if self.settle(&preview).await.expect("settles") > 0 {
            preview = self.reopen(text).await.expect("it still fits");
        }
        if preview.changes.is_empty() {
            return String::new();
        }
        let report = self.apply(&preview).await.expect("starts");
        let left = report.left.iter().map(|(stack, target)| format!("left {target} of {stack}"));
        told(&report).into_iter().chain(left).collect::<Vec<_>>().join("\n")
    }

    /// The state of a stack; it must be whole.
    pub(crate) async fn state(&self, stack: &str) -> StackState {
        self.state_if_any(stack).await.expect("it was applied")
    }

    pub(crate) async fn state_if_any(&self, stack: &str) -> Option<StackState> {
        let store = self.store();
        let heads = store.heads().await.expect("heads");
        let head = heads.into_iter().find(|head| head.stack.to_string() == stack)?;
        let state = store.load(&head).await.expect("loads").state;
        assert_eq!(state.verify(), [], "{stack}");
        Some(state)
    }

    /// The published text of an output.
    pub(crate) async fn output(&self, stack: &str, path: &str) -> String {
        let state = self.state(stack).await;
        let output = &state.outputs[&path.parse::<Path>().expect("a path")];
        format!("{}{}", output.value.as_str().unwrap_or("?"), if output.stale { " (stale)" } else { "" })
    }

    /// Every file below the store, with its bytes and the time of its last change.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
        let mut found = Vec::new();
        walk(self.dir.path(), &mut found);
        found.sort();
        found
    }

    /// The file of the newest snapshot of the first stack.
    pub(crate) async fn store_snapshot(&self) -> PathBuf {
        let head = self.store().heads().await.expect("heads").remove(0);
        let snapshot = head.snapshot.expect("it was closed");
        self.dir.path().join(format!("stacks/{}/snapshots/{snapshot}.json", head.stack))
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().to_owned()
    }
}

/// A directory in memory, where there is such a place: what is made durable there costs no time.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory")
}

/// The files below a directory.
pub(crate) fn walk(dir: &File, found: &mut Vec<(PathBuf, Vec<u8>, SystemTime)>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            let changed = entry.metadata().and_then(|data| data.modified()).expect("a time");
            found.push((path.clone(), std::fs::read(&path).expect("reads"), changed));
        }
    }
}

/// What a report says did not go well.
pub(crate) fn told(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for failure in &report.failed {
        let problem = &failure.problem;
        lines.push(format!("failed {} {} of {}: {}", failure.action, failure.target, failure.stack, problem.code));
    }
    for (stack, target, because) in &report.skipped {
        lines.push(format!("skipped {target} of {stack}: {because}"));
    }
    if report.cancelled {
        lines.push("cancelled".to_owned());
    }
    lines
}
