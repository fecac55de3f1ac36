//! URNs and stack names.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a resource within a stack: `project::type::name`; cheap to clone.
///
/// Free of stack, environment and parent, so that none of them is part of a resource's identity.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Urn {
    text: Arc<str>,
    /// How many bytes the project has.
    project: u32,
    /// How many bytes the type has.
    ty: u32,
}

/// What stands between the parts.
const SEPARATOR: &str = "::";

impl Urn {
    /// A URN from its parts; the name must not hold `::`, which [`Urn::from_str`] checks.
    pub fn new(project: impl AsRef<str>, ty: impl AsRef<str>, name: impl AsRef<str>) -> Self {
        let (project, ty) = (project.as_ref(), ty.as_ref());
        let text = [project, ty, name.as_ref()].join(SEPARATOR);
        Self::of(&text, project.len(), ty.len())
    }

    fn of(text: &str, project: usize, ty: usize) -> Self {
        // Names of gigabytes are not parsed, and no program has any.
        let length = |length: usize| u32::try_from(length).unwrap_or_default();
        Self { text: text.into(), project: length(project), ty: length(ty) }
    }

    fn parts(&self) -> [&str; 3] {
        let (project, rest) = self.text.split_at(self.project as usize);
        let (ty, name) = rest[SEPARATOR.len()..].split_at(self.ty as usize);
        [project, ty, &name[SEPARATOR.len()..]]
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The project's dotted name.
    pub fn project(&self) -> &str {
        self.parts()[0]
    }

    /// The type token, in the vendor's words: `AWS::EC2::VPC`, `vault_mount`.
    pub fn ty(&self) -> &str {
        self.parts()[1]
    }

    /// The logical name.
    pub fn name(&self) -> &str {
        self.parts()[2]
    }
}

impl Ord for Urn {
    fn cmp(&self, other: &Self) -> Ordering {
        if (self.project, self.ty) == (other.project, other.ty) {
            // Parts of equal length stand at equal places, so that the whole compares as they do.
            return self.text.cmp(&other.text);
        }
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Urn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text is not a URN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseUrnError;

impl fmt::Display for ParseUrnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a URN of the form `project::type::name`")
    }
}

impl std::error::Error for ParseUrnError {}

impl FromStr for Urn {
    type Err = ParseUrnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (project, rest) = text.split_once("::").ok_or(ParseUrnError)?;
        let (ty, name) = rest.rsplit_once("::").ok_or(ParseUrnError)?;
        if project.is_empty() || ty.is_empty() || name.is_empty() || u32::try_from(text.len()).is_err() {
            return Err(ParseUrnError);
        }
        Ok(Self::of(text, project.len(), ty.len()))
    }
}

impl Serialize for Urn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Urn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Urn;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a URN")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Urn, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// The full name of a stack: project, dot, short name (`[<scope>.]<environment>`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StackName {
    project: String,
    short: String,
}

impl StackName {
    /// A name from the project's dotted name and the stack's short name.
    pub fn new(project: impl Into<String>, short: impl Into<String>) -> Self {
        Self { project: project.into(), short: short.into() }
    }

    /// The project: `infrastructure.aws.network`.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The short name: `QA`, `mitx.QA`, `default`.
    pub fn short(&self) -> &str {
        &self.short
    }

    /// The environment, the last segment of the short name.
    pub fn environment(&self) -> &str {
        self.short.rsplit('.').next().unwrap_or_default()
    }

    /// The scope (a tenant or a cluster), if there is one.
    pub fn scope(&self) -> Option<&str> {
        self.short.rsplit_once('.').map(|(scope, _)| scope)
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Thousands of names are made at once, and `write!` takes thrice as long.
        f.write_str(&self.project)?;
        f.write_str(".")?;
        f.write_str(&self.short)
    }
}

/// Whether `pattern` matches the whole text; `*` stands for any characters.
pub fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(position) => rest = &rest[position + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urns_print_and_parse_whatever_the_type_looks_like() {
        for text in ["a.b::AWS::EC2::VPC::main", "p::vault_mount::x", "p::host:File::/etc/motd"] {
            let urn: Urn = text.parse().expect(text);
            assert_eq!(urn.to_string(), text);
        }
        assert_eq!("a.b::AWS::EC2::VPC::main".parse::<Urn>().map(|u| u.ty().to_owned()), Ok("AWS::EC2::VPC".into()));
        assert_eq!("a::b".parse::<Urn>(), Err(ParseUrnError));
    }

    #[test]
    fn urns_are_ordered_by_their_parts() {
        let parts = ["a", "a.b", "a:", "b", "B::c", "ab"];
        let mut all = Vec::new();
        for (project, ty) in parts.iter().flat_map(|project| parts.map(|ty| (*project, ty))) {
            all.extend(parts.map(|name| (project, ty, name)));
        }
        for one in &all {
            for other in &all {
                let urn = |(project, ty, name): &(&str, &str, &str)| Urn::new(project, ty, name);
                assert_eq!(urn(one).cmp(&urn(other)), one.cmp(other), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn stack_names_have_scope_and_environment() {
        let stack = StackName::new("applications.edxapp", "mitx-staging.QA");
        assert_eq!((stack.scope(), stack.environment()), (Some("mitx-staging"), "QA"));
        assert_eq!(StackName::new("p", "default").scope(), None);
        assert_eq!(stack.to_string(), "applications.edxapp.mitx-staging.QA");
    }
}
