//! Kinds: what each type is over REST, as a small reviewed file says.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rest::{Result, refused};
use serde::Deserialize;

use crate::document::{self, Document, Method};

/// What one type is over REST.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    /// The interface.
    pub(crate) api: String,
    /// The name in the vendor's paths.
    #[serde(default = "name")]
    pub(crate) at: String,
    pub(crate) create: Option<Way>,
    pub(crate) read: Option<String>,
    pub(crate) update: Option<Way>,
    pub(crate) delete: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) lookup: Option<Way>,
    pub(crate) list: Option<List>,
    pub(crate) gone: Option<Gone>,
    pub(crate) revive: Option<String>,
    #[serde(default)]
    pub(crate) beside: Vec<Beside>,
    pub(crate) labels: Option<String>,
    /// What else an answer tells: the property of the answer, and its form.
    #[serde(default)]
    pub(crate) told: BTreeMap<String, String>,
    /// What stands before a property where it is not a whole name.
    #[serde(default)]
    pub(crate) full: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) given_once: Vec<String>,
    #[serde(default)]
    pub(crate) regions: Vec<String>,
    #[serde(default)]
    pub(crate) taken_over: bool,
    #[serde(default)]
    pub(crate) hidden: bool,
    /// It is an interface that is enabled.
    #[serde(default)]
    pub(crate) enables: bool,
    /// Values that are secrets of Secret Manager.
    pub(crate) lent: Option<Lent>,
    /// It is one member of a policy.
    pub(crate) policy: Option<Policy>,
    /// It has a content.
    #[serde(default)]
    pub(crate) media: bool,
}

/// A method, and how its parameters are filled.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Way {
    pub(crate) call: String,
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    /// The part of the body that properties stand in.
    pub(crate) within: Option<String>,
    /// What else is sent; places in texts are filled.
    pub(crate) body: serde_json::Map<String, serde_json::Value>,
    /// The version that is changed is sent along.
    pub(crate) etag: bool,
}

/// How objects are listed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    pub(crate) call: String,
    #[serde(default)]
    pub(crate) path: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) items: String,
}

/// How an object says that it is no more.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gone {
    pub(crate) property: String,
    pub(crate) is: Vec<String>,
}

/// A property that has calls of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beside {
    pub(crate) property: String,
    /// Another interface.
    pub(crate) api: Option<String>,
    pub(crate) read: Option<String>,
    pub(crate) write: String,
    pub(crate) sent_as: Option<String>,
    #[serde(default)]
    pub(crate) at_create: bool,
}

/// The policy that a member is in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// The methods of the object that has it.
    pub(crate) of: String,
    /// The name of that object.
    pub(crate) on: String,
    /// The property that says who it is.
    #[serde(default = "member")]
    pub(crate) member: String,
    /// It is a list of entries in the object itself, which has this name.
    pub(crate) entries: Option<String>,
}

/// A property whose values are the names of secrets, which are read when they are sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lent {
    pub(crate) property: String,
    /// What they are sent among, where the vendor shows stars instead of them.
    pub(crate) among: String,
}

fn name() -> String {
    "{name}".to_owned()
}

fn member() -> String {
    "member".to_owned()
}

/// The kinds by type.
pub(crate) fn all() -> &'static BTreeMap<String, Kind> {
    static ALL: OnceLock<BTreeMap<String, Kind>> = OnceLock::new();
    ALL.get_or_init(|| toml::from_str(include_str!("kinds.toml")).unwrap_or_default())
}

/// The kind of a type.
pub(crate) fn of(ty: &str) -> Option<&'static Kind> {
    all().get(ty)
}

/// A method with the document that it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) document: &'static Document,
    pub(crate) method: &'static Method,
    /// What people call it.
    pub(crate) name: &'static str,
}

impl Kind {
    /// A method of the type's interface.
    pub(crate) fn call(&self, name: &str) -> Result<Call> {
        call(&self.api, name)
    }
}

/// A method of an interface.
pub(crate) fn call(api: &str, name: &str) -> Result<Call> {
    let found = document::named(api).and_then(|document| Some((document, document.method(name)?)));
    let none = || refused("NoMethod", format!("{api}.{name} is not among the documents"));
    found.map(|(document, (name, method))| Call { document, method, name }).ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Kind;

    #[test]
    fn the_file_is_read() {
        let kinds: BTreeMap<String, Kind> = toml::from_str(include_str!("kinds.toml")).expect("sound");
        assert_eq!(kinds.len(), 35);
    }
}
