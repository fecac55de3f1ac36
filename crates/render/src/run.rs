//! A run while it goes on, and at its end.

use std::collections::BTreeMap;

use diff::{Action, Counts};
use resource::{StackName, Urn};

use crate::change::symbol;
use crate::style::{Line, Paint, Style, count, thousands};

/// How a run stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// The stacks that have steps.
    pub stacks: BTreeMap<StackName, StackProgress>,
    /// Seconds since it began.
    pub elapsed: f64,
}

/// How one stack of a run stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StackProgress {
    /// Its steps.
    pub total: usize,
    /// Those that ended well.
    pub done: usize,
    /// Those that failed or were skipped.
    pub failed: usize,
    /// Those that run.
    pub in_flight: Vec<InFlight>,
}

/// A step that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct InFlight {
    /// The resource.
    pub urn: Urn,
    /// What is done with it.
    pub action: Action,
    /// For how many seconds.
    pub seconds: f64,
}

/// Something that happened to one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct StepEvent<'a> {
    /// The stack.
    pub stack: &'a StackName,
    /// The resource.
    pub urn: &'a Urn,
    /// What is done with it.
    pub action: Action,
    /// How it ended; `None` = it starts.
    pub ended: Option<Ended<'a>>,
    /// After how many seconds.
    pub seconds: f64,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended<'a> {
    /// Well.
    Done,
    /// With a failure: the first line says why.
    Failed(&'a str),
    /// Not at all, because of something else.
    Skipped(&'a str),
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunSummary {
    /// The resources by what was done with them.
    pub counts: Counts,
    /// Stacks in which something was done.
    pub stacks: usize,
    /// Stacks with nothing to do.
    pub unchanged: usize,
    /// Those among all that were looked up, not computed.
    pub cached: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps that were not started because of a failure or a cancellation.
    pub skipped: usize,
    /// How long it took.
    pub seconds: f64,
}

/// One line for something that happened, where there is no terminal to draw on.
pub fn event(event: &StepEvent<'_>, style: Style) -> String {
    let (sign, paint) = symbol(event.action);
    let (done, doing) = words(event.action);
    let line = Line::default().paint(Paint::Strong, event.stack.to_string()).text("  ").paint(paint, sign).text(" ");
    let line = line.text(event.urn.name()).text("  ").text(event.urn.ty()).text("  ");
    let line = match event.ended {
        None => line.text(doing),
        Some(Ended::Done) => line.paint(Paint::Good, done).text(format!("  {}", seconds(event.seconds))),
        Some(Ended::Failed(why)) => {
            line.paint(Paint::Bad, format!("failed after {}: {}", seconds(event.seconds), first_line(why)))
        }
        Some(Ended::Skipped(why)) => line.paint(Paint::Change, format!("skipped: {}", first_line(why))),
    };
    line.show(style)
}

/// The tree of stacks with their bars, on at most `height` lines: first those that failed or run, with their steps,
/// then those that wait; the rest as a number.
pub fn progress(progress: &Progress, height: usize, style: Style) -> Vec<String> {
    let mut stacks: Vec<(&StackName, &StackProgress)> = progress.stacks.iter().collect();
    stacks.sort_by_key(|(name, stack)| (stack.rank(), *name));
    // The first line is the total, the last one the number of what is not shown.
    let room = height.max(2) - 2;
    let active = stacks.iter().filter(|(_, stack)| stack.rank() < 2).count();
    let steps: usize = stacks.iter().map(|(_, stack)| stack.in_flight.len()).sum();
    let waiting = stacks.iter().filter(|(_, stack)| stack.rank() == 2).count();
    let mut spare = room.saturating_sub(active).min(steps);
    let shown = active.min(room) + waiting.min(room.saturating_sub(active + spare));
    let name_width = stacks[..shown].iter().map(|(name, _)| name.to_string().chars().count()).max().unwrap_or(0);
    let mut lines = vec![total(progress)];
    for (name, stack) in &stacks[..shown] {
        let line = Line::default().paint(Paint::Strong, name.to_string()).pad_to(name_width + 2);
        lines.push(stack.bar(line));
        let under = stack.in_flight.len().min(spare);
        spare -= under;
        for step in &stack.in_flight[..under] {
            let (sign, paint) = symbol(step.action);
            let line = Line::indented(2).paint(paint, sign).text(format!(" {}  {}", step.urn.name(), step.urn.ty()));
            lines.push(line.apart(Paint::Faint, seconds(step.seconds)));
        }
    }
    if shown < stacks.len() {
        let over = stacks[shown..].iter().filter(|(_, stack)| stack.is_over()).count();
        let more = format!("… and {}, {} of them done", count(stacks.len() - shown, "more stack"), thousands(over));
        lines.push(Line::default().paint(Paint::Faint, more));
    }
    lines.iter().map(|line| line.show(style)).collect()
}

/// The last line of a run.
pub fn summary(run: &RunSummary, style: Style) -> String {
    let cached = if run.cached == 0 { String::new() } else { format!(" ({} from cache)", thousands(run.cached)) };
    let counts = run.counts;
    let parts: Vec<String> = [
        (counts.create, "created"),
        (counts.adopt, "taken over"),
        (counts.update, "updated"),
        (counts.replace, "replaced"),
        (counts.delete, "deleted"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{} {what}", thousands(number)))
    .collect();
    let done = if parts.is_empty() { "nothing changed".to_owned() } else { parts.join(", ") };
    let time = seconds(run.seconds);
    let line = if run.failed > 0 || run.skipped > 0 {
        let failed = format!("{} failed, {} skipped", thousands(run.failed), thousands(run.skipped));
        let line = Line::default()
            .paint(Paint::Bad, failed)
            .text(format!("; {done} in {}, {time}", count(run.stacks, "stack")));
        line.text("; the same command again does the rest")
    } else if run.stacks == 0 {
        let line = Line::default().paint(Paint::Good, "nothing to do");
        line.text(format!(": {} up to date{cached}, {time}", count(run.unchanged, "stack")))
    } else {
        let rest = if run.unchanged == 0 {
            String::new()
        } else {
            format!("; {} with nothing to do", count(run.unchanged, "stack"))
        };
        let line = Line::default().paint(Paint::Good, done);
        line.text(format!(" in {}{rest}{cached}, {time}", count(run.stacks, "stack")))
    };
    line.show(style)
}

impl StackProgress {
    fn is_over(&self) -> bool {
        self.done + self.failed >= self.total
    }

    /// What is shown first: what failed, what runs, what waits, what is done.
    fn rank(&self) -> u8 {
        match (self.failed > 0, self.in_flight.is_empty(), self.is_over()) {
            (true, ..) => 0,
            (_, false, _) => 1,
            (.., false) => 2,
            _ => 3,
        }
    }

    /// `██████░░░░ 6/10`, with what failed.
    fn bar(&self, line: Line) -> Line {
        const CELLS: usize = 20;
        let cells = |steps: usize| (steps * CELLS).checked_div(self.total).unwrap_or(CELLS).min(CELLS);
        let (good, over) = (cells(self.done), cells(self.done + self.failed));
        let line = line.paint(Paint::Good, "█".repeat(good)).paint(Paint::Bad, "▒".repeat(over - good));
        let line = line.paint(Paint::Faint, "░".repeat(CELLS - over));
        let line = line.text(format!(" {}/{}", thousands(self.done), thousands(self.total)));
        if self.failed == 0 {
            line
        } else {
            line.apart(Paint::Bad, format!("{} failed or skipped", thousands(self.failed)))
        }
    }
}

fn total(progress: &Progress) -> Line {
    let mut all = StackProgress::default();
    let mut over = 0;
    for stack in progress.stacks.values() {
        all.total += stack.total;
        all.done += stack.done;
        all.failed += stack.failed;
        all.in_flight.extend(stack.in_flight.iter().cloned());
        over += usize::from(stack.is_over());
    }
    let line =
        Line::default().paint(Paint::Strong, format!("{}/{}", thousands(over), count(progress.stacks.len(), "stack")));
    let line = line.text(format!("  {}/{}", thousands(all.done), count(all.total, "step")));
    let line = line.text(format!("  {} in flight  {}", thousands(all.in_flight.len()), seconds(progress.elapsed)));
    if all.failed == 0 { line } else { line.apart(Paint::Bad, format!("{} failed or skipped", thousands(all.failed))) }
}

/// What has been done, and what is being done.
fn words(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Keep => ("looked at", "looking"),
        Action::Create => ("created", "creating"),
        Action::Update => ("updated", "updating"),
        Action::Replace { .. } => ("replaced", "replacing"),
        Action::Delete => ("deleted", "deleting"),
        Action::Forget => ("forgotten", "forgetting"),
        Action::Adopt => ("adopted", "adopting"),
        Action::Read => ("read", "reading"),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// `0.3 s`, `1 min 05 s`.
fn seconds(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a run is shorter than 2^52 seconds")]
    let whole = seconds.round().max(0.0) as u64;
    if whole < 60 { format!("{whole} s") } else { format!("{} min {:02} s", whole / 60, whole % 60) }
}
