//! Which stacks the words on the command line mean.

use crate::support::{STACKS, World, ran};

#[track_caller]
fn stacks(world: &World, args: &str) -> Vec<String> {
    let events = world.run(&format!("stacks --json {args}")).ok().events();
    events.iter().map(|event| event["stack"].as_str().expect("is text").to_owned()).collect()
}

#[test]
fn words_mean_stacks() {
    let Some(world) = World::fresh() else { return };
    let network =
        |names: &[&str]| names.iter().map(|name| format!("infrastructure.aws.network.{name}")).collect::<Vec<_>>();
    assert_eq!(stacks(&world, "infrastructure.aws.network.QA"), network(&["QA"]));
    assert_eq!(stacks(&world, "aws.network.QA"), network(&["QA"]));
    assert_eq!(stacks(&world, "network.QA"), network(&["QA"]));
    assert_eq!(stacks(&world, "infrastructure.aws.network"), network(&["CI", "Production", "QA"]));
    // What is outside the default selection goes by its name, or by its environment.
    assert_eq!(stacks(&world, "network.Dev"), network(&["Dev"]));
    assert_eq!(stacks(&world, "infrastructure.aws.network --env Dev"), network(&["Dev"]));
    assert_eq!(
        stacks(&world, "--env Dev"),
        ["hosts.baseline.demo.Dev", "infrastructure.aws.kms.Dev", "infrastructure.aws.network.Dev"]
    );
    assert_eq!(
        stacks(&world, "infrastructure.aws.*.CI"),
        ["infrastructure.aws.kms.CI", "infrastructure.aws.network.CI"]
    );
    assert_eq!(stacks(&world, "*.mitx.*").len(), 6);
    assert_eq!(stacks(&world, "*").len(), STACKS, "a pattern does not reach Dev");
    assert_eq!(stacks(&world, "").len(), STACKS);
    assert_eq!(stacks(&world, "--env CI --env QA").len(), 34);
    let names = world.run("stacks --names infrastructure.aws.network").ok();
    assert_eq!(names.out.lines().collect::<Vec<_>>(), network(&["CI", "Production", "QA"]), "one a line");
    world.run("stacks --names --json").ends(64);
    assert_eq!(
        stacks(&world, "edxapp.xpro.QA monitoring.default"),
        ["applications.edxapp.xpro.QA", "infrastructure.monitoring.default"]
    );
    let upstream = stacks(&world, "edx_notes.xpro.QA --with-upstream");
    assert!(upstream.contains(&"infrastructure.aws.network.QA".to_owned()), "{upstream:?}");
    assert!(upstream.len() < 15, "{upstream:?}");
    let downstream = stacks(&world, "infrastructure.monitoring --with-downstream");
    assert!(downstream.contains(&"applications.edxapp.mitx.QA".to_owned()), "{downstream:?}");
}

/// The stacks of a query, which is one word.
#[track_caller]
fn query(world: &World, query: &str) -> Vec<String> {
    let mut command = world.command("stacks --json");
    command.arg(query);
    let events = ran(query, command).ok().events();
    events.iter().map(|event| event["stack"].as_str().expect("is text").to_owned()).collect()
}

#[test]
fn queries_mean_what_plans_and_states_say() {
    let Some(world) = World::applied() else { return };
    let readers = query(&world, "reads(network.QA:applications_vpc.id)");
    let all = query(&world, "rdeps(network.QA)");
    assert!(readers.len() > 2 && readers.iter().all(|stack| all.contains(stack)), "{readers:?} of {all:?}");
    assert_eq!(query(&world, "deps(network.QA) & infrastructure.aws.network"), ["infrastructure.aws.network.QA"]);
    let vault = query(&world, "provider(vault) & env(QA) - applications.*");
    assert_eq!(vault, ["substructure.vault.static_mounts.operations.QA"]);
    world.run("stacks failed()").ends(10).says(["no stack is in `failed()`"]);
    world.run("stacks drifted()").ends(10).says(["no stack is in `drifted()`"]);
    world.run("stacks rdeps(network.QA").ends(10).says(["it ends where `)` should be", "^"]);
    let problem = world.run("stacks nearby(network.QA)").ends(10);
    assert!(problem.err.contains("E0745"), "{problem}");
}

#[test]
fn the_commands_of_the_page_about_queries_work() {
    let Some(world) = World::applied() else { return };
    let page = include_str!("../../../../docs/queries.md");
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("$ cargo run -p runner -- ")).collect();
    assert_eq!(commands.len(), 3);
    for command in commands {
        let (words, quoted) = command.split_once(" '").expect("a query in quotes");
        let mut command = world.command(words);
        command.arg(quoted.trim_end_matches('\''));
        // Nothing has failed here.
        let code = if quoted.starts_with("failed()") { 10 } else { 0 };
        ran(quoted, command).ends(code);
    }
}

#[test]
fn words_that_mean_nothing_or_too_much_are_refused() {
    let Some(world) = World::fresh() else { return };
    world
        .run("stacks netwrok.QA")
        .ends(10)
        .says(["there is no stack or project `netwrok.QA`", "did you mean `infrastructure.aws.network.QA`?"]);
    world.run("stacks xpro.QA").ends(10).says([
        "is the ending of 2 stacks",
        "`applications.edxapp.xpro.QA`",
        "`'*.xpro.QA'`",
    ]);
    world.run("stacks --env qa").ends(10).says(["there is no environment `qa`", "`QA`"]);
    world.run("stacks network.QA --env CI").ends(10).says(["is not in environment `CI`"]);
    world.run("stacks infrastructure.sentry.*").ends(10).says(["no stack matches"]);
    // All of them at once.
    let both = world.run("up --yes nosuch.one nosuch.two").ends(10);
    assert!(both.err.contains("nosuch.one") && both.err.contains("nosuch.two"), "{both}");
}

#[test]
fn a_directory_of_a_project_means_that_project() {
    let Some(world) = World::fresh() else { return };
    let mut inside = world.command("stacks --json");
    let at = world.path("projects/infrastructure/monitoring/stacks");
    inside = {
        let mut command = std::process::Command::new(inside.get_program());
        command.args(["-C", at.to_str().expect("is text"), "stacks", "--json"]);
        command
    };
    let one = crate::support::ran("stacks", inside).ok();
    assert_eq!(one.events()[0]["stack"], "infrastructure.monitoring.default", "{one}");
    assert_eq!(one.lines().len(), 1);
    // Of several stacks one has to be named where nobody can be asked.
    let mut several = std::process::Command::new(env!("CARGO_BIN_EXE_runner"));
    several.arg("-C").arg(world.path("projects/infrastructure/aws/network")).args(["up", "--yes"]);
    let several = crate::support::ran("up --yes", several).ends(10);
    several.says(["has 3 stacks", "infrastructure.aws.network.CI", "--env"]);
    assert!(!world.has_state());
}

#[test]
fn outside_a_workspace_it_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_runner"));
    command.arg("-C").arg(directory.path()).arg("up");
    crate::support::ran("up", command).ends(10).says(["groundplan.toml", "new workspace"]);
}
