//! Groups of instances, bare or behind a load balancer.

mod front;
mod instances;

use plan::prelude::*;
use types_aws_autoscaling as autoscaling;
use types_aws_autoscaling::auto_scaling_group as group;
use types_aws_ec2::LaunchTemplateHandle;

use crate::Tags;

pub use front::{Front, Fronted, HealthCheck, Protocol, Reach, Stickiness};
pub use instances::{Instances, Spot, SpotAllocation, SpotInterruption, SpotKind, Volume, VolumeType};

/// Seconds until the health of a new instance counts, which is what the vendor's console says, too.
const GRACE_SECONDS: i64 = 300;

/// A group of instances to be declared, with its launch template.
///
/// The template is made anew when what it says changes, and the group refers to the version that it has seen; instances
/// that run stay until they are replaced by a refresh or for their age.
#[derive(Clone, Debug)]
pub struct AutoScaling {
    /// What the group is called; the names of its parts begin with it.
    pub name: String,
    /// The tags of the group, which its instances get, too.
    pub tags: Tags,
    /// How many instances there are.
    pub size: Size,
    /// The subnets that they are spread over.
    pub subnets: Output<Vec<String>>,
    /// Who says whether an instance is well.
    pub health: Health,
    /// After how many seconds an instance is replaced; a day at least, never without it.
    pub max_lifetime_seconds: Option<u32>,
    /// What the instances are.
    pub instances: Instances,
}

/// How many instances a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// At least.
    pub least: u16,
    /// At first, and until something scales it.
    pub wanted: u16,
    /// At most.
    pub most: u16,
}

/// Who says whether an instance is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// The load balancer that it is behind.
    LoadBalancer,
    /// EC2 alone.
    Instance,
}

/// A declared group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The launch template.
    pub template: LaunchTemplateHandle,
    /// The group.
    pub group: autoscaling::AutoScalingGroupHandle,
}

impl Size {
    /// Always as many.
    pub fn of(instances: u16) -> Self {
        Self { least: instances, wanted: instances, most: instances }
    }
}

impl Default for Size {
    fn default() -> Self {
        Self { least: 1, wanted: 2, most: 2 }
    }
}

impl AutoScaling {
    /// For how long an instance runs, if nothing else is said: thirty days.
    pub const LIFETIME_SECONDS: u32 = 2_592_000;

    /// Puts the group into the plan.
    #[track_caller]
    pub fn declare(&self, plan: &mut Draft) -> Group {
        self.report(self.problems(), plan);
        plan.construct("ol:aws:AutoScaling", &self.name, |plan| self.build(None, plan))
    }

    /// Puts the group into the plan, behind a load balancer.
    #[track_caller]
    pub fn declare_behind(&self, front: &Front, plan: &mut Draft) -> (Fronted, Group) {
        self.report([self.problems(), front.problems()].concat(), plan);
        plan.construct("ol:aws:AutoScaling", &self.name, |plan| {
            let fronted = front.build(&self.name, plan);
            let group = self.build(Some(&fronted), plan);
            (fronted, group)
        })
    }

    #[track_caller]
    fn report(&self, problems: Vec<String>, plan: &mut Draft) {
        let place = Place::caller();
        for problem in problems {
            let message = format!("auto scaling group `{}` {problem}", self.name);
            plan.report(Diagnostic::error("E0180", message).at(place.clone()));
        }
    }

    fn problems(&self) -> Vec<String> {
        let Size { least, wanted, most } = self.size;
        let mut problems = self.instances.problems();
        if most == 0 {
            problems.push("has room for no instance: at most is 0".into());
        }
        if !(least <= wanted && wanted <= most) {
            problems.push(format!("wants {wanted} instances: that must be {least} to {most}"));
        }
        if let Some(seconds) = self.max_lifetime_seconds.filter(|seconds| *seconds < 86_400) {
            problems.push(format!("replaces instances after {seconds} seconds: it must be a day (86400) at least"));
        }
        problems
    }

    fn build(&self, fronted: Option<&Fronted>, plan: &mut Draft) -> Group {
        let template = self.instances.template(&self.tags, plan);
        let mut made = autoscaling::AutoScalingGroup::new(plan.child_name("auto-scale-group"))
            .min_size(self.size.least.to_string())
            .desired_capacity(self.size.wanted.to_string())
            .max_size(self.size.most.to_string())
            .health_check_type(match self.health {
                Health::LoadBalancer => "ELB",
                Health::Instance => "EC2",
            })
            .health_check_grace_period(GRACE_SECONDS)
            .vpc_zone_identifier(&self.subnets)
            .tags(self.group_tags());
        if let Some(seconds) = self.max_lifetime_seconds {
            made = made.max_instance_lifetime(i64::from(seconds));
        }
        if let Some(fronted) = fronted {
            made = made.target_group_arns([fronted.target_group.id()]);
        }
        let version = group::LaunchTemplateSpecification::new()
            .launch_template_id(template.launch_template_id())
            .version(template.latest_version_number());
        let made = match self.instances.mixed(&version) {
            Some(policy) => made.mixed_instances_policy(policy),
            None => made.launch_template(version),
        };
        Group { template, group: made.declare(plan) }
    }

    /// The image stands in the tags, so that what refreshes instances sees when there is another one.
    fn group_tags(&self) -> Vec<group::TagProperty> {
        let tags = self.tags.clone().with("ami_id", &self.instances.image);
        let tag = |(key, value)| group::TagProperty::new().key(key).value(value).propagate_at_launch(true);
        tags.iter().map(tag).collect()
    }
}
