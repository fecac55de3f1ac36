//! Diagrams that are kept beside the code, as pages with Mermaid in them.

use std::fs;
use std::path::Path;

use diag::{Diagnostic, Diagnostics, Place};

/// Where the page of a stack is.
fn page(stack: &str) -> String {
    format!("docs/diagrams/{stack}.md")
}

/// Says which diagrams are not those of the plans; a stack without a page has none.
pub(crate) fn check<'a>(
    root: &Path,
    plans: &Path,
    stacks: impl Iterator<Item = &'a String>,
) -> Result<(), Diagnostics> {
    let is_stale = |stack: &&String| {
        let kept = fs::read_to_string(root.join(page(stack)));
        let made = fs::read_to_string(plans.join(stack).join("plan.mmd"));
        kept.is_ok_and(|kept| drawn(&kept) != made.ok().as_deref())
    };
    let problem = |stack: &String| {
        let message = format!("the diagram of `{stack}` is not that of its plan");
        let hint = format!("draw it again: `runner graph --format mermaid {stack}`");
        Diagnostic::error("E0337", message).at(Place::start_of(page(stack))).hint(hint)
    };
    stacks.filter(is_stale).map(problem).collect::<Diagnostics>().into_result(())
}

/// What is drawn on a page.
fn drawn(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("```mermaid\n")?;
    Some(after.split_once("```")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with the page of a stack whose plan is drawn as `graph LR`.
    fn found(page: Option<&str>) -> Vec<String> {
        let root = tempfile::tempdir().expect("a directory");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, text).expect("a file");
        };
        write("plans/up.QA/plan.mmd", "graph LR\n");
        if let Some(text) = page {
            write("docs/diagrams/up.QA.md", text);
        }
        let found = check(root.path(), &root.path().join("plans"), [&"up.QA".to_owned()].into_iter());
        found.err().into_iter().flatten().map(|problem| problem.message).collect()
    }

    #[test]
    fn a_page_shows_the_diagram_of_the_plan() {
        let stale = ["the diagram of `up.QA` is not that of its plan"];
        assert!(found(None).is_empty(), "a stack without a page has no diagram");
        assert!(found(Some("# Up\n\n```mermaid\ngraph LR\n```\n")).is_empty());
        assert_eq!(found(Some("# Up\n\n```mermaid\ngraph TB\n```\n")), stale);
        assert_eq!(found(Some("# Up\n")), stale, "a page without one does not show it");
    }
}
