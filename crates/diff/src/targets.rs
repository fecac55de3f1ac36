//! Targets: the words by which a run is restricted to some resources, or asked to replace some.

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics};
use resource::{StackName, Urn, fits};
use serde::{Deserialize, Serialize};

use crate::ChangeSet;

/// Which resources of the selected stacks a run may touch, which it replaces, and whether it takes over what is there;
/// the default is all, none, and no.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Targets {
    /// Only these; none given = all.
    pub only: Vec<Pattern>,
    /// Further whatever depends on them.
    pub dependents: bool,
    /// All but these.
    pub except: Vec<Pattern>,
    /// Nor whatever depends on them.
    pub except_dependents: bool,
    /// To be replaced even if nothing differs.
    pub replace: Vec<Pattern>,
    /// What is there already under the natural identity of what would be made is taken over.
    pub adopt: bool,
    /// Instead of all these: what an earlier preview came to.
    #[serde(skip)]
    pub exactly: Option<Exactly>,
}

/// What targets came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exactly {
    /// The resources that may be touched; `None` = all.
    pub touched: Option<BTreeSet<(StackName, Urn)>>,
    /// Those that are replaced even if nothing differs, with the incarnation that this makes.
    pub replaced: BTreeMap<(StackName, Urn), u64>,
}

/// How far a restricted run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restricted {
    /// The resources that it may touch.
    pub targets: usize,
    /// The resources that it leaves alone.
    pub left: usize,
}

impl Targets {
    /// Whether some resources may not be touched.
    pub fn restrict(&self) -> bool {
        let exactly = self.exactly.as_ref().is_some_and(|exactly| exactly.touched.is_some());
        !self.only.is_empty() || !self.except.is_empty() || exactly
    }

    /// Whether everything is as if nothing had been said.
    pub fn is_empty(&self) -> bool {
        !self.restrict() && self.replace.is_empty() && self.exactly.is_none()
    }

    /// The same as targets came to it in change sets.
    #[must_use]
    pub fn as_in<'a>(sets: impl Iterator<Item = &'a ChangeSet>, restricted: bool) -> Self {
        let mut exactly = Exactly { touched: restricted.then(BTreeSet::new), replaced: BTreeMap::new() };
        for (set, (urn, change)) in sets.flat_map(|set| set.resources.iter().map(move |change| (set, change))) {
            let key = || (set.stack.clone(), urn.clone());
            if let Some(touched) = exactly.touched.as_mut().filter(|_| !change.left) {
                touched.insert(key());
            }
            if change.forced {
                exactly.replaced.insert(key(), change.incarnation);
            }
        }
        let exactly = (exactly != Exactly::default()).then_some(exactly);
        Self { exactly, ..Self::default() }
    }

    /// Every pattern that fits none of the resources, with a name that is near.
    pub fn unmatched<'a>(&self, there: impl Iterator<Item = (&'a StackName, &'a Urn)> + Clone) -> Diagnostics {
        let words = [("--target", &self.only), ("--exclude", &self.except), ("--replace", &self.replace)];
        let patterns = words.into_iter().flat_map(|(flag, patterns)| patterns.iter().map(move |p| (flag, p)));
        let mut found = Diagnostics::new();
        for (flag, pattern) in patterns {
            if there.clone().any(|(stack, urn)| pattern.fits(stack, urn)) {
                continue;
            }
            let text = &pattern.0;
            let problem =
                Diagnostic::error("E0430", format!("`{flag} {text}` fits no resource of the selected stacks"))
                    .note("neither their programs nor their states have such a resource");
            found.push(match pattern.near(there.clone()) {
                Some(near) => problem.hint(format!("did you mean `{flag} {near}`?")),
                None => problem.hint("`runner preview --full` and `runner state list` show names and URNs"),
            });
        }
        found
    }
}

/// A pattern for resources: `[STACK:]WHAT`, where `WHAT` is a name or a URN in which `*` stands for any characters, and
/// `STACK` is a stack's full name or an ending of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl<T: Into<String>> From<T> for Pattern {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl Pattern {
    /// Whether it means a resource.
    pub fn fits(&self, stack: &StackName, urn: &Urn) -> bool {
        let what = |what: &str| fits(what, urn.name()) || fits(what, &urn.to_string());
        what(&self.0) || self.parts().is_some_and(|(of, rest)| is_ending(of, stack) && what(rest))
    }

    /// The stack and what follows it. A URN has no stack: its first colon is followed by another.
    fn parts(&self) -> Option<(&str, &str)> {
        self.0.split_once(':').filter(|(stack, what)| !stack.is_empty() && !what.starts_with(':'))
    }

    /// The resource whose name or URN is nearest, in the form of the pattern.
    fn near<'a>(&self, there: impl Iterator<Item = (&'a StackName, &'a Urn)>) -> Option<String> {
        let (stack, what) = self.parts().map_or((None, self.0.as_str()), |(stack, what)| (Some(stack), what));
        let forms = there.flat_map(|(of, urn)| [(of, urn.name().to_owned()), (of, urn.to_string())]);
        let scored = forms.map(|(of, form)| (strsim::jaro_winkler(what, &form), of, form));
        let (_, of, form) = scored.filter(|(score, ..)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(match stack {
            Some(stack) if is_ending(stack, of) => format!("{stack}:{form}"),
            Some(_) => format!("{of}:{form}"),
            None => form,
        })
    }
}

/// Whether a text is the full name of a stack, or an ending of it that starts at a dot.
fn is_ending(text: &str, stack: &StackName) -> bool {
    let full = stack.to_string();
    full.strip_suffix(text).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}
