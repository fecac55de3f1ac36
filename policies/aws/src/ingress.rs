//! Security groups: whom they let in.

use plan::prelude::*;
use policy::{Answer, Subject};
use value::Value;

/// What may be open to everybody.
#[derive(Debug, Config)]
pub(crate) struct Settings {
    /// The ports, of TCP and UDP.
    #[config(default)]
    ports: Vec<u16>,
}

/// ICMP passes: it opens no port, and hosts need it to learn how large a packet may be.
const WITHOUT_PORTS: &[&str] = &["icmp", "icmpv6", "1", "58"];

pub(crate) fn judge(settings: &Settings, subject: &Subject<'_>, answer: &mut Answer) {
    match subject.ty() {
        "AWS::EC2::SecurityGroup" => match subject.property("SecurityGroupIngress") {
            Some(Value::List(rules)) => rules.iter().for_each(|rule| judge_rule(settings, rule, answer)),
            Some(other) => answer.undecided(other),
            None => {}
        },
        "AWS::EC2::SecurityGroupIngress" => {
            judge_rule(settings, &Value::Map(subject.properties.clone().into_owned()), answer);
        }
        _ => {}
    }
}

fn judge_rule(settings: &Settings, rule: &Value, answer: &mut Answer) {
    let sides: Vec<&Value> = ["CidrIp", "CidrIpv6"].into_iter().filter_map(|key| rule.get(key)).collect();
    let open = sides.iter().find_map(|side| side.as_str().filter(|block| block.ends_with("/0")));
    if open.is_none() && !sides.iter().any(|side| side.has_unknown()) {
        return;
    }
    let Some(ports) = ports(rule) else {
        answer.undecided(rule);
        return;
    };
    if ports.is_within(&settings.ports) {
        return;
    }
    match open {
        Some(block) => {
            answer
                .fail(format!("it lets everybody in: `{block}` to {ports}"))
                .hint("name the blocks or security groups that need it");
        }
        None => sides.iter().for_each(|side| answer.undecided(side)),
    }
}

/// The ports of a rule.
enum Ports {
    None,
    All,
    Range(i64, i64),
}

impl Ports {
    fn is_within(&self, listed: &[u16]) -> bool {
        match self {
            Self::None => true,
            Self::All => false,
            Self::Range(from, to) => (*from..=*to).all(|port| listed.iter().any(|one| i64::from(*one) == port)),
        }
    }
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("no port"),
            Self::All => f.write_str("all ports"),
            Self::Range(from, to) if from == to => write!(f, "port {from}"),
            Self::Range(from, to) => write!(f, "ports {from} to {to}"),
        }
    }
}

/// The ports of a rule; `None` = they are not known yet.
fn ports(rule: &Value) -> Option<Ports> {
    match rule.get("IpProtocol") {
        Some(protocol) if protocol.has_unknown() => return None,
        Some(Value::String(protocol)) if WITHOUT_PORTS.contains(&protocol.as_str()) => return Some(Ports::None),
        Some(Value::String(protocol)) if protocol == "-1" => return Some(Ports::All),
        _ => {}
    }
    match (rule.get("FromPort"), rule.get("ToPort")) {
        (Some(Value::Int(from)), Some(Value::Int(to))) if *from >= 0 && from <= to => Some(Ports::Range(*from, *to)),
        (from, to) if [from, to].into_iter().flatten().any(Value::has_unknown) => None,
        _ => Some(Ports::All),
    }
}
