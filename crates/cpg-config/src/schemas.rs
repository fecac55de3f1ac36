//! The files of a configuration as JSON Schema, for editors.

use std::collections::BTreeMap;

use plan::config::{FromNode, Shape};

use crate::{Budget, ByCloud, GithubWif, Infrastructure, Members, Options, Upload};

/// The shape of each kind of file, by the stem of its name.
pub fn schemas() -> BTreeMap<&'static str, Shape> {
    BTreeMap::from([
        ("config-infrastructure", Infrastructure::shape()),
        ("config-datasets", BTreeMap::<String, Options>::shape()),
        ("members", Members::shape()),
        ("budgets", ByCloud::<Budget>::shape()),
        ("upload", Upload::shape()),
        ("github-wif", GithubWif::shape()),
    ])
}
