//! Operations: what the vendor answers to a call that takes a while.

use std::time::{Duration, Instant};

use ports::ProviderErrorKind;
use rest::{Repeat, Result, broken, jittered};
use serde_json::Value as Json;

use crate::failure::of_operation;
use crate::kind::Call;
use crate::thing::Thing;
use crate::url::Request;

/// How long an operation is waited for: the engine ends a step that takes longer than it may.
const LONGEST: Duration = Duration::from_hours(1);

/// Waits until an operation has ended; gives it.
///
/// # Errors
/// If it ended badly.
pub(crate) async fn wait(thing: &Thing<'_>, call: Call, operation: Json) -> Result<Json> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(200);
    let mut operation = operation;
    let name = format!("{}.{}", call.document.name, call.name);
    loop {
        if let Some(error) = operation.get("error").filter(|error| !error.is_null()) {
            return Err(of_operation(&name, error));
        }
        // An interface that cannot be asked for its operations ends them before it answers.
        let (Some(method), Some(running)) = (&thing.kind.operation, operation.get("name").and_then(Json::as_str))
        else {
            return Ok(operation);
        };
        if operation.get("done").and_then(Json::as_bool) == Some(true) {
            return Ok(operation);
        }
        if start.elapsed() > LONGEST {
            return Err(broken(ProviderErrorKind::TimedOut, "TooSlow", &name, "the operation has not ended"));
        }
        tokio::time::sleep(jittered(pause)).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(10));
        operation = thing.site.call(&Request::new(thing.kind.call(method)?, running), Repeat::Freely).await?;
    }
}
