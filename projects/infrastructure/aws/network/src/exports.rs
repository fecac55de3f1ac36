//! What the stack exports.

use infrastructure_aws_network_outputs as out;
use ol::{KubernetesVpcConfig, Network, REGION};
use plan::prelude::*;
use types_aws_ec2::{EipHandle, NatGatewayHandle, SubnetHandle};

use crate::security_groups::Groups;
use crate::{Networks, Settings};

/// The exports, with the security groups, which are declared here.
pub(crate) fn of(plan: &mut Draft, env: &str, networks: &Networks, settings: &Settings) -> out::Outputs {
    let Networks { applications, data, operations, mitx, mitx_staging, mitx_online, xpro } = networks;
    let groups = |network, prefix: &str| Groups { network, prefix: format!("{prefix}-{env}") };
    let mut common = |groups: &Groups<'_>| out::SecurityGroups {
        default: groups.network.vpc.default_security_group(),
        ssh: groups.ssh(plan),
        web: groups.web(plan),
        salt_minion: groups.salt_minion(plan, operations, &groups.network.tags),
    };
    let applications_groups = common(&groups(applications, "applications"));
    let mitxonline_groups = common(&groups(mitx_online, "mitxonline"));
    let mitx_groups = common(&groups(mitx, "mitx"));
    let mitx_staging_groups = common(&groups(mitx_staging, "mitx-staging"));
    let xpro_groups = common(&groups(xpro, "mitxpro"));

    let of_data = groups(data, "ol-data");
    let out::SecurityGroups { default, ssh, web, salt_minion } = common(&of_data);
    let data_groups = out::DataSecurityGroups {
        default,
        ssh,
        web,
        salt_minion,
        orchestrator: of_data.data_orchestrator(plan),
        integrator: of_data.data_integrator(plan),
    };
    let of_operations = groups(operations, "operations");
    let celery = of_operations.celery_monitoring(plan);
    let operations_groups = out::OperationsSecurityGroups {
        default: operations.vpc.default_security_group(),
        ssh: of_operations.ssh(plan),
        web: of_operations.web(plan),
        // It has always had the tags of the data VPC.
        salt_minion: of_operations.salt_minion(plan, operations, &data.tags),
        celery_monitoring: out::NamedGroup { id: celery.group_id(), name: celery.group_name() },
    };

    out::Outputs {
        applications_vpc: vpc(
            applications,
            &["data_vpc", "operations_vpc"],
            applications_groups,
            kubernetes(applications, &settings.apps_vpc),
        ),
        data_vpc: vpc(
            data,
            &[
                "applications_vpc",
                "mitxonline_vpc",
                "operations_vpc",
                "residential_mitx_vpc",
                "residential_mitx_staging_vpc",
                "xpro_vpc",
            ],
            data_groups,
            kubernetes(data, &settings.data_vpc),
        ),
        mitxonline_vpc: vpc(mitx_online, &["data_vpc", "operations_vpc"], mitxonline_groups, ()),
        operations_vpc: vpc(
            operations,
            &[
                "applications_vpc",
                "data_vpc",
                "mitxonline_vpc",
                "residential_mitx_vpc",
                "residential_mitx_staging_vpc",
                "xpro_vpc",
            ],
            operations_groups,
            kubernetes(operations, &settings.operations_vpc),
        ),
        residential_mitx_vpc: vpc(
            mitx,
            &["data_vpc", "operations_vpc"],
            mitx_groups,
            kubernetes(mitx, &settings.residential_vpc),
        ),
        residential_mitx_staging_vpc: vpc(mitx_staging, &["operations_vpc"], mitx_staging_groups, ()),
        xpro_vpc: vpc(xpro, &["data_vpc", "operations_vpc"], xpro_groups, ()),
    }
}

fn vpc<G, K>(network: &Network, peers: &[&str], security_groups: G, kubernetes: K) -> out::Vpc<G, K> {
    out::Vpc {
        id: network.vpc.vpc_id(),
        name: Output::known(&network.name),
        cidr: network.vpc.cidr_block(),
        cidr_v6: network.ipv6.ipv6_cidr_block(),
        region: Output::known(REGION),
        peers: Output::known(peers),
        route_table_id: network.route_table.route_table_id(),
        subnet_ids: each(&network.subnets, SubnetHandle::subnet_id),
        subnet_zones: each(&network.subnets, SubnetHandle::availability_zone),
        rds_subnet: network.db_subnet_group.db_subnet_group_name(),
        elasticache_subnet: network.cache_subnet_group.cache_subnet_group_name(),
        security_groups,
        kubernetes,
    }
}

fn kubernetes(network: &Network, config: &KubernetesVpcConfig) -> out::Kubernetes {
    let (public, private) = (&network.kubernetes.public_subnets, &network.kubernetes.private_subnets);
    out::Kubernetes {
        service_subnet_cidr: Output::known(config.k8s_service_subnet),
        pod_subnet_cidrs: each(private, SubnetHandle::cidr_block),
        pod_subnet_ids: each(private, SubnetHandle::subnet_id),
        pod_subnet_zones: each(private, SubnetHandle::availability_zone),
        public_subnet_cidrs: each(public, SubnetHandle::cidr_block),
        public_subnet_ids: each(public, SubnetHandle::subnet_id),
        public_subnet_zones: each(public, SubnetHandle::availability_zone),
        nat_gateway_ids: each(&network.kubernetes.nat_gateways, NatGatewayHandle::nat_gateway_id),
        nat_gateway_public_ips: each(&network.kubernetes.nat_addresses, EipHandle::public_ip),
    }
}

/// The list of one attribute of each.
fn each<T>(resources: &[T], attribute: fn(&T) -> Output<String>) -> Output<Vec<String>> {
    Output::of(resources.iter().map(attribute))
}
