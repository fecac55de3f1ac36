//! Where something comes from, for each architecture.

use crate::fields::Fields;

/// Addresses and sums as two words of the script each, `amd64=… arm64=…`; `any` stands for all other architectures.
/// What is not pinned is refused.
pub(super) fn by_architecture(fields: &mut Fields<'_>) -> [String; 2] {
    let (urls, sums) = (fields.text_map("url"), fields.text_map("sha256"));
    for name in ["url", "sha256"] {
        fields.required(name, None);
    }
    for (_, url) in &urls {
        fields.check_url("url", url, &["https://", "http://"]);
    }
    for (_, sum) in &sums {
        fields.check_digits("sha256", sum, 64);
    }
    let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let both = fields.is_given("url") && fields.is_given("sha256");
    if both && names(&urls) != names(&sums) {
        fields.problems.push("`url` and `sha256` name other architectures: each address has its sum".to_owned());
    }
    if names(&urls).iter().any(|name| !name.bytes().all(|b| b.is_ascii_alphanumeric()) || name.is_empty()) {
        fields.wrong("url", "names architectures, such as `amd64`, `arm64`, or `any`");
    }
    [urls, sums].map(|pairs| pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
}

/// The sums of which one is that of what is there, as the script compares it.
pub(super) fn one_of(sums: &str) -> String {
    let sums: Vec<&str> = sums.split(' ').filter_map(|pair| pair.split_once('=')).map(|(_, sum)| sum).collect();
    format!("from {}", sums.join(","))
}
