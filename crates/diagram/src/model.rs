//! What a diagram shows, apart from how.

use std::collections::BTreeSet;

use crate::{svg, text};

/// Nodes in groups, and arrows between nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagram {
    /// What it is of.
    pub title: String,
    /// The groups; each comes after the one that it lies in.
    pub groups: Vec<Group>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The arrows.
    pub edges: BTreeSet<Edge>,
}

/// A box around nodes and further groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub label: String,
    /// What kind of thing it is, or nothing.
    pub detail: String,
    /// The group that it lies in.
    pub parent: Option<usize>,
}

/// A thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub label: String,
    /// What it is.
    pub detail: String,
    /// How it is drawn.
    pub kind: Kind,
    /// The group that it lies in.
    pub group: Option<usize>,
}

/// How a node is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A resource, or several.
    Resource,
    /// A construct, drawn as one thing.
    Construct,
    /// A stack, or all stacks of a project.
    Stack,
    /// A stack that is elsewhere: of another diagram, or one that Groundplan does not manage.
    Outside,
}

/// An arrow from a node to one that reads it or waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// What is read: a position among the nodes.
    pub from: usize,
    /// What reads it.
    pub to: usize,
    /// It only waits, and reads nothing.
    pub order_only: bool,
}

/// How a diagram is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An indented list, for a terminal.
    Text,
    /// Mermaid, which code hosts draw within Markdown.
    Mermaid,
    /// The language of Graphviz.
    Dot,
    /// A picture.
    Svg,
}

impl Format {
    /// Every format with its name.
    pub const ALL: [(&'static str, Self); 4] =
        [("text", Self::Text), ("mermaid", Self::Mermaid), ("dot", Self::Dot), ("svg", Self::Svg)];
}

impl Diagram {
    /// The diagram in a format.
    pub fn show(&self, format: Format) -> String {
        match format {
            Format::Text => text::text(self),
            Format::Mermaid => text::mermaid(self),
            Format::Dot => text::dot(self),
            Format::Svg => svg::svg(self),
        }
    }

    /// Adds an arrow; one that reads hides one that only waits.
    pub(crate) fn add_edge(&mut self, from: usize, to: usize, order_only: bool) {
        let (reads, waits) = (Edge { from, to, order_only: false }, Edge { from, to, order_only: true });
        if from == to || order_only && self.edges.contains(&reads) {
            return;
        }
        if !order_only {
            self.edges.remove(&waits);
        }
        self.edges.insert(if order_only { waits } else { reads });
    }

    /// Adds a node and gives its position.
    pub(crate) fn add_node(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The positions of the nodes that lie directly in a group, or in none.
    pub(crate) fn nodes_in(&self, group: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(move |&node| self.nodes[node].group == group)
    }

    /// The positions of the groups that lie directly in a group, or in none.
    pub(crate) fn groups_in(&self, group: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        (0..self.groups.len()).filter(move |&inner| self.groups[inner].parent == group)
    }
}
