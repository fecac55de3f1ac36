use super::*;
use diag::Diagnostics;
use plan::WorldQuery;
use value::Value;

const AT: &str = "2026-08-22T00:00:00Z";

fn zones(names: &[&str], source: Source) -> Entry {
    let names = names.iter().map(|name| Value::from(*name)).collect::<Vec<_>>();
    Entry::to(&AvailabilityZones::of("us-east-1"), names, AT, source).expect("plain")
}

#[test]
fn a_lock_prints_in_a_stable_form_and_reads_back() {
    let mut lock = Lock::new();
    assert_eq!(lock.upsert(zones(&["us-east-1a", "us-east-1b"], Source::Sandbox)), Change::Added);
    lock.upsert(Entry::to(&AccountId, "123456789012", AT, Source::Live).expect("plain"));
    let text = lock.to_string();
    let expected = "\
# Answers of the live world that plans of this stack rest on. `runner lock update` renews them; do not edit.

[[answer]]
query = \"aws:account-id\"
answer = \"123456789012\"
at = \"2026-08-22T00:00:00Z\"
digest = \"DIGEST\"

[[answer]]
query = \"aws:availability-zones\"
arguments = { region = \"us-east-1\" }
answer = [\"us-east-1a\", \"us-east-1b\"]
at = \"2026-08-22T00:00:00Z\"
";
    let expected = expected.replace("DIGEST", &Value::from("123456789012").digest().to_string());
    assert!(text.starts_with(&expected) && text.ends_with("source = \"sandbox\"\n"), "{text}");
    let back = Lock::parse("QA.lock.toml", &text).expect("reads back");
    assert_eq!(back, lock);
    let query = AvailabilityZones::of("us-east-1");
    let answer = back.find(AvailabilityZones::NAME, &query.arguments()).map(Entry::answer);
    assert_eq!(answer.and_then(Value::as_list).map(<[_]>::len), Some(2));
    assert_eq!(back.find(AvailabilityZones::NAME, &AvailabilityZones::of("us-west-2").arguments()), None);
    assert_eq!(back.made_up().map(Entry::query).collect::<Vec<_>>(), ["aws:availability-zones"]);
}

#[test]
fn whatever_an_answer_holds_it_reads_back() {
    let answer = Value::map([
        ("a b", Value::from("q\"\\\n\u{1}\u{7f}\u{85}é")),
        ("", Value::Float(1e300)),
        ("$secret", Value::Int(i64::MIN)),
        ("long", Value::from(vec!["x".repeat(90), "y".repeat(90)])),
        ("gone", Value::Null),
        ("float", Value::Float(1.0)),
        ("empty", Value::Map(value::Map::new())),
    ]);
    let items = Value::List(vec![answer.clone(), Value::from("z".repeat(99))]);
    let mut lock = Lock::new();
    lock.upsert(Entry::new("q", &answer, &items, AT, Source::Live).expect("plain"));
    assert_eq!(Lock::parse("f", &lock.to_string()), Ok(lock.clone()));
    assert!(lock.find("q", &answer).is_some(), "a null argument is the same as none");
    for value in [Value::Null, Value::from(vec![Value::Null]), Value::Float(f64::NAN)] {
        assert_eq!(Entry::new("q", &answer, &value, AT, Source::Live), Err(NotPlain));
    }
}

#[test]
fn renewing_changes_only_what_is_another_answer() {
    let mut lock = Lock::new();
    lock.upsert(zones(&["a"], Source::Sandbox));
    let later = Entry::to(&AvailabilityZones::of("us-east-1"), vec!["a"], "2027-01-01T00:00:00Z", Source::Sandbox);
    assert_eq!(lock.upsert(later.expect("plain")), Change::Same);
    assert!(lock.to_string().contains(AT));
    assert_eq!(lock.upsert(zones(&["a"], Source::Live)), Change::Changed(zones(&["a"], Source::Sandbox)));
    assert_eq!(lock.made_up().count(), 0);
}

#[test]
fn all_problems_of_a_lock_are_found() {
    let mut lock = Lock::new();
    lock.upsert(zones(&["a"], Source::Live));
    lock.upsert(Entry::to(&AccountId, "123456789012", AT, Source::Live).expect("plain"));
    let text = lock.to_string().replace("123456789012", "210987654321");
    let twice = format!("{text}\n[[answer]]{}", text.rsplit("[[answer]]").next().unwrap_or_default());
    let found = Lock::parse("f", &twice).expect_err("problems");
    assert_eq!(summary(&found), ["E0221 f:7:10", "E0222 f:16:1"]);
    assert!(found.iter().all(|d| !d.hints.is_empty()));
    let forms =
        "[[answer]]\nquery = \"q\"\nanswer = 1\nat = \"today\"\ndigest = \"x\"\n[[answer]]\nquerry = 1\n[other]";
    let found = Lock::parse("f", forms).expect_err("problems");
    assert_eq!(
        summary(&found),
        ["E0101 f:8:2", "E0101 f:7:1", "E0102 f:6:1", "E0102 f:6:1", "E0102 f:6:1", "E0102 f:6:1"]
    );
    let found = Lock::parse("f", &forms[..forms.find("\n[[answer]]\nquerry").expect("there")]).expect_err("problems");
    assert_eq!(summary(&found), ["E0220 f:4:6", "E0221 f:5:10"]);
    assert_eq!(Lock::parse("f", ""), Ok(Lock::new()));
}

fn summary(found: &Diagnostics) -> Vec<String> {
    found.iter().map(|d| format!("{} {}", d.code, d.place.as_ref().expect("a place"))).collect()
}
