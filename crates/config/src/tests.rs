use super::*;
use diag::{Diagnostics, Place};
use value::Path;

fn node(path: &str, kind: NodeKind) -> Node {
    Node { kind, place: Place::start_of("stack.toml"), path: path.parse().expect("a path") }
}

fn table(entries: Vec<(&str, NodeKind)>) -> Node {
    let entries = entries
        .into_iter()
        .enumerate()
        .map(|(i, (key, kind))| {
            let place = Place::new("stack.toml", u32::try_from(i).expect("small") + 1, 1);
            (key.to_owned(), (place.clone(), Node { kind, place, path: Path::key(key) }))
        })
        .collect();
    node("", NodeKind::Table(Table { entries }))
}

#[test]
fn unknown_missing_and_wrong_keys_are_all_reported() {
    let root = table(vec![
        ("cidr_blok", NodeKind::String("10.0.0.0/16".into())),
        ("count", NodeKind::String("3".into())),
        ("mode", NodeKind::String("al".into())),
    ]);
    let mut found = Diagnostics::new();
    let mut fields = Fields::of(&root, &["cidr_block", "count", "mode"], &mut found).expect("a table");
    assert_eq!(fields.field::<expr::Ipv4Net>("cidr_block", &mut found), None);
    assert_eq!(fields.field::<u32>("count", &mut found), None);
    let NodeKind::Table(entries) = &root.kind else { panic!("a table") };
    assert_eq!(enum_from_node(&entries.entries["mode"].1, &[("single", 1), ("all", 2)], &mut found), None);
    let lines: Vec<String> =
        found.iter().map(|d| format!("{} {} | {}", d.code, d.message, d.hints.join("; "))).collect();
    assert_eq!(
        lines,
        [
            "E0101 unknown key `cidr_blok` | did you mean `cidr_block`?",
            "E0102 missing key `cidr_block` | add `cidr_block = …` here",
            "E0103 `count` must be an integer, not a string | write it without quotes: `3`",
            "E0104 `mode` cannot be `al` | did you mean `all`?",
        ]
    );
}

#[test]
fn secrets_are_never_plain() {
    let mut found = Diagnostics::new();
    let secret = NodeKind::Secret { ciphertext: "age:x".into(), fingerprint: value::Digest::of("t", b"x") };
    assert_eq!(String::from_node(&node("password", secret.clone()), &mut found), None);
    assert!(SealedSecret::from_node(&node("password", secret), &mut found).is_some());
    assert_eq!(SealedSecret::from_node(&node("password", NodeKind::Int(1)), &mut found), None);
    assert!(found.iter().all(|d| d.code == "E0105") && found.len() == 2);
}

#[test]
fn toml_becomes_a_tree_with_places() {
    let text = "# Comment.\nname = \"ä\"\r\n[vpc]\n  sizes = [1,\n 2.5]\n[vpc.\"a.b\"]\nkey = { secret = \"age:x\", fingerprint = \"FP\" }\n[[rule]]\nport = 0x1F\n";
    let text = text.replace("FP", &value::Digest::of("t", b"x").to_string());
    let root = crate::parse("stacks/QA.toml", &text).expect("parses");
    let mut seen = Vec::new();
    walk(&root, &mut seen);
    assert_eq!(
        seen,
        [
            "name 2:1 2:8 a string",
            "rule 8:3 8:1 a list",
            "vpc 3:2 3:1 a table",
            "vpc[\"a.b\"] 6:6 6:1 a table",
            "vpc[\"a.b\"].key 7:1 7:7 a secret",
            "vpc.sizes 4:3 4:11 a list",
        ]
    );
    let value = root.to_value();
    assert_eq!(value.at(&"rule[0].port".parse().expect("a path")).and_then(value::Value::as_int), Some(31));
}

fn walk(node: &Node, seen: &mut Vec<String>) {
    let NodeKind::Table(table) = &node.kind else { return };
    for (at, child) in table.entries.values() {
        let (kind, place) = (child.kind_name(), &child.place);
        seen.push(format!("{} {}:{} {}:{} {kind}", child.path, at.line, at.column, place.line, place.column));
        walk(child, seen);
    }
}

#[test]
fn all_problems_of_a_text_are_found() {
    let problems = |text: &str| -> Vec<String> {
        let found = crate::parse("f", text).expect_err("problems");
        found.iter().map(|d| format!("{} {}", d.code, d.place.as_ref().expect("a place"))).collect()
    };
    assert_eq!(problems("a = x\nb = 1\nb = 2\nc = \"open\n"), ["E0201 f:1:5", "E0201 f:3:1", "E0201 f:4:10"]);
    assert_eq!(
        problems("a = 2026-08-22\nb = [1, nan]\nc = 99999999999999999999"),
        ["E0202 f:1:5", "E0202 f:2:9", "E0202 f:3:5"]
    );
    let secrets = "a = { secret = \"age:x\" }\nb = { secret = \"plain\", fingerprint = \"00\" }\nc = { secret = \"mine\" }\nd = { secret = \"x\", fingerprint = \"y\", more = 1 }";
    assert_eq!(problems(secrets), ["E0203 f:1:5", "E0203 f:2:5"]);
}

#[test]
fn no_text_makes_the_reader_panic() {
    let text = "a = [1, 2.5, { b = \"ä\", c = 1979-05-27 }]\r\n[[t.\"x.y\"]]\nk = \"\"\"\n z\"\"\"\n";
    for (at, c) in text.char_indices() {
        for piece in ["", "\"", "]", "[", "{", "=", "\n", "\u{feff}", "é", "0x", "'''"] {
            drop(crate::parse("f", &format!("{}{piece}{}", &text[..at], &text[at + c.len_utf8()..])));
        }
        drop(crate::parse("f", &text[..at]));
    }
}
