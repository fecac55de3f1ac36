//! Those who work, by kind: each kind with what its pipelines may do, behind a load balancer that only asks whether
//! they are well.

use ol::auto_scaling::{
    AutoScaling, Front, Group, Health, HealthCheck, Instances, Protocol, Reach, Size, Spot, Volume,
};
use ol::{InstanceType, Tags, iam};
use plan::prelude::*;
use types_aws_autoscaling::LifecycleHook;
use types_aws_iam::{InstanceProfile, InstanceProfileHandle, ManagedPolicy, Role, RoleHandle};
use types_common::tags;

use crate::groups::Groups;
use crate::policies::{self, Policies};
use crate::{Grafana, Scale, Surroundings, Worker, user_data};

/// The kind that deploys infrastructure.
const DEPLOYS: &str = "infra";

/// Those who work, as far as they are declared.
pub(crate) struct Workers<'a> {
    around: &'a Surroundings,
    image: &'a str,
    groups: &'a Groups,
    grafana: &'a Grafana,
    policies: &'a Policies,
    /// The profiles of the instances, in the order of the kinds.
    pub(crate) profiles: Vec<InstanceProfileHandle>,
    roles: Vec<(String, RoleHandle)>,
}

impl Scale {
    pub(crate) fn size(&self) -> Size {
        Size { least: self.min, wanted: self.desired, most: self.max }
    }
}

impl<'a> Workers<'a> {
    pub(crate) fn new(
        around: &'a Surroundings,
        image: &'a str,
        groups: &'a Groups,
        grafana: &'a Grafana,
        policies: &'a Policies,
    ) -> Self {
        Self { around, image, groups, grafana, policies, profiles: Vec::new(), roles: Vec::new() }
    }

    /// The ARN of the role of a kind, which others rely on.
    pub(crate) fn role_of(&self, name: &str, plan: &mut Draft) -> Output<String> {
        if let Some((_, role)) = self.roles.iter().find(|(kind, _)| kind == name) {
            return role.arn();
        }
        plan.report(
            Diagnostic::error("E0184", format!("no worker is called `{name}`, and other stacks read its role"))
                .at(Place::caller())
                .hint(format!("add a `[[workers]]` with `name = \"{name}\"`")),
        );
        Output::known("")
    }

    pub(crate) fn declare(&mut self, worker: &Worker, plan: &mut Draft) {
        let around = self.around;
        let role = self.role(worker, plan);
        let profile = InstanceProfile::new(format!("concourse-instance-profile-worker-{}-{}", worker.name, around.env))
            .path("/ol-applications/concourse/profile/")
            .roles([role.role_name()])
            .declare(plan);
        let group = self.group(worker, &profile, plan);
        let hook = format!("concourse-worker-{}-{}-drain", worker.name, around.env);
        LifecycleHook::new(format!("{hook}-hook"))
            .lifecycle_hook_name(hook)
            .auto_scaling_group_name(group.group.auto_scaling_group_name())
            .default_result("CONTINUE")
            .heartbeat_timeout(600)
            .lifecycle_transition("autoscaling:EC2_INSTANCE_TERMINATING")
            .declare(plan);
        self.profiles.push(profile);
        self.roles.push((worker.name.clone(), role));
    }

    fn role(&self, worker: &Worker, plan: &mut Draft) -> RoleHandle {
        let (around, name) = (self.around, &worker.name);
        let deploys = name == DEPLOYS;
        let mut policies = self.policies.arns(&worker.iam_policies);
        policies.push(around.policies.describe_instances.clone());
        if deploys {
            policies.push(around.policies.route53_all_zones_records.clone());
        }
        let role = Role::new(format!("concourse-instance-role-worker-{name}-{}", around.env))
            .path("/ol-applications/concourse/role/")
            .assume_role_policy_document(iam::trust_of_instances())
            .managed_policy_arns(policies)
            .tags(&around.tags);
        if !deploys {
            return role.declare(plan);
        }
        let logical = format!("concourse-instance-role-worker-{name}-permissions-boundary-{}", around.env);
        let boundary = ManagedPolicy::new(logical)
            .path("/ol-security-boundaries/concourse/")
            .policy_document(policies::boundary(&worker.iam_policies))
            .declare(plan);
        role.permissions_boundary(boundary.policy_arn()).declare(plan)
    }

    fn tags(&self, worker: &Worker) -> Tags {
        let name = format!("concourse-worker-{}-{}", worker.name, self.around.env);
        self.around.tags.named(name).with("OU", worker.aws_tags.unit)
    }

    fn group(&self, worker: &Worker, profile: &InstanceProfileHandle, plan: &mut Draft) -> Group {
        let (around, groups) = (self.around, self.groups);
        let named = self.tags(worker);
        let mut volume = Volume::root(worker.disk_size_gb, around.volume_key.clone());
        volume.iops = Some(worker.disk_iops);
        volume.throughput = Some(worker.disk_throughput);
        let front = Front {
            vpc: around.vpc.id.clone(),
            subnets: around.vpc.subnet_ids.clone(),
            security_groups: vec![groups.workers.id()],
            certificate: Output::known(&around.certificate),
            tags: named.clone(),
            target_tags: named.clone(),
            reach: Reach::Inside,
            only_ipv4: false,
            port: Front::HTTPS,
            target_port: Front::HTTPS,
            health_check: HealthCheck {
                protocol: Protocol::Http,
                port: 8888,
                interval_seconds: 30,
                timeout_seconds: 20,
                ..HealthCheck::default()
            },
            stickiness: None,
            idle_seconds: Front::IDLE_SECONDS,
            insecure_http: false,
        };
        let group = AutoScaling {
            name: format!("concourse-worker-{}-{}-alb", around.env, worker.name),
            tags: named.clone().with("concourse_type", format!("worker-{}", worker.name)),
            size: worker.auto_scale.size(),
            subnets: around.vpc.subnet_ids.clone(),
            health: Health::LoadBalancer,
            max_lifetime_seconds: worker.auto_scale.max_instance_lifetime_seconds,
            instances: Instances {
                image: self.image.to_owned(),
                instance_type: instance_type(&worker.instance_type, plan),
                profile: profile.arn(),
                security_groups: vec![groups.workers.id(), around.consul.security_groups.consul_agent.clone()],
                user_data: Some(user_data::of_worker(worker, self.grafana, around)),
                volumes: vec![volume],
                instance_tags: tags(named.iter()),
                volume_tags: tags(named.iter()),
                spot: worker.spot(),
            },
        };
        group.declare_behind(&front, plan).1
    }
}

impl Worker {
    fn spot(&self) -> Option<Spot> {
        let options = self.spot_options.as_ref();
        self.use_spot_instances.then(|| Spot {
            also: options.map(|options| options.instance_type_overrides.clone()).unwrap_or_default(),
            on_demand_base: options.map_or(0, |options| options.on_demand_base_capacity),
            ..Spot::default()
        })
    }
}

/// The vendor's name of a type, which may stand in a stack file as well.
fn instance_type(name: &Placed<String>, plan: &mut Draft) -> String {
    if let Some(known) = InstanceType::named(&name.value) {
        return known.as_str().to_owned();
    }
    if !name.value.contains('.') {
        plan.report(
            Diagnostic::error("E0182", format!("there is no type of instances called `{}`", name.value))
                .at(name.place.clone())
                .hint("take a name such as `burstable_large`, or the vendor's, such as `m7a.2xlarge`"),
        );
    }
    name.value.clone()
}
