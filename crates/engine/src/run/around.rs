//! What must hold, and what runs, before and after a step.

use std::collections::BTreeSet;

use resource::{Condition, Moment, Urn};
use state::{Kept, KeptHook, KeptRun};
use value::Value;

use super::{Runner, Trouble};
use crate::hooks::{Hooks, Ready, secrets_in, text_of};
use crate::seal::{self, Context};

impl Runner<'_> {
    /// Whether what must hold before a step of a resource does.
    pub(super) fn require(&self, stack: usize, urn: &Urn) -> Result<(), Trouble> {
        let plan = self.lives[stack].plan;
        let resource = plan.and_then(|plan| plan.resources.get(urn));
        resource.map_or(Ok(()), |resource| self.judge(stack, urn, &resource.around.preconditions))
    }

    /// Whether what must hold after it does; the object is in the state at hand.
    pub(super) fn ensure(&self, stack: usize, urn: &Urn) -> Result<(), Trouble> {
        let plan = self.lives[stack].plan;
        let resource = plan.and_then(|plan| plan.resources.get(urn));
        resource.map_or(Ok(()), |resource| self.judge(stack, urn, &resource.around.postconditions))
    }

    fn judge(&self, stack: usize, urn: &Urn, conditions: &[Condition]) -> Result<(), Trouble> {
        let what = format!("a condition of `{}`", urn.name());
        let mut judged = Vec::new();
        for condition in conditions {
            judged.push((condition, diff::judge(&self.evaluate(stack, &condition.holds, &what)?)));
        }
        diff::broken(urn, &judged).map_or(Ok(()), |problem| Err(problem.into()))
    }

    /// The hooks of a declared resource at a moment, with open arguments; `None` = there are none.
    pub(super) fn declared_hooks(&self, stack: usize, urn: &Urn, at: Moment) -> Result<Option<Hooks>, Trouble> {
        let plan = self.lives[stack].plan;
        let Some(resource) = plan.and_then(|plan| plan.resources.get(urn)) else { return Ok(None) };
        let timeouts = resource.options.timeouts;
        let mut secrets = BTreeSet::new();
        let mut runs = Vec::new();
        for hook in resource.around.hooks.iter().filter(|hook| hook.at == at) {
            let mut values = Vec::new();
            for argument in diff::arguments(&hook.run) {
                let what = format!("a hook of `{}`", urn.name());
                let (value, opened) = self.evaluate_noting(stack, argument, &what)?;
                secrets.extend(opened);
                values.push(value);
            }
            runs.push(diff::kept_run(&hook.run, values));
        }
        let seconds =
            if matches!(at, Moment::BeforeUpdate | Moment::AfterUpdate) { timeouts.update } else { timeouts.create };
        self.ready(urn, at, runs, secrets, seconds)
    }

    /// The hooks that state keeps for a delete, with open arguments; `None` = there are none.
    pub(super) fn ready_hooks(
        &self,
        stack: usize,
        urn: &Urn,
        kept: &Kept,
        at: Moment,
    ) -> Result<Option<Hooks>, Trouble> {
        if kept.delete_hooks.iter().all(|hook| hook.at != at) {
            return Ok(None);
        }
        let context = Context::resource(&self.state(stack).id, urn);
        let secrets = self.engine.secrets.as_ref();
        let opened =
            seal::each_hook(kept.delete_hooks.clone(), |value, path| seal::open(secrets, value, &context, path))?;
        let runs = opened.into_iter().filter(|hook| hook.at == at).map(|hook| hook.run).collect();
        self.ready(urn, at, runs, BTreeSet::new(), kept.timeouts.delete)
    }

    /// The hooks that state should keep for a delete of a resource, as the program and the state at hand say; their
    /// secrets are encrypted.
    pub(super) fn kept_hooks(&self, stack: usize, urn: &Urn) -> Result<Vec<KeptHook>, Trouble> {
        let plan = self.lives[stack].plan;
        let Some(resource) = plan.and_then(|plan| plan.resources.get(urn)) else { return Ok(Vec::new()) };
        let mut hooks = Vec::new();
        for hook in resource.around.hooks.iter().filter(|hook| diff::is_kept(hook.at)) {
            let what = format!("a hook of `{}`", urn.name());
            let values: Result<Vec<Value>, Trouble> =
                diff::arguments(&hook.run).map(|argument| self.evaluate(stack, argument, &what)).collect();
            hooks.push(KeptHook { at: hook.at, run: diff::kept_run(&hook.run, values?) });
        }
        let context = Context::resource(&self.state(stack).id, urn);
        let secrets = self.engine.secrets.as_ref();
        Ok(seal::each_hook(hooks, |value, path| seal::seal(secrets, value, &context, path))?)
    }

    fn ready(
        &self,
        urn: &Urn,
        at: Moment,
        runs: Vec<KeptRun>,
        mut secrets: BTreeSet<String>,
        seconds: Option<u32>,
    ) -> Result<Option<Hooks>, Trouble> {
        let mut ready = Vec::new();
        for run in runs {
            let mut open = |value: Value| -> Result<Value, Trouble> {
                secrets_in(&value, &mut secrets);
                let sealed = || ports::SecretError::NoKey(format!("an argument of a hook of `{}`", urn.name()));
                Ok(value.map_secrets(&mut |secret| secret.expose().cloned().ok_or_else(sealed))?)
            };
            ready.push(match run {
                KeptRun::Command(args) => {
                    let words: Result<_, Trouble> = args.into_iter().map(|arg| Ok(text_of(&open(arg)?))).collect();
                    Ready::Command(words?)
                }
                KeptRun::Function { name, args } => {
                    let args = args.into_iter().map(&mut open).collect::<Result<_, _>>()?;
                    let function = self.engine.projects.iter().find_map(|project| project.function(&name));
                    Ready::Function(name, function, args)
                }
            });
        }
        let when = match at {
            Moment::BeforeCreate => "before the create",
            Moment::AfterCreate => "after the create",
            Moment::BeforeUpdate => "before the update",
            Moment::AfterUpdate => "after the update",
            Moment::BeforeDelete => "before the delete",
            Moment::AfterDelete => "after the delete",
        };
        Ok((!ready.is_empty()).then(|| Hooks { urn: urn.clone(), when, runs: ready, secrets, seconds }))
    }
}
