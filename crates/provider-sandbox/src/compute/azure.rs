//! What Azure sets: ids of objects in the directory and of assignments; what else it sets follows from names.

use super::Sheet;

pub(super) fn make(ty: &str, sheet: &mut Sheet<'_>) {
    let ids = sheet.ids;
    match ty {
        "Microsoft.Authorization/roleAssignments" => sheet.set("name", ids.uuid("assignment")),
        "Microsoft.Graph/groups" => sheet.set("id", ids.uuid("group")),
        "Microsoft.ManagedIdentity/userAssignedIdentities" => {
            sheet.set("principalId", ids.uuid("principal"));
            sheet.set("clientId", ids.uuid("client"));
            sheet.set("tenantId", ids.uuid("tenant"));
        }
        _ => {}
    }
}
