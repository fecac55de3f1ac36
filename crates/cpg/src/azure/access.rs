//! Who may do what: role assignments, and the conditions under which they count.

use plan::{IntoExpr, Output};

use super::{Azure, role};
use crate::groups::Member;
use crate::infra::{AccountAccess, BucketAccess, RegistryAccess, SecretAccess};

/// What a role assignment gives: the end of its logical name, the role, and when it counts.
pub(super) struct Grant {
    end: &'static str,
    role: &'static str,
    condition: Option<&'static str>,
}

impl Grant {
    const fn of(role: &'static str) -> Self {
        Self { end: "", role, condition: None }
    }

    const fn named(self, end: &'static str) -> Self {
        Self { end, ..self }
    }

    const fn when(self, condition: &'static str) -> Self {
        Self { condition: Some(condition), ..self }
    }
}

const BLOB_READER: Grant = Grant::of("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1");
const BLOB_CONTRIBUTOR: Grant = Grant::of("ba92f5b4-2d11-453d-a403-e96b0029c9fe");

/// To see names takes the same right as to read; only the operation tells the two apart.
const LISTING: &str = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'} \
                       AND NOT SubOperationMatches{'Blob.List'})))";

/// What is there is not replaced, moved or deleted; what is new goes by another right.
const APPENDING: &str = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'})) \
                         AND (!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'})) \
                         AND (!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action'})))";

/// To see what there is in a storage account, and nothing of what is in it: Reader.
pub(super) const LIST_CONTAINERS: Grant = Grant::of("acdd72a7-3385-48ef-bd42-f606fba81ae7");

pub(super) fn of_bucket(access: BucketAccess) -> Grant {
    match access {
        BucketAccess::List => BLOB_READER.when(LISTING),
        BucketAccess::Read => BLOB_READER,
        BucketAccess::Append => BLOB_CONTRIBUTOR.when(APPENDING),
        BucketAccess::Mutate => BLOB_CONTRIBUTOR,
    }
}

/// Identities have no keys: whoever may change one may say which outside tokens stand for it.
pub(super) fn of_account(access: AccountAccess) -> Grant {
    match access {
        // Managed Identity Operator.
        AccountAccess::Access => Grant::of("f1a07417-d97a-45cb-824c-7a7467783830"),
        // Managed Identity Contributor.
        AccountAccess::Admin | AccountAccess::CredentialsAdmin => Grant::of("e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"),
    }
}

pub(super) fn of_secret(access: SecretAccess) -> Grant {
    match access {
        // Key Vault Secrets User.
        SecretAccess::Accessor => Grant::of("4633458b-17de-408a-874b-0445c86b69e6"),
        // Key Vault Secrets Officer.
        SecretAccess::Admin => Grant::of("b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    }
}

pub(super) fn of_registry(access: RegistryAccess) -> &'static [Grant] {
    const PULL: Grant = Grant::of("7f951dda-4ed3-4680-a7ca-43fe172d538d").named("-pull");
    const PUSH: Grant = Grant::of("8311e382-0749-4cb8-b61a-304f252e45ec").named("-push");
    const DELETE: Grant = Grant::of("c2f4ef07-c644-48eb-af81-4b1b4947fb11").named("-delete");
    match access {
        RegistryAccess::Reader => &[PULL],
        RegistryAccess::Writer => &[PULL, PUSH, DELETE],
    }
}

impl Azure<'_> {
    /// Gives a role on something.
    pub(super) fn assign(&self, key: &str, scope: &Output<String>, member: &Member, grant: &Grant) {
        let logical = self.named(&format!("{key}{}", grant.end));
        self.declare("Microsoft.Authorization/roleAssignments", &logical, ["assignments", &logical], |assignment| {
            let (id, kind) = self.principal(member);
            assignment.set("scope", scope.into_expr());
            assignment.set("principalId", id.into_expr());
            assignment.set("principalType", kind.into());
            assignment.set("roleDefinitionId", role(grant.role).into_expr());
            if let Some(condition) = grant.condition {
                assignment.set("condition", condition.into());
                assignment.set("conditionVersion", "2.0".into());
            }
        });
    }
}
