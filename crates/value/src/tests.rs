use super::*;

fn canonical(value: &Value) -> String {
    String::from_utf8(canonical_bytes(value)).expect("canonical bytes are UTF-8")
}

#[test]
fn canonical_form_sorts_keys_and_tells_integers_from_floats() {
    let value =
        Value::map([("b", Value::Int(1)), ("a", Value::Float(1.0)), ("ä", Value::from("x\n\"")), ("$k", Value::Null)]);
    assert_eq!(canonical(&value), r#"{"$$k":null,"a":1.0,"b":1,"ä":"x\n\""}"#);
    assert_ne!(Value::Int(1).digest(), Value::Float(1.0).digest());
    assert_eq!(canonical(&Value::Float(-0.0)), "0.0");
    assert_eq!(canonical(&Value::Float(1e300)), "1e300");
}

#[test]
fn canonical_form_reads_back() {
    let value = Value::map([
        ("list", Value::from(vec![Value::Int(i64::MIN), Value::Float(0.1), Value::Bool(true), Value::Null])),
        ("unknown", Unknown::new(Type::List(Box::new(Type::String)), "net.QA", "vpc.id").into()),
        ("secret", Secret::encrypted(Digest::of("t", b"x"), "c2VjcmV0".into()).into()),
        ("$dollar", Value::from("$unknown")),
    ]);
    let text = canonical(&value);
    let back: Value = serde_json::from_str(&text).expect("reads back");
    assert_eq!(back, value);
    assert_eq!(canonical(&back), text);
    assert_eq!(serde_json::to_string(&value).expect("serialises"), text);
}

#[test]
fn an_open_secret_is_never_written() {
    let secret = Value::Secret(Secret::open(Digest::of("t", b"x"), Value::from("canary-5f1d")));
    for text in [canonical(&secret), format!("{secret:?}"), serde_json::to_string(&secret).expect("serialises")] {
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn equal_secrets_have_equal_digests_whatever_is_at_hand_of_them() {
    let fingerprint = Digest::of("t", b"x");
    let open = Value::from(vec![Value::Secret(Secret::open(fingerprint, Value::from("canary")))]);
    let encrypted = Value::from(vec![Value::Secret(Secret::encrypted(fingerprint, "age:…".into()))]);
    assert_eq!(open, encrypted);
    assert_eq!(open.digest(), encrypted.digest());
    assert_ne!(canonical(&open), canonical(&encrypted), "the ciphertext is kept where the value itself is written");
}

#[test]
fn paths_print_and_parse() {
    for text in ["a", "a.b[0].c", "a[\"b.c\"][\"say \\\"x\\\"\"]", "rules[*].port", ""] {
        let path: Path = text.parse().expect(text);
        assert_eq!(path.to_string(), text);
    }
    assert_eq!("a..b".parse::<Path>(), Err(ParsePathError { offset: 2 }));
    assert_eq!("a[x]".parse::<Path>(), Err(ParsePathError { offset: 1 }));
    let pattern: Path = "rules[*].port".parse().expect("parses");
    assert!(pattern.covers(&"rules[3].port.x".parse().expect("parses")));
    assert!(!pattern.covers(&"rules[3]".parse().expect("parses")));
    assert!(pattern.touches(&"rules[3]".parse().expect("parses")));
}

#[test]
fn digests_print_and_parse() {
    let digest = Digest::of("t", b"x");
    assert_eq!(digest.to_string().parse(), Ok(digest));
    assert_eq!("zz".parse::<Digest>(), Err(ParseDigestError));
    assert_eq!(digest.base32(7).len(), 7);
    assert_ne!(Digest::of("t", b"x"), Digest::of("tx", b""));
}
