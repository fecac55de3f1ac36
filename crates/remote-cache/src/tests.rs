use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use plan::{Read, Reads};
use ports::{CacheError, RemoteCache, Space};
use resource::StackName;
use signing::{SecretKey, Signers};
use taskgraph::EvaluateRecord;
use value::Digest;

use super::*;

/// Tier, space and key of something in a cache.
type Slot = (String, Space, String);

/// A cache in memory, which can be looked into.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<Slot, Vec<u8>>>>);

/// A tier of it.
struct Part(Memory, String);

impl RemoteCache for Part {
    fn get(&self, space: Space, key: &str, _: Duration) -> Result<Option<Vec<u8>>, CacheError> {
        Ok(self.0.0.lock().expect("sound").get(&(self.1.clone(), space, key.to_owned())).cloned())
    }

    fn put(&self, space: Space, key: &str, bytes: &[u8], _: Duration) -> Result<(), CacheError> {
        let mut entries = self.0.0.lock().expect("sound");
        entries.insert((self.1.clone(), space, key.to_owned()), bytes.to_owned());
        Ok(())
    }
}

/// A cache that never answers well.
struct Broken(Duration);

impl RemoteCache for Broken {
    fn get(&self, _: Space, _: &str, within: Duration) -> Result<Option<Vec<u8>>, CacheError> {
        std::thread::sleep(self.0.min(within));
        if self.0 < within { Ok(None) } else { Err(CacheError("it does not answer in time".to_owned())) }
    }

    fn put(&self, _: Space, _: &str, _: &[u8], _: Duration) -> Result<(), CacheError> {
        Err(CacheError("it answers 500 to PUT".to_owned()))
    }
}

const BUDGET: Duration = Duration::from_secs(10);

fn key() -> SecretKey {
    SecretKey::generate().expect("there are random numbers")
}

fn trusting(keys: &[&SecretKey]) -> Signers {
    Signers::new(keys.iter().enumerate().map(|(number, key)| (format!("signer-{number}"), key.public())))
}

fn open(memory: &Memory, role: &Role, key: Option<&SecretKey>, signers: &Signers) -> Shared {
    let tier = |name: &TierName| {
        Ok::<Tier, CacheError>(Tier::new(Box::new(Part(memory.clone(), name.to_string())), signers.clone()))
    };
    Shared::open(role, key.cloned(), BUDGET, tier).expect("opens")
}

fn digest(text: &str) -> Digest {
    Digest::of("test", text.as_bytes())
}

fn file(name: &str) -> Read {
    Read::File(name.to_owned())
}

/// What an evaluation of a stack read.
fn record(stack: &str, reads: &[(&str, &str)]) -> EvaluateRecord {
    EvaluateRecord {
        format: 1,
        epoch: 1,
        code: digest("code"),
        stack: StackName::new("project", stack),
        reads: reads.iter().map(|(name, content)| (file(name), digest(content))).collect(),
    }
}

/// The world as it is now: files with their contents; others cannot be read.
fn now<'a>(files: &'a [(&'a str, &'a str)]) -> impl Fn(&Read) -> Option<Digest> + 'a {
    move |read| files.iter().find(|(name, _)| *read == file(name)).map(|(_, content)| digest(content))
}

fn payload(hit: Option<Hit>) -> Option<String> {
    hit.map(|hit| String::from_utf8(hit.payload).expect("is text"))
}

#[test]
fn an_evaluation_is_found_where_everything_that_it_read_is_as_it_was() {
    let (memory, key) = (Memory::default(), key());
    let signers = trusting(&[&key]);
    let writer = open(&memory, &Role::Main, Some(&key), &signers);
    // Two evaluations that read other files, and one that read the same files with other contents.
    writer.store(&record("QA", &[("a", "1")]), b"a1".to_vec(), &[("plan.json", b"plan a1")]);
    writer.store(&record("QA", &[("a", "2"), ("b", "1")]), b"a2 b1".to_vec(), &[("plan.json", b"plan a2 b1")]);
    writer.store(&record("QA", &[("a", "2"), ("b", "2")]), b"a2 b2".to_vec(), &[("plan.json", b"plan a2 b2")]);
    assert_eq!((writer.report().stored, writer.report().given_up), (3, None));

    let reader = open(&memory, &Role::Reader, None, &signers);
    let find = |stack: &str, files: &[(&str, &str)]| reader.find(&record(stack, &[]), &now(files));
    assert_eq!(payload(find("QA", &[("a", "1")])).as_deref(), Some("a1"));
    assert_eq!(payload(find("QA", &[("a", "2"), ("b", "1")])).as_deref(), Some("a2 b1"));
    assert_eq!(payload(find("QA", &[("a", "2"), ("b", "2")])).as_deref(), Some("a2 b2"));
    assert_eq!(find("QA", &[("a", "2"), ("b", "3")]), None, "another content");
    assert_eq!(find("QA", &[("b", "1")]), None, "what was read cannot be read now");
    assert_eq!(find("CI", &[("a", "1")]), None, "another stack");
    let other = EvaluateRecord { code: digest("other code"), ..record("QA", &[]) };
    assert_eq!(reader.find(&other, &now(&[("a", "1")])), None, "other code");
    assert_eq!((reader.report().hits, reader.report().misses), (3, 4));

    let hit = find("QA", &[("a", "2"), ("b", "2")]).expect("a hit");
    assert_eq!(hit.record, record("QA", &[("a", "2"), ("b", "2")]));
    assert_eq!(reader.file(&hit.record, "plan.json").as_deref(), Some(&b"plan a2 b2"[..]));
    assert_eq!(reader.file(&hit.record, "other"), None);
}

#[test]
fn only_the_last_lists_of_reads_are_kept() {
    let (memory, key) = (Memory::default(), key());
    let signers = trusting(&[&key]);
    let shared = open(&memory, &Role::Main, Some(&key), &signers);
    for number in 0..20 {
        let name = number.to_string();
        shared.store(&record("QA", &[(&name, "x")]), name.clone().into_bytes(), &[]);
    }
    let found = (0..20).filter(|number: &usize| {
        let name = number.to_string();
        shared.find(&record("QA", &[]), &now(&[(&name, "x")])).is_some()
    });
    assert_eq!(found.collect::<Vec<_>>(), (4..20).collect::<Vec<_>>());
}

#[test]
fn cache_09_every_cut_or_flipped_byte_of_an_entry_is_a_miss() {
    let (memory, key) = (Memory::default(), key());
    let signers = trusting(&[&key]);
    let shared = open(&memory, &Role::Main, Some(&key), &signers);
    let record = record("QA", &[("a", "1")]);
    shared.store(&record, b"payload".to_vec(), &[("plan.json", b"the plan")]);
    let whole = memory.0.lock().expect("sound").clone();
    assert_eq!(whole.len(), 3, "two entries and a blob");
    let damage = |at: &Slot, bytes: Vec<u8>| {
        *memory.0.lock().expect("sound") = whole.clone();
        memory.0.lock().expect("sound").insert(at.clone(), bytes);
        let found = shared.find(&record, &now(&[("a", "1")]));
        let plan = shared.file(&record, "plan.json");
        (payload(found), plan)
    };
    let (good, plan) = (Some("payload".to_owned()), Some(b"the plan".to_vec()));
    let (mut tried, mut missed) = (0, 0);
    for (at, bytes) in &whole {
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1 << (position % 8);
            for damaged in [flipped, bytes[..position].to_vec()] {
                let (found, file) = damage(at, damaged);
                assert!(found.is_none() || found == good, "something else was found: {found:?}");
                assert!(file.is_none() || file == plan, "another plan was found: {file:?}");
                tried += 1;
                missed += usize::from(found != good || file != plan);
            }
        }
    }
    assert_eq!(missed, tried, "each damage is noticed");
    assert!(shared.report().doubtful() > 0);
    assert_eq!(shared.report().given_up, None, "damage is no reason to give up");
}

#[test]
fn only_what_a_trusted_signer_put_there_counts() {
    let (memory, key, stranger) = (Memory::default(), key(), key());
    let signers = trusting(&[&key]);
    let record = record("QA", &[("a", "1")]);
    let find = || {
        let reader = open(&memory, &Role::Reader, None, &signers);
        let found = payload(reader.find(&record, &now(&[("a", "1")])));
        (found, reader.report())
    };
    open(&memory, &Role::Main, Some(&stranger), &signers).store(&record, b"false".to_vec(), &[]);
    let (found, report) = find();
    assert_eq!((found, report.strangers), (None, 1));

    open(&memory, &Role::Main, Some(&key), &signers).store(&record, b"true".to_vec(), &[]);
    assert_eq!(find().0.as_deref(), Some("true"), "what does not count is replaced");

    // The stranger puts an entry in place of the true one, under its key.
    let strong = |payload: &[u8]| crate::entry::Entry { payload: payload.to_vec(), files: Vec::new() };
    let at = crate::key::strong(&record);
    let slot = ("main".to_owned(), Space::Action, at.to_string());
    let put = |bytes: Vec<u8>| drop(memory.0.lock().expect("sound").insert(slot.clone(), bytes));
    put(strong(b"false").seal(at, &stranger));
    assert_eq!((find().0, find().1.strangers), (None, 1));
    // One that is signed by a trusted key, but for another key of the cache.
    put(strong(b"false").seal(cache::Address::of(b"elsewhere"), &key));
    assert_eq!((find().0, find().1.broken), (None, 1));
    put(Vec::new());
    assert_eq!((find().0, find().1.unsigned), (None, 1));
    put(b"<html>login</html>".to_vec());
    assert_eq!(find().0, None);
}

#[test]
fn cache_13_the_tier_of_a_pull_request_is_read_by_nobody_else() {
    let (memory, main, pull) = (Memory::default(), key(), key());
    // Even if the signer is trusted everywhere.
    let signers = trusting(&[&main, &pull]);
    let own = Role::PullRequest("17".to_owned());
    let record = record("QA", &[("a", "1")]);
    let find = |role: &Role| payload(open(&memory, role, None, &signers).find(&record, &now(&[("a", "1")])));
    open(&memory, &own, Some(&pull), &signers).store(&record, b"of 17".to_vec(), &[]);
    let tiers: Vec<String> = memory.0.lock().expect("sound").keys().map(|(tier, ..)| tier.clone()).collect();
    assert!(tiers.iter().all(|tier| tier == "pull-request/17"), "it writes nowhere else: {tiers:?}");
    assert_eq!(find(&own).as_deref(), Some("of 17"));
    for other in [Role::Main, Role::Reader, Role::PullRequest("18".to_owned()), Role::Off] {
        assert_eq!(find(&other), None, "{other:?}");
    }
    open(&memory, &Role::Main, Some(&main), &signers).store(&record, b"of main".to_vec(), &[]);
    for role in [Role::Main, Role::Reader, Role::PullRequest("18".to_owned())] {
        assert_eq!(find(&role).as_deref(), Some("of main"), "{role:?}");
    }
    assert_eq!(find(&own).as_deref(), Some("of 17"), "its own comes first");
    assert_eq!(find(&Role::Off), None);
}

#[test]
fn what_is_left_under_a_name_counts_as_an_entry_does() {
    let (memory, main, stranger) = (Memory::default(), key(), key());
    let signers = trusting(&[&main]);
    let (name, own) = (digest("a commit"), Role::PullRequest("17".to_owned()));
    let find = |role: &Role| open(&memory, role, None, &signers).named(name);
    open(&memory, &own, Some(&main), &signers).leave(name, b"of 17");
    assert_eq!((find(&own).as_deref(), find(&Role::Main), find(&Role::Reader)), (Some(&b"of 17"[..]), None, None));
    open(&memory, &Role::Main, Some(&stranger), &signers).leave(name, b"false");
    assert_eq!(find(&Role::Reader), None, "nobody trusts who has signed it");
    open(&memory, &Role::Reader, Some(&main), &signers).leave(name, b"of a reader");
    assert_eq!(find(&Role::Reader), None, "who only reads leaves nothing");
    open(&memory, &Role::Main, Some(&main), &signers).leave(name, b"of main");
    assert_eq!(find(&Role::Reader).as_deref(), Some(&b"of main"[..]));
    assert_eq!(open(&memory, &Role::Reader, None, &signers).named(digest("another")), None);
    let blobs = |(_, space, _): &Slot| *space == Space::Content;
    memory.0.lock().expect("sound").iter_mut().filter(|(at, _)| blobs(at)).for_each(|(_, bytes)| bytes[0] ^= 1);
    assert_eq!(find(&Role::Reader), None, "its bytes are not those that were signed");
}

#[test]
fn who_has_no_key_or_no_tier_stores_nothing() {
    let (memory, key) = (Memory::default(), key());
    let signers = trusting(&[&key]);
    let none = [(Role::Main, None), (Role::Reader, Some(&key)), (Role::Off, Some(&key))];
    for (role, key) in none {
        let shared = open(&memory, &role, key, &signers);
        shared.store(&record("QA", &[]), b"x".to_vec(), &[]);
        assert_eq!((shared.writes(), shared.report().stored), (false, 0), "{role:?}");
    }
    assert!(memory.0.lock().expect("sound").is_empty());
    assert!(open(&memory, &Role::Main, Some(&key), &signers).is_trusted());
    assert!(!open(&memory, &Role::Main, Some(&super::tests::key()), &signers).is_trusted());
}

#[test]
fn a_cache_that_fails_is_asked_once_and_a_slow_one_no_longer_than_it_was_given() {
    let shared = |slow: Duration, budget: Duration| {
        let tier = |_: &TierName| Ok::<Tier, CacheError>(Tier::new(Box::new(Broken(slow)), Signers::default()));
        Shared::open(&Role::Main, Some(key()), budget, tier).expect("opens")
    };
    let nothing = |_: &Read| None;
    let failing = shared(Duration::ZERO, BUDGET);
    failing.store(&record("QA", &[]), Vec::new(), &[]);
    assert_eq!(failing.find(&record("QA", &[]), &nothing), None);
    assert_eq!(failing.report().given_up.as_deref(), Some("it answers 500 to PUT"));

    let budget = Duration::from_millis(300);
    let slow = shared(Duration::from_millis(100), budget);
    let begun = Instant::now();
    for number in 0..100 {
        slow.find(&record(&number.to_string(), &[]), &nothing);
    }
    assert!(begun.elapsed() < 3 * budget, "{:?}", begun.elapsed());
    assert!(slow.report().given_up.is_some());
    let hanging = shared(Duration::from_hours(1), budget);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let hanging = &hanging;
            scope.spawn(move || hanging.find(&record(&number.to_string(), &[]), &nothing));
        }
    });
    assert!(begun.elapsed() < 3 * budget, "all wait at the same time: {:?}", begun.elapsed());
    assert_eq!(hanging.report().given_up.as_deref(), Some("it does not answer in time"));
}

#[test]
fn roles_are_read_from_texts() {
    let cases = [
        ("main", Some(Role::Main)),
        ("reader", Some(Role::Reader)),
        ("off", Some(Role::Off)),
        ("pull-request/17", Some(Role::PullRequest("17".to_owned()))),
        ("pull-request/feature-1.x", Some(Role::PullRequest("feature-1.x".to_owned()))),
        ("pull-request/", None),
        ("pull-request", None),
        ("pull-request/../main", None),
        ("pull-request/a/b", None),
        ("Main", None),
        ("", None),
    ];
    for (text, role) in cases {
        assert_eq!(text.parse().ok(), role, "{text}");
    }
}

/// The bytes of a small result, written by hand after the published messages.
#[test]
fn an_entry_is_a_real_action_result() {
    use prost::Message as _;
    let key = key();
    let address = cache::Address::of(b"blob");
    let file = crate::entry::File { name: "plan.json".to_owned(), address, bytes: 4 };
    let entry = crate::entry::Entry { payload: b"out".to_vec(), files: vec![file] };
    let at = cache::Address::of(b"key");
    let bytes = entry.seal(at, &key);
    let mut expected = vec![0x12, 11 + 2 + 68];
    expected.extend([0x0a, 9]);
    expected.extend(b"plan.json");
    expected.extend([0x12, 68, 0x0a, 64]);
    expected.extend(address.to_string().bytes());
    expected.extend([0x10, 4, 0x2a, 3]);
    expected.extend(b"out");
    assert_eq!(bytes[..expected.len()], expected[..]);
    let result = crate::message::ActionResult::decode(&bytes[..]).expect("decodes");
    let worker = result.execution_metadata.expect("is there").worker;
    assert!(worker.starts_with(&key.public().to_string()), "it says who stored it: {worker}");
    let reads: Reads = BTreeMap::new();
    assert_eq!(
        crate::key::weak(&EvaluateRecord { reads, ..record("QA", &[]) }),
        crate::key::weak(&record("QA", &[("a", "1")]))
    );
}
