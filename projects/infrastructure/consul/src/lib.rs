//! The servers of Consul for one environment: a group of instances behind a load balancer.

mod access;
mod user_data;

use infrastructure_aws_dns_outputs as dns;
use infrastructure_aws_kms_outputs as kms;
use infrastructure_aws_network_outputs as network;
use infrastructure_aws_policies_outputs as policies;
use infrastructure_consul_outputs as out;
use ol::auto_scaling::{AutoScaling, Front, Fronted, Group, Health, HealthCheck, Instances, Reach, Size, Volume};
use ol::{BusinessUnit, InstanceType, Naming, REGION, Tags};
use plan::prelude::*;
use types_aws_iam::InstanceProfileHandle;
use types_aws_route53::RecordSet;
use types_common::{Tag, tags};
use world::{AccountId, Certificate, Image};

/// The domain of the name of the servers.
const DOMAIN: &str = "odl.mit.edu";

/// What the stack file says.
#[derive(Debug, Config)]
pub struct Settings {
    /// Who pays.
    #[config(default = BusinessUnit::Operations)]
    pub business_unit: BusinessUnit,
    /// The type of the servers.
    #[config(default = InstanceType::BurstableMicro)]
    pub instance_type: InstanceType,
    /// How many servers there are.
    #[config(default = 3)]
    pub instance_count: u16,
    /// The size of their disks in GiB.
    #[config(default = 100)]
    pub storage_disk_capacity: u32,
    /// The line of the user `pulumi` in the file of those who may use the HTTP API from outside: name and bcrypt hash.
    pub traefik_user: SealedSecret,
    /// Where logs and metrics go.
    pub grafana: Grafana,
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
    Project::new("infrastructure.consul", plan)
}

/// What the parts of a cluster have in common.
struct Cluster {
    /// `operations-qa`.
    environment: String,
    /// What everything carries.
    tags: Tags,
    /// The network of the environment.
    network: network::Outputs,
}

/// Plans the servers of one cluster.
///
/// # Errors
/// If the world lock lacks the account, the image or the certificate.
pub fn plan(stack: &Stack, settings: Settings) -> Result<Plan<out::Outputs>> {
    let environment = stack.in_environment(stack.env_prefix());
    let account = stack.world(AccountId)?;
    let image = stack.world(Image::newest(REGION, &account, "consul-server-*"))?;
    let certificate = stack.world(Certificate::issued(REGION, format!("*.{DOMAIN}")))?;
    let keys = stack.reference::<kms::Outputs>(stack.environment());
    let policies = stack.reference::<policies::Outputs>("default").iam_policies;
    let zone = stack.reference::<dns::Outputs>("default").odl_zone_id;
    let cluster = Cluster {
        tags: Tags::new(settings.business_unit, &environment),
        network: stack.reference::<network::Outputs>(stack.environment()),
        environment,
    };

    let mut plan = stack.plan();
    let profile = access::instance_profile(&cluster, &policies, &mut plan);
    let groups = access::security_groups(&cluster, &mut plan);
    let servers = Servers { cluster: &cluster, settings: &settings, image, profile, groups: &groups };
    let (fronted, group) = servers.declare(certificate, &keys.kms_ec2_ebs_key.arn, &mut plan);
    let address = fronted.load_balancer.dns_name();
    RecordSet::new("consul-server-dns-record")
        .name(cluster.domain())
        .type_("CNAME")
        .ttl("900")
        .resource_records([&address])
        .hosted_zone_id(&zone)
        .declare(&mut plan);

    plan.finish(out::Outputs {
        security_groups: out::SecurityGroups { consul_server: groups.servers.id(), consul_agent: groups.agents.id() },
        consul_lb: out::LoadBalancer { dns_name: address, arn: fronted.load_balancer.load_balancer_arn() },
        consul_launch_config: group.template.launch_template_id(),
        consul_asg: group.group.auto_scaling_group_name(),
        datacenter: Output::known(&cluster.environment),
    })
}

/// The servers, and what they need.
struct Servers<'a> {
    cluster: &'a Cluster,
    settings: &'a Settings,
    image: String,
    profile: InstanceProfileHandle,
    groups: &'a access::Groups,
}

impl Cluster {
    /// The name under which the servers are found.
    fn domain(&self) -> String {
        format!("consul-{}.{DOMAIN}", self.environment)
    }
}

impl Servers<'_> {
    fn declare(&self, certificate: String, key: &Output<String>, plan: &mut Draft) -> (Fronted, Group) {
        let Self { cluster, settings, groups, .. } = self;
        let vpc = &cluster.network.operations_vpc;
        let named = cluster.tags.named(format!("consul-{}", cluster.environment));
        let front = Front {
            vpc: vpc.id.clone(),
            subnets: vpc.subnet_ids.clone(),
            security_groups: vec![vpc.security_groups.default.clone(), vpc.security_groups.web.clone()],
            certificate: Output::known(certificate),
            tags: cluster.tags.named(format!("consul-lb-{}", cluster.environment)),
            target_tags: cluster.tags.clone(),
            reach: Reach::Everybody,
            only_ipv4: false,
            port: Front::HTTPS,
            target_port: Front::HTTPS,
            health_check: HealthCheck {
                path: "/v1/agent/host".to_owned(),
                well_after: 3,
                timeout_seconds: 3,
                ..HealthCheck::default()
            },
            stickiness: None,
            idle_seconds: Front::IDLE_SECONDS,
            insecure_http: false,
        };
        // By these two the servers find each other, and those of the VPC those of others.
        let join = [Tag::new("consul_env", &cluster.environment), Tag::new("consul_vpc", &vpc.id)];
        let group = AutoScaling {
            name: format!("consul-{}-autoscaling-group", cluster.environment),
            tags: cluster.tags.clone(),
            size: Size::of(settings.instance_count),
            subnets: vpc.subnet_ids.clone(),
            health: Health::LoadBalancer,
            max_lifetime_seconds: Some(AutoScaling::LIFETIME_SECONDS),
            instances: Instances {
                image: self.image.clone(),
                instance_type: settings.instance_type.as_str().to_owned(),
                profile: self.profile.arn(),
                security_groups: vec![vpc.security_groups.web.clone(), groups.servers.id(), groups.agents.id()],
                user_data: Some(user_data::of(cluster, settings)),
                volumes: vec![Volume::root(settings.storage_disk_capacity, key.clone())],
                instance_tags: tags(named.iter()).into_iter().chain(join).collect(),
                volume_tags: tags(named.iter()),
                spot: None,
            },
        };
        group.declare_behind(&front, plan)
    }
}
