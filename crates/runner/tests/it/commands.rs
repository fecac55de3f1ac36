//! Commands beside `up`: what they print, in which form, and how they end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{RESOURCES, Ran, STACKS, World, ran};

fn root_file(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{name}", env!("CARGO_MANIFEST_DIR"))).expect("is there")
}

#[test]
fn what_asks_needs_a_terminal_or_a_yes() {
    let Some(world) = World::applied() else { return };
    let before = world.files();
    world.run("destroy").ends(64).says(["there is no terminal", "`--yes`"]);
    world.run("sandbox reset").ends(64).says(["`--yes`"]);
    // Where there is nothing to do there is nothing to ask.
    world.run("up").ok();
    assert_eq!(world.files(), before);
    let Some(world) = World::fresh() else { return };
    world.run("up").ends(64).says(["{resources} to create", "there is no terminal", "`--yes`"]);
    assert!(!world.has_state());
}

#[test]
fn a_person_is_asked_and_may_say_no() {
    let Some(world) = World::fresh() else { return };
    let up = |answer: &str| {
        let runner = world.command("up infrastructure.aws.kms.CI");
        let words: Vec<_> =
            std::iter::once(runner.get_program()).chain(runner.get_args()).map(|word| word.to_string_lossy()).collect();
        // A terminal of its own, which `script` gives.
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &format!("stty cols 200; {}", words.join(" ")), "/dev/null"]);
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("`script` is there");
        child.stdin.take().expect("is piped").write_all(format!("{answer}\n").as_bytes()).expect("is read");
        let output = child.wait_with_output().expect("ends");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = up("no");
    assert_eq!(code, Some(10), "{said}");
    assert!(said.contains("Apply this? (yes/no)") && said.contains("nothing was done"), "{said}");
    assert!(!world.has_state());
    let (code, said) = up("yes");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\u{1b}[") && said.contains("8 created") && said.contains("kms_ec2_ebs_key.arn"), "{said}");
    world.is_whole();
}

#[test]
fn a_state_elsewhere_has_its_own_sandbox() {
    let Some(world) = World::applied() else { return };
    let before = world.files();
    let elsewhere = tempfile::tempdir().expect("a directory");
    let state = elsewhere.path().join("state");
    let up = format!("up infrastructure.aws.kms.CI --yes --state {}", state.display());
    world.run(&up).ok().says(["8 created in 1 stack"]);
    world.run(&up).ok().says(["nothing to do"]);
    assert!(elsewhere.path().join("sandbox").is_dir() && state.is_dir());
    assert_eq!(world.files(), before);
    let sandbox = elsewhere.path().join("other");
    world.run(&format!("sandbox list --sandbox {}", sandbox.display())).ok();
    assert!(!sandbox.exists(), "looking makes nothing");
}

#[test]
fn the_cache_can_be_looked_at_and_emptied_and_nothing_depends_on_it() {
    let Some(world) = World::applied() else { return };
    world.run("cache stats").ok().says([".groundplan/cache"]);
    world.run("preview").ok();
    let stats = world.run("cache stats --json").ok().events();
    assert!(stats[0]["entries"].as_u64() > Some(0) && stats[0]["bytes"].as_u64() > Some(0), "{stats:?}");
    world.run("preview").ok().says(["{stacks} from cache"]);
    world.run("cache verify").ok().says(["; 0 were damaged"]);
    world.run("cache gc").ok().says(["0 entries removed"]);
    let first = |directory: PathBuf| {
        let found = std::fs::read_dir(directory).expect("is listed").next();
        found.expect("is not empty").expect("is listed").path()
    };
    std::fs::write(first(first(world.path(".groundplan/cache/ac"))), "nonsense").expect("is written");
    world.run("cache verify").ok().says(["1 were damaged"]);
    world.run("preview").ok();
    world.run("cache gc --max 0").ok();
    world.run("cache stats").ok().says(["0 entries"]);
    world.run("preview").ok().says_not(["{stacks} from cache"]);
}

#[test]
fn exit_codes_are_those_of_the_table() {
    let table: BTreeSet<u8> = root_file("docs/exit-codes.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    let Some(world) = World::fresh() else { return };
    let cases = [
        ("stacks", 0),
        ("--help", 0),
        ("up --help", 0),
        ("--version", 0),
        ("preview --detailed-exitcode", 2),
        ("stacks nosuch", 10),
        ("evaluate infrastructure.aws.network.Dev", 10),
        ("", 64),
        ("pu", 64),
        ("up --frobnicate", 64),
        ("up --jobs many", 64),
    ];
    for (args, code) in cases {
        world.run(args).ends(code);
        assert!(table.contains(&u8::try_from(code).expect("is small")), "{code} is not in docs/exit-codes.md");
    }
    for exit in [30, 40, 130] {
        assert!(table.contains(&exit));
    }
}

/// The fields of each event in docs/events.md, and of each command's lines.
fn documented() -> (BTreeMap<String, BTreeSet<String>>, BTreeMap<String, BTreeSet<String>>) {
    let text = root_file("docs/events.md");
    let (events, lists) = text.split_once("## Lines of lists").expect("has both parts");
    let field = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    let events = events.split("\n### ").skip(1).map(|section| {
        let name = section.lines().next().expect("has a name").trim_matches('`').to_owned();
        (name, section.lines().filter_map(field).collect())
    });
    let lists = lists.lines().filter_map(|line| {
        let (command, fields) = line.strip_prefix("| `")?.split_once("` |")?;
        Some((command.to_owned(), fields.split('`').skip(1).step_by(2).map(str::to_owned).collect()))
    });
    (events.collect(), lists.collect())
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("is an object").keys().cloned().collect()
}

#[test]
fn json_is_what_the_documentation_says() {
    let Some(world) = World::fresh() else { return };
    let (events, lists) = documented();
    assert!(events.len() >= 10 && lists.len() >= 7, "docs/events.md could not be read");
    let mut seen = BTreeSet::new();
    let mut check = |ran: Ran| {
        for event in ran.events() {
            let name = event["event"].as_str().expect("is an event").to_owned();
            let mut fields = keys(&event);
            fields.remove("event");
            let expected = events.get(&name).unwrap_or_else(|| panic!("`{name}` is not documented"));
            assert_eq!(&fields, expected, "the fields of `{name}`");
            if let Some(stack) = event.get("stack") {
                assert!(stack.is_string(), "{event}");
            }
            seen.insert(name);
        }
    };
    check(world.run("up infrastructure.aws.network.Dev --yes --json").ends(10));
    world.knobs("[[fault]]\ntype = \"AWS::KMS::Key\"\nname = \"ec2-ebs-ci\"\naction = \"create\"\ntimes = 1\n");
    let failed = world.run("up infrastructure.aws.kms.CI --yes --json").ends(30);
    let outcomes: BTreeSet<String> =
        failed.events().iter().filter_map(|event| event["outcome"]["is"].as_str().map(str::to_owned)).collect();
    assert_eq!(outcomes, ["done", "failed", "skipped"].map(str::to_owned).into());
    check(failed);
    check(world.run("up infrastructure.aws.kms.CI --yes --json").ok());
    check(world.run("refresh infrastructure.aws.kms.CI --json").ok());
    check(world.run("destroy infrastructure.aws.kms.CI --yes --json").ok());
    check(world.run("preview --json").ok());
    for event in [
        "preview",
        "started",
        "step_started",
        "call_started",
        "step_ended",
        "stack_ended",
        "ended",
        "refreshed",
        "problem",
    ] {
        assert!(seen.contains(event), "`{event}` was not seen");
    }
    world.run("up infrastructure.aws.kms.CI --yes").ok();
    // What needs a git checkout is tried where there is one.
    for (command, fields) in lists.iter().filter(|(command, _)| *command != "affected") {
        let selection = if command.starts_with("sandbox") || command.starts_with("cache") {
            ""
        } else {
            "infrastructure.aws.kms.CI"
        };
        let found = world.run(&format!("{command} {selection} --json")).ok().events();
        assert!(!found.is_empty(), "{command}");
        found.iter().for_each(|line| assert_eq!(&keys(line), fields, "{command}"));
    }
}

#[test]
fn a_preview_as_json_has_every_change() {
    let Some(world) = World::fresh() else { return };
    let preview = &world.run("preview --json").ok().events()[0];
    let stacks = preview["stacks"].as_array().expect("is a list");
    assert_eq!(stacks.len(), STACKS);
    let resources: Vec<&Value> =
        stacks.iter().flat_map(|stack| stack["resources"].as_array().expect("is a list")).collect();
    assert_eq!(resources.len(), RESOURCES);
    for resource in resources {
        assert_eq!(resource["action"], "create");
        assert!(resource["source"].as_str().is_some_and(|source| source.contains(".rs:")), "{resource}");
        let all = [
            "urn",
            "vanished",
            "action",
            "undecided",
            "delete_first",
            "differences",
            "properties",
            "source",
            "protection_ignored",
            "remarks",
        ];
        assert_eq!(keys(resource), all.map(str::to_owned).into());
    }
}

#[test]
fn stack_files_are_read_and_written_with_their_comments() {
    let Some(world) = World::fresh() else { return };
    let file = "projects/infrastructure/aws/network/stacks/QA.toml";
    assert_eq!(world.run("config get network.QA xpro_vpc.cidr_block").ok().out.trim(), "10.6.0.0/16");
    world.run("config set network.QA xpro_vpc.cidr_block 10.77.0.0/16").ok();
    assert_eq!(world.run("config get network.QA xpro_vpc.cidr_block").ok().out.trim(), "10.77.0.0/16");
    let text = world.read(file);
    assert!(text.starts_with("# The networks of QA.") && text.contains(r#"cidr_block = "10.77.0.0/16""#), "{text}");
    world.run("evaluate network.QA").ok();
    world.run("config get network.QA xpro_vpc.nosuch").ends(10).says(["xpro_vpc.nosuch"]);
    world.run("config get netwrok.QA xpro_vpc.cidr_block").ends(10).says(["did you mean"]);
    world.run("config set network.QA xpro_vpc.cidr_block").ends(64);
    // A secret is never shown.
    let shown = world.run("config get infrastructure.monitoring.default fastly_customer_id").ok();
    assert!(!shown.out.contains("age:"), "{shown}");
}

#[test]
fn locks_are_checked_and_completed() {
    let Some(world) = World::fresh() else { return };
    world.run("lock check").ok().says(["every answer is there"]);
    world.remove("projects/infrastructure/aws/network/stacks/QA.lock.toml");
    world.run("preview").ends(10).says(["runner lock update infrastructure.aws.network.QA"]);
    world.run("lock check").ends(10).says(["infrastructure.aws.network.QA", "[E0114]"]);
    world.run("lock update infrastructure.aws.network.QA").ok().says(["made up by the sandbox"]);
    let lock = world.read("projects/infrastructure/aws/network/stacks/QA.lock.toml");
    assert!(lock.contains("us-east-1a") && lock.contains("source = \"sandbox\""), "{lock}");
    world.run("lock check").ok();
    world.run("preview infrastructure.aws.network.QA").ok();
    world.remove("projects/infrastructure/consul/stacks/operations.QA.lock.toml");
    world.run("lock update infrastructure.consul.operations.QA").ok().says(["3 answers were made up by the sandbox"]);
    let lock = world.read("projects/infrastructure/consul/stacks/operations.QA.lock.toml");
    assert!(lock.contains("answer = \"ami-0") && lock.contains(":certificate/"), "{lock}");
    let before = world.files();
    world.run("lock update").ok().says(["every answer is there"]);
    assert_eq!(world.files(), before);
}

#[test]
fn outputs_and_states_are_shown() {
    let Some(world) = World::applied() else { return };
    world.run("outputs infrastructure.aws.network.QA").ok().says(["xpro_vpc.cidr ", r#""10.6.0.0/16""#]);
    let json = world.run("outputs network.QA --json").ok().events();
    assert_eq!(json[0]["outputs"]["xpro_vpc.cidr"], "10.6.0.0/16");
    assert_eq!(world.run("outputs --json").ok().events().len(), STACKS - 7, "seven have no outputs");
    world.run("outputs infrastructure.sentry.default").ok();
    let list = world.resources();
    assert!(
        list.contains(
            &"infrastructure.aws.network.QA infrastructure.aws.network::AWS::EC2::VPC::mitxpro-qa".to_owned()
        )
    );
    let show = world.run("state show network.QA mitxpro-qa").ok();
    let object: Value = serde_json::from_str(&show.out).expect("is JSON");
    assert_eq!(object["inputs"]["CidrBlock"], "10.6.0.0/16");
    world.run("state show network.QA nosuch").ends(10).says(["no resource `nosuch`", "state list"]);
    world.run("refresh").ok().says([format!("{RESOURCES} objects read: 0 gone, 0 changed").as_str()]);
    world.run("up --yes").ok().says(["nothing to do: {stacks} stacks"]);
}

#[test]
fn a_broken_state_is_refused_and_says_where() {
    let Some(world) = World::applied() else { return };
    let heads = world.path(".groundplan/state/sandbox/stacks/infrastructure.aws.kms.CI/snapshots");
    let snapshot = std::fs::read_dir(&heads).expect("is listed").next().expect("has one").expect("is listed").path();
    std::fs::write(&snapshot, "{").expect("is written");
    let name = snapshot.file_name().expect("has a name").to_string_lossy().into_owned();
    world.run("state verify").ends(40).says([name.as_str()]);
    world.run("destroy substructure.consul --yes").ok();
    world
        .run("destroy infrastructure.aws.kms.CI --with-downstream --yes")
        .ends(40)
        .says([name.as_str(), "`runner state repair infrastructure.aws.kms.CI`"]);
}

#[test]
fn graphs_are_drawn_in_every_form() {
    let Some(world) = World::fresh() else { return };
    let starts = [("text", ""), ("mermaid", "---\ntitle:"), ("dot", "digraph"), ("svg", "<svg")];
    for (form, start) in starts {
        for what in ["", "infrastructure.aws.network.QA", "infrastructure.aws.kms.CI --all", "--all"] {
            let drawn = world.run(&format!("graph {what} --format {form}")).ok();
            assert!(drawn.out.trim_start().starts_with(start) && drawn.out.len() > 100, "{drawn}");
        }
    }
    world.run("graph infrastructure.aws.network.QA").ok().says(["mitxpro-qa"]);
    world.run("graph").ok().says(["infrastructure.aws.network", "applications.edxapp"]);
}

#[test]
fn evaluation_touches_no_state_and_writes_plans() {
    let Some(world) = World::fresh() else { return };
    let table = world.run("evaluate --out plans").ok();
    assert_eq!(std::fs::read_dir(world.path("plans")).expect("is listed").count(), STACKS);
    assert!(table.out.contains("infrastructure.aws.network.QA"), "{table}");
    assert!(!world.has_state());
    let plan: Value =
        serde_json::from_str(&world.read("plans/infrastructure.aws.network.QA/plan.json")).expect("is JSON");
    assert!(plan.is_object());
    // Plans say nothing of where they were made.
    let Some(other) = World::fresh() else { return };
    other.run("evaluate --out plans").ok();
    for entry in std::fs::read_dir(world.path("plans")).expect("is listed") {
        let name = entry.expect("is listed").file_name().into_string().expect("is text");
        let file = format!("plans/{name}/plan.json");
        assert_eq!(world.read(&file), other.read(&file), "{name}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let Some(world) = World::fresh() else { return };
    let mut command = world.command("preview --full");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_secret_comes_from_stdin() {
    let Some(world) = World::fresh() else { return };
    let set = |text: &str| {
        let mut command = world.command("config set infrastructure.monitoring.default fastly_customer_id --secret");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        child.stdin.take().expect("is piped").write_all(text.as_bytes()).expect("is read");
        child.wait_with_output().expect("ends")
    };
    assert_eq!(set("").status.code(), Some(10), "an empty secret is none");
    let file = "projects/infrastructure/monitoring/stacks/default.toml";
    let before = world.read(file);
    assert_eq!(set("a-canary-of-the-command-line\n").status.code(), Some(0));
    let after = world.read(file);
    assert!(before != after && !after.contains("a-canary"), "{after}");
    ran("up", world.command("up infrastructure.monitoring --with-upstream --yes"))
        .ok()
        .says(["19 created in 2 stacks"]);
}
