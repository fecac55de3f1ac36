//! IAM and KMS.

use value::Value;

use super::Verdict;
use crate::call::Call;
use crate::facts::refuse;

/// The size of a document as IAM counts it: white space is free.
fn size(document: &Value) -> usize {
    match document {
        Value::String(text) => text.chars().filter(|c| !c.is_whitespace()).count(),
        other => expr::to_json(other).chars().filter(|c| !c.is_whitespace()).count(),
    }
}

/// A document must have statements.
fn document(call: &Call<'_>, property: &str, code: &str) -> Verdict {
    let well_formed = match call.get(property) {
        None | Some(Value::Secret(_)) => true,
        Some(Value::String(text)) => {
            serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json.get("Statement").is_some())
        }
        Some(other) => other.get("Statement").is_some(),
    };
    if well_formed { Ok(()) } else { Err(refuse(code, format!("{property}: a policy document has a Statement"))) }
}

fn within(call: &Call<'_>, property: &str, limit: usize) -> Verdict {
    match call.get(property).map(size) {
        Some(size) if size > limit => {
            Err(refuse("LimitExceeded", format!("{property} has {size} characters, {limit} are allowed")))
        }
        _ => Ok(()),
    }
}

pub(super) fn policy(call: &Call<'_>) -> Verdict {
    document(call, "PolicyDocument", "MalformedPolicyDocument")?;
    within(call, "PolicyDocument", 6144)
}

pub(super) fn role(call: &Call<'_>) -> Verdict {
    document(call, "AssumeRolePolicyDocument", "MalformedPolicyDocument")?;
    within(call, "AssumeRolePolicyDocument", 4096)?;
    let attached = call.get("ManagedPolicyArns").and_then(Value::as_list).map_or(0, <[_]>::len);
    if attached > 20 {
        return Err(refuse("LimitExceeded", format!("{attached} managed policies on a role, 20 are allowed")));
    }
    Ok(())
}

pub(super) fn key(call: &Call<'_>) -> Verdict {
    document(call, "KeyPolicy", "MalformedPolicyDocumentException")?;
    let spec = call.text("KeySpec").unwrap_or("SYMMETRIC_DEFAULT");
    let rotates = call.get("EnableKeyRotation").and_then(Value::as_bool) == Some(true);
    if rotates && spec != "SYMMETRIC_DEFAULT" {
        let message = format!("EnableKeyRotation: a key of spec {spec} cannot be rotated");
        return Err(refuse("UnsupportedOperationException", message));
    }
    if let Some(days) = call.get("PendingWindowInDays").and_then(Value::as_int)
        && !(7..=30).contains(&days)
    {
        return Err(refuse("ValidationException", format!("PendingWindowInDays is {days}, must be 7 to 30")));
    }
    Ok(())
}

pub(super) fn alias(call: &Call<'_>) -> Verdict {
    let name = call.text("AliasName").unwrap_or_default();
    if !name.starts_with("alias/") || name.len() <= "alias/".len() {
        return Err(refuse("ValidationException", format!("AliasName: `{name}` must begin with `alias/`")));
    }
    if name.starts_with("alias/aws/") {
        return Err(refuse("NotAuthorizedException", format!("AliasName: `{name}` is reserved for the vendor")));
    }
    Ok(())
}
