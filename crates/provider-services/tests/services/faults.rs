//! Calls that are refused for now, that break off, that nobody may make; and what is said of them.

use std::time::{Duration, Instant};

use fake_services::Fault;
use ports::{Provider, ProviderErrorKind};
use provider_services::{Place, Service};
use serde_json::json;

use crate::support::{
    ENVIRONMENT, HIDDEN, House, METADATA, SECRET, TOKEN, USER, cases, environment, failed, map, step,
};

#[tokio::test]
async fn what_breaks_off_is_made_once() {
    for case in cases() {
        for fault in [Fault::BreaksAfter, Fault::BreaksBefore, Fault::Unavailable] {
            let house = House::of(&case).await;
            house.fake.world().fail(case.method, 1, fault);
            let made = house.create(case.ty, &case.inputs).await;
            assert_eq!(made.id, case.id, "{} {fault:?}", case.ty);
            let world = house.fake.world();
            let there = [
                world.users.len(),
                world.metadata.len(),
                world.environments.len(),
                world.billing_projects.len(),
                world.secrets.len(),
            ];
            assert!(there.iter().all(|count| *count <= 1), "{}: {there:?}", case.ty);
            assert!(world.violations.is_empty(), "{:?}", world.violations);
        }
    }
}

#[tokio::test]
async fn a_look_is_repeated_whatever_broke() {
    for case in cases() {
        let house = House::of(&case).await;
        let made = house.create(case.ty, &case.inputs).await;
        for fault in [Fault::Unavailable, Fault::BreaksAfter, Fault::BreaksBefore] {
            house.fake.world().fail(".get", 2, fault);
            house.fake.world().fail(".all", 2, fault);
            assert!(house.by_id(case.ty, &made.id).await.is_some(), "{} {fault:?}", case.ty);
        }
    }
}

#[tokio::test]
async fn too_many_requests_are_made_again_after_the_time_that_is_asked() {
    // One of each service.
    for case in cases().into_iter().filter(|case| [USER, METADATA, SECRET].contains(&case.ty)) {
        let house = House::of(&case).await;
        house.fake.world().fail(case.method, 1, Fault::Throttled(Some(1)));
        let start = Instant::now();
        house.create(case.ty, &case.inputs).await;
        assert!(start.elapsed() >= Duration::from_secs(1), "{}: {:?}", case.ty, start.elapsed());
        house.check();
    }
}

#[tokio::test]
async fn whoever_meets_somebody_else_waits_for_a_turn() {
    for case in cases().into_iter().filter(|case| case.goes) {
        let house = House::of(&case).await;
        house.fake.world().fail(case.method, 1, Fault::Conflict);
        let made = house.create(case.ty, &case.inputs).await;
        let delete = [".delete", ".close", ".remove"];
        delete.iter().for_each(|method| house.fake.world().fail(method, 1, Fault::Conflict));
        house.delete(case.ty, &made.id).await;
        assert_eq!(house.by_id(case.ty, &made.id).await, None, "{}", case.ty);
    }
}

#[tokio::test]
async fn an_hour_that_is_spent_is_waited_for_only_if_it_ends_soon() {
    let house = House::new();
    house.fake.world().fail("environments.put", 1, Fault::Spent(1));
    house.create(ENVIRONMENT, &environment()).await;
    assert_eq!(house.fake.world().count("environments.put"), 2);
    house.fake.world().fail("environments.get", 9, Fault::Spent(3000));
    let error = failed(house.attempt(ENVIRONMENT, &environment()).await);
    assert_eq!(error.kind, ProviderErrorKind::Throttled, "{error}");
    assert!(error.message.contains("rate limit") && error.message.contains("seconds of rest"), "{error}");
    assert_eq!(house.fake.world().count("environments.get"), 2, "nobody is asked who does not want to be");
    assert!(house.service(ENVIRONMENT).hint(&error).is_some_and(|hint| hint.contains("wait")));
}

#[tokio::test]
async fn no_secret_and_no_token_is_in_what_is_said() {
    let case = cases().into_iter().find(|case| case.ty == SECRET).expect("there is one");
    let house = House::of(&case).await;
    let mut said = Vec::new();
    house.fake.world().fail("secrets.put", 1, Fault::Throttled(Some(600)));
    said.push(format!("{:?}", house.attempt(SECRET, &case.inputs).await));
    house.fake.world().no_repositories.insert("ex/images".to_owned());
    said.push(format!("{:?}", house.attempt(SECRET, &case.inputs).await));
    house.fake.world().no_repositories.clear();
    said.push(format!("{:?}", house.attempt(SECRET, &case.inputs).await));
    let place = Place { endpoint: Some("http://127.0.0.1:9".to_owned()) };
    let away = Service::with_token("github", place, TOKEN).expect("there is such a service");
    let outcome = step(&away, SECRET, ports::StepAction::Create { inputs: map(&case.inputs) }).await;
    said.push(format!("{outcome:?} {away:?}"));
    for said in said {
        assert!(!said.contains(HIDDEN) && !said.contains(TOKEN), "{said}");
    }
    // What went over the wire is no secret either, to whoever cannot open it.
    assert!(!format!("{:?}", house.fake.world().served).contains(HIDDEN));
}

#[tokio::test]
async fn whoever_may_not_is_told_what_can_be_done() {
    for case in cases() {
        let house = House::of(&case).await;
        for service in ["hail", "metamist", "github"] {
            house.fake.world().tokens.insert(service.to_owned(), "another".to_owned());
        }
        let error = failed(house.attempt(case.ty, &case.inputs).await);
        assert_eq!(error.kind, ProviderErrorKind::Credentials, "{}: {error}", case.ty);
        assert!(house.service(case.ty).hint(&error).is_some(), "{}: {error}", case.ty);
    }
    let house = House::new();
    house.fake.world().no_repositories.insert("ex/images".to_owned());
    let error = failed(house.attempt(ENVIRONMENT, &environment()).await);
    assert_eq!(error.kind, ProviderErrorKind::Refused);
    assert!(house.service(ENVIRONMENT).hint(&error).is_some_and(|hint| hint.contains("repository")), "{error}");
}

#[tokio::test]
async fn a_service_that_is_nowhere_is_asked_nothing() {
    let nowhere = Service::with_token("metamist", Place::default(), TOKEN).expect("there is such a service");
    let action = ports::StepAction::Create { inputs: map(&json!({ "name": "alpha" })) };
    let error = failed(step(&nowhere, METADATA, action).await);
    assert_eq!(error.code, "NoAddress");
    assert!(nowhere.hint(&error).is_some_and(|hint| hint.contains("endpoints")));
}
