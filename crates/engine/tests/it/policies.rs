//! Policies in whole runs.

use config::{FromNode, Node, NodeKind, Placed};
use diag::{Diagnostics, Place};
use engine::{Event, Goal, PreviewError, Stopped};
use policy::{Attachment, Date, Level, NoSettings, Policies, Policy};
use value::Value;

use crate::fixture;
use crate::house::House;

/// Good labels only; no deletions; and a label for what has none, which one called `cannot` cannot get.
fn policies() -> Vec<Policy> {
    vec![
        Policy::resource(
            "labels",
            "labels are good",
            Level::Mandatory,
            |_: &NoSettings, subject, answer| match subject.property("Label") {
                Some(Value::String(text)) if text.contains("bad") => {
                    answer.fail(format!("its label is `{text}`"));
                }

                Some(value) => answer.undecided(value),
                None => {}
            },
        ),
        Policy::stack("alike", "all labels are one", Level::Mandatory, |_: &NoSettings, stack, answer| {
            let labels: Vec<&Value> = stack.resources.iter().filter_map(|one| one.property("Label")).collect();
            labels.iter().for_each(|label| answer.undecided(label));
            let known: std::collections::BTreeSet<&str> = labels.iter().filter_map(|label| label.as_str()).collect();
            if known.len() > 1 {
                answer.fail(format!("the labels are {known:?}"));
            }
        }),
        Policy::changes("calm", "nothing is deleted", Level::Mandatory, |_: &NoSettings, changes, answer| {
            if changes.changes.iter().any(|change| change.action == policy::Action::Delete) {
                answer.fail("something is deleted");
            }
        }),
        Policy::remedy("stamp", "everything has a label", |_: &NoSettings, subject, remedy| {
            match subject.property("Label") {
                None => remedy.set("Label", "stamped"),
                Some(Value::String(text)) if text == "cannot" => remedy.fail("nobody can"),
                Some(_) => {}
            }
        }),
    ]
}

/// Some of the policies, attached to everything.
fn attached(rules: &[&str]) -> Policies {
    let place = Place::start_of("groundplan.toml");
    let attachment = |rule: &&str| {
        let table = |key: &str, kind| {
            (key.to_owned(), (place.clone(), Node { kind, place: place.clone(), path: value::Path::key(key) }))
        };
        let entries = [table("rule", NodeKind::String((*rule).to_owned()))].into();
        let node = Node { kind: NodeKind::Table(config::Table { entries }), ..Node::empty("groundplan.toml") };
        Placed::<Attachment>::from_node(&node, &mut Diagnostics::new()).expect("an attachment")
    };
    let attachments: Vec<Placed<Attachment>> = rules.iter().map(attachment).collect();
    Policies::attach(&policies(), &attachments, &[], "sandbox", Date::EPOCH).expect("attaches")
}

/// The codes of what stops a run, or nothing.
async fn stopped(house: &mut House, goal: Goal) -> Vec<String> {
    let preview = house.preview_of(&[], goal).await.expect("a preview");
    match house.apply(&preview).await {
        Err(Stopped::Policies(found)) => found.iter().map(|one| format!("{} {}", one.code, one.message)).collect(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => Vec::new(),
    }
}

#[tokio::test]
async fn case_74_a_mandatory_finding_stops_a_run_before_anything_is_touched() {
    let mut house = House::new("stack a.QA\n resource Vpc fine\n resource Vpc main Label=bad");
    house.policies = attached(&["labels"]);
    let preview = house.preview(&[]).await;
    assert_eq!(preview.judgement.findings.len(), 1);
    assert_eq!(stopped(&mut house, Goal::Programs).await, ["E0450 `main`: its label is `bad` (policy `labels`)"]);
    assert!(house.cloud.calls().is_empty() && house.files().is_empty() && house.events.is_empty());
    house.edit("bad", "good");
    assert_eq!(house.up(&[]).await, "");
}

#[tokio::test]
async fn case_74_remedies_decide_what_is_compared_and_made() {
    let mut house = House::new("stack a.QA\n resource Vpc main\n output label @main.Label");
    house.policies = attached(&["stamp", "labels"]);
    let preview = house.preview(&[]).await;
    let change = preview.changes[0].resources.values().next().expect("one");
    assert_eq!(
        (change.goal["Label"].clone(), change.remarks.clone()),
        ("stamped".into(), vec!["policy `stamp` sets `Label`".to_owned()])
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.output("a.QA", "label").await, "stamped");
    assert!(house.preview(&[]).await.is_empty(), "what is mended is what is there");
    // What was made without the policy is changed once there is one.
    let mut house = House::settled("stack a.QA\n resource Vpc main").await;
    house.policies = attached(&["stamp"]);
    house.program("stack a.QA\n resource Vpc main\n resource Vpc other");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update main", "create other"]);
}

#[tokio::test]
async fn case_74_a_remedy_that_fails_leaves_no_state() {
    let mut house = House::new("stack a.QA\n resource Vpc fine\n resource Vpc main Label=cannot");
    house.policies = attached(&["stamp"]);
    let Err(PreviewError::Problems(found)) = house.preview_of(&[], Goal::Programs).await else { panic!("a problem") };
    assert!(fixture::print_problems(&found).contains("E0451"), "{}", fixture::print_problems(&found));
    assert!(house.cloud.calls().is_empty() && house.files().is_empty());
}

#[tokio::test]
async fn what_is_undecided_is_decided_before_the_first_step_that_uses_it() {
    // Ids in the fake cloud are made of names.
    let program = "stack a.QA\n resource Vpc bad\n output id @bad.VpcId\nstack b.QA\n resource Vpc user Label=#a.QA:id\n resource Vpc next Peer=@user.VpcId\n resource Vpc free";
    let mut house = House::new(program);
    house.policies = attached(&["labels"]);
    let preview = house.preview(&[]).await;
    let undecided: Vec<String> = preview.judgement.undecided.iter().map(ToString::to_string).collect();
    assert_eq!(undecided, ["`user` of b.QA: policy `labels` cannot tell before a.QA:id is known"]);
    assert_eq!(house.up(&[]).await, "failed create user of b.QA: E0452\nskipped next of b.QA: user of b.QA");
    assert_eq!(house.cloud.calls(), ["create bad", "create free"]);
    assert!(house.state("b.QA").await.dangling.is_empty(), "no intent was written");
    // The next preview knows, and stops the run.
    assert_eq!(stopped(&mut house, Goal::Programs).await.len(), 1);
}

#[tokio::test]
async fn a_policy_on_a_stack_is_decided_as_its_values_become_known() {
    let program = "stack a.QA\n resource Vpc one Label=x\n resource Vpc two Label=@one.VpcId";
    let mut house = House::new(program);
    house.policies = attached(&["alike"]);
    assert_eq!(house.up(&[]).await, "failed create two of a.QA: E0452");
    assert_eq!(house.cloud.calls(), ["create one"]);
}

#[tokio::test]
async fn what_is_allowed_passes_and_is_said_in_the_events() {
    let mut house = House::settled("stack a.QA\n resource Vpc main").await;
    house.policies = attached(&["calm", "labels"]);
    assert_eq!(stopped(&mut house, Goal::Nothing).await, ["E0450 something is deleted (policy `calm`)"]);
    assert!(house.cloud.calls().is_empty());
    house.policies.allow(&["calm".to_owned()]).expect("is attached");
    house.events.clear();
    assert_eq!(house.destroy(&[]).await, "");
    assert!(house.events.contains(&Event::Allowed { rule: "calm".to_owned(), findings: 1 }));
}

#[tokio::test]
async fn goals_are_judged_without_state() {
    let program = "stack a.QA\n resource Vpc main Label=bad\n output id @main.VpcId\nstack b.QA\n resource Vpc user Label=#a.QA:id\n resource Vpc other Label=#a.QA:id";
    let mut house = House::new(program);
    house.policies = attached(&["labels", "calm"]);
    for stacks in [&["a.QA", "b.QA"][..], &["b.QA"]] {
        let judgement = house
            .with(async |engine| {
                let survey = engine.survey(stacks.iter().filter_map(|stack| engine.catalog.get(stack)));
                engine.judge_goals(&survey).expect("goals")
            })
            .await;
        assert_eq!((judgement.findings.len(), judgement.undecided.len()), (stacks.len() - 1, 2), "{stacks:?}");
    }
    assert!(house.files().is_empty());
}

#[tokio::test]
async fn remedies_pass_over_what_is_only_read() {
    let mut house = House::settled("stack b.QA\n resource Vpc stray Cidr=c1\n retain").await;
    house.program("stack b.QA");
    assert_eq!(house.up(&[]).await, "");
    house.program("stack a.QA\n resource Vpc shared\n read stray-1\n resource Vpc mine");
    house.policies = attached(&["stamp"]);
    let shown = fixture::print(&house.preview(&[]).await.changes);
    assert!(shown.contains("+ mine") && shown.contains("< shared") && !shown.contains("E0449"), "{shown}");
    assert_eq!(house.up(&[]).await, "");
    let state = house.state("a.QA").await;
    let shared = state.objects.values().find(|object| object.urn.name() == "shared").expect("there");
    assert!(!shared.inputs.contains_key("Label"), "{:?}", shared.inputs);
    assert_eq!(house.cloud.text("mine-2", "Label"), "stamped");
    assert!(house.preview(&[]).await.is_empty());
}
