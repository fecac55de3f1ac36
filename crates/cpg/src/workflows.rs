//! Workflows of GitHub that push images, and the one that asks for access: identities without keys.

use std::cell::RefCell;

use cpg_config::{Configuration, Environment, GithubWif, POOL, PROVIDER, PamBroker, Repository, WifProject};
use plan::diag::Place;
use plan::resource::StackName;
use plan::value::Path;
use plan::{Declaration, Draft, IntoExpr, Output, OutputTree, ResourceRef, Stack, text};

use crate::gcp::table;
use crate::site::{DATASET, Exports, ORGANISATION};

/// Who issues the tokens of workflows.
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// The plan of one stack while it is made.
struct Workflows<'a> {
    stack: &'a Stack<'a>,
    configuration: &'a Configuration,
    draft: RefCell<Draft>,
}

/// An environment on GitHub.
#[derive(Clone, Copy)]
struct On<'a> {
    owner: &'a str,
    repository: &'a str,
    environment: &'a str,
}

impl<'a> On<'a> {
    /// `OWNER/REPOSITORY`, as the check of the configuration left it.
    fn of(path: &'a str, environment: &'a str) -> Self {
        let (owner, repository) = path.split_once('/').unwrap_or((path, ""));
        Self { owner, repository, environment }
    }

    /// Who a workflow is, for a pool of a project.
    fn principal(self, number: &str, pool: &str) -> String {
        let Self { owner, repository, environment } = self;
        let pool = format!("projects/{number}/locations/global/workloadIdentityPools/{pool}");
        format!("principal://iam.googleapis.com/{pool}/subject/repo:{owner}/{repository}:environment:{environment}")
    }
}

/// Plans the whole of it.
///
/// # Errors
/// Two things of one name.
pub(crate) fn drive(
    stack: &Stack<'_>,
    configuration: &Configuration,
    github: &GithubWif,
) -> plan::Result<plan::Plan<Exports>> {
    let workflows = Workflows { stack, configuration, draft: RefCell::new(stack.plan()) };
    for (id, project) in &github.projects {
        workflows.project(id, &project.value);
    }
    if let Some(broker) = &github.pam_broker {
        workflows.broker(broker);
    }
    workflows.draft.into_inner().finish(Exports::default())
}

impl Workflows<'_> {
    fn project(&self, id: &str, project: &WifProject) {
        let provider = self.pool(id, POOL, PROVIDER, owners(&project.repositories));
        for repository in &project.repositories {
            for environment in &repository.environments {
                self.environment(id, project, repository, environment, &provider);
            }
        }
    }

    /// The pool of a project, and what it believes; the full name of that.
    fn pool(&self, project: &str, pool: &str, provider: &str, owners: Vec<&str>) -> Output<String> {
        let pool_name = format!("{project}-{pool}");
        let made = self.declare("iam.googleapis.com/WorkloadIdentityPool", &pool_name, |made| {
            made.set("parent", format!("projects/{project}/locations/global").as_str().into());
            made.set("workloadIdentityPoolId", pool.into());
            made.set("displayName", "GitHub Actions Pool".into());
            made.set("description", "Workload Identity Pool for GitHub Actions OIDC".into());
            made.set("disabled", false.into());
            made.options.protect = true;
        });
        let believed = self.declare(
            "iam.googleapis.com/WorkloadIdentityPoolProvider",
            &format!("{project}-{provider}"),
            |believed| {
                believed.set("parent", made.attribute::<String>("name").into_expr());
                believed.set("workloadIdentityPoolProviderId", provider.into());
                believed.set("displayName", "GitHub Actions Provider".into());
                let description = format!("OIDC provider for {} GitHub repositories", owners.join(", "));
                believed.set("description", description.as_str().into());
                believed.set("disabled", false.into());
                let mapping = [
                    ("google.subject", "assertion.sub".into()),
                    ("attribute.actor", "assertion.actor".into()),
                    ("attribute.repository", "assertion.repository".into()),
                ];
                believed.set("attributeMapping", table(mapping));
                believed.set("attributeCondition", condition(&owners).as_str().into());
                believed.set("oidc", table([("issuerUri", ISSUER.into())]));
                believed.options.protect = true;
            },
        );
        believed.attribute("name")
    }

    fn environment(
        &self,
        id: &str,
        project: &WifProject,
        repository: &Repository,
        environment: &Environment,
        provider: &Output<String>,
    ) {
        let on = On::of(&repository.github_repo.value, &environment.name);
        let account = cpg_config::deployer_account(&repository.name.value, &environment.name);
        let stem = format!("{id}-{}-{}", repository.name.value, environment.name);
        let made = self.declare("iam.googleapis.com/ServiceAccount", &format!("{id}-{account}"), |made| {
            made.set("accountId", account.as_str().into());
            let shown = format!("Deploy {} {} images", repository.github_repo.value, environment.name);
            made.set("displayName", shown.as_str().into());
            made.set("projectId", id.into());
        });
        let principal = on.principal(&project.project_number, POOL);
        self.acts_as(&format!("{stem}-wif-binding"), &made.attribute("name"), &principal);
        let email = made.attribute::<String>("email");
        let member = text("serviceAccount:{}", [&email]);
        let registry = |name: &str, end: &str, role: &str| {
            let key = format!("{stem}-{name}-{end}");
            self.declare("artifactregistry.googleapis.com/RepositoryIamMember", &key, |binding| {
                binding.set("repository", self.registry(id, &project.location, name).into_expr());
                binding.set("role", role.into());
                binding.set("member", member.clone().into_expr());
            });
        };
        registry(&environment.push_registry, "write", "roles/artifactregistry.writer");
        for (index, name) in environment.read_registries.iter().enumerate() {
            registry(name, &format!("read-{index}"), "roles/artifactregistry.reader");
        }
        self.on_github(on, provider, &email);
    }

    /// The full name of a registry: that of a dataset is read from the stack that makes it, so it is there.
    fn registry(&self, project: &str, location: &str, name: &str) -> Output<String> {
        let Some(dataset) = self.configuration.registry_owner(project, name) else {
            return Output::known(format!("projects/{project}/locations/{location}/repositories/{name}"));
        };
        let environment = self.stack.environment();
        let stack = if dataset.name == self.configuration.infrastructure.common_dataset.value {
            StackName::new(ORGANISATION, environment)
        } else {
            StackName::new(DATASET, format!("{}.{environment}", dataset.name))
        };
        self.read(&stack, &["registries", name, "name"])
    }

    /// The workflow that asks for access acts as an account of the organisation's stack.
    fn broker(&self, broker: &PamBroker) {
        let on = On::of(&broker.github_repository.value, &broker.github_environment);
        let provider = self.pool(&broker.project_id, &broker.wif_pool_name, &broker.wif_provider_name, vec![on.owner]);
        let organisation = StackName::new(ORGANISATION, self.stack.environment());
        let email = self.read(&organisation, &["accounts", "pam-broker", "email"]);
        let account = text(&format!("projects/{}/serviceAccounts/{{}}", broker.project_id), [&email]);
        let principal = on.principal(&broker.project_number, &broker.wif_pool_name);
        self.acts_as(&format!("{}-pam-broker-wif-binding", broker.project_id), &account, &principal);
        self.on_github(on, &provider, &email);
    }

    fn acts_as(&self, name: &str, account: &Output<String>, principal: &str) {
        self.declare("iam.googleapis.com/ServiceAccountIamMember", name, |binding| {
            binding.set("serviceAccount", account.into_expr());
            binding.set("role", "roles/iam.workloadIdentityUser".into());
            binding.set("member", principal.into());
        });
    }

    /// The environment on GitHub, and what its workflows are told.
    fn on_github(&self, on: On<'_>, provider: &Output<String>, account: &Output<String>) {
        let stem = format!("{}-{}-env", on.repository, on.environment);
        let common = |declaration: &mut Declaration| {
            declaration.set("owner", on.owner.into());
            declaration.set("repository", on.repository.into());
            declaration.set("environment", on.environment.into());
        };
        let environment = self.declare("github_environment", &stem, |environment| {
            common(environment);
            if on.environment == "production" {
                let policy = [("protected_branches", true.into()), ("custom_branch_policies", false.into())];
                environment.set("deployment_branch_policy", table(policy));
            }
        });
        for (end, name, value) in
            [("wif-provider", "WIF_PROVIDER", provider), ("wif-sa", "WIF_SERVICE_ACCOUNT", account)]
        {
            self.declare("github_environment_secret", &format!("{stem}-{end}"), |secret| {
                common(secret);
                secret.set("secret_name", name.into());
                secret.set("value", value.secret().into_expr());
                secret.options.depends_on.push(plan::AsDependency::as_dependency(&environment));
            });
        }
    }

    /// An output of another stack.
    #[track_caller]
    fn read(&self, stack: &StackName, path: &[&str]) -> Output<String> {
        self.stack.reference_to::<()>(stack);
        Output::reference(&stack.to_string(), &path.iter().fold(Path::root(), |at, key| at.child(*key)))
    }

    #[track_caller]
    fn declare(&self, ty: &'static str, name: &str, properties: impl FnOnce(&mut Declaration)) -> ResourceRef {
        let mut declaration = Declaration::new(ty, name);
        properties(&mut declaration);
        self.draft.borrow_mut().declare(declaration, Place::caller())
    }
}

/// The organisations on GitHub that repositories belong to.
fn owners(repositories: &[Repository]) -> Vec<&str> {
    let owners = repositories.iter().filter_map(|repository| repository.github_repo.value.split('/').next());
    let mut owners: Vec<&str> = owners.collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// A workflow of another organisation is nobody.
fn condition(owners: &[&str]) -> String {
    match owners {
        [owner] => format!("assertion.repository_owner == '{owner}'"),
        owners => {
            let owners: Vec<String> = owners.iter().map(|owner| format!("'{owner}'")).collect();
            format!("assertion.repository_owner in [{}]", owners.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::condition;

    #[test]
    fn only_workflows_of_the_named_organisations_are_believed() {
        assert_eq!(condition(&["a"]), "assertion.repository_owner == 'a'");
        assert_eq!(condition(&["a", "b"]), "assertion.repository_owner in ['a', 'b']");
        assert_eq!(condition(&[]), "assertion.repository_owner in []");
    }
}
