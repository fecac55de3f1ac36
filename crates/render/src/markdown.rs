//! A preview as Markdown, for one comment on a pull request: everything at a glance, folded by project.
//!
//! Whatever programs and clouds say stands inside fences, where it is no Markdown.

use std::fmt::Write;

use diff::ChangeSet;

use crate::across::across;
use crate::opened::opened;
use crate::preview::{View, ViewOptions, by_project, is_calm};
use crate::style::{Line, Style, count, thousands};

/// What only a comment says.
#[derive(Debug, Clone)]
pub struct Comment {
    /// How many stacks did not have to be evaluated.
    pub cached: usize,
    /// By what the preview is approved.
    pub digest: Option<String>,
    /// How many bytes it may have.
    pub limit: usize,
}

impl Comment {
    /// GitHub refuses more than 65,536 characters; some are left for what is put around it.
    pub const LIMIT: usize = 65_000;
}

/// By this a pipeline finds the comment that it wrote before.
const MARK: &str = "<!-- groundplan preview -->";

/// How many lines of a kind are said besides the changes.
const LINES: usize = 40;

/// The preview as Markdown. What does not fit is said in fewer words, what only adds first.
pub fn markdown(sets: &[ChangeSet], options: &ViewOptions, comment: &Comment) -> String {
    let view = View::new(sets, options);
    let mut text = head(&view, comment);
    let mut end = String::new();
    let besides: Vec<Line> = across(sets, LINES).into_iter().chain(view.extras(LINES)).collect();
    if !besides.is_empty() {
        let lines: Vec<String> = besides.iter().map(|line| line.show(Style::PLAIN)).collect();
        end = format!("\n{}", fenced(&fitting(&lines, comment.limit / 3)));
    }
    let room = comment.limit.saturating_sub(text.len() + end.len() + 200);
    text.push_str(&projects(&view, room));
    text.push_str(&end);
    text
}

/// The line that says it all, and the numbers.
fn head(view: &View<'_>, comment: &Comment) -> String {
    let options = view.options;
    let numbers = [
        ("changed", view.changed.len()),
        ("unchanged", view.unchanged),
        ("cached", comment.cached),
        ("skipped", options.failed.len() + options.passed_over.len()),
        ("unknown", options.deferred.len()),
        ("to destroy", options.to_destroy.len()),
    ];
    let names: Vec<&str> = numbers.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = numbers.iter().map(|(_, number)| thousands(*number)).collect();
    let mut text = format!("{MARK}\n### Preview: {}\n\n", view.total().show(Style::PLAIN));
    let _ = write!(text, "| {} |\n|{}\n| {} |\n", names.join(" | "), "---:|".repeat(names.len()), values.join(" | "));
    if let Some(digest) = comment.digest.as_ref().filter(|_| !view.changed.is_empty()) {
        let _ = write!(text, "\nApproved by `{digest}`.\n");
    }
    text
}

/// A block for each project, those first in which something may be lost.
fn projects(view: &View<'_>, room: usize) -> String {
    let projects = by_project(&view.changed);
    let mut blocks: Vec<(bool, String, String)> = projects
        .iter()
        .map(|(name, sets)| {
            let title = Line::default().text(*name).apart(crate::Paint::Plain, count(sets.len(), "stack"));
            let title = escaped(&view.environments(title, sets).show(Style::PLAIN));
            let body: Vec<String> =
                sets.iter().flat_map(|set| opened(set, false)).map(|line| line.show(Style::PLAIN)).collect();
            let open = if is_calm(sets) { "" } else { " open" };
            let long = format!("\n<details{open}><summary>{title}</summary>\n\n{}\n</details>\n", fenced(&body));
            (is_calm(sets), long, format!("\n<details><summary>{title}</summary>too long to be shown here</details>\n"))
        })
        .collect();
    // The order within each kind is that of the names.
    blocks.sort_by_key(|(calm, ..)| *calm);
    let mut left = room;
    // What may be lost is said in full before the rest is named at all.
    let mut in_full = Vec::new();
    for (calm, long, _) in &blocks {
        let rest = left.checked_sub(long.len()).filter(|_| !calm);
        in_full.push(rest.is_some());
        left = rest.unwrap_or(left);
    }
    let named = blocks.iter().zip(&in_full).take_while(|((.., short), full)| {
        let rest = if **full { Some(left) } else { left.checked_sub(short.len()) };
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    let shown = named.count();
    let mut text = String::new();
    for ((_, long, short), full) in blocks.iter().zip(in_full).take(shown) {
        let rest = if full { Some(left) } else { left.checked_sub(long.len().saturating_sub(short.len())) };
        left = rest.unwrap_or(left);
        text.push_str(if rest.is_some() { long } else { short });
    }
    if shown < blocks.len() {
        let _ = write!(text, "\n… and {}\n", count(blocks.len() - shown, "more project"));
    }
    text
}

/// As many lines as fit.
fn fitting(lines: &[String], room: usize) -> Vec<String> {
    let mut left = room;
    let fit = lines.iter().take_while(|line| left.checked_sub(line.len() + 1).map(|rest| left = rest).is_some());
    let mut shown: Vec<String> = fit.cloned().collect();
    if shown.len() < lines.len() {
        shown.push(format!("… and {}", count(lines.len() - shown.len(), "more line")));
    }
    shown
}

/// Text that is shown as it is: the fence is longer than any in it.
fn fenced(lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
