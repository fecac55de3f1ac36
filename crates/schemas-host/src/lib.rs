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
    "host_directory",
    "host_file",
    "host_group",
    "host_link",
    "host_member",
    "host_package",
    "host_service",
    "host_sysctl",
    "host_systemd_unit",
    "host_user",
];

/// The schemas and overlays, sorted by type.
pub fn sources() -> Vec<Source> {
    SOURCES.to_vec()
}
