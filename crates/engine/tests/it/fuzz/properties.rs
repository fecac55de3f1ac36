//! What holds of every case in which nothing goes wrong.

use std::collections::BTreeSet;

use diff::{Action, ChangeSet, ResourceChange};
use engine::{Goal, Preview};
use resource::Plan;
use state::StackState;

use super::case::{Case, STACKS};
use super::truth::Truth;
use super::{Given, many};
use crate::house::House;

/// The house of a case without what goes wrong in it.
async fn quiet(given: &Given) -> House {
    let given =
        Given { harms: Vec::new(), vanished: Vec::new(), meddled: Vec::new(), broken_hooks: false, ..given.clone() };
    let mut house = House::given(&given.text).await;
    drop(Truth::of(&given, &house));
    house.cloud.limit(None);
    house.jobs = given.jobs;
    house.targets = crate::fixture::targets(&given.targets);
    house
}

fn of_all_cases(test: impl AsyncFn(&Given)) {
    many(Case::strategy(), |given| given.runtime().block_on(test(given)));
}

/// The preview of what a case selects, if nothing stands against it.
async fn preview(house: &mut House, given: &Given) -> Option<Preview> {
    let selected: Vec<&str> = given.selected.iter().map(String::as_str).collect();
    let preview = house.preview_of(&selected, Goal::Programs).await.ok()?;
    (!preview.refused().has_errors()).then_some(preview)
}

/// What a preview says of calls: those that are sure to be made, and all that may be.
#[derive(Default)]
struct Announced {
    sure: BTreeSet<String>,
    possible: BTreeSet<String>,
}

impl Announced {
    fn by(preview: &Preview) -> Self {
        let mut announced = Self::default();
        // What waits for a program that is not evaluated yet is left to the next round.
        let whole = preview.deferred.is_empty();
        preview.changes.iter().for_each(|set| announced.take_in(set, whole));
        announced
    }

    fn take_in(&mut self, set: &ChangeSet, whole: bool) {
        for (urn, change) in &set.resources {
            let mut say = |verb: &str, sure: bool| {
                let call = format!("{verb} {}", urn.name());
                self.sure.extend((sure && whole).then(|| call.clone()));
                self.possible.insert(call);
            };
            let known = change.differences.iter().any(|d| d.new.as_ref().is_none_or(|value| !value.has_unknown()));
            match change.action {
                Action::Create => say("create", true),
                Action::Adopt => say("adopt", true),
                Action::Update => say("update", known),
                Action::Replace { undecided, .. } => {
                    say("create", !undecided);
                    // It may have to wait for a reader, or go with another one, or stay.
                    say("delete", false);
                    if undecided {
                        say("update", false);
                    }
                }
                Action::Delete => say("delete", false),
                Action::Keep | Action::Forget | Action::Read => {}
            }
        }
        self.possible.extend(set.leftovers.iter().map(|(urn, _)| format!("delete {}", urn.name())));
    }
}

#[test]
fn up_does_what_its_preview_says_and_nothing_else() {
    of_all_cases(async |given| {
        let mut house = quiet(given).await;
        let Some(preview) = preview(&mut house, given).await else { return };
        // Whether it is replaced is not known yet; if it is, that is refused then.
        if preview.changes.iter().flat_map(|set| set.resources.values()).any(may_be_refused) {
            return;
        }
        let announced = Announced::by(&preview);
        let report = house.apply(&preview).await.expect("starts");
        assert_eq!(crate::house::told(&report), [""; 0]);
        let done: BTreeSet<String> = house.cloud.calls().into_iter().collect();
        let unsaid: Vec<&String> = done.difference(&announced.possible).collect();
        let undone: Vec<&String> = announced.sure.difference(&done).collect();
        assert!(unsaid.is_empty() && undone.is_empty(), "not said: {unsaid:?}, said and not done: {undone:?}");
        are_as_said(&house, &preview).await;
    });
}

fn may_be_refused(change: &ResourceChange) -> bool {
    change.options.protect && matches!(change.action, Action::Replace { undecided: true, .. })
}

/// Wants every property that the preview knew to be what it said.
async fn are_as_said(house: &House, preview: &Preview) {
    for set in preview.changes.iter().filter(|_| preview.deferred.is_empty()) {
        let Some(state) = house.state_if_any(&set.stack.to_string()).await else { continue };
        let changing = |action| matches!(action, Action::Create | Action::Update | Action::Replace { .. });
        for (urn, change) in set.resources.iter().filter(|(_, change)| changing(change.action)) {
            for (key, value) in change.goal.iter().filter(|(_, value)| !value.has_unknown() && !value.has_secret()) {
                assert_eq!(state.objects[urn].inputs.get(key), Some(value), "`{key}` of {urn}");
            }
        }
    }
}

#[test]
fn the_order_of_declarations_and_a_second_look_change_nothing() {
    of_all_cases(async |given| {
        let (mut house, mut turned) = (quiet(given).await, quiet(given).await);
        turned.backwards = true;
        let Some(forwards) = preview(&mut house, given).await else { return };
        let backwards = preview(&mut turned, given).await.expect("as in the other order");
        let plans = |preview: &Preview| STACKS.map(|stack| preview.plan_digest(&format!("{stack}.QA")));
        assert_eq!(plans(&forwards), plans(&backwards));
        let again = preview(&mut house, given).await.expect("as before");
        let seen = |preview: &Preview| (preview.digest(), preview.unchanged.clone(), preview.deferred.clone());
        assert_eq!(seen(&forwards), seen(&backwards));
        assert_eq!(seen(&forwards), seen(&again));
    });
}

#[test]
fn what_is_written_reads_back_as_it_was() {
    of_all_cases(async |given| {
        let mut house = quiet(given).await;
        for stack in STACKS {
            let Some(state) = house.state_if_any(&format!("{stack}.QA")).await else { continue };
            let text = serde_json::to_vec(&state).expect("writes");
            let back: StackState = serde_json::from_slice(&text).expect("reads");
            assert_eq!((&back, serde_json::to_vec(&back).expect("writes")), (&state, text));
        }
        let Some(preview) = preview(&mut house, given).await else { return };
        for set in &preview.changes {
            let text = serde_json::to_vec(set).expect("writes");
            let back: ChangeSet = serde_json::from_slice(&text).expect("reads");
            assert_eq!((&back, serde_json::to_vec(&back).expect("writes")), (set, text));
            let Some(plan) = preview.plan(&set.stack.to_string()) else { continue };
            let text = serde_json::to_vec(plan).expect("writes");
            let back: Plan = serde_json::from_slice(&text).expect("reads");
            assert_eq!((&back, serde_json::to_vec(&back).expect("writes")), (plan, text));
        }
    });
}
