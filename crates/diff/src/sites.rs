//! Provider instances: which there are, and whether what was made through one can still be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::{Diagnostic, Place};
use resource::{Options, StackName, Urn};
use state::{Object, Site};

use crate::pass::Pass;
use crate::{Action, ResourceChange};

/// Why a resource has no provider instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoInstance {
    /// The profile has none of that name; one that is near.
    Unknown(Option<String>),
    /// The resources of this family of types have to name one.
    Unnamed(String),
}

impl NoInstance {
    /// The problem of a resource of a stack that names this instance, or none.
    pub fn problem(self, urn: &Urn, stack: &StackName, instance: Option<&str>) -> Diagnostic {
        let name = urn.name();
        match self {
            Self::Unknown(near) => {
                let instance = instance.unwrap_or("default");
                let message = format!(
                    "`{name}` of `{stack}` is to be in the provider instance `{instance}`, which the profile does not have"
                );
                let problem = Diagnostic::error("E0435", message);
                match near {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => {
                        problem.hint(format!("add `instances.{instance} = {{ … }}` to the profile in groundplan.toml"))
                    }
                }
            }
            Self::Unnamed(family) => {
                let message = format!("`{name}` of `{stack}` names no provider instance");
                Diagnostic::error("E0436", message)
                    .note(format!("the profile lists `{family}` in `explicit_instances`: there is no default"))
                    .hint("say which: `.provider(\"…\")`")
            }
        }
    }
}

impl Pass<'_> {
    /// Site a resource is to be; reports an instance that there is none of.
    pub(crate) fn site(&self, stack: usize, urn: &Urn, options: &Options, source: Option<&Place>) -> Option<Site> {
        match self.lookup.site(urn.ty(), options.provider.as_deref()) {
            Ok(site) => Some(site),
            Err(none) => {
                let problem = none.problem(urn, self.stacks[stack].name, options.provider.as_deref());
                self.problem(problem.at_opt(source.cloned()));
                None
            }
        }
    }

    /// Reports objects that have to go and are where no instance points any more.
    pub(crate) fn check_reachable(&self, stack: usize) {
        let (input, set) = (&self.stacks[stack], &self.sets[stack]);
        let Some(state) = input.state else { return };
        let renamed = set.resources.values().filter_map(|change| Some((change.renamed_from.as_ref()?, change)));
        let renamed: BTreeMap<&Urn, &ResourceChange> = renamed.collect();
        let goes = |object: &&Arc<Object>| {
            let change = renamed.get(&object.urn).copied().or_else(|| set.resources.get(&object.urn));
            let action = change.map(|change| change.action);
            matches!(action, Some(Action::Delete | Action::Replace { .. }))
        };
        let left_over = |object: &&Arc<Object>| set.leftovers.contains(&(object.urn.clone(), object.incarnation));
        let unreached = |object: &&Arc<Object>| {
            !object.kept.retain_on_delete && !self.lookup.reaches(object.urn.ty(), &object.kept)
        };
        let live = state.objects.values().filter(unreached).filter(goes);
        let mut by_site: BTreeMap<(Option<&String>, &Site), BTreeSet<&str>> = BTreeMap::new();
        for object in live.chain(state.replaced.iter().filter(unreached).filter(left_over)) {
            let site = (object.kept.provider.as_ref(), &object.kept.site);
            by_site.entry(site).or_default().insert(object.urn.name());
        }
        for ((instance, site), names) in by_site {
            self.problem(unreachable(&input.name.to_string(), instance, site, &names));
        }
    }
}

fn unreachable(stack: &str, instance: Option<&String>, site: &Site, names: &BTreeSet<&str>) -> Diagnostic {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let instance = instance.map_or("default", String::as_str);
    let message = format!("{shown}{more} of `{stack}` cannot go: no provider instance points to where they are");
    let settings: Vec<String> = site.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
    let there = if settings.is_empty() { String::new() } else { format!(", which had {}", settings.join(", ")) };
    let hint = if settings.is_empty() {
        format!("keep the instance `{instance}` in groundplan.toml until they are gone")
    } else {
        let settings = settings.join(", ");
        format!("until they are gone, keep an instance of any name in the profile: `instances.old = {{ {settings} }}`")
    };
    Diagnostic::error("E0437", message).note(format!("they were made through `{instance}`{there}")).hint(hint)
}
