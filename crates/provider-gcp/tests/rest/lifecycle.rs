//! Every type: made, read, changed, deleted, and each request judged by Google's documents.

use ports::{Find, Provider};
use serde_json::json;
use tokio::task::{JoinSet, LocalSet};

use crate::cases::{self, BUCKET, Case, KEY, MEMBERSHIP, OBJECT, POOL, SERVICE, SETTINGS};
use crate::support::{House, map};

async fn house_for(case: &Case) -> House {
    let house = House::new();
    for before in case.prerequisites() {
        house.create(before.ty, &before.inputs).await;
    }
    house
}

#[tokio::test]
async fn every_type_is_made_read_changed_and_deleted_as_the_documents_allow() {
    // Most of the time is spent on waiting for operations.
    let lives = async {
        let mut all = JoinSet::new();
        cases::all().into_iter().for_each(|case| drop(all.spawn_local(live(case))));
        while let Some(ended) = all.join_next().await {
            ended.expect("it lives as it is to");
        }
    };
    LocalSet::new().run_until(lives).await;
}

async fn live(case: Case) {
    let house = house_for(&case).await;
    house.fake.world().polls = 2;
    let Case { ty, inputs, changed, .. } = &case;
    let made = house.create(ty, inputs).await;
    house.check();
    assert!(house.drift(ty, inputs, &made).is_empty(), "{ty}: {made:?}");
    let schema = house.gcp.schema(ty).expect("a sound schema").expect("it is served");
    for attribute in schema.overlay.predict.keys() {
        assert!(made.observed.contains_key(attribute.as_str()), "{ty} has no {attribute}: {made:?}");
    }
    let read = house.by_id(ty, &made.id).await.unwrap_or_else(|| panic!("{ty}: no `{}`", made.id));
    assert_eq!((&read.id, &read.owner), (&made.id, &made.owner), "{ty}");
    assert!(house.drift(ty, inputs, &read).is_empty(), "{ty}: {read:?}");
    if let Some(changed) = changed {
        let updated = house.update(ty, &made.id, inputs, changed).await;
        house.check();
        assert!(house.drift(ty, changed, &updated).is_empty(), "{ty}: {updated:?}");
        let (before, after) = (map(inputs), map(changed));
        for (key, old) in before.iter().filter(|(key, _)| !after.contains_key(key.as_str())) {
            // An upload says anew what is in it; what it does not say stays as the vendor has it.
            assert_ne!(updated.observed.get(key), Some(old), "{ty}: {key} was to be taken away");
        }
        assert_eq!(updated.owner, made.owner, "{ty}");
        let calls = house.fake.world().served.len();
        house.update(ty, &made.id, changed, changed).await;
        let world = house.fake.world();
        let writes = world.served[calls..].iter().filter(|served| {
            let verb = served.method.rsplit('.').next().unwrap_or_default();
            !matches!(verb, "get" | "getBillingInfo" | "getIamPolicy")
        });
        // What is as it should be takes no call that writes, but for contents, which are put there anew.
        assert!(*ty == OBJECT || writes.count() == 0, "{ty}: {:?}", &world.served[calls..]);
    }
    house.delete(ty, &made.id).await;
    // Settings go with their group.
    assert!(*ty == SETTINGS || house.by_id(ty, &made.id).await.is_none(), "{ty}");
    // Once more is no failure.
    house.delete(ty, &made.id).await;
    house.check();
}

#[tokio::test]
async fn what_exists_is_found_by_its_identity_unless_it_is_as_good_as_made() {
    let mut found = 0;
    for case in cases::all() {
        let house = house_for(&case).await;
        let schema = house.gcp.schema(case.ty).expect("a sound schema").expect("it is served");
        let Some(identity) = schema.overlay.identity.as_ref().map(|identity| identity.within(&map(&case.inputs)))
        else {
            continue;
        };
        let find = Find::Identity(identity);
        assert_eq!(house.read(case.ty, find.clone()).await, Ok(None), "{}", case.ty);
        let made = house.create(case.ty, &case.inputs).await;
        let read = house.read(case.ty, find).await.expect("it can be read");
        if [MEMBERSHIP, SETTINGS, SERVICE].contains(&case.ty) {
            assert_eq!(read, None, "{}", case.ty);
            let again = house.create(case.ty, &case.inputs).await;
            assert_eq!(again.id, made.id, "{}", case.ty);
        } else {
            assert_eq!(read.map(|found| found.id), Some(made.id), "{}", case.ty);
            found += 1;
        }
        house.check();
    }
    assert!(found >= 16, "{found}");
}

/// What is Google's among the types that the workspace knows.
#[test]
fn no_type_of_googles_is_unserved() {
    let served = House::new().gcp.types();
    for source in schemas_gcp::sources().iter().filter(|source| source.name.contains(".googleapis.com/")) {
        assert!(served.iter().any(|ty| ty == source.name), "{}", source.name);
    }
}

#[test]
fn every_type_that_is_served_has_a_case() {
    let mut served = House::new().gcp.types();
    let mut tried: Vec<String> = cases::all().into_iter().map(|case| case.ty.to_owned()).collect();
    served.sort_unstable();
    tried.sort_unstable();
    assert_eq!(served, tried);
}

#[tokio::test]
async fn a_pool_that_was_deleted_comes_back_as_it_is_wanted() {
    let case = cases::of(POOL);
    let house = house_for(&case).await;
    let made = house.create(POOL, &case.inputs).await;
    house.delete(POOL, &made.id).await;
    let mut other = case.inputs.clone();
    other["displayName"] = "another".into();
    let again = house.create(POOL, &other).await;
    assert_eq!(again.id, made.id);
    assert_eq!(again.observed.get("displayName"), Some(&"another".into()));
    assert_eq!(house.fake.world().count("undelete"), 1);
    house.check();
}

#[tokio::test]
async fn contents_are_read_back_in_the_form_in_which_they_were_given() {
    let house = House::new();
    house.create(BUCKET, &cases::of(BUCKET).inputs).await;
    for (content, name) in [("AAH//g==", "bytes"), ("aGVsbG8=", "text in base64"), ("", "nothing")] {
        let inputs = json!({ "bucket": "ex-alpha-main", "name": name, "contentBase64": content });
        let made = house.create(OBJECT, &inputs).await;
        assert_eq!(made.observed.get("contentBase64"), Some(&content.into()), "{name}");
        assert_eq!(made.observed.get("content"), None, "{name}");
        let read = house.by_id(OBJECT, &made.id).await.expect("it is there");
        assert_eq!(read.observed, made.observed, "{name}");
    }
    house.check();
}

#[tokio::test]
async fn the_private_half_of_a_key_is_told_once() {
    let case = cases::of(KEY);
    let house = house_for(&case).await;
    let made = house.create(KEY, &case.inputs).await;
    assert!(made.observed.contains_key("privateKeyData"));
    let read = house.by_id(KEY, &made.id).await.expect("it is there");
    assert!(!read.observed.contains_key("privateKeyData"));
}
