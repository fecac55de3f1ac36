//! What Vault keeps for a tenant: static secrets, credentials of the database, and who may read them.

use std::collections::BTreeMap;

use infrastructure_aws_eks_outputs as eks;
use infrastructure_mongodb_atlas_outputs as mongodb;
use ol_data::{DatabaseBackend, DatabaseRole, Engine, Rights, policy_text};
use plan::prelude::*;
use types_vault as vault;

use crate::{Config, Tenant};

/// The mounts that were declared.
pub(crate) struct Mounts {
    pub(crate) secrets: vault::MountHandle,
    pub(crate) mariadb: vault::MountHandle,
}

/// A secret: texts by name.
type Content = BTreeMap<String, Output<String>>;

/// What Vault needs of its surroundings.
pub(crate) struct Surroundings<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) config: &'a Config,
    /// The provider instance.
    pub(crate) server: &'a str,
    pub(crate) cluster: &'a eks::Outputs,
    pub(crate) mongodb: &'a mongodb::AtlasCluster,
    /// Where the platform reports its errors.
    pub(crate) sentry_dsn: Output<String>,
    /// The host of the database.
    pub(crate) database: Output<String>,
}

impl Surroundings<'_> {
    /// Declares all that is in Vault.
    pub(crate) fn declare(&self, plan: &mut Draft) -> Mounts {
        let Self { tenant, config, server, .. } = self;
        let secrets = vault::Mount::new("edxapp-vault-generic-secrets-mount")
            .path(format!("secret-{}", tenant.name))
            .type_("kv")
            .description(format!("Static secrets storage for Open edX {} applications and services", tenant.name))
            .provider(server)
            .declare(plan);
        self.static_secrets(&secrets, plan);
        let policy = vault::Policy::new("edxapp-vault-policy")
            .name(format!("edxapp-{}", tenant.name))
            .policy(policy_text(readable(&tenant.name)))
            .provider(server)
            .declare(plan);
        let backend = DatabaseBackend {
            engine: Engine::MariaDb,
            db_name: "edxapp",
            mount_point: format!("mariadb-{}", tenant.name),
            host: self.database.clone(),
            password: &config.db_password,
            roles: roles(),
            provider: server,
        };
        let mariadb = backend.declare(plan);
        vault::KubernetesAuthBackendRole::new(format!("ol-{}-vault-k8s-auth-backend-role-{}", tenant.name, tenant.env))
            .role_name(format!("{}-edxapp", tenant.name))
            .backend(&self.cluster.vault_auth_endpoint)
            .bound_service_account_names(["*"])
            .bound_service_account_namespaces([tenant.namespace()])
            .token_policies([policy.name()])
            .provider(server)
            .declare(plan);
        Mounts { secrets, mariadb }
    }

    fn static_secrets(&self, mount: &vault::MountHandle, plan: &mut Draft) {
        let config = self.config;
        let mut secret = |name: &str, path: &str, content: Content| {
            vault::GenericSecret::new(name)
                .path(text("{}/{}", [mount.path(), Output::known(path)]))
                .data_json(Output::<Json>::known(Json::of(content)).to_json())
                .provider(self.server)
                .declare(plan);
        };

        let mut platform = sealed(&config.static_secrets);
        platform.insert("redis_auth_token".to_owned(), (&config.redis_auth_token).into());
        platform.insert("sentry_dsn".to_owned(), self.sentry_dsn.clone());
        secret("edxapp-static-secrets", "edxapp", platform);
        secret("edx-forum-static-secrets", "edx-forum", sealed(&config.edx_forum_secrets));
        if let Some(xqueue) = &config.edx_xqueue_secrets {
            secret("edx-xqueue-static-secrets", "edx-xqueue", sealed(xqueue));
        }
        let user = |name: &str, password: &SealedSecret| {
            Content::from([("username".to_owned(), Output::known(name)), ("password".to_owned(), password.into())])
        };
        let edxapp = user("edxapp", &config.mongodb_passwords.edxapp);
        secret("edxapp-mongodb-atlas-user-password", "mongodb-edxapp", edxapp);
        let mut forum = user("forum", &config.mongodb_passwords.forum);
        forum.insert("uri".to_owned(), self.mongodb.connection_strings.at("[0].standard_srv"));
        secret("forum-mongodb-atlas-user-password", "mongodb-forum", forum);
    }
}

fn sealed(secrets: &BTreeMap<String, SealedSecret>) -> Content {
    secrets.iter().map(|(name, secret)| (name.clone(), secret.into())).collect()
}

/// The credentials of the database; `notes` is for the notes of the same tenant.
fn roles() -> Vec<DatabaseRole> {
    vec![
        DatabaseRole::admin(),
        DatabaseRole::readonly(),
        DatabaseRole::of_schemas("edxapp", &["edxapp", "edxapp_csmh"], Rights::TablesAndViews),
        DatabaseRole::of_schemas("edxapp-csmh", &["edxapp_csmh"], Rights::TablesAndViews),
        DatabaseRole::of_schemas("xqueue", &["xqueue"], Rights::Tables),
        DatabaseRole::of_schemas("notes", &["edx_notes_api"], Rights::Tables),
    ]
}

/// What the platform may do in Vault, in the order in which it always stood.
fn readable(tenant: &str) -> Vec<(String, &'static str)> {
    let own = |path: &str| path.replace("TENANT", tenant);
    let mut paths = vec![own("mariadb-TENANT/creds/edxapp"), own("mariadb-TENANT/creds/edxapp-csmh")];
    match tenant {
        "mitx" | "mitx-staging" => paths.push(own("mariadb-TENANT/creds/xqueue")),
        "mitxonline" => paths.extend([own("mongodb-TENANT/creds/edxapp"), own("mongodb-TENANT/creds/forum")]),
        _ => {}
    }
    paths.push("sys/leases/renew".to_owned());
    paths.extend([own("secret-TENANT/edxapp"), own("secret-TENANT/edx-forum")]);
    let xqueue = own("secret-TENANT/edx-xqueue");
    let mongodb = [own("secret-TENANT/mongodb-edxapp"), own("secret-TENANT/mongodb-forum")];
    if tenant == "mitxonline" {
        paths.extend(mongodb);
        paths.push(xqueue);
    } else {
        paths.push(xqueue);
        paths.extend(mongodb);
    }
    paths.extend([
        "secret-operations/global/github-enterprise-ssh".to_owned(),
        own("secret-TENANT/TENANT-wildcard-certificate"),
        "secret-global/data/learn_ai".to_owned(),
        "secret-global/data/grafana".to_owned(),
    ]);
    let right = |path: &str| if path == "sys/leases/renew" { "update" } else { "read" };
    paths.into_iter().map(|path| (path.clone(), right(&path))).collect()
}
