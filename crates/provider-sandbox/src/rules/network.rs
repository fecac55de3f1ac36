//! VPCs, their blocks, subnets and peerings.

use expr::Ipv4Net;
use value::Value;

use super::Verdict;
use crate::call::Call;
use crate::cidr::{block4, block6, blocks4, blocks6, cut4, cut6};
use crate::facts::refuse;
use crate::object::Object;

pub(super) fn vpc(call: &Call<'_>) -> Verdict {
    let Some(text) = call.text("CidrBlock") else {
        return match call.get("Ipv4IpamPoolId") {
            Some(_) => Ok(()),
            None => Err(refuse("MissingParameter", "either CidrBlock or Ipv4IpamPoolId must be provided")),
        };
    };
    in_range("InvalidVpc.Range", block4("CidrBlock", text)?)
}

fn in_range(code: &str, block: Ipv4Net) -> Verdict {
    if (16..=28).contains(&block.prefix()) {
        return Ok(());
    }
    Err(refuse(code, format!("the CIDR `{block}` is invalid: its prefix must be between /16 and /28")))
}

pub(super) fn vpc_block(call: &Call<'_>) -> Verdict {
    let Some(text) = call.text("CidrBlock") else {
        let one_of = ["AmazonProvidedIpv6CidrBlock", "Ipv6CidrBlock", "Ipv4IpamPoolId", "Ipv6IpamPoolId"];
        if one_of.iter().any(|name| call.get(name).is_some()) {
            return Ok(());
        }
        return Err(refuse("MissingParameter", "one of CidrBlock, Ipv6CidrBlock and the like must be provided"));
    };
    let block = block4("CidrBlock", text)?;
    in_range("InvalidVpc.Range", block)?;
    let Some(vpc) = call.referred("VpcId", "AWS::EC2::VPC") else { return Ok(()) };
    match blocks4(call.world, vpc).iter().find(|other| other.overlaps(&block)) {
        Some(other) => {
            let id = &vpc.key.id;
            Err(refuse("CidrConflict", format!("the CIDR `{block}` overlaps `{other}` of the VPC `{id}`")))
        }
        None => Ok(()),
    }
}

/// A block can be taken from a VPC only if no subnet lies in it.
pub(super) fn block_unused(call: &Call<'_>, current: &Object) -> Verdict {
    let four = current.text("CidrBlock").and_then(cut4);
    let six = current.text("Ipv6CidrBlock").and_then(cut6);
    let lies_within = |subnet: &&Object| {
        let in_four = four.zip(subnet.text("CidrBlock").and_then(cut4)).is_some_and(|(b, s)| b.contains(&s));
        let in_six = six.zip(subnet.text("Ipv6CidrBlock").and_then(cut6)).is_some_and(|(b, s)| b.contains(&s));
        in_four || in_six
    };
    let mut vpcs = current.uses.iter().filter(|key| key.ty == "AWS::EC2::VPC");
    let subnet = vpcs.find_map(|vpc| call.world.users_of_type(vpc, "AWS::EC2::Subnet").find(lies_within));
    match subnet {
        Some(subnet) => {
            let (block, subnet) = (&current.key.id, &subnet.key.id);
            Err(refuse("InvalidCidrBlock.InUse", format!("the subnet `{subnet}` lies in the block `{block}`")))
        }
        None => Ok(()),
    }
}

pub(super) fn subnet(call: &Call<'_>) -> Verdict {
    if let Some(zone) = call.text("AvailabilityZone") {
        let region = &call.site.place.region;
        let letter = zone.strip_prefix(region.as_str()).unwrap_or_default();
        let last = if region == "us-east-1" { 'f' } else { 'd' };
        if !matches!(letter.as_bytes(), [letter] if (b'a'..=last as u8).contains(letter)) {
            let message =
                format!("value ({zone}) for parameter AvailabilityZone is invalid: {region} has no such zone");
            return Err(refuse("InvalidParameterValue", message));
        }
    }
    let vpc = call.referred("VpcId", "AWS::EC2::VPC");
    match call.text("CidrBlock") {
        Some(text) => subnet4(call, vpc, text)?,
        None if call.get("Ipv4IpamPoolId").is_some() => {}
        None if call.get("Ipv6Native").and_then(Value::as_bool) == Some(true) => {}
        None => return Err(refuse("MissingParameter", "CidrBlock must be provided")),
    }
    match call.text("Ipv6CidrBlock") {
        Some(text) => subnet6(call, vpc, text),
        None => Ok(()),
    }
}

fn subnet4(call: &Call<'_>, vpc: Option<&Object>, text: &str) -> Verdict {
    let block = block4("CidrBlock", text)?;
    in_range("InvalidSubnet.Range", block)?;
    let Some(vpc) = vpc else { return Ok(()) };
    let (id, ranges) = (&vpc.key.id, blocks4(call.world, vpc));
    if !ranges.iter().any(|range| range.contains(&block)) {
        return Err(refuse("InvalidSubnet.Range", format!("the CIDR `{block}` is not within the VPC `{id}`")));
    }
    let taken =
        call.siblings_of(&vpc.key).find(|o| o.text("CidrBlock").and_then(cut4).is_some_and(|b| b.overlaps(&block)));
    match taken {
        Some(other) => {
            let message = format!("the CIDR `{block}` conflicts with the subnet `{}`", other.key.id);
            Err(refuse("InvalidSubnet.Conflict", message))
        }
        None => Ok(()),
    }
}

fn subnet6(call: &Call<'_>, vpc: Option<&Object>, text: &str) -> Verdict {
    let block = block6("Ipv6CidrBlock", text)?;
    if !(44..=64).contains(&block.prefix()) || block.prefix() % 4 != 0 {
        let message = format!("the CIDR `{block}` is invalid: its prefix must be between /44 and /64 in steps of 4");
        return Err(refuse("InvalidSubnet.Range", message));
    }
    let Some(vpc) = vpc else { return Ok(()) };
    let id = &vpc.key.id;
    if !blocks6(call.world, vpc).iter().any(|range| range.contains(&block)) {
        let message = format!("the CIDR `{block}` is not within an IPv6 block of the VPC `{id}`");
        return Err(refuse("InvalidSubnet.Range", message));
    }
    let taken =
        call.siblings_of(&vpc.key).find(|o| o.text("Ipv6CidrBlock").and_then(cut6).is_some_and(|b| b.overlaps(&block)));
    match taken {
        Some(other) => {
            let message = format!("the CIDR `{block}` conflicts with the subnet `{}`", other.key.id);
            Err(refuse("InvalidSubnet.Conflict", message))
        }
        None => Ok(()),
    }
}

pub(super) fn peering(call: &Call<'_>) -> Verdict {
    let ends = [call.referred("VpcId", "AWS::EC2::VPC"), call.referred("PeerVpcId", "AWS::EC2::VPC")];
    let [Some(vpc), Some(peer)] = ends else { return Ok(()) };
    let (left, right) = (&vpc.key.id, &peer.key.id);
    if vpc.key == peer.key {
        return Err(refuse("InvalidParameterValue", format!("the VPC `{left}` cannot be peered with itself")));
    }
    let (ours, theirs) = (blocks4(call.world, vpc), blocks4(call.world, peer));
    if let Some((a, b)) = ours.iter().flat_map(|a| theirs.iter().map(move |b| (a, b))).find(|(a, b)| a.overlaps(b)) {
        // The real connection comes up as `failed`, which is what its callers then report.
        let message = format!("the peering failed: `{a}` of `{left}` overlaps `{b}` of `{right}`");
        return Err(refuse("NotStabilized", message));
    }
    match call.siblings_of(&vpc.key).find(|other| other.uses.contains(&peer.key)) {
        Some(other) => {
            let message = format!("`{left}` and `{right}` are peered already by `{}`", other.key.id);
            Err(refuse("VpcPeeringConnectionAlreadyExists", message))
        }
        None => Ok(()),
    }
}
