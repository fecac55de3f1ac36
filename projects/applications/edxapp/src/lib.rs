//! Open edX for one tenant: its buckets, database, cache, mail, names, and what it may read in Vault.
//!
//! Layer: L6, a project. The workload on Kubernetes, the content delivery network and the users of `MongoDB` are not
//! ported yet: `PORTING.md` says what is.

mod config;
mod data;
mod mail;
mod secrets;
mod storage;

use applications_edx_notes_outputs as edx_notes;
use applications_edxapp_outputs::{Edxapp, Outputs, VaultMounts, Workload};
use infrastructure_aws_dns_outputs as dns;
use infrastructure_aws_eks_outputs as eks;
use infrastructure_aws_kms_outputs as kms;
use infrastructure_aws_network_outputs as network;
use infrastructure_aws_opensearch_outputs as opensearch;
use infrastructure_mongodb_atlas_outputs as mongodb;
use infrastructure_monitoring_outputs as monitoring;
use infrastructure_sentry_outputs as sentry;
use infrastructure_vault_outputs as vault;
use infrastructure_vector_log_proxy_outputs as vector_log_proxy;
use ol::{Naming, Tags, security_group::egress_all};
use ol_data::{
    AlarmTopics, CacheParameterGroupFamily, Operator, RdsEngineVersion, Subjects, Through, Tier, TrustRole,
    ingress_from_each,
};
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, SecurityGroupHandle};
use world::AccountId;

pub use config::{Config, Domains, MongodbPasswords, Redis, ZoneName};

/// Where the content delivery network answers.
const FASTLY: &str = "j.sni.global.fastly.net";

/// The project.
pub fn project() -> Project {
    Project::new("applications.edxapp", plan).functions(ol_data::FUNCTIONS)
}

/// One tenant in one environment, and what is named after it.
struct Tenant {
    /// `mitx`.
    name: String,
    /// `qa`.
    env: String,
    /// `mitx-qa`.
    full_name: String,
    /// What everything carries.
    tags: Tags,
}

impl Tenant {
    fn of(stack: &Stack, config: &Config) -> Result<Self> {
        let name = ol_data::tenant_of(stack)?.to_owned();
        let full_name = stack.in_environment(&name);
        let tags = Tags::new(config.business_unit, &full_name)
            .with("Application", "edxapp")
            .with("Owner", "platform-engineering");
        Ok(Self { name, env: stack.env_suffix(), full_name, tags })
    }

    fn bucket(&self, purpose: &str) -> String {
        format!("{}-edxapp-{purpose}", self.full_name)
    }

    fn bucket_arn(&self, purpose: &str) -> String {
        format!("arn:aws:s3:::{}", self.bucket(purpose))
    }

    /// The namespace on the cluster.
    fn namespace(&self) -> String {
        format!("{}-openedx", self.name)
    }
}

/// Plans one tenant's platform.
pub fn plan(stack: &Stack, config: Config) -> Result<Plan<Outputs>> {
    let environment = stack.environment();
    let operations = format!("operations.{environment}");
    let tenant = Tenant::of(stack, &config)?;
    let same_tenant = format!("{}.{environment}", tenant.name);
    let tier = Tier::of(stack)?;
    let account = stack.world(AccountId)?;
    let mariadb = stack.world(RdsEngineVersion { engine: "mariadb".into(), major: config.db_version.clone() })?;
    let valkey =
        stack.world(CacheParameterGroupFamily { engine: "valkey".into(), version: data::CACHE_VERSION.into() })?;

    let network = stack.reference::<network::Outputs>(environment);
    let zone = config.dns_zone.id_in(&stack.reference::<dns::Outputs>("default"));
    let keys = stack.reference::<kms::Outputs>(environment);
    let cluster = stack.reference::<eks::Outputs>(&config.cluster_stack);
    let notes = stack.reference::<edx_notes::Outputs>(&same_tenant);
    let topics = stack.reference::<monitoring::Outputs>("default").notification_sns_topics;

    let mut plan = stack.plan();
    storage::buckets(&tenant, &config.domains.origins(), &keys.kms_s3_data_analytics_key.id, &mut plan);
    let policy = storage::policy(&tenant, &mut plan);
    let stores = data::Surroundings {
        tenant: &tenant,
        config: &config,
        tier,
        network: &network,
        vault: &stack.reference::<vault::Outputs>(&operations).vault_server,
        topics: AlarmTopics { warning: topics.warning_sns_topic_arn, critical: topics.critical_sns_topic_arn },
    };
    let database = stores.database(&mariadb, &mut plan);
    let cache = stores.cache(&valkey, &mut plan);
    let secrets = secrets::Surroundings {
        tenant: &tenant,
        config: &config,
        server: &ol_data::vault_of(stack),
        cluster: &cluster,
        mongodb: &stack.reference::<mongodb::Outputs>(&same_tenant).atlas_cluster,
        sentry_dsn: sentry_dsn(&tenant.name, stack.reference::<sentry::Outputs>("default")),
        database: database.instance.endpoint_address(),
    };
    let mounts = secrets.declare(&mut plan);
    let mail = mail::declare(&tenant, &config, &zone, &mut plan);
    web_records(&config, &zone, &mut plan);
    let service_account = format!("{}-edxapp-vault", tenant.name);
    let role = TrustRole {
        // The name says `applications` for every cluster, as it always did; the tenant keeps it apart from others.
        cluster: &format!("applications-{environment}"),
        name: &format!("edxapp-trustrole-{}", tenant.full_name),
        description: &format!(
            "Trust role for allowing the {} edxapp application to access AWS resources",
            tenant.full_name
        ),
        account: &account,
        issuer: cluster.cluster_identities.at("[0].oidcs[0].issuer"),
        subjects: Subjects::Accounts { namespace: &tenant.namespace(), names: vec![service_account.as_str()] },
        operator: Operator::Equals,
        session_seconds: TrustRole::SESSION_SECONDS,
        policies: vec![policy.id()],
        tags: &tenant.tags,
    };
    role.declare(&mut plan);
    let pods = pods(&tenant, &network, &config, &mut plan);

    plan.finish(Outputs {
        edxapp: Edxapp {
            deployment: Output::known(&tenant.name),
            mariadb: database.instance.endpoint_address(),
            mfe_bucket: Output::known(tenant.bucket("mfe")),
            redis: cache.primary_end_point_address(),
            redis_token: (&config.redis_auth_token).into(),
            ses_configuration_set: mail.name(),
        },
        edxapp_read_replica: database.replica.map(|replica| replica.endpoint_address()),
        edxapp_k8s_app_security_group_id: pods.id(),
        vault_mounts: VaultMounts { mariadb: mounts.mariadb.path(), secrets: mounts.secrets.path() },
        workload: Workload {
            edxnotes_origin: text("https://{}", [&notes.notes_domain]),
            edxnotes_api: text("https://{}/api/v1", [&notes.notes_domain]),
            log_proxy_domain: stack.reference::<vector_log_proxy::Outputs>(&operations).vector_log_proxy_domain,
            opensearch_endpoint: stack.reference::<opensearch::Outputs>(&same_tenant).cluster.endpoint,
        },
    })
}

/// The names under which the platform is found. Previews do not go through the content delivery network.
fn web_records(config: &Config, zone: &Output<String>, plan: &mut Draft) {
    let maintenance = config.maintenance_page_dns.as_deref();
    let domains = &config.domains;
    for (what, domain, target) in [
        ("lms", &domains.lms, FASTLY),
        ("preview", &domains.preview, config.backend_preview_domain.as_str()),
        ("studio", &domains.studio, FASTLY),
    ] {
        let target = Output::known(maintenance.unwrap_or(target));
        mail::record(&format!("edxapp-web-{what}-dns-record"), Output::known(domain), "CNAME", target)
            .hosted_zone_id(zone)
            .declare(plan);
    }
}

/// The security group of the pods.
fn pods(tenant: &Tenant, network: &network::Outputs, config: &Config, plan: &mut Draft) -> SecurityGroupHandle {
    let blocks = &network.kubernetes(config.k8s_vpc).pod_subnet_cidrs;
    let why = "Allow ingress to the pod from anywhere in the k8s cluster.";
    SecurityGroup::new(format!("ol-{}-edxapp-k8s-app-security-group-{}", tenant.name, tenant.env))
        .group_description("Security group for the edxapp application in Kubernetes")
        .security_group_ingress(ingress_from_each(blocks, Through::Anything, why))
        .security_group_egress(egress_all())
        .vpc_id(network.vpc(config.k8s_vpc.into()).id)
        .tags(&tenant.tags)
        .declare(plan)
}

/// Where the tenant's platform reports its errors.
fn sentry_dsn(tenant: &str, dsns: sentry::Outputs) -> Output<String> {
    match tenant {
        "mitxonline" => dsns.openedx_mitxonline_sentry_dsn,
        "xpro" => dsns.openedx_mitxpro_sentry_dsn,
        _ => dsns.openedx_residential_sentry_dsn,
    }
}
