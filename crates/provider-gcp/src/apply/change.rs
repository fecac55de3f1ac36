//! Updates: an object that is there is made what it is to be.

use std::time::Duration;

use rest::json::difference;
use rest::{Repeat, Result, jittered};
use serde_json::{Map as Object, Value as Json};
use value::Map;

use super::Working;
use crate::failure::is_contended;
use crate::kind::Way;
use crate::thing::{Seen, body};
use crate::{labels, lent, operation};

/// How often somebody else may be faster.
const CHANGES: u32 = 5;

impl Working<'_> {
    pub(super) async fn update(&self, id: &str, inputs: &Map, prior: &Map) -> Result<Seen> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let seen = self.there(id).await?;
            match self.change(&seen, inputs, prior).await {
                Ok(false) => return Ok(seen),
                Ok(true) => return self.there(id).await,
                // Somebody else was faster: it is looked at again.
                Err(error) if is_contended(&error) && attempt < CHANGES => {
                    tokio::time::sleep(jittered(Duration::from_millis(100))).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Marks an object as its owner's, where a type has a place for that.
    pub(super) async fn adopt(&self, id: &str) -> Result<Seen> {
        let seen = self.there(id).await?;
        let (Some(property), Some(way)) = (&self.thing.kind.labels, &self.thing.kind.update) else { return Ok(seen) };
        if seen.owner.as_ref() == Some(&self.step.owner) {
            return Ok(seen);
        }
        let labels = self.labels(property, &seen, &Object::new(), &Object::new());
        self.send(way, &seen, [(property.clone(), labels)].into_iter().collect()).await?;
        self.there(id).await
    }

    /// Makes an object what it is to be; answers whether it had to change anything.
    async fn change(&self, seen: &Seen, inputs: &Map, prior: &Map) -> Result<bool> {
        let thing = &self.thing;
        let mut changed = false;
        for beside in &thing.kind.beside {
            let Some(value) = inputs.get(&beside.property).filter(|value| !value.is_null()) else { continue };
            if seen.observed.get(&beside.property) != Some(value) {
                thing.write_beside(&self.name(seen), beside, value).await?;
                changed = true;
            }
        }
        let Some(way) = &thing.kind.update else { return Ok(changed) };
        let call = thing.kind.call(&way.call)?;
        let leave = |name: &str| self.is_create_only(name) || thing.kind.beside.iter().any(|b| b.property == name);
        let mut wanted = body(call, way, &lent::marked(thing, inputs), leave).inner;
        let before = body(call, way, &lent::marked(thing, prior), leave).inner;
        if let Some(property) = &thing.kind.labels {
            wanted.insert(property.clone(), self.labels(property, seen, &wanted, &before));
        }
        let there = lent::known(thing, &seen.answer, &before);
        let Some(parts) = difference(&there, &wanted, &before, !is_masked(call.method, way)) else {
            return Ok(changed);
        };
        self.send(way, seen, parts).await?;
        Ok(true)
    }

    /// Sends the parts that are to be otherwise; null = it is to go.
    async fn send(&self, way: &Way, seen: &Seen, parts: Object<String, Json>) -> Result<()> {
        let thing = &self.thing;
        let call = thing.kind.call(&way.call)?;
        let mut request = thing.to(call, &self.name(seen));
        let mut sent = body(call, way, &Map::new(), |_| false);
        let mask = parts.keys().cloned().collect::<Vec<_>>().join(",");
        match (is_masked(call.method, way), way.within.is_some()) {
            (true, true) => sent.put("updateMask", mask.into()),
            (true, false) => request.query.push(("updateMask".to_owned(), mask)),
            _ => {}
        }
        // Under a mask what goes is named there, and not sent.
        let kept = |part: &Json| !is_masked(call.method, way) || !part.is_null();
        sent.inner = parts.into_iter().filter(|(_, part)| kept(part)).collect();
        lent::opened(thing, &mut sent.inner).await?;
        if let Some(etag) = seen.answer.get("etag").filter(|_| way.etag) {
            sent.inner.insert("etag".to_owned(), etag.clone());
        }
        request.body = Some(sent.json());
        let answer = thing.site.call(&request, Repeat::Freely).await?;
        if call.method.is_long() {
            operation::wait(thing, call, answer).await?;
        }
        Ok(())
    }

    /// All labels that an object is to have: those of others stay.
    fn labels(&self, property: &str, seen: &Seen, wanted: &Object<String, Json>, prior: &Object<String, Json>) -> Json {
        let part =
            |map: &Object<String, Json>| map.get(property).and_then(Json::as_object).cloned().unwrap_or_default();
        let was = part(prior);
        let mut labels = part(&seen.answer);
        labels.retain(|key, _| !was.contains_key(key));
        labels.extend(part(wanted));
        labels.extend(labels::of(&self.step.owner));
        Json::Object(labels)
    }

    fn name(&self, seen: &Seen) -> String {
        self.thing.name(&self.thing.named(&seen.id)).unwrap_or_default()
    }
}

/// Whether a change names what it changes; where it does not, what is sent is put into what is there.
fn is_masked(method: &crate::document::Method, way: &Way) -> bool {
    method.takes("updateMask") || way.within.is_some()
}
