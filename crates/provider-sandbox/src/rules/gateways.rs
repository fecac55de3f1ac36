//! Gateways, routes, and what ties them to VPCs and subnets.

use value::Value;

use super::Verdict;
use crate::call::Call;
use crate::cidr::{block4, block6, cut4};
use crate::facts::refuse;
use crate::object::Object;

const VPC: &str = "AWS::EC2::VPC";

/// The VPC that an object names, by id.
fn vpc_of(object: &Object) -> &str {
    object.text("VpcId").unwrap_or_default()
}

/// The internet gateway's attachment to a VPC.
fn attached<'a>(call: &Call<'a>, gateway: &Object) -> Option<&'a Object> {
    call.world.users_of_type(&gateway.key, "AWS::EC2::VPCGatewayAttachment").next()
}

pub(super) fn attachment(call: &Call<'_>) -> Verdict {
    let vpc = call.text("VpcId").unwrap_or_default();
    match (call.text("InternetGatewayId"), call.text("VpnGatewayId")) {
        (None, None) => {
            return Err(refuse("MissingParameter", "one of InternetGatewayId and VpnGatewayId must be provided"));
        }
        (Some(_), Some(_)) => {
            let message = "InternetGatewayId and VpnGatewayId cannot be provided together";
            return Err(refuse("InvalidParameterCombination", message));
        }
        _ => {}
    }
    let Some(gateway) = call.referred("InternetGatewayId", "AWS::EC2::InternetGateway") else { return Ok(()) };
    let id = &gateway.key.id;
    if let Some(other) = call.siblings_of(&gateway.key).next() {
        let message = format!("the internet gateway `{id}` is attached to the VPC `{}` already", vpc_of(other));
        return Err(refuse("Resource.AlreadyAssociated", message));
    }
    let Some(vpc_object) = call.find(VPC, vpc) else { return Ok(()) };
    match call.siblings_of(&vpc_object.key).find_map(|other| other.text("InternetGatewayId")) {
        Some(other) => {
            let message = format!("the network `{vpc}` has the internet gateway `{other}` attached already");
            Err(refuse("InvalidParameterValue", message))
        }
        None => Ok(()),
    }
}

/// A gateway can be detached only if no public address is mapped through it.
pub(super) fn detachable(call: &Call<'_>, current: &Object) -> Verdict {
    let vpc = vpc_of(current);
    let still_there = call.current.is_some() && call.text("InternetGatewayId") == current.text("InternetGatewayId");
    if current.text("InternetGatewayId").is_none() || still_there {
        return Ok(());
    }
    let scope = &current.key.scope;
    let nats = call.world.of_type("AWS::EC2::NatGateway", scope);
    match nats.filter(|nat| nat.text("AllocationId").is_some()).find(|nat| vpc_of(nat) == vpc) {
        Some(nat) => {
            let message = format!("network `{vpc}` has some mapped public address(es): `{}`", nat.key.id);
            Err(refuse("DependencyViolation", message))
        }
        None => Ok(()),
    }
}

pub(super) fn association(call: &Call<'_>) -> Verdict {
    let (subnet, table) =
        (call.referred("SubnetId", "AWS::EC2::Subnet"), call.referred("RouteTableId", "AWS::EC2::RouteTable"));
    let (Some(subnet), Some(table)) = (subnet, table) else { return Ok(()) };
    same_network("route table", table, "subnet", subnet)
}

fn same_network(what: &str, left: &Object, other: &str, right: &Object) -> Verdict {
    if vpc_of(left) == vpc_of(right) {
        return Ok(());
    }
    let (left, right) = (&left.key.id, &right.key.id);
    let message = format!("{what} `{left}` and {other} `{right}` belong to different networks");
    Err(refuse("InvalidParameterValue", message))
}

const DESTINATIONS: [&str; 3] = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
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

pub(super) fn route(call: &Call<'_>) -> Verdict {
    exactly_one(call, &DESTINATIONS)?;
    exactly_one(call, &TARGETS)?;
    if let Some(text) = call.text("DestinationCidrBlock") {
        block4("DestinationCidrBlock", text)?;
    }
    if let Some(text) = call.text("DestinationIpv6CidrBlock") {
        block6("DestinationIpv6CidrBlock", text)?;
    }
    let Some(table) = call.referred("RouteTableId", "AWS::EC2::RouteTable") else { return Ok(()) };
    if let Some(gateway) = call.referred("GatewayId", "AWS::EC2::InternetGateway")
        && attached(call, gateway).is_none_or(|attachment| vpc_of(attachment) != vpc_of(table))
    {
        let (table, gateway) = (&table.key.id, &gateway.key.id);
        let message = format!("route table `{table}` and network gateway `{gateway}` belong to different networks");
        return Err(refuse("InvalidParameterValue", message));
    }
    if let Some(gateway) = call.referred("EgressOnlyInternetGatewayId", "AWS::EC2::EgressOnlyInternetGateway") {
        if call.text("DestinationIpv6CidrBlock").is_none() {
            let message = format!("the egress-only internet gateway `{}` takes IPv6 destinations only", gateway.key.id);
            return Err(refuse("InvalidParameterValue", message));
        }
        same_network("route table", table, "egress-only internet gateway", gateway)?;
    }
    if let Some(nat) = call.referred("NatGatewayId", "AWS::EC2::NatGateway") {
        same_network("route table", table, "NAT gateway", nat)?;
    }
    if let Some(peering) = call.referred("VpcPeeringConnectionId", "AWS::EC2::VPCPeeringConnection") {
        let ends = [peering.text("VpcId"), peering.text("PeerVpcId")];
        if !ends.contains(&Some(vpc_of(table))) {
            let (table, peering) = (&table.key.id, &peering.key.id);
            let message =
                format!("route table `{table}` and peering connection `{peering}` belong to different networks");
            return Err(refuse("InvalidParameterValue", message));
        }
    }
    Ok(())
}

fn exactly_one(call: &Call<'_>, names: &[&str]) -> Verdict {
    let given: Vec<&str> = names.iter().copied().filter(|name| call.get(name).is_some()).collect();
    match given[..] {
        [_] => Ok(()),
        [] => Err(refuse("MissingParameter", format!("one of {} must be provided", names.join(", ")))),
        _ => Err(refuse("InvalidParameterCombination", format!("{} cannot be provided together", given.join(", ")))),
    }
}

pub(super) fn nat(call: &Call<'_>) -> Verdict {
    let private = call.text("ConnectivityType") == Some("private");
    match (call.text("AllocationId"), private) {
        (Some(_), true) => {
            let message = "AllocationId cannot be provided for a private NAT gateway";
            return Err(refuse("InvalidParameterCombination", message));
        }
        (None, false) => {
            return Err(refuse("MissingParameter", "AllocationId must be provided for a public NAT gateway"));
        }
        _ => {}
    }
    if let Some(address) = call.referred("AllocationId", "AWS::EC2::EIP")
        && let Some(other) = call.siblings_of(&address.key).next()
    {
        let message = format!("the address `{}` is associated with `{}` already", address.key.id, other.key.id);
        return Err(refuse("Resource.AlreadyAssociated", message));
    }
    let Some(subnet) = call.referred("SubnetId", "AWS::EC2::Subnet") else { return Ok(()) };
    if let (Some(text), Some(block)) = (call.text("PrivateIpAddress"), subnet.text("CidrBlock").and_then(cut4)) {
        let address = block4("PrivateIpAddress", &format!("{text}/32"))?;
        if !block.contains(&address) {
            let message = format!("the address `{text}` does not lie in `{block}` of the subnet `{}`", subnet.key.id);
            return Err(refuse("InvalidParameterValue", message));
        }
        let taken = |other: &&Object| other.text("PrivateIpAddress") == Some(text);
        if let Some(other) = call.siblings_of(&subnet.key).find(taken) {
            let message = format!("the address `{text}` is in use by `{}`", other.key.id);
            return Err(refuse("InvalidIPAddress.InUse", message));
        }
    }
    let Some(vpc) = call.find(VPC, vpc_of(subnet)) else { return Ok(()) };
    let mut attachments = call.world.users_of_type(&vpc.key, "AWS::EC2::VPCGatewayAttachment");
    if private || attachments.any(|attachment| attachment.text("InternetGatewayId").is_some()) {
        return Ok(());
    }
    Err(refuse("Gateway.NotAttached", format!("network `{}` has no internet gateway attached", vpc.key.id)))
}

pub(super) fn endpoint(call: &Call<'_>) -> Verdict {
    let Some(service) = call.text("ServiceName") else { return Ok(()) };
    let region = call.text("ServiceRegion").unwrap_or(&call.site.place.region);
    let kind = call.text("VpcEndpointType").unwrap_or("Gateway");
    let known = ["com.amazonaws.vpce.".to_owned(), format!("com.amazonaws.{region}."), "aws.sagemaker.".to_owned()];
    let gateway = ["s3", "dynamodb"].map(|name| format!("com.amazonaws.{region}.{name}"));
    let fits = match kind {
        "Gateway" => gateway.iter().any(|name| name == service),
        _ => known.iter().any(|prefix| service.starts_with(prefix)),
    };
    if !fits {
        let message = format!("the service `{service}` does not exist, or not as an endpoint of type {kind}");
        return Err(refuse("InvalidServiceName", message));
    }
    let Some(vpc) = call.referred("VpcId", VPC) else { return Ok(()) };
    let tables = call.get("RouteTableIds").and_then(Value::as_list).unwrap_or_default();
    for text in tables.iter().filter_map(Value::as_str) {
        let Some(table) = call.find("AWS::EC2::RouteTable", text) else { continue };
        if vpc_of(table) != vpc.key.id {
            let message = format!("route table `{text}` does not belong to the network `{}`", vpc.key.id);
            return Err(refuse("InvalidParameterValue", message));
        }
        let other = call.siblings_of(&table.key).find(|other| other.text("ServiceName") == Some(service));
        if let Some(other) = other {
            let message = format!("route table `{text}` has a route to `{service}` already, of `{}`", other.key.id);
            return Err(refuse("RouteAlreadyExists", message));
        }
    }
    Ok(())
}
