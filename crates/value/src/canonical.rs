//! The canonical encoding: JSON with sorted keys, without white space.
//!
//! Unknowns and secrets are maps with one key that starts with `$`; a real key that starts with `$` gets another one.
//! Strings are escaped as RFC 8259 demands and no further.

use crate::{Content, Map, Secret, Unknown, Value};

/// Encodes a value canonically.
///
/// An open secret is written sealed: its content never gets into bytes.
pub fn canonical_bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    write_value(&mut out, value);
    out
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => write_float(out, *number),
        Value::String(text) => write_string(out, text),
        Value::List(items) => write_list(out, items),
        Value::Map(map) => write_map(out, map),
        Value::Unknown(unknown) => write_unknown(out, unknown),
        Value::Secret(secret) => write_secret(out, secret),
    }
}

fn write_list(out: &mut Vec<u8>, items: &[Value]) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_value(out, item);
    }
    out.push(b']');
}

fn write_map(out: &mut Vec<u8>, map: &Map) {
    out.push(b'{');
    for (index, (key, item)) in map.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if key.starts_with('$') {
            write_string(out, &format!("${key}"));
        } else {
            write_string(out, key);
        }
        out.push(b':');
        write_value(out, item);
    }
    out.push(b'}');
}

/// Shortest round-trip form, always with a point or an exponent; NaN and infinities become null.
fn write_float(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        let number = if number == 0.0 { 0.0 } else { number };
        out.extend_from_slice(format!("{number:?}").as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn write_unknown(out: &mut Vec<u8>, unknown: &Unknown) {
    out.extend_from_slice(b"{\"$unknown\":{\"origins\":[");
    for (index, origin) in unknown.origins.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.push(b'[');
        write_string(out, &origin.stack);
        out.push(b',');
        write_string(out, &origin.what);
        out.push(b']');
    }
    out.extend_from_slice(b"],\"secret\":");
    out.extend_from_slice(if unknown.secret { b"true" } else { b"false" });
    out.extend_from_slice(b",\"type\":");
    out.extend_from_slice(&serde_json::to_vec(&unknown.ty).unwrap_or_default());
    out.extend_from_slice(b"}}");
}

fn write_secret(out: &mut Vec<u8>, secret: &Secret) {
    out.extend_from_slice(b"{\"$secret\":{");
    if let Content::Encrypted(ciphertext) = secret.content() {
        out.extend_from_slice(b"\"encrypted\":");
        write_string(out, ciphertext);
        out.push(b',');
    }
    out.extend_from_slice(format!("\"fingerprint\":\"{}\"}}}}", secret.fingerprint()).as_bytes());
}
