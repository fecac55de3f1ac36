//! What stands around the steps of a resource: its trigger, its conditions and its hooks.

use diag::{Diagnostic, Place};
use expr::Expr;
use resource::{Around, Condition, Moment, Resource, Run, Urn};
use state::{Kept, KeptHook, KeptRun, Object};
use value::{Type, Value};

use crate::pass::Pass;
use crate::{Action, ResourceChange};

/// What a condition comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It depends on something that is not known yet.
    Unknown,
    /// It depends on a secret that is not open.
    Sealed,
    /// It is no truth value.
    Nonsense(Type),
}

/// What a condition with this value comes to.
pub fn judge(value: &Value) -> Verdict {
    match value {
        Value::Bool(true) => Verdict::Holds,
        Value::Bool(false) => Verdict::Fails,
        Value::Unknown(_) => Verdict::Unknown,
        Value::Secret(secret) => secret.expose().map_or(Verdict::Sealed, judge),
        other => Verdict::Nonsense(other.ty()),
    }
}

/// The one problem of all conditions that do not hold; `None` = they do.
pub fn broken(urn: &Urn, judged: &[(&Condition, Verdict)]) -> Option<Diagnostic> {
    let said = |verdict: &dyn Fn(&Verdict) -> bool| {
        let found = judged.iter().filter(|(_, one)| verdict(one));
        found.map(|(condition, _)| condition.message.as_str()).collect::<Vec<_>>().join("; ")
    };
    let (fails, nonsense) = (said(&|v| *v == Verdict::Fails), said(&|v| matches!(v, Verdict::Nonsense(_))));
    if !fails.is_empty() {
        let problem = Diagnostic::error("E0531", format!("`{}`: {fails}", urn.name()));
        return Some(problem.hint("let what it reads be so, or change the condition"));
    }
    let message = format!("a condition of `{}` is neither true nor false: {nonsense}", urn.name());
    (!nonsense.is_empty()).then(|| Diagnostic::error("E0532", message).hint("compare with `Output::equals`"))
}

impl Pass<'_> {
    /// The value of the trigger. What counts before anything is decided is looked at, so that what it reads is pinned.
    pub(crate) fn trigger(
        &mut self,
        stack: usize,
        urn: &Urn,
        around: &Around,
        source: Option<&Place>,
    ) -> Option<Value> {
        if let Some(read) = &around.read {
            self.look(stack, read, format_args!("the id of `{}`", urn.name()), source);
        }
        self.look(stack, around.trigger.as_ref()?, format_args!("the trigger of `{}`", urn.name()), source)
    }

    /// Judges the conditions and looks at the hooks, now that it is known what is done with the resource.
    pub(crate) fn surround(&mut self, stack: usize, urn: &Urn, resource: &Resource, source: Option<&Place>) {
        let around = &resource.around;
        let mut judged = Vec::new();
        for condition in &around.preconditions {
            let value = self.look(stack, &condition.holds, format_args!("a precondition of `{}`", urn.name()), source);
            judged.extend(value.map(|value| (condition, judge(&value))));
        }
        // An update may change what the vendor says of the object, so that its postconditions can only be judged then.
        let may_change = |change: &ResourceChange| {
            matches!(change.action, Action::Update | Action::Adopt | Action::Replace { undecided: true, .. })
        };
        let may_change = self.sets[stack].resources.get(urn).is_some_and(may_change);
        for condition in &around.postconditions {
            let value = self.look(stack, &condition.holds, format_args!("a postcondition of `{}`", urn.name()), source);
            let verdict = value.map(|value| judge(&value));
            let verdict = verdict.map(|verdict| if may_change { Verdict::Unknown } else { verdict });
            judged.extend(verdict.map(|verdict| (condition, verdict)));
        }
        if let Some(problem) = broken(urn, &judged) {
            self.problem(problem.at_opt(source.cloned()));
        }
        let arguments = around.hooks.iter().filter(|hook| !is_kept(hook.at)).flat_map(|hook| arguments(&hook.run));
        for argument in arguments {
            self.look(stack, argument, format_args!("a hook of `{}`", urn.name()), source);
        }
        let kept = self.delete_hooks(stack, urn, around, source);
        let undecided = judged.iter().any(|(_, verdict)| *verdict == Verdict::Unknown);
        let (old, _) = self.old_object(stack, urn, &resource.options);
        let differs = old.is_some_and(|old| kept.is_none_or(|kept| kept != old.kept.delete_hooks));
        if let Some(change) = self.sets[stack].resources.get_mut(urn).filter(|change| change.action == Action::Keep) {
            // A step of its own judges what is known only when others have ended.
            change.record |= undecided || differs;
            if undecided {
                change.remarks.push("its conditions are checked when what they read is known".to_owned());
            }
        }
    }

    /// The delete hooks as state should have them; `None` = that is not known yet.
    fn delete_hooks(
        &mut self,
        stack: usize,
        urn: &Urn,
        around: &Around,
        source: Option<&Place>,
    ) -> Option<Vec<KeptHook>> {
        let mut hooks = Some(Vec::new());
        for hook in around.hooks.iter().filter(|hook| is_kept(hook.at)) {
            let look = |argument| self.look(stack, argument, format_args!("a hook of `{}`", urn.name()), source);
            let values: Vec<Option<Value>> = arguments(&hook.run).map(look).collect();
            let known: Option<Vec<Value>> = values.into_iter().collect();
            let known = known.filter(|values| !values.iter().any(Value::has_unknown));
            match (&mut hooks, known) {
                (Some(hooks), Some(values)) => hooks.push(KeptHook { at: hook.at, run: kept_run(&hook.run, values) }),
                _ => hooks = None,
            }
        }
        hooks
    }

    /// What state should say of the options of an object that stays, its hooks apart.
    pub(crate) fn kept(&self, stack: usize, old: &Object, resource: &Resource, trigger: Option<&Value>) -> Kept {
        let target = resource.options.deleted_with.as_ref().and_then(|urn| self.sets[stack].resources.get(urn));
        let earlier = old.kept.deleted_with.as_ref().map(|urn| self.current_name(stack, urn));
        let deleted_with = match (&resource.options.deleted_with, earlier) {
            // With the resource its name changes in state, too.
            (Some(now), Some(earlier)) if *now == earlier => old.kept.deleted_with.clone(),
            (now, _) => now.clone(),
        };
        Kept {
            deleted_with,
            deleted_with_incarnation: target.map(|change| change.incarnation),
            trigger: trigger.map(Value::digest),
            delete_hooks: old.kept.delete_hooks.clone(),
            // Where it is shown is not worth a step.
            ..Kept::of(&resource.options, old.kept.parent.clone())
        }
    }
}

/// Whether a hook at this moment is kept in state: when it runs, the program may no longer declare it.
pub fn is_kept(at: Moment) -> bool {
    matches!(at, Moment::BeforeDelete | Moment::AfterDelete)
}

/// What a hook gets.
pub fn arguments(run: &Run) -> impl Iterator<Item = &Expr> {
    match run {
        Run::Command(args) | Run::Function { args, .. } => args.iter(),
    }
}

/// A hook with the values of its arguments.
pub fn kept_run(run: &Run, values: Vec<Value>) -> KeptRun {
    match run {
        Run::Command(_) => KeptRun::Command(values),
        Run::Function { name, .. } => KeptRun::Function { name: name.clone(), args: values },
    }
}
