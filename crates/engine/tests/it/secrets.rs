//! Secrets: what may see them, and what never does.

use value::Value;

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
async fn what_a_provider_says_when_it_panics_is_said_nowhere() {
    let mut house = House::new(PROGRAM);
    house.cloud.harm("create main", crate::cloud::Harm::Panic);
    let preview = house.preview(&[]).await;
    let report = house.apply(&preview).await.expect("starts");
    assert_eq!(report.failed[0].problem.code, "E0901");
    let events = serde_json::to_string(&house.events).expect("serialises");
    for told in [format!("{report:?}"), format!("{:?}", house.events), events] {
        assert!(told.contains("died") && !told.contains(CANARY), "{told}");
    }
    for (path, bytes, _) in house.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY), "{}", path.display());
    }
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
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

/// The object of a name in a stack.
async fn object(house: &House, stack: &str, name: &str) -> std::sync::Arc<state::Object> {
    let state = house.state(stack).await;
    state.objects.values().find(|object| object.urn.name() == name).expect("there").clone()
}

fn is_encrypted(value: &Value) -> bool {
    matches!(value, Value::Secret(secret) if matches!(secret.content(), value::Content::Encrypted(_)))
}

#[tokio::test]
async fn case_71_a_secret_stays_one_though_the_vendor_says_it_in_the_open() {
    let mut house = House::settled(&PROGRAM.replace("output own !db.v1", "output own plain")).await;
    let main = object(&house, "a.QA", "main").await;
    assert!(is_encrypted(&main.inputs["Pass"]) && is_encrypted(&main.observed["Pass"]), "{main:?}");
    // What reads it is as secret as it is at its source, and what is none there is none here.
    let outputs = house.state("a.QA").await.outputs;
    let output = |name: &str| &outputs[&value::Path::key(name)].value;
    assert!(is_encrypted(output("pass")) && *output("own") == "plain".into());
    let reader = object(&house, "b.QA", "reader").await;
    assert!(is_encrypted(&reader.inputs["Pass"]) && reader.inputs["Label"] == "plain".into(), "{reader:?}");
    // So it is after somebody has looked at the world.
    house.refresh(&[]).await;
    assert!(is_encrypted(&object(&house, "b.QA", "reader").await.observed["Pass"]));
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_72_what_the_type_calls_a_secret_is_one_when_it_becomes_known() {
    let mut house = House::new(
        "stack a.QA
           resource Login main
           resource Vpc reader Pass=@main.Arn Label=@main.Box.Key Peer=@main.Box.Door
           output token @main.Arn
           output whole @main.Box
           output door @main.Box.Door
         stack b.QA
           resource Vpc far Pass=#a.QA:token Label=#a.QA:door",
    );
    assert_eq!(house.up(&[]).await, "");
    let main = object(&house, "a.QA", "main").await;
    assert!(is_encrypted(&main.observed["Arn"]));
    let whole = &main.observed["Box"];
    assert!(is_encrypted(whole.get("Key").expect("there")) && whole.get("Door") == Some(&"main-1".into()), "{whole:?}");
    let reader = object(&house, "a.QA", "reader").await;
    assert!(is_encrypted(&reader.inputs["Pass"]) && is_encrypted(&reader.inputs["Label"]), "{reader:?}");
    assert_eq!(reader.inputs["Peer"], "main-1".into(), "what stands beside a secret is none");
    let far = object(&house, "b.QA", "far").await;
    assert!(is_encrypted(&far.inputs["Pass"]) && far.inputs["Label"] == "main-1".into(), "{far:?}");
    let outputs = house.state("a.QA").await.outputs;
    let whole = &outputs[&value::Path::key("whole")].value;
    assert!(is_encrypted(whole.get("Key").expect("there")), "{whole:?}");
    assert_eq!(house.cloud.text("reader-2", "Label"), "open sesame");
    for (path, bytes, _) in house.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains("open sesame"), "{}", path.display());
    }
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_secret_that_is_told_once_stays_known_after_a_look_an_update_and_a_crash() {
    let program = |label: &str| {
        format!(
            "stack a.QA\n resource Login main Label={label}\n resource Vpc reader Pass=@main.Arn Label=@main.Box.Key"
        )
    };
    let mut house = House::settled(&program("x")).await;
    let told = object(&house, "a.QA", "main").await.observed.clone();
    house.cloud.discreet();
    house.refresh(&[]).await;
    assert_eq!(object(&house, "a.QA", "main").await.observed, told);
    assert!(house.preview(&[]).await.is_empty());
    house.program(&program("y"));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update main"], "who reads the secret has it already");
    house.program(&program("z"));
    house.attempt_killed(&["a.QA"], 1).await;
    assert_eq!(house.up(&[]).await, "");
    let main = object(&house, "a.QA", "main").await.observed.clone();
    assert_eq!((&main["Arn"], &main["Box"]), (&told["Arn"], &told["Box"]));
    assert!(house.preview(&[]).await.is_empty());
    // Another object has secrets of its own.
    house.cloud.vanish("main-1");
    house.refresh(&[]).await;
    house.up(&[]).await;
    assert!(!object(&house, "a.QA", "main").await.observed.contains_key("Arn"));
}

#[tokio::test]
async fn case_73_there_are_no_ephemeral_resources_what_a_run_has_made_is_in_its_state() {
    // Whatever the program says of a resource: as long as its object is there the state knows it, and it goes last in,
    // first out. What is needed only while a step runs is a hook's.
    let mut house = House::settled(
        "stack a.QA
           resource Vpc short
             retain
           resource Vpc middle Label=@short.VpcId
             deleted_with short
           resource Fixed last Label=@middle.VpcId",
    )
    .await;
    let state = house.state("a.QA").await;
    let mut known: Vec<String> = state.objects.values().map(|object| object.id.clone()).collect();
    known.sort();
    assert_eq!(known, house.cloud.ids());
    let last = object(&house, "a.QA", "last").await;
    assert_eq!(last.dependencies.len(), 1, "what reads it says so");
    assert!(house.preview(&[]).await.is_empty());
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete last", "delete middle"]);
}
