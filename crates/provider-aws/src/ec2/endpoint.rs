//! `AWS::EC2::VPCEndpoint`.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{ResourceType, VpcEndpointType};
use ports::BoxFuture;
use value::{Map, Value};

use super::{filter, pairs, required, specification};
use crate::failure::{Result, of, once, refused};
use crate::kind::{IDS, Kind, Question, Wanted};
use crate::seen::{Seen, Stage};
use crate::site::Site;

pub(crate) struct Endpoint;

impl Kind for Endpoint {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "PrivateDnsEnabled",
            "RouteTableIds",
            "SecurityGroupIds",
            "ServiceName",
            "SubnetIds",
            "Tags",
            "VpcEndpointType",
            "VpcId",
        ]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        (IDS, id.to_owned())
    }

    fn looks_before(&self) -> bool {
        true
    }

    fn lingers(&self) -> bool {
        true
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let call = site.ec2.describe_vpc_endpoints();
            let call = match question.filter {
                IDS => call.set_vpc_endpoint_ids(Some(question.values.clone())),
                _ => call.filters(filter(question)),
            };
            let endpoints = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
            let endpoints = endpoints.map_err(of("DescribeVpcEndpoints"))?;
            let seen = endpoints.iter().filter_map(|endpoint| {
                // Answers differ in case.
                let state = endpoint.state().map(|state| state.as_str().to_lowercase()).unwrap_or_default();
                let stage = match state.as_str() {
                    "pending" => Stage::Coming,
                    "deleting" => Stage::Going,
                    "deleted" => return None,
                    "failed" | "rejected" | "expired" => {
                        let said = endpoint.last_error().and_then(|error| error.message()).unwrap_or(state.as_str());
                        Stage::Broken(said.to_owned())
                    }
                    _ => Stage::Ready,
                };
                let id = endpoint.vpc_endpoint_id();
                let groups = endpoint.groups().iter().filter_map(|group| group.group_id());
                let seen = Seen::new()
                    .set("Id", id)
                    .set("VpcId", endpoint.vpc_id())
                    .set("ServiceName", endpoint.service_name())
                    .set("VpcEndpointType", endpoint.vpc_endpoint_type().map(VpcEndpointType::as_str))
                    .set("PrivateDnsEnabled", endpoint.private_dns_enabled())
                    .list("RouteTableIds", endpoint.route_table_ids().iter().map(String::as_str))
                    .list("SubnetIds", endpoint.subnet_ids().iter().map(String::as_str))
                    .list("SecurityGroupIds", groups)
                    .list("NetworkInterfaceIds", endpoint.network_interface_ids().iter().map(String::as_str))
                    .list(
                        "DnsEntries",
                        endpoint
                            .dns_entries()
                            .iter()
                            .filter_map(|entry| Some(format!("{}:{}", entry.hosted_zone_id()?, entry.dns_name()?))),
                    );
                Some(seen.tagged(id, pairs(endpoint.tags())).at(stage))
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "CreateVpcEndpoint";
        Box::pin(async move {
            let kind = wanted.text("VpcEndpointType").map_or(VpcEndpointType::Gateway, |kind| kind.as_str().into());
            let call = site
                .once
                .ec2
                .create_vpc_endpoint()
                .set_vpc_id(wanted.text("VpcId"))
                .set_service_name(wanted.text("ServiceName"))
                .vpc_endpoint_type(kind)
                .set_private_dns_enabled(wanted.flag("PrivateDnsEnabled"))
                .set_route_table_ids(wanted.texts("RouteTableIds"))
                .set_subnet_ids(wanted.texts("SubnetIds"))
                .set_security_group_ids(wanted.texts("SecurityGroupIds"))
                .client_token(wanted.token)
                .tag_specifications(specification(ResourceType::VpcEndpoint, wanted.tags));
            let made = once(CALL, || call.clone().send()).await?;
            required(made.vpc_endpoint().and_then(|endpoint| endpoint.vpc_endpoint_id()), CALL, "id")
        })
    }

    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let names = ["RouteTableIds", "SubnetIds", "SecurityGroupIds"];
            let [tables, subnets, groups] = names.map(|name| moves(seen, wanted, name));
            let dns = wanted.flag("PrivateDnsEnabled");
            let dns = dns.filter(|dns| seen.properties.get("PrivateDnsEnabled").and_then(Value::as_bool) != Some(*dns));
            if dns.is_none() && [&tables, &subnets, &groups].iter().all(|moves| moves.is_empty()) {
                return Ok(false);
            }
            let call = site
                .ec2
                .modify_vpc_endpoint()
                .set_vpc_endpoint_id(seen.text("Id").map(str::to_owned))
                .set_add_route_table_ids(tables.added())
                .set_remove_route_table_ids(tables.removed())
                .set_add_subnet_ids(subnets.added())
                .set_remove_subnet_ids(subnets.removed())
                .set_add_security_group_ids(groups.added())
                .set_remove_security_group_ids(groups.removed())
                .set_private_dns_enabled(dns);
            call.send().await.map_err(of("ModifyVpcEndpoint"))?;
            Ok(true)
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        const CALL: &str = "DeleteVpcEndpoints";
        Box::pin(async move {
            let answer = site.ec2.delete_vpc_endpoints().vpc_endpoint_ids(id).send().await.map_err(of(CALL))?;
            // It says that all went well, and lists what did not.
            let Some(error) = answer.unsuccessful().iter().find_map(|item| item.error()) else { return Ok(()) };
            Err(refused(error.code().unwrap_or("Unknown"), format!("{CALL}: {}", error.message().unwrap_or_default())))
        })
    }
}

/// What a list gains and loses.
struct Moves {
    added: Vec<String>,
    removed: Vec<String>,
}

impl Moves {
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }

    fn added(&self) -> Option<Vec<String>> {
        (!self.added.is_empty()).then(|| self.added.clone())
    }

    fn removed(&self) -> Option<Vec<String>> {
        (!self.removed.is_empty()).then(|| self.removed.clone())
    }
}

/// What a list has to gain and to lose; nothing where the program says nothing of it, since the vendor may.
fn moves(seen: &Seen, wanted: Wanted<'_>, name: &str) -> Moves {
    let there = seen.properties.get(name).and_then(Value::as_list).unwrap_or_default();
    let there: BTreeSet<String> = there.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let Some(wanted) = wanted.texts(name) else { return Moves { added: Vec::new(), removed: Vec::new() } };
    let wanted: BTreeSet<String> = wanted.into_iter().collect();
    Moves { added: wanted.difference(&there).cloned().collect(), removed: there.difference(&wanted).cloned().collect() }
}
