//! The page of error codes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::say;

/// One code: from `docs/errors/<crate>.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    from: String,
    title: String,
    advice: String,
}

/// Makes docs/errors.md of docs/errors/*.txt, and checks that the sources use what is there.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let mut files = Vec::new();
    let directory = root.join("docs/errors");
    for entry in fs::read_dir(&directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            // A workspace without projects has no crates of theirs.
            if root.join("crates").join(&name).is_dir() {
                files.push((name, fs::read_to_string(&path)?));
            }
        }
    }
    files.sort();
    let (entries, mut problems) = read(&files);
    let mut used = BTreeMap::new();
    for top in ["crates", "projects", "components"] {
        codes_in(root, &root.join(top), &mut used)?;
    }
    problems.extend(compare(&entries, &used));
    if !problems.is_empty() {
        for problem in &problems {
            say(&format!("errors: {problem}"));
        }
        bail!("{} found in the error codes", problems.len());
    }
    let (path, wanted) = (root.join("docs/errors.md"), page(&entries));
    if fs::read_to_string(&path).unwrap_or_default() != wanted {
        if check {
            bail!("docs/errors.md is stale; run `cargo xtask errors`");
        }
        fs::write(&path, wanted)?;
        say("wrote docs/errors.md");
    }
    Ok(())
}

/// The entries by code, and what is wrong with the files.
fn read(files: &[(String, String)]) -> (BTreeMap<String, Entry>, Vec<String>) {
    let mut entries = BTreeMap::<String, Entry>::new();
    let mut problems = Vec::new();
    for (from, text) in files {
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let parts = line.split_once(' ').and_then(|(code, rest)| Some((code, rest.split_once(" | ")?)));
            let Some((code, (title, advice))) = parts.filter(|(code, _)| is_code(code)) else {
                problems.push(format!("docs/errors/{from}.txt: not `E0123 title | what to do`: {line}"));
                continue;
            };
            let entry = Entry { from: from.clone(), title: title.trim().to_owned(), advice: advice.trim().to_owned() };
            // A code that two crates raise may stand in both files, if it means the same.
            match entries.get(code) {
                Some(other) if other.title != entry.title => {
                    problems
                        .push(format!("{code} is `{}` in {} and `{}` in {from}", other.title, other.from, entry.title));
                }
                _ => drop(entries.insert(code.to_owned(), entry)),
            }
        }
    }
    (entries, problems)
}

fn compare(entries: &BTreeMap<String, Entry>, used: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let missing = used.iter().filter(|(code, _)| !entries.contains_key(*code));
    let missing = missing.map(|(code, files)| {
        format!("{code} has no entry in docs/errors/; used in {}", files.iter().cloned().collect::<Vec<_>>().join(", "))
    });
    let unused = entries.iter().filter(|(code, _)| !used.contains_key(*code));
    missing
        .chain(unused.map(|(code, entry)| format!("{code} in docs/errors/{}.txt is used nowhere", entry.from)))
        .collect()
}

fn is_code(text: &str) -> bool {
    text.len() == 5 && text.starts_with('E') && text[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// The codes in the Rust sources below `directory`, with the files; tests, which may invent codes, aside.
fn codes_in(root: &Path, directory: &Path, used: &mut BTreeMap<String, BTreeSet<String>>) -> Result<()> {
    if !directory.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "tests" | "benches" | "target") {
                codes_in(root, &path, used)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            for found in code.flat_map(quoted_codes) {
                let file = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                used.entry(found.to_owned()).or_default().insert(file);
            }
        }
    }
    Ok(())
}

fn quoted_codes(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2).filter(|text| is_code(text))
}

fn page(entries: &BTreeMap<String, Entry>) -> String {
    let mut page = String::from(
        "# Error codes\n\nMade by `cargo xtask errors` of the files in `docs/errors/`; a code never changes its meaning.\n",
    );
    for (code, entry) in entries {
        // Writing to a `String` does not fail.
        let _ = write!(page, "\n## {code}\n\n{}: {}.\n", capital(&entry.title), entry.advice.trim_end_matches('.'));
    }
    page
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_one_meaning_and_are_used() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let (entries, problems) = read(&[
            file("a", "E0101 unknown key | correct it\nE0102 odd | x\n"),
            file("b", "E0101 unknown key | correct it\nE0102 even | x\nnonsense\n"),
        ]);
        assert_eq!(entries.keys().collect::<Vec<_>>(), ["E0101", "E0102"]);
        assert_eq!(
            problems,
            ["E0102 is `odd` in a and `even` in b", "docs/errors/b.txt: not `E0123 title | what to do`: nonsense"]
        );
        let used = BTreeMap::from([
            ("E0101".to_owned(), BTreeSet::new()),
            ("E0103".to_owned(), BTreeSet::from(["f.rs".to_owned()])),
        ]);
        assert_eq!(
            compare(&entries, &used),
            ["E0103 has no entry in docs/errors/; used in f.rs", "E0102 in docs/errors/a.txt is used nowhere"]
        );
    }
}
