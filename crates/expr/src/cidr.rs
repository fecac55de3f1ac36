//! CIDR arithmetic (RFC 4632, RFC 4291) on blocks without host bits.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Why a text is not a block, or a subnet does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// Not `address/length`.
    #[error("`{0}` is not a CIDR block")]
    Syntax(String),
    /// The address has bits beyond the prefix.
    #[error("`{0}` has host bits set")]
    HostBits(String),
    /// There are not so many subnets or addresses.
    #[error("`{block}` has no {what} number {index}")]
    OutOfRange {
        /// The block.
        block: String,
        /// What was asked for.
        what: String,
        /// Which one.
        index: u64,
    },
}

macro_rules! net {
    ($(#[$doc:meta])* $name:ident, $addr:ty, $bits:ty, $width:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            bits: $bits,
            prefix: u8,
        }

        impl $name {
            /// The network address.
            pub fn address(&self) -> $addr {
                <$addr>::from(self.bits)
            }

            /// The prefix length.
            pub fn prefix(&self) -> u8 {
                self.prefix
            }

            fn mask(prefix: u8) -> $bits {
                if prefix == 0 { 0 } else { <$bits>::MAX << ($width - u32::from(prefix)) }
            }

            /// Whether `other` lies within this block.
            pub fn contains(&self, other: &Self) -> bool {
                other.prefix >= self.prefix && other.bits & Self::mask(self.prefix) == self.bits
            }

            /// Whether the two blocks share an address.
            pub fn overlaps(&self, other: &Self) -> bool {
                self.contains(other) || other.contains(self)
            }

            /// The `index`-th block of length `prefix` within this one, from 0.
            ///
            /// # Errors
            /// If there are not so many.
            pub fn subnet(&self, prefix: u8, index: u64) -> Result<Self, CidrError> {
                let fail = || CidrError::OutOfRange { block: self.to_string(), what: format!("/{prefix} subnet"), index };
                if prefix < self.prefix || u32::from(prefix) > $width {
                    return Err(fail());
                }
                let room = u32::from(prefix - self.prefix);
                if room < 64 && index >> room != 0 {
                    return Err(fail());
                }
                let shift = $width - u32::from(prefix);
                let index = <$bits>::try_from(index).map_err(|_| fail())?;
                let offset = if shift >= $width { 0 } else { index << shift };
                Ok(Self { bits: self.bits | offset, prefix })
            }

            /// The `index`-th address within this block, from 0.
            ///
            /// # Errors
            /// If there are not so many.
            pub fn host(&self, index: u64) -> Result<$addr, CidrError> {
                self.subnet(u8::try_from($width).unwrap_or(u8::MAX), index).map(|net| net.address()).map_err(|_| {
                    CidrError::OutOfRange { block: self.to_string(), what: "address".into(), index }
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}", self.address(), self.prefix)
            }
        }

        impl FromStr for $name {
            type Err = CidrError;

            fn from_str(text: &str) -> Result<Self, CidrError> {
                let fail = || CidrError::Syntax(text.to_owned());
                let (address, prefix) = text.split_once('/').ok_or_else(fail)?;
                let address: $addr = address.parse().map_err(|_| fail())?;
                let prefix: u8 = prefix.parse().map_err(|_| fail())?;
                if u32::from(prefix) > $width {
                    return Err(fail());
                }
                let bits = <$bits>::from(address);
                if bits & !Self::mask(prefix) != 0 {
                    return Err(CidrError::HostBits(text.to_owned()));
                }
                Ok(Self { bits, prefix })
            }
        }
    };
}

net!(
    /// An IPv4 block.
    Ipv4Net,
    Ipv4Addr,
    u32,
    32u32
);
net!(
    /// An IPv6 block.
    Ipv6Net,
    Ipv6Addr,
    u128,
    128u32
);
