//! Credentials of `PostgreSQL`: users who are made for a while, and roles that own what they leave.

use crate::DatabaseRole;

/// The role of those who only read.
const READERS: &str = "read_only_role";

impl DatabaseRole {
    /// May do everything in a database.
    pub fn postgres_admin(database: &str) -> Self {
        let everything =
            |on: &str| format!("GRANT ALL PRIVILEGES ON ALL {on} IN SCHEMA public TO {USER} WITH GRANT OPTION;");
        let options = "INHERIT CREATEROLE CREATEDB";
        let creation = vec![create_user("rds_superuser", options), everything("TABLES"), everything("SEQUENCES")];
        let mut revocation = vec![format!("REVOKE rds_superuser FROM {USER};")];
        revocation.extend(leave_to(database));
        Self::with("admin", creation, revocation)
    }

    /// May work in a database, whose tables belong to a role of the same name.
    pub fn postgres_app(database: &str) -> Self {
        let owner = quoted(database);
        let grant = |what: &str| format!("GRANT {what} TO {owner} WITH GRANT OPTION;");
        let later = |what: &str| {
            format!(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT ALL PRIVILEGES ON {what} TO {owner} \
                 WITH GRANT OPTION;"
            )
        };
        let creation = vec![
            role_if_absent(database),
            grant("CREATE ON SCHEMA public"),
            grant("ALL PRIVILEGES ON ALL TABLES IN SCHEMA public"),
            grant("ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA public"),
            format!("SET ROLE {owner};"),
            later("TABLES"),
            later("SEQUENCES"),
            "RESET ROLE;".to_owned(),
            create_user(&owner, "INHERIT"),
            format!("ALTER ROLE {USER} SET ROLE {owner};"),
        ];
        Self::with("app", creation, member_leaves(database))
    }

    /// May read a database.
    pub fn postgres_readonly() -> Self {
        let owner = quoted(READERS);
        let later = |what: &str| {
            format!("ALTER DEFAULT PRIVILEGES FOR USER {owner} IN SCHEMA public GRANT SELECT ON {what} TO {owner};")
        };
        let creation = vec![
            role_if_absent(READERS),
            format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {owner};"),
            format!("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {owner};"),
            format!("SET ROLE {owner};"),
            later("TABLES"),
            later("SEQUENCES"),
            "RESET ROLE;".to_owned(),
            no_iam_logins(READERS),
            create_user(&owner, "INHERIT"),
            format!("ALTER ROLE {USER} SET ROLE {owner};"),
        ];
        Self::with("readonly", creation, member_leaves(READERS))
    }
}

/// The statement that adds an extension to a database, unless it is there.
pub fn postgres_extension(extension: &str) -> String {
    let missing = format!("NOT EXISTS (SELECT 1 FROM pg_catalog.pg_extension WHERE extname = '{extension}')");
    unless_there(&missing, &format!("CREATE EXTENSION {extension};"), extension)
}

/// Whoever Vault makes.
const USER: &str = "\"{{name}}\"";

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn create_user(role: &str, options: &str) -> String {
    let limits = "WITH PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'";
    format!("CREATE USER {USER} {limits} IN ROLE {role} {options};")
}

fn role_if_absent(role: &str) -> String {
    let missing = format!("NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = '{role}')");
    unless_there(&missing, &format!("CREATE ROLE {};", quoted(role)), role)
}

/// AWS's own identities would keep members of the role from logging in by password.
fn no_iam_logins(role: &str) -> String {
    let lines = [
        "DO $do$".to_owned(),
        "BEGIN".to_owned(),
        "  IF EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = 'rds_iam') THEN".to_owned(),
        format!("    REVOKE rds_iam FROM {};", quoted(role)),
        "  END IF;".to_owned(),
        "END".to_owned(),
        "$do$;".to_owned(),
    ];
    lines.join("\n")
}

/// A block that does something if a condition holds, and takes it for done if another session was faster.
fn unless_there(missing: &str, then: &str, what: &str) -> String {
    let lines = [
        "DO $do$".to_owned(),
        "BEGIN".to_owned(),
        format!("  IF {missing} THEN"),
        "    BEGIN".to_owned(),
        format!("      {then}"),
        "    EXCEPTION".to_owned(),
        "      WHEN duplicate_object THEN".to_owned(),
        format!("        RAISE NOTICE '{what} was made meanwhile';"),
        "    END;".to_owned(),
        "  ELSE".to_owned(),
        format!("    RAISE NOTICE '{what} is there';"),
        "  END IF;".to_owned(),
        "END".to_owned(),
        "$do$;".to_owned(),
    ];
    lines.join("\n")
}

/// What a member of a role leaves belongs to the role.
fn member_leaves(role: &str) -> Vec<String> {
    let owner = quoted(role);
    let mut statements =
        vec![format!("REVOKE {owner} FROM {USER};"), format!("GRANT {USER} TO {owner} WITH ADMIN OPTION;")];
    statements.extend(leave_to(role));
    statements
}

/// Gives what a user has to a role, and drops the user.
fn leave_to(role: &str) -> Vec<String> {
    let owner = quoted(role);
    let revoke = |what: &str| format!("REVOKE {what} FROM {USER};");
    vec![
        format!("SET ROLE {owner};"),
        format!("REASSIGN OWNED BY {USER} TO {owner};"),
        "RESET ROLE;".to_owned(),
        revoke("ALL PRIVILEGES ON ALL TABLES IN SCHEMA public"),
        revoke("ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA public"),
        revoke("USAGE ON SCHEMA public"),
        format!("DROP USER {USER};"),
    ]
}
