//! VPCs: a network with its gateways, routes and subnets.

mod config;
mod kubernetes;

pub use config::{KubernetesVpcConfig, NatGateways, SubnetPair, VpcConfig, VpcSettings};
pub use kubernetes::Kubernetes;

use plan::expr::Ipv4Net;
use plan::prelude::*;
use types_aws_ec2 as ec2;
use types_aws_elasticache as elasticache;
use types_aws_rds as rds;

use crate::{BusinessUnit, REGION, Tags};

/// The length of the blocks of ordinary subnets.
const SUBNET_PREFIX: u8 = 24;
/// The length of the IPv6 blocks of all subnets.
const SUBNET_PREFIX_V6: u8 = 64;
/// Databases need subnets in several zones.
const FEWEST_SUBNETS: u8 = 3;

/// A VPC to be declared.
///
/// It gets a route to the internet, public subnets that go round the availability zones, groups of them for databases
/// and caches, an endpoint for S3 and, if its settings say so, pairs of subnets for Kubernetes.
#[derive(Debug)]
pub struct Vpc<'a> {
    name: String,
    cidr: Ipv4Net,
    tags: Option<Tags>,
    zones: &'a [String],
    subnets: u8,
    kubernetes: Option<&'a KubernetesVpcConfig>,
}

/// A declared VPC.
#[derive(Clone, Debug)]
pub struct Network {
    /// The name that its resources start with.
    pub name: String,
    /// The tags of its resources.
    pub tags: Tags,
    /// The VPC.
    pub vpc: ec2::VpcHandle,
    /// Its IPv6 block.
    pub ipv6: ec2::VpcCidrBlockHandle,
    /// The main route table, with a route to the internet.
    pub route_table: ec2::RouteTableHandle,
    /// The ordinary subnets.
    pub subnets: Vec<ec2::SubnetHandle>,
    /// The subnets of Kubernetes clusters, if there are any.
    pub kubernetes: Kubernetes,
    /// The subnet group for databases.
    pub db_subnet_group: rds::DbSubnetGroupHandle,
    /// The subnet group for caches.
    pub cache_subnet_group: elasticache::SubnetGroupHandle,
}

impl<'a> Vpc<'a> {
    /// A VPC of that name, unless its settings have another.
    pub fn new(name: impl Into<String>, settings: &'a impl VpcSettings) -> Self {
        Self {
            name: settings.name().map_or_else(|| name.into(), str::to_owned),
            cidr: settings.cidr_block(),
            tags: None,
            zones: &[],
            subnets: FEWEST_SUBNETS,
            kubernetes: settings.kubernetes(),
        }
    }

    /// The tags of everything in it.
    pub fn tags(mut self, tags: Tags) -> Self {
        self.tags = Some(tags);
        self
    }

    /// The availability zones that its subnets go round.
    pub fn zones(mut self, zones: &'a [String]) -> Self {
        self.zones = zones;
        self
    }

    /// How many ordinary subnets it has: the first /24 blocks of its own.
    pub fn subnets(mut self, subnets: u8) -> Self {
        self.subnets = subnets;
        self
    }

    /// Puts it into the plan.
    #[track_caller]
    pub fn declare(self, plan: &mut Draft) -> Network {
        let place = Place::caller();
        let problems = self.problems();
        let fits = problems.is_empty();
        for problem in problems {
            plan.report(Diagnostic::error("E0151", format!("VPC `{}` {problem}", self.name)).at(place.clone()));
        }
        let name = self.name.clone();
        // Without tags the plan has failed already.
        let tags = self.tags.clone().unwrap_or_else(|| Tags::new(BusinessUnit::Operations, ""));
        plan.construct("ol:aws:Vpc", &name, |plan| self.build(plan, tags, fits))
    }

    /// What stands between this VPC and its subnets.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.tags.is_none() {
            problems.push("has no tags".to_owned());
        }
        if self.zones.is_empty() {
            problems.push("has no availability zones".to_owned());
        }
        if self.subnets < FEWEST_SUBNETS {
            problems.push(format!("has {} subnets, but needs {FEWEST_SUBNETS}", self.subnets));
        }
        if self.subnets > 0 && self.cidr.subnet(SUBNET_PREFIX, u64::from(self.subnets) - 1).is_err() {
            problems.push(format!("has no room for {} /{SUBNET_PREFIX} subnets in `{}`", self.subnets, self.cidr));
            return problems;
        }
        let ordinary = (0..self.subnets).filter_map(|n| self.cidr.subnet(SUBNET_PREFIX, n.into()).ok());
        let pairs = self.kubernetes.map(|k| k.k8s_subnet_pair_configs.as_slice()).unwrap_or_default();
        let blocks: Vec<Ipv4Net> = pairs.iter().flat_map(|pair| [pair.public_cidr, pair.private_cidr]).collect();
        for (n, subnet) in (0..).zip(ordinary) {
            for block in blocks.iter().filter(|block| block.overlaps(&subnet)) {
                problems.push(format!("has Kubernetes subnet `{block}` on top of subnet {} (`{subnet}`)", n + 1));
            }
            for block in blocks.iter().filter(|block| config::third_octet(**block) == n) {
                problems.push(format!("gives `{block}` and subnet {} (`{subnet}`) the same IPv6 block", n + 1));
            }
        }
        problems
    }

    fn build(self, plan: &mut Draft, tags: Tags, fits: bool) -> Network {
        let Self { name, cidr, zones, .. } = &self;
        let tags = &tags;
        let vpc = ec2::Vpc::new(name)
            .cidr_block(cidr)
            .enable_dns_support(true)
            .enable_dns_hostnames(true)
            .tags(tags)
            .declare(plan);
        let ipv6 = ec2::VpcCidrBlock::new(plan.child_name("ipv6-cidr-block"))
            .vpc_id(vpc.vpc_id())
            .amazon_provided_ipv6_cidr_block(true)
            .declare(plan);
        let gateway = ec2::InternetGateway::new(plan.child_name("internet-gateway")).tags(tags).declare(plan);
        let attachment = ec2::VpcGatewayAttachment::new(plan.child_name("internet-gateway-attachment"))
            .vpc_id(vpc.vpc_id())
            .internet_gateway_id(gateway.internet_gateway_id())
            .declare(plan);
        let egress = ec2::EgressOnlyInternetGateway::new(plan.child_name("egress-internet-gateway"))
            .vpc_id(vpc.vpc_id())
            .tags(tags)
            .declare(plan);
        let route_table =
            ec2::RouteTable::new(plan.child_name("route-table")).vpc_id(vpc.vpc_id()).tags(tags).declare(plan);
        ec2::Route::new(plan.child_name("default-external-network-route"))
            .route_table_id(route_table.route_table_id())
            .destination_cidr_block("0.0.0.0/0")
            .gateway_id(gateway.internet_gateway_id())
            .depends_on(&attachment)
            .declare(plan);
        ec2::Route::new(plan.child_name("default-external-ipv6-network-route"))
            .route_table_id(route_table.route_table_id())
            .destination_ipv6_cidr_block("::/0")
            .gateway_id(gateway.internet_gateway_id())
            .depends_on(&attachment)
            .declare(plan);

        let ground = Ground { name, tags, zones: if fits { zones } else { &[] }, vpc, ipv6 };
        let mut subnets = Vec::new();
        for (n, zone) in (0..self.subnets).zip(ground.zones.iter().cycle()) {
            let suffix = format!("subnet-{}", n + 1);
            let block = Output::known(cidr).cidr_subnet(SUBNET_PREFIX, n.into());
            let subnet = ground
                .subnet(plan.child_name(&suffix), zone, u64::from(n))
                .cidr_block(block)
                .tags(tags.named(plan.child_name(&suffix)))
                .declare(plan);
            associate(plan, format!("{suffix}-route-table-association"), &subnet, &route_table).declare(plan);
            subnets.push(subnet);
        }
        let kubernetes = match self.kubernetes {
            Some(config) => ground.kubernetes(plan, config, &route_table, &attachment, &egress),
            None => Kubernetes::default(),
        };

        let subnet_ids: Vec<_> = subnets.iter().map(ec2::SubnetHandle::subnet_id).collect();
        let group = plan.child_name("db-subnet-group");
        let db_subnet_group = rds::DbSubnetGroup::new(&group)
            .db_subnet_group_name(&group)
            .db_subnet_group_description(format!("RDS subnet group for {name}"))
            .subnet_ids(&subnet_ids)
            .tags(tags)
            .declare(plan);
        let group = plan.child_name("cache-subnet-group");
        let cache_subnet_group = elasticache::SubnetGroup::new(&group)
            .cache_subnet_group_name(&group)
            .description(format!("Elasticache subnet group for {name}"))
            .subnet_ids(&subnet_ids)
            .declare(plan);
        let tables = [&route_table].into_iter().chain(&kubernetes.private_route_tables);
        ec2::VpcEndpoint::new(plan.child_name("s3"))
            .service_name(format!("com.amazonaws.{REGION}.s3"))
            .vpc_id(ground.vpc.vpc_id())
            .route_table_ids(tables.map(ec2::RouteTableHandle::route_table_id).collect::<Vec<_>>())
            .tags(tags)
            .declare(plan);

        let Ground { vpc, ipv6, .. } = ground;
        Network {
            name: self.name,
            tags: tags.clone(),
            vpc,
            ipv6,
            route_table,
            subnets,
            kubernetes,
            db_subnet_group,
            cache_subnet_group,
        }
    }
}

/// What every subnet of a VPC stands on.
struct Ground<'a> {
    name: &'a str,
    tags: &'a Tags,
    zones: &'a [String],
    vpc: ec2::VpcHandle,
    ipv6: ec2::VpcCidrBlockHandle,
}

impl Ground<'_> {
    /// A subnet in a zone, with the `index`-th IPv6 block.
    fn subnet(&self, name: String, zone: &str, index: u64) -> ec2::Subnet {
        ec2::Subnet::new(name)
            .vpc_id(self.vpc.vpc_id())
            .ipv6_cidr_block(self.ipv6.ipv6_cidr_block().cidr_subnet(SUBNET_PREFIX_V6, index))
            .availability_zone(zone)
            .map_public_ip_on_launch(true)
            .assign_ipv6_address_on_creation(true)
            .depends_on(&self.ipv6)
    }
}

fn associate(
    plan: &Draft,
    suffix: String,
    subnet: &ec2::SubnetHandle,
    table: &ec2::RouteTableHandle,
) -> ec2::SubnetRouteTableAssociation {
    ec2::SubnetRouteTableAssociation::new(plan.child_name(&suffix))
        .subnet_id(subnet.subnet_id())
        .route_table_id(table.route_table_id())
}
