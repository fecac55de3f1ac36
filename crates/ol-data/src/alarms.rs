//! Alarms on the metrics of databases and caches, by profile.

use ol::Tags;
use plan::prelude::*;
use types_aws_cloudwatch::{self as cloudwatch, alarm::Dimension};

use crate::Tier;

/// One metric to watch.
struct Watch {
    metric: &'static str,
    comparison: &'static str,
    threshold: f64,
    unit: Option<&'static str>,
    /// How many periods of five minutes, all of which must be bad.
    periods: i64,
    description: &'static str,
}

const ABOVE: &str = "GreaterThanThreshold";
const BELOW: &str = "LessThanThreshold";

const RDS: [Watch; 4] = [
    Watch {
        metric: "CPUUtilization",
        comparison: ABOVE,
        threshold: 90.0,
        unit: Some("Percent"),
        periods: 6,
        description: "RDS - Extended High CPU Utilization",
    },
    Watch {
        metric: "FreeStorageSpace",
        comparison: BELOW,
        threshold: 5_368_709_120.0,
        unit: Some("Bytes"),
        periods: 6,
        description: "RDS - Low Disk Space Remaining",
    },
    Watch {
        metric: "WriteLatency",
        comparison: ABOVE,
        threshold: 0.1,
        unit: None,
        periods: 6,
        description: "RDS - High Write Latency",
    },
    Watch {
        metric: "ReadLatency",
        comparison: ABOVE,
        threshold: 0.02,
        unit: None,
        periods: 2,
        description: "RDS - High Read Latency",
    },
];

const RDS_IN_PRODUCTION: [Watch; 2] = [
    Watch {
        metric: "EBSIOBalance%",
        comparison: BELOW,
        threshold: 75.0,
        unit: Some("Percent"),
        periods: 2,
        description: "RDS - EBS IO Balance Remaining",
    },
    Watch {
        metric: "DiskQueueDepth",
        comparison: ABOVE,
        threshold: 10.0,
        unit: None,
        periods: 2,
        description: "RDS - Disk Queue Depth - Requests waiting",
    },
];

const CACHE: [Watch; 2] = [
    Watch {
        metric: "EngineCPUUtilization",
        comparison: ABOVE,
        threshold: 50.0,
        unit: Some("Percent"),
        periods: 2,
        description: "ElastiCache - High CPU utilization by the Redis engine.",
    },
    Watch {
        metric: "DatabaseMemoryUsagePercentage",
        comparison: ABOVE,
        threshold: 90.0,
        unit: None,
        periods: 2,
        description: "ElastiCache - High memory utilization by the Redis engine.",
    },
];

/// Who hears of alarms, and how their tags are.
pub(crate) struct Alarms<'a> {
    /// What the thresholds are set for.
    pub(crate) tier: Tier,
    /// The topic to which alarms go.
    pub(crate) topic: &'a Output<String>,
    /// Their tags.
    pub(crate) tags: &'a Tags,
}

impl Alarms<'_> {
    /// Watches a database instance; silent in CI.
    pub(crate) fn on_database(&self, instance: &str, plan: &mut Draft) {
        let more: &[Watch] = if self.tier == Tier::Production { &RDS_IN_PRODUCTION } else { &[] };
        for watch in RDS.iter().chain(more) {
            self.alarm(watch, &format!("{instance}-{}-simple-rds-alarm", watch.metric), self.tier != Tier::Ci)
                .alarm_name(format!("simple-rds-{instance}-{}", watch.metric))
                .namespace("AWS/RDS")
                .dimensions([Dimension::new().name("DBInstanceIdentifier").value(instance)])
                .declare(plan);
        }
    }

    /// Watches one node of a cache; silent outside of production.
    pub(crate) fn on_cache_node(&self, node: &str, plan: &mut Draft) {
        for watch in &CACHE {
            let enabled = self.tier == Tier::Production;
            self.alarm(watch, &format!("{node}-{}-simple-elasticache_alarm", watch.metric), enabled)
                .alarm_name(format!("simple-elasticache-{node}-{}", watch.metric))
                .namespace("AWS/ElastiCache")
                .dimensions([Dimension::new().name("CacheClusterId").value(node)])
                .declare(plan);
        }
    }

    fn alarm(&self, watch: &Watch, name: &str, enabled: bool) -> cloudwatch::Alarm {
        let actions = || if enabled { vec![self.topic.clone()] } else { Vec::new() };
        let alarm = cloudwatch::Alarm::new(name)
            .actions_enabled(enabled)
            .alarm_actions(actions())
            .ok_actions(actions())
            .alarm_description(watch.description)
            .comparison_operator(watch.comparison)
            .datapoints_to_alarm(watch.periods)
            .evaluation_periods(watch.periods)
            .metric_name(watch.metric)
            .period(300)
            .statistic("Average")
            .threshold(watch.threshold)
            .treat_missing_data("missing")
            .tags(self.tags);
        match watch.unit {
            Some(unit) => alarm.unit(unit),
            None => alarm,
        }
    }
}
