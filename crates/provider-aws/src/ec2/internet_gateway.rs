//! `AWS::EC2::InternetGateway`.

use aws_sdk_ec2::types::ResourceType;
use ports::BoxFuture;
use value::Map;

use super::{filter, pairs, required, specification};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::Seen;
use crate::site::Site;

pub(crate) struct InternetGateway;

impl Kind for InternetGateway {
    fn properties(&self) -> &'static [&'static str] {
        &["Tags"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("internet-gateway-id", id.to_owned())
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let gateways = site.ec2.describe_internet_gateways().filters(filter(question)).into_paginator().items();
            let gateways = gateways.send().collect::<std::result::Result<Vec<_>, _>>().await;
            let gateways = gateways.map_err(of("DescribeInternetGateways"))?;
            let seen = gateways.iter().map(|gateway| {
                let id = gateway.internet_gateway_id();
                Seen::new().set("InternetGatewayId", id).tagged(id, pairs(gateway.tags()))
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "CreateInternetGateway";
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .create_internet_gateway()
                .tag_specifications(specification(ResourceType::InternetGateway, wanted.tags));
            let made = once(CALL, || call.clone().send()).await?;
            required(made.internet_gateway().and_then(|gateway| gateway.internet_gateway_id()), CALL, "id")
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.ec2.delete_internet_gateway().internet_gateway_id(id);
            call.send().await.map(drop).map_err(of("DeleteInternetGateway"))
        })
    }
}
