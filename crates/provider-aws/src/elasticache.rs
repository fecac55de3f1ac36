//! `ElastiCache`: `AWS::ElastiCache::SubnetGroup`. Through its own SDK: Cloud Control takes a minute for what this does at once.

use aws_sdk_elasticache::types::{CacheSubnetGroup, Tag};
use ports::BoxFuture;
use value::Map;

use crate::failure::{Result, is_missing, of, once, without};
use crate::kind::{IDS, Kind, Question, Wanted};
use crate::rds::same;
use crate::seen::{Seen, Tags};
use crate::site::Site;

/// A group of subnets for caches. Its id is its name.
pub(crate) struct SubnetGroup;

impl Kind for SubnetGroup {
    fn properties(&self) -> &'static [&'static str] {
        &["Description", "CacheSubnetGroupName", "SubnetIds", "Tags"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        (IDS, id.to_owned())
    }

    fn by_identity(&self, identity: &Map) -> Option<(&'static str, String)> {
        Some((IDS, identity.get("CacheSubnetGroupName")?.as_str()?.to_owned()))
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let mut seen = Vec::new();
            for group in groups(site, question).await? {
                let arn = group.arn();
                let mut tags = Tags::new();
                if let Some(arn) = arn {
                    let answer = site.cache.list_tags_for_resource().resource_name(arn).send().await;
                    let answer = answer.map_err(of("ListTagsForResource"))?;
                    tags.extend(answer.tag_list().iter().map(|tag| {
                        (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned())
                    }));
                }
                seen.push(
                    Seen::new()
                        .set("CacheSubnetGroupName", group.cache_subnet_group_name())
                        .set("Description", group.cache_subnet_group_description())
                        .list("SubnetIds", group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()))
                        .tagged(arn, tags),
                );
            }
            Ok(seen)
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "CreateCacheSubnetGroup";
        Box::pin(async move {
            let call = site
                .once
                .cache
                .create_cache_subnet_group()
                .set_cache_subnet_group_name(wanted.text("CacheSubnetGroupName"))
                .set_cache_subnet_group_description(wanted.text("Description"))
                .set_subnet_ids(wanted.texts("SubnetIds"))
                .set_tags(Some(wanted.tags.iter().map(tag).collect()));
            let made = once(CALL, || call.clone().send()).await?;
            let name = made.cache_subnet_group().and_then(CacheSubnetGroup::cache_subnet_group_name);
            name.map(str::to_owned).ok_or_else(|| without(CALL, "name"))
        })
    }

    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let subnets = wanted.texts("SubnetIds").unwrap_or_default();
            let description = wanted.text("Description");
            if same(seen, &subnets) && seen.text("Description") == description.as_deref() {
                return Ok(false);
            }
            let call = site
                .cache
                .modify_cache_subnet_group()
                .set_cache_subnet_group_name(seen.text("CacheSubnetGroupName").map(str::to_owned))
                .set_cache_subnet_group_description(description)
                .set_subnet_ids(Some(subnets));
            call.send().await.map_err(of("ModifyCacheSubnetGroup"))?;
            Ok(true)
        })
    }

    fn retag<'a>(&'a self, site: &'a Site, on: &'a str, hung: Tags, gone: Vec<String>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if !hung.is_empty() {
                let call = site.cache.add_tags_to_resource().resource_name(on);
                let done = call.set_tags(Some(hung.iter().map(tag).collect())).send().await;
                done.map_err(of("AddTagsToResource"))?;
            }
            if !gone.is_empty() {
                let call = site.cache.remove_tags_from_resource().resource_name(on);
                call.set_tag_keys(Some(gone)).send().await.map_err(of("RemoveTagsFromResource"))?;
            }
            Ok(())
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.cache.delete_cache_subnet_group().cache_subnet_group_name(id);
            call.send().await.map(drop).map_err(of("DeleteCacheSubnetGroup"))
        })
    }
}

/// The groups of some names; the vendor tells of one or of all.
async fn groups(site: &Site, question: &Question) -> Result<Vec<CacheSubnetGroup>> {
    let call = site.cache.describe_cache_subnet_groups();
    let call = match question.values.as_slice() {
        [one] => call.cache_subnet_group_name(one),
        _ => call,
    };
    let groups = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
    let groups = match groups.map_err(of("DescribeCacheSubnetGroups")) {
        Err(error) if is_missing(&error) => Vec::new(),
        groups => groups?,
    };
    let named = |group: &CacheSubnetGroup| {
        group.cache_subnet_group_name().is_some_and(|name| question.values.iter().any(|value| value == name))
    };
    Ok(groups.into_iter().filter(named).collect())
}

fn tag((key, value): &(String, String)) -> Tag {
    Tag::builder().key(key).value(value).build()
}
