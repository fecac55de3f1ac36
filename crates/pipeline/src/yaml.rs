//! YAML as it is written: maps keep their order, texts of several lines are blocks, and what could be read as anything
//! but a text is quoted.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Yaml {
    /// A text.
    Text(String),
    /// A number or a truth value, as it is written.
    Bare(&'static str),
    /// A list.
    List(Vec<Yaml>),
    /// Keys and values, in this order.
    Map(Vec<(String, Yaml)>),
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Yaml {
    fn from(value: bool) -> Self {
        Self::Bare(if value { "true" } else { "false" })
    }
}

impl<T: Into<Yaml>> From<Vec<T>> for Yaml {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// A map of these.
pub(crate) fn map<const N: usize>(pairs: [(&str, Yaml); N]) -> Yaml {
    Yaml::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The text of a document; `remark` stands above it.
pub(crate) fn document(remark: &[String], value: &Yaml) -> String {
    let mut out = String::new();
    for line in remark {
        out.extend(["# ", line, "\n"]);
    }
    write(value, 0, &mut out);
    out
}

fn write(value: &Yaml, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Yaml::Map(pairs) => {
            for (key, value) in pairs {
                out.extend([indent.as_str(), scalar(key).as_str(), ":"]);
                follow(value, depth, out);
            }
        }
        Yaml::List(items) => {
            for item in items {
                match item {
                    Yaml::Map(pairs) if !pairs.is_empty() => {
                        // The first key stands beside the dash, where the others are indented to.
                        let mut inner = String::new();
                        write(item, depth + 1, &mut inner);
                        out.extend([indent.as_str(), "- ", &inner[indent.len() + 2..]]);
                    }
                    item => {
                        out.extend([indent.as_str(), "-"]);
                        follow(item, depth, out);
                    }
                }
            }
        }
        Yaml::Text(_) | Yaml::Bare(_) => {
            out.push_str(&indent);
            follow(value, depth, out);
        }
    }
}

/// What stands after a key or a dash.
fn follow(value: &Yaml, depth: usize, out: &mut String) {
    match value {
        Yaml::Map(pairs) if pairs.is_empty() => out.push_str(" {}\n"),
        Yaml::List(items) if items.is_empty() => out.push_str(" []\n"),
        Yaml::Map(_) | Yaml::List(_) => {
            out.push('\n');
            write(value, depth + 1, out);
        }
        Yaml::Bare(text) => out.extend([" ", *text, "\n"]),
        Yaml::Text(text) if text.trim_end().contains('\n') => {
            out.push_str(" |\n");
            let indent = "  ".repeat(depth + 1);
            for line in text.trim_end().lines() {
                out.push_str(format!("{indent}{line}").trim_end());
                out.push('\n');
            }
        }
        Yaml::Text(text) => out.extend([" ", scalar(text.trim_end()).as_str(), "\n"]),
    }
}

/// A text on one line.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"];
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./@$ ".contains(c);
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '$' || c == '_');
    let safe =
        first && text.chars().all(plain) && !text.ends_with(' ') && !WORDS.contains(&text.to_lowercase().as_str());
    if safe { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
