//! Failures: what the SDK says, as the engine sees it.

use std::error::Error;
use std::time::{Duration, Instant};

use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use ports::{ProviderError, ProviderErrorKind};

/// What a call gives.
pub(crate) type Result<T> = std::result::Result<T, ProviderError>;

/// What the SDK says of a call of the operation `call`.
pub(crate) fn of<E>(call: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| failure(call, &error)
}

/// A refusal that is not the vendor's.
pub(crate) fn refused(code: &str, message: impl Into<String>) -> ProviderError {
    ProviderError { kind: ProviderErrorKind::Refused, code: code.to_owned(), message: message.into() }
}

/// An answer that lacks what it must have.
pub(crate) fn without(call: &str, what: &str) -> ProviderError {
    let message = format!("{call}: the answer has no {what}");
    ProviderError { kind: ProviderErrorKind::Lost, code: "BadAnswer".to_owned(), message }
}

/// Calls something that must not happen twice, again only while the vendor refuses it for now: too many requests, or an
/// object that was made a moment ago and has not got about yet.
pub(crate) async fn once<T, E, F>(call: &'static str, mut send: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    const THROTTLED: Duration = Duration::from_mins(3);
    const NEW: Duration = Duration::from_secs(8);
    let start = Instant::now();
    let mut pause = Duration::from_millis(200);
    loop {
        let error = match send().await {
            Ok(answer) => return Ok(answer),
            Err(error) => failure(call, &error),
        };
        let patience = match error.kind {
            ProviderErrorKind::Throttled => THROTTLED,
            ProviderErrorKind::Refused if is_missing(&error) => NEW,
            _ => Duration::ZERO,
        };
        if start.elapsed() + pause > patience {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

/// What can be done about a failure.
pub(crate) fn hint(error: &ProviderError) -> Option<String> {
    let code = error.code.as_str();
    let call = error.message.split(':').next().unwrap_or_default();
    let hint = match code {
        "NoCredentials" => {
            "log in (`aws sso login`), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned()
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "log in again (`aws sso login`), and run the command again: it goes on where it was".to_owned()
        }
        "AuthFailure" | "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
            "the credentials are not valid there: look at AWS_PROFILE, and at `account` and `region` of the profile"
                .to_owned()
        }
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => {
            format!("let the credentials' role do `{call}`, or take others: `aws sts get-caller-identity` names them")
        }
        "OptInRequired" => "enable the region or the service for the account, or correct `region`".to_owned(),
        "WrongAccount" => {
            "take the right credentials, or correct `account` of the profile in groundplan.toml".to_owned()
        }
        "Unreachable" => "look at the network, and at `endpoint` and `region` of the profile".to_owned(),
        _ if code.contains("LimitExceeded") || code.contains("QuotaExceeded") => {
            "ask AWS for a greater quota, or delete what is not needed, and run the command again".to_owned()
        }
        _ => return None,
    };
    Some(hint)
}

/// Whether the vendor says that there is no such object.
pub(crate) fn is_missing(error: &ProviderError) -> bool {
    let code = error.code.as_str();
    code.ends_with(".NotFound")
        || code.ends_with("NotFoundFault")
        || matches!(code, "DBSubnetGroupNotFound" | "NatGatewayNotFound" | "InvalidVpcEndpointId.NotFound")
}

/// Whether something that may go in a moment is in the way.
pub(crate) fn is_in_use(error: &ProviderError) -> bool {
    matches!(
        error.code.as_str(),
        "DependencyViolation" | "InvalidIPAddress.InUse" | "ResourceInUse" | "InvalidCidrBlock.InUse"
    )
}

fn failure<E>(call: &'static str, error: &SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let (kind, code, said) = match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("Unknown").to_owned();
            let status = service.raw().status().as_u16();
            let said = service.err().message().unwrap_or("the service gave no reason").to_owned();
            (kind_of(&code, status), code, said)
        }
        SdkError::TimeoutError(_) => (ProviderErrorKind::Lost, "NoAnswer".to_owned(), "no answer in time".to_owned()),
        SdkError::ResponseError(_) => {
            (ProviderErrorKind::Lost, "BadAnswer".to_owned(), format!("the answer makes no sense: {}", chain(error)))
        }
        other => unsent(&chain(other)),
    };
    ProviderError { kind, code, message: format!("{call}: {said}") }
}

/// The kind of a failure that the vendor has a code for.
fn kind_of(code: &str, status: u16) -> ProviderErrorKind {
    match code {
        "RequestLimitExceeded" | "Throttling" | "ThrottlingException" | "TooManyRequestsException" | "SlowDown" => {
            ProviderErrorKind::Throttled
        }
        "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "RequestExpired"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "OptInRequired" => ProviderErrorKind::Credentials,
        _ if status >= 500 => ProviderErrorKind::Lost,
        _ => ProviderErrorKind::Refused,
    }
}

/// A call that did not get through: for want of credentials, or of a way to the vendor.
fn unsent(text: &str) -> (ProviderErrorKind, String, String) {
    let lower = text.to_lowercase();
    if lower.contains("credential") || lower.contains("identity") || lower.contains("sso") {
        // What was tried, one a line, is of interest to nobody who has none.
        let first = text.lines().next().unwrap_or_default().trim_end_matches(" Attempted:");
        return (ProviderErrorKind::Credentials, "NoCredentials".to_owned(), first.to_owned());
    }
    // What was never sent has not happened.
    let refused = ["connection refused", "dns error", "(connect)", "network is unreachable"];
    if refused.iter().any(|sign| lower.contains(sign)) {
        return (ProviderErrorKind::Unavailable, "Unreachable".to_owned(), text.to_owned());
    }
    if lower.contains("region") || lower.contains("endpoint") || lower.contains("construct") {
        return (ProviderErrorKind::Refused, "BadRequest".to_owned(), text.to_owned());
    }
    (ProviderErrorKind::Lost, "ConnectionBroke".to_owned(), text.to_owned())
}

/// An error and what it comes of.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use ports::ProviderErrorKind as Kind;

    use super::{kind_of, unsent};

    #[test]
    fn a_failure_is_of_the_kind_that_decides_over_a_repetition() {
        let cases = [
            // 503, and yet nothing has happened.
            ("RequestLimitExceeded", 503, Kind::Throttled),
            ("InternalError", 500, Kind::Lost),
            ("Unavailable", 503, Kind::Lost),
            ("InvalidSubnet.Conflict", 400, Kind::Refused),
            ("VpcLimitExceeded", 400, Kind::Refused),
            ("UnauthorizedOperation", 403, Kind::Credentials),
            ("RequestExpired", 400, Kind::Credentials),
        ];
        for (code, status, kind) in cases {
            assert_eq!(kind_of(code, status), kind, "{code}");
        }
    }

    #[test]
    fn a_call_that_never_left_has_not_happened_and_one_that_broke_off_may_have() {
        let cases = [
            ("dispatch failure: io error: client error (Connect): tcp connect error", Kind::Unavailable),
            ("dispatch failure: dns error: failed to lookup address", Kind::Unavailable),
            ("dispatch failure: other: no providers in chain provided credentials", Kind::Credentials),
            ("dispatch failure: io error: connection closed before message completed", Kind::Lost),
        ];
        for (text, kind) in cases {
            assert_eq!(unsent(text).0, kind, "{text}");
        }
        let (_, _, said) = unsent("no credentials found in chain. Attempted:\n  Environment: not set\n  Profile: none");
        assert_eq!(said, "no credentials found in chain.");
    }
}
