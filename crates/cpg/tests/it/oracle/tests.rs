//! It is right where the earlier program was recorded.

use testkit::Workspace;

use super::cases::{CASES, EXAMPLE};
use super::config::Centre;
use super::made::{Earlier, Resources};
use super::mended::{MENDED, told};
use super::organisation::earlier;
use crate::recorded_plugins::{BOTH, configured};
use crate::world::MINI;

/// Type, name and inputs on Azure, a line each, of the formulas by which all 934 resources of a recorded run of the earlier
/// program on both clouds could be told, 675 of them on Google Cloud.
const ON_AZURE: &str = include_str!("../mini_azure.tsv");

/// The two datasets of the recorded run.
const COMMON: &str = "\
common:
  gcp: { project: ex-common }
  budgets: { gcp: { monthly_budget: 100 } }
  create_container_registry: true
";
const ALPHA: &str = "\
alpha:
  gcp: { project: ex-alpha }
  budgets: { gcp: { monthly_budget: 200 } }
  members: { analysis: [ana.lyst] }
";

/// A recorded run: type, name and inputs, a line each.
fn recorded(lines: &str) -> Resources {
    let line = |line: &str| {
        let mut parts = line.splitn(4, '\t').map(str::to_owned);
        let (ty, name) = (parts.next()?, parts.next()?);
        Some(((ty, name), serde_json::from_str(&parts.next()?).ok()?))
    };
    lines.lines().map(|text| line(text).expect("type, name, inputs")).collect()
}

/// What differs between two runs, a line each; empty if nothing does.
pub(crate) fn differing(wanted: &Resources, found: &Resources) -> String {
    let mut lines = Vec::new();
    for (key @ (ty, name), inputs) in wanted {
        match found.get(key) {
            Some(other) if other == inputs => {}
            Some(other) => lines.push(format!("{ty} {name}\n  wanted {inputs}\n  found  {other}\n")),
            None => lines.push(format!("missing {ty} {name} {inputs}\n")),
        }
    }
    for ((ty, name), inputs) in found.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        lines.push(format!("extra {ty} {name} {inputs}\n"));
    }
    lines.concat()
}

fn read(path: &str) -> String {
    Workspace::here().read(path).expect("it is there")
}

#[test]
fn all_of_the_recorded_run_follows_from_the_rules() {
    let infrastructure = read(&format!("{MINI}/config-infrastructure.yaml"));
    let centre = Centre::read(&infrastructure, &format!("{COMMON}{ALPHA}"));
    let made = earlier(&centre).made;
    assert_eq!(differing(&recorded(crate::mini::RECORDED), &made), "");
    assert_eq!(made.len(), 675);
    let centre = Centre::read(&infrastructure, COMMON);
    assert_eq!(earlier(&centre).made.len(), 344, "as many as were counted in a run of the common dataset alone");
}

#[test]
fn all_of_the_recorded_run_with_plugins_follows_from_the_rules() {
    let infrastructure = &configured(BOTH)[0].1;
    let centre = Centre::read(infrastructure, &format!("{COMMON}{ALPHA}"));
    let made = earlier(&centre).made;
    let wanted = [crate::mini::RECORDED, crate::recorded_plugins::RECORDED].concat();
    assert_eq!(differing(&recorded(&wanted), &made), "");
    assert_eq!(made.len(), 675 + 76);
}

#[test]
fn all_of_the_recorded_run_on_both_clouds_follows_from_the_rules() {
    let infrastructure = read(EXAMPLE);
    let both = |text: &str, google: i64, azure: i64| {
        let budgets = format!("gcp: {{ monthly_budget: {google} }}, azure: {{ monthly_budget: {azure} }}");
        text.replace(&format!("gcp: {{ monthly_budget: {google} }}"), &budgets) + "  deploy_locations: [gcp, azure]\n"
    };
    let centre = Centre::read(&infrastructure, &(both(COMMON, 100, 50) + &both(ALPHA, 200, 150)));
    let made = earlier(&centre).made;
    let wanted = [crate::mini::RECORDED, ON_AZURE].concat();
    assert_eq!(differing(&recorded(&wanted), &made), "");
    assert_eq!(made.len(), 934);
}

/// What is wanted: what the earlier program made, with all that is mended but for one thing.
pub(crate) fn wanted(run: &Earlier<'_>, without: Option<usize>) -> Resources {
    let mut made = run.made.clone();
    for (number, (_, mend)) in MENDED.iter().enumerate() {
        if Some(number) != without {
            mend(run, &mut made);
        }
    }
    made
}

#[test]
fn ours_are_those_of_the_earlier_rules_but_for_what_is_mended() {
    let mut needed = vec![false; MENDED.len()];
    for case in &CASES {
        let (centre, ours) = (case.centre(), case.ours());
        let run = earlier(&centre);
        let differing = differing(&wanted(&run, None), &ours.made) + &differing(&told(&run, &ours.told), &ours.told);
        assert!(differing.is_empty(), "{}:\n{differing}", case.name);
        for (number, needed) in needed.iter_mut().enumerate() {
            *needed = *needed || wanted(&run, Some(number)) != ours.made;
        }
    }
    let idle: Vec<&str> = MENDED.iter().zip(needed).filter(|(_, needed)| !needed).map(|((name, _), _)| *name).collect();
    assert_eq!(idle, [""; 0], "what is mended is a difference somewhere");
}
