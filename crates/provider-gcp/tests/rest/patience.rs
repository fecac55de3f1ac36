//! What gets about slowly, what there may be no more of, and what comes back.

use std::time::{Duration, Instant};

use fake_gcp::Fault;
use ports::{ProviderErrorKind, StepAction};
use serde_json::json;
use tokio::task::{JoinSet, LocalSet};

use crate::cases::{self, BUCKET, Case, KEY, PROJECT, REPOSITORY, SERVICE};
use crate::support::{House, done, failed, map};

#[tokio::test]
async fn what_was_just_made_is_waited_for_until_it_is_seen() {
    let lives = async {
        let mut all = JoinSet::new();
        cases::all().into_iter().for_each(|case| drop(all.spawn_local(late(case))));
        while let Some(ended) = all.join_next().await {
            ended.expect("it is seen in the end");
        }
    };
    LocalSet::new().run_until(lives).await;
}

async fn late(case: Case) {
    let house = House::new();
    house.fake.world().late = 2;
    for before in case.prerequisites() {
        house.create(before.ty, &before.inputs).await;
    }
    let before = house.fake.world().objects.len();
    let made = house.create(case.ty, &case.inputs).await;
    assert!(house.drift(case.ty, &case.inputs, &made).is_empty(), "{}: {made:?}", case.ty);
    let more = house.fake.world().objects.len() - before;
    assert!(more <= 2, "{}: it was made {more} times", case.ty);
    house.check();
}

#[tokio::test]
async fn an_interface_that_was_just_enabled_is_waited_for_and_another_is_named() {
    let house = House::new();
    let repository = cases::of(REPOSITORY).inputs;
    house.fake.world().fail("repositories.create", 1, Fault::Disabled);
    let error = failed(house.attempt(REPOSITORY, &repository).await);
    assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Credentials, "SERVICE_DISABLED"));
    let hint = house.hint(&error);
    assert!(hint.contains("gcloud services enable artifactregistry.googleapis.com"), "{hint}");
    house.create(SERVICE, &cases::of(SERVICE).inputs).await;
    house.fake.world().fail("repositories.create", 2, Fault::Disabled);
    house.create(REPOSITORY, &repository).await;
    house.check();
}

#[tokio::test]
async fn what_there_may_be_no_more_of_is_said_at_once() {
    let house = House::new();
    house.fake.world().fail("buckets.insert", 1, Fault::Exhausted);
    let start = Instant::now();
    let error = failed(house.attempt(BUCKET, &json!({ "name": "b", "project": "p", "location": "US" })).await);
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Refused, "QUOTA_EXCEEDED"), "{error}");
    assert!(house.hint(&error).contains("ask Google for more"));
    assert_eq!(house.fake.world().count("buckets.insert"), 1);
}

#[tokio::test]
async fn a_project_that_was_deleted_comes_back_to_whoever_had_it_and_is_paid_for_again() {
    let house = House::new();
    let inputs = cases::of(PROJECT).inputs;
    let made = house.create(PROJECT, &inputs).await;
    house.delete(PROJECT, &made.id).await;
    let key = "cloudresourcemanager/projects/ex-alpha";
    assert_eq!(house.fake.world().objects[key]["state"], "DELETE_REQUESTED");
    assert_eq!(house.by_id(PROJECT, &made.id).await, None, "it is no more");
    // Somebody else does not get it.
    let create = StepAction::Create { inputs: map(&inputs) };
    assert_eq!(failed(house.step(PROJECT, "other", create.clone()).await).code, "NotOurs");
    assert_eq!(house.fake.world().count("undelete"), 0);
    let again = done(house.step(PROJECT, "thing", create).await).expect("it is there");
    assert_eq!(again.id, made.id);
    assert!(house.drift(PROJECT, &inputs, &again).is_empty(), "{again:?}");
    assert_eq!(house.fake.world().count("undelete"), 1);
    house.check();
}

#[tokio::test]
async fn a_policy_takes_no_more_than_it_may_and_those_who_fit_are_given_their_roles() {
    const MEMBER: &str = "storage.googleapis.com/BucketIamMember";
    let house = House::new();
    house.create(BUCKET, &json!({ "name": "b", "project": "p", "location": "US" })).await;
    let groups: Vec<String> = (0..248).map(|number| format!("group:g{number}@ex.org")).collect();
    let policy = json!({ "version": 1, "etag": "BwWAAAAA", "bindings": [{ "role": "roles/x", "members": groups }] });
    house.fake.world().policies.insert("storage/b".to_owned(), policy);
    let member = |number: u32| {
        let inputs = json!({ "bucket": "b", "role": "roles/viewer", "member": format!("group:new{number}@ex.org") });
        StepAction::Create { inputs: map(&inputs) }
    };
    let (one, two, three, four) = tokio::join!(
        house.step(MEMBER, "m1", member(1)),
        house.step(MEMBER, "m2", member(2)),
        house.step(MEMBER, "m3", member(3)),
        house.step(MEMBER, "m4", member(4)),
    );
    let errors: Vec<_> = [one, two, three, four]
        .into_iter()
        .filter(|outcome| !matches!(outcome, ports::Outcome::Done(_)))
        .map(failed)
        .collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(house.hint(&errors[0]).contains("put them into a group"), "{}", errors[0]);
    assert_eq!(house.fake.world().members("storage/b", "roles/viewer").len(), 2);
}

#[tokio::test]
async fn what_is_left_of_a_member_who_was_deleted_goes_with_it() {
    const MEMBER: &str = "storage.googleapis.com/BucketIamMember";
    let house = House::new();
    house.create(BUCKET, &json!({ "name": "b", "project": "p", "location": "US" })).await;
    let inputs =
        json!({ "bucket": "b", "role": "roles/viewer", "member": "serviceAccount:a@p.iam.gserviceaccount.com" });
    let made = house.create(MEMBER, &inputs).await;
    let left = "deleted:serviceAccount:a@p.iam.gserviceaccount.com?uid=123";
    house.fake.world().policies.get_mut("storage/b").expect("it has one")["bindings"][0]["members"] = json!([left]);
    assert_eq!(house.by_id(MEMBER, &made.id).await, None);
    house.delete(MEMBER, &made.id).await;
    assert_eq!(house.fake.world().policies["storage/b"]["bindings"], json!([]));
    house.check();
}

#[tokio::test]
async fn a_token_that_is_given_is_not_looked_for_again() {
    let house = House::new();
    house.fake.world().fail("keys.create", u32::MAX, Fault::Unauthorized);
    for before in cases::of(KEY).prerequisites() {
        house.create(before.ty, &before.inputs).await;
    }
    let error = failed(house.attempt(KEY, &cases::of(KEY).inputs).await);
    assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Credentials, "UNAUTHENTICATED"));
    assert!(house.hint(&error).contains("log in again"));
    assert_eq!(house.fake.world().count("keys.create"), 1);
}
