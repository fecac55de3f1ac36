//! Alarms on metrics, and which of them databases and caches get.

use ol::Tags;
use plan::prelude::*;
use types_aws_cloudwatch::{self as cloudwatch, alarm::Dimension};

macro_rules! vendors_names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Config)]
        pub enum $name {
            $($(#[$variant_doc])* #[config(key = $text)] $variant,)*
        }

        impl $name {
            /// The name, as it stands in configuration and as the vendor has it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

vendors_names! {
    /// How a metric is compared with its threshold.
    Comparison {
        /// Bad at the threshold and above.
        AtLeast = "GreaterThanOrEqualToThreshold",
        /// Bad above the threshold.
        Above = "GreaterThanThreshold",
        /// Bad below the threshold.
        Below = "LessThanThreshold",
        /// Bad at the threshold and below.
        AtMost = "LessThanOrEqualToThreshold",
    }
}

vendors_names! {
    /// What is compared, of all that was measured in a period.
    Statistic {
        /// How often it was measured.
        SampleCount = "SampleCount",
        /// The mean.
        Average = "Average",
        /// The sum.
        Sum = "Sum",
        /// The least.
        Minimum = "Minimum",
        /// The greatest.
        Maximum = "Maximum",
    }
}

vendors_names! {
    /// What a period without measurements counts as.
    Missing {
        /// Nothing is known.
        Unknown = "missing",
        /// As before.
        Ignored = "ignore",
        /// Bad.
        Bad = "breaching",
        /// Good.
        Good = "notBreaching",
    }
}

vendors_names! {
    /// Whom an alarm calls.
    Level {
        /// Whoever looks.
        Warning = "warning",
        /// Whoever is on duty.
        Critical = "critical",
    }
}

vendors_names! {
    /// What a metric is measured in.
    Unit {
        /// Bits.
        Bits = "Bits",
        /// Bits a second.
        BitsPerSecond = "Bits/Second",
        /// Bytes.
        Bytes = "Bytes",
        /// Bytes a second.
        BytesPerSecond = "Bytes/Second",
        /// A number.
        Count = "Count",
        /// A number a second.
        CountPerSecond = "Count/Second",
        /// Gigabits.
        Gigabits = "Gigabits",
        /// Gigabits a second.
        GigabitsPerSecond = "Gigabits/Second",
        /// Gigabytes.
        Gigabytes = "Gigabytes",
        /// Gigabytes a second.
        GigabytesPerSecond = "Gigabytes/Second",
        /// Kilobits.
        Kilobits = "Kilobits",
        /// Kilobits a second.
        KilobitsPerSecond = "Kilobits/Second",
        /// Kilobytes.
        Kilobytes = "Kilobytes",
        /// Kilobytes a second.
        KilobytesPerSecond = "Kilobytes/Second",
        /// Megabits.
        Megabits = "Megabits",
        /// Megabits a second.
        MegabitsPerSecond = "Megabits/Second",
        /// Megabytes.
        Megabytes = "Megabytes",
        /// Megabytes a second.
        MegabytesPerSecond = "Megabytes/Second",
        /// Microseconds.
        Microseconds = "Microseconds",
        /// Milliseconds.
        Milliseconds = "Milliseconds",
        /// Hundredths.
        Percent = "Percent",
        /// Seconds.
        Seconds = "Seconds",
        /// Terabits.
        Terabits = "Terabits",
        /// Terabits a second.
        TerabitsPerSecond = "Terabits/Second",
        /// Terabytes.
        Terabytes = "Terabytes",
        /// Terabytes a second.
        TerabytesPerSecond = "Terabytes/Second",
    }
}

vendors_names! {
    /// Which alarms data stores get.
    MonitoringProfile {
        /// All of them.
        Production = "production",
        /// Those that matter before production, too; caches are silent.
        Qa = "qa",
        /// The same, all silent.
        Ci = "ci",
        /// None.
        Disabled = "disabled",
    }
}

/// An alarm on one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmSettings {
    /// The metric.
    pub metric: &'static str,
    /// What it means.
    pub description: String,
    /// How the metric is compared with the threshold.
    pub comparison: Comparison,
    /// The threshold.
    pub threshold: f64,
    /// What is compared.
    pub statistic: Statistic,
    /// What it is measured in; without one whatever is measured counts.
    pub unit: Option<Unit>,
    /// How long a period is, in seconds.
    pub period_seconds: u32,
    /// How many periods are looked at.
    pub evaluation_periods: u16,
    /// How many of them must be bad.
    pub datapoints: u16,
    /// What a period without measurements counts as.
    pub missing: Missing,
    /// Whom it calls.
    pub level: Level,
    /// Whether it calls anybody.
    pub enabled: bool,
}

/// Where alarms go.
#[derive(Debug, Clone)]
pub struct AlarmTopics {
    /// The topic of those who look.
    pub warning: Output<String>,
    /// The topic of those on duty.
    pub critical: Output<String>,
}

/// What is watched: the vendor's name of it, and what the names of its alarms are made of.
struct Watched<'a> {
    namespace: &'a str,
    dimension: &'a str,
    id: &'a str,
    /// `{prefix}-{id}-{metric}` is the name of an alarm.
    prefix: &'a str,
    /// `{id}-{metric}-{suffix}` is that of its resource.
    suffix: &'a str,
}

impl AlarmSettings {
    /// An alarm with the settings that alarms have if nothing else is said.
    pub fn new(metric: &'static str, comparison: Comparison, threshold: f64, description: &str) -> Self {
        Self {
            metric,
            description: description.to_owned(),
            comparison,
            threshold,
            statistic: Statistic::Average,
            unit: None,
            period_seconds: 300,
            evaluation_periods: 2,
            datapoints: 1,
            missing: Missing::Unknown,
            level: Level::Warning,
            enabled: true,
        }
    }

    /// Goes off when all of so many periods were bad.
    fn when_bad_for(mut self, periods: u16) -> Self {
        self.evaluation_periods = periods;
        self.datapoints = periods;
        self
    }

    fn measured_in(mut self, unit: Unit) -> Self {
        self.unit = Some(unit);
        self
    }

    fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Watches a database instance.
    #[track_caller]
    pub fn on_database(&self, instance: &str, topics: &AlarmTopics, tags: &Tags, plan: &mut Draft) {
        let watched = Watched {
            namespace: "AWS/RDS",
            dimension: "DBInstanceIdentifier",
            id: instance,
            prefix: "simple-rds",
            suffix: "simple-rds-alarm",
        };
        self.declare(&watched, topics, tags, plan);
    }

    /// Watches one node of a cache.
    #[track_caller]
    pub fn on_cache_node(&self, node: &str, topics: &AlarmTopics, tags: &Tags, plan: &mut Draft) {
        let watched = Watched {
            namespace: "AWS/ElastiCache",
            dimension: "CacheClusterId",
            id: node,
            prefix: "simple-elasticache",
            suffix: "simple-elasticache_alarm",
        };
        self.declare(&watched, topics, tags, plan);
    }

    #[track_caller]
    fn declare(&self, watched: &Watched<'_>, topics: &AlarmTopics, tags: &Tags, plan: &mut Draft) {
        let Watched { namespace, dimension, id, prefix, suffix } = watched;
        let metric = self.metric;
        for problem in self.problems() {
            let message = format!("alarm on `{metric}` of `{id}` {problem}");
            plan.report(Diagnostic::error("E0187", message).at(Place::caller()));
        }
        let topic = match self.level {
            Level::Warning => &topics.warning,
            Level::Critical => &topics.critical,
        };
        let actions = || if self.enabled { vec![topic.clone()] } else { Vec::new() };
        let alarm = cloudwatch::Alarm::new(format!("{id}-{metric}-{suffix}"))
            .alarm_name(format!("{prefix}-{id}-{metric}"))
            .namespace(*namespace)
            .dimensions([Dimension::new().name(*dimension).value(*id)])
            .actions_enabled(self.enabled)
            .alarm_actions(actions())
            .ok_actions(actions())
            .alarm_description(&self.description)
            .comparison_operator(self.comparison.as_str())
            .datapoints_to_alarm(self.datapoints)
            .evaluation_periods(self.evaluation_periods)
            .metric_name(metric)
            .period(self.period_seconds)
            .statistic(self.statistic.as_str())
            .threshold(self.threshold)
            .treat_missing_data(self.missing.as_str())
            .tags(tags);
        let alarm = match self.unit {
            Some(unit) => alarm.unit(unit.as_str()),
            None => alarm,
        };
        alarm.declare(plan);
    }

    fn problems(&self) -> Vec<String> {
        let Self { evaluation_periods, datapoints, period_seconds, .. } = self;
        let mut problems = Vec::new();
        if *period_seconds == 0 {
            problems.push("has periods of no time: a second is the least".to_owned());
        }
        if *evaluation_periods == 0 {
            problems.push("looks at no period: 1 is the least".to_owned());
        }
        if *datapoints == 0 || datapoints > evaluation_periods {
            problems.push(format!(
                "goes off after {datapoints} bad periods: that must be 1 to {evaluation_periods}, as many as it looks at"
            ));
        }
        problems
    }
}

impl MonitoringProfile {
    /// The alarms of a database.
    pub fn of_databases(self) -> Vec<AlarmSettings> {
        use Comparison::{Above, Below};
        let mut alarms = vec![
            AlarmSettings::new("CPUUtilization", Above, 90.0, "RDS - Extended High CPU Utilization")
                .measured_in(Unit::Percent)
                .when_bad_for(6),
            AlarmSettings::new("FreeStorageSpace", Below, 5_368_709_120.0, "RDS - Low Disk Space Remaining")
                .measured_in(Unit::Bytes)
                .when_bad_for(6),
            AlarmSettings::new("WriteLatency", Above, 0.1, "RDS - High Write Latency").when_bad_for(6),
            AlarmSettings::new("ReadLatency", Above, 0.02, "RDS - High Read Latency").when_bad_for(2),
        ];
        if self == Self::Production {
            alarms.push(
                AlarmSettings::new("EBSIOBalance%", Below, 75.0, "RDS - EBS IO Balance Remaining")
                    .measured_in(Unit::Percent)
                    .when_bad_for(2),
            );
            let waiting = "RDS - Disk Queue Depth - Requests waiting";
            alarms.push(AlarmSettings::new("DiskQueueDepth", Above, 10.0, waiting).when_bad_for(2));
        }
        self.sounding(alarms, &[Self::Production, Self::Qa])
    }

    /// The alarms of a node of a cache.
    pub fn of_cache_nodes(self) -> Vec<AlarmSettings> {
        let busy = "ElastiCache - High CPU utilization by the Redis engine.";
        let full = "ElastiCache - High memory utilization by the Redis engine.";
        let alarms = vec![
            AlarmSettings::new("EngineCPUUtilization", Comparison::Above, 50.0, busy)
                .measured_in(Unit::Percent)
                .when_bad_for(2),
            AlarmSettings::new("DatabaseMemoryUsagePercentage", Comparison::Above, 90.0, full).when_bad_for(2),
        ];
        self.sounding(alarms, &[Self::Production])
    }

    /// The alarms, silent in the profiles that are not among those that call somebody.
    fn sounding(self, alarms: Vec<AlarmSettings>, calling: &[Self]) -> Vec<AlarmSettings> {
        let alarms = if self == Self::Disabled { Vec::new() } else { alarms };
        alarms.into_iter().map(|alarm| alarm.enabled(calling.contains(&self))).collect()
    }
}
