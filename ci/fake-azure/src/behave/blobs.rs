//! Blobs, with their contents.

use crate::behave::{Done, is_identifier};
use crate::http::{Answer, Asked};
use crate::world::{Blob, World};

const REMARK: &str = "x-ms-meta-";

/// Everything about a call that storage does not allow.
pub(super) fn violations(asked: &Asked) -> Vec<String> {
    let mut found = Vec::new();
    // Without a version a token is not taken.
    if asked.header("x-ms-version").is_none_or(|version| version < "2017-11-09") {
        found.push("the header `x-ms-version` is missing or too old".to_owned());
    }
    if asked.path.len() < 3 || asked.path[1..].iter().any(String::is_empty) {
        found.push("it names no blob".to_owned());
    }
    if asked.verb == "PUT" && asked.header("x-ms-blob-type") != Some("BlockBlob") {
        found.push("the header `x-ms-blob-type` is missing".to_owned());
    }
    if asked.verb == "PUT" && asked.header("content-length").is_none() {
        found.push("the header `content-length` is missing".to_owned());
    }
    if !asked.query.is_empty() {
        found.push("it takes no parameters".to_owned());
    }
    for (name, value) in &asked.headers {
        if let Some(name) = name.strip_prefix(REMARK).filter(|name| !is_identifier(name)) {
            found.push(format!("`{name}` cannot be the name of a remark"));
        }
        if name.starts_with(REMARK) && !value.is_ascii() {
            found.push(format!("`{name}` is not of ASCII"));
        }
    }
    found
}

pub(super) fn answer(world: &mut World, asked: &Asked, account: &str) -> Done {
    let (container, name) = (&asked.path[1], asked.path[2..].join("/"));
    let holder = format!("/storageaccounts/{account}/blobservices/default/containers/{container}");
    if !world.things.keys().any(|id| id.ends_with(&holder)) {
        return Err(Answer::storage(404, "ContainerNotFound"));
    }
    let key = format!("{account}/{container}/{name}");
    let there = world.blobs.get(&key).cloned();
    let missing = || Answer::storage(404, "BlobNotFound");
    match asked.verb.as_str() {
        "GET" => {
            let blob = there.ok_or_else(missing)?;
            let answer = Answer { body: blob.content, ..Answer::empty(200) };
            let answer = answer.with("content-type", &blob.kind).with("etag", &blob.etag);
            Ok(blob.remarks.iter().fold(answer, |answer, (name, value)| answer.with(&format!("{REMARK}{name}"), value)))
        }
        "PUT" => {
            if asked.header("if-none-match") == Some("*") && there.is_some() {
                return Err(Answer::storage(409, "BlobAlreadyExists"));
            }
            let version = there.as_ref().map(|blob| blob.etag.as_str());
            if asked.header("if-match").is_some_and(|wanted| wanted != "*" && Some(wanted) != version) {
                return Err(Answer::storage(412, "ConditionNotMet"));
            }
            let remarks = asked.headers.iter();
            let remarks =
                remarks.filter_map(|(name, value)| Some((name.strip_prefix(REMARK)?.to_owned(), value.clone())));
            let kind = asked.header("content-type").unwrap_or("application/octet-stream").to_owned();
            let etag = world.etag();
            let blob = Blob { content: asked.body.clone(), kind, remarks: remarks.collect(), etag };
            world.blobs.insert(key, blob);
            Ok(Answer::empty(201))
        }
        "DELETE" => world.blobs.remove(&key).map(|_| Answer::empty(202)).ok_or_else(missing),
        _ => Err(Answer::storage(405, "UnsupportedHttpVerb")),
    }
}
