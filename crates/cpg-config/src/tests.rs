use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use plan::diag::Diagnostics;

use crate::{Cloud, Component, Configuration, Directory, Source, Wanted, check, check_github, check_plugins, schemas};

/// Files in memory, and which of them were read.
#[derive(Default, Clone)]
struct Memory {
    files: BTreeMap<String, String>,
    read: RefCell<BTreeSet<String>>,
}

impl Source for Memory {
    fn text(&self, path: &str) -> Result<Option<String>, Diagnostics> {
        self.read.borrow_mut().insert(path.to_owned());
        Ok(self.files.get(path).cloned())
    }

    fn names(&self, directory: &str) -> Result<Vec<String>, Diagnostics> {
        let below = format!("{directory}/");
        let names = self.files.keys().filter_map(|path| path.strip_prefix(&below));
        let names: BTreeSet<&str> = names.filter_map(|rest| rest.split('/').next()).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }
}

impl Memory {
    fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| (format!("c/{path}"), (*text).to_owned())).collect();
        Self { files, ..Self::default() }
    }

    fn read(&self, wanted: Wanted<'_>) -> Result<Configuration, Diagnostics> {
        Directory::open(self, "c", "production")?.read(wanted)
    }

    /// What is wrong, a line each: code, place, message, hint.
    fn problems(&self) -> Vec<String> {
        let found = match self.read(Wanted::All) {
            Ok(configuration) => {
                let mut found = check(&configuration);
                found.extend(check_plugins(&configuration, &["billing_aggregator"]));
                match Directory::open(self, "c", "production").and_then(|directory| directory.github_wif()) {
                    Ok(github) => found.extend(github.iter().flat_map(|github| check_github(github, &configuration))),
                    Err(problems) => found.extend(problems),
                }
                found
            }
            Err(found) => found,
        };
        found.iter().map(line).collect()
    }
}

fn line(problem: &plan::diag::Diagnostic) -> String {
    let place = problem.place.as_ref().map_or_else(String::new, ToString::to_string);
    format!("{} {} {} | {}", problem.code, place.trim_start_matches("c/"), problem.message, problem.hints.join("; "))
}

const INFRASTRUCTURE: &str = "\
domain: example.org
budget_currency: AUD
common_dataset: common
config_destination: gs://conf/prefix
plugins_enabled: []
users:
  ana.lyst: { id: ana.lyst, clouds: { gcp: { id: ana@example.org } } }
  bo: { id: bo, clouds: { azure: { id: oid-bo } } }
gcp:
  customer_id: C0
  region: r
  groups_domain: g.org
  config_bucket_name: conf
  dataset_storage_prefix: ex-
hail: { gcp: { hail_batch_url: 'https://b', hail_auth_url: 'https://a' } }
analysis_runner:
  gcp: { project: ar, cloud_run_instance_name: s, server_machine_account: s@ar, logger_machine_account: l@ar, container_registry_name: i }
notebooks: { gcp: { project: n } }
cromwell: { gcp: { access_group_id: groups/c, runner_machine_account: r@c } }
metamist: { gcp: { project: m, service_name: api, machine_account: a@m, legacy_machine_account: b@m } }
billing: { gcp: { project_id: b, account_id: '0' } }
";

const DATASETS: &str = "\
common:
  gcp: { project: ex-common }
  create_container_registry: true
alpha:
  gcp: { project: ex-alpha }
beta:
  gcp: { project: ex-beta }
  depends_on: [alpha]
";

const GITHUB: &str = "\
projects:
  ex-common:
    project_number: '1'
    location: r
    repositories:
    - name: r
      github_repo: o/r
      environments:
      - { name: QA, push_registry: images }
";

fn newer() -> Memory {
    Memory::of(&[
        ("config-infrastructure.yaml", INFRASTRUCTURE),
        ("config-datasets.yaml", DATASETS),
        ("datasets/common/budgets.yaml", "gcp: { monthly_budget: 1 }\n"),
        ("datasets/alpha/budgets.yaml", "gcp: { monthly_budget: 2 }\n"),
        ("datasets/alpha/members.yaml", "analysis: [ana.lyst]\n"),
        ("datasets/beta/budgets.yaml", "gcp: { monthly_budget: 3 }\n"),
        ("github-wif.yaml", GITHUB),
    ])
}

/// `newer`, with a text in a file replaced by another, or appended if it is empty.
fn edited(edits: &[(&str, &str, &str)]) -> Memory {
    let mut memory = newer();
    for (file, old, new) in edits {
        let text = memory.files.entry(format!("c/{file}")).or_default();
        if old.is_empty() {
            text.push_str(new);
        } else {
            assert!(text.contains(old), "{file} holds {old}");
            *text = text.replace(old, new);
        }
    }
    memory
}

/// What a configuration says, without where.
fn content(configuration: &Configuration) -> String {
    let text = format!("{:?}", (&configuration.infrastructure, &configuration.datasets));
    let mut parts = text.split("Place { ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + part.split_once('}').map_or("", |(_, rest)| rest))
}

#[test]
fn both_layouts_and_both_languages_say_the_same() {
    let newer = newer().read(Wanted::All).expect("it is right");
    let older = Memory::of(&[
        ("cpg.yaml", INFRASTRUCTURE),
        ("production.yaml", DATASETS),
        ("common/budgets.yaml", "gcp: { monthly_budget: 1 }\n"),
        ("alpha/budgets.toml", "[gcp]\nmonthly_budget = 2\n"),
        ("alpha/members.toml", "analysis = [\"ana.lyst\"]\n"),
        ("beta/budgets.yaml", "gcp: { monthly_budget: 3 }\n"),
    ]);
    let inline = Memory::of(&[
        ("config-infrastructure.yml", INFRASTRUCTURE),
        (
            "config-datasets.toml",
            "[common]\ngcp.project = 'ex-common'\ncreate_container_registry = true\nbudgets.gcp.monthly_budget = 1\n\
             [alpha]\ndataset = 'alpha'\ngcp.project = 'ex-alpha'\nbudgets.gcp.monthly_budget = 2\nmembers.analysis = ['ana.lyst']\n\
             [beta]\ngcp.project = 'ex-beta'\ndepends_on = ['alpha']\nbudgets.gcp.monthly_budget = 3\n",
        ),
    ]);
    let wanted = content(&newer);
    assert_eq!(content(&older.read(Wanted::All).expect("it is right")), wanted);
    let mut inline = inline.read(Wanted::All).expect("it is right");
    if let Some(alpha) = inline.datasets.get_mut("alpha") {
        alpha.options.dataset = None;
    }
    assert_eq!(content(&inline), wanted);
    assert_eq!(newer.datasets["alpha"].members.analysis.len(), 1);
    assert!(newer.datasets["alpha"].has(Cloud::Gcp, Component::Cromwell));
    assert!(!newer.datasets["alpha"].has(Cloud::Azure, Component::Cromwell));
    assert_eq!(newer.reaching("alpha").into_iter().collect::<Vec<_>>(), ["beta"]);
    assert_eq!(newer.reaching("common").into_iter().collect::<Vec<_>>(), ["alpha", "beta"]);
}

#[test]
fn what_is_wrong_is_said_with_its_place_before_anything_is_planned() {
    assert_eq!(newer().problems(), [""; 0], "nothing is wrong to begin with");
    let infrastructure = "config-infrastructure.yaml";
    let datasets = "config-datasets.yaml";
    let members = "datasets/alpha/members.yaml";
    let upload = "datasets/alpha/upload.yaml";
    let github = "github-wif.yaml";
    let cases = [
        // An unknown member.
        (
            (members, "ana.lyst", "ana.list"),
            "E0808 datasets/alpha/members.yaml:1:12 `analysis` of `alpha` has the member `ana.list`, who is no user | did you mean `ana.lyst`?",
        ),
        (
            (infrastructure, "", "adhoc_groups: [{ name: x, description: y, members: [nobody] }]\n"),
            "E0808 config-infrastructure.yaml:22:53 group `x` has the member `nobody`",
        ),
        (
            (upload, "", "default_bucket: { uploaders: [who] }\n"),
            "E0808 datasets/alpha/upload.yaml:1:31 the upload bucket of `alpha` has the member `who`",
        ),
        // A listed member who is not in the cloud.
        (
            (members, "ana.lyst", "bo"),
            "E0809 datasets/alpha/members.yaml:1:12 `bo` is in `analysis` of `alpha` and not in gcp | add `gcp: { id: … }` to the `clouds` of `bo`",
        ),
        // A dependency that is not there.
        (
            (datasets, "[alpha]", "[alfa]"),
            "E0811 config-datasets.yaml:8:16 there is no dataset `alfa` | did you mean `alpha`?",
        ),
        (
            (infrastructure, "common_dataset: common", "common_dataset: commons"),
            "E0811 config-infrastructure.yaml:3:17 there is no dataset `commons` | did you mean `common`?",
        ),
        (
            ("datasets/gamma/members.yaml", "", "analysis: []\n"),
            "E0811 datasets/gamma:1:1 `c/datasets/gamma` is of no dataset that is declared",
        ),
        // A cycle.
        (
            (datasets, "project: ex-alpha }", "project: ex-alpha }\n  depends_on_readonly: [beta]"),
            "E0812 config-datasets.yaml:9:16 datasets depend on each other: `alpha` -> `beta` -> `alpha`",
        ),
        (
            (datasets, "[alpha]", "[beta]"),
            "E0812 config-datasets.yaml:8:16 datasets depend on each other: `beta` -> `beta`",
        ),
        ((datasets, "create_container", "depends_on: [alpha]\n  create_container"), "E0812"),
        // Sections that something needs.
        (
            (infrastructure, "billing: {", "# billing: {"),
            "E0810 config-infrastructure.yaml:1:1 `c/config-infrastructure.yaml` has no section `billing` | add the section `billing`",
        ),
        (
            (infrastructure, "metamist: {", "# metamist: {"),
            "E0810 config-infrastructure.yaml:1:1 `c/config-infrastructure.yaml` has no section `metamist`",
        ),
        (
            (infrastructure, "cromwell: {", "# cromwell: {"),
            "E0810 config-infrastructure.yaml:1:1 `c/config-infrastructure.yaml` has no section `cromwell`",
        ),
        // What the others need of the common dataset.
        (
            (datasets, "create_container_registry: true", "setup_test: true"),
            "E0814 config-datasets.yaml:2:3 `common` is the common dataset, and makes no registries of images | add `create_container_registry: true`",
        ),
        (
            (datasets, "create_container", "components: { gcp: [storage] }\n  create_container"),
            "E0814 config-datasets.yaml:3:22 `common` is the common dataset, and has no registries of images in gcp",
        ),
        (
            (datasets, "[alpha]", "[alpha]\n  deploy_locations: [gcp, azure]"),
            "E0814 config-datasets.yaml:2:3 `common` is the common dataset, and is not in azure, where `beta` is",
        ),
        // Budgets.
        (("datasets/beta/budgets.yaml", "gcp", "azure"), "E0813 config-datasets.yaml:7:3 `beta` has no budget for gcp"),
        (
            (datasets, "[alpha]", "[alpha]\n  enable_shared_project: true"),
            "E0813 config-datasets.yaml:7:3 `beta` has a shared project, and no release to share",
        ),
        // Upload buckets.
        (
            (
                upload,
                "",
                "dropboxes: [{ id: a, name: A, allowed_filetypes: [], uploaders: [], move_to_bucket: lab }]\n",
            ),
            "E0816 datasets/alpha/upload.yaml:1:85 `alpha` has no upload bucket `lab` | choose one of `default`",
        ),
        (
            (
                upload,
                "",
                "dropboxes:\n- { id: a, name: A, allowed_filetypes: [], uploaders: [] }\n- { id: a, name: B, allowed_filetypes: [], uploaders: [] }\n",
            ),
            "E0816 datasets/alpha/upload.yaml:3:9 two upload buckets of `alpha` are `ex-alpha-main-upload-db-a`",
        ),
        (
            (
                upload,
                "",
                "additional_buckets: [{ name: db-a }]\ndropboxes:\n- { id: a, name: A, allowed_filetypes: [], uploaders: [] }\n",
            ),
            "E0816 datasets/alpha/upload.yaml:3:9 two upload buckets",
        ),
        // Groups of one name.
        (
            (datasets, "", "alpha-test:\n  gcp: { project: p }\n  budgets: { gcp: { monthly_budget: 1 } }\n"),
            "E0815 config-datasets.yaml:10:3 `alpha-test` and `alpha` both have a group `alpha-test-full`",
        ),
        (
            (infrastructure, "", "adhoc_groups: [{ name: alpha-full, description: y }]\n"),
            "E0815 config-infrastructure.yaml:22:24 `alpha-full` and `alpha` both have a group `alpha-full`",
        ),
        (
            (datasets, "", "test:\n  gcp: { project: p }\n  budgets: { gcp: { monthly_budget: 1 } }\n"),
            "E0819 config-datasets.yaml:10:3 a dataset cannot be called `test`",
        ),
        // Single values.
        (
            (infrastructure, "plugins_enabled: []", "plugins_enabled: [billing-aggregator]"),
            "E0817 config-infrastructure.yaml:5:19 the plugin `billing-aggregator` is not linked | did you mean `billing_aggregator`?; to link it, add the line `cpg_plugin_billing_aggregator::plugin,`",
        ),
        (
            (infrastructure, "id: ana.lyst,", "id: ana..lyst,"),
            "E0818 config-infrastructure.yaml:7:19 the `id` of user `ana.lyst` cannot be `ana..lyst`",
        ),
        (
            (infrastructure, "gs://conf/prefix", "gs://conf"),
            "E0819 config-infrastructure.yaml:4:21 `config_destination` is `gs://conf`",
        ),
        (
            (datasets, "[alpha]", "[alpha]\n  deploy_locations: [dry-run]"),
            "E0819 config-datasets.yaml:9:22 `beta` cannot be deployed to `dry-run`",
        ),
        (
            (
                datasets,
                "[alpha]",
                "[alpha]\n  setup_test: false\n  deployment_service_account_test: t@p.iam.gserviceaccount.com",
            ),
            "E0820 config-datasets.yaml:7:3 `deployment_service_account_test` of `beta` has an access level that",
        ),
        (
            (datasets, "[alpha]", "[alpha]\n  components: { gcp: [] }\n  sm_read_write_sas: [x@y]"),
            "E0820 config-datasets.yaml:10:23 `x@y` cannot read sample metadata of `beta`, which has none",
        ),
        (
            (
                datasets,
                "[alpha]",
                "[alpha]\n  components: { gcp: [] }\n  upload_config: { default_bucket: { uploaders: [ana.lyst] } }",
            ),
            "E0820 config-datasets.yaml:10:50 `ana.lyst` cannot upload to `beta`, which has no buckets",
        ),
        (
            (members, "analysis: [ana.lyst]", "tmp-main-read-access: [ana.lyst]"),
            "E0820 datasets/alpha/members.yaml:1:24 the members of `tmp-main-read-access` of `alpha` have no effect",
        ),
        // The files themselves.
        (
            (datasets, "project: ex-beta }", "projet: ex-beta }"),
            "E0101 config-datasets.yaml:7:10 unknown key `beta.gcp.projet` | did you mean `project`?",
        ),
        (
            (datasets, "ex-alpha }", "ex-alpha }\n  members: { full: [ana.lyst] }"),
            "E0101 config-datasets.yaml:6:14 unknown key `alpha.members.full`",
        ),
        (
            (datasets, "ex-alpha }", "ex-alpha }\n  members: { analysis: [] }"),
            "E0803 config-datasets.yaml:6:12 `members` is said in `c/datasets/alpha/members.yaml` and here",
        ),
        // Workflows of GitHub.
        ((github, "o/r", "r"), "E0819 github-wif.yaml:7:20 `r` is no repository on GitHub | write `OWNER/REPOSITORY`"),
        ((github, "- { name: QA", "- { name: a-very-long-environment-it-is"), "E0819 github-wif.yaml:6:13 `-img-"),
        (
            (github, "environments:", "environments:\n      - { name: qa, push_registry: images }"),
            "E0822 github-wif.yaml:6:13 two workflows would have the account `r-img-qa-deployer`",
        ),
        (
            (github, "environments:", "environments:\n      - { name: QA, push_registry: images }"),
            "E0822 github-wif.yaml:7:20 the secrets of environment `QA` of `o/r` would be written twice",
        ),
        (
            (github, "location: r", "location: r2"),
            "E0823 github-wif.yaml:6:13 the registry `images` of `ex-common` is in r, not in r2 | write `location: r`",
        ),
        (
            (
                github,
                "projects:",
                "pam_broker: { project_id: p, wif_pool_name: a, wif_provider_name: b, project_number: '1', \
                 github_repository: o/q, github_environment: e }\nprojects:",
            ),
            "E0823 github-wif.yaml:1:110 there is no broker",
        ),
        (("cpg.toml", "", "domain = 'x'\n"), "E0803 cpg.toml:1:1 `c` holds both"),
        ((members, "[ana.lyst]", "[ana.lyst"), "E0800 datasets/alpha/members.yaml:"),
    ];
    let failed = cases.into_iter().filter_map(|(edit, wanted)| {
        let found = edited(&[edit]).problems();
        (!found.iter().any(|line| line.starts_with(wanted))).then(|| format!("wanted {wanted}\nfound {found:#?}"))
    });
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn all_problems_come_at_once() {
    let found = edited(&[
        ("datasets/alpha/members.yaml", "ana.lyst", "nobody"),
        ("config-datasets.yaml", "create_container_registry: true", "setup_test: false"),
        ("config-infrastructure.yaml", "gs://conf/prefix", "conf"),
        ("datasets/beta/budgets.yaml", "gcp", "azure"),
    ])
    .problems();
    let codes: BTreeSet<&str> = found.iter().map(|line| &line[..5]).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["E0808", "E0813", "E0814", "E0819"]);
}

#[test]
fn a_dataset_reads_the_members_of_those_that_reach_it_and_nothing_else() {
    let memory = newer();
    let read = memory.read(Wanted::Dataset("alpha")).expect("it is right");
    assert_eq!(read.datasets["alpha"].budgets.gcp.as_ref().map(|budget| budget.value.monthly_budget), Some(2));
    assert!(check(&read).is_empty());
    let files = memory.read.borrow().iter().filter(|path| path.contains("/datasets/")).cloned().collect::<Vec<_>>();
    assert_eq!(files, ["c/datasets/alpha/budgets.yaml", "c/datasets/alpha/members.yaml"], "beta has no members");
    let mut memory = newer();
    memory.files.insert("c/datasets/beta/members.yaml".into(), "analysis: [ana.lyst]\n".into());
    memory.read(Wanted::Dataset("alpha")).expect("it is right");
    assert!(memory.read.borrow().contains("c/datasets/beta/members.yaml"), "whose analysts are analysts of alpha");
    memory.read.borrow_mut().clear();
    memory.read(Wanted::Dataset("beta")).expect("it is right");
    assert!(!memory.read.borrow().iter().any(|path| path.contains("/alpha/")), "alpha's people have no access to beta");
}

/// The files of this workspace.
struct Here(testkit::Workspace);

impl Source for Here {
    fn text(&self, path: &str) -> Result<Option<String>, Diagnostics> {
        Ok(self.0.read(path))
    }

    fn names(&self, directory: &str) -> Result<Vec<String>, Diagnostics> {
        Ok(self.0.list(directory).unwrap_or_default())
    }
}

#[test]
fn the_example_is_right() {
    let workspace = testkit::Workspace::here();
    let here = Here(workspace);
    let directory = Directory::open(&here, "configuration/cpg", "production").expect("it is there");
    let configuration = directory.read(Wanted::All).expect("it is right");
    assert_eq!(check(&configuration).iter().map(line).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(configuration.datasets.keys().collect::<Vec<_>>(), ["alpha", "beta", "common", "gamma"]);
    assert_eq!(configuration.infrastructure.users.len(), 10);
}

#[test]
fn every_kind_of_file_has_a_schema() {
    let schemas = schemas();
    let members = schemas["members"].json_schema("Members of a dataset");
    assert_eq!(members["properties"]["data-manager"]["items"]["type"], "string");
    assert_eq!(members["additionalProperties"], false);
    let datasets = schemas["config-datasets"].json_schema("Datasets");
    let options = &datasets["additionalProperties"];
    assert_eq!(options["required"], serde_json::json!(["gcp"]), "all else has a default");
    assert_eq!(options["properties"]["components"]["properties"]["gcp"]["items"]["enum"][1], "spark");
    let infrastructure = schemas["config-infrastructure"].json_schema("The centre");
    let text = infrastructure.to_string();
    assert!(text.contains("The domain of groups."), "each key says what it is for");
}
