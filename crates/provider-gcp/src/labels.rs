//! Ownership labels: whose an object is, hung on it below the diff.
//!
//! A label holds small letters, digits, `-` and `_` only, and 63 of them: the URN is written with `_` and two digits for
//! every other character, and on as many labels as it takes.

use ports::Owner;
use serde_json::{Map as Object, Value as Json};

/// What the keys of ownership labels begin with.
const PREFIX: &str = "groundplan-";
const ORGANISATION: &str = "groundplan-organisation";
const STACK: &str = "groundplan-stack";
const URN: &str = "groundplan-urn";
const INCARNATION: &str = "groundplan-incarnation";
/// How long a label may be.
const LONGEST: usize = 63;

/// The labels that say whose an object is.
pub(crate) fn of(owner: &Owner) -> Object<String, Json> {
    let mut labels = Object::new();
    let mut put = |key: String, value: &str| drop(labels.insert(key, value.into()));
    put(ORGANISATION.to_owned(), &written(&owner.organisation));
    put(STACK.to_owned(), &written(&owner.stack_id));
    put(INCARNATION.to_owned(), &owner.incarnation.to_string());
    let urn = written(&owner.urn);
    // It is ASCII.
    for (number, chunk) in urn.as_bytes().chunks(LONGEST).enumerate() {
        put(format!("{URN}-{number}"), std::str::from_utf8(chunk).unwrap_or_default());
    }
    labels
}

/// Whose an object is by its labels.
pub(crate) fn owner(labels: Option<&Json>) -> Option<Owner> {
    let labels = labels?.as_object()?;
    let get = |key: &str| labels.get(key).and_then(Json::as_str);
    let mut urn = String::new();
    for number in 0.. {
        match get(&format!("{URN}-{number}")) {
            Some(chunk) => urn.push_str(chunk),
            None => break,
        }
    }
    Some(Owner {
        organisation: read(get(ORGANISATION)?)?,
        stack_id: read(get(STACK)?)?,
        urn: read(&urn).filter(|urn| !urn.is_empty())?,
        incarnation: get(INCARNATION)?.parse().ok()?,
    })
}

/// Whether a label is one of ours.
pub(crate) fn is_ours(key: &str) -> bool {
    key.starts_with(PREFIX)
}

fn written(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("_{byte:02x}") }).collect()
}

fn read(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'_' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use ports::Owner;
    use serde_json::Value as Json;

    use super::{of, owner};

    #[test]
    fn labels_say_whose_an_object_is_whatever_its_name_is_made_of() {
        let long = format!("cpg.dataset::storage.googleapis.com/Bucket::{}-Ä_1", "b".repeat(150));
        for urn in ["cpg::storage.googleapis.com/Bucket::b".to_owned(), long] {
            let given = Owner { organisation: "Ex Org".into(), stack_id: "3f_X".into(), urn, incarnation: 7 };
            let labels = of(&given);
            for (key, value) in &labels {
                let value = value.as_str().expect("text");
                let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
                assert!(value.len() <= 63 && value.chars().all(allowed) && key.chars().all(allowed), "{key}: {value}");
            }
            assert_eq!(owner(Some(&Json::Object(labels))), Some(given));
        }
        assert_eq!(owner(None), None);
    }
}
