//! One stack a dataset: together they plan what one stack would.

use std::collections::BTreeSet;

use testkit::Planned;

use crate::world::{MINI, dataset, given, organisation, planned, whole};

/// Two datasets more: one that depends on alpha, and one that may read it.
pub(crate) const DATASETS: &str = "\
common:
  gcp: { project: ex-common }
  create_container_registry: true
alpha:
  gcp: { project: ex-alpha }
  allow_notebook_tmp_main_read: true
beta:
  gcp: { project: ex-beta }
  depends_on: [alpha]
  is_internal_dataset: true
  budgets: { gcp: { monthly_budget: 1, shared_total_budget: 5 } }
  enable_release: true
  enable_shared_project: true
  members: { analysis: [data.manager], tmp-main-read-access: [tmp.reader] }
gamma:
  gcp: { project: ex-gamma }
  depends_on_readonly: [alpha]
  setup_test: false
  budgets: { gcp: { monthly_budget: 1 } }
  upload_config:
    default_bucket: { uploaders: [up.loader] }
    additional_buckets: [{ name: lab }]
    dropboxes: [{ id: box, name: Box, allowed_filetypes: [.bam], uploaders: [up.loader], move_to_bucket: lab }]
";

fn names(planned: &Planned) -> BTreeSet<(String, String)> {
    planned.plan().resources.keys().map(|urn| (urn.ty().to_owned(), urn.name().to_owned())).collect()
}

#[test]
fn the_stacks_of_datasets_plan_together_what_one_stack_would() {
    for files in [&[][..], &[("config-datasets.yaml", DATASETS)]] {
        let all = names(&planned(files));
        let mut found = names(&given(organisation(), "production", files).evaluate());
        let datasets: &[&str] = if files.is_empty() { &["alpha"] } else { &["alpha", "beta", "gamma"] };
        for name in datasets {
            let planned = given(dataset(), &format!("{name}.production"), files).evaluate();
            for resource in names(&planned) {
                assert!(found.insert(resource.clone()), "{resource:?} is in two stacks");
            }
        }
        let missing: Vec<_> = all.difference(&found).collect();
        let extra: Vec<_> = found.difference(&all).collect();
        assert!(missing.is_empty() && extra.is_empty(), "missing {missing:#?}\nextra {extra:#?}");
    }
}

#[test]
fn what_one_stack_reads_of_another_is_exported_there() {
    let files = [("config-datasets.yaml", DATASETS)];
    let stacks = [
        (organisation(), "production"),
        (dataset(), "alpha.production"),
        (dataset(), "beta.production"),
        (dataset(), "gamma.production"),
    ];
    let plans: Vec<Planned> =
        stacks.into_iter().map(|(project, stack)| given(project, stack, &files).evaluate()).collect();
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
            crossing += 1;
        }
    }
    assert!(crossing > 50, "memberships cross stacks: {crossing}");
}

#[test]
fn a_membership_is_in_the_stack_of_the_group_that_holds_it() {
    let files = [("config-datasets.yaml", DATASETS)];
    let alpha = given(dataset(), "alpha.production", &files).evaluate();
    let ty = "cloudidentity.googleapis.com/Membership";
    let names = alpha.names(ty);
    assert!(names.contains(&"beta-gcp-transitive-analysis-in-alpha-analysis"), "beta depends on alpha");
    assert!(names.contains(&"gamma-gcp-transitive-gamma-full-in-alpha-main-read"), "gamma may read alpha");
    assert!(
        !names.iter().any(|name| name.starts_with("alpha-gcp-transitive-")),
        "alpha's own are with common's groups"
    );
    let member = alpha.resource(ty, "beta-gcp-transitive-analysis-in-alpha-analysis");
    assert_eq!(member.origins("preferredMemberKey.id"), ["cpg.dataset.beta.production:groups.beta-analysis.email"]);
}

#[test]
fn without_a_test_namespace_no_default_of_another_dataset_is_left_over() {
    let gamma = given(dataset(), "gamma.production", &[("config-datasets.yaml", DATASETS)]).evaluate();
    let main = gamma.resource("storage.googleapis.com/Object", "storage-config-gcp-gamma-main");
    let text = main.text("content");
    assert!(text.contains("[storage.gamma]\n") && text.contains("[storage.alpha.test]\n"), "{text}");
    assert!(!text.contains("[storage.default.test]"), "B8: it would point to another dataset's test buckets\n{text}");
    assert_eq!(
        gamma.names("storage.googleapis.com/Object").iter().filter(|name| name.starts_with("storage-")).count(),
        1
    );
}

#[test]
fn a_prefix_of_groups_is_on_every_name_of_a_group() {
    let workspace = testkit::Workspace::here();
    let path = "config-infrastructure.yaml";
    let infrastructure = workspace.read(&format!("{MINI}/{path}")).expect("it is there");
    let infrastructure = format!("group_prefix: dev-\n{infrastructure}");
    let planned =
        given(whole(), "production", &[("config-datasets.yaml", DATASETS), (path, &infrastructure)]).evaluate();
    let group = planned.resource("cloudidentity.googleapis.com/Group", "alpha-gcp-dev-alpha-analysis-group");
    assert_eq!(group.text("groupKey.id"), "dev-alpha-analysis@groups.example.org");
    let entitlement = planned
        .resource("privilegedaccessmanager.googleapis.com/Entitlement", "alpha-gcp-temporary-bucket-access-main-read");
    let principal = entitlement.text("eligibleUsers[0].principals[0]");
    assert_eq!(principal, "group:dev-alpha-tmp-main-read-access@groups.example.org", "B14: it had no prefix");
    assert_eq!(planned.names("storage.googleapis.com/Object").iter().filter(|n| n.contains("dev-")).count(), 0);
}

#[test]
fn a_policy_that_names_too_many_is_refused_before_the_cloud_does() {
    let workspace = testkit::Workspace::here();
    let path = "config-infrastructure.yaml";
    let infrastructure = workspace.read(&format!("{MINI}/{path}")).expect("it is there");
    let (mut users, mut uploaders) = (Vec::new(), Vec::new());
    for n in 0..250 {
        users.push(format!("  up{n}: {{ id: up{n}, clouds: {{ gcp: {{ id: up{n}@example.org }} }} }}\n"));
        uploaders.push(format!("up{n}"));
    }
    let infrastructure = infrastructure.replace("users:\n", &format!("users:\n{}", users.concat()));
    let upload =
        format!("alpha:\n  upload_config: {{ default_bucket: {{ uploaders: [{}] }} }}\n", uploaders.join(", "));
    let datasets = DATASETS.replace("alpha:\n", &upload);
    let files = [(path, infrastructure.as_str()), ("config-datasets.yaml", datasets.as_str())];
    let problems = given(dataset(), "alpha.production", &files).evaluate().problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("E0821 ") && problems[0].contains("principal"), "{problems:?}");
}
