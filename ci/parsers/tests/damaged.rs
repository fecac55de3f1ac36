//! Every target on real texts, and on texts that are damaged at random.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parsers::TARGETS;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use state::{Entry, StackState};

/// One thing that happens to bytes on their way.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, &'static str),
}

/// Pieces that parsers trip over.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "[[",
    "=",
    ".",
    ",",
    "\n",
    "\\",
    "\\u0000",
    "\u{0}",
    "é",
    "\u{202e}",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "::",
    "[*]",
    "[0]",
    "true",
    "{}",
    "[]",
    "age",
    "/",
    "%",
];

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, with)| Damage::Flip(at, with)),
        at().prop_map(Damage::Cut),
        (at(), 1..20_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (at(), 1..40_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (at(), prop::sample::select(PIECES)).prop_map(|(at, piece)| Damage::Insert(at, piece)),
    ]
}

fn damaged(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for damage in damages.iter().filter(|_| !bytes.is_empty()).cloned().collect::<Vec<_>>() {
        let length = bytes.len().max(1);
        match damage {
            Damage::Flip(at, with) => {
                if let Some(byte) = bytes.get_mut(at.index(length)) {
                    *byte = with;
                }
            }
            Damage::Cut(at) => bytes.truncate(at.index(length)),
            Damage::Remove(at, count) => {
                let start = at.index(length).min(bytes.len());
                bytes.drain(start..(start + count).min(bytes.len()));
            }
            Damage::Repeat(at, count) => {
                let start = at.index(length).min(bytes.len());
                let part = bytes[start..(start + count).min(bytes.len())].to_vec();
                bytes.splice(start..start, part);
            }
            Damage::Insert(at, piece) => {
                let start = at.index(length).min(bytes.len());
                bytes.splice(start..start, piece.bytes());
            }
        }
    }
    bytes
}

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a root").to_owned()
}

fn files(directory: &Path, fits: &dyn Fn(&str) -> bool, found: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, fits, found);
        } else if path.file_name().is_some_and(|name| fits(&name.to_string_lossy())) {
            found.push(std::fs::read(&path).expect("reads"));
        }
    }
}

/// A plan with every kind of expression.
const PLAN: &str = r#"{"plan":{"format":1,"stack":{"project":"a.b","short":"QA"},"resources":{"a.b::Vpc::main":{
    "properties":{"Cidr":{"call":{"op":"cidr_subnet","args":[{"value":"10.0.0.0/8"},{"value":16},{"value":3}]}}},
    "options":{"protect":true,"ignore_changes":["Tags.a"]}}},"outputs":{"id":{"value":"x"}}}}"#;

/// What a saved preview holds.
const SAVED: &str = r#"{"made":{"organisation":"o","profile":"sandbox","profile_digest":"DIGEST","semantics":1,"schemas":"DIGEST"},
    "selected":["a.b.QA"],"stacks":[{"head":null,"changes":{"stack":{"project":"a.b","short":"QA"},"stack_id":"id","base":null,
    "resources":{},"leftovers":[["a.b::Vpc::old",3]],"leaving":{},"outputs":{},"constructs":{},
    "reads":[["c.QA","id",{"digest":"DIGEST","proposed":false}]]},"plan":null,"plain":[["c.QA","id"]]}],
    "deferred":{"d.QA":[["a.b.QA","id"]]},"pins":[],"notes":["a remark"]}"#;

fn saved_preview() -> saved::Saved {
    serde_json::from_str(&saved_text()).expect("a saved preview")
}

fn saved_text() -> String {
    SAVED.replace("DIGEST", &value::Digest::from_bytes([7; 32]).to_string())
}

fn signature() -> String {
    let key = signing::SecretKey::generate().expect("random numbers");
    key.sign("test", value::Digest::from_bytes([7; 32])).to_string()
}

fn texts() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let mut texts: BTreeMap<&'static str, Vec<Vec<u8>>> = BTreeMap::new();
    let mut of = |name: &'static str, directory: &str, fits: &dyn Fn(&str) -> bool| {
        files(&root().join(directory), fits, texts.entry(name).or_default());
    };
    let is_toml = |name: &str| Path::new(name).extension().is_some_and(|extension| extension == "toml");
    of("configuration", "projects", &|name| is_toml(name) && !name.ends_with("lock.toml"));
    of("configuration", "foreign", &is_toml);
    of("configuration", "configuration", &|name| Path::new(name).extension().is_some_and(|end| end == "yaml"));
    of("manifest", "projects", &|name| name == "inputs.lock.json");
    of("lock_file", "projects", &|name| name.ends_with(".lock.toml"));
    texts.entry("workspace_file").or_default().extend(std::fs::read(root().join("groundplan.toml")));
    texts.insert("plan", vec![PLAN.into()]);
    let (object, intent) = (store::conformance::object("main", 1), store::conformance::create("next", 2));
    let mut state = StackState::new("id".to_owned(), resource::StackName::new("a.b", "QA"));
    let entries = [Entry::Recorded { object: Box::new(object) }, intent];
    entries.iter().for_each(|entry| state.apply(entry));
    texts.insert("state", vec![serde_json::to_vec(&state).expect("writes")]);
    let chunk = state::Chunk { position: 0, previous: value::Digest::from_bytes([0; 32]), entries: entries.to_vec() };
    texts.insert("journal", vec![chunk.to_bytes()]);
    let queries =
        ["rdeps(infrastructure.aws.dns.*) & env(QA) - (a.b.QA | failed())", "reads(a.QA:vpc.id)", "2027-12-31"];
    texts.insert("query", queries.iter().map(|query| query.as_bytes().to_vec()).collect());
    texts.insert("saved_preview", vec![saved_text().into_bytes(), saved::text(&saved_preview()).into_bytes()]);
    let names = ["a.b::AWS::EC2::VPC::main", "Rules[*].Port", "Tags[\"a.b\"].x", "a[0]"];
    texts.insert("names", names.iter().map(|name| name.as_bytes().to_vec()).collect());
    let mut seals = Vec::new();
    files(&root().join("secrets"), &|_| true, &mut seals);
    seals.push(b"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p".to_vec());
    seals.push(signature().into_bytes());
    texts.insert("seals", seals);
    texts
}

#[test]
fn no_parser_panics_and_what_is_understood_is_written_as_it_is_read() {
    let mut texts = texts();
    for (name, target) in TARGETS {
        let mut texts = texts.remove(name).unwrap_or_default();
        if texts.is_empty() {
            texts.push(Vec::new());
        }
        texts.iter().for_each(|text| target(text));
        let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
        let strategy = (prop::sample::select(texts), prop::collection::vec(damage(), 1..6));
        let mut runner = TestRunner::new(config);
        let result = runner.run(&strategy, |(text, damages)| {
            target(&damaged(&text, &damages));
            Ok(())
        });
        if let Err(proptest::test_runner::TestError::Fail(reason, (text, damages))) = result {
            panic!("{name}: {reason}: {:?}", String::from_utf8_lossy(&damaged(&text, &damages)));
        }
    }
}

#[test]
fn the_texts_that_are_damaged_are_understood_when_they_are_whole() {
    let texts = texts();
    serde_json::from_slice::<resource::Evaluated>(&texts["plan"][0]).expect("a plan");
    serde_json::from_slice::<StackState>(&texts["state"][0]).expect("a state");
    serde_json::from_slice::<state::Chunk>(&texts["journal"][0]).expect("a chunk");
    assert_eq!(saved::read(&saved::text(&saved_preview()), "plan.json").expect("reads"), saved_preview());
    assert!(texts["query"][..2].iter().all(|text| taskgraph::Query::parse(&String::from_utf8_lossy(text)).is_ok()));
    assert!(texts["seals"].len() > 1);
    // Someone else's workspace starts without projects.
    if root().join("projects").is_dir() {
        assert!(!texts["manifest"].is_empty() && texts["configuration"].len() > 10 && texts["lock_file"].len() > 1);
    }
}
