//! Changes: what of an object differs from what it is to be, and the call that mends it.

use ports::Owner;
use rest::json::{difference, holds, sent, with_removals};
use serde_json::{Map as Object, Value as Json};
use value::Map;

use crate::document::{self, flat};
use crate::failure::Result;
use crate::kind::Call;
use crate::thing::{Seen, Thing};
use crate::{operation, owner};

/// What of properties a call takes, without envelopes; `leave` = what it does not take.
pub(crate) fn taken(call: Call, properties: &Map, leave: impl Fn(&str) -> bool) -> Object<String, Json> {
    let Some(shape) = call.document.request(call.method) else { return Object::new() };
    let given = properties.iter().filter(|(name, value)| !value.is_null() && !leave(name));
    let takes = |name: &str| call.document.settable(shape, name).is_some();
    given.filter(|(name, _)| takes(name)).map(|(name, value)| (name.clone(), sent(value))).collect()
}

/// Makes an object what it is to be; answers whether it had to change anything.
pub(crate) async fn change(thing: &Thing<'_>, seen: &Seen, inputs: &Map, prior: &Map, owner: &Owner) -> Result<bool> {
    let Some(put) = &thing.kind.put else { return Ok(false) };
    let put = thing.kind.call(put)?;
    let create_only = |name: &str| {
        thing.schema.create_only.iter().any(|path| path.segments().len() == 1 && path.first_key() == Some(name))
    };
    let mut wanted = taken(put, inputs, create_only);
    let before = taken(put, prior, create_only);
    if let Some(mark) = thing.kind.owner {
        let marked = marks(mark.property(), &seen.answer, &wanted, &before, owner::of(mark, owner));
        wanted.insert(mark.property().to_owned(), marked);
    }
    let parts = differing(put, &seen.answer, &wanted, &before);
    if parts.is_empty() {
        return Ok(false);
    }
    let request = match patched(thing, &parts)? {
        Some((patch, body)) => thing.site.about(patch, &seen.id).with(&body),
        None => thing.site.about(put, &seen.id).with(&whole(put, &seen.answer, &wanted, &before)),
    };
    operation::run(thing.site, &request.freely()).await.map(|()| true)
}

/// Whether an object is what it is to be.
pub(crate) fn is_as_wanted(thing: &Thing<'_>, seen: &Seen, inputs: &Map) -> Result<bool> {
    let Some(put) = &thing.kind.put else { return Ok(true) };
    let put = thing.kind.call(put)?;
    Ok(differing(put, &seen.answer, &taken(put, inputs, |_| false), &Object::new()).is_empty())
}

/// Marks an object as its owner's, and changes nothing else.
pub(crate) async fn mark(thing: &Thing<'_>, seen: &Seen, owner: &Owner) -> Result<()> {
    change(thing, seen, &Map::new(), &Map::new(), owner).await.map(drop)
}

/// All marks that an object is to have: those of others stay.
fn marks(
    property: &str,
    there: &Object<String, Json>,
    wanted: &Object<String, Json>,
    prior: &Object<String, Json>,
    ours: Object<String, Json>,
) -> Json {
    let part = |map: &Object<String, Json>| map.get(property).and_then(Json::as_object).cloned().unwrap_or_default();
    let was = part(prior);
    let mut marks = part(there);
    // An earlier self may have had more of them.
    marks.retain(|key, _| !was.contains_key(key) && !owner::is_ours(key));
    marks.extend(part(wanted));
    marks.extend(ours);
    Json::Object(marks)
}

/// What differs from what is there, or from what was wanted before; null = it is to go.
fn differing(
    call: Call,
    there: &Object<String, Json>,
    wanted: &Object<String, Json>,
    prior: &Object<String, Json>,
) -> Object<String, Json> {
    let is_map = |name: &str| call.document.request(call.method).is_some_and(|shape| call.document.is_map(shape, name));
    // The entries of a map are all the program's, so one more there is a difference.
    let (maps, wanted): (Object<_, _>, Object<_, _>) = wanted.clone().into_iter().partition(|(name, _)| is_map(name));
    let mut prior = prior.clone();
    prior.retain(|name, _| !maps.contains_key(name));
    let mut parts = difference(there, &wanted, &prior, true).unwrap_or_default();
    let empty = Json::Object(Object::new());
    for (name, map) in maps {
        let there = there.get(&name).filter(|there| !there.is_null()).unwrap_or(&empty);
        let same = there.as_object().map(Object::len) == map.as_object().map(Object::len) && holds(there, &map);
        if !same {
            parts.insert(name, map);
        }
    }
    parts
}

/// A call that sends what differs, if the type has one that takes it. What is to go needs the whole object: not every
/// service takes a null for that.
fn patched(thing: &Thing<'_>, parts: &Object<String, Json>) -> Result<Option<(Call, Json)>> {
    let Some(patch) = &thing.kind.patch else { return Ok(None) };
    let call = thing.kind.call(patch)?;
    let Some(shape) = call.document.request(call.method) else { return Ok(None) };
    let takes_all = parts.iter().all(|(name, part)| call.document.settable(shape, name).is_some() && !has_null(part));
    Ok(takes_all.then(|| (call, document::body(shape, parts.clone()))))
}

fn has_null(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(items) => items.iter().any(has_null),
        Json::Object(map) => map.values().any(has_null),
        _ => false,
    }
}

/// The whole object as it is to be: what is there and can be sent, what others have said of it included.
fn whole(
    call: Call,
    there: &Object<String, Json>,
    wanted: &Object<String, Json>,
    prior: &Object<String, Json>,
) -> Json {
    let Some(shape) = call.document.request(call.method) else { return Json::Null };
    let sendable = call.document.sendable(shape, &document::body(shape, there.clone()));
    let mut whole = flat(&sendable);
    let (prior, wanted) = (Json::Object(prior.clone()), Json::Object(wanted.clone()));
    let Json::Object(changes) = with_removals(&prior, &wanted) else { return Json::Null };
    for (name, part) in changes {
        let is_map = call.document.is_map(shape, &name);
        let slot = whole.entry(name).or_insert(Json::Null);
        if is_map {
            *slot = Json::Null;
        }
        put(slot, part);
    }
    whole.retain(|_, part| !part.is_null());
    document::body(shape, whole)
}

/// Puts one into the other; what is null goes.
fn put(there: &mut Json, part: Json) {
    let Json::Object(part) = part else {
        *there = part;
        return;
    };
    if !there.is_object() {
        *there = Json::Object(Object::new());
    }
    let Some(map) = there.as_object_mut() else { return };
    for (name, part) in part {
        if part.is_null() {
            map.remove(&name);
        } else {
            put(map.entry(name).or_insert(Json::Null), part);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map as Object, Value as Json, json};

    use super::{differing, whole};
    use crate::kind::{Call, call};

    fn object(json: Json) -> Object<String, Json> {
        json.as_object().cloned().unwrap_or_default()
    }

    fn of(api: &str, name: &'static str) -> Call {
        call(api, name).expect("it is among the documents")
    }

    #[test]
    fn an_entry_of_a_map_that_is_not_the_programs_is_a_difference_and_a_field_is_none() {
        let call = of("storage", "storageAccountsCreate");
        let there =
            object(json!({"tags": {"a": "b", "c": "d"}, "accessTier": "Hot", "sku": {"name": "x", "tier": "y"}}));
        let same = object(json!({"tags": {"a": "b", "c": "d"}, "sku": {"name": "x"}}));
        assert_eq!(differing(call, &there, &same, &same), Object::new());
        let fewer = object(json!({"tags": {"a": "b"}, "sku": {"name": "x"}}));
        assert_eq!(differing(call, &there, &fewer, &fewer), object(json!({"tags": {"a": "b"}})));
        let gone = object(json!({"accessTier": "Hot"}));
        assert_eq!(differing(call, &there, &Object::new(), &gone), object(json!({"accessTier": null})));
    }

    #[test]
    fn a_whole_object_keeps_what_others_have_said_and_loses_what_is_no_longer_wanted() {
        let call = of("storage", "blobServicesSetServiceProperties");
        let there = object(json!({
            "id": "/x", "name": "default", "sku": {"name": "s"}, "isVersioningEnabled": true,
            "deleteRetentionPolicy": {"enabled": true, "days": 7}, "cors": {"corsRules": []},
        }));
        let wanted = object(json!({"deleteRetentionPolicy": {"enabled": false}}));
        let prior = object(json!({"deleteRetentionPolicy": {"enabled": true, "days": 7}, "isVersioningEnabled": true}));
        let sent = json!({"properties": {"deleteRetentionPolicy": {"enabled": false}, "cors": {"corsRules": []}}});
        assert_eq!(whole(call, &there, &wanted, &prior), sent);
    }

    #[test]
    fn a_budget_is_written_back_under_the_version_that_was_read() {
        let call = of("consumption", "budgetsCreateOrUpdate");
        let there =
            object(json!({"eTag": "1", "name": "b", "amount": 1, "category": "Cost", "currentSpend": {"amount": 3}}));
        let wanted = object(json!({"amount": 2}));
        let sent = json!({"eTag": "1", "properties": {"amount": 2, "category": "Cost"}});
        assert_eq!(whole(call, &there, &wanted, &wanted), sent);
    }
}
