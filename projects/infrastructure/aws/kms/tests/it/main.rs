//! What the KMS stacks plan.

use infrastructure_aws_kms::project;
use plan::value::Value;
use testkit::{Planned, evaluate};

#[test]
fn four_keys_have_their_aliases() {
    for (stack, env) in [("CI", "ci"), ("Dev", "dev"), ("QA", "qa"), ("Production", "production")] {
        let kms = evaluate(project(), stack);
        assert_eq!(kms.count(), 8, "{stack}");
        let unsealing = "vault-server-auto-unseal-kms-key";
        for (export, name, alias, unit, title, owner) in [
            ("kms_ec2_ebs_key", &format!("ec2-ebs-{env}"), "ec2-ebs", "operations", true, false),
            (
                "kms_s3_data_analytics_key",
                &format!("s3-data-analytics-{env}"),
                "s3-analytical-data",
                "data",
                false,
                true,
            ),
            (
                "sops_infrastructure_secrets_key",
                &format!("infrastructure-secret-management-key-{env}"),
                "infrastructure-secrets",
                "operations",
                false,
                true,
            ),
            ("vault_auto_unseal_key", &unsealing.to_owned(), "vault-auto-unseal", "operations", false, true),
        ] {
            let key = kms.resource("AWS::KMS::Key", name);
            assert_eq!([key.text("KeySpec"), key.text("KeyUsage")], ["SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"], "{name}");
            assert_eq!(key.get("EnableKeyRotation").as_bool(), Some(true), "{name}");
            assert_eq!(key.tag("Environment"), Some(format!("{unit}-{env}").as_str()), "{name}");
            assert_eq!((key.tag("Name").is_some(), key.tag("Owner").is_some()), (title, owner), "{name}");
            let alias = format!("alias/{alias}-{env}");
            let declared = kms.resource("AWS::KMS::Alias", &format!("{name}-alias"));
            assert_eq!(declared.text("AliasName"), alias);
            assert!(declared.origins("TargetKeyId")[0].ends_with(&format!("::{name}.KeyId")), "{name}");
            assert_eq!(kms.output(&format!("{export}.alias")).as_str(), Some(alias.as_str()));
            assert!(kms.output(&format!("{export}.arn")).has_unknown());
        }
    }
}

#[test]
fn key_policies_name_the_account_and_its_administrators() {
    let kms = evaluate(project(), "QA");
    let policy = |name: &str, path: &str| policy(&kms, name, path);
    assert_eq!(policy("ec2-ebs-qa", "Id"), Value::from("auto-ebs-2"));
    let condition = "Statement[0].Condition.StringEquals";
    assert_eq!(
        policy("ec2-ebs-qa", &format!("{condition}[\"kms:ViaService\"]")),
        Value::from("ec2.us-east-1.amazonaws.com")
    );
    assert_eq!(policy("ec2-ebs-qa", &format!("{condition}[\"kms:CallerAccount\"]")), Value::from("123456789012"));
    assert_eq!(policy("ec2-ebs-qa", "Statement[2].Principal.AWS"), Value::from("arn:aws:iam::123456789012:root"));
    let via = policy("s3-data-analytics-qa", "Statement[2].Condition.StringEquals[\"kms:ViaService\"]");
    assert_eq!(via, Value::from("s3.us-east-1.amazonaws.com"));
    let users = ["admin-9", "admin-8"].map(|user| format!("arn:aws:iam::123456789012:user/{user}"));
    for name in ["infrastructure-secret-management-key-qa", "vault-server-auto-unseal-kms-key"] {
        assert_eq!(policy(name, "Statement[2].Principal.AWS"), Value::from(users.to_vec()), "{name}");
    }
}

fn policy(kms: &Planned, name: &str, path: &str) -> Value {
    kms.resource("AWS::KMS::Key", name).get(&format!("KeyPolicy.{path}")).clone()
}

#[test]
fn everything_fits_the_schemas() {
    for stack in ["CI", "QA", "Production"] {
        let planned = evaluate(project(), stack);
        assert_eq!(planned.misfits(), Vec::<String>::new(), "{stack}");
    }
}
