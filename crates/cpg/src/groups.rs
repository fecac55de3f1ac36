//! Groups while they are being filled: who is in them, directly and through other groups.

use std::collections::{BTreeMap, BTreeSet};

use cpg_config::Cloud;
use plan::Output;
use plan::diag::{Diagnostic, Diagnostics};

/// How many principals a policy of one resource may name, whatever it is that they may do.
pub const PRINCIPALS: usize = 250;

/// Somebody who can be in a group, or be given access.
#[derive(Debug, Clone)]
pub enum Member {
    /// Another group, by the name that it has in the configuration.
    Group(String),
    /// A person: the address or object id in the cloud, and the name in Hail Batch.
    Person {
        /// In the cloud.
        id: String,
        /// In Hail Batch.
        hail: Option<String>,
    },
    /// An account that exists, by what the configuration calls it.
    Literal(String),
    /// An account that is made, by its address.
    Account(Output<String>),
}

/// A group while it is being filled.
#[derive(Debug, Clone)]
pub struct Group {
    /// The dataset that it belongs to; the common one, if it belongs to none.
    pub owner: String,
    /// Whether its members are written where services read them.
    pub cached: bool,
    /// Who is in it, by the name of the membership.
    pub members: Vec<(String, Member)>,
}

/// All groups, by cloud and name.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    groups: BTreeMap<(Cloud, String), Group>,
}

impl Groups {
    /// Adds a group without members. Whether there was none of that name before.
    pub fn add(&mut self, cloud: Cloud, name: &str, owner: &str, cached: bool) -> bool {
        let key = (cloud, name.to_owned());
        if self.groups.contains_key(&key) {
            return false;
        }
        self.groups.insert(key, Group { owner: owner.to_owned(), cached, members: Vec::new() });
        true
    }

    /// Puts a member into a group. A later one of the same name takes the place of an earlier one.
    pub fn put(&mut self, cloud: Cloud, group: &str, name: &str, member: Member) {
        let Some(group) = self.groups.get_mut(&(cloud, group.to_owned())) else { return };
        match group.members.iter_mut().find(|(other, _)| other == name) {
            Some((_, place)) => *place = member,
            None => group.members.push((name.to_owned(), member)),
        }
    }

    /// A group.
    pub fn get(&self, cloud: Cloud, name: &str) -> Option<&Group> {
        self.groups.get(&(cloud, name.to_owned()))
    }

    /// The groups, by cloud and name.
    pub fn iter(&self) -> impl Iterator<Item = (Cloud, &str, &Group)> {
        self.groups.iter().map(|((cloud, name), group)| (*cloud, name.as_str(), group))
    }

    /// Everybody in a group who is no group: over all groups within it, each once, in the order of their first mention.
    pub fn resolve(&self, cloud: Cloud, name: &str) -> Vec<&Member> {
        let (mut seen, mut members) = (BTreeSet::new(), Vec::new());
        self.collect(cloud, name, &mut BTreeSet::new(), &mut |member| {
            if seen.insert(identity(member)) {
                members.push(member);
            }
        });
        members
    }

    fn collect<'a>(
        &'a self,
        cloud: Cloud,
        name: &str,
        visited: &mut BTreeSet<&'a str>,
        visit: &mut dyn FnMut(&'a Member),
    ) {
        let Some(((_, name), group)) = self.groups.get_key_value(&(cloud, name.to_owned())) else { return };
        if !visited.insert(name) {
            return;
        }
        for (_, member) in &group.members {
            match member {
                Member::Group(inner) => self.collect(cloud, inner, visited, visit),
                other => visit(other),
            }
        }
    }

    /// What no cloud would take: groups that hold themselves, each with the whole path, and groups that are not there.
    pub fn check(&self) -> Diagnostics {
        let mut found = Diagnostics::new();
        let mut done = BTreeSet::new();
        for (cloud, name) in self.groups.keys() {
            self.visit(*cloud, name, &mut Vec::new(), &mut done, &mut found);
        }
        found
    }

    fn visit<'a>(
        &'a self,
        cloud: Cloud,
        name: &'a str,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<(Cloud, &'a str)>,
        found: &mut Diagnostics,
    ) {
        if done.contains(&(cloud, name)) {
            return;
        }
        path.push(name);
        for (membership, member) in self.get(cloud, name).iter().flat_map(|group| &group.members) {
            let Member::Group(inner) = member else { continue };
            if let Some(start) = path.iter().position(|step| step == inner) {
                let steps = path[start..].iter().copied().chain([inner.as_str()]);
                let shown = steps.map(|step| format!("`{step}`")).collect::<Vec<_>>().join(" holds ");
                let problem = Diagnostic::error("E0804", format!("a group holds itself: {shown}"));
                let problem =
                    problem.note(format!("the last step is the membership `{membership}` in {}", cloud.name()));
                found.push(problem.hint("take away one of the dependencies or memberships that lead round"));
            } else if self.get(cloud, inner).is_none() {
                let problem = Diagnostic::error(
                    "E0805",
                    format!("`{name}` holds `{inner}`, which is no group in {}", cloud.name()),
                );
                found.push(problem.hint(format!("deploy the dataset of `{inner}` to {}", cloud.name())));
            } else {
                self.visit(cloud, inner, path, done, found);
            }
        }
        path.pop();
        done.insert((cloud, name));
    }
}

/// What makes two members the same.
fn identity(member: &Member) -> String {
    match member {
        Member::Group(name) => format!("group {name}"),
        Member::Person { id, .. } | Member::Literal(id) => id.to_lowercase(),
        Member::Account(email) => format!("{:?}", email.expr()),
    }
}

#[cfg(test)]
mod tests;
