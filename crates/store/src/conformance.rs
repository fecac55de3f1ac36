//! What every store of states must do, as checks that panic. A store's tests call [`check`].

use ports::{Base, Closing, Journal, Run, StateStore, StoreError};
use resource::{Shared, StackName, Urn};
use state::{Action, Entry, Head, Intent, Object, OutputReader, Request, StackState, Status};
use value::{Digest, Map, Path, Secret, Value};

/// Another handle on the same states, as a second process would have; the states are empty at first.
pub type Open<'a> = &'a dyn Fn() -> Box<dyn StateStore>;

/// Runs every check.
pub async fn check(open: Open<'_>) {
    nothing_is_there_at_first(open).await;
    a_run_leaves_one_closed_head(open).await;
    a_base_that_moved_is_refused(open).await;
    heads_name_the_saved_preview(open).await;
    counters_outlive_what_they_counted(open).await;
    a_live_holder_is_named(open).await;
    all_or_none(open).await;
    journals_come_in_the_order_of_the_bases(open).await;
    of_two_runs_at_once_one_wins(open).await;
    a_dead_holder_is_taken_over(open).await;
    readers_are_listed_once(open).await;
}

/// An empty store has no heads and no readers.
pub async fn nothing_is_there_at_first(open: Open<'_>) {
    let store = open();
    assert_eq!(store.heads().await, Ok(vec![]));
    assert_eq!(store.readers("p.QA").await, Ok(vec![]));
    assert_eq!(store.release(&run("nobody")).await, Ok(()), "giving up what one does not have is no error");
}

/// What was appended is what is loaded, and the head says it in short.
pub async fn a_run_leaves_one_closed_head(open: Open<'_>) {
    let store = open();
    let base = new_base("closes");
    let mut journal = take(&*store, "first", &base).await;
    assert_eq!(journal.state().next_position, 1, "the seal is the first entry");
    let mut state = journal.state().clone();
    append(&mut journal, &mut state, vec![create("a", 1)]).await;
    append(&mut journal, &mut state, vec![]).await;
    append(
        &mut journal,
        &mut state,
        vec![done(1, object("a", 1)), publish("plain", Value::Int(1)), publish("secret", secret())],
    )
    .await;
    let settled = Some(Digest::of("key", b"1"));
    let closed = journal.close(Closing { state: state.clone(), settled }).await.expect("closes");

    let head = head_of(&*open(), &base).await;
    assert_eq!(head, closed);
    assert_eq!((head.generation, head.position, head.objects), (2, 5, 1));
    assert_eq!((&head.open, head.settled, &head.stack), (&None, settled, &base.stack));
    assert_eq!(head.reads_from, ["p.Upstream"]);
    let outputs: Vec<_> = head.outputs.iter().map(|(path, output)| (path.to_string(), output.secret)).collect();
    assert_eq!(outputs, [("plain".into(), false), ("secret".into(), true)]);
    let loaded = open().load(&head).await.expect("loads");
    assert_eq!((loaded.head, loaded.state), (head, state));
}

/// A run is planned from a generation, and takes no other.
pub async fn a_base_that_moved_is_refused(open: Open<'_>) {
    let store = open();
    let none = new_base("moves");
    settle(&*store, "first", &none).await;
    let now = base_of(&head_of(&*store, &none).await);
    let earlier = Base { generation: Some(1), ..now.clone() };
    let another = Base { id: "another".into(), ..now.clone() };
    for base in [none, earlier, another] {
        let refused = store.acquire(&run("second"), std::slice::from_ref(&base)).await.map(drop);
        assert_eq!(refused, Err(StoreError::Moved { stack: base.stack.to_string() }));
    }
    settle(&*store, "third", &now).await;
}

/// The open head and the closing one name the saved preview that the base does, until another run takes the stack.
pub async fn heads_name_the_saved_preview(open: Open<'_>) {
    let store = open();
    let none = new_base("planned");
    let plan = Some(Digest::of("saved", b"1"));
    let journal = take(&*store, "first", &Base { plan, ..none.clone() }).await;
    assert_eq!(head_of(&*store, &none).await.plan, plan, "a run that dies now was one of that preview");
    close(journal).await;
    let closed = head_of(&*store, &none).await;
    assert_eq!(closed.plan, plan);
    settle(&*store, "second", &base_of(&closed)).await;
    let moved = head_of(&*store, &none).await;
    assert_eq!(moved.plan, None);
    assert_ne!(moved.digest(), Head { generation: 9, ..moved.clone() }.digest());
}

/// A stack of which nothing is left keeps its id, its incarnations, its position and its fencing number.
pub async fn counters_outlive_what_they_counted(open: Open<'_>) {
    let store = open();
    let base = new_base("destroyed");
    let mut journal = take(&*store, "first", &base).await;
    let mut state = journal.state().clone();
    append(&mut journal, &mut state, vec![create("a", 7), done(1, object("a", 7))]).await;
    append(&mut journal, &mut state, vec![Entry::Dropped { urn: urn("a"), incarnation: 7 }]).await;
    journal.close(Closing { state, settled: None }).await.expect("closes");

    let head = head_of(&*store, &base).await;
    let journal = take(&*store, "second", &base_of(&head)).await;
    let state = journal.state();
    assert!(state.is_empty() && head.objects == 0);
    assert_eq!((&state.id, state.last_incarnation, state.next_position, state.fencing), (&base.id, 7, 5, 2));
    close(journal).await;
}

/// A stack that is held is refused, and who holds it is said.
pub async fn a_live_holder_is_named(open: Open<'_>) {
    let (store, other) = (open(), open());
    let base = new_base("held");
    let journal = take(&*store, "holder", &base).await;
    let head = head_of(&*other, &base).await;
    assert_eq!(head.open.as_deref(), Some("holder"));
    let lease = other.holder(&head).await.expect("answers").expect("is held");
    assert_eq!((lease.run.as_str(), lease.command.as_str()), ("holder", "test"));
    let refused = other.acquire(&run("late"), &[base_of(&head)]).await.map(drop);
    assert_eq!(refused, Err(StoreError::Held { stack: base.stack.to_string(), lease }));
    close(journal).await;
    store.release(&run("holder")).await.expect("released");
    assert_eq!(other.holder(&head_of(&*other, &base).await).await, Ok(None));
}

/// A run that does not get all its stacks leaves none of them open.
pub async fn all_or_none(open: Open<'_>) {
    let (store, other) = (open(), open());
    let (free, held) = (new_base("free"), new_base("taken"));
    let journal = take(&*store, "holder", &held).await;
    let refused = other.acquire(&run("greedy"), &[free.clone(), held.clone()]).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Held { .. })), "{refused:?}");
    close(journal).await;
    let refused = other.acquire(&run("greedy"), &[free.clone(), held.clone()]).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Moved { .. })), "{refused:?}");
    assert!(other.heads().await.expect("read").iter().all(|head| head.open.is_none()));
    settle(&*store, "modest", &free).await;
}

/// Whatever order the store takes them in.
pub async fn journals_come_in_the_order_of_the_bases(open: Open<'_>) {
    let store = open();
    let bases = ["order-c", "order-a", "order-b"].map(new_base);
    let journals = store.acquire(&run("order"), &bases).await.expect("takes all");
    let taken: Vec<_> = journals.iter().map(|journal| journal.state().name.clone()).collect();
    assert_eq!(taken, bases.map(|base| base.stack));
    for journal in journals {
        close(journal).await;
    }
}

/// Of runs that want overlapping stacks at the same time, at least one gets them, and no stack has two holders.
pub async fn of_two_runs_at_once_one_wins(open: Open<'_>) {
    let (one, two) = (open(), open());
    let [a, b, c] = ["race-a", "race-b", "race-c"].map(new_base);
    let (left, right) = ([a, b.clone()], [c, b]);
    let (run_one, run_two) = (run("one"), run("two"));
    let (first, second) = tokio::join!(one.acquire(&run_one, &left), two.acquire(&run_two, &right));
    assert!(first.is_ok() != second.is_ok(), "{:?} {:?}", first.map(drop), second.map(drop));
    for journal in first.or(second).expect("one has won") {
        close(journal).await;
    }
}

/// What a dead run made durable is there for the next one, with what it left dangling.
pub async fn a_dead_holder_is_taken_over(open: Open<'_>) {
    let base = new_base("dies");
    let store = open();
    let mut journal = take(&*store, "dead", &base).await;
    let mut state = journal.state().clone();
    append(&mut journal, &mut state, vec![create("a", 1), create("b", 2)]).await;
    append(&mut journal, &mut state, vec![done(1, object("a", 1))]).await;
    drop(journal);

    let store = open();
    let head = head_of(&*store, &base).await;
    assert_eq!(head.open.as_deref(), Some("dead"));
    assert_eq!(store.holder(&head).await, Ok(None));
    assert_eq!(store.load(&head).await.expect("loads").state, state);
    let journal = take(&*store, "heir", &base_of(&head)).await;
    state.apply(&Entry::Seal { run: "heir".into(), fencing: 2 });
    assert_eq!(*journal.state(), state);
    assert_eq!(state.dangling.keys().collect::<Vec<_>>(), [&2]);
    assert_eq!(head_of(&*store, &base).await.objects, 1, "the open head of the heir says what the dead run did");
    close(journal).await;
    let head = head_of(&*store, &base).await;
    assert_eq!((head.generation, head.open), (3, None));
}

/// A reader is registered by its id; its latest name counts.
pub async fn readers_are_listed_once(open: Open<'_>) {
    let store = open();
    let reader = |stack: &str, stack_id: &str| OutputReader { stack: stack.into(), stack_id: stack_id.into() };
    for (stack, id) in [("p.B", "2"), ("p.Old", "1"), ("p.A", "1"), ("p.A", "1")] {
        store.register_reader("p.Up", &reader(stack, id)).await.expect("registered");
    }
    assert_eq!(open().readers("p.Up").await, Ok(vec![reader("p.A", "1"), reader("p.B", "2")]));
    assert_eq!(open().readers("p.Up.Else").await, Ok(vec![]));
}

/// A run.
pub fn run(id: &str) -> Run {
    Run { id: id.into(), command: "test".into() }
}

/// The base of a stack that has no head yet.
pub fn new_base(name: &str) -> Base {
    let stack = StackName::new("conformance", name);
    Base { id: state::stack_id("test", &stack, 0), stack, generation: None, plan: None }
}

/// The base that a head is.
pub fn base_of(head: &Head) -> Base {
    Base { stack: head.stack.clone(), id: head.id.clone(), generation: Some(head.generation), plan: None }
}

/// The one head of the stack of a base.
pub async fn head_of(store: &dyn StateStore, base: &Base) -> Head {
    let mut heads = store.heads().await.expect("heads are read");
    heads.retain(|head| head.id == base.id);
    assert_eq!(heads.len(), 1, "a stack has one newest head");
    heads.remove(0)
}

/// Takes one stack.
pub async fn take(store: &dyn StateStore, id: &str, base: &Base) -> Box<dyn Journal> {
    store.acquire(&run(id), std::slice::from_ref(base)).await.expect("takes the stack").remove(0)
}

/// Appends entries, and does to the state what they say.
pub async fn append(journal: &mut Box<dyn Journal>, state: &mut StackState, entries: Vec<Entry>) {
    entries.iter().for_each(|entry| state.apply(entry));
    journal.append(entries).await.expect("appends");
}

/// Closes a journal to which nothing was appended.
pub async fn close(journal: Box<dyn Journal>) {
    let state = journal.state().clone();
    journal.close(Closing { state, settled: None }).await.expect("closes");
}

/// A whole run that does nothing.
pub async fn settle(store: &dyn StateStore, id: &str, base: &Base) {
    close(take(store, id, base).await).await;
    store.release(&run(id)).await.expect("released");
}

/// The intent to create a resource.
pub fn create(name: &str, incarnation: u64) -> Entry {
    let request = Request {
        inputs: Map::new(),
        dependencies: Default::default(),
        read: Default::default(),
        kept: Shared::default(),
    };
    let (action, token) = (Action::Create, "token".into());
    let intent = Intent { action, urn: urn(name), incarnation, id: None, request, token, at: None, was_absent: false };
    Entry::Intent(Box::new(intent))
}

/// The good end of a create or update.
pub fn done(intent: u64, object: Object) -> Entry {
    Entry::Done { intent, object: Box::new(object) }
}

/// An object with a property of every kind that may be stored.
pub fn object(name: &str, incarnation: u64) -> Object {
    let read = state::ReadOutput {
        stack: "p.Upstream".into(),
        stack_id: "upstream".into(),
        path: Path::key("x"),
        digest: Digest::of("test", b"x"),
        of: Default::default(),
    };
    let observed = [
        ("float", Value::Float(0.1 + 0.2)),
        ("list", Value::List(vec![Value::Null, Value::Bool(true), Value::Int(i64::MIN)])),
        ("secret", secret()),
        ("text", Value::from("line\nbreak \u{2028} \"quoted\"")),
    ];
    Object {
        urn: urn(name),
        incarnation,
        id: format!("{name}-{incarnation}"),
        inputs: Map::new(),
        observed: observed.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        dependencies: Default::default(),
        read: [read].into(),
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

fn publish(path: &str, value: Value) -> Entry {
    Entry::Published {
        path: Path::key(path),
        digest: value.digest(),
        value,
        from: Default::default(),
        reads: Default::default(),
    }
}

fn secret() -> Value {
    Value::Secret(Secret::encrypted(Digest::of("test", b"secret"), "ciphertext".into()))
}

fn urn(name: &str) -> Urn {
    Urn::new("p", "t", name)
}
