//! Edits of code, each committed and built, with the real command line in a workspace of its own: which stacks each of
//! them reaches, and why not the others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A library that two projects call.
const NAMING: &str = "//! Names.\n\n/// What a name is described by.\npub fn described(name: &str) -> String {\n    \
                      format!(\"of {name}\")\n}\n";

/// It calls the library, and reads an output of the network.
const WEB: &str = r#"//! The project `app.web`.

use example_network_outputs::Outputs as Network;
use plan::prelude::*;
use types_aws_ec2 as ec2;

/// The project.
pub fn project() -> Project {
    Project::new("app.web", plan)
}

fn plan(stack: &Stack, (): ()) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    let network: Network = stack.reference(stack.environment());
    let description = naming::described("web");
    ec2::SecurityGroup::new("web").group_description(description).vpc_id(&network.vpc_id).declare(&mut plan);
    plan.finish(())
}
"#;

/// It calls the library.
const API: &str = r#"//! The project `app.api`.

use plan::prelude::*;
use types_aws_ec2 as ec2;

/// The project.
pub fn project() -> Project {
    Project::new("app.api", plan)
}

fn plan(stack: &Stack, (): ()) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    ec2::SecurityGroup::new("api").group_description(naming::described("api")).declare(&mut plan);
    plan.finish(())
}
"#;

/// It comes after the network and reads nothing of it, and it has a function that expressions call.
const ALONE: &str = r#"//! The project `app.alone`.

use example_network_outputs::Outputs as Network;
use plan::prelude::*;
use types_aws_ec2 as ec2;

/// The project.
pub fn project() -> Project {
    Project::new("app.alone", plan).functions(&[SHOUT])
}

#[plan_fn]
fn shout(text: String) -> String {
    text.to_uppercase()
}

fn plan(stack: &Stack, (): ()) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    stack.after::<Network>(stack.environment());
    let vpc = ec2::Vpc::new("own").cidr_block("10.9.0.0/16").declare(&mut plan);
    ec2::SecurityGroup::new("alone").group_description(shout(vpc.vpc_id())).declare(&mut plan);
    plan.finish(())
}
"#;

const NETWORK: &str = "projects/example/network/src/lib.rs";

/// A workspace in a git checkout, with its own runner.
struct House {
    root: PathBuf,
    target: PathBuf,
}

impl House {
    fn new(directory: &Path) -> Self {
        let house = Self { root: directory.join("workspace"), target: directory.join("target") };
        let mut new = command(env!("CARGO_BIN_EXE_runner"), Path::new(env!("CARGO_MANIFEST_DIR")));
        well(new.args(["new", "workspace", "--organisation", "edits"]).arg(&house.root));
        house.package("crates/naming", "naming", "");
        house.write("crates/naming/src/lib.rs", NAMING);
        let needs = "plan.workspace = true\ntypes-aws-ec2.workspace = true\n";
        let (naming, network) = (
            "naming = { path = \"../../../crates/naming\" }\n",
            "example-network-outputs = { path = \"../../example/network/outputs\" }\n",
        );
        let projects = [
            ("web", WEB, format!("{needs}{naming}{network}")),
            ("api", API, format!("{needs}{naming}")),
            ("alone", ALONE, format!("{needs}{network}")),
        ];
        for (name, code, needs) in projects {
            let at = format!("projects/app/{name}");
            house.package(&at, &format!("app-{name}"), &needs);
            house.write(&format!("{at}/src/lib.rs"), code);
            house.write(&format!("{at}/stacks/CI.toml"), "");
        }
        let sections = sections::Workspace::at(&house.root);
        sections.sync(&sections.crates().expect("are found"), false).expect("are written");
        house.write(".groundplan/sandbox/knobs.toml", "latency = 0.0\n");
        house.build();
        house.git(&["init", "--quiet"]);
        house.commit();
        house
    }

    fn package(&self, at: &str, name: &str, needs: &str) {
        let manifest = format!(
            "[package]\nname = \"{name}\"\ndescription = \"{name}\"\nversion.workspace = true\n\
             edition.workspace = true\npublish.workspace = true\n\n[lib]\ndoctest = false\n\n[dependencies]\n{needs}"
        );
        self.write(&format!("{at}/Cargo.toml"), &manifest);
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().expect("has one")).expect("is made");
        fs::write(path, text).expect("is written");
    }

    /// With the registry crates that are built already.
    fn build(&self) {
        let mut build = command("cargo", &self.root);
        build.args(["build", "--quiet", "--package", "runner"]).env("CARGO_TARGET_DIR", &self.target);
        build.env("CARGO_NET_OFFLINE", "true");
        let built = Path::new(env!("CARGO_BIN_EXE_runner")).ancestors().nth(2).expect("a target directory");
        if std::env::var_os("CARGO_BUILD_BUILD_DIR").is_none() {
            build.env("CARGO_BUILD_BUILD_DIR", built);
        }
        well(&mut build);
    }

    fn git(&self, args: &[&str]) {
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        well(command("git", &self.root).args(who).args(args));
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "edit"]);
    }

    fn run(&self, args: &str) -> Output {
        command(self.target.join("debug/runner"), &self.root).args(args.split(' ')).output().expect("runs")
    }

    #[track_caller]
    fn says(&self, args: &str) -> String {
        let output = self.run(args);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success(), "{args}: {said}");
        said
    }

    /// Replaces a text in a file.
    #[track_caller]
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.root.join(file)).expect("is there");
        assert!(text.contains(from), "{file} has no `{from}`");
        self.write(file, &text.replace(from, to));
    }

    /// Edits, builds and commits; gives the stacks that it reaches, and all reasons.
    #[track_caller]
    fn reached(&self, file: &str, from: &str, to: &str) -> (Vec<String>, String) {
        self.edit(file, from, to);
        self.build();
        self.commit();
        let (stacks, reasons, exact) = self.affected();
        assert!(exact, "the run before has left a record");
        (stacks, reasons)
    }

    #[track_caller]
    fn affected(&self) -> (Vec<String>, String, bool) {
        let output = self.run("affected --changed-since HEAD~1 --json");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let text = String::from_utf8(output.stdout).expect("is text");
        let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
        let stacks = events.iter().map(|event| event["stack"].as_str().expect("a name").to_owned()).collect();
        let reasons = events.iter().map(|event| event["reasons"].to_string()).collect();
        (stacks, reasons, !said.contains("upper bound"))
    }
}

fn command(program: impl AsRef<std::ffi::OsStr>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).env_remove("GROUNDPLAN_IDENTITY");
    // What cargo tells a test of its own package would mislead another cargo.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_BIN_") {
            command.env_remove(&*name);
        }
    }
    command
}

#[track_caller]
fn well(command: &mut Command) {
    let output = command.output().expect("starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_edit_of_code_reaches_exactly_the_stacks_whose_plan_or_inputs_are_others() {
    let temporary = tempfile::tempdir().expect("a directory");
    let house = House::new(temporary.path());
    house.says("up --yes");
    house.says("preview");
    assert_eq!(house.says("affected --changed-since HEAD"), "no stack is affected\n");

    // The body of one project's plan function.
    let (stacks, reasons) = house.reached("projects/app/web/src/lib.rs", "described(\"web\")", "described(\"pages\")");
    assert_eq!(stacks, ["app.web.CI"]);
    assert!(reasons.contains("code of `app-web` changed"), "{reasons}");

    // A library: those that call it, and no other.
    let naming = "crates/naming/src/lib.rs";
    let (stacks, reasons) = house.reached(naming, "of {name}", "for {name}");
    assert_eq!(stacks, ["app.api.CI", "app.web.CI"]);
    assert!(reasons.contains("code of `naming` changed") && !reasons.contains("code of `app"), "{reasons}");

    // An edit after which everything has the same bytes is cut off, and that is said.
    let (stacks, _) = house.reached(naming, "format!(\"for {name}\")", "[\"for \", name].concat()");
    assert_eq!(stacks, [""; 0]);
    let said = house.says("explain --not app.web.CI --since HEAD~1");
    assert!(said.contains("code of `naming` changed") && said.contains("same bytes"), "{said}");

    // The body of a named pure function: its plan holds the digest of it.
    let (stacks, _) = house.reached("projects/app/alone/src/lib.rs", "to_uppercase", "to_lowercase");
    assert_eq!(stacks, ["app.alone.CI"]);

    // A resource behind an output whose value stays: whoever reads it is not reached, nor who only comes after it.
    let (stacks, _) = house.reached(NETWORK, "example {}", "network {}");
    assert_eq!(stacks, ["example.network.CI", "example.network.QA"]);
    let said = house.says("explain --not app.web.CI app.alone.CI --since HEAD~1");
    let ends = "`example.network.CI` changes, but the 1 output that it reads of it does not";
    let order = "`example.network.CI` changes, and it reads nothing of it, but only comes after it";
    assert!(said.contains(ends) && said.contains(order), "{said}");

    // One whose value becomes another: its readers are reached, too.
    let (stacks, reasons) = house.reached(NETWORK, "Vpc::new(\"main\")", "Vpc::new(\"core\")");
    assert_eq!(stacks, ["app.web.CI", "example.network.CI", "example.network.QA"]);
    assert!(reasons.contains("output example.network.CI:vpc_id changes"), "{reasons}");

    // Without a record, digests of code are compared: whoever has other code, and whoever reads them.
    fs::remove_dir_all(house.root.join(".groundplan/cache")).expect("is removed");
    let (bound, reasons, exact) = house.affected();
    assert_eq!((bound, exact), (stacks, false));
    assert!(reasons.contains("code of `example-network` changed"), "{reasons}");

    // A runner that is older than its sources says so, and does not answer what has changed.
    house.edit(naming, "for ", "of ");
    assert!(house.says("preview").contains("E0707"));
    let output = house.run("affected --changed-since HEAD~1");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("E0760"), "{said}");
}
