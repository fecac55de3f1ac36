//! A project that plans everything in one stack, and what the clouds would choose.

use plan::diag::Diagnostics;
use plan::value::Value;
use plan::{Inputs, Project};
use testkit::{Given, Planned};

use crate::plugin_mapping as plugins;

/// The configuration of the recorded run; where it is not overlaid, tests read it.
pub(crate) const MINI: &str = "crates/cpg/tests/it/mini";

/// The organisation, as the world lock has it.
pub(crate) const ORGANIZATION: &str = "organizations/123456789";

/// The number of metamist's project, as the world lock has it.
pub(crate) const METAMIST_NUMBER: &str = "100000000009";

/// The number of a project: as it was recorded, and any other one for a project that was not.
pub(crate) fn number(project: &str) -> u64 {
    match project {
        "ex-alpha" => 100_000_000_000,
        "ex-common" => 100_000_000_001,
        other => other.bytes().fold(200, |number, byte| (number * 31 + u64::from(byte)) % 1_000_000_000_000),
    }
}

/// Everything in one stack.
pub(crate) fn whole() -> Project {
    Project::listed("cpg", none, |stack| cpg::whole(stack, &[])).functions(cpg::FUNCTIONS)
}

/// The organisation.
pub(crate) fn organisation() -> Project {
    Project::listed(cpg::ORGANISATION, none, |stack| cpg::organisation(stack, &[])).functions(cpg::FUNCTIONS)
}

/// A dataset.
pub(crate) fn dataset() -> Project {
    Project::listed(cpg::DATASET, cpg::dataset_stacks, cpg::dataset).functions(cpg::FUNCTIONS)
}

/// Workflows of GitHub.
pub(crate) fn github() -> Project {
    Project::listed("cpg.github_wif", cpg::github_stacks, cpg::github)
}

#[expect(clippy::unnecessary_wraps, reason = "what lists stacks may fail")]
fn none(_: &dyn Inputs) -> Result<Vec<String>, Diagnostics> {
    Ok(Vec::new())
}

/// A stack of a project, with the number of the organisation and some files.
pub(crate) fn given(project: Project, stack: &str, files: &[(&str, &str)]) -> Given {
    given_in(MINI, project, stack, files)
}

/// The same of a directory that has these files and those that are there.
pub(crate) fn given_in(root: &str, project: Project, stack: &str, files: &[(&str, &str)]) -> Given {
    let query = cpg::Organization { domain: "example.org".to_owned() };
    let at = "2026-01-01T00:00:00Z";
    let entry = world::Entry::to(&query, ORGANIZATION, at, world::Source::Sandbox);
    let metamist = cpg::ProjectNumber { project: "ex-metamist".to_owned() };
    let number = world::Entry::to(&metamist, METAMIST_NUMBER, at, world::Source::Sandbox);
    let mut lock = world::Lock::new();
    [entry, number].into_iter().for_each(|entry| drop(lock.upsert(entry.expect("it is plain"))));
    let settings = format!("[configuration]\ncpg = \"{root}\"\n");
    let start = Given::stack(project, stack).lock(&lock.to_string()).file("groundplan.toml", &settings);
    files.iter().fold(start, |given, (path, text)| given.file(&format!("{root}/{path}"), text))
}

/// Everything in one stack, with what the clouds would choose.
pub(crate) fn planned(files: &[(&str, &str)]) -> Planned {
    known(whole, "production", files)
}

/// A stack of a project, with what the clouds would choose.
pub(crate) fn known(project: impl Fn() -> Project, stack: &str, files: &[(&str, &str)]) -> Planned {
    known_in(MINI, project, stack, files)
}

/// The same of a directory that has these files and those that are there.
pub(crate) fn known_in(root: &str, project: impl Fn() -> Project, stack: &str, files: &[(&str, &str)]) -> Planned {
    let first = given_in(root, project(), stack, files).evaluate();
    let mut second = given_in(root, project(), stack, files);
    for (ty, name, attribute, value) in chosen(&first) {
        second = second.attribute(&ty, &name, attribute, value.as_str());
    }
    second.evaluate()
}

/// What the clouds would choose: by type, name and attribute.
fn chosen(planned: &Planned) -> Vec<(String, String, &'static str, String)> {
    let mut chosen = Vec::new();
    for ty in planned.by_type().into_keys() {
        for resource in planned.resources(ty) {
            let text = |at: &str| resource.find(at).and_then(Value::as_str).unwrap_or_default().to_owned();
            let name = resource.name().to_owned();
            let mut choose = |attribute, value| chosen.push((ty.to_owned(), name.clone(), attribute, value));
            match ty {
                "cloudidentity.googleapis.com/Group" => choose("name", format!("groups/{}", text("groupKey.id"))),
                "cloudresourcemanager.googleapis.com/Project" => {
                    choose("projectNumber", number(&text("projectId")).to_string());
                }
                "iam.googleapis.com/ServiceAccount" => {
                    let project = text("projectId");
                    let email = format!("{}@{project}.iam.gserviceaccount.com", text("accountId"));
                    choose("name", format!("projects/{project}/serviceAccounts/{email}"));
                    choose("email", email);
                }
                "iam.googleapis.com/ServiceAccountKey" => choose("privateKeyData", "e30=".to_owned()),
                "secretmanager.googleapis.com/Secret" => {
                    choose("name", format!("{}/secrets/{}", text("parent"), text("secretId")));
                }
                "artifactregistry.googleapis.com/Repository" => {
                    choose("name", format!("{}/repositories/{}", text("parent"), text("repositoryId")));
                }
                ty if plugins::chooses(ty) => {
                    plugins::chosen(&resource).into_iter().for_each(|(attribute, value)| choose(attribute, value));
                }
                "hail_user" if text("cloud") == "azure" => choose("identity", format!("hail-{}", text("username"))),
                "Microsoft.Graph/groups" => choose("id", format!("oid:{}", text("uniqueName"))),
                ty if ty.starts_with("Microsoft.") => {
                    choose("id", format!("id:{name}"));
                    choose("principalId", format!("principal:{name}"));
                }
                "hail_user" => {
                    choose("identity", format!("hail-{}@hail-project.iam.gserviceaccount.com", text("username")));
                }
                "hail_billing_project" => {
                    choose("id", format!("{}::{}::{}", text("cloud"), text("batch_url"), text("name")));
                }
                _ => {}
            }
        }
    }
    chosen
}
