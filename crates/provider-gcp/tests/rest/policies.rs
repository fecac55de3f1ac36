//! Members of policies that many hands change at a time.

use std::time::Instant;

use fake_gcp::Fault;
use ports::{Find, Provider, ReadRequest, StepAction};
use serde_json::json;

use crate::cases::{self, ACCESS, BUCKET, DATASET};
use crate::support::{House, caller, done, failed, map, step};

const MEMBER: &str = "storage.googleapis.com/BucketIamMember";
const ROLE: &str = "roles/storage.objectViewer";

async fn house() -> House {
    let house = House::new();
    house.create(BUCKET, &json!({ "name": "b", "project": "p", "location": "US" })).await;
    house
}

fn member(number: usize) -> serde_json::Value {
    json!({ "bucket": "b", "role": ROLE, "member": format!("user:u{number}@ex.org") })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_writers_on_one_policy_lose_nothing_of_each_other() {
    let house = house().await;
    // Somebody else's, by hand and under a condition.
    let conditional =
        json!({ "role": ROLE, "members": ["user:x@ex.org"], "condition": { "expression": "true", "title": "t" } });
    let policy = json!({ "version": 3, "etag": "BwWAAAAA", "bindings": [conditional] });
    house.fake.world().policies.insert("storage/b".to_owned(), policy);
    // Callers that know nothing of each other: two processes.
    let callers = [caller(&house.fake), caller(&house.fake)];
    let mut steps = tokio::task::JoinSet::new();
    for number in 0..40 {
        let gcp = callers[number % 2].clone();
        steps.spawn(async move {
            let action = StepAction::Create { inputs: map(&member(number)) };
            done(step(&gcp, MEMBER, &format!("m{number}"), action).await).expect("it is there")
        });
    }
    let made = steps.join_all().await;
    let mut members = house.fake.world().members("storage/b", ROLE);
    members.sort_unstable();
    let mut expected: Vec<String> = (0..40).map(|number| format!("user:u{number}@ex.org")).collect();
    expected.sort_unstable();
    assert_eq!(members, expected);
    // Those that change it at the same time share the calls.
    assert!(house.fake.world().count("setIamPolicy") < 40);
    let mut steps = tokio::task::JoinSet::new();
    for (number, found) in made.into_iter().enumerate() {
        let gcp = callers[number % 2].clone();
        steps.spawn(async move {
            let action = StepAction::Delete { id: found.id, prior: Default::default() };
            assert!(done(step(&gcp, MEMBER, "m", action).await).is_none());
        });
    }
    steps.join_all().await;
    assert_eq!(house.fake.world().policies["storage/b"]["bindings"], json!([conditional]));
    house.check();
}

#[tokio::test]
async fn whoever_was_overtaken_begins_anew() {
    let house = house().await;
    house.fake.world().fail("setIamPolicy", 3, Fault::Overtaken);
    house.create(MEMBER, &member(1)).await;
    let world = house.fake.world();
    assert_eq!(world.members("storage/b", ROLE), ["user:u1@ex.org"]);
    assert_eq!(world.members("storage/b", "roles/other").len(), 3, "nobody was lost");
    assert_eq!(world.count("setIamPolicy"), 4);
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_made_once() {
    let house = house().await;
    house.fake.world().fail("setIamPolicy", 1, Fault::BreaksAfter);
    house.create(MEMBER, &member(1)).await;
    assert_eq!(house.fake.world().members("storage/b", ROLE), ["user:u1@ex.org"]);
    house.check();
}

#[tokio::test]
async fn one_that_the_vendor_does_not_know_yet_is_waited_for_and_holds_up_nobody() {
    let house = house().await;
    house.fake.world().unknown.insert("user:u1@ex.org".to_owned(), 3);
    let [one, other] = [member(1), member(2)];
    let (one, other) = tokio::join!(house.create(MEMBER, &one), house.create(MEMBER, &other));
    assert_ne!(one.id, other.id);
    let mut members = house.fake.world().members("storage/b", ROLE);
    members.sort_unstable();
    assert_eq!(members, ["user:u1@ex.org", "user:u2@ex.org"]);
}

#[tokio::test]
async fn many_looks_at_one_policy_share_a_call() {
    let house = house().await;
    for number in 0..3 {
        house.create(MEMBER, &member(number)).await;
    }
    let before = house.fake.world().count("getIamPolicy");
    let id = |number: usize| format!("b|{ROLE}|user:u{number}@ex.org");
    let request = |number| ReadRequest { ty: MEMBER.to_owned(), find: Find::Id(id(number)), instance: None };
    let requests: Vec<ReadRequest> = (0..40).map(request).collect();
    let found = house.gcp.read(&requests).await.expect("they can be read");
    assert_eq!(found.iter().flatten().count(), 3);
    let calls = house.fake.world().count("getIamPolicy") - before;
    assert!(calls <= 4, "{calls} calls");
}

#[tokio::test]
async fn a_member_of_what_is_gone_is_gone() {
    let house = house().await;
    let made = house.create(MEMBER, &member(1)).await;
    house.delete(BUCKET, "b").await;
    assert_eq!(house.by_id(MEMBER, &made.id).await, None);
    let start = Instant::now();
    house.delete(MEMBER, &made.id).await;
    assert!(start.elapsed().as_secs() < 5, "nobody waits for what is to go");
    let adopt = StepAction::Adopt { id: made.id };
    assert_eq!(failed(house.step(MEMBER, "m", adopt).await).code, "NotFound");
}

#[tokio::test]
async fn entries_of_a_dataset_are_changed_under_its_etag_and_others_stay() {
    let house = House::new();
    house.create(DATASET, &cases::of(DATASET).inputs).await;
    let key = "bigquery/projects/ex-alpha/datasets/billing";
    let before = house.fake.world().objects[key]["access"].clone();
    let view = json!({ "view": { "projectId": "p", "datasetId": "d", "tableId": "v" } });
    house.fake.world().objects.get_mut(key).expect("it is there")["access"].as_array_mut().expect("a list").push(view);
    let entry = |role: &str, who: &str| json!({ "dataset": "projects/ex-alpha/datasets/billing", "role": role, "userByEmail": who });
    house.fake.world().fail("datasets.patch", 1, Fault::BreaksAfter);
    let one = house.create(ACCESS, &entry("roles/bigquery.dataEditor", "a@ex.org")).await;
    let two = entry("READER", "B@ex.org");
    let other = caller(&house.fake);
    let action = StepAction::Create { inputs: map(&two) };
    let three = StepAction::Create { inputs: map(&entry("READER", "c@ex.org")) };
    let (made, third) = tokio::join!(step(&other, ACCESS, "b", action), house.step(ACCESS, "c", three));
    done(third);
    let made = done(made).expect("it is there");
    let count = |world: &fake_gcp::World| world.objects[key]["access"].as_array().map_or(0, Vec::len);
    assert_eq!(count(&house.fake.world()), 3 + 1 + 3);
    assert_eq!(
        house.by_id(ACCESS, &one.id).await.map(|found| found.id),
        Some(one.id.clone()),
        "by either name of its role"
    );
    assert!(house.by_id(ACCESS, &made.id).await.is_some());
    house.delete(ACCESS, &one.id).await;
    house.delete(ACCESS, &made.id).await;
    assert_eq!(count(&house.fake.world()), 5);
    assert_eq!(house.fake.world().objects[key]["access"][0], before[0]);
    house.check();
}
