//! What a run found the stacks to be: kept for each tree of sources, so that a later one can say what a change reaches.

use std::collections::{BTreeMap, BTreeSet};

use expr::Expr;
use plan::Read;
use ports::StoreError;
use resource::{Plan, Resource};
use serde::{Deserialize, Serialize};
use state::Head;
use taskgraph::{Conditions, EvaluateRecord, Export, Footprint, OutputSet, Seen};
use value::{Digest, Path, Value};

use crate::{Engine, OutputValues, Preview, Survey, Trace, Traces};

/// What a run found one stack to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// What its evaluation depended on; `None` = its program waits for outputs, or it is foreign.
    pub record: Option<EvaluateRecord>,
    /// The configuration that was read, secrets sealed.
    pub config: Value,
    /// What it came to.
    pub footprint: Footprint,
}

/// What a run found all stacks to be.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// What held for all of them.
    pub conditions: Conditions,
    /// The stacks, by full name; foreign ones among them.
    pub stacks: BTreeMap<String, Recorded>,
}

impl RunRecord {
    /// What the stacks came to.
    pub fn footprints(&self) -> BTreeMap<String, Footprint> {
        self.stacks.iter().map(|(stack, recorded)| (stack.clone(), recorded.footprint.clone())).collect()
    }
}

impl Engine<'_> {
    /// What a preview found the stacks to be; `traces` are those that it was made with.
    pub fn record(&self, preview: &Preview, traces: &Traces) -> RunRecord {
        let trace = |stack: &String| preview.traces.get(stack).or_else(|| traces.get(stack));
        let mut values: BTreeMap<String, BTreeMap<Path, Seen>> = preview
            .unchanged
            .iter()
            .filter_map(|stack| Some((stack.clone(), published(preview.world.heads.get(stack)?))))
            .collect();
        values.extend(preview.changes.iter().map(|set| {
            let outputs = set.outputs.iter().filter_map(|(path, output)| Some((path.clone(), output.value.as_ref()?)));
            let seen = |value: &Value| Seen { digest: value.digest(), known: !value.has_unknown() };
            (set.stack.to_string(), outputs.map(|(path, value)| (path, seen(value))).collect())
        }));
        let stacks = preview.selected.iter().filter(|stack| self.catalog.get(stack).is_some()).map(|stack| {
            let recorded = match preview.deferred.get(stack) {
                Some(waits_for) => waiting(waits_for.clone()),
                None => trace(stack).map_or_else(|| waiting(OutputSet::new()), of_trace),
            };
            let values = values.remove(stack).unwrap_or_default();
            (stack.clone(), Recorded { footprint: Footprint { values, ..recorded.footprint }, ..recorded })
        });
        self.run_record(stacks.collect(), preview.world.heads.values())
    }

    /// The same, once everything was applied that the traces are of.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub async fn record_of_applied(&self, stacks: &BTreeSet<String>, traces: &Traces) -> Result<RunRecord, StoreError> {
        let heads: BTreeMap<String, Head> =
            self.store.heads().await?.into_iter().map(|head| (head.stack.to_string(), head)).collect();
        let recorded = stacks.iter().filter(|stack| self.catalog.get(stack).is_some()).map(|stack| {
            let mut recorded = traces.get(stack).map_or_else(|| waiting(OutputSet::new()), of_trace);
            recorded.footprint.values = heads.get(stack).map(published).unwrap_or_default();
            (stack.clone(), recorded)
        });
        Ok(self.run_record(recorded.collect(), heads.values()))
    }

    /// The same of evaluations without state: no value is known of any output.
    pub fn record_of_survey(&self, survey: &Survey) -> RunRecord {
        let stacks = survey.evaluations.iter().filter_map(|(stack, evaluation)| {
            let trace = self.trace_of(self.catalog.get(stack)?, evaluation);
            Some((stack.clone(), trace.as_ref().map_or_else(|| waiting(survey.reads(stack)), of_trace)))
        });
        self.run_record(stacks.collect(), [])
    }

    fn run_record<'h>(
        &self,
        mut stacks: BTreeMap<String, Recorded>,
        heads: impl IntoIterator<Item = &'h Head>,
    ) -> RunRecord {
        stacks.extend(self.catalog.foreign_stacks().map(|(stack, foreign)| {
            let footprint = foreign_footprint(&foreign.outputs);
            (stack.clone(), Recorded { record: None, config: Value::Null, footprint })
        }));
        let state: Vec<(&str, u64)> = heads.into_iter().map(|head| (head.id.as_str(), head.generation)).collect();
        let conditions = Conditions {
            schemas: self.providers.schemas_digest(),
            profile: self.profile,
            state: Digest::of("states/1", &serde_json::to_vec(&state).unwrap_or_default()),
        };
        RunRecord { conditions, stacks }
    }
}

/// Of a foreign stack: its outputs are what they are.
pub fn foreign_footprint(outputs: &OutputValues) -> Footprint {
    let made_of = |value: &Value| Export { made_of: value.digest(), reads: OutputSet::new() };
    let seen = |value: &Value| Seen { digest: value.digest(), known: true };
    Footprint {
        exports: outputs.iter().map(|(path, value)| (path.clone(), made_of(value))).collect(),
        values: outputs.iter().map(|(path, value)| (path.clone(), seen(value))).collect(),
        foreign: true,
        ..Footprint::default()
    }
}

/// Of a stack whose program waits for these outputs.
fn waiting(reads: OutputSet) -> Recorded {
    Recorded { record: None, config: Value::Null, footprint: Footprint { reads, ..Footprint::default() } }
}

fn of_trace(trace: &Trace) -> Recorded {
    let plain = trace.record.reads.keys().filter_map(|read| match read {
        Read::Output(stack, path) => Some((stack.clone(), path.clone())),
        _ => None,
    });
    Recorded {
        record: Some(trace.record.clone()),
        config: trace.config.value(),
        footprint: Footprint {
            plan: Some(trace.plan),
            reads: trace.outputs.clone(),
            plain: plain.collect(),
            after: trace.after.clone(),
            exports: trace.exports.clone(),
            ..Footprint::default()
        },
    }
}

fn published(head: &Head) -> BTreeMap<Path, Seen> {
    // What was not renewed is not what the program says.
    let fresh = head.outputs.iter().filter(|(_, output)| !output.stale);
    fresh.map(|(path, output)| (path.clone(), Seen { digest: output.digest, known: true })).collect()
}

/// What each output of a plan is made of: its expression, and all resources and functions that lie behind it.
pub(crate) fn exports(plan: &Plan) -> BTreeMap<Path, Export> {
    let mut digests = BTreeMap::new();
    plan.outputs.iter().map(|(path, expr)| (path.clone(), Behind::of(plan, expr).export(expr, &mut digests))).collect()
}

/// What lies behind an expression.
struct Behind<'p> {
    plan: &'p Plan,
    resources: BTreeMap<&'p str, &'p Resource>,
    functions: BTreeSet<&'p str>,
    reads: OutputSet,
}

impl<'p> Behind<'p> {
    fn of(plan: &'p Plan, expr: &'p Expr) -> Self {
        let mut behind = Self { plan, resources: BTreeMap::new(), functions: BTreeSet::new(), reads: OutputSet::new() };
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            behind.look(expr, &mut open);
        }
        behind
    }

    fn look(&mut self, expr: &'p Expr, open: &mut Vec<&'p Expr>) {
        match expr {
            Expr::Attribute { urn, .. } => {
                let resource = urn.parse().ok().and_then(|urn| self.plan.resources.get(&urn));
                if let Some(resource) = resource.filter(|_| !self.resources.contains_key(urn.as_str())) {
                    self.resources.insert(urn, resource);
                    open.extend(resource.expressions());
                }
            }
            Expr::Output { stack, path, .. } => drop(self.reads.insert((stack.clone(), path.clone()))),
            Expr::Function { name, args, .. } => {
                self.functions.insert(name);
                open.extend(args);
            }
            Expr::List(items) | Expr::Call { args: items, .. } => open.extend(items),
            Expr::Map(map) => open.extend(map.values()),
            Expr::Value(_) | Expr::Secret { .. } => {}
        }
    }

    /// The digests of resources are kept, as many outputs are made of the same ones.
    fn export(self, expr: &Expr, digests: &mut BTreeMap<&'p str, Option<Digest>>) -> Export {
        // INVARIANT: sorted maps and structs of a fixed field order: their JSON is canonical and cannot fail.
        let of = |resource| Digest::of_json("resource/1", resource);
        let resources: Vec<(&str, Option<Digest>)> = self
            .resources
            .iter()
            .map(|(urn, resource)| (*urn, *digests.entry(urn).or_insert_with(|| of(*resource))))
            .collect();
        let functions: Vec<(&str, Option<&Digest>)> =
            self.functions.iter().map(|name| (*name, self.plan.functions.get(*name))).collect();
        let made_of = Digest::of_json("made of/1", &(expr, resources, functions));
        Export { made_of: made_of.unwrap_or_else(plan::absent), reads: self.reads }
    }
}
