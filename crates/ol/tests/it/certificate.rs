use ol::{BusinessUnit, Certificate, Tags};
use plan::prelude::*;
use plan::value::Value;
use testkit::{Given, Planned};

fn planned(certificate: fn(Certificate) -> Certificate) -> Planned {
    let plan = move |stack: &Stack, (): ()| -> Result<Plan<()>> {
        let mut plan = stack.plan();
        let tags = Tags::new(BusinessUnit::Operations, "operations-qa");
        certificate(Certificate::new("web", "*.mit.example", "Z1", tags)).declare(&mut plan);
        plan.finish(())
    };
    Given::stack(Project::new("test", plan), "QA").config("").evaluate()
}

fn option(domain: &str, zone: &str) -> Value {
    Value::map([("DomainName", domain), ("HostedZoneId", zone)])
}

#[test]
fn each_name_is_proven_once_in_its_own_zone() {
    let planned = planned(|web| web.also("mit.example", "Z1").also("other.example", "Z2").also("*.mit.example", "Z1"));
    assert_eq!(planned.misfits(), Vec::<String>::new());
    let web = planned.resource("AWS::CertificateManager::Certificate", "web-acm-certificate");
    assert_eq!([web.text("DomainName"), web.text("ValidationMethod")], ["*.mit.example", "DNS"]);
    assert_eq!(web.get("SubjectAlternativeNames"), &Value::from(vec!["mit.example", "other.example"]));
    let proofs = vec![option("mit.example", "Z1"), option("other.example", "Z2")];
    assert_eq!(web.get("DomainValidationOptions"), &Value::List(proofs));
}

#[test]
fn one_name_needs_no_others() {
    let planned = planned(|web| web);
    let web = planned.resource("AWS::CertificateManager::Certificate", "web-acm-certificate");
    assert!(web.find("SubjectAlternativeNames").is_none());
    assert_eq!(web.get("DomainValidationOptions"), &Value::List(vec![option("mit.example", "Z1")]));
}
