//! What EC2 sets.

use value::Value;

use super::Sheet;
use crate::call::Call;
use crate::cidr;

pub(super) fn make(call: &Call<'_>, ty: &str, sheet: &mut Sheet<'_>) {
    let ids = sheet.ids;
    match ty {
        "VPC" => {
            sheet.set("VpcId", ids.ec2("vpc"));
            sheet.set("DefaultSecurityGroup", ids.ec2("sg"));
            sheet.set("DefaultNetworkAcl", ids.ec2("acl"));
            sheet.set("CidrBlockAssociations", vec![ids.ec2("vpc-cidr-assoc")]);
        }
        "VPCCidrBlock" => {
            sheet.set("Id", ids.ec2("vpc-cidr-assoc"));
            if sheet.get("AmazonProvidedIpv6CidrBlock").and_then(Value::as_bool) == Some(true) {
                sheet.set("Ipv6CidrBlock", unused_block(call, sheet));
            }
            if sheet.get("Ipv6CidrBlock").is_some() {
                sheet.set("Ipv6AddressAttribute", "public");
                sheet.set("IpSource", "amazon");
            }
        }
        "Subnet" => {
            sheet.set("SubnetId", ids.ec2("subnet"));
            sheet.set("NetworkAclAssociationId", ids.ec2("aclassoc"));
            if sheet.get("AvailabilityZone").is_none() && sheet.get("AvailabilityZoneId").is_none() {
                let letter = ['a', 'b', 'c'][ids.number("zone", 3) as usize];
                sheet.set("AvailabilityZone", format!("{}{letter}", sheet.site.place.region));
            }
            let blocks: Vec<Value> = sheet.get("Ipv6CidrBlock").cloned().into_iter().collect();
            sheet.set("Ipv6CidrBlocks", Value::List(blocks));
        }
        "InternetGateway" => sheet.set("InternetGatewayId", ids.ec2("igw")),
        "EgressOnlyInternetGateway" => sheet.set("Id", ids.ec2("eigw")),
        "RouteTable" => sheet.set("RouteTableId", ids.ec2("rtb")),
        "Route" => {
            let names = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
            if let Some(destination) = names.iter().find_map(|name| sheet.get(name)).cloned() {
                sheet.set("CidrBlock", destination);
            }
        }
        "SubnetRouteTableAssociation" => sheet.set("Id", ids.ec2("rtbassoc")),
        "EIP" => {
            sheet.set("AllocationId", ids.ec2("eipalloc"));
            let [a, b, c] = ["second", "third", "fourth"].map(|octet| 1 + ids.number(octet, 253));
            let first = [3, 18, 34, 44, 52, 54][ids.number("first", 6) as usize];
            sheet.set("PublicIp", format!("{first}.{a}.{b}.{c}"));
        }
        "NatGateway" => {
            sheet.set("NatGatewayId", ids.ec2("nat"));
            sheet.set("EniId", ids.ec2("eni"));
            if let Some(subnet) = call.referred("SubnetId", "AWS::EC2::Subnet") {
                let vpc = subnet.text("VpcId").unwrap_or_default().to_owned();
                if !vpc.is_empty() && sheet.get("VpcId").is_none() {
                    sheet.set("VpcId", vpc);
                }
                let block = subnet.text("CidrBlock").and_then(cidr::cut4);
                let address = block.and_then(|block| {
                    let room = 1_u32 << (32 - u32::from(block.prefix())).min(16);
                    block.host(u64::from(4 + ids.number("address", room.saturating_sub(6)))).ok()
                });
                if let (None, Some(address)) = (sheet.get("PrivateIpAddress"), address) {
                    sheet.set("PrivateIpAddress", address.to_string());
                }
            }
        }
        "VPCEndpoint" => {
            sheet.set("Id", ids.ec2("vpce"));
            let subnets = sheet.get("SubnetIds").and_then(Value::as_list).map_or(0, <[_]>::len);
            let interfaces: Vec<String> =
                (0..subnets).map(|i| format!("eni-0{}", ids.hex(&format!("eni{i}"), 16))).collect();
            sheet.set("NetworkInterfaceIds", interfaces);
            sheet.set("DnsEntries", Vec::<String>::new());
        }
        "VPCPeeringConnection" => sheet.set("Id", ids.ec2("pcx")),
        "SecurityGroup" => {
            let id = ids.ec2("sg");
            sheet.set("Id", id.clone());
            sheet.set("GroupId", id);
        }
        "SecurityGroupIngress" => sheet.set("Id", ids.ec2("sgr")),
        "LaunchTemplate" => {
            sheet.set("LaunchTemplateId", ids.ec2("lt"));
            sheet.set("DefaultVersionNumber", "1");
            sheet.set("LatestVersionNumber", "1");
        }
        "VPCGatewayAttachment" => {
            let kind = if sheet.get("InternetGatewayId").is_some() { "IGW" } else { "VGW" };
            sheet.set("AttachmentType", kind);
        }
        _ => {}
    }
}

/// A /56 of Amazon's that no VPC has.
fn unused_block(call: &Call<'_>, sheet: &Sheet<'_>) -> String {
    let mut ids = sheet.ids.clone();
    loop {
        let (high, low) = (ids.number("block", 0x1000), ids.number("block low", 0x100));
        let block = format!("2600:1f18:{:x}:{:x}00::/56", 0x4000 + high, low);
        let block = cidr::cut6(&block).map_or(block, |block| block.to_string());
        if call.siblings().all(|other| other.text("Ipv6CidrBlock") != Some(&block)) {
            return block;
        }
        ids = ids.next();
    }
}
