//! What must hold before and after a step.

use resource::{Condition, Urn};

use super::{Runner, Trouble};

impl Runner<'_> {
    /// Whether what must hold before a step of a resource does.
    pub(super) fn require(&self, stack: usize, urn: &Urn) -> Result<(), Trouble> {
        let plan = self.lives[stack].plan.clone();
        let resource = plan.as_ref().and_then(|plan| plan.resources.get(urn));
        resource.map_or(Ok(()), |resource| self.judge(stack, urn, &resource.around.preconditions))
    }

    /// Whether what must hold after it does; the object is in the state at hand.
    pub(super) fn ensure(&self, stack: usize, urn: &Urn) -> Result<(), Trouble> {
        let plan = self.lives[stack].plan.clone();
        let resource = plan.as_ref().and_then(|plan| plan.resources.get(urn));
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
}
