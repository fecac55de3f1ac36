//! EC2: networks and what is in them.

pub(crate) mod address;
pub(crate) mod association;
pub(crate) mod attachment;
pub(crate) mod cidr_block;
pub(crate) mod egress_gateway;
pub(crate) mod endpoint;
pub(crate) mod internet_gateway;
pub(crate) mod nat_gateway;
pub(crate) mod peering;
pub(crate) mod route;
pub(crate) mod route_table;
pub(crate) mod rules;
pub(crate) mod security_group;
pub(crate) mod subnet;
pub(crate) mod vpc;

use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tag, TagSpecification};

use crate::failure::{Result, of, without};
use crate::kind::Question;
use crate::seen::Tags;
use crate::site::Site;

/// A question as a filter.
fn filter(question: &Question) -> Filter {
    Filter::builder().name(question.filter).set_values(Some(question.values.clone())).build()
}

/// A filter of one value.
fn only(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The tags that an object is made with.
fn specification(ty: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(ty).set_tags(Some(tags.iter().map(tag).collect())).build()
}

fn tag((key, value): &(String, String)) -> Tag {
    Tag::builder().key(key).value(value).build()
}

/// Tags as the vendor answers them.
fn pairs(tags: &[Tag]) -> impl Iterator<Item = (String, String)> {
    tags.iter().map(|tag| (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned()))
}

/// A truth as modifying calls take it.
fn truth(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

/// What an answer must have.
fn required(value: Option<&str>, call: &str, what: &str) -> Result<String> {
    value.map(str::to_owned).ok_or_else(|| without(call, what))
}

/// Hangs tags on an object and takes others off.
pub(crate) async fn retag(site: &Site, on: &str, hung: Tags, gone: Vec<String>) -> Result<()> {
    if !hung.is_empty() {
        let tags = hung.iter().map(tag).collect();
        site.ec2.create_tags().resources(on).set_tags(Some(tags)).send().await.map_err(of("CreateTags"))?;
    }
    if !gone.is_empty() {
        let tags = gone.into_iter().map(|key| Tag::builder().key(key).build()).collect();
        site.ec2.delete_tags().resources(on).set_tags(Some(tags)).send().await.map_err(of("DeleteTags"))?;
    }
    Ok(())
}
