//! The diagram of one stack.

use std::collections::{BTreeMap, BTreeSet};

use expr::{Expr, Visit};
use resource::{Dependency, Plan, Resource, Urn};

use crate::{Diagram, Group, Kind, Node};

/// How much of a stack is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackGrain {
    /// Every resource, in boxes for its constructs.
    Resources,
    /// Outermost constructs as single nodes, other resources by type.
    Constructs,
}

/// The diagram of a stack: what it declares, with arrows along references and orders.
pub fn of_stack(plan: &Plan, grain: StackGrain) -> Diagram {
    let mut diagram = Diagram { title: plan.stack.to_string(), ..Diagram::default() };
    let nodes = match grain {
        StackGrain::Resources => every_resource(plan, &mut diagram),
        StackGrain::Constructs => by_construct(plan, &mut diagram),
    };
    let mut outside: BTreeMap<String, usize> = BTreeMap::new();
    for (urn, resource) in &plan.resources {
        let to = nodes[urn];
        let needs = Needs::of(resource);
        for (other, order_only) in needs.resources {
            if let Some(&from) = other.parse::<Urn>().ok().as_ref().and_then(|urn| nodes.get(urn)) {
                diagram.add_edge(from, to, order_only);
            }
        }
        for (stack, order_only) in needs.stacks {
            let from = *outside.entry(stack).or_insert_with_key(|stack| {
                let (label, detail) = (stack.clone(), "stack".to_owned());
                diagram.add_node(Node { label, detail, kind: Kind::Outside, group: None })
            });
            diagram.add_edge(from, to, order_only);
        }
    }
    diagram
}

/// What a resource reads or waits for, each with whether it only waits.
struct Needs {
    resources: BTreeSet<(String, bool)>,
    stacks: BTreeSet<(String, bool)>,
}

impl Needs {
    fn of(resource: &Resource) -> Self {
        let mut needs = Self { resources: BTreeSet::new(), stacks: BTreeSet::new() };
        for expr in resource.properties.values() {
            expr.visit(&mut |part| match part {
                Expr::Attribute { urn, .. } => drop(needs.resources.insert((urn.clone(), false))),
                Expr::Output { stack, .. } => drop(needs.stacks.insert((stack.clone(), false))),
                _ => {}
            });
        }
        for dependency in &resource.options.depends_on {
            match dependency {
                Dependency::Resource(urn) => needs.resources.insert((urn.to_string(), true)),
                Dependency::Stack(stack) => needs.stacks.insert((stack.to_string(), true)),
            };
        }
        needs
    }
}

fn every_resource<'a>(plan: &'a Plan, diagram: &mut Diagram) -> BTreeMap<&'a Urn, usize> {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    // A group comes after the one that it lies in, so the outer ones go first.
    let mut names: Vec<(Vec<&str>, &str)> =
        plan.constructs.keys().map(|name| (way_up(plan, name), name.as_str())).collect();
    names.sort_by_key(|(way, name)| (way.len(), *name));
    for (way, name) in names {
        let parent = way.get(1).and_then(|parent| groups.get(parent)).copied();
        let detail = plan.constructs[name].ty.clone();
        diagram.groups.push(Group { label: name.to_owned(), detail, parent });
        groups.insert(name, diagram.groups.len() - 1);
    }
    let add = |(urn, resource): (&'a Urn, &'a Resource)| {
        let group = resource.parent.as_deref().and_then(|parent| groups.get(parent)).copied();
        let (label, detail) = (urn.name().to_owned(), urn.ty().to_owned());
        (urn, diagram.add_node(Node { label, detail, kind: Kind::Resource, group }))
    };
    plan.resources.iter().map(add).collect()
}

fn by_construct<'a>(plan: &'a Plan, diagram: &mut Diagram) -> BTreeMap<&'a Urn, usize> {
    // Constructs come before what stands alone, both by name.
    let place = |urn: &'a Urn, resource: &'a Resource| match resource.parent.as_deref() {
        Some(parent) if plan.constructs.contains_key(parent) => {
            (false, way_up(plan, parent).last().copied().unwrap_or(parent))
        }
        _ => (true, urn.ty()),
    };
    let mut members: BTreeMap<(bool, &str), Vec<&Urn>> = BTreeMap::new();
    for (urn, resource) in &plan.resources {
        members.entry(place(urn, resource)).or_default().push(urn);
    }
    let mut nodes = BTreeMap::new();
    for ((alone, name), urns) in members {
        let (label, detail, kind) = match (alone, urns.as_slice()) {
            (true, [urn]) => (urn.name().to_owned(), urn.ty().to_owned(), Kind::Resource),
            (true, many) => (name.to_owned(), format!("{} resources", many.len()), Kind::Resource),
            (false, many) => {
                let resources =
                    if many.len() == 1 { "1 resource".to_owned() } else { format!("{} resources", many.len()) };
                (name.to_owned(), format!("{}, {resources}", plan.constructs[name].ty), Kind::Construct)
            }
        };
        let node = diagram.add_node(Node { label, detail, kind, group: None });
        nodes.extend(urns.into_iter().map(|urn| (urn, node)));
    }
    nodes
}

/// A construct and those that it lies in, outwards; a ring ends where it closes.
fn way_up<'a>(plan: &'a Plan, name: &'a str) -> Vec<&'a str> {
    let mut way = vec![name];
    while let Some(parent) = way.last().and_then(|at| plan.constructs.get(*at)?.parent.as_deref()) {
        if way.contains(&parent) || !plan.constructs.contains_key(parent) {
            break;
        }
        way.push(parent);
    }
    way
}
