//! Kinds: what each type is over REST, as a small reviewed file says.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map as Object, Value as Json};

use crate::document::{self, Document, Method};
use crate::failure::{Result, refused};

/// What one type is over REST.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    /// The interface.
    pub(crate) api: String,
    /// The id.
    pub(crate) at: String,
    pub(crate) put: Option<String>,
    pub(crate) patch: Option<String>,
    pub(crate) get: Option<String>,
    pub(crate) delete: Option<String>,
    pub(crate) list: Option<String>,
    /// What a name is made of that the program does not give.
    #[serde(default)]
    pub(crate) named: Vec<String>,
    pub(crate) owner: Option<Mark>,
    /// What else a create sends.
    #[serde(default)]
    pub(crate) body: Object<String, Json>,
    pub(crate) deleted: Option<Deleted>,
    #[serde(default)]
    pub(crate) regions: Vec<String>,
    /// What a property begins with, before which the vendor writes more.
    #[serde(default)]
    pub(crate) short: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) taken_over: bool,
    /// It is a blob.
    #[serde(default)]
    pub(crate) content: bool,
}

/// Where it stands whose an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mark {
    Tags,
    /// Names of an identifier's letters only, and values of ASCII.
    Metadata,
}

/// What of this kind is kept when it was deleted, and brought back by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Deleted {
    Vault,
    Secret,
}

impl Mark {
    /// The property.
    pub(crate) fn property(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Metadata => "metadata",
        }
    }
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
    pub(crate) fn call(&'static self, name: &'static str) -> Result<Call> {
        call(&self.api, name)
    }

    /// Whether it is one of the directory's.
    pub(crate) fn is_of_directory(&self) -> bool {
        self.api == "graph"
    }
}

/// A method of an interface.
pub(crate) fn call(api: &str, name: &'static str) -> Result<Call> {
    let found = document::named(api).and_then(|document| Some(Call { document, method: document.method(name)?, name }));
    found.ok_or_else(|| refused("NoMethod", format!("{api}.{name} is not among the documents")))
}
