use std::collections::BTreeMap;

use diff::{Action, Counts};
use resource::Urn;

use super::fixture::stack;
use crate::{
    Ended, InFlight, Progress, RunSummary, StackProgress, StepEvent, Style, event, progress, state_list, summary, table,
};

fn urn(name: &str) -> Urn {
    Urn::new("a.b", "AWS::EC2::VPC", name)
}

#[test]
fn progress_shows_what_runs_and_fits() {
    let in_flight = |name: &str| InFlight { urn: urn(name), action: Action::Create, seconds: 1.25 };
    let mut stacks = BTreeMap::from([
        (
            stack("a.b/QA"),
            StackProgress { total: 10, done: 5, failed: 0, in_flight: vec![in_flight("x"), in_flight("y")] },
        ),
        (stack("a.bad/QA"), StackProgress { total: 4, done: 1, failed: 2, in_flight: Vec::new() }),
    ]);
    for n in 0..30 {
        stacks.insert(
            stack(&format!("z.p{n:02}/QA")),
            StackProgress { total: 3, done: n % 4, ..StackProgress::default() },
        );
    }
    let model = Progress { stacks, elapsed: 75.4 };
    let lines = progress(&model, 8, Style::PLAIN);
    assert_eq!(
        lines.join("\n"),
        "7/32 stacks  49/104 steps  2 in flight  1 min 15 s  2 failed or skipped
a.bad.QA  █████▒▒▒▒▒▒▒▒▒▒░░░░░ 1/4  2 failed or skipped
a.b.QA    ██████████░░░░░░░░░░ 5/10
  + x  AWS::EC2::VPC  1.2 s
  + y  AWS::EC2::VPC  1.2 s
z.p00.QA  ░░░░░░░░░░░░░░░░░░░░ 0/3
z.p01.QA  ██████░░░░░░░░░░░░░░ 1/3
… and 28 more stacks, 7 of them done"
    );
    for height in 0..40 {
        assert!(progress(&model, height, Style::PLAIN).len() <= height.max(2), "{height}");
    }
}

#[test]
fn events_are_one_line_each() {
    let name = stack("a.b/QA");
    let show =
        |action, ended| event(&StepEvent { stack: &name, urn: &urn("x"), action, ended, seconds: 0.31 }, Style::PLAIN);
    assert_eq!(show(Action::Create, None), "a.b.QA  + x  AWS::EC2::VPC  creating");
    assert_eq!(show(Action::Delete, Some(Ended::Done)), "a.b.QA  - x  AWS::EC2::VPC  deleted  0.3 s");
    assert_eq!(
        show(Action::Update, Some(Ended::Failed("it is in use\nmore"))),
        "a.b.QA  ~ x  AWS::EC2::VPC  failed after 0.3 s: it is in use"
    );
    assert_eq!(show(Action::Create, Some(Ended::Skipped("y failed"))), "a.b.QA  + x  AWS::EC2::VPC  skipped: y failed");
}

#[test]
fn the_last_line_says_what_was_done() {
    let counts = Counts { create: 1350, update: 2, ..Counts::default() };
    let run = RunSummary { counts, stacks: 40, unchanged: 3, cached: 3, seconds: 1.84, ..RunSummary::default() };
    assert_eq!(
        summary(&run, Style::PLAIN),
        "1,350 created, 2 updated in 40 stacks; 3 stacks with nothing to do (3 from cache), 1.8 s"
    );
    let idle = RunSummary { unchanged: 43, cached: 43, seconds: 0.05, ..RunSummary::default() };
    assert_eq!(summary(&idle, Style::PLAIN), "nothing to do: 43 stacks up to date (43 from cache), 0.1 s");
    let broken = RunSummary { failed: 1, skipped: 12, ..run };
    assert_eq!(
        summary(&broken, Style::PLAIN),
        "1 failed, 12 skipped; 1,350 created, 2 updated in 40 stacks, 1.8 s; the same command again does the rest"
    );
}

#[test]
fn tables_are_aligned_and_lists_are_data() {
    let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["longer".to_owned(), "2".to_owned()]];
    assert_eq!(table(&["NAME", "N"], &rows, Style::PLAIN), "NAME    N\na       1\nlonger  2\n");
    assert_eq!(state_list([(&stack("a.b/QA"), &urn("x"))]), "a.b.QA a.b::AWS::EC2::VPC::x\n");
}
