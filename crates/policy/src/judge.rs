//! Judging: every policy on everything that it is attached to.

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics, Place};
use diff::{ChangeSet, ResourceChange};
use resource::{Options, StackName, Urn};
use schema::TypeSchema;
use value::{Digest, Map, Secret, Value};

use crate::rule::Rule;
use crate::view::{Schemas, is_declared, is_in_goal};
use crate::{
    Answer, Attached, Changes, Finding, Judgement, Kind, Level, Policies, Remedy, Stack, Standing, Subject, Undecided,
};

/// What there is to judge.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The schemas of types.
    pub schemas: &'a dyn Fn(&str) -> Option<&'a TypeSchema>,
    /// All stacks that there are.
    pub stacks: &'a [StackName],
    /// The change sets hold what would be done, not goals alone.
    pub changes: bool,
}

/// What a finding is known by: rule, stack, resource, message.
type Key = (String, Option<StackName>, Option<Urn>, String);

impl Policies {
    /// Judges change sets.
    pub fn judge<'a>(&self, sets: &'a [ChangeSet], scope: Scope<'a>) -> Judgement {
        let mut court =
            Court { policies: self, findings: BTreeMap::new(), undecided: Vec::new(), used: BTreeSet::new() };
        for attached in &self.attached {
            let covered: Vec<&ChangeSet> = sets.iter().filter(|set| attached.covers(&set.stack)).collect();
            match &attached.judge {
                Rule::Resource(_) | Rule::Remedy(_) => {
                    for &set in &covered {
                        Subject::of(set, scope.schemas, is_declared)
                            .for_each(|subject| court.resource(attached, set, &subject));
                    }
                }
                Rule::Stack(judge) => {
                    for set in covered.iter().filter(|set| set.resources.values().any(is_in_goal)) {
                        let mut answer = Answer::default();
                        judge(&Stack::of(set, scope.schemas), &mut answer);
                        court.take(attached, &covered, Some((&set.stack, None)), answer);
                    }
                }
                Rule::Changes(judge) if scope.changes && !covered.is_empty() => {
                    let mut answer = Answer::default();
                    judge(&Changes::of(&covered, scope.schemas), &mut answer);
                    court.take(attached, &covered, None, answer);
                }
                Rule::Changes(_) => {}
            }
        }
        let warnings = court.idle_waivers(sets, scope);
        let mut judgement =
            Judgement { findings: court.findings.into_values().collect(), undecided: court.undecided, warnings };
        // Attached twice, it is said once.
        judgement.undecided.dedup_by(|a, b| a.rule == b.rule && a.stack == b.stack && a.resource == b.resource);
        judgement
    }

    /// Judges a resource again, now that its properties are known: what stands against its step.
    pub fn judge_known<'a>(
        &self,
        set: &'a ChangeSet,
        urn: &'a Urn,
        goal: &'a Map,
        schemas: Schemas<'a>,
    ) -> Diagnostics {
        let Some(change) = set.resources.get(urn) else { return Diagnostics::new() };
        let mut court =
            Court { policies: self, findings: BTreeMap::new(), undecided: Vec::new(), used: BTreeSet::new() };
        for attached in self.attached.iter().filter(|attached| attached.covers(&set.stack)) {
            match &attached.judge {
                Rule::Resource(_) => {
                    let subject = Subject::new(&set.stack, urn, goal, &change.options, schemas(urn.ty()));
                    court.resource(attached, set, &subject);
                }
                Rule::Stack(judge) => {
                    let mut stack = Stack::of(set, schemas);
                    if let Some(subject) = stack.resources.iter_mut().find(|subject| subject.urn == urn) {
                        *subject = Subject::new(&set.stack, urn, goal, &change.options, schemas(urn.ty()));
                    }
                    let mut answer = Answer::default();
                    judge(&stack, &mut answer);
                    court.take(attached, &[set], Some((&set.stack, None)), answer);
                }
                Rule::Changes(_) | Rule::Remedy(_) => {}
            }
        }
        let stops = court.findings.into_values().filter(Finding::stops);
        stops.map(|finding| Diagnostic { code: "E0452".to_owned(), ..finding.diagnostic() }).collect()
    }

    /// Mends the properties of a resource, each remedy what the one before it left; gives a remark on each change.
    ///
    /// # Errors
    /// Why a remedy cannot mend it.
    pub fn mend(
        &self,
        stack: &StackName,
        urn: &Urn,
        options: &Options,
        schema: Option<&TypeSchema>,
        properties: &mut Map,
    ) -> Result<Vec<String>, Diagnostics> {
        let mut remarks = Vec::new();
        let mut found = Diagnostics::new();
        let remedies = self.attached.iter().filter(|one| one.level == Level::Mandatory && one.covers(stack));
        for attached in remedies {
            let Rule::Remedy(mend) = &attached.judge else { continue };
            let (standing, _) = self.standing(&attached.rule, Some(stack), Some(urn));
            if !matches!(standing, Standing::Counts | Standing::Expired { .. }) {
                continue;
            }
            let mut remedy = Remedy::default();
            mend(&Subject::new(stack, urn, properties, options, schema), &mut remedy);
            if let Some(reason) = remedy.failed {
                let message = format!("policy `{}` cannot mend `{}` of `{stack}`", attached.rule, urn.name());
                found.push(
                    Diagnostic::error("E0451", message)
                        .note(reason)
                        .hint("change the resource, or waive it with a `[[waiver]]` in groundplan.toml"),
                );
                continue;
            }
            let changed = remedy.set.into_iter().filter(|(key, value)| differs(properties, key, value));
            let changed: Vec<(String, Value)> = changed.collect();
            let mut secrets = BTreeMap::new();
            properties.values().for_each(|value| collect(value, &mut secrets));
            for (key, value) in changed {
                remarks.push(format!("policy `{}` sets `{key}`", attached.rule));
                if value.is_null() {
                    properties.remove(&key);
                } else {
                    properties.insert(key, with_contents(value, &secrets));
                }
            }
        }
        found.into_result(remarks)
    }

    /// Whether a judgement of a resource may come out otherwise once its properties are known.
    pub fn judges_goals(&self, stack: &StackName) -> bool {
        self.attached.iter().any(|one| matches!(one.kind, Kind::Resource | Kind::Stack) && one.covers(stack))
    }
}

/// What was found so far.
struct Court<'a> {
    policies: &'a Policies,
    findings: BTreeMap<Key, Finding>,
    undecided: Vec<Undecided>,
    /// The waivers that waived something.
    used: BTreeSet<usize>,
}

impl Court<'_> {
    fn resource(&mut self, attached: &Attached, set: &ChangeSet, subject: &Subject<'_>) {
        let mut answer = Answer::default();
        match &attached.judge {
            Rule::Resource(judge) => judge(subject, &mut answer),
            Rule::Remedy(mend) => {
                let mut remedy = Remedy::default();
                mend(subject, &mut remedy);
                answer.undecided = remedy.undecided;
                if attached.level == Level::Advisory {
                    if let Some(reason) = remedy.failed {
                        answer.fail(format!("cannot be mended: {reason}"));
                    }
                    let changed = remedy.set.iter().filter(|(key, value)| differs(&subject.properties, key, value));
                    for (key, _) in changed {
                        answer
                            .fail(format!("`{key}` should be mended"))
                            .hint("attach the policy as mandatory to have it mended");
                    }
                }
            }
            _ => return,
        }
        self.take(attached, &[set], Some((subject.stack, Some(subject.urn))), answer);
    }

    /// Takes an answer that is about a stack, or a resource of it, or all.
    fn take(
        &mut self,
        attached: &Attached,
        sets: &[&ChangeSet],
        about: Option<(&StackName, Option<&Urn>)>,
        answer: Answer,
    ) {
        let (stack, urn) = about.unzip();
        let urn = urn.flatten();
        for found in answer.found {
            let (stack, resource) = match found.about {
                Some((stack, urn)) => (Some(stack), Some(urn)),
                None => (stack.cloned(), urn.cloned()),
            };
            let (standing, waiver) = self.policies.standing(&attached.rule, stack.as_ref(), resource.as_ref());
            self.used.extend(waiver);
            let place = place(sets, stack.as_ref(), resource.as_ref());
            let key = (attached.rule.clone(), stack.clone(), resource.clone(), found.message.clone());
            let finding = Finding {
                rule: attached.rule.clone(),
                level: attached.level,
                stack,
                resource,
                place,
                message: found.message,
                hints: found.hints,
                standing,
            };
            // Attached twice, the stricter level counts.
            let entry = self.findings.entry(key).or_insert_with(|| finding.clone());
            entry.level = entry.level.max(finding.level);
        }
        if !answer.undecided.is_empty() {
            self.undecided.push(Undecided {
                rule: attached.rule.clone(),
                level: attached.level,
                stack: stack.cloned(),
                resource: urn.cloned(),
                origins: answer.undecided,
            });
        }
    }

    /// Waivers that hold, and waive nothing although all that they could waive was judged.
    fn idle_waivers(&self, sets: &[ChangeSet], scope: Scope<'_>) -> Diagnostics {
        // A stack that is taken down has no goal to find anything in, and of one in a restricted run not all is judged.
        let whole = |set: &&ChangeSet| set.resources.values().all(|change| !change.left);
        let there = |set: &&ChangeSet| set.resources.is_empty() || set.resources.values().any(is_in_goal);
        let judged = sets.iter().filter(whole).filter(there);
        let judged: BTreeSet<&StackName> = judged.map(|set| &set.stack).collect();
        let policies = self.policies;
        let in_force = |rule: &str| {
            policies.attached.iter().any(|one| {
                one.rule == rule
                    && match one.kind {
                        Kind::Resource | Kind::Stack => true,
                        Kind::Changes => scope.changes,
                        Kind::Remedy => false,
                    }
            })
        };
        let undecided = |rule: &str| self.undecided.iter().any(|one| one.rule == rule);
        let idle = policies.waivers.iter().enumerate().filter(|(number, waiver)| {
            let waiver = &waiver.value;
            !self.used.contains(number)
                && policies.holds(waiver)
                && in_force(&waiver.rule.value)
                && !undecided(&waiver.rule.value)
                && scope.stacks.iter().filter(|stack| waiver.covers_stack(stack)).all(|stack| judged.contains(stack))
        });
        idle.map(|(_, waiver)| {
            Diagnostic::warning("E0453", format!("this waiver of `{}` waives nothing", waiver.value.rule.value))
                .at(waiver.place.clone())
                .hint("correct its patterns, or take it away")
        })
        .collect()
    }
}

impl<'a> Stack<'a> {
    fn of(set: &'a ChangeSet, schemas: Schemas<'a>) -> Self {
        Self { name: &set.stack, resources: Subject::of(set, schemas, is_in_goal).collect() }
    }
}

fn place(sets: &[&ChangeSet], stack: Option<&StackName>, urn: Option<&Urn>) -> Option<Place> {
    let set = sets.iter().find(|set| Some(&set.stack) == stack)?;
    let declared = |change: &&ResourceChange| is_in_goal(change) || change.source.is_some();
    set.resources.get(urn?).filter(declared)?.source.clone()
}

/// Whether a remedy's value is another than the one that is there.
fn differs(properties: &Map, key: &str, value: &Value) -> bool {
    properties.get(key).unwrap_or(&Value::Null) != value
}

/// The secrets in a value, by fingerprint.
fn collect(value: &Value, found: &mut BTreeMap<Digest, Secret>) {
    match value {
        Value::Secret(secret) => drop(found.insert(secret.fingerprint(), secret.clone())),
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Map(map) => map.values().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// A remedy sees fingerprints: what it hands back gets the contents again.
fn with_contents(value: Value, secrets: &BTreeMap<Digest, Secret>) -> Value {
    let mut open = |secret: Secret| {
        let content = secrets.get(&secret.fingerprint()).cloned();
        Ok::<_, std::convert::Infallible>(Value::Secret(content.unwrap_or(secret)))
    };
    let Ok(value) = value.map_secrets(&mut open);
    value
}
