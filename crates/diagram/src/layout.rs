//! A layered layout: what is read stands above its readers, groups are boxes laid out in themselves.

use std::collections::{BTreeMap, BTreeSet};

use graph::Graph;

use crate::Diagram;

/// A box: its place and size.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Where everything stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    pub(crate) nodes: Vec<Area>,
    pub(crate) groups: Vec<Area>,
    pub(crate) size: Area,
}

/// How wide a row may be at least before it is broken.
const ROW: f64 = 900.0;
/// How many times as wide as high the content of a group is wished.
const SHAPE: f64 = 2.0;
const GAP_X: f64 = 16.0;
const GAP_Y: f64 = 44.0;
/// Between two rows of one layer.
const GAP_ROW: f64 = 16.0;
/// Around what is in a group.
const PADDING: f64 = 12.0;
/// The title of a group.
pub(crate) const TITLE: f64 = 20.0;
/// A line of text.
pub(crate) const LINE: f64 = 15.0;

/// How wide a text is, about.
pub(crate) fn text_width(text: &str) -> f64 {
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    f64::from(characters) * 6.6
}

/// A thing within a group: a node or another group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Group(usize),
    Node(usize),
}

/// Finds a place for everything.
pub(crate) fn layout(diagram: &Diagram) -> Layout {
    let empty = Area::default();
    let mut layout =
        Layout { nodes: vec![empty; diagram.nodes.len()], groups: vec![empty; diagram.groups.len()], size: empty };
    for (area, node) in layout.nodes.iter_mut().zip(&diagram.nodes) {
        area.width = text_width(&node.label).max(text_width(&node.detail)) + 20.0;
        area.height = 12.0 + LINE * if node.detail.is_empty() { 1.0 } else { 2.0 };
    }
    // Inner groups come after the outer ones, so their sizes are known first when going backwards.
    for group in (0..diagram.groups.len()).rev() {
        let inner = arrange(diagram, Some(group), &mut layout);
        let title = text_width(&diagram.groups[group].label) + text_width(&diagram.groups[group].detail) + 24.0;
        layout.groups[group].width = (inner.width + 2.0 * PADDING).max(title);
        layout.groups[group].height = inner.height + 2.0 * PADDING + TITLE;
    }
    layout.size = arrange(diagram, None, &mut layout);
    // Until here places are relative to the group that holds the thing.
    for group in 0..diagram.groups.len() {
        if let Some(parent) = diagram.groups[group].parent {
            let (x, y) = inside(layout.groups[parent]);
            layout.groups[group].x += x;
            layout.groups[group].y += y;
        }
    }
    for (area, node) in layout.nodes.iter_mut().zip(&diagram.nodes) {
        if let Some(group) = node.group {
            let (x, y) = inside(layout.groups[group]);
            area.x += x;
            area.y += y;
        }
    }
    layout
}

/// Where the content of a group begins.
fn inside(group: Area) -> (f64, f64) {
    (group.x + PADDING, group.y + PADDING + TITLE)
}

/// Places the direct members of a group, and gives the size that they take together.
fn arrange(diagram: &Diagram, group: Option<usize>, layout: &mut Layout) -> Area {
    let items: Vec<Item> =
        diagram.groups_in(group).map(Item::Group).chain(diagram.nodes_in(group).map(Item::Node)).collect();
    let graph = graph_of(diagram, group, &items);
    let mut size = Area::default();
    let mut rows = Vec::new();
    let surface = |area: Area| (area.width + GAP_X) * (area.height + GAP_ROW);
    let room = (items.iter().map(|&item| surface(*area_of(layout, item))).sum::<f64>() * SHAPE).sqrt().max(ROW);
    for layer in layers(&graph) {
        let mut top = if rows.is_empty() { 0.0 } else { size.height + GAP_Y };
        for row in broken(&layer, room, |position| area_of(layout, items[position]).width + GAP_X) {
            let mut left = 0.0;
            let mut height = 0.0_f64;
            for &position in &row {
                let area = area_of(layout, items[position]);
                (area.x, area.y) = (left, top);
                left += area.width + GAP_X;
                height = height.max(area.height);
            }
            size.width = size.width.max(left - GAP_X);
            size.height = top + height;
            top += height + GAP_ROW;
            rows.push((row, left - GAP_X));
        }
    }
    for (row, width) in rows {
        for position in row {
            area_of(layout, items[position]).x += ((size.width - width) / 2.0).round();
        }
    }
    size
}

fn area_of(layout: &mut Layout, item: Item) -> &mut Area {
    match item {
        Item::Group(group) => &mut layout.groups[group],
        Item::Node(node) => &mut layout.nodes[node],
    }
}

/// The members of a group as a graph; an arrow between two nodes counts for the members that hold them.
fn graph_of(diagram: &Diagram, group: Option<usize>, items: &[Item]) -> Graph {
    let positions: BTreeMap<Item, usize> = items.iter().enumerate().map(|(position, item)| (*item, position)).collect();
    let member = |node: usize| {
        let mut item = Item::Node(node);
        let mut holder = diagram.nodes[node].group;
        while holder != group {
            let outer = holder?;
            item = Item::Group(outer);
            holder = diagram.groups[outer].parent;
        }
        positions.get(&item).copied()
    };
    let mut graph = Graph::new(items.len());
    for edge in &diagram.edges {
        match (member(edge.from), member(edge.to)) {
            (Some(from), Some(to)) if from != to => graph.add_edge(to, from),
            _ => {}
        }
    }
    graph
}

/// The layers from above: each member below all that it needs, but for cycles, whose members stand side by side.
/// Within a layer members stand near what they need.
fn layers(graph: &Graph) -> Vec<Vec<usize>> {
    let mut rank = vec![0_usize; graph.len()];
    for component in graph.components() {
        let inside: BTreeSet<usize> = component.iter().copied().collect();
        let needs = component.iter().flat_map(|&member| graph.needs(member)).filter(|need| !inside.contains(need));
        let own = needs.map(|&need| rank[need] + 1).max().unwrap_or(0);
        component.iter().for_each(|&member| rank[member] = own);
    }
    let mut layers = vec![Vec::new(); rank.iter().max().map_or(0, |deepest| deepest + 1)];
    (0..graph.len()).for_each(|member| layers[rank[member]].push(member));
    let mut place = vec![0.0_f64; graph.len()];
    for layer in &mut layers {
        let mut keyed: Vec<(f64, usize)> =
            layer.iter().map(|&member| (middle(graph.needs(member), &place), member)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let last = f64::from(u32::try_from(keyed.len()).unwrap_or(u32::MAX)).max(1.0);
        for (position, (_, member)) in keyed.iter().enumerate() {
            place[*member] = (f64::from(u32::try_from(position).unwrap_or(u32::MAX)) + 0.5) / last;
        }
        *layer = keyed.into_iter().map(|(_, member)| member).collect();
    }
    layers
}

fn middle(needs: &[usize], place: &[f64]) -> f64 {
    if needs.is_empty() {
        return 0.5;
    }
    let count = f64::from(u32::try_from(needs.len()).unwrap_or(u32::MAX));
    needs.iter().map(|&need| place[need]).sum::<f64>() / count
}

/// A layer in rows of bounded and about equal width.
fn broken(layer: &[usize], room: f64, mut width: impl FnMut(usize) -> f64) -> Vec<Vec<usize>> {
    let total: f64 = layer.iter().map(|&position| width(position)).sum();
    let share = total / (total / room).ceil().max(1.0);
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut used = f64::INFINITY;
    for &position in layer {
        let own = width(position);
        match rows.last_mut() {
            // The middle of a thing says which row it is in, so that the last row is no leftover.
            Some(row) if used + own / 2.0 <= share && used + own <= room * 1.2 => {
                row.push(position);
                used += own;
            }
            _ => {
                rows.push(vec![position]);
                used = own;
            }
        }
    }
    rows
}
