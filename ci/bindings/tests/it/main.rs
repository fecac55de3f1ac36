//! What projects write against the generated API, and what comes of it.

mod suggested;

use plan::resource::{Dependency, Urn};
use plan::value::{Type, Value};
use plan::{Arg, AsDependency, Declare, Output, ResourceRef, ResourceType, object};
use types_aws_ec2 as ec2;
use types_aws_rds as rds;
use types_common::{Tag, tags};
use types_vault as vault;

/// The properties of a builder, all of which are known.
fn properties(mut builder: impl ResourceType) -> Value {
    let known = |(name, expr): (&String, &plan::expr::Expr)| Some((name.clone(), expr.to_value()?));
    Value::map(builder.declaration().properties.iter().filter_map(known))
}

fn handle<R: ResourceType>(ty: &str) -> R::Handle {
    R::handle(ResourceRef::new(Urn::new("p", ty, "it")))
}

#[test]
fn setters_write_the_vendors_names() {
    let web = ec2::SecurityGroup::new("web")
        .group_description("Web servers")
        .tags(tags([("OU", "data")]))
        .security_group_ingress([ec2::security_group::Ingress::new()
            .ip_protocol("tcp")
            .from_port(80)
            .to_port(443)
            .cidr_ip("10.0.0.0/8")]);
    let rule = Value::map([
        ("IpProtocol", Value::from("tcp")),
        ("FromPort", Value::Int(80)),
        ("ToPort", Value::Int(443)),
        ("CidrIp", Value::from("10.0.0.0/8")),
    ]);
    assert_eq!(
        properties(web.protect()),
        Value::map([
            ("GroupDescription", Value::from("Web servers")),
            ("SecurityGroupIngress", Value::List(vec![rule])),
            ("Tags", Value::List(vec![Value::map([("Key", "OU"), ("Value", "data")])])),
        ])
    );
}

#[test]
fn setters_take_outputs_documents_and_nested_shapes() {
    let vpc = handle::<ec2::Vpc>(ec2::Vpc::TYPE);
    let mut subnet = ec2::Subnet::new("a").vpc_id(vpc.vpc_id()).cidr_block(vpc.cidr_block().cidr_subnet(24, 1));
    assert_eq!(subnet.declaration().properties.get("VpcId"), Some(vpc.id().expr()));

    let connection = vault::DatabaseSecretBackendConnection::new("db")
        .allowed_roles(vec!["admin".to_owned()])
        .mysql_rds(vault::database_secret_backend_connection::MysqlRds::new().username("root"));
    let shown = properties(connection);
    assert_eq!(shown.get("mysql_rds"), Some(&Value::map([("username", "root")])));

    let endpoint = ec2::VpcEndpoint::new("s3").policy_document(object!({ "Version": "2012-10-17" }));
    assert_eq!(properties(endpoint).get("PolicyDocument"), Some(&Value::map([("Version", "2012-10-17")])));
    assert!(properties(vault::Mount::new("kv").type_("kv")).get("type").is_some());
}

#[test]
fn handles_read_attributes_with_their_types() {
    let db = handle::<rds::DbInstance>(rds::DbInstance::TYPE);
    let shown = |output: &Output<String>| format!("{:?}", output.expr());
    assert!(shown(&db.endpoint_address()).contains("Endpoint"), "{}", shown(&db.endpoint_address()));
    assert_eq!(db.id().expr(), db.db_instance_identifier().expr());
    assert_eq!(db.as_dependency(), Dependency::Resource(db.reference().urn().clone()));
    let plan::expr::Expr::Attribute { ty, .. } = db.vpc_security_groups().expr().clone() else {
        panic!("an attribute")
    };
    assert_eq!(ty, Type::List(Box::new(Type::String)));
}

#[test]
fn tags_may_hold_outputs() {
    let vpc = handle::<ec2::Vpc>(ec2::Vpc::TYPE);
    let tag = Arg::<Tag>::into_expr(Tag::new("vpc", vpc.id()));
    let plan::expr::Expr::Map(entries) = tag else { panic!("a map") };
    assert_eq!(entries.get("Value"), Some(vpc.id().expr()));
}
