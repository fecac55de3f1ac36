//! What the stack of the root certificate authority plans.

use infrastructure_aws_private_ca::project;
use plan::value::Value;
use testkit::{Given, evaluate};

const AUTHORITY: &str = "mitol-root-certificate-authority";
const ARN: &str = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/1";

#[test]
fn a_root_signs_its_own_certificate_and_is_turned_on_with_it() {
    let authority = "AWS::ACMPCA::CertificateAuthority";
    let ca = Given::stack(project(), "default")
        .attribute(authority, AUTHORITY, "Arn", ARN)
        .attribute(authority, AUTHORITY, "CertificateSigningRequest", "request")
        .attribute("AWS::ACMPCA::Certificate", &format!("{AUTHORITY}-signed-certificate"), "Certificate", "certificate")
        .evaluate();
    assert_eq!(ca.count(), 3);
    let root = ca.resource(authority, AUTHORITY);
    let subject = [
        ("CommonName", "ca.odl.mit.edu"),
        ("Country", "US"),
        ("Locality", "Cambridge"),
        ("Organization", "Massachusetts Institute of Technology"),
        ("OrganizationalUnit", "Open Learning"),
        ("State", "Massachusetts"),
    ];
    let tags = [("Environment", "global"), ("OU", "operations"), ("pulumi_managed", "true")];
    let tags: Vec<Value> = tags.iter().map(|(key, value)| Value::map([("Key", *key), ("Value", *value)])).collect();
    let wanted = Value::map([
        ("Type", Value::from("ROOT")),
        ("KeyAlgorithm", "RSA_4096".into()),
        ("SigningAlgorithm", "SHA512WITHRSA".into()),
        ("Subject", Value::map(subject)),
        ("Tags", tags.into()),
    ]);
    assert_eq!(root.properties(), &wanted);
    assert!(root.options().protect);

    let signed = ca.resource("AWS::ACMPCA::Certificate", &format!("{AUTHORITY}-signed-certificate"));
    let wanted = Value::map([
        ("CertificateAuthorityArn", Value::from(ARN)),
        ("CertificateSigningRequest", "request".into()),
        ("SigningAlgorithm", "SHA512WITHRSA".into()),
        ("TemplateArn", "arn:aws:acm-pca:::template/RootCACertificate/V1".into()),
        ("Validity", Value::map([("Type", Value::from("YEARS")), ("Value", Value::Float(10.0))])),
    ]);
    assert_eq!(signed.properties(), &wanted);

    let active = format!("{AUTHORITY}-certificate-assignment");
    let active = ca.resource("AWS::ACMPCA::CertificateAuthorityActivation", &active);
    let wanted = [("CertificateAuthorityArn", ARN), ("Certificate", "certificate"), ("Status", "ACTIVE")];
    assert_eq!(active.properties(), &Value::map(wanted));
}

#[test]
fn its_certificate_is_exported_once_it_can_sign() {
    let ca = evaluate(project(), "default");
    assert_eq!(ca.outputs(), ["root_ca.arn", "root_ca.certificate"]);
    assert!(ca.output("root_ca.certificate").has_unknown());
    assert_eq!(ca.reads(), Vec::<String>::new());
}

#[test]
fn everything_fits_the_schemas() {
    assert_eq!(evaluate(project(), "default").misfits(), Vec::<String>::new());
}
