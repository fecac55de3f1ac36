//! Containers of blobs, and what becomes of blobs in them.

use plan::expr::Expr;
use plan::{IntoExpr, Output};

use super::{Azure, table};
use crate::infra::{Bucket, BucketOptions, Rule};
use crate::site::Handle;

const CONTAINER: &str = "Microsoft.Storage/storageAccounts/blobServices/containers";

/// What the rules of an account's containers come to.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    /// The rules, in the order of their buckets.
    rules: Vec<Expr>,
    /// For how many days what was deleted is kept, in the whole account.
    undelete: Option<i64>,
}

impl Azure<'_> {
    /// The account that holds the dataset's containers.
    pub(super) fn storage_account(&self) -> Handle {
        let name = self.account_name();
        let logical = self.named(&name);
        self.site.once(&format!("storage account {logical}"), || {
            self.declare("Microsoft.Storage/storageAccounts", &logical, ["storage_accounts", &name], |account| {
                self.place(account, &name, None);
                account.set("kind", "StorageV2".into());
                account.set("sku", table([("name", "Standard_LRS".into())]));
            })
        })
    }

    /// Declares something within the account.
    fn within_account(&self, ty: &'static str, logical: &str, name: &str, more: impl FnOnce(&mut plan::Declaration)) {
        self.declare(ty, logical, ["storage", logical], |declaration| {
            declaration.set("parent", self.storage_account().attribute::<String>("id").into_expr());
            declaration.set("name", name.into());
            more(declaration);
        });
    }

    pub(super) fn container(&self, name: &str, options: &BucketOptions) -> Bucket {
        let logical = self.named(&format!("{name}-blob-container"));
        let handle = self.site.once(&format!("container {logical}"), || {
            let mut lifecycles = self.site.lifecycles.borrow_mut();
            let lifecycle = lifecycles.entry(self.dataset.name.clone()).or_default();
            options.rules.iter().for_each(|rule| lifecycle.add(name, rule));
            drop(lifecycles);
            self.declare(CONTAINER, &logical, ["buckets", name], |container| {
                container.set("parent", self.storage_account().attribute::<String>("id").into_expr());
                container.set("name", name.into());
                container.set("metadata", table([("bucket", name.into())]));
            })
        });
        let id = handle.attribute("id");
        if options.unique {
            self.export(["buckets", name], "id", &id);
        }
        Bucket { name: id }
    }

    pub(super) fn blob(&self, logical: &str, container: &Output<String>, path: &str, content: &Output<String>) {
        let ty = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
        self.declare(ty, logical, ["blobs", logical], |blob| {
            blob.set("parent", container.into_expr());
            blob.set("name", path.into());
            blob.set("content", content.into_expr());
        });
    }

    /// Writes down what becomes of the blobs in all containers: there is one place for it, the account.
    pub(super) fn finish_account(&self) {
        self.storage_account();
        let lifecycles = self.site.lifecycles.borrow();
        let Some(lifecycle) = lifecycles.get(&self.dataset.name) else { return };
        let account = self.account_name();
        if !lifecycle.rules.is_empty() {
            let logical = self.named(&format!("{account}-management-policy"));
            let ty = "Microsoft.Storage/storageAccounts/managementPolicies";
            self.within_account(ty, &logical, "default", |policy| {
                policy.set("policy", table([("rules", Expr::List(lifecycle.rules.clone()))]));
            });
        }
        if let Some(days) = lifecycle.undelete {
            let logical = self.named(&format!("{account}-{days}day-undelete-rule"));
            self.within_account("Microsoft.Storage/storageAccounts/blobServices", &logical, "default", |service| {
                let policy = table([("days", days.into()), ("enabled", true.into())]);
                service.set("deleteRetentionPolicy", policy);
            });
        }
    }
}

impl Lifecycle {
    /// Adds a rule of a container.
    fn add(&mut self, container: &str, rule: &Rule) {
        // The slash ends the container's name: `main/` does not begin `main-tmp/`.
        let within = |prefix: &str| Expr::from(format!("{container}/{prefix}").as_str());
        let (end, action, days, prefixes) = match rule {
            Rule::Undelete(days) => {
                self.undelete = self.undelete.max(Some(*days));
                return;
            }
            Rule::Temporary(days, prefixes) if prefixes.is_empty() => ("tmp", "delete", days, vec![within("")]),
            Rule::Temporary(days, prefixes) => {
                ("tmp", "delete", days, prefixes.iter().map(|prefix| within(prefix)).collect())
            }
            Rule::Archive(days) => ("archive", "tierToArchive", days, vec![within("")]),
        };
        let after = table([("daysAfterModificationGreaterThan", (*days).into())]);
        let filters = [("prefixMatch", Expr::List(prefixes)), ("blobTypes", Expr::List(vec!["blockBlob".into()]))];
        self.rules.push(table([
            ("name", format!("{container}-bucket-rule-{end}").as_str().into()),
            ("type", "Lifecycle".into()),
            (
                "definition",
                table([("actions", table([("baseBlob", table([(action, after)]))])), ("filters", table(filters))]),
            ),
        ]));
    }
}
