//! Commands that run before and after steps.

use crate::cloud::Harm;
use crate::house::{CANARY, House, walk};

/// A house with a script that writes its arguments down; with `fail` as the first one it fails.
fn house(program: &str) -> House {
    let house = House::new(program);
    let script = "echo \"$@\" >> hooks.log; if [ $1 = fail ]; then shift; echo \"said $@\" >&2; exit 3; fi";
    std::fs::write(house.root().join("log.sh"), script).expect("written");
    house
}

/// What the hooks wrote since the last time.
fn ran(house: &House) -> Vec<String> {
    let path = house.root().join("hooks.log");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    drop(std::fs::remove_file(path));
    text.lines().map(str::to_owned).collect()
}

const ALL: &str = "stack a.QA
       resource Vpc other
       resource Vpc main Label=x
         hook before_create sh log.sh making @other.VpcId
         hook after_create sh log.sh made @main.VpcId
         hook before_update sh log.sh changing @main.VpcId
         hook after_update sh log.sh changed @main.Label
         hook before_delete sh log.sh deleting @main.VpcId
         hook after_delete sh log.sh deleted @main.VpcId";

#[tokio::test]
async fn hooks_run_around_the_steps_of_their_resource_and_those_of_a_delete_come_from_state() {
    let mut house = house(ALL);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(ran(&house), ["making other-1", "made main-2"]);
    assert!(house.preview(&[]).await.is_empty());
    house.edit("Label=x", "Label=y");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(ran(&house), ["changing main-2", "changed y"]);
    // A change of the hooks alone is a record, if they are kept at all, and no call.
    house.cloud.calls();
    house.edit("log.sh changing", "log.sh updating");
    assert_eq!(house.up(&[]).await, "");
    house.edit("log.sh deleting", "log.sh removing");
    let shown = crate::fixture::print(&house.preview(&[]).await.changes);
    assert_eq!(shown, "a.QA\n. main (record)");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!((house.cloud.calls(), ran(&house)), (vec![], vec![]));
    assert!(house.preview(&[]).await.is_empty());
    // The program no longer says anything.
    house.program("stack a.QA");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(ran(&house), ["removing main-2", "deleted main-2"]);
}

#[tokio::test]
async fn a_hook_that_fails_before_a_step_keeps_it_from_being_called() {
    for (moment, edit) in [("before_create", None), ("before_update", Some("y")), ("before_delete", None)] {
        let pass = if moment == "before_create" { "!k.v1" } else { "@main.Pass" };
        let mut house = house(&format!(
            "stack a.QA
               resource Vpc main Label=x Pass=!k.v1
                 hook {moment} sh log.sh fail {pass}
               resource Vpc reads Label=@main.VpcId"
        ));
        let told = house.up(&[]).await;
        let (word, told) = match (moment, edit) {
            ("before_create", _) => ("create", told),
            (_, Some(label)) => {
                house.edit("Label=x", &format!("Label={label}"));
                ("update", house.up(&[]).await)
            }
            _ => ("delete", house.destroy(&[]).await),
        };
        assert!(told.contains(&format!("failed {word} main of a.QA: E0533")), "{told}");
        assert!(!house.cloud.calls().contains(&format!("{word} main")), "{moment}");
        if let Some(state) = house.state_if_any("a.QA").await {
            assert!(state.dangling.is_empty(), "{moment}: an intent was written");
        }
        // The hook got the secret; nobody else sees it.
        assert!(ran(&house).iter().any(|line| line.contains(CANARY)), "{moment}");
        let events = format!("{:?}", house.events);
        assert!(events.contains("the hook `sh`") && !events.contains(CANARY), "{events}");
        let mut files = Vec::new();
        walk(&house.root(), &mut files);
        assert!(files.iter().all(|(_, bytes, _)| !String::from_utf8_lossy(bytes).contains(CANARY)), "{files:?}");
    }
}

#[tokio::test]
async fn a_hook_that_fails_after_a_step_keeps_the_object_and_says_what_it_printed() {
    let program = "stack a.QA\n resource Vpc main\n hook after_create sh log.sh fail aloud !k.v1\n resource Vpc reads Label=@main.VpcId";
    let mut house = house(program);
    let preview = house.preview(&[]).await;
    let report = house.apply(&preview).await.expect("starts");
    let problem = &report.failed[0].problem;
    assert_eq!(problem.message, "`main`: the hook `sh` after the create failed");
    assert_eq!(problem.notes, ["said aloud ***\nit ended with exit status: 3"]);
    assert_eq!((report.skipped.len(), house.cloud.ids()), (1, vec!["main-1".to_owned()]));
    let state = house.state("a.QA").await;
    assert!(state.dangling.is_empty() && state.objects.len() == 1, "{state:?}");
    // It is not run again: the object is made.
    ran(&house);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!((ran(&house), house.cloud.ids().len()), (vec![], 2));
}

#[tokio::test]
async fn a_hook_that_takes_too_long_is_ended_with_all_that_it_started() {
    let mut house = house(
        "stack a.QA\n resource Vpc main\n timeouts 1 1 1\n hook before_create sh slow.sh\n hook before_create sh log.sh second",
    );
    std::fs::write(house.root().join("slow.sh"), "sh -c 'sleep 3; echo late >> hooks.log' & sleep 60")
        .expect("written");
    let preview = house.preview(&[]).await;
    let begun = std::time::Instant::now();
    let report = house.apply(&preview).await.expect("starts");
    assert_eq!(report.failed[0].problem.notes, ["it was stopped after 1 seconds"]);
    assert!(begun.elapsed().as_secs() < 3 && house.cloud.calls().is_empty());
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    assert_eq!(ran(&house), [""; 0], "what it started lives on");
}

#[tokio::test]
async fn case_31_a_second_signal_ends_the_hooks_and_what_they_started() {
    let mut house = house("stack a.QA\n resource Vpc main\n hook before_create sh slow.sh");
    std::fs::write(house.root().join("slow.sh"), "sh -c 'sleep 2; echo late >> hooks.log' & sleep 60")
        .expect("written");
    let children = house.children.clone();
    let killed = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        children.kill_all();
    });
    assert_eq!(house.up(&[]).await, "failed create main of a.QA: E0533");
    killed.await.expect("killed");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!((ran(&house), house.cloud.calls()), (vec![], vec![]));
}

#[tokio::test]
async fn hooks_of_what_is_left_or_lost_do_not_run_and_a_program_that_is_not_there_is_said() {
    // What is retained is not deleted, so nothing runs.
    let mut kept = house(&ALL.replace("Label=x", "Label=x\n retain"));
    kept.up(&[]).await;
    ran(&kept);
    assert_eq!(kept.destroy(&[]).await, "");
    assert_eq!(ran(&kept), [""; 0]);
    // A create that failed is not followed by what follows a create.
    let mut refused = house(ALL);
    refused.cloud.harm("create main", Harm::Refuse);
    refused.up(&[]).await;
    assert_eq!(ran(&refused), ["making other-1"]);
    let mut house = House::new("stack a.QA\n resource Vpc main\n hook before_create no-such-program-here");
    let preview = house.preview(&[]).await;
    let report = house.apply(&preview).await.expect("starts");
    assert!(report.failed[0].problem.notes[0].starts_with("it cannot be started: "), "{:?}", report.failed);
}

#[tokio::test]
async fn hooks_follow_a_resource_to_its_new_name() {
    let mut house = house("stack a.QA\n resource Vpc old\n hook before_delete sh log.sh deleting !k.v1");
    assert_eq!(house.up(&[]).await, "");
    house.edit("Vpc old", "Vpc new");
    house.edit("hook", "alias old\n hook");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.destroy(&[]).await, "");
    let ran = ran(&house);
    assert!(ran.len() == 1 && ran[0].starts_with(&format!("deleting {CANARY}")), "{ran:?}");
}

#[tokio::test]
async fn functions_of_the_projects_run_as_hooks_with_open_arguments() {
    let mut house = house("");
    let file = house.root().join("hooks.log");
    let call = |moment: &str, words: &str| format!("call {moment} test::note {} {words}\n", file.display());
    house.program(&format!(
        "stack a.QA\n resource Vpc main Label=x\n {}{}{}{}{}{}",
        call("before_create", "making"),
        call("after_create", "made @main.VpcId"),
        call("before_update", "changing"),
        call("after_update", "changed @main.Label"),
        call("before_delete", "deleting @main.VpcId !k.v1"),
        call("after_delete", "deleted")
    ));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(ran(&house), ["making", "made main-1"]);
    house.edit("Label=x", "Label=y");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(ran(&house), ["changing", "changed y"]);
    // Those of a delete come from state.
    house.program("stack a.QA");
    assert_eq!(house.up(&[]).await, "");
    let ran = ran(&house);
    assert!(ran[0].starts_with(&format!("deleting main-1 {CANARY}")) && ran[1] == "deleted", "{ran:?}");
}

#[tokio::test]
async fn a_function_that_fails_fails_the_step_and_shows_no_secret() {
    let mut house = house("stack a.QA\n resource Vpc main\n call before_create test::fail because !k.v1");
    let preview = house.preview(&[]).await;
    let report = house.apply(&preview).await.expect("starts");
    let problem = &report.failed[0].problem;
    assert_eq!(problem.message, "`main`: the hook `test::fail` before the create failed");
    assert_eq!((&problem.notes[..], house.cloud.calls().len()), (&["because ***".to_owned()][..], 0));
    house.edit("test::fail", "test::panic");
    let preview = house.preview(&[]).await;
    let report = house.apply(&preview).await.expect("starts");
    assert_eq!(report.failed[0].problem.notes, ["it panicked"]);
    assert_eq!(house.cloud.calls(), [""; 0]);
    house.edit("test::panic", "test::fail");
    house.edit("test::fail", "test::none");
    let told = house.problems(&[], engine::Goal::Programs).await;
    assert!(told.starts_with("E0311 `a.QA` calls the function `test::none`"), "{told}");
}

#[tokio::test]
async fn of_what_goes_with_another_object_no_delete_hook_runs_and_the_preview_says_so() {
    let program = "stack a.QA
           resource Vpc main
           resource Vpc inner
             deleted_with main
             hook before_delete sh log.sh deleting @inner.VpcId
           resource Vpc quiet
             deleted_with main";
    let mut together = house(program);
    together.up(&[]).await;
    together.cloud.calls();
    together.program("stack a.QA");
    let preview = together.preview(&[]).await;
    assert_eq!(preview.notes, ["the delete hooks of `inner` of a.QA do not run: it goes with `main`"]);
    assert_eq!(together.up(&[]).await, "");
    assert_eq!((together.cloud.calls(), ran(&together)), (vec!["delete main".to_owned()], vec![]));
    // One that goes by itself is deleted with its hooks.
    let mut alone = house(program);
    alone.up(&[]).await;
    alone.program("stack a.QA\n resource Vpc main");
    assert_eq!(alone.preview(&[]).await.notes, [""; 0]);
    assert_eq!(alone.up(&[]).await, "");
    assert_eq!(ran(&alone), ["deleting inner-2"]);
}

#[tokio::test]
async fn what_is_taken_over_is_neither_made_nor_changed_so_only_its_delete_hooks_ever_run() {
    let mut house = house("stack a.QA\n resource Vpc main Label=x\n retain");
    house.up(&[]).await;
    house.destroy(&[]).await;
    house.program(&ALL.replace("Label=x", "Label=x\n import main-1"));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(ran(&house), [""; 0]);
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(ran(&house), ["deleting main-1", "deleted main-1"]);
}
