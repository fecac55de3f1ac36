use super::*;
use resource::{StackName, Urn};
use value::{Digest, Map, Path, Value};

fn urn(name: &str) -> Urn {
    Urn::new("p", "t", name)
}

fn object(name: &str, incarnation: u64, needs: &[&str]) -> Object {
    Object {
        urn: urn(name),
        incarnation,
        id: format!("{name}-{incarnation}"),
        inputs: Map::new(),
        observed: Map::new(),
        dependencies: needs.iter().map(|n| urn(n)).collect(),
        read: Default::default(),
        kept: Kept::default(),
        external: false,
        status: Status::Ready,
        created: "2026-01-01T00:00:00Z".into(),
        modified: "2026-01-01T00:00:00Z".into(),
        source: None,
    }
}

fn intent(action: Action, name: &str, incarnation: u64) -> Entry {
    let request = Request {
        inputs: Map::new(),
        dependencies: Default::default(),
        read: Default::default(),
        kept: Kept::default(),
    };
    let token = String::new();
    Entry::Intent(Box::new(Intent { action, urn: urn(name), incarnation, id: None, request, token, was_absent: false }))
}

fn state(entries: &[Entry]) -> StackState {
    let mut state = StackState::new("id".into(), StackName::new("p", "QA"));
    entries.iter().for_each(|entry| state.apply(entry));
    state
}

fn done(intent: u64, object: Object) -> Entry {
    Entry::Done { intent, object: Box::new(object) }
}

#[test]
fn a_replacement_sets_the_old_object_aside_until_it_is_deleted() {
    let mut entries = vec![
        intent(Action::Create, "a", 1),
        done(0, object("a", 1, &[])),
        intent(Action::Create, "a", 2),
        done(2, object("a", 2, &[])),
    ];
    let replaced = state(&entries);
    assert_eq!((replaced.objects[&urn("a")].incarnation, replaced.replaced.len()), (2, 1));
    entries.extend([intent(Action::Delete, "a", 1), Entry::Deleted { intent: 4 }]);
    let settled = state(&entries);
    assert_eq!((settled.objects[&urn("a")].incarnation, settled.replaced.len(), settled.dangling.len()), (2, 0, 0));
    assert_eq!(settled.verify(), []);
}

#[test]
fn an_intent_without_an_end_dangles_with_its_request() {
    let state = state(&[intent(Action::Create, "a", 1)]);
    assert_eq!(state.dangling.len(), 1);
    assert!(!state.is_empty());
    assert_eq!(state.last_incarnation, 1, "the number is used up even if the create never happened");
}

#[test]
fn a_vanished_object_is_pruned_from_dependencies() {
    let state = state(&[
        Entry::Recorded { object: Box::new(object("a", 1, &[])) },
        Entry::Recorded { object: Box::new(object("b", 2, &["a"])) },
        Entry::Observed { urn: urn("a"), observed: None },
    ]);
    assert_eq!(state.verify(), []);
    assert!(state.objects[&urn("b")].dependencies.is_empty());
}

#[test]
fn verify_names_what_is_broken() {
    let mut broken = state(&[
        Entry::Recorded { object: Box::new(object("a", 1, &["b"])) },
        Entry::Recorded { object: Box::new(object("b", 2, &["a", "c"])) },
    ]);
    broken.last_incarnation = 1;
    let found: Vec<String> = broken.verify().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "`p::t::b` has incarnation 2, which cannot be",
            "`p::t::b` depends on `p::t::c`, which is not in the state",
            "the dependencies of `p::t::a`, `p::t::b` form a cycle",
        ]
    );
}

#[test]
fn outputs_are_published_become_stale_and_are_withdrawn() {
    let path = Path::key("x");
    let publish = Entry::Published {
        path: path.clone(),
        value: Value::Int(1),
        digest: Digest::of("t", b""),
        from: Default::default(),
    };
    let stale = state(&[publish.clone(), Entry::Stale { path: path.clone() }]);
    assert!(stale.outputs[&path].stale);
    assert!(!state(&[publish.clone(), Entry::Stale { path: path.clone() }, publish.clone()]).outputs[&path].stale);
    assert!(state(&[publish, Entry::Withdrawn { path }]).outputs.is_empty());
}

#[test]
fn entries_read_back() {
    let entry = done(7, object("a", 1, &["b"]));
    let text = serde_json::to_string(&entry).expect("serialises");
    assert_eq!(serde_json::from_str::<Entry>(&text).expect("reads back"), entry);
}

#[test]
fn a_stack_id_hangs_on_organisation_first_name_and_counter() {
    let name = StackName::new("p", "QA");
    let ids = [stack_id("a", &name, 0), stack_id("b", &name, 0), stack_id("a", &name, 1)];
    assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[0].len() == 32);
}
