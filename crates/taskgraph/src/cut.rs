//! Where a change upstream of a stack ends before it reaches the stack.

use std::collections::{BTreeMap, BTreeSet};

use crate::OutputSet;

/// A stack that changes, and one on the way to the stack in question that none of it reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// Who reads the stack that changes, and does not change: the stack in question, or one upstream of it.
    pub reader: String,
    /// The stack that changes.
    pub changed: String,
    /// How many of its outputs the reader reads; none, if it only waits for it.
    pub outputs: usize,
}

/// Where changes end on the way to a stack that does not change: at its upstream stacks that do, or beyond those of them
/// that do not. `reads` gives the outputs that a stack reads, `after` the stacks that it only waits for.
pub fn cuts(
    stack: &str,
    reads: &dyn Fn(&str) -> OutputSet,
    after: &dyn Fn(&str) -> BTreeSet<String>,
    changes: &dyn Fn(&str) -> bool,
) -> Vec<Cut> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([stack.to_owned()]);
    let mut open = vec![stack.to_owned()];
    while let Some(reader) = open.pop() {
        let mut upstream: BTreeMap<String, usize> = after(&reader).into_iter().map(|other| (other, 0)).collect();
        for (other, _) in reads(&reader) {
            *upstream.entry(other).or_default() += 1;
        }
        for (other, outputs) in upstream {
            if changes(&other) {
                found.insert(Cut { reader: reader.clone(), changed: other, outputs });
            } else if seen.insert(other.clone()) {
                open.push(other);
            }
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_ends_where_nobody_on_the_way_reads_what_changes() {
        let reads = |stack: &str| -> OutputSet {
            let paths: &[(&str, &str)] = match stack {
                "web" => &[("net", "vpc"), ("net", "cidr"), ("app", "name"), ("web", "own")],
                "app" => &[("dns", "zone"), ("web", "own")],
                "net" => &[("root", "id")],
                _ => &[],
            };
            let path = |path: &str| path.parse().expect("a path");
            paths.iter().map(|(stack, output)| ((*stack).to_owned(), path(output))).collect()
        };
        let after = |stack: &str| -> BTreeSet<String> {
            let others: &[&str] = match stack {
                "web" => &["net", "gate"],
                "gate" => &["root"],
                _ => &[],
            };
            others.iter().copied().map(str::to_owned).collect()
        };
        let changed = |stack: &str| matches!(stack, "net" | "dns" | "root");
        let cut =
            |reader: &str, changed: &str, outputs| Cut { reader: reader.into(), changed: changed.into(), outputs };
        let found = cuts("web", &reads, &after, &changed);
        assert_eq!(found, [cut("app", "dns", 1), cut("gate", "root", 0), cut("web", "net", 2)]);
        assert_eq!(cuts("net", &reads, &after, &|_| false), []);
    }
}
