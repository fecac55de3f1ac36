//! Who may do what with the keys.

use ol::REGION;
use ol::iam::{VERSION, document};
use plan::prelude::*;

/// The people who administer keys; users of these names must exist, no stack makes them.
const ADMINISTRATORS: [&str; 2] = ["admin-8", "admin-9"];

/// For volumes, through EC2.
pub(crate) fn volumes(account: &str) -> Json {
    object!({
        "Version": VERSION,
        "Id": "auto-ebs-2",
        "Statement": [(via("ec2", account)), (administrators(account)), (root(account))],
    })
}

/// For buckets, through S3.
pub(crate) fn buckets(account: &str) -> Json {
    document([root(account), administrators(account), via("s3", account)])
}

/// For people who use the key themselves.
pub(crate) fn people(account: &str) -> Json {
    document([root(account), administrators(account), users(account)])
}

/// The account decides by its own IAM policies.
fn root(account: &str) -> Json {
    object!({
        "Effect": "Allow",
        "Principal": { "AWS": (format!("arn:aws:iam::{account}:root")) },
        "Action": "kms:*",
        "Resource": "*",
    })
}

fn administrators(account: &str) -> Json {
    object!({
        "Effect": "Allow",
        "Principal": { "AWS": (arns(account, ADMINISTRATORS)) },
        "Action": [
            "kms:Create*",
            "kms:Describe*",
            "kms:Enable*",
            "kms:List*",
            "kms:Put*",
            "kms:Update*",
            "kms:Revoke*",
            "kms:Disable*",
            "kms:Get*",
            "kms:Delete*",
            "kms:TagResource",
            "kms:UnTagResource",
            "kms:ScheduleKeyDeletion",
            "kms:CancelKeyDeletion",
        ],
        "Resource": "*",
    })
}

fn users(account: &str) -> Json {
    let [first, second] = ADMINISTRATORS;
    object!({
        "Effect": "Allow",
        "Principal": { "AWS": (arns(account, [second, first])) },
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
    })
}

/// Anybody of the account, as long as the service asks for them.
fn via(service: &str, account: &str) -> Json {
    object!({
        "Effect": "Allow",
        "Principal": { "AWS": "*" },
        "Action": [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:CreateGrant",
            "kms:DescribeKey",
        ],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:ViaService": (format!("{service}.{REGION}.amazonaws.com")),
                "kms:CallerAccount": account,
            },
        },
    })
}

fn arns(account: &str, users: [&str; 2]) -> Vec<String> {
    users.map(|user| format!("arn:aws:iam::{account}:user/{user}")).to_vec()
}
