//! What is on Google Cloud before the centre, and is not its to make.

use fake_gcp::Fake;
use serde_json::json;

/// The dataset that bills are collected in.
pub(crate) const BILLS: &str = "bigquery/projects/ex-billing/datasets/aggregate";
/// The token of the channel of alerts, which somebody has put there.
pub(crate) const SLACK: &str = "secretmanager/projects/ex-billing/secrets/slack-token/versions/1";
/// What that token is.
pub(crate) const TOKEN: &str = "xoxb-token";
/// The same as the vendor gives it.
pub(crate) const TOKEN_IN_BASE64: &str = "eG94Yi10b2tlbg";

/// Puts it there.
pub(crate) fn put(fake: &Fake) {
    let mut world = fake.world();
    // Whoever is named in a policy is somebody.
    world.strangers = true;
    world.objects.insert(BILLS.to_owned(), json!({ "id": "ex-billing:aggregate" }));
    world.objects.insert(SLACK.to_owned(), json!({ "state": "ENABLED" }));
    world.contents.insert(SLACK.to_owned(), format!("{TOKEN_IN_BASE64}==").into_bytes());
}
