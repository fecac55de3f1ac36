//! Operations: what the resource manager answers to a call that takes a while.

use std::time::{Duration, Instant};

use ports::ProviderErrorKind;
use rest::{Answer, Request, rest, retry_after};
use serde_json::Value as Json;

use crate::failure::{Result, broken, of_operation};
use crate::site::Site;

/// How long an operation is waited for: the engine ends a step that takes longer than it may.
const LONGEST: Duration = Duration::from_hours(1);
/// How often it is asked for at the least.
const SELDOM: Duration = Duration::from_secs(15);

/// Makes a call and waits until what it began has ended.
///
/// # Errors
/// If it is refused, or ended badly.
pub(crate) async fn run(site: &Site, request: &Request) -> Result<()> {
    let answer = site.send(request).await?;
    wait(site, &request.name, answer).await
}

async fn wait(site: &Site, name: &str, first: Answer) -> Result<()> {
    // One tells how it is going, the other answers with the result once there is one.
    let told = first.header("azure-asyncoperation").map(str::to_owned);
    let asked = first.header("location").filter(|_| first.status == 202).map(str::to_owned);
    let Some(url) = told.clone().or(asked) else { return Ok(()) };
    let mut url = url;
    let start = Instant::now();
    let mut pause = retry_after(&first).unwrap_or(Duration::from_millis(200));
    loop {
        if start.elapsed() > LONGEST {
            return Err(broken(ProviderErrorKind::TimedOut, "TooSlow", name, "the operation has not ended"));
        }
        rest(pause.min(SELDOM)).await;
        let answer = site.send(&site.follow(name, &url)?).await?;
        if told.is_none() {
            if answer.status != 202 {
                return Ok(());
            }
            // It may be told to ask elsewhere from now on.
            if let Some(next) = answer.header("location") {
                next.clone_into(&mut url);
            }
        } else {
            let body = answer.told();
            match body.get("status").and_then(Json::as_str).unwrap_or("Succeeded") {
                "Succeeded" => return Ok(()),
                status @ ("Failed" | "Canceled") => return Err(of_operation(name, status, &body)),
                _ => {}
            }
        }
        pause = retry_after(&answer).unwrap_or(pause * 3 / 2);
    }
}
