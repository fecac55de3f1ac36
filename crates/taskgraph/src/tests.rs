use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use diag::Diagnostics;
use plan::{Read, absent};
use resource::StackName;
use value::{Digest, Path, Secret, Value};

use crate::{
    Candidate, Difference, EvaluateRecord, Facts, Links, OutputRead, Query, Reach, Request, ResolveRecord, Selection,
    differences_of_config, differences_of_evaluate, differences_of_resolve, order, select,
};

/// `project/short`, with `needs` after an arrow; `!` = outside the default selection, `?` = only by name.
const STACKS: &str = "
    infrastructure.aws.network/CI
    infrastructure.aws.network/QA           > infrastructure.aws.kms/default foreign.thing/QA
    infrastructure.aws.network/Dev        !
    infrastructure.aws.kms/default
    infrastructure.aws.old/QA             ?
    applications.edxapp/mitx.QA             > infrastructure.aws.network/QA applications.edx_notes/mitx.QA
    applications.edxapp/xpro.QA             > infrastructure.aws.network/QA
    applications.edx_notes/mitx.QA          > applications.edxapp/mitx.QA
";

fn told(differences: &[Difference]) -> Vec<&str> {
    differences.iter().map(|difference| difference.text.as_str()).collect()
}

fn name(text: &str) -> StackName {
    let (project, short) = text.split_once('/').expect("project/short");
    StackName::new(project, short)
}

fn stacks() -> (Vec<Candidate>, BTreeMap<StackName, Vec<StackName>>) {
    let mut candidates = Vec::new();
    let mut needs = BTreeMap::new();
    for line in STACKS.lines().filter(|line| !line.trim().is_empty()) {
        let (left, right) = line.split_once('>').unwrap_or((line, ""));
        let mut words = left.split_whitespace();
        let stack = name(words.next().expect("a name"));
        let reach = match words.next() {
            None => Reach::Default,
            Some("!") => Reach::Environment,
            Some(_) => Reach::Name,
        };
        candidates.push(Candidate { name: stack.clone(), reach });
        needs.insert(stack, right.split_whitespace().map(name).collect());
    }
    (candidates, needs)
}

/// The facts of the stacks above: what a stack needs it reads the output `out` of; `network` fails, `kms` has drifted.
struct Needs {
    needs: BTreeMap<StackName, Vec<StackName>>,
    /// Whether anybody has asked who needs whom.
    asked: Cell<bool>,
}

impl Needs {
    fn of(needs: BTreeMap<StackName, Vec<StackName>>) -> Self {
        Self { needs, asked: Cell::default() }
    }
}

impl Facts for Needs {
    fn links(&self) -> Cow<'_, Links> {
        self.asked.set(true);
        let names: BTreeMap<String, Vec<String>> = self
            .needs
            .iter()
            .map(|(name, needs)| (name.to_string(), needs.iter().map(StackName::to_string).collect()))
            .collect();
        let needs = names.iter().map(|(name, needs)| (name.as_str(), needs.iter().map(String::as_str).collect()));
        Cow::Owned(Links::new(&needs.collect()))
    }

    fn reads(&self, stack: &StackName) -> BTreeSet<(String, Path)> {
        let path: Path = "vpc.id".parse().expect("a path");
        self.needs.get(stack).into_iter().flatten().map(|need| (need.to_string(), path.clone())).collect()
    }

    fn families(&self, stack: &StackName) -> BTreeSet<String> {
        BTreeSet::from([if stack.project().contains(".aws.") { "aws" } else { "vault" }.to_owned()])
    }

    fn failed(&self, stack: &StackName) -> bool {
        stack.project().ends_with("network")
    }

    fn drifted(&self, stack: &StackName) -> bool {
        stack.project().ends_with("kms")
    }

    fn changed(&self, stack: &StackName, version: &str) -> bool {
        version == "origin/main" && (stack.project().ends_with("edxapp") || stack.project().ends_with("old"))
    }
}

/// Runs words as on the command line: `--env X`, `--with-upstream`, `--with-downstream`, `--in PROJECT`.
fn selected(command: &str) -> Result<Vec<String>, Diagnostics> {
    let (candidates, needs) = stacks();
    let (mut selectors, mut environments, mut project) = (Vec::new(), Vec::new(), None);
    let mut request = Request::default();
    let mut words = command.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            // A query is one word for the shell.
            "query" => selectors.push(words.by_ref().collect::<Vec<_>>().join(" ")),
            "--env" => environments.extend(words.next().map(str::to_owned)),
            "--in" => project = words.next(),
            "--changed-since" => request.changed_since = words.next(),
            "--with-upstream" => request.with_upstream = true,
            "--with-downstream" => request.with_downstream = true,
            word => selectors.push(word.to_owned()),
        }
    }
    let request = Request { selectors: &selectors, environments: &environments, current_project: project, ..request };
    let (all, _) = select(&candidates, &request, &Needs::of(needs))?.without_asking()?;
    Ok(all.iter().map(ToString::to_string).collect())
}

#[test]
fn selectors_mean_what_the_documentation_says() {
    let n = "infrastructure.aws.network";
    let mitx = "applications.edxapp.mitx.QA";
    let notes = "applications.edx_notes.mitx.QA";
    let xpro = "applications.edxapp.xpro.QA";
    let kms = "infrastructure.aws.kms.default";
    let (ci, qa, dev) = (&format!("{n}.CI"), &format!("{n}.QA"), &format!("{n}.Dev"));
    let cases: &[(&str, &[&str])] = &[
        ("", &[notes, mitx, xpro, kms, ci, qa]),
        ("infrastructure.aws.network.QA", &[qa]),
        ("aws.network.QA .aws.kms.default", &[kms, qa]),
        ("infrastructure.aws.network", &[ci, qa]),
        ("infrastructure.aws.network --env Dev", &[dev]),
        ("aws.network.Dev", &[dev]),
        ("*network*", &[ci, qa]),
        ("infrastructure.*.QA", &[qa]),
        ("*.QA --env QA", &[notes, mitx, xpro, qa]),
        ("--env QA", &[notes, mitx, xpro, qa]),
        ("--env Dev", &[dev]),
        ("--env CI --env Dev", &[ci, dev]),
        ("aws.old.QA", &["infrastructure.aws.old.QA"]),
        ("aws.network.QA --with-upstream", &[kms, qa]),
        ("edxapp.mitx.QA --with-upstream", &[notes, mitx, kms, qa]),
        ("aws.kms.default --with-downstream", &[notes, mitx, xpro, kms, qa]),
        ("edxapp.xpro.QA --with-downstream", &[xpro]),
        ("edx_notes.mitx.QA --with-downstream --with-upstream", &[notes, mitx, kms, qa]),
        ("--in infrastructure.aws.kms", &[kms]),
        ("--in infrastructure.aws.network --env QA", &[qa]),
        ("--in infrastructure.aws.kms *.CI", &[ci]),
        ("query all()", &[notes, mitx, xpro, kms, ci, qa]),
        ("query deps(aws.network.QA)", &[kms, qa]),
        ("query rdeps(aws.network.QA)", &[notes, mitx, xpro, qa]),
        ("query rdeps(infrastructure.*)", &[notes, mitx, xpro, kms, ci, qa]),
        ("query rdeps(aws.network.QA) & env(QA) - aws.network.QA", &[notes, mitx, xpro]),
        ("query rdeps(aws.network.QA) - (edxapp.mitx.QA | edx_notes.mitx.QA)", &[xpro, qa]),
        ("query reads(aws.network.QA)", &[mitx, xpro]),
        ("query reads(aws.network.QA:vpc.id)", &[mitx, xpro]),
        ("query reads(aws.network.QA:vpc)", &[mitx, xpro]),
        ("query env(Dev)", &[dev]),
        ("query env(QA) & provider(aws)", &[qa]),
        ("query env(QA)&provider(vault)|aws.network.Dev", &[notes, mitx, xpro, dev]),
        ("query failed() - *.CI", &[qa]),
        ("query changed(origin/main)", &[mitx, xpro, "infrastructure.aws.old.QA"]),
        ("query changed(origin/main) & applications.edxapp", &[mitx, xpro]),
        ("--changed-since origin/main", &[mitx, xpro]),
        ("*.QA --changed-since origin/main", &[mitx, xpro]),
        ("edxapp.mitx.QA --changed-since origin/main --with-downstream", &[notes, mitx]),
        ("aws.kms.default --changed-since origin/main", &[]),
        ("--changed-since HEAD", &[]),
        ("--in applications.edxapp --changed-since origin/main", &[mitx, xpro]),
        ("query rdeps(drifted())", &[notes, mitx, xpro, kms, qa]),
        ("--env QA query all()", &[notes, mitx, xpro, qa]),
        ("--with-upstream query reads(aws.network.QA) - edxapp.mitx.QA", &[xpro, kms, qa]),
    ];
    for (command, expected) in cases {
        assert_eq!(
            selected(command).map_err(|d| format!("{d:?}")),
            Ok(expected.iter().map(ToString::to_string).collect()),
            "{command}"
        );
    }
}

#[test]
fn what_means_nothing_or_too_much_is_refused_with_a_way_out() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("infrastructure.aws.netwrok.QA", &[("E0740", "`infrastructure.aws.network.QA`")]),
        ("aws.network.qa", &[("E0740", "`infrastructure.aws.network.QA`")]),
        ("aws.network", &[("E0740", "`infrastructure.aws.network`")]),
        ("banana", &[("E0740", "runner stacks")]),
        ("mitx.QA", &[("E0741", "'*.mitx.QA'")]),
        ("*.Dev", &[("E0740", "--env")]),
        ("*.Nowhere", &[("E0740", "any characters")]),
        ("--env qa", &[("E0742", "`QA`")]),
        ("--env Moon banana", &[("E0742", "`CI`"), ("E0740", "runner stacks")]),
        ("aws.network.CI --env QA", &[("E0743", "`--env`")]),
        ("infrastructure.aws.kms --env QA", &[("E0743", "name the stack")]),
        ("infrastructure.aws.old", &[("E0743", "name the stack")]),
        ("--in infrastructure.aws.kms --env QA", &[("E0743", "runner stacks")]),
        ("--in infrastructure.aws.network", &[("E0744", "--env")]),
        ("query rdesp(aws.network.QA)", &[("E0745", "rdeps(STACKS)")]),
        ("query nearby(aws.network.QA)", &[("E0745", "deps(STACKS)")]),
        ("query reads(aws.network.QA:)", &[("E0745", "STACK:OUTPUT")]),
        ("query env(qa) | deps(banana)", &[("E0742", "`QA`"), ("E0740", "runner stacks")]),
        ("query reads(aws.network.QA:cidr)", &[("E0743", "")]),
    ];
    for (command, expected) in cases {
        let problems = selected(command).expect_err(command);
        assert_eq!(problems.len(), expected.len(), "{command}: {problems:?}");
        for (problem, (code, hint)) in problems.iter().zip(*expected) {
            assert_eq!(problem.code, *code, "{command}");
            assert!(problem.hints.concat().contains(hint), "{command}: {:?}", problem.hints);
        }
    }
}

#[test]
fn a_query_of_very_many_parts_is_refused_and_not_followed_to_the_end() {
    let cases = [
        ("(".repeat(200_000), "it nests more than 40 deep"),
        ("deps(".repeat(50_000), "it nests more than 40 deep"),
        (format!("a{}", " | a".repeat(60_000)), "it has more than 500 parts"),
    ];
    for (text, what) in cases {
        let problem = Query::parse(&text).expect_err("too much");
        assert!(problem.message.ends_with(what), "{}", problem.message);
    }
    assert!(Query::parse(&format!("{}a{}", "(".repeat(39), ")".repeat(39))).is_ok());
    assert!(Query::parse(&format!("a{}", " | (a & b)".repeat(160))).is_ok());
}

#[test]
fn an_ambiguous_ending_lists_its_stacks() {
    let problems = selected("mitx.QA").expect_err("two stacks");
    let notes: Vec<_> = problems.iter().flat_map(|problem| &problem.notes).collect();
    assert_eq!(notes, ["`applications.edx_notes.mitx.QA`, `applications.edxapp.mitx.QA`"]);
}

#[test]
fn a_project_directory_with_several_stacks_is_a_choice() {
    let (candidates, _) = stacks();
    let request = Request { current_project: Some("infrastructure.aws.network"), ..Request::default() };
    let selection = select(&candidates, &request, &());
    assert!(matches!(selection, Ok(Selection::Choose(stacks)) if stacks.len() == 2));
}

#[test]
fn who_needs_whom_is_asked_only_where_it_matters() {
    let (candidates, needs) = stacks();
    let needs = Needs::of(needs);
    for (with_upstream, word) in [(false, "*.QA"), (false, "env(QA) - *.QA | failed()"), (true, "*.QA")] {
        let selectors = [word.to_owned()];
        let request = Request { selectors: &selectors, with_upstream, ..Request::default() };
        select(&candidates, &request, &needs).expect("selects");
        assert_eq!(needs.asked.get(), with_upstream, "{word}");
    }
}

#[test]
fn cycles_are_one_group_and_come_after_what_they_need() {
    let (candidates, needs) = stacks();
    let names: Vec<StackName> = candidates.into_iter().rev().map(|candidate| candidate.name).collect();
    let groups = order(&names, &|name| needs.get(name).cloned().unwrap_or_default());
    let shown: Vec<String> =
        groups.iter().map(|group| group.iter().map(StackName::to_string).collect::<Vec<_>>().join(" + ")).collect();
    assert_eq!(
        shown,
        [
            "infrastructure.aws.kms.default",
            "infrastructure.aws.network.CI",
            "infrastructure.aws.network.Dev",
            "infrastructure.aws.network.QA",
            "applications.edx_notes.mitx.QA + applications.edxapp.mitx.QA",
            "applications.edxapp.xpro.QA",
            "infrastructure.aws.old.QA",
        ]
    );
}

fn digest(text: &str) -> Digest {
    Digest::of("test", text.as_bytes())
}

fn evaluate_record(reads: impl IntoIterator<Item = (Read, Digest)>) -> EvaluateRecord {
    let stack = name("infrastructure.aws.network/QA");
    EvaluateRecord { format: 1, epoch: 1, code: digest("code"), stack, reads: reads.into_iter().collect() }
}

#[test]
fn records_survive_json_and_differ_in_digest_by_each_field() {
    let output = Read::Output("a.b.QA".to_owned(), "x[0].y".parse().expect("path"));
    let record =
        evaluate_record([(Read::Config, digest("c")), (output, digest("o")), (Read::File("f".into()), absent())]);
    let text = serde_json::to_string(&record).expect("json");
    assert_eq!(serde_json::from_str::<EvaluateRecord>(&text).expect("reads"), record);
    let others = [
        EvaluateRecord { format: 2, ..record.clone() },
        EvaluateRecord { epoch: 2, ..record.clone() },
        EvaluateRecord { code: digest("d"), ..record.clone() },
        EvaluateRecord { stack: name("infrastructure.aws/network.QA"), ..record.clone() },
        evaluate_record([(Read::Config, digest("c"))]),
    ];
    for other in &others {
        assert_ne!(other.digest(), record.digest(), "{other:?}");
    }
    assert_eq!(record.digest(), record.clone().digest());

    let read = OutputRead { digest: digest("v"), proposed: true };
    let resolve = ResolveRecord {
        plan: digest("p"),
        reads: BTreeMap::from([(("a.b.QA".to_owned(), Path::key("x.y")), read)]),
        schemas: digest("s"),
        profile: digest("f"),
    };
    let text = serde_json::to_string(&resolve).expect("json");
    assert_eq!(serde_json::from_str::<ResolveRecord>(&text).expect("reads"), resolve);
    assert_ne!(resolve.digest(), ResolveRecord { reads: BTreeMap::new(), ..resolve }.digest());
}

#[test]
fn evaluations_are_explained_read_by_read() {
    let world = r#"{"arguments":{"region":"us-east-1"},"query":"aws:availability-zones"}"#;
    let file = |path: &str| Read::File(path.to_owned());
    let old = evaluate_record([
        (Read::Config, digest("1")),
        (file("a"), digest("1")),
        (file("b"), absent()),
        (file("c"), digest("1")),
        (file("gone"), digest("1")),
        (Read::Variable("HOME_REGION".into()), absent()),
        (Read::World(world.into()), digest("1")),
    ]);
    let mut new = evaluate_record([
        (Read::Config, digest("2")),
        (file("a"), digest("2")),
        (file("b"), digest("2")),
        (file("c"), absent()),
        (file("more"), digest("1")),
        (Read::Variable("HOME_REGION".into()), digest("2")),
        (Read::World(world.into()), digest("2")),
    ]);
    new.code = digest("other");
    let before = Value::map([("apps_vpc", Value::map([("cidr_block", "10.0.0.0/16")]))]);
    let after = Value::map([("apps_vpc", Value::map([("cidr_block", "10.1.0.0/16")]))]);
    assert_eq!(
        told(&differences_of_evaluate(&old, &new, Some((&before, &after)))),
        [
            "code of `infrastructure.aws.network` changed",
            "config `apps_vpc.cidr_block` changed",
            "file `a` changed",
            "file `b` appeared",
            "file `c` vanished",
            "file `gone` is no longer read",
            "file `more` is read now",
            "environment variable `HOME_REGION` was set",
            "world lock's answer to `aws:availability-zones` (region `us-east-1`) changed",
        ]
    );
    assert_eq!(differences_of_evaluate(&old, &old, None), []);
    let found = differences_of_evaluate(&old, &new, None);
    assert_eq!(told(&found)[1], "config changed");
    assert_eq!((found[2].kind, found[2].name.as_str()), ("file", "a"));
}

#[test]
fn resolutions_are_explained_output_by_output() {
    let read = |text: &str, proposed| OutputRead { digest: digest(text), proposed };
    let key = |path: &str| ("infrastructure.aws.network.QA".to_owned(), path.parse::<Path>().expect("path"));
    let old = ResolveRecord {
        plan: digest("p"),
        reads: BTreeMap::from([(key("data_vpc.cidr"), read("1", false)), (key("data_vpc.id"), read("1", false))]),
        schemas: digest("s"),
        profile: digest("f"),
    };
    let mut new = old.clone();
    new.reads = BTreeMap::from([(key("data_vpc.cidr"), read("1", true)), (key("data_vpc.id"), read("2", true))]);
    assert_eq!(
        told(&differences_of_resolve(&old, &new)),
        [
            "output `infrastructure.aws.network.QA:data_vpc.cidr` is now read as proposed in the same run, with the same value",
            "output `infrastructure.aws.network.QA:data_vpc.id` changed",
        ]
    );
    assert_eq!(differences_of_resolve(&old, &old), []);
}

#[test]
fn no_value_of_the_configuration_is_told() {
    let canary = "hunter2-canary";
    let secret = |n: &str| Value::from(Secret::open(digest(n), Value::from(canary)));
    let old = Value::map([("a", secret("1")), ("b", Value::from(canary)), ("c", Value::from(canary))]);
    let new = Value::map([("a", secret("2")), ("b", Value::from("x")), ("d", Value::from(canary))]);
    let found = differences_of_config(&old, &new);
    let told = told(&found);
    assert_eq!(
        told,
        ["config `a` changed (secret)", "config `b` changed", "config `c` was removed", "config `d` was added"]
    );
    assert!(!told.concat().contains(canary));
}

#[test]
fn what_cannot_be_read_is_shown_with_its_column() {
    let cases = [
        ("deps(a", "it ends where `)` should be", 6),
        ("deps()", "`)` stands where a stack, a function or `(` should be", 5),
        ("a & | b", "`|` stands where a stack, a function or `(` should be", 4),
        ("(a) b", "`b` stands where the end, or `&`, `|` or ` - ` should be", 4),
        ("env((a))", "`(` stands where the name of an environment should be", 4),
        ("ä | -", "`-` stands where a stack, a function or `(` should be", 4),
    ];
    for (query, expected, column) in cases {
        let problem = Query::parse(query).expect_err(query);
        assert_eq!(problem.message, format!("the query cannot be read: {expected}"), "{query}");
        assert_eq!(problem.notes[1].find('^'), Some(column), "{query}");
    }
}

/// A number that looks random and is the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// A query over stacks `p0/QA`, `p1/QA`, … as text, and what it means, worked out from the edges alone.
    fn query(&mut self, depth: u64, edges: &[BTreeSet<usize>]) -> (String, BTreeSet<usize>) {
        let all = 0..edges.len();
        let closed = |start: BTreeSet<usize>, next: &dyn Fn(usize) -> Vec<usize>| {
            let mut set = start;
            for _ in edges {
                set = set.iter().copied().chain(set.iter().flat_map(|at| next(*at))).collect();
            }
            set
        };
        let kind = if depth == 0 { 6 } else { self.below(7) };
        let (text, inside) = if kind < 6 { self.query(depth - 1, edges) } else { (String::new(), BTreeSet::new()) };
        let mut operator = |sign: &str| {
            let (right, other) = self.query(depth - 1, edges);
            (format!("({text}) {sign} ({right})"), other)
        };
        match kind {
            0 => (format!("deps({text})"), closed(inside, &|at| edges[at].iter().copied().collect())),
            1 => {
                let readers = |at: usize| all.clone().filter(|from| edges[*from].contains(&at)).collect();
                (format!("rdeps({text})"), closed(inside, &readers))
            }
            2 => (format!("reads({text})"), all.filter(|from| !edges[*from].is_disjoint(&inside)).collect()),
            3 => {
                let (text, other) = operator("|");
                (text, &inside | &other)
            }
            4 => {
                let (text, other) = operator("&");
                (text, &inside & &other)
            }
            5 => {
                let (text, other) = operator("-");
                (text, &inside - &other)
            }
            _ => {
                let stack = usize::try_from(self.below(edges.len() as u64)).expect("few");
                (format!("p{stack}.QA"), BTreeSet::from([stack]))
            }
        }
    }
}

#[test]
fn on_any_graph_a_query_means_what_its_words_say() {
    let stack = |number: usize| StackName::new(format!("p{number}"), "QA");
    let mut checked = 0;
    for seed in 0..400 {
        let mut numbers = Numbers(seed);
        let size = 1 + numbers.below(7);
        let mut edges = vec![BTreeSet::new(); usize::try_from(size).expect("few")];
        for from in &mut edges {
            for _ in 0..numbers.below(4) {
                from.insert(usize::try_from(numbers.below(size)).expect("few"));
            }
        }
        let (query, expected) = numbers.query(3, &edges);
        let candidates: Vec<Candidate> =
            (0..edges.len()).map(|at| Candidate { name: stack(at), reach: Reach::Default }).collect();
        let needs = edges.iter().enumerate().map(|(at, to)| (stack(at), to.iter().map(|at| stack(*at)).collect()));
        let selectors = [format!("({query})")];
        let request = Request { selectors: &selectors, ..Request::default() };
        let found = select(&candidates, &request, &Needs::of(needs.collect()));
        match found.and_then(Selection::without_asking) {
            Ok((found, _)) => {
                assert_eq!(found, expected.into_iter().map(stack).collect::<Vec<_>>(), "{query}: {edges:?}");
            }
            Err(problems) => {
                assert!(expected.is_empty(), "{query}: {problems:?}");
                assert!(problems.iter().all(|problem| problem.code == "E0743"), "{query}: {problems:?}");
            }
        }
        checked += 1;
    }
    assert_eq!(checked, 400);
}
