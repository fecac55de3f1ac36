//! What was made so far, and how it is called.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::config::{Centre, Cloud, Dataset};
use super::groups::Groups;

/// Inputs by type and logical name.
pub(crate) type Resources = BTreeMap<(String, String), Json>;

/// A run of the earlier program.
#[derive(Debug)]
pub(crate) struct Earlier<'a> {
    pub(crate) centre: &'a Centre,
    pub(crate) made: Resources,
    /// What else was said of them: what they come after, and what the engine was told.
    pub(crate) told: Resources,
    pub(crate) groups: Groups,
    /// Exported tables by cloud, dataset and namespace.
    pub(crate) exported: BTreeMap<(Cloud, String, &'static str), super::exports::Table>,
    /// Rules of storage accounts on Azure, by dataset, in the order of their containers.
    pub(crate) rules: BTreeMap<String, Vec<Json>>,
    /// Datasets on Azure whose accounts keep what is deleted for a while.
    pub(crate) keeps_deleted: BTreeSet<String>,
}

/// A dataset in a cloud.
#[derive(Debug, Clone, Copy)]
pub(crate) struct On<'a> {
    pub(crate) name: &'a str,
    pub(crate) dataset: &'a Dataset,
    pub(crate) cloud: Cloud,
}

impl On<'_> {
    /// The logical name of a key: dataset, cloud, and the key without the dataset.
    pub(crate) fn nm(&self, key: &str) -> String {
        let rest = key.strip_prefix(&format!("{}-", self.name)).unwrap_or(key);
        format!("{}-{}-{rest}", self.name, self.cloud.name())
    }

    pub(crate) fn is_gcp(&self) -> bool {
        self.cloud == Cloud::Gcp
    }

    pub(crate) fn has(&self, component: &str) -> bool {
        self.dataset.has(self.cloud, component)
    }
}

impl<'a> Earlier<'a> {
    /// A dataset in a cloud.
    pub(crate) fn on(&self, name: &'a str, cloud: Cloud) -> On<'a> {
        On { name, dataset: &self.centre.datasets[name], cloud }
    }

    /// The common dataset in a cloud.
    pub(crate) fn common(&self, cloud: Cloud) -> On<'a> {
        self.on(self.centre.common(), cloud)
    }

    /// Makes something, once; properties that are null are not there.
    pub(crate) fn make(&mut self, ty: &str, name: String, inputs: Json) {
        let inputs = without_nulls(inputs);
        let said = format!("{ty} {name}");
        let before = self.made.insert((ty.to_owned(), name), inputs.clone());
        assert!(before.is_none_or(|before| before == inputs), "{said} is two things");
    }
}

impl Earlier<'_> {
    /// Makes something that comes after others, by their logical names.
    pub(crate) fn make_after(&mut self, ty: &str, name: String, inputs: Json, after: &[String]) {
        if !after.is_empty() {
            self.tell(ty, &name, "dependsOn", after.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect());
        }
        self.make(ty, name, inputs);
    }

    /// Tells the engine something of a resource.
    pub(crate) fn tell(&mut self, ty: &str, name: &str, key: &str, value: Json) {
        let told = self.told.entry((ty.to_owned(), name.to_owned())).or_insert_with(|| serde_json::json!({}));
        told[key] = value;
    }
}

/// The same without what is null, whole numbers being written as such.
pub(crate) fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(map) => {
            let set = map.into_iter().filter(|(_, value)| !value.is_null());
            Json::Object(set.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Json::Array(items) => items.into_iter().map(without_nulls).collect(),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => {
                format!("{float:.0}").parse::<i64>().expect("it is whole").into()
            }
            _ => Json::Number(number),
        },
        other => other,
    }
}
