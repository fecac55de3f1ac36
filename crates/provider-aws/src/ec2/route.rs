//! `AWS::EC2::Route`.

use aws_sdk_ec2::types::RouteOrigin;
use ports::BoxFuture;
use value::Map;

use super::route_table::tables;
use crate::failure::{Result, of, once, refused};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::Seen;
use crate::site::Site;

/// A route. Its id is the table and where it leads.
pub(crate) struct Route;

/// The properties that say where a route leads to; one of them is given.
const DESTINATIONS: [&str; 3] = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];

/// The properties that say what it leads through.
const TARGETS: [&str; 11] = [
    "CarrierGatewayId",
    "CoreNetworkArn",
    "EgressOnlyInternetGatewayId",
    "GatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
];

impl Kind for Route {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "RouteTableId",
            "DestinationCidrBlock",
            "DestinationIpv6CidrBlock",
            "DestinationPrefixListId",
            "CarrierGatewayId",
            "CoreNetworkArn",
            "EgressOnlyInternetGatewayId",
            "GatewayId",
            "InstanceId",
            "LocalGatewayId",
            "NatGatewayId",
            "NetworkInterfaceId",
            "TransitGatewayId",
            "VpcEndpointId",
            "VpcPeeringConnectionId",
        ]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("route-table-id", id.split('|').next().unwrap_or(id).to_owned())
    }

    fn by_identity(&self, identity: &Map) -> Option<(&'static str, String)> {
        Some(("route-table-id", identity.get("RouteTableId")?.as_str()?.to_owned()))
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let tables = tables(site, question).await?;
            let routes = tables.iter().flat_map(|table| table.routes().iter().map(move |route| (table, route)));
            // The others come and go with the table.
            let made = routes.filter(|(_, route)| route.origin() == Some(&RouteOrigin::CreateRoute));
            let seen = made.map(|(table, route)| {
                let (four, six) = (route.destination_cidr_block(), route.destination_ipv6_cidr_block());
                let list = route.destination_prefix_list_id();
                // An endpoint that balances is answered as a gateway.
                let gateway = route.gateway_id();
                let endpoint = gateway.filter(|id| id.starts_with("vpce-"));
                Seen::new()
                    .set("RouteTableId", table.route_table_id())
                    .set("CidrBlock", four.or(six).or(list))
                    .set("DestinationCidrBlock", four)
                    .set("DestinationIpv6CidrBlock", six)
                    .set("DestinationPrefixListId", list)
                    .set("CarrierGatewayId", route.carrier_gateway_id())
                    .set("CoreNetworkArn", route.core_network_arn())
                    .set("EgressOnlyInternetGatewayId", route.egress_only_internet_gateway_id())
                    .set("GatewayId", gateway.filter(|_| endpoint.is_none()))
                    .set("VpcEndpointId", endpoint)
                    .set("InstanceId", route.instance_id())
                    .set("LocalGatewayId", route.local_gateway_id())
                    .set("NatGatewayId", route.nat_gateway_id())
                    .set("NetworkInterfaceId", route.network_interface_id())
                    .set("TransitGatewayId", route.transit_gateway_id())
                    .set("VpcPeeringConnectionId", route.vpc_peering_connection_id())
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let table = wanted.text("RouteTableId").unwrap_or_default();
            let destination = DESTINATIONS.iter().find_map(|name| wanted.text(name));
            let destination = destination.ok_or_else(|| refused("MissingParameter", "a route leads somewhere"))?;
            let call = site
                .once
                .ec2
                .create_route()
                .route_table_id(&table)
                .set_destination_cidr_block(wanted.text("DestinationCidrBlock"))
                .set_destination_ipv6_cidr_block(wanted.text("DestinationIpv6CidrBlock"))
                .set_destination_prefix_list_id(wanted.text("DestinationPrefixListId"))
                .set_carrier_gateway_id(wanted.text("CarrierGatewayId"))
                .set_core_network_arn(wanted.text("CoreNetworkArn"))
                .set_egress_only_internet_gateway_id(wanted.text("EgressOnlyInternetGatewayId"))
                .set_gateway_id(wanted.text("GatewayId"))
                .set_instance_id(wanted.text("InstanceId"))
                .set_local_gateway_id(wanted.text("LocalGatewayId"))
                .set_nat_gateway_id(wanted.text("NatGatewayId"))
                .set_network_interface_id(wanted.text("NetworkInterfaceId"))
                .set_transit_gateway_id(wanted.text("TransitGatewayId"))
                .set_vpc_endpoint_id(wanted.text("VpcEndpointId"))
                .set_vpc_peering_connection_id(wanted.text("VpcPeeringConnectionId"));
            once("CreateRoute", || call.clone().send()).await?;
            Ok(format!("{table}|{destination}"))
        })
    }

    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            // What the program does not name the vendor may: a NAT gateway's interface, an instance's.
            let named = TARGETS.iter().filter_map(|name| Some((name, wanted.text(name)?)));
            if named.into_iter().all(|(name, target)| seen.text(name) == Some(&target)) {
                return Ok(false);
            }
            let call = site
                .ec2
                .replace_route()
                .set_route_table_id(wanted.text("RouteTableId"))
                .set_destination_cidr_block(wanted.text("DestinationCidrBlock"))
                .set_destination_ipv6_cidr_block(wanted.text("DestinationIpv6CidrBlock"))
                .set_destination_prefix_list_id(wanted.text("DestinationPrefixListId"))
                .set_carrier_gateway_id(wanted.text("CarrierGatewayId"))
                .set_core_network_arn(wanted.text("CoreNetworkArn"))
                .set_egress_only_internet_gateway_id(wanted.text("EgressOnlyInternetGatewayId"))
                .set_gateway_id(wanted.text("GatewayId"))
                .set_instance_id(wanted.text("InstanceId"))
                .set_local_gateway_id(wanted.text("LocalGatewayId"))
                .set_nat_gateway_id(wanted.text("NatGatewayId"))
                .set_network_interface_id(wanted.text("NetworkInterfaceId"))
                .set_transit_gateway_id(wanted.text("TransitGatewayId"))
                .set_vpc_endpoint_id(wanted.text("VpcEndpointId"))
                .set_vpc_peering_connection_id(wanted.text("VpcPeeringConnectionId"));
            call.send().await.map_err(of("ReplaceRoute"))?;
            Ok(true)
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (table, destination) = id.split_once('|').unwrap_or((id, ""));
            let call = site.ec2.delete_route().route_table_id(table);
            let call = match destination {
                list if list.starts_with("pl-") => call.destination_prefix_list_id(list),
                six if six.contains(':') => call.destination_ipv6_cidr_block(six),
                four => call.destination_cidr_block(four),
            };
            call.send().await.map(drop).map_err(of("DeleteRoute"))
        })
    }
}
