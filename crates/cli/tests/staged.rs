//! A runner of two small projects, of which the second branches on what the first makes: a saved preview stops there,
//! and writes the next one. The binary of this test is both the runner and the test of it.

#![expect(missing_docs, reason = "it is a test, whose derived code is public")]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use cli::Registry;
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, Vpc};

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

fn main() -> ExitCode {
    if std::env::var_os(RUNNER).is_some() {
        let projects = vec![Project::new("first", first), Project::new("second", second)];
        return cli::main(Registry { projects, policies: Vec::new(), digests: &NO_CODE });
    }
    what_is_known_on_the_way_goes_into_the_next_preview();
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

fn what_is_known_on_the_way_goes_into_the_next_preview() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("is made");
        fs::write(path, text).expect("is written");
    };
    write("groundplan.toml", "organisation = \"staged\"\nenvironments = [\"QA\"]\n");
    write("projects/first/stacks/QA.toml", "");
    write("projects/second/stacks/QA.toml", "");
    write(".groundplan/sandbox/knobs.toml", "latency = 0.0\n");
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
