//! Databases and policies in Vault.

use plan::prelude::*;
use types_vault as vault;
use types_vault::database_secret_backend_connection::{MysqlRds, Postgresql};

use crate::{DATABASE_OWNER, Engine};

/// The authorities that sign the certificates of RDS in us-east-1, kept here so that plans do not fetch them.
const RDS_AUTHORITIES: &str = include_str!("../certificates/rds-us-east-1.pem");

/// Six months of thirty days, in seconds: how long a credential may be renewed.
const MAX_TTL: i64 = 15_552_000;
/// Three months of thirty days, in seconds: how long a credential lives at first.
const DEFAULT_TTL: i64 = 7_776_000;

/// Credentials of a database, made by Vault on demand.
#[derive(Debug, Clone)]
pub struct DatabaseBackend<'a> {
    /// What runs the database.
    pub engine: Engine,
    /// The name of the database in Vault, and what the names of its resources start with.
    pub db_name: &'a str,
    /// Where the engine is mounted.
    pub mount_point: String,
    /// The host of the database.
    pub host: Output<String>,
    /// The password of the database's owner.
    pub password: &'a SealedSecret,
    /// What credentials there are.
    pub roles: Vec<DatabaseRole>,
    /// Which Vault it is.
    pub provider: &'a str,
}

/// A kind of credential: how users of it are made and dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseRole {
    name: String,
    creation: Vec<String>,
    revocation: Vec<String>,
}

impl DatabaseBackend<'_> {
    /// Declares the mount, the connection and the roles; gives the mount.
    pub fn declare(&self, plan: &mut Draft) -> vault::MountHandle {
        plan.construct("ol:DatabaseBackend", self.db_name, |plan| {
            let mount = vault::Mount::new(plan.child_name("mount-point"))
                .path(&self.mount_point)
                .type_("database")
                .max_lease_ttl_seconds(MAX_TTL)
                .default_lease_ttl_seconds(DEFAULT_TTL)
                .provider(self.provider)
                .declare(plan);
            let connection = self.connection(&mount, plan);
            for role in &self.roles {
                vault::DatabaseSecretBackendRole::new(plan.child_name(&format!("database-role-{}", role.name)))
                    .name(&role.name)
                    .backend(mount.path())
                    .db_name(connection.name())
                    .creation_statements(&role.creation)
                    .revocation_statements(&role.revocation)
                    .max_ttl(MAX_TTL)
                    .default_ttl(DEFAULT_TTL)
                    .provider(self.provider)
                    .declare(plan);
            }
            mount
        })
    }

    fn connection(&self, mount: &vault::MountHandle, plan: &mut Draft) -> vault::DatabaseSecretBackendConnectionHandle {
        let mut allowed: Vec<&str> = self.roles.iter().map(|role| role.name.as_str()).collect();
        allowed.sort_unstable();
        let made = vault::DatabaseSecretBackendConnection::new(plan.child_name("database-connection"))
            .name(self.db_name)
            .backend(mount.path())
            .verify_connection(true)
            .allowed_roles(allowed)
            .provider(self.provider);
        // What stands in double braces is for Vault to fill in.
        let (user, password) = (Output::known("{{username}}"), Output::known("{{password}}"));
        let (host, port) = (self.host.clone(), Output::known(self.engine.port().to_string()));
        let made = match self.engine {
            Engine::MariaDb => made.mysql_rds(
                MysqlRds::new()
                    .connection_url(text("{}:{}@tcp({}:{})/", [user, password, host, port]))
                    .username(DATABASE_OWNER)
                    .password(self.password)
                    .tls_ca(RDS_AUTHORITIES),
            ),
            Engine::Postgres => {
                let parts = [user, password, host, port, Output::known(self.db_name)];
                made.postgresql(
                    Postgresql::new()
                        .connection_url(text("postgresql://{}:{}@{}:{}/{}", parts))
                        .username(DATABASE_OWNER)
                        .password(self.password)
                        .tls_ca(RDS_AUTHORITIES),
                )
            }
        };
        made.declare(plan)
    }
}

impl DatabaseRole {
    /// May do everything in every schema.
    pub fn admin() -> Self {
        let everything = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, \
            CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, \
            ALTER ROUTINE, EVENT, TRIGGER";
        Self::of("admin")
            .creating(CREATE_USER)
            .creating(&format!("GRANT {everything} ON `%`.* TO '{{{{name}}}}' WITH GRANT OPTION;"))
            .creating("GRANT RELOAD, LOCK TABLES ON *.* TO '{{name}}';")
    }

    /// May read every schema.
    pub fn readonly() -> Self {
        Self::of("readonly").creating(&format!("{CREATE_USER} GRANT SELECT, SHOW VIEW ON `%`.* TO '{{{{name}}}}'@'%';"))
    }

    /// May work in some schemas, which are made on demand.
    pub fn of_schemas(name: &str, schemas: &[&str], rights: Rights) -> Self {
        let mut role = Self::of(name);
        for schema in schemas {
            role = role.creating(&format!("CREATE DATABASE IF NOT EXISTS {schema};"));
        }
        role = role.creating(CREATE_USER);
        for schema in schemas {
            role = role.creating(&format!("GRANT {} ON {schema}.* TO '{{{{name}}}}'@'%';", rights.list()));
        }
        role
    }

    /// A credential of which all statements are given.
    pub(crate) fn with(name: &str, creation: Vec<String>, revocation: Vec<String>) -> Self {
        Self { name: name.to_owned(), creation, revocation }
    }

    /// Runs another statement when a user is made, after the others.
    pub fn creating(mut self, statement: &str) -> Self {
        self.creation.push(statement.to_owned());
        self
    }

    fn of(name: &str) -> Self {
        Self { name: name.to_owned(), creation: Vec::new(), revocation: vec!["DROP USER '{{name}}';".to_owned()] }
    }
}

const CREATE_USER: &str = "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}';";

/// What a role may do in its schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Tables.
    Tables,
    /// Tables and views.
    TablesAndViews,
}

impl Rights {
    fn list(self) -> &'static str {
        match self {
            Self::Tables => {
                "SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, DROP, ALTER, REFERENCES, CREATE TEMPORARY TABLES, \
                 LOCK TABLES"
            }
            Self::TablesAndViews => {
                "SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, DROP, ALTER, REFERENCES, CREATE TEMPORARY TABLES, \
                 LOCK TABLES, CREATE VIEW, SHOW VIEW"
            }
        }
    }
}

/// The text of a policy: what may be done at each path, in the given order.
pub fn policy_text<'a>(rules: impl IntoIterator<Item = (String, &'a str)>) -> String {
    let rules =
        rules.into_iter().map(|(path, right)| format!("path \"{path}\" {{\n  capabilities = [\"{right}\"]\n}}\n"));
    rules.collect::<Vec<_>>().join("\n")
}
