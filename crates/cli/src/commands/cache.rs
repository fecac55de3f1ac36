//! `cache stats|gc|verify`: the local cache, which no result depends on.

use serde_json::json;

use crate::args::Cache;
use crate::exit::Exit;
use crate::session::Session;
use crate::traces::local;

/// Runs a command of `cache`.
pub(crate) fn run(session: &Session<'_>, command: Cache) -> Exit {
    let (talk, cache) = (&session.talk, local(session.workspace.root()));
    let (line, text) = match command {
        Cache::Stats => {
            let usage = cache.usage();
            let bound = cache.bound_bytes();
            let text = format!(
                "{} entries, {} of at most {}, in {}",
                usage.entries,
                size(usage.bytes),
                size(bound),
                cache.directory().display()
            );
            (json!({ "entries": usage.entries, "bytes": usage.bytes, "bound_bytes": bound }), text)
        }
        Cache::Gc { max } => {
            let most = max.map_or(cache.bound_bytes(), |mebibytes| mebibytes.saturating_mul(1 << 20));
            let gone = cache.collect(most);
            let text = format!("{} entries removed, {}", gone.entries, size(gone.bytes));
            (json!({ "removed_entries": gone.entries, "removed_bytes": gone.bytes }), text)
        }
        Cache::Verify => {
            let found = cache.verify();
            let text = format!("{} entries are whole; {} were damaged and are gone", found.good, found.bad);
            (json!({ "whole": found.good, "damaged": found.bad }), text)
        }
    };
    if talk.json {
        talk.json(&line);
    } else {
        talk.data(&text);
    }
    Exit::Done
}

/// A number of bytes for people.
fn size(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    match bytes {
        0..KIB => format!("{bytes} bytes"),
        bytes if bytes < KIB * KIB => format!("{} KiB", bytes / KIB),
        bytes => format!("{} MiB", bytes / KIB / KIB),
    }
}
