//! Vault.

use super::Verdict;
use crate::call::Call;
use crate::facts::refuse;

const MOUNT: &str = "vault_mount";

pub(super) fn create(call: &Call<'_>) -> Verdict {
    match call.ty() {
        MOUNT => mount(call),
        "vault_database_secret_backend_connection" | "vault_database_secret_backend_role" => database(call),
        _ => Ok(()),
    }
}

/// No mount lies within another.
fn mount(call: &Call<'_>) -> Verdict {
    let path = call.text("path").unwrap_or_default().trim_matches('/');
    if path.is_empty() {
        return Err(refuse("InvalidRequest", "path: a mount needs one"));
    }
    if matches!(path.split('/').next(), Some("sys" | "identity" | "cubbyhole" | "auth")) {
        return Err(refuse("InvalidRequest", format!("path: `{path}` is reserved for the vendor")));
    }
    let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    let clash = call.siblings().find_map(|other| {
        let theirs = other.text("path")?.trim_matches('/');
        (theirs == path || within(theirs, path) || within(path, theirs)).then(|| theirs.to_owned())
    });
    match clash {
        Some(other) => Err(refuse("PathInUse", format!("path: `{path}` is already in use at `{other}/`"))),
        None => Ok(()),
    }
}

/// Connections and roles live in an engine of type `database`.
fn database(call: &Call<'_>) -> Verdict {
    let Some(mount) = call.referred("backend", MOUNT) else { return Ok(()) };
    match mount.text("type") {
        Some("database") | None => Ok(()),
        Some(other) => {
            let id = &mount.key.id;
            let message = format!("backend: the mount `{id}` is an engine of type {other}, not database");
            Err(refuse("UnsupportedPath", message))
        }
    }
}
