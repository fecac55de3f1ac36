//! Pipelines of the real organisation: valid, current, and what their jobs run does what it says.

use std::process::Command;

use serde_json::Value;

use crate::support::{World, ran};

/// A YAML file as JSON, read by somebody else's parser; none where there is none.
fn parsed(world: &World, file: &str) -> Option<Value> {
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let output = Command::new("python3").args(["-c", script]).arg(world.path(file)).output().ok()?;
    if String::from_utf8_lossy(&output.stderr).contains("No module named") {
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("is JSON"))
}

#[test]
fn a_pipeline_is_written_and_is_current_until_the_graph_changes() {
    let Some(world) = World::fresh() else { return };
    for system in ["github", "concourse"] {
        let file = format!("{system}.yml");
        world.run(&format!("pipeline {system} --out {file}")).ok();
        assert_eq!(world.run(&format!("pipeline {system}")).ok().out, world.read(&file), "the same bytes");
        world.run(&format!("pipeline {system} --out {file} --check")).ok();
        let Some(yaml) = parsed(&world, &file) else { continue };
        assert_eq!(yaml.to_string().matches("infrastructure.aws.network.QA").count(), 1, "each stack has one place");
    }
    world.remove("projects/infrastructure/aws/kms/stacks/QA.toml");
    world.run("pipeline github --out github.yml --check").ends(10).says([
        "[E0474]",
        "`github.yml` is not the pipeline of this workspace any more",
        "`runner pipeline github --out github.yml`",
    ]);
    world.run("pipeline github --check").ends(64);
    assert!(!world.has_state());
}

/// Runs the scripts of the workflow's jobs for a push in their order, with what GitHub puts in their places: artefacts are
/// files, outputs are texts, and the runner is the one of this build.
struct Actions<'a> {
    world: &'a World,
    jobs: &'a serde_json::Map<String, Value>,
    /// Outputs of jobs: job, name, text.
    outputs: Vec<(String, String, String)>,
}

impl Actions<'_> {
    fn run(&mut self, job: &str) {
        let declared = &self.jobs[job];
        for need in declared["needs"].as_array().into_iter().flatten() {
            assert!(self.outputs.iter().any(|(done, ..)| Some(done.as_str()) == need.as_str()), "{job} is too early");
        }
        for step in declared["steps"].as_array().expect("steps").iter().filter(|step| step["run"].is_string()) {
            let script = step["run"]
                .as_str()
                .expect("a script")
                .replace("cargo run --locked --quiet -p runner --", "\"$RUNNER\"");
            let mut command = Command::new("bash");
            command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(self.world.path(""));
            command.env("RUNNER", env!("CARGO_BIN_EXE_runner")).env_remove("GROUNDPLAN_IDENTITY");
            for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
                command.env(name, self.world.path(name));
            }
            for (name, text) in step["env"].as_object().into_iter().flatten() {
                command.env(name, self.filled(text.as_str().expect("a text")));
            }
            self.world.write("GITHUB_OUTPUT", "");
            ran(job, command).ok();
            for line in self.world.read("GITHUB_OUTPUT").lines() {
                let (name, text) = line.split_once('=').expect("name=text");
                self.outputs.push((format!("{job}/steps"), name.to_owned(), text.to_owned()));
            }
        }
        let own = |text: &str| {
            let name = text.trim_start_matches("${{ steps.plan.outputs.").trim_end_matches(" }}");
            let found = self.outputs.iter().find(|(of, known, _)| *of == format!("{job}/steps") && known == name);
            found.map_or_else(|| self.filled(text), |(.., text)| text.clone())
        };
        let given: Vec<_> = declared["outputs"].as_object().into_iter().flatten().collect();
        let given: Vec<_> =
            given.into_iter().map(|(name, text)| (name.clone(), own(text.as_str().expect("text")))).collect();
        self.outputs.push((job.to_owned(), String::new(), String::new()));
        self.outputs.extend(given.into_iter().map(|(name, text)| (job.to_owned(), name, text)));
    }

    /// A text with the outputs of other jobs in it.
    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (job, name, output) in &self.outputs {
            text = text.replace(&format!("${{{{ needs.{job}.outputs.{name} }}}}"), output);
        }
        assert!(!text.contains("needs."), "something is not known: {text}");
        text
    }
}

#[test]
fn the_jobs_of_the_workflow_bring_the_organisation_up_as_one_run_does() {
    let Some(world) = World::fresh() else { return };
    if Command::new("jq").arg("--version").output().is_err() {
        return;
    }
    world.run("pipeline github --out github.yml").ok();
    let Some(yaml) = parsed(&world, "github.yml") else { return };
    let jobs = yaml["jobs"].as_object().expect("jobs");
    let mut actions = Actions { world: &world, jobs, outputs: Vec::new() };
    // In the order in which they wait for one another.
    let mut open: Vec<&String> = jobs.keys().filter(|job| !["preview", "done"].contains(&job.as_str())).collect();
    while !open.is_empty() {
        let done: Vec<String> = actions.outputs.iter().map(|(job, ..)| job.clone()).collect();
        let ready = |job: &&&String| {
            jobs[job.as_str()]["needs"].as_array().into_iter().flatten().all(|need| done.iter().any(|one| need == one))
        };
        let job = (*open.iter().find(ready).expect("one is ready")).clone();
        open.retain(|other| **other != job);
        actions.run(&job);
    }
    world.is_whole();
    world.run("preview --detailed-exitcode").ok().says(["nothing to do"]);
    assert_eq!(world.resources().len(), World::applied().expect("the organisation").resources().len());

    // A plan that was not approved is not applied.
    world.edit(crate::support::NETWORK, "10.6.0.0/16", "10.77.0.0/16");
    let plan = jobs.keys().find(|job| job.starts_with("plan-qa")).expect("a plan").clone();
    let apply = plan.replace("plan-", "apply-");
    let old =
        actions.outputs.iter().find(|(job, name, _)| *job == plan && name == "digest").expect("a digest").2.clone();
    world.run(&format!("preview infrastructure.aws.network.QA --out {plan}.json")).ok();
    world.run(&format!("up --plan {plan}.json --approve {old}")).ends(50).says(["[E0470]"]);
    assert!(jobs[&apply].to_string().contains(&format!("up --plan {plan}.json --approve")));
}

/// Two machines apply a shard each, at the same time.
#[test]
fn two_runners_at_once_end_where_one_does() {
    let Some(world) = World::fresh() else { return };
    world.run("pipeline github --out github.yml").ok();
    let ci = |name: &str| world.start(name, &format!("up infrastructure.aws.{name}.CI --yes --wait"));
    let (mut one, mut other) = (ci("network"), ci("kms"));
    assert!(one.wait().expect("ends").success(), "{}", world.read("network.err"));
    assert!(other.wait().expect("ends").success(), "{}", world.read("kms.err"));
    // Both at the rest, of which each stack goes to whoever is first.
    let mut rest = [
        world.start("first", "up --env CI --with-upstream --yes --wait"),
        world.start("second", "up --env CI --with-upstream --yes --wait"),
    ];
    for (child, name) in rest.iter_mut().zip(["first", "second"]) {
        assert!(child.wait().expect("ends").success(), "{}", world.read(&format!("{name}.err")));
    }
    world.is_whole();
    world.run("preview --env CI --with-upstream --detailed-exitcode").ok().says(["nothing to do"]);
    let calls = world.calls();
    let made = calls.iter().filter(|call| call.action == "create" && call.outcome == "ok").count();
    assert_eq!(made, world.objects().len(), "everything was made once");
}
