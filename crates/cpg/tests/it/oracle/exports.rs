//! What programs read of where things are: TOML, table by table.

use std::collections::BTreeMap;

use super::made::{Earlier, On};

/// Addresses by what they are for.
type Values = BTreeMap<&'static str, String>;

/// What stands below `storage`: values by name, and those of the test namespace.
pub(crate) type Table = BTreeMap<String, (Values, Option<Values>)>;

impl Earlier<'_> {
    /// Writes what is where for a dataset and those that it depends on.
    pub(crate) fn export(&mut self, on: On<'_>) {
        let test = on.dataset.setup_test.then(|| self.addresses(on, "test"));
        let main = self.addresses(on, "main");
        let exports = [("main", Some((main, test.clone()))), ("test", test.map(|test| (test, None)))];
        for (namespace, own) in exports {
            let Some(own) = own else { continue };
            let mut table = Table::new();
            for other in self.centre.dependencies(on.name) {
                for (name, more) in self.exported.get(&(on.cloud, other.to_owned(), namespace)).into_iter().flatten() {
                    merge(&mut table, name, more);
                }
            }
            // B8: what is below `default` of another dataset stays where this one says nothing of it.
            merge(&mut table, "default", &own);
            merge(&mut table, on.name, &own);
            let (bucket, prefix) = self.destination();
            let file = format!("{}/{}-{namespace}", on.cloud.name(), on.name);
            let name = format!("storage-config-{}", file.replacen('/', "-", 1));
            self.blob(&name, &bucket, &format!("{prefix}/storage/{file}.toml"), &text(&table));
            self.exported.insert((on.cloud, on.name.to_owned(), namespace), table);
        }
    }

    fn addresses(&self, on: On<'_>, namespace: &'static str) -> Values {
        let of = |bucket: &str| self.address_of(on, bucket);
        let mut values = Values::from([
            ("default", of(namespace)),
            ("web", of(&format!("{namespace}-web"))),
            ("analysis", of(&format!("{namespace}-analysis"))),
            ("tmp", of(&format!("{namespace}-tmp"))),
            ("upload", of(&format!("{namespace}-upload"))),
        ]);
        let web = self.centre.infrastructure.web_service.as_ref();
        if let Some(template) = web.and_then(|web| web.web_url_template.as_ref()) {
            values.insert("web_url", template.replace("{namespace}", namespace).replace("{dataset}", on.name));
        }
        values
    }

    /// Bucket and prefix.
    pub(crate) fn destination(&self) -> (String, String) {
        let all = self.centre.infrastructure.config_destination.trim_start_matches("gs://");
        let (bucket, prefix) = all.split_once('/').expect("a prefix");
        (bucket.to_owned(), prefix.to_owned())
    }

    /// What holds for the whole centre.
    pub(crate) fn export_infrastructure(&mut self) {
        let cache = self.members_cache();
        let mut values = BTreeMap::from([("members_cache_location", format!("gs://{cache}"))]);
        if let Some(hail) = &self.centre.infrastructure.hail {
            let secret = hail.gcp.git_credentials_secret_name.clone();
            values.extend(secret.map(|name| ("git_credentials_secret_name", name)));
            let project = hail.gcp.git_credentials_secret_project.clone();
            values.extend(project.map(|name| ("git_credentials_secret_project", name)));
        }
        let (bucket, prefix) = self.destination();
        let content = format!("[infrastructure]\n{}", lines(&values));
        self.blob("infrastructure-config", &bucket, &format!("{prefix}/infrastructure.toml"), &content);
    }
}

fn merge(table: &mut Table, name: &str, (values, test): &(Values, Option<Values>)) {
    let there = table.entry(name.to_owned()).or_default();
    there.0.extend(values.clone());
    if let Some(test) = test {
        there.1.get_or_insert_default().extend(test.clone());
    }
}

/// A table as text: each name, and then what is below it.
pub(crate) fn text(table: &Table) -> String {
    let mut parts = Vec::new();
    for (name, (values, test)) in table {
        let bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let name = if bare { name.clone() } else { format!("\"{name}\"") };
        parts.push(format!("[storage.{name}]\n{}", lines(values)));
        if let Some(test) = test {
            parts.push(format!("[storage.{name}.test]\n{}", lines(test)));
        }
    }
    parts.join("\n")
}

fn lines(values: &BTreeMap<&'static str, String>) -> String {
    let lines = values.iter().map(|(key, value)| format!("{key} = \"{value}\"\n"));
    lines.collect::<Vec<_>>().concat()
}
