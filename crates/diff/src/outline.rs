//! The outline of a preview: little, but enough to say later what of it is no longer so.

use std::collections::{BTreeMap, BTreeSet};

use resource::Urn;
use serde::{Deserialize, Serialize};
use value::{Digest, Path};

use crate::ChangeSet;

/// What a preview showed, by stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline(BTreeMap<String, Stack>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stack {
    base: Option<u64>,
    /// The digest of the whole.
    digest: Digest,
    /// What is done to which resource, with a digest of how it should be.
    resources: BTreeMap<Urn, (String, Digest)>,
    /// Outputs that change.
    outputs: BTreeMap<Path, Option<Digest>>,
}

impl Outline {
    /// Of change sets.
    pub fn of(sets: &[ChangeSet]) -> Self {
        Self(sets.iter().map(|set| (set.stack.to_string(), Stack::of(set))).collect())
    }

    /// How many resources and outputs it names.
    pub fn size(&self) -> usize {
        self.0.values().map(|stack| stack.resources.len() + stack.outputs.len()).sum()
    }

    /// What has moved between a preview and a later one, a sentence each.
    pub fn moved(&self, now: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.0.keys().chain(now.0.keys()).collect();
        let mut found = Vec::new();
        for name in names {
            match (self.0.get(name), now.0.get(name)) {
                (None, _) => found.push(format!("`{name}` was not to be touched")),
                (_, None) => found.push(format!("nothing is left to do to `{name}`")),
                (Some(then), Some(now)) if then.digest != now.digest => then.differs(name, now, &mut found),
                _ => {}
            }
        }
        found
    }
}

impl Stack {
    fn of(set: &ChangeSet) -> Self {
        let resources = set.resources.iter().filter(|(_, change)| !change.is_nothing());
        let resources = resources.map(|(urn, change)| {
            let goal = Digest::of_json("goal", &change.goal).unwrap_or(Digest::of("goal", b""));
            (urn.clone(), (change.action.word().to_owned(), goal))
        });
        let outputs = set.outputs.iter().filter(|(_, output)| output.changes());
        Self {
            base: set.base,
            digest: set.digest(),
            resources: resources.collect(),
            outputs: outputs
                .map(|(path, output)| (path.clone(), output.value.as_ref().map(value::Value::digest)))
                .collect(),
        }
    }

    fn differs(&self, name: &str, now: &Self, found: &mut Vec<String>) {
        let before = found.len();
        for key in self.resources.keys().chain(now.resources.keys()).collect::<BTreeSet<_>>() {
            let what = match (self.resources.get(key), now.resources.get(key)) {
                (None, Some((action, _))) => format!("now it is {action}, which was not shown"),
                (Some((action, _)), None) => format!("shown was {action}, now there is nothing to do"),
                (Some((then, _)), Some((now, _))) if then != now => format!("shown was {then}, now it is {now}"),
                (Some((_, then)), Some((_, now))) if then != now => {
                    "it would be made otherwise than was shown".to_owned()
                }
                _ => continue,
            };
            found.push(format!("`{} {}` of `{name}`: {what}", key.ty(), key.name()));
        }
        for path in self.outputs.keys().chain(now.outputs.keys()).collect::<BTreeSet<_>>() {
            if self.outputs.get(path) != now.outputs.get(path) {
                found.push(format!("output `{path}` of `{name}` would have another value than was shown"));
            }
        }
        if found.len() > before {
            return;
        }
        found.push(match (self.base, now.base) {
            (then, now) if then != now => format!("another run has changed `{name}` since"),
            _ => format!("`{name}`: what it reads or waits for, or an option, is not as it was"),
        });
    }
}
