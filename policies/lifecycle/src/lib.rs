//! Policies on what happens to objects: those that hold data are protected, and no run takes down more than it should.
//!
//! Which types hold data is a reviewed fact of each type: `stateful` in its overlay.

use plan::prelude::*;
use policy::{Action, Answer, Changes, Level, NoSettings, Policy, Subject};

/// The policies of this crate.
pub fn policies() -> Vec<Policy> {
    vec![
        Policy::resource("protect-stateful", "objects that hold data are protected", Level::Mandatory, protected),
        Policy::changes(
            "blast-radius",
            "few deletions in a run, and no replacement of an object that holds data",
            Level::Mandatory,
            blast_radius,
        ),
    ]
}

fn protected(_: &NoSettings, subject: &Subject<'_>, answer: &mut Answer) {
    if subject.is_stateful() && !subject.options.protect {
        answer.fail("it holds data and is not protected").hint("declare it with `.protect()`");
    }
}

/// What `blast-radius` lets pass.
#[derive(Debug, Config)]
struct Radius {
    /// The greatest number of objects that a run may delete.
    #[config(default = 10)]
    deletions: u32,
}

fn blast_radius(settings: &Radius, changes: &Changes<'_>, answer: &mut Answer) {
    let deletions = changes.changes.iter().filter(|change| change.action == Action::Delete).count();
    if deletions > usize::try_from(settings.deletions).unwrap_or(usize::MAX) {
        answer.fail(format!("{deletions} objects would be deleted, and {} may be", settings.deletions));
    }
    for change in changes.changes.iter().filter(|change| change.is_stateful()) {
        let verb = match change.action {
            Action::Replace { undecided: false, .. } => "would",
            Action::Replace { undecided: true, .. } => "may",
            _ => continue,
        };
        answer
            .fail(format!("it {verb} be replaced, and what it holds would be lost"))
            .about(change.stack, change.urn)
            .hint("keep the properties that force it as they are");
    }
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(policy: &str, settings: &str, resources: &str, expected: &[&str]) {
        assert_eq!(testkit::judge(&super::policies(), policy, settings, resources), expected, "{resources}");
    }

    #[test]
    fn what_holds_data_is_protected() {
        let resources = r#"
            ["AWS::S3::Bucket plain"]
            ["AWS::S3::Bucket safe"]
            protect = true
            ["AWS::S3::Bucket goes"]
            action = "delete"
            ["AWS::EC2::VPC main"]
            properties.CidrBlock = "10.0.0.0/16"
        "#;
        check("protect-stateful", "", resources, &["plain: it holds data and is not protected"]);
    }

    #[test]
    fn a_run_deletes_no_more_than_it_may() {
        let resources = r#"
            ["AWS::EC2::VPC a"]
            action = "delete"
            ["AWS::EC2::VPC b"]
            action = "delete"
            ["AWS::EC2::VPC c"]
            action = "forget"
            ["AWS::EC2::VPC d"]
            action = "replace"
        "#;
        check("blast-radius", "", resources, &[]);
        check("blast-radius", "deletions = 2", resources, &[]);
        check("blast-radius", "deletions = 1", resources, &["2 objects would be deleted, and 1 may be"]);
    }

    #[test]
    fn what_holds_data_is_not_replaced() {
        let resources = r#"
            ["AWS::RDS::DBInstance main"]
            action = "replace"
            ["AWS::RDS::DBInstance other"]
            action = "replace?"
            ["AWS::RDS::DBInstance third"]
            action = "update"
        "#;
        let replaced = [
            "main: it would be replaced, and what it holds would be lost",
            "other: it may be replaced, and what it holds would be lost",
        ];
        check("blast-radius", "", resources, &replaced);
    }
}
