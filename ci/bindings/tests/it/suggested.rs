//! What is suggested to be pasted compiles, and declares what it was made of.
//!
//! The files in `suggested/` are what is suggested for the objects below; `SUGGEST=1` writes them anew.

use std::path::Path;

use plan::resource::{Options, StackName};
use plan::value::{Map, Value};
use plan::{Declare, Draft, Project};
use schema::TypeSchema;
use testkit::Given;

/// A type of the sandbox's schemas.
fn schema(ty: &str) -> TypeSchema {
    let sources = schemas_aws::sources().into_iter().chain(schemas_hashicorp::sources());
    let catalog = schema::Catalog::new(sources);
    catalog.get(ty).expect("reads").expect("is there").clone()
}

/// The suggestion for an object is the text of a file, and what that declares is the object.
#[track_caller]
fn check(ty: &str, name: &str, properties: &str, options: &Options, file: &str, declare: fn(Draft) -> Draft) {
    let properties: Map = serde_json::from_str(properties).expect("a map");
    let suggested = suggest::suggestion(&schema(ty), "it", &properties, options);
    let indented = |text: &str| text.replace('\n', "\n    ");
    let uses = suggested.uses.join("\n");
    let text = format!("{{\n    {}\n\n    {}\n}}\n", indented(&uses), indented(&suggested.statement));
    if std::env::var_os("SUGGEST").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/suggested/{name}.rs"));
        std::fs::write(path, &text).expect("is written");
    }
    assert_eq!(text, file, "{name}; `SUGGEST=1` writes it anew");
    let project = Project::new("p", move |stack: &plan::Stack, (): ()| declare(stack.plan()).finish(()));
    let planned = Given::stack(project, "QA").config("").evaluate();
    assert_eq!(planned.plan().stack, StackName::new("p", "QA"));
    let resource = planned.resource(ty, "it");
    assert_eq!(resource.properties(), &Value::Map(properties), "{name}");
    assert_eq!(resource.options(), options, "{name}");
}

fn plain() -> Options {
    Options::default()
}

#[test]
fn network() {
    let properties = r#"{"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true, "Tags": [{"Key": "Name", "Value": "main"}, {"Key": "OU", "Value": "data"}]}"#;
    let file = include_str!("suggested/network.rs");
    check(
        "AWS::EC2::VPC",
        "network",
        properties,
        &Options { protect: true, provider: Some("west".to_owned()), ..plain() },
        file,
        |mut plan| {
            include!("suggested/network.rs");
            plan
        },
    );
}

#[test]
fn rules() {
    let properties = r#"{"GroupDescription": "It says \"no\"", "VpcId": "vpc-1", "Tags": [],
        "SecurityGroupEgress": [],
        "SecurityGroupIngress": [
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "10.0.0.0/16", "Description": "from\ninside"},
            {"IpProtocol": "-1", "CidrIpv6": "::/0"}]}"#;
    let file = include_str!("suggested/rules.rs");
    check("AWS::EC2::SecurityGroup", "rules", properties, &plain(), file, |mut plan| {
        include!("suggested/rules.rs");
        plan
    });
}

#[test]
fn document() {
    let properties = r#"{"Description": "A key", "EnableKeyRotation": true,
        "KeyPolicy": {"Version": "2012-10-17", "Statement": [
            {"Sid": "all", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "kms:*", "Resource": "*", "Extra": null, "None": {}, "Big": 5000000000}]}}"#;
    let file = include_str!("suggested/document.rs");
    check("AWS::KMS::Key", "document", properties, &plain(), file, |mut plan| {
        include!("suggested/document.rs");
        plan
    });
}

#[test]
fn maps() {
    let properties = r#"{"Description": "parameters", "Family": "postgres16", "Parameters": {"rds.force_ssl": "1", "work_mem": "64"}}"#;
    let file = include_str!("suggested/maps.rs");
    check("AWS::RDS::DBParameterGroup", "maps", properties, &plain(), file, |mut plan| {
        include!("suggested/maps.rs");
        plan
    });
}

#[test]
fn mount() {
    let properties = r#"{"path": "secret", "type": "kv-v2", "options": {"version": "2"}, "default_lease_ttl_seconds": 864000, "max_lease_ttl_seconds": 31536000000}"#;
    let file = include_str!("suggested/mount.rs");
    check("vault_mount", "mount", properties, &plain(), file, |mut plan| {
        include!("suggested/mount.rs");
        plan
    });
}
