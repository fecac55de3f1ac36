//! Ctrl-C: the first lets what runs finish; the second ends the process at once, and says what was under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use engine::{Children, Target};
use resource::StackName;
use tokio::sync::watch;

use crate::args::Global;
use crate::exit::Exit;
use crate::talk::Talk;

/// The steps that are under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<BTreeMap<(StackName, Target), Call>>>);

/// A step that is under way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// What it does.
    pub action: &'static str,
    /// Since when.
    pub since: Instant,
    /// Whether the provider has been asked to do it.
    asked: bool,
}

impl Calls {
    /// A step has started.
    pub(crate) fn start(&self, stack: &StackName, target: &Target, action: &'static str) {
        let call = Call { action, since: Instant::now(), asked: false };
        self.steps().insert((stack.clone(), target.clone()), call);
    }

    /// The provider is asked to do a step that has started.
    pub(crate) fn ask(&self, stack: &StackName, target: &Target) {
        if let Some(call) = self.steps().get_mut(&(stack.clone(), target.clone())) {
            call.asked = true;
        }
    }

    /// A step has ended.
    pub(crate) fn end(&self, stack: &StackName, target: &Target) {
        self.steps().remove(&(stack.clone(), target.clone()));
    }

    /// Those that are under way now.
    pub(crate) fn all(&self) -> BTreeMap<(StackName, Target), Call> {
        self.steps().clone()
    }

    /// Those of them that a provider was asked to do, and has not answered.
    fn unanswered(&self) -> BTreeMap<(StackName, Target), Call> {
        let mut calls = self.all();
        calls.retain(|_, call| call.asked);
        calls
    }

    fn steps(&self) -> MutexGuard<'_, BTreeMap<(StackName, Target), Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns to true at the first Ctrl-C; at the second the process ends at once. `again` is the command that goes on, where
/// it is not the same for the stacks that calls were under way in.
pub(crate) fn on_interrupt(
    talk: Talk,
    calls: Calls,
    children: Children,
    again: impl Fn(&BTreeSet<&StackName>) -> String + Send + 'static,
) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            sender.send_replace(true);
            if tokio::signal::ctrl_c().await.is_ok() {
                children.kill_all();
                let calls = calls.unanswered();
                let again = again(&calls.keys().map(|(stack, _)| stack).collect());
                if talk.json {
                    talk.json(&event(&calls, &again));
                }
                talk.say(&abandoned(&calls, &again));
                #[expect(clippy::exit, reason = "the second Ctrl-C means now; the state is right at every instant")]
                std::process::exit(i32::from(Exit::Interrupted.number()));
            }
        }
        sender.closed().await;
    });
    receiver
}

/// How a command starts that means the same profile, state and sandbox.
pub(crate) fn runner(global: &Global) -> String {
    let mut words = vec!["runner".to_owned()];
    if global.profile != "sandbox" {
        words.push(format!("--profile {}", global.profile));
    }
    words.extend(global.state.iter().map(|state| format!("--state {state}")));
    words.extend(global.sandbox.iter().map(|sandbox| format!("--sandbox {}", sandbox.display())));
    words.join(" ")
}

/// What a person has to know who ended a run at once.
fn abandoned(calls: &BTreeMap<(StackName, Target), Call>, again: &str) -> String {
    const SHOWN: usize = 20;
    let mut lines = vec![match calls.len() {
        0 => "stopped at once; no call was under way".to_owned(),
        1 => "stopped at once; one call was under way, and nobody waited for its answer:".to_owned(),
        many => format!("stopped at once; {many} calls were under way, and nobody waited for their answers:"),
    }];
    for ((stack, target), Call { action, since, .. }) in calls.iter().take(SHOWN) {
        let ty = match target {
            Target::Resource(urn) => format!("  {}", urn.ty()),
            Target::Output(_) => String::new(),
        };
        lines.push(format!("  {stack}  {action} {target}{ty}  {:.0} s", since.elapsed().as_secs_f64()));
    }
    if calls.len() > SHOWN {
        lines.push(format!("  … and {} more", calls.len() - SHOWN));
    }
    lines.push(if calls.is_empty() {
        "the next run goes on where this one stopped:".to_owned()
    } else {
        "the next run finds out what became of them, and then goes on:".to_owned()
    });
    lines.push(format!("  {again}"));
    lines.join("\n")
}

fn event(calls: &BTreeMap<(StackName, Target), Call>, again: &str) -> serde_json::Value {
    let calls: Vec<serde_json::Value> = calls
        .iter()
        .map(|((stack, target), Call { action, since, .. })| {
            let seconds = since.elapsed().as_secs_f64();
            serde_json::json!({ "stack": stack.to_string(), "target": target, "action": action, "seconds": seconds })
        })
        .collect();
    serde_json::json!({ "event": "abandoned", "calls": calls, "again": again })
}

#[cfg(test)]
mod tests {
    use resource::Urn;

    use super::*;

    #[test]
    fn what_was_under_way_is_listed_with_the_command_that_goes_on() {
        let calls = Calls::default();
        assert_eq!(
            abandoned(&calls.unanswered(), "runner up a.QA"),
            "stopped at once; no call was under way\nthe next run goes on where this one stopped:\n  runner up a.QA"
        );
        let stack = StackName::new("a", "QA");
        let target = |n: usize| Target::Resource(Urn::new("a", "Vpc", format!("vpc-{n:02}")));
        (0..23).for_each(|n| calls.start(&stack, &target(n), "create"));
        assert_eq!((calls.all().len(), calls.unanswered().len()), (23, 0), "nobody was asked yet");
        (0..22).for_each(|n| calls.ask(&stack, &target(n)));
        let told = abandoned(&calls.unanswered(), "runner up a.QA");
        assert!(told.starts_with("stopped at once; 22 calls were under way"), "{told}");
        assert!(told.contains("\n  a.QA  create vpc-19  Vpc  0 s\n  … and 2 more\n"), "{told}");
        (1..22).for_each(|n| calls.end(&stack, &target(n)));
        let told = abandoned(&calls.unanswered(), "runner up a.QA");
        assert_eq!(
            told,
            "stopped at once; one call was under way, and nobody waited for its answer:\n  a.QA  create vpc-00  Vpc  0 s\n\
             the next run finds out what became of them, and then goes on:\n  runner up a.QA"
        );
    }
}
