//! `AWS::EC2::VPCPeeringConnection`, between VPCs of one account.

use aws_sdk_ec2::types::{ResourceType, VpcPeeringConnectionStateReasonCode as Code};
use ports::BoxFuture;
use value::Map;

use super::{filter, pairs, required, specification};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::{Seen, Stage};
use crate::site::Site;

pub(crate) struct Peering;

impl Kind for Peering {
    fn properties(&self) -> &'static [&'static str] {
        &["PeerOwnerId", "PeerRegion", "PeerVpcId", "Tags", "VpcId"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("vpc-peering-connection-id", id.to_owned())
    }

    fn lingers(&self) -> bool {
        true
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let all = site.ec2.describe_vpc_peering_connections().filters(filter(question)).into_paginator().items();
            let all = all.send().collect::<std::result::Result<Vec<_>, _>>().await;
            let all = all.map_err(of("DescribeVpcPeeringConnections"))?;
            let seen = all.iter().filter_map(|connection| {
                let status = connection.status();
                let said = || status.and_then(|status| status.message()).unwrap_or("it gave no reason").to_owned();
                let code = status.and_then(|status| status.code());
                let stage = match code {
                    Some(Code::InitiatingRequest | Code::Provisioning) => Stage::Coming,
                    Some(Code::Deleting) => Stage::Going,
                    // It is shown for hours.
                    Some(Code::Deleted) => return None,
                    Some(Code::Failed | Code::Rejected | Code::Expired) => Stage::Broken(said()),
                    _ => Stage::Ready,
                };
                let (one, other) = (connection.requester_vpc_info(), connection.accepter_vpc_info());
                let id = connection.vpc_peering_connection_id();
                let seen = Seen::new()
                    .set("Id", id)
                    .set("VpcId", one.and_then(|vpc| vpc.vpc_id()))
                    .set("PeerVpcId", other.and_then(|vpc| vpc.vpc_id()))
                    .set("PeerOwnerId", other.and_then(|vpc| vpc.owner_id()))
                    .set("PeerRegion", other.and_then(|vpc| vpc.region()))
                    .waiting(code == Some(&Code::PendingAcceptance));
                Some(seen.tagged(id, pairs(connection.tags())).at(stage))
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "CreateVpcPeeringConnection";
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .create_vpc_peering_connection()
                .set_vpc_id(wanted.text("VpcId"))
                .set_peer_vpc_id(wanted.text("PeerVpcId"))
                .set_peer_owner_id(wanted.text("PeerOwnerId"))
                .set_peer_region(wanted.text("PeerRegion"))
                .tag_specifications(specification(ResourceType::VpcPeeringConnection, wanted.tags));
            let made = once(CALL, || call.clone().send()).await?;
            let made = made.vpc_peering_connection();
            required(made.and_then(|connection| connection.vpc_peering_connection_id()), CALL, "id")
        })
    }

    /// Accepts the connection, as its other side.
    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, _wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        const CALL: &str = "AcceptVpcPeeringConnection";
        Box::pin(async move {
            if !seen.waits {
                return Ok(false);
            }
            let id = seen.text("Id").unwrap_or_default();
            site.ec2.accept_vpc_peering_connection().vpc_peering_connection_id(id).send().await.map_err(of(CALL))?;
            Ok(true)
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.ec2.delete_vpc_peering_connection().vpc_peering_connection_id(id);
            call.send().await.map(drop).map_err(of("DeleteVpcPeeringConnection"))
        })
    }
}
