//! Policies on AWS resources.

mod iam;
mod ingress;
mod tags;

use policy::{Level, Policy};

/// The policies of this crate.
pub fn policies() -> Vec<Policy> {
    vec![
        Policy::resource("required-tags", "taggable objects have certain tags", Level::Mandatory, tags::required),
        Policy::remedy("default-tags", "taggable objects get the tags that they lack", tags::add),
        Policy::resource(
            "no-public-ingress",
            "nobody is let in from everywhere, but to listed ports",
            Level::Mandatory,
            ingress::judge,
        ),
        Policy::resource(
            "iam-lint",
            "IAM documents are whole and give no more than they must",
            Level::Mandatory,
            iam::judge,
        ),
    ]
}

#[cfg(test)]
mod tests;
