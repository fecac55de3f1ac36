//! Credentials: the key file of a service account, tokens that expire or are taken back, and none at all.

use std::process::Command;
use std::time::{Duration, Instant};

use fake_gcp::Fault;
use serde_json::json;

use crate::Centre;
use crate::support::{Ran, ran};

const STACKS: &str = "cpg.dataset.* cpg.organisation.production";
const ACCOUNT: &str = "deployer@ex-billing.iam.gserviceaccount.com";

impl Centre {
    /// Runs it with these credentials and no others.
    fn run_as(&self, args: &str, credentials: Option<&str>) -> Ran {
        let mut command = self.command(args);
        command.env_remove("GOOGLE_OAUTH_ACCESS_TOKEN").env("HOME", self.world.path("nobody"));
        // Nobody else's tools are asked either.
        command.env("PATH", self.world.path("nobody"));
        if let Some(file) = credentials {
            command.env("GOOGLE_APPLICATION_CREDENTIALS", self.world.path(file));
        }
        ran(args, command)
    }

    /// Writes the key file of an account, whose tokens the server gives.
    fn key_file(&self) {
        self.openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem"]);
        let key = json!({
            "type": "service_account", "project_id": "ex-billing", "private_key_id": "1", "client_email": ACCOUNT,
            "private_key": self.world.read("key.pem"), "token_uri": format!("{}/token", self.fake.url()),
        });
        self.world.write("key.json", &key.to_string());
    }

    #[track_caller]
    fn openssl(&self, args: &[&str]) {
        let done = Command::new("openssl").args(args).current_dir(self.world.path("")).output().expect("openssl runs");
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// A text is in no file that the runner has written.
    #[track_caller]
    fn nowhere(&self, text: &str) {
        let found =
            Command::new("grep").args(["-r", "-l", text, "."]).current_dir(self.world.path(".groundplan")).output();
        let files = String::from_utf8(found.expect("grep runs").stdout).expect("text");
        assert_eq!(files, "");
    }
}

#[test]
fn the_key_of_a_service_account_is_used_and_tokens_that_expire_or_are_taken_back_are_renewed() {
    let Some(centre) = Centre::new() else { return };
    centre.key_file();
    {
        let mut world = centre.fake.world();
        // Tokens are renewed twenty seconds before they expire: these are good for one.
        world.credentials.seconds = Some(21);
        world.polls = 1;
        world.fail("buckets.insert", 1, Fault::Unauthorized);
    }
    let ran = centre.run_as(&format!("up {STACKS} --yes"), Some("key.json")).ok();
    centre.check();
    let signed = centre.fake.world().credentials.signed.clone();
    assert!(signed.len() > 2, "{}", signed.len());
    for one in &signed {
        assert_eq!(one.claims["iss"], ACCOUNT);
        assert_eq!(one.claims["aud"], format!("{}/token", centre.fake.url()));
        assert!(
            one.claims["scope"].as_str().is_some_and(|scope| scope.starts_with("https://www.googleapis.com/auth/"))
        );
    }
    std::fs::write(centre.world.path("signed"), &signed[0].text).expect("is written");
    std::fs::write(centre.world.path("signature"), &signed[0].signature).expect("is written");
    centre.openssl(&["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
    centre.openssl(&["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed"]);
    let buckets = centre.recorded()["storage.googleapis.com/Bucket"];
    assert_eq!(centre.there("storage", "", &["/o/"]), buckets, "nothing was made twice");
    let line = centre.world.read("key.pem").lines().nth(3).expect("a line").to_owned();
    for secret in ["ya29.", &line] {
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret));
        centre.nowhere(secret);
    }
}

#[test]
fn a_new_token_that_is_not_taken_either_is_one_clear_failure() {
    let Some(centre) = Centre::new() else { return };
    let before = centre.fake.world().objects.len();
    centre.key_file();
    centre.fake.world().credentials.seconds = Some(3600);
    centre.fake.world().fail("", u32::MAX, Fault::Unauthorized);
    let ran = centre.run_as(&format!("up {STACKS} --yes"), Some("key.json"));
    assert_ne!(ran.code, Some(0));
    let ran = ran.says(["UNAUTHENTICATED", "log in again"]);
    assert!(!ran.err.contains("ya29."), "{ran}");
    assert_eq!(centre.fake.world().objects.len(), before);
}

#[test]
fn nobodys_credentials_are_said_so_quickly_and_evaluations_need_none() {
    let Some(centre) = Centre::new() else { return };
    centre.run_as(&format!("preview {STACKS}"), None).ok();
    let start = Instant::now();
    let ran = centre.run_as(&format!("up {STACKS} --yes"), None);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_ne!(ran.code, Some(0));
    ran.says(["no credentials of Google Cloud are found", "gcloud auth application-default login"]);
    assert_eq!(centre.fake.world().served, []);
}

#[test]
fn a_file_that_is_no_key_of_a_service_account_is_told_and_not_shown() {
    let Some(centre) = Centre::new() else { return };
    for (file, text) in [("external", r#"{"type": "external_account", "token": "s3cr3t"}"#), ("text", "\"s3cr3t\"")] {
        centre.world.write(file, text);
        let ran = centre.run_as(&format!("up {STACKS} --yes"), Some(file));
        assert_ne!(ran.code, Some(0), "{file}");
        let ran = ran.says(["BadCredentials", "GOOGLE_APPLICATION_CREDENTIALS"]);
        assert!(!ran.out.contains("s3cr3t") && !ran.err.contains("s3cr3t"), "{ran}");
    }
    let ran = centre.run_as(&format!("up {STACKS} --yes"), Some("missing"));
    assert_ne!(ran.code, Some(0));
    ran.says(["BadCredentials", "failed to open"]);
}
