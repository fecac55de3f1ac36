//! Every type: made, read, changed, deleted, and each request judged by the documents.

use ports::{Find, Provider};
use serde_json::{Value as Json, json};

use crate::cases::{self, ACCOUNT, BLOB, Case, GROUP, MEMBER, PEOPLE, REGISTRY, ROLE, SECRET, SERVICE, VAULT};
use crate::support::{House, failed, map};

async fn house_for(case: &Case) -> House {
    let house = House::new();
    for before in case.prerequisites() {
        house.create(before.ty, &before.inputs).await;
    }
    house
}

#[tokio::test]
async fn every_type_is_made_read_changed_and_deleted_as_the_documents_allow() {
    for case in cases::all() {
        let house = house_for(&case).await;
        house.fake.world().polls = 2;
        house.fake.world().unseen = 2;
        let Case { ty, inputs, changed, .. } = &case;
        let made = house.create(ty, inputs).await;
        house.check();
        assert!(house.drift(ty, inputs, &made).is_empty(), "{ty}: {made:?}");
        let schema = house.azure.schema(ty).expect("a sound schema").expect("it is served");
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
                assert_ne!(updated.observed.get(key), Some(old), "{ty}: {key} was to be taken away");
            }
            assert_eq!(updated.owner, made.owner, "{ty}");
            let calls = house.fake.world().served.len();
            house.update(ty, &made.id, changed, changed).await;
            let world = house.fake.world();
            let writes = world.served[calls..].iter().filter(|served| !is_look(&served.method));
            // What is as it should be takes no call that writes, but for contents, which nobody shows or which are put
            // there anew.
            assert!([BLOB, SECRET].contains(ty) || writes.count() == 0, "{ty}: {:?}", &world.served[calls..]);
        }
        house.delete(ty, &made.id).await;
        // What every account has goes with it.
        assert!(*ty == SERVICE || house.by_id(ty, &made.id).await.is_none(), "{ty}");
        // Once more is no failure.
        house.delete(ty, &made.id).await;
        house.check();
    }
}

fn is_look(method: &str) -> bool {
    ["Get", "get", "List", "operation"].iter().any(|look| method.contains(look))
}

#[tokio::test]
async fn what_exists_is_found_by_its_identity_unless_it_is_as_good_as_made() {
    for case in cases::all() {
        let house = house_for(&case).await;
        let schema = house.azure.schema(case.ty).expect("a sound schema").expect("it is served");
        let identity = schema.overlay.identity.as_ref().expect("every type has one").within(&map(&case.inputs));
        let find = Find::Identity(identity);
        assert_eq!(house.read(case.ty, find.clone()).await, Ok(None), "{}", case.ty);
        let made = house.create(case.ty, &case.inputs).await;
        let read = house.read(case.ty, find).await.expect("it can be read");
        if [MEMBER, SERVICE].contains(&case.ty) {
            assert_eq!(read, None, "{}", case.ty);
            let again = house.create(case.ty, &case.inputs).await;
            assert_eq!(again.id, made.id, "{}", case.ty);
        } else {
            assert_eq!(read.map(|found| found.id), Some(made.id), "{}", case.ty);
        }
        house.check();
    }
}

#[tokio::test]
async fn a_name_that_is_given_once_in_the_world_is_looked_for_on_every_page() {
    let house = House::new();
    let case = cases::of(ACCOUNT);
    for before in case.prerequisites() {
        house.create(before.ty, &before.inputs).await;
    }
    let mut ids = Vec::new();
    for name in ["exaaa", "exbbb", "exccc"] {
        let mut inputs = case.inputs.clone();
        inputs["name"] = name.into();
        ids.push(house.create(ACCOUNT, &inputs).await.id);
    }
    for (name, id) in ["exaaa", "exbbb", "exccc"].into_iter().zip(ids) {
        let find = Find::Identity(map(&json!({ "name": name })));
        let found = house.read(ACCOUNT, find).await.expect("it can be read");
        assert_eq!(found.map(|found| found.id), Some(id));
    }
    house.check();
}

#[test]
fn every_type_that_is_served_has_a_case() {
    let mut served = House::new().azure.types();
    let mut tried: Vec<String> = cases::all().into_iter().map(|case| case.ty.to_owned()).collect();
    served.sort_unstable();
    tried.sort_unstable();
    assert_eq!(served, tried);
}

#[tokio::test]
async fn a_vault_that_was_deleted_comes_back_as_it_is_wanted_with_its_secrets() {
    let case = cases::of(SECRET);
    let house = house_for(&case).await;
    let vault = cases::of(VAULT);
    house.create(SECRET, &case.inputs).await;
    house.delete(VAULT, &cases::vault_id()).await;
    assert!(house.fake.world().of("/vaults/").is_empty());
    let mut other = vault.inputs.clone();
    other["enabledForTemplateDeployment"] = true.into();
    let again = house.create(VAULT, &other).await;
    assert_eq!(again.id, cases::vault_id());
    assert!(house.drift(VAULT, &other, &again).is_empty(), "{again:?}");
    assert_eq!(house.fake.world().of("/secrets/").len(), 1, "what was in it came back");
    house.check();
}

#[tokio::test]
async fn a_vault_that_somebody_else_deleted_is_not_brought_back() {
    let case = cases::of(VAULT);
    let house = house_for(&case).await;
    house.create(VAULT, &case.inputs).await;
    house.delete(VAULT, &cases::vault_id()).await;
    let action = ports::StepAction::Create { inputs: map(&case.inputs) };
    let error = failed(house.step(VAULT, "somebody-else", action).await);
    assert_eq!(error.code, "NotOursDeleted", "{error}");
    assert!(house.azure.hint(&error).is_some_and(|hint| hint.contains("az keyvault purge")));
    assert_eq!(house.fake.world().deleted_vaults.len(), 1);
}

#[tokio::test]
async fn a_secret_that_was_deleted_comes_back_with_a_new_content_and_nobody_is_shown_it() {
    let case = cases::of(SECRET);
    let house = house_for(&case).await;
    let made = house.create(SECRET, &case.inputs).await;
    assert!(!made.observed.contains_key("value"), "{made:?}");
    house.delete(SECRET, &made.id).await;
    assert_eq!(house.fake.world().deleted_secrets.len(), 1);
    let mut other = case.inputs.clone();
    other["value"] = "correct horse".into();
    house.create(SECRET, &other).await;
    let world = house.fake.world();
    let there = world.thing(&made.id).expect("it is there");
    assert_eq!(there.body["properties"]["value"], "correct horse");
    assert_eq!((world.deleted_secrets.len(), world.count("keyVaultRecoverDeletedSecret")), (0, 1));
}

#[tokio::test]
async fn the_same_role_is_one_assignment_whoever_makes_it() {
    let case = cases::of(ROLE);
    let house = house_for(&case).await;
    house.create(ROLE, &case.inputs).await;
    let name = house.fake.world().of("/roleAssignments/")[0].id.clone();
    // Another one for the same by hand, under a name of its own.
    {
        let mut world = house.fake.world();
        let mut thing = world.things.remove(&name.to_lowercase()).expect("it is there");
        thing.id =
            format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", cases::container_id(), cases::FIRST);
        world.things.insert(thing.id.to_lowercase(), thing);
    }
    let error = failed(house.attempt(ROLE, &case.inputs).await);
    assert_eq!(error.code, "NotOurs", "{error}");
    assert!(error.message.contains(cases::FIRST), "it says which: {error}");
}

#[tokio::test]
async fn places_and_roles_in_other_words_are_refused_before_a_call() {
    let house = House::new();
    let mut group = cases::of(GROUP).inputs;
    group["location"] = "Australia East".into();
    let error = failed(house.attempt(GROUP, &group).await);
    assert!(error.code == "BadRegion" && error.message.contains("australiaeast"), "{error}");
    let mut role = cases::of(ROLE).inputs;
    role["roleDefinitionId"] = "Reader".into();
    assert_eq!(failed(house.attempt(ROLE, &role).await).code, "BadRole");
    assert!(house.fake.world().served.is_empty());
}

#[tokio::test]
async fn what_others_say_of_an_object_stays() {
    let case = cases::of(ACCOUNT);
    let house = house_for(&case).await;
    let made = house.create(ACCOUNT, &case.inputs).await;
    let acls: Json = json!({ "bypass": "None", "defaultAction": "Deny" });
    house.fake.world().tamper(&made.id, &[("networkAcls", acls.clone())]);
    let tags = house.fake.world().thing(&made.id).expect("there").body["tags"].clone();
    let mut more = tags.clone();
    more["theirs"] = "x".into();
    house.fake.world().tamper(&made.id, &[("tags", more)]);
    // Something is no longer said, so the whole object is written.
    let changed = case.changed.expect("it can be changed");
    house.update(ACCOUNT, &made.id, &case.inputs, &changed).await;
    let world = house.fake.world();
    let there = &world.thing(&made.id).expect("it is there").body;
    assert_eq!(there["properties"]["networkAcls"], acls);
    assert_eq!(
        (&there["tags"]["theirs"], &there["tags"]["team"], &there["tags"]["old"]),
        (&json!("x"), &json!("b"), &Json::Null)
    );
    assert!(world.violations.is_empty(), "{:?}", world.violations);
}

#[tokio::test]
async fn an_operation_that_ends_badly_leaves_what_there_is() {
    let case = cases::of(REGISTRY);
    let house = house_for(&case).await;
    house.fake.world().polls = 1;
    house.fake.world().fail("registriesCreate", 1, fake_azure::Fault::Fails);
    let ports::Outcome::Failed(error, _) = house.attempt(REGISTRY, &case.inputs).await else { panic!("it came well") };
    assert_eq!((error.code.as_str(), error.kind), ("Broken", ports::ProviderErrorKind::Refused), "{error}");
    let found = house
        .by_id(
            REGISTRY,
            &format!("{}/providers/Microsoft.ContainerRegistry/registries/exalphaimages", cases::group_id()),
        )
        .await;
    let found = found.expect("it is there in part");
    assert!(found.unhealthy.is_some_and(|reason| reason.contains("Failed")));
    // The next one makes it whole.
    let again = house.create(REGISTRY, &case.inputs).await;
    assert!(house.drift(REGISTRY, &case.inputs, &again).is_empty());
}

#[tokio::test]
async fn a_group_with_a_quote_in_its_name_is_found_by_it() {
    let house = House::new();
    let mut inputs = cases::of(PEOPLE).inputs;
    inputs["uniqueName"] = "o'brien's".into();
    let made = house.create(PEOPLE, &inputs).await;
    let find = Find::Identity(map(&json!({ "uniqueName": "o'brien's" })));
    assert_eq!(house.read(PEOPLE, find).await.expect("it can be read").map(|found| found.id), Some(made.id));
    house.check();
}
