//! Failures: what the vendor says, as the engine sees it.

use std::time::Duration;

use ports::{ProviderError, ProviderErrorKind};
use rest::{Answer, Refusal, kind_of, retry_after};
use serde_json::Value as Json;

pub(crate) use rest::{Result, broken, refused};

/// What an answer means that is no success.
pub(crate) fn of_answer(call: &str, answer: &Answer) -> Refusal {
    let body = answer.told();
    // Storage says it in XML, and the code beside it.
    let (code, said) = match answer.header("x-ms-error-code") {
        Some(code) if !body.is_object() => (Some(code.to_owned()), None),
        _ => words(&body),
    };
    let code = code.unwrap_or_else(|| answer.status.to_string());
    let message = format!("{call}: {}", said.as_deref().unwrap_or("the service gave no reason"));
    let error = ProviderError { kind: kind(answer.status, &code), code, message };
    Refusal { error, pause: retry_after(answer).or_else(|| milliseconds(answer)) }
}

/// What an operation means that ended badly.
pub(crate) fn of_operation(call: &str, status: &str, told: &Json) -> ProviderError {
    let (code, said) = words(told);
    let code = code.unwrap_or_else(|| status.to_owned());
    let message = format!("{call}: {}", said.as_deref().unwrap_or("the operation gave no reason"));
    ProviderError { kind: ProviderErrorKind::Refused, code, message }
}

/// The code that says most, and the sentence.
fn words(body: &Json) -> (Option<String>, Option<String>) {
    let error = body.get("error").filter(|error| error.is_object()).unwrap_or(body);
    let text = |json: &Json, name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
    let inner = error.get("innererror").and_then(|inner| text(inner, "code"));
    (inner.or_else(|| text(error, "code")), text(error, "message"))
}

fn milliseconds(answer: &Answer) -> Option<Duration> {
    answer.header("x-ms-retry-after-ms")?.trim().parse().ok().map(Duration::from_millis)
}

fn kind(status: u16, code: &str) -> ProviderErrorKind {
    match code {
        // Storage says so with 503, and has done nothing.
        "ServerBusy" | "TooManyRequests" | "SubscriptionRequestsThrottled" => ProviderErrorKind::Throttled,
        _ => kind_of(status),
    }
}

/// Whether the vendor says that there is no such object.
pub(crate) fn is_missing(error: &ProviderError) -> bool {
    error.kind == ProviderErrorKind::Refused
        && (error.code == "404" || error.code.ends_with("NotFound") || error.code == "Gone")
        && !is_unknown_principal(error)
}

/// Whether there is an object of that name already.
pub(crate) fn is_there(error: &ProviderError) -> bool {
    matches!(error.code.as_str(), "BlobAlreadyExists" | "RoleAssignmentExists")
}

/// Whether an object that was deleted still has the name.
pub(crate) fn is_kept_by_deleted(error: &ProviderError) -> bool {
    matches!(
        error.code.as_str(),
        "ConflictError" | "Conflict" | "VaultAlreadyExists" | "ObjectIsDeletedButRecoverable" | "409"
    )
}

/// Whether something else is at work on it, or was faster.
pub(crate) fn is_contended(error: &ProviderError) -> bool {
    const CODES: &[&str] = &[
        "409",
        "412",
        "AnotherOperationInProgress",
        "ConditionNotMet",
        "Conflict",
        "ConcurrencyViolation",
        "ConflictingConcurrentWriteNotAllowed",
        "ContainerBeingDeleted",
        "ObjectIsBeingDeleted",
        "ObjectIsBeingRecovered",
        "OperationInProgress",
        "PreconditionFailed",
        "ResourceGroupBeingDeleted",
        "RetryableError",
        "StorageAccountOperationInProgress",
    ];
    error.kind == ProviderErrorKind::Refused && CODES.contains(&error.code.as_str())
}

/// Whether whom it names has not got about yet.
pub(crate) fn is_unknown_principal(error: &ProviderError) -> bool {
    error.code == "PrincipalNotFound"
}

/// Whether what it is in or about has not got about yet.
pub(crate) fn is_unknown_parent(error: &ProviderError) -> bool {
    matches!(error.code.as_str(), "ParentResourceNotFound" | "ResourceGroupNotFound" | "Request_ResourceNotFound")
}

/// What can be done about a failure.
pub(crate) fn hint(error: &ProviderError) -> Option<String> {
    let call = error.message.split(':').next().unwrap_or_default();
    let hint = match error.code.as_str() {
        "NoCredentials" => {
            "log in (`az login`), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; docs/azure.md says more"
        }
        "InvalidAuthenticationToken" | "ExpiredAuthenticationToken" | "InvalidAuthenticationInfo" | "401" => {
            "the credentials are not valid there: log in again (`az login`)"
        }
        "AuthorizationFailed"
        | "Authorization_RequestDenied"
        | "AuthorizationPermissionMismatch"
        | "ForbiddenByRbac"
        | "Forbidden"
        | "403" => {
            return Some(format!(
                "let the credentials do `{call}`, or take others: `az account show` names them; docs/azure.md lists the roles"
            ));
        }
        "MissingSubscriptionRegistration" => {
            "register the provider that the message names: `az provider register --namespace …`"
        }
        "Unreachable" => "look at the network, and at `endpoint` of the profile",
        "NotOurs" => "take it over with `.import(…)`, or give this one another name",
        "NotOursDeleted" => {
            "purge what was deleted (`az keyvault purge`, `az keyvault secret purge`), or give this one another name"
        }
        "StorageAccountAlreadyTaken" | "VaultAlreadyExists" | "AlreadyInUse" => {
            "give it another name: this one is given once in the world"
        }
        "BadRegion" => "write it as `az account list-locations` names it",
        "BadRole" => "write `/providers/Microsoft.Authorization/roleDefinitions/` and the role's id",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use ports::ProviderErrorKind as Kind;
    use rest::Answer;
    use serde_json::{Value as Json, json};

    use super::{is_missing, of_answer};

    fn answer(status: u16, body: &Json) -> Answer {
        Answer { status, headers: Default::default(), bytes: body.to_string().into() }
    }

    #[test]
    fn a_failure_is_of_the_kind_that_decides_over_a_repetition() {
        let arm = |code: &str| json!({"error": {"code": code, "message": "said"}});
        let vault = json!({"error": {"code": "Conflict", "message": "said", "innererror": {"code": "ObjectIsDeletedButRecoverable"}}});
        let cases = [
            (404, arm("ResourceNotFound"), Kind::Refused, "ResourceNotFound"),
            (409, vault, Kind::Refused, "ObjectIsDeletedButRecoverable"),
            (403, arm("AuthorizationFailed"), Kind::Credentials, "AuthorizationFailed"),
            (429, arm("SubscriptionRequestsThrottled"), Kind::Throttled, "SubscriptionRequestsThrottled"),
            (429, arm("OperationNotAllowed"), Kind::Throttled, "OperationNotAllowed"),
            // Some say it without an envelope.
            (400, json!({"code": "AccountNameInvalid", "message": "said"}), Kind::Refused, "AccountNameInvalid"),
            (503, arm("ServiceUnavailable"), Kind::Lost, "ServiceUnavailable"),
            (502, json!("<html>"), Kind::Lost, "502"),
        ];
        for (status, body, kind, code) in cases {
            let error = of_answer("storageAccountsCreate", &answer(status, &body)).error;
            assert_eq!((error.kind, error.code.as_str()), (kind, code), "{body}");
        }
    }

    #[test]
    fn storage_says_its_code_beside_a_body_that_is_no_json() {
        let mut busy = Answer { status: 503, headers: Default::default(), bytes: "<?xml?>".into() };
        busy.headers.insert("x-ms-error-code", "ServerBusy".parse().expect("a header"));
        busy.headers.insert("retry-after", "2".parse().expect("a header"));
        let refusal = of_answer("blobs.put", &busy);
        assert_eq!((refusal.error.kind, refusal.pause.map(|pause| pause.as_secs())), (Kind::Throttled, Some(2)));
    }

    #[test]
    fn a_principal_that_is_not_known_is_no_missing_object() {
        let of = |code: &str| of_answer("c", &answer(400, &json!({"error": {"code": code}}))).error;
        assert!(is_missing(&of("ParentResourceNotFound")) && !is_missing(&of("PrincipalNotFound")));
    }
}
