//! What is wrong is said with its place, all at once, and nothing is touched.

use crate::support::{NETWORK, Ran, World, XPRO};

/// A refusal of what the user wrote: nothing was touched.
#[track_caller]
fn refused(world: &World, args: &str) -> Ran {
    let ran = world.run(args).ends(10);
    assert!(!world.has_state(), "state was begun: {ran}");
    assert_eq!(world.objects(), Vec::<String>::new());
    ran
}

/// The line and column of a text in a file.
fn place(world: &World, file: &str, text: &str) -> String {
    let content = world.read(file);
    let offset = content.find(text).expect("is there");
    let line = content[..offset].matches('\n').count() + 1;
    let column = offset - content[..offset].rfind('\n').map_or(0, |newline| newline + 1) + 1;
    format!("{file}:{line}:{column}")
}

#[test]
fn every_mistake_in_stack_files_is_said_at_once() {
    let Some(world) = World::fresh() else { return };
    world.edit(NETWORK, r#"cidr_block = "10.6.0.0/16""#, r#"cidr_block = "10.6.0.0/99""#);
    world.edit(NETWORK, r#"name = "operations-qa""#, r#"nmae = "operations-qa""#);
    world.edit(NETWORK, r#"k8s_service_subnet = "10.110.84.0/23""#, "k8s_service_subnet = 10");
    world.edit(XPRO, r#"dns_zone = "xpro""#, "");
    let places = [
        place(&world, NETWORK, r#""10.6.0.0/99""#),
        place(&world, NETWORK, "nmae"),
        place(&world, NETWORK, "10\nk8s_subnet_pair"),
    ];
    for command in ["preview", "up --yes"] {
        refused(&world, command).says(places.iter().map(String::as_str)).says([
            "[E0101]",
            "[E0102]",
            "[E0103]",
            "[E0104]",
            "did you mean `name`?",
            "missing key `dns_zone`",
            XPRO,
            "4 errors",
        ]);
    }
    let problems = refused(&world, "preview --json").events();
    assert_eq!(problems.iter().filter(|event| event["event"] == "problem").count(), 4, "{problems:?}");
}

#[test]
fn the_unfinished_environment_names_every_missing_key() {
    let Some(world) = World::fresh() else { return };
    let said = refused(&world, "up infrastructure.aws.network.Dev --yes");
    let file = "projects/infrastructure/aws/network/stacks/Dev.toml:";
    for key in ["apps_vpc", "mitx_online_vpc", "residential_staging_vpc", "residential_vpc", "xpro_vpc"] {
        assert!(said.err.contains(&format!("missing key `{key}` [E0102]")), "{key}: {said}");
    }
    assert!(said.err.matches(file).count() >= 5, "{said}");
    assert!(said.err.contains("hint: "), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_is_said_with_its_place() {
    let Some(world) = World::fresh() else { return };
    world.edit(NETWORK, "[data_vpc]", "[data_vpc");
    refused(&world, "up --yes").says([format!("{NETWORK}:14:10").as_str()]);
    world.edit(NETWORK, "[data_vpc", "[data_vpc]");
    world.edit("groundplan.toml", "ignore_protection = true", "ignore_protektion = true");
    world.run("up infrastructure.aws.kms.CI --yes").ends(10).says([
        "groundplan.toml:20:1",
        "ignore_protektion",
        "did you mean",
    ]);
    assert!(!world.has_state());
}

#[test]
fn a_reference_to_nothing_is_said_where_it_is_declared() {
    let Some(world) = World::fresh() else { return };
    world.remove("foreign/infrastructure.aws.eks.residential.QA.toml");
    refused(&world, "up --yes").says([
        "`backend` of `ol-mitx-vault-k8s-auth-backend-role-qa` reads stack `infrastructure.aws.eks.residential.QA`",
        "projects/applications/edxapp/src/secrets.rs:",
        "did you mean `infrastructure.aws.eks.residential.CI`?",
    ]);
}

#[test]
fn a_reference_to_an_output_that_is_not_there_names_the_outputs_that_are() {
    let Some(world) = World::fresh() else { return };
    let file = "foreign/infrastructure.aws.eks.applications.QA.toml";
    let text = world.read(file);
    let (key, _) = text
        .lines()
        .find_map(|line| line.split_once(" = ").filter(|(key, _)| key.contains("oidc") || key.contains("arn")))
        .expect("has outputs");
    world.write(file, &text.replacen(key, &format!("{key}x"), 1));
    refused(&world, "up --yes").says(["infrastructure.aws.eks.applications.QA", key, "hint: ", ".rs:"]);
}

#[test]
fn without_a_key_it_is_said_who_needs_one_and_how_to_get_it() {
    let Some(world) = World::fresh() else { return };
    world.edit("groundplan.toml", "identity = \"secrets/demo-sandbox.key\"\n", "");
    // A preview needs no key.
    world.run("preview").ok().says(["{resources} to create in {stacks} stacks"]);
    let said = refused(&world, "up --yes");
    for stack in ["applications.edxapp.xpro.QA", "applications.edx_notes.mitx.CI", "infrastructure.monitoring.default"]
    {
        assert!(said.err.contains(stack), "{stack}: {said}");
    }
    assert!(!said.err.contains("infrastructure.aws.network"), "it has no secrets: {said}");
    let said = said.says(["[E0510]", "GROUNDPLAN_IDENTITY", "recipients", "groundplan.toml"]);
    assert_eq!(said.err.matches("GROUNDPLAN_IDENTITY").count(), 1, "the way to a key is said once: {said}");
    // A stack without secrets goes on.
    world.run("up substructure.consul.operations.CI infrastructure.aws.kms.Production --yes").ok();
    // The key may come from the environment.
    let mut command = world.command("up infrastructure.monitoring --yes");
    command.env("GROUNDPLAN_IDENTITY", world.path("secrets/demo-sandbox.key"));
    crate::support::ran("up infrastructure.monitoring --yes", command).ok().says(["11 created"]);
}

#[test]
fn without_a_key_for_the_state_nothing_is_begun() {
    let Some(world) = World::fresh() else { return };
    let text = world.read("groundplan.toml");
    let line = text.lines().find(|line| line.starts_with("state_key = ")).expect("is there");
    world.edit("groundplan.toml", line, "");
    refused(&world, "up infrastructure.monitoring --with-upstream --yes").says([
        "[E0510]",
        "`state_key`",
        "`sandbox`",
        "hint: ",
    ]);
    world.run("up infrastructure.aws.kms.CI --yes").ok();
}

#[test]
fn taking_down_needs_no_key() {
    let Some(world) = World::applied() else { return };
    world.edit("groundplan.toml", "identity = \"secrets/demo-sandbox.key\"\n", "");
    // The genomics centre reads in the same file where its configuration is.
    let ran = world.run("preview").ok();
    ran.says([format!("nothing to do: {{stacks}} stacks, {} from cache", crate::support::STACKS - 5).as_str()]);
    world.run("destroy applications.edxapp.xpro.QA --with-downstream --yes").ok().says(["58 deleted in 2 stacks"]);
    world.is_whole();
}

#[test]
fn a_missing_secret_is_a_missing_key_of_its_file() {
    let Some(world) = World::fresh() else { return };
    let text = world.read(XPRO);
    let line = text.lines().find(|line| line.starts_with("redis_auth_token = ")).expect("is there");
    world.edit(XPRO, line, "");
    refused(&world, "up --yes").says(["missing key `redis_auth_token`", XPRO]);
    // A secret in clear is no secret.
    world.write(XPRO, &text.replacen(line, "redis_auth_token = \"in clear\"", 1));
    refused(&world, "up --yes").says(["`redis_auth_token`", XPRO, "config set"]).says_not(["in clear\" is"]);
    // One that was copied by hand from another stack is bound to that one.
    let other = world.read("projects/applications/edxapp/stacks/mitx.QA.toml");
    let copied = other.lines().find(|line| line.starts_with("redis_auth_token = ")).expect("is there");
    world.write(XPRO, &text.replacen(line, copied, 1));
    let said = world.run("up applications.edxapp.xpro.QA --with-upstream --yes");
    assert_ne!(said.code, Some(0), "{said}");
    said.says(["redis_auth_token", "applications.edxapp.xpro.QA"]);
    assert!(!world.objects().iter().any(|object| object.contains("xpro-qa-valkey")), "it was used");
}

#[test]
fn live_is_not_pretended() {
    let Some(world) = World::fresh() else { return };
    refused(&world, "preview --profile live").says(["profile `live`", "--profile sandbox"]);
    refused(&world, "preview --profile lvie").says(["lvie", "live"]);
    refused(&world, "up --yes --state s3://bucket/state").says(["s3"]);
}

#[test]
fn with_keep_going_all_that_does_not_depend_on_a_mistake_is_done() {
    let Some(world) = World::fresh() else { return };
    let (right, wrong) = (r#"k8s_service_subnet = "10.110.84.0/23""#, "k8s_service_subnet = 10");
    world.edit(NETWORK, right, wrong);
    let mistake = place(&world, NETWORK, "10\nk8s_subnet_pair");

    refused(&world, "evaluate --out plans");
    assert!(!world.path("plans").exists(), "nothing is done without a word");
    let evaluated = world.run("evaluate --out plans --keep-going").ends(10);
    evaluated.says([mistake.as_str(), "passed over: `infrastructure.aws.network.QA`"]);
    assert!(world.path("plans/infrastructure.aws.network.CI/plan.json").exists());
    assert!(!world.path("plans/infrastructure.aws.network.QA").exists());

    let shown = world.run("preview --keep-going --json").ends(10).events();
    assert_eq!(shown[0]["failed"], serde_json::json!(["infrastructure.aws.network.QA"]));
    let waiting = shown[0]["passed_over"].as_object().expect("stacks that wait").clone();
    assert!(waiting.keys().any(|stack| stack == "applications.edxapp.mitx.QA"), "{waiting:?}");
    assert!(waiting.keys().all(|stack| stack.rsplit('.').next() == Some("QA")), "{waiting:?}");
    assert_eq!(shown[1]["problem"]["code"], "E0103");

    let ran = world.run("up --yes --keep-going").ends(10);
    ran.says([mistake.as_str(), "waits for infrastructure.aws.network.QA", "passed over: "]);
    let applied = |stack: &str| world.resources().iter().any(|line| line.starts_with(&format!("{stack} ")));
    assert!(applied("infrastructure.aws.network.CI") && applied("infrastructure.aws.network.Production"));
    assert!(!applied("infrastructure.aws.network.QA") && waiting.keys().all(|stack| !applied(stack)));
    world.run("up --yes --keep-going").ends(10).says([mistake.as_str()]);

    world.edit(NETWORK, wrong, right);
    world.run("up --yes --keep-going").ok();
    assert!(waiting.keys().all(|stack| applied(stack)));
    world.is_whole();
}

#[test]
fn a_provider_that_this_runner_lacks_is_named_with_how_to_get_it() {
    let Some(world) = World::fresh() else { return };
    let settings = world.read("groundplan.toml");
    for (provider, feature) in [("gcp", "gcp"), ("hail", "services"), ("metamist", "services"), ("github", "services")]
    {
        world.write("groundplan.toml", &format!("{settings}\n[profiles.other]\nprovider = \"{provider}\"\n"));
        let said = refused(&world, "preview cpg.* --profile other");
        let build = format!("`cargo build -p runner --features {feature}`");
        said.says(["E0705", provider, &build, &format!("docs/{feature}.md")]);
    }
}
