//! Buckets and what becomes of objects in them.

use plan::expr::Expr;
use plan::{IntoExpr, Output};

use super::{Gcp, table};
use crate::infra::{Bucket, BucketAccess, BucketOptions, Rule};

/// After how many days parts of uploads that were never finished are deleted.
const ABORT_DAYS: i64 = 7;

impl Gcp<'_> {
    /// The whole name of a bucket.
    pub(crate) fn bucket_name(&self, name: &str) -> String {
        format!("{}{}-{name}", self.storage_prefix(), self.dataset.name)
    }

    pub(super) fn bucket(&self, name: &str, options: &BucketOptions) -> Bucket {
        let whole = if options.unique { name.to_owned() } else { self.bucket_name(name) };
        let logical = self.named(&format!("{name}-bucket"));
        let handle = self.site.once(&format!("bucket {logical}"), || {
            self.declare("storage.googleapis.com/Bucket", &logical, &["buckets", name], &[], |bucket| {
                bucket.set("name", whole.as_str().into());
                bucket.set("project", self.project_id().into_expr());
                bucket.set("location", self.region().into());
                let uniform = table([("uniformBucketLevelAccess", table([("enabled", true.into())]))]);
                bucket.set("iamConfiguration", uniform);
                bucket.set("versioning", table([("enabled", options.versioning.into())]));
                bucket.set("labels", table([("bucket", whole.as_str().into())]));
                bucket.set("lifecycle", table([("rule", lifecycle(&options.rules))]));
                bucket.set("billing", table([("requesterPays", options.requester_pays.into())]));
                if options.autoclass {
                    bucket.set("autoclass", table([("enabled", true.into())]));
                }
                if !options.soft_delete {
                    bucket.set("softDeletePolicy", table([("retentionDurationSeconds", "0".into())]));
                }
            })
        });
        let name = handle.attribute("name");
        if options.unique {
            self.site.export(&self.dataset.name, &["buckets", &whole, "name"], &name);
        }
        Bucket { name }
    }

    /// The role by which somebody may do something with a bucket.
    pub(super) fn bucket_role(&self, access: BucketAccess) -> Output<String> {
        self.organisation_role(match access {
            BucketAccess::List => "StorageLister",
            BucketAccess::Read => "StorageObjectAndBucketViewer",
            BucketAccess::Append => "StorageViewerAndCreator",
            BucketAccess::Mutate => "StorageObjectAndBucketMutator",
        })
    }
}

/// The rules of a bucket, and the one that every bucket has.
fn lifecycle(rules: &[Rule]) -> Expr {
    let rule = |rule: &Rule| match rule {
        Rule::Undelete(days) => one("Delete", [("daysSinceNoncurrentTime", (*days).into()), ("isLive", false.into())]),
        Rule::Temporary(days, prefixes) if prefixes.is_empty() => one("Delete", [("age", (*days).into())]),
        Rule::Temporary(days, prefixes) => {
            let prefixes = prefixes.iter().map(|prefix| prefix.as_str().into()).collect();
            one("Delete", [("age", (*days).into()), ("matchesPrefix", Expr::List(prefixes))])
        }
        Rule::Archive(days) => table([
            ("action", table([("type", "SetStorageClass".into()), ("storageClass", "ARCHIVE".into())])),
            ("condition", table([("age", (*days).into())])),
        ]),
    };
    let abort = one("AbortIncompleteMultipartUpload", [("age", ABORT_DAYS.into())]);
    Expr::List(rules.iter().map(rule).chain([abort]).collect())
}

fn one<const N: usize>(action: &str, condition: [(&str, Expr); N]) -> Expr {
    table([("action", table([("type", action.into())])), ("condition", table(condition))])
}
