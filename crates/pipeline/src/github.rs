//! A workflow of GitHub Actions.

use crate::yaml::{Yaml, document, map};
use crate::{Pipeline, Settings, Stage};

/// Only GitHub's own actions: nobody else's code sees the keys.
const CHECKOUT: &str = "actions/checkout@v4";
const UPLOAD: &str = "actions/upload-artifact@v4";
const DOWNLOAD: &str = "actions/download-artifact@v4";

/// Only these commits are applied.
const PUSHED: &str = "github.event_name != 'pull_request'";

/// Finds the comment of an earlier run by its first line, and writes it anew.
const COMMENT: &str = r#"
mine=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" \
  --jq '.[] | select(.body | startswith("<!-- groundplan preview -->")) | .id' | head -n 1)
if [ -n "$mine" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$mine" -F body=@preview.md
else
  gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" -F body=@preview.md
fi
"#;

/// The workflow as YAML.
pub fn github(pipeline: &Pipeline, settings: &Settings) -> String {
    let mut jobs = vec![("preview".to_owned(), preview(settings))];
    let mut before: Vec<String> = Vec::new();
    for stage in &pipeline.stages {
        let id = id(&stage.name);
        let numbers = 1..=stage.shards.len();
        let plans: Vec<String> = numbers.clone().map(|number| format!("plan-{id}-{number}")).collect();
        for (shard, plan) in stage.shards.iter().zip(&plans) {
            jobs.push((plan.clone(), plan_job(shard, plan, &before, settings)));
        }
        jobs.push((format!("approve-{id}"), approve(stage, &plans, settings)));
        before = numbers.map(|number| format!("apply-{id}-{number}")).collect();
        for (number, (plan, apply)) in plans.iter().zip(&before).enumerate() {
            jobs.push((apply.clone(), apply_job(plan, &id, number + 1, settings)));
        }
    }
    if !before.is_empty() {
        jobs.push(("nothing-is-left".to_owned(), nothing_is_left(&before, settings)));
    }
    let all: Vec<String> = jobs.iter().map(|(name, _)| name.clone()).collect();
    jobs.push(("done".to_owned(), done(&all, settings)));
    let branches: Vec<Yaml> = vec![settings.branch.as_str().into()];
    let workflow = map([
        ("name", "groundplan".into()),
        ("on", map([("pull_request", map([])), ("push", map([("branches", Yaml::List(branches))]))])),
        ("permissions", map([("contents", "read".into())])),
        (
            "concurrency",
            map([
                ("group", "groundplan-${{ github.event.pull_request.number || github.ref }}".into()),
                // A run that applies is finished; the next one waits for it.
                ("cancel-in-progress", "${{ github.event_name == 'pull_request' }}".into()),
            ]),
        ),
        ("defaults", map([("run", map([("shell", "bash".into())]))])),
        ("jobs", Yaml::Map(jobs)),
    ]);
    let mut remark = vec!["Written by `runner pipeline github`: not to be edited, but written anew.".to_owned()];
    let late = pipeline.late.iter();
    remark.extend(late.map(|(stack, environment)| format!("{stack} is applied with {environment}, which it reads.")));
    document(&remark, &workflow)
}

/// The name of a job may have letters, digits, `-` and `_`.
fn id(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

fn job(settings: &Settings, head: Vec<(&str, Yaml)>, steps: Vec<Yaml>) -> Yaml {
    let empty =
        |value: &Yaml| matches!(value, Yaml::Map(pairs) if pairs.is_empty()) || *value == Yaml::List(Vec::new());
    let head = head.into_iter().filter(|(_, value)| !empty(value));
    let mut pairs: Vec<(String, Yaml)> = head.map(|(key, value)| (key.to_owned(), value)).collect();
    pairs.push(("runs-on".to_owned(), settings.runs_on.as_str().into()));
    pairs.push(("steps".to_owned(), Yaml::List(steps)));
    Yaml::Map(pairs)
}

fn secrets(names: &[String], tier: &str) -> Yaml {
    let secrets = names.iter().map(|name| (name.clone(), format!("${{{{ secrets.{name} }}}}").into()));
    Yaml::Map(secrets.chain(Settings::tier(names, tier)).collect())
}

fn checkout() -> Yaml {
    // The whole history: what changed is told against the branch.
    map([("uses", CHECKOUT.into()), ("with", map([("fetch-depth", Yaml::Bare("0"))]))])
}

fn run(name: &str, env: Vec<(&str, String)>, script: String) -> Yaml {
    let env: Vec<(String, Yaml)> = env.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    let env = (!env.is_empty()).then(|| ("env".to_owned(), Yaml::Map(env)));
    let head = [("name".to_owned(), name.into())];
    Yaml::Map(head.into_iter().chain(env).chain([("run".to_owned(), script.into())]).collect())
}

/// One preview of what a pull request moves, as one comment.
fn preview(settings: &Settings) -> Yaml {
    let runner = settings.command();
    let base = || vec![("BASE", "${{ github.event.pull_request.base.sha }}".to_owned())];
    let affected = format!("{runner} affected --changed-since \"$BASE\" | tee -a \"$GITHUB_STEP_SUMMARY\"");
    let preview = format!(
        "{runner} preview --changed-since \"$BASE\" --format markdown >preview.md\n\
         cat preview.md >>\"$GITHUB_STEP_SUMMARY\""
    );
    let number = "${{ github.event.pull_request.number }}".to_owned();
    let env = vec![("GH_TOKEN", "${{ github.token }}".to_owned()), ("NUMBER", number.clone())];
    let head = vec![
        ("if", "github.event_name == 'pull_request'".into()),
        ("permissions", map([("contents", "read".into()), ("pull-requests", "write".into())])),
        ("env", secrets(&settings.preview_secrets, &format!("pull-request/{number}"))),
    ];
    let steps = vec![
        checkout(),
        run("What is affected", base(), affected),
        run("Preview", base(), preview),
        run("Comment", env, COMMENT.trim().to_owned()),
    ];
    job(settings, head, steps)
}

fn plan_job(shard: &[String], plan: &str, before: &[String], settings: &Settings) -> Yaml {
    let runner = settings.command();
    let script = format!(
        "digest=$({runner} preview $STACKS --out {plan}.json --json | jq -r 'select(.event == \"saved\").digest')\n\
         {runner} preview --plan {plan}.json --format markdown >>\"$GITHUB_STEP_SUMMARY\"\n\
         echo \"digest=$digest\" >>\"$GITHUB_OUTPUT\""
    );
    let mut plan_step = match run("Plan", vec![("STACKS", shard.join(" "))], script) {
        Yaml::Map(pairs) => pairs,
        _ => Vec::new(),
    };
    plan_step.insert(0, ("id".to_owned(), "plan".into()));
    let upload = map([
        ("uses", UPLOAD.into()),
        (
            "with",
            map([
                ("name", plan.into()),
                ("path", format!("{plan}.json").into()),
                ("if-no-files-found", "error".into()),
            ]),
        ),
    ]);
    let head = vec![
        ("if", PUSHED.into()),
        ("needs", before.to_vec().into()),
        ("outputs", map([("digest", "${{ steps.plan.outputs.digest }}".into())])),
        ("env", secrets(&settings.secrets, "main")),
    ];
    job(settings, head, vec![checkout(), Yaml::Map(plan_step), upload])
}

/// Waits for whoever GitHub is told has to approve what is done to the environment: what they approve are the digests.
fn approve(stage: &Stage, plans: &[String], settings: &Settings) -> Yaml {
    let digest = |plan: &String| format!("${{{{ needs.{plan}.outputs.digest }}}}");
    let digests: Vec<String> = plans.iter().map(digest).collect();
    let outputs = digests.iter().enumerate().map(|(at, digest)| (format!("digest-{}", at + 1), digest.as_str().into()));
    let script = "for digest in $DIGESTS; do echo \"approved: $digest\" | tee -a \"$GITHUB_STEP_SUMMARY\"; done";
    let head = vec![
        ("name", format!("approve {} {}", stage.name, digests.join(" ")).into()),
        ("if", PUSHED.into()),
        ("needs", plans.to_vec().into()),
        ("environment", stage.environment.as_str().into()),
        ("outputs", Yaml::Map(outputs.collect())),
    ];
    job(settings, head, vec![run("Approved", vec![("DIGESTS", digests.join(" "))], script.to_owned())])
}

fn apply_job(plan: &str, stage: &str, number: usize, settings: &Settings) -> Yaml {
    let download = map([("uses", DOWNLOAD.into()), ("with", map([("name", plan.into())]))]);
    let script = format!("{} up --plan {plan}.json --approve \"$DIGEST\" --wait", settings.command());
    let digest = format!("${{{{ needs.approve-{stage}.outputs.digest-{number} }}}}");
    let head = vec![
        ("if", PUSHED.into()),
        ("needs", vec![plan.to_owned(), format!("approve-{stage}")].into()),
        ("env", secrets(&settings.secrets, "main")),
    ];
    job(settings, head, vec![checkout(), download, run("Apply", vec![("DIGEST", digest)], script)])
}

/// Looks at everything once all was applied, and so leaves a record of the commit, by which a pull request is told
/// exactly what it moves.
fn nothing_is_left(before: &[String], settings: &Settings) -> Yaml {
    let script = format!("{} preview --detailed-exitcode", settings.command());
    let head =
        vec![("if", PUSHED.into()), ("needs", before.to_vec().into()), ("env", secrets(&settings.secrets, "main"))];
    job(settings, head, vec![checkout(), run("Nothing is left to do", Vec::new(), script)])
}

/// The one check that a branch is protected by: green only if everything was planned, and everything planned was done.
fn done(all: &[String], settings: &Settings) -> Yaml {
    let script = r#"
if [ "$EVENT" = pull_request ]; then
  jq -e '.preview.result == "success"' <<<"$NEEDS"
else
  jq -e 'del(.preview) | all(.result == "success")' <<<"$NEEDS"
  jq -e 'with_entries(select(.key | startswith("plan-"))) | all(.outputs.digest | test("^[0-9a-f]{64}$"))' <<<"$NEEDS"
fi
"#;
    let env = vec![("EVENT", "${{ github.event_name }}".to_owned()), ("NEEDS", "${{ toJSON(needs) }}".to_owned())];
    let head = vec![("if", "always()".into()), ("needs", all.to_vec().into())];
    job(settings, head, vec![run("Everything was planned and done", env, script.trim().to_owned())])
}
