//! Keycloak on a cluster: its operator, its database, the servers and how they are reached.
//!
//! Layer: L6, a project.

mod config;
mod data;
mod operator;
mod servers;
mod workload;

use applications_keycloak_outputs as out;
use infrastructure_aws_eks_outputs as eks;
use infrastructure_aws_network_outputs as network;
use infrastructure_aws_policies_outputs as shared;
use infrastructure_monitoring_outputs as monitoring;
use infrastructure_vault_outputs as vault_server;
use ol::{BusinessUnit, Naming, Tags};
use ol_data::{AlarmTopics, Engine, RdsEngineVersion, Tier};
use ol_kubernetes::{Labels, Namespace, Product};
use plan::prelude::*;
use world::AccountId;

pub use config::Settings;

/// The cluster that it runs on.
const CLUSTER: &str = "operations";
/// The application, its namespace and its database.
const KEYCLOAK: &str = "keycloak";

/// The project.
pub fn project() -> Project {
    Project::new("applications.keycloak", plan).functions(ol_data::FUNCTIONS)
}

/// What all parts need of their surroundings.
struct Surroundings {
    /// `qa`.
    env: String,
    tags: Tags,
    labels: Labels,
    namespace: Namespace,
    cluster: eks::Outputs,
    network: network::Outputs,
    vpc: network::Vpc,
    /// The provider instance of the environment's Vault.
    vault: String,
    vault_server: vault_server::VaultServer,
    account: String,
    tier: Tier,
}

/// Plans one Keycloak.
///
/// # Errors
/// If the cluster has no namespace for it, or the world lock lacks an answer.
pub fn plan(stack: &Stack, settings: Settings) -> Result<Plan<out::Outputs>> {
    // All questions to the world come before the first read of an output, at which a plan may have to wait.
    let account = stack.world(AccountId)?;
    let environment = stack.environment();
    let env = stack.env_suffix();
    let operations = format!("operations.{environment}");
    let cluster = stack.reference::<eks::Outputs>(&operations);
    let network = stack.reference::<network::Outputs>(environment);
    let major = Engine::Postgres.default_major().to_owned();
    let version = stack.world(RdsEngineVersion { engine: Engine::Postgres.as_str().into(), major })?;
    let around = Surroundings {
        tags: Tags::new(BusinessUnit::Operations, format!("operations-{env}")),
        labels: Labels::new(
            stack,
            "ol-application-keycloak",
            BusinessUnit::Operations,
            Product::Infrastructure,
            KEYCLOAK,
        )
        .source("https://github.com/keycloak/keycloak"),
        namespace: Namespace::of(stack, CLUSTER, KEYCLOAK, &cluster.namespaces)?,
        vpc: network.vpc(settings.target_vpc),
        vault: ol_data::vault_of(stack),
        vault_server: stack.reference::<vault_server::Outputs>(&operations).vault_server,
        account,
        tier: Tier::of(stack)?,
        env,
        cluster,
        network,
    };
    let policies = stack.reference::<shared::Outputs>("default").iam_policies;
    let topics = stack.reference::<monitoring::Outputs>("default").notification_sns_topics;
    let topics = AlarmTopics { warning: topics.warning_sns_topic_arn, critical: topics.critical_sns_topic_arn };

    let mut plan = stack.plan();
    let operator = operator::declare(&around, &mut plan);
    let server = servers::declare(&around, &policies, &settings, &mut plan);
    let stores = data::Stores { settings: &settings, around: &around, version: &version };
    let database = stores.declare(&server, &topics, &mut plan);
    let work = workload::Workload { settings: &settings, around: &around };
    work.declare(&operator, &database, &mut plan);
    plan.finish(out::Outputs { keycloak: out::Keycloak { rds_host: database } })
}
