//! Datasets on Azure, and on both clouds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use testkit::Planned;

use crate::azure_mapping::inputs;
use crate::world::{dataset, given, known, organisation, planned, whole};

/// Two datasets, each on both clouds.
const BOTH: [(&str, &str); 4] = [
    (
        "config-datasets.yaml",
        "common:\n  gcp: { project: ex-common }\n  deploy_locations: [gcp, azure]\n  create_container_registry: true\n\
         alpha:\n  gcp: { project: ex-alpha }\n  deploy_locations: [gcp, azure]\n",
    ),
    ("datasets/alpha/budgets.yaml", "{ gcp: { monthly_budget: 200 }, azure: { monthly_budget: 150 } }\n"),
    ("datasets/alpha/members.yaml", "analysis: [ana.lyst]\n"),
    ("datasets/common/budgets.yaml", "{ gcp: { monthly_budget: 100 }, azure: { monthly_budget: 50 } }\n"),
];

/// Files of a configuration, with what holds for a centre on both clouds.
fn with_example<T>(files: &[(&str, &str)], then: impl FnOnce(&[(&str, &str)]) -> T) -> T {
    let path = "config-infrastructure.yaml";
    let example = testkit::Workspace::here().read("crates/cpg/tests/it/centre.yaml").expect("it is there");
    let files: Vec<(&str, &str)> = files.iter().copied().chain([(path, example.as_str())]).collect();
    then(&files)
}

type Resources = BTreeMap<(String, String), Json>;

/// What is there because of Azure.
fn on_azure(planned: &Planned) -> Resources {
    let types: Vec<String> = planned.by_type().into_keys().map(str::to_owned).collect();
    let resources = types.iter().flat_map(|ty| planned.resources(ty));
    let ours = resources.filter(|one| {
        one.ty().starts_with("Microsoft.")
            || (one.ty().starts_with("hail_") && one.name().contains("-azure-"))
            || one.name().starts_with("storage-config-azure-")
    });
    ours.map(|resource| {
        let (ty, inputs) = inputs(&resource);
        ((ty.to_owned(), resource.name().to_owned()), inputs)
    })
    .collect()
}

#[test]
fn what_is_on_google_cloud_is_the_same_whether_there_is_azure_or_not() {
    let resources = |planned: &Planned| -> Resources {
        let azure = on_azure(planned);
        let types: Vec<String> = planned.by_type().into_keys().map(str::to_owned).collect();
        let all = types.iter().flat_map(|ty| planned.resources(ty)).map(|one| {
            let (ty, inputs) = inputs(&one);
            ((ty.to_owned(), one.name().to_owned()), inputs)
        });
        all.filter(|(key, _)| !azure.contains_key(key)).collect()
    };
    let alone: Vec<(&str, String)> =
        BOTH.iter().map(|(path, text)| (*path, text.replace("[gcp, azure]", "[gcp]"))).collect();
    let alone: Vec<(&str, &str)> = alone.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let (both, alone) = (resources(&with_example(&BOTH, planned)), resources(&with_example(&alone, planned)));
    let differing: Vec<_> = both.iter().filter(|(key, inputs)| alone.get(*key) != Some(inputs)).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(both.len(), alone.len());
}

/// One dataset on Google Cloud, one on Azure, and two on both.
const PLACES: &str = "\
common:
  gcp: { project: ex-common }
  deploy_locations: [gcp, azure]
  create_container_registry: true
  budgets: { gcp: { monthly_budget: 1 }, azure: { monthly_budget: 1 } }
alpha:
  gcp: { project: ex-alpha }
  budgets: { gcp: { monthly_budget: 1 } }
  members: { analysis: [ana.lyst] }
beta:
  gcp: { project: ex-beta }
  deploy_locations: [gcp, azure]
  depends_on: [alpha]
  archive_age: 30
  deployment_service_account_full: deploy@ex.iam.gserviceaccount.com
  budgets: { gcp: { monthly_budget: 1, shared_total_budget: 5 }, azure: { monthly_budget: 1, shared_total_budget: 7 } }
  enable_release: true
  enable_shared_project: true
  upload_config:
    default_bucket: { uploaders: [up.loader] }
    dropboxes: [{ id: box, name: Box, allowed_filetypes: [.bam], uploaders: [up.loader] }]
gamma:
  gcp: { project: ex-gamma }
  deploy_locations: [azure]
  depends_on_readonly: [beta]
  setup_test: false
  budgets: { azure: { monthly_budget: 1 } }
";

fn places<T>(then: impl FnOnce(&[(&str, &str)]) -> T) -> T {
    // The budgets and members that stand in files of the example are said with the datasets here.
    let files = ["datasets/alpha/budgets.yaml", "datasets/alpha/members.yaml", "datasets/common/budgets.yaml"];
    let datasets = PLACES
        .replace("  budgets: { gcp: { monthly_budget: 1 } }\n  members: { analysis: [ana.lyst] }\n", "")
        .replace("  budgets: { gcp: { monthly_budget: 1 }, azure: { monthly_budget: 1 } }\n", "");
    let one = "{ gcp: { monthly_budget: 1 }, azure: { monthly_budget: 1 } }\n";
    let given = [
        ("config-datasets.yaml", datasets.as_str()),
        (files[0], "{ gcp: { monthly_budget: 1 } }\n"),
        (files[1], "analysis: [ana.lyst]\n"),
        (files[2], one),
    ];
    with_example(&given, then)
}

fn names(planned: &Planned) -> BTreeSet<(String, String)> {
    planned.plan().resources.keys().map(|urn| (urn.ty().to_owned(), urn.name().to_owned())).collect()
}

#[test]
fn the_stacks_of_datasets_plan_together_what_one_stack_would_wherever_they_are() {
    places(|files| {
        let all = names(&planned(files));
        let mut found = names(&given(organisation(), "production", files).evaluate());
        for name in ["alpha", "beta", "gamma"] {
            for resource in names(&given(dataset(), &format!("{name}.production"), files).evaluate()) {
                assert!(found.insert(resource.clone()), "{resource:?} is in two stacks");
            }
        }
        let missing: Vec<_> = all.difference(&found).collect();
        let extra: Vec<_> = found.difference(&all).collect();
        assert!(missing.is_empty() && extra.is_empty(), "missing {missing:#?}\nextra {extra:#?}");
    });
}

#[test]
fn what_one_stack_reads_of_another_on_azure_is_exported_there() {
    places(|files| {
        let stacks = ["alpha.production", "beta.production", "gamma.production"]
            .map(|stack| given(dataset(), stack, files).evaluate());
        let plans: Vec<Planned> =
            stacks.into_iter().chain([given(organisation(), "production", files).evaluate()]).collect();
        let exported: BTreeSet<String> = plans
            .iter()
            .flat_map(|planned| {
                let stack = planned.plan().stack.to_string();
                planned.outputs().into_iter().map(move |path| format!("{stack}:{path}"))
            })
            .collect();
        let mut crossing = 0;
        for planned in &plans {
            for read in planned.reads() {
                assert!(exported.contains(&read), "{} reads {read}, which nobody exports", planned.plan().stack);
                crossing += usize::from(read.contains(":azure."));
            }
        }
        assert!(crossing > 30, "memberships and exported configuration cross stacks: {crossing}");
    });
}

#[test]
fn everything_on_azure_fits_the_schemas_of_its_types() {
    places(|files| assert_eq!(given(whole(), "production", files).evaluate().misfits(), [""; 0]));
}

#[test]
fn a_rule_of_a_dropbox_takes_what_is_incomplete_and_nothing_else() {
    places(|files| {
        let beta = planned(files);
        let policy = beta
            .resource("Microsoft.Storage/storageAccounts/managementPolicies", "beta-azure-exbeta-management-policy");
        let rules = policy.get("policy.rules").as_list().expect("a list").len();
        let found: Vec<(&str, &str)> = (0..rules)
            .map(|n| {
                let at = format!("policy.rules[{n}]");
                (policy.text(&format!("{at}.name")), policy.text(&format!("{at}.definition.filters.prefixMatch[0]")))
            })
            .collect();
        let wanted = [
            ("archive-bucket-rule-archive", "archive/"),
            ("main-tmp-bucket-rule-tmp", "main-tmp/"),
            ("main-upload-db-box-bucket-rule-tmp", "main-upload-db-box/incomplete/"),
            ("test-tmp-bucket-rule-tmp", "test-tmp/"),
            ("hail-bucket-rule-tmp", "hail/"),
        ];
        assert_eq!(found, wanted, "B9: it was the whole container");
    });
}

#[test]
fn a_shared_project_on_azure_is_a_resource_group_with_a_budget_by_the_year() {
    places(|files| {
        let beta = planned(files);
        let group = beta.resource("Microsoft.Resources/resourceGroups", "beta-azure-shared-project");
        assert_eq!(group.text("name"), "exbeta-shared");
        let budget = beta.resource("Microsoft.Consumption/budgets", "beta-azure-shared-budget");
        assert_eq!((budget.text("scope"), budget.text("timeGrain")), ("id:beta-azure-shared-project", "Annually"));
        assert_eq!(budget.get("amount").as_int(), Some(7));
        let identities = "Microsoft.ManagedIdentity/userAssignedIdentities";
        let account = beta.resource(identities, "beta-azure-budget-shared-service-account");
        assert_eq!(account.text("parent"), "id:beta-azure-shared-project");
        let reader = beta.resource("Microsoft.Authorization/roleAssignments", "beta-azure-release-shared-membership");
        assert_eq!(reader.text("principalId"), "principal:beta-azure-budget-shared-service-account");
    });
}

#[test]
fn access_on_one_cloud_gives_none_on_the_other() {
    places(|files| {
        let all = known(whole, "production", files);
        let members = all.names("Microsoft.Graph/groups/members");
        assert!(
            members.iter().any(|name| name.starts_with("gamma-azure-transitive-gamma-full-in-beta-main-read")),
            "{members:?}"
        );
        assert!(!members.iter().any(|name| name.contains("-in-alpha-")), "alpha is not on Azure: {members:?}");
        assert!(!all.names("cloudidentity.googleapis.com/Group").iter().any(|name| name.starts_with("gamma-")));
        let objects = all.resources("Microsoft.Graph/groups/members");
        assert!(objects.iter().all(|one| !one.text("member").contains('@')), "addresses are of Google Cloud");
        let person = all.resource(
            "Microsoft.Authorization/roleAssignments",
            "beta-azure-main-upload-main-upload-uploader-UL-4af1e9bf",
        );
        assert_eq!((person.text("principalId"), person.text("principalType")), ("oid-up.loader", "User"));
    });
}

#[test]
fn what_is_asked_of_azure_in_vain_is_refused_before_any_plan() {
    let cases = [
        (
            "  archive_age: 30\n",
            "  components: { azure: [storage, spark] }\n",
            "E0806",
            "`beta` has the component `spark` on azure",
        ),
        ("depends_on_readonly: [beta]", "depends_on_readonly: [alpha]", "E0832", "`gamma` depends on `alpha`"),
        (
            "  setup_test: false\n",
            "  members: { tmp-main-read-access: [ana.lyst] }\n",
            "E0832",
            "`tmp-main-read-access` of `gamma`",
        ),
        (
            "  setup_test: false\n",
            "  allow_notebook_tmp_main_read: true\n",
            "E0832",
            "`allow_notebook_tmp_main_read` of `gamma`",
        ),
        ("gamma:\n", "be-ta:\n", "E0831", "would share the storage account `exbeta`"),
        ("gamma:\n", "gamma-with-a-very-long-name-indeed:\n", "E0831", "cannot be the storage account"),
        (
            "  setup_test: false\n",
            "  azure: { account: ex }\n",
            "E0831",
            "`ex` cannot be the storage account of `gamma`",
        ),
        ("id: box,", "id: b_x,", "E0831", "`main-upload-db-b_x` cannot be the name of a container"),
        ("budget_start: 2026-01-01", "budget_start: 2026-01-02", "E0830", "no first day of a month"),
        ("  budget_start: 2026-01-01\n", "", "E0830", "nothing says when budgets on Azure begin"),
    ];
    for (old, new, code, text) in cases {
        let found = places(|files| {
            let edited: Vec<(&str, String)> =
                files.iter().map(|(path, text)| (*path, text.replace(old, new))).collect();
            assert!(edited.iter().zip(files).any(|((_, new), (_, old))| new != old), "{old} is there");
            let edited: Vec<(&str, &str)> = edited.iter().map(|(path, text)| (*path, text.as_str())).collect();
            given(whole(), "production", &edited).evaluate().problems()
        });
        assert!(found.iter().any(|line| line.starts_with(code) && line.contains(text)), "{code} {text}: {found:#?}");
    }
    let named = places(|files| {
        let edited = files.iter().map(|(path, text)| {
            (
                *path,
                text.replace("gamma:\n", "be-ta:\n")
                    .replace("  setup_test: false\n", "  azure: { account: exbeta2 }\n"),
            )
        });
        let edited: Vec<(&str, String)> = edited.collect();
        let edited: Vec<(&str, &str)> = edited.iter().map(|(path, text)| (*path, text.as_str())).collect();
        known(whole, "production", &edited)
            .resource("Microsoft.Storage/storageAccounts", "be-ta-azure-exbeta2")
            .text("name")
            .to_owned()
    });
    assert_eq!(named, "exbeta2", "which is the way out");
}
