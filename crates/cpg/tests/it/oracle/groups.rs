//! Groups: who is in them is written down while datasets are made, and carried out at the end.

use std::collections::{BTreeMap, BTreeSet};

use super::config::Cloud;
use super::made::{Earlier, On};

/// Whoever can be in a group or have a role.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Member {
    /// A group, by the name that it has without any prefix.
    Group(String),
    /// A machine account that is made here: its address on Google Cloud, its principal on Azure.
    Account(String),
    /// A text of the configuration, or one that Hail gave.
    Text(String),
    /// A person: the id in the cloud, and the name in Hail.
    Person(String, Option<String>),
}

/// Groups by cloud and name; their members by the logical names of the memberships.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) of: BTreeMap<(Cloud, String), BTreeMap<String, Member>>,
    /// The datasets that have them.
    pub(crate) owners: BTreeMap<(Cloud, String), String>,
    /// Those that are written down for services.
    cached: BTreeSet<(Cloud, String)>,
}

/// Who was in a group when it was asked first.
pub(crate) type Memory = BTreeMap<String, Vec<Member>>;

impl Groups {
    /// All that are in a group over any number of groups, none of them a group. What is in the memory is not looked up.
    pub(crate) fn resolve(&self, cloud: Cloud, name: &str, memory: &mut Memory) -> Vec<Member> {
        if let Some(known) = memory.get(name) {
            return known.clone();
        }
        let mut found: Vec<Member> = Vec::new();
        for member in self.of[&(cloud, name.to_owned())].values() {
            match member {
                Member::Group(inner) => found.extend(self.resolve(cloud, inner, memory)),
                other => found.push(other.clone()),
            }
        }
        memory.insert(name.to_owned(), found.clone());
        found
    }
}

/// Addresses in lower case, each once, by domain and then by name.
pub(crate) fn sorted(members: &[Member]) -> Vec<String> {
    let mut ids: BTreeSet<(String, String)> = BTreeSet::new();
    for member in members {
        let (Member::Account(id) | Member::Text(id) | Member::Person(id, _)) = member else { continue };
        let id = id.to_lowercase();
        let (name, domain) = id.split_once('@').expect("an address");
        ids.insert((domain.to_owned(), name.to_owned()));
    }
    ids.into_iter().map(|(domain, name)| format!("{name}@{domain}")).collect()
}

impl Earlier<'_> {
    /// A group of a dataset; it is made when it is first named.
    pub(crate) fn group(&mut self, on: On<'_>, name: &str) -> Member {
        let full = format!("{}-{name}", on.name);
        let cached = ["analysis", "web-access"].contains(&name) || name.starts_with("sample-metadata-");
        self.named_group(on, &full, None, cached);
        Member::Group(full)
    }

    /// A group by its whole name, made as one of a dataset.
    pub(crate) fn named_group(&mut self, on: On<'_>, name: &str, description: Option<&str>, cached: bool) {
        let key = (on.cloud, name.to_owned());
        if cached {
            self.groups.cached.insert(key.clone());
        }
        if self.groups.of.contains_key(&key) {
            return;
        }
        self.groups.owners.insert(key.clone(), on.name.to_owned());
        self.groups.of.insert(key, BTreeMap::new());
        match on.cloud {
            Cloud::Gcp => self.google_group(on, name, description),
            Cloud::Azure => self.azure_group(on, name, description),
        }
    }

    /// Puts a member into a group of any dataset; a later one of the same name has its place.
    pub(crate) fn put(&mut self, cloud: Cloud, group: &str, name: String, member: Member) {
        let members = self.groups.of.get_mut(&(cloud, group.to_owned()));
        members.unwrap_or_else(|| panic!("there is no {group} in {cloud:?}")).insert(name, member);
    }

    /// Puts a member into a group of the dataset.
    pub(crate) fn add(&mut self, on: On<'_>, group: &str, key: &str, member: Member) {
        let Member::Group(group) = self.group(on, group) else { return };
        self.put(on.cloud, &group, on.nm(key), member);
    }

    /// Puts a group of the dataset into another one of it.
    pub(crate) fn nest(&mut self, on: On<'_>, group: &str, key: &str, inner: &str) {
        let member = self.group(on, inner);
        self.add(on, group, key, member);
    }

    /// Carries out all memberships, and writes down who is in the groups that services read.
    pub(crate) fn finalize_groups(&mut self, memory: &mut Memory) {
        let groups: Vec<(Cloud, String)> = self.groups.of.keys().cloned().collect();
        for (cloud, group) in &groups {
            let common = self.common(*cloud);
            for (name, member) in self.groups.of[&(*cloud, group.clone())].clone() {
                match cloud {
                    Cloud::Gcp => self.google_membership(common, name, &self.google_group_id(group), &member),
                    Cloud::Azure => self.azure_membership(name, group, &member),
                }
            }
            if *cloud == Cloud::Gcp && self.groups.cached.contains(&(*cloud, group.clone())) {
                let ids = sorted(&self.groups.resolve(*cloud, group, memory));
                let content = if ids.is_empty() { "\n".to_owned() } else { ids.join("\n") };
                let bucket = self.members_cache();
                self.blob(&format!("{group}-group-cache-members"), &bucket, &format!("{group}-members.txt"), &content);
            }
        }
    }
}
