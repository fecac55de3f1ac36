//! Secrets: what may see them, and what never does.

use crate::house::{CANARY, House};

const PROGRAM: &str = "stack a.QA
       resource Vpc main Pass=!db.v1 Tags={\"nested\":{\"x\":1}}
       output pass @main.Pass
       output own !db.v1
     stack b.QA
       resource Vpc reader Pass=#a.QA:pass Label=#a.QA:own";

#[tokio::test]
async fn the_vendor_gets_what_neither_the_store_nor_an_event_ever_holds() {
    let mut house = House::new(PROGRAM);
    let preview = house.preview(&[]).await;
    assert!(
        !format!("{:?} {}", preview, serde_json::to_string(&preview.changes).expect("serialises")).contains(CANARY)
    );
    assert_eq!(house.up(&[]).await, "");
    for id in ["main-1", "reader-2"] {
        assert!(house.cloud.text(id, "Pass").starts_with(CANARY), "{id}");
    }
    house.edit("nested", "other");
    house.edit("!db.v1", "!db.v2");
    house.cloud.harm("update main", crate::cloud::Harm::Partial);
    house.up(&[]).await;
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.text("main-1", "Pass"), house.cloud.text("reader-2", "Label"));
    let files = house.files();
    assert!(files.iter().any(|(_, bytes, _)| String::from_utf8_lossy(bytes).contains("fingerprint")));
    for (path, bytes, _) in files {
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY), "{}", path.display());
    }
    let events = serde_json::to_string(&house.events).expect("serialises");
    assert!(!events.contains(CANARY) && !format!("{:?}", house.events).contains(CANARY));
}

#[tokio::test]
async fn a_secret_that_is_equal_is_no_change_and_a_new_version_is_one_everywhere() {
    let mut house = House::settled(PROGRAM).await;
    assert!(house.preview(&[]).await.is_empty());
    house.edit("Pass=!db.v1", "Pass=!db.v2");
    assert_eq!(
        crate::fixture::print(&house.preview(&[]).await.changes),
        "a.QA\n~ main\nPass *** -> ***\n> pass ***\nb.QA\n~ reader\nPass *** -> ***"
    );
    assert_eq!(house.up(&[]).await, "");
    assert!(house.cloud.text("reader-2", "Pass").starts_with(CANARY));
    assert!(house.preview(&[]).await.is_empty());
}
