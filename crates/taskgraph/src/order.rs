//! The order of stacks, for display and for evaluation.

use std::collections::BTreeMap;

use graph::Graph;
use resource::StackName;

/// The stacks in groups, each group after those that it needs and otherwise by name; a group of more than one stack is
/// a cycle. Needs outside `stacks` do not count.
pub fn order(stacks: &[StackName], needs: &dyn Fn(&StackName) -> Vec<StackName>) -> Vec<Vec<StackName>> {
    let mut names = stacks.to_vec();
    names.sort();
    names.dedup();
    let graph = graph_of(&names, needs);
    let mut groups = graph.components();
    groups.sort();
    let group_of: BTreeMap<usize, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(group, members)| members.iter().map(move |&member| (member, group)))
        .collect();
    let mut condensed = Graph::new(groups.len());
    for node in 0..names.len() {
        for need in graph.needs(node) {
            if group_of[&node] != group_of[need] {
                condensed.add_edge(group_of[&node], group_of[need]);
            }
        }
    }
    // INVARIANT: what is condensed has no cycle, so there is an order.
    let order = condensed.order().unwrap_or_default();
    order.into_iter().map(|group| groups[group].iter().map(|&node| names[node].clone()).collect()).collect()
}

/// The graph over sorted names: node = position.
pub(crate) fn graph_of(names: &[StackName], needs: &dyn Fn(&StackName) -> Vec<StackName>) -> Graph {
    let mut graph = Graph::new(names.len());
    for (node, name) in names.iter().enumerate() {
        for need in needs(name) {
            if let Ok(other) = names.binary_search(&need) {
                graph.add_edge(node, other);
            }
        }
    }
    graph
}
