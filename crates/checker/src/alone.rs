//! The goals of plans by themselves: what is neither in a plan nor in a file is not known, and named by where it would
//! come from.

use std::collections::BTreeMap;

use config_load::Profile;
use diag::Diagnostics;
use diff::{Lookup, NoInstance, Published, Settings, StackInput, diff};
use evaluator::Given;
use policy::{Judgement, Policies, Scope};
use resource::{Evaluated, Options, StackName, Urn};
use schema::{Catalog, TypeSchema};
use state::{Kept, Site, stack_id};
use value::{Map, Path, Type, Unknown, Value};

/// Judges the goals of plans; one that waits for an output has none yet.
pub(crate) fn judge(
    policies: &Policies,
    profile: &Profile,
    organisation: &str,
    plans: &BTreeMap<String, Given>,
) -> Result<Judgement, Diagnostics> {
    let evaluations = plans.values().map(|given| &given.evaluation);
    let goals: Vec<_> = evaluations
        .filter_map(|evaluation| match &evaluation.result {
            Ok(Evaluated::Plan(plan)) => Some((plan, evaluation, stack_id(organisation, &plan.stack, 0))),
            _ => None,
        })
        .collect();
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
    let vendors = [
        schemas_aws::sources(),
        schemas_azure::sources(),
        schemas_gcp::sources(),
        schemas_hashicorp::sources(),
        schemas_host::sources(),
    ];
    let catalog = Catalog::new(vendors.into_iter().flatten());
    let alone = Alone { catalog: &catalog, policies, profile };
    let (sets, found) = diff(&inputs, &alone, Settings { ignore_protection: true, ..Settings::default() });
    found.into_result(())?;
    let schemas = |ty: &str| catalog.get(ty).ok().flatten();
    let stacks: Vec<StackName> = goals.iter().map(|(plan, ..)| plan.stack.clone()).collect();
    Ok(policies.judge(&sets, Scope { schemas: &schemas, stacks: &stacks, changes: false }))
}

/// Lookups without any state, any other stack and any code of a project.
struct Alone<'a> {
    catalog: &'a Catalog,
    policies: &'a Policies,
    profile: &'a Profile,
}

impl Lookup for Alone<'_> {
    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, String> {
        self.catalog.get(ty).map_err(|error| error.to_string())
    }

    fn published(&self, stack: &str, path: &Path) -> Published {
        let value = Value::from(Unknown::new(Type::Any, stack, path.to_string()));
        let digest = value.digest();
        Published::Value(value, digest)
    }

    fn function(&self, name: &str, _: &[Value]) -> Result<Value, String> {
        Ok(Value::from(Unknown::new(Type::Any, name, "")))
    }

    // Where things are made makes no difference to goals.
    fn site(&self, _: &str, _: Option<&str>) -> Result<Site, NoInstance> {
        Ok(Site::default())
    }

    fn reaches(&self, _: &str, _: &Kept) -> bool {
        true
    }

    fn provider_values(&self, instance: Option<&str>) -> BTreeMap<String, String> {
        self.profile.site(instance.and_then(|name| self.profile.instances.get(name)))
    }

    fn mend(
        &self,
        stack: &StackName,
        urn: &Urn,
        options: &Options,
        properties: &mut Map,
    ) -> Result<Vec<String>, Diagnostics> {
        let schema = self.catalog.get(urn.ty()).ok().flatten();
        self.policies.mend(stack, urn, options, schema, properties)
    }
}
