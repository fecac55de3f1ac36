//! `AWS::EC2::VPC`.

use aws_sdk_ec2::types::{
    AttributeBooleanValue, ResourceType, Tenancy, VpcAttributeName, VpcCidrBlockStateCode, VpcState, VpcTenancy,
};
use ports::BoxFuture;
use value::{Map, Value};

use super::{filter, only, pairs, required, specification, truth};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::{Seen, Stage};
use crate::site::Site;

pub(crate) struct Vpc;

impl Kind for Vpc {
    fn properties(&self) -> &'static [&'static str] {
        &["CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("vpc-id", id.to_owned())
    }

    fn by_identity(&self, identity: &Map) -> Option<(&'static str, String)> {
        Some(("cidr", identity.get("CidrBlock")?.as_str()?.to_owned()))
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let vpcs = site.ec2.describe_vpcs().filters(filter(question)).into_paginator().items().send();
            let vpcs = vpcs.collect::<std::result::Result<Vec<_>, _>>().await.map_err(of("DescribeVpcs"))?;
            let ids: Vec<String> = vpcs.iter().filter_map(|vpc| vpc.vpc_id().map(str::to_owned)).collect();
            let of_these = Question { filter: "vpc-id", values: ids };
            let (groups, lists) = defaults(site, &of_these).await?;
            let mut seen = Vec::new();
            for vpc in vpcs {
                let id = vpc.vpc_id().unwrap_or_default();
                let blocks = vpc.cidr_block_association_set().iter().filter(|block| {
                    let code = block.cidr_block_state().and_then(|state| state.state());
                    code == Some(&VpcCidrBlockStateCode::Associated)
                });
                let six = vpc.ipv6_cidr_block_association_set().iter().filter(|block| {
                    let code = block.ipv6_cidr_block_state().and_then(|state| state.state());
                    code == Some(&VpcCidrBlockStateCode::Associated)
                });
                let of_this = |pairs: &[(String, String)]| {
                    pairs.iter().find(|(vpc, _)| vpc == id).map(|(_, found)| found.clone())
                };
                let coming = vpc.state() == Some(&VpcState::Pending);
                seen.push(
                    Seen::new()
                        .set("VpcId", vpc.vpc_id())
                        .set("CidrBlock", vpc.cidr_block())
                        .set("InstanceTenancy", vpc.instance_tenancy().map(Tenancy::as_str))
                        .set("EnableDnsSupport", Some(attribute(site, id, VpcAttributeName::EnableDnsSupport).await?))
                        .set(
                            "EnableDnsHostnames",
                            Some(attribute(site, id, VpcAttributeName::EnableDnsHostnames).await?),
                        )
                        .list("CidrBlockAssociations", blocks.filter_map(|block| block.association_id()))
                        .list("Ipv6CidrBlocks", six.filter_map(|block| block.ipv6_cidr_block()))
                        .set("DefaultSecurityGroup", of_this(&groups))
                        .set("DefaultNetworkAcl", of_this(&lists))
                        .tagged(vpc.vpc_id(), pairs(vpc.tags()))
                        .at(if coming { Stage::Coming } else { Stage::Ready }),
                );
            }
            Ok(seen)
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .create_vpc()
                .set_cidr_block(wanted.text("CidrBlock"))
                .set_instance_tenancy(wanted.text("InstanceTenancy").map(|tenancy| Tenancy::from(tenancy.as_str())))
                .tag_specifications(specification(ResourceType::Vpc, wanted.tags));
            let made = once("CreateVpc", || call.clone().send()).await?;
            required(made.vpc().and_then(|vpc| vpc.vpc_id()), "CreateVpc", "id")
        })
    }

    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let id = seen.text("VpcId").unwrap_or_default();
            let is = |name: &str| seen.properties.get(name).and_then(Value::as_bool);
            let mut changed = false;
            let support = wanted.flag("EnableDnsSupport").unwrap_or(true);
            if is("EnableDnsSupport") != Some(support) {
                let call = site.ec2.modify_vpc_attribute().vpc_id(id).enable_dns_support(truth(support));
                call.send().await.map_err(of("ModifyVpcAttribute"))?;
                changed = true;
            }
            let names = wanted.flag("EnableDnsHostnames").unwrap_or(false);
            if is("EnableDnsHostnames") != Some(names) {
                let call = site.ec2.modify_vpc_attribute().vpc_id(id).enable_dns_hostnames(truth(names));
                call.send().await.map_err(of("ModifyVpcAttribute"))?;
                changed = true;
            }
            let tenancy = wanted.text("InstanceTenancy").unwrap_or_else(|| "default".to_owned());
            if seen.text("InstanceTenancy") != Some(&tenancy) {
                let tenancy = VpcTenancy::from(tenancy.as_str());
                let call = site.ec2.modify_vpc_tenancy().vpc_id(id).instance_tenancy(tenancy);
                call.send().await.map_err(of("ModifyVpcTenancy"))?;
                changed = true;
            }
            Ok(changed)
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { site.ec2.delete_vpc().vpc_id(id).send().await.map(drop).map_err(of("DeleteVpc")) })
    }
}

/// Pairs of a VPC and an object that belongs to it.
type Pairs = Vec<(String, String)>;

/// The security group and the access list that each VPC is born with.
async fn defaults(site: &Site, vpcs: &Question) -> Result<(Pairs, Pairs)> {
    if vpcs.values.is_empty() {
        return Ok(Default::default());
    }
    let groups = site.ec2.describe_security_groups().filters(filter(vpcs)).filters(only("group-name", "default"));
    let groups = groups.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
    let groups = groups.map_err(of("DescribeSecurityGroups"))?;
    let lists = site.ec2.describe_network_acls().filters(filter(vpcs)).filters(only("default", "true"));
    let lists = lists.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
    let lists = lists.map_err(of("DescribeNetworkAcls"))?;
    let pair = |vpc: Option<&str>, id: Option<&str>| Some((vpc?.to_owned(), id?.to_owned()));
    let groups = groups.iter().filter_map(|group| pair(group.vpc_id(), group.group_id())).collect();
    let lists = lists.iter().filter_map(|list| pair(list.vpc_id(), list.network_acl_id())).collect();
    Ok((groups, lists))
}

/// One of the truths that the vendor tells one at a time.
async fn attribute(site: &Site, vpc: &str, name: VpcAttributeName) -> Result<bool> {
    let support = name == VpcAttributeName::EnableDnsSupport;
    let answer = site.ec2.describe_vpc_attribute().vpc_id(vpc).attribute(name).send().await;
    let answer = answer.map_err(of("DescribeVpcAttribute"))?;
    let value = if support { answer.enable_dns_support() } else { answer.enable_dns_hostnames() };
    Ok(value.and_then(AttributeBooleanValue::value).unwrap_or_default())
}
