//! The diagram of many stacks.

use std::collections::{BTreeMap, BTreeSet};

use resource::{Dependency, Evaluated, StackName};

use crate::{Diagram, Group, Kind, Node};

/// How much of an organisation is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganisationGrain {
    /// Every stack, in a box for its project.
    Stacks,
    /// Every project, in a box for the first part of its name.
    Projects,
}

/// Stacks that have no plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct Others<'a> {
    /// Somebody else manages these.
    pub foreign: &'a [StackName],
    /// These have objects and no file any more.
    pub gone: &'a [StackName],
}

/// The diagram of the organisation: stacks or projects, with arrows along references and orders. Stacks that are read
/// and are none of `plans` are drawn as outside, and so are those that are gone, read or not.
pub fn of_organisation<'a>(
    title: &str,
    plans: impl IntoIterator<Item = &'a Evaluated>,
    others: Others<'_>,
    grain: OrganisationGrain,
) -> Diagram {
    let plans: BTreeMap<&StackName, &Evaluated> = plans.into_iter().map(|plan| (plan.stack(), plan)).collect();
    let mut drawing =
        Drawing { grain, diagram: Diagram { title: title.to_owned(), ..Diagram::default() }, nodes: BTreeMap::new() };
    drawing.stacks(plans.keys().copied());
    for stack in others.gone {
        drawing.outside(&stack.to_string(), stack.to_string(), "to destroy");
    }
    for (stack, plan) in plans {
        let to = drawing.nodes[&stack.to_string()];
        for (other, order_only) in needs(plan) {
            let from = drawing.node_of(&other, others.foreign);
            drawing.diagram.add_edge(from, to, order_only);
        }
    }
    drawing.diagram
}

/// The stacks that one reads or waits for, each with whether it only waits.
fn needs(plan: &Evaluated) -> BTreeSet<(String, bool)> {
    match plan {
        Evaluated::Deferred { waits_for, .. } => waits_for.iter().map(|(stack, _)| (stack.clone(), false)).collect(),
        Evaluated::Plan(plan) => {
            let mut needs: BTreeSet<(String, bool)> =
                plan.reads().into_iter().map(|(stack, _)| (stack, false)).collect();
            let dependencies = plan.resources.values().flat_map(|resource| &resource.options.depends_on);
            let waits = dependencies.filter_map(|dependency| match dependency {
                Dependency::Stack(stack) => Some(stack),
                Dependency::Resource(_) => None,
            });
            needs.extend(plan.after.iter().chain(waits).map(|stack| (stack.to_string(), true)));
            needs
        }
    }
}

struct Drawing {
    grain: OrganisationGrain,
    diagram: Diagram,
    /// The node of each stack, by full name.
    nodes: BTreeMap<String, usize>,
}

impl Drawing {
    fn stacks<'a>(&mut self, stacks: impl Iterator<Item = &'a StackName>) {
        let mut projects: BTreeMap<&str, Vec<&StackName>> = BTreeMap::new();
        stacks.for_each(|stack| projects.entry(stack.project()).or_default().push(stack));
        for (project, stacks) in projects {
            match self.grain {
                OrganisationGrain::Stacks => {
                    let group = Some(self.group(project));
                    for stack in stacks {
                        let label = stack.short().to_owned();
                        let node = Node { label, detail: String::new(), kind: Kind::Stack, group };
                        let node = self.diagram.add_node(node);
                        self.nodes.insert(stack.to_string(), node);
                    }
                }
                OrganisationGrain::Projects => {
                    let group = project.split_once('.').map(|(first, _)| self.group(first));
                    let detail =
                        if stacks.len() == 1 { "1 stack".to_owned() } else { format!("{} stacks", stacks.len()) };
                    let node = Node { label: project.to_owned(), detail, kind: Kind::Stack, group };
                    let node = self.diagram.add_node(node);
                    self.nodes.extend(stacks.into_iter().map(|stack| (stack.to_string(), node)));
                }
            }
        }
    }

    fn group(&mut self, label: &str) -> usize {
        let groups = &mut self.diagram.groups;
        groups.iter().position(|group| group.label == label).unwrap_or_else(|| {
            groups.push(Group { label: label.to_owned(), detail: String::new(), parent: None });
            groups.len() - 1
        })
    }

    /// The node of a stack; one that is not there yet is outside.
    fn node_of(&mut self, name: &str, foreign: &[StackName]) -> usize {
        if let Some(&node) = self.nodes.get(name) {
            return node;
        }
        let known = foreign.iter().find(|stack| stack.to_string() == name);
        let label = match (known, self.grain) {
            (Some(stack), OrganisationGrain::Projects) => stack.project().to_owned(),
            _ => name.to_owned(),
        };
        self.outside(name, label, if known.is_some() { "foreign" } else { "not among these" })
    }

    fn outside(&mut self, name: &str, label: String, detail: &str) -> usize {
        let node = Node { label, detail: detail.to_owned(), kind: Kind::Outside, group: None };
        let there = self.diagram.nodes.iter().position(|other| *other == node);
        let node = there.unwrap_or_else(|| self.diagram.add_node(node));
        self.nodes.insert(name.to_owned(), node);
        node
    }
}
