//! What a diagram shows, apart from how.

use std::collections::BTreeSet;

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
