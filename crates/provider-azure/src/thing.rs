//! Objects of the resource manager: where they are, and looking at them.

use ports::{Find, Found, Owner};
use rest::template::{fill, plain, unfill};
use rest::{json, url};
use schema::TypeSchema;
use serde_json::{Map as Object, Value as Json};
use value::{Digest, Map, Value};

use crate::document::flat;
use crate::failure::{Result, is_missing, refused};
use crate::kind::{Call, Kind, call};
use crate::owner;
use crate::site::Site;

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
    /// What the vendor answered, without envelopes.
    pub(crate) answer: Object<String, Json>,
    pub(crate) observed: Map,
    pub(crate) owner: Option<Owner>,
}

impl Seen {
    /// What the engine is told.
    pub(crate) fn found(self) -> Found {
        let unhealthy = self.failed();
        Found { id: self.id, observed: self.observed, owner: self.owner, unhealthy }
    }

    fn state(&self) -> &str {
        self.answer.get("provisioningState").and_then(Json::as_str).unwrap_or("Succeeded")
    }

    /// Whether the vendor is still at work on it.
    pub(crate) fn is_at_work(&self) -> bool {
        !matches!(self.state(), "Succeeded" | "Failed" | "Canceled" | "RegisteringDns")
    }

    fn failed(&self) -> Option<String> {
        let state = self.state();
        matches!(state, "Failed" | "Canceled").then(|| format!("the vendor calls it `{state}`"))
    }
}

impl Thing<'_> {
    /// Looks for an object.
    pub(crate) async fn find(&self, find: &Find) -> Result<Option<Seen>> {
        match find {
            Find::Id(id) => self.get(id).await,
            Find::Identity(identity) => self.by_identity(identity).await,
            Find::Owner(_) => Err(refused("NoSearch", format!("{} is not searched by its owner", self.schema.name))),
        }
    }

    async fn by_identity(&self, identity: &Map) -> Result<Option<Seen>> {
        match (self.id(identity), &self.kind.list) {
            (Some(id), _) => self.get(&id).await,
            (None, Some(list)) => {
                let name = identity.get("name").and_then(plain).unwrap_or_default();
                self.listed(list, name).await
            }
            (None, None) => Ok(None),
        }
    }

    /// Reads an object.
    pub(crate) async fn get(&self, id: &str) -> Result<Option<Seen>> {
        let Some(get) = &self.kind.get else { return Ok(None) };
        match self.site.call(&self.site.about(self.kind.call(get)?, id)).await {
            Ok(answer @ Json::Object(_)) => Ok(Some(self.seen(id, &answer))),
            Ok(_) => Err(refused("BadAnswer", format!("{get}: the answer is no object"))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The object of a name that is given once in the world, in the subscriptions that can be seen.
    async fn listed(&self, list: &'static str, name: &str) -> Result<Option<Seen>> {
        let subscriptions = match self.site.account() {
            Some(account) => vec![format!("/subscriptions/{account}")],
            None => {
                let all = self.pages(call("subscriptions", "subscriptionsList")?, "").await?;
                all.iter().filter_map(|one| one.get("id")?.as_str().map(str::to_owned)).collect()
            }
        };
        for subscription in subscriptions {
            let all = self.pages(self.kind.call(list)?, &subscription).await?;
            let same = |one: &&Json| one["name"].as_str().is_some_and(|there| there.eq_ignore_ascii_case(name));
            if let Some(id) = all.iter().find(same).and_then(|one| one["id"].as_str()) {
                return self.get(&normal(id, name)).await;
            }
        }
        Ok(None)
    }

    /// Everything that is listed, page by page.
    async fn pages(&self, call: Call, below: &str) -> Result<Vec<Json>> {
        let mut request = self.site.about(call, below);
        let address = match call.document.name.as_str() {
            "subscriptions" => "/subscriptions".to_owned(),
            _ => format!("{below}/providers/{}", self.schema.name),
        };
        request.url = url::with_query(
            &self.site.request(&crate::site::Service::Management, call.name, "GET", &address).url,
            [("api-version", call.document.version.as_str())],
        );
        let mut all = Vec::new();
        loop {
            let mut page = self.site.call(&request).await?;
            if let Some(Json::Array(items)) = page.get_mut("value").map(Json::take) {
                all.extend(items);
            }
            match page.get("nextLink").and_then(Json::as_str).filter(|next| !next.is_empty()) {
                Some(next) => request = self.site.follow(call.name, next)?,
                None => return Ok(all),
            }
        }
    }

    /// An object as an answer shows it.
    pub(crate) fn seen(&self, id: &str, answer: &Json) -> Seen {
        let answer = flat(answer);
        let mut observed = json::properties(self.schema, &answer);
        for property in &self.kind.regions {
            if let Some(Value::String(place)) = observed.get_mut(property) {
                *place = region(place);
            }
        }
        for (property, start) in &self.kind.short {
            if let Some(Value::String(text)) = observed.get_mut(property)
                && let Some(at) = text.to_lowercase().find(&start.to_lowercase())
            {
                *text = format!("{start}{}", text.get(at + start.len()..).unwrap_or_default());
            }
        }
        observed.extend(unfill(&self.kind.at, id).into_iter().flatten());
        observed.insert("id".to_owned(), id.into());
        let mark = self.kind.owner;
        if let Some(Value::Map(map)) = mark.and_then(|mark| observed.get_mut(mark.property())) {
            map.retain(|key, _| !owner::is_ours(key));
        }
        let owner = mark.and_then(|mark| owner::read(mark, answer.get(mark.property())));
        Seen { id: id.to_owned(), answer, observed, owner }
    }

    /// The id that properties make.
    pub(crate) fn id(&self, properties: &Map) -> Option<String> {
        let mut properties = properties.clone();
        if !self.kind.named.is_empty() && !properties.contains_key("name") {
            let parts = self.kind.named.iter().map(|name| properties.get(name).and_then(plain));
            let parts: Option<Vec<String>> = parts.map(|part| part.map(str::to_lowercase)).collect();
            properties.insert("name".to_owned(), guid(&parts?).into());
        }
        fill(&self.kind.at, &properties)
    }

    /// The properties that stand in an id.
    pub(crate) fn named(&self, id: &str) -> Map {
        unfill(&self.kind.at, id).unwrap_or_default()
    }

    /// A property that stands in an id, or in that of what holds it.
    pub(crate) fn part(&self, id: &str, name: &str) -> Option<String> {
        self.named(id).get(name).and_then(plain).map(str::to_owned)
    }
}

/// A name in the form of a UUID, always the same for the same parts.
fn guid(parts: &[String]) -> String {
    let digest = Digest::of_parts("azure/guid", parts.iter().map(String::as_bytes));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    // Version 8: made by rules of one's own.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A place as programs write it: the vendor also writes it for people.
pub(crate) fn region(place: &str) -> String {
    place.to_lowercase().replace(' ', "")
}

/// An id in the letters that programs use: the vendor does not tell `resourcegroups` from `resourceGroups`.
fn normal(id: &str, name: &str) -> String {
    let lower = id.to_lowercase();
    let (mut out, group) = (id.to_owned(), "/resourcegroups/");
    if let Some(at) = lower.find(group) {
        out.replace_range(at..at + group.len(), "/resourceGroups/");
    }
    let end = out.len().saturating_sub(name.len());
    if out.get(end..).is_some_and(|last| last.eq_ignore_ascii_case(name)) {
        out.replace_range(end.., name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{guid, normal, region};

    #[test]
    fn a_name_that_is_made_of_parts_is_a_uuid_and_always_the_same() {
        let of = |parts: &[&str]| guid(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        let name = of(&["/subscriptions/s", "p", "r"]);
        assert_eq!(name, of(&["/subscriptions/s", "p", "r"]));
        assert_ne!(name, of(&["/subscriptions/s", "pr", ""]));
        let lengths: Vec<usize> = name.split('-').map(str::len).collect();
        assert_eq!((lengths, &name[14..15]), (vec![8, 4, 4, 4, 12], "8"));
    }

    #[test]
    fn the_vendors_letters_become_those_of_programs() {
        let id = "/subscriptions/s/resourcegroups/Ex/providers/Microsoft.KeyVault/vaults/EXVAULT";
        let wanted = "/subscriptions/s/resourceGroups/Ex/providers/Microsoft.KeyVault/vaults/exvault";
        assert_eq!(normal(id, "exvault"), wanted);
        assert_eq!(region("Australia East"), "australiaeast");
    }
}
