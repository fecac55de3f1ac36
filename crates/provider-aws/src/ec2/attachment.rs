//! `AWS::EC2::VPCGatewayAttachment`, of internet gateways.

use ports::BoxFuture;
use value::Map;

use super::filter;
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::Seen;
use crate::site::Site;

/// What ties an internet gateway to a VPC. Its id is the kind of gateway and the VPC.
pub(crate) struct Attachment;

/// What the vendor calls an attachment of an internet gateway.
const INTERNET: &str = "IGW";

impl Kind for Attachment {
    fn properties(&self) -> &'static [&'static str] {
        &["InternetGatewayId", "VpcId"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("attachment.vpc-id", id.split('|').nth(1).unwrap_or(id).to_owned())
    }

    fn by_identity(&self, identity: &Map) -> Option<(&'static str, String)> {
        Some(("attachment.vpc-id", identity.get("VpcId")?.as_str()?.to_owned()))
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let gateways = site.ec2.describe_internet_gateways().filters(filter(question)).into_paginator().items();
            let gateways = gateways.send().collect::<std::result::Result<Vec<_>, _>>().await;
            let gateways = gateways.map_err(of("DescribeInternetGateways"))?;
            let ties = gateways.iter().flat_map(|gateway| gateway.attachments().iter().map(move |tie| (gateway, tie)));
            let seen = ties.map(|(gateway, tie)| {
                Seen::new()
                    .set("AttachmentType", Some(INTERNET))
                    .set("VpcId", tie.vpc_id())
                    .set("InternetGatewayId", gateway.internet_gateway_id())
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let vpc = wanted.text("VpcId").unwrap_or_default();
            attach(site, &vpc, wanted.text("InternetGatewayId")).await?;
            Ok(format!("{INTERNET}|{vpc}"))
        })
    }

    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let gateway = wanted.text("InternetGatewayId");
            let (Some(vpc), Some(old)) = (seen.text("VpcId"), seen.text("InternetGatewayId")) else { return Ok(false) };
            if gateway.as_deref() == Some(old) {
                return Ok(false);
            }
            detach(site, vpc, old).await?;
            attach(site, vpc, gateway).await?;
            Ok(true)
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let vpc = id.split('|').nth(1).unwrap_or(id);
            let gateway = prior.get("InternetGatewayId").and_then(value::Value::as_str).unwrap_or_default();
            match detach(site, vpc, gateway).await {
                Err(error) if error.code == "Gateway.NotAttached" => Ok(()),
                done => done,
            }
        })
    }
}

async fn attach(site: &Site, vpc: &str, gateway: Option<String>) -> Result<()> {
    let call = site.once.ec2.attach_internet_gateway().vpc_id(vpc).set_internet_gateway_id(gateway);
    once("AttachInternetGateway", || call.clone().send()).await.map(drop)
}

async fn detach(site: &Site, vpc: &str, gateway: &str) -> Result<()> {
    let call = site.ec2.detach_internet_gateway().vpc_id(vpc).internet_gateway_id(gateway);
    call.send().await.map(drop).map_err(of("DetachInternetGateway"))
}
