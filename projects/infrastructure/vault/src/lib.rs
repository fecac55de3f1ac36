//! The servers of Vault for one environment: a group of instances behind a load balancer, with what they may do, the
//! certificate that they show, and the bucket for backups.

mod access;
mod user_data;

use infrastructure_aws_dns_outputs as dns;
use infrastructure_aws_kms_outputs as kms;
use infrastructure_aws_network_outputs as network;
use infrastructure_aws_network_outputs::{Vpc, VpcName};
use infrastructure_aws_policies_outputs as policies;
use infrastructure_aws_private_ca_outputs as private_ca;
use infrastructure_consul_outputs as consul;
use infrastructure_vault_outputs as out;
use ol::auto_scaling::{AutoScaling, Front, Fronted, Health, HealthCheck, Instances, Reach, Size, Volume};
use ol::bucket::{Bucket, Encryption};
use ol::{BucketSettings, BusinessUnit, InstanceType, Naming, REGION, Tags};
use plan::prelude::*;
use types_aws_acmpca as acmpca;
use types_aws_acmpca::certificate::Validity;
use types_aws_route53::RecordSet;
use types_aws_s3::bucket::Rule;
use types_common::{Tag, tags};
use world::{AccountId, Certificate, Image};

/// For how many years the certificate of the servers holds.
const YEARS: f64 = 2.0;

/// What the stack file says.
#[derive(Debug, Config)]
pub struct Settings {
    /// Who pays.
    #[config(default = BusinessUnit::Operations)]
    pub business_unit: BusinessUnit,
    /// The VPC of the servers.
    pub target_vpc: VpcName,
    /// The name under which the servers are found.
    pub domain: String,
    /// The bucket for backups.
    pub backup_bucket: String,
    /// When a backup is made, as cron has it.
    pub backup_cron: String,
    /// What is told that a backup was made.
    pub backup_healthcheck_id: SealedSecret,
    /// The type of the servers.
    #[config(default = InstanceType::GeneralPurposeIntelLarge)]
    pub instance_type: InstanceType,
    /// How many servers there are: 3, 5 or 7.
    #[config(default = Placed { value: 3, place: Place::caller() })]
    pub cluster_size: Placed<u16>,
    /// The size of their disks in GiB.
    #[config(default = 100)]
    pub storage_disk_capacity: u32,
    /// What the servers show to each other.
    pub listener: Listener,
    /// Where logs and metrics go.
    pub grafana: Grafana,
}

/// The key of the servers, and the request for its certificate. Another pair of another year is a new certificate.
#[derive(Debug, Config)]
pub struct Listener {
    /// The year of the request.
    pub year: u16,
    /// The request, in PEM.
    pub request: String,
    /// The key, in PEM.
    pub key: SealedSecret,
}

/// Our account at Grafana.
#[derive(Debug, Config)]
pub struct Grafana {
    /// The key.
    pub api_key: SealedSecret,
    /// The user who writes metrics.
    pub prometheus_user_id: SealedSecret,
    /// The user who writes logs.
    pub loki_user_id: SealedSecret,
}

/// The project.
pub fn project() -> Project {
    Project::new("infrastructure.vault", plan)
}

/// What the parts of a cluster have in common.
struct Cluster {
    /// `operations-qa`.
    environment: String,
    /// The path of what IAM has of it.
    path: String,
    /// What everything carries.
    tags: Tags,
    /// The VPC of the servers.
    vpc: Vpc,
}

impl Cluster {
    fn of(stack: &Stack, settings: &Settings) -> Self {
        let environment = stack.in_environment(stack.env_prefix());
        Self {
            path: format!("/ol-applications/vault/{}/{}/", stack.env_prefix(), stack.env_suffix()),
            tags: Tags::new(settings.business_unit, &environment).with("Owner", "platform-engineering"),
            vpc: stack.reference::<network::Outputs>(stack.environment()).vpc(settings.target_vpc),
            environment,
        }
    }

    fn named(&self) -> Tags {
        self.tags.named(format!("vault-server-{}", self.environment))
    }
}

/// Plans the servers of one cluster.
///
/// # Errors
/// If the world lock lacks the account, the image or the certificate, and what the linter finds.
pub fn plan(stack: &Stack, settings: Settings) -> Result<Plan<out::Outputs>> {
    let account = stack.world(AccountId)?;
    let image = stack.world(Image::newest(REGION, &account, "vault-server-*"))?;
    let shown = stack.world(Certificate::issued(REGION, "*.odl.mit.edu"))?;
    let root = stack.reference::<private_ca::Outputs>("default").root_ca;
    let agents = stack.reference::<consul::Outputs>(stack.name().short()).security_groups.consul_agent;
    let zone = stack.reference::<dns::Outputs>("default").odl_zone_id;
    let keys = stack.reference::<kms::Outputs>(stack.environment());
    let policies = stack.reference::<policies::Outputs>("default").iam_policies;
    let cluster = Cluster::of(stack, &settings);

    let mut plan = stack.plan();
    check_size(&settings.cluster_size, &mut plan);
    let rights = access::rights(&cluster, &settings.backup_bucket, &keys.vault_auto_unseal_key.arn, &mut plan);
    let identity = access::identity(&cluster, &policies, &rights, &mut plan);
    let backups = backups(&cluster, &settings, &keys.vault_auto_unseal_key.id, &mut plan);
    let group = access::security_group(&cluster, &mut plan);
    let certificate =
        acmpca::Certificate::new(format!("vault-server-listener-tls-certificate-{}", settings.listener.year))
            .certificate_authority_arn(&root.arn)
            .certificate_signing_request(&settings.listener.request)
            .signing_algorithm("SHA512WITHRSA")
            .validity(Validity::new().type_("YEARS").value(YEARS))
            .declare(&mut plan);
    let first_boot = user_data::FirstBoot {
        cluster: &cluster,
        settings: &settings,
        unsealing_key: &keys.vault_auto_unseal_key.id,
        certificate: certificate.certificate(),
        root: &root.certificate,
    };
    let instances = Instances {
        image,
        instance_type: settings.instance_type.as_str().to_owned(),
        profile: identity.profile.arn(),
        security_groups: vec![group.id(), cluster.vpc.security_groups.web.clone(), agents],
        user_data: Some(first_boot.user_data()),
        volumes: vec![Volume::root(settings.storage_disk_capacity, keys.kms_ec2_ebs_key.arn)],
        instance_tags: found_by(&cluster),
        volume_tags: found_by(&cluster),
        spot: None,
    };
    let fronted = servers(&cluster, &settings, shown, instances, &mut plan);
    let record = RecordSet::new("vault-server-dns-record")
        .name(&settings.domain)
        .type_("CNAME")
        .ttl("300")
        .resource_records([fronted.load_balancer.dns_name()])
        .hosted_zone_id(&zone)
        .declare(&mut plan);

    plan.finish(out::Outputs {
        vault_server: out::VaultServer {
            backup_bucket: backups.bucket_name(),
            cluster_address: text("https://{}", [record.name()]),
            environment_namespace: Output::known(format!("{}.{}", stack.env_prefix(), stack.env_suffix())),
            instance_profile_arn: identity.profile.arn(),
            instance_role_arn: identity.role.arn(),
            public_dns: record.name(),
            security_group: group.id(),
            vpc_id: cluster.vpc.id,
        },
    })
}

/// Of an even number of servers one is of no use when they vote, and more than seven only wait for each other.
fn check_size(size: &Placed<u16>, plan: &mut Draft) {
    if !matches!(size.value, 3 | 5 | 7) {
        plan.report(
            Diagnostic::error("E0181", format!("a cluster of {} Vault servers cannot vote well", size.value))
                .at(size.place.clone())
                .hint("set `cluster_size` to 3, 5 or 7"),
        );
    }
}

/// The tags by which servers find each other.
fn found_by(cluster: &Cluster) -> Vec<Tag> {
    tags(cluster.named().iter()).into_iter().chain([Tag::new("vault_env", &cluster.vpc.id)]).collect()
}

/// The bucket for backups, which are kept for a year.
fn backups(
    cluster: &Cluster,
    settings: &Settings,
    key: &Output<String>,
    plan: &mut Draft,
) -> types_aws_s3::BucketHandle {
    let sinking = BucketSettings {
        tiering_days: Some(30),
        archive_days: Some(90),
        deep_archive_days: Some(180),
        ..BucketSettings::default()
    };
    let expiry = Rule::new().id("delete_older_than_one_year").status("Enabled").expiration_in_days(365);
    Bucket::new("vault-backup", cluster.tags.clone())
        .bucket_name(&settings.backup_bucket)
        .settings(sinking)
        .encryption(Encryption::Kms(Some(key.clone()), false))
        .lifecycle_rule(expiry)
        .declare(plan)
}

/// The servers, which stay until they are replaced.
fn servers(
    cluster: &Cluster,
    settings: &Settings,
    certificate: String,
    instances: Instances,
    plan: &mut Draft,
) -> Fronted {
    let front = Front {
        vpc: cluster.vpc.id.clone(),
        subnets: cluster.vpc.subnet_ids.clone(),
        security_groups: vec![cluster.vpc.security_groups.web.clone()],
        certificate: Output::known(certificate),
        tags: cluster.named(),
        target_tags: cluster.tags.clone(),
        reach: Reach::Everybody,
        only_ipv4: false,
        port: Front::HTTPS,
        target_port: Front::HTTPS,
        health_check: HealthCheck {
            path: "/v1/sys/health?uninitcode=499".to_owned(),
            good: "200,429,499".to_owned(),
            well_after: 3,
            timeout_seconds: 3,
            ..HealthCheck::default()
        },
        stickiness: None,
        idle_seconds: Front::IDLE_SECONDS,
        insecure_http: false,
    };
    let group = AutoScaling {
        name: format!("vault-server-asg-{}", cluster.environment),
        tags: cluster.tags.clone().with("instance_type", settings.instance_type.as_str()),
        size: Size::of(settings.cluster_size.value),
        subnets: cluster.vpc.subnet_ids.clone(),
        health: Health::LoadBalancer,
        max_lifetime_seconds: None,
        instances,
    };
    group.declare_behind(&front, plan).0
}
