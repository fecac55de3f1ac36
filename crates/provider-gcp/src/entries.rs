//! Policies of an older make: a list of entries in the object itself, `{ role, userByEmail }`. Here they are bindings like
//! those of others, and entries of another make are kept as they are.

use serde_json::{Value as Json, json};

/// Who an entry is of.
const WHO: &str = "userByEmail";
/// What stands before who it is of in bindings.
const USER: &str = "user:";

/// The roles by which the vendor answers, whatever it was given.
const SHORT: [(&str, &str); 3] = [
    ("roles/bigquery.dataViewer", "READER"),
    ("roles/bigquery.dataEditor", "WRITER"),
    ("roles/bigquery.dataOwner", "OWNER"),
];

/// A role as the vendor answers it.
pub(crate) fn short(role: &str) -> &str {
    SHORT.iter().find(|(long, _)| *long == role).map_or(role, |(_, short)| short)
}

/// Who an entry is of, as bindings say it.
pub(crate) fn member(address: &str) -> String {
    format!("{USER}{address}")
}

/// The entries of an object as bindings.
pub(crate) fn read(object: &Json, list: &str) -> Json {
    let (mut bindings, mut others) = (Vec::new(), Vec::new());
    for entry in object[list].as_array().into_iter().flatten() {
        match (entry["role"].as_str(), entry[WHO].as_str(), entry.as_object().map(serde_json::Map::len)) {
            (Some(role), Some(who), Some(2)) => {
                bindings.push(json!({ "role": short(role), "members": [member(who)] }));
            }
            _ => others.push(entry.clone()),
        }
    }
    json!({ "etag": object["etag"], "bindings": bindings, "others": others })
}

/// Bindings as entries.
pub(crate) fn written(policy: &Json) -> Json {
    let list = |name: &str| policy[name].as_array().cloned().unwrap_or_default();
    let mut entries = list("others");
    for binding in list("bindings") {
        let members = binding["members"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let entry = |member: &str| json!({ "role": binding["role"], WHO: member.trim_start_matches(USER) });
        entries.extend(members.map(entry));
    }
    Json::Array(entries)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{read, written};

    #[test]
    fn entries_are_bindings_and_those_of_another_make_stay() {
        let special = json!({ "role": "OWNER", "specialGroup": "projectOwners" });
        let conditional = json!({ "role": "READER", "userByEmail": "x@ex.org", "condition": { "expression": "true" } });
        let plain = json!({ "role": "READER", "userByEmail": "a@ex.org" });
        let object = json!({ "etag": "e", "access": [special, plain, conditional] });
        let policy = read(&object, "access");
        assert_eq!(policy["bindings"], json!([{ "role": "READER", "members": ["user:a@ex.org"] }]));
        assert_eq!(written(&policy), json!([special, conditional, plain]));
    }
}
