//! `AWS::EC2::EgressOnlyInternetGateway`.

use aws_sdk_ec2::types::{AttachmentStatus, ResourceType};
use ports::BoxFuture;
use value::Map;

use super::{filter, pairs, required, specification};
use crate::failure::{Result, of, once};
use crate::kind::{IDS, Kind, Question, Wanted};
use crate::seen::{Seen, Stage};
use crate::site::Site;

pub(crate) struct EgressGateway;

impl Kind for EgressGateway {
    fn properties(&self) -> &'static [&'static str] {
        &["Tags", "VpcId"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        (IDS, id.to_owned())
    }

    fn looks_before(&self) -> bool {
        true
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let call = site.ec2.describe_egress_only_internet_gateways();
            let call = match question.filter {
                IDS => call.set_egress_only_internet_gateway_ids(Some(question.values.clone())),
                _ => call.filters(filter(question)),
            };
            let gateways = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
            let gateways = gateways.map_err(of("DescribeEgressOnlyInternetGateways"))?;
            let seen = gateways.iter().map(|gateway| {
                let id = gateway.egress_only_internet_gateway_id();
                let tie = gateway.attachments().first();
                let coming = tie.and_then(|tie| tie.state()) == Some(&AttachmentStatus::Attaching);
                Seen::new()
                    .set("Id", id)
                    .set("VpcId", tie.and_then(|tie| tie.vpc_id()))
                    .tagged(id, pairs(gateway.tags()))
                    .at(if coming { Stage::Coming } else { Stage::Ready })
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "CreateEgressOnlyInternetGateway";
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .create_egress_only_internet_gateway()
                .set_vpc_id(wanted.text("VpcId"))
                .client_token(wanted.token)
                .tag_specifications(specification(ResourceType::EgressOnlyInternetGateway, wanted.tags));
            let made = once(CALL, || call.clone().send()).await?;
            let made = made.egress_only_internet_gateway();
            required(made.and_then(|gateway| gateway.egress_only_internet_gateway_id()), CALL, "id")
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.ec2.delete_egress_only_internet_gateway().egress_only_internet_gateway_id(id);
            call.send().await.map(drop).map_err(of("DeleteEgressOnlyInternetGateway"))
        })
    }
}
