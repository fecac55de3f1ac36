//! What a restricted run leaves alone holds what it reads.

use super::fixture::targets;
use super::*;

fn restricted(words: &str) -> Settings {
    Settings { targets: targets(words), ..Settings::default() }
}

#[track_caller]
fn refused(text: &str, words: &str, expected: &str) {
    assert_eq!(plan_with(text, restricted(words)).map(|(_, names)| names), Err(trimmed(expected)));
}

const HINTS: &str = "hint touch its readers too: `--target-dependents`
     hint or leave it: `--exclude`";

#[test]
fn case_67_a_deletion_with_readers_that_are_not_targeted_is_refused() {
    let text = "stack net.QA destroyed
           has Vpc a
           has Vpc b Peer=a-1
             depends a
           has Vpc c Peer=b-1
             depends b
           has Vpc apart
           published id a-1 from a
         stack app.QA destroyed
           has Vpc reader Peer=a-1
             depends
             reads net.QA:id";
    refused(
        text,
        "--target a --target apart",
        &format!(
            "E0432 `a`, output `id` of `net.QA` cannot go: what is not to be touched still reads it
             note `b` of net.QA was applied with it
             note `reader` of app.QA was applied with it
             {HINTS}"
        ),
    );
    check_with(
        text,
        restricted("--target a --target-dependents"),
        "app:delete reader 1
         net:delete c 1
         net:delete b 1 <- net:delete c 1
         net:delete a 1 <- app:delete reader 1, net:delete b 1
         net:publish id <- app:delete reader 1, net:delete a 1",
    );
}

#[test]
fn an_object_that_others_would_go_with_is_not_deleted_while_they_are_left() {
    refused(
        "stack net.QA
           resource Vpc kept
           has Vpc base
           has Vpc kept
             with base 1",
        "--target base",
        &format!(
            "E0432 `base` of `net.QA` cannot go: what is not to be touched still reads it
             note `kept` of net.QA was applied with it
             {HINTS}"
        ),
    );
}

#[test]
fn the_old_object_of_a_replacement_stays_while_a_reader_is_left() {
    let text = "stack net.QA
           resource Vpc a Cidr=new
           resource Vpc b Peer=@a.VpcId
           has Vpc a Cidr=old
           has Vpc b Peer=a-1";
    check_with(
        text,
        restricted("--target a"),
        "apply a
         held back a by `b` of net.QA",
    );
    check_with(
        text,
        restricted("--target a --target b"),
        "apply a
         apply b <- apply a
         delete b 1 <- apply b
         delete a 1 <- apply a, apply b, delete b 1",
    );
    let first = text.replace("Vpc a Cidr=new", "Vpc a Cidr=new\n dbr true");
    refused(
        &first,
        "--target a",
        &format!(
            "E0432 `a` of `net.QA` cannot go: what is not to be touched still reads it
             note `b` of net.QA was applied with it
             {HINTS}"
        ),
    );
}

#[test]
fn what_was_set_aside_stays_while_an_output_that_is_left_holds_it() {
    // `ids` cannot be renewed, since `new` is not made; `reader` still has the id of the old `a`.
    let text = "stack net.QA
           resource Vpc a
           resource Vpc new
           output ids [\"@a.VpcId\",\"@new.VpcId\"]
           has Vpc a
             incarnation 2
           leftover Vpc a
           published ids [\"a-1\"] from a
         stack app.QA
           resource Vpc reader Tags=#net.QA:ids
           has Vpc reader Tags=[\"a-1\"]";
    check_with(text, restricted("--target a --target reader"), "held back a by `reader` of app.QA");
}
