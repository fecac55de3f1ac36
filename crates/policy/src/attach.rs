//! Where policies are attached, and what is waived.

use std::collections::BTreeSet;

use config::{Node, NodeKind, Placed, Table};
use diag::{Diagnostic, Diagnostics, Place};
use plan_macros::Config;
use resource::{StackName, Urn, fits};
use value::{Digest, Value};

use crate::rule::Rule;
use crate::{Date, Kind, Level, Policy, Standing};

/// A `[[policy]]` of `groundplan.toml`.
#[derive(Debug, Clone, Config)]
pub struct Attachment {
    /// The policy's name.
    pub rule: Placed<String>,
    /// Patterns of full stack names; none = every stack.
    #[config(default)]
    pub stacks: Vec<String>,
    /// Environments; none = every one.
    #[config(default)]
    pub environments: Vec<Placed<String>>,
    /// Profiles; none = every one.
    #[config(default)]
    pub profiles: Vec<Placed<String>>,
    /// The level, instead of the policy's own.
    pub level: Option<Level>,
    /// The policy's settings.
    pub settings: Option<Node>,
}

/// A `[[waiver]]` of `groundplan.toml`: findings that do not count for some time.
#[derive(Debug, Clone, Config)]
pub struct Waiver {
    /// The policy's name.
    pub rule: Placed<String>,
    /// A pattern of full stack names.
    pub stack: Option<String>,
    /// A pattern of URNs or names of resources.
    pub resource: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Date,
}

impl Waiver {
    fn covers(&self, rule: &str, stack: Option<&StackName>, resource: Option<&Urn>) -> bool {
        let fits_stack = |pattern: &String| stack.is_some_and(|stack| fits(pattern, &stack.to_string()));
        let fits_resource =
            |pattern: &String| resource.is_some_and(|urn| fits(pattern, urn.name()) || fits(pattern, &urn.to_string()));
        self.rule.value == rule
            && self.stack.as_ref().is_none_or(fits_stack)
            && self.resource.as_ref().is_none_or(fits_resource)
    }

    /// Whether a finding in the stack could be waived.
    pub(crate) fn covers_stack(&self, stack: &StackName) -> bool {
        self.stack.as_ref().is_none_or(|pattern| fits(pattern, &stack.to_string()))
    }
}

/// A policy where it is attached.
#[derive(Clone)]
pub struct Attached {
    /// The policy's name.
    pub rule: String,
    /// What it looks at.
    pub kind: Kind,
    /// What a finding means.
    pub level: Level,
    /// Patterns of stacks; none = every stack.
    pub stacks: Vec<String>,
    /// Environments; none = every one.
    pub environments: Vec<String>,
    pub(crate) judge: Rule,
    /// The settings, and the file that the policy is declared in.
    digest: Digest,
    declared_in: String,
}

impl std::fmt::Debug for Attached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attached").field("rule", &self.rule).field("level", &self.level).finish_non_exhaustive()
    }
}

impl Attached {
    /// Whether it is attached to a stack.
    pub fn covers(&self, stack: &StackName) -> bool {
        let name = stack.to_string();
        (self.stacks.is_empty() || self.stacks.iter().any(|pattern| fits(pattern, &name)))
            && (self.environments.is_empty() || self.environments.iter().any(|one| one == stack.environment()))
    }
}

/// All policies where they are attached, and what is waived and allowed: what judges.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    pub(crate) attached: Vec<Attached>,
    pub(crate) waivers: Vec<Placed<Waiver>>,
    pub(crate) today: Option<Date>,
    allowed: BTreeSet<String>,
}

impl Policies {
    /// Attaches policies as a profile has them, in order.
    ///
    /// # Errors
    /// Names of policies that there are none of, and settings that do not fit.
    pub fn attach(
        policies: &[Policy],
        attachments: &[Placed<Attachment>],
        waivers: &[Placed<Waiver>],
        profile: &str,
        today: Date,
    ) -> Result<Self, Diagnostics> {
        let mut found = Diagnostics::new();
        let mut attached = Vec::new();
        for Placed { value, place } in attachments {
            let Some(policy) = find(policies, &value.rule, &mut found) else { continue };
            // What is wrong with settings shows whatever the profile.
            let settings = value.settings.clone().unwrap_or_else(|| nothing(place));
            let Some(judge) = policy.bind(&settings, &mut found) else { continue };
            if !value.profiles.is_empty() && !value.profiles.iter().any(|one| one.value == profile) {
                continue;
            }
            attached.push(Attached {
                rule: policy.name().to_owned(),
                kind: policy.kind(),
                level: value.level.unwrap_or(policy.level()),
                stacks: value.stacks.clone(),
                environments: value.environments.iter().map(|one| one.value.clone()).collect(),
                judge,
                digest: settings.to_value().digest(),
                declared_in: policy.place().file.to_string(),
            });
        }
        for waiver in waivers {
            find(policies, &waiver.value.rule, &mut found);
        }
        found.into_result(Self { attached, waivers: waivers.to_vec(), today: Some(today), allowed: BTreeSet::new() })
    }

    /// Lets rules pass for one run.
    ///
    /// # Errors
    /// If a rule is not attached.
    pub fn allow(&mut self, rules: &[String]) -> Result<(), Diagnostics> {
        let known: BTreeSet<&str> = self.attached.iter().map(|attached| attached.rule.as_str()).collect();
        let unknown = rules.iter().filter(|rule| !known.contains(rule.as_str()));
        let problem = |rule: &String| {
            let problem = Diagnostic::error("E0735", format!("no policy `{rule}` is attached in this profile"));
            match near(rule, known.iter().copied()) {
                Some(name) => problem.hint(format!("did you mean `--allow {name}`?")),
                None => problem.hint("`runner policies` lists those that are"),
            }
        };
        unknown.map(problem).collect::<Diagnostics>().into_result(())?;
        self.allowed.extend(rules.iter().cloned());
        Ok(())
    }

    /// The policies where they are attached, in order.
    pub fn attached(&self) -> &[Attached] {
        &self.attached
    }

    /// The rules that pass in this run.
    pub fn allowed(&self) -> &BTreeSet<String> {
        &self.allowed
    }

    /// The waivers, each with whether it still holds.
    pub fn waivers(&self) -> impl Iterator<Item = (&Waiver, bool)> {
        self.waivers.iter().map(|waiver| (&waiver.value, self.holds(&waiver.value)))
    }

    /// What stands for the policies that change goals, with `code` giving the digest of the crate that a file is in;
    /// nothing if there is none. Two runs with different ones may want different things of the same plan.
    pub fn remedies(&self, code: impl Fn(&str) -> Option<Digest>) -> Option<Value> {
        let remedies = self.attached.iter().filter(|one| one.kind == Kind::Remedy && one.level == Level::Mandatory);
        let records: Vec<Value> = remedies
            .map(|one| {
                let text = |parts: &[String]| Value::List(parts.iter().map(|part| part.as_str().into()).collect());
                Value::map([
                    ("rule", Value::from(one.rule.as_str())),
                    ("stacks", text(&one.stacks)),
                    ("environments", text(&one.environments)),
                    ("settings", Value::from(one.digest.to_string())),
                    ("code", Value::from(code(&one.declared_in).map(|digest| digest.to_string()))),
                ])
            })
            .collect();
        (!records.is_empty()).then_some(Value::List(records))
    }

    pub(crate) fn holds(&self, waiver: &Waiver) -> bool {
        self.today.is_none_or(|today| today <= waiver.until)
    }

    /// Whether a finding would count, and the waiver that is to blame.
    pub(crate) fn standing(
        &self,
        rule: &str,
        stack: Option<&StackName>,
        resource: Option<&Urn>,
    ) -> (Standing, Option<usize>) {
        let covering: Vec<usize> =
            (0..self.waivers.len()).filter(|n| self.waivers[*n].value.covers(rule, stack, resource)).collect();
        let holding = covering.iter().copied().find(|n| self.holds(&self.waivers[*n].value));
        let waiver = |n: usize| &self.waivers[n].value;
        if self.allowed.contains(rule) {
            return (Standing::Allowed, holding);
        }
        match (holding, covering.iter().copied().max_by_key(|n| waiver(*n).until)) {
            (Some(n), _) => (Standing::Waived { reason: waiver(n).reason.clone(), until: waiver(n).until }, Some(n)),
            (None, Some(n)) => (Standing::Expired { until: waiver(n).until }, None),
            (None, None) => (Standing::Counts, None),
        }
    }
}

/// The policy of a name.
fn find<'a>(policies: &'a [Policy], rule: &Placed<String>, found: &mut Diagnostics) -> Option<&'a Policy> {
    let policy = policies.iter().find(|policy| policy.name() == rule.value);
    if policy.is_none() {
        let problem = Diagnostic::error("E0260", format!("there is no policy `{}`", rule.value)).at(rule.place.clone());
        let names: Vec<&str> = policies.iter().map(Policy::name).collect();
        found.push(match near(&rule.value, names.iter().copied()) {
            Some(name) => problem.hint(format!("did you mean `{name}`?")),
            None if names.is_empty() => problem.hint("this runner has none: make a crate under `policies/`"),
            None => problem.hint(format!("the policies are {}", names.join(", "))),
        });
    }
    policy
}

/// Settings of which none is given.
fn nothing(place: &Place) -> Node {
    Node { kind: NodeKind::Table(Table::default()), place: place.clone(), path: value::Path::key("settings") }
}

fn near<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.map(|name| (strsim::jaro_winkler(text, name), name));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}
