//! `AWS::EC2::Subnet`.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{self, ResourceType, SubnetCidrBlockStateCode as Code, SubnetState};
use ports::BoxFuture;
use value::{Map, Value};

use super::{filter, pairs, required, specification, truth};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::{Seen, Stage};
use crate::site::Site;

pub(crate) struct Subnet;

impl Kind for Subnet {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "AssignIpv6AddressOnCreation",
            "AvailabilityZone",
            "AvailabilityZoneId",
            "CidrBlock",
            "EnableDns64",
            "Ipv6CidrBlock",
            "Ipv6Native",
            "MapPublicIpOnLaunch",
            "OutpostArn",
            "Tags",
            "VpcId",
        ]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("subnet-id", id.to_owned())
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let subnets = site.ec2.describe_subnets().filters(filter(question)).into_paginator().items().send();
            let subnets = subnets.collect::<std::result::Result<Vec<_>, _>>().await.map_err(of("DescribeSubnets"))?;
            let ids = subnets.iter().filter_map(|subnet| subnet.subnet_id().map(str::to_owned)).collect();
            let lists = lists(site, &Question { filter: "association.subnet-id", values: ids }).await?;
            let seen = subnets.iter().map(|subnet| {
                let six: Vec<&str> = subnet
                    .ipv6_cidr_block_association_set()
                    .iter()
                    .filter(|block| {
                        let code = block.ipv6_cidr_block_state().and_then(|state| state.state());
                        matches!(code, Some(Code::Associated | Code::Associating))
                    })
                    .filter_map(|block| block.ipv6_cidr_block())
                    .collect();
                let coming = subnet.state() == Some(&SubnetState::Pending);
                Seen::new()
                    .set("SubnetId", subnet.subnet_id())
                    .set("VpcId", subnet.vpc_id())
                    .set("CidrBlock", subnet.cidr_block())
                    .set("AvailabilityZone", subnet.availability_zone())
                    .set("AvailabilityZoneId", subnet.availability_zone_id())
                    .set("AssignIpv6AddressOnCreation", subnet.assign_ipv6_address_on_creation())
                    .set("EnableDns64", subnet.enable_dns64())
                    .set("MapPublicIpOnLaunch", subnet.map_public_ip_on_launch())
                    .set("Ipv6Native", subnet.ipv6_native())
                    .set("OutpostArn", subnet.outpost_arn())
                    .set("Ipv6CidrBlock", six.first().copied())
                    .list("Ipv6CidrBlocks", six)
                    .set("NetworkAclAssociationId", lists.get(subnet.subnet_id().unwrap_or_default()).cloned())
                    .tagged(subnet.subnet_id(), pairs(subnet.tags()))
                    .at(if coming { Stage::Coming } else { Stage::Ready })
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .create_subnet()
                .set_vpc_id(wanted.text("VpcId"))
                .set_cidr_block(wanted.text("CidrBlock"))
                .set_ipv6_cidr_block(wanted.text("Ipv6CidrBlock"))
                .set_availability_zone(wanted.text("AvailabilityZone"))
                .set_availability_zone_id(wanted.text("AvailabilityZoneId"))
                .set_ipv6_native(wanted.flag("Ipv6Native"))
                .set_outpost_arn(wanted.text("OutpostArn"))
                .tag_specifications(specification(ResourceType::Subnet, wanted.tags));
            let made = once("CreateSubnet", || call.clone().send()).await?;
            required(made.subnet().and_then(|subnet| subnet.subnet_id()), "CreateSubnet", "id")
        })
    }

    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        const CALL: &str = "ModifySubnetAttribute";
        Box::pin(async move {
            let id = seen.text("SubnetId").unwrap_or_default();
            let is = |name: &str| seen.properties.get(name).and_then(Value::as_bool).unwrap_or_default();
            let differs = |name: &str| {
                let value = wanted.flag(name).unwrap_or_default();
                (is(name) != value).then_some(truth(value))
            };
            let mut changed = block(site, id, seen, wanted).await?;
            // The vendor takes one at a time.
            if let Some(value) = differs("AssignIpv6AddressOnCreation") {
                let call = site.ec2.modify_subnet_attribute().subnet_id(id).assign_ipv6_address_on_creation(value);
                call.send().await.map_err(of(CALL))?;
                changed = true;
            }
            if let Some(value) = differs("MapPublicIpOnLaunch") {
                let call = site.ec2.modify_subnet_attribute().subnet_id(id).map_public_ip_on_launch(value);
                call.send().await.map_err(of(CALL))?;
                changed = true;
            }
            if let Some(value) = differs("EnableDns64") {
                let call = site.ec2.modify_subnet_attribute().subnet_id(id).enable_dns64(value);
                call.send().await.map_err(of(CALL))?;
                changed = true;
            }
            Ok(changed)
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(
            async move { site.ec2.delete_subnet().subnet_id(id).send().await.map(drop).map_err(of("DeleteSubnet")) },
        )
    }
}

/// Gives a subnet the IPv6 block that it is to have.
async fn block(site: &Site, id: &str, seen: &Seen, wanted: Wanted<'_>) -> Result<bool> {
    let block = wanted.text("Ipv6CidrBlock");
    if seen.text("Ipv6CidrBlock") == block.as_deref() {
        return Ok(false);
    }
    if let Some(old) = seen.text("Ipv6CidrBlock") {
        let subnets = site.ec2.describe_subnets().subnet_ids(id).send().await.map_err(of("DescribeSubnets"))?;
        let blocks = subnets.subnets().iter().flat_map(types::Subnet::ipv6_cidr_block_association_set);
        let found =
            blocks.filter(|block| block.ipv6_cidr_block() == Some(old)).find_map(|block| block.association_id());
        if let Some(association) = found {
            let call = site.ec2.disassociate_subnet_cidr_block().association_id(association);
            call.send().await.map_err(of("DisassociateSubnetCidrBlock"))?;
        }
    }
    if let Some(block) = block {
        let call = site.ec2.associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(block);
        call.send().await.map_err(of("AssociateSubnetCidrBlock"))?;
    }
    Ok(true)
}

/// By subnet, what ties it to its access list.
async fn lists(site: &Site, subnets: &Question) -> Result<BTreeMap<String, String>> {
    if subnets.values.is_empty() {
        return Ok(BTreeMap::new());
    }
    let lists = site.ec2.describe_network_acls().filters(filter(subnets)).into_paginator().items().send();
    let lists = lists.collect::<std::result::Result<Vec<_>, _>>().await.map_err(of("DescribeNetworkAcls"))?;
    let ties = lists.iter().flat_map(types::NetworkAcl::associations);
    let pair = |tie: &types::NetworkAclAssociation| {
        Some((tie.subnet_id()?.to_owned(), tie.network_acl_association_id()?.to_owned()))
    };
    Ok(ties.filter_map(pair).collect())
}
