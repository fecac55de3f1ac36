//! What a document allows: versions, parameters, names, and bodies to their last field.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::document::Route;
use crate::http::Asked;
use crate::pattern::matches;

/// What names are made of that no document says it of: the vendor's page of rules for names does.
const NAMES: &[(&str, &str)] = &[
    ("accountName", "^[a-z0-9]{3,24}$"),
    ("containerName", "^[a-z0-9][a-z0-9-]{2,62}$"),
    ("budgetName", "^[\\w-]{1,63}$"),
    ("roleAssignmentName", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    ("resourceName", "^[a-zA-Z0-9][\\w-]{2,127}$"),
    ("managementPolicyName", "^default$"),
    ("BlobServicesName", "^default$"),
    ("secret-name", "^[0-9a-zA-Z-]{1,127}$"),
];

/// Everything about a call that its document does not allow.
pub(crate) fn violations(
    route: &Route,
    asked: &Asked,
    path: &BTreeMap<String, String>,
    body: Option<&Json>,
) -> Vec<String> {
    let mut found = Vec::new();
    let parameters = &route.method["parameters"];
    for (name, value) in &asked.query {
        let parameter = &parameters[name.as_str()];
        if parameter["location"] != "query" {
            found.push(format!("there is no parameter `{name}`"));
        } else if let Some(allowed) = parameter["enum"].as_array()
            && !allowed.iter().any(|allowed| allowed == value.as_str())
        {
            found.push(format!("the parameter `{name}` cannot be `{value}`"));
        }
    }
    for (name, parameter) in parameters.as_object().into_iter().flatten() {
        let given = match parameter["location"].as_str() {
            Some("query") => asked.parameter(name),
            Some("header") => asked.header(name),
            _ => continue,
        };
        if parameter["required"] == true && given.is_none() {
            found.push(format!("the parameter `{name}` is missing"));
        }
    }
    for (name, value) in path {
        text(&parameters[name.as_str()], value, name, &mut found);
        if let Some((_, pattern)) =
            NAMES.iter().find(|(of, _)| of == name).filter(|(_, pattern)| !matches(pattern, value))
        {
            found.push(format!("the name `{value}` is not of the form `{pattern}`"));
        }
    }
    match (route.method["request"].as_str(), body) {
        (Some(name), Some(body)) => {
            let judge = Judge { schemas: route.schemas, changes: route.method["httpMethod"] == "PATCH" };
            // An upsert makes an object.
            let judge = Judge { changes: judge.changes && name != "NewGroup", ..judge };
            judge.value(&route.schemas[name], body, name, &mut found);
        }
        (Some(_), None) => found.push("the body is missing or no JSON".to_owned()),
        (None, _) if !asked.body.is_empty() && asked.body != b"{}" => found.push("it takes no body".to_owned()),
        (None, _) => {}
    }
    found
}

fn text(shape: &Json, value: &str, at: &str, found: &mut Vec<String>) {
    let length = value.chars().count() as u64;
    if shape["minLength"].as_u64().is_some_and(|least| length < least) {
        found.push(format!("`{at}` is too short: `{value}`"));
    }
    if shape["maxLength"].as_u64().is_some_and(|most| length > most) {
        found.push(format!("`{at}` is too long: `{value}`"));
    }
    if let Some(pattern) = shape["pattern"].as_str().filter(|pattern| !matches(pattern, value)) {
        found.push(format!("`{at}` is `{value}`, and is to be of the form `{pattern}`"));
    }
}

struct Judge<'a> {
    schemas: &'a Json,
    /// What is not given stays as it is.
    changes: bool,
}

impl Judge<'_> {
    fn value(&self, shape: &Json, value: &Json, at: &str, found: &mut Vec<String>) {
        if let Some(name) = shape["$ref"].as_str() {
            return self.value(&self.schemas[name], value, at, found);
        }
        let allowed = shape["enum"].as_array();
        if let Some(allowed) = allowed.filter(|allowed| !allowed.contains(value)) {
            found.push(format!("`{at}` is {value}, and can be one of {}", Json::from(allowed.clone())));
        }
        let fits = match shape["type"].as_str().unwrap_or("any") {
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        };
        // So is a field taken away where Graph merges a body.
        let taken_away = value.is_null() && self.changes && self.schemas.get("NewGroup").is_some();
        if !fits && !taken_away {
            found.push(format!("`{at}` is {value}, and is to be {} {}", shape["type"], shape["format"]));
        }
        if let Some(value) = value.as_str() {
            text(shape, value, at, found);
        }
        if let Some(number) = value.as_f64() {
            let within = shape["minimum"].as_f64().is_none_or(|least| number >= least)
                && shape["maximum"].as_f64().is_none_or(|most| number <= most);
            if !within {
                found.push(format!("`{at}` is {number}, which is too much or too little"));
            }
        }
        for (number, item) in value.as_array().into_iter().flatten().enumerate() {
            self.value(&shape["items"], item, &format!("{at}[{number}]"), found);
        }
        if let Some(map) = value.as_object() {
            self.fields(shape, map, at, found);
        }
    }

    fn fields(&self, shape: &Json, map: &serde_json::Map<String, Json>, at: &str, found: &mut Vec<String>) {
        for (name, value) in map {
            let known = &shape["properties"][name.as_str()];
            let field = if known.is_null() { &shape["additionalProperties"] } else { known };
            let at = format!("{at}.{name}");
            if field.is_null() {
                found.push(format!("`{at}` is no field"));
            } else if field["readOnly"] == true {
                found.push(format!("`{at}` is the vendor's to say"));
            } else {
                self.value(field, value, &at, found);
            }
        }
        let fields = shape["properties"].as_object().into_iter().flatten();
        for (name, field) in fields.filter(|(name, _)| !self.changes && !map.contains_key(*name)) {
            if field["required"] == true {
                found.push(format!("`{at}.{name}` is missing"));
            }
        }
    }
}
