//! Rules of security groups.

use plan::expr::Expr;
use plan::prelude::*;
use types_aws_ec2::security_group::{Egress, Ingress};

/// A rule: what may pass, and from or to where. EC2 wants one rule for each side; this makes them.
///
/// ```
/// use ol::security_group::{Rule, ingress};
/// let web = [Rule::tcp(80).anywhere().description("HTTP"), Rule::tcp(443).anywhere().description("HTTPS")];
/// assert_eq!(ingress(web).len(), 4);
/// ```
#[derive(Clone, Debug)]
pub struct Rule {
    protocol: &'static str,
    ports: Option<(u16, u16)>,
    description: Option<String>,
    sides: Vec<(Side, Expr)>,
}

/// Where the other side of a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ipv4,
    Ipv6,
    Group,
}

impl Rule {
    /// TCP to one port.
    pub fn tcp(port: u16) -> Self {
        Self::ports("tcp", port, port)
    }

    /// TCP to a range of ports.
    pub fn tcp_range(from: u16, to: u16) -> Self {
        Self::ports("tcp", from, to)
    }

    /// UDP to one port.
    pub fn udp(port: u16) -> Self {
        Self::ports("udp", port, port)
    }

    /// UDP to a range of ports.
    pub fn udp_range(from: u16, to: u16) -> Self {
        Self::ports("udp", from, to)
    }

    /// Any protocol and port.
    pub fn all() -> Self {
        Self { protocol: "-1", ports: None, description: None, sides: Vec::new() }
    }

    fn ports(protocol: &'static str, from: u16, to: u16) -> Self {
        Self { ports: Some((from, to)), protocol, ..Self::all() }
    }

    /// Everybody, by IPv4 and IPv6.
    pub fn anywhere(self) -> Self {
        self.cidr("0.0.0.0/0").cidr_v6("::/0")
    }

    /// The addresses of an IPv4 block.
    pub fn cidr(self, block: impl Arg<String>) -> Self {
        self.side(Side::Ipv4, block)
    }

    /// The addresses of an IPv6 block.
    pub fn cidr_v6(self, block: impl Arg<String>) -> Self {
        self.side(Side::Ipv6, block)
    }

    /// The members of a security group, by its id.
    pub fn group(self, id: impl Arg<String>) -> Self {
        self.side(Side::Group, id)
    }

    /// What it is for.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    fn side(mut self, side: Side, of: impl Arg<String>) -> Self {
        self.sides.push((side, of.into_expr()));
        self
    }
}

/// EC2 takes one source or destination a rule: each rule once for each of its sides.
fn each_side(rules: impl IntoIterator<Item = Rule>) -> impl Iterator<Item = (Rule, Side, Output<String>)> {
    rules.into_iter().flat_map(|rule| {
        let sides = rule.sides.clone();
        sides.into_iter().map(move |(side, of)| (rule.clone(), side, Output::from_expr(of)))
    })
}

/// Rules as EC2 takes them for what comes in.
pub fn ingress(rules: impl IntoIterator<Item = Rule>) -> Vec<Ingress> {
    each_side(rules)
        .map(|(rule, side, of)| {
            let mut made = Ingress::new().ip_protocol(rule.protocol);
            if let Some((from, to)) = rule.ports {
                made = made.from_port(from).to_port(to);
            }
            if let Some(description) = &rule.description {
                made = made.description(description);
            }
            match side {
                Side::Ipv4 => made.cidr_ip(of),
                Side::Ipv6 => made.cidr_ipv6(of),
                Side::Group => made.source_security_group_id(of),
            }
        })
        .collect()
}

/// Rules as EC2 takes them for what goes out.
pub fn egress(rules: impl IntoIterator<Item = Rule>) -> Vec<Egress> {
    each_side(rules)
        .map(|(rule, side, of)| {
            let mut made = Egress::new().ip_protocol(rule.protocol);
            if let Some((from, to)) = rule.ports {
                made = made.from_port(from).to_port(to);
            }
            if let Some(description) = &rule.description {
                made = made.description(description);
            }
            match side {
                Side::Ipv4 => made.cidr_ip(of),
                Side::Ipv6 => made.cidr_ipv6(of),
                Side::Group => made.destination_security_group_id(of),
            }
        })
        .collect()
}

/// Everything may go out to everywhere.
pub fn egress_all() -> Vec<Egress> {
    egress([Rule::all().anywhere()])
}

/// Nothing may go out. A group without rules would let everything out, so there is one that leads nowhere.
pub fn no_egress() -> Vec<Egress> {
    egress([Rule::all().cidr("127.0.0.1/32").description("Nothing may go out")])
}

#[cfg(test)]
mod tests {
    use plan::value::Value;

    use super::*;

    #[test]
    fn each_side_is_a_rule_of_its_own() {
        let rules =
            ingress([Rule::tcp(80).anywhere().description("HTTP"), Rule::udp(53).group("sg-1").cidr("10.0.0.0/8")]);
        let known = Output::<Vec<Ingress>>::known(&rules).expr().to_value().expect("known");
        let rule = |extra: &[(&str, Value)]| Value::map(extra.iter().cloned());
        let port = |n: i64| [("FromPort", Value::Int(n)), ("ToPort", Value::Int(n))];
        let http = |key, block: &str| {
            let own = [("IpProtocol", "tcp".into()), ("Description", "HTTP".into()), (key, block.into())];
            rule(&[own.as_slice(), &port(80)].concat())
        };
        let dns =
            |key, of: &str| rule(&[[("IpProtocol", "udp".into()), (key, of.into())].as_slice(), &port(53)].concat());
        let wanted = vec![
            http("CidrIp", "0.0.0.0/0"),
            http("CidrIpv6", "::/0"),
            dns("SourceSecurityGroupId", "sg-1"),
            dns("CidrIp", "10.0.0.0/8"),
        ];
        assert_eq!(known, Value::List(wanted));
        assert_eq!((egress_all().len(), no_egress().len()), (2, 1));
    }
}
