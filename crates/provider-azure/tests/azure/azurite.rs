//! Blobs against Microsoft's own emulator of storage, which `ci/azure.sh` starts: over TLS, with a bearer token.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ports::{Find, Found, Provider, ReadRequest, StepAction};
use provider_azure::{Azure, Place};
use serde_json::{Value as Json, json};

use crate::cases::BLOB;
use crate::support::{done, failed, map, owner, step};

/// The address of the emulator, which has an account of this name and a container.
const ADDRESS: &str = "AZURITE";
const CONTAINER: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/devstoreaccount1/blobServices/default/containers/main";

/// A token as the emulator takes it: it looks at everything but who has signed it.
fn token() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let claims = json!({
        "aud": "https://storage.azure.com", "iss": "https://sts.windows.net/x/",
        "iat": now - 60, "nbf": now - 60, "exp": now + 600,
    });
    format!("{}.{}.{}", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims), URL_SAFE_NO_PAD.encode("x"))
}

fn inputs(name: &str, content: &str) -> Json {
    json!({ "parent": CONTAINER, "name": name, "content": content })
}

async fn look(azure: &Azure, id: &str) -> Option<Found> {
    let request = ReadRequest { ty: BLOB.to_owned(), find: Find::Id(id.to_owned()), instance: None };
    azure.read(&[request]).await.expect("it can be read").pop().flatten()
}

#[tokio::test]
async fn blobs_are_made_read_changed_and_deleted_on_azurite() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let place = Place { storage: Some(address), ..Place::default() };
    let azure = Azure::with_token(place, BTreeMap::new(), token());
    for (name, content) in [("plain", "a = 1\n"), ("a b/ä ü+%.toml", "grüße\n"), ("nothing", "")] {
        let wanted = inputs(name, content);
        let create = || StepAction::Create { inputs: map(&wanted) };
        let made = done(step(&azure, BLOB, "thing", create()).await).expect("it is there");
        let read = look(&azure, &made.id).await.expect("it is there");
        assert_eq!((&read.observed, &read.owner), (&made.observed, &Some(owner(BLOB, "thing"))), "{name}");
        // Once more by the same is the same; by somebody else it is refused.
        assert_eq!(done(step(&azure, BLOB, "thing", create()).await).map(|found| found.id), Some(made.id.clone()));
        assert_eq!(failed(step(&azure, BLOB, "other", create()).await).code, "NotOurs");
        let mut other = inputs(name, "b = 2\n");
        other["contentType"] = "text/plain".into();
        let update = StepAction::Update { id: made.id.clone(), inputs: map(&other), prior: map(&wanted) };
        done(step(&azure, BLOB, "thing", update).await);
        let read = look(&azure, &made.id).await.expect("it is there");
        assert_eq!(read.observed.get("content"), Some(&"b = 2\n".into()));
        assert_eq!(read.observed.get("contentType"), Some(&"text/plain".into()));
        assert_eq!(read.owner, Some(owner(BLOB, "thing")), "a change keeps whose it is");
        for _ in 0..2 {
            let delete = StepAction::Delete { id: made.id.clone(), prior: map(&json!({})) };
            assert_eq!(done(step(&azure, BLOB, "thing", delete).await), None);
        }
        assert_eq!(look(&azure, &made.id).await, None);
    }
}

#[tokio::test]
async fn sixteen_who_make_one_blob_at_a_time_make_it_once_on_azurite() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let place = Place { storage: Some(address), ..Place::default() };
    let azure = Azure::with_token(place, BTreeMap::new(), token());
    let mut racing = tokio::task::JoinSet::new();
    for number in 0..16 {
        let azure = azure.clone();
        racing.spawn(async move {
            let create = StepAction::Create { inputs: map(&inputs("race", &number.to_string())) };
            step(&azure, BLOB, &format!("racer-{number}"), create).await
        });
    }
    let outcomes = racing.join_all().await;
    let winners: Vec<Found> = outcomes
        .into_iter()
        .filter_map(|outcome| match outcome {
            ports::Outcome::Done(found) => found,
            other => {
                assert_eq!(failed(other).code, "NotOurs");
                None
            }
        })
        .collect();
    let [winner] = winners.as_slice() else { panic!("{} have made it", winners.len()) };
    assert_eq!(look(&azure, &winner.id).await.as_ref().map(|found| &found.observed), Some(&winner.observed));
    let delete = StepAction::Delete { id: winner.id.clone(), prior: map(&json!({})) };
    done(step(&azure, BLOB, "race", delete).await);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_no_missing_blob_on_azurite() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let place = Place { storage: Some(address), ..Place::default() };
    let azure = Azure::with_token(place, BTreeMap::new(), "ey.no.token".to_owned());
    let request =
        ReadRequest { ty: BLOB.to_owned(), find: Find::Id(format!("{CONTAINER}/blobs/plain")), instance: None };
    let error = azure.read(&[request]).await.expect_err("it is refused");
    assert_eq!(error.kind, ports::ProviderErrorKind::Credentials, "{error}");
}
