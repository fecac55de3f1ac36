//! What was left when the servers moved from instances to the cluster.

use infrastructure_aws_policies_outputs::IamPolicies;
use ol::iam;
use ol::security_group::{Rule, egress_all, ingress};
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, SecurityGroupHandle, SecurityGroupIngress};
use types_aws_iam::{InstanceProfile, Role};

use crate::{Settings, Surroundings};

/// The port of clusters of servers.
const CLUSTERING: u16 = 7800;
/// The port at which servers see whether the others are there.
const FAILURE_DETECTION: u16 = 57_800;

/// Declares the role that instances had, and the security group that they were in.
pub(crate) fn declare(
    around: &Surroundings,
    policies: &IamPolicies,
    settings: &Settings,
    plan: &mut Draft,
) -> SecurityGroupHandle {
    let env = &around.env;
    let role = Role::new(format!("keycloak-instance-role-keycloak-{env}"))
        .path("/ol-operations/keycloak/role/")
        .assume_role_policy_document(iam::trust_of_instances())
        .managed_policy_arns([&policies.describe_instances, &policies.route53_odl_zone_records])
        .tags(&around.tags)
        .declare(plan);
    InstanceProfile::new(format!("keycloak-instance-profile-keycloak-{env}"))
        .path("/ol-operations/keycloak/profile/")
        .roles([role.role_name()])
        .declare(plan);

    let web = Rule::tcp(443).cidr("0.0.0.0/0").description("Allow traffic to the keycloak server on port 443");
    let logical = format!("keycloak-server-security-group-keycloak-{env}");
    let group = SecurityGroup::new(&logical)
        .group_name(format!("keycloak-server-{}-keycloak-{env}", vpc_key(settings)))
        .group_description("Access control for keycloak servers")
        .security_group_ingress(ingress([web]))
        .security_group_egress(egress_all())
        .vpc_id(&around.vpc.id)
        .tags(&around.tags)
        .declare(plan);
    let to_all = "Allow all keycloak servers to talk to all other keycloak servers on port 7800";
    for (protocol, port, why) in [
        ("tcp", CLUSTERING, format!("{to_all} tcp for IPSN clustering.")),
        ("udp", CLUSTERING, format!("{to_all} udp for IPSN clustering.")),
        ("tcp", FAILURE_DETECTION, "Failure detection is provided by FD_SOCK2".to_owned()),
    ] {
        // A group cannot name itself before it is there.
        SecurityGroupIngress::new(format!("{logical}-{protocol}-{port}"))
            .group_id(group.id())
            .source_security_group_id(group.id())
            .ip_protocol(protocol)
            .from_port(port)
            .to_port(port)
            .description(why)
            .declare(plan);
    }
    group
}

/// The VPC as names and descriptions have it: `operations_vpc`.
pub(crate) fn vpc_key(settings: &Settings) -> &'static str {
    use infrastructure_aws_network_outputs::VpcName;
    match settings.target_vpc {
        VpcName::Applications => "applications_vpc",
        VpcName::Data => "data_vpc",
        VpcName::MitxOnline => "mitxonline_vpc",
        VpcName::Operations => "operations_vpc",
        VpcName::ResidentialMitx => "residential_mitx_vpc",
        VpcName::ResidentialMitxStaging => "residential_mitx_staging_vpc",
        VpcName::Xpro => "xpro_vpc",
    }
}
