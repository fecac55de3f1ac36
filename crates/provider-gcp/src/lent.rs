//! Lent values: programs name the versions of secrets that hold them, and what is sent holds the secrets themselves. They
//! are read when they are sent, and the vendor shows stars in place of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rest::template::plain;
use rest::{Repeat, Result, refused};
use serde_json::{Map as Object, Value as Json};
use value::{Map, Value};

use crate::kind::call;
use crate::thing::Thing;
use crate::url::Request;

/// What stands before the name of a version until its secret is read: no vendor's value begins so.
const MARK: &str = "\u{0}lent:";

/// Whether the vendor hides a value.
pub(crate) fn is_hidden(value: Option<&str>) -> bool {
    value.is_some_and(|text| text.starts_with('*'))
}

/// The properties with the names of versions where their secrets are to stand.
pub(crate) fn marked(thing: &Thing<'_>, properties: &Map) -> Map {
    let mut properties = properties.clone();
    let Some(lent) = &thing.kind.lent else { return properties };
    let Some(Value::Map(names)) = properties.remove(&lent.property) else { return properties };
    let marks = names.iter().filter_map(|(key, name)| Some((key.clone(), format!("{MARK}{}", plain(name)?).into())));
    let mut among = match properties.remove(&lent.among) {
        Some(Value::Map(map)) => map,
        _ => Map::new(),
    };
    among.extend(marks);
    properties.insert(lent.among.clone(), Value::Map(among));
    properties
}

/// What is there, with what was sent last in place of what the vendor hides.
pub(crate) fn known(
    thing: &Thing<'_>,
    there: &Object<String, Json>,
    sent: &Object<String, Json>,
) -> Object<String, Json> {
    let mut there = there.clone();
    let Some(among) = thing.kind.lent.as_ref().map(|lent| lent.among.as_str()) else { return there };
    let hidden = there.get_mut(among).and_then(Json::as_object_mut).into_iter().flatten();
    for (key, value) in hidden.filter(|(_, value)| is_hidden(value.as_str())) {
        if let Some(before) = sent.get(among).and_then(|map| map.get(key)) {
            *value = before.clone();
        }
    }
    there
}

/// Puts the secrets where the names of their versions stand.
///
/// # Errors
/// If one of them cannot be read.
pub(crate) async fn opened(thing: &Thing<'_>, body: &mut Object<String, Json>) -> Result<()> {
    let Some(lent) = &thing.kind.lent else { return Ok(()) };
    for value in body.get_mut(&lent.among).and_then(Json::as_object_mut).into_iter().flatten().map(|(_, value)| value) {
        let Some(version) = value.as_str().and_then(|text| text.strip_prefix(MARK)) else { continue };
        *value = secret(thing, version).await?.into();
    }
    Ok(())
}

async fn secret(thing: &Thing<'_>, version: &str) -> Result<String> {
    let request = Request::new(call("secretmanager", "projects.secrets.versions.access")?, version);
    let answer = thing.site.call(&request, Repeat::Freely).await?;
    let data = answer.pointer("/payload/data").and_then(Json::as_str).and_then(|data| BASE64.decode(data).ok());
    let text = data.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| refused("NoText", format!("what `{version}` holds is no text")))
}
