//! Objects: looking at them, and what a body is made of.

use ports::{Find, Found, Owner, ProviderError, ProviderErrorKind};
use rest::template::{GIVEN, fill, is_given, plain, unfill};
use rest::{Repeat, Result, refused};
use schema::TypeSchema;
use serde_json::{Map as Object, Value as Json};
use value::{Map, Segment, Value};

use crate::failure::is_missing;
use crate::kind::{Beside, Call, Kind, Way, call};
use crate::site::Site;
use crate::url::Request;
use crate::{json, labels, lent};

/// A type in a site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thing<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) schema: &'a TypeSchema,
    pub(crate) site: &'a Site,
}

/// An object as a look shows it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: String,
    /// What the vendor answered, and what stands beside it.
    pub(crate) answer: Object<String, Json>,
    pub(crate) observed: Map,
    pub(crate) owner: Option<Owner>,
    /// It can be seen for a while, and is no more.
    pub(crate) gone: bool,
}

impl Seen {
    /// What the engine is told.
    pub(crate) fn found(self) -> Found {
        Found { id: self.id, observed: self.observed, owner: self.owner, unhealthy: None }
    }
}

impl Thing<'_> {
    /// Looks for an object that is there.
    pub(crate) async fn find(&self, find: &Find) -> Result<Option<Seen>> {
        let found = match find {
            Find::Id(id) => self.get(&self.named(id)).await?,
            Find::Identity(identity) => self.by_identity(identity).await?,
            Find::Owner(_) => {
                return Err(refused("NoSearch", format!("{} is not searched by its owner", self.schema.name)));
            }
        };
        Ok(found.filter(|seen| !seen.gone))
    }

    /// Looks for an object by what is unique of it; one that is gone may still be seen.
    pub(crate) async fn by_identity(&self, identity: &Map) -> Result<Option<Seen>> {
        let found = if let Some(way) = &self.kind.lookup {
            match self.site.call(&self.request(self.kind.call(&way.call)?, way, identity), Repeat::Freely).await {
                Ok(answer) => match answer.get("name").and_then(Json::as_str) {
                    Some(name) => self.get(&self.named(name)).await,
                    None => Ok(None),
                },
                Err(error) => Err(error),
            }
        } else if self.kind.list.is_some() {
            self.listed(identity).await
        } else {
            self.get(identity).await
        };
        match found {
            Err(error) if is_missing(&error) => Ok(None),
            // To others it looks the same whether it is there or not, and whoever makes it finds out.
            Err(error) if self.is_hidden(&error) => Ok(None),
            found => found,
        }
    }

    /// Whether a failure says no more than that the object is not to be seen.
    pub(crate) fn is_hidden(&self, error: &ProviderError) -> bool {
        self.kind.hidden && error.kind == ProviderErrorKind::Credentials && error.code != "NoCredentials"
    }

    /// Reads an object by the properties that its name is made of.
    pub(crate) async fn get(&self, properties: &Map) -> Result<Option<Seen>> {
        let Some(name) = self.name(properties) else { return Ok(None) };
        let Some(read) = &self.kind.read else { return Ok(None) };
        let answer = match self.site.call(&self.to(self.kind.call(read)?, &name), Repeat::Freely).await {
            Ok(Json::Object(answer)) => answer,
            Ok(_) => return Err(refused("BadAnswer", format!("{read}: the answer is no object"))),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut seen = self.seen(&name, answer);
        if !seen.gone {
            for beside in &self.kind.beside {
                self.look_beside(&name, beside, &mut seen).await?;
            }
        }
        Ok(Some(seen))
    }

    /// The name in the vendor's paths.
    pub(crate) fn name(&self, properties: &Map) -> Option<String> {
        if is_given(&self.kind.at) {
            return properties.get("name").and_then(plain).map(str::to_owned);
        }
        fill(&self.kind.at, &self.completed(properties))
    }

    /// The name of an object that has been made, of which the vendor may give a part. The vendor writes the numbers of
    /// projects where programs write their ids, so the rest is the program's.
    pub(crate) fn name_of_new(&self, inputs: &Map, answer: &Json) -> Option<String> {
        let told = answer.pointer("/response/name").or_else(|| answer.get("name")).and_then(Json::as_str);
        if self.kind.at == "{name}" && !inputs.contains_key("name") {
            return told.map(str::to_owned);
        }
        let mut inputs = self.completed(inputs);
        if is_given(&self.kind.at) {
            inputs.insert(GIVEN.to_owned(), told?.rsplit('/').next()?.into());
        }
        fill(&self.kind.at, &inputs)
    }

    /// An object as an answer shows it that was asked for by a name.
    pub(crate) fn seen(&self, name: &str, answer: Object<String, Json>) -> Seen {
        let mut observed = rest::json::properties(self.schema, &answer);
        for (property, form) in &self.kind.told {
            let told = answer.get(property).and_then(Json::as_str).and_then(|text| unfill(form, text));
            observed.extend(told.into_iter().flatten());
        }
        observed.extend(unfill(&self.kind.at, name).into_iter().flatten());
        if self.id_is_name() {
            observed.insert("name".to_owned(), name.into());
        }
        for property in &self.kind.regions {
            if let Some(Value::String(place)) = observed.get_mut(property) {
                *place = region(place);
            }
        }
        if let Some(Value::Map(map)) = self.kind.lent.as_ref().and_then(|lent| observed.get_mut(&lent.among)) {
            map.retain(|_, value| !lent::is_hidden(value.as_str()));
        }
        if let Some(Value::Map(map)) = self.kind.labels.as_ref().and_then(|property| observed.get_mut(property)) {
            map.retain(|key, _| !labels::is_ours(key));
        }
        let gone = self.kind.gone.as_ref().is_some_and(|gone| {
            let says = answer.get(&gone.property).and_then(Json::as_str);
            says.is_some_and(|says| gone.is.iter().any(|is| is == says))
        });
        let owner = labels::owner(self.kind.labels.as_ref().and_then(|property| answer.get(property)));
        Seen { id: self.id(&observed), answer, observed, owner, gone }
    }

    /// A call to the object of a name.
    pub(crate) fn to(&self, call: Call, name: &str) -> Request {
        request_to(self.kind, call, name)
    }

    /// A call whose parameters are filled with properties.
    pub(crate) fn request(&self, call: Call, way: &Way, properties: &Map) -> Request {
        let properties = self.completed(properties);
        let mut request = Request::new(call, "");
        for (name, value) in &mut request.path {
            let same = || properties.get(name.as_str()).and_then(plain).map(str::to_owned);
            let filled = way.path.get(name).map_or_else(same, |template| fill(template, &properties));
            *value = filled.or_else(|| self.name(&properties)).unwrap_or_default();
        }
        let query = way.query.iter();
        request.query = query.filter_map(|(name, text)| Some((name.clone(), fill(text, &properties)?))).collect();
        request
    }

    /// Sets a property that has calls of its own.
    pub(crate) async fn write_beside(&self, name: &str, beside: &'static Beside, value: &Value) -> Result<()> {
        let call = call(beside.api.as_deref().unwrap_or(&self.kind.api), &beside.write)?;
        let mut request = Request::new(call, name);
        let field = beside.sent_as.as_ref().unwrap_or(&beside.property);
        let shape = call.document.request(call.method).and_then(|shape| shape.settable(field));
        let body = [(field.clone(), json::sent(call.document, shape, value))];
        request.body = Some(Json::Object(body.into_iter().collect()));
        let answer = self.site.call(&request, Repeat::Freely).await?;
        if call.method.is_long() { crate::operation::wait(self, call, answer).await.map(drop) } else { Ok(()) }
    }

    async fn look_beside(&self, name: &str, beside: &'static Beside, seen: &mut Seen) -> Result<()> {
        let Some(read) = &beside.read else { return Ok(()) };
        let call = call(beside.api.as_deref().unwrap_or(&self.kind.api), read)?;
        let answer = self.site.call(&Request::new(call, name), Repeat::Freely).await?;
        let Some(told) = answer.get(&beside.property) else { return Ok(()) };
        seen.answer.insert(beside.property.clone(), told.clone());
        let only = [(beside.property.clone(), told.clone())].into_iter().collect();
        seen.observed.extend(rest::json::properties(self.schema, &only));
        Ok(())
    }

    /// The object among all of its parent that is as the identity says.
    async fn listed(&self, identity: &Map) -> Result<Option<Seen>> {
        let Some(list) = &self.kind.list else { return Ok(None) };
        let call = self.kind.call(&list.call)?;
        let way = Way { path: list.path.clone(), query: list.query.clone(), ..Way::default() };
        let mut request = self.request(call, &way, identity);
        loop {
            let answer = self.site.call(&request, Repeat::Freely).await?;
            let items = answer.get(&list.items).and_then(Json::as_array).into_iter().flatten();
            for item in items.filter_map(Json::as_object) {
                let Some(name) = item.get("name").and_then(Json::as_str) else { continue };
                let seen = self.seen(name, item.clone());
                let same = |(property, wanted): (&String, &Value)| {
                    let there =
                        seen.observed.get(property).map_or(Json::Null, |value| json::sent(call.document, None, value));
                    rest::json::holds(&there, &json::sent(call.document, None, wanted))
                };
                if identity.iter().filter(|(_, value)| !value.is_null()).all(same) {
                    return Ok(Some(seen));
                }
            }
            match answer.get("nextPageToken").and_then(Json::as_str).filter(|token| !token.is_empty()) {
                Some(token) => request.query = vec![("pageToken".to_owned(), token.to_owned())],
                None => return Ok(None),
            }
        }
    }

    /// The properties that an id is made of, and those that are in its name.
    pub(crate) fn named(&self, id: &str) -> Map {
        let names: Vec<&str> = self.identifiers().collect();
        let parts = id.splitn(names.len().max(1), '|');
        let mut properties: Map =
            names.iter().zip(parts).map(|(name, part)| ((*name).to_owned(), part.into())).collect();
        if self.id_is_name() {
            properties.extend(unfill(&self.kind.at, id).into_iter().flatten());
        }
        properties
    }

    /// The id: the parts of the primary identifier, joined.
    pub(crate) fn id(&self, properties: &Map) -> String {
        let part = |name| properties.get(name).and_then(plain).unwrap_or_default();
        self.identifiers().map(part).collect::<Vec<_>>().join("|")
    }

    /// Properties with what stands before them where the program does not give a whole name.
    pub(crate) fn completed(&self, properties: &Map) -> Map {
        let mut properties = properties.clone();
        for (property, prefix) in &self.kind.full {
            let short = properties.get(property).and_then(plain).filter(|text| !text.contains('/'));
            if let Some(whole) = short.map(|text| format!("{prefix}{text}")) {
                properties.insert(property.clone(), whole.into());
            }
        }
        properties
    }

    fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.schema.primary_identifier.iter().filter_map(|path| match path.segments() {
            [Segment::Key(key)] => Some(key.as_str()),
            _ => None,
        })
    }

    fn id_is_name(&self) -> bool {
        self.identifiers().eq(["name"])
    }
}

/// A call to the object of a name; a method that takes the parts of it is given them.
pub(crate) fn request_to(kind: &Kind, call: Call, name: &str) -> Request {
    let mut request = Request::new(call, name);
    if let (2.., Some(parts)) = (request.path.len(), unfill(&kind.at, name)) {
        for (part, value) in &mut request.path {
            parts.get(part.as_str()).and_then(plain).unwrap_or_default().clone_into(value);
        }
    }
    request
}

/// What of the properties stands in the body of a call; `leave` = what does not.
pub(crate) fn body(call: Call, way: &Way, properties: &Map, leave: impl Fn(&str) -> bool) -> Body {
    let outer = way.body.iter().map(|(key, json)| (key.clone(), filled(json, properties))).collect();
    let mut body = Body { outer, inner: Object::new(), within: way.within.clone() };
    let Some(shape) = call.document.request(call.method) else { return body };
    let inner = way.within.as_ref().and_then(|name| shape.settable(name));
    let inner = inner.map(|shape| call.document.resolve(shape));
    for (name, value) in properties.iter().filter(|(name, value)| !value.is_null() && !leave(name)) {
        if let Some(shape) = inner.and_then(|inner| inner.settable(name)) {
            body.inner.insert(name.clone(), json::sent(call.document, Some(shape), value));
        } else if let Some(shape) = shape.settable(name) {
            let part = if inner.is_some() { &mut body.outer } else { &mut body.inner };
            part.insert(name.clone(), json::sent(call.document, Some(shape), value));
        }
    }
    body
}

/// What is sent besides, with the places in its texts filled.
fn filled(json: &Json, properties: &Map) -> Json {
    match json {
        Json::String(text) => fill(text, properties).map_or(Json::Null, Json::String),
        Json::Array(items) => items.iter().map(|item| filled(item, properties)).collect(),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, json)| (key.clone(), filled(json, properties))).collect())
        }
        other => other.clone(),
    }
}

/// The body of a call, of which a part may hold the properties.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    outer: Object<String, Json>,
    pub(crate) inner: Object<String, Json>,
    within: Option<String>,
}

impl Body {
    /// Puts something beside the properties.
    pub(crate) fn put(&mut self, name: &str, value: Json) {
        self.outer.insert(name.to_owned(), value);
    }

    /// All of it.
    pub(crate) fn json(self) -> Json {
        let Self { mut outer, inner, within } = self;
        match within {
            Some(name) => drop(outer.insert(name, Json::Object(inner))),
            None => outer.extend(inner),
        }
        Json::Object(outer)
    }
}

/// A place as programs write it: regions in small letters, other places in capitals.
pub(crate) fn region(place: &str) -> String {
    if place.contains('-') { place.to_lowercase() } else { place.to_uppercase() }
}
