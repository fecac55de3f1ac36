//! What somebody does by hand is done by the vendor's rules, and stands in the log as nobody's.

use ports::Find;
use tempfile::TempDir;

use super::{Script, apply, create, open, quick, read};
use crate::{HandError, Meant};

const STORY: &str = r#"
    vpc = EC2::VPC { CidrBlock = "10.0.0.0/16", EnableDnsSupport = true, Tags = [{ Key = "Name", Value = "main" }] }
    subnet = EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.1.0/24" }
"#;

fn meant(id: &str) -> Meant {
    Meant { id: id.to_owned(), ..Meant::default() }
}

/// What came of it: nothing, or the vendor's code.
fn code(result: Result<(), HandError>) -> String {
    match result {
        Ok(()) => String::new(),
        Err(HandError::Refused(error)) => error.code,
        Err(other) => format!("{other:?}"),
    }
}

#[test]
fn a_change_by_hand_is_the_vendors_to_judge() {
    let script = Script::tell(STORY);
    let (vpc, subnet) = (script.get("vpc"), script.get("subnet"));
    let cases = [
        (&vpc, "EnableDnsSupport", "false", ""),
        (&vpc, "Tags[0].Value", "other", ""),
        (&vpc, "Tags[7].Value", "other", "ValidationException"),
        (&vpc, "EnableDnsHostnames", "perhaps", "ValidationException"),
        (&vpc, "VpcId", "vpc-1", "ValidationException"),
        (&vpc, "NoSuch", "1", "ValidationException"),
        (&vpc, "CidrBlock", "10.9.0.0/16", "NotUpdatable"),
        (&subnet, "MapPublicIpOnLaunch", "true", ""),
        (&subnet, "MapPublicIpOnLaunch", "null", ""),
        (&subnet, "MapPublicIpOnLaunch", "null", "ValidationException"),
    ];
    for (id, property, text, expected) in cases {
        let property = property.parse().expect("a path");
        assert_eq!(code(script.sandbox.set_by_hand(&meant(id), &property, text)), expected, "{property} = {text}");
    }
    let found = read(&script.sandbox, "AWS::EC2::VPC", Find::Id(vpc.clone())).expect("is there");
    assert_eq!(found.observed.get("EnableDnsSupport"), Some(&false.into()));
    let tag = found.observed["Tags"].as_list().and_then(|tags| tags[0].get("Value"));
    assert_eq!(tag, Some(&"other".into()));
    assert!(found.owner.is_some_and(|owner| owner.organisation == "org"), "it is whose it was");

    assert_eq!(code(script.sandbox.delete_by_hand(&meant(&vpc))), "DependencyViolation");
    assert_eq!(code(script.sandbox.delete_by_hand(&meant(&subnet))), "");
    assert_eq!(code(script.sandbox.delete_by_hand(&meant(&subnet))), "NotOne([])");
    assert_eq!(script.sandbox.check().expect("checks"), Vec::<String>::new());

    let log = script.sandbox.log().expect("reads").skip(2).map(|record| {
        assert_eq!((record.urn.as_str(), record.stack.as_str(), record.token.as_str()), ("", "", ""));
        format!("{} {} {}", record.call, record.action, record.outcome)
    });
    let log: Vec<String> = log.collect();
    assert_eq!(
        (log.first(), log.last()),
        (Some(&"3 update ok".to_owned()), Some(&"14 delete ok".to_owned())),
        "{log:?}"
    );
}

#[test]
fn an_id_that_several_have_needs_its_type() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    assert_eq!(code(sandbox.delete_by_hand(&meant("x"))), "NotOne([])");
    assert!(!sandbox.dir().exists(), "a mistake makes no directory");
    apply(&sandbox, create("AWS::S3::Bucket", "a", r#"{ BucketName = "same" }"#)).expect("made");
    let roles = r#"{ RoleName = "same", AssumeRolePolicyDocument = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] } }"#;
    apply(&sandbox, create("AWS::IAM::Role", "c", roles)).expect("made");
    let both = [("AWS::IAM::Role", "123456789012"), ("AWS::S3::Bucket", "aws")];
    let Err(HandError::NotOne(found)) = sandbox.delete_by_hand(&meant("same")) else { panic!("two are meant") };
    assert_eq!(found, both.map(|(ty, scope)| (ty.to_owned(), scope.to_owned())));
    let bucket = Meant { ty: Some("AWS::S3::Bucket".to_owned()), ..meant("same") };
    let elsewhere = Meant { scope: Some("other".to_owned()), ..bucket.clone() };
    assert_eq!(code(sandbox.delete_by_hand(&elsewhere)), "NotOne([])");
    assert_eq!(code(sandbox.delete_by_hand(&bucket)), "");
    assert_eq!(sandbox.list().expect("lists").len(), 1);
}
