//! What a document allows: parameters, and bodies to their last field.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value as Json;

use crate::document::Route;
use crate::http::Asked;

/// Parameters that every method takes.
const EVERYWHERE: &[&str] = &["alt", "fields", "key", "prettyPrint", "quotaUser", "uploadType", "userIp"];

/// Everything about a call that its document does not allow.
pub(crate) fn violations(route: &Route, asked: &Asked, body: Option<&Json>) -> Vec<String> {
    let mut found = Vec::new();
    let parameters = &route.method["parameters"];
    for (name, value) in &asked.query {
        let parameter = &parameters[name.as_str()];
        if parameter["location"] != "query" {
            if !EVERYWHERE.contains(&name.as_str()) {
                found.push(format!("there is no parameter `{name}`"));
            }
        } else if let Some(allowed) = parameter["enum"].as_array()
            && !allowed.iter().any(|allowed| allowed == value.as_str())
        {
            found.push(format!("the parameter `{name}` cannot be `{value}`"));
        }
    }
    for (name, parameter) in parameters.as_object().into_iter().flatten() {
        let given = asked.query.iter().any(|(given, _)| given == name);
        if parameter["required"] == true && parameter["location"] == "query" && !given {
            found.push(format!("the parameter `{name}` is missing"));
        }
    }
    match (route.method["request"].as_str(), body) {
        (Some(name), Some(body)) => {
            let judge =
                Judge { schemas: route.schemas, changes: route.method["httpMethod"] == "PATCH", method: &route.name };
            judge.value(&route.schemas[name], body, name, &mut found);
        }
        (Some(_), None) => found.push("the body is missing or no JSON".to_owned()),
        (None, _) if !asked.body.is_empty() => found.push("it takes no body".to_owned()),
        (None, _) => {}
    }
    found
}

struct Judge<'a> {
    schemas: &'a Json,
    /// What is not given stays as it is.
    changes: bool,
    method: &'a str,
}

impl Judge<'_> {
    fn value(&self, shape: &Json, value: &Json, at: &str, found: &mut Vec<String>) {
        if let Some(name) = shape["$ref"].as_str() {
            return self.value(&self.schemas[name], value, at, found);
        }
        // So is a field taken away where a body is merged.
        if value.is_null() && self.changes {
            return;
        }
        let allowed = shape["enum"].as_array();
        if let Some(allowed) = allowed.filter(|allowed| !allowed.contains(value)) {
            found.push(format!("`{at}` is {value}, and can be one of {}", Json::from(allowed.clone())));
        }
        let fits = match shape["type"].as_str().unwrap_or("any") {
            "string" => value.as_str().is_some_and(|text| is_of_format(shape["format"].as_str(), text)),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        };
        if !fits {
            found.push(format!("`{at}` is {value}, and is to be {} {}", shape["type"], shape["format"]));
        }
        // An element of a list is given wholly.
        let whole = Judge { changes: false, ..*self };
        for (number, item) in value.as_array().into_iter().flatten().enumerate() {
            whole.value(&shape["items"], item, &format!("{at}[{number}]"), found);
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
            let by = field["requiredBy"].as_array().into_iter().flatten().filter_map(Json::as_str);
            let needed =
                by.into_iter().any(|method| self.method.split_once('.').is_some_and(|(_, name)| name == method));
            if field["required"] == true || needed {
                found.push(format!("`{at}.{name}` is missing"));
            }
        }
    }
}

fn is_of_format(format: Option<&str>, text: &str) -> bool {
    match format {
        Some("int64") => text.parse::<i64>().is_ok(),
        Some("uint64") => text.parse::<u64>().is_ok(),
        Some("byte") => STANDARD.decode(text).is_ok() || URL_SAFE.decode(text).is_ok(),
        Some("google-duration") => text.strip_suffix('s').is_some_and(|number| number.parse::<f64>().is_ok()),
        Some("google-fieldmask") => text.split(',').all(|path| !path.is_empty() && !path.contains(' ')),
        _ => true,
    }
}
