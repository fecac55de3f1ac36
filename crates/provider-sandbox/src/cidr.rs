//! Blocks of addresses as EC2 takes them: host bits are cut off.

use std::net::{Ipv4Addr, Ipv6Addr};

use expr::{Ipv4Net, Ipv6Net};
use ports::ProviderError;

use crate::facts::refuse;
use crate::object::Object;
use crate::world::World;

/// An IPv4 block of a parameter.
pub(crate) fn block4(parameter: &str, text: &str) -> Result<Ipv4Net, ProviderError> {
    cut4(text).ok_or_else(|| invalid(parameter, text))
}

/// An IPv6 block of a parameter.
pub(crate) fn block6(parameter: &str, text: &str) -> Result<Ipv6Net, ProviderError> {
    cut6(text).ok_or_else(|| invalid(parameter, text))
}

fn invalid(parameter: &str, text: &str) -> ProviderError {
    refuse("InvalidParameterValue", format!("value ({text}) for parameter {parameter} is not a valid CIDR block"))
}

/// The block of a text, without host bits.
pub(crate) fn cut4(text: &str) -> Option<Ipv4Net> {
    let (address, prefix) = text.split_once('/')?;
    let (address, prefix): (Ipv4Addr, u32) = (address.parse().ok()?, prefix.parse().ok()?);
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(prefix)?).unwrap_or(0);
    format!("{}/{prefix}", Ipv4Addr::from(u32::from(address) & mask)).parse().ok()
}

/// The block of a text, without host bits.
pub(crate) fn cut6(text: &str) -> Option<Ipv6Net> {
    let (address, prefix) = text.split_once('/')?;
    let (address, prefix): (Ipv6Addr, u32) = (address.parse().ok()?, prefix.parse().ok()?);
    let mask = u128::MAX.checked_shl(128_u32.checked_sub(prefix)?).unwrap_or(0);
    format!("{}/{prefix}", Ipv6Addr::from(u128::from(address) & mask)).parse().ok()
}

/// The IPv4 blocks of a VPC.
pub(crate) fn blocks4(world: &World, vpc: &Object) -> Vec<Ipv4Net> {
    let more = world.users_of_type(&vpc.key, "AWS::EC2::VPCCidrBlock");
    more.chain([vpc]).filter_map(|object| cut4(object.text("CidrBlock")?)).collect()
}

/// The IPv6 blocks of a VPC.
pub(crate) fn blocks6(world: &World, vpc: &Object) -> Vec<Ipv6Net> {
    let more = world.users_of_type(&vpc.key, "AWS::EC2::VPCCidrBlock");
    more.filter_map(|object| cut6(object.text("Ipv6CidrBlock")?)).collect()
}

#[cfg(test)]
mod tests {
    use super::{cut4, cut6};

    #[test]
    fn host_bits_are_cut() {
        let cases = [
            ("10.0.0.5/16", Some("10.0.0.0/16")),
            ("10.0.0.5/0", Some("0.0.0.0/0")),
            ("10.0.0.5/32", Some("10.0.0.5/32")),
            ("10.0.0.5/33", None),
            ("10.0.0/8", None),
            ("10.0.0.0", None),
        ];
        for (text, block) in cases {
            assert_eq!(cut4(text).map(|b| b.to_string()).as_deref(), block, "{text}");
        }
        assert_eq!(cut6("2600::1/56").map(|b| b.to_string()).as_deref(), Some("2600::/56"));
        assert_eq!(cut6("2600::1/129"), None);
    }
}
