//! Provider instances.

use std::sync::{Arc, Mutex};

use engine::Goal;

use crate::house::House;

const TWO: &str = "stack net.QA
       resource Vpc a
         provider west
       resource Vpc b
       output id @a.VpcId";

/// A house in which `west` points to a region, and the calls with the instance that each went through.
fn house(program: &str) -> (House, Arc<Mutex<Vec<String>>>) {
    let mut house = House::new(program);
    house.instances.insert("west".into(), "us-west-2".into());
    let calls = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&calls);
    house.cloud.watch(move |call, step| {
        let through = step.instance.as_deref().unwrap_or("default");
        log.lock().expect("whole").push(format!("{call} through {through}"));
    });
    (house, calls)
}

fn taken(calls: &Mutex<Vec<String>>) -> Vec<String> {
    std::mem::take(&mut *calls.lock().expect("whole"))
}

#[tokio::test]
async fn case_59_an_instance_that_points_elsewhere_replaces_what_is_in_it_and_nothing_else() {
    let (mut house, calls) = house(TWO);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(taken(&calls), ["create a through west", "create b through default"]);
    house.instances.insert("west".into(), "eu-west-1".into());
    // The region that the object is in is reached by nobody now.
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.starts_with("E0437 `a` of `net.QA` cannot go") && told.contains("region = \"us-west-2\""), "{told}");
    assert!(house.problems(&[], Goal::Nothing).await.starts_with("E0437"));
    house.instances.insert("old".into(), "us-west-2".into());
    let preview = house.preview(&[]).await;
    let shown = crate::fixture::print(&preview.changes);
    assert_eq!(shown, "net.QA\n± a\nprovider.region! us-west-2 -> eu-west-1\n> id <net.QA:a.VpcId>");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(taken(&calls), ["create a through west", "delete a through old"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_64_what_was_made_through_an_instance_goes_through_it_whatever_the_program_says_by_now() {
    let (mut house, calls) = house(TWO);
    assert_eq!(house.up(&[]).await, "");
    house.edit("provider west", "dbr false");
    house.edit("Vpc b", "Vpc b Label=new");
    taken(&calls);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(taken(&calls), ["create a through default", "delete a through west", "update b through default"]);
    house.edit("dbr false", "provider west");
    assert_eq!(house.up(&[]).await, "");
    house.edit("provider west", "dbr false");
    taken(&calls);
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(taken(&calls), ["delete a through west", "delete b through default"]);
}

#[tokio::test]
async fn an_instance_that_is_gone_is_named_with_what_hangs_on_it() {
    let (mut house, calls) = house(TWO);
    assert_eq!(house.up(&[]).await, "");
    taken(&calls);
    house.instances.clear();
    let told = house.problems(&[], Goal::Programs).await;
    assert!(
        told.starts_with("E0435") && told.contains("`a` of `net.QA` is to be in the provider instance `west`"),
        "{told}"
    );
    house.edit("provider west", "dbr false");
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.starts_with("E0437 `a` of `net.QA` cannot go"), "{told}");
    assert_eq!(taken(&calls), [""; 0]);
}

#[tokio::test]
async fn case_63_without_default_instances_nothing_is_made_that_names_none() {
    let (mut house, calls) = house(TWO);
    house.explicit.push("vpc".to_owned());
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.starts_with("E0436") && told.contains("`b` of `net.QA` names no provider instance"), "{told}");
    assert_eq!((taken(&calls).len(), house.cloud.ids().len()), (0, 0));
}

#[tokio::test]
async fn case_60_another_version_of_a_provider_changes_nothing_and_is_not_asked() {
    let (mut house, calls) = house(TWO);
    assert_eq!(house.up(&[]).await, "");
    house.cloud.bump();
    taken(&calls);
    let preview = house.preview(&[]).await;
    assert_eq!(crate::fixture::print(&preview.changes), "");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(taken(&calls), [""; 0]);
}
