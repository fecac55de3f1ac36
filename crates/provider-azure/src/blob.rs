//! Blobs: what is known of them and what is in them go together, to and from the account that holds them.

use std::time::{Duration, Instant};

use ports::{Find, Owner, StepAction};
use rest::template::plain;
use rest::{Answer, Body, Request, rest};
use schemas_azure::api_version;
use serde_json::{Map as Object, Value as Json};
use value::Map;

use crate::apply::{NEW, PAUSE};
use crate::failure::{Result, is_contended, is_missing, is_there, refused};
use crate::kind::Mark;
use crate::owner;
use crate::site::Service;
use crate::thing::{Seen, Thing};

/// What stands between a container and the path of a blob.
const BLOBS: &str = "/blobs/";
/// What the names of headers begin with that are remarks on a blob.
const REMARK: &str = "x-ms-meta-";
/// How often a change is begun anew when others were faster.
const CHANGES: u32 = 5;

/// Looks for a blob.
pub(crate) async fn find(thing: &Thing<'_>, find: &Find) -> Result<Option<Seen>> {
    let place = match find {
        Find::Id(id) => Blob::of(id),
        Find::Identity(identity) => thing.id(identity).as_deref().and_then(Blob::of),
        Find::Owner(_) => return Err(refused("NoSearch", "blobs are not searched by their owner")),
    };
    let Some(blob) = place else { return Ok(None) };
    Ok(get(thing, &blob).await?.map(|there| there.seen))
}

/// Applies a step.
pub(crate) async fn apply(thing: &Thing<'_>, action: &StepAction, owner: &Owner) -> Result<Option<Seen>> {
    let at = |id: &str| Blob::of(id).ok_or_else(|| refused("NoName", format!("`{id}` is no blob")));
    match action {
        StepAction::Create { inputs } => {
            let id = thing.id(inputs).ok_or_else(|| refused("NoName", "a blob has a container and a name"))?;
            create(thing, &at(&id)?, inputs, owner).await.map(Some)
        }
        StepAction::Update { id, inputs, .. } => update(thing, &at(id)?, inputs).await.map(Some),
        StepAction::Adopt { id } => {
            let there = get(thing, &at(id)?).await?.map(|there| there.seen);
            there.map(Some).ok_or_else(|| refused("NotFound", format!("there is no blob `{id}`")))
        }
        StepAction::Delete { id, .. } => {
            let request = request(thing, &at(id)?, "blobs.delete", "DELETE").header("x-ms-delete-snapshots", "include");
            match thing.site.send(&request.freely()).await {
                Err(error) if is_missing(&error) => Ok(None),
                other => other.map(|_| None),
            }
        }
    }
}

/// Where a blob is.
struct Blob {
    id: String,
    account: String,
    container: String,
    name: String,
}

impl Blob {
    fn of(id: &str) -> Option<Self> {
        // The path of a blob may hold what stands before it.
        let (parent, name) = id.split_once(BLOBS)?;
        let (account, container) = parent.split_once("/blobServices/default/containers/")?;
        let account = account.rsplit('/').next()?;
        let all = [account, container, name].iter().all(|part| !part.is_empty());
        all.then(|| Self { id: id.to_owned(), account: account.into(), container: container.into(), name: name.into() })
    }
}

/// A blob that is there, the version of it, and the remarks on it.
struct There {
    seen: Seen,
    version: String,
    remarks: Vec<(String, String)>,
}

async fn get(thing: &Thing<'_>, blob: &Blob) -> Result<Option<There>> {
    let answer = match thing.site.send(&request(thing, blob, "blobs.get", "GET")).await {
        Ok(answer) => answer,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let kind = answer.header("content-type").unwrap_or_default().to_owned();
    let remarks = remarks(&answer);
    let marks = remarks.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str()))).collect();
    let owner = owner::read(Mark::Metadata, Some(&Json::Object(marks)));
    let content = String::from_utf8_lossy(&answer.bytes).into_owned();
    let seen = Seen { owner, ..seen(thing, blob, &content, &kind) };
    Ok(Some(There { seen, version: answer.header("etag").unwrap_or("*").to_owned(), remarks }))
}

async fn create(thing: &Thing<'_>, blob: &Blob, inputs: &Map, owner: &Owner) -> Result<Seen> {
    let marks = owner::of(Mark::Metadata, owner);
    // With this a repetition can do no harm: the second one is refused.
    let mut request = put(thing, blob, inputs).header("if-none-match", "*");
    for (name, value) in &marks {
        request = request.header(format!("{REMARK}{name}"), value.as_str().unwrap_or_default());
    }
    let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
    loop {
        let Err(error) = thing.site.send(&request).await else {
            return Ok(Seen { owner: Some(owner.clone()), ..put_there(thing, blob, inputs) });
        };
        if is_there(&error) {
            return match get(thing, blob).await? {
                // An earlier attempt, whose answer was lost, or an earlier run of the same.
                Some(there) if there.seen.owner.as_ref() == Some(owner) => update(thing, blob, inputs).await,
                _ => Err(refused("NotOurs", format!("it is there and not of this resource: {}", blob.id))),
            };
        }
        // The container has not got about yet.
        if !is_missing(&error) || start.elapsed() + pause > NEW {
            return Err(error);
        }
        rest(pause).await;
        pause = (pause * 2).min(PAUSE);
    }
}

async fn update(thing: &Thing<'_>, blob: &Blob, inputs: &Map) -> Result<Seen> {
    for attempt in 1.. {
        let there =
            get(thing, blob).await?.ok_or_else(|| refused("NotFound", format!("there is no blob `{}`", blob.id)))?;
        let mut request = put(thing, blob, inputs).header("if-match", there.version);
        for (name, value) in there.remarks {
            request = request.header(format!("{REMARK}{name}"), value);
        }
        match thing.site.send(&request).await {
            Ok(_) => return Ok(Seen { owner: there.seen.owner, ..put_there(thing, blob, inputs) }),
            // Somebody else was faster, or an attempt of this call whose answer was lost.
            Err(error) if is_contended(&error) && attempt < CHANGES => rest(Duration::from_millis(100)).await,
            Err(error) => return Err(error),
        }
    }
    Err(refused("Unmade", "nothing was sent"))
}

fn request(thing: &Thing<'_>, blob: &Blob, name: &str, verb: &str) -> Request {
    let path = format!("/{}/{}", blob.container, blob.name);
    let version = api_version(&thing.schema.name).unwrap_or_default();
    thing.site.request(&Service::Storage(blob.account.clone()), name, verb, &path).header("x-ms-version", version)
}

fn put(thing: &Thing<'_>, blob: &Blob, inputs: &Map) -> Request {
    let (content, kind) = content(thing, inputs);
    let mut request = request(thing, blob, "blobs.put", "PUT").header("x-ms-blob-type", "BlockBlob").freely();
    // It has to be said of nothing, too.
    let length = content.len().to_string();
    request.body = Some(Body { kind, bytes: content.into_bytes().into() });
    request.header("content-length", length)
}

/// The content and its type.
fn content(thing: &Thing<'_>, inputs: &Map) -> (String, String) {
    let text = |map: &Map, name: &str| map.get(name).and_then(plain).map(str::to_owned);
    let kind = text(inputs, "contentType").or_else(|| text(&thing.schema.overlay.defaults, "contentType"));
    (text(inputs, "content").unwrap_or_default(), kind.unwrap_or_default())
}

fn put_there(thing: &Thing<'_>, blob: &Blob, inputs: &Map) -> Seen {
    let (content, kind) = content(thing, inputs);
    seen(thing, blob, &content, &kind)
}

fn seen(thing: &Thing<'_>, blob: &Blob, content: &str, kind: &str) -> Seen {
    let mut observed = Map::new();
    let parent = blob.id.split_once(BLOBS).map_or("", |(parent, _)| parent);
    let all = [("parent", parent), ("name", &blob.name), ("id", &blob.id), ("content", content), ("contentType", kind)];
    observed.extend(all.map(|(name, text)| (name.to_owned(), text.into())));
    observed.retain(|name, _| thing.schema.properties.contains_key(name));
    Seen { id: blob.id.clone(), answer: Object::new(), observed, owner: None }
}

fn remarks(answer: &Answer) -> Vec<(String, String)> {
    let headers = answer.headers.iter();
    let remarks = headers.filter_map(|(name, value)| Some((name.as_str().strip_prefix(REMARK)?, value.to_str().ok()?)));
    remarks.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::Blob;

    #[test]
    fn a_blob_is_found_by_its_id_whatever_its_path() {
        let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/exalpha";
        let id = format!("{account}/blobServices/default/containers/main/blobs/a/blobs/b c.toml");
        let blob = Blob::of(&id).expect("it is one");
        assert_eq!((&*blob.account, &*blob.container, &*blob.name), ("exalpha", "main", "a/blobs/b c.toml"));
        for other in [account, "x", "/blobs/", "a/blobServices/default/containers/c/blobs/"] {
            assert!(Blob::of(other).is_none(), "{other}");
        }
    }
}
