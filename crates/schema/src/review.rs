//! Whether an overlay fits its schema; the crates that carry schemas ask in their tests.

use value::{Path, Type};

use crate::{ChangeKind, Kind, ProblemKind, Settle, TypeSchema, places};

impl TypeSchema {
    /// What the overlay says that the schema contradicts, as sentences; empty if all is well.
    pub fn review(&self) -> Vec<String> {
        let overlay = &self.overlay;
        let mut found = Vec::new();
        let mut named: Vec<String> = [&overlay.create_only, &overlay.unordered, &overlay.secret]
            .into_iter()
            .flatten()
            .map(Path::to_string)
            .collect();
        named.extend(overlay.name.iter().map(|name| name.property.clone()));
        let sought = overlay.identity.iter().chain(&overlay.found_by);
        named.extend(sought.flat_map(|identity| identity.properties.clone()));
        named.extend(overlay.defaults.keys().chain(overlay.predict.keys()).chain(&overlay.tags).cloned());
        named.extend(overlay.references.keys().cloned());
        named.extend(overlay.predict.values().flat_map(|template| places(template).map(str::to_owned)));
        named.extend(overlay.renewed.iter().flat_map(|(path, by)| [path.to_string()].into_iter().chain(by.clone())));
        for path in named {
            if path.parse().ok().and_then(|path| self.property(&path)).is_none() {
                found.push(format!("there is no `{path}`"));
            }
        }
        if let Some(name) = &overlay.name {
            let property = &name.property;
            match self.properties.get(property).map(|shape| &self.resolve(shape).kind) {
                Some(Kind::String { max_length: Some(max), .. }) if name.max > *max => {
                    found.push(format!(
                        "a name of {} characters does not fit `{property}`, which takes {max}",
                        name.max
                    ));
                }
                Some(Kind::String { .. }) if name.max > 0 => {}
                _ => found.push(format!("`{property}` cannot hold a name")),
            }
            if self.is_attribute(&Path::key(property)) {
                found.push(format!("the name `{property}` is set by the vendor"));
            }
        }
        for attribute in overlay.predict.keys().filter(|a| a.parse().is_ok_and(|path| !self.is_attribute(&path))) {
            found.push(format!("`{attribute}` is an input, not something to tell beforehand"));
        }
        for path in overlay.renewed.keys().filter(|path| !self.is_attribute(path)) {
            found.push(format!("`{path}` is an input, not something that the vendor sets anew"));
        }
        for property in overlay.renewed.values().flatten().map(Path::key) {
            let mut fixed = self.create_only.iter().chain(&overlay.create_only).chain(&self.read_only);
            if overlay.no_update || fixed.any(|path| path.covers(&property)) {
                found.push(format!("`{property}` does not change in an update, so it renews nothing"));
            }
        }
        for property in overlay.defaults.keys().filter(|property| self.required.contains(*property)) {
            found.push(format!("`{property}` must be given, so its default is never used"));
        }
        let wrong = self.validate(&overlay.defaults).into_iter().filter(|problem| problem.kind != ProblemKind::Missing);
        found.extend(wrong.map(|problem| format!("default of `{}`: {}", problem.path, problem.kind)));
        for (path, types) in &overlay.references {
            let ty = path.parse().map_or(Type::Any, |path| self.value_type(&path));
            if !matches!(ty, Type::String | Type::Any) || types.is_empty() {
                found.push(format!("`{path}` cannot refer to an object"));
            }
        }
        for part in self.primary_identifier.iter().filter(|part| !self.is_attribute(part)) {
            if self.change_kind(part) == ChangeKind::Update {
                found.push(format!("`{part}` is part of the id, so it cannot change in place"));
            }
        }
        let tags = overlay.tags.iter().map(Path::key).filter(|tags| matches!(self.value_type(tags), Type::List(_)));
        for tags in tags.filter(|tags| !self.is_unordered(tags)) {
            found.push(format!("the order of `{tags}` has no meaning"));
        }
        match overlay.settle {
            Settle::Identity if overlay.identity.is_none() => {
                found.push("there is no identity to settle by".to_owned());
            }
            Settle::Tag if overlay.tags.is_none() => found.push("there are no tags to settle by".to_owned()),
            _ => {}
        }
        if overlay.timeout_seconds.is_some_and(|seconds| seconds.contains(&0)) {
            found.push("a step takes longer than no time".to_owned());
        }
        if overlay.latency_ms[0] == 0 || overlay.latency_ms[2] == 0 || overlay.latency_ms.iter().any(|ms| *ms > 1000) {
            found.push(format!("latencies of {:?} ms are no sandbox's", overlay.latency_ms));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::{Catalog, Source};

    const SCHEMA: &str = r#"{"typeName": "T", "properties": {"Name": {"type": "string", "maxLength": 8}, "Size": {"type": "integer"},
        "Id": {"type": "string"}, "Tags": {"type": "array", "items": {"type": "string"}}},
        "required": ["Size"], "primaryIdentifier": ["/properties/Name"], "readOnlyProperties": ["/properties/Id"]}"#;

    fn review(overlay: &'static str) -> Vec<String> {
        let catalog = Catalog::new([Source { name: "T", schema: SCHEMA, overlay }]);
        catalog.get("T").expect("reads").expect("is there").review()
    }

    #[test]
    fn an_overlay_that_fits_is_passed_and_one_that_does_not_is_told_all_of_it() {
        let good = "latency_ms = [1, 1, 1]\ncreate_only = [\"Name\"]\nsettle = \"identity\"\nidentity = { properties = [\"Name\"] }\n\
                    name = { property = \"Name\", max = 8 }\npredict = { Id = \"{region}-{Name}\" }\n\
                    renewed = { Id = [\"Size\"] }\n";
        assert_eq!(review(good), Vec::<String>::new());
        let bad = "tags = \"Tags\"\nsettle = \"identity\"\nsecret = [\"Nam\"]\nname = { property = \"Name\", max = 9 }\ndefaults = { Size = 1 }\n\
                   predict = { Size = \"{Nme}\" }\nreferences = { Size = [\"T\"] }\n\
                   renewed = { Size = [\"Id\", \"Sze\"] }\n";
        assert_eq!(
            review(bad),
            [
                "there is no `Nam`",
                "there is no `Nme`",
                "there is no `Sze`",
                "a name of 9 characters does not fit `Name`, which takes 8",
                "`Size` is an input, not something to tell beforehand",
                "`Size` is an input, not something that the vendor sets anew",
                "`Id` does not change in an update, so it renews nothing",
                "`Size` must be given, so its default is never used",
                "`Size` cannot refer to an object",
                "`Name` is part of the id, so it cannot change in place",
                "the order of `Tags` has no meaning",
                "there is no identity to settle by",
                "latencies of [0, 0, 0] ms are no sandbox's",
            ]
        );
    }
}
