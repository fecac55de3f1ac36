//! URNs and stack names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a resource within a stack: `project::type::name`.
///
/// Free of stack, environment and parent, so that none of them is part of a resource's identity.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Urn {
    project: String,
    ty: String,
    name: String,
}

impl Urn {
    /// A URN from its parts; the name must not hold `::`, which [`Urn::from_str`] checks.
    pub fn new(project: impl Into<String>, ty: impl Into<String>, name: impl Into<String>) -> Self {
        Self { project: project.into(), ty: ty.into(), name: name.into() }
    }

    /// The project's dotted name.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The type token, in the vendor's words: `AWS::EC2::VPC`, `vault_mount`.
    pub fn ty(&self) -> &str {
        &self.ty
    }

    /// The logical name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}::{}", self.project, self.ty, self.name)
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
        if project.is_empty() || ty.is_empty() || name.is_empty() {
            return Err(ParseUrnError);
        }
        Ok(Self::new(project, ty, name))
    }
}

impl Serialize for Urn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Urn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
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
        write!(f, "{}.{}", self.project, self.short)
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
    fn stack_names_have_scope_and_environment() {
        let stack = StackName::new("applications.edxapp", "mitx-staging.QA");
        assert_eq!((stack.scope(), stack.environment()), (Some("mitx-staging"), "QA"));
        assert_eq!(StackName::new("p", "default").scope(), None);
        assert_eq!(stack.to_string(), "applications.edxapp.mitx-staging.QA");
    }
}
