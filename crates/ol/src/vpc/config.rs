//! What a stack file says of a VPC, and what is checked in it.

use std::net::Ipv4Addr;

use plan::expr::Ipv4Net;
use plan::prelude::*;

/// The settings of a VPC.
#[derive(Clone, Debug, Config)]
#[config(check = check_plain)]
pub struct VpcConfig {
    /// The name that its resources start with, where it is not the usual one.
    pub name: Option<String>,
    /// Its block.
    pub cidr_block: Ipv4Net,
}

/// The settings of a VPC that Kubernetes clusters live in.
#[derive(Clone, Debug, Config)]
#[config(check = check_kubernetes)]
pub struct KubernetesVpcConfig {
    /// The name that its resources start with, where it is not the usual one.
    pub name: Option<String>,
    /// Its block.
    pub cidr_block: Ipv4Net,
    /// The block of service addresses, which must lie outside of the VPC. Nothing is made of it.
    pub k8s_service_subnet: Ipv4Net,
    /// The subnets, in pairs; the pairs go round the availability zones.
    pub k8s_subnet_pair_configs: Vec<SubnetPair>,
    /// How many NAT gateways there are.
    #[config(default = NatGateways::Single)]
    pub k8s_nat_gateway_config: NatGateways,
}

/// A public and a private subnet in one availability zone.
#[derive(Clone, Copy, Debug, Config)]
pub struct SubnetPair {
    /// For load balancers and NAT gateways.
    pub public_cidr: Ipv4Net,
    /// For nodes and pods.
    pub private_cidr: Ipv4Net,
}

/// How many NAT gateways a VPC has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Config)]
pub enum NatGateways {
    /// One for all.
    Single,
    /// One in each zone.
    All,
}

/// Settings that a VPC can be made of.
pub trait VpcSettings {
    /// The name, where it is not the usual one.
    fn name(&self) -> Option<&str>;
    /// The block.
    fn cidr_block(&self) -> Ipv4Net;
    /// The settings for Kubernetes.
    fn kubernetes(&self) -> Option<&KubernetesVpcConfig>;
}

impl VpcSettings for VpcConfig {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn cidr_block(&self) -> Ipv4Net {
        self.cidr_block
    }

    fn kubernetes(&self) -> Option<&KubernetesVpcConfig> {
        None
    }
}

impl VpcSettings for KubernetesVpcConfig {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn cidr_block(&self) -> Ipv4Net {
        self.cidr_block
    }

    fn kubernetes(&self) -> Option<&KubernetesVpcConfig> {
        Some(self)
    }
}

impl SubnetPair {
    /// The address of the NAT gateway in the public subnet: the hundredth of its /24.
    pub(super) fn nat_address(&self) -> Ipv4Addr {
        let [a, b, c, _] = self.public_cidr.address().octets();
        Ipv4Addr::new(a, b, c, 100)
    }
}

/// The third octet of a block's address, which names of subnets are made of.
pub(super) fn third_octet(block: Ipv4Net) -> u8 {
    block.address().octets()[2]
}

type Problems = Vec<(&'static str, String)>;

fn check_plain(config: &VpcConfig) -> Problems {
    check_block(config.cidr_block)
}

fn check_kubernetes(config: &KubernetesVpcConfig) -> Problems {
    let mut problems = check_block(config.cidr_block);
    if config.k8s_service_subnet.overlaps(&config.cidr_block) {
        let message =
            format!("`{}` must lie outside of the VPC's block `{}`", config.k8s_service_subnet, config.cidr_block);
        problems.push(("k8s_service_subnet", message));
    }
    let mut pair = |message: String| problems.push(("k8s_subnet_pair_configs", message));
    if config.k8s_subnet_pair_configs.is_empty() {
        pair("must list at least one pair of subnets".into());
    }
    let blocks: Vec<Ipv4Net> =
        config.k8s_subnet_pair_configs.iter().flat_map(|pair| [pair.public_cidr, pair.private_cidr]).collect();
    for (n, block) in blocks.iter().enumerate() {
        if !config.cidr_block.contains(block) {
            pair(format!("has `{block}`, which lies outside of the VPC's block `{}`", config.cidr_block));
        }
        for other in blocks[..n].iter().filter(|other| other.overlaps(block)) {
            pair(format!("has `{other}` and `{block}`, which overlap"));
        }
        for other in blocks[..n].iter().filter(|other| third_octet(**other) == third_octet(*block)) {
            pair(format!("has `{other}` and `{block}`, whose third octets are equal; their names come of it"));
        }
    }
    for SubnetPair { public_cidr, .. } in &config.k8s_subnet_pair_configs {
        let nat = SubnetPair { public_cidr: *public_cidr, private_cidr: *public_cidr }.nat_address();
        if format!("{nat}/32").parse().is_ok_and(|nat: Ipv4Net| !public_cidr.contains(&nat)) {
            pair(format!("has `{public_cidr}`, in which the NAT gateway's address `{nat}` does not lie"));
        }
    }
    problems
}

fn check_block(block: Ipv4Net) -> Problems {
    let mut problems = Vec::new();
    if !block.address().is_private() {
        problems.push(("cidr_block", format!("`{block}` is not private (RFC 1918)")));
    }
    if !(16..=21).contains(&block.prefix()) {
        problems.push(("cidr_block", format!("`{block}` must be a /16 to a /21")));
    }
    problems
}
