use super::*;
use resource::{Shared, StackName, Urn};
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
        holds: Default::default(),
        origins: Default::default(),
        kept: Shared::default(),
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
        kept: Shared::default(),
    };
    let token = String::new();
    let intent = Intent { action, urn: urn(name), incarnation, id: None, request, token, at: None, was_absent: false };
    Entry::Intent(Box::new(intent))
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
fn case_52_a_vanished_object_is_pruned_from_dependencies() {
    let state = state(&[
        Entry::Recorded { object: Box::new(object("a", 1, &[])) },
        Entry::Recorded { object: Box::new(object("b", 2, &["a"])) },
        Entry::Observed { urn: urn("a"), observed: None, id: None, healthy: false },
    ]);
    assert_eq!(state.verify(), []);
    assert!(state.objects[&urn("b")].dependencies.is_empty());
    assert_eq!(state.vanished[&urn("a")], "a-1");
}

#[test]
fn case_49_what_goes_with_an_object_is_gone_when_that_was_deleted() {
    let with = |name: &str, incarnation: u64, target: &str, of: u64| {
        let mut object = object(name, incarnation, &[]);
        object.kept.deleted_with = Some(urn(target));
        object.kept.deleted_with_incarnation = Some(of);
        Entry::Recorded { object: Box::new(object) }
    };
    let mut state = state(&[
        Entry::Recorded { object: Box::new(object("a", 1, &[])) },
        Entry::Recorded { object: Box::new(object("a", 2, &[])) },
        with("b", 1, "a", 1),
        with("c", 1, "b", 1),
        with("other", 2, "a", 2),
    ]);
    state.apply(&intent(Action::Delete, "a", 1));
    state.apply(&Entry::Deleted { intent: state.next_position - 1 });
    assert_eq!(state.objects.keys().collect::<Vec<_>>(), [&urn("a"), &urn("other")]);
    assert!(state.replaced.is_empty());
    // Where only the record is dropped the object is still there, and with it what hangs on it.
    state.apply(&Entry::Dropped { urn: urn("a"), incarnation: 2 });
    assert_eq!(state.objects[&urn("other")].kept, Shared::default());
    assert_eq!(state.verify(), []);
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
        reads: Default::default(),
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

fn recorded(object: Object) -> Entry {
    Entry::Recorded { object: Box::new(object) }
}

fn with(name: &str, incarnation: u64, other: &str) -> Object {
    let mut object = object(name, incarnation, &[]);
    object.kept.deleted_with = Some(urn(other));
    object
}

fn with_the(name: &str, incarnation: u64, other: &str, of: u64) -> Object {
    let mut object = with(name, incarnation, other);
    object.kept.deleted_with_incarnation = Some(of);
    object
}

/// What is wrong with a state, as text.
fn broken(state: &StackState) -> Vec<String> {
    state.verify().iter().map(ToString::to_string).collect()
}

#[test]
fn case_35_a_provider_is_a_name_of_the_profile_and_no_entry_that_could_be_missing() {
    let mut object = object("a", 1, &[]);
    object.kept.provider = Some("elsewhere".into());
    assert_eq!(broken(&state(&[recorded(object)])), [""; 0]);
}

#[test]
fn case_36_what_an_object_names_is_there_and_nothing_goes_in_circles() {
    let both = |a: Object, b: Object| broken(&state(&[recorded(a), recorded(b)]));
    for (found, said) in [
        (
            both(object("a", 1, &["x"]), object("b", 2, &[])),
            "`p::t::a` depends on `p::t::x`, which is not in the state",
        ),
        (
            both(with("a", 1, "x"), object("b", 2, &[])),
            "`p::t::a` is deleted with `p::t::x`, which is not in the state",
        ),
        (both(object("a", 1, &["b"]), object("b", 2, &["a"])), "the dependencies of `p::t::a`, `p::t::b` form a cycle"),
        (both(object("a", 1, &["a"]), object("b", 2, &[])), "the dependencies of `p::t::a` form a cycle"),
    ] {
        assert_eq!(found, [said]);
    }
    // Objects have no place in a list, so that one cannot come after what it needs; a parent is for display only.
    let mut child = object("a", 1, &["b"]);
    child.kept.parent = Some("nobody".into());
    assert_eq!(both(child, with("b", 2, "a")), [""; 0]);
}

#[test]
fn case_36_what_goes_takes_along_what_others_say_of_it_and_what_is_renamed_is_renamed_everywhere() {
    let entries = [recorded(object("w", 1, &[])), recorded(with("x", 2, "w")), recorded(object("y", 3, &["w"]))];
    for gone in [
        Entry::Dropped { urn: urn("w"), incarnation: 1 },
        Entry::Observed { urn: urn("w"), observed: None, id: None, healthy: false },
    ] {
        let state = state(&[&entries[..], &[gone]].concat());
        assert_eq!((broken(&state), state.objects[&urn("x")].kept.deleted_with.as_ref()), (vec![], None));
    }
    let renamed = state(&[&entries[..], &[Entry::Renamed { from: urn("w"), to: urn("v") }]].concat());
    assert_eq!((broken(&renamed), &renamed.objects[&urn("x")].kept.deleted_with), (vec![], &Some(urn("v"))));
    // While a copy of it is still there, so is what others say.
    let mut copied = state(&[&entries[..], &[recorded(object("w", 4, &[]))]].concat());
    copied.apply(&Entry::Dropped { urn: urn("w"), incarnation: 4 });
    assert_eq!((broken(&copied), &copied.objects[&urn("x")].kept.deleted_with), (vec![], &Some(urn("w"))));
    copied.apply(&Entry::Dropped { urn: urn("w"), incarnation: 1 });
    assert_eq!((broken(&copied), copied.replaced.len()), (vec![], 0));
    // So does a step whose end is found out later.
    let Entry::Intent(mut open) = intent(Action::Create, "z", 4) else { unreachable!("it is one") };
    open.request.dependencies = [urn("w"), urn("y")].into();
    let gone = Entry::Observed { urn: urn("w"), observed: None, id: None, healthy: false };
    let renamed = Entry::Renamed { from: urn("y"), to: urn("v") };
    let state = state(&[&entries[..], &[Entry::Intent(open), gone, renamed]].concat());
    assert_eq!(state.dangling[&3].request.dependencies, [urn("v")].into());
}

#[test]
fn case_37_there_is_one_live_object_of_a_name_and_no_incarnation_twice() {
    // A second one sets the first aside; it cannot stand beside it.
    let two = state(&[recorded(object("a", 1, &[])), recorded(object("a", 2, &[]))]);
    assert_eq!((broken(&two), two.objects.len(), two.replaced.len()), (vec![], 1, 1));
    let mut odd = two.clone();
    odd.replaced.put(object("a", 2, &[]).into());
    assert_eq!(broken(&odd), ["`p::t::a` has incarnation 2, which cannot be"]);
    // Whatever an entry says, it is applied: the state is what happened.
    odd.apply(&Entry::Deleted { intent: 99 });
    odd.apply(&done(98, object("b", 7, &["nowhere"])));
    assert_eq!(broken(&odd).len(), 2);
    assert_eq!(odd.next_position, 4);
}

#[test]
fn case_39_after_any_entries_that_make_sense_one_by_one_the_state_is_whole() {
    // Objects only ever name what is there when they are recorded; everything else is random.
    let names = ["a", "b", "c", "d"];
    let mut dice = 7u64;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(dice >> 33).expect("31 bits") % sides
    };
    for _ in 0..200 {
        let mut state = StackState::new("id".into(), StackName::new("p", "QA"));
        for _ in 0..40 {
            let number = roll(names.len());
            let name = names[number];
            // Names only what comes before it, so that nothing goes in circles.
            let there: Vec<&str> =
                names[..number].iter().copied().filter(|n| state.objects.contains_key(&urn(n))).collect();
            let live = state.objects.get(&urn(name)).map(|object| object.incarnation);
            let entry = match roll(7) {
                0 | 1 => {
                    let mut made = object(name, state.last_incarnation + 1, &there);
                    made.kept.deleted_with = there.first().map(|n| urn(n));
                    recorded(made)
                }
                2 => recorded(object(name, live.unwrap_or(state.last_incarnation + 1), &there)),
                3 => Entry::Observed { urn: urn(name), observed: None, id: None, healthy: false },
                4 => match state.replaced.iter().next() {
                    Some(old) => Entry::Dropped { urn: old.urn.clone(), incarnation: old.incarnation },
                    None => continue,
                },
                _ => match state.dangling.first_key_value() {
                    None => {
                        let Entry::Intent(mut open) = intent(Action::Create, name, state.last_incarnation + 1) else {
                            unreachable!("it is one")
                        };
                        open.request.dependencies = there.iter().map(|n| urn(n)).collect();
                        Entry::Intent(open)
                    }
                    // It is found out later that it was done.
                    Some((position, open)) => {
                        let made = object(open.urn.name(), open.incarnation, &[]);
                        done(*position, Object { dependencies: open.request.dependencies.clone(), ..made })
                    }
                },
            };
            state.apply(&entry);
            assert_eq!(state.verify(), [], "after {entry:?}");
        }
    }
}

#[test]
fn case_54_what_is_said_of_a_resource_stays_while_an_old_copy_is_there_and_goes_with_the_last_one() {
    let mut state = state(&[
        Entry::Recorded { object: Box::new(object("a", 1, &[])) },
        Entry::Recorded { object: Box::new(object("a", 2, &[])) },
        Entry::Recorded { object: Box::new(object("b", 3, &["a"])) },
    ]);
    state.apply(&Entry::Observed { urn: urn("a"), observed: None, id: None, healthy: false });
    assert_eq!(state.replaced.len(), 1);
    assert!(state.objects[&urn("b")].dependencies.contains(&urn("a")), "`b` may hold the old copy");
    assert_eq!(state.verify(), []);
    state.apply(&Entry::Dropped { urn: urn("a"), incarnation: 1 });
    assert_eq!((state.replaced.len(), state.objects[&urn("b")].dependencies.len()), (0, 0));
    assert_eq!(state.verify(), []);
}

fn object_mut<'a>(state: &'a mut StackState, name: &str) -> &'a mut Object {
    std::sync::Arc::make_mut(state.objects.get_mut(&urn(name)).expect("there"))
}

/// Breaks a state with `a`, `b` that needs `a`, `c` that needs `b`, and an old copy of `a`; what mending says.
fn mended(harm: impl FnOnce(&mut StackState)) -> (StackState, String) {
    let mut state = state(&[
        Entry::Recorded { object: Box::new(object("a", 1, &[])) },
        Entry::Recorded { object: Box::new(object("a", 2, &[])) },
        Entry::Recorded { object: Box::new(object("b", 3, &["a"])) },
        Entry::Recorded { object: Box::new(object("c", 4, &["b"])) },
    ]);
    let from = [urn("c")].into();
    let value = Value::from("x");
    let published = Entry::Published { path: Path::key("x"), digest: value.digest(), value, from, reads: [].into() };
    state.apply(&published);
    assert_eq!((state.verify(), state.clone().mend()), (vec![], vec![]), "it is whole");
    harm(&mut state);
    assert!(!state.verify().is_empty() || !state.loose_ends().is_empty(), "it is harmed");
    let said = state.mend().join("\n");
    assert_eq!((state.verify(), state.loose_ends()), (vec![], vec![]), "it is whole again");
    assert_eq!(state.clone().mend(), [""; 0], "there is nothing more to mend");
    (state, said)
}

#[test]
fn case_36_what_refers_to_nothing_is_dropped_and_said() {
    let (state, said) = mended(|state| {
        state.objects.remove(&urn("b"));
        let kept = &mut object_mut(state, "a").kept;
        (kept.deleted_with, kept.deleted_with_incarnation) = (Some(urn("b")), Some(3));
    });
    assert_eq!(
        said,
        "`p::t::a` is no longer deleted with `p::t::b`, of which there is no record\n\
         `p::t::c` no longer depends on `p::t::b`, of which there is no record"
    );
    assert_eq!((state.objects.len(), state.replaced.len()), (2, 1), "no object goes");
    // An output that was made of it stands as it was published.
    let (state, said) = mended(|state| drop(state.objects.remove(&urn("c"))));
    assert_eq!(said, "output `x` is made of `p::t::c`, of which there is no record: that is forgotten");
    assert!(state.outputs.contains_key(&Path::key("x")));
}

#[test]
fn case_36_objects_have_no_order_but_that_of_their_needs_and_a_parent_is_only_a_label() {
    // What comes before what is derived of what needs what, so nothing can come too early; only a circle has no order.
    let (state, said) = mended(|state| {
        object_mut(state, "a").dependencies.insert(urn("c"));
    });
    assert_eq!(said, "`p::t::b` no longer depends on `p::t::a`, which depends on it");
    assert_eq!(state.objects[&urn("a")].dependencies.len(), 1);
    let mut labelled = state;
    object_mut(&mut labelled, "a").kept.parent = Some("nobody".into());
    assert_eq!(labelled.verify(), []);
}

#[test]
fn case_37_one_live_record_for_each_resource() {
    let twice = |state: &mut StackState| {
        state.replaced.put(object("a", 2, &[]).into());
    };
    assert!(mended(twice).1.contains("twice with one incarnation"));
    let misplaced = |state: &mut StackState| {
        let object = state.objects.remove(&urn("c")).expect("there");
        state.objects.insert(urn("d"), object);
    };
    let (state, said) = mended(misplaced);
    assert_eq!(said, "`p::t::c`, which stood under `p::t::d`, is put in its place");
    assert!(state.objects.contains_key(&urn("c")));
    let shadow = |state: &mut StackState| drop(state.objects.insert(urn("d"), object("c", 4, &[]).into()));
    assert!(mended(shadow).1.contains("under `p::t::d`, and the name is taken goes"));
    let (state, said) = mended(|state| state.last_incarnation = 1);
    assert_eq!((said.as_str(), state.last_incarnation), ("the counter of incarnations goes from 1 to 4", 4));
}

#[test]
fn a_run_is_told_in_numbers_and_a_resource_counts_once() {
    let before = state(&[
        Entry::Recorded { object: Box::new(object("changed", 1, &[])) },
        Entry::Recorded { object: Box::new(object("anew", 2, &[])) },
        Entry::Recorded { object: Box::new(object("first", 3, &[])) },
        Entry::Recorded { object: Box::new(object("gone", 4, &[])) },
    ]);
    let at = before.next_position;
    let entries = [
        intent(Action::Create, "made", 5),
        done(at, object("made", 5, &[])),
        intent(Action::Update, "changed", 1),
        done(at + 2, object("changed", 1, &[])),
        // Made before the old one is deleted, and the other way round.
        intent(Action::Create, "anew", 6),
        done(at + 4, object("anew", 6, &[])),
        intent(Action::Delete, "anew", 2),
        Entry::Deleted { intent: at + 6 },
        intent(Action::Delete, "first", 3),
        Entry::Deleted { intent: at + 8 },
        intent(Action::Create, "first", 7),
        done(at + 10, object("first", 7, &[])),
        intent(Action::Delete, "gone", 4),
        Entry::Deleted { intent: at + 12 },
        intent(Action::Adopt, "theirs", 8),
        done(at + 14, object("theirs", 8, &[])),
        intent(Action::Create, "never", 9),
        Entry::Failed { intent: at + 16, reason: "no".into(), object: None },
        Entry::Observed { urn: urn("made"), observed: Some(Map::new()), id: None, healthy: false },
    ];
    let expected = Tally { created: 1, updated: 1, replaced: 2, deleted: 1, taken_over: 1, failed: 1, recorded: 1 };
    assert_eq!(Tally::of(&before, &entries), expected);
    assert_eq!(Tally::of(&before, &[]), Tally::default());
}

#[test]
fn who_depends_on_what_leaves_goes_on_holding_it_and_the_other_way_round() {
    let mut a = state(&[
        Entry::Recorded { object: Box::new(object("net", 1, &[])) },
        Entry::Recorded { object: Box::new(object("main", 2, &["net"])) },
        Entry::Recorded { object: Box::new(object("reader", 3, &["main"])) },
    ]);
    let mut b = StackState::new("b".into(), StackName::new("p", "B"));
    let moves = a.hand_over(&b, &[(urn("main"), urn("taken"))].into());
    moves.leaving.iter().chain(&moves.left).for_each(|entry| a.apply(entry));
    moves.arriving.iter().for_each(|entry| b.apply(entry));
    assert_eq!((a.verify(), b.verify()), (vec![], vec![]));
    let (taken, net) = (&b.objects[&urn("taken")], &a.objects[&urn("net")]);
    let holds = |state: &StackState, object: &Object, id: &str| {
        state.holds().iter().any(|hold| object.places(id).any(|place| place == hold.place()))
    };
    assert!(holds(&a, taken, "b"), "`reader` was applied with it");
    assert!(holds(&b, net, "id"), "it was applied with `net`");
    assert!(a.objects[&urn("reader")].dependencies.is_empty() && taken.dependencies.is_empty());
    // Wherever it goes.
    let mut c = StackState::new("c".into(), StackName::new("p", "C"));
    c.apply(&Entry::Recorded { object: Box::new(object("other", 7, &[])) });
    let further = b.hand_over(&c, &[(urn("taken"), urn("last"))].into());
    further.arriving.iter().for_each(|entry| c.apply(entry));
    assert!(holds(&a, &c.objects[&urn("last")], "c") && holds(&c, net, "id"));
    a.apply(&Entry::Renamed { from: urn("net"), to: urn("web") });
    assert!(holds(&c, &a.objects[&urn("web")], "id"));
}

#[test]
fn what_was_set_aside_is_held_by_its_readers_when_its_resource_gets_another_name() {
    let mut state = state(&[
        Entry::Recorded { object: Box::new(object("net", 1, &[])) },
        Entry::Recorded { object: Box::new(object("reader", 2, &["net"])) },
        Entry::Recorded { object: Box::new(with_the("with", 3, "net", 1)) },
        Entry::Recorded { object: Box::new(object("net", 4, &[])) },
        Entry::Renamed { from: urn("net"), to: urn("web") },
    ]);
    assert_eq!(state.verify(), []);
    let old = state.replaced.get(&urn("net"), 1).expect("it is still there").clone();
    let places: Vec<_> = state.holds().into_iter().map(Hold::place).collect();
    assert_eq!(places, [old.places("id").next().expect("one")]);
    assert_eq!(state.objects[&urn("with")].kept.deleted_with, Some(urn("net")), "it goes with the old one");
    // It is deleted: nobody holds it, and what went with it is gone.
    state.apply(&intent(Action::Delete, "net", 1));
    state.apply(&Entry::Deleted { intent: state.next_position - 1 });
    assert!(state.holds().is_empty() && !state.objects.contains_key(&urn("with")));
    assert_eq!(state.verify(), []);
}

#[test]
fn what_goes_with_another_object_goes_with_it_where_they_have_moved_together() {
    let a = state(&[
        Entry::Recorded { object: Box::new(object("net", 1, &[])) },
        Entry::Recorded { object: Box::new(with_the("with", 2, "net", 1)) },
    ]);
    let mut b = StackState::new("b".into(), StackName::new("p", "B"));
    b.apply(&Entry::Recorded { object: Box::new(object("other", 5, &[])) });
    let names = [(urn("net"), urn("net")), (urn("with"), urn("with"))];
    let moves = a.hand_over(&b, &names.into());
    moves.arriving.iter().for_each(|entry| b.apply(entry));
    let net = b.objects[&urn("net")].incarnation;
    assert!(b.objects[&urn("with")].kept.goes_with(&urn("net"), net));
}
