//! The stack of workflows of GitHub, written down once more in the same way.

use std::collections::{BTreeMap, BTreeSet};

use plan::value::Value;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use testkit::{Planned, Resource};

use super::config::read;
use super::gcp::account;
use super::made::{Resources, without_nulls};
use super::tests::differing;
use crate::mapping::{From, inputs, json_of};
use crate::world::{github, given};

#[derive(Debug, Deserialize)]
struct Wif {
    projects: BTreeMap<String, Project>,
    pam_broker: Option<Broker>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "so it is written")]
struct Project {
    project_number: String,
    location: String,
    repositories: Vec<Repository>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    name: String,
    github_repo: String,
    environments: Vec<Environment>,
}

#[derive(Debug, Deserialize)]
struct Environment {
    name: String,
    push_registry: String,
    #[serde(default)]
    read_registries: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Broker {
    project_id: String,
    wif_pool_name: String,
    wif_provider_name: String,
    project_number: String,
    github_repository: String,
    github_environment: String,
}

const POOL: &str = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool";
const PROVIDER: &str = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider";
const BINDING: &str = "gcp:serviceaccount/iAMMember:IAMMember";
const REGISTRY_ROLE: &str = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember";
const SIDE: &str = "pulumi:providers:github";
const ENVIRONMENT: &str = "github:index/repositoryEnvironment:RepositoryEnvironment";
const SECRET: &str = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret";

/// What the earlier program made of the file.
fn earlier(wif: &Wif) -> Resources {
    let mut made = Made(Resources::new());
    for (project, said) in &wif.projects {
        made.pool(project, "github-pool", "github-provider");
        for repository in &said.repositories {
            for environment in &repository.environments {
                made.environment(project, said, repository, environment);
            }
        }
    }
    if let Some(broker) = &wif.pam_broker {
        let project = &broker.project_id;
        made.pool(project, &broker.wif_pool_name, &broker.wif_provider_name);
        let email = format!("pam-broker@{project}.iam.gserviceaccount.com");
        let who = (broker.project_number.as_str(), broker.wif_pool_name.as_str());
        let (repository, environment) = (&broker.github_repository, &broker.github_environment);
        made.binding(
            &format!("{project}-pam-broker-wif-binding"),
            project,
            &email,
            &subject(who, repository, environment),
        );
        let provider = provider(&broker.project_number, &broker.wif_pool_name, &broker.wif_provider_name);
        made.secrets(repository, environment, &provider, &email);
    }
    made.0
}

fn subject((number, pool): (&str, &str), repository: &str, environment: &str) -> String {
    let pool = format!("projects/{number}/locations/global/workloadIdentityPools/{pool}");
    format!("principal://iam.googleapis.com/{pool}/subject/repo:{repository}:environment:{environment}")
}

fn provider(number: &str, pool: &str, provider: &str) -> String {
    format!("projects/{number}/locations/global/workloadIdentityPools/{pool}/providers/{provider}")
}

/// The account of a repository in an environment.
fn deployer(repository: &str, environment: &str) -> String {
    let plain = |text: &str| -> String {
        let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
        text.to_lowercase().chars().map(plain).collect()
    };
    let environment = plain(environment).replace("development", "dev").replace("production", "prod");
    let mut repository = plain(repository);
    // Of 30 characters, 14 stand around the two names.
    if repository.len() + environment.len() + 14 > 30 {
        repository.truncate(30 - 14 - environment.len());
    }
    let name = format!("{repository}-img-{environment}-deployer");
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("gh-{}", &name[3..]) } else { name }
}

struct Made(Resources);

impl Made {
    fn make(&mut self, ty: &str, name: String, inputs: Json) {
        assert!(self.0.insert((ty.to_owned(), name.clone()), without_nulls(inputs)).is_none(), "{ty} {name} is there");
    }

    fn pool(&mut self, project: &str, pool: &str, provider: &str) {
        let inputs = json!({
            "workloadIdentityPoolId": pool, "project": project, "displayName": "GitHub Actions Pool", "disabled": false,
            "description": "Workload Identity Pool for GitHub Actions OIDC", "(protect)": true,
        });
        self.make(POOL, format!("{project}-{pool}"), inputs);
        let inputs = json!({
            "workloadIdentityPoolId": pool, "workloadIdentityPoolProviderId": provider, "project": project,
            "displayName": "GitHub Actions Provider", "disabled": false, "(protect)": true,
            "description": "OIDC provider for populationgenomics GitHub repositories",
            "attributeMapping": {
                "google.subject": "assertion.sub", "attribute.actor": "assertion.actor",
                "attribute.repository": "assertion.repository",
            },
            "attributeCondition": "assertion.repository_owner == 'populationgenomics'",
            "oidc": { "issuerUri": "https://token.actions.githubusercontent.com" },
        });
        self.make(PROVIDER, format!("{project}-{provider}"), inputs);
    }

    fn environment(&mut self, project: &str, said: &Project, repository: &Repository, environment: &Environment) {
        let (full, name) = (&repository.github_repo, &environment.name);
        let id = deployer(&repository.name, name);
        let email = format!("{id}@{project}.iam.gserviceaccount.com");
        let inputs = json!({
            "accountId": id, "displayName": format!("Deploy {full} {name} images"), "project": project,
            "createIgnoreAlreadyExists": true,
        });
        self.make("gcp:serviceaccount/account:Account", format!("{project}-{id}"), inputs);
        let own = format!("{project}-{}-{name}", repository.name);
        let subject = subject((&said.project_number, "github-pool"), full, name);
        self.binding(&format!("{own}-wif-binding"), project, &email, &subject);
        let mut role = |registry: &str, end: String, role: &str| {
            let inputs = json!({
                "project": project, "location": said.location, "repository": registry,
                "role": format!("roles/artifactregistry.{role}"), "member": format!("serviceAccount:{email}"),
            });
            self.make(REGISTRY_ROLE, format!("{own}-{registry}-{end}"), inputs);
        };
        role(&environment.push_registry, "write".to_owned(), "writer");
        for (index, registry) in environment.read_registries.iter().enumerate() {
            role(registry, format!("read-{index}"), "reader");
        }
        let provider = provider(&said.project_number, "github-pool", "github-provider");
        self.secrets(full, name, &provider, &email);
    }

    fn binding(&mut self, name: &str, project: &str, email: &str, member: &str) {
        let inputs = json!({
            "serviceAccountId": format!("projects/{project}/serviceAccounts/{email}"),
            "role": "roles/iam.workloadIdentityUser", "member": member,
        });
        self.make(BINDING, name.to_owned(), inputs);
    }

    /// The environment on GitHub, and what its workflows are told.
    fn secrets(&mut self, full: &str, environment: &str, provider: &str, email: &str) {
        let (owner, repository) = full.split_once('/').expect("of an organisation");
        let own = format!("{repository}-{environment}");
        self.make(SIDE, format!("{own}-provider"), json!({ "owner": owner }));
        let policy = json!({ "protectedBranches": true, "customBranchPolicies": false });
        let inputs = json!({
            "repository": repository, "environment": environment,
            "deploymentBranchPolicy": (environment == "production").then_some(policy),
        });
        self.make(ENVIRONMENT, format!("{own}-env"), inputs);
        for (end, name, value) in [("provider", "WIF_PROVIDER", provider), ("sa", "WIF_SERVICE_ACCOUNT", email)] {
            let inputs = json!({
                "repository": repository, "environment": environment, "secretName": name, "plaintextValue": value,
                "(after)": [format!("{own}-env")],
            });
            self.make(SECRET, format!("{own}-env-wif-{end}"), inputs);
        }
    }
}

/// What differs on purpose: whose workflows are believed, and that whose they are stands with what is on GitHub.
fn mended(wif: &Wif, made: &mut Resources) {
    let owner = |full: &str| full.split('/').next().unwrap_or_default().to_owned();
    let projects = wif.projects.iter().map(|(project, said)| {
        let owners: BTreeSet<String> = said.repositories.iter().map(|one| owner(&one.github_repo)).collect();
        (format!("{project}-github-provider"), owners)
    });
    let broker = wif.pam_broker.iter().map(|broker| {
        let owners = BTreeSet::from([owner(&broker.github_repository)]);
        (format!("{}-{}", broker.project_id, broker.wif_provider_name), owners)
    });
    for (name, owners) in projects.chain(broker) {
        let inputs = made.get_mut(&(PROVIDER.to_owned(), name)).expect("it is there");
        let quoted: Vec<String> = owners.iter().map(|owner| format!("'{owner}'")).collect();
        let believed = match quoted.as_slice() {
            [one] => format!("== {one}"),
            several => format!("in [{}]", several.join(", ")),
        };
        inputs["attributeCondition"] = format!("assertion.repository_owner {believed}").into();
        let owners = owners.into_iter().collect::<Vec<_>>().join(", ");
        inputs["description"] = format!("OIDC provider for {owners} GitHub repositories").into();
    }
    // The provider of GitHub was a resource that said whose repositories they are.
    let all = std::mem::take(made);
    for ((ty, name), mut inputs) in all.clone() {
        if ty == ENVIRONMENT || ty == SECRET {
            let own = name.rsplit_once("-env").expect("so it is called").0;
            inputs["owner"] = all[&(SIDE.to_owned(), format!("{own}-provider"))]["owner"].clone();
        }
        if ty != SIDE {
            made.insert((ty, name), inputs);
        }
    }
}

/// What is made of it here.
fn ours(file: &str) -> Resources {
    let first = evaluated(file, &[]);
    let types: Vec<String> = first.by_type().into_keys().map(str::to_owned).collect();
    let mut chosen = Vec::new();
    for ty in &types {
        for one in first.resources(ty) {
            let text = |at: &str| one.find(at).and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut choose = |attribute, value| chosen.push((ty.clone(), one.name().to_owned(), attribute, value));
            match ty.as_str() {
                "iam.googleapis.com/WorkloadIdentityPool" => {
                    let id = text("workloadIdentityPoolId");
                    choose("name", format!("{}/workloadIdentityPools/{id}", numbered(&text("parent"))));
                }
                "iam.googleapis.com/ServiceAccount" => {
                    let made = account(&text("accountId"), &text("projectId"));
                    choose("name", made.name);
                    choose("email", made.email);
                }
                _ => {}
            }
        }
    }
    let second = evaluated(file, &chosen);
    let providers = second.resources("iam.googleapis.com/WorkloadIdentityPoolProvider");
    for one in providers {
        let name = format!("{}/providers/{}", one.text("parent"), one.text("workloadIdentityPoolProviderId"));
        chosen.push((one.ty().to_owned(), one.name().to_owned(), "name", name));
    }
    let planned = evaluated(file, &chosen);
    let all = types.iter().flat_map(|ty| planned.resources(ty));
    all.map(|one| {
        let (ty, inputs) = mapped(&one);
        ((ty.to_owned(), one.name().to_owned()), without_nulls(inputs))
    })
    .collect()
}

/// A place with the number of its project, as the cloud says it.
fn numbered(place: &str) -> String {
    place.replace("ex-common", "100000000001").replace("ex-alpha", "100000000000")
}

fn evaluated(file: &str, chosen: &[(String, String, &'static str, String)]) -> Planned {
    let files = [("github-wif.yaml", file), ("config-datasets.yaml", DATASETS)];
    let mut given = given(github(), "production", &files);
    for registry in ["images", "images-dev", "images-tmp"] {
        let name = format!("projects/ex-common/locations/australia-southeast1/repositories/{registry}");
        given = given.output("cpg.organisation.production", &format!("registries.{registry}.name"), name.as_str());
    }
    let email = account("pam-broker", "ex-common").email;
    given = given.output("cpg.organisation.production", "accounts.pam-broker.email", email.as_str());
    for (ty, name, attribute, value) in chosen {
        given = given.attribute(ty, name, attribute, value.as_str());
    }
    given.evaluate()
}

/// The type and the inputs that a resource had.
fn mapped(resource: &Resource) -> (&'static str, Json) {
    let from = From(json_of(resource.properties()).as_object().cloned().unwrap_or_default());
    let protect = resource.options().protect.then_some(true);
    match resource.ty() {
        "iam.googleapis.com/WorkloadIdentityPool" => {
            let mut inputs = from.with(&["workloadIdentityPoolId", "displayName", "description", "disabled"]);
            inputs.insert("project".into(), from.step("parent", 1));
            inputs.insert("(protect)".into(), protect.into());
            (POOL, Json::Object(inputs))
        }
        "iam.googleapis.com/WorkloadIdentityPoolProvider" => {
            let names = [
                "workloadIdentityPoolProviderId",
                "displayName",
                "description",
                "disabled",
                "attributeMapping",
                "attributeCondition",
                "oidc",
            ];
            let mut inputs = from.with(&names);
            let number = from.step("parent", 1);
            let project = if number == "100000000001" { "ex-common" } else { "ex-alpha" };
            inputs.insert("project".into(), project.into());
            inputs.insert("workloadIdentityPoolId".into(), from.step("parent", 5));
            inputs.insert("(protect)".into(), protect.into());
            (PROVIDER, Json::Object(inputs))
        }
        "github_environment" => {
            let policy = from.get("deployment_branch_policy");
            let policy = (!policy.is_null()).then(|| {
                json!({
                    "protectedBranches": policy["protected_branches"],
                    "customBranchPolicies": policy["custom_branch_policies"],
                })
            });
            let mut inputs = from.with(&["repository", "environment", "owner"]);
            inputs.insert("deploymentBranchPolicy".into(), policy.into());
            (ENVIRONMENT, Json::Object(inputs))
        }
        "github_environment_secret" => {
            let mut inputs = from.with(&["repository", "environment", "owner"]);
            let Some(Value::Secret(secret)) = resource.find("value") else { panic!("it is a secret") };
            let value = secret.expose().and_then(Value::as_str).expect("it is open");
            inputs.insert("plaintextValue".into(), value.into());
            inputs.insert("secretName".into(), from.get("secret_name"));
            inputs.insert("(after)".into(), resource.depends_on().into());
            (SECRET, Json::Object(inputs))
        }
        _ => inputs(resource),
    }
}

const DATASETS: &str = "\
common: { gcp: { project: ex-common }, create_container_registry: true }
alpha: { gcp: { project: ex-alpha }, allow_notebook_tmp_main_read: true }
";

const FILES: [&str; 2] = [
    "\
projects:
  ex-common:
    project_number: '100000000001'
    location: australia-southeast1
    repositories:
    - name: My_Very.Long-Repo-Name
      github_repo: example/pipelines
      environments:
      - { name: production, push_registry: images, read_registries: [images-dev, elsewhere] }
      - { name: development, push_registry: images-dev }
    - { name: 1kg-tools, github_repo: other/1kg, environments: [{ name: development, push_registry: images-dev }] }
  ex-alpha:
    project_number: '100000000000'
    location: europe-west1
    repositories:
    - { name: test-repo, github_repo: example/test, environments: [{ name: Odd Name, push_registry: own }] }
pam_broker:
  project_id: ex-common
  wif_pool_name: broker-pool
  wif_provider_name: broker-provider
  project_number: '100000000001'
  github_repository: example/access
  github_environment: production
",
    "\
projects:
  ex-alpha: { project_number: '100000000000', location: x, repositories: [] }
",
];

#[test]
fn workflows_are_those_of_the_earlier_rules_but_for_whose_they_are() {
    for file in FILES {
        let wif: Wif = read(file);
        let mut wanted = earlier(&wif);
        mended(&wif, &mut wanted);
        let differing = differing(&wanted, &ours(file));
        assert!(differing.is_empty(), "{differing}\n{file}");
    }
}
