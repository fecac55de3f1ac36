//! What comes from the person at the machine: environment variables and identities.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use diag::{Diagnostic, Diagnostics};

use crate::{Profile, Workspace, files};

/// Environment variables, given by the caller.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// None at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Those of the process; the only place that reads them. One that is not UTF-8 does not count.
    pub fn of_process() -> Self {
        let pairs = std::env::vars_os();
        pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
    }

    /// The value of a variable, whatever the case of its name; one that is written in the same case comes first.
    pub fn get(&self, name: &str) -> Option<&str> {
        let alike = || self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        self.0.get(name).or_else(alike).map(String::as_str)
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The text of an identity file, for a keyring.
#[derive(Clone)]
pub struct IdentityText {
    /// What messages call the file.
    pub origin: String,
    /// The text: a secret.
    pub text: String,
}

impl fmt::Debug for IdentityText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityText").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Workspace {
    /// The identity files at hand for a profile: its `identity`, the file that `$GROUNDPLAN_IDENTITY` names, and
    /// `groundplan/identity` in `$XDG_CONFIG_HOME` or `~/.config`, if it is there.
    ///
    /// # Errors
    /// If a named file is missing or cannot be read, or if a live profile would use a checked-in demo key.
    pub fn identities(&self, profile: &Profile, variables: &Variables) -> Result<Vec<IdentityText>, Diagnostics> {
        let mut found = Diagnostics::new();
        let mut identities = Vec::new();
        let mut take = |read: Result<Option<IdentityText>, Diagnostic>, missing: Option<Diagnostic>| match read {
            Ok(Some(identity)) => identities.push(identity),
            Ok(None) => found.extend(missing),
            Err(problem) => found.push(problem),
        };
        if let Some(path) = &profile.identity {
            let missing =
                Diagnostic::error("E0213", format!("the demo key `{path}` of profile `{}` is not there", profile.name))
                    .at(profile.place.clone())
                    .hint("restore it from version control");
            take(files::read(self.root(), path).and_then(|bytes| identity(bytes, path)), Some(missing));
        }
        if let Some(path) = variables.get("GROUNDPLAN_IDENTITY").filter(|path| !path.is_empty()) {
            let missing =
                Diagnostic::error("E0213", format!("$GROUNDPLAN_IDENTITY names `{path}`, which is not there"))
                    .hint("point it at an age identity file, or unset it");
            take(files::read_at(&PathBuf::from(path), path).and_then(|bytes| identity(bytes, path)), Some(missing));
        }
        if let Some(path) = home_file(variables) {
            let name = path.to_string_lossy().into_owned();
            take(files::read_at(&path, &name).and_then(|bytes| identity(bytes, &name)), None);
        }
        if profile.is_live() {
            self.refuse_demo_keys(profile, &identities, &mut found);
        }
        found.into_result(identities)
    }

    /// Whoever has read the repository has its demo keys, so nothing live may hang on them.
    fn refuse_demo_keys(&self, profile: &Profile, identities: &[IdentityText], found: &mut Diagnostics) {
        let paths = self.settings().profiles.values().filter_map(|profile| profile.identity.as_deref());
        for path in paths {
            let Ok(Some(bytes)) = files::read(self.root(), path) else { continue };
            let demo = String::from_utf8_lossy(&bytes).into_owned();
            for identity in
                identities.iter().filter(|identity| keys(&identity.text).any(|key| keys(&demo).any(|d| d == key)))
            {
                let message = format!(
                    "`{}` holds the demo key `{path}`, which profile `{}` refuses",
                    identity.origin, profile.name
                );
                let problem =
                    Diagnostic::error("E0212", message).note("whoever has read the repository has the demo key");
                found.push(problem.hint("make an identity of your own, and seal live secrets to its recipient"));
            }
        }
    }
}

fn keys(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn identity(bytes: Option<Vec<u8>>, origin: &str) -> Result<Option<IdentityText>, Diagnostic> {
    let text = bytes.map(|bytes| files::text(bytes, origin)).transpose()?;
    Ok(text.map(|text| IdentityText { origin: origin.to_owned(), text }))
}

fn home_file(variables: &Variables) -> Option<PathBuf> {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let directory = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(directory.join("groundplan").join("identity"))
}
