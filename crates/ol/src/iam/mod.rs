//! IAM policy documents: templates, a linter, and splitting by size.
//!
//! A document is [`Json`], mostly made with [`object!`]. Resources may be outputs; the linter looks only at what is
//! known when the plan is made: actions, effects, versions.

mod lint;
mod split;

pub use lint::{Finding, Ignore, lint};
pub use split::{MANAGED_POLICY_BYTES, split};

use plan::prelude::*;

/// The version of the policy language.
pub const VERSION: &str = "2012-10-17";

/// A document of statements.
pub fn document(statements: impl IntoIterator<Item = Json>) -> Json {
    let statements: Vec<Json> = statements.into_iter().collect();
    object!({ "Version": VERSION, "Statement": statements })
}

/// The document as it is, after each finding that is not ignored was reported to the plan.
#[track_caller]
pub fn checked(plan: &mut Draft, document: Json, ignored: &[Ignore]) -> Json {
    let place = Place::caller();
    for finding in lint(&document, ignored) {
        plan.report(
            Diagnostic::error("E0150", format!("IAM policy: {finding}"))
                .at(place.clone())
                .hint("narrow the statement, or ignore the finding where it is meant"),
        );
    }
    document
}

/// Lets instances of EC2's take a role.
pub fn trust_of_instances() -> Json {
    object!({
        "Version": VERSION,
        "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "Service": "ec2.amazonaws.com" },
        },
    })
}

/// Lets its bearer manage the records of hosted zones.
pub fn route53_records<T: Arg<String>>(zone_ids: impl IntoIterator<Item = T>) -> Json {
    let zones = zone_ids.into_iter().map(|id| text("arn:aws:route53:::hostedzone/{}", [Output::known(id)]));
    let resources: Vec<Output<String>> = zones.chain([Output::known("arn:aws:route53:::change/*")]).collect();
    document([
        object!({
            "Effect": "Allow",
            "Action": ["route53:ListResourceRecordSets", "route53:GetChange", "route53:ChangeResourceRecordSets"],
            "Resource": resources,
        }),
        object!({ "Effect": "Allow", "Action": ["route53:ListHostedZonesByName", "route53:ListHostedZones"], "Resource": "*" }),
    ])
}

#[cfg(test)]
mod tests;
