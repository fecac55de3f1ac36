//! The security groups that come with the VPCs.

use ol::security_group::{Rule, egress_all, ingress, no_egress};
use ol::{Network, Tags};
use plan::prelude::*;
use types_aws_ec2 as ec2;

/// Names, networks and tags of the groups of one VPC.
pub(crate) struct Groups<'a> {
    /// The VPC.
    pub network: &'a Network,
    /// What the physical names start with, which is not always the name of the VPC.
    pub prefix: String,
}

impl Groups<'_> {
    /// SSH from anywhere.
    pub(crate) fn ssh(&self, plan: &mut Draft) -> Output<String> {
        self.group("public-ssh-access", "SSH access from the public internet")
            .group_name(self.physical("public-ssh"))
            .tags(self.tags("public-ssh"))
            .security_group_ingress(ingress([Rule::tcp(22)
                .anywhere()
                .description("SSH access from the public internet")]))
            .security_group_egress(egress_all())
            .declare(plan)
            .group_id()
    }

    /// HTTP and HTTPS from anywhere.
    pub(crate) fn web(&self, plan: &mut Draft) -> Output<String> {
        self.group("web-server", "HTTP/HTTPS access from the public internet")
            .group_name(self.physical("public-web"))
            .tags(self.tags("public-web"))
            .security_group_ingress(ingress([
                Rule::tcp(80).anywhere().description("HTTP access from the public internet"),
                Rule::tcp(443).anywhere().description("HTTPS access from the public internet"),
            ]))
            .security_group_egress(egress_all())
            .declare(plan)
            .group_id()
    }

    /// Access from the salt master, which is in the operations VPC.
    pub(crate) fn salt_minion(&self, plan: &mut Draft, operations: &Network, tags: &Tags) -> Output<String> {
        let from = || operations.vpc.cidr_block();
        self.group("salt-minion", "Access to minions from the salt master")
            .group_name(self.physical("salt-minion"))
            .tags(tags.named(self.physical("salt-minion")))
            .security_group_ingress(ingress([
                Rule::tcp(22).cidr(from()).description("SSH access from the salt master"),
                Rule::tcp(19999).cidr(from()).description("Access to the Netdata HTTP interface from the salt master"),
            ]))
            .security_group_egress(egress_all())
            .declare(plan)
            .group_id()
    }

    /// The data orchestration engine, which may not send anything.
    pub(crate) fn data_orchestrator(&self, plan: &mut Draft) -> Output<String> {
        self.group("data-orchestrator", "Security group used by the data orchestration engine")
            .tags(self.tags("data-orchestrator"))
            .security_group_egress(no_egress())
            .declare(plan)
            .group_id()
    }

    /// The data integration engine.
    pub(crate) fn data_integrator(&self, plan: &mut Draft) -> Output<String> {
        self.group("data-integrator", "Security group used by the data integration engine")
            .tags(self.tags("data-integrator"))
            .security_group_egress(egress_all())
            .declare(plan)
            .group_id()
    }

    /// The monitoring of Celery. Its name has no environment in it.
    pub(crate) fn celery_monitoring(&self, plan: &mut Draft) -> ec2::SecurityGroupHandle {
        ec2::SecurityGroup::new("operations-celery-monitoring")
            .vpc_id(self.network.vpc.vpc_id())
            .group_description("Security group for Leek service for Celery Monitoring")
            .tags(self.tags("celery-monitoring"))
            .security_group_egress(egress_all())
            .declare(plan)
    }

    fn group(&self, suffix: &str, description: &str) -> ec2::SecurityGroup {
        ec2::SecurityGroup::new(format!("{}-{suffix}", self.network.name))
            .vpc_id(self.network.vpc.vpc_id())
            .group_description(description)
    }

    fn physical(&self, suffix: &str) -> String {
        format!("{}-{suffix}", self.prefix)
    }

    fn tags(&self, suffix: &str) -> Tags {
        self.network.tags.named(self.physical(suffix))
    }
}
