//! A record of what was asked, for others to judge: one line of JSON a request, in the file that `FAKE_GCP_LOG` names.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Value as Json, json};

use crate::document;
use crate::http::{Asked, read_target};
use crate::judge;

const FILE: &str = "FAKE_GCP_LOG";

/// Writes down a request; of one that carries content, only what it says about it.
pub(crate) fn keep(asked: &Asked, about: &[u8]) {
    static LOG: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    let open = || {
        let path = std::env::var_os(FILE)?;
        OpenOptions::new().create(true).append(true).open(path).ok().map(Mutex::new)
    };
    let Some(log) = LOG.get_or_init(open) else { return };
    let line = json!({ "verb": asked.verb, "target": asked.target, "body": String::from_utf8_lossy(about) });
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    // In one piece, since other processes write there, too; a record that cannot be written is missed by whoever reads it.
    let _ = log.write_all(format!("{line}\n").as_bytes());
}

/// Judges a request that was written down: its method, and everything about it that no document allows.
///
/// # Errors
/// If the line is no request.
pub fn judged(line: &str) -> Result<Json, String> {
    let request: Json = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let (path, query) = read_target(&text("target"));
    let asked = Asked {
        verb: text("verb"),
        target: text("target"),
        path,
        query,
        kind: String::new(),
        if_match: None,
        token: None,
        body: text("body").into_bytes(),
    };
    let Some((route, _)) = document::route(&asked) else {
        return Ok(json!({ "method": null, "violations": ["no method has this address"] }));
    };
    let body = serde_json::from_slice(&asked.body).ok();
    Ok(json!({ "method": route.name, "violations": judge::violations(route, &asked, body.as_ref()) }))
}
