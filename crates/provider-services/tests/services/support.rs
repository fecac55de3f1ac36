//! Services, and the server that they point to.

use fake_services::Fake;
use ports::{Find, Found, Fragment, Outcome, Owner, Provider, ProviderError, ReadRequest, Step, StepAction};
use provider_services::{Place, Service};
use serde_json::{Value as Json, json};
use value::{Digest, Map, Secret, Value};

pub(crate) const USER: &str = "hail_user";
pub(crate) const PROJECT: &str = "hail_billing_project";
pub(crate) const MEMBER: &str = "hail_billing_project_member";
pub(crate) const METADATA: &str = "metamist_project";
pub(crate) const MEMBERS: &str = "metamist_project_members";
pub(crate) const ENVIRONMENT: &str = "github_environment";
pub(crate) const SECRET: &str = "github_environment_secret";

/// The token of all who call.
pub(crate) const TOKEN: &str = "hidden-token";
/// What a secret holds.
pub(crate) const HIDDEN: &str = "hidden-value";

/// The id that a project for bills has.
pub(crate) const BILLED: &str = "gcp::https://batch.hail.example.org::alpha";

/// A type, what it is made of, what it becomes, and what must be there before.
pub(crate) struct Case {
    pub(crate) ty: &'static str,
    pub(crate) inputs: Json,
    pub(crate) changed: Option<Json>,
    pub(crate) before: Vec<(&'static str, Json)>,
    pub(crate) id: &'static str,
    /// Whether it goes when it is deleted.
    pub(crate) goes: bool,
    /// What makes it.
    pub(crate) method: &'static str,
}

pub(crate) fn user() -> Json {
    json!({"auth_url": "https://auth.hail.example.org", "cloud": "gcp", "username": "alpha-test"})
}

pub(crate) fn project() -> Json {
    json!({"batch_url": "https://batch.hail.example.org", "cloud": "gcp", "name": "alpha"})
}

pub(crate) fn environment() -> Json {
    json!({"owner": "ex", "repository": "images", "environment": "production",
        "deployment_branch_policy": {"protected_branches": true, "custom_branch_policies": false}})
}

pub(crate) fn secret(value: &str) -> Json {
    json!({"owner": "ex", "repository": "images", "environment": "production",
        "secret_name": "WIF_PROVIDER", "value": {"secret": value}})
}

pub(crate) fn cases() -> Vec<Case> {
    let mut open = environment();
    open["deployment_branch_policy"] = Json::Null;
    let members = |readers: &[&str], writers: &[&str]| json!({"project": "alpha", "readers": readers, "contributors": ["a@ex.org"], "writers": writers});
    let case = |ty, inputs, id, method| Case { ty, inputs, changed: None, before: Vec::new(), id, goes: true, method };
    vec![
        Case { goes: false, ..case(USER, user(), "gcp|https://auth.hail.example.org|alpha-test", "hail.users.create") },
        case(PROJECT, project(), BILLED, "hail.billing_projects.create"),
        Case {
            before: vec![(PROJECT, project())],
            ..case(
                MEMBER,
                json!({"billing_project": BILLED, "user": "ana-lyst"}),
                "gcp::https://batch.hail.example.org::alpha|ana-lyst",
                "hail.billing_projects.add",
            )
        },
        Case { goes: false, ..case(METADATA, json!({"name": "alpha"}), "alpha", "metamist.project.create") },
        Case {
            goes: false,
            before: vec![(METADATA, json!({"name": "alpha"}))],
            changed: Some(members(&["b@ex.org"], &[])),
            ..case(MEMBERS, members(&["a@ex.org", "b@ex.org"], &["b@ex.org"]), "alpha", "metamist.project.members")
        },
        Case {
            changed: Some(open),
            ..case(ENVIRONMENT, environment(), "ex|images|production", "github.environments.put")
        },
        Case {
            before: vec![(ENVIRONMENT, environment())],
            changed: Some(secret("another value")),
            ..case(SECRET, secret(HIDDEN), "ex|images|production|WIF_PROVIDER", "github.secrets.put")
        },
    ]
}

/// A server, and whoever calls it.
pub(crate) struct House {
    pub(crate) fake: Fake,
}

impl House {
    pub(crate) fn new() -> Self {
        Self { fake: Fake::start().expect("a free port") }
    }

    /// A house with what a case needs.
    pub(crate) async fn of(case: &Case) -> Self {
        let house = Self::new();
        for (ty, inputs) in &case.before {
            house.create(ty, inputs).await;
        }
        house
    }

    pub(crate) fn service(&self, ty: &str) -> Service {
        let name = ty.split('_').next().unwrap_or_default();
        let place = Place { endpoint: Some(self.fake.url(name)) };
        Service::with_token(name, place, TOKEN).expect("there is such a service")
    }

    pub(crate) async fn create(&self, ty: &str, inputs: &Json) -> Found {
        done(self.attempt(ty, inputs).await).expect("it is there")
    }

    pub(crate) async fn attempt(&self, ty: &str, inputs: &Json) -> Outcome {
        self.step(ty, StepAction::Create { inputs: map(inputs) }).await
    }

    pub(crate) async fn update(&self, ty: &str, id: &str, prior: &Json, inputs: &Json) -> Found {
        let action = StepAction::Update { id: id.to_owned(), inputs: map(inputs), prior: map(prior) };
        done(self.step(ty, action).await).expect("it is there")
    }

    pub(crate) async fn delete(&self, ty: &str, id: &str) {
        let action = StepAction::Delete { id: id.to_owned(), prior: Map::new() };
        assert!(done(self.step(ty, action).await).is_none());
    }

    pub(crate) async fn step(&self, ty: &str, action: StepAction) -> Outcome {
        step(&self.service(ty), ty, action).await
    }

    pub(crate) async fn by_id(&self, ty: &str, id: &str) -> Option<Found> {
        self.read(ty, Find::Id(id.to_owned())).await.expect("it can be read")
    }

    pub(crate) async fn read(&self, ty: &str, find: Find) -> Result<Option<Found>, ProviderError> {
        let request = ReadRequest { ty: ty.to_owned(), find, instance: None };
        self.service(ty).read(&[request]).await.map(|mut found| found.pop().flatten())
    }

    /// The properties whose values an object does not have.
    pub(crate) fn drift(&self, ty: &str, inputs: &Json, found: &Found) -> Vec<String> {
        let service = self.service(ty);
        let schema = service.schema(ty).expect("a sound schema").expect("it is served");
        diff::drifted(schema, &map(inputs), &found.observed).iter().map(ToString::to_string).collect()
    }

    /// Everything was as the services allow.
    #[track_caller]
    pub(crate) fn check(&self) {
        let found = self.fake.world().violations.clone();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

pub(crate) async fn step(service: &Service, ty: &str, action: StepAction) -> Outcome {
    let owner = Owner { organisation: "ex".into(), stack_id: "s".into(), urn: format!("p::{ty}::x"), incarnation: 1 };
    let (token, timeout_seconds, instance) = ("token".to_owned(), None, None);
    let step = Step { ty: ty.to_owned(), owner, action, token, timeout_seconds, instance };
    let fragment = Fragment { steps: vec![step], order: Vec::new() };
    let mut outcome = None;
    service.apply(&fragment, &mut |_, ended| outcome = Some(ended)).await;
    outcome.expect("every step ends")
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

/// Properties of JSON; `{"secret": …}` is a secret.
pub(crate) fn map(json: &Json) -> Map {
    json.as_object().expect("an object").iter().map(|(key, json)| (key.clone(), value(json))).collect()
}

fn value(json: &Json) -> Value {
    match json {
        Json::Bool(truth) => (*truth).into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(object) => match object.get("secret") {
            Some(hidden) => Value::Secret(Secret::open(Digest::of("tests", b""), value(hidden))),
            None => Value::Map(map(json)),
        },
        _ => Value::Null,
    }
}
