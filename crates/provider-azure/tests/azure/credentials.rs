//! Who calls: each test in a process of its own, since credentials are found in its environment.

use std::collections::BTreeMap;
use std::process::Command;

use fake_azure::Fake;
use ports::{ProviderErrorKind, StepAction};
use provider_azure::{Azure, Place};

use crate::cases::{self, BLOB, MEMBER, PEOPLE, SECRET};
use crate::support::{done, failed, map, step};

/// Names the server to the other process, and that it is one.
const SERVER: &str = "FAKE_AZURE";
const SECRET_OF_APPLICATION: &str = "s3cret~value";

/// Runs a test of this file in a process of its own, with this environment and no other; what it said.
fn alone(test: &str, fake: &Fake, environment: &[(&str, &str)]) -> String {
    let program = std::env::current_exe().expect("a program");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--ignored", "--nocapture"]).env_clear().env(SERVER, fake.url());
    let ran = command.envs(environment.iter().copied()).output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    said
}

fn azure() -> Azure {
    let endpoint = std::env::var(SERVER).expect("another test runs this one");
    Azure::new(Place { endpoint: Some(endpoint), ..Place::default() }, BTreeMap::new())
}

#[test]
fn an_application_with_a_secret_gets_a_token_for_each_service() {
    let fake = Fake::start().expect("a free port");
    fake.world().secret = Some(SECRET_OF_APPLICATION.to_owned());
    let environment = [
        ("AZURE_TENANT_ID", "99999999-2222-3333-4444-555555555555"),
        ("AZURE_CLIENT_ID", "88888888-2222-3333-4444-555555555555"),
        ("AZURE_CLIENT_SECRET", SECRET_OF_APPLICATION),
    ];
    let said = alone("credentials::makes_one_of_each_service", &fake, &environment);
    assert!(!said.contains(SECRET_OF_APPLICATION), "{said}");
    let world = fake.world();
    assert!(world.violations.is_empty(), "{:?}", world.violations);
    assert_eq!(world.count("refused"), 0, "every service was shown the token that is good for it");
    let scopes: Vec<&str> = world.tokens.values().map(String::as_str).collect();
    assert_eq!(scopes.len(), 4, "a token is asked for once: {scopes:?}");
}

#[tokio::test]
#[ignore = "another test runs it"]
async fn makes_one_of_each_service() {
    let azure = azure();
    let make = async |ty, inputs| {
        done(step(&azure, ty, "thing", StepAction::Create { inputs: map(&inputs) }).await).expect("it is there")
    };
    for ty in [BLOB, SECRET] {
        let case = cases::of(ty);
        for case in case.prerequisites().into_iter().chain([case]) {
            make(case.ty, case.inputs).await;
        }
    }
    let group = make(PEOPLE, cases::of(PEOPLE).inputs).await.id;
    make(MEMBER, serde_json::json!({ "group": group, "member": "somebody" })).await;
    let id = format!("{}/secrets/token", cases::vault_id());
    done(step(&azure, SECRET, "thing", StepAction::Delete { id, prior: map(&serde_json::json!({})) }).await);
}

#[test]
fn a_secret_that_is_wrong_is_said_and_nobody_else_is_asked() {
    let fake = Fake::start().expect("a free port");
    fake.world().secret = Some(SECRET_OF_APPLICATION.to_owned());
    let environment = [
        ("AZURE_TENANT_ID", "99999999-2222-3333-4444-555555555555"),
        ("AZURE_CLIENT_ID", "88888888-2222-3333-4444-555555555555"),
        ("AZURE_CLIENT_SECRET", "wr0ng"),
    ];
    let said = alone("credentials::is_refused", &fake, &environment);
    assert!(said.contains("AADSTS7000215") && !said.contains("wr0ng"), "{said}");
    assert!(fake.world().things.is_empty());
}

#[test]
fn without_credentials_there_is_one_clear_error() {
    let fake = Fake::start().expect("a free port");
    let said = alone("credentials::is_refused", &fake, &[("PATH", "/nowhere")]);
    assert!(said.contains("nobody gave a token") && said.contains("managed identity"), "{said}");
    assert!(said.contains("az login"), "{said}");
    assert!(fake.world().served.iter().all(|served| served.method == "token"));
}

#[tokio::test]
#[ignore = "another test runs it"]
async fn is_refused() {
    let azure = azure();
    // Nobody is asked for credentials before a call needs them.
    assert_eq!(ports::Provider::types(&azure).len(), 14);
    let create = StepAction::Create { inputs: map(&cases::of(cases::GROUP).inputs) };
    let error = failed(step(&azure, cases::GROUP, "thing", create).await);
    assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Credentials, "NoCredentials"), "{error}");
    #[expect(clippy::print_stdout, reason = "the test that runs this one reads it")]
    {
        println!("{error}: {}", ports::Provider::hint(&azure, &error).expect("a hint"));
    }
}

#[test]
fn a_token_of_the_environment_is_taken_as_it_is() {
    let fake = Fake::start().expect("a free port");
    alone("credentials::makes_one_of_each_service", &fake, &[("AZURE_ACCESS_TOKEN", "given")]);
    assert_eq!(fake.world().count("token"), 0);
    // One of its own for each service.
    let fake = Fake::start().expect("a free port");
    {
        let mut world = fake.world();
        world.secret = Some("nobody has it".to_owned());
        let hosts = ["management.azure.com", "graph.microsoft.com", "storage.azure.com", "vault.azure.net"];
        world.tokens = hosts.iter().map(|host| ((*host).to_owned(), format!("https://{host}/.default"))).collect();
    }
    let environment = [
        ("AZURE_ACCESS_TOKEN", "management.azure.com"),
        ("AZURE_ACCESS_TOKEN_GRAPH", "graph.microsoft.com"),
        ("AZURE_ACCESS_TOKEN_STORAGE", "storage.azure.com"),
        ("AZURE_ACCESS_TOKEN_VAULT", "vault.azure.net"),
    ];
    alone("credentials::makes_one_of_each_service", &fake, &environment);
    assert_eq!(fake.world().count("refused"), 0);
}
