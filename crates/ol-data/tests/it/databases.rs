use ol_data::{
    AlarmSettings, AmazonDb, BlueGreen, Comparison, DatabaseSettings, Engine, EngineVersion, Level, MonitoringProfile,
    ReplicaSettings, StorageType, Tier, Upgrades,
};
use plan::prelude::*;
use plan::value::Value;
use testkit::Planned;

use crate::planned;

fn database(engine: Engine, monitoring: MonitoringProfile, settings: DatabaseSettings) -> Planned {
    planned(move |around, plan| {
        let major = engine.default_major();
        let version = EngineVersion { version: format!("{major}.4"), family: format!("{}{major}", engine.as_str()) };
        let database = AmazonDb {
            engine,
            name: "db",
            version: &version,
            settings: settings.clone(),
            monitoring,
            topics: &around.topics,
            db_name: None,
            password: &around.password,
            subnet_group: Output::known("databases"),
            security_groups: vec![Output::known("sg-1"), Output::known("sg-2")],
            tags: &around.tags,
        };
        database.declare(plan);
    })
}

#[test]
fn a_database_of_which_nothing_is_said_is_large_and_safe() {
    let db = database(Engine::Postgres, MonitoringProfile::Disabled, DatabaseSettings::default());
    assert_eq!(db.count(), 2, "no alarms, no replica, no role");
    assert_eq!(db.misfits(), Vec::<String>::new());
    let instance = db.resource("AWS::RDS::DBInstance", "db-postgres-instance");
    for (path, wanted) in [
        ("DBInstanceClass", Value::from("db.m7g.large")),
        ("AllocatedStorage", "50".into()),
        ("MaxAllocatedStorage", 1000.into()),
        ("StorageType", "gp3".into()),
        ("StorageEncrypted", true.into()),
        ("MultiAZ", true.into()),
        ("DeletionProtection", true.into()),
        ("BackupRetentionPeriod", 30.into()),
        ("PubliclyAccessible", false.into()),
        ("EnableIAMDatabaseAuthentication", true.into()),
        ("MasterUsername", "oldevops".into()),
        ("Port", "5432".into()),
        ("MonitoringInterval", 0.into()),
        ("EnablePerformanceInsights", false.into()),
        ("AutoMinorVersionUpgrade", true.into()),
        ("AllowMajorVersionUpgrade", true.into()),
        ("ApplyImmediately", true.into()),
        ("CopyTagsToSnapshot", true.into()),
        ("EngineVersion", "18.4".into()),
        ("VPCSecurityGroups", vec!["sg-1", "sg-2"].into()),
    ] {
        assert_eq!(instance.get(path), &wanted, "{path}");
    }
    for absent in ["DBName", "Iops", "StorageThroughput", "PerformanceInsightsRetentionPeriod", "MonitoringRoleArn"] {
        assert!(instance.find(absent).is_none(), "{absent}");
    }
    assert_eq!(instance.options().ignore_changes.len(), 1, "minor versions are the vendor's");
    assert_eq!(instance.options().timeouts.update, None);
}

#[test]
fn environments_have_their_sizes() {
    type Wanted = (&'static str, bool, bool, i64, i64, Option<i64>, bool);
    let tiers: [(Tier, Wanted); 3] = [
        (Tier::Ci, ("db.t4g.small", false, false, 1, 0, None, false)),
        (Tier::Qa, ("db.t4g.medium", false, false, 7, 0, None, false)),
        (Tier::Production, ("db.m7g.large", true, true, 30, 60, Some(7), true)),
    ];
    for (tier, (class, multi_az, protected, backups, interval, insights, replica)) in tiers {
        let db = database(Engine::MariaDb, tier.monitoring(), tier.database());
        let instance = db.resource("AWS::RDS::DBInstance", "db-mariadb-instance");
        for (path, wanted) in [
            ("DBInstanceClass", Value::from(class)),
            ("MultiAZ", multi_az.into()),
            ("DeletionProtection", protected.into()),
            ("BackupRetentionPeriod", backups.into()),
            ("MonitoringInterval", interval.into()),
        ] {
            assert_eq!(instance.get(path), &wanted, "{tier:?}: {path}");
        }
        let days = instance.find("PerformanceInsightsRetentionPeriod").and_then(Value::as_int);
        assert_eq!(days, insights, "{tier:?}");
        let wanted = if replica { (2, 10) } else { (1, 6) };
        // A policy of a role is a property of it.
        assert_eq!((db.names("AWS::RDS::DBInstance").len(), db.count()), wanted, "{tier:?}");
    }
}

#[test]
fn what_is_said_of_a_database_is_what_it_is() {
    let settings = DatabaseSettings {
        storage_type: StorageType::Performance,
        iops: Some(4000),
        storage_throughput: Some(250),
        max_storage_gb: None,
        port: Some(5433),
        public_access: true,
        username: "owner".to_owned(),
        parameters: Some([("work_mem".to_owned(), "64MB".to_owned())].into()),
        read_replica: Some(ReplicaSettings {
            storage_type: StorageType::Magnetic,
            security_groups: Some(vec![Output::known("sg-9")]),
            ..ReplicaSettings::default()
        }),
        blue_green: Some(BlueGreen::default()),
        upgrades: Upgrades::ByLock,
        ..DatabaseSettings::default()
    };
    let db = database(Engine::Postgres, MonitoringProfile::Qa, settings);
    assert_eq!(db.misfits(), Vec::<String>::new());
    let instance = db.resource("AWS::RDS::DBInstance", "db-postgres-instance");
    for (path, wanted) in [
        ("StorageType", Value::from("io1")),
        ("Iops", 4000.into()),
        ("StorageThroughput", 250.into()),
        ("Port", "5433".into()),
        ("PubliclyAccessible", true.into()),
        ("MasterUsername", "owner".into()),
    ] {
        assert_eq!(instance.get(path), &wanted, "{path}");
    }
    assert!(instance.find("MaxAllocatedStorage").is_none(), "it does not grow");
    assert!(instance.options().ignore_changes.is_empty(), "the lock says when another version is run");
    assert_eq!(instance.options().timeouts.update, Some(43_200), "twelve hours");
    let parameters = db.resource("AWS::RDS::DBParameterGroup", "db-postgres-parameter-group");
    let wanted = Value::map([("hot_standby_feedback", "1"), ("work_mem", "64MB")]);
    assert_eq!(parameters.get("Parameters"), &wanted, "they replace those of the engine, but for the replica's");
    let replica = db.resource("AWS::RDS::DBInstance", "db-postgres-replica");
    assert_eq!(replica.get("VPCSecurityGroups"), &Value::from(vec!["sg-9"]));
    assert_eq!([replica.text("StorageType"), replica.text("DBInstanceClass")], ["standard", "db.t4g.medium"]);
    assert!(replica.find("BackupRetentionPeriod").is_none() && replica.find("MasterUserPassword").is_none());
}

#[test]
fn settings_out_of_their_range_are_all_told() {
    let settings = DatabaseSettings {
        backup_days: 36,
        storage_gb: 0,
        max_storage_gb: Some(0),
        port: Some(0),
        monitoring_interval: 7,
        performance_insights_days: Some(8),
        blue_green: Some(BlueGreen { timeout_minutes: 0 }),
        ..DatabaseSettings::default()
    };
    let problems = database(Engine::Postgres, MonitoringProfile::Disabled, settings).problems();
    let wanted = [
        "keeps backups for 36 days: 35 is the most",
        "has no room: 1 GiB is the least",
        "grows to 0 GiB at most, but has 0 at first",
        "listens at port 0",
        "measures its system every 7 seconds: it must be one of 0, 1, 5, 10, 15, 30, 60",
        "keeps performance insights for 8 days: it must be one of 7, 731",
        "gives changes no time",
    ];
    assert_eq!(problems.len(), wanted.len(), "{problems:?}");
    for part in wanted {
        let told = problems.iter().any(|problem| problem.contains("E0188") && problem.contains(part));
        assert!(told, "{part}: {problems:?}");
    }
    let edge = DatabaseSettings { backup_days: 0, performance_insights_days: Some(731), ..DatabaseSettings::default() };
    assert_eq!(database(Engine::Postgres, MonitoringProfile::Disabled, edge).problems(), Vec::<String>::new());
}

#[test]
fn profiles_say_which_alarms_there_are_and_whom_they_call() {
    for (profile, count, calls) in [
        (MonitoringProfile::Production, 6, true),
        (MonitoringProfile::Qa, 4, true),
        (MonitoringProfile::Ci, 4, false),
        (MonitoringProfile::Disabled, 0, false),
    ] {
        let db = database(Engine::MariaDb, profile, DatabaseSettings::default());
        let alarms = db.resources("AWS::CloudWatch::Alarm");
        assert_eq!(alarms.len(), count, "{profile:?}");
        for alarm in alarms {
            assert_eq!(alarm.get("ActionsEnabled").as_bool(), Some(calls));
            let wanted: Vec<&str> = if calls { vec!["arn:warning"] } else { Vec::new() };
            assert_eq!(alarm.get("AlarmActions"), &Value::from(wanted.clone()));
            assert_eq!(alarm.get("OKActions"), &Value::from(wanted));
            assert_eq!(alarm.text("TreatMissingData"), "missing");
        }
    }
    let db = database(Engine::MariaDb, MonitoringProfile::Production, DatabaseSettings::default());
    for (metric, comparison, threshold, periods, unit) in [
        ("CPUUtilization", "GreaterThanThreshold", 90.0, 6, Some("Percent")),
        ("FreeStorageSpace", "LessThanThreshold", 5_368_709_120.0, 6, Some("Bytes")),
        ("WriteLatency", "GreaterThanThreshold", 0.1, 6, None),
        ("ReadLatency", "GreaterThanThreshold", 0.02, 2, None),
        ("EBSIOBalance%", "LessThanThreshold", 75.0, 2, Some("Percent")),
        ("DiskQueueDepth", "GreaterThanThreshold", 10.0, 2, None),
    ] {
        let alarm = db.resource("AWS::CloudWatch::Alarm", &format!("db-{metric}-simple-rds-alarm"));
        assert_eq!(alarm.text("AlarmName"), format!("simple-rds-db-{metric}"));
        assert_eq!(alarm.text("ComparisonOperator"), comparison, "{metric}");
        assert_eq!(alarm.get("Threshold"), &Value::Float(threshold), "{metric}");
        let numbers = ["EvaluationPeriods", "DatapointsToAlarm", "Period"].map(|path| alarm.get(path).as_int());
        assert_eq!(numbers, [Some(periods), Some(periods), Some(300)], "{metric}");
        assert_eq!(alarm.find("Unit").and_then(Value::as_str), unit, "{metric}");
        assert_eq!(alarm.text("Dimensions[0].Value"), "db");
    }
}

#[test]
fn an_alarm_calls_whom_its_level_says() {
    let db = planned(|around, plan| {
        let mut alarm = AlarmSettings::new("DatabaseConnections", Comparison::AtLeast, 500.0, "Many connections");
        alarm.level = Level::Critical;
        alarm.on_database("db", &around.topics, &around.tags, plan);
    });
    let alarm = db.resource("AWS::CloudWatch::Alarm", "db-DatabaseConnections-simple-rds-alarm");
    assert_eq!(alarm.get("AlarmActions"), &Value::from(vec!["arn:critical"]));
    let numbers = ["EvaluationPeriods", "DatapointsToAlarm"].map(|path| alarm.get(path).as_int());
    assert_eq!(numbers, [Some(2), Some(1)]);

    let problems = planned(|around, plan| {
        let mut alarm = AlarmSettings::new("DatabaseConnections", Comparison::AtLeast, 500.0, "Many connections");
        (alarm.period_seconds, alarm.datapoints) = (0, 3);
        alarm.on_database("db", &around.topics, &around.tags, plan);
    })
    .problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.contains("E0187")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("that must be 1 to 2")), "{problems:?}");
}
