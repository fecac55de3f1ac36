//! The platforms as the stack files make them.

use std::collections::{BTreeMap, BTreeSet};

use plan::value::Value;
use testkit::{Given, Planned, Workspace};

const GROUP: &str = "AWS::EC2::SecurityGroup";
const RECORD: &str = "AWS::Route53::RecordSet";
const DATABASE: &str = "AWS::RDS::DBInstance";
const ROLE: &str = "AWS::IAM::Role";
const SECRET: &str = "vault_generic_secret";

fn planned(stack: &str) -> Planned {
    testkit::evaluate(applications_edxapp::project(), stack)
}

/// What every stack has.
fn common() -> BTreeMap<&'static str, usize> {
    BTreeMap::from([
        ("AWS::CloudWatch::Alarm", 10),
        (GROUP, 3),
        ("AWS::ElastiCache::ParameterGroup", 1),
        ("AWS::ElastiCache::ReplicationGroup", 1),
        ("AWS::IAM::ManagedPolicy", 1),
        (ROLE, 1),
        (DATABASE, 1),
        ("AWS::RDS::DBParameterGroup", 1),
        (RECORD, 8),
        ("AWS::S3::Bucket", 5),
        ("AWS::S3::BucketPolicy", 2),
        ("AWS::SES::ConfigurationSet", 1),
        ("AWS::SES::ConfigurationSetEventDestination", 1),
        ("AWS::SES::EmailIdentity", 2),
        ("vault_database_secret_backend_connection", 1),
        ("vault_database_secret_backend_role", 6),
        (SECRET, 5),
        ("vault_kubernetes_auth_backend_role", 1),
        ("vault_mount", 2),
        ("vault_policy", 1),
    ])
}

#[test]
fn twelve_stacks_differ_by_tenant_and_environment_only_where_they_should() {
    let stacks = Workspace::here().stacks("applications.edxapp");
    assert_eq!(stacks.len(), 12);
    for stack in stacks {
        let planned = planned(&stack);
        assert_eq!(planned.problems(), [""; 0], "{stack}");
        let mut wanted = common();
        if stack.ends_with(".Production") {
            // A role for monitoring, a replica, and two alarms more on the database.
            wanted.extend([("AWS::CloudWatch::Alarm", 12), (ROLE, 2), (DATABASE, 2)]);
        }
        if stack.starts_with("xpro.") {
            wanted.insert(SECRET, 4);
        }
        assert_eq!(planned.by_type(), wanted, "{stack}");
    }
}

#[test]
fn what_must_be_unique_in_one_account_is() {
    let mut seen = BTreeSet::new();
    for stack in Workspace::here().stacks("applications.edxapp") {
        let planned = planned(&stack);
        for (ty, property) in [
            ("AWS::S3::Bucket", "BucketName"),
            (DATABASE, "DBInstanceIdentifier"),
            ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
            ("AWS::SES::EmailIdentity", "EmailIdentity"),
            ("AWS::SES::ConfigurationSet", "Name"),
            ("AWS::CloudWatch::Alarm", "AlarmName"),
        ] {
            for resource in planned.resources(ty) {
                let name = resource.text(property).to_owned();
                assert!(seen.insert((ty, name.clone())), "{stack} has a second {ty} `{name}`");
            }
        }
        for record in planned.resources(RECORD).iter().filter(|record| !record.is_unknown("Name")) {
            let name = format!("{} {}", record.text("Type"), record.text("Name"));
            assert!(seen.insert((RECORD, name.clone())), "{stack} has a second record `{name}`");
        }
        for role in planned.resources(ROLE).iter().filter_map(|role| role.find("RoleName")) {
            let name = role.as_str().expect("known").to_owned();
            assert!(name.len() <= 63 && seen.insert((ROLE, name.clone())), "{stack} has a second role `{name}`");
        }
    }
}

#[test]
fn each_stack_reads_its_own_tenant_and_environment() {
    let reads = planned("mitx-staging.QA").reads();
    for wanted in [
        "applications.edx_notes.mitx-staging.QA:notes_domain",
        "infrastructure.aws.dns.default:mitx.id",
        "infrastructure.aws.eks.residential.QA:cluster_identities[0].oidcs[0].issuer",
        "infrastructure.aws.kms.QA:kms_s3_data_analytics_key.id",
        "infrastructure.aws.network.QA:residential_mitx_staging_vpc.elasticache_subnet",
        "infrastructure.aws.network.QA:residential_mitx_vpc.rds_subnet",
        "infrastructure.mongodb_atlas.mitx-staging.QA:atlas_cluster.connection_strings[0].standard_srv",
        "infrastructure.monitoring.default:notification_sns_topics.warning_sns_topic_arn",
        "infrastructure.sentry.default:openedx_residential_sentry_dsn",
        "infrastructure.vault.operations.QA:vault_server.security_group",
    ] {
        assert!(reads.iter().any(|read| read == wanted), "`{wanted}` is not among {reads:#?}");
    }
    assert!(reads.iter().all(|read| !read.contains("Production") && !read.contains(".CI:")), "{reads:#?}");
}

#[test]
fn the_database_moved_to_the_vpc_of_the_cluster_but_for_one() {
    for (stack, vpc, size) in [
        ("mitx.QA", "residential_mitx_vpc", "db.t4g.medium"),
        ("xpro.CI", "applications_vpc", "db.t4g.small"),
        ("xpro.Production", "applications_vpc", "db.m7g.large"),
        ("mitxonline.Production", "mitxonline_vpc", "db.r7g.xlarge"),
    ] {
        let (tenant, environment) = stack.split_once('.').expect("a tenant");
        let name = format!("edxapp-db-{tenant}-{}", environment.to_lowercase());
        let planned = planned(stack);
        let instance = planned.resource(DATABASE, &format!("{name}-mariadb-instance"));
        let subnet = format!("infrastructure.aws.network.{environment}:{vpc}.rds_subnet");
        assert_eq!(instance.origins("DBSubnetGroupName"), [subnet], "{stack}");
        assert_eq!(instance.text("DBInstanceClass"), size, "{stack}");
        assert_eq!(instance.text("EngineVersion"), "11.8.3");
        assert!(matches!(instance.get("MasterUserPassword"), Value::Secret(_)));
    }
    let storage = |stack: &str, name: &str| {
        let instance = planned(stack).resource(DATABASE, name);
        (instance.text("AllocatedStorage").to_owned(), instance.get("MaxAllocatedStorage").as_int())
    };
    assert_eq!(storage("mitx.QA", "edxapp-db-mitx-qa-mariadb-instance"), ("200".to_owned(), Some(1000)));
    assert_eq!(storage("mitx.Production", "edxapp-db-mitx-production-mariadb-instance"), ("50".to_owned(), Some(1500)));
}

#[test]
fn production_is_copied_measured_and_watched() {
    let planned = planned("mitx.Production");
    let primary = planned.resource(DATABASE, "edxapp-db-mitx-production-mariadb-instance");
    let replica = planned.resource(DATABASE, "edxapp-db-mitx-production-mariadb-replica");
    assert_eq!(primary.get("DeletionProtection"), &Value::Bool(true));
    assert_eq!((primary.get("BackupRetentionPeriod"), primary.get("MultiAZ")), (&Value::Int(30), &Value::Bool(true)));
    assert_eq!(replica.text("SourceDBInstanceIdentifier"), "edxapp-db-mitx-production");
    assert_eq!(
        (replica.text("DBInstanceClass"), replica.get("MonitoringInterval")),
        ("db.t4g.medium", &Value::Int(60))
    );
    assert!(planned.outputs().contains(&"edxapp_read_replica".to_owned()));
    let alarm = planned.resource("AWS::CloudWatch::Alarm", "edxapp-db-mitx-production-EBSIOBalance%-simple-rds-alarm");
    let topic = "infrastructure.monitoring.default:notification_sns_topics.warning_sns_topic_arn";
    assert_eq!(alarm.origins("AlarmActions[0]"), [topic]);
    assert_eq!(alarm.text("AlarmName"), "simple-rds-edxapp-db-mitx-production-EBSIOBalance%");
}

#[test]
fn alarms_are_silent_where_nobody_should_wake_up() {
    let database = "edxapp-db-mitx-ENV-CPUUtilization-simple-rds-alarm";
    let cache = "edxapp-redis-mitx-ENV-002-EngineCPUUtilization-simple-elasticache_alarm";
    for (stack, on_database, on_cache) in
        [("mitx.CI", false, false), ("mitx.QA", true, false), ("mitx.Production", true, true)]
    {
        let planned = planned(stack);
        let environment = stack.trim_start_matches("mitx.").to_lowercase();
        for (name, enabled) in [(database, on_database), (cache, on_cache)] {
            let alarm = planned.resource("AWS::CloudWatch::Alarm", &name.replace("ENV", &environment));
            let actions = alarm.get("OKActions").as_list().expect("a list").len();
            assert_eq!(
                (alarm.get("ActionsEnabled"), actions),
                (&Value::Bool(enabled), usize::from(enabled)),
                "{stack} {name}"
            );
        }
    }
}

#[test]
fn the_cache_has_three_nodes_and_a_sealed_password() {
    for (stack, node) in [
        ("mitx.CI", "cache.t4g.small"),
        ("mitx.Production", "cache.r7g.2xlarge"),
        ("mitxonline.QA", "cache.r7g.large"),
        ("xpro.Production", "cache.r7g.large"),
    ] {
        let planned = planned(stack);
        let [cache] = &planned.resources("AWS::ElastiCache::ReplicationGroup")[..] else { panic!("one cache") };
        assert_eq!((cache.text("CacheNodeType"), cache.get("NumCacheClusters")), (node, &Value::Int(3)), "{stack}");
        assert!(matches!(cache.get("AuthToken"), Value::Secret(_)));
        assert!(
            matches!(planned.output("edxapp.redis_token"), Value::Secret(_)),
            "it stays a secret when it is exported"
        );
    }
}

#[test]
fn buckets_are_as_open_as_they_have_to_be() {
    let planned = planned("mitx.QA");
    let bucket = |name: &str| planned.resource("AWS::S3::Bucket", &format!("edxapp-{name}-s3-bucket-bucket"));
    let versioning =
        |name: &str| bucket(name).find("VersioningConfiguration.Status").and_then(Value::as_str).map(str::to_owned);
    for (name, status, blocked) in [
        ("mfe", "Suspended", false),
        ("storage", "Enabled", false),
        ("courses", "Suspended", true),
        ("grades", "Enabled", false),
        ("tracking-logs", "Enabled", true),
    ] {
        assert_eq!(versioning(name).as_deref(), Some(status), "{name}");
        let block = bucket(name).get("PublicAccessBlockConfiguration.BlockPublicPolicy").clone();
        assert_eq!(block, Value::Bool(blocked), "{name}");
    }
    assert_eq!(
        bucket("storage").text("CorsConfiguration.CorsRules[0].AllowedOrigins[0]"),
        "https://mitx-qa.mitx.mit.edu"
    );
    let policy = planned.resource("AWS::S3::BucketPolicy", "edxapp-storage-s3-bucket-policy");
    let statement = "PolicyDocument.Statement[0]";
    assert_eq!(
        (policy.text(&format!("{statement}.Resource")), policy.text(&format!("{statement}.Principal"))),
        ("arn:aws:s3:::mitx-qa-edxapp-storage/media/video-images/*", "*")
    );
    assert_eq!(bucket("tracking-logs").text("BucketName"), "mitx-qa-edxapp-tracking");
}

#[test]
fn the_database_is_reached_by_the_pods_the_data_platform_and_vault() {
    let network = "infrastructure.aws.network.QA";
    let blocks = |blocks: &[&str]| Value::List(blocks.iter().copied().map(Value::from).collect());
    let planned = Given::stack(applications_edxapp::project(), "mitx.QA")
        .output(network, "data_vpc.k8s_pod_subnet_cidrs", blocks(&["10.2.0.0/21"]))
        .output(network, "data_vpc.security_groups.orchestrator", "sg-orchestrator")
        .output(network, "data_vpc.security_groups.integrator", "sg-integrator")
        .output(network, "residential_mitx_vpc.k8s_pod_subnet_cidrs", blocks(&["10.3.0.0/21", "10.3.8.0/21"]))
        .output(network, "residential_mitx_vpc.cidr", "10.3.0.0/16")
        .output("infrastructure.vault.operations.QA", "vault_server.security_group", "sg-vault")
        .evaluate();
    let group = planned.resource(GROUP, "edxapp-db-access-qa");
    let rules = group.get("SecurityGroupIngress").as_list().expect("a list");
    let source = |rule: &Value| {
        let rule = rule.as_map().expect("a rule");
        assert_eq!((rule["IpProtocol"].as_str(), rule["FromPort"].as_int()), (Some("tcp"), Some(3306)));
        let source = rule.get("CidrIp").or_else(|| rule.get("SourceSecurityGroupId"));
        source.and_then(Value::as_str).expect("a source").to_owned()
    };
    let sources: BTreeSet<String> = rules.iter().map(source).collect();
    let wanted =
        ["sg-orchestrator", "sg-integrator", "10.2.0.0/21", "sg-vault", "10.3.0.0/16", "10.3.0.0/21", "10.3.8.0/21"];
    assert_eq!(sources, wanted.map(str::to_owned).into());
    assert_eq!(rules.len(), 7);
}

#[test]
fn vault_keeps_what_the_tenant_needs_and_nothing_in_clear() {
    let online = Given::stack(applications_edxapp::project(), "mitxonline.QA")
        .output("infrastructure.sentry.default", "openedx_mitxonline_sentry_dsn", "https://key@sentry.example/1")
        .output(
            "infrastructure.mongodb_atlas.mitxonline.QA",
            "atlas_cluster.connection_strings[0].standard_srv",
            "mongodb",
        )
        .evaluate();
    for secret in online.resources(SECRET) {
        assert!(matches!(secret.get("data_json"), Value::Secret(_)), "{:?}", secret.properties());
    }
    let forum = online.resource(SECRET, "forum-mongodb-atlas-user-password");
    assert_eq!(forum.text("path"), "secret-mitxonline/mongodb-forum");
    assert_eq!(forum.options().provider.as_deref(), Some("vault-qa"));
    let connection = online.resource("vault_database_secret_backend_connection", "edxapp-database-connection");
    assert!(matches!(connection.get("mysql_rds.password"), Value::Secret(_)));
    assert_eq!(connection.find("data"), None);
    let roles: Vec<_> =
        connection.get("allowed_roles").as_list().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(roles, ["admin", "edxapp", "edxapp-csmh", "notes", "readonly", "xqueue"]);
    let role = online.resource("vault_database_secret_backend_role", "edxapp-database-role-edxapp");
    assert_eq!(role.get("creation_statements").as_list().map(<[Value]>::len), Some(5));
    let paths = |planned: &Planned| {
        let policy = planned.resource("vault_policy", "edxapp-vault-policy");
        policy.text("policy").lines().filter(|line| line.starts_with("path")).count()
    };
    assert_eq!([paths(&planned("mitx.QA")), paths(&online), paths(&planned("xpro.QA"))], [13, 14, 12]);
}

#[test]
fn mail_is_signed_and_names_lead_to_the_content_delivery_network() {
    let planned = planned("mitx.QA");
    let record = |name: &str| planned.resource(RECORD, name);
    let key = record("edxapp-ses-domain-dkim-record-2");
    let from = "applications.edxapp.mitx.QA:applications.edxapp::AWS::SES::EmailIdentity::edxapp-ses-domain-identity\
        .DkimDNSTokenName3";
    assert_eq!(key.origins("Name"), [from]);
    assert_eq!(record("edxapp-ses-domain-mail-from-text-record").text("Name"), "bounce.edxapp-mail-qa.mitx.mit.edu");
    assert_eq!(record("edxapp-web-lms-dns-record").text("ResourceRecords[0]"), "j.sni.global.fastly.net");
    assert_eq!(record("edxapp-web-preview-dns-record").text("ResourceRecords[0]"), "preview.qa.mitx.mit.edu");
    assert_eq!(record("edxapp-web-lms-dns-record").text("Name"), "mitx-qa.mitx.mit.edu");
}

#[test]
fn wrong_names_are_all_reported_with_what_there_is() {
    let file = Workspace::here().read("projects/applications/edxapp/stacks/mitx.QA.toml").expect("the stack file");
    let wrong = file
        .replace("target_vpc = \"residential_mitx_vpc\"", "target_vpc = \"residential_vpc\"")
        .replace("dns_zone = \"mitx\"", "dns_zone = \"mit\"")
        .replace("move_db = true", "move_db = \"true\"")
        .replace("redis_auth_token", "redis_token");
    let problems = Given::stack(applications_edxapp::project(), "mitx.QA").config(&wrong).evaluate().problems();
    let codes: Vec<&str> = problems.iter().filter_map(|problem| problem.split(' ').next()).collect();
    assert_eq!(codes, ["E0101", "E0104", "E0104", "E0103", "E0102"], "{problems:#?}");
}

#[test]
fn a_stack_needs_a_tenant_and_an_environment_with_defaults() {
    let file = Workspace::here().read("projects/applications/edxapp/stacks/mitx.QA.toml").expect("the stack file");
    for (stack, code) in [("QA", "E0171"), ("mitx.Dev", "E0170")] {
        let problems = Given::stack(applications_edxapp::project(), stack).config(&file).evaluate().problems();
        assert!(matches!(&problems[..], [problem] if problem.starts_with(code)), "{stack}: {problems:#?}");
    }
}
