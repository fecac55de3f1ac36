//! Reading properties: all that is wrong with them at once.

use value::{Map, Value};

/// Properties, and what was found to be wrong with them.
pub(crate) struct Fields<'a> {
    map: &'a Map,
    pub(crate) problems: Vec<String>,
    /// What is missing is no problem.
    pub(crate) lenient: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(map: &'a Map) -> Self {
        Self { map, problems: Vec::new(), lenient: false }
    }

    /// A property, with what is a secret open.
    fn get(&self, name: &str) -> Option<&'a Value> {
        let value = match self.map.get(name)? {
            Value::Secret(secret) => secret.expose()?,
            value => value,
        };
        (!value.is_null()).then_some(value)
    }

    /// All properties, with what is a secret open.
    pub(crate) fn open(&self) -> Map {
        self.map.keys().filter_map(|name| Some((name.clone(), self.get(name)?.clone()))).collect()
    }

    pub(crate) fn wrong(&mut self, name: &str, what: &str) {
        self.problems.push(format!("`{name}` {what}"));
    }

    /// What must be there: a text that is a word of commands.
    pub(crate) fn name(&mut self, name: &str) -> String {
        let value = self.word(name);
        self.required(name, value)
    }

    /// What must be there: a path.
    pub(crate) fn place(&mut self, name: &str) -> String {
        let value = self.path(name);
        self.required(name, value)
    }

    /// What must be there: any text.
    pub(crate) fn any(&mut self, name: &str) -> String {
        let value = self.text(name);
        self.required(name, value)
    }

    /// What must be there: a text without an end of line, and without white space around it.
    pub(crate) fn line(&mut self, name: &str) -> String {
        let value = self.some_line(name);
        self.required(name, value)
    }

    /// A text without an end of line, and without white space around it.
    pub(crate) fn some_line(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        if text.contains(['\n', '\r', '\0']) || text.trim() != text || text.is_empty() {
            self.wrong(name, "is one line, without white space around it");
        }
        Some(text)
    }

    /// What must be there: an address that the host can bring something from.
    pub(crate) fn url(&mut self, name: &str) -> String {
        let text = self.any(name);
        if !text.is_empty() {
            self.check_url(name, &text, &["https://", "http://"]);
        }
        text
    }

    pub(crate) fn check_url(&mut self, name: &str, text: &str, schemes: &[&str]) {
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"'\"\\`".contains(&b));
        if !plain || !schemes.iter().any(|scheme| text.starts_with(scheme) && text.len() > scheme.len()) {
            self.wrong(name, &format!("cannot be `{text}`: it starts with `{}`", schemes.join("` or `")));
        }
    }

    /// What pins something: so many hexadecimal digits.
    pub(crate) fn check_digits(&mut self, name: &str, text: &str, count: usize) {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != count || !text.bytes().all(hex) {
            self.wrong(name, &format!("cannot be `{text}`: it is {count} hexadecimal digits in lower case"));
        }
    }

    /// What must be there: a SHA-256.
    pub(crate) fn sum(&mut self, name: &str) -> String {
        let text = self.any(name);
        if !text.is_empty() || self.get(name).is_some() {
            self.check_digits(name, &text, 64);
        }
        text
    }

    /// A map of texts.
    pub(crate) fn text_map(&mut self, name: &str) -> Vec<(String, String)> {
        let texts: Option<Vec<_>> = self
            .map(name)
            .into_iter()
            .map(|(key, value)| value.as_str().map(|text| (key.clone(), text.to_owned())))
            .collect();
        if texts.is_none() {
            self.wrong(name, "is no map of texts");
        }
        texts.unwrap_or_default()
    }

    /// Texts without an end of line.
    pub(crate) fn lines(&mut self, name: &str) -> Vec<String> {
        let texts = self.texts(name);
        if texts.iter().any(|text| text.contains(['\n', '\r', '\0']) || text.trim() != text || text.is_empty()) {
            self.wrong(name, "are lines, without white space around them");
        }
        texts
    }

    /// What is seen in the list of processes may not be a secret.
    pub(crate) fn open_only(&mut self, name: &str) {
        if self.map.get(name).is_some_and(Value::has_secret) {
            self.wrong(name, "may not hold a secret: everybody on the host could see it; put it in a file");
        }
    }

    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(|value| !value.is_null())
    }

    /// Any text.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let text = self.get(name).map(|value| value.as_str().map(str::to_owned));
        if text == Some(None) {
            self.wrong(name, "is no text");
        }
        text.flatten()
    }

    /// A text that is a word of commands.
    pub(crate) fn word(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.@:+~\\-".contains(c);
        if text.is_empty() || text.starts_with('-') || !text.chars().all(plain) {
            self.wrong(
                name,
                &format!("cannot be `{text}`: it is letters, digits and a few signs, and does not start with `-`"),
            );
        }
        Some(text)
    }

    pub(crate) fn path(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let plain = text.starts_with('/') && !text.ends_with('/') && !text.contains(['\n', '\0']);
        if !plain || text.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
            self.wrong(
                name,
                &format!("cannot be `{text}`: it is an absolute path without `.`, `..` and a `/` at its end"),
            );
        }
        Some(text)
    }

    /// The mode in the digits that `stat` gives.
    pub(crate) fn mode(&mut self, otherwise: &str) -> String {
        let text = self.text("mode").unwrap_or_else(|| otherwise.to_owned());
        let digits = text.len() == 4 && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
        if !digits {
            self.wrong("mode", &format!("cannot be `{text}`: it is four octal digits, such as `{otherwise}`"));
        }
        let short = text.trim_start_matches('0');
        if short.is_empty() { "0".to_owned() } else { short.to_owned() }
    }

    pub(crate) fn owner(&mut self, name: &str) -> String {
        self.word(name).unwrap_or_else(|| "root".to_owned())
    }

    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = self.get(name).map(Value::as_bool);
        if flag == Some(None) {
            self.wrong(name, "is neither true nor false");
        }
        flag.flatten()
    }

    pub(crate) fn number(&mut self, name: &str) -> Option<u32> {
        let number = self.get(name).map(|value| value.as_int().and_then(|number| u32::try_from(number).ok()));
        if number == Some(None) {
            self.wrong(name, "is no number of a user or group");
        }
        number.flatten()
    }

    pub(crate) fn integer(&mut self, name: &str) -> Option<i64> {
        let number = self.get(name).map(Value::as_int);
        if number == Some(None) {
            self.wrong(name, "is no whole number");
        }
        number.flatten()
    }

    pub(crate) fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.get(name) else { return Vec::new() };
        let texts = value.as_list().map(|list| list.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        match texts {
            Some(Some(texts)) => texts,
            _ => {
                self.wrong(name, "is no list of texts");
                Vec::new()
            }
        }
    }

    /// A map, of which only counts whether it is another one.
    pub(crate) fn map(&self, name: &str) -> Map {
        self.get(name).and_then(Value::as_map).cloned().unwrap_or_default()
    }

    /// What must be there.
    pub(crate) fn required(&mut self, name: &str, value: Option<String>) -> String {
        if value.is_none() && !self.lenient && self.get(name).is_none() {
            self.wrong(name, "is not there");
        }
        value.unwrap_or_default()
    }
}
