//! Every stack once, in an order that holds; and texts that do not depend on how one asks.

use std::collections::{BTreeMap, BTreeSet};

use resource::StackName;

use super::*;

fn settings() -> Settings {
    Settings {
        runner: "runner".into(),
        profile: Some("live".into()),
        branch: "main".into(),
        runs_on: "ubuntu-24.04".into(),
        levels: 1,
        shards: 4,
        secrets: vec!["GROUNDPLAN_IDENTITY".into()],
        preview_secrets: Vec::new(),
    }
}

fn environments() -> Vec<String> {
    ["CI", "QA", "Production"].map(str::to_owned).into()
}

type Needs = BTreeMap<StackName, Vec<StackName>>;

/// `app.QA: net.QA dns.default` is a stack and what it needs.
fn parse(text: &str) -> Needs {
    let name = |word: &str| {
        let (project, short) = word.split_once('.').expect("project.stack");
        StackName::new(project, short)
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let entry = |line: &str| {
        let (stack, needs) = line.split_once(':').expect("a colon");
        (name(stack), needs.split_whitespace().map(name).collect())
    };
    lines.map(entry).collect()
}

fn cut(needs: &Needs, settings: &Settings) -> Pipeline {
    let stacks: Vec<StackName> = needs.keys().cloned().collect();
    stages(&stacks, &|stack| needs.get(stack).cloned().unwrap_or_default(), &environments(), settings)
}

fn shown(pipeline: &Pipeline) -> Vec<String> {
    let stage = |stage: &Stage| {
        let shards: Vec<String> = stage.shards.iter().map(|shard| shard.join(" ")).collect();
        format!("{}: {}", stage.name, shards.join(" | "))
    };
    pipeline.stages.iter().map(stage).collect()
}

const SOME: &str = "dns.default:
    net.CI: dns.default
    net.QA: dns.default
    net.Production: dns.default
    app.CI: net.CI
    app.QA: net.QA twin.QA
    twin.QA: app.QA
    alone.QA:
    early.CI: net.QA";

#[test]
fn environments_come_in_the_order_of_promotion_and_what_needs_a_later_one_comes_with_that() {
    let pipeline = cut(&parse(SOME), &settings());
    assert_eq!(
        shown(&pipeline),
        [
            "default: dns.default",
            "CI: app.CI net.CI",
            "QA: app.QA early.CI net.QA twin.QA | alone.QA",
            "Production: net.Production",
        ]
    );
    assert_eq!(pipeline.late, BTreeMap::from([("early.CI".to_owned(), "QA".to_owned())]));
}

#[test]
fn more_levels_give_more_shards() {
    let pipeline = cut(&parse(SOME), &Settings { levels: 2, ..settings() });
    assert_eq!(
        shown(&pipeline)[1..],
        [
            "CI-1: net.CI",
            "CI-2: app.CI",
            "QA-1: alone.QA | net.QA",
            "QA-2: app.QA twin.QA | early.CI",
            "Production: net.Production",
        ]
    );
    let pipeline = cut(&parse(SOME), &Settings { levels: 2, shards: 1, ..settings() });
    assert!(pipeline.stages.iter().all(|stage| stage.shards.len() == 1));
}

/// Numbers that look like chance, and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % below
    }
}

#[test]
fn every_stack_has_one_place_and_what_it_needs_is_there_or_earlier() {
    for seed in 0..200 {
        let mut numbers = Numbers(seed);
        let shorts = ["default", "CI", "QA", "Production"];
        let size = 1 + numbers.next(40);
        let stacks: Vec<StackName> =
            (0..size).map(|at| StackName::new(format!("p{at}"), shorts[numbers.next(4)])).collect();
        let mut needs: Needs = stacks.iter().map(|stack| (stack.clone(), Vec::new())).collect();
        for _ in 0..numbers.next(2 * size) {
            let (from, to) = (numbers.next(size), numbers.next(size));
            // Mostly forward, and sometimes a cycle.
            let (from, to) = if from < to && numbers.next(10) > 0 { (to, from) } else { (from, to) };
            if from != to {
                needs.get_mut(&stacks[from]).expect("a stack").push(stacks[to].clone());
            }
        }
        let settings = Settings { levels: 1 + numbers.next(4), shards: 1 + numbers.next(4), ..settings() };
        let pipeline = cut(&needs, &settings);
        let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (stage, shards) in pipeline.stages.iter().enumerate() {
            assert!(!shards.shards.is_empty() && shards.shards.len() <= settings.shards);
            for (shard, stacks) in shards.shards.iter().enumerate() {
                assert!(!stacks.is_empty(), "seed {seed}: an empty shard");
                for stack in stacks {
                    assert_eq!(places.insert(stack, (stage, shard)), None, "seed {seed}: {stack} twice");
                }
            }
        }
        assert_eq!(places.len(), size, "seed {seed}");
        for (stack, needs) in &needs {
            let here = places[stack.to_string().as_str()];
            for need in needs {
                let there = places[need.to_string().as_str()];
                assert!(
                    there == here || there.0 < here.0,
                    "seed {seed}: {stack} at {here:?} needs {need} at {there:?}"
                );
            }
        }
        let rank = |name: &str| environments().iter().position(|one| *one == name).map_or(0, |at| at + 1);
        assert!(pipeline.stages.is_sorted_by_key(|stage| rank(&stage.environment)), "seed {seed}");
        let counts = environments()
            .iter()
            .map(|one| pipeline.stages.iter().filter(|stage| stage.environment == *one).count())
            .max();
        assert!(counts.unwrap_or(0) <= settings.levels, "seed {seed}");
    }
}

#[test]
fn every_job_of_the_workflow_waits_for_what_it_takes_from_others() {
    let pipeline = cut(&parse(SOME), &settings());
    let text = github(&pipeline, &settings());
    assert_eq!(text, github(&pipeline, &settings()), "the same bytes");
    let (mut jobs, mut job): (BTreeMap<&str, BTreeSet<&str>>, &str) = (BTreeMap::new(), "");
    let (_, body) = text.split_once("\njobs:\n").expect("jobs");
    let (mut in_needs, mut takes) = (false, Vec::new());
    for line in body.lines() {
        let depth = line.len() - line.trim_start().len();
        let word = line.trim().trim_start_matches("- ").trim_end_matches(':').trim_matches('"');
        if depth == 2 {
            job = word;
            jobs.insert(job, BTreeSet::new());
        }
        in_needs = if depth == 4 { line.trim() == "needs:" } else { in_needs };
        if in_needs && depth == 6 {
            jobs.get_mut(job).expect("a job").insert(word);
        }
        takes.extend(line.split("needs.").skip(1).map(|taken| (job, taken.split('.').next().expect("a job"), line)));
    }
    // Outputs are taken of jobs that are waited for.
    for (job, from, line) in takes {
        assert!(jobs[job].contains(from), "{job} takes something of {from}: {line}");
    }
    for (job, needs) in &jobs {
        assert!(needs.iter().all(|need| jobs.contains_key(need)), "{job} waits for a job that there is not: {needs:?}");
    }
    assert_eq!(jobs["plan-qa-1"], ["apply-ci-1"].into(), "nothing of QA before all of CI");
    assert_eq!(jobs["apply-qa-2"], ["plan-qa-2", "approve-qa"].into());
    assert_eq!(jobs["done"].len(), jobs.len() - 1, "it sees every other job");
    assert_eq!(jobs["nothing-is-left"], ["apply-production-1"].into(), "it looks once all is applied");
    for uses in text.lines().filter(|line| line.contains("uses:")) {
        assert!(uses.contains("actions/"), "nobody else's code sees the keys: {uses}");
    }
    assert!(text.starts_with("# Written by `runner pipeline github`"));
    assert!(text.contains("# early.CI is applied with QA, which it reads.\n"));
    assert!(!text.contains("cancel-in-progress: true"), "what applies is never cut off");
}

/// What main has evaluated is found by others only where it may be signed; a pull request writes its own tier, or none.
#[test]
fn jobs_that_have_a_key_write_their_tier_of_the_shared_cache() {
    let pipeline = cut(&parse(SOME), &settings());
    let tiers = |text: &str| -> BTreeSet<String> {
        let tiers =
            text.lines().filter_map(|line| Some(line.trim().strip_prefix("GROUNDPLAN_CACHE_TIER: ")?.to_owned()));
        tiers.collect()
    };
    let key = vec!["GROUNDPLAN_SIGNING_KEY".to_owned()];
    let own = "\"pull-request/${{ github.event.pull_request.number }}\"";
    let cases: [(&[String], &[String], &[&str]); 4] =
        [(&[], &[], &[]), (&key, &[], &["main"]), (&[], &key, &[own]), (&key, &key, &[own, "main"])];
    for (secrets, preview_secrets, expected) in cases {
        let settings = Settings { secrets: secrets.to_vec(), preview_secrets: preview_secrets.to_vec(), ..settings() };
        assert_eq!(Vec::from_iter(tiers(&github(&pipeline, &settings))), expected);
        let main = if secrets.is_empty() { vec![] } else { vec!["main"] };
        assert_eq!(Vec::from_iter(tiers(&concourse(&pipeline, &settings))), main);
    }
}

#[test]
fn a_person_approves_digests_and_what_is_applied_has_them() {
    let text = concourse(&cut(&parse(SOME), &settings()), &settings());
    let job = |name: &str| {
        let (_, rest) = text.split_once(&format!("name: {name}\n")).expect("the job");
        rest.split("\n  - name: ").next().expect("its text").to_owned()
    };
    let approve = job("approve-QA");
    assert_eq!(approve.matches("trigger: false").count(), 3, "a person starts it: {approve}");
    assert_eq!(approve.matches("- plan-QA\n").count(), 3, "for what was planned: {approve}");
    assert_eq!(approve.matches("jq -er .digest").count(), 2, "{approve}");
    let apply = job("apply-QA");
    assert_eq!(apply.matches("- approve-QA\n").count(), 5, "code, plans and digests that were approved: {apply}");
    assert_eq!(apply.matches("up --plan \"$plan\" --approve \"$digest\" --wait").count(), 2, "{apply}");
    assert!(!text.contains("--yes"), "nothing is applied without a digest");
}
