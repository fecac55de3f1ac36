//! Lists of members as services read them.

use plan::prelude::*;

/// Addresses in lower case, each once, by domain and then by name.
pub(crate) fn sorted(addresses: &[String]) -> Vec<String> {
    let mut keyed: Vec<(String, String)> = addresses
        .iter()
        .map(|address| {
            let address = address.to_lowercase();
            let (name, domain) = address.split_once('@').unwrap_or((&address, ""));
            (domain.to_owned(), name.to_owned())
        })
        .collect();
    keyed.sort();
    keyed.dedup();
    let address = |(domain, name): (String, String)| if domain.is_empty() { name } else { format!("{name}@{domain}") };
    keyed.into_iter().map(address).collect()
}

/// Addresses as a list that does not depend on the order in which they are found.
#[plan_fn]
pub fn sorted_members(addresses: Vec<String>) -> Vec<String> {
    sorted(&addresses)
}

/// Addresses as the text of a file, a line each; one empty line if there are none.
#[plan_fn]
pub fn member_lines(addresses: Vec<String>) -> String {
    if addresses.is_empty() { "\n".to_owned() } else { sorted(&addresses).join("\n") }
}

#[cfg(test)]
mod tests {
    use super::sorted;

    #[test]
    fn addresses_are_sorted_by_domain_and_stand_there_once() {
        let given = ["b@y.org", "A@y.org", "z@x.org", "a@Y.org", "plain"].map(str::to_owned);
        assert_eq!(sorted(&given), ["plain", "z@x.org", "a@y.org", "b@y.org"]);
    }
}
