//! Creates: a call that makes an object is sent until it is known what became of it, and never again before a look.

use std::time::{Duration, Instant};

use ports::{Owner, ProviderError, ProviderErrorKind};
use rest::template::plain;
use rest::{Repeat, Result, jittered, refused};
use serde_json::{Map as Object, Value as Json};
use value::{Map, Value};

use super::{Failed, Working};
use crate::failure::{is_missing, is_there};
use crate::kind::{Beside, Call, Way};
use crate::thing::{Seen, body, region};
use crate::url::Request;
use crate::{labels, lent, operation};

/// How long what was just made may not be seen.
const UNSEEN: Duration = Duration::from_mins(1);
/// How long what it belongs to, made a moment ago, may not have got about yet.
const NEW: Duration = Duration::from_secs(20);
/// How often a create is sent whose answer was lost and that is known not to have happened.
pub(super) const TRIES: u32 = 4;

/// What came of a create.
pub(super) enum Made {
    /// The vendor's answer.
    Now(Json),
    /// It is there already.
    Before(Seen),
}

impl Working<'_> {
    pub(super) async fn create(&self, inputs: &Map) -> std::result::Result<Seen, Failed> {
        self.knows_places(inputs)?;
        let Some(way) = &self.thing.kind.create else {
            return Err(refused("NoCreate", format!("{} cannot be made", self.step.ty)).into());
        };
        let call = self.thing.kind.call(&way.call)?;
        let request = self.creation(call, way, inputs).await?;
        let made = match (&self.thing.kind.list, self.identity(inputs)) {
            (Some(list), None) => self.make_nameless(list, &request, inputs).await?,
            _ => self.make(&request, inputs).await?,
        };
        let answer = match made {
            Made::Now(answer) => answer,
            Made::Before(seen) => {
                let id = seen.id.clone();
                let done = self.update(&id, inputs, &Map::new()).await;
                return self.ended(&id, done).await;
            }
        };
        let name = match self.thing.name_of_new(inputs, &answer) {
            Some(name) => name,
            None => self.looked_up(inputs).await?,
        };
        let properties = properties_of(inputs, &name);
        let id = self.thing.id(&properties);
        let done = self.settle_in(&name, &properties, inputs).await;
        let mut seen = self.ended(&id, done).await?;
        let given: Object<String, Json> =
            answer.as_object().into_iter().flatten().map(|(key, json)| (key.clone(), json.clone())).collect();
        for once in &self.thing.kind.given_once {
            let told = rest::json::properties(self.thing.schema, &given).remove(once);
            seen.observed.extend(told.map(|value| (once.clone(), value)));
        }
        Ok(seen)
    }

    /// The call that makes the object.
    async fn creation(&self, call: Call, way: &Way, inputs: &Map) -> Result<Request> {
        let thing = &self.thing;
        let mut request = thing.request(call, way, inputs);
        if !call.method.has_body() {
            return Ok(request);
        }
        let changes_only = call.method.verb == "PATCH";
        let mut body = body(call, way, &lent::marked(thing, inputs), |name| {
            let created = |beside: &Beside| beside.property == name && beside.at_create;
            thing.kind.beside.iter().any(created) || (changes_only && self.is_create_only(name))
        });
        if let Some(property) = &thing.kind.labels {
            let labels = body.inner.entry(property.clone()).or_insert_with(|| Json::Object(Object::new()));
            labels.as_object_mut().into_iter().for_each(|map| map.extend(labels::of(&self.step.owner)));
        }
        lent::opened(thing, &mut body.inner).await?;
        request.body = Some(body.json());
        Ok(request)
    }

    /// Sends a create until it is known what became of it.
    pub(super) async fn make(&self, request: &Request, inputs: &Map) -> Result<Made> {
        let thing = &self.thing;
        let repeat = if thing.kind.taken_over { Repeat::Freely } else { Repeat::Never };
        let start = Instant::now();
        let mut pause = Duration::from_millis(250);
        let (mut lost, mut sent) = (false, 0);
        loop {
            let answer = match thing.site.call(request, repeat).await {
                Ok(answer) if request.call.method.is_long() => operation::wait(thing, request.call, answer).await,
                other => other,
            };
            let error = match answer {
                Ok(answer) => {
                    if thing.kind.enables {
                        thing.site.enabled();
                    }
                    return Ok(Made::Now(answer));
                }
                Err(error) => error,
            };
            sent += 1;
            let may_be_there = error.kind == ProviderErrorKind::Lost;
            lost |= may_be_there;
            if is_there(&error) || may_be_there {
                if let Some(before) = self.made_before(&error, lost, inputs).await? {
                    return Ok(before);
                }
                // What another site has, or nobody may see, is not looked for again and again.
                if sent >= TRIES || !lost {
                    return Err(error);
                }
            } else if !is_missing(&error) || start.elapsed() + pause > NEW {
                return Err(error);
            }
            tokio::time::sleep(jittered(pause)).await;
            pause *= 2;
        }
    }

    /// What is there of an object that was made before, or may have been; `None` = nothing.
    async fn made_before(&self, error: &ProviderError, lost: bool, inputs: &Map) -> Result<Option<Made>> {
        let thing = &self.thing;
        let Some(identity) = self.identity(inputs) else { return Err(error.clone()) };
        let Some(seen) = thing.by_identity(&identity).await? else { return Ok(None) };
        if !thing.kind.taken_over && !self.is_ours(&seen, lost) {
            let message = format!("{}; it is there as `{}`, and not of this resource", error.message, seen.id);
            return Err(ProviderError { code: "NotOurs".to_owned(), message, ..error.clone() });
        }
        if seen.gone {
            let Some(revive) = &thing.kind.revive else { return Err(error.clone()) };
            let call = thing.kind.call(revive)?;
            let name = thing.name(inputs).unwrap_or_default();
            let answer = thing.site.call(&thing.to(call, &name), Repeat::Freely).await?;
            operation::wait(thing, call, answer).await?;
        }
        Ok(Some(Made::Before(seen)))
    }

    /// Whether an object is what a call of this step made: by its labels, or, where it has none, since it was not there
    /// before the call whose answer was lost. What is deleted comes back to whoever had it, and to anybody if nobody can
    /// tell.
    fn is_ours(&self, seen: &Seen, lost: bool) -> bool {
        let ours = |owner: &Owner| {
            let incarnation = if seen.gone { owner.incarnation } else { self.step.owner.incarnation };
            *owner == Owner { incarnation, ..self.step.owner.clone() }
        };
        match &seen.owner {
            Some(owner) => ours(owner),
            None => self.thing.kind.labels.is_none() && (lost || seen.gone),
        }
    }

    /// Sets what a create cannot, and waits until the object can be seen.
    async fn settle_in(&self, name: &str, properties: &Map, inputs: &Map) -> Result<Seen> {
        let thing = &self.thing;
        let start = Instant::now();
        let mut pause = Duration::from_millis(250);
        loop {
            let seen = match self.set_beside(name, inputs).await {
                Ok(()) => thing.get(properties).await,
                Err(error) => Err(error),
            };
            match seen {
                Ok(Some(seen)) if !seen.gone => return Ok(seen),
                // To others it looks the same whether it has got about yet or not.
                Err(error) if !thing.is_hidden(&error) || start.elapsed() > UNSEEN => return Err(error),
                _ if start.elapsed() > UNSEEN => {
                    return Err(refused("Vanished", format!("`{name}` was made and cannot be seen")));
                }
                _ => {}
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn set_beside(&self, name: &str, inputs: &Map) -> Result<()> {
        for beside in self.thing.kind.beside.iter().filter(|beside| beside.at_create) {
            if let Some(value) = inputs.get(&beside.property).filter(|value| !value.is_null()) {
                self.thing.write_beside(name, beside, value).await?;
            }
        }
        Ok(())
    }

    /// The natural identity among properties, if the type has one.
    fn identity(&self, inputs: &Map) -> Option<Map> {
        let identity = self.thing.schema.overlay.identity.as_ref()?;
        Some(identity.within(inputs)).filter(|identity| !identity.is_empty())
    }

    async fn looked_up(&self, inputs: &Map) -> Result<String> {
        let lost = || refused("NoName", format!("{} was made, and has no name", self.step.ty));
        let identity = self.identity(inputs).ok_or_else(lost)?;
        let seen = self.thing.by_identity(&identity).await?.ok_or_else(lost)?;
        self.thing.name(&self.thing.named(&seen.id)).ok_or_else(lost)
    }

    /// Refuses places that the vendor would write otherwise: they would look changed ever after.
    fn knows_places(&self, inputs: &Map) -> Result<()> {
        for property in &self.thing.kind.regions {
            let Some(place) = inputs.get(property).and_then(plain).filter(|place| region(place) != **place) else {
                continue;
            };
            let message = format!("`{property}` is `{place}`, which Google calls `{}`", region(place));
            return Err(refused("BadRegion", message));
        }
        Ok(())
    }
}

/// The properties that a new object is found by.
fn properties_of(inputs: &Map, name: &str) -> Map {
    let mut properties = inputs.clone();
    properties.insert("name".to_owned(), Value::from(name));
    properties
}
