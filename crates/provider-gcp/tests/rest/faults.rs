//! Calls that are refused for now, that break off, and that somebody else was faster with.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fake_gcp::Fault;
use ports::{Provider, ProviderErrorKind, StepAction};
use provider_gcp::{Gcp, Place};
use serde_json::{Value as Json, json};

use crate::cases::{
    self, ACCOUNT, ALERT, BUCKET, BUDGET, CHANNEL, DATASET, FUNCTION, GROUP, JOB, KEY, OBJECT, POOL, REPOSITORY, RUN,
    SECRET, TOPIC, VERSION,
};
use crate::support::{House, done, failed, map, owner, step};

fn bucket() -> Json {
    json!({ "name": "b", "project": "p", "location": "US" })
}

/// Types that are found again in different ways, with the method that makes them.
fn creates() -> Vec<(&'static str, &'static str, Json)> {
    let secret = json!({ "parent": "projects/p", "secretId": "s", "replication": { "automatic": {} } });
    let repository = json!({ "parent": "projects/p/locations/l", "repositoryId": "r", "format": "DOCKER" });
    let group = json!({ "groupKey": { "id": "g@ex.org" }, "parent": "customers/C", "labels": { "x": "" } });
    let budget = json!({ "parent": "billingAccounts/1", "displayName": "d", "amount": { "lastPeriodAmount": {} } });
    let dataset = json!({ "projectId": "p", "datasetId": "d" });
    let function = json!({ "parent": "projects/p/locations/l", "functionId": "f", "buildConfig": { "runtime": "x" } });
    let service = json!({ "parent": "projects/p/locations/l", "serviceId": "s", "template": {} });
    let job = json!({ "parent": "projects/p/locations/l", "jobId": "j", "schedule": "0 3 * * *" });
    let alert = json!({ "parent": "projects/p", "displayName": "a", "combiner": "OR", "conditions": [] });
    let channel =
        json!({ "parent": "projects/p", "type": "slack", "displayName": "c", "labels": { "channel_name": "#x" } });
    vec![
        (DATASET, "datasets.insert", dataset),
        (FUNCTION, "functions.create", function),
        (RUN, "services.create", service),
        (JOB, "jobs.create", job),
        (ALERT, "alertPolicies.create", alert),
        (CHANNEL, "notificationChannels.create", channel),
        (TOPIC, "topics.create", json!({ "parent": "projects/p", "topicId": "t" })),
        (BUCKET, "storage.buckets.insert", bucket()),
        (ACCOUNT, "iam.projects.serviceAccounts.create", json!({ "projectId": "p", "accountId": "loader" })),
        (SECRET, "projects.secrets.create", secret),
        (REPOSITORY, "repositories.create", repository),
        (GROUP, "groups.create", group),
        (BUDGET, "budgets.create", budget),
    ]
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_makes_one_object() {
    for (ty, method, inputs) in creates() {
        for fault in [Fault::BreaksAfter, Fault::BreaksBefore, Fault::Unavailable] {
            let house = House::new();
            house.fake.world().fail(method, 1, fault);
            let made = house.create(ty, &inputs).await;
            assert!(!made.id.is_empty());
            let world = house.fake.world();
            assert_eq!(world.objects.len(), 1, "{ty} {fault:?}: {:?}", world.objects.keys());
            let sent = if fault == Fault::BreaksAfter { 1 } else { 2 };
            assert_eq!(world.count(method), sent, "{ty} {fault:?}");
            assert!(world.violations.is_empty(), "{:?}", world.violations);
        }
    }
}

/// How many keys the only account has.
fn keys(house: &House) -> usize {
    house.fake.world().names("iam").iter().filter(|name| name.contains("/keys/")).count()
}

#[tokio::test]
async fn a_key_whose_answer_was_lost_is_taken_away_and_those_of_others_stay() {
    let house = House::new();
    let case = cases::of(KEY);
    for before in case.prerequisites() {
        house.create(before.ty, &before.inputs).await;
    }
    house.create(KEY, &case.inputs).await;
    for fault in [Fault::BreaksAfter, Fault::BreaksBefore, Fault::Unavailable] {
        let before = keys(&house);
        house.fake.world().fail("keys.create", 2, fault);
        let made = house.create(KEY, &case.inputs).await;
        assert_eq!(keys(&house), before + 1, "{fault:?}");
        assert!(made.observed.contains_key("privateKeyData"), "{fault:?}");
    }
    // Those that are made at the same time are not taken for what is lost.
    let before = keys(&house);
    house.fake.world().fail("keys.create", 1, Fault::BreaksAfter);
    let (one, other) = tokio::join!(house.create(KEY, &case.inputs), house.create(KEY, &case.inputs));
    assert_ne!(one.id, other.id);
    assert_eq!(keys(&house), before + 2);
    assert!(house.by_id(KEY, &one.id).await.is_some() && house.by_id(KEY, &other.id).await.is_some());
    house.check();
}

#[tokio::test]
async fn too_many_requests_are_made_again_more_slowly_and_after_the_time_that_is_asked() {
    let house = House::new();
    house.fake.world().fail("buckets.insert", 2, Fault::Throttled(None));
    house.create(BUCKET, &bucket()).await;
    let start = Instant::now();
    house.fake.world().fail("buckets.get", 1, Fault::Throttled(Some(1)));
    assert!(house.by_id(BUCKET, "b").await.is_some());
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(house.fake.world().count("buckets.insert"), 3);
}

#[tokio::test]
async fn a_read_is_repeated_whatever_broke() {
    let house = House::new();
    house.create(BUCKET, &bucket()).await;
    for fault in [Fault::Unavailable, Fault::BreaksAfter, Fault::BreaksBefore] {
        house.fake.world().fail("buckets.get", 2, fault);
        assert!(house.by_id(BUCKET, "b").await.is_some(), "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_there_and_of_another_is_not_taken() {
    // What has no name of its own there may be any number of.
    for (ty, _, inputs) in creates().into_iter().filter(|(ty, ..)| ![BUDGET, ALERT, CHANNEL].contains(ty)) {
        let house = House::new();
        house.create(ty, &inputs).await;
        let action = StepAction::Create { inputs: map(&inputs) };
        let error = failed(house.step(ty, "somebody-else", action).await);
        assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Refused, "NotOurs"), "{ty}: {error}");
        assert!(house.gcp.hint(&error).is_some_and(|hint| hint.contains(".import(")), "{ty}");
    }
}

#[tokio::test]
async fn what_an_earlier_call_of_the_same_resource_made_is_its_own() {
    let house = House::new();
    let made = house.create(BUCKET, &bucket()).await;
    assert_eq!(made.owner, Some(owner(BUCKET, "thing")));
    let mut wanted = bucket();
    wanted["versioning"] = json!({ "enabled": true });
    let again = house.create(BUCKET, &wanted).await;
    assert_eq!(again.id, made.id);
    assert_eq!(again.observed.get("versioning"), Some(&value::Value::map([("enabled", true)])));
}

#[tokio::test]
async fn a_bucket_that_is_taken_over_gets_an_owner_and_keeps_the_labels_of_others() {
    let house = House::new();
    house.create(BUCKET, &bucket()).await;
    house.fake.world().tamper("storage/b", &[("labels", json!({ "team": "a" }))]);
    let found = done(house.step(BUCKET, "mine", StepAction::Adopt { id: "b".into() }).await).expect("it is there");
    assert_eq!(found.owner, Some(owner(BUCKET, "mine")));
    assert_eq!(found.observed.get("labels"), Some(&value::Value::map([("team", "a")])));
    house.check();
}

#[tokio::test]
async fn changes_behind_its_back_are_seen_and_mended() {
    let house = House::new();
    let mut inputs = bucket();
    inputs["labels"] = json!({ "team": "a" });
    inputs["versioning"] = json!({ "enabled": true });
    house.create(BUCKET, &inputs).await;
    let tampered = [("versioning", json!({ "enabled": false })), ("labels", json!({ "theirs": "x" }))];
    house.fake.world().tamper("storage/b", &tampered);
    let seen = house.by_id(BUCKET, "b").await.expect("it is there");
    assert_eq!(house.drift(BUCKET, &inputs, &seen), ["labels", "versioning"]);
    let mended = house.update(BUCKET, "b", &inputs, &inputs).await;
    assert!(house.drift(BUCKET, &inputs, &mended).is_empty());
    assert_eq!(mended.owner, Some(owner(BUCKET, "thing")), "the owner's labels are back");
    house.check();
}

#[tokio::test]
async fn an_operation_is_asked_for_until_it_has_ended_whatever_breaks_meanwhile() {
    let house = House::new();
    house.fake.world().fail("operations.get", 1, Fault::Unavailable);
    house.fake.world().polls = 3;
    let pool = json!({ "parent": "projects/p/locations/global", "workloadIdentityPoolId": "w" });
    house.create(POOL, &pool).await;
    assert!(house.fake.world().count("operations.get") >= 4);
}

#[tokio::test]
async fn a_place_that_google_calls_otherwise_is_refused_before_anything_is_made() {
    let house = House::new();
    for (place, known) in [("AUSTRALIA-SOUTHEAST1", "australia-southeast1"), ("us", "US")] {
        let inputs = json!({ "name": "b", "project": "p", "location": place });
        let error = failed(house.attempt(BUCKET, &inputs).await);
        assert!(error.message.contains(known), "{error}");
    }
    assert_eq!(house.fake.world().served, []);
}

#[tokio::test]
async fn what_must_be_empty_first_is_refused_in_the_vendors_words() {
    let house = House::new();
    house.create(BUCKET, &bucket()).await;
    house.create(OBJECT, &json!({ "bucket": "b", "name": "o", "content": "x" })).await;
    let action = StepAction::Delete { id: "b".into(), prior: Default::default() };
    let error = failed(house.step(BUCKET, "thing", action).await);
    assert!(error.message.contains("buckets.delete") && error.message.contains("not empty"), "{error}");
}

#[tokio::test]
async fn who_cannot_be_reached_has_done_nothing_and_no_token_is_told() {
    let place = Place { endpoint: Some("http://127.0.0.1:9".into()), ..Place::default() };
    let gcp = Gcp::with_token(place, BTreeMap::new(), "ya29.secret".to_owned());
    assert!(gcp.types().len() > 20);
    let error = failed(step(&gcp, BUCKET, "b", StepAction::Create { inputs: map(&bucket()) }).await);
    assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Unavailable, "Unreachable"), "{error}");
    assert!(!error.to_string().contains("ya29") && !format!("{gcp:?}").contains("ya29"));
}

#[tokio::test]
async fn a_type_that_is_not_there_is_named() {
    let house = House::new();
    let error = failed(house.attempt("compute.googleapis.com/Instance", &json!({})).await);
    assert!(error.message.contains("compute.googleapis.com/Instance"), "{error}");
}

/// A channel whose secret is in Secret Manager.
async fn channel(house: &House) -> (String, Json) {
    let case = cases::of(CHANNEL);
    for before in case.prerequisites() {
        house.create(before.ty, &before.inputs).await;
    }
    (house.create(CHANNEL, &case.inputs).await.id, case.inputs)
}

#[tokio::test]
async fn a_secret_that_is_lent_is_sent_and_told_to_nobody() {
    let house = House::new();
    let (id, inputs) = channel(&house).await;
    assert_eq!(house.fake.world().objects[&format!("monitoring/{id}")]["labels"]["auth_token"], "hello");
    let read = house.by_id(CHANNEL, &id).await.expect("it is there");
    assert_eq!(read.observed.get("labels"), Some(&value::Value::map([("channel_name", "#costs")])));
    assert!(!format!("{read:?}").contains("hello"));
    // Another version of it is named: it is read anew, and everything else stays.
    house
        .create(VERSION, &json!({ "parent": "projects/ex-alpha/secrets/key", "payload": { "data": "b3RoZXI=" } }))
        .await;
    let mut other = inputs.clone();
    other["secretLabels"]["auth_token"] = "projects/ex-alpha/secrets/key/versions/2".into();
    house.update(CHANNEL, &id, &inputs, &other).await;
    let labels = house.fake.world().objects[&format!("monitoring/{id}")]["labels"].clone();
    assert_eq!(labels, json!({ "channel_name": "#costs", "auth_token": "other" }));
    // It is no longer wanted.
    let mut none = inputs.clone();
    none.as_object_mut().expect("an object").remove("secretLabels");
    house.update(CHANNEL, &id, &other, &none).await;
    let labels = house.fake.world().objects[&format!("monitoring/{id}")]["labels"].clone();
    assert_eq!(labels, json!({ "channel_name": "#costs" }));
    house.check();
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_named_and_nothing_is_made() {
    let house = House::new();
    let error = failed(house.attempt(CHANNEL, &cases::of(CHANNEL).inputs).await);
    assert!(error.message.contains("versions.access") && error.message.contains("secrets/key"), "{error}");
    assert_eq!(house.fake.world().count("notificationChannels.create"), 0);
}
