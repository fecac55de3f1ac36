//! What a stack file says.

use std::collections::BTreeMap;

use infrastructure_aws_network_outputs::VpcName;
use plan::prelude::*;

/// The configuration of one Keycloak.
#[derive(Debug, Config)]
pub struct Settings {
    /// The VPC of the database.
    #[config(default = VpcName::Operations)]
    pub target_vpc: VpcName,
    /// The name under which it is found.
    pub domain: String,
    /// The image of the servers, by the digest of what it holds: `sha256:…`.
    pub image_digest: String,
    /// The password of the database's owner.
    pub rds_password: SealedSecret,
    /// The size of the database in GiB.
    #[config(default = 334)]
    pub db_capacity: u32,
    /// Whether the database may take as long to change as a copy of it takes to be made.
    #[config(default = false)]
    pub db_use_blue_green: bool,
    /// How many servers there are.
    #[config(default = 2)]
    pub replicas: u16,
    /// How much of a processor a server is sure of.
    #[config(default = "500m".to_owned())]
    pub cpu_request: String,
    /// How much of it there is at most.
    #[config(default = "2000m".to_owned())]
    pub cpu_limit: String,
    /// How much memory a server is sure of.
    #[config(default = "512Mi".to_owned())]
    pub memory_request: String,
    /// How much of it there is at most.
    #[config(default = "1Gi".to_owned())]
    pub memory_limit: String,
    /// The key under which it is told how people find their way.
    pub posthog_api_key: Option<SealedSecret>,
    /// Where that is told.
    #[config(default = "https://app.posthog.com".to_owned())]
    pub posthog_api_host: String,
    /// What the servers are told through Vault.
    pub server_secrets: BTreeMap<String, SealedSecret>,
}
