//! Workflows of GitHub: what they may act as, and what is read of the stacks that make it.

use crate::world::{github, given, organisation};

const FILE: &str = "\
projects:
  ex-common:
    project_number: '100000000001'
    location: australia-southeast1
    repositories:
    - name: My_Very.Long-Repo-Name
      github_repo: example/pipelines
      environments:
      - { name: production, push_registry: images, read_registries: [images-dev, elsewhere] }
pam_broker:
  project_id: ex-common
  wif_pool_name: broker-pool
  wif_provider_name: broker-provider
  project_number: '100000000001'
  github_repository: example/access
  github_environment: production
";

/// Alpha lets notebooks ask for access, so there is a broker.
const DATASETS: &str = "\
common:
  gcp: { project: ex-common }
  create_container_registry: true
alpha:
  gcp: { project: ex-alpha }
  allow_notebook_tmp_main_read: true
";

#[test]
fn workflows_push_as_accounts_without_keys() {
    let files = [("github-wif.yaml", FILE), ("config-datasets.yaml", DATASETS)];
    let planned = given(github(), "production", &files).evaluate();
    assert_eq!(planned.misfits(), [""; 0]);
    let pool = planned.resource("iam.googleapis.com/WorkloadIdentityPool", "ex-common-github-pool");
    assert!(pool.options().protect, "a pool's id is taken for a month after it is gone");
    let provider = planned.resource("iam.googleapis.com/WorkloadIdentityPoolProvider", "ex-common-github-provider");
    assert_eq!(provider.text("attributeCondition"), "assertion.repository_owner == 'example'");
    let account = planned.resource("iam.googleapis.com/ServiceAccount", "ex-common-my-very-long-img-prod-deployer");
    assert_eq!(account.text("displayName"), "Deploy example/pipelines production images");
    let binding = planned.resource(
        "iam.googleapis.com/ServiceAccountIamMember",
        "ex-common-My_Very.Long-Repo-Name-production-wif-binding",
    );
    assert_eq!(
        binding.text("member"),
        "principal://iam.googleapis.com/projects/100000000001/locations/global/workloadIdentityPools/github-pool/\
         subject/repo:example/pipelines:environment:production"
    );
    let role = "artifactregistry.googleapis.com/RepositoryIamMember";
    let read = planned.resource(role, "ex-common-My_Very.Long-Repo-Name-production-elsewhere-read-1");
    assert_eq!(
        read.text("repository"),
        "projects/ex-common/locations/australia-southeast1/repositories/elsewhere",
        "a registry that nobody here makes goes by its name"
    );
    let environment = planned.resource("github_environment", "pipelines-production-env");
    assert_eq!(environment.text("owner"), "example");
    assert_eq!(planned.names("github_environment_secret").len(), 4);
    assert_eq!(planned.count(), 2 * 2 + 2 + 3 + 1 + 2 + 4, "pools, account, roles, broker, environments, secrets");
}

#[test]
fn what_they_need_is_read_of_the_stacks_that_make_it() {
    let files = [("github-wif.yaml", FILE), ("config-datasets.yaml", DATASETS)];
    let planned = given(github(), "production", &files).evaluate();
    let organisation = given(organisation(), "production", &files).evaluate();
    let exported = organisation.outputs();
    let reads = planned.reads();
    assert_eq!(
        reads,
        [
            "cpg.organisation.production:accounts.pam-broker.email",
            "cpg.organisation.production:registries.images.name",
            "cpg.organisation.production:registries.images-dev.name",
        ]
    );
    for read in reads {
        let path = read.rsplit_once(':').expect("stack and path").1.to_owned();
        assert!(exported.contains(&path), "{path} is not exported: {exported:?}");
    }
}
