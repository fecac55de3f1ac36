//! The preview: one screen, or everything.

use std::collections::{BTreeMap, BTreeSet};

use diff::ChangeSet;
use resource::StackName;
use value::Path;

use crate::across::across;
use crate::block::{Block, share};
use crate::opened::opened;
use crate::style::{Line, Paint, Style, count, show_all, thousands};
use crate::tally::Tally;

/// How a preview is shown, and what is said besides the change sets.
#[derive(Debug, Clone)]
pub struct ViewOptions {
    /// Every stack opened, nothing folded.
    pub full: bool,
    /// These stacks opened: one that was named.
    pub opened: BTreeSet<StackName>,
    /// How many lines fit on the screen; 24 where there is none.
    pub height: usize,
    /// Colour and width.
    pub style: Style,
    /// The environments in the order in which they are shown; others follow by name.
    pub environments: Vec<String>,
    /// How many stacks have nothing to do, besides the empty ones among the change sets.
    pub unchanged: usize,
    /// Stacks whose plan waits for outputs that are not known yet: stack and path.
    pub deferred: BTreeMap<StackName, BTreeSet<(String, Path)>>,
    /// Stacks that cannot be previewed, each with why.
    pub failed: BTreeMap<StackName, String>,
    /// Stacks that depend on some of these, with their full names.
    pub passed_over: BTreeMap<StackName, BTreeSet<String>>,
    /// Stacks that have state and no file any more.
    pub to_destroy: BTreeSet<StackName>,
    /// Remarks on the whole: what is read as published although it would change, where providers point.
    pub notes: Vec<String>,
    /// How far a restricted run goes: said last.
    pub restricted: Option<String>,
}

impl Default for ViewOptions {
    fn default() -> Self {
        Self {
            full: false,
            opened: BTreeSet::new(),
            height: 24,
            style: Style::PLAIN,
            environments: Vec::new(),
            unchanged: 0,
            deferred: BTreeMap::new(),
            failed: BTreeMap::new(),
            passed_over: BTreeMap::new(),
            to_destroy: BTreeSet::new(),
            notes: Vec::new(),
            restricted: None,
        }
    }
}

/// What would be done, as text. Folded it has fewer lines than the screen, so that a question fits under it; opened
/// stacks are shown whole.
pub fn preview(sets: &[ChangeSet], options: &ViewOptions) -> String {
    let view = View::new(sets, options);
    let (mut lines, folded): (Vec<Line>, bool) = if options.full {
        (view.opened_blocks(|_| true), false)
    } else {
        let mut lines = view.opened_blocks(|stack| options.opened.contains(stack));
        let (rest, folded) = view.folded();
        lines.extend(rest);
        (lines, folded)
    };
    if folded {
        let hint = "folded; name a stack to open it, or see everything with `--full`";
        lines.push(Line::default().paint(Paint::Faint, hint));
    }
    lines.push(view.total());
    lines.extend(options.restricted.iter().map(|words| Line::default().paint(Paint::Note, words)));
    show_all(&lines, options.style)
}

pub(crate) struct View<'a> {
    pub(crate) options: &'a ViewOptions,
    sets: &'a [ChangeSet],
    /// Those in which something happens, by name.
    pub(crate) changed: Vec<&'a ChangeSet>,
    pub(crate) unchanged: usize,
}

impl<'a> View<'a> {
    pub(crate) fn new(sets: &'a [ChangeSet], options: &'a ViewOptions) -> Self {
        let deferred = |set: &ChangeSet| options.deferred.contains_key(&set.stack);
        let mut changed: Vec<&ChangeSet> = sets.iter().filter(|set| !set.is_empty()).collect();
        changed.sort_by(|a, b| a.stack.cmp(&b.stack));
        let empty = sets.iter().filter(|set| set.is_empty() && !deferred(set)).count();
        Self { options, sets, changed, unchanged: options.unchanged + empty }
    }

    fn opened_blocks(&self, which: impl Fn(&StackName) -> bool) -> Vec<Line> {
        let full = self.options.full;
        let mut lines: Vec<Line> =
            self.changed.iter().filter(|set| which(&set.stack)).flat_map(|set| opened(set, full)).collect();
        if full {
            lines.extend(self.extras(usize::MAX));
        }
        lines
    }

    /// The one-screen view of all that is not opened, and whether something was folded.
    fn folded(&self) -> (Vec<Line>, bool) {
        // The question, the total and the line on what was folded need their place.
        let height = self.options.height.max(10) - 3 - usize::from(self.options.restricted.is_some());
        let sets: Vec<&ChangeSet> =
            self.changed.iter().filter(|set| !self.options.opened.contains(&set.stack)).copied().collect();
        let extras = self.extras(4);
        let room = height.saturating_sub(extras.len());
        let projects = by_project(&sets);
        let mut blocks: Vec<Block<'_>> = sets.iter().filter_map(|set| Block::of(set)).collect();
        let wanted: usize = blocks.iter().map(Block::wanted).sum();
        let for_blocks = wanted.min(room.saturating_sub(projects.len()).max(room / 2));
        let shown_projects = choose_projects(&projects, room - for_blocks);
        blocks.retain(|block| shown_projects.contains(block.set.stack.project()));
        let hidden_blocks = share(&mut blocks, for_blocks);

        let mut lines = self.project_lines(&projects, &shown_projects, &blocks);
        if hidden_blocks > 0 {
            let more = format!("… and {} in which something changes", count(hidden_blocks, "more stack"));
            lines.push(Line::default().paint(Paint::Faint, more));
        }
        lines.extend(across(self.sets, room.saturating_sub(lines.len()).min(8)));
        lines.extend(extras);
        (lines, sets.iter().any(|set| Tally::of(set).changes() > 0))
    }

    /// A line per project, the blocks of its stacks under it.
    fn project_lines(
        &self,
        projects: &BTreeMap<&str, Vec<&ChangeSet>>,
        shown: &BTreeSet<&str>,
        blocks: &[Block<'_>],
    ) -> Vec<Line> {
        let name_width = shown.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let number = |sets: &[&ChangeSet]| count(sets.len(), "stack");
        let number_width = shown.iter().map(|name| number(&projects[name]).len()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for name in shown {
            let sets = &projects[name];
            let line = Line::default().paint(Paint::Strong, *name).pad_to(name_width + 2).text(number(sets));
            lines.push(self.environments(line.pad_to(name_width + 2 + number_width), sets));
            for block in blocks.iter().filter(|block| block.set.stack.project() == *name) {
                lines.extend(block.show());
            }
        }
        if shown.len() < projects.len() {
            let folded = projects.iter().filter(|(name, _)| !shown.contains(*name)).flat_map(|(_, sets)| sets);
            let tally = folded.map(|set| Tally::of(set)).fold(Tally::default(), Tally::plus);
            let more = format!("… and {}: {}", count(projects.len() - shown.len(), "more project"), tally.words());
            lines.push(Line::default().paint(Paint::Faint, more));
        }
        lines
    }

    /// `CI +132  QA +395 ~2`.
    pub(crate) fn environments(&self, line: Line, sets: &[&ChangeSet]) -> Line {
        let position = |name: &str| self.options.environments.iter().position(|known| known == name);
        let mut tallies: BTreeMap<(usize, &str), Tally> = BTreeMap::new();
        for set in sets {
            let environment = set.stack.environment();
            let tally = tallies.entry((position(environment).unwrap_or(usize::MAX), environment)).or_default();
            *tally = tally.plus(Tally::of(set));
        }
        tallies.into_iter().fold(line, |line, ((_, environment), tally)| {
            tally.symbols(line.text("  ").paint(Paint::Note, environment).text(" "))
        })
    }

    /// What is said besides the change sets, at most `limit` lines of each kind.
    pub(crate) fn extras(&self, limit: usize) -> Vec<Line> {
        let options = self.options;
        let mut lines = Vec::new();
        let failed = options.failed.iter().map(|(stack, why)| {
            Line::default().paint(Paint::Bad, "! ").paint(Paint::Strong, stack.to_string()).text(format!("  {why}"))
        });
        push_some(&mut lines, failed, limit, "stack that cannot be previewed", "stacks that cannot be previewed");
        let deferred = options.deferred.iter().map(|(stack, waits_for)| {
            let mut names = waits_for.iter().map(|(stack, path)| format!("{stack}: {path}"));
            let first = names.next().unwrap_or_else(|| "an output".to_owned());
            let more = names.count();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let line = Line::default().paint(Paint::Change, "? ").paint(Paint::Strong, stack.to_string());
            line.text(format!("  is planned once {first}{more} is known"))
        });
        push_some(&mut lines, deferred, limit, "stack that waits", "stacks that wait");
        let passed_over = options.passed_over.iter().map(|(stack, failed)| {
            let first = failed.iter().next().map_or("a stack", String::as_str);
            let more = if failed.len() > 1 { format!(" and {} more", failed.len() - 1) } else { String::new() };
            let line = Line::default().paint(Paint::Change, "? ").paint(Paint::Strong, stack.to_string());
            line.text(format!("  waits for {first}{more}"))
        });
        push_some(&mut lines, passed_over, limit, "stack that waits", "stacks that wait");
        let to_destroy = options.to_destroy.iter().map(|stack| {
            let line = Line::default().paint(Paint::Bad, "- ").paint(Paint::Strong, stack.to_string());
            let line = line.text("  to destroy: its file is gone; `up` leaves it alone, ");
            line.text(format!("`runner destroy {stack}` takes it down"))
        });
        push_some(&mut lines, to_destroy, limit, "stack to destroy", "stacks to destroy");
        let notes = options.notes.iter().map(|note| Line::default().paint(Paint::Note, "note: ").text(note));
        push_some(&mut lines, notes, limit, "note", "notes");
        lines
    }

    pub(crate) fn total(&self) -> Line {
        let tally = self.changed.iter().map(|set| Tally::of(set)).fold(Tally::default(), Tally::plus);
        let rest = match self.unchanged {
            0 => String::new(),
            number => format!("; {} with nothing to do", count(number, "stack")),
        };
        let quiet = self.options.failed.is_empty() && self.options.deferred.is_empty();
        match (self.changed.len(), quiet) {
            (0, true) => Line::default()
                .paint(Paint::Strong, "nothing to do")
                .text(format!(": {} up to date", count(self.unchanged, "stack"))),
            (0, false) => Line::of(format!("no change is known yet{rest}")),
            (stacks, _) => {
                let line = Line::default().paint(Paint::Strong, tally.words());
                let drift = match tally.drift {
                    0 => String::new(),
                    all if all == tally.changes() => ", all of it drift".to_owned(),
                    some => format!(", {} of it drift", thousands(some)),
                };
                line.text(format!(" in {}{drift}{rest}", count(stacks, "stack")))
            }
        }
    }
}

pub(crate) fn by_project<'a>(sets: &[&'a ChangeSet]) -> BTreeMap<&'a str, Vec<&'a ChangeSet>> {
    let mut projects: BTreeMap<&str, Vec<&ChangeSet>> = BTreeMap::new();
    for set in sets {
        projects.entry(set.stack.project()).or_default().push(set);
    }
    projects
}

/// Whether stacks only grow.
pub(crate) fn is_calm(sets: &[&ChangeSet]) -> bool {
    sets.iter().all(|set| Tally::of(set).risky() == 0)
}

/// The projects that are shown on `room` lines: those in which something changes before those that only grow.
fn choose_projects<'a>(projects: &BTreeMap<&'a str, Vec<&ChangeSet>>, room: usize) -> BTreeSet<&'a str> {
    if projects.len() <= room {
        return projects.keys().copied().collect();
    }
    let mut names: Vec<(bool, &str)> = projects.iter().map(|(name, sets)| (is_calm(sets), *name)).collect();
    names.sort_unstable();
    names.into_iter().take(room.saturating_sub(1)).map(|(_, name)| name).collect()
}

/// Pushes at most `limit` lines, the last of them a number if there are more.
fn push_some(lines: &mut Vec<Line>, items: impl ExactSizeIterator<Item = Line>, limit: usize, one: &str, many: &str) {
    let all = items.len();
    let shown = if all <= limit { all } else { limit - 1 };
    lines.extend(items.take(shown));
    match all - shown {
        0 => {}
        1 => lines.push(Line::default().paint(Paint::Faint, format!("… and 1 more {one}"))),
        more => lines.push(Line::default().paint(Paint::Faint, format!("… and {} more {many}", thousands(more)))),
    }
}
