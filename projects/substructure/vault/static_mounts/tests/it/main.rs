//! The mounts as the stack files make them.

use testkit::Workspace;

const MOUNT: &str = "vault_mount";

#[test]
fn every_vault_has_the_six_mounts_and_exports_them() {
    let stacks = Workspace::here().stacks("substructure.vault.static_mounts");
    assert_eq!(stacks, ["operations.CI", "operations.Production", "operations.QA"]);
    for stack in stacks {
        let planned = testkit::evaluate(substructure_vault_static_mounts::project(), &stack);
        assert_eq!(planned.problems(), [""; 0]);
        assert_eq!((planned.count(), planned.names(MOUNT).len(), planned.outputs().len()), (6, 6, 12));
        let (_, environment) = stack.split_once('.').expect("a scope");
        let vault = format!("vault-{}", environment.to_lowercase());
        for mount in planned.resources(MOUNT) {
            let version = mount.find("options.version").and_then(plan::value::Value::as_str);
            let wanted = if mount.text("path") == "secret-operations" { ("kv", None) } else { ("kv-v2", Some("2")) };
            assert_eq!((mount.text("type"), version), wanted);
            assert_eq!(mount.options().provider.as_ref(), Some(&vault), "each environment has a Vault of its own");
        }
    }
}

#[test]
fn what_is_exported_is_the_mount_as_it_will_be() {
    let planned = testkit::evaluate(substructure_vault_static_mounts::project(), "operations.QA");
    assert_eq!(planned.output("digital_credentials_kv.path").as_str(), Some("secret-digital-credentials"));
    assert_eq!(planned.output("digital_credentials_kv.type").as_str(), Some("kv-v2"));
    let mount = planned.resource(MOUNT, "clickhouse-vault-kv-secrets-mount");
    assert_eq!(mount.text("description"), "Static secrets storage for the shared ClickHouse LLMOps cluster");
}
