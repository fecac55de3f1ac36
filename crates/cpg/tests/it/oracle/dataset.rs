//! A dataset in a cloud, step by step.

use serde_json::json;

use super::buckets::{Kind, Level};
use super::gcp::account;
use super::made::{Earlier, On};
use crate::world::number;

/// Group and key.
const IMAGES: [(&str, &str, &str); 7] = [
    ("images-writer", "standard-in-images-writer-group-member", "standard"),
    ("images-writer", "full-in-images-writer-group-member", "full"),
    ("images-dev-writer", "test-in-images-writer-group-member", "test"),
    ("images-dev-writer", "test-full-in-images-writer-group-member", "test-full"),
    ("images-reader", "analysis-in-images-reader-group-member", "analysis"),
    ("images-reader", "standard-in-images-reader-group-member", "standard"),
    ("images-reader", "full-in-images-reader-group-member", "full"),
];

/// Key, registry, group, and whether it may write.
const REGISTRY_ROLES: [(&str, &str, &str, bool); 10] = [
    ("images-reader-in-container-registry", "images", "images-reader", false),
    ("test-full-reader-in-container-registry", "images", "test-full", false),
    ("images-dev-reader-in-container-registry", "images", "images-dev-reader", false),
    ("images-writer-in-container-registry", "images", "images-writer", true),
    ("test-full-reader-in-dev-container-registry", "images-dev", "test-full", false),
    ("analysis-writer-in-dev-container-registry", "images-dev", "analysis", true),
    ("images-dev-reader-in-dev-container-registry", "images-dev", "images-dev-reader", false),
    ("images-dev-writer-in-dev-container-registry", "images-dev", "images-dev-writer", true),
    ("images-dev-reader-in-tmp-container-registry", "images-tmp", "images-dev-reader", false),
    ("images-dev-writer-in-tmp-container-registry", "images-tmp", "images-dev-writer", true),
];

impl Earlier<'_> {
    pub(crate) fn dataset(&mut self, on: On<'_>) {
        if on.is_gcp() {
            self.google_project(on, "project", &on.dataset.gcp.project);
        }
        self.access_groups(on);
        self.listed_members(on);
        if on.is_gcp() {
            let amount = on.dataset.budgets[&on.cloud].monthly_budget;
            let filter = json!({ "calendarPeriod": "MONTH", "creditTypesTreatment": "INCLUDE_ALL_CREDITS" });
            self.google_budget(on, "monthly-budget", (&on.dataset.gcp.project, amount), filter);
        }
        if on.has("storage") {
            self.storage(on);
        }
        if on.has("metamist") {
            self.metadata(on);
        }
        if on.has("hail-accounts") {
            self.hail_component(on);
        }
        if on.has("cromwell") {
            self.cromwell(on);
        }
        if on.has("spark") {
            self.spark(on);
        }
        if on.has("notebooks") {
            self.notebooks(on);
        }
        if on.has("container-registry") {
            self.images(on);
        }
        // On Azure it could not be made.
        if on.dataset.enable_shared_project && on.is_gcp() {
            self.shared_project(on);
        }
        if on.has("analysis-runner") {
            self.analysis_runner(on);
        }
        if on.is_gcp() {
            self.for_a_time(on);
            self.service(on, "serviceusage");
        } else {
            self.finish_account(on);
        }
    }

    fn images(&mut self, on: On<'_>) {
        for (group, key, inner) in IMAGES {
            self.nest(on, group, key, inner);
        }
        if on.dataset.setup_test {
            self.nest(on, "images-reader", "test-in-images-reader-group-member", "test");
        }
        if !on.dataset.create_container_registry {
            return;
        }
        let project = &on.dataset.gcp.project;
        for registry in ["images", "images-dev", "images-tmp"] {
            if on.is_gcp() {
                let inputs = json!({
                    "repositoryId": registry, "project": project, "format": "DOCKER", "location": self.region(on),
                });
                let name = on.nm(&format!("artifact-registry-{registry}"));
                self.make("gcp:artifactregistry/repository:Repository", name, inputs);
            } else {
                self.azure_registry(on, registry);
            }
        }
        for (key, registry, group, writes) in REGISTRY_ROLES {
            let member = self.group(on, group);
            if on.is_gcp() {
                let role = if writes { "writer" } else { "reader" };
                self.google_registry_role(on, key, (project, registry), role, &member);
            } else {
                self.azure_registry_role(on, key, registry, writes, &member);
            }
        }
        let runner = self.centre.infrastructure.analysis_runner.as_ref();
        if let Some(runner) = runner.filter(|_| on.is_gcp() && on.name == self.centre.common()) {
            let readers = self.group(on, "images-reader");
            let registry = (runner.gcp.project.as_str(), runner.gcp.container_registry_name.as_str());
            self.google_registry_role(on, "images-reader-in-analysis-runner", registry, "reader", &readers);
        }
    }

    fn shared_project(&mut self, on: On<'_>) {
        let shared = format!("{}-shared", on.dataset.gcp.project);
        self.google_project(on, "shared-project", &shared);
        let name = format!("gcp-{}-shared-project", on.dataset.gcp.project);
        self.tell("gcp:organizations/project:Project", &on.nm("shared-project"), "aliases", json!([name]));
        let amount = on.dataset.budgets[&on.cloud].shared_total_budget.expect("a shared project has a budget");
        let filter = json!({ "customPeriod": { "startDate": { "year": 2022, "month": 1, "day": 1 } } });
        self.google_budget(on, "shared-budget", (&shared, amount), filter);
        let account = self.google_account(on, "budget-shared-service-account", "shared", &shared);
        let consumer = "roles/serviceusage.serviceUsageConsumer";
        self.google_role(on, "shared-project-serviceusage-consumer", &shared, consumer, &account.member());
        let managers = self.group(on, "data-manager");
        let (key, role) = ("shared-project-sa-data-manager-credentials-generator", "roles/iam.serviceAccountKeyAdmin");
        self.google_account_role(on, key, &account, role, &managers);
        self.google_role(on, "data-manager-shared-iam-viewer", &shared, "roles/iam.roleViewer", &managers);
        let release = self.bucket(on, "release", Kind::Release);
        self.grant(on, "release-shared-membership", &release, &account.member(), Level::Read);
    }

    /// Access to the main bucket for a time.
    fn for_a_time(&mut self, on: On<'_>) {
        let group = self.group(on, "tmp-main-read-access");
        let asks = |dataset: &super::config::Dataset| {
            dataset.allow_notebook_tmp_main_read || !dataset.listed("tmp-main-read-access").is_empty()
        };
        let reached =
            self.centre.datasets.values().filter(|dataset| asks(dataset)).any(|dataset| {
                dataset.depends_on.iter().chain(&dataset.depends_on_readonly).any(|other| other == on.name)
            });
        if !asks(on.dataset) && !reached {
            return;
        }
        let project = &on.dataset.gcp.project;
        self.google_role(on, "tmp-main-read-access-project-browser", project, "roles/browser", &group);
        if !self.centre.has_broker() {
            return;
        }
        for key in on.dataset.listed("tmp-main-read-access") {
            if let Some((hash, member)) = self.person(on.name, key, on.cloud) {
                self.add(on, "tmp-main-read-access", &format!("tmp-main-read-access-member-{hash}"), member);
            }
        }
        if on.dataset.allow_notebook_tmp_main_read && on.has("notebooks") {
            let notebook = self.notebook(on);
            let common = &self.centre.datasets[self.centre.common()].gcp.project;
            let inputs = json!({
                "serviceAccountId": notebook.name, "role": "roles/iam.serviceAccountTokenCreator",
                "member": format!("serviceAccount:{}", account("pam-broker", common).email),
            });
            self.make("gcp:serviceaccount/iAMMember:IAMMember", on.nm("pam-broker-token-creator"), inputs);
            self.add(on, "tmp-main-read-access", "notebook-sa-in-tmp-main-read-access", notebook.member());
        }
        self.entitlement(on);
    }

    fn entitlement(&mut self, on: On<'_>) {
        let service = self.service(on, "privilegedaccessmanager");
        let organisation = crate::world::ORGANIZATION.rsplit('/').next().expect("a number");
        let inputs = json!({
            "role": "roles/privilegedaccessmanager.serviceAgent", "project": on.dataset.gcp.project,
            "member": format!("serviceAccount:service-org-{organisation}@gcp-sa-pam.iam.gserviceaccount.com"),
        });
        let agent = on.nm("pam-service-agent-binding");
        self.make_after("gcp:projects/iAMMember:IAMMember", agent.clone(), inputs, std::slice::from_ref(&service));
        let bucket = self.bucket(on, "main", Kind::Data);
        let project = format!("projects/{}", number(&on.dataset.gcp.project));
        let within = format!("projects/_/buckets/{bucket}");
        let condition = format!(
            "resource.service == \"storage.googleapis.com\" && (resource.name == \"{within}\" || \
             resource.name.startsWith(\"{within}/objects/\"))"
        );
        // B14: the name of the group is without its prefix.
        let domain = &self.centre.gcp().groups_domain;
        let inputs = json!({
            "parent": project, "entitlementId": format!("pam-{}-read", on.name), "maxRequestDuration": "604800s",
            "location": "global", "requesterJustificationConfig": { "unstructured": {} },
            "eligibleUsers": [{ "principals": [format!("group:{}-tmp-main-read-access@{domain}", on.name)] }],
            "privilegedAccess": { "gcpIamAccess": {
                "resourceType": "cloudresourcemanager.googleapis.com/Project",
                "resource": format!("//cloudresourcemanager.googleapis.com/{project}"),
                "roleBindings": [{ "role": "roles/storage.objectViewer", "conditionExpression": condition }],
            } },
        });
        let (ty, name) =
            ("gcp:privilegedaccessmanager/entitlement:entitlement", on.nm("temporary-bucket-access-main-read"));
        self.make_after(ty, name.clone(), inputs, &[service, agent]);
        self.tell(ty, &name, "deleteBeforeReplace", true.into());
    }
}
