//! One stack, opened: its constructs, resources and outputs.

use std::collections::BTreeMap;

use diff::{ChangeSet, ResourceChange};
use resource::Urn;

use crate::change::{LIMIT, all_lines};
use crate::style::{Line, Paint, count, thousands};
use crate::tally::Tally;
use crate::value::value_text;

/// How many outputs are listed, if not everything is asked for.
const OUTPUTS: usize = 30;

/// The lines of an opened stack; with `full` no construct is folded and every property of what is made is shown.
pub(crate) fn opened(set: &ChangeSet, full: bool) -> Vec<Line> {
    let here = set.stack.to_string();
    let tree = Tree::of(set);
    let view = View { set, here: &here, full };
    let mut lines = vec![view.title()];
    view.members(&tree, None, 2, &mut lines);
    for (urn, _) in &set.leftovers {
        let line = Line::indented(2).paint(Paint::Bad, "-").text(" ").paint(Paint::Strong, urn.name());
        lines.push(line.apart(Paint::Plain, urn.ty()).apart(Paint::Note, "left over from an earlier replacement"));
    }
    view.leaving(&mut lines);
    view.outputs(&mut lines);
    view.end(&mut lines);
    lines
}

/// What is shown under each construct; under `None` what stands alone.
struct Tree<'a> {
    constructs: BTreeMap<Option<&'a str>, Vec<&'a str>>,
    resources: BTreeMap<Option<&'a str>, Vec<(&'a Urn, &'a ResourceChange)>>,
}

impl<'a> Tree<'a> {
    fn of(set: &'a ChangeSet) -> Self {
        // A parent that is gone, or that is its own ancestor, is as good as none.
        let known = |parent: &'a Option<String>| {
            parent.as_deref().filter(|name| set.constructs.contains_key(*name) && is_rooted(set, name))
        };
        let mut tree = Self { constructs: BTreeMap::new(), resources: BTreeMap::new() };
        for (name, construct) in &set.constructs {
            tree.constructs.entry(known(&construct.parent)).or_default().push(name);
        }
        for (urn, change) in &set.resources {
            tree.resources.entry(known(&change.parent)).or_default().push((urn, change));
        }
        tree
    }

    fn constructs(&self, parent: Option<&'a str>) -> &[&'a str] {
        self.constructs.get(&parent).map_or(&[], Vec::as_slice)
    }

    fn resources(&self, parent: Option<&'a str>) -> &[(&'a Urn, &'a ResourceChange)] {
        self.resources.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// Everything below a construct.
    fn tally(&self, construct: &'a str) -> Tally {
        let own = Tally::of_changes(self.resources(Some(construct)).iter().map(|(_, change)| *change));
        self.constructs(Some(construct)).iter().fold(own, |tally, child| tally.plus(self.tally(child)))
    }
}

/// Whether the way up from a construct ends.
fn is_rooted(set: &ChangeSet, name: &str) -> bool {
    let mut at = name;
    for _ in 0..=set.constructs.len() {
        match set.constructs.get(at).and_then(|construct| construct.parent.as_deref()) {
            Some(parent) => at = parent,
            None => return true,
        }
    }
    false
}

struct View<'a> {
    set: &'a ChangeSet,
    here: &'a str,
    full: bool,
}

impl<'a> View<'a> {
    fn title(&self) -> Line {
        Tally::of(self.set).symbols(Line::default().paint(Paint::Strong, self.here).text("  "))
    }

    fn members(&self, tree: &Tree<'a>, parent: Option<&'a str>, indent: usize, lines: &mut Vec<Line>) {
        for name in tree.constructs(parent) {
            self.construct(tree, name, indent, lines);
        }
        for (urn, change) in tree.resources(parent).iter().filter(|(_, change)| !change.is_nothing()) {
            lines.extend(all_lines(urn, change, self.here, indent, self.full));
        }
    }

    fn construct(&self, tree: &Tree<'a>, name: &'a str, indent: usize, lines: &mut Vec<Line>) {
        let tally = tree.tally(name);
        if tally.changes() == 0 {
            return;
        }
        let ty = self.set.constructs.get(name).map(|construct| construct.ty.as_str()).unwrap_or_default();
        let all_created = tally.create == tally.changes() && tally.keep == 0;
        let (symbol, paint) = if all_created { ("+", Paint::Good) } else { (" ", Paint::Plain) };
        let line = Line::indented(indent).paint(paint, symbol).text(" ").paint(Paint::Strong, name);
        let line = line.apart(Paint::Plain, ty).text("  ");
        if all_created && !self.full {
            lines.push(line.paint(Paint::Good, count(tally.create, "resource")));
        } else {
            lines.push(tally.symbols(line));
            self.members(tree, Some(name), indent + 2, lines);
        }
    }

    /// What goes over to other stacks.
    fn leaving(&self, lines: &mut Vec<Line>) {
        for (urn, (stack, _)) in &self.set.leaving {
            let line = Line::indented(2).paint(Paint::Change, "⇐").text(" ").paint(Paint::Strong, urn.name());
            lines.push(line.apart(Paint::Plain, urn.ty()).apart(Paint::Change, format!("moves to {stack}")));
        }
    }

    fn outputs(&self, lines: &mut Vec<Line>) {
        let changed: Vec<_> = self.set.outputs.iter().filter(|(_, output)| output.changes()).collect();
        if changed.is_empty() {
            return;
        }
        lines.push(Line::indented(2).paint(Paint::Strong, "outputs:"));
        let shown = if self.full { changed.len() } else { changed.len().min(OUTPUTS) };
        for (path, output) in &changed[..shown] {
            let (symbol, paint) = match (&output.value, output.published) {
                (None, _) => ("-", Paint::Bad),
                (_, None) => ("+", Paint::Good),
                _ => ("~", Paint::Change),
            };
            let line = Line::indented(4).paint(paint, symbol).text(format!(" {path}"));
            lines.push(match &output.value {
                Some(value) => line.text(format!(": {}", value_text(value, self.here, LIMIT))),
                None => line.apart(paint, "withdrawn"),
            });
        }
        if shown < changed.len() {
            let more = format!("… and {}", count(changed.len() - shown, "more output"));
            lines.push(Line::indented(4).paint(Paint::Faint, more));
        }
    }

    /// What is not listed because nothing happens to it.
    fn end(&self, lines: &mut Vec<Line>) {
        let keep = Tally::of(self.set).keep;
        let outputs = self.set.outputs.values().filter(|output| !output.changes()).count();
        let parts: Vec<String> = [(keep, "resource"), (outputs, "output")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, noun)| count(number, noun))
            .collect();
        if !parts.is_empty() {
            lines.push(Line::indented(2).paint(Paint::Faint, format!("… {} unchanged", parts.join(" and "))));
        } else if lines.len() == 1 {
            lines.push(Line::indented(2).paint(Paint::Faint, format!("… {} resources", thousands(0))));
        }
    }
}
