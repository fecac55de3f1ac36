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

/// Three hundred stacks of all kinds: each is in one number, and what somebody has to look at is named.
#[test]
fn at_three_hundred_stacks_every_kind_is_told_on_one_page() {
    let name = |kind: &str, number: usize| format!("{kind}.part{:02}", number / 3);
    let short = |number: usize| ["CI", "QA", "Production"][number % 3];
    let named = |kind: &str, number: usize| stack(&format!("{}/{}", name(kind, number), short(number)));
    let mut changes = String::new();
    for number in 0..60 {
        let _ = writeln!(changes, "stack {}/{}\n~ AWS::EC2::VPC main", name("changed", number), short(number));
        let _ = writeln!(changes, "  Label \"one\" => \"two\"\n+ AWS::EC2::Subnet a\n+ AWS::EC2::Subnet b");
    }
    let waits = || [("changed.part01.QA".to_owned(), "vpc.id".parse().expect("a path"))].into();
    let options = ViewOptions {
        environments: vec!["CI".into(), "QA".into(), "Production".into()],
        unchanged: 180,
        failed: (0..12).map(|number| (named("broken", number), "missing key `cidr`".to_owned())).collect(),
        passed_over: (0..9).map(|n| (named("behind", n), [named("broken", n).to_string()].into())).collect(),
        deferred: (0..24).map(|number| (named("late", number), waits())).collect(),
        to_destroy: (0..15).map(|number| named("old", number)).collect(),
        ..ViewOptions::default()
    };
    let text = markdown(&sets(&changes), &options, &Comment { cached: 170, ..comment(Comment::LIMIT) });
    // Changed, unchanged, skipped, unknown and deleted are all of them.
    assert_eq!(60 + 180 + 12 + 9 + 24 + 15, 300);
    assert!(text.contains("| 60 | 180 | 170 | 21 | 24 | 15 |"), "{text}");
    assert_eq!(text.matches("<details").count(), 20, "a fold for each project that changes");
    assert_eq!(text.matches("<details open>").count(), 20, "something in each is updated");
    let kinds: [(&str, usize, &str); 4] = [
        ("broken", 12, "missing key `cidr`"),
        ("behind", 9, "waits for broken."),
        ("late", 24, "is planned once changed.part01.QA: vpc.id is known"),
        ("old", 15, "`runner destroy old."),
    ];
    for (kind, count, why) in kinds {
        for number in 0..count {
            let stack = named(kind, number).to_string();
            let line = text.lines().find(|line| line.get(2..).is_some_and(|line| line.starts_with(&stack)));
            assert!(line.is_some_and(|line| line.contains(why)), "{stack}: {line:?}\n{text}");
        }
    }
    // What is not folded fits on two screens, and no line is too long to be read.
    let folded: usize = text
        .split("<details")
        .skip(1)
        .map(|rest| rest.split("</details>").next().map_or(0, |inside| inside.lines().count()))
        .sum();
    assert!(text.lines().count() - folded < 120, "{}", text.lines().count() - folded);
    assert!(text.lines().all(|line| line.len() < 160), "{text}");
    assert!(text.len() < Comment::LIMIT / 2, "{}", text.len());
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
