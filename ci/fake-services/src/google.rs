//! What Google tells whoever asks who he is: its machines, and whoever has logged in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::http::{Answer, Asked};
use crate::world::parts;

pub(crate) fn method(asked: &Asked) -> Option<&'static str> {
    Some(match (asked.verb.as_str(), parts(asked).as_slice()) {
        ("GET", ["computeMetadata", "v1", "instance", "service-accounts", "default", "identity"]) => "google.identity",
        ("POST", ["token"]) => "google.token",
        _ => return None,
    })
}

pub(crate) fn violations(asked: &Asked, method: &str) -> Vec<String> {
    let wrong = match method {
        "google.identity" => {
            asked.header("metadata-flavor") != "Google" || !asked.query.iter().any(|(name, _)| name == "audience")
        }
        _ => asked.header("content-type") != "application/x-www-form-urlencoded" || asked.body.is_empty(),
    };
    wrong.then(|| "nobody asks like that".to_owned()).into_iter().collect()
}

/// A token for whoever signed a claim, and for whom it is; that the signature is right is not looked at.
fn of_key(assertion: &str) -> Option<String> {
    let [head, claims, signature] = assertion.split('.').collect::<Vec<_>>().try_into().ok()?;
    let read = |part: &str| serde_json::from_slice::<Json>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let (head, claims) = (read(head)?, read(claims)?);
    let lasts = claims["exp"].as_u64()?.checked_sub(claims["iat"].as_u64()?)?;
    let sound = head["alg"] == "RS256" && lasts <= 3600 && claims["aud"].as_str()?.ends_with("/token");
    let signed = URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| bytes.len() == 256);
    let token = format!("of-{}-for-{}", claims["iss"].as_str()?, claims["target_audience"].as_str()?);
    (sound && signed).then_some(token)
}

pub(crate) fn act(asked: &Asked, method: &str) -> Answer {
    if method == "google.token" {
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        let token = match body.split_once("&assertion=") {
            Some((_, assertion)) => of_key(assertion),
            None => Some("of-a-login".to_owned()).filter(|_| body.contains("grant_type=refresh_token&")),
        };
        let refused = || Answer::of(400, &json!({ "error": "invalid_grant" }));
        return token.map_or_else(refused, |token| Answer::of(200, &json!({ "id_token": token })));
    }
    let audience = asked.query.iter().find(|(name, _)| name == "audience").map_or("", |(_, value)| value);
    Answer::text(200, &format!("of-a-machine-for-{audience}"))
}
