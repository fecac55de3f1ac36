//! What goes wrong with a call.

use serde_json::json;

use crate::http::{Answer, Reply};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Too many requests; with how many seconds to wait, if that is said.
    Throttled(Option<u64>),
    /// The service is not to be had, and has done nothing.
    Unavailable,
    /// The connection breaks before anything is done.
    BreaksBefore,
    /// It is done, and the connection breaks before the answer.
    BreaksAfter,
    /// There is never an answer, and nothing is done.
    HangsBefore,
    /// It is done, and there is never an answer.
    HangsAfter,
    /// Somebody else changes what it is about right before it.
    Overtaken,
    /// The token is no longer good.
    Unauthorized,
    /// The interface is not enabled for the project, or has not been for long.
    Disabled,
    /// There are as many as there may be.
    Exhausted,
}

impl Fault {
    /// What is answered in place of doing anything; `None` = it is done.
    pub(crate) fn instead(self, api: &str) -> Option<Reply> {
        let answer = match self {
            Self::Throttled(retry_after) => {
                let answer = Answer::rpc(429, "RESOURCE_EXHAUSTED", "too many requests");
                Answer { retry_after, ..answer }
            }
            Self::Unavailable => Answer::rpc(503, "UNAVAILABLE", "come back later"),
            Self::Unauthorized => {
                Answer::rpc(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
            }
            Self::Disabled => disabled(&format!("{api}.googleapis.com")),
            Self::Exhausted => exhausted(),
            Self::BreaksBefore => return Some(Reply::Breaks),
            Self::HangsBefore => return Some(Reply::Hangs),
            Self::BreaksAfter | Self::HangsAfter | Self::Overtaken => return None,
        };
        Some(Reply::Answer(answer))
    }
}

fn disabled(service: &str) -> Answer {
    let message = format!(
        "The interface {service} has not been used in project 123 before or it is disabled. If you enabled it recently, wait a few minutes and retry."
    );
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com",
        "metadata": { "service": service, "consumer": "projects/123" },
    });
    let error = json!({ "code": 403, "status": "PERMISSION_DENIED", "message": message, "details": [info] });
    Answer::of(403, &json!({ "error": error }))
}

fn exhausted() -> Answer {
    let failure = json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{ "subject": "project:123", "description": "Maximum number reached." }],
    });
    let error = json!({
        "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Maximum number reached.", "details": [failure],
    });
    Answer::of(429, &json!({ "error": error }))
}
