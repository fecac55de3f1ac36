//! A pipeline of Concourse.

use crate::yaml::{Yaml, document, map};
use crate::{Pipeline, Settings, Stage};

/// The pipeline as YAML. Where things are is left to its variables: `((code.uri))`, `((plans.bucket))`, `((image))`.
pub fn concourse(pipeline: &Pipeline, settings: &Settings) -> String {
    let mut resources = vec![code(settings)];
    let mut jobs = Vec::new();
    let mut before: Option<String> = None;
    for stage in &pipeline.stages {
        let plans = plans(stage);
        resources.extend(plans.iter().map(|plan| kept(plan)));
        jobs.push(plan_job(stage, &plans, before.as_deref(), settings));
        jobs.push(apply_job(stage, &plans, settings));
        before = Some(format!("apply-{}", stage.name));
    }
    jobs.push(done(before.as_deref(), settings));
    let mut remark = vec![
        "Written by `runner pipeline concourse`: not to be edited, but written anew.".to_owned(),
        "An `apply` job is started by a person, for the plans that its inputs show, and applies these and no others."
            .to_owned(),
    ];
    let late = pipeline.late.iter();
    remark.extend(late.map(|(stack, environment)| format!("{stack} is applied with {environment}, which it reads.")));
    document(&remark, &map([("resources", Yaml::List(resources)), ("jobs", Yaml::List(jobs))]))
}

fn plans(stage: &Stage) -> Vec<String> {
    (1..=stage.shards.len()).map(|number| format!("plan-{}-{number}", stage.name)).collect()
}

fn code(settings: &Settings) -> Yaml {
    let source = map([("uri", "((code.uri))".into()), ("branch", settings.branch.as_str().into())]);
    map([("name", "code".into()), ("type", "git".into()), ("source", source)])
}

/// Where a plan is kept between its job and the one that applies it: each version of the file is one plan.
fn kept(plan: &str) -> Yaml {
    let source = map([
        ("bucket", "((plans.bucket))".into()),
        ("region_name", "((plans.region))".into()),
        ("access_key_id", "((plans.access_key_id))".into()),
        ("secret_access_key", "((plans.secret_access_key))".into()),
        ("versioned_file", format!("{plan}.json").into()),
    ]);
    map([("name", plan.into()), ("type", "s3".into()), ("source", source)])
}

fn task(name: &str, inputs: &[&str], outputs: &[&str], script: String, settings: &Settings) -> Yaml {
    let named = |names: &[&str]| Yaml::List(names.iter().map(|name| map([("name", (*name).into())])).collect());
    let params = settings.secrets.iter().map(|name| (name.clone(), format!("(({name}))").into())).collect();
    let image = map([("type", "registry-image".into()), ("source", map([("repository", "((image))".into())]))]);
    let args: Vec<Yaml> = vec!["-euo".into(), "pipefail".into(), "-c".into(), script.into()];
    let run = map([("path", "bash".into()), ("args", Yaml::List(args))]);
    let config = map([
        ("platform", "linux".into()),
        ("image_resource", image),
        ("inputs", named(inputs)),
        ("outputs", named(outputs)),
        ("params", Yaml::Map(params)),
        ("run", run),
    ]);
    map([("task", name.into()), ("config", config)])
}

fn get_code(passed: Option<&str>, trigger: bool) -> Yaml {
    let passed = passed.map(|job| ("passed".to_owned(), vec![job].into()));
    let head = [("get".to_owned(), "code".into())];
    Yaml::Map(head.into_iter().chain(passed).chain([("trigger".to_owned(), trigger.into())]).collect())
}

fn plan_job(stage: &Stage, plans: &[String], before: Option<&str>, settings: &Settings) -> Yaml {
    let runner = settings.command();
    let shards = stage.shards.iter().zip(plans).map(|(shard, plan)| {
        let out = format!("{plan}-made");
        let script = format!(
            "file=$PWD/{out}/{plan}.json\ncd code\n{runner} preview {} --out \"$file\"\n{runner} preview --plan \"$file\"",
            shard.join(" ")
        );
        let put = map([("put", plan.as_str().into()), ("params", map([("file", format!("{out}/{plan}.json").into())]))]);
        map([("do", Yaml::List(vec![task(plan, &["code"], &[&out], script, settings), put]))])
    });
    let shards = map([("in_parallel", Yaml::List(shards.collect()))]);
    job(&format!("plan-{}", stage.name), vec![get_code(before, true), shards])
}

/// Started by a person, who has seen the plans.
fn apply_job(stage: &Stage, plans: &[String], settings: &Settings) -> Yaml {
    let planned = format!("plan-{}", stage.name);
    let mut inputs = vec![get_code(Some(&planned), false)];
    inputs.extend(plans.iter().map(|plan| {
        map([("get", plan.as_str().into()), ("passed", vec![planned.as_str()].into()), ("trigger", false.into())])
    }));
    let tasks = plans.iter().map(|plan| {
        let script =
            format!("plan=$PWD/{plan}/{plan}.json\ncd code\n{} up --plan \"$plan\" --yes --wait", settings.command());
        task(&format!("apply-{plan}"), &["code", plan], &[], script, settings)
    });
    let steps = vec![
        map([("in_parallel", Yaml::List(inputs))]),
        map([("in_parallel", map([("fail_fast", false.into()), ("steps", Yaml::List(tasks.collect()))]))]),
    ];
    job(&format!("apply-{}", stage.name), steps)
}

/// Green only if nothing is left to do.
fn done(before: Option<&str>, settings: &Settings) -> Yaml {
    let script = format!("cd code\n{} preview --detailed-exitcode", settings.command());
    job("done", vec![get_code(before, true), task("nothing-is-left", &["code"], &[], script, settings)])
}

fn job(name: &str, steps: Vec<Yaml>) -> Yaml {
    map([("name", name.into()), ("serial", true.into()), ("plan", Yaml::List(steps))])
}
