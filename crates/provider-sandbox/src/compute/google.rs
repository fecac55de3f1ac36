//! What Google Cloud sets, and Hail and metamist, which run on it.

use value::Value;

use super::Sheet;

pub(super) fn make(ty: &str, sheet: &mut Sheet<'_>) {
    let ids = sheet.ids;
    match ty {
        "cloudresourcemanager.googleapis.com/Project" => {
            let number = digits(sheet, "number", 12);
            sheet.set("name", format!("projects/{number}"));
            sheet.set("projectNumber", number);
        }
        "billingbudgets.googleapis.com/Budget" => {
            let name = format!("{}/budgets/{}", sheet.text("parent"), ids.uuid("budget"));
            sheet.set("name", name);
        }
        "storage.googleapis.com/Object" => {
            let generation = digits(sheet, "generation", 16);
            sheet.set("generation", generation);
        }
        "iam.googleapis.com/ServiceAccount" => {
            let id = digits(sheet, "unique", 21);
            sheet.set("uniqueId", id);
        }
        "iam.googleapis.com/ServiceAccountKey" => {
            let name =
                format!("projects/-/serviceAccounts/{}/keys/{}", sheet.text("serviceAccount"), ids.hex("key", 40));
            sheet.set("name", name);
            // A key file in base64 that opens nothing: `{"type":"service_account"}`.
            sheet.set("privateKeyData", "eyJ0eXBlIjoic2VydmljZV9hY2NvdW50In0=");
        }
        "cloudidentity.googleapis.com/Group" => sheet.set("name", format!("groups/{}", ids.hex("group", 14))),
        "cloudidentity.googleapis.com/Membership" => {
            let name = format!("{}/memberships/{}", sheet.text("group"), digits(sheet, "member", 21));
            sheet.set("name", name);
        }
        "secretmanager.googleapis.com/SecretVersion" => {
            let name = format!("{}/versions/{}", sheet.text("parent"), digits(sheet, "version", 6));
            sheet.set("name", name);
        }
        "artifactregistry.googleapis.com/Repository" => {
            let parts: Vec<&str> = sheet.text("parent").split('/').collect();
            if let [_, project, _, location] = parts[..] {
                let kind = sheet.text("format").to_lowercase();
                let uri = format!("{location}-{kind}.pkg.dev/{project}/{}", sheet.text("repositoryId"));
                sheet.set("registryUri", uri);
            }
        }
        "cloudfunctions.googleapis.com/Function" => {
            let id = sheet.text("functionId").to_owned();
            if let [_, project, _, location] = sheet.text("parent").split('/').collect::<Vec<_>>()[..] {
                let url = format!("https://{location}-{project}.cloudfunctions.net/{id}");
                sheet.set("url", url);
            }
            let service = format!("{}/services/{id}", sheet.text("parent"));
            // It stands among what is given.
            sheet.set("serviceConfig", Value::map([("service", service), ("uri", address(sheet, &id))]));
        }
        "run.googleapis.com/Service" => {
            let uri = address(sheet, sheet.text("serviceId"));
            sheet.set("uri", uri);
        }
        "monitoring.googleapis.com/NotificationChannel" => named(sheet, "notificationChannels"),
        "monitoring.googleapis.com/AlertPolicy" => named(sheet, "alertPolicies"),
        "hail_user" => {
            // An account where Hail runs on Google Cloud, the object id of one where it runs on Azure.
            let identity = match sheet.text("cloud") {
                "azure" => ids.uuid("user"),
                _ => format!("{}-{}@hail-batch.iam.gserviceaccount.com", sheet.text("username"), ids.hex("user", 5)),
            };
            sheet.set("identity", identity);
        }
        "metamist_project" => {
            let id = Value::from(digits(sheet, "project", 4));
            sheet.set("id", id);
        }
        _ => {}
    }
}

/// Where a service of Cloud Run is called.
fn address(sheet: &Sheet<'_>, id: &str) -> String {
    format!("https://{id}-{}-ts.a.run.app", sheet.ids.hex("address", 10))
}

/// A name that ends in a number.
fn named(sheet: &mut Sheet<'_>, kind: &str) {
    let name = format!("{}/{kind}/{}", sheet.text("parent"), digits(sheet, "name", 19));
    sheet.set("name", name);
}

/// A number of so many digits, as text.
fn digits(sheet: &Sheet<'_>, what: &str, n: usize) -> String {
    let digit = |position: usize| {
        let least = u32::from(position == 0);
        let digit = least + sheet.ids.number(&format!("{what} {position}"), 10 - least);
        char::from_digit(digit, 10).unwrap_or('1')
    };
    (0..n).map(digit).collect()
}
