//! Resources that are only read: the stack neither makes nor deletes their objects.

use std::collections::BTreeSet;

use diag::{Diagnostic, Place};
use expr::Expr;
use resource::{Resource, Urn};
use sorted::SortedSet;
use state::{Kept, Object};
use value::{Map, Path, Value};

use crate::pass::Pass;
use crate::{Action, Existing, ResourceChange};

impl Pass<'_> {
    /// Decides on a resource that is only read, and whose id is what `read` gives.
    pub(crate) fn reading(
        &mut self,
        (stack, urn): (usize, &Urn),
        resource: &Resource,
        read: &Expr,
        (dependencies, reads): (SortedSet<Urn>, BTreeSet<(String, Path)>),
        source: Option<Place>,
    ) {
        if let Some(property) = resource.properties.keys().next() {
            let message = format!("`{}` is only read, and sets `{property}`", urn.name());
            let hint = "take the property away, or take the object over: `.import(…)`";
            self.problem(Diagnostic::error("E0449", message).at_opt(source.clone()).hint(hint));
        }
        let id = self.look(stack, read, format_args!("the id of `{}`", urn.name()), source.as_ref());
        let id = id.and_then(|id| id.as_str().map(str::to_owned));
        let state = self.stacks[stack].state;
        let old: Option<&Object> = state.and_then(|state| state.objects.get(urn)).map(AsRef::as_ref);
        if let Some(old) = old.filter(|old| !old.external && id.as_ref() != Some(&old.id)) {
            let message =
                format!("`{}` is `{}`, which this stack manages, and cannot be only read", urn.name(), old.id);
            let hint = "give the reading another name, or let the stack forget the object first";
            self.problem(Diagnostic::error("E0449", message).at_opt(source.clone()).hint(hint));
        }
        let (action, goal) = match &id {
            None => (Action::Read, Map::new()),
            Some(id) => self.look_at(urn, id, resource, old, source.as_ref()),
        };
        drop(self.site(stack, urn, &resource.options, source.as_ref()));
        let kept = |old: &Object| Kept {
            // It is read anew where the instance points by now.
            site: old.kept.site.clone(),
            ..Kept::of(&resource.options, resource.parent.clone())
        };
        let record = action == Action::Keep
            && old.is_some_and(|old| *old.kept != kept(old) || self.readings_differ(stack, old, &dependencies, &reads));
        let next = state.map_or(0, |state| state.last_incarnation) + 1;
        let change = ResourceChange {
            action,
            differences: Vec::new(),
            goal,
            incarnation: old.map_or(next, |old| old.incarnation),
            dependencies,
            reads,
            waits_for: resource.options.depends_on.clone(),
            options: resource.options.clone(),
            parent: resource.parent.clone(),
            source,
            id,
            protection_ignored: false,
            renamed_from: None,
            moved_from: None,
            record,
            forced: false,
            left: false,
            vanished: None,
            remarks: Vec::new(),
        };
        self.sets[stack].resources.insert(urn.clone(), change);
    }

    /// What is to be done about an object of a known id, and what is known of it.
    fn look_at(
        &self,
        urn: &Urn,
        id: &str,
        resource: &Resource,
        old: Option<&Object>,
        source: Option<&Place>,
    ) -> (Action, Map) {
        let known = old.filter(|old| old.external && old.id == id);
        match (self.lookup.existing(urn.ty(), id, resource.options.provider.as_deref()), known) {
            (Existing::Absent, _) => {
                self.problem(nothing_to_read(urn, id).at_opt(source.cloned()));
                (Action::Read, Map::new())
            }
            (Existing::There(there), Some(old)) if same(&old.observed, &there) => (Action::Keep, old.observed.clone()),
            (Existing::There(there), _) => (Action::Read, there),
            (Existing::NotSeen, Some(old)) => (Action::Keep, old.observed.clone()),
            (Existing::NotSeen, None) => (Action::Read, Map::new()),
        }
    }
}

/// Whether what was seen is what state says; what is hidden for want of a key is taken to be.
fn same(known: &Map, there: &Map) -> bool {
    let hidden = |value: Option<&Value>| value.is_some_and(Value::has_unknown);
    known.len() == there.len()
        && known.iter().all(|(key, value)| there.get(key) == Some(value) || hidden(there.get(key)))
}

/// The problem of an object to be read that is not there.
pub fn nothing_to_read(urn: &Urn, id: &str) -> Diagnostic {
    Diagnostic::error("E0448", format!("`{}`: {} `{id}` does not exist", urn.name(), urn.ty()))
        .hint("correct the id, or declare the resource without `.read(…)` to make it")
}
