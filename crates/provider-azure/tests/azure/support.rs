//! A provider and the server that it points to.

use std::collections::BTreeMap;

use fake_azure::Fake;
use ports::{Find, Found, Fragment, Outcome, Owner, Provider, ProviderError, ReadRequest, Step, StepAction};
use provider_azure::{Azure, Place};
use serde_json::Value as Json;
use value::{Map, Value};

/// A server, and somebody who calls it.
pub(crate) struct House {
    pub(crate) fake: Fake,
    pub(crate) azure: Azure,
}

impl House {
    pub(crate) fn new() -> Self {
        let fake = Fake::start().expect("a free port");
        let azure = caller(&fake);
        Self { fake, azure }
    }

    /// Makes an object of a type.
    pub(crate) async fn create(&self, ty: &str, inputs: &Json) -> Found {
        done(self.attempt(ty, inputs).await).expect("it is there")
    }

    /// What comes of making an object.
    pub(crate) async fn attempt(&self, ty: &str, inputs: &Json) -> Outcome {
        self.step(ty, "thing", StepAction::Create { inputs: map(inputs) }).await
    }

    pub(crate) async fn update(&self, ty: &str, id: &str, prior: &Json, inputs: &Json) -> Found {
        let action = StepAction::Update { id: id.to_owned(), inputs: map(inputs), prior: map(prior) };
        done(self.step(ty, "thing", action).await).expect("it is there")
    }

    pub(crate) async fn delete(&self, ty: &str, id: &str) {
        let action = StepAction::Delete { id: id.to_owned(), prior: Map::new() };
        assert!(done(self.step(ty, "thing", action).await).is_none());
    }

    pub(crate) async fn step(&self, ty: &str, name: &str, action: StepAction) -> Outcome {
        step(&self.azure, ty, name, action).await
    }

    pub(crate) async fn by_id(&self, ty: &str, id: &str) -> Option<Found> {
        self.read(ty, Find::Id(id.to_owned())).await.expect("it can be read")
    }

    pub(crate) async fn read(&self, ty: &str, find: Find) -> Result<Option<Found>, ProviderError> {
        let request = ReadRequest { ty: ty.to_owned(), find, instance: None };
        self.azure.read(&[request]).await.map(|mut found| found.pop().flatten())
    }

    /// The properties whose values an object does not have.
    pub(crate) fn drift(&self, ty: &str, inputs: &Json, found: &Found) -> Vec<String> {
        let schema = self.azure.schema(ty).expect("a sound schema").expect("it is served");
        diff::drifted(schema, &map(inputs), &found.observed).iter().map(ToString::to_string).collect()
    }

    /// Everything was as the documents allow.
    pub(crate) fn check(&self) {
        let found = self.fake.world().violations.clone();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// Somebody who calls the server.
pub(crate) fn caller(fake: &Fake) -> Azure {
    let place = Place { endpoint: Some(fake.url()), ..Place::default() };
    Azure::with_token(place, BTreeMap::new(), "token".to_owned())
}

pub(crate) async fn step(azure: &Azure, ty: &str, name: &str, action: StepAction) -> Outcome {
    let step = Step {
        ty: ty.to_owned(),
        owner: owner(ty, name),
        action,
        token: "token".to_owned(),
        timeout_seconds: None,
        instance: None,
    };
    let fragment = Fragment { steps: vec![step], order: Vec::new() };
    let mut outcome = None;
    azure.apply(&fragment, &mut |_, ended| outcome = Some(ended)).await;
    outcome.expect("every step ends")
}

pub(crate) fn owner(ty: &str, name: &str) -> Owner {
    Owner { organisation: "ex".into(), stack_id: "s1".into(), urn: format!("p::{ty}::{name}"), incarnation: 1 }
}

#[track_caller]
pub(crate) fn done(outcome: Outcome) -> Option<Found> {
    match outcome {
        Outcome::Done(found) => found,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(crate) fn failed(outcome: Outcome) -> ProviderError {
    match outcome {
        Outcome::Failed(error, _) => error,
        other => panic!("{other:?}"),
    }
}

/// Properties of JSON.
pub(crate) fn map(json: &Json) -> Map {
    let entries = json.as_object().expect("an object");
    entries.iter().map(|(key, json)| (key.clone(), value(json))).collect()
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().expect("finite")), Value::Int)
        }
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(_) => Value::Map(map(json)),
    }
}
