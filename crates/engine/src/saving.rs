//! Saving a preview, and taking it up again: exactly what was shown is done, or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::{Diagnostic, Diagnostics};
use diff::{ChangeSet, Targets};
use resource::{Evaluated, Sources};
use saved::{Made, Pin, Saved, SavedStack};
use value::{Digest, Path};

use crate::lookup::World;
use crate::preview::{Bound, Planned};
use crate::work::Work;
use crate::{Engine, Goal, Preview, PreviewError, PreviewOptions, SEMANTICS_EPOCH};

/// What to do where a saved preview does not fit any more.
fn again(saved: &Saved) -> String {
    let command = if saved.destroys() { "destroy" } else { "preview" };
    format!("look at what would be done now: `runner {command} --out FILE`")
}

impl Engine<'_> {
    /// What is to be written down of a preview, so that it can be applied later.
    ///
    /// # Errors
    /// If a stack has to be settled first.
    pub fn save(&self, preview: &Preview) -> Result<Saved, Diagnostics> {
        can_be_saved(preview)?;
        let targets = Targets::as_in(preview.changes.iter(), preview.restricted.is_some());
        // Which goal it was decides the plans at hand, and nothing else here.
        let options =
            PreviewOptions { selected: preview.selected.clone(), goal: Goal::Programs, targets, keep_going: false };
        let mut work = Work::new(self, &options, preview.world.clone());
        work.planned.clone_from(&preview.plans);
        work.preview.takers.clone_from(&preview.takers);
        // Compared by themselves, as they are when they are taken up again.
        let names: BTreeSet<String> = preview.changes.iter().map(|set| set.stack.to_string()).collect();
        let (sets, found) = work.compare_loaded(&names);
        found.into_result()?;
        let stacks: Vec<SavedStack> = sets.into_iter().filter_map(|set| saved_stack(preview, set)).collect();
        let reads = stacks.iter().flat_map(SavedStack::reads).filter(|(stack, _)| !names.contains(stack));
        let pins = reads.map(|(stack, path)| Pin {
            stack: stack.clone(),
            path: path.clone(),
            digest: self.published_digest(&preview.world, stack, path),
        });
        Ok(Saved {
            made: self.made(),
            selected: preview.selected.clone(),
            pins: pins.collect(),
            stacks,
            restricted: preview.restricted,
            deferred: preview.deferred.clone(),
            takers: preview.takers.clone(),
            notes: preview.notes.iter().chain(&preview.held_back).cloned().collect(),
        })
    }

    pub(crate) fn made(&self) -> Made {
        Made {
            organisation: self.organisation.clone(),
            profile: self.profile_name.clone(),
            profile_digest: self.profile,
            semantics: SEMANTICS_EPOCH,
            schemas: self.providers.schemas_digest(),
        }
    }

    fn published_digest(&self, world: &World, stack: &str, path: &Path) -> Digest {
        world.digest(self, stack, path).unwrap_or_else(plan::absent)
    }

    /// Takes up a saved preview: what is left of it to do, if only runs of it have moved its stacks. No program is
    /// evaluated.
    ///
    /// # Errors
    /// Everything that keeps it from being applied as it was shown, all at once.
    pub async fn reopen(&self, saved: &Saved) -> Result<Preview, PreviewError> {
        let heads = self.store.heads().await?;
        let heads = heads.into_iter().map(|head| (head.stack.to_string(), head)).collect();
        let targets = Targets::as_in(saved.stacks.iter().map(|stack| &stack.changes), saved.restricted.is_some());
        let options =
            PreviewOptions { selected: saved.selected.clone(), goal: Goal::Programs, targets, keep_going: false };
        let mut work = Work::new(self, &options, World { heads, ..World::default() });
        let digest = saved.digest();
        let mut found = self.made_elsewhere(saved);
        found.extend(self.lacking_functions(saved.functions()));
        found.extend(self.moved(saved, digest, &work.world));
        found.into_result(())?;

        work.preview.takers.clone_from(&saved.takers);
        work.planned = saved.stacks.iter().map(|stack| (stack.changes.stack.to_string(), planned(stack))).collect();
        work.world.deferred = saved.deferred.keys().cloned().collect();
        let names: BTreeSet<String> = work.planned.keys().cloned().collect();
        let upstream = saved.stacks.iter().flat_map(SavedStack::reads).map(|(stack, _)| stack.clone());
        work.load(names.iter().cloned().chain(upstream)).await?;
        let (sets, found) = work.compare(&names).await?;
        found.into_result()?;
        let begun = work.world.heads.iter().any(|(name, head)| names.contains(name) && head.plan == Some(digest));
        as_shown(saved, &sets, begun)?;
        work.preview.changes = sets;
        work.preview.deferred.clone_from(&saved.deferred);
        let mut preview = work.finish().await?;
        // Which other stacks have lost their file is nothing that this preview is about.
        preview.to_destroy.clear();
        preview.restricted = saved.restricted;
        preview.bound = Some(Bound { digest, undecided: saved.undecided() });
        Ok(preview)
    }

    fn made_elsewhere(&self, saved: &Saved) -> Diagnostics {
        let (then, now) = (&saved.made, self.made());
        let mut found = Diagnostics::new();
        let mut differs = |what: String, hint: &str| found.push(Diagnostic::error("E0564", what).hint(hint));
        if then.organisation != now.organisation {
            let what =
                format!("it was made for the organisation `{}`; this is `{}`", then.organisation, now.organisation);
            differs(what, "run it in the workspace that it was made in");
        }
        if then.profile != now.profile {
            let what = format!("it was made for the profile `{}`; this is `{}`", then.profile, now.profile);
            differs(what, &format!("say `--profile {}`", then.profile));
        } else if then.profile_digest != now.profile_digest {
            differs(format!("the profile `{}` points elsewhere since it was made", now.profile), &again(saved));
        }
        if then.semantics != now.semantics {
            differs("it was made by a runner of another version, which decides otherwise".to_owned(), &again(saved));
        } else if then.schemas != now.schemas {
            differs("this runner has other schemas than the one that made it".to_owned(), &again(saved));
        }
        found
    }

    /// Named pure functions that this runner lacks, or has of another source.
    pub(crate) fn lacking_functions(&self, functions: BTreeMap<&str, Digest>) -> Diagnostics {
        let lacking = functions.into_iter().filter_map(|(name, digest)| match self.functions.get(name) {
            Some(there) if *there == digest => None,
            Some(_) => Some(format!("`{name}` is built of another source here")),
            None => Some(format!("`{name}` is not in this runner")),
        });
        let mut notes = lacking.peekable();
        if notes.peek().is_none() {
            return Diagnostics::new();
        }
        let problem = Diagnostic::error("E0565", "the plans call functions that this runner does not have");
        let hint = "build the runner from the sources that they were made of, or make them anew";
        notes.fold(problem, Diagnostic::note).hint(hint).into()
    }

    /// Stacks that others than runs of this preview have moved, and outputs that have other values by now.
    fn moved(&self, saved: &Saved, digest: Digest, world: &World) -> Diagnostics {
        let mut notes = Vec::new();
        let pins: BTreeMap<(&str, &Path), Digest> =
            saved.pins.iter().map(|pin| ((pin.stack.as_str(), &pin.path), pin.digest)).collect();
        for stack in &saved.stacks {
            let name = stack.changes.stack.to_string();
            notes.extend(moved_base(&name, stack, digest, world.heads.get(&name)));
            for (upstream, path) in stack.reads() {
                let Some(pin) = pins.get(&(upstream.as_str(), path)) else { continue };
                if self.published_digest(world, upstream, path) != *pin {
                    notes.push(format!("`{name}` reads `{path}` of `{upstream}`, which has another value now"));
                }
            }
        }
        if notes.is_empty() {
            return Diagnostics::new();
        }
        let problem = Diagnostic::error("E0566", "what the preview was made from has moved since");
        notes.into_iter().fold(problem, Diagnostic::note).hint(again(saved)).into()
    }
}

fn saved_stack(preview: &Preview, set: ChangeSet) -> Option<SavedStack> {
    let name = set.stack.to_string();
    let planned = preview.plans.get(&name)?;
    Some(SavedStack {
        head: preview.world.heads.get(&name).map(state::Head::digest),
        changes: set,
        plan: planned.plan.as_deref().cloned(),
        plain: planned.plain.clone(),
    })
}

impl From<&Saved> for Preview {
    /// What a saved preview shows.
    fn from(saved: &Saved) -> Self {
        let changes: Vec<ChangeSet> = saved.stacks.iter().map(|stack| stack.changes.clone()).collect();
        let mut unchanged = saved.selected.clone();
        unchanged.retain(|name| !saved.deferred.contains_key(name));
        changes.iter().map(|set| set.stack.to_string()).for_each(|name| {
            unchanged.remove(&name);
        });
        Self {
            changes,
            unchanged,
            selected: saved.selected.clone(),
            deferred: saved.deferred.clone(),
            takers: saved.takers.clone(),
            notes: saved.notes.clone(),
            restricted: saved.restricted,
            bound: Some(Bound { digest: saved.digest(), undecided: saved.undecided() }),
            ..Self::default()
        }
    }
}

/// A preview is made from stacks of which the truth is known.
fn can_be_saved(preview: &Preview) -> Result<(), Diagnostics> {
    let mut notes = Vec::new();
    for set in &preview.changes {
        let name = set.stack.to_string();
        if let Some(why) = preview.world.unsettled(&name) {
            notes.push(why.note(&[format!("`{name}`")]));
        }
    }
    if notes.is_empty() {
        return Ok(());
    }
    let problem = notes.into_iter().fold(Diagnostic::error("E0563", "this preview cannot be saved"), Diagnostic::note);
    Err(problem.hint("let `runner up` settle them first, or leave them out of the selection").into())
}

fn moved_base(name: &str, stack: &SavedStack, digest: Digest, head: Option<&state::Head>) -> Option<String> {
    if head.map(state::Head::digest) == stack.head || head.is_some_and(|head| head.plan == Some(digest)) {
        return None;
    }
    let then = match stack.changes.base {
        Some(generation) => format!("it was at generation {generation}"),
        None => "it had never been applied".to_owned(),
    };
    Some(match head {
        None => format!("`{name}` is gone: {then}"),
        Some(head) => match &head.open {
            Some(run) => format!("`{name}` is held by run {run}: {then}"),
            None => format!("`{name}` was changed by another run: {then}, now it is at {}", head.generation),
        },
    })
}

fn planned(stack: &SavedStack) -> Planned {
    let Some(plan) = stack.plan.clone() else { return Planned::nothing() };
    let declared = stack.changes.resources.iter().filter(|(urn, _)| plan.resources.contains_key(*urn));
    let places = declared.filter_map(|(urn, change)| Some((urn.clone(), change.source.clone()?)));
    let sources = Sources { resources: places.collect(), ..Sources::default() };
    let evaluated = Evaluated::Plan(plan);
    let digest = evaluated.digest();
    let Evaluated::Plan(plan) = evaluated else { unreachable!("it is a plan") };
    let (plan, sources) = (Some(Arc::new(plan)), Arc::new(sources));
    Planned { plan, sources, digest, plain: stack.plain.clone(), approved: stack.made() }
}

/// What is to be done must be what was shown; once it has been begun, what is left of that.
fn as_shown(saved: &Saved, sets: &[ChangeSet], begun: bool) -> Result<(), Diagnostics> {
    let mut notes = Vec::new();
    for stack in &saved.stacks {
        let name = &stack.changes.stack;
        let Some(set) = sets.iter().find(|set| set.stack == *name) else { continue };
        if begun {
            let beyond = diff::beyond(&stack.changes, set, stack.plan.as_ref());
            notes.extend(beyond.into_iter().map(|what| format!("`{name}`: {what}")));
        } else if stack.changes != *set {
            notes.push(format!("`{name}`: its changes would be others"));
        }
    }
    if notes.is_empty() {
        return Ok(());
    }
    let problem = Diagnostic::error("E0567", "what would be done now is not what was shown");
    Err(notes.into_iter().fold(problem, Diagnostic::note).hint(again(saved)).into())
}
