use ol_data::{AmazonCache, CacheEngine, CacheSettings, Memcached, MonitoringProfile};
use plan::prelude::*;
use plan::value::Value;
use testkit::Planned;

use crate::planned;

fn cache(name: &'static str, version: &'static str, token: bool, settings: CacheSettings) -> Planned {
    planned(move |around, plan| {
        let cache = AmazonCache {
            name,
            description: "A cache",
            version,
            family: "valkey8",
            node_type: "cache.t4g.small",
            settings: settings.clone(),
            monitoring: MonitoringProfile::Production,
            topics: &around.topics,
            auth_token: token.then_some(&around.password),
            subnet_group: Output::known("caches"),
            security_groups: vec![Output::known("sg-1")],
            tags: &around.tags,
        };
        cache.declare(plan);
    })
}

#[test]
fn a_cache_of_which_nothing_is_said_is_one_encrypted_node() {
    let planned = cache("main", CacheEngine::DEFAULT_VERSION, false, CacheSettings::default());
    assert_eq!(planned.misfits(), Vec::<String>::new());
    assert_eq!(planned.count(), 4, "group, parameters, two alarms");
    let group = planned.resource("AWS::ElastiCache::ReplicationGroup", "main-valkey-elasticache-cluster");
    for (path, wanted) in [
        ("Engine", Value::from("valkey")),
        ("EngineVersion", "8.0".into()),
        ("NumCacheClusters", 1.into()),
        ("AutomaticFailoverEnabled", false.into()),
        ("AtRestEncryptionEnabled", true.into()),
        ("TransitEncryptionEnabled", true.into()),
        ("SnapshotRetentionLimit", 5.into()),
        ("Port", 6379.into()),
    ] {
        assert_eq!(group.get(path), &wanted, "{path}");
    }
    assert!(group.find("AuthToken").is_none() && group.find("KmsKeyId").is_none());
    let parameters = planned.resource("AWS::ElastiCache::ParameterGroup", "main-valkey-8.0-parameter-group");
    assert_eq!(parameters.get("Properties"), &Value::map([("maxmemory-policy", "allkeys-lru")]));
    let alarm =
        planned.resource("AWS::CloudWatch::Alarm", "main-001-DatabaseMemoryUsagePercentage-simple-elasticache_alarm");
    assert_eq!(alarm.text("Dimensions[0].Name"), "CacheClusterId");
    assert_eq!(alarm.get("ActionsEnabled").as_bool(), Some(true));
}

#[test]
fn alarms_watch_the_nodes_of_each_shard() {
    let settings = CacheSettings {
        shards: Some(2),
        nodes: 1,
        parameters: [("maxmemory-policy".to_owned(), "noeviction".to_owned())].into(),
        ..CacheSettings::default()
    };
    let planned = cache("main", "8.0", true, settings);
    let group = planned.resource("AWS::ElastiCache::ReplicationGroup", "main-valkey-elasticache-cluster");
    for (path, wanted) in [
        ("NumNodeGroups", Value::from(2)),
        ("ReplicasPerNodeGroup", 1.into()),
        ("AutomaticFailoverEnabled", true.into()),
    ] {
        assert_eq!(group.get(path), &wanted, "{path}");
    }
    assert!(group.find("NumCacheClusters").is_none());
    assert!(group.get("AuthToken").has_secret());
    let parameters = planned.resource("AWS::ElastiCache::ParameterGroup", "main-valkey-8.0-parameter-group");
    let wanted = Value::map([("cluster-enabled", "yes"), ("maxmemory-policy", "noeviction")]);
    assert_eq!(parameters.get("Properties"), &wanted);
    let watched = planned.names("AWS::CloudWatch::Alarm");
    assert_eq!(watched.len(), 8, "two of each of four nodes");
    let first = watched.iter().filter(|name| name.starts_with("main-0001-")).count();
    assert_eq!(first, 4, "{watched:?}");
    assert!(watched.iter().any(|name| name.starts_with("main-0002-002-EngineCPUUtilization")), "{watched:?}");
}

#[test]
fn of_the_sixth_version_the_vendor_chooses_the_minor_one() {
    let settings = CacheSettings { engine: CacheEngine::Redis, nodes: 2, ..CacheSettings::default() };
    let planned = cache("main", "6.2", false, settings);
    let group = planned.resource("AWS::ElastiCache::ReplicationGroup", "main-redis-elasticache-cluster");
    assert_eq!(group.text("EngineVersion"), "6.x");
    assert_eq!(group.options().ignore_changes.len(), 1);
    assert_eq!(group.get("AutomaticFailoverEnabled").as_bool(), Some(true));
}

#[test]
fn names_have_forty_characters_at_most_and_settings_their_ranges() {
    let good = ["ab", "abc1", "a-b-c", "forty-characters-are-the-most-that-fit-x"];
    for name in good {
        assert_eq!(cache(name, "8.0", false, CacheSettings::default()).problems(), Vec::<String>::new(), "{name}");
    }
    let bad = ["a", "under_score", "forty-one-characters-are-one-too-many-abc", "dotted.name"];
    for name in bad {
        let problems = cache(name, "8.0", false, CacheSettings::default()).problems();
        assert!(problems.len() == 1 && problems[0].contains("2 to 40 letters"), "{name}: {problems:?}");
    }
    let settings = CacheSettings {
        nodes: 6,
        shards: Some(0),
        port: 0,
        snapshot_days: 0,
        encrypt_transit: false,
        ..CacheSettings::default()
    };
    let problems = cache("main", "8.0", true, settings).problems();
    let wanted = [
        "has 6 nodes: it must be 1 to 5",
        "is a cluster of no shards",
        "listens at port 0",
        "keeps snapshots for 0 days",
        "has a password that it would say in clear",
    ];
    assert_eq!(problems.len(), wanted.len(), "{problems:?}");
    for part in wanted {
        assert!(problems.iter().any(|p| p.contains("E0189") && p.contains(part)), "{part}: {problems:?}");
    }
}

fn memcached(name: &'static str, nodes: u8) -> Planned {
    planned(move |around, plan| {
        let cache = Memcached {
            name,
            version: Memcached::DEFAULT_VERSION,
            family: "memcached1.5",
            node_type: "cache.t4g.small",
            nodes,
            port: ol_data::MEMCACHED_PORT,
            parameters: [("max_item_size".to_owned(), "2097152".to_owned())].into(),
            auto_upgrade: true,
            subnet_group: Output::known("caches"),
            security_groups: vec![Output::known("sg-1")],
            tags: &around.tags,
        };
        cache.declare(plan);
    })
}

#[test]
fn memcached_is_spread_over_zones_and_watched_by_nobody() {
    for (nodes, zones) in [(1, "single-az"), (Memcached::NODES, "cross-az")] {
        let planned = memcached("sessions", nodes);
        assert_eq!(planned.misfits(), Vec::<String>::new());
        let wanted = [("AWS::ElastiCache::CacheCluster", 1), ("AWS::ElastiCache::ParameterGroup", 1)];
        assert_eq!(planned.by_type(), wanted.into_iter().collect());
        let cache = planned.resource("AWS::ElastiCache::CacheCluster", "sessions-memcached-elasticache-cluster");
        for (path, wanted) in [
            ("ClusterName", Value::from("sessions")),
            ("Engine", "memcached".into()),
            ("EngineVersion", "1.5.16".into()),
            ("AZMode", zones.into()),
            ("NumCacheNodes", i64::from(nodes).into()),
            ("Port", 11_211.into()),
            ("VpcSecurityGroupIds", vec!["sg-1"].into()),
        ] {
            assert_eq!(cache.get(path), &wanted, "{path}");
        }
    }
    let problems = memcached("a_b", 21).problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    for part in ["2 to 50 letters", "has 21 nodes: it must be 1 to 20"] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:?}");
    }
}
