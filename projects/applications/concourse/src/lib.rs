//! Concourse: servers that people see, workers of several kinds, a database, and what they may do and know.
//!
//! Layer: L6, a project.

mod config;
mod data;
mod groups;
mod policies;
mod user_data;
mod vault;
mod web;
mod workers;

use std::collections::BTreeSet;

use applications_concourse_outputs as out;
use infrastructure_aws_dns_outputs as dns;
use infrastructure_aws_kms_outputs as kms;
use infrastructure_aws_network_outputs as network;
use infrastructure_aws_network_outputs::Vpc;
use infrastructure_aws_policies_outputs as shared;
use infrastructure_consul_outputs as consul;
use infrastructure_monitoring_outputs as monitoring;
use infrastructure_vault_outputs as vault_server;
use ol::{BusinessUnit, Naming, REGION, Tags};
use ol_data::{AlarmTopics, Engine, RdsEngineVersion, Tier};
use plan::prelude::*;
use types_aws_route53::RecordSet;
use world::{AccountId, Certificate, Image};

pub use config::{Grafana, Scale, Settings, SpotOptions, Worker, WorkerTags};
pub use policies::Work;

/// The project.
pub fn project() -> Project {
    Project::new("applications.concourse", plan)
}

/// What all parts need of their surroundings.
struct Surroundings {
    /// `qa`.
    env: String,
    /// What everything carries.
    tags: Tags,
    account: String,
    /// The certificate that the servers show.
    certificate: String,
    vpc: Vpc,
    /// The key of volumes.
    volume_key: Output<String>,
    policies: shared::IamPolicies,
    topics: AlarmTopics,
    consul: consul::Outputs,
    /// The provider instance of the environment's Vault.
    vault: String,
    /// The provider instance of the environment's Consul.
    consul_server: String,
}

/// Plans one Concourse.
///
/// # Errors
/// If the world lock lacks an answer, and what the linter finds.
pub fn plan(stack: &Stack, settings: Settings) -> Result<Plan<out::Outputs>> {
    let environment = stack.environment();
    let env = stack.env_suffix();
    let operations = format!("operations.{environment}");
    let account = stack.world(AccountId)?;
    let web_image = stack.world(Image::newest(REGION, &account, "concourse-web-*"))?;
    let worker_image = stack.world(Image::newest(REGION, &account, "concourse-worker-*"))?;
    let major = Engine::Postgres.default_major().to_owned();
    let version = stack.world(RdsEngineVersion { engine: Engine::Postgres.as_str().into(), major })?;
    let topics = stack.reference::<monitoring::Outputs>("default").notification_sns_topics;
    let around = Surroundings {
        tags: Tags::new(BusinessUnit::Operations, format!("operations-{env}")),
        certificate: stack.world(Certificate::issued(REGION, "*.odl.mit.edu"))?,
        vpc: stack.reference::<network::Outputs>(environment).vpc(settings.target_vpc),
        volume_key: stack.reference::<kms::Outputs>(environment).kms_ec2_ebs_key.arn,
        policies: stack.reference::<shared::Outputs>("default").iam_policies,
        topics: AlarmTopics { warning: topics.warning_sns_topic_arn, critical: topics.critical_sns_topic_arn },
        consul: stack.reference::<consul::Outputs>(&operations),
        vault: ol_data::vault_of(stack),
        consul_server: stack.in_environment("consul-operations"),
        env,
        account,
    };
    let zone = stack.reference::<dns::Outputs>("default").odl_zone_id;
    let from_vault = stack.reference::<vault_server::Outputs>(&operations).vault_server.security_group;

    let mut plan = stack.plan();
    let works: BTreeSet<Work> = settings
        .workers
        .iter()
        .flat_map(|worker| &worker.iam_policies)
        .chain(&settings.web_iam_policies)
        .copied()
        .collect();
    let policies = policies::Policies::declare(&works, &around, &mut plan)?;
    let groups = groups::Groups::declare(&around, &from_vault, &mut plan);
    let mount = vault::secrets(&settings, &around, &mut plan);
    let database = data::Stores { settings: &settings, around: &around, tier: Tier::of(stack)?, version: &version };
    database.declare(&groups.database, &mut plan);
    let web = web::Web { settings: &settings, around: &around, image: &web_image, groups: &groups };
    let (fronted, web_profile) = web.declare(&policies.arns(&settings.web_iam_policies), &mut plan);
    vault::login(vault::Login::Web, &[web_profile], &web_image, &mount, &around, &mut plan);
    let mut workers = workers::Workers::new(&around, &worker_image, &groups, &settings.grafana, &policies);
    for worker in &settings.workers {
        workers.declare(worker, &mut plan);
    }
    vault::login(vault::Login::Worker, &workers.profiles, &worker_image, &mount, &around, &mut plan);
    vault::login(vault::Login::Resource, &workers.profiles, &worker_image, &mount, &around, &mut plan);
    RecordSet::new("concourse-web-dns-record")
        .name(&settings.web_host_domain)
        .type_("CNAME")
        .ttl("300")
        .resource_records([fronted.load_balancer.dns_name()])
        .hosted_zone_id(&zone)
        .declare(&mut plan);

    let outputs = out::Outputs {
        ocw_instance_role_arn: workers.role_of("ocw", &mut plan),
        infra_instance_role_arn: workers.role_of("infra", &mut plan),
        generic_instance_role_arn: workers.role_of("generic", &mut plan),
        worker_security_group: groups.workers.id(),
    };
    plan.finish(outputs)
}
