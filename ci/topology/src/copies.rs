//! Larger organisations of the same shape.

use std::collections::{BTreeMap, BTreeSet};

use resource::StackName;

use crate::organisation::by_reader;
use crate::{Edge, Organisation};

/// The environment of stacks of which there is one, however many copies there are.
const GLOBAL: &str = "default";

/// An organisation of this many stacks: the one that was found, and copies of it beside it under names of their own.
/// All copies read the same global stacks, so those have as many more readers. The last copy is cut so that the number
/// fits, in an order in which whoever is read comes first.
pub fn copies(found: &Organisation, stacks: usize) -> Organisation {
    let mut all = found.clone();
    if stacks <= found.stacks.len() {
        return all;
    }
    let copied: Vec<&StackName> = in_order(found).into_iter().filter(|name| name.environment() != GLOBAL).collect();
    let edges = by_reader(found.edges_within());
    let more = (2..).flat_map(|copy| copied.iter().map(move |name| (copy, *name)));
    for (copy, name) in more.take(stacks - found.stacks.len()) {
        let own = renamed(name, copy);
        let copied = edges.get(name).into_iter().flatten().map(|edge| {
            let source = renamed(&edge.source, copy);
            Edge { reader: own.clone(), source, ..(*edge).clone() }
        });
        all.edges.extend(copied);
        all.stacks.insert(own);
    }
    // The partner of a pair may have been cut off.
    let there = &all.stacks;
    all.edges.retain(|edge| there.contains(&edge.source) || found.stacks.contains(&edge.reader));
    all
}

fn renamed(name: &StackName, copy: usize) -> StackName {
    match (name.environment(), name.scope()) {
        (GLOBAL, _) => name.clone(),
        (environment, None) => StackName::new(name.project(), format!("copy{copy}.{environment}")),
        (environment, Some(scope)) => StackName::new(name.project(), format!("{scope}-copy{copy}.{environment}")),
    }
}

/// The stacks, so that whoever is read comes first; of a pair any.
fn in_order(found: &Organisation) -> Vec<&StackName> {
    let edges = by_reader(found.edges_within());
    let sources: BTreeMap<&StackName, BTreeSet<&StackName>> = edges
        .into_iter()
        .map(|(reader, edges)| (reader, edges.into_iter().map(|edge| &edge.source).collect()))
        .collect();
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for stack in &found.stacks {
        visit(stack, &sources, &mut seen, &mut order);
    }
    order
}

fn visit<'a>(
    stack: &'a StackName,
    sources: &BTreeMap<&'a StackName, BTreeSet<&'a StackName>>,
    seen: &mut BTreeSet<&'a StackName>,
    order: &mut Vec<&'a StackName>,
) {
    if seen.insert(stack) {
        for source in sources.get(stack).into_iter().flatten() {
            visit(source, sources, seen, order);
        }
        order.push(stack);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_organisation_has_the_number_and_the_shape() {
        let found = Organisation::found().expect("it is read");
        assert_eq!(copies(&found, 311), found);
        let global = |name: &&StackName| name.environment() == GLOBAL;
        for stacks in [312, 1000, 10_000] {
            let large = copies(&found, stacks);
            assert_eq!(large.stacks.len(), stacks);
            assert_eq!(large.projects, found.projects);
            assert_eq!(large.stacks.iter().filter(global).count(), found.stacks.iter().filter(global).count());
            let missing = large.edges.iter().filter(|edge| !large.stacks.contains(&edge.source)).count();
            assert_eq!(missing, 5, "only those that were missing before");
            let per_stack = |organisation: &Organisation| organisation.edges.len() * 100 / organisation.stacks.len();
            assert!(per_stack(&large).abs_diff(per_stack(&found)) < 50, "{} per 100", per_stack(&large));
        }
        assert_eq!(copies(&found, 10_000).pairs().len() / 12, 10_000 / 311 + 2, "pairs stay pairs");
    }
}
