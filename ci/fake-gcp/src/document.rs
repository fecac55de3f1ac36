//! The documents: which method an address means.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::http::Asked;

/// Where the documents are that the provider goes by.
const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/provider-gcp/documents");

/// A method that an address can mean.
#[derive(Debug)]
pub(crate) struct Route {
    /// `storage.buckets.get`
    pub(crate) name: String,
    verb: String,
    path: Vec<Segment>,
    /// It takes content.
    pub(crate) upload: bool,
    /// As the document has it.
    pub(crate) method: &'static Json,
    pub(crate) schemas: &'static Json,
}

/// A segment of a path.
#[derive(Debug, Clone, PartialEq)]
enum Segment {
    Text(String),
    /// A parameter, or a part of one, with what stands after it.
    Any(String, String),
    /// All that is left.
    Rest(String),
}

/// The method that was asked for, and the parameters in its path.
pub(crate) fn route(asked: &Asked) -> Option<(&'static Route, BTreeMap<String, String>)> {
    static ALL: OnceLock<Vec<Route>> = OnceLock::new();
    let all = ALL.get_or_init(routes);
    // One that says more about its path comes first: `…/{name}:undelete` before `…/{name}`.
    let mut found: Vec<_> = all
        .iter()
        .filter(|route| route.verb == asked.verb)
        .filter_map(|route| Some((route, matched(&route.path, &asked.path)?)))
        .collect();
    found.sort_by_key(|(route, _)| std::cmp::Reverse(said(&route.path)));
    found.into_iter().next()
}

fn said(path: &[Segment]) -> usize {
    path.iter()
        .map(|segment| match segment {
            Segment::Text(_) => 2,
            Segment::Any(_, after) => usize::from(!after.is_empty()),
            Segment::Rest(_) => 0,
        })
        .sum()
}

fn routes() -> Vec<Route> {
    static READ: OnceLock<Vec<Json>> = OnceLock::new();
    let mut routes = Vec::new();
    for document in READ.get_or_init(documents) {
        let text = |name: &str| document[name].as_str().unwrap_or_default();
        let host = text("rootUrl").trim_start_matches("https://").trim_end_matches('/').to_owned();
        for (name, method) in document["methods"].as_object().into_iter().flatten() {
            let mut put = |path: &str, upload: bool| {
                let whole = format!("{host}/{path}");
                routes.push(Route {
                    name: format!("{}.{name}", text("name")),
                    verb: method["httpMethod"].as_str().unwrap_or_default().to_owned(),
                    path: segments(&whole, &method["parameters"]),
                    upload,
                    method,
                    schemas: &document["schemas"],
                });
            };
            put(&format!("{}{}", text("servicePath"), method["path"].as_str().unwrap_or_default()), false);
            if let Some(path) = method["upload"].as_str() {
                put(path, true);
            }
        }
    }
    routes
}

fn documents() -> Vec<Json> {
    let files = std::fs::read_dir(DOCUMENTS).into_iter().flatten().flatten().map(|entry| entry.path());
    let documents = files.filter(|path| path.extension().is_some_and(|kind| kind == "json"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    documents.map(read).collect()
}

/// A path with the patterns of its parameters put in.
fn segments(path: &str, parameters: &Json) -> Vec<Segment> {
    let mut out = Vec::new();
    for part in path.split('/') {
        let Some((name, after)) = part.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            out.push(Segment::Text(part.to_owned()));
            continue;
        };
        let name = name.trim_start_matches('+');
        let pattern = parameters[name]["pattern"].as_str().unwrap_or("^[^/]+$");
        let pattern = pattern.trim_start_matches('^').trim_end_matches('$').replace("[^/]+", "\u{1}");
        let start = out.len();
        for piece in pattern.split('/') {
            out.push(match piece {
                "\u{1}" => Segment::Any(name.to_owned(), String::new()),
                ".*" => Segment::Rest(name.to_owned()),
                text => Segment::Any(name.to_owned(), format!("\u{1}{text}")),
            });
        }
        // What stands after the parameter stands after its last piece.
        if let Some(Segment::Any(_, last)) = out[start..].last_mut() {
            last.push_str(after);
        }
    }
    out
}

fn matched(path: &[Segment], asked: &[String]) -> Option<BTreeMap<String, String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut left = asked.iter();
    for segment in path {
        match segment {
            Segment::Text(text) => (left.next()? == text).then_some(())?,
            Segment::Any(name, after) => {
                let piece = left.next()?;
                // A fixed piece of a parameter.
                let value = match after.strip_prefix('\u{1}') {
                    Some(fixed) => (piece == fixed).then(|| fixed.split(':').next().unwrap_or_default().to_owned())?,
                    None => piece.strip_suffix(after.as_str())?.to_owned(),
                };
                if value.is_empty() {
                    return None;
                }
                found.entry(name.clone()).or_default().push(value);
            }
            Segment::Rest(name) => found.entry(name.clone()).or_default().extend(left.by_ref().cloned()),
        }
    }
    let whole = found.into_iter().map(|(name, pieces)| (name, pieces.join("/")));
    left.next().is_none().then(|| whole.collect())
}
