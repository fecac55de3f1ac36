//! Directed graphs over small integers: order, cycles, reach.
//!
//! Layer: L0, kit. The one crate that names petgraph. **Invariant:** every answer is a function of the nodes' numbers
//! and the edges, never of insertion order or hashing, so that plans and screens are the same everywhere.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// A directed graph whose nodes are `0..len`. An edge `a -> b` reads "a needs b".
#[derive(Debug, Clone, Default)]
pub struct Graph {
    needs: Vec<Vec<usize>>,
    needed_by: Vec<Vec<usize>>,
}

impl Graph {
    /// A graph of `len` nodes without edges.
    pub fn new(len: usize) -> Self {
        Self { needs: vec![Vec::new(); len], needed_by: vec![Vec::new(); len] }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.needs.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// Adds a node and gives its number.
    pub fn add_node(&mut self) -> usize {
        self.needs.push(Vec::new());
        self.needed_by.push(Vec::new());
        self.needs.len() - 1
    }

    /// Adds the edge "`from` needs `to`"; an edge that is there already is not added twice.
    pub fn add_edge(&mut self, from: usize, to: usize) {
        if let Err(position) = self.needs[from].binary_search(&to) {
            self.needs[from].insert(position, to);
            if let Err(position) = self.needed_by[to].binary_search(&from) {
                self.needed_by[to].insert(position, from);
            }
        }
    }

    /// What `node` needs directly, ascending.
    pub fn needs(&self, node: usize) -> &[usize] {
        &self.needs[node]
    }

    /// What needs `node` directly, ascending.
    pub fn needed_by(&self, node: usize) -> &[usize] {
        &self.needed_by[node]
    }

    /// All nodes, each after what it needs; among those that are free the smallest number first.
    ///
    /// # Errors
    /// The cycles, each as a walk from its smallest member along "needs" edges.
    pub fn order(&self) -> Result<Vec<usize>, Vec<Vec<usize>>> {
        let mut open: Vec<usize> = self.needs.iter().map(Vec::len).collect();
        let mut free: std::collections::BTreeSet<usize> = (0..self.len()).filter(|&n| open[n] == 0).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(node) = free.pop_first() {
            order.push(node);
            for &reader in &self.needed_by[node] {
                open[reader] -= 1;
                if open[reader] == 0 {
                    free.insert(reader);
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.cycles()) }
    }

    /// The groups of nodes that need one another (strongly connected components of more than one node, or a node that
    /// needs itself), each as a walk of one cycle in it.
    pub fn cycles(&self) -> Vec<Vec<usize>> {
        let mut found: Vec<Vec<usize>> = self
            .components()
            .into_iter()
            .filter(|group| group.len() > 1 || self.needs[group[0]].contains(&group[0]))
            .map(|group| self.walk(&group))
            .collect();
        found.sort();
        found
    }

    /// The strongly connected components, members ascending, each component after those that it needs.
    pub fn components(&self) -> Vec<Vec<usize>> {
        let mut inner = DiGraph::<(), ()>::with_capacity(self.len(), self.len());
        for _ in 0..self.len() {
            inner.add_node(());
        }
        for (from, needs) in self.needs.iter().enumerate() {
            for &to in needs {
                inner.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
            }
        }
        let mut groups: Vec<Vec<usize>> =
            tarjan_scc(&inner).into_iter().map(|group| group.into_iter().map(NodeIndex::index).collect()).collect();
        groups.iter_mut().for_each(|group: &mut Vec<usize>| group.sort_unstable());
        groups
    }

    /// One cycle within a strongly connected group, by depth-first search from its smallest member.
    fn walk(&self, group: &[usize]) -> Vec<usize> {
        let start = group[0];
        let mut path = vec![start];
        let mut seen = std::collections::BTreeSet::from([start]);
        loop {
            let here = *path.last().unwrap_or(&start);
            if path.len() > 1 && self.needs[here].contains(&start) || self.needs[here].contains(&here) {
                return path;
            }
            match self.needs[here].iter().find(|next| group.binary_search(next).is_ok() && !seen.contains(next)) {
                Some(&next) => {
                    seen.insert(next);
                    path.push(next);
                }
                None if path.len() > 1 => {
                    path.pop();
                }
                None => return path,
            }
        }
    }

    /// `from` and everything that needs one of them, directly or not; ascending.
    pub fn dependants(&self, from: impl IntoIterator<Item = usize>) -> Vec<usize> {
        Self::reach(&self.needed_by, from)
    }

    /// `from` and everything that they need, directly or not; ascending.
    pub fn dependencies(&self, from: impl IntoIterator<Item = usize>) -> Vec<usize> {
        Self::reach(&self.needs, from)
    }

    fn reach(edges: &[Vec<usize>], from: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut seen = vec![false; edges.len()];
        let mut stack: Vec<usize> = from.into_iter().collect();
        while let Some(node) = stack.pop() {
            if !std::mem::replace(&mut seen[node], true) {
                stack.extend(&edges[node]);
            }
        }
        (0..edges.len()).filter(|&n| seen[n]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(len: usize, edges: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::new(len);
        edges.iter().for_each(|&(from, to)| graph.add_edge(from, to));
        graph
    }

    #[test]
    fn order_puts_needs_first_and_small_numbers_before_large() {
        assert_eq!(graph(5, &[(0, 4), (4, 2), (3, 2)]).order(), Ok(vec![1, 2, 3, 4, 0]));
    }

    #[test]
    fn cycles_are_walks() {
        assert_eq!(graph(5, &[(0, 1), (1, 2), (2, 1), (3, 3)]).order(), Err(vec![vec![1, 2], vec![3]]));
    }

    #[test]
    fn reach_goes_both_ways() {
        let graph = graph(5, &[(1, 0), (2, 1), (3, 0)]);
        assert_eq!(graph.dependants([1]), vec![1, 2]);
        assert_eq!(graph.dependencies([2, 3]), vec![0, 1, 2, 3]);
    }
}
