//! What the policies allow.

use ol::iam::document;
use plan::prelude::*;

/// Finds instances, and pulls images through the image registry, which makes repositories on first use.
pub(crate) fn describe_instances() -> Json {
    document([
        object!({
            "Effect": "Allow",
            "Action": ["ec2:DescribeInstances", "ecr:GetAuthorizationToken"],
            "Resource": "*",
        }),
        object!({
            "Effect": "Allow",
            "Action": [
                "ecr:CreateRepository",
                "ecr:BatchImportUpstreamImage",
                "ecr:BatchCheckLayerAvailability",
                "ecr:GetDownloadUrlForLayer",
                "ecr:GetRepositoryPolicy",
                "ecr:DescribeRepositories",
                "ecr:ListImages",
                "ecr:DescribeImages",
                "ecr:BatchGetImage",
                "ecr:GetLifecyclePolicy",
                "ecr:GetLifecyclePolicyPreview",
                "ecr:PutLifecyclePolicy",
                "ecr:ListTagsForResource",
                "ecr:DescribeImageScanFindings",
                "ecr:PutImageScanningConfiguration",
            ],
            "Resource": ["arn:aws:ecr:*:*:repository/*"],
        }),
    ])
}

/// Writes logs.
pub(crate) fn cloudwatch_logs() -> Json {
    document([object!({
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        "Resource": ["arn:aws:logs:*:*:*"],
    })])
}

/// Writes what third parties deliver to the data lake.
pub(crate) fn data_lake_landing_zone() -> Json {
    document([
        object!({
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::ol-data-lake-landing-zone-*",
        }),
        object!({
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            "Resource": "arn:aws:s3:::ol-data-lake-landing-zone-*/thirdparty/*",
        }),
    ])
}
