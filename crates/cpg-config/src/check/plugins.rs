//! Plugins that are enabled, and those that are linked.

use std::collections::BTreeMap;

use plan::config::Placed;
use plan::diag::{Diagnostic, Place};

use super::{Checker, instead};

/// The file that the workspace's plugins are listed in.
const LIST: &str = "projects/cpg/organisation/src/lib.rs";

/// An enabled plugin must be linked.
pub(super) fn check(checker: &mut Checker<'_>, linked: &[&str]) {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for Placed { value, place } in &checker.configuration.infrastructure.plugins_enabled {
        if !linked.contains(&value.as_str()) {
            let problem = Diagnostic::error("E0817", format!("the plugin `{value}` is not linked")).at(place.clone());
            let problem = match instead(value, linked.iter().copied()) {
                Some(hint) => problem.hint(hint),
                None => problem,
            };
            let path = format!("cpg_plugin_{}::plugin", value.replace('-', "_"));
            checker.found.push(problem.hint(format!("to link it, add the line `{path},` to `PLUGINS` in {LIST}")));
        }
        if seen.insert(value, place).is_some() {
            checker.report("E0817", place, format!("the plugin `{value}` is enabled twice"), "remove one of the two");
        }
    }
}
