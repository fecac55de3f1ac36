//! What is generated for one type: the schema in Rust's terms.

use std::collections::{BTreeMap, BTreeSet};

use schema::{ChangeKind, Kind, Property, TypeSchema};
use value::{Path, Segment};

use crate::names::{camel, snake};

/// A Rust type that stands for a kind of value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RustType {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A truth value.
    Bool,
    /// Anything.
    Json,
    /// A key and a value.
    Tag,
    /// A list.
    List(Box<RustType>),
    /// A map from texts.
    Map(Box<RustType>),
    /// A shape of the same module.
    Shape(String),
}

impl std::fmt::Display for RustType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::String => f.write_str("String"),
            Self::Int => f.write_str("i64"),
            Self::Float => f.write_str("f64"),
            Self::Bool => f.write_str("bool"),
            Self::Json => f.write_str("Json"),
            Self::Tag => f.write_str("Tag"),
            Self::List(item) => write!(f, "Vec<{item}>"),
            Self::Map(item) => write!(f, "BTreeMap<String, {item}>"),
            Self::Shape(name) => f.write_str(name),
        }
    }
}

/// A setter, or a handle's method.
#[derive(Debug, Clone)]
pub struct Member {
    /// The Rust name.
    pub name: String,
    /// The vendor's name or path.
    pub path: String,
    /// What it takes, or gives.
    pub ty: RustType,
    /// Sentences.
    pub docs: Vec<String>,
}

/// A nested struct.
#[derive(Debug)]
pub struct ShapeModel {
    /// What it is.
    pub docs: String,
    /// Empty: the shape is only ever read.
    pub setters: Vec<Member>,
}

/// One generated module.
#[derive(Debug)]
pub struct TypeModel {
    /// The vendor's type token.
    pub token: String,
    /// The struct's name.
    pub name: String,
    /// The module's name.
    pub module: String,
    /// What it is.
    pub docs: String,
    /// The vendor's page.
    pub page: Option<String>,
    /// The builder's methods.
    pub setters: Vec<Member>,
    /// The handle's methods.
    pub getters: Vec<Member>,
    /// The path of the primary identifier, if it is one text and no property is called `Id`.
    pub id: Option<String>,
    /// The nested structs, by name.
    pub shapes: BTreeMap<String, ShapeModel>,
}

/// Where nested shapes are collected while properties are translated.
struct Shapes<'a> {
    schema: &'a TypeSchema,
    /// The names that a shape cannot have.
    taken: BTreeSet<String>,
    /// Definitions and inline objects by Rust name; `None` marks one that is being built.
    found: BTreeMap<String, ShapeModel>,
    /// Properties of shapes that the vendor sets: (the shape's Rust name, property).
    read_only: BTreeSet<(String, String)>,
}

impl TypeModel {
    /// The model of a type.
    pub fn of(schema: &TypeSchema) -> Self {
        let (service, last) = split(&schema.name);
        let name = camel(last);
        let mut taken: BTreeSet<String> =
            ["Arg", "BTreeMap", "Declaration", "Json", "Output", "ResourceRef", "Shape", "Tag", "Vec", "String"]
                .map(str::to_owned)
                .into();
        taken.extend([name.clone(), format!("{name}Handle")]);
        let mut shapes = Shapes { schema, taken, found: BTreeMap::new(), read_only: BTreeSet::new() };
        shapes.read_only = shapes.find_read_only();

        let (mut setters, mut getters) = (Vec::new(), Vec::new());
        for (property, shape) in &schema.properties {
            let path = Path::key(property);
            let read_only = schema.is_attribute(&path);
            let ty = shapes.rust_type(property, shape, !read_only);
            if !read_only {
                let mut docs = vec![described(property, shape, schema)];
                docs.extend(schema.required.contains(property).then(|| "Required.".to_owned()));
                docs.extend(allowed(schema.resolve(shape)));
                docs.extend((schema.change_kind(&path) == ChangeKind::Replace).then(|| "Replaces.".to_owned()));
                setters.push(Member { name: snake(property), path: property.clone(), ty: ty.clone(), docs });
            }
            getters.push(Member {
                name: snake(property),
                path: property.clone(),
                ty,
                docs: vec![described(property, shape, schema)],
            });
            getters.extend(shapes.flattened(property, shape));
        }
        let id = match schema.primary_identifier.as_slice() {
            [path] if !schema.properties.keys().any(|p| snake(p) == "id") => {
                (schema.value_type(path) == value::Type::String).then(|| path.to_string())
            }
            _ => None,
        };
        let page = (service != last && schema.name.contains("::")).then(|| {
            let (service, last) = (service.to_lowercase(), last.to_lowercase());
            format!("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-{service}-{last}.html")
        });
        Self {
            token: schema.name.clone(),
            module: snake(last),
            name,
            docs: sentence(&schema.description, &format!("The `{}` type.", schema.name)),
            page,
            setters,
            getters,
            id,
            shapes: shapes.found,
        }
    }
}

impl Shapes<'_> {
    /// The Rust type of a property; `settable` is false inside attributes.
    fn rust_type(&mut self, name: &str, property: &Property, settable: bool) -> RustType {
        if let Kind::Reference(definition) = &property.kind {
            let target = self.schema.resolve(property);
            return match &target.kind {
                Kind::Reference(_) => RustType::Json,
                Kind::Object { properties, .. } if is_tag(definition, properties) => RustType::Tag,
                Kind::Object { properties, .. } if !properties.is_empty() => self.shape(definition, target, settable),
                _ => self.rust_type(definition, target, settable),
            };
        }
        match &property.kind {
            Kind::String { .. } => RustType::String,
            Kind::Integer => RustType::Int,
            Kind::Number => RustType::Float,
            Kind::Boolean => RustType::Bool,
            Kind::Array(item) => RustType::List(Box::new(self.rust_type(name, item, settable))),
            Kind::Object { properties, .. } if !properties.is_empty() => self.shape(name, property, settable),
            Kind::Object { additional: Some(item), .. } => {
                RustType::Map(Box::new(self.rust_type(name, item, settable)))
            }
            Kind::Object { .. } | Kind::Json | Kind::Reference(_) => RustType::Json,
        }
    }

    /// The struct of an object with named properties.
    fn shape(&mut self, name: &str, property: &Property, settable: bool) -> RustType {
        let rust = self.shape_name(name);
        let ty = RustType::Shape(rust.clone());
        let known = self.found.get(&rust).is_some_and(|shape| !settable || !shape.setters.is_empty());
        let Kind::Object { properties, required, .. } = &property.kind else { return RustType::Json };
        if known {
            return ty;
        }
        let docs = sentence(&property.description, &format!("The `{name}` shape."));
        let settable_properties =
            properties.iter().filter(|(p, _)| settable && !self.read_only.contains(&(rust.clone(), (*p).clone())));
        // The setters stand in the map before their types are looked at, because shapes may hold themselves.
        let settable_properties: Vec<_> = settable_properties.collect();
        let early = settable_properties.iter().map(|(p, s)| Member {
            name: snake(p),
            path: (*p).clone(),
            ty: RustType::Json,
            docs: [described(p, s, self.schema)]
                .into_iter()
                .chain(required.contains(*p).then(|| "Required.".to_owned()))
                .chain(allowed(self.schema.resolve(s)))
                .collect(),
        });
        self.found.insert(rust.clone(), ShapeModel { docs, setters: early.collect() });
        for (position, (name, property)) in settable_properties.into_iter().enumerate() {
            let ty = self.rust_type(name, property, settable);
            if let Some(setter) = self.found.get_mut(&rust).and_then(|shape| shape.setters.get_mut(position)) {
                setter.ty = ty;
            }
        }
        ty
    }

    fn shape_name(&self, name: &str) -> String {
        let rust = camel(name);
        if self.taken.contains(&rust) { format!("{rust}Value") } else { rust }
    }

    /// Attributes inside of properties, as shape and property.
    fn find_read_only(&self) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for path in &self.schema.read_only {
            let mut at: Option<(String, &Property)> = None;
            for segment in path.segments() {
                let Segment::Key(key) = segment else { continue };
                let next = match &at {
                    None => self.schema.properties.get(key),
                    Some((_, property)) => match &property.kind {
                        Kind::Object { properties, .. } => properties.get(key),
                        _ => None,
                    },
                };
                let Some(mut next) = next else { break };
                if let Some((parent, _)) = &at
                    && path.segments().last() == Some(segment)
                {
                    found.insert((parent.clone(), key.clone()));
                }
                let mut name = key.clone();
                loop {
                    match &next.kind {
                        Kind::Array(item) => next = item,
                        Kind::Reference(definition) => {
                            name.clone_from(definition);
                            next = self.schema.resolve(next);
                            if matches!(next.kind, Kind::Reference(_)) {
                                break;
                            }
                        }
                        _ => break,
                    }
                }
                at = Some((self.shape_name(&name), next));
            }
        }
        found
    }

    /// The attributes one level below a property: `Endpoint.Address` is `endpoint_address`.
    fn flattened(&mut self, property: &str, shape: &Property) -> Vec<Member> {
        let Kind::Object { properties, .. } = &self.schema.resolve(shape).kind else { return Vec::new() };
        let mut members = Vec::new();
        for (inner, shape) in properties {
            if self.schema.is_attribute(&Path::key(property).child(inner)) {
                let ty = self.rust_type(inner, shape, false);
                let docs = vec![described(inner, shape, self.schema)];
                let name = format!("{}_{}", snake(property), snake(inner).trim_end_matches('_'));
                members.push(Member { name, path: format!("{property}.{inner}"), ty, docs });
            }
        }
        members
    }
}

/// Service and name of a type token: `AWS::EC2::VPC` is EC2 and VPC, `vault_mount` is vault and mount.
pub fn split(token: &str) -> (&str, &str) {
    let parts: Vec<&str> = token.split("::").collect();
    match parts.as_slice() {
        [_, service, last] => (service, last),
        _ => token.split_once('_').unwrap_or((token, token)),
    }
}

/// Package and title of the crate that a type belongs to.
pub fn package(token: &str) -> (String, String) {
    let (service, _) = split(token);
    if token.starts_with("AWS::") {
        (format!("types-aws-{}", service.to_lowercase()), format!("AWS {service}"))
    } else {
        let title: String =
            service.chars().take(1).flat_map(char::to_uppercase).chain(service.chars().skip(1)).collect();
        (format!("types-{service}"), title)
    }
}

fn is_tag(definition: &str, properties: &BTreeMap<String, Property>) -> bool {
    definition.ends_with("Tag") && properties.keys().eq(["Key", "Value"])
}

fn described(name: &str, property: &Property, schema: &TypeSchema) -> String {
    let own =
        if property.description.is_empty() { &schema.resolve(property).description } else { &property.description };
    sentence(own, &format!("The `{name}` property."))
}

fn sentence(description: &str, otherwise: &str) -> String {
    let text = description.trim();
    match text {
        "" => otherwise.to_owned(),
        _ if text.ends_with(['.', '!', '?', '…']) => text.to_owned(),
        _ => format!("{}.", text.trim_end_matches([':', ',', ';'])),
    }
}

fn allowed(property: &Property) -> Option<String> {
    let Kind::String { allowed, .. } = &property.kind else { return None };
    let texts: Vec<String> = allowed.iter().take(12).map(|text| format!("`{text}`")).collect();
    let more = if allowed.len() > texts.len() { ", …" } else { "." };
    (!texts.is_empty()).then(|| format!("One of {}{more}", texts.join(", ")))
}
