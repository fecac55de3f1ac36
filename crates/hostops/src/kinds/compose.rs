//! Containers that belong together, as `docker compose` reads them. Docker, where it is there, looks at it first.

use super::{Spec, file, its_id};
use crate::item::Content;

/// What looks at it before it is put in place.
const LOOK: &str = "! docker compose version >/dev/null 2>&1 || exec docker compose -f \"$0\" config -q";

pub(super) const SPEC: Spec = Spec {
    token: "host_compose",
    word: "compose",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: true,
    read: |fields, item| {
        let path = fields.place("path");
        if !path.is_empty() && ![".yml", ".yaml"].iter().any(|end| path.ends_with(end)) {
            fields.wrong("path", "ends in `.yaml`");
        }
        let content = fields.any("content");
        file::owned(fields, item, Content::Text(content), "0640");
        if let Some(file) = &mut item.file {
            file.validate = ["sh", "-c", LOOK, "{}"].map(str::to_owned).to_vec();
        }
    },
    told: file::SPEC.told,
    shell: &[include_str!("compose.sh")],
};
