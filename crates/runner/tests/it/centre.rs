//! The genomics centre: one stack a dataset, from the directory of configuration.

use crate::support::World;

const MEMBERS: &str = "configuration/cpg/datasets/alpha/members.yaml";

/// The words that mean the centre.
const CENTRE: &str = "cpg.*";

/// The centre with everything made.
fn made() -> Option<World> {
    let world = World::fresh()?;
    world.run(&format!("up {CENTRE} --yes")).ok();
    Some(world)
}

#[test]
fn the_centre_is_made_and_then_there_is_nothing_to_do() {
    let Some(world) = made() else { return };
    world.run(&format!("stacks {CENTRE}")).ok().says([
        "cpg.dataset.alpha.production",
        "cpg.dataset.beta.production",
        "cpg.dataset.gamma.production",
        "cpg.github_wif.production",
        "cpg.organisation.production",
    ]);
    let all = world.run("stacks").ok().out;
    assert!(all.contains("cpg.organisation.production"), "it is in the default selection: {all}");
    let resources = world.run("state list").ok().lines().len();
    assert_eq!((resources, world.objects().len()), (1313, 1313), "every object was made once");
    world.run(&format!("preview {CENTRE} --detailed-exitcode")).ok().says(["nothing to do: 5 stacks"]);
    world.run(&format!("refresh {CENTRE} --preview")).ok();
    let members = world.run("sandbox list").ok().out;
    assert!(members.contains("storage.googleapis.com/Bucket"), "{members}");
}

/// The example with `alpha` on Google Cloud, `gamma` on Azure, and `beta` and the common dataset on both.
fn on_two_clouds() -> Option<World> {
    let world = World::fresh()?;
    let datasets = "configuration/cpg/config-datasets.yaml";
    let both = "deploy_locations: [gcp, azure]";
    let text = world.read(datasets);
    let text = text
        .replace("  create_container_registry: true\n", &format!("  create_container_registry: true\n  {both}\n"))
        .replace("  enable_release: true\n", &format!("  enable_release: true\n  {both}\n"))
        .replace("  components: { gcp: [storage, metamist] }\n", "  deploy_locations: [azure]\n");
    assert_eq!((text.matches(both).count(), text.matches("[azure]").count()), (2, 1), "{text}");
    world.write(datasets, &text);
    for dataset in ["common", "beta", "gamma"] {
        let budgets = format!("configuration/cpg/datasets/{dataset}/budgets.yaml");
        world.write(&budgets, "{ gcp: { monthly_budget: 100 }, azure: { monthly_budget: 100 } }\n");
    }
    Some(world)
}

#[test]
fn datasets_on_google_cloud_on_azure_and_on_both_are_made_in_one_command() {
    let Some(world) = on_two_clouds() else { return };
    world.run(&format!("up {CENTRE} --yes")).ok();
    let listed = world.run("state list").ok();
    let of = |stack: &str, ty: &str| {
        let stack = format!("cpg.dataset.{stack}.production ");
        listed.lines().iter().filter(|line| line.starts_with(&stack) && line.contains(&format!("::{ty}"))).count()
    };
    let account = "Microsoft.Storage/storageAccounts::";
    let clouds = |stack: &str| (of(stack, "storage.googleapis.com/Bucket::"), of(stack, account));
    assert_eq!((clouds("alpha"), clouds("gamma")), ((12, 0), (0, 1)));
    assert_eq!(clouds("beta"), (13, 1), "and the bucket of releases");
    let containers = "Microsoft.Storage/storageAccounts/blobServices/containers::";
    assert_eq!((of("beta", containers), of("gamma", containers)), (13, 7), "no data for tests in gamma");
    assert_eq!(listed.lines().len(), world.objects().len(), "every object was made once");
    world.run(&format!("preview {CENTRE} --detailed-exitcode")).ok().says(["nothing to do: 5 stacks"]);
    world.run(&format!("refresh {CENTRE} --preview")).ok();

    let before = world.calls().len();
    for (dataset, members) in [
        ("beta", "data-manager:\n  - data.manager\nrelease-access:\n  - release.viewer\n"),
        ("gamma", "metadata-access:\n  - meta.reader\n"),
    ] {
        let path = format!("configuration/cpg/datasets/{dataset}/members.yaml");
        world.write(&path, &format!("{members}web-access:\n  - web.viewer\n"));
    }
    world.run(&format!("up {CENTRE} --yes")).ok();
    let name = |urn: &str| urn.rsplit("::").next().unwrap_or_default().to_owned();
    let mut moved: Vec<String> = world.calls()[before..].iter().map(|call| name(&call.urn)).collect();
    moved.sort();
    let wanted = [
        "alpha-web-access-group-cache-members",
        "beta-azure-web-access-member-WV-",
        "beta-gcp-web-access-member-WV-",
        "beta-web-access-group-cache-members",
        "common-web-access-group-cache-members",
        "gamma-azure-web-access-member-WV-",
    ];
    let as_wanted = moved.iter().zip(wanted).all(|(name, start)| name.starts_with(start));
    assert!(
        as_wanted && moved.len() == wanted.len(),
        "a membership on each cloud, and the lists that are read: {moved:?}"
    );
}

#[test]
fn evaluating_prints_what_would_be_made_and_reads_no_state() {
    let Some(world) = World::fresh() else { return };
    let ran = world.run(&format!("evaluate {CENTRE} --out plans")).ok();
    ran.says(["cpg.github_wif.production", "cpg.organisation.production"]);
    let plan = world.read("plans/cpg.dataset.beta.production/plan.json");
    assert!(plan.contains("ex-beta-release"), "{plan}");
    assert!(!world.has_state());
}

#[test]
fn a_new_member_moves_what_they_reach_and_nothing_else() {
    let Some(world) = made() else { return };
    world.write(MEMBERS, "analysis:\n  - ana.lyst\nweb-access:\n  - web.viewer\n");
    let before = world.calls().len();
    let up = world.run(&format!("up {CENTRE} --yes")).ok();
    up.says(["in 2 stacks; 3 stacks with nothing to do (3 from cache)"]);
    let calls: Vec<String> = world.calls()[before..].iter().map(|call| call.urn.clone()).collect();
    let name = |urn: &String| urn.rsplit("::").next().unwrap_or_default().to_owned();
    let mut moved: Vec<String> = calls.iter().map(name).collect();
    moved.sort();
    let hash = moved.iter().find(|name| name.starts_with("alpha-gcp-web-access-member-WV-"));
    assert!(hash.is_some(), "{moved:?}");
    assert_eq!(moved.len(), 3, "the membership, and the lists of alpha's and of the common group: {moved:?}");
    assert!(moved.contains(&"alpha-web-access-group-cache-members".to_owned()), "{moved:?}");
    assert!(moved.contains(&"common-web-access-group-cache-members".to_owned()), "{moved:?}");
}

#[test]
fn what_is_there_already_is_taken_over_in_one_command() {
    let Some(world) = made() else { return };
    // As for whoever comes with a centre that something else has made: everything is there, and no state knows it.
    let before = world.objects().len();
    std::fs::remove_dir_all(world.path(".groundplan/state")).expect("is removed");
    world.run(&format!("up {CENTRE} --yes")).ends(30).says(["E0520", "`--adopt`"]);
    assert_eq!(world.objects().len(), before);
    // Keys and versions of secrets have no names by which one could be told from another.
    let up = world.run(&format!("up {CENTRE} --adopt --yes")).ok();
    let made = world.objects().len() - before;
    up.says([format!("{made} created, 1,284 taken over in 5 stacks").as_str()]);
    assert_eq!(before - made, 1284);
    let listed = world.run("state list").ok();
    let nameless =
        |line: &&String| line.contains("::iam.googleapis.com/ServiceAccountKey::") || line.contains("SecretVersion::");
    assert_eq!(made, listed.lines().iter().filter(nameless).count());
    world.run(&format!("preview {CENTRE} --detailed-exitcode")).ok().says(["nothing to do: 5 stacks"]);
}

/// A source of a plugin's function.
const SOURCE: &str = "configuration/cpg/functions/etl/extract/main.py";

#[test]
fn a_source_that_is_edited_moves_its_archive_and_its_function() {
    let Some(world) = made() else { return };
    world.write(SOURCE, &format!("{}\n# another line\n", world.read(SOURCE)));
    let before = world.calls().len();
    world.run(&format!("up {CENTRE} --yes")).ok().says(["1 updated, 1 replaced in 1 stack"]);
    let name = |urn: &str| urn.rsplit("::").next().unwrap_or_default().to_owned();
    let moved: Vec<String> = world.calls()[before..].iter().map(|call| name(&call.urn)).collect();
    let archive = "metamist-etl-extract-source-code";
    assert_eq!(moved, [archive, "metamist-etl-extract", archive], "the new one, the function, the old one");
    world.run(&format!("preview {CENTRE} --detailed-exitcode")).ok().says(["nothing to do"]);
}

#[test]
fn a_plugin_that_is_enabled_and_not_linked_is_said_with_the_line_that_links_it() {
    let Some(world) = World::fresh() else { return };
    let file = "configuration/cpg/config-infrastructure.yaml";
    let text = world.read(file).replace("[billing_aggregator, metamist]", "[billing_aggregator, metamist, freezers]");
    world.write(file, &text);
    world.run(&format!("preview {CENTRE}")).ends(10).says([
        "E0817",
        "config-infrastructure.yaml:6",
        "add the line `cpg_plugin_freezers::plugin,` to `PLUGINS` in projects/cpg/organisation/src/lib.rs",
    ]);
    world.write(file, &text.replace("[billing_aggregator, metamist, freezers]", "[]"));
    world.run(&format!("preview {CENTRE}")).ok().says(["1,242 to create"]);
    assert!(world.calls().is_empty());
}

#[test]
fn a_mistake_is_said_with_its_place_before_anything_is_done() {
    let Some(world) = World::fresh() else { return };
    let right = world.read(MEMBERS);
    world.write(MEMBERS, "analysis:\n  - ana.list\n");
    let ran = world.run(&format!("preview {CENTRE}")).ends(10);
    ran.says(["E0808", "datasets/alpha/members.yaml:2:5", "did you mean `ana.lyst`?"]);
    world.write(MEMBERS, &right);
    assert!(world.calls().is_empty());
}

#[test]
fn the_files_of_the_configuration_have_schemas() {
    let Some(world) = World::fresh() else { return };
    let schema = world.run("config schema cpg.dataset members").ok().out;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    assert_eq!(schema["properties"]["data-manager"]["type"], "array");
    world.run("config schema cpg.dataset").ends(64).says(["`members`"]);
    let network = world.run("config schema aws.network").ok().out;
    assert!(network.contains("\"additionalProperties\": false"), "{network}");
}

#[test]
fn a_review_says_who_can_read_a_bucket_and_through_which_groups() {
    let Some(world) = World::fresh() else { return };
    // What is planned and what is applied is the same to a custodian.
    let ask = format!("access {CENTRE} --on ex-alpha-main-analysis --can read --who data.manager");
    let planned = world.run(&ask).ok();
    world.run(&format!("up {CENTRE} --yes")).ok();
    let applied = world.run(&ask).ok();
    assert_eq!(planned.out, applied.out);
    let way = "through beta-data-manager@groups.example.org in alpha-data-manager@groups.example.org in \
               alpha-analysis@groups.example.org";
    applied.says(["bucket ex-alpha-main-analysis", "read  data.manager@example.org", way]);
    world.run(&format!("access {CENTRE} --on ex-gamma --who data.manager")).ok().says(["nobody has access"]);
    let table = world.run(&format!("access {CENTRE} --on ex-alpha-archive --can list --format markdown")).ok();
    table.says(["| On | Can | Who | How |", "| bucket ex-alpha-archive | list | ana.lyst@example.org |"]);
    let all = world.run(&format!("access {CENTRE}")).ok();
    assert!(!all.out.contains("after apply"), "everybody has a name: {all}");
}

#[test]
fn a_review_of_changes_says_who_gains_and_who_loses_what() {
    let Some(world) = made() else { return };
    let changes = format!("access {CENTRE} --changes");
    world.run(&changes).ok().says(["nobody gains or loses access"]);
    world.write("before.json", &world.run(&format!("access {CENTRE} --json")).ok().out);

    world.write(MEMBERS, "analysis:\n  - ana.lyst\n  - meta.writer\n");
    let gains = world.run(&changes).ok();
    let gains =
        gains.says(["bucket ex-alpha-main-analysis", "+ read  meta.writer@example.org  through alpha-analysis@"]);
    assert!(!gains.out.contains("\n  - ") && !gains.out.contains("ana.lyst"), "{gains}");
    assert!(!gains.out.contains("bucket ex-beta") && !gains.out.contains("bucket ex-gamma"), "{gains}");
    assert!(gains.out.contains("bucket ex-common-main"), "whoever analyses a dataset has access to the common one");
    let signed = world.run(&format!("{changes} --format markdown --on ex-alpha-test --can add")).ok();
    signed.says([
        "| Change | On | Can | Who | How |",
        "| gains | bucket ex-alpha-test | add | meta.writer@example.org |",
    ]);

    world.run(&format!("up {CENTRE} --yes")).ok();
    world.run(&changes).ok().says(["nobody gains or loses access"]);
    let against = world.run(&format!("access {CENTRE} --against before.json --json")).ok().events();
    assert!(against.len() > 10 && against.iter().all(|event| event["change"] == "gains"), "{against:?}");
    world.write(MEMBERS, "analysis:\n  - ana.lyst\n");
    world.run(&changes).ok().says(["- read  meta.writer@example.org"]);
    world.run(&format!("access {CENTRE} --against groundplan.toml")).ends(10).says(["E0825", "groundplan.toml:1:1"]);
}

#[test]
fn the_commands_of_the_page_work() {
    let Some(world) = made() else { return };
    let page = include_str!("../../../../docs/cpg.md");
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("cargo run -p runner -- ")).collect();
    assert_eq!(commands.len(), 8);
    for command in commands {
        // Without a terminal nobody is asked.
        let yes = if command.starts_with("up ") { " --yes" } else { "" };
        world.run(&format!("{}{yes}", command.replace('\'', ""))).ok();
    }
}
