//! Ownership tags: whose an object is, hung on it below the diff.

use ports::Owner;
use value::{Digest, Map, Value};

use crate::seen::Tags;

/// What the keys of ownership tags begin with.
const PREFIX: &str = "groundplan:";
/// The key that objects are searched by.
pub(crate) const URN: &str = "groundplan:urn";
const ORGANISATION: &str = "groundplan:organisation";
const STACK: &str = "groundplan:stack";
const INCARNATION: &str = "groundplan:incarnation";
/// How long the vendor lets a tag's value be.
const LONGEST: usize = 256;

/// The tags that say whose an object is.
pub(crate) fn of(owner: &Owner) -> Tags {
    let Owner { organisation, stack_id, urn, incarnation } = owner;
    vec![
        (ORGANISATION.to_owned(), organisation.clone()),
        (STACK.to_owned(), stack_id.clone()),
        (URN.to_owned(), fitted(urn)),
        (INCARNATION.to_owned(), incarnation.to_string()),
    ]
}

/// Whose an object is by its tags.
pub(crate) fn owner(tags: &Tags) -> Option<Owner> {
    let get = |key: &str| tags.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone());
    Some(Owner {
        organisation: get(ORGANISATION)?,
        stack_id: get(STACK)?,
        urn: get(URN)?,
        incarnation: get(INCARNATION)?.parse().ok()?,
    })
}

/// The owner as tags can say it.
pub(crate) fn as_tagged(owner: &Owner) -> Owner {
    Owner { urn: fitted(&owner.urn), ..owner.clone() }
}

/// The tags that the program sets: neither ours nor the vendor's.
pub(crate) fn of_the_program(tags: &Tags) -> impl Iterator<Item = &(String, String)> {
    tags.iter().filter(|(key, _)| !key.starts_with(PREFIX) && !key.starts_with("aws:"))
}

/// The tags among properties, under the property that the type has them in.
pub(crate) fn given(inputs: &Map, property: Option<&str>) -> Tags {
    let list = property.and_then(|name| inputs.get(name)).and_then(Value::as_list).unwrap_or_default();
    let pair = |item: &Value| {
        let text = |name| item.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((text("Key")?, text("Value").unwrap_or_default()))
    };
    list.iter().filter_map(pair).collect()
}

/// What is to be hung on and what is to be taken off, so that there is what is wanted.
pub(crate) fn difference(there: &Tags, wanted: &Tags) -> (Tags, Vec<String>) {
    let hung = wanted.iter().filter(|tag| !there.contains(tag)).cloned().collect();
    let gone = |(key, _): &&(String, String)| !key.starts_with("aws:") && wanted.iter().all(|(k, _)| k != key);
    (hung, there.iter().filter(gone).map(|(key, _)| key.clone()).collect())
}

/// A URN that fits into a tag: of a longer one the beginning and a digest.
fn fitted(urn: &str) -> String {
    const DIGITS: usize = 16;
    if urn.chars().count() <= LONGEST {
        return urn.to_owned();
    }
    let beginning: String = urn.chars().take(LONGEST - DIGITS - 1).collect();
    format!("{beginning}~{}", Digest::of("urn/tag/1", urn.as_bytes()).short(DIGITS))
}

#[cfg(test)]
mod tests {
    use ports::Owner;

    use super::{as_tagged, difference, of, owner};

    fn sample(urn: String) -> Owner {
        Owner { organisation: "ol".into(), stack_id: "s1".into(), urn, incarnation: 7 }
    }

    #[test]
    fn tags_say_whose_an_object_is_however_long_its_urn() {
        for urn in ["p::AWS::EC2::VPC::v".to_owned(), format!("p::AWS::EC2::VPC::{}", "v".repeat(400))] {
            let tags = of(&sample(urn.clone()));
            assert!(tags.iter().all(|(_, value)| value.len() <= 256), "{tags:?}");
            assert_eq!(owner(&tags), Some(as_tagged(&sample(urn))));
        }
        let [one, other] = ["a", "b"].map(|end| of(&sample(format!("{}{end}", "v".repeat(400)))));
        assert_ne!(one, other, "URNs that differ at their end only");
    }

    #[test]
    fn only_what_differs_is_hung_on_or_taken_off() {
        let tags = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect::<Vec<_>>();
        let there = tags(&[("Name", "old"), ("Stays", "1"), ("Gone", "1"), ("aws:cloudformation", "x")]);
        let wanted = tags(&[("Name", "new"), ("Stays", "1"), ("More", "1")]);
        assert_eq!(difference(&there, &wanted), (tags(&[("Name", "new"), ("More", "1")]), vec!["Gone".to_owned()]));
    }
}
