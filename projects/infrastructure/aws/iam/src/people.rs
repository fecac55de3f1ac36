//! Who is in which group. The names are invented, one a person.

/// Those who may do everything.
pub(crate) const ADMINISTRATORS: [&str; 9] =
    ["admin-1", "admin-2", "admin-3", "admin-4", "admin-5", "admin-6", "admin-7", "admin-8", "admin-9"];

/// Those of them who run the clusters.
pub(crate) const CLUSTER_ADMINISTRATORS: [&str; 6] = ["admin-1", "admin-2", "admin-5", "admin-7", "admin-8", "admin-9"];

/// Those who run their own workloads on the clusters.
pub(crate) const CLUSTER_DEVELOPERS: [&str; 4] = ["developer-1", "developer-2", "developer-3", "developer-4"];
