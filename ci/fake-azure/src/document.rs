//! The documents: which method an address means.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::http::Asked;

macro_rules! documents {
    ($($name:literal),* $(,)?) => {
        &[$(include_str!(concat!("../../../crates/provider-azure/documents/", $name, ".json"))),*]
    };
}

const TEXTS: &[&str] = documents![
    "authorization",
    "consumption",
    "containerregistry",
    "graph",
    "keyvault",
    "msi",
    "resources",
    "storage",
    "subscriptions",
    "vault",
];

/// A method that an address can mean.
#[derive(Debug)]
pub(crate) struct Route {
    /// `storage.storageAccountsCreate`
    pub(crate) name: String,
    path: Vec<Segment>,
    /// As the document has it.
    pub(crate) method: &'static Json,
    pub(crate) schemas: &'static Json,
}

/// A segment of a path.
#[derive(Debug, Clone, PartialEq)]
enum Segment {
    /// Whatever its letters.
    Text(String),
    /// A parameter, with what stands before and after it.
    Any(String, String, String),
    /// A parameter that holds slashes.
    Whole(String),
}

/// The method that was asked for, and the parameters in its path.
pub(crate) fn route(asked: &Asked) -> Option<(&'static Route, BTreeMap<String, String>)> {
    static ALL: OnceLock<Vec<Route>> = OnceLock::new();
    let all = ALL.get_or_init(routes).iter().filter(|route| route.method["httpMethod"] == asked.verb.as_str());
    let found = all.filter_map(|route| Some((route, matched(&route.path, &asked.path)?)));
    // One that says more about its path comes first.
    found.max_by_key(|(route, _)| route.path.iter().filter(|segment| matches!(segment, Segment::Text(_))).count())
}

fn routes() -> Vec<Route> {
    static READ: OnceLock<Vec<Json>> = OnceLock::new();
    let documents = READ.get_or_init(|| TEXTS.iter().filter_map(|text| serde_json::from_str(text).ok()).collect());
    let of = |document: &'static Json| {
        let text = |name: &str| document[name].as_str().unwrap_or_default();
        let methods = document["methods"].as_object().into_iter().flatten();
        methods.map(move |(name, method)| Route {
            name: format!("{}.{name}", text("name")),
            path: segments(text("host"), method),
            method,
            schemas: &document["schemas"],
        })
    };
    documents.iter().flat_map(of).collect()
}

fn segments(host: &str, method: &Json) -> Vec<Segment> {
    let path = method["path"].as_str().unwrap_or_default();
    let part = |part: &str| match part.split_once('{') {
        None => Segment::Text(part.to_lowercase()),
        Some((before, rest)) => {
            let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
            if method["parameters"][name]["whole"] == true {
                Segment::Whole(name.to_owned())
            } else {
                Segment::Any(name.to_owned(), before.to_owned(), after.to_owned())
            }
        }
    };
    std::iter::once(host).chain(path.trim_start_matches('/').split('/')).map(part).collect()
}

fn matched(path: &[Segment], asked: &[String]) -> Option<BTreeMap<String, String>> {
    let Some((segment, rest)) = path.split_first() else { return asked.is_empty().then(BTreeMap::new) };
    if let Segment::Whole(name) = segment {
        // The longest that leaves enough for what comes after.
        return (1..=asked.len()).rev().find_map(|count| {
            let mut found = matched(rest, &asked[count..])?;
            found.insert(name.clone(), asked[..count].join("/"));
            Some(found)
        });
    }
    let (first, left) = asked.split_first()?;
    let mut found = matched(rest, left)?;
    match segment {
        Segment::Text(text) => (first.to_lowercase() == *text).then_some(())?,
        Segment::Any(name, before, after) => {
            let value = first.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
            if value.is_empty() {
                return None;
            }
            found.insert(name.clone(), value.to_owned());
        }
        Segment::Whole(_) => return None,
    }
    Some(found)
}
