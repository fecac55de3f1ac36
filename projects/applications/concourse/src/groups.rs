//! Who may reach whom.

use ol::security_group::{Rule, egress_all, ingress, no_egress};
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, SecurityGroupHandle, SecurityGroupIngress};

use crate::Surroundings;

/// Every port.
const ANY: (u16, u16) = (0, 65_535);

/// The security groups.
pub(crate) struct Groups {
    pub(crate) web: SecurityGroupHandle,
    pub(crate) workers: SecurityGroupHandle,
    pub(crate) database: SecurityGroupHandle,
}

impl Groups {
    pub(crate) fn declare(around: &Surroundings, from_vault: &Output<String>, plan: &mut Draft) -> Self {
        let env = &around.env;
        let group = |name: &str, title: String, what: &str| {
            SecurityGroup::new(format!("{name}-{env}"))
                .group_name(title)
                .group_description(what)
                .vpc_id(&around.vpc.id)
                .tags(&around.tags)
        };
        let workers = group(
            "concourse-worker-security-group",
            format!("concourse-worker-operations-{env}"),
            "Access control for Concourse worker servers",
        )
        .security_group_egress(egress_all())
        .declare(plan);
        let reach = "Allow Concourse workers to connect to Concourse web nodes";
        let web = group(
            "concourse-web-security-group",
            format!("concourse-web-operations-{env}"),
            "Access control for Concourse web servers",
        )
        .security_group_ingress(ingress([Rule::tcp_range(ANY.0, ANY.1).group(workers.id()).description(reach)]))
        .security_group_egress(egress_all())
        .declare(plan);
        // A group cannot name itself before it is there, nor two each other.
        let mut rule = |name: String, to: &SecurityGroupHandle, from: &SecurityGroupHandle, why: &str| {
            SecurityGroupIngress::new(name)
                .group_id(to.id())
                .source_security_group_id(from.id())
                .ip_protocol("tcp")
                .from_port(ANY.0)
                .to_port(ANY.1)
                .description(why)
                .declare(plan);
        };
        rule(format!("concourse-web-security-group-{env}-own"), &web, &web, reach);
        let all = "Allow all traffic from Concourse web nodes to workers";
        rule("concourse-worker-access-from-concourse-web".to_owned(), &workers, &web, all);
        let peers = "Allow Concourse workers to connect to all other concourse workers for p2p streaming.";
        rule("concourse-worker-peer-ingress".to_owned(), &workers, &workers, peers);

        let why = "Access to Postgres from Concourse web nodes";
        let postgres = Rule::tcp(ol_data::POSTGRES_PORT)
            .group(web.id())
            .group(&around.consul.security_groups.consul_server)
            .group(from_vault)
            .description(why);
        let what = "Access from Concourse instances to the associated Postgres database";
        let database = group("concourse-db-access", format!("concourse-db-access-{env}"), what)
            .security_group_ingress(ingress([postgres]))
            .security_group_egress(no_egress())
            .declare(plan);
        Self { web, workers, database }
    }
}
