//! Paths into values: `a.b[0]`, `tags["kubernetes.io/role"]`, `rules[*].port`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The entry of a map.
    Key(String),
    /// The element of a list.
    Index(usize),
    /// Every entry or element; only in patterns.
    Any,
}

/// A path into a value; the empty path is the value itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The empty path.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of one key, which is taken as it is: dots in it are part of it.
    pub fn key(key: impl Into<String>) -> Self {
        Self(vec![Segment::Key(key.into())])
    }

    /// This path and one key more.
    pub fn child(&self, key: impl Into<String>) -> Self {
        let mut segments = self.0.clone();
        segments.push(Segment::Key(key.into()));
        Self(segments)
    }

    /// This path and one index more.
    pub fn index(&self, index: usize) -> Self {
        let mut segments = self.0.clone();
        segments.push(Segment::Index(index));
        Self(segments)
    }

    /// This path followed by another.
    pub fn join(&self, rest: &Path) -> Self {
        Self(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// The steps.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this is the value itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The first key, if the path starts with one.
    pub fn first_key(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// Whether `path` is this pattern or lies below it; `[*]` and `.*` match any step.
    pub fn covers(&self, path: &Path) -> bool {
        self.0.len() <= path.0.len() && self.0.iter().zip(&path.0).all(|(p, s)| p == s || *p == Segment::Any)
    }

    /// Whether one of the two paths lies on the way to the other.
    pub fn touches(&self, path: &Path) -> bool {
        self.0.iter().zip(&path.0).all(|(p, s)| p == s || *p == Segment::Any || *s == Segment::Any)
    }
}

impl From<Vec<Segment>> for Path {
    fn from(segments: Vec<Segment>) -> Self {
        Self(segments)
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key != "*"
        && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '/' | '$'))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if is_plain(key) && position == 0 => write!(f, "{key}")?,
                Segment::Key(key) if is_plain(key) => write!(f, ".{key}")?,
                Segment::Key(key) => write!(f, "[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""))?,
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Any => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

/// A text is not a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsePathError {
    /// Byte offset of the first character that does not fit.
    pub offset: usize,
}

impl fmt::Display for ParsePathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a path, from character {}", self.offset + 1)
    }
}

impl std::error::Error for ParsePathError {}

impl FromStr for Path {
    type Err = ParsePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut segments = Vec::new();
        let mut rest = text;
        let fail = |rest: &str| ParsePathError { offset: text.len() - rest.len() };
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix("[\"") {
                let (key, after) = quoted(inner).ok_or_else(|| fail(rest))?;
                segments.push(Segment::Key(key));
                rest = after;
            } else if let Some(inner) = rest.strip_prefix('[') {
                let (inside, after) = inner.split_once(']').ok_or_else(|| fail(rest))?;
                segments.push(match inside {
                    "*" => Segment::Any,
                    digits => Segment::Index(digits.parse().map_err(|_| fail(rest))?),
                });
                rest = after;
            } else {
                let start = match rest.strip_prefix('.') {
                    Some(after) if !segments.is_empty() => after,
                    None if segments.is_empty() => rest,
                    _ => return Err(fail(rest)),
                };
                let end = start.find(['.', '[']).unwrap_or(start.len());
                if end == 0 {
                    return Err(fail(start));
                }
                segments.push(if &start[..end] == "*" { Segment::Any } else { Segment::Key(start[..end].to_owned()) });
                rest = &start[end..];
            }
        }
        Ok(Self(segments))
    }
}

/// The quoted key at the start of `text` and what follows its `"]`.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    while let Some((offset, c)) = chars.next() {
        match c {
            '\\' => key.push(chars.next()?.1),
            '"' => return text[offset + 1..].strip_prefix(']').map(|after| (key, after)),
            other => key.push(other),
        }
    }
    None
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
