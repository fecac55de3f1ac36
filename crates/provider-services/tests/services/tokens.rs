//! Who calls, as the environment says. It is one for the whole process, so each case is a process of its own.

use std::process::Command;

use fake_services::Fake;
use ports::StepAction;
use provider_services::{Place, Service};
use serde_json::json;

use crate::support::{ENVIRONMENT, METADATA, USER, done, environment, failed, map, step, user};

/// Runs one of the tests below by itself, in an environment.
fn run(name: &str, fake: &Fake, variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--ignored", "--exact", &format!("tokens::{name}")]).env("FAKE", fake.host());
    for gone in ["GOOGLE_APPLICATION_CREDENTIALS", "METAMIST_TOKEN", "GITHUB_TOKEN", "HAIL_TOKEN_GCP"] {
        command.env_remove(gone);
    }
    command.env("HOME", "/nowhere").envs(variables.iter().copied());
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn place(service: &str) -> Place {
    Place { endpoint: std::env::var("FAKE").ok().map(|host| format!("http://{host}/{service}")) }
}

async fn create(service: &Service, ty: &str, inputs: &serde_json::Value) {
    done(step(service, ty, StepAction::Create { inputs: map(inputs) }).await);
}

#[tokio::test]
#[ignore = "it is run in an environment of its own"]
async fn makes_a_project_of_metadata() {
    let service = Service::metamist(place("metamist"), Default::default());
    create(&service, METADATA, &json!({ "name": "alpha" })).await;
}

#[tokio::test]
#[ignore = "it is run in an environment of its own"]
async fn makes_users_on_two_clouds() {
    let service = Service::hail(place("hail"), Default::default());
    let mut azure = user();
    azure["cloud"] = "azure".into();
    azure["auth_url"] = "https://auth.hail-az.example.org".into();
    create(&service, USER, &user()).await;
    create(&service, USER, &azure).await;
}

#[tokio::test]
#[ignore = "it is run in an environment of its own"]
async fn finds_no_token() {
    let github = Service::github(place("github"), Default::default());
    let hail = Service::hail(place("hail"), Default::default());
    for (service, ty, inputs) in [(github, ENVIRONMENT, environment()), (hail, USER, user())] {
        let error = failed(step(&service, ty, StepAction::Create { inputs: map(&inputs) }).await);
        assert_eq!(error.code, "NoCredentials");
    }
}

#[test]
fn hail_is_called_with_the_token_of_the_cloud() {
    let fake = Fake::start().expect("a free port");
    fake.world().tokens = [("hail/auth.hail.example.org", "of-gcp"), ("hail/auth.hail-az", "of-azure")]
        .map(|(path, token)| (path.to_owned(), token.to_owned()))
        .into();
    run("makes_users_on_two_clouds", &fake, &[("HAIL_TOKEN_GCP", "of-gcp"), ("HAIL_TOKEN_AZURE", "of-azure")]);
    // Those that Hail's own tools keep.
    let home = std::env::temp_dir().join(format!("groundplan-hail-{}", std::process::id()));
    std::fs::create_dir_all(home.join(".hail")).expect("a directory");
    let tokens = json!({ "gcp": "of-gcp", "azure": "of-azure" });
    std::fs::write(home.join(".hail/tokens.json"), tokens.to_string()).expect("a file");
    run("makes_users_on_two_clouds", &fake, &[("HOME", home.to_str().expect("text"))]);
    std::fs::remove_dir_all(home).expect("it goes");
}

#[test]
fn metamist_is_called_with_an_identity_of_google_for_it() {
    let fake = Fake::start().expect("a free port");
    let host = fake.host();
    let expect = |token: String| drop(fake.world().tokens.insert("metamist".to_owned(), token));
    expect("given".to_owned());
    run("makes_a_project_of_metadata", &fake, &[("METAMIST_TOKEN", "given")]);
    // A machine of Google's.
    expect(format!("of-a-machine-for-{}", fake.url("metamist")));
    run("makes_a_project_of_metadata", &fake, &[("GCE_METADATA_HOST", &host)]);
    expect("of-a-machine-for-https://other".to_owned());
    run("makes_a_project_of_metadata", &fake, &[("GCE_METADATA_HOST", &host), ("METAMIST_AUDIENCE", "https://other")]);
    assert_eq!(fake.world().count("google.identity"), 2, "a token is asked for once, and used for all calls");
    // A token that is no longer taken is made anew, once.
    fake.world().fail("project.all", 1, fake_services::Fault::Expired);
    run("makes_a_project_of_metadata", &fake, &[("GCE_METADATA_HOST", &host), ("METAMIST_AUDIENCE", "https://other")]);
    assert_eq!(fake.world().count("google.identity"), 4);
    // Somebody who has logged in.
    let file = std::env::temp_dir().join(format!("groundplan-login-{}.json", std::process::id()));
    let login = json!({
        "type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r",
        "token_uri": format!("http://{host}/token"),
    });
    std::fs::write(&file, login.to_string()).expect("a file");
    expect("of-a-login".to_owned());
    run("makes_a_project_of_metadata", &fake, &[("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().expect("text"))]);
    // The key of a service account, which was made for this test and opens nothing.
    let key = json!({
        "type": "service_account", "project_id": "p", "private_key_id": "1", "private_key": include_str!("key.pem"),
        "client_email": "a@p.iam.gserviceaccount.com", "token_uri": format!("http://{host}/token"),
    });
    std::fs::write(&file, key.to_string()).expect("a file");
    expect(format!("of-a@p.iam.gserviceaccount.com-for-{}", fake.url("metamist")));
    run("makes_a_project_of_metadata", &fake, &[("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().expect("text"))]);
    std::fs::remove_file(&file).expect("it goes");
    assert_eq!(fake.world().violations, Vec::<String>::new());
}

#[test]
fn without_a_token_nobody_is_called() {
    let fake = Fake::start().expect("a free port");
    run("finds_no_token", &fake, &[]);
    assert_eq!(fake.world().served, []);
}
