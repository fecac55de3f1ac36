//! Objects with a content: what is known of them and what is in them go together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ports::{Owner, ProviderErrorKind};
use rest::template::plain;
use rest::{Body, Repeat, Result, broken, refused};
use serde_json::{Map as Object, Value as Json, json};
use value::{Map, Value};

use crate::failure::is_missing;
use crate::labels;
use crate::thing::{Seen, Thing};
use crate::url::{Content, Request};

const TEXT: &str = "content";
const BYTES: &str = "contentBase64";
/// Says of an object that the program gives its content as base64: it is read back so.
const FORM: &str = "groundplan-form";

/// Looks at an object and what is in it.
pub(crate) async fn get(thing: &Thing<'_>, properties: &Map) -> Result<Option<Seen>> {
    let Some(path) = path(properties) else { return Ok(None) };
    let mut request = request(thing, "objects.get", path)?;
    let answer = match thing.site.call(&request, Repeat::Freely).await {
        Ok(answer) => answer.as_object().cloned().unwrap_or_default(),
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    request.content = Some(Content::Down);
    let bytes = match thing.site.send(&request, None, Repeat::Freely).await {
        Ok(answer) => answer.bytes,
        // It went in between.
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(seen(thing, answer, &bytes)))
}

/// Puts an object where it is to be; a new one has an owner, and must not be there yet.
pub(crate) async fn put(thing: &Thing<'_>, inputs: &Map, new: Option<&Owner>) -> Result<Seen> {
    let text = |name: &str| inputs.get(name).and_then(plain);
    let (bytes, form) = match (text(TEXT), text(BYTES)) {
        (Some(_), Some(_)) => return Err(refused("TwoContents", format!("say `{TEXT}` or `{BYTES}`, not both"))),
        (content, None) => (content.unwrap_or_default().as_bytes().to_vec(), "text"),
        (None, Some(encoded)) => {
            let decoded = BASE64.decode(encoded);
            (decoded.map_err(|_| refused("BadContent", format!("`{BYTES}` is no base64")))?, "base64")
        }
    };
    let path = path(inputs).ok_or_else(|| refused("NoName", "an object has a bucket and a name"))?;
    let before = if new.is_some() { None } else { get(thing, inputs).await? };
    let labels = match new {
        Some(owner) => labels::of(owner),
        None => before.and_then(|seen| seen.answer.get("metadata")?.as_object().cloned()).unwrap_or_default(),
    };
    let mut about = Object::new();
    let name = path.iter().find(|(key, _)| key == "object").map(|(_, name)| name.clone()).unwrap_or_default();
    about.insert("name".to_owned(), name.into());
    about.extend(text("contentType").map(|kind| ("contentType".to_owned(), Json::from(kind))));
    let mut metadata = labels;
    metadata.insert(FORM.to_owned(), form.into());
    about.insert("metadata".to_owned(), Json::Object(metadata));
    let mut request = request(thing, "objects.insert", path)?;
    request.content = Some(Content::Up);
    if new.is_some() {
        // With this a repetition can do no harm: the second one is refused.
        request.query.push(("ifGenerationMatch".to_owned(), "0".to_owned()));
    }
    let body = multipart(&Json::Object(about), text("contentType"), &bytes);
    let sent = thing.site.send(&request, Some(body), Repeat::Freely).await;
    if let (Err(error), Some(owner)) = (&sent, new) {
        // An earlier attempt, whose answer was lost, may have been the one that did it.
        let there = get(thing, inputs).await?.filter(|seen| seen.owner.as_ref() == Some(owner));
        return there.ok_or_else(|| error.clone());
    }
    match sent?.told() {
        Json::Object(answer) => Ok(seen(thing, answer, &bytes)),
        _ => Err(broken(ProviderErrorKind::Lost, "BadAnswer", &request.name(), "the answer is no object")),
    }
}

/// Deletes an object.
pub(crate) async fn delete(thing: &Thing<'_>, id: &str) -> Result<()> {
    let Some(path) = path(&thing.named(id)) else { return Ok(()) };
    match thing.site.call(&request(thing, "objects.delete", path)?, Repeat::Freely).await {
        Err(error) if is_missing(&error) => Ok(()),
        other => other.map(drop),
    }
}

fn request(thing: &Thing<'_>, name: &str, path: Vec<(String, String)>) -> Result<Request> {
    let mut request = Request::new(thing.kind.call(name)?, "");
    request.path = path;
    request.body = None;
    Ok(request)
}

fn path(properties: &Map) -> Option<Vec<(String, String)>> {
    let text = |name: &str| properties.get(name).and_then(plain).map(str::to_owned);
    Some(vec![("bucket".to_owned(), text("bucket")?), ("object".to_owned(), text("name")?)])
}

fn seen(thing: &Thing<'_>, answer: Object<String, Json>, bytes: &[u8]) -> Seen {
    let mut observed = rest::json::properties(thing.schema, &answer);
    let as_base64 = answer.get("metadata").and_then(|data| data.get(FORM)?.as_str()) == Some("base64");
    match std::str::from_utf8(bytes) {
        Ok(text) if !as_base64 => observed.insert(TEXT.to_owned(), Value::from(text)),
        _ => observed.insert(BYTES.to_owned(), Value::from(BASE64.encode(bytes))),
    };
    let owner = labels::owner(answer.get("metadata"));
    Seen { id: thing.id(&observed), answer, observed, owner, gone: false }
}

/// What is known of an object and what is in it, in one body.
fn multipart(about: &Json, kind: Option<&str>, bytes: &[u8]) -> Body {
    // It must not be in the content.
    let mut boundary = value::Digest::of("gcp/boundary", bytes).short(24);
    boundary.insert_str(0, "groundplan-");
    let kind = kind.unwrap_or("application/octet-stream");
    let head = format!(
        "--{boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n{}\r\n--{boundary}\r\ncontent-type: {kind}\r\n\r\n",
        json!(about)
    );
    let mut body = head.into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Body { kind: format!("multipart/related; boundary={boundary}"), bytes: body.into() }
}
