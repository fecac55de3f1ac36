//! Ownership: whose an object is, hung on it below the diff, as tags or as metadata.
//!
//! A tag holds any text, and 256 characters of it: a URN is written on as many as it takes. Metadata travels in headers,
//! so their names are those of identifiers and their values ASCII.

use ports::Owner;
use rest::url::encoded;
use serde_json::{Map as Object, Value as Json};

use crate::kind::Mark;

/// What the keys of ownership begin with.
const PREFIX: &str = "groundplan";
const ORGANISATION: &str = "organisation";
const STACK: &str = "stack";
const URN: &str = "urn";
const INCARNATION: &str = "incarnation";
/// How much of a URN stands in one.
const LONGEST: usize = 200;

/// What says whose an object is.
pub(crate) fn of(mark: Mark, owner: &Owner) -> Object<String, Json> {
    let mut marks = Object::new();
    let mut put = |name: &str, value: &str| drop(marks.insert(key(mark, name), value.into()));
    put(ORGANISATION, &written(mark, &owner.organisation));
    put(STACK, &written(mark, &owner.stack_id));
    put(INCARNATION, &owner.incarnation.to_string());
    let urn: Vec<char> = written(mark, &owner.urn).chars().collect();
    for (number, chunk) in urn.chunks(LONGEST).enumerate() {
        put(&numbered(mark, number), &chunk.iter().collect::<String>());
    }
    marks
}

/// Whose an object is.
pub(crate) fn read(mark: Mark, marks: Option<&Json>) -> Option<Owner> {
    let marks = marks?.as_object()?;
    // Some of the vendor's interfaces change the letters of keys.
    let get = |name: &str| {
        let key = key(mark, name);
        marks.iter().find(|(there, _)| there.eq_ignore_ascii_case(&key)).and_then(|(_, value)| value.as_str())
    };
    let mut urn = String::new();
    for number in 0.. {
        match get(&numbered(mark, number)) {
            Some(chunk) => urn.push_str(chunk),
            None => break,
        }
    }
    Some(Owner {
        organisation: unwritten(mark, get(ORGANISATION)?)?,
        stack_id: unwritten(mark, get(STACK)?)?,
        urn: unwritten(mark, &urn).filter(|urn| !urn.is_empty())?,
        incarnation: get(INCARNATION)?.parse().ok()?,
    })
}

/// Whether a key is one of ours.
pub(crate) fn is_ours(key: &str) -> bool {
    key.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
        && matches!(key.as_bytes().get(PREFIX.len()), Some(b'-' | b'_'))
}

/// Whether one is an earlier self of the other: the same resource, whichever incarnation.
pub(crate) fn is_earlier(there: &Owner, now: &Owner) -> bool {
    (&there.organisation, &there.stack_id, &there.urn) == (&now.organisation, &now.stack_id, &now.urn)
}

fn key(mark: Mark, name: &str) -> String {
    match mark {
        Mark::Tags => format!("{PREFIX}-{name}"),
        Mark::Metadata => format!("{PREFIX}_{name}"),
    }
}

fn numbered(mark: Mark, number: usize) -> String {
    match mark {
        Mark::Tags => format!("{URN}-{number}"),
        Mark::Metadata => format!("{URN}_{number}"),
    }
}

fn written(mark: Mark, text: &str) -> String {
    match mark {
        Mark::Tags => text.to_owned(),
        Mark::Metadata => encoded(text, true),
    }
}

fn unwritten(mark: Mark, text: &str) -> Option<String> {
    if mark == Mark::Tags {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
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

    use super::{is_earlier, is_ours, of, read};
    use crate::kind::Mark;

    #[test]
    fn marks_say_whose_an_object_is_whatever_its_name_is_made_of() {
        let long = format!("cpg.dataset::Microsoft.Storage/storageAccounts::{}-Ä_1%", "b".repeat(450));
        for urn in ["cpg::Microsoft.KeyVault/vaults::v".to_owned(), long] {
            let given = Owner { organisation: "Ex Örg".into(), stack_id: "3f_X".into(), urn, incarnation: 7 };
            for mark in [Mark::Tags, Mark::Metadata] {
                let marks = of(mark, &given);
                for (key, value) in &marks {
                    let value = value.as_str().expect("text");
                    assert!(is_ours(key) && value.chars().count() <= 256, "{key}: {value}");
                    let is_identifier = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                    assert!(mark == Mark::Tags || (is_identifier && value.is_ascii()), "{key}: {value}");
                }
                assert_eq!(read(mark, Some(&Json::Object(marks))), Some(given.clone()));
            }
        }
        assert_eq!(read(Mark::Tags, None), None);
        assert!(!is_ours("groundplans") && !is_ours("team"));
    }

    #[test]
    fn keys_in_other_letters_are_read() {
        let owner = Owner { organisation: "ex".into(), stack_id: "s".into(), urn: "a::b::c".into(), incarnation: 1 };
        let marks = of(Mark::Tags, &owner).into_iter().map(|(key, value)| (key.to_uppercase(), value)).collect();
        let found = read(Mark::Tags, Some(&Json::Object(marks))).expect("it is there");
        assert_eq!(found, owner);
        assert!(is_earlier(&Owner { incarnation: 0, ..owner.clone() }, &found));
        assert!(!is_earlier(&Owner { urn: "a::b::d".into(), ..owner.clone() }, &found));
    }
}
