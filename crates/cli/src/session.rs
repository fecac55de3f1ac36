//! A session: the workspace, the profile, and the engine composed of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use config_load::{Files, Profile, Variables, Workspace};
use diag::{Diagnostic, Diagnostics};
use engine::{Catalog, Engine, Foreign, StackEntry};
use plan::{OutputRead, Project, StackList};
use policy::{Date, Policies};
use provider_sandbox::Sandbox;
use resource::StackName;
use secrets_age::Keyring;
use stamps::{Found, Stamps};
use store::LocalStore;
use taskgraph::{Candidate, Links, Query, Reach, Request};
use value::{Digest, Value};

use crate::Registry;
use crate::args::{GivenPlans, Global, Selection};
use crate::exit::{Failure, Result, io};
use crate::facts::{KeptLinks, Known};
use crate::given::Given;
use crate::keys::Keys;
use crate::shared::Shared;
use crate::since::Since;
use crate::talk::Talk;
use crate::traces::TraceCache;

/// Everything that a command works with, but for the engine, which borrows from it.
pub(crate) struct Session<'a> {
    pub registry: &'a Registry,
    pub workspace: Arc<Workspace>,
    pub variables: Variables,
    pub profile: Profile,
    pub global: Global,
    pub talk: Talk,
    pub start: PathBuf,
    pub catalog: Arc<Catalog>,
    pub policies: Policies,
    /// Stacks of a saved preview, which this runner need not know.
    planned: Vec<StackName>,
    /// Plans that were made elsewhere, if some are to be gone by.
    given: Option<Given>,
    foreign: BTreeMap<String, config_load::Foreign>,
    /// The cache that machines share.
    pub shared: Shared,
}

impl<'a> Session<'a> {
    /// Finds the workspace and reads what stacks there are.
    pub(crate) fn open(registry: &'a Registry, global: &Global, talk: &Talk) -> Result<Self> {
        let start = match &global.directory {
            Some(directory) => directory.clone(),
            None => std::env::current_dir().map_err(|error| io("the current directory", &error))?,
        };
        let start = start.canonicalize().map_err(|error| io(&start.display().to_string(), &error))?;
        let workspace = Arc::new(Workspace::find(&start)?);
        let variables = Variables::of_process();
        let mut profile = workspace.settings().profile(&global.profile)?.clone();
        if let Some(state) = &global.state {
            profile.state.clone_from(state);
        }
        let talk = talk.at_root(workspace.root());
        let foreign = workspace.foreign_stacks()?;
        let mut session = Self {
            registry,
            workspace,
            variables,
            profile,
            global: global.clone(),
            talk,
            start,
            catalog: Arc::default(),
            policies: Policies::default(),
            planned: Vec::new(),
            given: None,
            foreign,
            shared: Shared::default(),
        };
        session.policies = session.attach()?;
        session.catalog = Arc::new(session.read_catalog()?);
        Ok(session)
    }

    /// The policies as the profile has them.
    fn attach(&self) -> Result<Policies> {
        let settings = self.workspace.settings();
        let (attachments, waivers) = (&settings.policies, &settings.waivers);
        Ok(Policies::attach(&self.registry.policies, attachments, waivers, &self.profile.name, today())?)
    }

    /// Makes stacks known by name, so that their secrets are found without their projects.
    pub(crate) fn know(&mut self, stacks: impl IntoIterator<Item = StackName>) {
        self.planned.extend(stacks);
    }

    /// Goes by plans that were made elsewhere, if the command line says so.
    pub(crate) fn go_by(&mut self, given: &GivenPlans) -> Result<()> {
        self.given = Given::open(&self.start, given)?;
        Ok(())
    }

    /// What stands against going by the given plans for these stacks.
    pub(crate) fn check_given(&self, engine: &Engine<'_>, selected: &Selected) -> Result<()> {
        self.given.as_ref().map_or(Ok(()), |given| given.check(self, engine, &selected.stacks))
    }

    fn read_catalog(&self) -> Result<Catalog> {
        let mut found = Diagnostics::new();
        let mut stacks = Vec::new();
        let files = Files::new(&self.workspace, &self.variables);
        for (number, project) in self.registry.projects.iter().enumerate() {
            match self.stacks_of(project, &files) {
                Ok(names) => stacks.extend(names.into_iter().map(|name| {
                    let default = self.workspace.settings().is_selected(name.environment());
                    StackEntry { name, project: number, default }
                })),
                Err(problems) => found.extend(problems),
            }
        }
        let foreign = self.foreign.iter().map(|(name, foreign)| {
            let outputs = foreign.outputs().into_iter().map(|(path, node)| (path, node.to_value())).collect();
            (name.clone(), Foreign { outputs })
        });
        let catalog = Catalog::new(stacks, foreign.collect());
        found.into_result(catalog).map_err(Failure::from)
    }

    fn stacks_of(&self, project: &Project, files: &Files<'_>) -> std::result::Result<Vec<StackName>, Diagnostics> {
        match project.stack_list() {
            StackList::Files => self.workspace.stacks_of(project.name()),
            StackList::Function(list) => {
                let inputs = files.inputs(no_outputs);
                let names = list(&inputs)?;
                Ok(names.iter().map(|short| StackName::new(project.name(), short)).collect())
            }
        }
    }

    /// Where the state is.
    fn store(&self) -> Result<LocalStore> {
        let path = self.state_directory().ok_or_else(|| {
            let scheme = self.profile.state.split_once("://").map_or("", |(scheme, _)| scheme);
            let message = format!("this runner was built without the state store `{scheme}`");
            Diagnostic::error("E0703", message).hint("keep the state in a directory: `--state PATH`")
        })?;
        let leases = self.workspace.settings().leases;
        let settings = store::Settings {
            lease: Duration::from_secs(leases.seconds.into()),
            margin: Duration::from_secs(leases.margin_seconds.into()),
            ..store::Settings::default()
        };
        let (root, key) = (self.workspace.root().to_owned(), heads_key(&path));
        Ok(LocalStore::with_stamps(path, settings, move || stamps(&root, key)))
    }

    /// The directory of the state, if it is in one: what was said on the command line lies where the command runs.
    fn state_directory(&self) -> Option<PathBuf> {
        let url = &self.profile.state;
        let path = url.strip_prefix("file://").unwrap_or(url);
        if path.contains("://") {
            return None;
        }
        let base = if self.global.state.is_some() { &self.start } else { self.workspace.root() };
        Some(base.join(path))
    }

    /// The directory of the sandbox: a state that lies elsewhere has its own beside it.
    pub(crate) fn sandbox_directory(&self) -> PathBuf {
        if let Some(directory) = &self.global.sandbox {
            return self.start.join(directory);
        }
        let elsewhere = self.global.state.as_ref().and_then(|_| self.state_directory());
        match elsewhere.as_deref().and_then(std::path::Path::parent) {
            Some(parent) => parent.join("sandbox"),
            None => self.workspace.root().join(&self.profile.sandbox),
        }
    }

    /// The embedded cloud.
    pub(crate) fn sandbox(&self) -> Result<Sandbox> {
        let place = |mut site: BTreeMap<String, String>| {
            let defaults = provider_sandbox::Place::default();
            provider_sandbox::Place {
                account: site.remove("account").unwrap_or(defaults.account),
                region: site.remove("region").unwrap_or(defaults.region),
                endpoint: site.remove("endpoint"),
            }
        };
        let profile = &self.profile;
        let instances = profile.instances.iter();
        let instances = instances.map(|(name, instance)| (name.clone(), place(profile.site(Some(instance)))));
        // What foreign stacks export is taken to be there: nobody here made it.
        let outputs = self.catalog.foreign_stacks().flat_map(|(_, foreign)| foreign.outputs.values());
        let mut exists = BTreeSet::new();
        outputs.for_each(|value| texts(value, &mut exists));
        let ignore_protection = self.profile.ignore_protection;
        let options = provider_sandbox::Options {
            place: place(profile.site(None)),
            instances: instances.collect(),
            exists,
            ignore_protection,
            on_death: Some(Arc::new(die)),
            ..provider_sandbox::Options::default()
        };
        Sandbox::open(&self.sandbox_directory(), options)
            .map_err(|error| Diagnostic::error("E0704", format!("the sandbox cannot be opened: {error}")).into())
    }

    /// The keys at hand.
    pub(crate) fn keyring(&self) -> Result<Keyring> {
        let mut keyring = Keyring::empty();
        for identity in self.workspace.identities(&self.profile, &self.variables)? {
            keyring.extend(Keyring::parse(&identity.text, &identity.origin)?);
        }
        Ok(keyring)
    }

    /// Runs something with the engine.
    pub(crate) async fn with_engine<T>(&self, work: impl AsyncFnOnce(&Engine<'_>) -> Result<T>) -> Result<T> {
        let root = self.workspace.root().to_owned();
        let known = Found::new(move || stamps(&root, files_key()));
        let files = Files::with_stamps(&self.workspace, &self.variables, known);
        let inputs = files.inputs(no_outputs);
        let stacks = (Arc::clone(&self.catalog), self.planned.clone());
        let keys =
            Keys::new(self.workspace.clone(), stacks, self.foreign.clone(), self.keyring()?, self.profile.clone());
        let code = self.registry.projects.iter().filter_map(|project| {
            Some((project.name().to_owned(), self.registry.digests.project(project.name())?.code_digest()))
        });
        let store = self.store()?;
        let engine = Engine {
            organisation: self.workspace.settings().organisation.clone(),
            projects: &self.registry.projects,
            code: code.collect(),
            functions: self.functions(),
            given: self.given.as_ref().map(|given| given.plans.clone()).unwrap_or_default(),
            inputs: &inputs,
            catalog: Arc::clone(&self.catalog),
            store: Arc::new(store.clone()),
            providers: crate::providers::of(self)?,
            secrets: Arc::new(keys),
            profile_name: self.profile.name.clone(),
            profile: self.profile_digest(&self.profile),
            policies: self.policies.clone(),
            ignore_protection: self.profile.ignore_protection,
            jobs: self.global.jobs.unwrap_or(64),
            root: self.workspace.root().to_owned(),
            shared: self.shared.source(),
        };
        let done = work(&engine).await;
        for (key, stamps) in [(files_key(), files.stamps()), (heads_key(store.root()), store.stamps())] {
            if let Some(bytes) = stamps.and_then(Stamps::to_bytes) {
                crate::traces::local(self.workspace.root()).put_record(key, &bytes);
            }
        }
        done
    }

    /// The named pure functions of all projects, with the digest of the source of the crate that each is in.
    fn functions(&self) -> BTreeMap<String, Digest> {
        let digests = self.registry.digests;
        let functions = self.registry.projects.iter().flat_map(Project::plan_functions);
        functions
            .filter_map(|function| {
                let library = function.name.split("::").next()?;
                Some((function.name.to_owned(), digests.library(library)?.source_digest()))
            })
            .collect()
    }

    /// What of a profile decides over what is there.
    pub(crate) fn profile_digest(&self, profile: &Profile) -> Digest {
        let providers = profile.providers.iter().map(|(family, driver)| (family.clone(), driver.clone()));
        let site = |instance| Value::map(profile.site(Some(instance)).into_iter().map(|(k, v)| (k, Value::from(v))));
        let instances = profile.instances.iter().map(|(name, instance)| (name.clone(), site(instance)));
        let record = [
            ("provider", Value::from(profile.provider.as_str())),
            ("providers", Value::map(providers)),
            ("account", Value::from(profile.account.clone())),
            ("region", Value::from(profile.region.clone())),
            ("endpoint", Value::from(profile.endpoint.clone())),
            ("instances", Value::map(instances)),
            ("explicit", Value::from(profile.explicit_instances.iter().cloned().map(Value::from).collect::<Vec<_>>())),
        ];
        // Policies that mend goals decide over what is there, too.
        let remedies = self.policies.remedies(|file| self.code_around(file)).map(|remedies| ("remedies", remedies));
        Value::map(record.into_iter().chain(remedies)).digest()
    }

    /// The source digest of the crate that a file is in.
    fn code_around(&self, file: &str) -> Option<Digest> {
        let within = |directory: &str| file.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
        let found = self.registry.digests.crates.iter().find(|found| within(found.directory));
        found.map(code_digest::Crate::source_digest)
    }

    /// The traces of earlier evaluations.
    pub(crate) fn traces(&self) -> TraceCache {
        TraceCache::of(self.workspace.root(), &self.profile.name)
    }

    /// Finds the stacks that the words on the command line mean, and the one that was meant if it was one. Stacks that
    /// are only in state are reached by their name.
    pub(crate) async fn select(
        &self,
        engine: &Engine<'_>,
        selection: &Selection,
        only_in_state: &[StackName],
    ) -> Result<Selected> {
        let only_in_state = only_in_state.iter().map(|name| Candidate { name: name.clone(), reach: Reach::Name });
        self.select_among(engine, selection, (self.candidates().chain(only_in_state).collect(), None), false).await
    }

    /// Selects, also among stacks that are only in state. These are taken by name, or as gone since a version, and the
    /// heads are not read for them where neither was asked for.
    pub(crate) async fn select_with_gone(&self, engine: &Engine<'_>, selection: &Selection) -> Result<Selected> {
        let asked = !selection.stacks.is_empty() || selection.changed_since.is_some();
        let gone = if asked { only_in_state(engine).await? } else { Vec::new() };
        self.select(engine, selection, &gone).await
    }

    /// The same for a list of what there is: stacks that have objects and no file any more are on it like any other, and
    /// so are those that a version had that is compared with.
    pub(crate) async fn select_for_list(&self, engine: &Engine<'_>, selection: &Selection) -> Result<Selected> {
        // The one waits for the disk where nobody waits for it, the other computes here.
        let links = async { asks_for_links(selection).then(|| KeptLinks::of(self).find(engine)) };
        let (gone, links) = tokio::join!(gone(engine), links);
        let gone = gone?.into_iter().map(|head| {
            let reach = if head.objects > 0 { Reach::Default } else { Reach::Name };
            Candidate { name: head.stack, reach }
        });
        self.select_among(engine, selection, (self.candidates().chain(gone).collect(), links), true).await
    }

    async fn select_among(
        &self,
        engine: &Engine<'_>,
        selection: &Selection,
        (mut candidates, links): (Vec<Candidate>, Option<Links>),
        list: bool,
    ) -> Result<Selected> {
        let settings = self.workspace.settings();
        let environments: Vec<String> = settings.all_environments().map(str::to_owned).collect();
        let here = self.workspace.dotted_path_of(&self.start);
        let current = here.as_deref().and_then(|path| self.current_project(path));
        let request = Request {
            selectors: &selection.stacks,
            environments: &selection.env,
            known_environments: &environments,
            changed_since: selection.changed_since.as_deref(),
            with_upstream: selection.with_upstream,
            with_downstream: selection.with_downstream,
            current_project: current,
        };
        let mut facts = Known::of(self, engine, &request, &candidates, links).await?;
        if list {
            let deleted = facts.deleted().map(|name| Candidate { name: name.clone(), reach: Reach::Default });
            candidates.extend(deleted);
        }
        let mut chosen = taskgraph::select(&candidates, &request, &facts)?;
        if let taskgraph::Selection::Choose(stacks) = &chosen
            && self.talk.can_ask()
        {
            let selectors = self.choose(stacks)?;
            chosen = taskgraph::select(&candidates, &Request { selectors: &selectors, ..request }, &facts)?;
        }
        let (stacks, single) = chosen.without_asking()?;
        let since = selection.changed_since.as_deref().and_then(|version| facts.take(version));
        Ok(Selected { stacks, single, since })
    }

    /// The stacks of the workspace, with what each can be selected by.
    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let known: BTreeSet<&str> = self.workspace.settings().all_environments().collect();
        self.catalog.stacks().map(move |entry| {
            let reach = match (entry.default, known.contains(entry.name.environment())) {
                (true, _) => Reach::Default,
                (false, true) => Reach::Environment,
                (false, false) => Reach::Name,
            };
            Candidate { name: entry.name.clone(), reach }
        })
    }

    /// The one stack that a word means: its full name, or an ending of it.
    pub(crate) fn one(&self, word: String) -> Result<StackName> {
        let candidates: Vec<Candidate> = self.candidates().collect();
        let request = Request { selectors: std::slice::from_ref(&word), ..Request::default() };
        let (stacks, single) = taskgraph::select(&candidates, &request, &())?.without_asking()?;
        single.ok_or_else(|| {
            let problem =
                Diagnostic::error("E0711", format!("`{word}` means {} stacks", stacks.len())).hint("name one");
            stacks.iter().fold(problem, |problem, stack| problem.note(stack.to_string())).into()
        })
    }

    /// The project whose directory a dotted path lies in.
    fn current_project(&self, path: &str) -> Option<&str> {
        let within = |project: &&Project| {
            path == project.name() || path.strip_prefix(project.name()).is_some_and(|rest| rest.starts_with('.'))
        };
        self.registry.projects.iter().find(within).map(Project::name)
    }

    /// Asks which stacks are meant; gives selectors.
    fn choose(&self, stacks: &[StackName]) -> Result<Vec<String>> {
        for (number, stack) in stacks.iter().enumerate() {
            self.talk.say(&format!("  {}  {stack}", number + 1));
        }
        let answer = self.talk.ask("Which stack? (a number, or `all`)").unwrap_or_default();
        let names = stacks.iter().map(ToString::to_string);
        if answer == "all" {
            return Ok(names.collect());
        }
        let picked = answer.parse::<usize>().ok().and_then(|number| names.clone().nth(number.checked_sub(1)?));
        match picked {
            Some(stack) => Ok(vec![stack]),
            None => Err(Diagnostic::error("E0706", format!("`{answer}` is none of them")).into()),
        }
    }

    /// Whether the binary is older than the sources.
    #[cfg(feature = "remote-cache")]
    pub(crate) fn is_stale(&self) -> bool {
        !code_digest::stale(self.registry.digests, self.workspace.root()).is_empty()
    }

    /// Warns if the binary is older than the sources.
    pub(crate) fn warn_if_stale(&self) {
        let stale = code_digest::stale(self.registry.digests, self.workspace.root());
        if let Some(first) = stale.first() {
            let more = if stale.len() > 1 { format!(" and {} more", stale.len() - 1) } else { String::new() };
            self.talk.error(
                &Diagnostic::warning("E0707", format!("this runner is older than {first}{more}"))
                    .hint("build it anew: `cargo build -p runner`")
                    .into(),
            );
        }
    }
}

/// What was selected.
pub(crate) struct Selected {
    /// The stacks.
    pub stacks: Vec<StackName>,
    /// The one that was meant, if it was one.
    pub single: Option<StackName>,
    /// What has changed since the version that they were compared with.
    pub since: Option<Since>,
}

impl Selected {
    /// The full names.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.stacks.iter().map(ToString::to_string).collect()
    }
}

/// Whether it must be known who needs whom to tell what is selected.
fn asks_for_links(selection: &Selection) -> bool {
    let mut queries = selection.stacks.iter().filter_map(|text| Query::parse(text).ok());
    selection.with_upstream || selection.with_downstream || queries.any(|query| query.asks_for_links())
}

/// What this runner has learnt of files.
fn stamps(root: &Path, key: Digest) -> Stamps {
    let Ok(program) = std::env::current_exe() else { return Stamps::default() };
    let kept = crate::traces::local(root).get_record(key);
    Stamps::read(kept.as_deref().unwrap_or_default(), &program)
}

/// Where it is kept what was read of the workspace's files.
fn files_key() -> Digest {
    Digest::of("stamps/2", b"files")
}

/// Where it is kept what the heads of a state are.
fn heads_key(state: &Path) -> Digest {
    Digest::of_parts("stamps/2", [&b"heads"[..], state.as_os_str().as_encoded_bytes()])
}

/// The day that it is, UTC.
fn today() -> Date {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    let date = Date::new(u16::try_from(today.year()).unwrap_or(0), part(today.month()), part(today.day()));
    date.unwrap_or(Date::EPOCH)
}

/// What an injected fault with `mode = "after_commit"` does to the process: as if it were killed, before the answer.
fn die() {
    const KILLED: i32 = 137;
    #[expect(clippy::exit, reason = "an injected crash is one")]
    std::process::exit(KILLED);
}

/// Every text inside a value.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::List(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Map(map) => map.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

/// Outputs of other stacks are the engine's.
pub(crate) fn no_outputs(_: &str, _: &value::Path) -> OutputRead {
    OutputRead::NotYet
}

/// Stacks that have objects and no file any more.
pub(crate) async fn only_in_state(engine: &Engine<'_>) -> Result<Vec<StackName>> {
    Ok(gone(engine).await?.into_iter().map(|head| head.stack).collect())
}

/// The heads of stacks that have no file any more.
async fn gone(engine: &Engine<'_>) -> Result<Vec<state::Head>> {
    let there = engine.catalog.stacks().map(|entry| entry.name.to_string()).collect();
    Ok(engine.store.heads_besides(&there).await?)
}
