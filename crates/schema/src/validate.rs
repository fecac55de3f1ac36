//! Checking properties against a schema: all problems at once.

use value::{Path, Value};

use crate::{Kind, Property, TypeSchema};

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the properties.
    pub path: Path,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What can be wrong with a property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The type has no such property.
    #[error("there is no such property{}", suggestion.as_ref().map(|s| format!(", did you mean `{s}`?")).unwrap_or_default())]
    Unknown {
        /// A name that is near.
        suggestion: Option<String>,
    },
    /// A required property is not given.
    #[error("is required")]
    Missing,
    /// The vendor sets it.
    #[error("is set by the vendor and cannot be given")]
    ReadOnly,
    /// The value is of another type.
    #[error("must be {wanted}, not {got}")]
    WrongType {
        /// What the schema wants.
        wanted: String,
        /// What was given.
        got: String,
    },
    /// The text is not one of those allowed.
    #[error("must be one of {}", allowed.join(", "))]
    NotAllowed {
        /// The allowed texts.
        allowed: Vec<String>,
    },
    /// The text is too long.
    #[error("is longer than {max} characters")]
    TooLong {
        /// The greatest number of characters.
        max: usize,
    },
}

impl TypeSchema {
    /// Checks properties; unknowns and secrets fit anywhere.
    pub fn validate(&self, properties: &value::Map) -> Vec<Problem> {
        let mut found = Vec::new();
        for name in self.required.iter().filter(|name| properties.get(*name).is_none_or(Value::is_null)) {
            let path = Path::key(name);
            if !self.is_attribute(&path) {
                found.push(Problem { path, kind: ProblemKind::Missing });
            }
        }
        for (name, value) in properties.iter().filter(|(_, value)| !value.is_null()) {
            let path = Path::key(name);
            match self.properties.get(name) {
                None => found.push(Problem {
                    path,
                    kind: ProblemKind::Unknown { suggestion: near(name, self.properties.keys()) },
                }),
                Some(_) if self.is_attribute(&path) => found.push(Problem { path, kind: ProblemKind::ReadOnly }),
                Some(property) => self.check(property, value, &path, &mut found),
            }
        }
        found
    }

    fn check(&self, property: &Property, value: &Value, path: &Path, found: &mut Vec<Problem>) {
        let property = self.resolve(property);
        let mut wrong = |wanted: &str| {
            let kind = ProblemKind::WrongType { wanted: wanted.to_owned(), got: value.ty().to_string() };
            found.push(Problem { path: path.clone(), kind });
        };
        match (&property.kind, value) {
            (_, Value::Unknown(_) | Value::Secret(_) | Value::Null)
            | (Kind::Json | Kind::Reference(_), _)
            | (Kind::Integer, Value::Int(_))
            | (Kind::Number, Value::Int(_) | Value::Float(_))
            | (Kind::Boolean, Value::Bool(_)) => {}
            (Kind::String { allowed, max_length, .. }, Value::String(text)) => {
                if !allowed.is_empty() && !allowed.contains(text) {
                    found.push(Problem {
                        path: path.clone(),
                        kind: ProblemKind::NotAllowed { allowed: allowed.clone() },
                    });
                }
                if let Some(max) = max_length.filter(|max| text.chars().count() > *max) {
                    found.push(Problem { path: path.clone(), kind: ProblemKind::TooLong { max } });
                }
            }
            (Kind::Array(item), Value::List(items)) => {
                items.iter().enumerate().for_each(|(i, v)| self.check(item, v, &path.index(i), found));
            }
            (Kind::Object { properties, required, additional }, Value::Map(map)) => {
                for name in required.iter().filter(|name| map.get(*name).is_none_or(Value::is_null)) {
                    found.push(Problem { path: path.child(name), kind: ProblemKind::Missing });
                }
                for (name, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                    match properties.get(name).or(additional.as_deref()) {
                        Some(property) => self.check(property, value, &path.child(name), found),
                        None => {
                            let kind = ProblemKind::Unknown { suggestion: near(name, properties.keys()) };
                            found.push(Problem { path: path.child(name), kind });
                        }
                    }
                }
            }
            (Kind::String { .. }, _) => wrong("a string"),
            (Kind::Integer, _) => wrong("an integer"),
            (Kind::Number, _) => wrong("a number"),
            (Kind::Boolean, _) => wrong("a boolean"),
            (Kind::Array(_), _) => wrong("a list"),
            (Kind::Object { .. }, _) => wrong("a map"),
        }
    }
}

fn near<'a>(name: &str, candidates: impl Iterator<Item = &'a String>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.clone())
}
