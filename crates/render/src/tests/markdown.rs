use std::fmt::Write;

use super::fixture::{sets, stack};
use crate::{Comment, ViewOptions, markdown};

const SOME: &str = "stack net/QA
      ~ AWS::EC2::VPC main
        Label \"one\" => \"```</details>\"
    stack net/CI
      + AWS::EC2::VPC main
    stack dns/default
      + AWS::Route53::HostedZone zone
      out zone \"z\"";

fn comment(limit: usize) -> Comment {
    Comment { cached: 7, digest: Some("ab12".into()), limit }
}

fn options() -> ViewOptions {
    ViewOptions {
        environments: vec!["CI".into(), "QA".into()],
        unchanged: 9,
        deferred: [(stack("late/QA"), [("net.QA".to_owned(), "count".parse().expect("a path"))].into())].into(),
        failed: [(stack("broken/QA"), "no such stack".to_owned())].into(),
        to_destroy: [stack("old/QA")].into(),
        ..ViewOptions::default()
    }
}

#[test]
fn what_changes_is_folded_by_project_and_what_may_be_lost_comes_first() {
    let text = markdown(&sets(SOME), &options(), &comment(Comment::LIMIT));
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no `{part}` in\n{text}"));
    assert!(
        text.starts_with("<!-- groundplan preview -->\n### Preview: 2 to create, 1 to update in 3 stacks"),
        "{text}"
    );
    at(
        "| changed | unchanged | cached | skipped | unknown | to destroy |\n|---:|---:|---:|---:|---:|---:|\n| 3 | 9 | 7 | 1 | 1 | 1 |",
    );
    at("Approved by `ab12`.");
    assert!(at("<details open><summary>net") < at("<details><summary>dns"));
    at("CI +1  QA ~1</summary>");
    for line in ["late.QA  is planned once net.QA: count is known", "broken.QA  no such stack", "old.QA  to destroy"] {
        at(line);
    }
    // What a program says cannot end its fence.
    let fence = text.lines().find(|line| line.starts_with("````")).expect("a longer fence").to_owned();
    assert_eq!(fence, "````text");
    assert_eq!(text.lines().filter(|line| *line == "````").count(), 1);
}

#[test]
fn nothing_to_do_is_one_line_and_numbers() {
    let quiet = ViewOptions { unchanged: 12, ..ViewOptions::default() };
    let text = markdown(&[], &quiet, &comment(Comment::LIMIT));
    assert!(text.contains("### Preview: nothing to do: 12 stacks up to date") && !text.contains("ab12"), "{text}");
}

/// Three hundred stacks, and many thousands, fit whatever the limit is; what is risky is shown longest.
#[test]
fn a_comment_is_never_longer_than_it_may_be() {
    let mut many = String::new();
    for project in 0..90 {
        for environment in ["CI", "QA", "Production"] {
            let _ = writeln!(many, "stack group.part{project:02}/{environment}");
            for resource in 0..12 {
                let action = if project == 77 && resource == 3 { "-" } else { "+" };
                let _ = writeln!(many, "{action} AWS::EC2::Subnet a-subnet-with-a-name-{resource}");
            }
        }
    }
    let sets = sets(&many);
    let full = markdown(&sets, &options(), &comment(usize::MAX));
    assert!(full.len() > 150_000, "{}", full.len());
    for limit in [Comment::LIMIT, 20_000, 3_000] {
        let text = markdown(&sets, &options(), &comment(limit));
        assert!(text.len() <= limit, "{} of {limit}", text.len());
        assert!(text.contains("<details open><summary>group.part77"), "at {limit}:\n{text}");
        assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
    }
    let text = markdown(&sets, &options(), &comment(Comment::LIMIT));
    assert_eq!(text.matches("<summary>").count(), 90, "every project is there");
    assert!(markdown(&sets, &options(), &comment(3_000)).contains("more projects"));
}
