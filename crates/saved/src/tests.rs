//! What is read is what was written, and nothing else is.

use diff::ChangeSet;
use resource::{Plan, StackName};
use value::Digest;

use super::*;

fn saved() -> Saved {
    let stack = StackName::new("net", "QA");
    let changes = ChangeSet {
        stack: stack.clone(),
        stack_id: "id".into(),
        base: Some(3),
        resources: BTreeMap::new(),
        leftovers: [("net::Vpc::old".parse().expect("a URN"), 2)].into(),
        leaving: BTreeMap::new(),
        outputs: BTreeMap::new(),
        constructs: BTreeMap::new(),
        reads: BTreeMap::new(),
    };
    let pin = Pin { stack: "up.QA".into(), path: Path::key("id"), digest: Digest::of("value", b"1") };
    Saved {
        restricted: None,
        made: Made {
            organisation: "test".into(),
            profile: "sandbox".into(),
            profile_digest: Digest::of("profile", b""),
            semantics: 1,
            schemas: Digest::of("schemas", b""),
        },
        selected: ["net.QA".to_owned()].into(),
        stacks: vec![SavedStack {
            head: Some(Digest::of("head", b"3")),
            changes,
            plan: Some(Plan::new(stack)),
            plain: BTreeSet::new(),
        }],
        deferred: BTreeMap::from([("late.QA".into(), [("net.QA".into(), Path::key("count"))].into())]),
        takers: BTreeSet::new(),
        pins: [pin].into(),
        notes: vec!["a remark".into()],
    }
}

#[test]
fn what_was_written_is_read_again() {
    let text = text(&saved());
    assert_eq!(read(&text, "plan.json"), Ok(saved()));
    assert!(text.contains(&saved().digest().to_string()));
}

/// Every byte counts: each line is left out once, and each digit and letter is made another one.
#[test]
fn case_70_a_file_that_was_changed_is_refused() {
    let text = text(&saved());
    let lines: Vec<&str> = text.lines().collect();
    for left_out in 0..lines.len() {
        let changed = [&lines[..left_out], &lines[left_out + 1..]].concat().join("\n") + "\n";
        assert!(read(&changed, "plan.json").is_err(), "without {}", lines[left_out]);
    }
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric()) {
        let other = if byte == b'1' { '2' } else { '1' };
        let mut changed = text.clone();
        changed.replace_range(at..=at, &other.to_string());
        assert!(read(&changed, "plan.json").is_err(), "byte {at}: {changed}");
    }
    assert!(read(&text.replace("  ", " "), "plan.json").is_err(), "blanks count, too");
}

#[test]
fn refusals_say_what_is_wrong_and_what_to_do() {
    let good = text(&saved());
    let cases = [
        ("[1, 2", "E0560", "this is not a saved preview"),
        ("{\"format\": 1, \"digest\": 7}", "E0560", "this is not a saved preview"),
        ("{\"format\": 2}", "E0561", "this is a saved preview of version 2; this runner knows version 1"),
        (&good.replace("a remark", "another"), "E0562", "this saved preview was changed after it was written"),
    ];
    for (text, code, message) in cases {
        let problem = read(text, "plan.json").expect_err(text);
        assert_eq!((problem.code.as_str(), problem.message.as_str()), (code, message));
        assert_eq!(problem.place.map(|place| place.file), Some("plan.json".into()));
        assert_eq!(problem.hints, ["make it anew: `runner preview --out FILE`"]);
    }
}
