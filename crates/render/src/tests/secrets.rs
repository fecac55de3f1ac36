use std::collections::{BTreeMap, BTreeSet};

use diff::Difference;
use value::{Digest, Path, Secret, Type, Unknown, Value};

use super::fixture::{sets, stack};
use crate::{Style, ViewOptions, outputs, preview, value_text};

const CANARY: &str = "hunter2-canary";

fn secret(seed: &str) -> Value {
    Secret::open(Digest::of("test", seed.as_bytes()), Value::from(CANARY)).into()
}

#[test]
fn a_secret_is_never_shown() {
    let plain = || Value::from(CANARY);
    let nested = |value: Value| Value::map([("user", Value::from("u")), ("password", value)]);
    let unknown = Value::Unknown(Unknown { secret: true, ..Unknown::new(Type::String, "a.b.QA", "key") });
    let pairs = [
        (Some(secret("1")), Some(secret("2"))),
        (Some(plain()), Some(secret("2"))),
        (Some(secret("1")), Some(Value::Null)),
        (Some(secret("1")), Some(unknown)),
        (None, Some(secret("2"))),
        (Some(secret("1")), None),
        (Some(nested(secret("1"))), Some(nested(secret("2")))),
        (Some(nested(plain())), Some(nested(secret("2")))),
        (Some(Value::from(vec![nested(plain())])), Some(Value::from("text"))),
        (None, Some(Value::from(vec![nested(secret("1"))]))),
    ];
    let mut set = sets("stack a.b/QA\n~ T changed\n+ T made").remove(0);
    for change in set.resources.values_mut() {
        change.goal.insert("Password".to_owned(), secret("2"));
        change.goal.insert("Nested".to_owned(), nested(secret("2")));
        for (old, new) in &pairs {
            let hidden = old.as_ref().is_some_and(Value::has_secret) || new.as_ref().is_some_and(Value::has_secret);
            if hidden {
                let (old, new) = (old.clone(), new.clone());
                change.differences.push(Difference { path: Path::key("P"), old, new, replaces: false, drift: false });
            }
        }
    }
    let output = sets("stack a.b/QA\nout x 1").remove(0).outputs.remove(&Path::key("x")).expect("an output");
    set.outputs.insert(Path::key("x"), diff::OutputChange { value: Some(secret("3")), ..output });
    for options in [
        ViewOptions::default(),
        ViewOptions { full: true, ..ViewOptions::default() },
        ViewOptions { opened: BTreeSet::from([stack("a.b/QA")]), ..ViewOptions::default() },
    ] {
        let shown = preview(std::slice::from_ref(&set), &options);
        assert!(!shown.contains(CANARY), "{shown}");
        assert!(!options.full || shown.contains("(secret)") && shown.contains("(secret, changed)"), "{shown}");
    }
    assert_eq!(value_text(&nested(secret("1")), "", 80), "{password: (secret), user: \"u\"}");
    let map = BTreeMap::from([(Path::key("x"), secret("1")), (Path::key("longer"), Value::from(1))]);
    assert_eq!(outputs(&map, Style::PLAIN), "longer = 1\nx      = (secret)\n");
}
