//! What each cloud can do of what a dataset may ask for, and what a configuration asks for in vain.
//!
//! What a cloud lacks altogether is no method that does nothing: the driver gets at it by an `Option`, or not at all.

use cpg_config::{Cloud, Component, Configuration, Dataset};
use plan::diag::{Diagnostic, Diagnostics, Place};

use Support::{Missing, Partly, Whole};

/// Something that a dataset may ask of a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// What things are billed to and held by.
    Projects,
    /// What it may cost in a month.
    MonthlyBudgets,
    /// What it may cost in all.
    TotalBudgets,
    /// Buckets.
    Buckets,
    /// What was deleted or replaced is kept for a time.
    Undelete,
    /// Objects are deleted after a time, or those below a prefix.
    TemporaryObjects,
    /// Objects are archived after a time.
    Archive,
    /// The storage class is chosen by the cloud.
    Autoclass,
    /// Whoever reads a bucket pays for it.
    RequesterPays,
    /// To see which objects there are.
    ListAccess,
    /// To read objects.
    ReadAccess,
    /// To read objects and add new ones.
    AppendAccess,
    /// To read, add, replace and delete objects.
    MutateAccess,
    /// To read objects for a time, on demand.
    TemporaryAccess,
    /// To see which buckets there are.
    BucketLists,
    /// Objects with a known content.
    Blobs,
    /// Accounts that programs act as.
    Accounts,
    /// To act as an account, or to change it.
    AccountRoles,
    /// Keys of accounts.
    AccountKeys,
    /// Groups.
    Groups,
    /// Members of groups.
    Memberships,
    /// Members of groups where services read them.
    MemberLists,
    /// Secrets and their versions.
    Secrets,
    /// To read a secret, or to write it.
    SecretAccess,
    /// Registries of images.
    Registries,
    /// To pull images, or to push them.
    RegistryAccess,
    /// Roles on a whole project.
    ProjectRoles,
}

/// How much of something a cloud can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// All of it, by what is named.
    Whole(&'static str),
    /// Not all of it, or more: as is said.
    Partly(&'static str),
    /// Nothing, for the reason that is said.
    Missing(&'static str),
}

impl Support {
    /// Whether there is any of it.
    pub fn is_there(self) -> bool {
        !matches!(self, Missing(_))
    }
}

impl Capability {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 27] = [
        Self::Projects,
        Self::MonthlyBudgets,
        Self::TotalBudgets,
        Self::Buckets,
        Self::Undelete,
        Self::TemporaryObjects,
        Self::Archive,
        Self::Autoclass,
        Self::RequesterPays,
        Self::ListAccess,
        Self::ReadAccess,
        Self::AppendAccess,
        Self::MutateAccess,
        Self::TemporaryAccess,
        Self::BucketLists,
        Self::Blobs,
        Self::Accounts,
        Self::AccountRoles,
        Self::AccountKeys,
        Self::Groups,
        Self::Memberships,
        Self::MemberLists,
        Self::Secrets,
        Self::SecretAccess,
        Self::Registries,
        Self::RegistryAccess,
        Self::ProjectRoles,
    ];

    /// What it is called in the table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::MonthlyBudgets => "budgets by the month",
            Self::TotalBudgets => "budgets in all",
            Self::Buckets => "buckets",
            Self::Undelete => "deleted objects are kept",
            Self::TemporaryObjects => "objects for a time",
            Self::Archive => "archive",
            Self::Autoclass => "storage class by use",
            Self::RequesterPays => "readers pay",
            Self::ListAccess => "list objects",
            Self::ReadAccess => "read objects",
            Self::AppendAccess => "add objects",
            Self::MutateAccess => "change objects",
            Self::TemporaryAccess => "read objects for a time",
            Self::BucketLists => "list buckets",
            Self::Blobs => "objects with a known content",
            Self::Accounts => "machine accounts",
            Self::AccountRoles => "who may use an account",
            Self::AccountKeys => "keys of accounts",
            Self::Groups => "groups",
            Self::Memberships => "members of groups",
            Self::MemberLists => "lists of members for services",
            Self::Secrets => "secrets",
            Self::SecretAccess => "who may read a secret",
            Self::Registries => "registries of images",
            Self::RegistryAccess => "who may pull and push",
            Self::ProjectRoles => "roles on a whole project",
        }
    }

    /// How much of it a cloud can do.
    pub fn on(self, cloud: Cloud) -> Support {
        match cloud {
            Cloud::Gcp => self.on_gcp(),
            Cloud::Azure => self.on_azure(),
            Cloud::DryRun => Missing("nothing is made"),
        }
    }

    fn on_gcp(self) -> Support {
        match self {
            Self::Projects => Whole("project"),
            Self::MonthlyBudgets => Whole("budget of the calendar month"),
            Self::TotalBudgets => Whole("budget since 2022"),
            Self::Buckets => Whole("bucket"),
            Self::Undelete => Whole("versions, deleted after 30 days"),
            Self::TemporaryObjects | Self::Archive => Whole("lifecycle rule of the bucket"),
            Self::Autoclass => Whole("Autoclass"),
            Self::RequesterPays => Whole("requester pays"),
            Self::ListAccess | Self::ReadAccess | Self::AppendAccess | Self::MutateAccess => {
                Whole("role of the organisation on the bucket")
            }
            Self::TemporaryAccess => Whole("entitlement, given on demand"),
            Self::BucketLists => Whole("role of the organisation on the project"),
            Self::Blobs => Whole("object"),
            Self::Accounts => Whole("service account"),
            Self::AccountRoles => Whole("role on the account"),
            Self::AccountKeys => Whole("key"),
            Self::Groups => Whole("group of Cloud Identity"),
            Self::Memberships => Whole("membership"),
            Self::MemberLists => Whole("object in a bucket"),
            Self::Secrets => Whole("secret and version"),
            Self::SecretAccess => Whole("role on the secret"),
            Self::Registries => Whole("repository of Artifact Registry"),
            Self::RegistryAccess => Whole("role on the repository"),
            Self::ProjectRoles => Whole("role on the project"),
        }
    }

    fn on_azure(self) -> Support {
        match self {
            Self::Projects => Whole("resource group"),
            Self::MonthlyBudgets => Whole("budget of the resource group, in the currency of its bill"),
            Self::TotalBudgets => Partly("budget by the year: there is none over all time"),
            Self::Buckets => Whole("container in the dataset's storage account"),
            Self::Undelete => Partly("30 days for the whole storage account, containers of temporary data included"),
            Self::TemporaryObjects | Self::Archive => Whole("rule of the storage account below the container"),
            Self::Autoclass => Missing("blobs stay in the tier of the account"),
            Self::RequesterPays => Missing("the dataset pays"),
            Self::ListAccess => Whole("Blob Data Reader, for listing only"),
            Self::ReadAccess => Whole("Blob Data Reader on the container"),
            Self::AppendAccess => Whole("Blob Data Contributor, for reading and adding only"),
            Self::MutateAccess => Whole("Blob Data Contributor on the container"),
            Self::TemporaryAccess => Missing("not built"),
            Self::BucketLists => Whole("Reader on the storage account, which opens no data"),
            Self::Blobs => Whole("blob"),
            Self::Accounts => Whole("managed identity"),
            Self::AccountRoles => Partly("Managed Identity Operator or Contributor; to make credentials is to change"),
            Self::AccountKeys => Missing("managed identities have none"),
            Self::Groups => Whole("security group of Entra ID"),
            Self::Memberships => Whole("member"),
            Self::MemberLists => Missing("the services that read them are on Google Cloud"),
            Self::Secrets => Whole("secret in the dataset's vault"),
            Self::SecretAccess => Whole("Key Vault Secrets User or Officer on the secret"),
            Self::Registries => Whole("registry, without its one user"),
            Self::RegistryAccess => Partly("AcrPull; who may push may delete, too"),
            Self::ProjectRoles => Missing("the roles are those of services on Google Cloud"),
        }
    }
}

/// How much of a component a cloud has.
pub fn component(component: Component, cloud: Cloud) -> Support {
    match (cloud, component) {
        (Cloud::DryRun, _) => Missing("nothing is made"),
        (Cloud::Gcp, _) | (Cloud::Azure, Component::Storage | Component::ContainerRegistry) => Whole("all"),
        (Cloud::Azure, Component::HailAccounts) => Partly("without the token for repositories, and wheels"),
        (Cloud::Azure, Component::AnalysisRunner) => Partly("who may read exported configuration"),
        (Cloud::Azure, Component::Spark) => Missing("Dataproc is on Google Cloud"),
        (Cloud::Azure, Component::Cromwell) => Missing("Cromwell is on Google Cloud, and needs keys"),
        (Cloud::Azure, Component::Notebooks) => Missing("notebooks are on Google Cloud"),
        (Cloud::Azure, Component::Metamist) => Missing("metamist is on Google Cloud, and knows addresses there"),
    }
}

/// What a configuration asks of clouds in vain.
pub(crate) fn check(configuration: &Configuration) -> Diagnostics {
    let mut found = Diagnostics::new();
    for dataset in configuration.datasets.values() {
        components(dataset, &mut found);
        temporary(dataset, &mut found);
        dependencies(configuration, dataset, &mut found);
    }
    found
}

/// Components that are given for a cloud that lacks them.
fn components(dataset: &Dataset, found: &mut Diagnostics) {
    for (cloud, given) in dataset.options.components.iter().filter(|(cloud, _)| dataset.is_in(*cloud)) {
        for one in &given.value {
            if let Missing(why) = component(*one, cloud) {
                let (one, cloud) = (one.name(), cloud.name());
                let message = format!("`{}` has the component `{one}` on {cloud}: {why}", dataset.name);
                let problem = Diagnostic::error("E0806", message).at(given.place.clone());
                found.push(problem.hint(format!("take `{one}` out of its components on {cloud}")));
            }
        }
    }
}

/// Access for a time, where no cloud of the dataset gives it.
fn temporary(dataset: &Dataset, found: &mut Diagnostics) {
    let locations = dataset.options.deploy_locations.iter();
    if locations.clone().any(|cloud| Capability::TemporaryAccess.on(cloud.value).is_there()) {
        return;
    }
    let asked = dataset
        .members
        .tmp_main_read_access
        .first()
        .map(|first| ("the members of `tmp-main-read-access`", &first.place));
    let notebooks = dataset.options.allow_notebook_tmp_main_read;
    let asked = asked.or_else(|| notebooks.then_some(("`allow_notebook_tmp_main_read`", &dataset.place)));
    if let Some((what, place)) = asked {
        let clouds: Vec<&str> = locations.map(|cloud| cloud.value.name()).collect();
        let message = format!("{what} of `{}` cannot have effect on {}", dataset.name, clouds.join(", "));
        in_vain(message, place, "remove it, or add `gcp` to its `deploy_locations`", found);
    }
}

/// Datasets that are depended on, and are in none of the dataset's clouds.
fn dependencies(configuration: &Configuration, dataset: &Dataset, found: &mut Diagnostics) {
    for named in dataset.named_dependencies() {
        let Some(other) = configuration.datasets.get(&named.value) else { continue };
        let shared = dataset.options.deploy_locations.iter().any(|cloud| other.is_in(cloud.value));
        if !shared && !dataset.options.deploy_locations.is_empty() {
            let message = format!("`{}` depends on `{}`, which is on none of its clouds", dataset.name, other.name);
            in_vain(message, &named.place, "remove the dependency, or deploy both to one cloud", found);
        }
    }
}

fn in_vain(message: String, place: &Place, hint: &str, found: &mut Diagnostics) {
    found.push(Diagnostic::error("E0832", message).at(place.clone()).hint(hint));
}

/// The tables of what each cloud can do, as Markdown.
pub fn matrix() -> String {
    let cell = |support| match support {
        Whole(what) => what.to_owned(),
        Partly(what) => format!("*partly:* {what}"),
        Missing(why) => format!("**none:** {why}"),
    };
    let table = |title: &str, rows: Vec<[String; 3]>| {
        let head = [title.to_owned(), "Google Cloud".to_owned(), "Azure".to_owned()];
        let line = |cells: &[String; 3]| format!("| {} |\n", cells.join(" | "));
        let rows: String = rows.iter().map(line).collect();
        format!("{}|---|---|---|\n{rows}", line(&head))
    };
    let capabilities =
        Capability::ALL.map(|one| [one.title().to_owned(), cell(one.on(Cloud::Gcp)), cell(one.on(Cloud::Azure))]);
    let components = Component::of(Cloud::Gcp).iter().map(|one| {
        [format!("`{}`", one.name()), cell(component(*one, Cloud::Gcp)), cell(component(*one, Cloud::Azure))]
    });
    format!("{}\n{}", table("What", capabilities.into()), table("Component", components.collect()))
}

#[cfg(test)]
mod tests {
    use super::{Capability, matrix};

    #[test]
    fn the_table_has_every_row_once() {
        let mut rows: Vec<Capability> = Capability::ALL.into();
        rows.sort();
        rows.dedup();
        assert_eq!(rows.len(), Capability::ALL.len());
        // The variants are numbered from nought without gaps, so the last one tells how many there are.
        assert_eq!(rows.last().map(|last| *last as usize + 1), Some(rows.len()));
    }

    #[test]
    fn the_documentation_shows_the_table_as_it_is() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cpg.md");
        #[expect(clippy::disallowed_methods, reason = "the documentation is compared with the types")]
        let page = std::fs::read_to_string(path).expect("it is there");
        assert!(page.contains(&matrix()), "docs/cpg.md should show\n\n{}", matrix());
    }
}
