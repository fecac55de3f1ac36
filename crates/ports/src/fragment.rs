//! Fragments: steps that a provider is given together, and their order.

use crate::{BoxFuture, Outcome, Step};

/// Steps with the order among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fragment {
    /// The steps.
    pub steps: Vec<Step>,
    /// `(before, after)`: positions in `steps`.
    pub order: Vec<(usize, usize)>,
}

impl Fragment {
    /// The positions of the steps, each after those that come before it.
    pub fn in_order(&self) -> Vec<usize> {
        let mut left = Pending::of(self);
        std::iter::from_fn(|| left.first()).collect()
    }

    /// Takes one step after another, in their order; what is after one that failed is not started. `ended` is told of
    /// each, by its position.
    pub async fn one_by_one<'a>(
        &'a self,
        ended: &mut (dyn FnMut(usize, Outcome) + Send),
        mut call: impl FnMut(&'a Step) -> BoxFuture<'a, Outcome>,
    ) {
        let mut left = Pending::of(self);
        while let Some(position) = left.first() {
            let blocked = left.is_blocked(position);
            let outcome = if blocked { Outcome::NotStarted } else { call(&self.steps[position]).await };
            left.end(position, &outcome);
            ended(position, outcome);
        }
    }

    /// Takes all steps that wait for no other together, then those that waited for them, and so on; what is after one
    /// that failed is not started. `call` is given positions and answers with theirs.
    pub async fn in_waves<'a>(
        &'a self,
        ended: &mut (dyn FnMut(usize, Outcome) + Send),
        mut call: impl FnMut(Vec<usize>) -> BoxFuture<'a, Vec<(usize, Outcome)>>,
    ) {
        let mut left = Pending::of(self);
        loop {
            let (blocked, wave) = left.wave();
            if blocked.is_empty() && wave.is_empty() {
                return;
            }
            let outcomes = if wave.is_empty() { Vec::new() } else { call(wave).await };
            let blocked = blocked.into_iter().map(|position| (position, Outcome::NotStarted));
            for (position, outcome) in blocked.chain(outcomes) {
                left.end(position, &outcome);
                ended(position, outcome);
            }
        }
    }
}

/// What of a fragment is left to do.
struct Pending<'a> {
    order: &'a [(usize, usize)],
    left: Vec<usize>,
    failed: Vec<bool>,
}

impl<'a> Pending<'a> {
    fn of(fragment: &'a Fragment) -> Self {
        let steps = fragment.steps.len();
        Self { order: &fragment.order, left: (0..steps).collect(), failed: vec![false; steps] }
    }

    /// The steps that wait for no other. An order in a circle has none: then they are taken as they stand.
    fn ready(&self) -> Vec<usize> {
        let waits =
            |position: usize| self.order.iter().any(|(before, after)| *after == position && self.left.contains(before));
        let ready: Vec<usize> = self.left.iter().copied().filter(|position| !waits(*position)).collect();
        if ready.is_empty() { self.left.clone() } else { ready }
    }

    fn first(&mut self) -> Option<usize> {
        let first = self.ready().first().copied()?;
        self.left.retain(|position| *position != first);
        Some(first)
    }

    /// Those that are ready: which are not to be started, and which are.
    fn wave(&mut self) -> (Vec<usize>, Vec<usize>) {
        let ready = self.ready();
        self.left.retain(|position| !ready.contains(position));
        ready.into_iter().partition(|position| self.is_blocked(*position))
    }

    /// Whether one before it failed.
    fn is_blocked(&self, position: usize) -> bool {
        self.order.iter().any(|(before, after)| *after == position && self.failed[*before])
    }

    fn end(&mut self, position: usize, outcome: &Outcome) {
        self.failed[position] = !matches!(outcome, Outcome::Done(_));
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use value::Map;

    use super::Fragment;
    use crate::{Outcome, Owner, ProviderError, ProviderErrorKind, Step, StepAction};

    /// Steps of which the one that is called `bad` fails.
    fn fragment(names: &[&str], order: &[(usize, usize)]) -> Fragment {
        let step = |name: &&str| Step {
            ty: (*name).to_owned(),
            owner: Owner { organisation: "o".into(), stack_id: "s".into(), urn: "u".into(), incarnation: 1 },
            action: StepAction::Create { inputs: Map::new() },
            token: String::new(),
            timeout_seconds: None,
            instance: None,
        };
        Fragment { steps: names.iter().map(step).collect(), order: order.to_vec() }
    }

    fn outcome(step: &Step) -> Outcome {
        let error = || ProviderError { kind: ProviderErrorKind::Refused, code: "No".into(), message: String::new() };
        if step.ty == "bad" { Outcome::Failed(error(), None) } else { Outcome::Done(None) }
    }

    /// Nothing here ever waits.
    fn now(future: impl Future<Output = ()>) {
        let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(()));
    }

    fn letter(outcome: &Outcome) -> char {
        match outcome {
            Outcome::Done(_) => '+',
            Outcome::Failed(..) => '-',
            _ => '.',
        }
    }

    fn check(names: &[&str], order: &[(usize, usize)], one_by_one: &str, in_waves: &str) {
        let fragment = fragment(names, order);
        let mut said = Vec::new();
        let mut ended = |position: usize, outcome: Outcome| said.push(format!("{position}{}", letter(&outcome)));
        now(fragment.one_by_one(&mut ended, |step| Box::pin(async move { outcome(step) })));
        assert_eq!(said.join(" "), one_by_one);
        let (mut said, mut waves) = (Vec::new(), Vec::new());
        let mut ended = |position: usize, outcome: Outcome| said.push(format!("{position}{}", letter(&outcome)));
        now(fragment.in_waves(&mut ended, |wave| {
            waves.push(format!("{wave:?}"));
            let outcomes = wave.iter().map(|position| (*position, outcome(&fragment.steps[*position]))).collect();
            Box::pin(async move { outcomes })
        }));
        assert_eq!(format!("{} {}", waves.join(""), said.join(" ")), in_waves);
    }

    #[test]
    fn steps_are_taken_in_their_order_and_what_is_after_a_failure_is_not_started() {
        check(&["a", "a", "a"], &[], "0+ 1+ 2+", "[0, 1, 2] 0+ 1+ 2+");
        check(&["a", "a", "a"], &[(2, 0), (0, 1)], "2+ 0+ 1+", "[2][0][1] 2+ 0+ 1+");
        check(&["bad", "a", "a", "a"], &[(0, 1), (1, 2)], "0- 1. 2. 3+", "[0, 3] 0- 3+ 1. 2.");
        // A circle is taken as it stands.
        check(&["a", "bad"], &[(0, 1), (1, 0)], "0+ 1-", "[0, 1] 0+ 1-");
        check(&[], &[], "", " ");
    }
}
