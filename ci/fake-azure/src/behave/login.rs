//! Tokens: who gives them, and what they are good for.

use serde_json::json;

use crate::http::{Answer, Asked, decoded};
use crate::world::World;

/// Answers who asks for a token; `None` = somebody asks for something else.
pub(super) fn answer(world: &mut World, asked: &Asked) -> Option<Answer> {
    match asked.path.first()?.as_str() {
        "login.microsoftonline.com" => Some(application(world, asked)),
        // No machine of this world has an identity.
        "169.254.169.254" => Some(Answer::error(404, "NotFound", "there is no identity")),
        _ => None,
    }
}

fn application(world: &mut World, asked: &Asked) -> Answer {
    let body = String::from_utf8_lossy(&asked.body).into_owned();
    let field = |name: &str| {
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| decoded(&value.replace('+', " ")))
    };
    let refused = |number: u32, said: &str| {
        Answer::of(401, &json!({"error": "invalid_client", "error_codes": [number], "error_description": said}))
    };
    if asked.path.get(2..).map(|rest| rest.join("/")).as_deref() != Some("oauth2/v2.0/token") {
        return Answer::of(
            404,
            &json!({"error": "not_found", "error_codes": [404], "error_description": "no such address"}),
        );
    }
    if world.secret.is_none() || field("client_secret") != world.secret || field("client_id").is_none() {
        return refused(7_000_215, "AADSTS7000215: Invalid client secret provided.");
    }
    let (Some(scope), Some("client_credentials")) = (field("scope"), field("grant_type").as_deref()) else {
        return refused(70_003, "AADSTS70003: The app requested an unsupported grant type.");
    };
    let token = format!("token-{}", world.number());
    world.tokens.insert(token.clone(), scope);
    Answer::of(200, &json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}))
}

/// Whether a call carries a token that is good for its service.
pub(super) fn is_let_in(world: &World, asked: &Asked) -> bool {
    let Some(token) = asked.header("authorization").and_then(|text| text.strip_prefix("Bearer ")) else { return false };
    if world.secret.is_none() {
        return !token.is_empty();
    }
    let host = asked.path.first().map(String::as_str).unwrap_or_default();
    let service = match host {
        host if host.ends_with(".blob.core.windows.net") => "storage.azure.com",
        host if host.ends_with(".vault.azure.net") => "vault.azure.net",
        host => host,
    };
    world.tokens.get(token).is_some_and(|scope| *scope == format!("https://{service}/.default"))
}
