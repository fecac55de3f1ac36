//! Who may call: tokens, and where they are given for what a service account has signed.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use crate::http::{Answer, read_pairs};

/// Who may call; by default whoever has a token, of anybody.
#[derive(Debug, Default)]
pub struct Credentials {
    /// For how many seconds a token is good that is given; `None` = nobody is given any, and every one is good.
    pub seconds: Option<u64>,
    /// The tokens that are good.
    pub good: BTreeSet<String>,
    /// What was signed for a token: the claims, what they stand in, and the signature.
    pub signed: Vec<Signed>,
    counter: u64,
}

/// What a service account has signed.
#[derive(Debug, Clone)]
pub struct Signed {
    /// What it claims.
    pub claims: Json,
    /// The text that is signed.
    pub text: String,
    /// The signature of it.
    pub signature: Vec<u8>,
}

impl Credentials {
    pub(crate) fn allow(&self, token: Option<&str>) -> bool {
        token.is_some_and(|token| !token.is_empty() && (self.seconds.is_none() || self.good.contains(token)))
    }

    /// Gives a token for what is signed.
    pub(crate) fn token(&mut self, form: &[u8]) -> Answer {
        let refused = |error: &str| Answer::of(400, &json!({ "error": error }));
        let Some(seconds) = self.seconds else { return refused("nobody is given tokens") };
        let form = read_pairs(&String::from_utf8_lossy(form));
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if field("grant_type") != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
            return refused("unsupported_grant_type");
        }
        let Some(signed) = field("assertion").and_then(read) else { return refused("invalid_grant") };
        self.signed.push(signed);
        self.counter += 1;
        let token = format!("ya29.{}", self.counter);
        self.good.insert(token.clone());
        Answer::of(200, &json!({ "access_token": token, "expires_in": seconds, "token_type": "Bearer" }))
    }
}

fn read(assertion: &str) -> Option<Signed> {
    let (text, signature) = assertion.rsplit_once('.')?;
    let bytes = |part: &str| URL_SAFE.decode(part).or_else(|_| URL_SAFE_NO_PAD.decode(part)).ok();
    let (head, claims) = text.split_once('.')?;
    let head: Json = serde_json::from_slice(&bytes(head)?).ok()?;
    let claims = serde_json::from_slice(&bytes(claims)?).ok()?;
    (head["alg"] == "RS256").then_some(Signed { claims, text: text.to_owned(), signature: bytes(signature)? })
}
