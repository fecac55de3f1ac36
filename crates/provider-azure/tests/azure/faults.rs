//! Calls that are refused for now, that break off, and that somebody else was faster with.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fake_azure::Fault;
use ports::{Provider, ProviderErrorKind, StepAction};
use provider_azure::{Azure, Place};
use serde_json::json;

use crate::cases::{
    self, ACCOUNT, BLOB, BUDGET, CONTAINER, GROUP, IDENTITY, MEMBER, PEOPLE, POLICY, REGISTRY, ROLE, VAULT,
};
use crate::support::{House, done, failed, map, owner, step};

/// Types that are made in different ways, with the method that makes them.
const CREATES: &[(&str, &str)] = &[
    (GROUP, "resourceGroupsCreateOrUpdate"),
    (ACCOUNT, "storageAccountsCreate"),
    (CONTAINER, "blobContainersCreate"),
    (POLICY, "managementPoliciesCreateOrUpdate"),
    (BLOB, "blobs.put"),
    (VAULT, "vaultsCreateOrUpdate"),
    (REGISTRY, "registriesCreate"),
    (IDENTITY, "userAssignedIdentitiesCreateOrUpdate"),
    (ROLE, "roleAssignmentsCreate"),
    (BUDGET, "budgetsCreateOrUpdate"),
    (PEOPLE, "groupsUpsert"),
    (MEMBER, "membersAdd"),
];

async fn house_for(ty: &str) -> House {
    let house = House::new();
    for before in cases::of(ty).prerequisites() {
        house.create(before.ty, &before.inputs).await;
    }
    house
}

fn objects(house: &House) -> usize {
    let world = house.fake.world();
    let members: usize = world.members.values().map(std::collections::BTreeSet::len).sum();
    world.things.len() + world.blobs.len() + world.groups.len() + members
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_makes_one_object() {
    for (ty, method) in CREATES {
        for fault in [Fault::BreaksAfter, Fault::BreaksBefore, Fault::Unavailable] {
            let house = house_for(ty).await;
            let before = objects(&house);
            let sent = house.fake.world().count(method);
            house.fake.world().fail(method, 1, fault);
            let made = house.create(ty, &cases::of(ty).inputs).await;
            assert!(!made.id.is_empty());
            assert_eq!(objects(&house), before + 1, "{ty} {fault:?}");
            assert!(house.fake.world().count(method) > sent + 1, "{ty} {fault:?}");
            house.check();
        }
    }
}

#[tokio::test]
async fn what_something_else_is_at_work_on_is_waited_for() {
    for (ty, method) in CREATES.iter().filter(|(ty, _)| *ty != BLOB) {
        let house = house_for(ty).await;
        house.fake.world().fail(method, 2, Fault::Conflict);
        let inputs = cases::of(ty).inputs;
        if *ty == PEOPLE {
            // The directory has no such words.
            continue;
        }
        house.create(ty, &inputs).await;
        house.check();
    }
}

#[tokio::test]
async fn too_many_requests_are_made_again_more_slowly_and_after_the_time_that_is_asked() {
    let house = house_for(GROUP).await;
    house.fake.world().fail("resourceGroupsCreateOrUpdate", 2, Fault::Throttled(None));
    let made = house.create(GROUP, &cases::of(GROUP).inputs).await;
    assert_eq!(house.fake.world().count("resourceGroupsCreateOrUpdate"), 3);
    let start = Instant::now();
    house.fake.world().fail("resourceGroupsGet", 1, Fault::Throttled(Some(1)));
    assert!(house.by_id(GROUP, &made.id).await.is_some());
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_principal_that_has_not_got_about_is_named_again() {
    let house = house_for(ROLE).await;
    let principal = cases::of(ROLE).inputs["principalId"].as_str().expect("text").to_owned();
    house.fake.world().unknown.insert(principal, 2);
    house.create(ROLE, &cases::of(ROLE).inputs).await;
    assert_eq!(house.fake.world().count("roleAssignmentsCreate"), 3);
    let house = house_for(MEMBER).await;
    let member = cases::of(MEMBER).inputs["member"].as_str().expect("text").to_owned();
    house.fake.world().unknown.insert(member, 2);
    house.create(MEMBER, &cases::of(MEMBER).inputs).await;
    assert_eq!(house.fake.world().count("membersAdd"), 3);
    house.check();
}

#[tokio::test]
async fn what_is_there_and_of_another_is_not_changed() {
    for (ty, _) in CREATES.iter().filter(|(ty, _)| *ty != MEMBER) {
        let house = house_for(ty).await;
        let inputs = cases::of(ty).inputs;
        house.create(ty, &inputs).await;
        let writes = |house: &House| {
            let world = house.fake.world();
            let writes =
                world.served.iter().filter(|served| CREATES.iter().any(|(_, method)| served.method.contains(method)));
            writes.filter(|served| served.status < 300).count()
        };
        let before = writes(&house);
        let error = failed(house.step(ty, "somebody-else", StepAction::Create { inputs: map(&inputs) }).await);
        assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Refused, "NotOurs"), "{ty}: {error}");
        assert!(house.azure.hint(&error).is_some_and(|hint| hint.contains(".import(")), "{ty}");
        assert_eq!(writes(&house), before, "{ty}");
    }
}

#[tokio::test]
async fn a_name_that_somebody_has_in_the_world_is_refused_with_what_helps() {
    for (ty, code) in
        [(ACCOUNT, "StorageAccountAlreadyTaken"), (VAULT, "VaultAlreadyExists"), (REGISTRY, "AlreadyInUse")]
    {
        let house = house_for(ty).await;
        let mut inputs = cases::of(ty).inputs;
        house.create(ty, &inputs).await;
        let mut group = cases::of(GROUP).inputs;
        group["name"] = "ex-beta".into();
        let other = house.create(GROUP, &group).await;
        inputs["parent"] = other.id.into();
        let error = failed(house.attempt(ty, &inputs).await);
        assert_eq!(error.code, code, "{error}");
        assert!(house.azure.hint(&error).is_some_and(|hint| hint.contains("another name")), "{ty}");
    }
}

#[tokio::test]
async fn what_an_earlier_call_of_the_same_resource_made_is_its_own() {
    for ty in [ACCOUNT, CONTAINER, BLOB] {
        let house = house_for(ty).await;
        let case = cases::of(ty);
        let made = house.create(ty, &case.inputs).await;
        assert_eq!(made.owner, Some(owner(ty, "thing")));
        let changed = case.changed.expect("it can be changed");
        let again = house.create(ty, &changed).await;
        assert_eq!(again.id, made.id);
        house.check();
    }
}

#[tokio::test]
async fn what_is_taken_over_gets_an_owner_and_keeps_the_tags_of_others() {
    for ty in [ACCOUNT, CONTAINER, GROUP, VAULT, REGISTRY, IDENTITY] {
        let house = house_for(ty).await;
        let made = house.create(ty, &cases::of(ty).inputs).await;
        let property = if ty == CONTAINER { "metadata" } else { "tags" };
        house.fake.world().tamper(&made.id, &[(property, json!({ "team": "a" }))]);
        let found = done(house.step(ty, "mine", StepAction::Adopt { id: made.id.clone() }).await).expect("it is there");
        assert_eq!(found.owner, Some(owner(ty, "mine")), "{ty}");
        assert_eq!(found.observed.get(property), Some(&value::Value::map([("team", "a")])), "{ty}");
        house.check();
    }
}

#[tokio::test]
async fn changes_behind_its_back_are_seen_and_mended() {
    let house = house_for(ACCOUNT).await;
    let inputs = cases::of(ACCOUNT).inputs;
    let made = house.create(ACCOUNT, &inputs).await;
    house.fake.world().tamper(&made.id, &[("minimumTlsVersion", json!("TLS1_0"))]);
    let found = house.by_id(ACCOUNT, &made.id).await.expect("it is there");
    assert_eq!(house.drift(ACCOUNT, &inputs, &found), ["minimumTlsVersion"]);
    let mended = house.update(ACCOUNT, &made.id, &inputs, &inputs).await;
    assert!(house.drift(ACCOUNT, &inputs, &mended).is_empty());
    assert_eq!(house.fake.world().count("storageAccountsUpdate"), 1, "only what differs was sent");
    house.check();
}

#[tokio::test]
async fn somebody_who_was_faster_is_not_overwritten() {
    let house = house_for(BUDGET).await;
    let case = cases::of(BUDGET);
    let made = house.create(BUDGET, &case.inputs).await;
    let changed = case.changed.expect("it can be changed");
    house.fake.world().fail("budgetsCreateOrUpdate", 2, Fault::Overtaken);
    let updated = house.update(BUDGET, &made.id, &case.inputs, &changed).await;
    assert!(house.drift(BUDGET, &changed, &updated).is_empty());
    let refused = house.fake.world().served.iter().filter(|served| served.status == 412).count();
    assert_eq!(refused, 2);
    house.check();
}

#[tokio::test]
async fn who_cannot_be_reached_has_done_nothing_and_no_token_is_told() {
    let place = Place { endpoint: Some("http://127.0.0.1:9".into()), ..Place::default() };
    let azure = Azure::with_token(place, BTreeMap::new(), "ey.secret".to_owned());
    assert_eq!(azure.types().len(), 14);
    let create = StepAction::Create { inputs: map(&cases::of(GROUP).inputs) };
    let error = failed(step(&azure, GROUP, "b", create).await);
    assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Unavailable, "Unreachable"), "{error}");
    assert!(!error.to_string().contains("ey.secret") && !format!("{azure:?}").contains("ey.secret"));
}

#[tokio::test]
async fn a_type_that_is_not_there_is_named() {
    let house = House::new();
    let error = failed(house.attempt("Microsoft.Compute/virtualMachines", &json!({})).await);
    assert!(error.message.contains("Microsoft.Compute/virtualMachines"), "{error}");
}
