//! What the network stacks export: seven VPCs, each with its subnets and security groups.
//!
//! **Invariant:** plain types only; every leaf is an output.

#![expect(clippy::doc_markdown, reason = "names of products are not code")]

use plan::prelude::*;

/// The exports of one network stack.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.aws.network")]
pub struct Outputs {
    /// Most applications.
    pub applications_vpc: Vpc<SecurityGroups, Kubernetes>,
    /// Data platform.
    pub data_vpc: Vpc<DataSecurityGroups, Kubernetes>,
    /// MITx Online.
    pub mitxonline_vpc: Vpc,
    /// Consul, Vault, Concourse and what else keeps the rest running.
    pub operations_vpc: Vpc<OperationsSecurityGroups, Kubernetes>,
    /// Residential MITx.
    pub residential_mitx_vpc: Vpc<SecurityGroups, Kubernetes>,
    /// Residential MITx, staging.
    pub residential_mitx_staging_vpc: Vpc,
    /// xPRO.
    pub xpro_vpc: Vpc,
}

/// One VPC, with the security groups `G` and, where it has any, the Kubernetes subnets `K`.
#[derive(Clone, Debug, Outputs)]
pub struct Vpc<G = SecurityGroups, K = ()> {
    /// The id.
    pub id: Output<String>,
    /// The name that resources of the VPC start with: `operations-qa`.
    pub name: Output<String>,
    /// The IPv4 block.
    pub cidr: Output<String>,
    /// The IPv6 block, chosen by Amazon.
    pub cidr_v6: Output<String>,
    /// The region.
    pub region: Output<String>,
    /// The exports of the VPCs that are said to be peers; kept by hand, not all peerings are listed.
    pub peers: Output<Vec<String>>,
    /// The main route table.
    pub route_table_id: Output<String>,
    /// The ids of the ordinary subnets.
    pub subnet_ids: Output<Vec<String>>,
    /// Their availability zones.
    pub subnet_zones: Output<Vec<String>>,
    /// The name of the subnet group for databases.
    pub rds_subnet: Output<String>,
    /// The name of the subnet group for caches.
    pub elasticache_subnet: Output<String>,
    /// The ids of the security groups.
    pub security_groups: G,
    /// The subnets of Kubernetes clusters.
    #[outputs(flatten)]
    pub kubernetes: K,
}

/// The subnets of the Kubernetes clusters of a VPC.
#[derive(Clone, Debug, Outputs)]
pub struct Kubernetes {
    /// The block of service addresses; a number only, no subnet.
    #[outputs(key = "k8s_service_subnet_cidr")]
    pub service_subnet_cidr: Output<String>,
    /// The blocks of the private subnets, where pods run.
    #[outputs(key = "k8s_pod_subnet_cidrs")]
    pub pod_subnet_cidrs: Output<Vec<String>>,
    /// Their ids.
    #[outputs(key = "k8s_pod_subnet_ids")]
    pub pod_subnet_ids: Output<Vec<String>>,
    /// Their availability zones.
    #[outputs(key = "k8s_pod_subnet_zones")]
    pub pod_subnet_zones: Output<Vec<String>>,
    /// The blocks of the public subnets, where load balancers and NAT gateways stand.
    #[outputs(key = "k8s_public_subnet_cidrs")]
    pub public_subnet_cidrs: Output<Vec<String>>,
    /// Their ids.
    #[outputs(key = "k8s_public_subnet_ids")]
    pub public_subnet_ids: Output<Vec<String>>,
    /// Their availability zones.
    #[outputs(key = "k8s_public_subnet_zones")]
    pub public_subnet_zones: Output<Vec<String>>,
    /// The ids of the NAT gateways.
    #[outputs(key = "k8s_nat_gateway_ids")]
    pub nat_gateway_ids: Output<Vec<String>>,
    /// The public addresses of the NAT gateways.
    #[outputs(key = "k8s_nat_gateway_public_ips")]
    pub nat_gateway_public_ips: Output<Vec<String>>,
}

/// The ids of the security groups that every VPC has.
#[derive(Clone, Debug, Outputs)]
pub struct SecurityGroups {
    /// The group that EC2 makes with the VPC.
    pub default: Output<String>,
    /// SSH from anywhere.
    pub ssh: Output<String>,
    /// HTTP and HTTPS from anywhere.
    pub web: Output<String>,
    /// Access from the salt master.
    pub salt_minion: Output<String>,
}

/// The ids of the security groups of the data VPC.
#[derive(Clone, Debug, Outputs)]
pub struct DataSecurityGroups {
    /// The group that EC2 makes with the VPC.
    pub default: Output<String>,
    /// SSH from anywhere.
    pub ssh: Output<String>,
    /// HTTP and HTTPS from anywhere.
    pub web: Output<String>,
    /// Access from the salt master.
    pub salt_minion: Output<String>,
    /// The data orchestration engine.
    pub orchestrator: Output<String>,
    /// The data integration engine.
    pub integrator: Output<String>,
}

/// The ids of the security groups of the operations VPC.
#[derive(Clone, Debug, Outputs)]
pub struct OperationsSecurityGroups {
    /// The group that EC2 makes with the VPC.
    pub default: Output<String>,
    /// SSH from anywhere.
    pub ssh: Output<String>,
    /// HTTP and HTTPS from anywhere.
    pub web: Output<String>,
    /// Access from the salt master.
    pub salt_minion: Output<String>,
    /// The monitoring of Celery.
    pub celery_monitoring: NamedGroup,
}

/// A security group by id and by name.
#[derive(Clone, Debug, Outputs)]
pub struct NamedGroup {
    /// The id.
    pub id: Output<String>,
    /// The name.
    pub name: Output<String>,
}

impl From<DataSecurityGroups> for SecurityGroups {
    fn from(groups: DataSecurityGroups) -> Self {
        let DataSecurityGroups { default, ssh, web, salt_minion, .. } = groups;
        Self { default, ssh, web, salt_minion }
    }
}

impl From<OperationsSecurityGroups> for SecurityGroups {
    fn from(groups: OperationsSecurityGroups) -> Self {
        let OperationsSecurityGroups { default, ssh, web, salt_minion, .. } = groups;
        Self { default, ssh, web, salt_minion }
    }
}

/// Which VPC a stack file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Config)]
pub enum VpcName {
    /// `applications_vpc`.
    #[config(key = "applications_vpc")]
    Applications,
    /// `data_vpc`.
    #[config(key = "data_vpc")]
    Data,
    /// `mitxonline_vpc`.
    #[config(key = "mitxonline_vpc")]
    MitxOnline,
    /// `operations_vpc`.
    #[config(key = "operations_vpc")]
    Operations,
    /// `residential_mitx_vpc`.
    #[config(key = "residential_mitx_vpc")]
    ResidentialMitx,
    /// `residential_mitx_staging_vpc`.
    #[config(key = "residential_mitx_staging_vpc")]
    ResidentialMitxStaging,
    /// `xpro_vpc`.
    #[config(key = "xpro_vpc")]
    Xpro,
}

/// Which VPC with Kubernetes subnets a stack file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Config)]
pub enum KubernetesVpcName {
    /// `applications_vpc`.
    #[config(key = "applications_vpc")]
    Applications,
    /// `data_vpc`.
    #[config(key = "data_vpc")]
    Data,
    /// `operations_vpc`.
    #[config(key = "operations_vpc")]
    Operations,
    /// `residential_mitx_vpc`.
    #[config(key = "residential_mitx_vpc")]
    ResidentialMitx,
}

impl From<KubernetesVpcName> for VpcName {
    fn from(name: KubernetesVpcName) -> Self {
        match name {
            KubernetesVpcName::Applications => Self::Applications,
            KubernetesVpcName::Data => Self::Data,
            KubernetesVpcName::Operations => Self::Operations,
            KubernetesVpcName::ResidentialMitx => Self::ResidentialMitx,
        }
    }
}

impl Outputs {
    /// The VPC that a stack file names, with what all have in common.
    pub fn vpc(&self, name: VpcName) -> Vpc {
        match name {
            VpcName::Applications => self.applications_vpc.common(),
            VpcName::Data => self.data_vpc.common(),
            VpcName::MitxOnline => self.mitxonline_vpc.clone(),
            VpcName::Operations => self.operations_vpc.common(),
            VpcName::ResidentialMitx => self.residential_mitx_vpc.common(),
            VpcName::ResidentialMitxStaging => self.residential_mitx_staging_vpc.clone(),
            VpcName::Xpro => self.xpro_vpc.clone(),
        }
    }

    /// The Kubernetes subnets of the VPC that a stack file names.
    pub fn kubernetes(&self, name: KubernetesVpcName) -> &Kubernetes {
        match name {
            KubernetesVpcName::Applications => &self.applications_vpc.kubernetes,
            KubernetesVpcName::Data => &self.data_vpc.kubernetes,
            KubernetesVpcName::Operations => &self.operations_vpc.kubernetes,
            KubernetesVpcName::ResidentialMitx => &self.residential_mitx_vpc.kubernetes,
        }
    }
}

impl<G: Clone + Into<SecurityGroups>, K> Vpc<G, K> {
    /// What all VPCs have in common.
    pub fn common(&self) -> Vpc {
        Vpc {
            id: self.id.clone(),
            name: self.name.clone(),
            cidr: self.cidr.clone(),
            cidr_v6: self.cidr_v6.clone(),
            region: self.region.clone(),
            peers: self.peers.clone(),
            route_table_id: self.route_table_id.clone(),
            subnet_ids: self.subnet_ids.clone(),
            subnet_zones: self.subnet_zones.clone(),
            rds_subnet: self.rds_subnet.clone(),
            elasticache_subnet: self.elasticache_subnet.clone(),
            security_groups: self.security_groups.clone().into(),
            kubernetes: (),
        }
    }
}
