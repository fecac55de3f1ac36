//! Cases of replacement and deletion that engines of this kind are known to get wrong, each by its number.

use ports::{Base, Closing, Run, StateStore};
use resource::Urn;
use state::{Entry, Object, StackState, Status};

use crate::cloud::Harm;
use crate::house::House;

fn object<'a>(state: &'a StackState, name: &str) -> &'a Object {
    state.objects.values().find(|object| object.urn.name() == name).expect("it is there")
}

fn names(state: &StackState) -> Vec<&str> {
    state.objects.keys().map(Urn::name).collect()
}

/// Changes what state says of an object, as a command on the state would.
async fn change(house: &House, stack: &str, name: &str, change: impl FnOnce(&mut Object)) {
    let store = house.store();
    let heads = store.heads().await.expect("heads");
    let head = heads.into_iter().find(|head| head.stack.to_string() == stack).expect("a head");
    let base = Base { stack: head.stack.clone(), id: head.id.clone(), generation: Some(head.generation), plan: None };
    let run = Run { id: "by-hand".to_owned(), command: "state".to_owned() };
    let mut journal = store.acquire(&run, &[base]).await.expect("is free").pop().expect("one");
    let mut state = journal.state().clone();
    let mut changed = object(&state, name).clone();
    change(&mut changed);
    let entry = Entry::Recorded { object: Box::new(changed) };
    state.apply(&entry);
    journal.append(vec![entry]).await.expect("is written");
    journal.close(Closing { state, settled: None }).await.expect("closes");
    store.release(&run).await.expect("is released");
}

#[tokio::test]
async fn case_11_a_trigger_on_the_id_of_another_resource_replaces_with_it() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc a Cidr=10.1.0.0/16
             dbr true
           resource Vpc b Label=x
             trigger @a.VpcId
           resource Vpc c Peer=@b.VpcId",
    )
    .await;
    house.edit("10.1.", "10.9.");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete c", "delete b", "delete a", "create a", "create b", "create c"]);
    assert!(house.preview(&[]).await.is_empty());
    house.edit("trigger @a.VpcId", "after a");
    assert_eq!(house.up(&[]).await, "");
    house.edit("10.9.", "10.7.");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete a", "create a"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_13_a_trigger_is_remembered_and_decided_again_when_it_is_known() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc a Cidr=10.1.0.0/16 Label=l
           resource Vpc plain
           resource Vpc same
             trigger @a.Count
           resource Vpc other
             trigger @a.Arn",
    )
    .await;
    house.edit("resource Vpc plain", "resource Vpc plain\n trigger v1");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0], "a first trigger is only written down");
    assert!(house.preview(&[]).await.is_empty());
    house.edit("trigger v1", "trigger v2");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create plain", "delete plain"]);
    house.edit("10.1.", "10.9.");
    let shown = crate::fixture::print(&house.preview(&[]).await.changes);
    assert!(shown.contains("±? same\ntrigger! nothing -> <a.QA:a.Count>"), "{shown}");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a", "create other", "delete other", "delete a"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_13_of_a_secret_trigger_only_the_fingerprint_is_remembered() {
    let mut house = House::settled("stack a.QA\n resource Vpc a\n trigger !db.v1").await;
    assert!(house.preview(&[]).await.is_empty());
    house.edit("!db.v1", "!db.v2");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a", "delete a"]);
    for (path, bytes, _) in house.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains(crate::house::CANARY), "{}", path.display());
    }
}

#[tokio::test]
async fn case_14_what_is_tainted_is_replaced_once() {
    let mut house = House::settled("stack a.QA\n resource Vpc a Cidr=c1\n resource Vpc b Peer=@a.VpcId").await;
    change(&house, "a.QA", "b", |object| object.status = Status::Tainted).await;
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create b", "delete b"]);
    assert_eq!(object(&house.state("a.QA").await, "b").status, Status::Ready);
    assert!(house.preview(&[]).await.is_empty());
    // A tainted copy that was set aside is deleted like any other.
    change(&house, "a.QA", "b", |object| object.status = Status::Tainted).await;
    house.cloud.harm("delete b", Harm::Refuse);
    assert_eq!(house.up(&[]).await, "failed delete b of a.QA: E0600");
    house.cloud.heal();
    house.cloud.calls();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete b"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_44_state_speaks_of_a_renamed_resource_by_its_new_name() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc old
           resource Vpc reads Label=@old.VpcId
           resource Vpc with
             deleted_with old
           output id @old.VpcId",
    )
    .await;
    house.edit("@old", "@new");
    house.edit("deleted_with old", "deleted_with new");
    house.edit("resource Vpc old", "resource Vpc new\n alias old");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0]);
    let state = house.state("a.QA").await;
    assert_eq!(object(&state, "reads").dependencies.iter().map(Urn::name).collect::<Vec<_>>(), ["new"]);
    assert_eq!(object(&state, "with").kept.deleted_with.as_ref().map(Urn::name), Some("new"));
    // Only readers in other stacks may know it by the name that it had.
    let mut without = state.clone();
    for object in without.objects.values_mut().map(std::sync::Arc::make_mut) {
        object.origins = [].into();
    }
    assert!(!serde_json::to_string(&without).expect("serialises").contains("::old\""));
    // The earlier name is not remembered: with it gone the object is still its own.
    house.edit("\n alias old", "");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_47_without_its_protection_an_object_is_replaced_in_the_same_run() {
    let mut house = House::settled("stack a.QA\n resource Vpc a Cidr=c1\n protect").await;
    house.edit("Cidr=c1", "Cidr=c2");
    let found = house.problems(&[], engine::Goal::Programs).await;
    assert!(found.starts_with("E0401") && found.contains("`a` of `a.QA` is protected"), "{found}");
    house.edit("\n protect", "");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a", "delete a"]);
}

#[tokio::test]
async fn case_48_a_retained_object_is_never_deleted() {
    let program = "stack a.QA\n resource Vpc a Cidr=c1\n retain\n resource Vpc b Label=@a.VpcId";
    let mut house = House::settled(program).await;
    house.edit("c1", "c2");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a", "update b"]);
    house.program("stack a.QA\n resource Vpc b Label=x");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update b"]);
    assert_eq!((house.cloud.ids().len(), names(&house.state("a.QA").await)), (3, vec!["b"]));
    // The same for a destroyed stack.
    let mut house = House::settled("stack a.QA\n resource Vpc a\n retain").await;
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!((house.cloud.calls(), house.cloud.ids()), (vec![], vec!["a-1".to_owned()]));
}

#[tokio::test]
async fn case_48_of_what_is_replaced_the_program_says_whether_it_is_retained() {
    let mut house = House::settled("stack a.QA\n resource Vpc a Cidr=c1").await;
    house.edit("Cidr=c1", "Cidr=c2\n retain");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a"]);
    house.edit("Cidr=c2\n retain", "Cidr=c3");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a", "delete a"]);
    assert!(house.preview(&[]).await.is_empty());
}

const CHAIN: &str = "stack a.QA
       resource Vpc a Cidr=10.1.0.0/16
       resource Vpc b Label=x
         deleted_with a
       resource Vpc c
         deleted_with b";

#[tokio::test]
async fn case_49_only_the_first_of_a_chain_is_deleted_by_a_call() {
    let mut house = House::settled(CHAIN).await;
    house.edit("10.1.", "10.9.");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a", "create b", "create c", "delete a"]);
    let state = house.state("a.QA").await;
    assert_eq!(["a", "b", "c"].map(|name| object(&state, name).id.clone()), ["a-4", "b-5", "c-6"]);
    assert_eq!((state.replaced.len(), object(&state, "c").kept.deleted_with_incarnation), (0, Some(2)));
    assert!(house.preview(&[]).await.is_empty());
    house.program("stack a.QA");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete a"]);
    assert!(house.state("a.QA").await.is_empty());
}

#[tokio::test]
async fn case_49_the_records_stay_as_long_as_the_object_does() {
    let mut house = House::settled(CHAIN).await;
    house.cloud.harm("delete a", Harm::Refuse);
    let said = house.destroy(&[]).await;
    assert!(said.starts_with("failed delete a of a.QA: E0600\nskipped b of a.QA: a of a.QA"), "{said}");
    assert_eq!(names(&house.state("a.QA").await), ["a", "b", "c"]);
    house.cloud.heal();
    house.cloud.calls();
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete a"]);
}

#[tokio::test]
async fn case_49_what_hangs_on_an_object_that_was_replaced_without_it_is_made_again_later() {
    let mut house = House::settled(CHAIN).await;
    house.edit("10.1.", "10.9.");
    house.cloud.harm("create b", Harm::Refuse);
    assert!(house.up(&[]).await.starts_with("failed replace b of a.QA: E0600"));
    assert_eq!(house.cloud.calls(), ["create a", "create b"], "the old `a` stays as long as `b` hangs on it");
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create b", "create c", "delete a"]);
    assert!(house.preview(&[]).await.is_empty());

    // Where the object goes first, those that hang on it are gone with it.
    let mut house = House::settled(&CHAIN.replace("10.1.0.0/16", "10.1.0.0/16\n dbr true")).await;
    house.edit("10.1.", "10.9.");
    house.cloud.harm("create b", Harm::Refuse);
    assert!(house.up(&[]).await.starts_with("failed replace b of a.QA: E0600"));
    assert_eq!(house.cloud.calls(), ["delete a", "create a", "create b"]);
    assert_eq!(names(&house.state("a.QA").await), ["a"]);
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create b", "create c"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_49_it_is_deleted_itself_where_the_object_that_it_hangs_on_stays() {
    let mut house = House::settled(CHAIN).await;
    house.edit(
        "resource Vpc b Label=x
         deleted_with a
       resource Vpc c
         deleted_with b",
        "",
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete b"]);
    assert_eq!(names(&house.state("a.QA").await), ["a"]);
}

#[tokio::test]
async fn case_49_it_stays_if_the_replacement_of_the_other_was_not_needed() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc root Cidr=10.1.0.0/16
           resource Vpc a Peer=@root.Label
           resource Vpc b
             deleted_with a",
    )
    .await;
    house.edit("10.1.", "10.9.");
    let shown = crate::fixture::print(&house.preview(&[]).await.changes);
    assert!(shown.contains("±? b\n# goes with `a`, which may be replaced"), "{shown}");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create root", "delete root"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_50_a_path_that_turns_out_impossible_on_the_way_fails_the_step() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc a Label=x
           resource Vpc b Tags={\"t\":{\"u\":1}}
             ignore Tags.t.u",
    )
    .await;
    house.edit("Tags={\"t\":{\"u\":1}}", "Tags={\"t\":\"@c.VpcId\"} Label=y");
    house.edit("resource Vpc b", "resource Vpc c\n resource Vpc b");
    assert_eq!(house.up(&[]).await, "failed update b of a.QA: E0421");
    assert_eq!(house.cloud.calls(), ["create c"]);
}

#[tokio::test]
async fn what_only_waited_for_a_stack_is_destroyed_before_it() {
    let program = "stack a.QA
           resource Vpc first
         stack b.QA
           resource Vpc second
             waits a.QA";
    let mut house = House::settled(program).await;
    assert!(house.preview(&[]).await.is_empty());
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete second", "delete first"]);
}

#[tokio::test]
async fn case_75_a_cycle_through_a_stack_outside_the_selection_is_named() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc one
           resource Vpc free
           output x @one.VpcId
         stack b.QA
           resource Vpc two Label=#a.QA:x
           output y @two.VpcId",
    )
    .await;
    house.edit("resource Vpc free", "resource Vpc free Label=#b.QA:y");
    assert_eq!(house.up(&["a.QA"]).await, "", "two stacks may read each other");
    house.edit("resource Vpc one", "resource Vpc one Label=#b.QA:y");
    let found = house.problems(&["a.QA"], engine::Goal::Programs).await;
    let cycle = "a cycle: `one` of `a.QA` needs output `y` of `b.QA` needs `two` of `b.QA` needs output `x` of `a.QA` needs `one` of `a.QA`";
    assert!(found.starts_with("E0304") && found.contains(cycle), "{found}");
}
