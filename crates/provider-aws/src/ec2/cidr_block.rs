//! `AWS::EC2::VPCCidrBlock`.

use aws_sdk_ec2::types::{IpSource, Ipv6AddressAttribute, VpcCidrBlockState, VpcCidrBlockStateCode as Code};
use ports::BoxFuture;
use value::Map;

use super::{filter, required};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::{Seen, Stage};
use crate::site::Site;

/// What the vendor calls its own pool of addresses.
const AMAZON: &str = "Amazon";

/// A further block of a VPC. Its id is the association and the VPC.
pub(crate) struct CidrBlock;

impl Kind for CidrBlock {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "AmazonProvidedIpv6CidrBlock",
            "CidrBlock",
            "Ipv6CidrBlock",
            "Ipv6CidrBlockNetworkBorderGroup",
            "Ipv6Pool",
            "VpcId",
        ]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("vpc-id", id.split('|').nth(1).unwrap_or(id).to_owned())
    }

    fn by_identity(&self, identity: &Map) -> Option<(&'static str, String)> {
        Some(("vpc-id", identity.get("VpcId")?.as_str()?.to_owned()))
    }

    fn lingers(&self) -> bool {
        true
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let vpcs = site.ec2.describe_vpcs().filters(filter(question)).into_paginator().items().send();
            let vpcs = vpcs.collect::<std::result::Result<Vec<_>, _>>().await.map_err(of("DescribeVpcs"))?;
            let mut seen = Vec::new();
            for vpc in vpcs {
                for block in vpc.ipv6_cidr_block_association_set() {
                    let Some(stage) = stage(block.ipv6_cidr_block_state()) else { continue };
                    let pool = block.ipv6_pool();
                    let amazon = pool == Some(AMAZON);
                    seen.push(
                        Seen::new()
                            .set("VpcId", vpc.vpc_id())
                            .set("Id", block.association_id())
                            .set("Ipv6CidrBlock", block.ipv6_cidr_block())
                            .set("AmazonProvidedIpv6CidrBlock", amazon.then_some(true))
                            .set("Ipv6Pool", pool.filter(|_| !amazon))
                            .set("Ipv6CidrBlockNetworkBorderGroup", block.network_border_group())
                            .set(
                                "Ipv6AddressAttribute",
                                block.ipv6_address_attribute().map(Ipv6AddressAttribute::as_str),
                            )
                            .set("IpSource", block.ip_source().map(IpSource::as_str))
                            .at(stage),
                    );
                }
                // The first block is the VPC's own.
                let further = vpc.cidr_block_association_set().iter().filter(|it| it.cidr_block() != vpc.cidr_block());
                for block in further {
                    let Some(stage) = stage(block.cidr_block_state()) else { continue };
                    seen.push(
                        Seen::new()
                            .set("VpcId", vpc.vpc_id())
                            .set("Id", block.association_id())
                            .set("CidrBlock", block.cidr_block())
                            .at(stage),
                    );
                }
            }
            Ok(seen)
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "AssociateVpcCidrBlock";
        Box::pin(async move {
            let vpc = wanted.text("VpcId").unwrap_or_default();
            let call = site
                .once
                .ec2
                .associate_vpc_cidr_block()
                .vpc_id(&vpc)
                .set_cidr_block(wanted.text("CidrBlock"))
                .set_amazon_provided_ipv6_cidr_block(wanted.flag("AmazonProvidedIpv6CidrBlock"))
                .set_ipv6_cidr_block(wanted.text("Ipv6CidrBlock"))
                .set_ipv6_pool(wanted.text("Ipv6Pool"))
                .set_ipv6_cidr_block_network_border_group(wanted.text("Ipv6CidrBlockNetworkBorderGroup"));
            let made = once(CALL, || call.clone().send()).await?;
            let six = made.ipv6_cidr_block_association().and_then(|block| block.association_id());
            let four = made.cidr_block_association().and_then(|block| block.association_id());
            Ok(format!("{}|{vpc}", required(six.or(four), CALL, "association")?))
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let association = id.split('|').next().unwrap_or(id);
            let call = site.ec2.disassociate_vpc_cidr_block().association_id(association);
            call.send().await.map(drop).map_err(of("DisassociateVpcCidrBlock"))
        })
    }
}

/// How far an association is; `None` = it is gone.
fn stage(state: Option<&VpcCidrBlockState>) -> Option<Stage> {
    let message = || state.and_then(|state| state.status_message()).unwrap_or("it failed").to_owned();
    match state.and_then(|state| state.state()) {
        Some(Code::Associating) => Some(Stage::Coming),
        Some(Code::Disassociating) => Some(Stage::Going),
        Some(Code::Disassociated) => None,
        Some(Code::Failed | Code::Failing) => Some(Stage::Broken(message())),
        _ => Some(Stage::Ready),
    }
}
