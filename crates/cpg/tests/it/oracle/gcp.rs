//! What there is on Google Cloud: types, logical names and inputs.

use serde_json::{Value as Json, json};

use super::groups::Member;
use super::made::{Earlier, On};
use crate::world::{ORGANIZATION, number};

/// A project's services, each with the one that comes before it.
const SERVICES: [(&str, &str, Option<&str>); 10] = [
    ("cloudresourcemanager", "cloudresourcemanager.googleapis.com", None),
    ("cloudidentity", "cloudidentity.googleapis.com", Some("cloudresourcemanager")),
    ("serviceusage", "serviceusage.googleapis.com", None),
    ("secretmanager", "secretmanager.googleapis.com", Some("cloudresourcemanager")),
    ("dataproc", "dataproc.googleapis.com", Some("cloudresourcemanager")),
    ("batch", "batch.googleapis.com", Some("serviceusage")),
    ("cloudbilling", "cloudbilling.googleapis.com", Some("cloudresourcemanager")),
    ("cloudbillingbudgets", "billingbudgets.googleapis.com", Some("cloudbilling")),
    ("iam", "iam.googleapis.com", Some("cloudresourcemanager")),
    ("privilegedaccessmanager", "privilegedaccessmanager.googleapis.com", Some("cloudresourcemanager")),
];

pub(crate) const SECRET_VERSION: &str = "gcp:secretmanager/secretVersion:SecretVersion";

/// A machine account that was made.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) email: String,
    /// The full name.
    pub(crate) name: String,
}

impl Account {
    pub(crate) fn member(&self) -> Member {
        Member::Account(self.email.clone())
    }
}

/// A role of the organisation.
pub(crate) fn role(name: &str) -> String {
    format!("{ORGANIZATION}/roles/{name}")
}

/// A person or an account that stands in the configuration.
pub(crate) fn text(text: &str) -> Member {
    Member::Text(text.to_owned())
}

impl Earlier<'_> {
    /// A service of a project, made when it is first needed; its logical name.
    pub(crate) fn service(&mut self, on: On<'_>, stem: &str) -> String {
        let (_, service, first) = SERVICES.into_iter().find(|(name, ..)| *name == stem).expect("a service");
        let after: Vec<String> = first.iter().map(|first| self.service(on, first)).collect();
        let inputs = json!({ "service": service, "disableOnDestroy": false, "project": on.dataset.gcp.project });
        let name = on.nm(&format!("{stem}-service"));
        self.make_after("gcp:projects/service:Service", name.clone(), inputs, &after);
        name
    }

    pub(crate) fn google_project(&mut self, on: On<'_>, key: &str, id: &str) {
        let inputs = json!({
            "orgId": ORGANIZATION.rsplit('/').next(), "projectId": id, "name": id, "deletionPolicy": "ABANDON",
            "billingAccount": self.centre.infrastructure.billing.gcp.account_id,
        });
        self.make("gcp:organizations/project:Project", on.nm(key), inputs);
    }

    /// A budget; its filter says of what, and of which time.
    pub(crate) fn google_budget(&mut self, on: On<'_>, key: &str, (project, amount): (&str, i64), filter: Json) {
        let after = self.service(on, "cloudbillingbudgets");
        let centre = &self.centre.infrastructure;
        let mut filter = filter;
        filter["projects"] = json!([format!("projects/{}", number(project))]);
        let mut inputs = json!({
            "amount": { "specifiedAmount": {
                "units": amount.to_string(), "currencyCode": centre.budget_currency, "nanos": 0,
            } },
            "billingAccount": centre.billing.gcp.account_id, "displayName": project, "budgetFilter": filter,
        });
        let topic = self.centre.gcp().budget_notification_pubsub.as_ref().filter(|topic| !topic.is_empty());
        if let Some(topic) = topic {
            let steps = centre.budget_notification_thresholds.iter();
            inputs["thresholdRules"] = steps.map(|share| json!({ "thresholdPercent": share })).collect();
            inputs["allUpdatesRule"] = json!({ "pubsubTopic": topic, "schemaVersion": "1.0" });
        }
        // The name is made of a name.
        self.make_after("gcp:billing/budget:Budget", on.nm(&on.nm(key)), inputs, &[after]);
    }

    /// The region of a dataset.
    pub(crate) fn region(&self, on: On<'_>) -> String {
        let own = Some(&on.dataset.gcp.region).filter(|region| !region.is_empty());
        own.unwrap_or(&self.centre.gcp().region).clone()
    }

    /// How a member is called in a policy.
    pub(crate) fn principal(&self, member: &Member) -> String {
        match member {
            Member::Group(name) => format!("group:{}", self.address(name)),
            Member::Account(email) => format!("serviceAccount:{email}"),
            Member::Text(text) | Member::Person(text, _) => {
                if text.ends_with(".iam.gserviceaccount.com") && !text.starts_with("serviceAccount:") {
                    format!("serviceAccount:{text}")
                } else if text.contains('@') && !text.contains(':') {
                    format!("user:{text}")
                } else {
                    text.clone()
                }
            }
        }
    }

    pub(crate) fn google_role(&mut self, on: On<'_>, key: &str, project: &str, role: &str, member: &Member) {
        let inputs = json!({ "project": project, "role": role, "member": self.principal(member) });
        self.make("gcp:projects/iAMMember:IAMMember", on.nm(key), inputs);
    }

    /// A role on the dataset's own project, by way of a service that must be there.
    pub(crate) fn google_role_of(&mut self, on: On<'_>, service: &str, key: &str, role: &str, member: &Member) {
        let after = self.service(on, service);
        self.google_role(on, key, &on.dataset.gcp.project, role, member);
        self.tell("gcp:projects/iAMMember:IAMMember", &on.nm(key), "dependsOn", json!([after]));
    }

    pub(crate) fn google_account(&mut self, on: On<'_>, key: &str, id: &str, project: &str) -> Account {
        let after = self.service(on, "iam");
        let inputs = json!({ "accountId": id, "createIgnoreAlreadyExists": true, "project": project });
        self.make_after("gcp:serviceaccount/account:Account", on.nm(key), inputs, &[after]);
        account(id, project)
    }

    pub(crate) fn google_account_role(&mut self, on: On<'_>, key: &str, of: &Account, role: &str, member: &Member) {
        let after = [self.service(on, "cloudidentity"), self.service(on, "iam")];
        let inputs = json!({ "serviceAccountId": of.name, "role": role, "member": self.principal(member) });
        self.make_after("gcp:serviceaccount/iAMMember:IAMMember", on.nm(key), inputs, &after);
    }

    /// The address of a group.
    pub(crate) fn address(&self, group: &str) -> String {
        format!("{}{group}@{}", self.centre.infrastructure.group_prefix, self.centre.gcp().groups_domain)
    }

    pub(crate) fn google_group_id(&self, group: &str) -> String {
        format!("groups/{}", self.address(group))
    }

    pub(crate) fn google_group(&mut self, on: On<'_>, name: &str, description: Option<&str>) {
        let after = self.service(on, "cloudidentity");
        let gcp = self.centre.gcp();
        let full = format!("{}{name}", self.centre.infrastructure.group_prefix);
        let inputs = json!({
            "displayName": full, "description": description, "groupKey": { "id": self.address(name) },
            "initialGroupConfig": if gcp.create_empty_groups { "EMPTY" } else { "WITH_INITIAL_OWNER" },
            "labels": { "cloudidentity.googleapis.com/groups.discussion_forum": "" },
            "parent": format!("customers/{}", gcp.customer_id),
        });
        let (ty, group) = ("gcp:cloudidentity/group:Group", on.nm(&format!("{full}-group")));
        self.make_after(ty, group.clone(), inputs, &[after]);
        self.tell(ty, &group, "ignoreChanges", json!(["initialGroupConfig"]));
        if gcp.allow_external_group_members {
            let inputs = json!({
                "group_email": self.address(name), "settings": { "allowExternalMembers": "true" },
            });
            let name = on.nm(&format!("{full}-group-settings"));
            self.make_after("dynamic:GoogleGroupSettingsProvider", name, inputs, &[group]);
        }
    }

    pub(crate) fn google_membership(&mut self, on: On<'_>, name: String, group: &str, member: &Member) {
        if self.centre.infrastructure.disable_group_memberships {
            return;
        }
        let after = self.service(on, "cloudidentity");
        let member = match member {
            Member::Group(name) => self.address(name),
            Member::Account(id) | Member::Text(id) | Member::Person(id, _) => id.clone(),
        };
        let inputs = json!({ "group_key": group, "member_key": member });
        self.make_after("dynamic:GoogleGroupMembershipProvider", name, inputs, &[after]);
    }

    /// A secret with one version, whose logical name and text are given; the full name of the secret.
    pub(crate) fn google_secret(
        &mut self,
        on: On<'_>,
        name: String,
        (id, project): (&str, &str),
        (version, text): (&str, &str),
    ) -> String {
        let after = self.service(on, "secretmanager");
        let inputs = json!({
            "secretId": id, "project": project,
            "replication": { "userManaged": { "replicas": [{ "location": self.region(on) }] } },
        });
        self.make_after("gcp:secretmanager/secret:Secret", name, inputs, &[after]);
        let secret = format!("projects/{project}/secrets/{id}");
        let inputs = json!({ "secret": secret, "secretData": "(secret)" });
        self.make(SECRET_VERSION, on.nm(version), inputs);
        self.tell(SECRET_VERSION, &on.nm(version), "secretData", text.into());
        secret
    }

    pub(crate) fn google_secret_role(&mut self, on: On<'_>, key: &str, secret: &str, project: &str, member: &Member) {
        let id = match secret.matches('/').count() {
            3 => secret.to_owned(),
            _ => format!("projects/{project}/secrets/{secret}"),
        };
        let inputs = json!({
            "project": project, "secretId": id, "role": "roles/secretmanager.secretAccessor",
            "member": self.principal(member),
        });
        self.make("gcp:secretmanager/secretIamMember:SecretIamMember", on.nm(key), inputs);
    }

    pub(crate) fn google_registry_role(
        &mut self,
        on: On<'_>,
        key: &str,
        (project, registry): (&str, &str),
        role: &str,
        member: &Member,
    ) {
        let inputs = json!({
            "project": project, "location": self.region(on), "repository": registry,
            "role": format!("roles/artifactregistry.{role}"), "member": self.principal(member),
        });
        self.make("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", on.nm(key), inputs);
    }

    pub(crate) fn invoker(&mut self, on: On<'_>, key: &str, (project, service): (&str, &str), member: &Member) {
        let inputs = json!({
            "location": self.region(on), "project": project, "service": service, "role": "roles/run.invoker",
            "member": self.principal(member),
        });
        self.make("gcp:cloudrun/iamMember:IamMember", on.nm(key), inputs);
    }

    /// An object; its logical name is as it is given.
    pub(crate) fn blob(&mut self, name: &str, bucket: &str, path: &str, content: &str) {
        let inputs = json!({ "bucket": bucket, "name": path, "content": content });
        self.make("gcp:storage/bucketObject:BucketObject", name.to_owned(), inputs);
    }
}

pub(crate) fn account(id: &str, project: &str) -> Account {
    let email = format!("{id}@{project}.iam.gserviceaccount.com");
    Account { name: format!("projects/{project}/serviceAccounts/{email}"), email }
}
