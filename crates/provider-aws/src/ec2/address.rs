//! `AWS::EC2::EIP`.

use aws_sdk_ec2::types::{DomainType, ResourceType};
use ports::BoxFuture;
use value::Map;

use super::{filter, pairs, required, specification};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::Seen;
use crate::site::Site;

/// A public address. Its id is the address and the allocation.
pub(crate) struct Address;

impl Kind for Address {
    fn properties(&self) -> &'static [&'static str] {
        &["Domain", "NetworkBorderGroup", "PublicIpv4Pool", "Tags"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("allocation-id", allocation(id).to_owned())
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let answer = site.ec2.describe_addresses().filters(filter(question)).send().await;
            let answer = answer.map_err(of("DescribeAddresses"))?;
            let seen = answer.addresses().iter().map(|address| {
                Seen::new()
                    .set("PublicIp", address.public_ip())
                    .set("AllocationId", address.allocation_id())
                    .set("Domain", address.domain().map(DomainType::as_str))
                    .set("InstanceId", address.instance_id().filter(|id| !id.is_empty()))
                    .set("NetworkBorderGroup", address.network_border_group())
                    .set("PublicIpv4Pool", address.public_ipv4_pool())
                    .tagged(address.allocation_id(), pairs(address.tags()))
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "AllocateAddress";
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .allocate_address()
                .domain(DomainType::Vpc)
                .set_network_border_group(wanted.text("NetworkBorderGroup"))
                .set_public_ipv4_pool(wanted.text("PublicIpv4Pool"))
                .tag_specifications(specification(ResourceType::ElasticIp, wanted.tags));
            let made = once(CALL, || call.clone().send()).await?;
            let address = required(made.public_ip(), CALL, "address")?;
            Ok(format!("{address}|{}", required(made.allocation_id(), CALL, "allocation")?))
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.ec2.release_address().allocation_id(allocation(id));
            call.send().await.map(drop).map_err(of("ReleaseAddress"))
        })
    }
}

fn allocation(id: &str) -> &str {
    id.split('|').nth(1).unwrap_or(id)
}
