//! An object as the source that declares it.

use std::collections::BTreeSet;

use resource::Options;
use schema::TypeSchema;
use value::{Map, Value, canonical_bytes};

use crate::model::{Member, RustType, TypeModel, package};

/// How long a line may get before a list is written an item a line.
const WIDTH: usize = 100;

/// Source to be pasted into a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The workspace's crates that it needs, for `Cargo.toml`.
    pub crates: BTreeSet<String>,
    /// The `use` declarations, a line each.
    pub uses: Vec<String>,
    /// The statement within a plan function, in which the draft is called `plan`.
    pub statement: String,
}

/// The source that declares an object of a type with these properties and options.
pub fn suggestion(schema: &TypeSchema, name: &str, properties: &Map, options: &Options) -> Suggestion {
    let model = TypeModel::of(schema);
    let (package, _) = package(&schema.name);
    let mut writer = Writer {
        model: &model,
        shapes: BTreeSet::new(),
        map: false,
        tags: false,
        tag: false,
        object: false,
        json: false,
    };
    let mut lines = vec![format!("{}::new({})", model.name, quoted(name))];
    for Member { name: setter, path, ty, .. } in &model.setters {
        if let Some(value) = properties.get(path).filter(|value| !value.is_null()) {
            lines.push(format!("    .{setter}({})", writer.value(ty, value, 4)));
        }
    }
    if options.protect {
        lines.push("    .protect()".to_owned());
    }
    if let Some(instance) = &options.provider {
        lines.push(format!("    .provider({})", quoted(instance)));
    }
    lines.push("    .declare(&mut plan);".to_owned());
    let library = package.replace('-', "_");
    let mut crates = BTreeSet::from([package]);
    let mut uses = Vec::new();
    if writer.map {
        uses.push("use std::collections::BTreeMap;".to_owned());
    }
    let from_plan = [("Json", writer.json), ("object", writer.object)];
    let from_plan: Vec<&str> = from_plan.into_iter().filter(|(_, used)| *used).map(|(name, _)| name).collect();
    uses.extend(import("plan", &from_plan));
    uses.extend(import(&library, &[&model.name]));
    uses.extend(import(
        &format!("{library}::{}", model.module),
        &writer.shapes.iter().map(String::as_str).collect::<Vec<_>>(),
    ));
    let common = [("Tag", writer.tag), ("tags", writer.tags)];
    let common: Vec<&str> = common.into_iter().filter(|(_, used)| *used).map(|(name, _)| name).collect();
    if let Some(import) = import("types_common", &common) {
        uses.push(import);
        crates.insert("types-common".to_owned());
    }
    Suggestion { crates, uses, statement: lines.join("\n") }
}

fn import(from: &str, names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(format!("use {from}::{one};")),
        several => Some(format!("use {from}::{{{}}};", several.join(", "))),
    }
}

/// Writes values, and remembers what they need.
struct Writer<'a> {
    model: &'a TypeModel,
    shapes: BTreeSet<String>,
    map: bool,
    tags: bool,
    tag: bool,
    object: bool,
    json: bool,
}

impl Writer<'_> {
    /// A value where a type is wanted; `indent` is that of the line that it stands on.
    fn value(&mut self, ty: &RustType, value: &Value, indent: usize) -> String {
        match (ty, value) {
            (RustType::Float, Value::Int(number)) => format!("{}.0", grouped(*number)),
            (RustType::String, Value::String(text)) => quoted(text),
            (RustType::List(item), Value::List(items)) => self.list(item, items, indent),
            (RustType::Map(item), Value::Map(map)) => {
                self.map = true;
                let entry = |(key, value): (&String, &Value)| {
                    format!("({}.to_owned(), {})", quoted(key), self.value(item, value, indent + 4))
                };
                let entries: Vec<String> = map.iter().map(entry).collect();
                format!("BTreeMap::from({})", self.items(&entries, item, indent))
            }
            (RustType::Shape(name), Value::Map(map)) => self.shape(name, map, indent),
            (RustType::Json, Value::Map(_) | Value::List(_)) => {
                self.object = true;
                format!("object!({})", json(value, indent))
            }
            (RustType::Json, other) => {
                self.json = true;
                format!("Json::of({})", plain(other))
            }
            (_, other) => plain(other),
        }
    }

    fn list(&mut self, item: &RustType, items: &[Value], indent: usize) -> String {
        let pair =
            |item: &'_ Value| Some((item.get("Key")?.as_str()?.to_owned(), item.get("Value")?.as_str()?.to_owned()));
        let pairs: Option<Vec<(String, String)>> = items.iter().map(pair).collect();
        if let (RustType::Tag, Some(pairs)) = (item, pairs.filter(|pairs| !pairs.is_empty())) {
            self.tags = true;
            let pairs: Vec<String> =
                pairs.iter().map(|(key, value)| format!("({}, {})", quoted(key), quoted(value))).collect();
            return format!("tags({})", self.items(&pairs, item, indent));
        }
        let items: Vec<String> = items.iter().map(|value| self.value(item, value, indent + 4)).collect();
        self.items(&items, item, indent)
    }

    /// Items in brackets: on one line, or on one each.
    fn items(&mut self, items: &[String], item: &RustType, indent: usize) -> String {
        if items.is_empty() {
            match item {
                RustType::Shape(name) => drop(self.shapes.insert(name.clone())),
                RustType::Tag => self.tag = true,
                RustType::Json => self.json = true,
                _ => {}
            }
            return format!("Vec::<{item}>::new()");
        }
        let line = items.join(", ");
        if line.len() + indent < WIDTH && !line.contains('\n') && (items.len() == 1 || line.len() < WIDTH / 2) {
            return format!("[{line}]");
        }
        let margin = " ".repeat(indent + 4);
        let lines = items.join(&format!(",\n{margin}"));
        format!("[\n{margin}{lines},\n{}]", " ".repeat(indent))
    }

    fn shape(&mut self, name: &str, map: &Map, indent: usize) -> String {
        self.shapes.insert(name.to_owned());
        let model = self.model;
        let setters = model.shapes.get(name).into_iter().flat_map(|shape| &shape.setters);
        let given =
            setters.filter_map(|setter| Some((setter, map.get(&setter.path).filter(|value| !value.is_null())?)));
        let calls: Vec<String> = given
            .map(|(Member { name, ty, .. }, value)| format!(".{name}({})", self.value(ty, value, indent + 4)))
            .collect();
        let line = format!("{name}::new(){}", calls.concat());
        if line.len() + indent < WIDTH && !line.contains('\n') {
            return line;
        }
        let margin = " ".repeat(indent + 4);
        calls.iter().fold(format!("{name}::new()"), |text, call| format!("{text}\n{margin}{call}"))
    }
}

/// JSON in the form that `object!` takes.
fn json(value: &Value, indent: usize) -> String {
    let (open, close, items): (char, char, Vec<String>) = match value {
        Value::Map(map) if !map.is_empty() => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", quoted(key), json(value, indent + 4));
            ('{', '}', map.iter().map(entry).collect())
        }
        Value::List(items) if !items.is_empty() => {
            ('[', ']', items.iter().map(|item| json(item, indent + 4)).collect())
        }
        Value::Map(_) => return "{}".to_owned(),
        Value::List(_) => return "[]".to_owned(),
        other => return plain(other),
    };
    let line = items.join(", ");
    if line.len() + indent < WIDTH / 2 && !line.contains('\n') {
        let space = if open == '{' { " " } else { "" };
        return format!("{open}{space}{line}{space}{close}");
    }
    let margin = " ".repeat(indent + 4);
    let lines = items.join(&format!(",\n{margin}"));
    format!("{open}\n{margin}{lines},\n{}{close}", " ".repeat(indent))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Null => "null".to_owned(),
        // A literal without a suffix is an `i32`.
        Value::Int(number) if i32::try_from(*number).is_err() => format!("{}_i64", grouped(*number)),
        Value::Int(number) => grouped(*number),
        other => String::from_utf8_lossy(&canonical_bytes(&other.sealed())).into_owned(),
    }
}

/// A number whose digits stand in groups of three, if they are many.
fn grouped(number: i64) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    if digits.len() < 6 {
        return text;
    }
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{sign}{}", groups.join("_"))
}

/// A text as a literal; one that has quotes in it, and needs no other escapes, is written raw.
fn quoted(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(['"', '\\']) || text.contains(steers) {
        return format!("{text:?}");
    }
    let mut hashes = String::from("#");
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{text}\"{hashes}")
}
