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
        resources.extend(plans.iter().map(|plan| kept(plan, &format!("{plan}.json"))));
        resources.extend(plans.iter().map(|plan| kept(&approved(plan), &approved(plan))));
        jobs.push(plan_job(stage, &plans, before.as_deref(), settings));
        jobs.push(approve_job(stage, &plans, settings));
        jobs.push(apply_job(stage, &plans, settings));
        before = Some(format!("apply-{}", stage.name));
    }
    jobs.push(done(before.as_deref(), settings));
    let mut remark = vec![
        "Written by `runner pipeline concourse`: not to be edited, but written anew.".to_owned(),
        "An `approve` job is started by a person, for the plans that its inputs show. It says their digests, and what is \
         applied has these digests, or is refused."
            .to_owned(),
    ];
    let late = pipeline.late.iter();
    remark.extend(late.map(|(stack, environment)| format!("{stack} is applied with {environment}, which it reads.")));
    document(&remark, &map([("resources", Yaml::List(resources)), ("jobs", Yaml::List(jobs))]))
}

fn plans(stage: &Stage) -> Vec<String> {
    (1..=stage.shards.len()).map(|number| format!("plan-{}-{number}", stage.name)).collect()
}

/// What holds the digest of a plan that was approved.
fn approved(plan: &str) -> String {
    plan.replacen("plan-", "approved-", 1)
}

fn code(settings: &Settings) -> Yaml {
    let source = map([("uri", "((code.uri))".into()), ("branch", settings.branch.as_str().into())]);
    map([("name", "code".into()), ("type", "git".into()), ("source", source)])
}

/// Where a plan, or its digest, is kept between two jobs: each version of the file is one of them.
fn kept(name: &str, file: &str) -> Yaml {
    let source = map([
        ("bucket", "((plans.bucket))".into()),
        ("region_name", "((plans.region))".into()),
        ("access_key_id", "((plans.access_key_id))".into()),
        ("secret_access_key", "((plans.secret_access_key))".into()),
        ("versioned_file", file.into()),
    ]);
    map([("name", name.into()), ("type", "s3".into()), ("source", source)])
}

fn task(name: &str, inputs: &[&str], outputs: &[&str], script: String, settings: &Settings) -> Yaml {
    let named = |names: &[&str]| Yaml::List(names.iter().map(|name| map([("name", (*name).into())])).collect());
    let params = settings.secrets.iter().map(|name| (name.clone(), format!("(({name}))").into()));
    let params = params.chain(Settings::tier(&settings.secrets, "main")).collect();
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
        let put = put(plan, &format!("{out}/{plan}.json"));
        map([("do", Yaml::List(vec![task(plan, &["code"], &[&out], script, settings), put]))])
    });
    let shards = map([("in_parallel", Yaml::List(shards.collect()))]);
    job(&format!("plan-{}", stage.name), vec![get_code(before, true), shards])
}

/// Started by a person, who has seen the plans: what they approve are the digests.
fn approve_job(stage: &Stage, plans: &[String], settings: &Settings) -> Yaml {
    let planned = format!("plan-{}", stage.name);
    let mut inputs = vec![get_code(Some(&planned), false)];
    inputs.extend(plans.iter().map(|plan| get(plan, &planned, false)));
    let runner = settings.command();
    let shards = plans.iter().map(|plan| {
        let (approved, out) = (approved(plan), format!("{}-made", approved(plan)));
        // A file whose digest is not that of its bytes is not shown, but refused.
        let script = format!(
            "plan=$PWD/{plan}/{plan}.json\napproved=$PWD/{out}/{approved}\ncd code\n{runner} preview --plan \"$plan\"\n\
             jq -er .digest \"$plan\" >\"$approved\"\necho \"approved: $(cat \"$approved\")\""
        );
        let put = put(&approved, &format!("{out}/{approved}"));
        map([("do", Yaml::List(vec![task(&approved, &["code", plan], &[&out], script, settings), put]))])
    });
    let steps = vec![map([("in_parallel", Yaml::List(inputs))]), map([("in_parallel", Yaml::List(shards.collect()))])];
    job(&format!("approve-{}", stage.name), steps)
}

/// Applies what was approved, or refuses what has another digest.
fn apply_job(stage: &Stage, plans: &[String], settings: &Settings) -> Yaml {
    let gate = format!("approve-{}", stage.name);
    let mut inputs = vec![get_code(Some(&gate), false)];
    inputs.extend(plans.iter().flat_map(|plan| [get(plan, &gate, false), get(&approved(plan), &gate, true)]));
    let tasks = plans.iter().map(|plan| {
        let approved = approved(plan);
        let script = format!(
            "plan=$PWD/{plan}/{plan}.json\ndigest=$(cat {approved}/{approved})\ncd code\n\
             {} up --plan \"$plan\" --approve \"$digest\" --wait",
            settings.command()
        );
        task(&format!("apply-{plan}"), &["code", plan, &approved], &[], script, settings)
    });
    let steps = vec![
        map([("in_parallel", Yaml::List(inputs))]),
        map([("in_parallel", map([("fail_fast", false.into()), ("steps", Yaml::List(tasks.collect()))]))]),
    ];
    job(&format!("apply-{}", stage.name), steps)
}

fn get(name: &str, passed: &str, trigger: bool) -> Yaml {
    map([("get", name.into()), ("passed", vec![passed].into()), ("trigger", trigger.into())])
}

fn put(name: &str, file: &str) -> Yaml {
    map([("put", name.into()), ("params", map([("file", file.into())]))])
}

/// Green only if nothing is left to do.
fn done(before: Option<&str>, settings: &Settings) -> Yaml {
    let script = format!("cd code\n{} preview --detailed-exitcode", settings.command());
    job("done", vec![get_code(before, true), task("nothing-is-left", &["code"], &[], script, settings)])
}

fn job(name: &str, steps: Vec<Yaml>) -> Yaml {
    map([("name", name.into()), ("serial", true.into()), ("plan", Yaml::List(steps))])
}
