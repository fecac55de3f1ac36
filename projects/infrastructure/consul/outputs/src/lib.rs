//! What the stacks of `infrastructure.consul` export.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.consul")]
pub struct Outputs {
    /// The security groups of the cluster.
    pub security_groups: SecurityGroups,
    /// The load balancer of the servers.
    pub consul_lb: LoadBalancer,
    /// The launch template of the servers.
    pub consul_launch_config: Output<String>,
    /// The name of the group of the servers.
    pub consul_asg: Output<String>,
    /// The name of the data centre: `operations-qa`.
    pub datacenter: Output<String>,
}

/// The security groups of a cluster.
#[derive(Clone, Debug, Outputs)]
pub struct SecurityGroups {
    /// The servers.
    pub consul_server: Output<String>,
    /// Whatever runs an agent.
    pub consul_agent: Output<String>,
}

/// A load balancer.
#[derive(Clone, Debug, Outputs)]
pub struct LoadBalancer {
    /// Its name.
    pub dns_name: Output<String>,
    /// Its ARN.
    pub arn: Output<String>,
}
