//! The buckets of a tenant, and what the platform may do with them.

use ol::bucket::{Bucket, BucketSettings, Encryption, Ownership, PublicAccess, Versioning};
use plan::prelude::*;
use types_aws_iam as iam;
use types_aws_s3::bucket::CorsRule;

use crate::Tenant;

/// Declares the buckets.
pub(crate) fn buckets(tenant: &Tenant, origins: &[String], key: &Output<String>, plan: &mut Draft) {
    let bucket = |what: &str, purpose: &str, settings: BucketSettings| {
        Bucket::new(format!("edxapp-{what}-s3-bucket"), tenant.tags.clone())
            .bucket_name(tenant.bucket(purpose))
            .settings(BucketSettings { ownership: Ownership::BucketOwnerPreferred, ..settings })
    };
    let private = BucketSettings::default();
    let public = BucketSettings { public_access: PublicAccess::Open, ..BucketSettings::default() };
    let versioned =
        |settings: &BucketSettings| BucketSettings { versioning: Some(Versioning::Enabled), ..settings.clone() };
    let suspended =
        |settings: &BucketSettings| BucketSettings { versioning: Some(Versioning::Suspended), ..settings.clone() };
    let readable = |path: &str, principal: Json| {
        object!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": path }],
        })
    };

    bucket("mfe", "mfe", suspended(&public))
        .cors_rule(CorsRule::new().allowed_methods(["GET", "HEAD"]).allowed_origins(["*"]))
        .policy(readable(&format!("{}/*", tenant.bucket_arn("mfe")), object!({ "AWS": "*" })))
        .declare(plan);
    let upload = CorsRule::new()
        .allowed_headers(["*"])
        .allowed_methods(["GET", "PUT", "POST", "HEAD"])
        .allowed_origins(origins)
        .exposed_headers(["ETag"])
        .max_age(3000);
    bucket("storage", "storage", versioned(&public))
        .cors_rule(upload)
        .policy(readable(&format!("{}/media/video-images/*", tenant.bucket_arn("storage")), object!("*")))
        .declare(plan);
    bucket("courses", "courses", suspended(&private)).declare(plan);
    let download =
        CorsRule::new().allowed_headers(["*"]).allowed_methods(["GET", "HEAD"]).allowed_origins(origins).max_age(3000);
    bucket("grades", "grades", versioned(&public)).cors_rule(download).declare(plan);
    bucket("tracking-logs", "tracking", versioned(&private))
        .encryption(Encryption::Kms(Some(key.clone()), true))
        .declare(plan);
}

/// Declares what the platform may do in AWS.
pub(crate) fn policy(tenant: &Tenant, plan: &mut Draft) -> iam::ManagedPolicyHandle {
    let with_objects = |purposes: &[&str]| -> Vec<String> {
        let both = |purpose: &&str| [tenant.bucket_arn(purpose), format!("{}/*", tenant.bucket_arn(purpose))];
        purposes.iter().flat_map(both).collect()
    };
    iam::ManagedPolicy::new("edxapp-policy")
        .path(format!("/ol-applications/edxapp/{}/{}/", tenant.name, tenant.env))
        .description("AWS access permissions for edX application instances")
        .policy_document(object!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" },
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject*", "s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject", "s3:ListBucket*"],
                    "Resource": with_objects(&["storage", "grades", "courses"]),
                },
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject*", "s3:PutObject", "s3:ListBucket"],
                    "Resource": with_objects(&["tracking"]),
                },
                {
                    "Effect": "Allow",
                    "Action": ["ses:SendEmail", "ses:SendRawEmail"],
                    "Resource": [
                        "arn:*:ses:*:*:identity/*mit.edu".to_owned(),
                        format!("arn:aws:ses:*:*:configuration-set/edxapp-{}", tenant.full_name),
                    ],
                },
                { "Effect": "Allow", "Action": ["ses:GetSendQuota"], "Resource": "*" },
            ],
        }))
        .declare(plan)
}
