//! Addresses.

/// Text as it may stand in an address; `slashes` = a name with slashes stays one.
pub fn encoded(text: &str, slashes: bool) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (slashes && b"/@:".contains(&byte));
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The address with parameters.
pub fn with_query<'a>(url: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut url = url.to_owned();
    for (name, value) in parameters {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&encoded(name, false));
        url.push('=');
        url.push_str(&encoded(value, false));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::{encoded, with_query};

    #[test]
    fn what_has_a_meaning_in_addresses_is_written_otherwise() {
        assert_eq!(encoded("a b/ä@x:y", false), "a%20b%2F%C3%A4%40x%3Ay");
        assert_eq!(encoded("a b/ä@x:y", true), "a%20b/%C3%A4@x:y");
        assert_eq!(with_query("http://h/p", [("a", "1&2"), ("b.c", "")]), "http://h/p?a=1%262&b.c=");
        assert_eq!(with_query("http://h/p?x=1", [("a", "b")]), "http://h/p?x=1&a=b");
    }
}
