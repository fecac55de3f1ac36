//! One stack in the folded view: its line, then as many of its resources as there is room for.

use std::collections::BTreeMap;

use diff::{ChangeSet, ResourceChange};
use graph::Graph;
use resource::Urn;

use crate::change::{is_risky, many_line, one_line, rank, reason_key};
use crate::style::{Line, Paint, thousands};
use crate::tally::Tally;

/// How many lines the resources of one stack get at most.
const ROWS: usize = 12;
/// From how many resources on those that change in the same way share a line.
const MANY: usize = 8;
/// How many resources that change in the same way share a line.
const ALIKE: usize = 3;

/// A resource and what would be done with it.
type Member<'a> = (&'a Urn, &'a ResourceChange);

/// A stack in which something updates, replaces or deletes.
pub(crate) struct Block<'a> {
    pub(crate) set: &'a ChangeSet,
    tally: Tally,
    rows: Vec<Vec<Member<'a>>>,
    /// How many lines its resources get.
    lines: usize,
}

impl<'a> Block<'a> {
    /// The block of a stack, if there is something to list.
    pub(crate) fn of(set: &'a ChangeSet) -> Option<Self> {
        let tally = Tally::of(set);
        if tally.risky() == 0 {
            return None;
        }
        let depths = depths(set);
        let mut risky: Vec<Member<'a>> = set.resources.iter().filter(|(_, change)| is_risky(change)).collect();
        risky.sort_by_key(|(urn, change)| (rank(change), depths.get(urn).copied(), *urn));
        let rows =
            if risky.len() <= MANY { risky.into_iter().map(|member| vec![member]).collect() } else { alike(risky) };
        Some(Self { set, tally, rows, lines: 0 })
    }

    /// How many lines would show all that it may show: the stack's own, those of its resources, and what is left as a
    /// number.
    pub(crate) fn wanted(&self) -> usize {
        1 + self.wanted_rows()
    }

    fn wanted_rows(&self) -> usize {
        let listed = self.rows.len().min(ROWS);
        let members: usize = self.rows[..listed].iter().map(Vec::len).sum();
        listed + usize::from(members < self.tally.changes())
    }

    pub(crate) fn show(&self) -> Vec<Line> {
        let here = self.set.stack.to_string();
        let mut lines = vec![self.tally.symbols(Line::indented(2).paint(Paint::Strong, here.as_str()).text("  "))];
        let members: usize = self.rows.iter().map(Vec::len).sum();
        let all = members == self.tally.changes() && self.lines >= self.rows.len();
        let listed = if all { self.rows.len() } else { self.lines.saturating_sub(1).min(self.rows.len()) };
        for row in &self.rows[..listed] {
            lines.push(match row.as_slice() {
                [(urn, change)] => one_line(urn, change, &here, 4),
                many => many_line(many, &here, 4),
            });
        }
        if !all && self.lines > 0 {
            let shown = Tally::of_changes(self.rows[..listed].iter().flatten().map(|(_, change)| *change));
            let rest = self.tally.minus(shown);
            let more = format!("… and {} more: {}", thousands(rest.changes()), rest.words());
            lines.push(Line::indented(4).paint(Paint::Faint, more));
        }
        lines
    }
}

/// Puts three and more that change in the same way on one row, at the place of the first.
fn alike(risky: Vec<Member<'_>>) -> Vec<Vec<Member<'_>>> {
    let mut rows: Vec<Vec<Member<'_>>> = Vec::new();
    let mut row_of: BTreeMap<_, usize> = BTreeMap::new();
    for (urn, change) in risky {
        let row = *row_of.entry((rank(change), urn.ty(), reason_key(change))).or_insert_with(|| {
            rows.push(Vec::new());
            rows.len() - 1
        });
        rows[row].push((urn, change));
    }
    let single =
        |row: Vec<_>| if row.len() < ALIKE { row.into_iter().map(|one| vec![one]).collect() } else { vec![row] };
    rows.into_iter().flat_map(single).collect()
}

/// How far each resource is from the first cause: 0 = it reads nothing that changes.
fn depths(set: &ChangeSet) -> BTreeMap<&Urn, usize> {
    let urns: Vec<&Urn> = set.resources.iter().filter(|(_, change)| is_risky(change)).map(|(urn, _)| urn).collect();
    let mut graph = Graph::new(urns.len());
    for (node, urn) in urns.iter().enumerate() {
        let needs = set.resources[*urn].dependencies.iter();
        needs.filter_map(|need| urns.binary_search(&need).ok()).for_each(|need| graph.add_edge(node, need));
    }
    let mut depths = vec![0; urns.len()];
    for node in graph.order().unwrap_or_default() {
        depths[node] = graph.needs(node).iter().map(|&need| depths[need] + 1).max().unwrap_or(0);
    }
    urns.into_iter().zip(depths).collect()
}

/// Shares lines among the blocks: one each, then in turns; how many blocks got none and were taken out.
pub(crate) fn share(blocks: &mut Vec<Block<'_>>, room: usize) -> usize {
    let all = blocks.len();
    if all > room {
        blocks.truncate(room.saturating_sub(1));
        return all - blocks.len();
    }
    let mut left = room - all;
    loop {
        let before = left;
        for block in blocks.iter_mut() {
            // One line alone could only repeat the numbers, so the first share is two.
            let share = if block.lines == 0 { block.wanted_rows().min(2) } else { 1 };
            if block.lines < block.wanted_rows() && left >= share {
                block.lines += share;
                left -= share;
            }
        }
        if left == before {
            return 0;
        }
    }
}
