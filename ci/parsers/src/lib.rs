//! What must hold of every parser, whatever it is given: an answer or a complete error, never a panic; and what was
//! understood is understood again as it is written.
//!
//! Layer: L6, edges. The tests run each target on real texts and on thousands of damaged ones; `cargo fuzz run TARGET`
//! in the root runs it for as long as one likes, guided by coverage.

use std::str::FromStr;

use config_load::Settings;
use evaluator::Manifests;
use expr::{Scope, evaluate};
use resource::{Evaluated, Urn};
use secrets_age::{Context, Keyring, Recipient};
use state::{Chunk, Head, StackState};
use value::{Digest, Path, Secret, Type, Value};

/// A target: its name, and what it does with any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("configuration", configuration),
    ("workspace_file", workspace_file),
    ("lock_file", lock_file),
    ("plan", plan),
    ("state", state),
    ("journal", journal),
    ("saved_preview", saved_preview),
    ("manifest", manifest),
    ("query", query),
    ("names", names),
    ("seals", seals),
];

/// A stack file: TOML with places; an edit of it is read as what was set. The same text may be tried as YAML.
pub fn configuration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(node) = config::parse_yaml("members.yaml", text) {
        let _ = node.to_value();
    }
    let Ok(node) = config::parse("stacks/QA.toml", text) else { return };
    let _ = node.to_value();
    let key = Path::key("added");
    if let Ok(edited) = config_load::set("stacks/QA.toml", text, &key, "a \"new\" value\\") {
        let again = config::parse("stacks/QA.toml", &edited).expect("what was written is read");
        let found = config_load::get(&again, &key).expect("what was set is there");
        assert_eq!(config_load::show(found), "a \"new\" value\\");
    }
}

/// `groundplan.toml`.
pub fn workspace_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(settings) = Settings::parse("groundplan.toml", text) {
        let _ = settings.all_environments().count();
        let _ = settings.profile("sandbox");
    }
}

/// A world lock.
pub fn lock_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(lock) = world::Lock::parse("stacks/QA.lock.toml", text) {
        let again = world::Lock::parse("stacks/QA.lock.toml", &lock.to_string()).expect("what was written is read");
        assert_eq!(lock, again);
    }
}

/// A plan: canonical bytes are a fixed point, and every expression of it has a value or an error.
pub fn plan(bytes: &[u8]) {
    let Ok(evaluated) = serde_json::from_slice::<Evaluated>(bytes) else { return };
    let canonical = evaluated.canonical_bytes();
    let again: Evaluated = serde_json::from_slice(&canonical).expect("what was written is read");
    assert_eq!(again.canonical_bytes(), canonical);
    if let Evaluated::Plan(plan) = evaluated {
        let _ = (plan.reads(), plan.secrets());
        let properties = plan.resources.values().flat_map(|resource| resource.properties.values());
        for expr in properties.chain(plan.outputs.values()) {
            let _ = evaluate(expr, &Nowhere);
        }
    }
}

/// A snapshot, or a head.
pub fn state(bytes: &[u8]) {
    if let Ok(state) = serde_json::from_slice::<StackState>(bytes) {
        let _ = (state.verify(), state.reads(), state.is_empty());
        let written = serde_json::to_vec(&state).expect("a state can be written");
        assert_eq!(serde_json::from_slice::<StackState>(&written).expect("what was written is read"), state);
    }
    if let Ok(head) = serde_json::from_slice::<Head>(bytes) {
        let written = serde_json::to_vec(&head).expect("a head can be written");
        assert_eq!(serde_json::from_slice::<Head>(&written).expect("what was written is read"), head);
    }
}

/// A chunk of a journal: whatever its entries say, applying them comes to an end and gives a state that can be written.
pub fn journal(bytes: &[u8]) {
    let Ok(chunk) = serde_json::from_slice::<Chunk>(bytes) else { return };
    assert_eq!(chunk.digest(), Chunk::digest_of(&chunk.to_bytes()));
    let mut state = StackState::new("id".to_owned(), resource::StackName::new("project", "QA"));
    chunk.entries.iter().for_each(|entry| state.apply(entry));
    let _ = state.verify();
    let written = serde_json::to_vec(&state).expect("a state can be written");
    assert_eq!(serde_json::from_slice::<StackState>(&written).expect("what was written is read"), state);
}

/// A saved preview: what is understood of one is written as it is read, and only what was written is taken.
pub fn saved_preview(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok((saved, signatures)) = saved::read_signed(text, "plan.json") {
        assert_eq!(saved::signed(&saved, &signatures), text);
    }
    if let Ok(saved) = serde_json::from_str::<saved::Saved>(text) {
        let again = saved::read(&saved::text(&saved), "plan.json").expect("what was written is read");
        assert_eq!(again.digest(), saved.digest());
    }
}

/// What evaluations read, as a file for hermetic ones.
pub fn manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(manifests) = Manifests::parse("inputs.lock.json", text) {
        let again = Manifests::parse("inputs.lock.json", &manifests.to_text()).expect("what was written is read");
        assert_eq!(again, manifests);
    }
}

/// A query for stacks, and a day: words of a command line and of `groundplan.toml`.
pub fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(query) = taskgraph::Query::parse(text) {
        let _ = (query.versions(), query.asks_for_state(), query.asks_for_drift());
    }
    if let Ok(day) = text.parse::<policy::Date>() {
        assert_eq!(day.to_string().parse(), Ok(day));
    }
}

/// URNs and paths: what is read is written as it is read again.
pub fn names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(urn) = Urn::from_str(text) {
        assert_eq!(Urn::from_str(&urn.to_string()), Ok(urn));
    }
    if let Ok(path) = text.parse::<Path>() {
        assert_eq!(path.to_string().parse::<Path>().expect("what was written is read"), path);
    }
}

/// Keys, recipients, sealed values and signatures.
pub fn seals(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Recipient::parse(text);
    if let Ok(signature) = text.parse::<signing::Signature>() {
        assert_eq!(signature.to_string().parse(), Ok(signature));
    }
    let _ = signing::SecretKey::parse(text);
    let keyring = Keyring::parse(text, "a file").unwrap_or_else(|_| Keyring::empty());
    let _ = secrets_age::open(text, &Context::new("project.QA", "key"), &keyring);
}

/// A scope in which nothing can be found.
struct Nowhere;

impl Scope for Nowhere {
    fn attribute(&self, _: &str, _: &Path, _: &Type) -> Option<Value> {
        None
    }

    fn output(&self, _: &str, _: &Path, _: &Type) -> Option<Value> {
        None
    }

    fn secret(&self, _: &Path, fingerprint: Digest) -> Secret {
        Secret::sealed(fingerprint)
    }

    fn function(&self, name: &str, _: &[Value]) -> Result<Value, String> {
        Err(format!("there is no function `{name}`"))
    }
}
