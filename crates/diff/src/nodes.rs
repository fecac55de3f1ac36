//! The resources and outputs of all stacks, and the order in which they read one another.

use std::collections::{BTreeMap, BTreeSet};

use expr::{Expr, Visit};
use graph::Graph;
use resource::{Dependency, Plan, Resource, Urn};
use sorted::SortedSet;
use value::Path;

/// What an expression refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Resources of the same stack.
    pub resources: SortedSet<Urn>,
    /// Outputs of other stacks, as they are read.
    pub outputs: BTreeSet<(String, Path)>,
}

/// What expressions refer to.
pub fn references<'a>(expressions: impl IntoIterator<Item = &'a Expr>) -> References {
    let mut found = References::default();
    expressions.into_iter().for_each(|expr| found.add(expr, &mut |_, _| {}));
    found
}

/// What the values of expressions in a plan are made of: what they refer to, and where that is a property that the plan
/// sets, whose value is only passed on, what that is made of in turn.
pub(crate) fn made_of<'a>(plan: &'a Plan, expressions: impl IntoIterator<Item = &'a Expr>) -> References {
    let mut found = References::default();
    let mut next: Vec<&Expr> = expressions.into_iter().collect();
    let mut seen: BTreeSet<(Urn, String)> = BTreeSet::new();
    while let Some(expr) = next.pop() {
        found.add(expr, &mut |urn, path| {
            let Some(property) = path.first_key() else { return };
            let passed_on = plan.resources.get(urn).and_then(|resource| resource.properties.get(property));
            next.extend(passed_on.filter(|_| seen.insert((urn.clone(), property.to_owned()))));
        });
    }
    found
}

impl References {
    /// Adds what an expression refers to; each attribute is told.
    fn add(&mut self, expr: &Expr, attribute: &mut dyn FnMut(&Urn, &Path)) {
        expr.visit(&mut |part| match part {
            Expr::Attribute { urn, path, .. } => {
                // A text that is no URN is reported when it is evaluated.
                let Ok(urn) = urn.parse::<Urn>() else { return };
                attribute(&urn, path);
                self.resources.insert(urn);
            }
            Expr::Output { stack, path, .. } => drop(self.outputs.insert((stack.clone(), path.clone()))),
            _ => {}
        });
    }
}

/// The output leaf that a path lies in: the path itself, or the nearest one above it.
pub fn leaf_of<'a, T>(leaves: &'a BTreeMap<Path, T>, path: &Path) -> Option<(&'a Path, &'a T)> {
    (0..=path.segments().len())
        .rev()
        .find_map(|length| leaves.get_key_value(&Path::from(path.segments()[..length].to_vec())))
}

/// A node: the position of the stack, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    /// A declared resource.
    Resource(usize, Urn),
    /// An output leaf.
    Output(usize, Path),
}

impl Node {
    /// The position of its stack.
    pub(crate) fn stack(&self) -> usize {
        let (Self::Resource(stack, _) | Self::Output(stack, _)) = self;
        *stack
    }
}

/// All nodes in an order in which each comes after what it reads, without those in cycles; and the cycles.
pub(crate) fn order(plans: &[Option<&Plan>]) -> (Vec<Node>, Vec<Vec<Node>>) {
    let mut nodes = Vec::new();
    let by_name: BTreeMap<String, usize> =
        plans.iter().enumerate().filter_map(|(stack, plan)| plan.map(|plan| (plan.stack.to_string(), stack))).collect();
    for (stack, plan) in plans.iter().enumerate().filter_map(|(stack, plan)| Some((stack, (*plan)?))) {
        nodes.extend(plan.resources.keys().map(|urn| Node::Resource(stack, urn.clone())));
        nodes.extend(plan.outputs.keys().map(|path| Node::Output(stack, path.clone())));
    }
    let numbers: BTreeMap<&Node, usize> = nodes.iter().enumerate().map(|(number, node)| (node, number)).collect();
    let mut graph = Graph::new(nodes.len());
    for (number, node) in nodes.iter().enumerate() {
        let (stack, found) = match node {
            Node::Resource(stack, urn) => {
                let Some(resource) = plans[*stack].and_then(|plan| plan.resources.get(urn)) else { continue };
                let mut found = resource_references(urn, resource);
                found.resources.extend(resource.options.deleted_with.clone());
                (*stack, found)
            }
            Node::Output(stack, path) => {
                let Some(expr) = plans[*stack].and_then(|plan| plan.outputs.get(path)) else { continue };
                (*stack, references([expr]))
            }
        };
        let mut edge = |target: Node| {
            if let Some(&target) = numbers.get(&target) {
                graph.add_edge(number, target);
            }
        };
        found.resources.into_iter().for_each(|urn| edge(Node::Resource(stack, urn)));
        for (name, path) in found.outputs {
            let Some(&upstream) = by_name.get(&name) else { continue };
            if let Some((leaf, _)) = plans[upstream].and_then(|plan| leaf_of(&plan.outputs, &path)) {
                edge(Node::Output(upstream, leaf.clone()));
            }
        }
    }
    let nodes_of = |numbers: Vec<usize>| numbers.into_iter().map(|number| nodes[number].clone()).collect();
    let mut cycles: Vec<Vec<usize>> = Vec::new();
    loop {
        match graph.order() {
            Ok(mut order) => {
                order.retain(|number| !cycles.iter().any(|cycle| cycle.contains(number)));
                return (nodes_of(order), cycles.into_iter().map(nodes_of).collect());
            }
            Err(found) => cycles.extend(found),
        }
        graph = without(&graph, &cycles);
    }
}

/// The graph in which the members of cycles stand alone.
fn without(graph: &Graph, cycles: &[Vec<usize>]) -> Graph {
    let out: BTreeSet<usize> = cycles.iter().flatten().copied().collect();
    let mut rest = Graph::new(graph.len());
    for node in (0..graph.len()).filter(|node| !out.contains(node)) {
        graph.needs(node).iter().filter(|need| !out.contains(need)).for_each(|&need| rest.add_edge(node, need));
    }
    rest
}

/// What a resource reads, and the resources of its stack that it waits for.
///
/// Where its own object is there already, it may be read, which is no reference to anything.
pub fn resource_references(urn: &Urn, resource: &Resource) -> References {
    of_resource(urn, resource, |expressions| references(expressions))
}

/// What a resource of a plan is made of: what it reads, with what is passed on in that, and what it waits for.
pub(crate) fn resource_made_of(plan: &Plan, urn: &Urn, resource: &Resource) -> References {
    of_resource(urn, resource, |expressions| made_of(plan, expressions))
}

fn of_resource<'a>(
    urn: &Urn,
    resource: &'a Resource,
    read: impl Fn(&mut dyn Iterator<Item = &'a Expr>) -> References,
) -> References {
    let mut found = read(&mut resource.around.expressions_after());
    found.resources.remove(urn);
    let before = read(&mut resource.properties.values().chain(resource.around.expressions_before()));
    found.resources.extend(before.resources);
    found.outputs.extend(before.outputs);
    found.resources.extend(resource.options.depends_on.iter().filter_map(|dependency| match dependency {
        Dependency::Resource(urn) => Some(urn.clone()),
        Dependency::Stack(_) => None,
    }));
    found
}
