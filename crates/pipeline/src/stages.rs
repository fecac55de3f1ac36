//! Which stacks are applied when, and where.

use std::collections::BTreeMap;

use graph::Graph;
use resource::StackName;

use crate::Settings;

/// The stages of a pipeline, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pipeline {
    /// Each is planned, approved and applied after the one before.
    pub stages: Vec<Stage>,
    /// Stacks that need something of a later environment, and are applied with that: by name, with the environment.
    pub late: BTreeMap<String, String>,
}

/// A part of an environment that is approved at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name: the environment's, with a number if there are several.
    pub name: String,
    /// The environment.
    pub environment: String,
    /// Full names of stacks: nothing in one shard needs anything in another one.
    pub shards: Vec<Vec<String>>,
}

/// Cuts stacks into stages. Environments are in the order of promotion, what is in none of them comes first.
pub fn stages(
    stacks: &[StackName],
    needs: &dyn Fn(&StackName) -> Vec<StackName>,
    environments: &[String],
    settings: &Settings,
) -> Pipeline {
    let groups = taskgraph::order(stacks, needs);
    let rank =
        |name: &StackName| environments.iter().position(|known| known == name.environment()).map_or(0, |at| at + 1);
    let mut placed: BTreeMap<&StackName, (usize, usize)> = BTreeMap::new();
    let mut pipeline = Pipeline::default();
    let mut members: BTreeMap<(usize, usize), Vec<&[StackName]>> = BTreeMap::new();
    for group in &groups {
        let needed: Vec<(usize, usize)> =
            group.iter().flat_map(needs).filter_map(|need| placed.get(&need).copied()).collect();
        let own = group.iter().map(rank).max().unwrap_or(0);
        let at = needed.iter().map(|(rank, _)| *rank).chain([own]).max().unwrap_or(0);
        let before = needed.iter().filter(|(rank, _)| *rank == at).map(|(_, level)| level + 1).max();
        // What is deeper than there are levels is in the last one, together with what it needs there.
        let level = before.unwrap_or(0).min(settings.levels.max(1) - 1);
        for name in group {
            placed.insert(name, (at, level));
            if rank(name) < at {
                pipeline.late.insert(name.to_string(), environments[at - 1].clone());
            }
        }
        members.entry((at, level)).or_default().push(group);
    }
    for ((rank, level), groups) in &members {
        let environment = if *rank == 0 { "default" } else { &environments[rank - 1] };
        let several = members.keys().filter(|(other, _)| other == rank).count() > 1;
        let name = if several { format!("{environment}-{}", level + 1) } else { environment.to_owned() };
        let shards = shards(groups, needs, settings.shards.max(1));
        pipeline.stages.push(Stage { name, environment: environment.to_owned(), shards });
    }
    pipeline
}

/// Packs what hangs together into at most so many shards of about the same size.
fn shards(groups: &[&[StackName]], needs: &dyn Fn(&StackName) -> Vec<StackName>, most: usize) -> Vec<Vec<String>> {
    let mut names: Vec<&StackName> = groups.iter().flat_map(|group| group.iter()).collect();
    names.sort();
    // Both ways, so that what needs one another directly or not is one component.
    let mut graph = Graph::new(names.len());
    for (node, name) in names.iter().enumerate() {
        for need in needs(name) {
            if let Ok(other) = names.binary_search(&&need) {
                graph.add_edge(node, other);
                graph.add_edge(other, node);
            }
        }
    }
    let mut components = graph.components();
    components.sort_by_key(|members| (std::cmp::Reverse(members.len()), members.first().copied()));
    let mut shards: Vec<Vec<String>> = vec![Vec::new(); most.min(components.len())];
    for members in components {
        // The first of the smallest.
        if let Some(shard) = shards.iter_mut().min_by_key(|shard| shard.len()) {
            shard.extend(members.into_iter().map(|node| names[node].to_string()));
        }
    }
    shards.iter_mut().for_each(|shard| shard.sort());
    shards
}
