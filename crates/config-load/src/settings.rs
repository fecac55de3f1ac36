//! `groundplan.toml`: what holds for the whole workspace.

use std::collections::BTreeMap;

use config::{FromNode, Placed};
use diag::{Diagnostic, Diagnostics, Place};
use plan_macros::Config;
use policy::{Attachment, Waiver};
use signing::{KeyError, PublicKey, Signers};

use crate::cache::{CacheForm, SharedCache};
use crate::{Approval, Approvals, near, quoted};

/// The settings of a workspace.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation's name; never changed, since the ids of stacks hang on it.
    pub organisation: String,
    /// The environments of the default selection, in the order of promotion.
    pub environments: Vec<String>,
    /// Environments of the default selection that are outside the order of promotion.
    pub other_environments: Vec<String>,
    /// Environments outside the default selection.
    pub known_environments: Vec<String>,
    /// Directories of configuration that projects read, by the name that they ask for.
    pub configuration: BTreeMap<String, String>,
    /// To whom secrets are sealed.
    pub secrets: Secrets,
    /// How long a run holds stacks that it does not say it still holds.
    pub leases: Leases,
    /// The profiles by name; `sandbox` is always there.
    pub profiles: BTreeMap<String, Profile>,
    /// Where policies are attached, in order.
    pub policies: Vec<Placed<Attachment>>,
    /// Findings of policies that do not count for some time.
    pub waivers: Vec<Placed<Waiver>>,
    /// Whose signatures may count; what counts where is said there.
    pub signers: Signers,
    /// What is approved by signature.
    pub approvals: Approvals,
    /// Which plans that were built elsewhere have to be signed.
    pub plans: Approvals,
    /// The pipeline, if something is said of it.
    pub pipeline: Option<Pipeline>,
    /// The cache that machines share.
    pub cache: Option<SharedCache>,
}

/// How long a run holds stacks; what counts where several machines share a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Config)]
pub struct Leases {
    /// For how long a lease is good without being renewed, beyond the longest call.
    #[config(default = 900)]
    pub seconds: u32,
    /// How far clocks of different machines may be apart: a lease is honoured for so long after its end.
    #[config(default = 300)]
    pub margin_seconds: u32,
}

impl Default for Leases {
    fn default() -> Self {
        Self { seconds: 900, margin_seconds: 300 }
    }
}

/// What the pipeline that `runner pipeline` writes is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Config)]
pub struct Pipeline {
    /// The command that is the runner; `cargo run`, if it is not given.
    pub runner: Option<String>,
    /// The profile that it plans and applies.
    pub profile: Option<String>,
    /// The branch whose commits are applied; `main`, if it is not given.
    pub branch: Option<String>,
    /// What GitHub runs the jobs on.
    pub runs_on: Option<String>,
    /// Into how many stages an environment is cut at the most, each of which is approved by itself.
    #[config(default = 1)]
    pub levels: u32,
    /// On how many machines a stage is applied at the most.
    #[config(default = 4)]
    pub shards: u32,
    /// Secrets of the pipeline that plans and applies get.
    #[config(default)]
    pub secrets: Vec<String>,
    /// Secrets that the preview of a pull request gets.
    #[config(default)]
    pub preview_secrets: Vec<String>,
}

/// To whom secrets are sealed.
#[derive(Debug, Clone, Default, Config)]
pub struct Secrets {
    /// `age1…` texts, or `passphrase` alone.
    #[config(default)]
    pub recipients: Vec<String>,
    /// The organisation key, sealed to the recipients; its purpose is [`Settings::organisation_key_purpose`].
    pub organisation_key: Option<String>,
}

/// Where each provider points.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The name.
    pub name: String,
    /// The driver of all types without one of their own: `sandbox`, `aws`.
    pub provider: String,
    /// Drivers by the family of types: `consul = "sandbox"`.
    pub providers: BTreeMap<String, String>,
    /// Whether protected resources may be deleted; only where everything is in the sandbox.
    pub ignore_protection: bool,
    /// The checked-in demo key, a path in the workspace; only where everything is in the sandbox.
    pub identity: Option<String>,
    /// The account that a run must find itself in.
    pub account: Option<String>,
    /// The region of the provider.
    pub region: Option<String>,
    /// The address of the provider's server, where it has one.
    pub endpoint: Option<String>,
    /// Addresses of the servers of single drivers, by the driver's name.
    pub endpoints: BTreeMap<String, String>,
    /// Further provider instances, by the name that resources say with `.provider(…)`.
    pub instances: BTreeMap<String, Instance>,
    /// Families of types (`aws`, `vault`) whose resources must name their instance.
    pub explicit_instances: Vec<String>,
    /// The key of the state, sealed to the recipients; its purpose is [`Profile::state_key_purpose`].
    pub state_key: Option<String>,
    /// Where the state is: a URL, or a path in the workspace.
    pub state: String,
    /// The directory of the sandbox, a path in the workspace.
    pub sandbox: String,
    /// How fast providers may be called, by their name.
    pub budgets: BTreeMap<String, Budget>,
    /// Where the profile is declared.
    pub place: Place,
}

/// How fast a provider may be called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Config)]
pub struct Budget {
    /// Calls per second, in the long run.
    pub calls_per_second: Option<f64>,
    /// How many calls may come at once after a pause.
    pub burst: Option<u32>,
    /// How many calls may be under way.
    pub concurrency: Option<u32>,
}

/// Where a provider instance points; what it does not say is as in its profile. All of it is plain text, known before
/// anything is evaluated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Config)]
pub struct Instance {
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The address of its server.
    pub endpoint: Option<String>,
}

/// The driver that is embedded.
const SANDBOX: &str = "sandbox";

impl Settings {
    /// Reads the text of `groundplan.toml`; `file` is what places name.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        let node = config::parse(file, text)?;
        let mut found = Diagnostics::new();
        let Some(form) = Form::from_node(&node, &mut found) else { return Err(found) };
        form.check(&mut found);
        let mut profiles: BTreeMap<String, Profile> = form
            .profiles
            .into_iter()
            .map(|(name, form)| (name.clone(), form.value.profile(name, form.place, &mut found)))
            .collect();
        profiles.entry(SANDBOX.to_owned()).or_insert_with(|| Profile::sandbox(file));
        let signers = signers(form.signers, &mut found);
        let listed = form.environments.iter().chain(&form.other_environments).chain(&form.known_environments);
        let known: Vec<&str> = listed.map(|name| name.value.as_str()).chain(["default"]).collect();
        let named: Vec<&str> = profiles.keys().map(String::as_str).collect();
        let approvals = Approvals::new(form.approvals, &signers, &known, &named, &mut found);
        let plans = Approvals::new(form.plans, &signers, &known, &named, &mut found);
        let cache = form.cache.map(|form| form.settings(&signers, &mut found));
        let names = |texts: Vec<Placed<String>>| texts.into_iter().map(|text| text.value).collect();
        found.into_result(Self {
            organisation: form.organisation.value,
            environments: names(form.environments),
            other_environments: names(form.other_environments),
            known_environments: names(form.known_environments),
            configuration: form.configuration,
            secrets: form.secrets.unwrap_or_default(),
            leases: form.leases.unwrap_or_default(),
            profiles,
            policies: form.policy,
            waivers: form.waiver,
            signers,
            approvals,
            plans,
            pipeline: form.pipeline,
            cache,
        })
    }

    /// The profile of a name.
    ///
    /// # Errors
    /// If there is none.
    pub fn profile(&self, name: &str) -> Result<&Profile, Diagnostic> {
        self.profiles.get(name).ok_or_else(|| {
            let names = self.profiles.keys().map(String::as_str);
            let problem = Diagnostic::error("E0208", format!("there is no profile `{name}`"));
            match near(name, names.clone()) {
                Some(near) => problem.hint(format!("did you mean `--profile {near}`?")),
                None => problem.hint(format!("the profiles in groundplan.toml are {}", quoted(names))),
            }
        })
    }

    /// All environments that stacks can be in: of the default selection, known ones, and `default`.
    pub fn all_environments(&self) -> impl Iterator<Item = &str> + Clone {
        let listed = self.environments.iter().chain(&self.other_environments).chain(&self.known_environments);
        listed.map(String::as_str).chain(["default"])
    }

    /// Whether stacks of the environment are in the default selection: the listed ones, and the global `default`.
    pub fn is_selected(&self, environment: &str) -> bool {
        let mut listed = self.environments.iter().chain(&self.other_environments);
        environment == "default" || listed.any(|name| name == environment)
    }

    /// The place of an environment in the order of promotion; `default`, other and known ones have none.
    pub fn promotion_rank(&self, environment: &str) -> Option<usize> {
        self.environments.iter().position(|name| name == environment)
    }

    /// What the organisation key is sealed for.
    pub fn organisation_key_purpose(&self) -> String {
        format!("organisation key of {}", self.organisation)
    }
}

impl Profile {
    /// The driver of a family of types: `aws`, `consul`.
    pub fn driver(&self, family: &str) -> &str {
        self.providers.get(family).unwrap_or(&self.provider)
    }

    /// Whether some driver is not the sandbox.
    pub fn is_live(&self) -> bool {
        self.provider != SANDBOX || self.providers.values().any(|driver| driver != SANDBOX)
    }

    /// Where an instance points, `None` is the default one: `account`, `region` and `endpoint`, and for the default one
    /// `endpoints.<driver>`, as far as they are set.
    pub fn site(&self, instance: Option<&Instance>) -> BTreeMap<String, String> {
        let own = |of: fn(&Instance) -> &Option<String>| instance.and_then(|instance| of(instance).clone());
        let settings = [
            ("account", own(|instance| &instance.account).or_else(|| self.account.clone())),
            ("region", own(|instance| &instance.region).or_else(|| self.region.clone())),
            // A server's address is that of one instance only.
            ("endpoint", if instance.is_some() { own(|instance| &instance.endpoint) } else { self.endpoint.clone() }),
        ];
        let own = self.endpoints.iter().filter(|_| instance.is_none());
        let own = own.map(|(driver, endpoint)| (format!("endpoints.{driver}"), endpoint.clone()));
        own.chain(settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))).collect()
    }

    /// The address of a driver's server, where an instance of it points elsewhere than to the vendor.
    pub fn endpoint(&self, driver: &str, instance: Option<&Instance>) -> Option<String> {
        let of_driver = || self.endpoints.get(driver).or(self.endpoint.as_ref());
        instance.map_or_else(of_driver, |instance| instance.endpoint.as_ref()).cloned()
    }

    /// What the state key is sealed for.
    pub fn state_key_purpose(&self) -> String {
        format!("state key of profile {}", self.name)
    }

    /// What holds if `groundplan.toml` says nothing of a sandbox.
    fn sandbox(file: &str) -> Self {
        let form = ProfileForm {
            provider: SANDBOX.to_owned(),
            providers: BTreeMap::new(),
            ignore_protection: None,
            identity: None,
            account: None,
            region: None,
            endpoint: None,
            endpoints: BTreeMap::new(),
            instances: BTreeMap::new(),
            explicit_instances: Vec::new(),
            state_key: None,
            state: None,
            sandbox: None,
            budgets: BTreeMap::new(),
        };
        form.profile(SANDBOX.to_owned(), Place::start_of(file), &mut Diagnostics::new())
    }
}

#[derive(Config)]
struct Form {
    organisation: Placed<String>,
    environments: Vec<Placed<String>>,
    #[config(default)]
    other_environments: Vec<Placed<String>>,
    #[config(default)]
    known_environments: Vec<Placed<String>>,
    #[config(default)]
    configuration: BTreeMap<String, String>,
    secrets: Option<Secrets>,
    leases: Option<Leases>,
    #[config(default)]
    profiles: BTreeMap<String, Placed<ProfileForm>>,
    #[config(default)]
    policy: Vec<Placed<Attachment>>,
    #[config(default)]
    waiver: Vec<Placed<Waiver>>,
    #[config(default)]
    signers: BTreeMap<String, Placed<String>>,
    #[config(default)]
    approvals: BTreeMap<String, Placed<Approval>>,
    #[config(default)]
    plans: BTreeMap<String, Placed<Approval>>,
    pipeline: Option<Pipeline>,
    cache: Option<CacheForm>,
}

#[derive(Config)]
struct ProfileForm {
    provider: String,
    #[config(default)]
    providers: BTreeMap<String, String>,
    ignore_protection: Option<Placed<bool>>,
    identity: Option<Placed<String>>,
    account: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
    #[config(default)]
    endpoints: BTreeMap<String, Placed<String>>,
    #[config(default)]
    instances: BTreeMap<String, Instance>,
    #[config(default)]
    explicit_instances: Vec<String>,
    state_key: Option<String>,
    state: Option<String>,
    sandbox: Option<String>,
    #[config(default)]
    budgets: BTreeMap<String, Placed<Budget>>,
}

impl Form {
    /// All environments that are listed.
    fn all_environments(&self) -> impl Iterator<Item = &Placed<String>> {
        self.environments.iter().chain(&self.other_environments).chain(&self.known_environments)
    }

    fn check(&self, found: &mut Diagnostics) {
        let mut wrong = |place: &Place, message: String, hint: &str| {
            found.push(Diagnostic::error("E0206", message).at(place.clone()).hint(hint));
        };
        let name = &self.organisation;
        let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.value.is_empty() || !name.value.chars().all(small) {
            let message = format!("the organisation cannot be called `{}`", name.value);
            wrong(&name.place, message, "use lower-case letters, digits and `-`");
        }
        let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
        for Placed { value, place } in self.all_environments() {
            if value == "default" {
                wrong(place, "`default` is the environment of global stacks and is not listed".to_owned(), "remove it");
            } else if !is_segment(value) {
                let message = format!("an environment cannot be called `{value}`");
                wrong(place, message, "use letters, digits, `-` and `_`");
            } else if seen.insert(value, place).is_some() {
                wrong(place, format!("the environment `{value}` is listed twice"), "remove one of the two");
            }
        }
        self.check_policies(found);
    }

    /// Environments, profiles and waivers must be what they say, or a policy would silently guard nothing.
    fn check_policies(&self, found: &mut Diagnostics) {
        let environments: Vec<&str> = self.all_environments().map(|one| one.value.as_str()).collect();
        let environments: Vec<&str> = environments.into_iter().chain(["default"]).collect();
        let profiles: Vec<&str> = self.profiles.keys().map(String::as_str).chain([SANDBOX]).collect();
        for Placed { value: policy, .. } in &self.policy {
            let named =
                [("environment", &policy.environments, &environments), ("profile", &policy.profiles, &profiles)];
            for (what, names, known) in named {
                for Placed { value, place } in names.iter().filter(|name| !known.contains(&name.value.as_str())) {
                    let problem = Diagnostic::error("E0261", format!("there is no {what} `{value}`")).at(place.clone());
                    found.push(match near(value, known.iter().copied()) {
                        Some(near) => problem.hint(format!("did you mean `{near}`?")),
                        None => problem.hint(format!("there are {}", quoted(known.iter().copied()))),
                    });
                }
            }
        }
        for Placed { value, place } in
            self.waiver.iter().filter(|one| one.value.stack.is_none() && one.value.resource.is_none())
        {
            let message =
                format!("this waiver of `{}` says neither for which stack nor for which resource", value.rule.value);
            found.push(Diagnostic::error("E0262", message).at(place.clone()).hint("add `stack = …` or `resource = …`"));
        }
    }
}

/// The public keys under `[signers]`.
fn signers(listed: BTreeMap<String, Placed<String>>, found: &mut Diagnostics) -> Signers {
    Signers::new(listed.into_iter().filter_map(|(name, Placed { value, place })| match value.parse::<PublicKey>() {
        Ok(key) => Some((name, key)),
        Err(error) => {
            // A place would have its line shown, with the secret in it.
            let secret = error == KeyError::SecretAsPublic;
            let problem = error.diagnostic();
            found.push(if secret { problem.note(format!("at {place}")) } else { problem.at(place) });
            None
        }
    }))
}

impl ProfileForm {
    fn profile(self, name: String, place: Place, found: &mut Diagnostics) -> Profile {
        let drivers = || std::iter::once(&self.provider).chain(self.providers.values());
        let unknown = |what: String, place: &Place| {
            let message = format!("{what}: `{name}` has no such provider");
            let hint = format!("the providers of `{name}` are {}", quoted(drivers().map(String::as_str)));
            Diagnostic::error("E0206", message).at(place.clone()).hint(hint)
        };
        for (provider, Placed { place, .. }) in self.endpoints.iter().filter(|(of, _)| !drivers().any(|d| d == *of)) {
            found.push(unknown(format!("the endpoint of `{provider}` is nobody's"), place));
        }
        for (provider, Placed { value, place }) in &self.budgets {
            if !drivers().any(|driver| driver == provider) {
                found.push(unknown(format!("the budget of `{provider}` limits nothing"), place));
            }
            let nothing = value.calls_per_second.is_some_and(|calls| !(calls > 0.0 && calls.is_finite()));
            if nothing || value.burst == Some(0) || value.concurrency == Some(0) {
                let message = format!("the budget of `{provider}` lets nothing through");
                found.push(
                    Diagnostic::error("E0206", message)
                        .at(place.clone())
                        .hint("give numbers above 0, or leave out what is not to be limited"),
                );
            }
        }
        let profile = Profile {
            provider: self.provider,
            providers: self.providers,
            ignore_protection: self.ignore_protection.as_ref().is_some_and(|p| p.value),
            identity: self.identity.as_ref().map(|p| p.value.clone()),
            account: self.account,
            region: self.region,
            endpoint: self.endpoint,
            instances: self.instances,
            explicit_instances: self.explicit_instances,
            state_key: self.state_key,
            state: self.state.unwrap_or_else(|| format!(".groundplan/state/{name}")),
            sandbox: self.sandbox.unwrap_or_else(|| ".groundplan/sandbox".to_owned()),
            endpoints: self.endpoints.into_iter().map(|(driver, endpoint)| (driver, endpoint.value)).collect(),
            budgets: self.budgets.into_iter().map(|(name, budget)| (name, budget.value)).collect(),
            place,
            name,
        };
        if profile.is_live() {
            let refused = [
                self.ignore_protection.filter(|p| p.value).map(|p| ("ignore_protection", p.place)),
                self.identity.map(|p| ("identity", p.place)),
            ];
            for (key, place) in refused.into_iter().flatten() {
                let message = format!("profile `{}` cannot set `{key}`: it reaches the live world", profile.name);
                found.push(
                    Diagnostic::error("E0207", message)
                        .at(place)
                        .note("only a profile whose providers are all `sandbox` can set it")
                        .hint(format!("remove `{key}`")),
                );
            }
        }
        profile
    }
}

/// Whether a text can be an environment or a scope: one segment of a short name.
pub(crate) fn is_segment(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
