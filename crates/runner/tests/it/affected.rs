//! What has changed since another version of the sources.

use serde_json::Value;

use crate::support::{NETWORK, World, XPRO, ran};

const XPRO_VPC: (&str, &str) =
    ("[xpro_vpc]\ncidr_block = \"10.6.0.0/16\"", "[xpro_vpc]\ncidr_block = \"10.77.0.0/16\"");
/// What that reaches: the network itself, and who reads this VPC.
const OF_XPRO_VPC: [&str; 3] =
    ["applications.edxapp.xpro.QA", "infrastructure.aws.network.QA", "infrastructure.consul.operations.QA"];
const MONITORING: &str = "projects/infrastructure/monitoring/stacks/default.toml";

impl World {
    /// What `affected` says, as data.
    #[track_caller]
    fn affected(&self, args: &str) -> Vec<Value> {
        self.run(&format!("affected --json {args}")).ok().events()
    }
}

#[track_caller]
fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["stack"].as_str().expect("a name")).collect()
}

#[test]
fn from_the_record_of_a_run_it_is_exact() {
    let Some(world) = World::in_git() else { return };
    world.run("preview").ok();
    assert_eq!(world.affected("--changed-since HEAD"), [Value::Null; 0]);
    world.run("affected --changed-since HEAD").ok().says(["no stack is affected"]);

    world.edit(NETWORK, XPRO_VPC.0, XPRO_VPC.1);
    world.commit();
    let found = world.affected("--changed-since HEAD~1");
    assert_eq!(names(&found), OF_XPRO_VPC);
    assert!(found.iter().all(|event| event["exact"] == true && event["change"] == "changed"), "{found:?}");
    // As docs/events.md says.
    let fields: Vec<&String> = found[0].as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["change", "environment", "exact", "project", "reasons", "stack"]);
    let why = |at: usize| found[at]["reasons"].to_string();
    assert!(why(0).contains("output infrastructure.aws.network.QA:xpro_vpc.id changes"), "{}", why(0));
    assert_eq!(why(1), r#"["config `xpro_vpc.cidr_block` changed"]"#);
    world.run("affected --changed-since HEAD~1").ok().says([
        "infrastructure.aws.network.QA",
        "config `xpro_vpc.cidr_block` changed",
        "(and ",
    ]);

    // The same everywhere.
    let stacks = |args: &str| {
        let mut command = world.command("stacks --json");
        command.args(args.split('|'));
        let found = ran(args, command).ok().events();
        names(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(stacks("--changed-since|HEAD~1"), names(&found));
    assert_eq!(stacks("changed(HEAD~1)"), names(&found));
    assert_eq!(stacks("changed(HEAD~1) & applications.*"), ["applications.edxapp.xpro.QA"]);
    assert_eq!(stacks("--changed-since|HEAD"), [""; 0]);
    world.run("preview --changed-since HEAD~1").ok().says(["in 3 stacks"]);
    world.run("preview --changed-since HEAD").ok().says(["nothing to do: 0 stacks"]);
    world.run("up --changed-since HEAD --yes").ok().says(["nothing to do: 0 stacks"]);
    world.run("graph --changed-since HEAD~1").ok().says(["network"]);
    let matrix = world.run("affected --changed-since HEAD~1 --env QA --format matrix").ok().events();
    assert_eq!(matrix[0]["include"].as_array().map(Vec::len), Some(OF_XPRO_VPC.len()), "{matrix:?}");
    assert_eq!(matrix[0]["include"][0]["stack"], "applications.edxapp.xpro.QA");
}

#[test]
fn what_nobody_reads_and_comments_reach_nobody() {
    let Some(world) = World::in_git() else { return };
    world.run("preview").ok();
    let text = world.read(NETWORK);
    world.write(NETWORK, &format!("# A remark.\n{text}"));
    world.commit();
    assert_eq!(names(&world.affected("--changed-since HEAD~1")), [""; 0]);
    world.edit(XPRO, "cache.r7g.large", "cache.r7g.xlarge");
    // Not committed, and told all the same.
    let found = world.affected("--changed-since HEAD");
    assert_eq!(names(&found), ["applications.edxapp.xpro.QA"], "{found:?}");
}

#[test]
fn stacks_that_come_and_go_are_affected() {
    let Some(world) = World::in_git() else { return };
    world.run("preview").ok();
    let text = world.read(MONITORING);
    world.write("projects/infrastructure/monitoring/stacks/QA.toml", &text);
    world.remove("projects/applications/edx_notes/stacks/xpro.QA.toml");
    for way in ["exact", "upper bound"] {
        let found = world.affected("--changed-since HEAD");
        let expected = [
            ("applications.edx_notes.xpro.QA", "deleted"),
            // It reads the one that is gone.
            ("applications.edxapp.xpro.QA", "changed"),
            ("infrastructure.monitoring.QA", "added"),
        ];
        let found_so = found.iter().map(|event| event["change"].as_str().expect("a word"));
        assert_eq!(names(&found).into_iter().zip(found_so).collect::<Vec<_>>(), expected, "{way}: {found:?}");
        assert_eq!(found[0]["exact"], way == "exact");
        std::fs::remove_dir_all(world.path(".groundplan/cache")).expect("is removed");
    }
}

#[test]
fn without_a_record_it_is_an_upper_bound_and_says_so() {
    let Some(world) = World::in_git() else { return };
    std::fs::remove_dir_all(world.path(".groundplan/cache")).expect("is removed");
    world.edit(NETWORK, XPRO_VPC.0, XPRO_VPC.1);
    let said = world.run("affected --changed-since HEAD --json").ok();
    let said = said.says(["upper bound: no run has left a record of `HEAD`"]);
    let found = said.events();
    let stacks = names(&found);
    assert!(stacks.contains(&"infrastructure.aws.network.QA") && stacks.contains(&"applications.edxapp.xpro.QA"));
    assert!(!stacks.contains(&"infrastructure.aws.network.CI") && stacks.len() < 20, "{stacks:?}");
    assert!(found.iter().all(|event| event["exact"] == false));
}

#[test]
fn runs_of_other_profiles_and_of_some_stacks_take_nothing_from_a_record() {
    let Some(world) = World::in_git() else { return };
    let settings = world.read("groundplan.toml");
    let (_, sandbox) = settings.split_once("[profiles.sandbox]").expect("a profile");
    let (sandbox, _) = sandbox.split_once("[profiles.live]").expect("another one");
    world.write("groundplan.toml", &format!("{settings}\n[profiles.second]{sandbox}state = \".groundplan/second\"\n"));
    let dev = "projects/infrastructure/monitoring/stacks/Dev.toml";
    world.write(dev, &world.read(MONITORING));
    world.commit();
    world.run("preview").ok();
    world.edit(NETWORK, XPRO_VPC.0, XPRO_VPC.1);
    world.edit(MONITORING, "\n", "\n# A remark.\n");
    world.commit();
    let look = |why: &str| {
        let found = world.affected("--changed-since HEAD~1");
        assert_eq!(names(&found), OF_XPRO_VPC, "{why}");
        assert!(found.iter().all(|event| event["exact"] == true), "{why}: {found:?}");
    };
    look("at first");
    world.run("preview --profile second").ok();
    world.run("preview infrastructure.aws.network.QA").ok();
    world.run("affected --changed-since HEAD~1 --profile second").ok().says(["upper bound"]);
    look("after runs of another profile and of one stack");

    // A record of more than the default selection: what is not meant now is not gone.
    world.git(&["checkout", "--quiet", "--detach", "HEAD~1"]);
    world.run("preview * infrastructure.monitoring.Dev").ok();
    world.git(&["checkout", "--quiet", "main"]);
    look("after a run of more stacks");
    let found = world.affected("infrastructure.monitoring.Dev --changed-since HEAD~1");
    assert_eq!(names(&found), [""; 0], "it is as it was");
    // Where nobody has looked at it, that is said of it and of no other.
    std::fs::remove_dir_all(world.path(".groundplan/cache")).expect("is removed");
    world.git(&["checkout", "--quiet", "--detach", "HEAD~1"]);
    world.run("preview").ok();
    world.git(&["checkout", "--quiet", "main"]);
    look("after a run of the default selection");
    let found = world.affected("infrastructure.monitoring.Dev --changed-since HEAD~1");
    assert_eq!(names(&found), [""; 0], "all that its program reads is as it was");
    world.edit(dev, "\n", "\n# Another remark.\n");
    let found = world.affected("infrastructure.monitoring.Dev --changed-since HEAD~1");
    assert_eq!(names(&found), [""; 0], "a remark is nothing that it reads");
    world.edit(dev, "mitodl-fastly-access-logs", "mitodl-fastly-other-logs");
    let said = world.run("affected infrastructure.monitoring.Dev --changed-since HEAD~1 --json").ok();
    let said = said.says(["upper bound: no record says what infrastructure.monitoring.Dev was"]);
    let found = said.events();
    assert_eq!(names(&found), ["infrastructure.monitoring.Dev"]);
    assert_eq!((&found[0]["change"], &found[0]["exact"]), (&"changed".into(), &false.into()), "{found:?}");
}

#[test]
fn what_cannot_be_compared_with_is_said() {
    let Some(world) = World::applied() else { return };
    world.run("affected").ends(64).says(["--changed-since main"]);
    // It lies in no checkout, or in one that does not have it.
    world.run("affected --changed-since HEAD").ends(10).says(["E076"]);
    world.write(".gitignore", "/.groundplan/\n");
    world.git(&["init", "--quiet"]);
    world.commit();
    world.run("affected --changed-since nowhere").ends(10).says(["E0762", "git knows no version `nowhere`"]);
    world.run("stacks changed(nowhere)").ends(10).says(["E0762"]);
}

#[test]
fn explain_compares_with_a_version_and_says_where_changes_end() {
    let Some(world) = World::in_git() else { return };
    world.run("preview").ok();
    world.edit(NETWORK, XPRO_VPC.0, XPRO_VPC.1);
    let (network, xpro, mitx) =
        ("infrastructure.aws.network.QA", "applications.edxapp.xpro.QA", "applications.edxapp.mitx.QA");
    let said = world.run(&format!("explain {network} {xpro} {mitx} --since HEAD")).ok();
    said.says([
        "infrastructure.aws.network.QA is affected\n  config `xpro_vpc.cidr_block` changed",
        "applications.edxapp.xpro.QA is affected\n  output infrastructure.aws.network.QA:xpro_vpc.cidr changes",
        "applications.edxapp.mitx.QA is not affected\n  everything that its program reads is as it was",
        "`infrastructure.aws.network.QA` changes, but the ",
        " outputs that it reads of it do not",
    ]);
    // Against what was last applied it is the same.
    world
        .run(&format!("explain --not {mitx}"))
        .ok()
        .says(["applications.edxapp.mitx.QA does not move", "`infrastructure.aws.network.QA` changes, but the "]);
    world.run(&format!("explain --not {xpro}")).ok().says(["applications.edxapp.xpro.QA moves all the same"]);

    let events = world.run(&format!("explain {network} {mitx} --since HEAD --json")).ok().events();
    let of = |stack: &str| events.iter().find(|event| event["stack"] == stack).expect("is explained");
    assert_eq!((&of(network)["moves"], &of(network)["since"]), (&true.into(), &"HEAD".into()));
    assert_eq!(
        of(network)["causes"],
        serde_json::json!([
            { "kind": "config", "name": "xpro_vpc.cidr_block", "text": "config `xpro_vpc.cidr_block` changed" }
        ])
    );
    let kinds = |stack: &str| -> Vec<String> {
        let causes = of(stack)["causes"].as_array().expect("a list");
        causes.iter().map(|cause| cause["kind"].as_str().expect("a word").to_owned()).collect()
    };
    // The stacks between the two do not hand on what changes either.
    assert_eq!(kinds(mitx), ["inputs", "cut_off", "cut_off", "cut_off", "cut_off"]);
    assert_eq!(of(mitx)["exact"], true);
}

#[test]
fn a_stack_whose_file_is_gone_is_shown_everywhere_and_goes_only_by_destroy() {
    let Some(world) = World::in_git() else { return };
    world.run("preview").ok();
    let gone = "substructure.consul.operations.CI";
    let before = world.resources();
    assert!(before.iter().any(|line| line.starts_with(gone)));
    world.remove("projects/substructure/consul/stacks/operations.CI.toml");

    world.run("stacks").ok().says([gone, "to destroy"]);
    for words in ["substructure.consul --env CI", "--env CI", "substructure.consul"] {
        world.run(&format!("stacks {words}")).ok().says([gone, "to destroy"]);
    }
    let events = world.run(&format!("stacks {gone} --json")).ok().events();
    assert_eq!(events[0]["gone"], true);
    world.run("preview").ok().says([gone, "to destroy", "runner destroy"]);
    world.run(&format!("preview {gone}")).ok().says(["to destroy: substructure.consul.operations.CI"]);
    world.run("affected --changed-since HEAD").ok().says([gone, "deleted", "its stack file is gone"]);
    world.run("graph").ok().says([gone, "to destroy"]);
    world.run(&format!("explain {gone}")).ok().says(["it has no stack file any more"]);
    world.run(&format!("explain {gone} --since HEAD")).ok().says(["its stack file is gone"]);

    world.run(&format!("up {gone} --yes")).ends(10).says(["E0765", "runner destroy substructure.consul.operations.CI"]);
    world.run("up --yes").ok().says(["nothing to do", "to destroy"]);
    assert_eq!(world.resources(), before, "nothing has forgotten it");
    world.run(&format!("destroy {gone} --yes")).ok();
    assert!(!world.resources().iter().any(|line| line.starts_with(gone)));
    world.run("stacks").ok().says_not([gone]);
    world.run("preview").ok().says_not([gone]);
}

#[test]
fn cache_14_every_command_means_the_same_stacks() {
    let Some(world) = World::in_git() else { return };
    world.run("preview").ok();
    world.edit(NETWORK, XPRO_VPC.0, XPRO_VPC.1);
    let run = |command: &str, words: &[&str]| {
        let mut runner = world.command(command);
        runner.args(words);
        ran(&format!("{command} {words:?}"), runner).ok().events()
    };
    let cases: &[&[&str]] = &[
        &[],
        &["--env", "CI"],
        &["infrastructure.aws.network", "*.mitx.*"],
        &["rdeps(infrastructure.aws.network.QA) - infrastructure.*"],
        &["deps(applications.edxapp.xpro.QA) & provider(aws)"],
        &["--changed-since", "HEAD"],
        &["--changed-since", "HEAD", "--with-upstream"],
        &["changed(HEAD) | infrastructure.monitoring"],
        &["edxapp.xpro.QA", "--with-upstream", "--with-downstream"],
    ];
    for words in cases {
        let mut listed: Vec<String> = names(&run("stacks --json", words)).into_iter().map(str::to_owned).collect();
        listed.sort();
        let evaluated = run("evaluate --json", words);
        let mut evaluated = names(&evaluated);
        evaluated.sort_unstable();
        assert_eq!(evaluated, listed, "{words:?}");
        let preview = run("preview --json", words).remove(0);
        let mut seen = names(preview["stacks"].as_array().expect("a list"));
        seen.extend(preview["unchanged"].as_array().expect("a list").iter().filter_map(Value::as_str));
        seen.sort_unstable();
        assert_eq!(seen, listed, "{words:?}");
    }
}
