//! Rules of security groups: as `CloudFormation` lists them, and as the vendor groups them.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use value::{Map, Value};

/// Which way rules point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// What may come in.
    In,
    /// What may go out.
    Out,
}

impl Way {
    /// The property of a security group that lists such rules.
    pub(super) fn property(self) -> &'static str {
        match self {
            Self::In => "SecurityGroupIngress",
            Self::Out => "SecurityGroupEgress",
        }
    }

    fn group(self) -> &'static str {
        match self {
            Self::In => "SourceSecurityGroupId",
            Self::Out => "DestinationSecurityGroupId",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::In => "SourcePrefixListId",
            Self::Out => "DestinationPrefixListId",
        }
    }
}

/// What the vendor answers, one rule for each peer.
pub(super) fn rules(way: Way, permissions: &[IpPermission]) -> Vec<Value> {
    let mut rules = Vec::new();
    for permission in permissions {
        let mut add = |peer: &str, value: Option<&str>, description: Option<&str>| {
            let pairs = [
                ("IpProtocol", permission.ip_protocol().map(Value::from)),
                ("FromPort", permission.from_port().map(|port| Value::Int(port.into()))),
                ("ToPort", permission.to_port().map(|port| Value::Int(port.into()))),
                (peer, value.map(Value::from)),
                ("Description", description.filter(|text| !text.is_empty()).map(Value::from)),
            ];
            rules.push(Value::map(pairs.into_iter().filter_map(|(name, value)| Some((name, value?)))));
        };
        permission.ip_ranges().iter().for_each(|range| add("CidrIp", range.cidr_ip(), range.description()));
        permission.ipv6_ranges().iter().for_each(|range| add("CidrIpv6", range.cidr_ipv6(), range.description()));
        let groups = permission.user_id_group_pairs().iter();
        groups.for_each(|group| add(way.group(), group.group_id(), group.description()));
        let lists = permission.prefix_list_ids().iter();
        lists.for_each(|list| add(way.list(), list.prefix_list_id(), list.description()));
    }
    rules
}

/// One rule as the vendor takes it.
pub(super) fn permission(way: Way, rule: &Value) -> IpPermission {
    let text = |name: &str| rule.get(name).and_then(Value::as_str).map(str::to_owned);
    let port = |name: &str| rule.get(name).and_then(Value::as_int).and_then(|port| i32::try_from(port).ok());
    let mut permission = IpPermission::builder()
        .set_ip_protocol(text("IpProtocol"))
        .set_from_port(port("FromPort"))
        .set_to_port(port("ToPort"));
    let description = || text("Description");
    if let Some(block) = text("CidrIp") {
        permission = permission.ip_ranges(IpRange::builder().cidr_ip(block).set_description(description()).build());
    }
    if let Some(block) = text("CidrIpv6") {
        permission =
            permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(block).set_description(description()).build());
    }
    if let Some(group) = text(way.group()) {
        let pair = UserIdGroupPair::builder()
            .group_id(group)
            .set_user_id(text("SourceSecurityGroupOwnerId"))
            .set_description(description());
        permission = permission.user_id_group_pairs(pair.build());
    }
    if let Some(list) = text(way.list()) {
        let list = PrefixListId::builder().prefix_list_id(list).set_description(description());
        permission = permission.prefix_list_ids(list.build());
    }
    permission.build()
}

/// What makes two rules the same for the vendor: all but the description, and ports only where there are any.
pub(super) fn key(rule: &Value) -> Map {
    let all = rule.get("IpProtocol").and_then(Value::as_str) == Some("-1");
    let entries = rule.as_map().into_iter().flatten();
    let part = |(name, value): (&String, &Value)| {
        let ignored = name == "Description" || name == "SourceSecurityGroupOwnerId" || value.is_null();
        let port = all && (name == "FromPort" || name == "ToPort");
        (!ignored && !port).then(|| (name.clone(), value.clone()))
    };
    entries.filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use value::Value;

    use super::{Way, key, permission, rules};

    fn rule(pairs: &[(&str, Value)]) -> Value {
        Value::map(pairs.iter().map(|(name, value)| (*name, value.clone())))
    }

    #[test]
    fn a_rule_comes_back_from_the_vendor_s_form_as_it_went() {
        let samples = [
            (
                Way::In,
                rule(&[
                    ("IpProtocol", "tcp".into()),
                    ("FromPort", Value::Int(443)),
                    ("ToPort", Value::Int(443)),
                    ("CidrIp", "10.0.0.0/8".into()),
                    ("Description", "web".into()),
                ]),
            ),
            (
                Way::In,
                rule(&[
                    ("IpProtocol", "udp".into()),
                    ("FromPort", Value::Int(53)),
                    ("ToPort", Value::Int(53)),
                    ("SourceSecurityGroupId", "sg-1".into()),
                ]),
            ),
            (Way::Out, rule(&[("IpProtocol", "-1".into()), ("CidrIpv6", "::/0".into())])),
            (Way::Out, rule(&[("IpProtocol", "-1".into()), ("DestinationPrefixListId", "pl-1".into())])),
        ];
        for (way, sample) in samples {
            assert_eq!(rules(way, &[permission(way, &sample)]), [sample]);
        }
    }

    #[test]
    fn rules_that_differ_in_their_description_are_one_for_the_vendor() {
        let one = rule(&[("IpProtocol", "-1".into()), ("CidrIp", "0.0.0.0/0".into()), ("Description", "a".into())]);
        let other = rule(&[("IpProtocol", "-1".into()), ("CidrIp", "0.0.0.0/0".into()), ("FromPort", Value::Int(-1))]);
        let third = rule(&[("IpProtocol", "tcp".into()), ("CidrIp", "0.0.0.0/0".into()), ("FromPort", Value::Int(1))]);
        assert_eq!(key(&one), key(&other));
        assert_ne!(key(&one), key(&third));
    }
}
