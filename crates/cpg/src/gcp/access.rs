//! Groups, roles and accounts.

use plan::expr::Expr;
use plan::{IntoExpr, Output, text};

use super::{Gcp, path_of, table};
use crate::groups::Member;
use crate::infra::{Account, Bucket, TemporaryAccess};
use crate::site::Handle;

/// The label of a group that people and accounts can be in.
const DISCUSSION: &str = "cloudidentity.googleapis.com/groups.discussion_forum";

impl Gcp<'_> {
    /// The name of a group in the cloud.
    fn cloud_name(&self, name: &str) -> String {
        let prefix = self.site.configuration.infrastructure.group_prefix.as_deref().unwrap_or_default();
        format!("{prefix}{name}")
    }

    /// The address of a group, by its name in the configuration.
    pub(crate) fn group_email(&self, name: &str) -> Output<String> {
        let owner = self.site.groups.borrow().get(cpg_config::Cloud::Gcp, name).map(|group| group.owner.clone());
        let dataset = owner.and_then(|owner| self.site.configuration.datasets.get(&owner)).unwrap_or(self.dataset);
        let owner = self.of_dataset(dataset);
        email_of(&owner.group_resource(name, None))
    }

    /// The resource of a group, made at its first mention.
    pub(super) fn group_resource(&self, name: &str, description: Option<&str>) -> Handle {
        let cloud_name = self.cloud_name(name);
        let logical = self.named(&format!("{cloud_name}-group"));
        self.site.once(&format!("group {logical}"), || {
            let before = self.services(["cloudidentity"]);
            let email = format!("{cloud_name}@{}", self.section.groups_domain);
            let handle =
                self.declare("cloudidentity.googleapis.com/Group", &logical, &["groups", name], &before, |group| {
                    group.set("parent", format!("customers/{}", self.section.customer_id).as_str().into());
                    group.set("groupKey", table([("id", email.as_str().into())]));
                    group.set("displayName", cloud_name.as_str().into());
                    if let Some(description) = description {
                        group.set("description", description.into());
                    }
                    group.set("labels", table([(DISCUSSION, "".into())]));
                    let initial = if self.section.create_empty_groups { "EMPTY" } else { "WITH_INITIAL_OWNER" };
                    group.set("initialGroupConfig", initial.into());
                    group.options.ignore_changes.push(plan::value::Path::key("initialGroupConfig"));
                });
            if self.section.allow_external_group_members {
                let settings = format!("{logical}-settings");
                let waits = [handle.clone()];
                self.declare("groupssettings.googleapis.com/Group", &settings, &[], &waits, |group| {
                    group.set("email", email_of(&handle).into_expr());
                    group.set("allowExternalMembers", "true".into());
                });
            }
            let address = email_of(&handle);
            self.site.export(&self.dataset.name, &["groups", name, "email"], &address);
            handle
        })
    }

    /// Puts a member into a group of this dataset.
    pub(super) fn membership(&self, name: &str, group: &Output<String>, member: &Member) {
        if self.site.configuration.infrastructure.disable_group_memberships || !self.site.is_here(&self.dataset.name) {
            return;
        }
        let before = self.services(["cloudidentity"]);
        self.declare("cloudidentity.googleapis.com/Membership", name, &[], &before, |membership| {
            membership.set("group", group.expr().clone());
            membership.set("preferredMemberKey", table([("id", self.address(member).into_expr())]));
        });
    }

    /// Gives a role on a project: the dataset's own, if none is named.
    pub(crate) fn project_role(
        &self,
        key: &str,
        member: &Member,
        role: impl IntoExpr,
        project: Option<&Output<String>>,
        before: &[Handle],
    ) {
        if !self.site.is_here(&self.dataset.name) {
            return;
        }
        let role = role.into_expr();
        self.declare(
            "cloudresourcemanager.googleapis.com/ProjectIamMember",
            &self.named(key),
            &[],
            before,
            |binding| {
                binding.set("project", project.cloned().unwrap_or_else(|| self.project_id()).into_expr());
                binding.set("role", role);
                binding.set("member", self.principal(member).into_expr());
            },
        );
    }

    /// Gives a role on something else than a project.
    pub(super) fn binding(
        &self,
        ty: &'static str,
        key: &str,
        target: (&str, Expr),
        member: &Member,
        role: &Output<String>,
        before: &[Handle],
    ) {
        self.declare(ty, &self.named(key), &[], before, |binding| {
            let what = format!("{ty} {:?}", target.1);
            self.site.principal(&what, &binding.name, self.principal(member).expr());
            binding.set(target.0, target.1);
            binding.set("role", role.expr().clone());
            binding.set("member", self.principal(member).into_expr());
        });
    }

    /// Lets somebody call a service on Cloud Run.
    pub(crate) fn add_cloudrun_invoker(&self, key: &str, project: &str, service: &str, member: &Member) {
        // The service is where the centre is, wherever the dataset is.
        let service = format!("projects/{project}/locations/{}/services/{service}", self.section.region);
        let target = ("service", service.as_str().into());
        self.binding("run.googleapis.com/ServiceIamMember", key, target, member, &known("roles/run.invoker"), &[]);
    }

    /// Lets somebody make tokens of an account.
    pub(crate) fn token_creator(&self, key: &str, account: &Account, member: &Member) {
        let target = ("serviceAccount", account.name.clone().into_expr());
        let role = known("roles/iam.serviceAccountTokenCreator");
        self.binding("iam.googleapis.com/ServiceAccountIamMember", key, target, member, &role, &[]);
    }

    pub(super) fn account(&self, name: &str, project: Option<&Output<String>>, key: Option<&str>) -> Account {
        let default = format!("service-account-{name}");
        let logical = self.named(key.unwrap_or(&default));
        let handle = self.site.once(&format!("account {logical}"), || {
            let before = self.services(["iam"]);
            self.declare("iam.googleapis.com/ServiceAccount", &logical, &["accounts", name], &before, |account| {
                account.set("accountId", name.into());
                account.set("projectId", project.cloned().unwrap_or_else(|| self.project_id()).into_expr());
            })
        });
        let account = Account { name: handle.attribute("name"), email: handle.attribute("email") };
        self.site.export(&self.dataset.name, &["accounts", name, "email"], &account.email);
        account
    }

    /// Lets the members of a group ask to use a bucket for a time. What they ask for is given at once.
    pub(super) fn entitlement(&self, key: &str, bucket: &Bucket, access: TemporaryAccess, group: &str) -> String {
        let (what, role) = match access {
            TemporaryAccess::Read => ("read", "roles/storage.objectViewer"),
            TemporaryAccess::Write => ("write", "roles/storage.objectAdmin"),
        };
        let id = format!("pam-{}-{what}", self.dataset.name);
        let service = self.service("privilegedaccessmanager");
        let number = self.project_handle().attribute::<String>("projectNumber");
        let resource = text("//cloudresourcemanager.googleapis.com/projects/{}", [&number]);
        let condition = "resource.service == \"storage.googleapis.com\" && (resource.name == \
                         \"projects/_/buckets/{}\" || resource.name.startsWith(\"projects/_/buckets/{}/objects/\"))";
        let agent = self.service_agent(&service);
        let before = [service, agent];
        self.declare(
            "privilegedaccessmanager.googleapis.com/Entitlement",
            &self.named(key),
            &[],
            &before,
            |entitlement| {
                entitlement.set("parent", path_of([&number], "projects/{}/locations/global"));
                entitlement.set("entitlementId", id.as_str().into());
                entitlement.set("maxRequestDuration", "604800s".into());
                entitlement.set("requesterJustificationConfig", table([("unstructured", table([]))]));
                let principal = self.principal(&Member::Group(group.to_owned())).into_expr();
                entitlement
                    .set("eligibleUsers", Expr::List(vec![table([("principals", Expr::List(vec![principal]))])]));
                let role = table([
                    ("role", role.into()),
                    ("conditionExpression", path_of([&bucket.name, &bucket.name], condition)),
                ]);
                let access = table([
                    ("resourceType", "cloudresourcemanager.googleapis.com/Project".into()),
                    ("resource", resource.into_expr()),
                    ("roleBindings", Expr::List(vec![role])),
                ]);
                entitlement.set("privilegedAccess", table([("gcpIamAccess", access)]));
                entitlement.options.delete_before_replace = Some(true);
            },
        );
        id
    }

    /// Lets the service that gives access for a time do so.
    fn service_agent(&self, service: &Handle) -> Handle {
        let name = self.named("pam-service-agent-binding");
        self.site.once(&format!("binding {name}"), || {
            let ty = "cloudresourcemanager.googleapis.com/ProjectIamMember";
            self.declare(ty, &name, &[], std::slice::from_ref(service), |binding| {
                let number = self.site.organisation.trim_prefix("organizations/");
                let member = text("serviceAccount:service-org-{}@gcp-sa-pam.iam.gserviceaccount.com", [number]);
                binding.set("project", self.project_id().into_expr());
                binding.set("role", "roles/privilegedaccessmanager.serviceAgent".into());
                binding.set("member", member.into_expr());
            })
        })
    }
}

/// The address of a group, wherever it is.
fn email_of(group: &Handle) -> Output<String> {
    match group {
        Handle::Here(group) => group.attribute("groupKey.id"),
        there @ Handle::There(..) => there.attribute("email"),
    }
}

/// A known text.
pub(super) fn known(text: &str) -> Output<String> {
    Output::known(text)
}
