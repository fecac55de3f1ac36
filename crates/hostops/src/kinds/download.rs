//! A file from elsewhere, pinned by what is in it.

use value::Value;

use super::{FETCH, Spec, its_id, or_dash};
use crate::Claim;
use crate::answer;
use crate::item::Content;

pub(super) const SPEC: Spec = Spec {
    token: "host_download",
    word: "download",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: true,
    read: |fields, item| {
        fields.place("path");
        let (url, sum) = (fields.url("url"), fields.sum("sha256"));
        let signature = fields.is_given("signature_url").then(|| fields.url("signature_url"));
        let keys = fields.path("keyring");
        if !fields.lenient && signature.is_some() != keys.is_some() {
            fields.problems.push("`signature_url` and `keyring` go together".to_owned());
        }
        item.needs.extend(keys.clone().map(Claim::Path));
        super::file::owned(fields, item, Content::Sum(sum), "0644");
        item.words = vec![url, or_dash(signature), or_dash(keys)];
    },
    told: |_, words| {
        let (mut there, _) = answer::file(words)?;
        if let Some(sum) = words.get(4) {
            there.properties.insert("sha256".to_owned(), Value::from(*sum));
        }
        Some(there)
    },
    shell: &[FETCH, include_str!("download.sh")],
};
