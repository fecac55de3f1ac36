//! What a stack file says.

use std::collections::BTreeMap;

use infrastructure_aws_dns_outputs as dns;
use infrastructure_aws_network_outputs::{KubernetesVpcName, VpcName};
use ol::BusinessUnit;
use plan::prelude::*;

/// The configuration of one tenant's platform.
#[derive(Debug, Config)]
pub struct Config {
    /// Who pays.
    pub business_unit: BusinessUnit,
    /// The cluster that the workload runs on: the short name of its stack.
    pub cluster_stack: String,
    /// The tenant's own VPC; the cache lies here.
    pub target_vpc: VpcName,
    /// The VPC of the cluster.
    pub k8s_vpc: KubernetesVpcName,
    /// The zone of the tenant's domains.
    pub dns_zone: ZoneName,
    /// Where learners and authors go.
    pub domains: Domains,
    /// The host that previews are served by.
    pub backend_preview_domain: String,
    /// The host of the maintenance page, while it is shown in place of the platform.
    pub maintenance_page_dns: Option<String>,
    /// The domain that mail is sent from.
    pub mail_domain: String,
    /// The address that mail is sent from.
    pub sender_email_address: String,
    /// Whether the database has moved from the tenant's VPC to the cluster's.
    #[config(default)]
    pub move_db: bool,
    /// The class of the database; without it the environment's.
    pub db_instance_size: Option<String>,
    /// The version of `MariaDB` without its last number.
    #[config(default = "11.8".to_owned())]
    pub db_version: String,
    /// The size of the database in GiB at first.
    #[config(default = 50)]
    pub db_storage_gb: u32,
    /// The size of the database in GiB at most.
    #[config(default = 1000)]
    pub db_max_storage_gb: u32,
    /// The password of the database's owner.
    pub db_password: SealedSecret,
    /// The cache.
    #[config(default)]
    pub redis: Redis,
    /// The password of the cache.
    pub redis_auth_token: SealedSecret,
    /// Secrets of the platform, by name.
    pub static_secrets: BTreeMap<String, SealedSecret>,
    /// Secrets of the forum, by name.
    pub edx_forum_secrets: BTreeMap<String, SealedSecret>,
    /// Secrets of the queue of submissions, by name; none where there is no queue.
    pub edx_xqueue_secrets: Option<BTreeMap<String, SealedSecret>>,
    /// The passwords of the users of `MongoDB`.
    pub mongodb_passwords: MongodbPasswords,
}

/// Where learners and authors go.
#[derive(Debug, Config)]
pub struct Domains {
    /// The courses.
    pub lms: String,
    /// Previews of courses.
    pub preview: String,
    /// Where courses are written.
    pub studio: String,
}

/// The cache.
#[derive(Debug, Default, Config)]
pub struct Redis {
    /// The type of its nodes; without it the environment's.
    pub instance_type: Option<String>,
}

/// The passwords of the users of `MongoDB`.
#[derive(Debug, Config)]
pub struct MongodbPasswords {
    /// The platform.
    pub edxapp: SealedSecret,
    /// The forum.
    pub forum: SealedSecret,
}

/// The zones in which tenants have their domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Config)]
pub enum ZoneName {
    /// `learn.mit.edu`.
    Learn,
    /// `mitx.mit.edu`.
    Mitx,
    /// `mitxonline.mit.edu`.
    #[config(key = "mitxonline")]
    MitxOnline,
    /// `xpro.mit.edu`.
    Xpro,
}

impl Domains {
    /// The origins of the pages, as browsers name them.
    pub fn origins(&self) -> [String; 3] {
        [&self.lms, &self.preview, &self.studio].map(|domain| format!("https://{domain}"))
    }
}

impl ZoneName {
    /// The id of the zone.
    pub fn id_in(self, zones: &dns::Outputs) -> Output<String> {
        let zone = match self {
            Self::Learn => &zones.learn,
            Self::Mitx => &zones.mitx,
            Self::MitxOnline => &zones.mitxonline,
            Self::Xpro => &zones.xpro,
        };
        zone.id.clone()
    }
}
