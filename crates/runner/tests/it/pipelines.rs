//! Pipelines of the real organisation: valid, current, and what their jobs run does what it says.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::support::{World, ran};
use crate::yaml::parse;

/// What stands for the runner in a job.
const RUNNER: &str = "cargo run --locked --quiet -p runner --";

/// The pipeline of the workspace for a system.
fn pipeline(world: &World, system: &str) -> Value {
    parse(&world.run(&format!("pipeline {system}")).ok().out)
}

/// Runs the script of a job with the runner of this build, in the directory that a job starts in.
fn bash(script: &str) -> Command {
    let jq = Command::new("jq").arg("--version").output();
    assert!(jq.is_ok(), "the jobs of pipelines use jq, which is not here: `apt-get install jq`");
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script.replace(RUNNER, "\"$RUNNER\"")]);
    command.env("RUNNER", env!("CARGO_BIN_EXE_runner")).env_remove("GROUNDPLAN_IDENTITY");
    command
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().expect("a text")).collect()
}

#[test]
fn a_pipeline_is_written_and_is_current_until_the_graph_changes() {
    let Some(world) = World::fresh() else { return };
    for system in ["github", "concourse"] {
        let file = format!("{system}.yml");
        world.run(&format!("pipeline {system} --out {file}")).ok();
        assert_eq!(world.run(&format!("pipeline {system}")).ok().out, world.read(&file), "the same bytes");
        world.run(&format!("pipeline {system} --out {file} --check")).ok();
        let yaml = parse(&world.read(&file));
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
    jobs: &'a Map<String, Value>,
    /// Outputs of jobs that are done, by job and name.
    outputs: BTreeMap<String, BTreeMap<String, String>>,
}

impl Actions<'_> {
    fn run(&mut self, job: &str) {
        let declared = &self.jobs[job];
        let mut said: BTreeMap<String, String> = BTreeMap::new();
        for step in declared["steps"].as_array().expect("steps").iter().filter(|step| step["run"].is_string()) {
            let mut command = bash(step["run"].as_str().expect("a script"));
            command.current_dir(self.world.path(""));
            for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
                command.env(name, self.world.path(name));
            }
            for (name, text) in step["env"].as_object().into_iter().flatten() {
                command.env(name, self.filled(text.as_str().expect("a text")));
            }
            self.world.write("GITHUB_OUTPUT", "");
            ran(job, command).ok();
            let lines = self.world.read("GITHUB_OUTPUT");
            let pairs = lines.lines().map(|line| line.split_once('=').expect("name=text"));
            said.extend(pairs.map(|(name, text)| (name.to_owned(), text.to_owned())));
        }
        let given = declared["outputs"].as_object().into_iter().flatten().map(|(name, text)| {
            let text = text.as_str().expect("a text");
            let own = text.strip_prefix("${{ steps.plan.outputs.").and_then(|rest| rest.strip_suffix(" }}"));
            (name.clone(), own.map_or_else(|| self.filled(text), |own| said[own].clone()))
        });
        let given = given.collect();
        self.outputs.insert(job.to_owned(), given);
    }

    /// A text with the outputs of other jobs in it.
    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (job, outputs) in &self.outputs {
            for (name, output) in outputs {
                text = text.replace(&format!("${{{{ needs.{job}.outputs.{name} }}}}"), output);
            }
        }
        assert!(!text.contains("needs."), "something is not known: {text}");
        text
    }
}

#[test]
fn the_jobs_of_the_workflow_bring_the_organisation_up_as_one_run_does() {
    let Some(world) = World::fresh() else { return };
    let yaml = pipeline(&world, "github");
    let jobs = yaml["jobs"].as_object().expect("jobs");
    let mut actions = Actions { world: &world, jobs, outputs: BTreeMap::new() };
    // In the order in which they wait for one another.
    let mut open: Vec<&String> = jobs.keys().filter(|job| !["preview", "done"].contains(&job.as_str())).collect();
    while !open.is_empty() {
        let ready =
            |job: &&&String| texts(&jobs[**job]["needs"]).iter().all(|need| actions.outputs.contains_key(*need));
        let job = (*open.iter().find(ready).expect("one is ready")).clone();
        open.retain(|other| **other != job);
        actions.run(&job);
    }
    is_up(&world);

    // A plan that was not approved is not applied.
    world.edit(crate::support::NETWORK, "10.6.0.0/16", "10.77.0.0/16");
    let plan = jobs.keys().find(|job| job.starts_with("plan-qa")).expect("a plan").clone();
    let apply = plan.replace("plan-", "apply-");
    let old = &actions.outputs[&plan]["digest"];
    world.run(&format!("preview infrastructure.aws.network.QA --out {plan}.json")).ok();
    world.run(&format!("up --plan {plan}.json --approve {old}")).ends(50).says(["[E0470]"]);
    assert!(jobs[&apply].to_string().contains(&format!("up --plan {plan}.json --approve")));
}

/// Everything is there, once, and nothing is left to do.
#[track_caller]
fn is_up(world: &World) {
    world.is_whole();
    world.run("preview --detailed-exitcode").ok().says(["nothing to do"]);
    assert_eq!(world.resources().len(), World::applied().expect("the organisation").resources().len());
}

#[test]
fn no_green_without_plans_that_were_executed() {
    let Some(world) = World::fresh() else { return };
    let yaml = pipeline(&world, "github");
    let done = &yaml["jobs"]["done"];
    assert_eq!(done["if"], "always()", "a job that is skipped counts as success on GitHub");
    let needs = texts(&done["needs"]);
    let script = done["steps"][0]["run"].as_str().expect("a script");
    let digest = "ab".repeat(32);
    // What GitHub says of the jobs after a push, with something else of one of them.
    let after_push = |job: &str, result: &str, said: &str| {
        let of = |name: &&str| {
            let (result, said) = if *name == job { (result, said) } else { ("success", &*digest) };
            let result = if *name == "preview" { "skipped" } else { result };
            let outputs = if name.starts_with("plan-") { json!({ "digest": said }) } else { json!({}) };
            ((*name).to_owned(), json!({ "result": result, "outputs": outputs }))
        };
        Value::Object(needs.iter().map(of).collect())
    };
    let is_green = |event: &str, needs: &Value| {
        let mut command = bash(script);
        command.env("EVENT", event).env("NEEDS", needs.to_string()).current_dir(world.path(""));
        ran("done", command).code == Some(0)
    };
    assert!(is_green("push", &after_push("", "", "")));
    for job in needs.iter().filter(|job| **job != "preview") {
        for result in ["skipped", "cancelled", "failure"] {
            assert!(!is_green("push", &after_push(job, result, &digest)), "{job} {result}");
        }
    }
    for plan in needs.iter().filter(|job| job.starts_with("plan-")) {
        for nothing in ["", "null", "none"] {
            assert!(!is_green("push", &after_push(plan, "success", nothing)), "{plan} `{nothing}`");
        }
    }
    // A pull request has a preview and nothing else.
    for (result, green) in [("success", true), ("skipped", false), ("cancelled", false), ("failure", false)] {
        let of = |name: &&str| ((*name).to_owned(), json!({ "result": "skipped", "outputs": {} }));
        let mut needs: Map<String, Value> = needs.iter().map(of).collect();
        needs["preview"]["result"] = result.into();
        assert_eq!(is_green("pull_request", &Value::Object(needs)), green, "a preview with {result}");
    }
}

/// The bytes of something that was put, and the jobs that have passed with it.
type Version = (Vec<u8>, Vec<String>);

/// Plays Concourse: runs jobs with the newest versions of what they get, as far as those passed the jobs that they have
/// to have passed, and keeps what they put.
struct Concourse<'a> {
    world: &'a World,
    jobs: Vec<&'a Value>,
    /// What was put, oldest first.
    versions: BTreeMap<String, Vec<Version>>,
}

impl Concourse<'_> {
    fn job(&self, name: &str) -> &Value {
        self.jobs.iter().find(|job| job["name"] == name).unwrap_or_else(|| panic!("there is no job {name}"))
    }

    /// Runs a job, and gives the exit codes of its tasks; or `None` where it has nothing to start with.
    fn run(&mut self, name: &str) -> Option<Vec<Option<i32>>> {
        let job = self.job(name).clone();
        let build = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let (mut got, mut codes) = (Vec::new(), Vec::new());
        let mut steps: Vec<Value> = job["plan"].as_array().expect("a plan").clone();
        steps.reverse();
        while let Some(step) = steps.pop() {
            let inner = step["in_parallel"]["steps"].as_array().or(step["in_parallel"].as_array());
            if let Some(inner) = inner.or(step["do"].as_array()) {
                steps.extend(inner.iter().rev().cloned());
            } else if step["get"] == "code" {
                // The workspace stands for the code at any version.
                std::os::unix::fs::symlink(self.world.path(""), build.path().join("code")).expect("is linked");
            } else if let Some(resource) = step["get"].as_str() {
                let versions = self.versions.get(resource)?;
                let passed = texts(&step["passed"]);
                let fits = |(_, jobs): &&Version| passed.iter().all(|job| jobs.iter().any(|one| one == job));
                let (bytes, _) = versions.iter().rev().find(fits)?;
                let file = if resource.starts_with("plan-") { format!("{resource}.json") } else { resource.to_owned() };
                fs::create_dir(build.path().join(resource)).expect("is made");
                fs::write(build.path().join(resource).join(file), bytes).expect("is written");
                got.push((resource.to_owned(), bytes.clone()));
            } else if let Some(task) = step["task"].as_str() {
                let config = &step["config"];
                let named = |list: &Value| -> Vec<String> {
                    let items = list.as_array().into_iter().flatten();
                    items.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
                };
                for input in named(&config["inputs"]) {
                    assert!(build.path().join(&input).exists(), "{name}: {task} has no input {input}");
                }
                for output in named(&config["outputs"]) {
                    fs::create_dir(build.path().join(output)).expect("is made");
                }
                let script = texts(&config["run"]["args"]).last().copied().expect("a script").to_owned();
                let mut command = bash(&script);
                command.current_dir(build.path());
                let ran = ran(task, command);
                codes.push(ran.code);
                if ran.code != Some(0) {
                    break;
                }
            } else {
                let resource = step["put"].as_str().expect("a step");
                let file = build.path().join(step["params"]["file"].as_str().expect("a file"));
                got.push((resource.to_owned(), fs::read(file).expect("the task has made it")));
            }
        }
        if codes.iter().all(|code| *code == Some(0)) {
            for (resource, bytes) in got {
                let versions = self.versions.entry(resource).or_default();
                if versions.iter().all(|(known, _)| *known != bytes) {
                    versions.push((bytes.clone(), Vec::new()));
                }
                let version = versions.iter_mut().find(|(known, _)| *known == bytes).expect("is there");
                version.1.push(name.to_owned());
            }
        }
        Some(codes)
    }
}

#[test]
fn the_jobs_of_concourse_apply_what_was_approved_and_nothing_else() {
    let Some(world) = World::fresh() else { return };
    let yaml = pipeline(&world, "concourse");
    let jobs: Vec<&Value> = yaml["jobs"].as_array().expect("jobs").iter().collect();
    let names: Vec<&str> = jobs.iter().map(|job| job["name"].as_str().expect("a name")).collect();
    let resources: Vec<&Value> = yaml["resources"].as_array().expect("resources").iter().collect();
    let declared = |name: &Value| resources.iter().any(|resource| resource["name"] == *name);
    let mut concourse = Concourse { world: &world, jobs: jobs.clone(), versions: BTreeMap::new() };
    let well = |codes: Option<Vec<Option<i32>>>| codes.is_some_and(|codes| codes.iter().all(|code| *code == Some(0)));

    // Everything that a job gets or puts is declared, and only an approval waits for a person.
    for job in &jobs {
        let name = job["name"].as_str().expect("a name");
        let gets = job["plan"][0]["in_parallel"].as_array().cloned().unwrap_or_else(|| vec![job["plan"][0].clone()]);
        assert!(gets.iter().all(|get| declared(&get["get"])), "{name}: {gets:?}");
        let starts_by_itself = gets.iter().any(|get| get["trigger"] == true);
        assert_eq!(starts_by_itself, !name.starts_with("approve-"), "{name}");
    }
    assert!(!well(concourse.run("done")), "it is not green before anything was done");
    for name in names.iter().filter(|name| **name != "done") {
        if let Some(stage) = name.strip_prefix("approve-") {
            assert_eq!(concourse.run(&format!("apply-{stage}")), None, "{stage}: nothing was approved yet");
        }
        assert!(well(concourse.run(name)), "{name}");
    }
    assert!(well(concourse.run("done")));
    is_up(&world);

    // Somebody plans anew, and nobody approves: what was approved before is done already, and does nothing more.
    world.edit(crate::support::NETWORK, "10.6.0.0/16", "10.77.0.0/16");
    let stage = names.iter().find_map(|name| name.strip_prefix("apply-").filter(|stage| stage.starts_with("QA")));
    let stage = stage.expect("a stage of QA");
    assert!(well(concourse.run(&format!("plan-{stage}"))));
    let before = world.calls().len();
    concourse.run(&format!("apply-{stage}"));
    assert_eq!(world.calls().len(), before, "the new plan was not approved");
    assert!(!well(concourse.run("done")), "it is left to be done");
    // A plan in the place of the one that was approved has another digest.
    let approved: Vec<String> =
        concourse.versions.keys().filter(|name| name.starts_with(&format!("plan-{stage}"))).cloned().collect();
    for plan in &approved {
        let versions = concourse.versions.get_mut(plan).expect("is there");
        let (newest, _) = versions.last().cloned().expect("a plan");
        versions.push((newest, vec![format!("approve-{stage}")]));
    }
    let codes = concourse.run(&format!("apply-{stage}")).expect("it runs");
    assert!(codes.contains(&Some(50)), "{codes:?}");
    assert_eq!(world.calls().len(), before, "nothing was done");
    assert!(well(concourse.run(&format!("approve-{stage}"))) && well(concourse.run(&format!("apply-{stage}"))));
    assert!(world.calls().len() > before);
}

/// Two machines apply a shard each, at the same time.
#[test]
fn two_runners_at_once_end_where_one_does() {
    let Some(world) = World::fresh() else { return };
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
