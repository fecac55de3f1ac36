//! The servers that people see.

use ol::auto_scaling::{AutoScaling, Front, Fronted, Health, HealthCheck, Instances, Reach, Volume};
use ol::iam;
use plan::prelude::*;
use types_aws_iam::{InstanceProfile, InstanceProfileHandle, Role};
use types_common::tags;

use crate::groups::Groups;
use crate::{Settings, Surroundings, user_data};

/// The servers, and what they need.
pub(crate) struct Web<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) around: &'a Surroundings,
    pub(crate) image: &'a str,
    pub(crate) groups: &'a Groups,
}

impl Web<'_> {
    pub(crate) fn declare(&self, policies: &[Output<String>], plan: &mut Draft) -> (Fronted, InstanceProfileHandle) {
        let Self { settings, around, image, groups } = self;
        let profile = self.profile(policies, plan);
        let name = format!("concourse-web-{}", around.env);
        let named = around.tags.named(&name);
        let front = Front {
            vpc: around.vpc.id.clone(),
            subnets: around.vpc.subnet_ids.clone(),
            security_groups: vec![around.vpc.security_groups.web.clone()],
            certificate: Output::known(&around.certificate),
            tags: named.clone(),
            target_tags: around.tags.clone(),
            reach: Reach::Everybody,
            only_ipv4: false,
            port: Front::HTTPS,
            target_port: Front::HTTPS,
            health_check: HealthCheck { path: "/api/v1/info".to_owned(), ..HealthCheck::default() },
            stickiness: None,
            idle_seconds: Front::IDLE_SECONDS,
            insecure_http: false,
        };
        let group = AutoScaling {
            name,
            tags: named.clone(),
            size: settings.web_auto_scale.size(),
            subnets: around.vpc.subnet_ids.clone(),
            health: Health::LoadBalancer,
            max_lifetime_seconds: settings.web_auto_scale.max_instance_lifetime_seconds,
            instances: Instances {
                image: (*image).to_owned(),
                instance_type: settings.web_instance_type.as_str().to_owned(),
                profile: profile.arn(),
                security_groups: vec![
                    groups.web.id(),
                    around.vpc.security_groups.web.clone(),
                    around.consul.security_groups.consul_agent.clone(),
                ],
                user_data: Some(user_data::of_web(settings, around)),
                volumes: vec![Volume::root(settings.web_disk_size, around.volume_key.clone())],
                instance_tags: tags(named.iter()),
                volume_tags: tags(named.iter()),
                spot: None,
            },
        };
        (group.declare_behind(&front, plan).0, profile)
    }

    fn profile(&self, policies: &[Output<String>], plan: &mut Draft) -> InstanceProfileHandle {
        let around = self.around;
        let shared = [&around.policies.describe_instances, &around.policies.route53_odl_zone_records];
        let policies: Vec<Output<String>> = policies.iter().chain(shared).cloned().collect();
        let role = Role::new(format!("concourse-instance-role-{}", around.env))
            .path("/ol-applications/concourse/role/")
            .assume_role_policy_document(iam::trust_of_instances())
            .managed_policy_arns(policies)
            .tags(&around.tags)
            .declare(plan);
        InstanceProfile::new(format!("concourse-instance-profile-{}", around.env))
            .path("/ol-applications/concourse/profile/")
            .roles([role.role_name()])
            .declare(plan)
    }
}
