//! Traces: what the last evaluation of a stack read and gave, so that it need not be done again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use taskgraph::{EvaluateRecord, Export};
use value::{Digest, Path, Value};

use crate::Move;

/// The trace of one evaluation. No field may be left out when it is written: it is kept in a form without names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Everything that the evaluation depended on.
    pub record: EvaluateRecord,
    /// The configuration that was read, secrets sealed: so that what changed of it can be named.
    pub config: ConfigText,
    /// The digest of the plan that it gave.
    pub plan: Digest,
    /// The outputs of other stacks that the plan reads.
    pub outputs: BTreeSet<(String, Path)>,
    /// The stacks that it waits for without reading them, by full name.
    pub after: BTreeSet<String>,
    /// What each output of it is made of.
    #[serde(default)]
    pub exports: BTreeMap<Path, Export>,
    /// What the state and the outputs that it reads were when a comparison found nothing to do; no record of the state
    /// is written for that, so it is kept here.
    pub idle: Option<Digest>,
    /// The configuration's secrets that the plan reads.
    pub secrets: BTreeSet<Path>,
    /// What the plan takes over from other stacks.
    pub takes: BTreeSet<Move>,
}

/// A configuration as text, which is read only where somebody asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigText(String);

impl ConfigText {
    /// The value that it is of; null, if it cannot be read.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl From<&Value> for ConfigText {
    fn from(value: &Value) -> Self {
        Self(serde_json::to_string(value).unwrap_or_default())
    }
}

/// The traces of all stacks, by full name.
pub type Traces = BTreeMap<String, Trace>;

#[cfg(test)]
mod tests {
    use plan::Read;
    use resource::{StackName, Urn};

    use super::*;

    #[test]
    fn a_kept_trace_has_all_its_fields_whether_they_hold_something_or_not() {
        let digest = |text: &str| Digest::of("test", text.as_bytes());
        let path = |text: &str| text.parse::<Path>().expect("a path");
        let outputs = || BTreeSet::from([("net.QA".to_owned(), path("vpcs[0].id"))]);
        let record = EvaluateRecord {
            format: 1,
            epoch: 1,
            code: digest("code"),
            stack: StackName::new("app", "a.QA"),
            reads: BTreeMap::new(),
        };
        let bare = Trace {
            record: record.clone(),
            config: ConfigText::default(),
            plan: digest("plan"),
            outputs: BTreeSet::new(),
            after: BTreeSet::new(),
            exports: BTreeMap::new(),
            idle: None,
            secrets: BTreeSet::new(),
            takes: BTreeSet::new(),
        };
        let reads = [
            Read::Config,
            Read::File("a".to_owned()),
            Read::List("b".to_owned()),
            Read::Variable("C".to_owned()),
            Read::World("{}".to_owned()),
            Read::Output("net.QA".to_owned(), path("x.y")),
        ];
        let export = |reads| Export { made_of: digest("made of"), reads };
        let full = Trace {
            record: EvaluateRecord { reads: reads.map(|read| (read, digest("read"))).into(), ..record },
            config: ConfigText::from(&Value::from("text")),
            outputs: outputs(),
            after: BTreeSet::from(["late.QA".to_owned()]),
            exports: BTreeMap::from([(path("none"), export(BTreeSet::new())), (path("some"), export(outputs()))]),
            idle: Some(digest("idle")),
            secrets: BTreeSet::from([path("password")]),
            takes: BTreeSet::from([Move {
                from: "old.QA".to_owned(),
                urn: Urn::new("old", "t", "x"),
                to: "app.a.QA".to_owned(),
                name: Urn::new("app", "t", "y"),
            }]),
            ..bare.clone()
        };
        // One after the other: what is left out of the first would be read from the second.
        let traces = Traces::from([("a".to_owned(), bare.clone()), ("b".to_owned(), full), ("c".to_owned(), bare)]);
        let bytes = postcard::to_extend(&traces, Vec::new()).expect("is written");
        assert_eq!(postcard::from_bytes::<Traces>(&bytes).expect("is read"), traces);
    }
}
