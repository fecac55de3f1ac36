//! Buckets with the defaults that all of ours have.

use plan::prelude::*;
use types_aws_s3 as s3;
use types_aws_s3::bucket;

use crate::Tags;

/// A bucket to be declared: closed to the public, owned by the account, cheap where nobody reads.
///
/// ```
/// use ol::{BucketSettings, BusinessUnit, Tags};
/// let logs = ol::Bucket::new("monitoring-logs", Tags::new(BusinessUnit::Operations, "operations-qa"))
///     .bucket_name("mitodl-logs")
///     .settings(BucketSettings { tiering_days: Some(30), ..BucketSettings::default() });
/// # let _ = logs;
/// ```
#[derive(Debug)]
pub struct Bucket {
    name: String,
    physical_name: Option<String>,
    tags: Tags,
    settings: BucketSettings,
    encryption: Option<Encryption>,
    lifecycle: Vec<bucket::Rule>,
    website: Option<bucket::WebsiteConfiguration>,
    cors: Vec<bucket::CorsRule>,
    logging: Option<bucket::LoggingConfiguration>,
    policy: Option<Json>,
    protect: bool,
}

/// What can be said of a bucket without an output.
#[derive(Clone, Debug)]
pub struct BucketSettings {
    /// `Enabled` or `Suspended`; nothing where versions were never kept.
    pub versioning: Option<Versioning>,
    /// Whether access control lists and policies may not open the bucket.
    pub public_access: PublicAccess,
    /// Who owns objects.
    pub ownership: Ownership,
    /// Days until an object goes to the tiers that sink by themselves; nothing turns that off.
    pub tiering_days: Option<u16>,
    /// Days without a read until an object sinks to the archive, 90 to 730.
    pub archive_days: Option<u16>,
    /// Days without a read until an object sinks to the deep archive, 180 to 730.
    pub deep_archive_days: Option<u16>,
    /// Days until an upload that was never completed goes; nothing keeps it.
    pub abort_uploads_days: Option<u16>,
}

/// Whether a bucket keeps earlier versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// It does.
    Enabled,
    /// It did.
    Suspended,
}

/// What the public-access block stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicAccess {
    /// Everything: the bucket is not public.
    Blocked,
    /// Access control lists, but not policies: a policy may open the bucket.
    ByPolicy,
    /// Nothing.
    Open,
}

/// Who owns the objects of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The bucket's owner; access control lists have no effect.
    BucketOwnerEnforced,
    /// The bucket's owner, if the writer says so.
    BucketOwnerPreferred,
    /// Whoever wrote them.
    ObjectWriter,
}

/// How objects are encrypted.
#[derive(Clone, Debug)]
pub enum Encryption {
    /// By S3's own key.
    S3,
    /// By a KMS key; without one by AWS's key for S3. The flag asks for a key of the bucket, which spares calls.
    Kms(Option<Output<String>>, bool),
}

impl Default for BucketSettings {
    fn default() -> Self {
        Self {
            versioning: None,
            public_access: PublicAccess::Blocked,
            ownership: Ownership::BucketOwnerEnforced,
            tiering_days: Some(90),
            archive_days: None,
            deep_archive_days: None,
            abort_uploads_days: Some(7),
        }
    }
}

impl BucketSettings {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut days = |what: &str, days: Option<u16>, least: u16, most: u16| {
            if let Some(days) = days.filter(|days| !(least..=most).contains(days)) {
                problems.push(format!("{what} after {days} days: it must be {least} to {most}"));
            }
        };
        days("goes to the archive", self.archive_days, 90, 730);
        days("goes to the deep archive", self.deep_archive_days, 180, 730);
        days("drops uploads", self.abort_uploads_days, 1, u16::MAX);
        if let (Some(archive), Some(deep)) = (self.archive_days, self.deep_archive_days)
            && deep <= archive
        {
            problems.push(format!(
                "goes to the deep archive after {deep} days: it must be more than {archive}, as for the archive"
            ));
        }
        if self.tiering_days.is_none() && (self.archive_days.is_some() || self.deep_archive_days.is_some()) {
            problems.push("goes to an archive, but has no intelligent tiering".into());
        }
        problems
    }
}

impl Bucket {
    /// A bucket; its resources are named after `name`.
    pub fn new(name: impl Into<String>, tags: Tags) -> Self {
        Self {
            name: name.into(),
            physical_name: None,
            tags,
            settings: BucketSettings::default(),
            encryption: None,
            lifecycle: Vec::new(),
            website: None,
            cors: Vec::new(),
            logging: None,
            policy: None,
            protect: false,
        }
    }

    /// The bucket's name; without one it gets a name of its own.
    pub fn bucket_name(mut self, name: impl Into<String>) -> Self {
        self.physical_name = Some(name.into());
        self
    }

    /// Other settings than the usual ones.
    pub fn settings(mut self, settings: BucketSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Encrypts objects.
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = Some(encryption);
        self
    }

    /// A rule for the life of objects, before those of the settings.
    pub fn lifecycle_rule(mut self, rule: bucket::Rule) -> Self {
        self.lifecycle.push(rule);
        self
    }

    /// Serves a website.
    pub fn website(mut self, website: bucket::WebsiteConfiguration) -> Self {
        self.website = Some(website);
        self
    }

    /// Lets pages of other origins in.
    pub fn cors_rule(mut self, rule: bucket::CorsRule) -> Self {
        self.cors.push(rule);
        self
    }

    /// Logs access.
    pub fn logging(mut self, logging: bucket::LoggingConfiguration) -> Self {
        self.logging = Some(logging);
        self
    }

    /// The bucket's policy.
    pub fn policy(mut self, policy: Json) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Refuses to be deleted or replaced.
    pub fn protect(mut self) -> Self {
        self.protect = true;
        self
    }

    /// Puts it into the plan.
    #[track_caller]
    pub fn declare(self, plan: &mut Draft) -> s3::BucketHandle {
        let place = Place::caller();
        for problem in self.settings.problems() {
            plan.report(Diagnostic::error("E0152", format!("bucket `{}` {problem}", self.name)).at(place.clone()));
        }
        let name = self.name.clone();
        plan.construct("ol:aws:Bucket", &name, |plan| self.build(plan))
    }

    fn build(self, plan: &mut Draft) -> s3::BucketHandle {
        let settings = &self.settings;
        let mut made = s3::Bucket::new(plan.child_name("bucket"))
            .public_access_block_configuration(settings.public_access.to_block())
            .ownership_controls(settings.ownership.to_controls())
            .tags(self.tags.named(self.physical_name.as_ref().unwrap_or(&self.name)));
        if let Some(name) = &self.physical_name {
            made = made.bucket_name(name);
        }
        if let Some(versioning) = settings.versioning {
            let status = if versioning == Versioning::Enabled { "Enabled" } else { "Suspended" };
            made = made.versioning_configuration(bucket::VersioningConfiguration::new().status(status));
        }
        if let Some(encryption) = &self.encryption {
            let rules = [encryption.to_rule()];
            made = made.bucket_encryption(bucket::BucketEncryption::new().server_side_encryption_configuration(rules));
        }
        let rules: Vec<bucket::Rule> = self.lifecycle.iter().cloned().chain(settings.to_rules()).collect();
        if !rules.is_empty() {
            made = made.lifecycle_configuration(bucket::LifecycleConfiguration::new().rules(rules));
        }
        if let Some(tiering) = settings.to_tiering() {
            made = made.intelligent_tiering_configurations([tiering]);
        }
        if let Some(website) = self.website {
            made = made.website_configuration(website);
        }
        if !self.cors.is_empty() {
            made = made.cors_configuration(bucket::CorsConfiguration::new().cors_rules(self.cors));
        }
        if let Some(logging) = self.logging {
            made = made.logging_configuration(logging);
        }
        let made = if self.protect { made.protect() } else { made }.declare(plan);
        if let Some(policy) = self.policy {
            let policy =
                s3::BucketPolicy::new(plan.child_name("policy")).bucket(made.bucket_name()).policy_document(policy);
            let policy = if self.protect { policy.protect() } else { policy };
            policy.declare(plan);
        }
        made
    }
}

impl PublicAccess {
    fn to_block(self) -> bucket::PublicAccessBlockConfiguration {
        let (lists, policies) = (self != Self::Open, self == Self::Blocked);
        bucket::PublicAccessBlockConfiguration::new()
            .block_public_acls(lists)
            .ignore_public_acls(lists)
            .block_public_policy(policies)
            .restrict_public_buckets(policies)
    }
}

impl Ownership {
    fn to_controls(self) -> bucket::OwnershipControls {
        let name = match self {
            Self::BucketOwnerEnforced => "BucketOwnerEnforced",
            Self::BucketOwnerPreferred => "BucketOwnerPreferred",
            Self::ObjectWriter => "ObjectWriter",
        };
        bucket::OwnershipControls::new().rules([bucket::OwnershipControlsRule::new().object_ownership(name)])
    }
}

impl Encryption {
    fn to_rule(&self) -> bucket::ServerSideEncryptionRule {
        let by = bucket::ServerSideEncryptionByDefault::new();
        match self {
            Self::S3 => {
                bucket::ServerSideEncryptionRule::new().server_side_encryption_by_default(by.sse_algorithm("AES256"))
            }
            Self::Kms(key, bucket_key) => {
                let by = by.sse_algorithm("aws:kms");
                let by = if let Some(key) = key { by.kms_master_key_id(key) } else { by };
                bucket::ServerSideEncryptionRule::new()
                    .server_side_encryption_by_default(by)
                    .bucket_key_enabled(*bucket_key)
            }
        }
    }
}

impl BucketSettings {
    fn to_rules(&self) -> Vec<bucket::Rule> {
        let abort = self.abort_uploads_days.map(|days| {
            bucket::Rule::new()
                .id("abort-incomplete-multipart-uploads")
                .status("Enabled")
                .abort_incomplete_multipart_upload(
                    bucket::AbortIncompleteMultipartUpload::new().days_after_initiation(days),
                )
        });
        let tiering = self.tiering_days.map(|days| {
            bucket::Rule::new()
                .id("intelligent-tiering-transition")
                .status("Enabled")
                .transitions([bucket::Transition::new().storage_class("INTELLIGENT_TIERING").transition_in_days(days)])
        });
        [abort, tiering].into_iter().flatten().collect()
    }

    fn to_tiering(&self) -> Option<bucket::IntelligentTieringConfiguration> {
        let tier = |tier: &str, days: Option<u16>| days.map(|days| bucket::Tiering::new().access_tier(tier).days(days));
        let tiers = [tier("ARCHIVE_ACCESS", self.archive_days), tier("DEEP_ARCHIVE_ACCESS", self.deep_archive_days)];
        let tiers: Vec<bucket::Tiering> = tiers.into_iter().flatten().collect();
        let some = self.tiering_days.is_some() && !tiers.is_empty();
        some.then(|| {
            bucket::IntelligentTieringConfiguration::new().id("standard-tiering").status("Enabled").tierings(tiers)
        })
    }
}
