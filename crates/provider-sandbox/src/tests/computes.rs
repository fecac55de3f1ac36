//! What AWS computes, and what can be read back.

use ports::Provider as _;
use ports::{Find, StepAction};
use value::{Digest, Map, Secret, Value};

use super::{Script, apply, create, open, properties, quick, read, run, step};
use crate::{Options, Place};

/// The text of a place after a story fits a pattern, in which `#` stands for a digit or a small letter, `*` for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, rest) = pattern.split_once('*').map_or((pattern, None), |(start, end)| (start, Some(end)));
    let same = |(p, t): (char, char)| p == t || (p == '#' && (t.is_ascii_lowercase() || t.is_ascii_digit()));
    let head: String = text.chars().take(pattern.chars().count()).collect();
    let fits_head = head.chars().count() == pattern.chars().count() && pattern.chars().zip(head.chars()).all(same);
    fits_head && rest.map_or(head.len() == text.len(), |end| text[head.len()..].ends_with(end))
}

#[test]
fn attributes_look_like_the_vendors() {
    let script = Script::tell(
        r#"
        vpc = EC2::VPC { CidrBlock = "10.0.0.5/16" }
        six = EC2::VPCCidrBlock { VpcId = "$vpc", AmazonProvidedIpv6CidrBlock = true }
        igw = EC2::InternetGateway {}
        attachment = EC2::VPCGatewayAttachment { VpcId = "$vpc", InternetGatewayId = "$igw" }
        subnet = EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.0.0/24" }
        table = EC2::RouteTable { VpcId = "$vpc" }
        route = EC2::Route { RouteTableId = "$table", DestinationCidrBlock = "0.0.0.0/0", GatewayId = "$igw" }
        eip = EC2::EIP {}
        nat = EC2::NatGateway { SubnetId = "$subnet", AllocationId = "$eip.AllocationId" }
        sg = EC2::SecurityGroup { GroupDescription = "d", VpcId = "$vpc" }
        db = RDS::DBInstance { DBInstanceIdentifier = "Main", Engine = "mariadb", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678" }
        cache = ElastiCache::ReplicationGroup { ReplicationGroupId = "r", ReplicationGroupDescription = "d", NumCacheClusters = 2, TransitEncryptionEnabled = true }
        cluster = ElastiCache::ReplicationGroup { ReplicationGroupId = "c", ReplicationGroupDescription = "d", NumNodeGroups = 3 }
        params = ElastiCache::ParameterGroup { Description = "d", CacheParameterGroupFamily = "valkey8" }
        key = KMS::Key { KeyPolicy = { Statement = [] } }
        zone = Route53::HostedZone { Name = "mit.example" }
        policy = IAM::ManagedPolicy { ManagedPolicyName = "p", Path = "/ops/", PolicyDocument = { Statement = [] } }
        role = IAM::Role { RoleName = "r", AssumeRolePolicyDocument = { Statement = [] }, ManagedPolicyArns = ["$policy.PolicyArn"] }
        group = IAM::Group { GroupName = "g" }
        user = IAM::User { UserName = "u", Path = "/people/" }
        profile = IAM::InstanceProfile { Roles = ["r"] }
        ca = ACMPCA::CertificateAuthority { Type = "ROOT", KeyAlgorithm = "RSA_4096", SigningAlgorithm = "SHA512WITHRSA", Subject = {} }
        cert = ACMPCA::Certificate { CertificateAuthorityArn = "$ca", CertificateSigningRequest = "r", SigningAlgorithm = "SHA512WITHRSA", Validity = { Type = "YEARS", Value = 1 } }
        active = ACMPCA::CertificateAuthorityActivation { CertificateAuthorityArn = "$ca", Certificate = "c" }
        template = EC2::LaunchTemplate { LaunchTemplateData = {} }
        rule = EC2::SecurityGroupIngress { GroupId = "$sg", IpProtocol = "tcp", SourceSecurityGroupId = "$sg" }
        targets = ElasticLoadBalancingV2::TargetGroup { Name = "web", VpcId = "$vpc" }
        balancer = ElasticLoadBalancingV2::LoadBalancer { Name = "front", Subnets = ["$subnet"] }
        listener = ElasticLoadBalancingV2::Listener { LoadBalancerArn = "$balancer", Port = 443, DefaultActions = [{ Type = "forward", TargetGroupArn = "$targets" }] }
        scaling = AutoScaling::AutoScalingGroup { MinSize = "1", MaxSize = "2", VPCZoneIdentifier = ["$subnet"], LaunchTemplate = { LaunchTemplateId = "$template", Version = "1" } }
        topic = SNS::Topic { TopicName = "t" }
        subscription = SNS::Subscription { TopicArn = "$topic.TopicArn", Protocol = "https", Endpoint = "https://x" }
        bucket = S3::Bucket { BucketName = "a-bucket" }
        mail = SES::EmailIdentity { EmailIdentity = "mit.example" }
        query = consul_prepared_query { name = "q", service = "s" }
        "#,
    );
    let expected = [
        ("vpc", "vpc-0################"),
        ("vpc.CidrBlock", "10.0.0.0/16"),
        ("vpc.DefaultSecurityGroup", "sg-0################"),
        ("vpc.DefaultNetworkAcl", "acl-0################"),
        ("vpc.CidrBlockAssociations.0", "vpc-cidr-assoc-0################"),
        ("vpc.Ipv6CidrBlocks.0", "2600:1f18:*::/56"),
        ("vpc.InstanceTenancy", "default"),
        ("six.Ipv6CidrBlock", "2600:1f18:*::/56"),
        ("attachment", "IGW|vpc-0################"),
        ("subnet.SubnetId", "subnet-0################"),
        ("subnet.AvailabilityZone", "us-east-1#"),
        ("route", "rtb-0################|0.0.0.0/0"),
        ("eip.AllocationId", "eipalloc-0################"),
        ("eip.Domain", "vpc"),
        ("nat.NatGatewayId", "nat-0################"),
        ("nat.PrivateIpAddress", "10.0.0.*"),
        ("nat.VpcId", "vpc-0################"),
        ("sg.GroupName", "securitygroup-############"),
        ("db", "main"),
        ("db.Endpoint.Address", "main.c###########.us-east-1.rds.amazonaws.com"),
        ("db.Endpoint.Port", "3306"),
        ("db.DBInstanceArn", "arn:aws:rds:us-east-1:123456789012:db:main"),
        ("cache.PrimaryEndPoint.Address", "master.r.######.use1.cache.amazonaws.com"),
        ("cache.PrimaryEndPoint.Port", "6379"),
        ("cluster.ConfigurationEndPoint.Address", "c.######.use1.cache.amazonaws.com"),
        ("params", "parametergroup-############"),
        ("key.KeyId", "########-####-4###-a###-############"),
        ("key.Arn", "arn:aws:kms:us-east-1:123456789012:key/########-####-4###-a###-############"),
        ("zone.Id", "Z*"),
        ("zone.NameServers.3", "ns-*.co.uk"),
        ("policy.PolicyArn", "arn:aws:iam::123456789012:policy/ops/p"),
        ("role.Arn", "arn:aws:iam::123456789012:role/r"),
        ("role.RoleId", "AROA*"),
        ("group.Arn", "arn:aws:iam::123456789012:group/g"),
        ("user.Arn", "arn:aws:iam::123456789012:user/people/u"),
        ("profile.Arn", "arn:aws:iam::123456789012:instance-profile/instanceprofile-############"),
        ("ca.Arn", "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/*"),
        ("cert.Arn", "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/*"),
        ("active.CompleteCertificateChain", "c"),
        ("template", "lt-0################"),
        ("template.LatestVersionNumber", "1"),
        ("rule", "sgr-0################"),
        ("targets", "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/################"),
        ("balancer.LoadBalancerFullName", "app/front/################"),
        ("balancer.DNSName", "front-#########.us-east-1.elb.amazonaws.com"),
        ("listener", "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/front/*"),
        ("scaling.AutoScalingGroupARN", "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*"),
        ("topic", "arn:aws:sns:us-east-1:123456789012:t"),
        ("subscription.Arn", "arn:aws:sns:us-east-1:123456789012:t:########-####-4###-a###-############"),
        ("bucket.Arn", "arn:aws:s3:::a-bucket"),
        ("bucket.RegionalDomainName", "a-bucket.s3.us-east-1.amazonaws.com"),
        ("mail.DkimDNSTokenName2", "################################._domainkey.mit.example"),
        ("mail.DkimDNSTokenValue2", "################################.dkim.amazonses.com"),
        ("query.id", "########-####-4###-a###-############"),
    ];
    for (place, pattern) in expected {
        let text = script.get(place);
        assert!(fits(pattern, &text), "{place}: `{text}` is not {pattern}");
    }
}

#[test]
fn every_prediction_comes_true() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    let cases = [
        (
            "AWS::CloudWatch::Alarm",
            r#"{ AlarmName = "a", ComparisonOperator = "GreaterThanThreshold", EvaluationPeriods = 1 }"#,
        ),
        ("AWS::IAM::ManagedPolicy", r#"{ ManagedPolicyName = "a", PolicyDocument = { Statement = [] } }"#),
        ("AWS::IAM::Role", r#"{ RoleName = "a", AssumeRolePolicyDocument = { Statement = [] } }"#),
        ("AWS::S3::Bucket", r#"{ BucketName = "a-bucket" }"#),
        ("AWS::SNS::Topic", r#"{ TopicName = "a" }"#),
        ("AWS::RDS::DBParameterGroup", r#"{ DBParameterGroupName = "a", Description = "d", Family = "postgres16" }"#),
        ("vault_mount", r#"{ path = "a", type = "kv" }"#),
    ];
    for (index, (ty, text)) in cases.into_iter().enumerate() {
        let found = apply(&sandbox, create(ty, &format!("{index}"), text)).expect("made").expect("there");
        let schema = sandbox.served(ty).expect("served");
        for (attribute, template) in &schema.overlay.predict {
            let mut wanted = template.replace("{account}", "123456789012").replace("{region}", "us-east-1");
            for (name, value) in &found.observed {
                wanted = wanted.replace(&format!("{{{name}}}"), value.as_str().unwrap_or_default());
            }
            let got = found.observed.get(attribute).and_then(Value::as_str);
            assert_eq!(got, Some(wanted.as_str()), "{ty}.{attribute}");
        }
    }
}

#[test]
fn what_an_update_sets_anew_is_another_and_all_else_stays() {
    let mut script = Script::tell(
        r#"
        template = EC2::LaunchTemplate { LaunchTemplateName = "t", LaunchTemplateData = { ImageId = "ami-1" } }
        db = RDS::DBInstance { DBInstanceIdentifier = "d", Engine = "postgres", DBInstanceClass = "c", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "password" }
        cache = ElastiCache::ReplicationGroup { ReplicationGroupId = "c", ReplicationGroupDescription = "d", NumCacheClusters = 2 }
        policy = IAM::ManagedPolicy { ManagedPolicyName = "p", PolicyDocument = { Statement = [] } }
        group = IAM::Group { GroupName = "g", Path = "/a/" }
        project = cloudresourcemanager.googleapis.com/Project { projectId = "a-project", displayName = "a", parent = "folders/1" }
        bucket = storage.googleapis.com/Bucket { name = "b", project = "$project.projectId", location = "us" }
        "#,
    );
    let watched =
        ["template.LatestVersionNumber", "db.Endpoint.Port", "policy.DefaultVersionId", "group.Arn", "bucket.etag"];
    let look = |script: &Script| watched.map(|place| script.get(place));
    let [version, port, document, arn, etag] = look(&script);
    assert_eq!([&*version, &*port, &*document], ["1", "5432", "v1"]);
    let address = script.get("cache.PrimaryEndPoint.Address");
    script.go_on(
        r#"
        update $template { LaunchTemplateName = "t", LaunchTemplateData = { ImageId = "ami-2" } }
        update $db { DBInstanceIdentifier = "d", Engine = "postgres", DBInstanceClass = "c", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "password", Port = "5433" }
        update $cache { ReplicationGroupId = "c", ReplicationGroupDescription = "e", NumCacheClusters = 2 }
        update $policy { ManagedPolicyName = "p", PolicyDocument = { Statement = [{ Effect = "Deny" }] } }
        update $group { GroupName = "g", Path = "/b/" }
        update $bucket { name = "b", project = "$project.projectId", location = "us", storageClass = "NEARLINE" }
        "#,
    );
    let now = look(&script);
    assert_eq!([&*now[0], &*now[1], &*now[2]], ["2", "5433", "v2"]);
    assert!(arn.ends_with(":group/a/g") && now[3].ends_with(":group/b/g"), "{arn} {}", now[3]);
    assert!(now[4] != etag && !now[4].starts_with("None"), "{etag} {}", now[4]);
    assert_eq!(script.get("cache.PrimaryEndPoint.Address"), address, "nothing of it has changed");
    script.go_on(r#"update $template { LaunchTemplateName = "t", LaunchTemplateData = { ImageId = "ami-2" } }"#);
    assert_eq!(script.get("template.LatestVersionNumber"), "2");
}

/// Where a function is called stands among how it runs.
#[test]
fn what_the_vendor_sets_among_what_is_given_is_there_before_and_after_an_update() {
    let mut script = Script::tell(
        r#"
        function = cloudfunctions.googleapis.com/Function { parent = "projects/p/locations/l", functionId = "f", buildConfig = { runtime = "python311" }, serviceConfig = { availableMemory = "1G" } }
        channel = monitoring.googleapis.com/NotificationChannel { parent = "projects/p", type = "slack" }
        "#,
    );
    assert_eq!(script.get("function.url"), "https://l-p.cloudfunctions.net/f");
    assert!(fits("projects/p/notificationChannels/##########*", &script.get("channel.name")));
    let address = script.get("function.serviceConfig.uri");
    assert!(fits("https://f-##########-ts.a.run.app", &address), "{address}");
    script.go_on(
        r#"
        update $function { parent = "projects/p/locations/l", functionId = "f", buildConfig = { runtime = "python312" }, serviceConfig = { availableMemory = "2G" } }
        "#,
    );
    assert_eq!(
        [script.get("function.serviceConfig.uri"), script.get("function.serviceConfig.availableMemory")],
        [address.as_str(), "2G"]
    );
}

#[test]
fn blocks_of_two_vpcs_differ_and_go_with_their_association() {
    let mut script = Script::tell(
        r#"
        a = EC2::VPC { CidrBlock = "10.0.0.0/16" }
        b = EC2::VPC { CidrBlock = "10.0.0.0/16" }
        six = EC2::VPCCidrBlock { VpcId = "$a", AmazonProvidedIpv6CidrBlock = true }
        other = EC2::VPCCidrBlock { VpcId = "$b", AmazonProvidedIpv6CidrBlock = true }
        "#,
    );
    assert_eq!(script.get("a.Ipv6CidrBlocks.0"), script.get("six.Ipv6CidrBlock"));
    assert_ne!(script.get("six.Ipv6CidrBlock"), script.get("other.Ipv6CidrBlock"));
    script.go_on("delete $six");
    assert_eq!(script.get("a.Ipv6CidrBlocks"), "Some([])");
}

#[test]
fn secrets_are_in_no_file_and_no_answer() {
    const CANARY: &str = "canary-8f2c";
    let dir = tempfile::TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    let fingerprint = Digest::of("test", b"x");
    let mut inputs = properties(r#"{ path = "m/s", data_json = "" }"#);
    inputs.insert("data_json".into(), Secret::open(fingerprint, Value::from(CANARY)).into());
    apply(&sandbox, create("vault_mount", "m", r#"{ path = "m", type = "kv" }"#)).expect("made");
    let made = apply(&sandbox, step("vault_generic_secret", "s", StepAction::Create { inputs }))
        .expect("made")
        .expect("there");
    // What came in as a secret can be compared, by its fingerprint; it is not open.
    assert_eq!(made.observed.get("data_json"), Some(&Value::Secret(Secret::sealed(fingerprint))));

    let text = format!(
        r#"{{ DBInstanceIdentifier = "d", Engine = "mysql", DBInstanceClass = "c", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "{CANARY}" }}"#
    );
    let made = apply(&sandbox, create("AWS::RDS::DBInstance", "d", &text)).expect("made").expect("there");
    assert_eq!(made.observed.get("MasterUserPassword"), None);
    // A plain secret that changes is a change all the same, and a refusal does not quote it.
    let open_name = format!(r#"{{ BucketName = "{CANARY}" }}"#);
    let mut inputs = properties(&open_name);
    inputs.insert("BucketName".into(), Secret::open(fingerprint, Value::from(CANARY)).into());
    let _ = apply(&sandbox, step("AWS::S3::Bucket", "b", StepAction::Create { inputs }));

    // A secret within the identity is found again by its fingerprint, whatever is at hand of it.
    let topic =
        apply(&sandbox, create("AWS::SNS::Topic", "t", r#"{ TopicName = "t" }"#)).expect("made").expect("there");
    let subscription = |endpoint: Secret| {
        let mut inputs = properties(&format!(r#"{{ TopicArn = "{}", Protocol = "https" }}"#, topic.id));
        inputs.insert("Endpoint".into(), endpoint.into());
        inputs
    };
    let inputs = subscription(Secret::open(fingerprint, Value::from(format!("https://x/{CANARY}"))));
    apply(&sandbox, step("AWS::SNS::Subscription", "s", StepAction::Create { inputs })).expect("made");
    let recorded = subscription(Secret::encrypted(fingerprint, "age:x".into()));
    assert!(read(&sandbox, "AWS::SNS::Subscription", Find::Identity(recorded)).is_some());

    for entry in std::fs::read_dir(sandbox.dir()).expect("is there") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("reads");
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY));
    }
}

#[test]
fn objects_are_found_by_id_identity_and_owner_within_their_place() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let mut options = quick();
    let west = Place { region: "us-west-2".into(), ..Place::default() };
    options.instances.insert("west".into(), west);
    let sandbox = open(&dir, options);
    let text = r#"{ TopicName = "t" }"#;
    let east = apply(&sandbox, create("AWS::SNS::Topic", "east", text)).expect("made").expect("there");
    let mut step = create("AWS::SNS::Topic", "west", text);
    step.instance = Some("west".into());
    let west = apply(&sandbox, step).expect("another region has room for the name").expect("there");
    assert_eq!(west.id, "arn:aws:sns:us-west-2:123456789012:t");

    let find = |find| read(&sandbox, "AWS::SNS::Topic", find).map(|found| found.id);
    assert_eq!(find(Find::Id(east.id.clone())), Some(east.id.clone()));
    assert_eq!(find(Find::Id(west.id)), None, "not here");
    assert_eq!(find(Find::Identity(properties(text))), Some(east.id.clone()));
    assert_eq!(find(Find::Identity(properties(r#"{ TopicName = "u" }"#))), None);
    assert_eq!(find(Find::Owner(super::owner("east"))), Some(east.id.clone()));
    assert_eq!(read(&sandbox, "AWS::S3::Bucket", Find::Owner(super::owner("east"))), None, "another type");
    let nothing = run(ports::Provider::read(&sandbox, &[])).expect("reads");
    assert!(nothing.is_empty());
}

#[test]
fn what_the_vendor_sets_is_no_part_of_the_identity_that_an_object_is_found_by() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    let vpc = apply(&sandbox, create("AWS::EC2::VPC", "vpc", r#"{ CidrBlock = "10.0.0.0/16" }"#))
        .expect("made")
        .expect("there");
    let text = format!(r#"{{ VpcId = "{}", AmazonProvidedIpv6CidrBlock = true }}"#, vpc.id);
    let made = apply(&sandbox, create("AWS::EC2::VPCCidrBlock", "block", &text)).expect("made").expect("there");
    assert!(made.observed.contains_key("Ipv6CidrBlock"), "the vendor has chosen a block");
    let found = read(&sandbox, "AWS::EC2::VPCCidrBlock", Find::Identity(properties(&text)));
    assert_eq!(found.map(|found| found.id), Some(made.id));
}

#[test]
fn servers_are_worlds_of_their_own() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    for instance in [None, Some("vault.qa"), Some("vault.production")] {
        let name = format!("{instance:?}");
        let mut step = create("vault_mount", &name, r#"{ path = "secret-mitx", type = "kv" }"#);
        step.instance = instance.map(str::to_owned);
        apply(&sandbox, step).expect("each server has its own paths");
    }
    assert_eq!(sandbox.list().expect("lists").len(), 3);
}

#[test]
fn updates_keep_what_the_vendor_has_set_and_refuse_the_rest() {
    let mut script = Script::tell(
        r#"
        bucket = S3::Bucket { BucketName = "a-bucket" }
        topic = SNS::Topic { TopicName = "t" }
        sg = EC2::SecurityGroup { GroupDescription = "d", GroupName = "g" }
        "#,
    );
    let arn = script.get("topic.TopicArn");
    script.go_on(
        r#"
        update $topic { TopicName = "t", DisplayName = "shown" }
        update $topic { TopicName = "u" } ! NotUpdatable
        update $topic {} ! NotUpdatable
        update $topic { TopicName = "t", DisplayNam = "shown" } ! ValidationException
        update $sg { GroupDescription = "other", GroupName = "g" } ! NotUpdatable
        "#,
    );
    assert_eq!(script.get("topic.TopicArn"), arn);
    assert_eq!(script.get("topic.DisplayName"), "shown");
}

#[test]
fn what_is_said_to_exist_can_be_referred_to() {
    let mut options = Options { exists: ["sg-0f".to_owned()].into(), ..quick() };
    options.knobs.exists.push("vpc-0e*".into());
    let mut script = Script::new(options);
    let rule = |id: &str| format!(r#"[{{ IpProtocol = "-1", SourceSecurityGroupId = "{id}" }}]"#);
    let group = |name: &str, id: &str| {
        let rules = rule(id);
        format!(
            r#"create EC2::SecurityGroup {{ GroupDescription = "d", GroupName = "{name}", VpcId = "vpc-0e1", SecurityGroupIngress = {rules} }}"#
        )
    };
    script.go_on(&group("a", "sg-0f"));
    script.go_on(&format!("{} ! InvalidGroup.NotFound", group("b", "sg-0e")));
    assert_eq!(script.sandbox.check().expect("checks"), Vec::<String>::new());
    let none: Map = Map::new();
    assert!(none.is_empty());
}

#[test]
fn what_has_no_identity_can_be_found_by_what_people_know_it_by_if_it_is_the_only_one() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    let vpc = |name: &str, block: &str| {
        let made = apply(&sandbox, create("AWS::EC2::VPC", name, &format!(r#"{{ CidrBlock = "{block}" }}"#)));
        made.expect("made").expect("there").id
    };
    let (one, first, second) = (vpc("a", "10.1.0.0/16"), vpc("b", "10.2.0.0/16"), vpc("c", "10.2.0.0/16"));
    let request = |block: &str| ports::ReadRequest {
        ty: "AWS::EC2::VPC".to_owned(),
        find: Find::Identity(properties(&format!(r#"{{ CidrBlock = "{block}" }}"#))),
        instance: None,
    };
    let look = |block: &str| {
        super::run(sandbox.read(&[request(block)])).map(|found| found[0].as_ref().map(|it| it.id.clone()))
    };
    assert_eq!(look("10.1.0.0/16"), Ok(Some(one)));
    assert_eq!(look("10.3.0.0/16"), Ok(None));
    let several = look("10.2.0.0/16").expect_err("there are two");
    assert_eq!(several.code, "Ambiguous");
    assert!(several.message.contains(&first) && several.message.contains(&second), "{several}");
}
