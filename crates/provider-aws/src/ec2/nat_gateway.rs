//! `AWS::EC2::NatGateway`.

use aws_sdk_ec2::types::{ConnectivityType, NatGatewayState as State, ResourceType};
use ports::BoxFuture;
use value::Map;

use super::{filter, pairs, required, specification};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::{Seen, Stage};
use crate::site::Site;

pub(crate) struct NatGateway;

impl Kind for NatGateway {
    fn properties(&self) -> &'static [&'static str] {
        &["AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId", "Tags", "VpcId"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("nat-gateway-id", id.to_owned())
    }

    fn looks_before(&self) -> bool {
        true
    }

    fn lingers(&self) -> bool {
        true
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let gateways = site.ec2.describe_nat_gateways().filter(filter(question)).into_paginator().items().send();
            let gateways = gateways.collect::<std::result::Result<Vec<_>, _>>().await;
            let gateways = gateways.map_err(of("DescribeNatGateways"))?;
            let seen = gateways.iter().filter_map(|gateway| {
                let stage = match gateway.state() {
                    Some(State::Pending) => Stage::Coming,
                    Some(State::Deleting) => Stage::Going,
                    // It is shown for an hour.
                    Some(State::Deleted) => return None,
                    Some(State::Failed) => {
                        let (code, said) = (gateway.failure_code(), gateway.failure_message());
                        Stage::Broken(format!("{}: {}", code.unwrap_or("Failed"), said.unwrap_or("it gave no reason")))
                    }
                    _ => Stage::Ready,
                };
                let addresses = gateway.nat_gateway_addresses();
                let first = addresses.iter().find(|it| it.is_primary() == Some(true)).or_else(|| addresses.first());
                let id = gateway.nat_gateway_id();
                let seen = Seen::new()
                    .set("NatGatewayId", id)
                    .set("SubnetId", gateway.subnet_id())
                    .set("VpcId", gateway.vpc_id())
                    .set("ConnectivityType", gateway.connectivity_type().map(ConnectivityType::as_str))
                    .set("AllocationId", first.and_then(|address| address.allocation_id()))
                    .set("PrivateIpAddress", first.and_then(|address| address.private_ip()))
                    .set("EniId", first.and_then(|address| address.network_interface_id()));
                Some(seen.tagged(id, pairs(gateway.tags())).at(stage))
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "CreateNatGateway";
        Box::pin(async move {
            let kind = wanted.text("ConnectivityType").map(|kind| ConnectivityType::from(kind.as_str()));
            let call = site
                .once
                .ec2
                .create_nat_gateway()
                .set_allocation_id(wanted.text("AllocationId"))
                .set_connectivity_type(kind)
                .set_private_ip_address(wanted.text("PrivateIpAddress"))
                .set_subnet_id(wanted.text("SubnetId"))
                .client_token(wanted.token)
                .tag_specifications(specification(ResourceType::Natgateway, wanted.tags));
            let made = once(CALL, || call.clone().send()).await?;
            required(made.nat_gateway().and_then(|gateway| gateway.nat_gateway_id()), CALL, "id")
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.ec2.delete_nat_gateway().nat_gateway_id(id);
            call.send().await.map(drop).map_err(of("DeleteNatGateway"))
        })
    }
}
