//! What stands for "nothing has changed" must change with everything that counts, and with nothing else.

use taskgraph::{Before, Cause, Change, affected};

use crate::shelf::Shelf;

/// Stacks that read one thing of each kind, and one that reads none.
const STACKS: [(&str, &str); 3] = [
    (
        "a.QA",
        "label = \"x\"\nfiles = [\"notes.txt\", \"missing.txt\"]\nlists = [\"conf.d\"]\nvariables = [\"REGION\", \"UNSET\"]\n\
         zone = true\nshout = true\nunused = 1\n[outputs]\ntext = \"t\"\ncount = 1\nid = \"@\"\nlabel = \"@Label\"\n",
    ),
    ("b.QA", "reads = [\"a.QA:text\", \"a.QA:id\"]\n[outputs]\npassed = \"#a.QA:text\"\n"),
    ("c.QA", "plain = \"a.QA:count\"\n"),
];

async fn shelf() -> Shelf {
    let mut shelf = Shelf::of(&STACKS);
    for (path, text) in [("notes.txt", "one"), ("conf.d/1", ""), ("other.txt", "")] {
        shelf.sources.files.insert(path.to_owned(), text.to_owned());
    }
    shelf.sources.variables.insert("REGION".to_owned(), "here".to_owned());
    shelf.sources.variables.insert("USER".to_owned(), "me".to_owned());
    shelf.up().await;
    let (preview, _) = shelf.preview().await;
    assert!(preview.is_empty());
    shelf
}

type Edit = fn(&mut Shelf);

fn set(shelf: &mut Shelf, path: &str, text: &str) {
    shelf.sources.files.insert(path.to_owned(), text.to_owned());
}

#[tokio::test]
async fn cache_01_each_kind_of_input_flips_the_key_and_is_named() {
    let cases: &[(Edit, &str)] = &[
        (|shelf| shelf.edit("a.QA", "label = \"x\"", "label = \"y\""), "config `label` changed"),
        (|shelf| shelf.edit("a.QA", "unused = 1", ""), "config `unused` was removed"),
        (|shelf| shelf.edit("a.QA", "unused = 1", "unused = 1\nmore = 2"), "config `more` was added"),
        (|shelf| set(shelf, "notes.txt", "two"), "file `notes.txt` changed"),
        (|shelf| set(shelf, "conf.d/2", ""), "list of files in `conf.d` changed"),
        (
            |shelf| drop(shelf.sources.variables.insert("REGION".to_owned(), "there".to_owned())),
            "environment variable `REGION` changed",
        ),
        (
            |shelf| "two".clone_into(&mut shelf.sources.zone),
            "world lock's answer to `test:zone` (region `here`) changed",
        ),
        (|shelf| shelf.edit_code("a"), "code of `a` changed"),
        (|shelf| shelf.edit_code("*"), "code of `a` changed"),
    ];
    for (edit, named) in cases {
        let mut shelf = shelf().await;
        let before = shelf.traces["a.QA"].record.digest();
        edit(&mut shelf);
        assert_eq!(shelf.why("a.QA").await, [*named]);
        let (preview, _) = shelf.preview().await;
        assert_ne!(shelf.traces["a.QA"].record.digest(), before, "{named}");
        assert!(preview.traces.contains_key("a.QA"), "{named}");
    }
}

#[tokio::test]
async fn cache_01_what_does_not_count_leaves_every_key_as_it_is() {
    let cases: &[(&str, Edit)] = &[
        ("a comment", |shelf| shelf.edit("a.QA", "label", "# A remark.\n\nlabel")),
        ("the order of keys", |shelf| {
            shelf.edit("a.QA", "label = \"x\"\n", "");
            shelf.edit("a.QA", "unused = 1", "unused = 1\nlabel = \"x\"");
        }),
        ("a file that nobody reads", |shelf| set(shelf, "other.txt", "changed")),
        ("a file in a directory that nobody lists", |shelf| set(shelf, "elsewhere/1", "")),
        ("the content of a file that is only listed", |shelf| set(shelf, "conf.d/1", "changed")),
        ("a variable that nobody reads", |shelf| {
            shelf.sources.variables.insert("USER".to_owned(), "somebody".to_owned());
        }),
        ("how many steps may run at a time", |shelf| shelf.jobs = 7),
        ("the code of another project", |shelf| shelf.edit_code("zzz")),
    ];
    for (what, edit) in cases {
        let mut shelf = shelf().await;
        edit(&mut shelf);
        assert_eq!(shelf.why("a.QA").await, [""; 0], "{what}");
        let (preview, _) = shelf.preview().await;
        assert!(preview.is_empty(), "{what}");
        assert!(!preview.traces.contains_key("a.QA") && !preview.traces.contains_key("b.QA"), "{what}");
    }
}

/// Each edit is named, and moves the one stack.
async fn each_is_seen(cases: [(Edit, &str); 2]) {
    for (edit, named) in cases {
        let mut shelf = shelf().await;
        edit(&mut shelf);
        assert_eq!(shelf.why("a.QA").await, [named]);
        let (preview, _) = shelf.preview().await;
        assert_eq!(preview.changes.len(), 1, "{named}");
    }
}

#[tokio::test]
async fn cache_02_a_file_that_comes_under_a_listing_or_goes_is_seen() {
    let cases: [(Edit, &str); 2] = [
        (|shelf| set(shelf, "conf.d/2", ""), "list of files in `conf.d` changed"),
        (|shelf| drop(shelf.sources.files.remove("conf.d/1")), "list of files in `conf.d` vanished"),
    ];
    each_is_seen(cases).await;
}

#[tokio::test]
async fn cache_03_a_file_that_was_read_and_goes_and_one_that_was_missed_and_comes_are_seen() {
    let cases: [(Edit, &str); 2] = [
        (|shelf| drop(shelf.sources.files.remove("notes.txt")), "file `notes.txt` vanished"),
        (|shelf| set(shelf, "missing.txt", "here"), "file `missing.txt` appeared"),
    ];
    each_is_seen(cases).await;
}

#[tokio::test]
async fn cache_04_another_place_for_the_state_is_another_state() {
    let mut shelf = shelf().await;
    shelf.elsewhere();
    let (preview, _) = shelf.preview().await;
    // Programs are not evaluated again, where they read no outputs; nothing is taken to be there.
    assert!(!preview.is_empty() && preview.unchanged.is_empty());
    assert!(preview.changes.iter().all(|set| set.base.is_none()));
}

#[tokio::test]
async fn cache_05_a_variable_counts_only_where_it_is_read() {
    let mut shelf = shelf().await;
    shelf.sources.variables.insert("UNSET".to_owned(), "now".to_owned());
    assert_eq!(shelf.why("a.QA").await, ["environment variable `UNSET` was set"]);
    shelf.sources.variables.remove("UNSET");
    shelf.sources.variables.remove("REGION");
    assert_eq!(shelf.why("a.QA").await, ["environment variable `REGION` was unset"]);
    assert_eq!(shelf.why("b.QA").await, [""; 0]);
    shelf.sources.variables.insert("REGION".to_owned(), String::new());
    assert_eq!(shelf.why("a.QA").await, ["environment variable `REGION` changed"], "empty is not unset");
}

#[tokio::test]
async fn cache_06_what_a_look_found_changed_is_never_said_to_be_unchanged() {
    let mut shelf = shelf().await;
    let selected = shelf.sources.stacks.keys().cloned().collect();
    let object = shelf.cloud.ids().into_iter().find(|id| id.starts_with("main")).expect("an object");
    shelf.cloud.vanish(&object);
    let report = shelf.with(async |engine| engine.refresh(&selected, &diff::Targets::default()).await).await;
    assert_eq!(report.expect("looks").gone.len(), 1);
    let (preview, _) = shelf.preview().await;
    assert_eq!(preview.changes.len(), 1, "its programs are as they were, its state is not");
    shelf.up().await;
    assert!(shelf.preview().await.0.is_empty());
}

#[tokio::test]
async fn cache_07_equal_outputs_cut_a_change_off_and_one_that_differs_reaches_its_readers_only() {
    let mut shelf = shelf().await;
    let touched = |preview: &engine::Preview| -> Vec<String> {
        preview.changes.iter().map(|set| set.stack.to_string()).collect()
    };
    // The stack itself changes, and none of its outputs that are read.
    shelf.edit("a.QA", "label = \"x\"", "label = \"y\"");
    let (preview, _) = shelf.preview().await;
    assert_eq!(touched(&preview), ["a.QA"]);
    assert!(!preview.traces.contains_key("b.QA"), "it is not even evaluated");
    shelf.up().await;
    shelf.edit("a.QA", "text = \"t\"", "text = \"u\"");
    assert_eq!(touched(&shelf.preview().await.0), ["a.QA", "b.QA"]);
    shelf.up().await;
    shelf.edit("a.QA", "count = 1", "count = 2");
    assert_eq!(touched(&shelf.preview().await.0), ["a.QA", "c.QA"]);
    shelf.up().await;
    assert!(shelf.preview().await.0.is_empty());
}

#[tokio::test]
async fn cache_01_another_body_of_a_named_function_is_another_plan() {
    let mut shelf = shelf().await;
    let before = shelf.traces["a.QA"].plan;
    let (_, then) = shelf.preview().await;
    // A comment in the code around it is not.
    shelf.edit_code("a");
    let (preview, _) = shelf.preview().await;
    assert!(preview.is_empty());
    assert_eq!(shelf.traces["a.QA"].plan, before);
    shelf.sources.function = 1;
    let (preview, now) = shelf.preview().await;
    assert_ne!(shelf.traces["a.QA"].plan, before);
    assert!(preview.is_empty(), "it was resolved again, and gives the same");
    let then = then.footprints().into_iter().map(|(stack, footprint)| (stack, Before::Known(footprint))).collect();
    let found = affected((Some(now.conditions), &then), (now.conditions, &now.footprints()));
    assert_eq!(found.stacks.len(), 1);
    assert_eq!(found.stacks["a.QA"], Change::Changed([Cause::Plan].into()));
}
