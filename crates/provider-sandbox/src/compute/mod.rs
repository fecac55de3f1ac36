//! What the vendor sets: ids, addresses, endpoints, names, ARNs.

mod azure;
mod balancing;
mod data;
mod ec2;
mod generic;
mod google;
mod renew;
mod services;

use std::collections::BTreeSet;

use schema::TypeSchema;
use value::{Map, Path, Value};

use crate::call::Call;
use crate::cidr;
use crate::ids::Ids;
use crate::object::{Key, Object};
use crate::place::Site;
use crate::shape;
use crate::world::World;

/// A made object.
pub(crate) struct Made {
    pub(crate) key: Key,
    pub(crate) inputs: Map,
    pub(crate) attributes: Map,
}

/// An object in the making.
struct Sheet<'a> {
    site: &'a Site,
    schema: &'a TypeSchema,
    ids: &'a Ids,
    inputs: &'a Map,
    attributes: Map,
}

impl Sheet<'_> {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.attributes.insert(name.to_owned(), value.into());
    }

    /// A given property, an attribute made so far, or the vendor's default.
    fn get(&self, name: &str) -> Option<&Value> {
        let given = self.inputs.get(name).or_else(|| self.attributes.get(name)).filter(|v| !v.is_null());
        given.or_else(|| self.schema.overlay.defaults.get(name))
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The name, which the vendor makes if none is given.
    fn name(&mut self, property: &str) -> String {
        if self.text(property).is_empty() {
            let base = self.schema.name.rsplit("::").next().unwrap_or_default().to_lowercase();
            let name = format!("{base}-{}", self.ids.hex(property, 12));
            self.set(property, name);
        }
        self.text(property).to_owned()
    }
}

/// Makes an object of the call's properties.
pub(crate) fn create(call: &Call<'_>, ids: &Ids) -> Made {
    let inputs = normalise(call.schema, call.inputs.clone());
    let attributes = made(call, ids, &inputs);
    let key = Key::new(call.ty(), call.site.scope(call.ty()), id(call.schema, ids, &inputs, &attributes));
    Made { key, inputs, attributes }
}

/// The attributes after an update.
pub(crate) fn update(call: &Call<'_>, current: &Object) -> Map {
    let ids = Ids::new(&current.token);
    // What is given now is no longer the vendor's to say, but for what stands among it.
    let within = |name: &str| {
        let mut inner = call.schema.read_only.iter().filter(|path| path.segments().len() > 1);
        inner.any(|path| path.first_key() == Some(name))
    };
    let kept = current.attributes.iter().filter(|(name, _)| !call.inputs.contains_key(*name) || within(name));
    let mut attributes: Map = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    let differs = |name: &&String| current.inputs.get(*name) != call.inputs.get(*name);
    let changed: BTreeSet<&str> =
        current.inputs.keys().chain(call.inputs.keys()).filter(differs).map(String::as_str).collect();
    let made = made(call, &ids, &call.inputs);
    let renewed = call.schema.overlay.renewed.keys().filter(|path| call.schema.is_renewed(path, &changed));
    for name in renewed.filter_map(Path::first_key) {
        let value = renew::renewed(attributes.remove(name).as_ref(), made.get(name));
        attributes.extend(value.map(|value| (name.to_owned(), value)));
    }
    let mut sheet = Sheet { site: call.site, schema: call.schema, ids: &ids, inputs: &call.inputs, attributes };
    predict(&mut sheet);
    sheet.attributes
}

/// The attributes of an object that is made of properties.
fn made(call: &Call<'_>, ids: &Ids, inputs: &Map) -> Map {
    let mut sheet = Sheet { site: call.site, schema: call.schema, ids, inputs, attributes: Map::new() };
    if let Some(name) = &call.schema.overlay.name {
        sheet.name(&name.property);
    }
    match call.ty().split("::").collect::<Vec<_>>()[..] {
        ["AWS", "EC2", ty] => ec2::make(call, ty, &mut sheet),
        ["AWS", "RDS" | "ElastiCache", ty] => data::make(ty, &mut sheet),
        ["AWS", "AutoScaling" | "ElasticLoadBalancingV2", ty] => balancing::make(ty, &mut sheet),
        ["AWS", service, ty] => services::make(service, ty, &mut sheet),
        _ if call.ty().starts_with("Microsoft.") => azure::make(call.ty(), &mut sheet),
        _ => google::make(call.ty(), &mut sheet),
    }
    predict(&mut sheet);
    generic::fill(&mut sheet);
    sheet.attributes
}

/// What the vendor rewrites in what it is given.
pub(crate) fn normalise(schema: &TypeSchema, mut inputs: Map) -> Map {
    let lower: &[&str] = match schema.name.as_str() {
        "AWS::EC2::VPC" | "AWS::EC2::Subnet" => {
            if let Some(Value::String(block)) = inputs.get_mut("CidrBlock")
                && let Some(cut) = cidr::cut4(block)
            {
                *block = cut.to_string();
            }
            &[]
        }
        "AWS::RDS::DBInstance" => &["DBInstanceIdentifier"],
        "AWS::RDS::DBSubnetGroup" => &["DBSubnetGroupName"],
        "AWS::RDS::DBParameterGroup" => &["DBParameterGroupName"],
        "AWS::ElastiCache::CacheCluster" => &["ClusterName"],
        "AWS::ElastiCache::ReplicationGroup" => &["ReplicationGroupId"],
        "AWS::ElastiCache::SubnetGroup" => &["CacheSubnetGroupName"],
        _ => &[],
    };
    for name in lower {
        if let Some(Value::String(text)) = inputs.get_mut(*name) {
            *text = text.to_lowercase();
        }
    }
    inputs
}

/// What a read gives, with what other objects do to this one.
pub(crate) fn observed(world: &World, schema: &TypeSchema, object: &Object) -> Map {
    let mut map = shape::observed(schema, object);
    if object.key.ty == "AWS::EC2::VPC" {
        let blocks: Vec<&Object> = world.users_of_type(&object.key, "AWS::EC2::VPCCidrBlock").collect();
        let six: Vec<Value> = blocks.iter().filter_map(|b| b.text("Ipv6CidrBlock")).map(Value::from).collect();
        map.insert("Ipv6CidrBlocks".into(), Value::List(six));
        let own = object.get("CidrBlockAssociations").and_then(Value::as_list).unwrap_or_default();
        let further = blocks.iter().filter(|b| b.text("CidrBlock").is_some()).filter_map(|b| b.text("Id"));
        let associations: Vec<Value> = own.iter().cloned().chain(further.map(Value::from)).collect();
        map.insert("CidrBlockAssociations".into(), Value::List(associations));
    }
    map
}

/// Sets what the overlay says can be told from properties.
fn predict(sheet: &mut Sheet<'_>) {
    for (attribute, template) in &sheet.schema.overlay.predict {
        if let Some(text) = expand(sheet, template) {
            sheet.set(attribute, text);
        }
    }
}

/// Puts properties into a template; `None` if one is not there.
fn expand(sheet: &Sheet<'_>, template: &str) -> Option<String> {
    let mut parts = template.split('{');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (place, rest) = part.split_once('}')?;
        match place {
            "account" => text.push_str(&sheet.site.place.account),
            "region" => text.push_str(&sheet.site.place.region),
            property => {
                let value = match property.parse::<value::Path>() {
                    Ok(path) if path.segments().len() > 1 => shape::at(sheet.inputs, &path),
                    _ => sheet.get(property),
                };
                match value? {
                    Value::String(given) => text.push_str(given),
                    Value::Int(number) => text.push_str(&number.to_string()),
                    _ => return None,
                }
            }
        }
        text.push_str(rest);
    }
    Some(text)
}

/// The parts of the primary identifier, joined as Cloud Control joins them.
fn id(schema: &TypeSchema, ids: &Ids, inputs: &Map, attributes: &Map) -> String {
    let part = |path: &value::Path| {
        let value = shape::at(attributes, path).or_else(|| shape::at(inputs, path))?;
        match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Int(number) => Some(number.to_string()),
            _ => None,
        }
    };
    let parts: Vec<String> = schema.primary_identifier.iter().filter_map(part).collect();
    if parts.is_empty() { ids.uuid("id") } else { parts.join("|") }
}
