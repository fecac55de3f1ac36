//! Every type: made, read, changed, taken away, taken over.

use ports::{Find, StepAction};
use serde_json::json;

use crate::support::{
    BILLED, Case, ENVIRONMENT, HIDDEN, House, MEMBER, MEMBERS, PROJECT, SECRET, USER, cases, done, environment, failed,
    map, project, secret, user,
};

#[tokio::test]
async fn every_type_is_made_read_changed_and_deleted() {
    for case in cases() {
        let house = House::of(&case).await;
        let Case { ty, inputs, .. } = &case;
        house.fake.world().polls = 2;
        let made = house.create(ty, inputs).await;
        house.check();
        assert_eq!(made.id, case.id, "{ty}");
        assert!(house.drift(ty, inputs, &made).is_empty(), "{ty}: {made:?}");
        let read = house.by_id(ty, &made.id).await.unwrap_or_else(|| panic!("{ty}: no `{}`", made.id));
        assert_eq!(read.id, made.id, "{ty}");
        assert!(house.drift(ty, inputs, &read).is_empty(), "{ty}: {read:?}");
        let adopted = done(house.step(ty, StepAction::Adopt { id: made.id.clone() }).await).expect("it is there");
        assert_eq!(adopted, read, "{ty}");
        if let Some(changed) = &case.changed {
            let updated = house.update(ty, &made.id, inputs, changed).await;
            assert!(house.drift(ty, changed, &updated).is_empty(), "{ty}: {updated:?}");
        }
        house.delete(ty, &made.id).await;
        assert_eq!(house.by_id(ty, &made.id).await.is_none(), case.goes, "{ty}");
        // Once more is no failure.
        house.delete(ty, &made.id).await;
        house.check();
    }
}

#[tokio::test]
async fn what_is_there_is_taken_over_and_nobody_makes_it_twice() {
    for case in cases() {
        let house = House::of(&case).await;
        assert_eq!(house.read(case.ty, Find::Identity(map(&case.inputs))).await, Ok(None), "{}", case.ty);
        let made = house.create(case.ty, &case.inputs).await;
        let written = house.fake.world().writes();
        // Nothing stands in the way of whoever makes it again.
        assert_eq!(house.read(case.ty, Find::Identity(map(&case.inputs))).await, Ok(None), "{}", case.ty);
        let again = house.create(case.ty, &case.inputs).await;
        assert_eq!(again.id, made.id, "{}", case.ty);
        let rewritten = [MEMBER, MEMBERS, SECRET].contains(&case.ty);
        assert_eq!(house.fake.world().writes() - written, usize::from(rewritten), "{}", case.ty);
        house.check();
    }
}

#[tokio::test]
async fn what_somebody_took_away_or_changed_is_seen() {
    for case in cases().into_iter().filter(|case| case.goes) {
        let house = House::of(&case).await;
        let made = house.create(case.ty, &case.inputs).await;
        {
            let mut world = house.fake.world();
            world.secrets.clear();
            world.environments.clear();
            world.billing_projects.values_mut().for_each(|project| project["users"] = json!([]));
            if case.ty == PROJECT {
                world.billing_projects.clear();
            }
        }
        assert_eq!(house.by_id(case.ty, &made.id).await, None, "{}", case.ty);
    }
    let house = House::new();
    let made = house.create(ENVIRONMENT, &environment()).await;
    let key = "ex/images/production";
    house.fake.world().environments.get_mut(key).expect("there")["deployment_branch_policy"] = json!(null);
    let seen = house.by_id(ENVIRONMENT, &made.id).await.expect("there");
    assert_eq!(house.drift(ENVIRONMENT, &environment(), &seen), ["deployment_branch_policy"]);
    let mended = house.update(ENVIRONMENT, &made.id, &environment(), &environment()).await;
    assert!(house.drift(ENVIRONMENT, &environment(), &mended).is_empty());
    assert_eq!(house.fake.world().environments[key]["deployment_branch_policy"]["protected_branches"], true);
}

#[tokio::test]
async fn a_user_gets_its_identity_after_a_while_and_stays() {
    let house = House::new();
    house.fake.world().polls = 3;
    let made = house.create(USER, &user()).await;
    let identity = made.observed.get("identity").and_then(value::Value::as_str).expect("it has one");
    assert_eq!(identity, "hail-alpha-test@hail-project.iam.gserviceaccount.com");
    house.delete(USER, &made.id).await;
    assert_eq!(house.fake.world().users.len(), 1);
    // One that somebody deleted is gone, and its name is never given again.
    house.fake.world().users.values_mut().for_each(|user| user["state"] = "deleted".into());
    assert_eq!(house.by_id(USER, &made.id).await, None);
    let error = failed(house.attempt(USER, &user()).await);
    assert!(error.message.contains("already been deleted"), "{error}");
}

#[tokio::test]
async fn the_login_of_a_person_is_not_taken_over() {
    let house = House::new();
    house.create(USER, &user()).await;
    house.fake.world().users.values_mut().for_each(|user| user["is_service_account"] = 0.into());
    let error = failed(house.attempt(USER, &user()).await);
    assert_eq!(error.code, "NotForPrograms");
}

#[tokio::test]
async fn a_project_is_closed_and_opened_again_with_whoever_was_in_it() {
    for strict in [false, true] {
        let house = House::new();
        house.fake.world().strict = strict;
        let made = house.create(PROJECT, &project()).await;
        let member = json!({"billing_project": BILLED, "user": "ana-lyst"});
        let inside = house.create(MEMBER, &member).await;
        house.create(MEMBER, &member).await;
        house.delete(PROJECT, &made.id).await;
        let key = "batch.hail.example.org/alpha";
        assert_eq!(house.fake.world().billing_projects[key]["status"], "closed");
        assert_eq!(house.by_id(MEMBER, &inside.id).await, None);
        house.delete(MEMBER, &inside.id).await;
        house.create(PROJECT, &project()).await;
        assert_eq!(house.fake.world().billing_projects[key]["status"], "open");
        assert_eq!(house.fake.world().count("reopen"), 1);
        house.delete(MEMBER, &inside.id).await;
        house.delete(MEMBER, &inside.id).await;
        assert_eq!(house.fake.world().billing_projects[key]["users"], json!([]));
        house.fake.world().billing_projects.get_mut(key).expect("there")["batches"] = true.into();
        let close = StepAction::Delete { id: made.id.clone(), prior: Default::default() };
        let error = failed(house.step(PROJECT, close).await);
        assert!(error.message.contains("running batches"), "{error}");
        house.check();
    }
}

#[tokio::test]
async fn all_members_of_a_project_are_written_at_a_time_with_all_their_roles() {
    let case = cases().into_iter().find(|case| case.ty == MEMBERS).expect("there is one");
    let house = House::of(&case).await;
    house.create(MEMBERS, &case.inputs).await;
    let roles = |member: &str| {
        let world = house.fake.world();
        let roles = world.members["alpha"].get(member).cloned().unwrap_or_default();
        roles.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!((roles("a@ex.org").as_str(), roles("b@ex.org").as_str()), ("contributor reader", "reader writer"));
    house.update(MEMBERS, "alpha", &case.inputs, case.changed.as_ref().expect("it changes")).await;
    assert_eq!((roles("a@ex.org").as_str(), roles("b@ex.org").as_str()), ("contributor", "reader"));
    assert_eq!(house.fake.world().count("metamist.project.members"), 2);
}

#[tokio::test]
async fn a_secret_arrives_sealed_and_is_never_told_again() {
    let house = House::new();
    house.create(ENVIRONMENT, &environment()).await;
    let made = house.create(SECRET, &secret(HIDDEN)).await;
    let key = "ex/images/production/WIF_PROVIDER";
    assert_eq!(house.fake.world().secrets[key], HIDDEN);
    let read = house.by_id(SECRET, &made.id).await.expect("there");
    assert!(!made.observed.contains_key("value") && !read.observed.contains_key("value"));
    // The key that it is sealed to is another one from one call to the next.
    house.fake.world().key = 7;
    house.update(SECRET, &made.id, &secret(HIDDEN), &secret("another value")).await;
    assert_eq!(house.fake.world().secrets[key], "another value");
}

#[tokio::test]
async fn what_others_say_of_an_environment_stays() {
    let house = House::new();
    let made = house.create(ENVIRONMENT, &environment()).await;
    let key = "ex/images/production";
    let rules = json!([
        {"id": 1, "type": "wait_timer", "wait_timer": 30},
        {"id": 2, "type": "required_reviewers", "prevent_self_review": true,
            "reviewers": [{"type": "Team", "reviewer": {"id": 5, "login": "x"}}]},
    ]);
    house.fake.world().environments.get_mut(key).expect("there")["protection_rules"] = rules.clone();
    let mut open = environment();
    open["deployment_branch_policy"] = json!({"protected_branches": false, "custom_branch_policies": true});
    house.update(ENVIRONMENT, &made.id, &environment(), &open).await;
    let there = house.fake.world().environments[key].clone();
    assert_eq!(there["protection_rules"].as_array().map(|rules| rules[..2].to_vec()), rules.as_array().cloned());
    house.check();
}
