//! Policies: on change sets, and on goals alone.

use std::collections::BTreeMap;

use diag::Diagnostics;
use diff::{ChangeSet, Lookup, NoInstance, Published, Settings, StackInput, diff};
use policy::{Judgement, Scope};
use resource::{Options, StackName, Urn};
use schema::TypeSchema;
use state::{Kept, Site, stack_id};
use value::{Map, Path, Value};

use crate::evaluate::plan_of;
use crate::lookup::{EngineLookup, World, later};
use crate::{Engine, Survey};

impl Engine<'_> {
    /// Judges what would be done.
    pub(crate) fn judge(&self, sets: &[ChangeSet]) -> Judgement {
        self.judge_as(sets, true)
    }

    /// Judges the goals of stacks that were evaluated without state, with what other stacks export unknown; policies on
    /// changes are not asked, and a stack whose plan waits for an output has no goal yet.
    ///
    /// # Errors
    /// What is wrong with the goals.
    pub fn judge_goals(&self, survey: &Survey) -> Result<Judgement, Diagnostics> {
        let plans = survey.evaluations.values().filter_map(|evaluation| Some((plan_of(evaluation)?, evaluation)));
        let goals: Vec<_> =
            plans.map(|(plan, evaluation)| (plan, evaluation, stack_id(&self.organisation, &plan.stack, 0))).collect();
        let inputs: Vec<StackInput<'_>> = goals
            .iter()
            .map(|(plan, evaluation, id)| StackInput {
                name: &plan.stack,
                id,
                base: None,
                plan: Some(plan),
                sources: Some(&evaluation.sources),
                approved: None,
                state: None,
            })
            .collect();
        let world = World::default();
        let lookup = WithoutState(EngineLookup { engine: self, world: &world });
        let (sets, found) = diff(&inputs, &lookup, Settings { ignore_protection: true, ..Settings::default() });
        found.into_result(())?;
        Ok(self.judge_as(&sets, false))
    }

    fn judge_as(&self, sets: &[ChangeSet], changes: bool) -> Judgement {
        let schemas = |ty: &str| self.providers.schema(ty).ok().flatten();
        let stacks: Vec<StackName> = self.catalog.stacks().map(|entry| entry.name.clone()).collect();
        self.policies.judge(sets, Scope { schemas: &schemas, stacks: &stacks, changes })
    }
}

/// Lookups without any state: what is not in a file is not known.
struct WithoutState<'a>(EngineLookup<'a>);

impl Lookup for WithoutState<'_> {
    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, String> {
        self.0.schema(ty)
    }

    fn published(&self, stack: &str, path: &Path) -> Published {
        match self.0.published(stack, path) {
            Published::Nothing => later(stack, path),
            found => found,
        }
    }

    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        self.0.function(name, args)
    }

    fn site(&self, ty: &str, instance: Option<&str>) -> Result<Site, NoInstance> {
        self.0.site(ty, instance)
    }

    fn reaches(&self, ty: &str, kept: &Kept) -> bool {
        self.0.reaches(ty, kept)
    }

    fn provider_values(&self, instance: Option<&str>) -> BTreeMap<String, String> {
        self.0.provider_values(instance)
    }

    fn mend(
        &self,
        stack: &StackName,
        urn: &Urn,
        options: &Options,
        properties: &mut Map,
    ) -> Result<Vec<String>, Diagnostics> {
        self.0.mend(stack, urn, options, properties)
    }
}
