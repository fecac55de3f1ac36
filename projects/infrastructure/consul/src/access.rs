//! What the servers may do, and who may reach them.

use infrastructure_aws_policies_outputs::IamPolicies;
use ol::iam;
use ol::security_group::{Rule, egress_all, ingress, no_egress};
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, SecurityGroupHandle, SecurityGroupIngress};
use types_aws_iam::{InstanceProfile, InstanceProfileHandle, Role};

use crate::Cluster;

/// Calls among servers.
const RPC: u16 = 8300;
/// Gossip within a data centre.
const LAN: u16 = 8301;
/// Gossip among data centres.
const WAN: u16 = 8302;
/// The HTTP API.
const HTTP: u16 = 8500;
/// Names of services.
const DNS: u16 = 8600;

/// The security groups of a cluster.
pub(crate) struct Groups {
    pub(crate) servers: SecurityGroupHandle,
    pub(crate) agents: SecurityGroupHandle,
}

/// The role of the servers, as instances take it.
pub(crate) fn instance_profile(cluster: &Cluster, policies: &IamPolicies, plan: &mut Draft) -> InstanceProfileHandle {
    let environment = &cluster.environment;
    let role = Role::new(format!("consul-instance-role-{environment}"))
        .path("/ol-operations/consul/role/")
        .assume_role_policy_document(iam::trust_of_instances())
        .managed_policy_arns([&policies.describe_instances, &policies.route53_odl_zone_records])
        .tags(&cluster.tags)
        .declare(plan);
    InstanceProfile::new(format!("consul-instance-profile-{environment}"))
        .path("/ol-operations/consul/profile/")
        .roles([role.role_name()])
        .declare(plan)
}

/// Servers are asked from all over their VPC, and gossip with those of its peers; agents gossip with each other.
pub(crate) fn security_groups(cluster: &Cluster, plan: &mut Draft) -> Groups {
    let environment = &cluster.environment;
    let vpc = &cluster.network.operations_vpc;
    let near = |rule: Rule, why: &str| rule.cidr(&vpc.cidr).description(why);
    let servers = ingress([
        near(Rule::tcp(HTTP), "HTTP API access"),
        near(Rule::udp(HTTP), "HTTP API access"),
        near(Rule::tcp(DNS), "DNS access"),
        near(Rule::udp(DNS), "DNS access"),
        near(Rule::tcp_range(RPC, LAN), "LAN gossip protocol"),
        near(Rule::udp_range(RPC, LAN), "LAN gossip protocol"),
        cluster
            .peers()
            .iter()
            .fold(Rule::tcp_range(RPC, WAN).description("WAN cross-datacenter communication"), |rule, peer| {
                rule.cidr(&peer.cidr)
            }),
    ]);
    let name = format!("{environment}-consul-server");
    let servers = SecurityGroup::new(format!("consul-server-{environment}-security-group"))
        .group_name(&name)
        .group_description("Access control between Consul severs and agents")
        .security_group_ingress(servers)
        .security_group_egress(egress_all())
        .vpc_id(&vpc.id)
        .tags(cluster.tags.named(name))
        .declare(plan);
    let agents = agents(cluster, &servers, plan);
    Groups { servers, agents }
}

fn agents(cluster: &Cluster, servers: &SecurityGroupHandle, plan: &mut Draft) -> SecurityGroupHandle {
    let environment = &cluster.environment;
    let gossip = "LAN gossip protocol from servers";
    let name = format!("{environment}-consul-agent");
    let logical = format!("consul-agent-{environment}-security-group");
    let agents = SecurityGroup::new(&logical)
        .group_name(&name)
        .group_description("Access control between Consul agents")
        .security_group_ingress(ingress(
            [Rule::tcp(LAN), Rule::udp(LAN)].map(|rule| rule.group(servers.id()).description(gossip)),
        ))
        .security_group_egress(no_egress())
        .vpc_id(&cluster.network.operations_vpc.id)
        .tags(cluster.tags.named(name))
        .declare(plan);
    // A group cannot name itself before it is there.
    for protocol in ["tcp", "udp"] {
        SecurityGroupIngress::new(format!("{logical}-own-{protocol}"))
            .group_id(agents.id())
            .source_security_group_id(agents.id())
            .ip_protocol(protocol)
            .from_port(LAN)
            .to_port(LAN)
            .description(gossip)
            .declare(plan);
    }
    agents
}
