//! What the instances of a group are: their launch template.

use plan::prelude::*;
use types_aws_autoscaling::auto_scaling_group as group;
use types_aws_ec2::{LaunchTemplate, LaunchTemplateHandle, launch_template as template};
use types_common::Tag;

use crate::Tags;

/// What the instances of a group are.
#[derive(Clone, Debug)]
pub struct Instances {
    /// The image.
    pub image: String,
    /// The type of the instances: `t3a.medium`.
    pub instance_type: String,
    /// The ARN of the instance profile, by which they have a role.
    pub profile: Output<String>,
    /// The security groups.
    pub security_groups: Vec<Output<String>>,
    /// What the image runs at first: base64, mostly of [`cloud_config`](crate::cloud_init::cloud_config).
    pub user_data: Option<Output<String>>,
    /// The volumes.
    pub volumes: Vec<Volume>,
    /// The tags of the instances.
    pub instance_tags: Vec<Tag>,
    /// The tags of their volumes.
    pub volume_tags: Vec<Tag>,
    /// Whether they are spare capacity, which may be taken away.
    pub spot: Option<Spot>,
}

/// A volume, which is encrypted and goes with its instance.
#[derive(Clone, Debug)]
pub struct Volume {
    /// The device.
    pub device: String,
    /// The size in GiB.
    pub size_gb: u32,
    /// The type.
    pub volume_type: VolumeType,
    /// The key that it is encrypted with.
    pub key: Output<String>,
    /// Operations a second, where the type takes a number.
    pub iops: Option<u32>,
    /// MiB a second, where the type takes a number.
    pub throughput: Option<u32>,
}

/// The types of volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeType {
    /// Disks that turn.
    Magnetic,
    /// Solid, the earlier generation.
    LegacySsd,
    /// Solid.
    Ssd,
    /// Solid, with operations that are paid for, the earlier generation.
    LegacyProvisionedIops,
    /// Solid, with operations that are paid for.
    ProvisionedIops,
}

/// Spare capacity.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Dollars an hour at most; without it the usual price.
    pub max_price: Option<String>,
    /// Whether a request stays after its instance is gone.
    pub kind: SpotKind,
    /// What becomes of an instance that is taken away.
    pub interruption: SpotInterruption,
    /// Types that will do as well; with these the group mixes them.
    pub also: Vec<String>,
    /// How many instances of a mixed group are not spare.
    pub on_demand_base: u16,
    /// How a mixed group chooses.
    pub allocation: SpotAllocation,
}

/// Whether a request for spare capacity stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotKind {
    /// It is met once.
    OneTime,
    /// It is met again after its instance is gone.
    Persistent,
}

/// What becomes of an instance that is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotInterruption {
    /// It sleeps.
    Hibernate,
    /// It stops.
    Stop,
    /// It goes.
    Terminate,
}

/// How a mixed group chooses types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotAllocation {
    /// The cheapest.
    LowestPrice,
    /// Where there is most to spare.
    CapacityOptimized,
    /// Where there is most to spare, in the order given.
    CapacityOptimizedPrioritized,
    /// Where there is much to spare at a low price.
    PriceCapacityOptimized,
}

impl Default for Spot {
    fn default() -> Self {
        Self {
            max_price: None,
            kind: SpotKind::OneTime,
            interruption: SpotInterruption::Terminate,
            also: Vec::new(),
            on_demand_base: 0,
            allocation: SpotAllocation::PriceCapacityOptimized,
        }
    }
}

impl Volume {
    /// The device that our images boot from.
    pub const ROOT: &'static str = "/dev/xvda";

    /// A solid volume that the image boots from.
    pub fn root(size_gb: u32, key: Output<String>) -> Self {
        Self { device: Self::ROOT.to_owned(), size_gb, volume_type: VolumeType::Ssd, key, iops: None, throughput: None }
    }

    fn mapping(&self) -> template::BlockDeviceMapping {
        let mut ebs = template::Ebs::new()
            .volume_size(self.size_gb)
            .volume_type(self.volume_type.as_str())
            .delete_on_termination(true)
            .encrypted(true)
            .kms_key_id(&self.key);
        if let Some(iops) = self.iops {
            ebs = ebs.iops(iops);
        }
        if let Some(throughput) = self.throughput {
            ebs = ebs.throughput(throughput);
        }
        template::BlockDeviceMapping::new().device_name(&self.device).ebs(ebs)
    }
}

impl VolumeType {
    /// The vendor's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Magnetic => "standard",
            Self::LegacySsd => "gp2",
            Self::Ssd => "gp3",
            Self::LegacyProvisionedIops => "io1",
            Self::ProvisionedIops => "io2",
        }
    }
}

impl Instances {
    /// The pair of keys that all instances take.
    pub const KEY_NAME: &'static str = "oldevops";

    pub(super) fn problems(&self) -> Vec<String> {
        let empty = self.volumes.iter().filter(|volume| volume.size_gb == 0);
        empty.map(|volume| format!("has a volume `{}` of 0 GiB: it must be 1 at least", volume.device)).collect()
    }

    /// The launch template.
    pub(super) fn template(&self, tags: &Tags, plan: &mut Draft) -> LaunchTemplateHandle {
        let own = template::LaunchTemplateTagSpecification::new().resource_type("launch-template").tags(tags);
        LaunchTemplate::new(plan.child_name("launch-template"))
            .launch_template_data(self.data())
            .tag_specifications([own])
            .declare(plan)
    }

    fn data(&self) -> template::LaunchTemplateData {
        let tagged = |what: &str, tags: &Vec<Tag>| template::TagSpecification::new().resource_type(what).tags(tags);
        let volumes: Vec<_> = self.volumes.iter().map(Volume::mapping).collect();
        let mut data = template::LaunchTemplateData::new()
            .block_device_mappings(volumes)
            .iam_instance_profile(template::IamInstanceProfile::new().arn(&self.profile))
            .image_id(&self.image)
            .instance_type(&self.instance_type)
            .key_name(Self::KEY_NAME)
            .metadata_options(
                template::MetadataOptions::new()
                    .http_endpoint("enabled")
                    .http_tokens("optional")
                    .http_put_response_hop_limit(5)
                    .instance_metadata_tags("enabled"),
            )
            .security_group_ids(&self.security_groups)
            .tag_specifications([tagged("instance", &self.instance_tags), tagged("volume", &self.volume_tags)]);
        if let Some(user_data) = &self.user_data {
            data = data.user_data(user_data);
        }
        if let Some(spot) = self.spot.as_ref().filter(|spot| spot.also.is_empty()) {
            data = data.instance_market_options(spot.market());
        }
        data
    }

    /// How a group of several types of spare capacity chooses among them.
    pub(super) fn mixed(&self, version: &group::LaunchTemplateSpecification) -> Option<group::MixedInstancesPolicy> {
        let spot = self.spot.as_ref().filter(|spot| !spot.also.is_empty())?;
        let types = [&self.instance_type].into_iter().chain(&spot.also);
        let overrides: Vec<_> = types.map(|ty| group::LaunchTemplateOverrides::new().instance_type(ty)).collect();
        let mut distribution = group::InstancesDistribution::new()
            .on_demand_base_capacity(spot.on_demand_base)
            .on_demand_percentage_above_base_capacity(0)
            .spot_allocation_strategy(spot.allocation.as_str());
        if let Some(price) = &spot.max_price {
            distribution = distribution.spot_max_price(price);
        }
        let template = group::LaunchTemplate::new().launch_template_specification(version.clone()).overrides(overrides);
        Some(group::MixedInstancesPolicy::new().launch_template(template).instances_distribution(distribution))
    }
}

impl Spot {
    fn market(&self) -> template::InstanceMarketOptions {
        let mut options = template::SpotOptions::new()
            .spot_instance_type(match self.kind {
                SpotKind::OneTime => "one-time",
                SpotKind::Persistent => "persistent",
            })
            .instance_interruption_behavior(match self.interruption {
                SpotInterruption::Hibernate => "hibernate",
                SpotInterruption::Stop => "stop",
                SpotInterruption::Terminate => "terminate",
            });
        if let Some(price) = &self.max_price {
            options = options.max_price(price);
        }
        template::InstanceMarketOptions::new().market_type("spot").spot_options(options)
    }
}

impl SpotAllocation {
    /// The vendor's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LowestPrice => "lowest-price",
            Self::CapacityOptimized => "capacity-optimized",
            Self::CapacityOptimizedPrioritized => "capacity-optimized-prioritized",
            Self::PriceCapacityOptimized => "price-capacity-optimized",
        }
    }
}
