//! A runner of small projects. The second branches on what the first makes: a saved preview stops there, and writes the
//! next one. Of what the third makes the vendor says something else than was proposed. The fifth makes room for something
//! while the sixth waits for that. The binary of this test is both the runner and the test of it.

#![expect(missing_docs, reason = "it is a test, whose derived code is public")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use cli::Registry;
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, Vpc};
use types_aws_rds::DbParameterGroup;

/// What makes this process the runner.
const RUNNER: &str = "STAGED_RUNNER";

static NO_CODE: code_digest::Table = code_digest::Table { toolchain: "", projects: &[], crates: &[], files: &[] };

#[derive(Clone, Debug, Outputs)]
#[outputs(project = "first")]
pub struct First {
    pub vpc_id: Output<String>,
}

#[derive(Clone, Debug, Outputs)]
#[outputs(project = "second")]
pub struct Second {
    pub group: Output<String>,
}

fn first(stack: &Stack, (): ()) -> Result<Plan<First>> {
    let mut plan = stack.plan();
    let vpc = Vpc::new("main").cidr_block("10.0.0.0/16").declare(&mut plan);
    plan.finish(First { vpc_id: vpc.vpc_id() })
}

/// How the group is described hangs on the network's id, as a plain value.
fn second(stack: &Stack, (): ()) -> Result<Plan<Second>> {
    let mut plan = stack.plan();
    let network: First = stack.reference("QA");
    let id: String = stack.read(&network.vpc_id)?;
    let group = SecurityGroup::new("web")
        .group_description(format!("of {}", id.len()))
        .vpc_id(&network.vpc_id)
        .declare(&mut plan);
    plan.finish(Second { group: group.group_id() })
}

#[derive(Clone, Debug, Outputs)]
#[outputs(project = "third")]
pub struct Third {
    pub arn: Output<String>,
}

fn third(stack: &Stack, (): ()) -> Result<Plan<Third>> {
    let mut plan = stack.plan();
    let group = DbParameterGroup::new("main").db_parameter_group_name("web").description("d").family("postgres16");
    let group = group.declare(&mut plan);
    plan.finish(Third { arn: group.db_parameter_group_arn() })
}

fn fourth(stack: &Stack, (): ()) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    let third: Third = stack.reference("QA");
    SecurityGroup::new("reader").group_description(&third.arn).declare(&mut plan);
    plan.finish(())
}

#[derive(Clone, Debug, Outputs)]
#[outputs(project = "fifth")]
pub struct Fifth {
    pub vpc_id: Output<String>,
}

#[derive(Debug, Config)]
pub struct Later {
    /// The network has another range, and nothing stands in it any more.
    pub later: Option<bool>,
}

/// The network goes before the new one is made, and before it goes what stands in it.
fn fifth(stack: &Stack, config: Later) -> Result<Plan<Fifth>> {
    let mut plan = stack.plan();
    let later = config.later == Some(true);
    let range = if later { "10.1.0.0/16" } else { "10.0.0.0/16" };
    let vpc = Vpc::new("main").cidr_block(range).delete_before_replace(true).declare(&mut plan);
    if !later {
        SecurityGroup::new("inside").group_description("d").vpc_id(vpc.vpc_id()).declare(&mut plan);
    }
    plan.finish(Fifth { vpc_id: vpc.vpc_id() })
}

/// What it takes over is known once the new network is there.
fn sixth(stack: &Stack, (): ()) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    let network: Fifth = stack.reference("QA");
    let id: String = stack.read(&network.vpc_id)?;
    SecurityGroup::new("beside").group_description(format!("of {}", id.len())).declare(&mut plan);
    plan.finish(())
}

fn main() -> ExitCode {
    if std::env::var_os(RUNNER).is_some() {
        let projects = vec![
            Project::new("first", first),
            Project::new("second", second),
            Project::new("third", third),
            Project::new("fourth", fourth),
            Project::new("fifth", fifth),
            Project::new("sixth", sixth),
        ];
        return cli::main(Registry { projects, policies: Vec::new(), digests: &NO_CODE });
    }
    what_is_known_on_the_way_goes_into_the_next_preview();
    what_is_approved_by_its_digest_is_done_and_nothing_else();
    what_comes_out_otherwise_is_asked_about_again();
    the_next_preview_is_signed_anew();
    programs_and_steps_that_wait_for_one_another_are_told_with_the_ways_out();
    ExitCode::SUCCESS
}

/// Runs the runner in a directory; what it says, if it ends with this code.
#[track_caller]
fn run(directory: &Path, args: &str, code: i32) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.env(RUNNER, "1").arg("-C").arg(directory).args(args.split_whitespace());
    let output = command.output().expect("runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("is text")).concat();
    assert_eq!(output.status.code(), Some(code), "{args}\n{said}");
    said
}

const GROUNDPLAN: &str = "organisation = \"staged\"\nenvironments = [\"QA\"]\n[profiles.sandbox]\nprovider = \"sandbox\"\n\
                          account = \"123456789012\"\nregion = \"us-east-1\"\n";

/// A workspace of some of the projects.
fn workspace(projects: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("is made");
        fs::write(path, text).expect("is written");
    };
    write("groundplan.toml", GROUNDPLAN);
    projects.iter().for_each(|project| write(&format!("projects/{project}/stacks/QA.toml"), ""));
    write(".groundplan/sandbox/knobs.toml", "latency = 0.0\n");
    directory
}

fn what_is_known_on_the_way_goes_into_the_next_preview() {
    let directory = workspace(&["first", "second"]);
    let run = |args: &str, code| run(directory.path(), args, code);
    let next = directory.path().join("plan.json.next");

    let said = run("preview --out plan.json", 0);
    assert!(said.contains("second.QA  is planned once first.QA: vpc_id is known"), "{said}");
    let said = run("up --plan plan.json --yes", 3);
    assert!(said.contains("1 created in 1 stack"), "{said}");
    assert!(said.contains("what was not known when this was approved is known now:"), "{said}");
    assert!(said.contains("second  1 stack  QA +1"), "{said}");
    assert!(said.contains("saved; `runner up --plan plan.json.next` applies exactly this"), "{said}");
    assert!(!run("sandbox list", 0).contains("SecurityGroup"), "nothing of the next one was done");

    // The same again does nothing more, and says the same.
    let before = fs::read_to_string(&next).expect("is written");
    run("up --plan plan.json --yes", 3);
    assert_eq!(fs::read_to_string(&next).expect("is there"), before);
    let said = run("preview --plan plan.json.next --full", 0);
    assert!(said.contains("+ web  AWS::EC2::SecurityGroup"), "{said}");
    let said = run("up --plan plan.json.next --yes", 0);
    assert!(said.contains("1 created in 1 stack"), "{said}");
    assert!(!directory.path().join("plan.json.next.next").exists(), "nothing is left");
    assert!(run("preview", 0).contains("nothing to do: 2 stacks"));
}

/// The digest by which what was shown is approved.
#[track_caller]
fn digest(said: &str) -> String {
    let (_, rest) = said.split_once("`--approve ").unwrap_or_else(|| panic!("no digest: {said}"));
    rest.split('`').next().expect("a digest").to_owned()
}

fn what_is_approved_by_its_digest_is_done_and_nothing_else() {
    let directory = workspace(&["first", "second"]);
    let run = |args: &str, code| run(directory.path(), args, code);
    let shown = digest(&run("preview", 0));
    let event: String = run("preview --json", 0);
    assert!(event.contains(&format!("\"digest\":\"{shown}\"")), "{event}");
    assert_eq!(digest(&run("up", 64)), shown, "without a terminal it says how to go on");

    // Somebody else changes what it stands on.
    run("up first.QA --yes", 0);
    let said = run(&format!("up --approve {shown}"), 50);
    for text in [
        "[E0470]",
        "what would be done now is not what was approved",
        "nothing is left to do to `first.QA`",
        "`second.QA` was not to be touched",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert!(!run("sandbox list", 0).contains("SecurityGroup"), "nothing was done");
    let now = digest(&said);
    assert_eq!(digest(&run("preview", 0)), now);
    run(&format!("up --approve {now}"), 0);
    assert!(run("sandbox list", 0).contains("SecurityGroup"));
    // There is nothing to refuse where nothing would be done.
    assert!(run(&format!("up --approve {now}"), 0).contains("nothing to do"));

    let unknown = "0".repeat(64);
    let said = run(&format!("destroy second.QA --approve {unknown}"), 50);
    assert!(said.contains("it cannot be said what has moved"), "{said}");
    run(&format!("destroy second.QA --approve {}", digest(&said)), 0);
    run("up --approve 12", 64);
    run(&format!("up --yes --approve {unknown}"), 64);

    // A saved preview has the digest of its file.
    run("preview --out plan.json", 0);
    let said = run(&format!("up --plan plan.json --approve {unknown}"), 50);
    let approved = digest(&said);
    assert!(fs::read_to_string(directory.path().join("plan.json")).expect("is there").contains(&approved), "{said}");
    run(&format!("up --plan plan.json --approve {approved}"), 0);

    // What becomes known on the way has to be approved, too.
    let directory = workspace(&["first", "second"]);
    let run = |args: &str, code| self::run(directory.path(), args, code);
    let said = run(&format!("up --approve {}", digest(&run("preview", 0))), 3);
    assert!(said.contains("outputs that stacks waited for are known now") && said.contains("1 created"), "{said}");
    assert!(!run("sandbox list", 0).contains("SecurityGroup"), "it was not approved");
    run(&format!("up --approve {}", digest(&said)), 0);
    assert!(run("preview", 0).contains("nothing to do: 2 stacks"));
}

/// Runs `up` in a terminal of its own, which `script` gives, with these answers.
fn asked(directory: &Path, answers: &str) -> (Option<i32>, String) {
    let runner = std::env::current_exe().expect("this test");
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{} -C {} up", runner.display(), directory.display()), "/dev/null"]);
    script.env(RUNNER, "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().expect("`script` is there");
    child.stdin.take().expect("is piped").write_all(answers.as_bytes()).expect("is read");
    let output = child.wait_with_output().expect("ends");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn what_comes_out_otherwise_is_asked_about_again() {
    let elsewhere = || {
        let directory = workspace(&["third", "fourth"]);
        let knobs = "latency = 0.0\naccount = \"999999999999\"\n";
        fs::write(directory.path().join(".groundplan/sandbox/knobs.toml"), knobs).expect("is written");
        directory
    };
    let directory = elsewhere();
    let said = run(directory.path(), "preview --full", 0);
    assert!(said.contains("123456789012:pg:web"), "the ARN is shown as known: {said}");
    let said = run(directory.path(), "up --yes", 50);
    for text in
        ["third.QA  output arn  is not as it was shown", "[E0530]", "`reader` came out otherwise", "GroupDescription"]
    {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert!(run(directory.path(), "outputs third.QA", 0).contains("999999999999:pg:web"), "what is, is published");
    assert!(run(directory.path(), "up --yes", 0).contains("1 created"));

    let directory = elsewhere();
    let (code, said) = asked(directory.path(), "yes\nno\n");
    assert!(said.contains("this came out otherwise than it was approved; what is left:"), "{said}");
    assert_eq!((said.matches("Apply this?").count(), code), (2, Some(50)), "{said}");
    let directory = elsewhere();
    let (code, said) = asked(directory.path(), "yes\nyes\n");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("2 created"), "{said}");
    assert!(run(directory.path(), "preview", 0).contains("nothing to do: 2 stacks"));
}

fn the_next_preview_is_signed_anew() {
    let directory = workspace(&["first", "second"]);
    let run = |args: &str, code| run(directory.path(), args, code);
    let made = run("keys new release.key", 0);
    let public = made.split_whitespace().find(|word| word.starts_with("ed25519:")).expect("the public half");
    let approvals = format!("{GROUNDPLAN}[signers]\nrelease = \"{public}\"\n[approvals.QA]\nsigners = [\"release\"]\n");
    fs::write(directory.path().join("groundplan.toml"), approvals).expect("is written");
    run("preview --out plan.json --sign release.key", 0);
    run("up --plan plan.json --yes", 3);
    assert!(run("up --plan plan.json.next --yes", 20).contains("[E0471]"), "nobody has seen it when it was signed");
    run("preview --plan plan.json.next --sign release.key", 0);
    run("up --plan plan.json.next --yes", 0);
}

fn programs_and_steps_that_wait_for_one_another_are_told_with_the_ways_out() {
    let directory = workspace(&["fifth", "sixth"]);
    let run = |args: &str, code| run(directory.path(), args, code);
    run("up --yes", 0);
    let before = run("sandbox list", 0);
    fs::write(directory.path().join("projects/fifth/stacks/QA.toml"), "later = true\n").expect("is written");
    let said = run("up --yes", 10);
    for text in ["[E0461]", "left: main of fifth.QA", "runner destroy STACK --target NAME"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert_eq!(run("sandbox list", 0), before, "nothing was done");
    // What it says helps.
    run("destroy fifth.QA --target inside --yes", 0);
    run("up --yes", 0);
    assert!(run("preview", 0).contains("nothing to do: 2 stacks"));
}
