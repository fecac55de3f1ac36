//! RDS: `AWS::RDS::DBSubnetGroup`. Through its own SDK: Cloud Control takes a minute for what this does at once.

use aws_sdk_rds::types::{DbSubnetGroup, Tag};
use ports::BoxFuture;
use value::{Map, Value};

use crate::failure::{Result, is_missing, of, once, without};
use crate::kind::{IDS, Kind, Question, Wanted};
use crate::seen::{Seen, Tags};
use crate::site::Site;

/// A group of subnets for databases. Its id is its name.
pub(crate) struct SubnetGroup;

impl Kind for SubnetGroup {
    fn properties(&self) -> &'static [&'static str] {
        &["DBSubnetGroupDescription", "DBSubnetGroupName", "SubnetIds", "Tags"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        (IDS, id.to_owned())
    }

    fn by_identity(&self, identity: &Map) -> Option<(&'static str, String)> {
        Some((IDS, identity.get("DBSubnetGroupName")?.as_str()?.to_owned()))
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let mut seen = Vec::new();
            for group in groups(site, question).await? {
                let arn = group.db_subnet_group_arn();
                let mut tags = Tags::new();
                if let Some(arn) = arn {
                    let answer = site.rds.list_tags_for_resource().resource_name(arn).send().await;
                    let answer = answer.map_err(of("ListTagsForResource"))?;
                    tags.extend(answer.tag_list().iter().map(|tag| {
                        (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned())
                    }));
                }
                seen.push(
                    Seen::new()
                        .set("DBSubnetGroupName", group.db_subnet_group_name())
                        .set("DBSubnetGroupDescription", group.db_subnet_group_description())
                        .set("DBSubnetGroupArn", arn)
                        .list("SubnetIds", group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()))
                        .tagged(arn, tags),
                );
            }
            Ok(seen)
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "CreateDBSubnetGroup";
        Box::pin(async move {
            let call = site
                .once
                .rds
                .create_db_subnet_group()
                .set_db_subnet_group_name(wanted.text("DBSubnetGroupName"))
                .set_db_subnet_group_description(wanted.text("DBSubnetGroupDescription"))
                .set_subnet_ids(wanted.texts("SubnetIds"))
                .set_tags(Some(wanted.tags.iter().map(tag).collect()));
            let made = once(CALL, || call.clone().send()).await?;
            let name = made.db_subnet_group().and_then(DbSubnetGroup::db_subnet_group_name);
            name.map(str::to_owned).ok_or_else(|| without(CALL, "name"))
        })
    }

    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let subnets = wanted.texts("SubnetIds").unwrap_or_default();
            let description = wanted.text("DBSubnetGroupDescription");
            if same(seen, &subnets) && seen.text("DBSubnetGroupDescription") == description.as_deref() {
                return Ok(false);
            }
            let call = site
                .rds
                .modify_db_subnet_group()
                .set_db_subnet_group_name(seen.text("DBSubnetGroupName").map(str::to_owned))
                .set_db_subnet_group_description(description)
                .set_subnet_ids(Some(subnets));
            call.send().await.map_err(of("ModifyDBSubnetGroup"))?;
            Ok(true)
        })
    }

    fn retag<'a>(&'a self, site: &'a Site, on: &'a str, hung: Tags, gone: Vec<String>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if !hung.is_empty() {
                let call = site.rds.add_tags_to_resource().resource_name(on);
                let done = call.set_tags(Some(hung.iter().map(tag).collect())).send().await;
                done.map_err(of("AddTagsToResource"))?;
            }
            if !gone.is_empty() {
                let call = site.rds.remove_tags_from_resource().resource_name(on);
                call.set_tag_keys(Some(gone)).send().await.map_err(of("RemoveTagsFromResource"))?;
            }
            Ok(())
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.rds.delete_db_subnet_group().db_subnet_group_name(id);
            call.send().await.map(drop).map_err(of("DeleteDBSubnetGroup"))
        })
    }
}

/// The groups of some names; the vendor tells of one or of all.
async fn groups(site: &Site, question: &Question) -> Result<Vec<DbSubnetGroup>> {
    let call = site.rds.describe_db_subnet_groups();
    let call = match question.values.as_slice() {
        [one] => call.db_subnet_group_name(one),
        _ => call,
    };
    let groups = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
    let groups = match groups.map_err(of("DescribeDBSubnetGroups")) {
        Err(error) if is_missing(&error) => Vec::new(),
        groups => groups?,
    };
    let named = |group: &DbSubnetGroup| {
        group.db_subnet_group_name().is_some_and(|name| question.values.iter().any(|value| value == name))
    };
    Ok(groups.into_iter().filter(named).collect())
}

/// Whether a group has these subnets, in whatever order.
pub(crate) fn same(seen: &Seen, subnets: &[String]) -> bool {
    let there = seen.properties.get("SubnetIds").and_then(Value::as_list).unwrap_or_default();
    let mut there: Vec<&str> = there.iter().filter_map(Value::as_str).collect();
    let mut subnets: Vec<&str> = subnets.iter().map(String::as_str).collect();
    there.sort_unstable();
    subnets.sort_unstable();
    there == subnets
}

fn tag((key, value): &(String, String)) -> Tag {
    Tag::builder().key(key).value(value).build()
}
