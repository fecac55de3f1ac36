//! What was approved is what is done: its digest, and what comes out otherwise on the way.

use engine::{Event, Goal, Target};

use crate::house::House;

const TWO: &str = "stack a.QA
       resource Vpc main Label=one
       output id @main.VpcId
     stack b.QA
       resource Vpc reader Peer=#a.QA:id";

/// The ARN of the bucket is shown as known, and the vendor gives another one.
const PREDICTED: &str = "stack a.QA
       resource Bucket logs Name=logs
       output arn @logs.Arn
     stack b.QA
       resource Vpc same Tags={\"none\":\"#a.QA:arn==none\"}
       resource Vpc after Peer=@same.VpcId
     stack c.QA
       resource Vpc none Label=one";

#[tokio::test]
async fn a_digest_is_that_of_what_would_be_done_and_of_nothing_else() {
    let mut house = House::new(TWO);
    let first = house.preview(&[]).await.digest();
    assert_eq!(house.preview(&["b.QA", "a.QA"]).await.digest(), first, "the order of words is nothing");
    house.program(&TWO.replace("stack a.QA\n", "stack a.QA\n\n\n"));
    assert_eq!(house.preview(&[]).await.digest(), first, "the lines of the program are nothing");
    house.program(&format!("{TWO}\n stack empty.QA"));
    assert_eq!(house.preview(&[]).await.digest(), first, "what nothing is done to is nothing");

    let cases = [
        ("a property", TWO.replace("Label=one", "Label=two")),
        ("a resource", TWO.replace("Label=one", "Label=one\n resource Vpc more")),
        ("an option", TWO.replace("Label=one", "Label=one\n protect")),
        ("a hook", TWO.replace("Label=one", "Label=one\n hook after_create sh hook.sh")),
        ("what an unknown value is made of", TWO.replace("Peer=#a.QA:id", "Peer=#a.QA:id==x")),
        ("an output", TWO.replace("output id", "output other 1\n output id")),
        ("a stack that waits", format!("{TWO}\n stack w.QA\n each w.QA thing a.QA:id")),
    ];
    for (what, program) in cases {
        house.program(&program);
        assert_ne!(house.preview(&[]).await.digest(), first, "{what}");
    }
    house.program(TWO);
    house.profile = "other".to_owned();
    assert_ne!(house.preview(&[]).await.digest(), first, "the same in another profile is something else");
}

#[tokio::test]
async fn a_run_of_somebody_else_moves_the_digest_of_the_stacks_that_it_touched() {
    let mut house = House::settled(TWO).await;
    house.edit("Label=one", "Label=two");
    let before = house.preview(&[]).await.digest();
    assert_eq!(house.preview(&[]).await.digest(), before);
    house.edit("Label=two", "Label=three");
    house.up(&[]).await;
    house.edit("Label=three", "Label=two");
    assert_ne!(house.preview(&[]).await.digest(), before);
}

/// What a stack exports is read from its plan where that is compared, and from state where it is known to have nothing
/// to do: of a secret the one has no ciphertext, the other one has.
#[tokio::test]
async fn a_digest_is_the_same_whether_a_secret_is_read_from_a_plan_or_from_state() {
    let program = "stack a.QA
           resource Vpc main Pass=!db.v1
           output pass @main.Pass
         stack b.QA
           resource Vpc kept Label=#a.QA:pass
             ignore Label
           resource Vpc reader Pass=#a.QA:pass Label=one";
    for change in ["Label=two", "Label=#a.QA:pass"] {
        let mut house = House::settled(program).await;
        house.edit("Label=one", change);
        house.traces.clear();
        let whole = house.preview(&[]).await;
        let again = house.preview(&[]).await;
        assert_eq!((whole.cached, again.cached), (0, 2), "{change}");
        assert_eq!(again.digest(), whole.digest(), "{change}");
        assert_eq!(house.preview(&["b.QA"]).await.digest(), whole.digest(), "{change}");
        assert!(!serde_json::to_string(&again.changes).expect("serialises").contains("ciphertext"), "{change}");
        // What was approved first is what is done after that.
        let report = house.apply(&whole).await.expect("starts");
        assert_eq!(crate::house::told(&report), [""; 0], "{change}");
        assert!(house.preview(&[]).await.is_empty(), "{change}");
    }
}

#[tokio::test]
async fn what_is_deleted_by_name_is_not_what_a_program_leaves_out() {
    let mut house = House::settled("stack a.QA\n resource Vpc main").await;
    let destroyed = house.preview_of(&[], Goal::Nothing).await.expect("a preview").digest();
    house.program("stack a.QA");
    assert_ne!(house.preview(&[]).await.digest(), destroyed);
}

#[tokio::test]
async fn a_saved_preview_has_one_digest_shown_and_taken_up() {
    let mut house = House::new(TWO);
    let text = house.save(&[]).await;
    let saved = saved::read(&text, "plan.json").expect("reads");
    assert_eq!(engine::Preview::from(&saved).digest(), saved.digest());
    assert_eq!(house.reopen(&text).await.expect("fits").digest(), saved.digest());
}

/// An output that comes out otherwise than it was proposed is what it is: only what reads it is compared again, and
/// goes on where it makes no difference.
#[tokio::test]
async fn an_output_that_comes_out_otherwise_stops_nobody_to_whom_it_is_the_same() {
    let mut house = House::new(PREDICTED);
    house.account = Some("7".to_owned());
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create logs", "create same", "create after", "create none"]);
    assert_ne!(house.output("a.QA", "arn").await, "arn:7:logs");
    let otherwise = |event: &&Event| matches!(event, Event::Otherwise { target: Target::Output(_), .. });
    assert_eq!(house.events.iter().filter(otherwise).count(), 1);
    assert!(house.preview(&[]).await.is_empty(), "nothing is left");
}

#[tokio::test]
async fn an_output_that_comes_out_otherwise_stops_whoever_it_makes_a_difference_to_and_nobody_else() {
    let mut house = House::new(&PREDICTED.replace("#a.QA:arn==none", "#a.QA:arn"));
    house.account = Some("7".to_owned());
    assert_eq!(house.up(&[]).await, "failed create same of b.QA: E0530\nskipped after of b.QA: same of b.QA");
    assert_eq!(house.cloud.calls(), ["create logs", "create none"], "what does not read it goes on");
    // What is left is shown as it is now, and done once it is approved.
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create same", "create after"]);
    assert!(house.preview(&[]).await.is_empty());
}
