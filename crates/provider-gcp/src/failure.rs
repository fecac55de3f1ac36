//! Failures: what the vendor says, as the engine sees it.

use ports::{ProviderError, ProviderErrorKind};
use rest::{Answer, Refusal, kind_of, retry_after};
use serde_json::Value as Json;

/// What an answer means that is no success.
pub(crate) fn of(call: &str, answer: &Answer) -> Refusal {
    Refusal { error: of_answer(call, answer.status, &answer.told()), pause: retry_after(answer) }
}

fn of_answer(call: &str, status: u16, body: &Json) -> ProviderError {
    let error = body.get("error").unwrap_or(body);
    let text = |name: &str| error.get(name).and_then(Json::as_str);
    // Interfaces of two generations: one has a status, the other a list of errors with reasons.
    let reason = error.pointer("/errors/0/reason").and_then(Json::as_str);
    let mut details = error.get("details").and_then(Json::as_array).into_iter().flatten();
    let detail = details.find_map(|detail| detail.get("reason")?.as_str());
    let code = detail.or(text("status")).or(reason).map_or_else(|| status.to_string(), str::to_owned);
    let mut message = format!("{call}: {}", text("message").unwrap_or("the service gave no reason"));
    let reasons = [text("status"), reason, detail];
    if is_quota(error, reasons) {
        return ProviderError { kind: ProviderErrorKind::Refused, code: QUOTA.to_owned(), message };
    }
    if let Some(service) = metadata(error, "service").filter(|_| DISABLED.contains(&code.as_str())) {
        message = format!("{message} {INTERFACE}{service}`)");
    }
    ProviderError { kind: kind(status, reasons), code, message }
}

/// What there can be no more of, however long one waits: too many at a time is another thing.
const QUOTA: &str = "QUOTA_EXCEEDED";
/// What is said of an interface that is not enabled.
const DISABLED: [&str; 2] = ["SERVICE_DISABLED", "accessNotConfigured"];
/// What stands before its name.
const INTERFACE: &str = "(interface `";

fn is_quota(error: &Json, reasons: [Option<&str>; 3]) -> bool {
    let details = error.get("details").and_then(Json::as_array).into_iter().flatten();
    let mut kinds = details.filter_map(|detail| detail.get("@type")?.as_str());
    let says = |any: &[&str]| reasons.iter().flatten().any(|reason| any.contains(reason));
    let failed = kinds.any(|kind| kind.ends_with("google.rpc.QuotaFailure"));
    (failed && !says(&["RATE_LIMIT_EXCEEDED"])) || says(&["quotaExceeded", "limitExceeded"])
}

fn metadata<'a>(error: &'a Json, name: &str) -> Option<&'a str> {
    let mut details = error.get("details").and_then(Json::as_array).into_iter().flatten();
    details.find_map(|detail| detail.get("metadata")?.get(name)?.as_str())
}

/// Whether an interface is not enabled, or has not been for long enough.
pub(crate) fn is_disabled(error: &ProviderError) -> bool {
    DISABLED.contains(&error.code.as_str())
}

/// What an operation means that ended badly.
pub(crate) fn of_operation(call: &str, error: &Json) -> ProviderError {
    let code = error.get("code").and_then(Json::as_i64).unwrap_or_default();
    // The numbers of google.rpc.Code.
    let (kind, name) = match code {
        3 => (ProviderErrorKind::Refused, "INVALID_ARGUMENT"),
        5 => (ProviderErrorKind::Refused, "NOT_FOUND"),
        6 => (ProviderErrorKind::Refused, "ALREADY_EXISTS"),
        7 => (ProviderErrorKind::Credentials, "PERMISSION_DENIED"),
        // Too many at a time would have been said at once.
        8 => (ProviderErrorKind::Refused, QUOTA),
        9 => (ProviderErrorKind::Refused, "FAILED_PRECONDITION"),
        10 => (ProviderErrorKind::Refused, "ABORTED"),
        13 => (ProviderErrorKind::Lost, "INTERNAL"),
        14 => (ProviderErrorKind::Lost, "UNAVAILABLE"),
        16 => (ProviderErrorKind::Credentials, "UNAUTHENTICATED"),
        _ => (ProviderErrorKind::Refused, "FAILED"),
    };
    let said = error.get("message").and_then(Json::as_str).unwrap_or("the operation gave no reason");
    ProviderError { kind, code: name.to_owned(), message: format!("{call}: {said}") }
}

fn kind(status: u16, reasons: [Option<&str>; 3]) -> ProviderErrorKind {
    let slow = ["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"];
    let is_slow = reasons.iter().flatten().any(|reason| slow.contains(reason));
    if is_slow { ProviderErrorKind::Throttled } else { kind_of(status) }
}

/// Whether the vendor says that there is no such object.
pub(crate) fn is_missing(error: &ProviderError) -> bool {
    matches!(error.code.as_str(), "NOT_FOUND" | "notFound" | "404")
        // Of a group that is not there some interfaces say that it is forbidden.
        || (error.kind == ProviderErrorKind::Credentials && error.message.contains("or it may not exist"))
}

/// Whether there is an object of that name already.
pub(crate) fn is_there(error: &ProviderError) -> bool {
    matches!(error.code.as_str(), "ALREADY_EXISTS" | "conflict" | "409" | "conditionNotMet")
}

/// Whether somebody else has changed it in the meantime.
pub(crate) fn is_contended(error: &ProviderError) -> bool {
    matches!(error.code.as_str(), "ABORTED" | "conditionNotMet" | "conflict" | "409" | "412")
}

/// Whether what a policy names has not got about yet.
pub(crate) fn is_unknown_principal(error: &ProviderError) -> bool {
    error.kind == ProviderErrorKind::Refused && error.message.contains("does not exist")
}

/// What can be done about a failure.
pub(crate) fn hint(error: &ProviderError) -> Option<String> {
    let call = error.message.split(':').next().unwrap_or_default();
    let hint = match error.code.as_str() {
        "NoCredentials" => {
            "log in (`gcloud auth application-default login`), or set GOOGLE_APPLICATION_CREDENTIALS to a key file"
        }
        "BadCredentials" => {
            "set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account; of other credentials a token will do: GOOGLE_OAUTH_ACCESS_TOKEN=$(gcloud auth print-access-token)"
        }
        "UNAUTHENTICATED" | "authError" | "401" => {
            "the credentials are not valid there: log in again (`gcloud auth application-default login`)"
        }
        code if DISABLED.contains(&code) => {
            let named = error.message.rsplit_once(INTERFACE).map(|(_, rest)| rest.trim_end_matches("`)"));
            let service = named.unwrap_or("NAME.googleapis.com");
            return Some(format!(
                "enable the interface for the project: `gcloud services enable {service}`, or declare a `serviceusage.googleapis.com/Service`"
            ));
        }
        QUOTA => {
            "there may be no more of them: delete some, or ask Google for more (https://console.cloud.google.com/iam-admin/quotas)"
        }
        "INVALID_ARGUMENT" if error.message.contains("larger than the maximum allowed size") => {
            "a policy names 1,500 principals at most, of them 250 groups: put them into a group, and give that the role"
        }
        "conflict" | "ALREADY_EXISTS" if call.ends_with(".create") || call.ends_with(".insert") => {
            "another one has that name, maybe in a project that the credentials do not see: give this one another name"
        }
        "PERMISSION_DENIED" | "IAM_PERMISSION_DENIED" | "forbidden" | "403" => {
            return Some(format!("let the credentials do `{call}`, or take others: `gcloud auth list` names them"));
        }
        "Unreachable" => "look at the network, and at `endpoint` of the profile",
        "NotOurs" => "take it over with `.import(…)` or `up --adopt`, or give this one another name",
        "BadRegion" => "write it as Google's list of locations does",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use ports::ProviderErrorKind as Kind;
    use serde_json::json;

    use super::{hint, is_missing, of_answer, of_operation};

    #[test]
    fn a_failure_is_of_the_kind_that_decides_over_a_repetition() {
        let rpc = |code: u16, status: &str| json!({"error": {"code": code, "status": status, "message": "said"}});
        let old = |code: u16, reason: &str| json!({"error": {"code": code, "errors": [{"reason": reason}], "message": "said"}});
        let cases = [
            (404, rpc(404, "NOT_FOUND"), Kind::Refused, "NOT_FOUND"),
            (409, old(409, "conflict"), Kind::Refused, "conflict"),
            (403, rpc(403, "PERMISSION_DENIED"), Kind::Credentials, "PERMISSION_DENIED"),
            // Forbidden for now only.
            (403, old(403, "rateLimitExceeded"), Kind::Throttled, "rateLimitExceeded"),
            (429, rpc(429, "RESOURCE_EXHAUSTED"), Kind::Throttled, "RESOURCE_EXHAUSTED"),
            (503, rpc(503, "UNAVAILABLE"), Kind::Lost, "UNAVAILABLE"),
            (502, json!("<html>"), Kind::Lost, "502"),
        ];
        for (status, body, kind, code) in cases {
            let error = of_answer("storage.buckets.insert", status, &body);
            assert_eq!((error.kind, error.code.as_str()), (kind, code), "{body}");
        }
        let quota = json!([{"@type": "type.googleapis.com/google.rpc.QuotaFailure"}]);
        let rate = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"},
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure"}]);
        for (details, kind) in [(quota, Kind::Refused), (rate, Kind::Throttled)] {
            let body = json!({"error": {"status": "RESOURCE_EXHAUSTED", "message": "said", "details": details}});
            assert_eq!(of_answer("x", 429, &body).kind, kind, "{body}");
        }
        assert_eq!(of_answer("x", 403, &old(403, "quotaExceeded")).kind, Kind::Refused);
        assert_eq!(of_operation("x", &json!({"code": 8, "message": "said"})).code, "QUOTA_EXCEEDED");
        let hidden =
            json!({"error": {"status": "PERMISSION_DENIED", "message": "denied for groups/x (or it may not exist)"}});
        assert!(is_missing(&of_answer("cloudidentity.groups.lookup", 403, &hidden)));
    }

    #[test]
    fn what_is_not_enabled_is_named_as_one_can_type_it() {
        let info = json!({"reason": "SERVICE_DISABLED", "metadata": {"service": "run.googleapis.com"}});
        let body = json!({"error": {"status": "PERMISSION_DENIED", "message": "It is disabled.", "details": [info]}});
        let hint = hint(&of_answer("run.projects.locations.services.create", 403, &body)).expect("there is one");
        assert!(hint.contains("`gcloud services enable run.googleapis.com`"), "{hint}");
    }
}
