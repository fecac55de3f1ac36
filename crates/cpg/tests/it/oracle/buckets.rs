//! Buckets, what becomes of the objects in them, and who may do what with them.

use serde_json::{Value as Json, json};

use super::azure::{BLOB_CONTRIBUTOR, BLOB_READER};
use super::config::Cloud;
use super::gcp::role;
use super::groups::Member;
use super::made::{Earlier, On};

/// What a bucket is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Archive,
    /// Data that are kept.
    Data,
    Temporary,
    Release,
    Hail,
    Dropbox,
    /// Lists of members.
    Cache,
}

/// What a role on a bucket lets do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Level {
    List,
    Read,
    Append,
    Mutate,
}

impl Earlier<'_> {
    /// A bucket of a dataset, made when it is first named: its name on Google Cloud, the id of a container on Azure.
    pub(crate) fn bucket(&mut self, on: On<'_>, name: &str, kind: Kind) -> String {
        if on.cloud == Cloud::Azure {
            return self.azure_bucket(on, name, kind);
        }
        let bucket = match kind {
            Kind::Cache => name.to_owned(),
            _ => format!("{}{}-{name}", self.centre.gcp().dataset_storage_prefix, on.name),
        };
        let passing = matches!(kind, Kind::Temporary | Kind::Dropbox);
        let by_use = matches!(kind, Kind::Data | Kind::Release) && on.dataset.autoclass;
        let mut rules = rules(on, kind);
        rules.push(json!({ "action": { "type": "AbortIncompleteMultipartUpload" }, "condition": { "age": 7 } }));
        let inputs = json!({
            "name": bucket, "location": self.region(on), "project": on.dataset.gcp.project,
            "uniformBucketLevelAccess": true, "versioning": { "enabled": !passing }, "labels": { "bucket": bucket },
            "lifecycleRules": rules, "requesterPays": kind == Kind::Release,
            "autoclass": by_use.then(|| json!({ "enabled": true })),
            "softDeletePolicy": passing.then(|| json!({ "retentionDurationSeconds": 0 })),
        });
        self.make("gcp:storage/bucket:Bucket", on.nm(&format!("{name}-bucket")), inputs);
        bucket
    }

    fn azure_bucket(&mut self, on: On<'_>, name: &str, kind: Kind) -> String {
        let id = format!("id:{}", on.nm(&format!("{name}-blob-container")));
        if self.made.contains_key(&("azure-native:storage:BlobContainer".to_owned(), id[3..].to_owned())) {
            return id;
        }
        if matches!(kind, Kind::Archive | Kind::Data | Kind::Release) {
            self.keeps_deleted.insert(on.name.to_owned());
        }
        let rule = match kind {
            Kind::Archive => Some(("archive", "tierToArchive", on.dataset.archive_age)),
            Kind::Temporary | Kind::Dropbox | Kind::Hail => Some(("tmp", "delete", 8)),
            _ => None,
        };
        if let Some((what, action, days)) = rule {
            let rule = json!({
                "name": format!("{name}-bucket-rule-{what}"), "type": "Lifecycle",
                "definition": {
                    "actions": { "baseBlob": { action: { "daysAfterModificationGreaterThan": days } } },
                    "filters": { "prefixMatch": [name], "blobTypes": ["blockBlob"] },
                },
            });
            self.rules.entry(on.name.to_owned()).or_default().push(rule);
        }
        self.container(on, name)
    }

    /// Gives a member a role on a bucket.
    pub(crate) fn grant(&mut self, on: On<'_>, key: &str, bucket: &str, member: &Member, level: Level) {
        if on.cloud == Cloud::Azure {
            let id = if matches!(level, Level::List | Level::Read) { BLOB_READER } else { BLOB_CONTRIBUTOR };
            return self.assignment(on.nm(key), bucket, id, member);
        }
        let after = self.service(on, "cloudidentity");
        let (role_name, end) = match level {
            Level::List => ("StorageLister", ""),
            Level::Read => ("StorageObjectAndBucketViewer", ""),
            Level::Append => ("StorageViewerAndCreator", ""),
            Level::Mutate => ("StorageObjectAndBucketMutator", "-no-bucket-deletion"),
        };
        let inputs = json!({ "bucket": bucket, "member": self.principal(member), "role": role(role_name) });
        let name = on.nm(&format!("{key}{end}"));
        self.make_after("gcp:storage/bucketIAMMember:BucketIAMMember", name, inputs, &[after]);
    }

    /// Lets a member see which buckets there are.
    pub(crate) fn let_list_buckets(&mut self, on: On<'_>, key: &str, member: &Member) {
        if on.cloud == Cloud::Azure {
            let scope = format!("id:{}", on.nm(&self.storage_account(on)));
            self.in_account(on, json!({}));
            return self.assignment(on.nm(key), &scope, BLOB_READER, member);
        }
        self.google_role_of(on, "cloudidentity", key, &role("StorageLister"), member);
    }

    /// The bucket of lists of members.
    pub(crate) fn members_cache(&mut self) -> String {
        let name = format!("{}members-group-cache", self.centre.gcp().dataset_storage_prefix);
        self.bucket(self.common(Cloud::Gcp), &name, Kind::Cache)
    }

    /// What a program writes to get at a bucket.
    pub(crate) fn address_of(&self, on: On<'_>, name: &str) -> String {
        match on.cloud {
            Cloud::Gcp => format!("gs://{}{}-{name}", self.centre.gcp().dataset_storage_prefix, on.name),
            Cloud::Azure => format!("https://{}.blob.core.windows.net/{name}/", self.storage_account(on)),
        }
    }
}

/// The rules of a bucket on Google Cloud.
fn rules(on: On<'_>, kind: Kind) -> Vec<Json> {
    let delete = |condition: Json| json!({ "action": { "type": "Delete" }, "condition": condition });
    let undelete = delete(json!({ "daysSinceNoncurrentTime": 30, "withState": "ARCHIVED" }));
    match kind {
        Kind::Archive => {
            let archive = json!({
                "action": { "type": "SetStorageClass", "storageClass": "ARCHIVE" },
                "condition": { "age": on.dataset.archive_age },
            });
            vec![archive, undelete]
        }
        Kind::Data | Kind::Release => vec![undelete],
        Kind::Temporary | Kind::Hail => vec![delete(json!({ "age": 8 }))],
        Kind::Dropbox => vec![delete(json!({ "age": 8, "matchesPrefixes": ["incomplete/"] }))],
        Kind::Cache => Vec::new(),
    }
}
