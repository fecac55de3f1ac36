//! Security groups and their rules.

use std::collections::BTreeSet;

use value::{Value, canonical_bytes};

use super::Verdict;
use crate::call::Call;
use crate::cidr::{block4, block6};
use crate::facts::refuse;

/// How many rules a group may have in each direction.
const LIMIT: usize = 60;

pub(super) fn group(call: &Call<'_>) -> Verdict {
    if let Some(name) = call.text("GroupName") {
        if name.starts_with("sg-") {
            let message = format!("value ({name}) for parameter GroupName is invalid: it cannot begin with `sg-`");
            return Err(refuse("InvalidParameterValue", message));
        }
        if name == "default" {
            return Err(refuse("InvalidGroup.Reserved", "the security group `default` is reserved"));
        }
    }
    let description = call.text("GroupDescription").unwrap_or_default();
    described("GroupDescription", description)?;
    for (name, source) in [("SecurityGroupIngress", "Source"), ("SecurityGroupEgress", "Destination")] {
        let rules = call.get(name).and_then(Value::as_list).unwrap_or_default();
        if rules.len() > LIMIT {
            let message = format!("{name} has {} rules, {LIMIT} are allowed", rules.len());
            return Err(refuse("RulesPerSecurityGroupLimitExceeded", message));
        }
        let mut seen = BTreeSet::new();
        for (index, rule) in rules.iter().enumerate() {
            let place = format!("{name}[{index}]");
            check(&place, rule, source)?;
            if !seen.insert(permission(rule)) {
                let message = format!("{place}: the same rule is given twice");
                return Err(refuse("InvalidPermission.Duplicate", message));
            }
        }
    }
    Ok(())
}

fn described(place: &str, text: &str) -> Verdict {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => {
            let message = format!("{place}: `{c}` is not allowed in a description of a security group");
            Err(refuse("InvalidParameterValue", message))
        }
        None if text.chars().count() > 255 => {
            Err(refuse("InvalidParameterValue", format!("{place}: a description has at most 255 characters")))
        }
        None => Ok(()),
    }
}

fn check(place: &str, rule: &Value, source: &str) -> Verdict {
    let text = |name: &str| rule.get(name).and_then(Value::as_str);
    described(place, text("Description").unwrap_or_default())?;
    let group = format!("{source}SecurityGroupId");
    let prefix_list = format!("{source}PrefixListId");
    let name = format!("{source}SecurityGroupName");
    let sources = ["CidrIp", "CidrIpv6", &group, &prefix_list, &name];
    if sources.iter().filter(|name| rule.get(name).is_some_and(|v| !v.is_null())).count() != 1 {
        let message = format!("{place}: exactly one of {} must be provided", sources.join(", "));
        return Err(refuse("InvalidParameterCombination", message));
    }
    if let Some(block) = text("CidrIp") {
        block4(&format!("{place}.CidrIp"), block)?;
    }
    if let Some(block) = text("CidrIpv6") {
        block6(&format!("{place}.CidrIpv6"), block)?;
    }
    let port = |name: &str| rule.get(name).and_then(Value::as_int);
    let (from, to) = (port("FromPort"), port("ToPort"));
    let with_ports = matches!(text("IpProtocol"), Some("tcp" | "udp" | "6" | "17"));
    for number in [from, to].into_iter().flatten() {
        if !(-1..=65535).contains(&number) {
            let message = format!("{place}: invalid value '{number}' for a port, must be between 0 and 65535");
            return Err(refuse("InvalidParameterValue", message));
        }
    }
    match (from, to) {
        (Some(from), Some(to)) if with_ports && from > to => {
            Err(refuse("InvalidParameterValue", format!("{place}: the port range {from} to {to} is empty")))
        }
        (None, _) | (_, None) if with_ports => {
            Err(refuse("MissingParameter", format!("{place}: FromPort and ToPort must be provided for tcp and udp")))
        }
        _ => Ok(()),
    }
}

/// What makes two rules one: all but the description.
fn permission(rule: &Value) -> Vec<u8> {
    let Some(map) = rule.as_map() else { return canonical_bytes(rule) };
    let rest = map.iter().filter(|(name, value)| *name != "Description" && !value.is_null());
    canonical_bytes(&Value::Map(rest.map(|(name, value)| (name.clone(), value.clone())).collect()))
}
