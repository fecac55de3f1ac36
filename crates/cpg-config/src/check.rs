//! What is wrong with a configuration beyond the shape of its files: all of it, before anything is planned.

mod datasets;
mod github;
mod members;
mod plugins;
mod sections;
mod values;

use plan::diag::{Diagnostic, Diagnostics, Place};

pub(crate) use github::holds;

use crate::{Cloud, Configuration, GithubWif};

/// Everything that is wrong with a configuration, as far as it was read.
pub fn check(configuration: &Configuration) -> Diagnostics {
    let mut found = Diagnostics::new();
    let checker = &mut Checker { configuration, found: &mut found };
    values::check(checker);
    datasets::check(checker);
    sections::check(checker);
    members::check(checker);
    found
}

/// What is wrong with the plugins that are enabled, given those that are linked.
pub fn check_plugins(configuration: &Configuration, linked: &[&str]) -> Diagnostics {
    let mut found = Diagnostics::new();
    plugins::check(&mut Checker { configuration, found: &mut found }, linked);
    found
}

/// What is wrong with what is said of workflows of GitHub.
pub fn check_github(github: &GithubWif, configuration: &Configuration) -> Diagnostics {
    let mut found = Diagnostics::new();
    github::check(&mut Checker { configuration, found: &mut found }, github);
    found
}

struct Checker<'a> {
    configuration: &'a Configuration,
    found: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn report(&mut self, code: &str, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        self.found.push(Diagnostic::error(code, message).at(place.clone()).hint(hint));
    }
}

/// The hint of a name that is none of those that there are.
fn instead<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let distance = |other: &str| {
        // Names are short, so the plain table will do.
        let mut row: Vec<usize> = (0..=other.chars().count()).collect();
        for (i, a) in name.chars().enumerate() {
            let mut before = row[0];
            row[0] = i + 1;
            for (j, b) in other.chars().enumerate() {
                let changed = before + usize::from(a != b);
                before = row[j + 1];
                row[j + 1] = changed.min(row[j] + 1).min(before + 1);
            }
        }
        row.last().copied().unwrap_or_default()
    };
    let near = known.map(|other| (distance(other), other)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, _)| distance * 2 <= name.chars().count())
        .map(|(_, other)| format!("did you mean `{other}`?"))
}

/// The clouds that things are made in.
const CLOUDS: [Cloud; 2] = [Cloud::Gcp, Cloud::Azure];
