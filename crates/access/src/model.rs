//! Grants and groups, found in resources.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Access, TypeSchema};
use value::{Map, Origin, Path, Value};

/// A resource as it is, or will be.
#[derive(Debug, Clone, Copy)]
pub struct Thing<'a> {
    /// The full name of its stack.
    pub stack: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its properties.
    pub properties: &'a Map,
    /// What the vendor says of it, if it is there.
    pub attributes: Option<&'a Map>,
    /// Its type.
    pub schema: &'a TypeSchema,
}

/// A grant: on what, which actions, to whom.
type Grant = (String, String, String);

/// Grants and groups.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub(crate) grants: BTreeSet<Grant>,
    /// The members of each group.
    pub(crate) groups: BTreeMap<String, BTreeSet<String>>,
}

/// What subjects are called elsewhere: by their addresses and ids, known or not.
#[derive(Default)]
struct Names {
    known: BTreeMap<String, String>,
    unknown: BTreeMap<Origin, String>,
}

impl Model {
    /// What resources say. Those whose types say nothing of access are passed over.
    pub fn of<'a>(things: impl Iterator<Item = Thing<'a>> + Clone) -> Self {
        let mut model = Self::default();
        let mut names = Names::default();
        for thing in things.clone() {
            if let Some(Access::Subject { shown, by, group }) = &thing.schema.overlay.access {
                let shown = filled(shown, &thing);
                by.iter().for_each(|attribute| names.add(&thing, attribute, &shown));
                if *group {
                    model.groups.entry(shown).or_default();
                }
            }
        }
        for thing in things {
            let read = |path: &Path| thing.at(path);
            match &thing.schema.overlay.access {
                Some(Access::Grant { on, role, member, condition, actions }) => {
                    let on = format!("{on} {}", names.shown(read(on), &thing));
                    let role = names.shown(read(role), &thing);
                    let last = role.rsplit('/').next().unwrap_or_default();
                    let who = names.shown(read(member), &thing);
                    // What a condition says is the vendor's; that there is one is not to be overlooked.
                    let bound = condition.as_ref().and_then(read).is_some_and(|value| !value.is_null());
                    let bound = if bound { " under a condition" } else { "" };
                    let itself = vec![last.to_owned()];
                    let actions = actions.get(last).unwrap_or(&itself).iter();
                    let grant = |action: &String| (on.clone(), format!("{action}{bound}"), who.clone());
                    model.grants.extend(actions.map(grant));
                }
                Some(Access::Member { group, member }) => {
                    let (group, member) = (names.shown(read(group), &thing), names.shown(read(member), &thing));
                    model.groups.entry(group).or_default().insert(member);
                }
                Some(Access::Subject { .. }) | None => {}
            }
        }
        model
    }
}

impl Thing<'_> {
    /// A property, or else what the vendor says.
    fn at(&self, path: &Path) -> Option<&Value> {
        find(self.properties, path).or_else(|| find(self.attributes?, path))
    }
}

fn find<'a>(map: &'a Map, path: &Path) -> Option<&'a Value> {
    map.get(path.first_key()?)?.at(&Path::from(path.segments()[1..].to_vec()))
}

/// A template with the properties of a resource in it; its name stands for all, where one is not known.
fn filled(template: &str, thing: &Thing<'_>) -> String {
    whole(template, thing).unwrap_or_else(|| thing.name.to_owned())
}

/// A template with the properties of a resource in it, if all are known.
fn whole(template: &str, thing: &Thing<'_>) -> Option<String> {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(thing.at(&name.parse().ok()?)?.as_str()?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

impl Names {
    fn add(&mut self, thing: &Thing<'_>, attribute: &Path, shown: &str) {
        // What the vendor will say may be known before it does.
        let predicted = || whole(thing.schema.overlay.predict.get(&attribute.to_string())?, thing);
        if let Some(text) = thing.at(attribute).and_then(Value::as_str).map(str::to_owned).or_else(predicted) {
            self.known.insert(text, shown.to_owned());
        }
        let origin = Origin { stack: thing.stack.to_owned(), what: format!("{}.{attribute}", thing.name) };
        self.unknown.insert(origin, shown.to_owned());
    }

    /// What is shown for a value: that of the subject that it means, or itself.
    fn shown(&self, value: Option<&Value>, thing: &Thing<'_>) -> String {
        match value {
            Some(Value::String(text)) => {
                // What somebody is may stand before the address.
                let bare = ["user:", "group:", "serviceAccount:"].iter().find_map(|kind| text.strip_prefix(kind));
                let bare = bare.unwrap_or(text);
                self.known.get(bare).map_or_else(|| bare.to_owned(), Clone::clone)
            }
            Some(Value::Unknown(unknown)) => {
                let known = unknown.origins.iter().find_map(|origin| self.unknown.get(origin));
                let first = || unknown.origins.iter().next().map(ToString::to_string).unwrap_or_default();
                known.cloned().unwrap_or_else(|| format!("({} after apply)", first()))
            }
            _ => format!("(unknown: {})", thing.name),
        }
    }
}
