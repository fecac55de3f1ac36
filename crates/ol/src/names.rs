//! Names made of the stack's name.

use plan::prelude::*;

/// What the names of resources are made of.
pub trait Naming {
    /// The environment in lower case: `qa` of `mitx.QA`.
    fn env_suffix(&self) -> String;

    /// The last part of the scope: `mitx` of `mitx.QA`; empty if there is none.
    fn env_prefix(&self) -> &str;

    /// `{what}-{environment}`: `operations-qa`.
    fn in_environment(&self, what: impl std::fmt::Display) -> String {
        format!("{what}-{}", self.env_suffix())
    }
}

impl Naming for StackName {
    fn env_suffix(&self) -> String {
        self.environment().to_lowercase()
    }

    fn env_prefix(&self) -> &str {
        self.scope().and_then(|scope| scope.rsplit('.').next()).unwrap_or_default()
    }
}

impl Naming for Stack<'_> {
    fn env_suffix(&self) -> String {
        self.name().env_suffix()
    }

    fn env_prefix(&self) -> &str {
        self.name().env_prefix()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_stacks_are_taken_apart() {
        for (short, environment, prefix, suffix) in [
            ("QA", "QA", "", "qa"),
            ("operations.CI", "CI", "operations", "ci"),
            ("a.b.Production", "Production", "b", "production"),
            ("mitx-staging.QA", "QA", "mitx-staging", "qa"),
            ("default", "default", "", "default"),
        ] {
            let stack = StackName::new("proj", short);
            assert_eq!((stack.environment(), stack.env_prefix()), (environment, prefix), "{short}");
            assert_eq!(stack.env_suffix(), suffix, "{short}");
            assert_eq!(stack.to_string(), format!("proj.{short}"));
        }
        assert_eq!(StackName::new("proj", "mitx.QA").in_environment("operations"), "operations-qa");
    }
}
