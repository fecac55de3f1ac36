//! Types of what is on a machine: files, packages, users, units, services; and an overlay for each.
//!
//! Layer: L1, model. **Invariant:** data only, no code that knows a type.

use schema::Source;

#[cfg(test)]
mod tests;

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        &[$(Source {
            name: $name,
            schema: include_str!(concat!("../schemas/", $name, ".json")),
            overlay: include_str!(concat!("../overlays/", $name, ".toml")),
        }),*]
    };
}

const SOURCES: &[Source] = sources![
    "host_acl",
    "host_archive",
    "host_authorized_key",
    "host_binary",
    "host_block",
    "host_certificate",
    "host_command",
    "host_compose",
    "host_cron",
    "host_directory",
    "host_download",
    "host_file",
    "host_git_checkout",
    "host_group",
    "host_hostname",
    "host_hosts_entry",
    "host_kernel_module",
    "host_keyring",
    "host_line",
    "host_link",
    "host_member",
    "host_members",
    "host_mount",
    "host_package",
    "host_path_unit",
    "host_pin",
    "host_repository",
    "host_service",
    "host_sysctl",
    "host_systemd_unit",
    "host_timer",
    "host_timezone",
    "host_user",
];

/// The schemas and overlays, sorted by type.
pub fn sources() -> Vec<Source> {
    SOURCES.to_vec()
}
