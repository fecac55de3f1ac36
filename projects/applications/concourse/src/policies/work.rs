//! What pipelines may do, by the work that they do.

use super::{Allowed, allow};

/// Looks at instances, and ends its own life in time.
pub(super) const BASE: &[Allowed] = &[
    allow(&["ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "cloudwatch:PutMetricData"], &["*"]),
    allow(&["autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeLifecycleHooks"], &["*"]),
    allow(
        &["autoscaling:CompleteLifecycleAction", "autoscaling:SetInstanceHealth"],
        &["arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/concourse-worker-*"],
    ),
];

/// Tidies what nobody uses.
pub(super) const CLOUD_CUSTODIAN: &[Allowed] = &[
    allow(
        &[
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeLaunchConfigurations",
            "ec2:CreateTags",
            "ec2:DeleteSnapshot",
            "ec2:DeleteVolume",
            "ec2:DeregisterImage",
            "ec2:DescribeImageAttribute",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstances",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:DescribeRegions",
            "ec2:DescribeSnapshots",
            "ec2:DescribeSubnets",
            "ec2:DescribeTags",
            "ec2:DescribeVolumes",
            "ec2:DetachVolume",
            "ec2:ModifyImageAttribute",
            "ec2:ModifyInstanceAttribute",
            "ec2:ModifySnapshotAttribute",
        ],
        &["*"],
    ),
    allow(&["codebuild:BatchGetProjects", "codebuild:ListProjects"], &["*"]),
    allow(&["kms:Decrypt"], &["*"]),
];

/// Pushes images.
pub(super) const ECR_PUSH: &[Allowed] = &[
    allow(&["ecr:GetAuthorizationToken"], &["*"]),
    allow(
        &[
            "ecr:BatchCheckLayerAvailability",
            "ecr:CompleteLayerUpload",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
        ],
        &["arn:aws:ecr:*:*:repository/mitodl/*"],
    ),
];

/// Compares rights with what is used of them.
pub(super) const IAM_DRIFT_ANALYSIS: &[Allowed] = &[
    allow(
        &[
            "access-analyzer:GetFindingV2",
            "access-analyzer:GetGeneratedPolicy",
            "access-analyzer:ListFindingsV2",
            "access-analyzer:StartPolicyGeneration",
        ],
        &["*"],
    ),
    Allowed {
        actions: &["iam:PassRole"],
        resources: &["arn:aws:iam::*:role/service-role/AccessAnalyzerMonitorServiceRole_XELK4E2HVP"],
        only: Some(("iam:PassedToService", "access-analyzer.amazonaws.com")),
    },
];

/// Builds images.
pub(super) const INFRA: &[Allowed] = &[
    allow(
        &[
            "ec2:AttachVolume",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CopyImage",
            "ec2:CreateImage",
            "ec2:CreateKeypair",
            "ec2:CreateSecurityGroup",
            "ec2:CreateSnapshot",
            "ec2:CreateTags",
            "ec2:CreateVolume",
            "ec2:DeleteKeyPair",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteSnapshot",
            "ec2:DeleteVolume",
            "ec2:DeregisterImage",
            "ec2:DescribeImageAttribute",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstances",
            "ec2:DescribeRegions",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSnapshots",
            "ec2:DescribeSubnets",
            "ec2:DescribeTags",
            "ec2:DescribeVolumes",
            "ec2:DescribeVpcs",
            "ec2:DetachVolume",
            "ec2:GetPasswordData",
            "ec2:ModifyImageAttribute",
            "ec2:ModifyInstanceAttribute",
            "ec2:ModifySnapshotAttribute",
            "ec2:RegisterImage",
            "ec2:RunInstances",
            "ec2:StopInstances",
            "ec2:TerminateInstances",
            "autoscaling:DescribeAutoScalingGroups",
        ],
        &["*"],
    ),
    allow(
        &["autoscaling:StartInstanceRefresh"],
        &["arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/concourse-*"],
    ),
    allow(&["kms:Decrypt"], &["*"]),
];

/// Publishes `OpenCourseWare`.
pub(super) const OCW: &[Allowed] = &[
    allow(&["s3:ListAllMyBuckets"], &["*"]),
    allow(
        &[
            "s3:*MultiPartUpload*",
            "s3:DeleteObject",
            "s3:GetObject*",
            "s3:ListBucket*",
            "s3:PutObject",
            "s3:PutObjectTagging",
        ],
        &["arn:aws:s3:::ocw-content*", "arn:aws:s3:::ocw-content*/*"],
    ),
    allow(
        &["s3:GetObject*", "s3:GetBucketVersioning", "s3:PutObject", "s3:PutObjectTagging", "s3:ListBucket*"],
        &[
            "arn:aws:s3:::ol-eng-artifacts",
            "arn:aws:s3:::ol-eng-artifacts/*",
            "arn:aws:s3:::ol-ocw-studio-app*",
            "arn:aws:s3:::ol-ocw-studio-app*/*",
        ],
    ),
    allow(
        &["s3:GetObject*", "s3:ListBucket"],
        &["arn:aws:s3:::open-learning-course-data*", "arn:aws:s3:::open-learning-course-data*/*"],
    ),
    allow(&["s3:ListBucketVersions"], &["arn:aws:s3:::*"]),
];

/// Publishes what learners load.
pub(super) const OPERATIONS: &[Allowed] = &[
    allow(&["s3:ListAllMyBuckets"], &["*"]),
    allow(
        &["s3:GetObject*", "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject", "s3:ListBucket*"],
        &[
            "arn:aws:s3:::*-edxapp-mfe",
            "arn:aws:s3:::*-edxapp-mfe/*",
            "arn:aws:s3:::ol-eng-artifacts",
            "arn:aws:s3:::ol-eng-artifacts/*",
            "arn:aws:s3:::ol-mit-learn-ai-*",
            "arn:aws:s3:::ol-mit-learn-ai-*/frontend/*",
        ],
    ),
    allow(&["s3:ListBucketVersions"], &["arn:aws:s3:::*"]),
];

/// Writes the state of infrastructure.
pub(super) const PULUMI_STATE: &[Allowed] = &[allow(
    &["s3:GetBucketLocation", "s3:GetObject*", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket*"],
    &["arn:aws:s3:::mitol-pulumi-state", "arn:aws:s3:::mitol-pulumi-state/*"],
)];
