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
