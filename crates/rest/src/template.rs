//! Templates of names: `{parent}/secrets/{secretId}`, filled with properties, or read back from a name.

use value::{Map, Path, Value};

/// What a template calls the part of a name that the vendor gives.
pub const GIVEN: &str = "_";

/// A piece of a template.
enum Piece<'a> {
    Text(&'a str),
    Place(&'a str),
}

/// The text with its places filled; `None` if a property is missing or no text.
pub fn fill(template: &str, properties: &Map) -> Option<String> {
    let part = |piece| match piece {
        Piece::Text(text) => Some(text.to_owned()),
        Piece::Place(place) => {
            let path: Path = place.parse().ok()?;
            let (first, rest) = path.segments().split_at(1);
            let whole = Path::from(first.to_vec());
            let value = properties.get(whole.first_key()?)?.at(&Path::from(rest.to_vec()))?;
            plain(value).map(str::to_owned)
        }
    };
    pieces(template).into_iter().map(part).collect()
}

/// What the places of a template hold in a text; `None` if the text is not of its form. A place in the middle of a name
/// may hold slashes, the last one holds none.
pub fn unfill(template: &str, text: &str) -> Option<Map> {
    let mut found = Map::new();
    let mut left = text;
    let mut pieces = pieces(template);
    while let Some(piece) = pieces.pop() {
        match piece {
            Piece::Text(end) => left = left.strip_suffix(end)?,
            Piece::Place(place) => {
                let start = match pieces.last() {
                    Some(Piece::Text(before)) => left.rfind(before)? + before.len(),
                    _ => 0,
                };
                let (before, held) = left.split_at(start);
                let value = Value::from(held);
                if held.is_empty() || found.insert(place.to_owned(), value.clone()).is_some_and(|old| old != value) {
                    return None;
                }
                left = before;
            }
        }
    }
    found.remove(GIVEN);
    left.is_empty().then_some(found)
}

/// Whether the vendor gives a part.
pub fn is_given(template: &str) -> bool {
    template.contains("{_}")
}

/// The text of a value, of an open secret, too.
pub fn plain(value: &Value) -> Option<&str> {
    match value {
        Value::Secret(secret) => plain(secret.expose()?),
        other => other.as_str(),
    }
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        pieces.push(Piece::Place(place));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use value::{Map, Value};

    use super::{fill, unfill};

    fn map(pairs: &[(&str, &str)]) -> Map {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect()
    }

    #[test]
    fn a_name_is_made_of_properties_and_they_are_read_back_from_it() {
        let account = "projects/{projectId}/serviceAccounts/{accountId}@{projectId}.iam.gserviceaccount.com";
        let cases = [
            (
                "{parent}/secrets/{secretId}",
                "projects/p/secrets/s",
                map(&[("parent", "projects/p"), ("secretId", "s")]),
            ),
            (
                account,
                "projects/p/serviceAccounts/a@p.iam.gserviceaccount.com",
                map(&[("projectId", "p"), ("accountId", "a")]),
            ),
            ("{name}", "ex-bucket", map(&[("name", "ex-bucket")])),
        ];
        for (template, name, properties) in cases {
            assert_eq!(fill(template, &properties).as_deref(), Some(name));
            assert_eq!(unfill(template, name), Some(properties), "{template}");
        }
        let version = "projects/p/secrets/s/versions/3";
        assert_eq!(unfill("{parent}/versions/{_}", version), Some(map(&[("parent", "projects/p/secrets/s")])));
        for other in ["projects/p", "projects/p/secrets/", "x"] {
            assert_eq!(unfill("{parent}/secrets/{secretId}", other), None, "{other}");
        }
        assert_eq!(unfill(account, "projects/p/serviceAccounts/a@q.iam.gserviceaccount.com"), None);
        assert_eq!(fill("{parent}/secrets/{secretId}", &map(&[("parent", "projects/p")])), None);
    }
}
