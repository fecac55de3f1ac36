#[track_caller]
fn check(policy: &str, settings: &str, resources: &str, expected: &[&str]) {
    assert_eq!(testkit::judge(&super::policies(), policy, settings, resources), expected, "{resources}");
}

const TAGS: &str = r#"keys = ["OU", "Environment"]
values = { OU = ["data", "operations"] }
except = ["AWS::KMS::*"]
"#;

#[test]
fn required_tags_are_there_and_have_listed_values() {
    let resources = r#"
        ["AWS::EC2::VPC good"]
        properties.Tags = [{ Key = "OU", Value = "data" }, { Key = "Environment", Value = "data-qa" }]
        ["AWS::EC2::VPC bare"]
        ["AWS::EC2::VPC half"]
        properties.Tags = [{ Key = "OU", Value = "nobody" }]
        ["AWS::KMS::Key excepted"]
        ["AWS::EC2::VPCGatewayAttachment untaggable"]
        ["AWS::EC2::VPC goes"]
        action = "delete"
    "#;
    let expected = [
        "bare: it lacks the tags `OU`, `Environment`",
        "half: it lacks the tag `Environment`",
        "half: its tag `OU` is `nobody`",
    ];
    check("required-tags", TAGS, resources, &expected);
}

#[test]
fn what_is_not_known_yet_is_undecided() {
    let resources = r#"
        ["AWS::EC2::VPC all"]
        properties.Tags = "?up.QA:tags"
        ["AWS::EC2::VPC value"]
        properties.Tags = [{ Key = "OU", Value = "?up.QA:unit" }, { Key = "Environment", Value = "data-qa" }]
    "#;
    check("required-tags", TAGS, resources, &["all? up.QA:tags", "value? up.QA:unit"]);
    let group = r#"
        ["AWS::EC2::SecurityGroup web"]
        properties.SecurityGroupIngress = [{ IpProtocol = "tcp", FromPort = 22, ToPort = 22, CidrIp = "?net.QA:cidr" }]
        ["AWS::EC2::SecurityGroup listed"]
        properties.SecurityGroupIngress = [{ IpProtocol = "tcp", FromPort = 443, ToPort = 443, CidrIp = "?net.QA:cidr" }]
    "#;
    check("no-public-ingress", "ports = [443]", group, &["web? net.QA:cidr"]);
}

#[test]
fn default_tags_are_added_where_they_lack() {
    let settings = r#"tags = { OU = "operations" }"#;
    let resources = r#"
        ["AWS::EC2::VPC has"]
        properties.Tags = [{ Key = "OU", Value = "data" }]
        ["AWS::EC2::VPC bare"]
        ["AWS::EC2::VPC other"]
        properties.Tags = [{ Key = "Name", Value = "x" }]
        ["AWS::EC2::VPC unknown"]
        properties.Tags = "?up.QA:tags"
    "#;
    let expected = [
        r#"bare: Tags = [{"Key":"OU","Value":"operations"}]"#,
        r#"other: Tags = [{"Key":"Name","Value":"x"},{"Key":"OU","Value":"operations"}]"#,
        "unknown? up.QA:tags",
    ];
    check("default-tags", settings, resources, &expected);
}

#[test]
fn nobody_is_let_in_from_everywhere_but_to_listed_ports() {
    let rule =
        |rest: &str| format!("[\"AWS::EC2::SecurityGroup web\"]\nproperties.SecurityGroupIngress = [{{ {rest} }}]\n");
    for (text, finding) in [
        (r#"IpProtocol = "tcp", FromPort = 443, ToPort = 443, CidrIp = "0.0.0.0/0""#, None),
        (r#"IpProtocol = "tcp", FromPort = 22, ToPort = 22, CidrIp = "10.0.0.0/8""#, None),
        (r#"IpProtocol = "icmp", FromPort = -1, ToPort = -1, CidrIp = "0.0.0.0/0""#, None),
        (r#"IpProtocol = "tcp", FromPort = 22, ToPort = 22, CidrIp = "0.0.0.0/0""#, Some("`0.0.0.0/0` to port 22")),
        (r#"IpProtocol = "tcp", FromPort = 80, ToPort = 443, CidrIpv6 = "::/0""#, Some("`::/0` to ports 80 to 443")),
        (r#"IpProtocol = "-1", CidrIp = "0.0.0.0/0""#, Some("`0.0.0.0/0` to all ports")),
    ] {
        let expected: Vec<String> = finding.iter().map(|what| format!("web: it lets everybody in: {what}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check("no-public-ingress", "ports = [80, 443]", &rule(text), &expected);
    }
    let own = r#"
        ["AWS::EC2::SecurityGroupIngress ssh"]
        properties = { GroupId = "sg-1", IpProtocol = "tcp", FromPort = 22, ToPort = 22, CidrIp = "0.0.0.0/0" }
    "#;
    check("no-public-ingress", "", own, &["ssh: it lets everybody in: `0.0.0.0/0` to port 22"]);
}

#[test]
fn iam_documents_are_whole_and_narrow() {
    let check = |ty: &str, property: &str, document: &str, expected: &[&str]| {
        let resources = format!("[\"{ty} it\"]\nproperties.{property} = {document}\n");
        let expected: Vec<String> = expected.iter().map(|what| format!("it: its `{property}` {what}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check("iam-lint", "", &resources, &expected);
    };
    let policy =
        |document: &str, expected: &[&str]| check("AWS::IAM::ManagedPolicy", "PolicyDocument", document, expected);
    let statement = |rest: &str, expected: &[&str]| policy(&format!("{{ Statement = [{{ {rest} }}] }}"), expected);
    statement(r#"Effect = "Allow", Action = ["s3:GetObject"], Resource = "*""#, &[]);
    statement(r#"Effect = "Deny", NotAction = "s3:*", Resource = "*""#, &[]);
    statement(r#"Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::mine/*""#, &[]);
    statement(r#"Effect = "Allow", Action = "*", Resource = "*""#, &["allows every action"]);
    statement(r#"Effect = "Allow", Action = "s3:*", Resource = ["*"]"#, &["allows `s3:*` on every resource"]);
    statement(
        r#"Effect = "Allow", NotAction = "iam:*", NotResource = "x""#,
        &["allows by `NotAction`, all that is not named", "allows by `NotResource`, all that is not named"],
    );
    statement(
        r#"Effect = "Maybe", Action = "s3:GetObject""#,
        &["has a statement whose effect is neither `Allow` nor `Deny`"],
    );
    statement(r#"Effect = "Deny""#, &["has a statement without one of `Action` and `NotAction`"]);
    policy("{ Statement = [] }", &["has no statement"]);
    policy(r#"'{"Statement": [{"Effect": "Allow", "Action": "*"}]}'"#, &["allows every action"]);
    policy("'{\"Statement\"'", &["is no JSON: EOF while parsing an object at line 1 column 12"]);
    let everybody = r#"{ Statement = [{ Effect = "Allow", Action = "s3:GetObject", Principal = { AWS = "*" } }] }"#;
    let narrowed = everybody.replace("Principal", "Condition = { Bool = {} }, Principal");
    let open = "lets everybody in without a condition";
    check("AWS::S3::BucketPolicy", "PolicyDocument", everybody, &[open]);
    check("AWS::S3::BucketPolicy", "PolicyDocument", &narrowed, &[]);
    check("AWS::IAM::Role", "AssumeRolePolicyDocument", everybody, &[open]);
}

#[test]
fn an_unknown_document_is_undecided() {
    let resources = r#"
        ["AWS::IAM::ManagedPolicy whole"]
        properties.PolicyDocument = "?up.QA:document"
        ["AWS::IAM::ManagedPolicy resource"]
        properties.PolicyDocument = { Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "?up.QA:arn" }] }
        ["AWS::IAM::ManagedPolicy narrow"]
        properties.PolicyDocument = { Statement = [{ Effect = "Allow", Action = "s3:Get", Resource = "?up.QA:arn" }] }
    "#;
    check("iam-lint", "", resources, &["resource? up.QA:arn", "whole? up.QA:document"]);
}
