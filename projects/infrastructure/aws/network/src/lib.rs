//! The VPCs of one environment, and the peerings between them.

mod exports;
mod security_groups;

use infrastructure_aws_network_outputs::Outputs;
use ol::{BusinessUnit, KubernetesVpcConfig, Naming, Network, Peering, Tags, Vpc, VpcConfig};
use plan::prelude::*;

/// What a stack file says: the block of each VPC, and the Kubernetes subnets of those that have any.
#[derive(Debug, Config)]
pub struct Settings {
    /// Most applications.
    pub apps_vpc: KubernetesVpcConfig,
    /// The data platform.
    pub data_vpc: KubernetesVpcConfig,
    /// `mitxonline_vpc` among the exports.
    pub mitx_online_vpc: VpcConfig,
    /// What keeps the rest running.
    pub operations_vpc: KubernetesVpcConfig,
    /// `residential_mitx_staging_vpc` among the exports.
    pub residential_staging_vpc: VpcConfig,
    /// `residential_mitx_vpc` among the exports.
    pub residential_vpc: KubernetesVpcConfig,
    /// xPRO.
    pub xpro_vpc: VpcConfig,
}

/// The VPCs of one environment.
struct Networks {
    applications: Network,
    data: Network,
    operations: Network,
    mitx: Network,
    mitx_staging: Network,
    mitx_online: Network,
    xpro: Network,
}

/// The project.
pub fn project() -> Project {
    Project::new("infrastructure.aws.network", plan)
}

/// Seven VPCs, their security groups, and fourteen peerings.
///
/// # Errors
/// What is wrong with the settings.
pub fn plan(stack: &Stack, settings: Settings) -> Result<Plan<Outputs>> {
    let mut plan = stack.plan();
    let zones = ol::zones(stack)?;
    let (env, stage) = (stack.env_suffix(), stack.environment());
    let tags = |unit: BusinessUnit, network: &str, name: String| {
        Tags::new(unit, format!("{network}-{env}")).with("business_unit", unit).named(name)
    };

    let networks = Networks {
        applications: Vpc::new(format!("applications-{env}"), &settings.apps_vpc)
            .zones(&zones)
            .subnets(5)
            .tags(tags(BusinessUnit::Operations, "applications", format!("OL Applications {stage}")))
            .declare(&mut plan),
        data: Vpc::new(format!("ol-data-{env}"), &settings.data_vpc)
            .zones(&zones)
            .subnets(3)
            .tags(tags(BusinessUnit::Data, "data", format!("{stage} Data Services")))
            .declare(&mut plan),
        operations: Vpc::new(format!("operations-{env}"), &settings.operations_vpc)
            .zones(&zones)
            .subnets(4)
            .tags(tags(BusinessUnit::Operations, "operations", format!("Operations {stage}")))
            .declare(&mut plan),
        mitx: Vpc::new(format!("mitx-{env}"), &settings.residential_vpc)
            .zones(&zones)
            .subnets(4)
            .tags(tags(BusinessUnit::Residential, "mitx", format!("MITx {stage}")))
            .declare(&mut plan),
        mitx_staging: Vpc::new(format!("mitx-staging-{env}"), &settings.residential_staging_vpc)
            .zones(&zones)
            .subnets(3)
            .tags(tags(BusinessUnit::ResidentialStaging, "mitx-staging", format!("MITx {stage} Staging")))
            .declare(&mut plan),
        mitx_online: Vpc::new(format!("mitx-online-{env}"), &settings.mitx_online_vpc)
            .zones(&zones)
            .subnets(5)
            .tags(tags(BusinessUnit::MitxOnline, "mitxonline", format!("MITx Online {stage}")))
            .declare(&mut plan),
        xpro: Vpc::new(format!("mitxpro-{env}"), &settings.xpro_vpc)
            .zones(&zones)
            .subnets(4)
            .tags(tags(BusinessUnit::Xpro, "mitxpro", format!("xPro {stage}")))
            .declare(&mut plan),
    };
    let outputs = exports::of(&mut plan, &env, &networks, &settings);
    networks.peer(&mut plan, &env);
    plan.finish(outputs)
}

impl Networks {
    /// Connects the networks that talk to one another.
    fn peer(&self, plan: &mut Draft, env: &str) {
        let Self { applications, data, operations, mitx, mitx_staging, mitx_online, xpro } = self;
        for (source, from, destination, to) in [
            ("ol-data", data, "mitx-online", mitx_online),
            ("ol-data", data, "residential-mitx", mitx),
            ("ol-data", data, "residential-mitx-staging", mitx_staging),
            ("ol-data", data, "applications", applications),
            ("ol-data", data, "mitxpro", xpro),
            ("ol-operations", operations, "applications", applications),
            ("ol-operations", operations, "ol-data", data),
            ("ol-operations", operations, "mitx-online", mitx_online),
            ("ol-operations", operations, "residential-mitx", mitx),
            ("ol-operations", operations, "residential-mitx-staging", mitx_staging),
            ("ol-operations", operations, "mitxpro", xpro),
            ("ol-applications", applications, "mitx-online", mitx_online),
            ("ol-applications", applications, "xpro", xpro),
            ("ol-mitx-staging", mitx_staging, "mitx", mitx),
        ] {
            Peering::new(format!("{source}-{env}-to-{destination}-{env}-vpc-peer"), from, to).declare(plan);
        }
    }
}
