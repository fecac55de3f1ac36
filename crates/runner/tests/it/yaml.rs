//! YAML as JSON, read by somebody else's parser.

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// The one document of a text.
#[track_caller]
pub(crate) fn parse(text: &str) -> Value {
    let (mut open, mut whole): (Vec<Open>, Option<Value>) = (Vec::new(), None);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.unwrap_or_else(|error| panic!("this is no YAML: {error}\n{text}"));
        let done = match event {
            Event::Scalar(text, style, 0, None) => scalar(&text, style == ScalarStyle::Plain),
            Event::SequenceStart(_, 0, None) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(_, 0, None) => {
                open.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().expect("it was begun").close(),
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd | Event::StreamEnd => continue,
            other => panic!("nobody writes {other:?} at {span:?}"),
        };
        match open.last_mut() {
            Some(around) => around.take(done),
            None => assert!(whole.replace(done).is_none(), "there is one document"),
        }
    }
    whole.expect("a document")
}

/// A list or a map that is still being read.
enum Open {
    List(Vec<Value>),
    /// With the key whose value comes next.
    Map(Map<String, Value>, Option<String>),
}

impl Open {
    fn take(&mut self, value: Value) {
        match self {
            Self::List(items) => items.push(value),
            Self::Map(map, key) => match key.take() {
                None => *key = Some(value.as_str().expect("a key is a text").to_owned()),
                Some(key) => assert_eq!(map.insert(key.clone(), value), None, "`{key}` is there twice"),
            },
        }
    }

    fn close(self) -> Value {
        match self {
            Self::List(items) => Value::Array(items),
            Self::Map(map, key) => {
                assert_eq!(key, None, "a key without a value");
                Value::Object(map)
            }
        }
    }
}

/// What a text without quotes means.
fn scalar(text: &str, plain: bool) -> Value {
    match text {
        _ if !plain => text.into(),
        "" | "~" | "null" => Value::Null,
        "true" => true.into(),
        "false" => false.into(),
        number => number.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    }
}

#[test]
fn texts_are_texts_only_where_nothing_else_is_meant() {
    let text = "a: [1, \"1\", true, \"true\", {}]\nb: |\n  x: y\n  # z\nc:\n  - d: e f\n    g: ~\n\"on\": 'it''s'\n";
    let expected = serde_json::json!({
        "a": [1, "1", true, "true", {}], "b": "x: y\n# z\n", "c": [{ "d": "e f", "g": null }], "on": "it's",
    });
    assert_eq!(parse(text), expected);
}
