use config::{FromNode, Node, NodeKind, Placed};
use diag::Diagnostics;
use diff::Settings;
use plan_macros::Config;
use resource::StackName;
use schema::Catalog;
use value::{Map, Value};

use crate::*;

#[expect(dead_code, reason = "the language has parts that only other tests speak")]
#[path = "../../diff/src/tests/fixture.rs"]
mod fixture;

#[derive(Config)]
struct Most {
    most: usize,
}

/// The policies of the tests: one of each kind.
fn policies() -> Vec<Policy> {
    vec![
        Policy::resource(
            "labels",
            "labels are good",
            Level::Mandatory,
            |_: &NoSettings, subject, answer| match subject.property("Label") {
                Some(Value::String(text)) if text.starts_with("bad") => {
                    answer.fail(format!("its label is `{text}`")).hint("choose a better one");
                }
                Some(value) => answer.undecided(value),
                None => {}
            },
        ),
        Policy::stack("few", "stacks are small", Level::Advisory, |settings: &Most, stack, answer| {
            if stack.resources.len() > settings.most {
                answer.fail(format!("it has {} resources", stack.resources.len()));
            }
        }),
        Policy::changes("calm", "little is deleted", Level::Mandatory, |settings: &Most, changes, answer| {
            let deleted = changes.changes.iter().filter(|change| change.action == Action::Delete);
            if deleted.clone().count() > settings.most {
                answer.fail(format!("{} are deleted", deleted.count()));
            }
        }),
        Policy::remedy("stamp", "everything has a label", |settings: &Stamp, subject, remedy| {
            match subject.property("Label") {
                None => remedy.set("Label", settings.label.as_str()),
                Some(Value::String(text)) if text == "cannot" => remedy.fail("nobody can"),
                Some(Value::String(text)) => remedy.set("Label", format!("{text}+{}", settings.label)),
                Some(_) => {}
            }
        }),
    ]
}

#[derive(Config)]
struct Stamp {
    label: String,
}

fn list<T: FromNode>(node: &Node, key: &str) -> Vec<T> {
    let NodeKind::Table(table) = &node.kind else { panic!("a table") };
    let mut found = Diagnostics::new();
    let listed = table.entries.get(key).map(|(_, listed)| Vec::from_node(listed, &mut found));
    listed.map(|items| items.unwrap_or_else(|| panic!("{found:?}"))).unwrap_or_default()
}

/// What the policies that a text attaches are, on the first of July 2026.
fn attach(text: &str, profile: &str) -> Result<Policies, Diagnostics> {
    let node = config::parse("groundplan.toml", text).expect("parses");
    let (attachments, waivers) = (list::<Placed<Attachment>>(&node, "policy"), list::<Placed<Waiver>>(&node, "waiver"));
    Policies::attach(&policies(), &attachments, &waivers, profile, Date::new(2026, 7, 1).expect("a day"))
}

fn judged(policies: &Policies, program: &str) -> Judgement {
    let (sets, found) = fixture::Fixture::parse(program).diff(Settings::default());
    assert!(!found.has_errors(), "{}", fixture::print_problems(&found));
    let catalog: Catalog = fixture::catalog();
    let schemas = |ty: &str| catalog.get(ty).ok().flatten();
    let stacks = [StackName::new("a", "QA"), StackName::new("b", "CI")];
    policies.judge(&sets, Scope { schemas: &schemas, stacks: &stacks, changes: true })
}

/// What is said of a program: `+` stops a run, `~` is shown, `-` does not count, `?` is undecided, `!` is a warning.
#[track_caller]
fn check(attached: &str, program: &str, expected: &[&str]) {
    let policies = attach(attached, "sandbox").unwrap_or_else(|found| panic!("{found:?}"));
    let judgement = judged(&policies, program);
    let findings = judgement.findings.iter().map(|one| {
        let sign = if one.stops() {
            '+'
        } else if one.counts() {
            '~'
        } else {
            '-'
        };
        let stack = one.stack.as_ref().map(|stack| format!(" {stack}")).unwrap_or_default();
        let name = one.resource.as_ref().map(|urn| format!(" {}", urn.name())).unwrap_or_default();
        format!("{sign} {}{stack}{name}: {}", one.rule, one.message)
    });
    let undecided = judgement.undecided.iter().map(|one| format!("? {one}"));
    let warnings = judgement.warnings.iter().map(|one| format!("! {} {}", one.code, one.message));
    let told: Vec<String> = findings.chain(undecided).chain(warnings).collect();
    assert_eq!(told, expected);
}

const LABELS: &str = "[[policy]]\nrule = \"labels\"\n";

#[test]
fn each_kind_sees_what_it_judges() {
    let attached = "[[policy]]\nrule = \"labels\"\n[[policy]]\nrule = \"few\"\nsettings.most = 1\n[[policy]]\nrule = \"calm\"\nsettings.most = 0\n";
    let program = "stack a.QA
         resource Vpc one Label=bad-one
         resource Vpc two Label=good
         resource Vpc three Label=@one.Arn
         has Vpc gone Label=bad-but-gone
       stack b.CI
         resource Vpc small";
    let expected = [
        "+ calm: 1 are deleted",
        "~ few a.QA: it has 3 resources",
        "+ labels a.QA one: its label is `bad-one`",
        "? `three` of a.QA: policy `labels` cannot tell before a.QA:one.Arn is known",
    ];
    check(attached, program, &expected);
}

#[test]
fn it_is_attached_by_pattern_environment_profile_and_level() {
    let program = "stack a.QA\n resource Vpc one Label=bad\nstack b.CI\n resource Vpc two Label=bad";
    let (one, two) = ("labels a.QA one: its label is `bad`", "labels b.CI two: its label is `bad`");
    let check = |rest: &str, expected: &[&str]| check(&format!("{LABELS}{rest}"), program, expected);
    check("", &[&format!("+ {one}"), &format!("+ {two}")]);
    check("stacks = [\"a.*\"]", &[&format!("+ {one}")]);
    check("stacks = [\"c.*\", \"b.CI\"]", &[&format!("+ {two}")]);
    check("environments = [\"QA\"]", &[&format!("+ {one}")]);
    check("stacks = [\"a.*\"]\nenvironments = [\"CI\"]", &[]);
    check("profiles = [\"live\"]", &[]);
    check("profiles = [\"live\", \"sandbox\"]\nenvironments = [\"CI\"]", &[&format!("+ {two}")]);
    check("level = \"advisory\"", &[&format!("~ {one}"), &format!("~ {two}")]);
    // Attached twice, the stricter level counts.
    let twice = format!("level = \"advisory\"\n{LABELS}environments = [\"QA\"]");
    check(&twice, &[&format!("+ {one}"), &format!("~ {two}")]);
}

#[test]
fn a_waiver_holds_until_its_last_day() {
    let program = "stack a.QA\n resource Vpc one Label=bad\n resource Vpc other Label=good\nstack b.CI\n resource Vpc two Label=bad";
    let (one, two) = ("labels a.QA one: its label is `bad`", "labels b.CI two: its label is `bad`");
    let check = |rest: &str, expected: &[&str]| {
        let waiver = format!("{LABELS}[[waiver]]\nrule = \"labels\"\nreason = \"because\"\n{rest}\n");
        check(&waiver, program, expected);
    };
    let idle = "! E0453 this waiver of `labels` waives nothing";
    check("stack = \"a.*\"\nuntil = \"2026-07-01\"", &[&format!("- {one}"), &format!("+ {two}")]);
    check("stack = \"a.*\"\nuntil = \"2026-06-30\"", &[&format!("+ {one}"), &format!("+ {two}")]);
    check("resource = \"tw*\"\nuntil = \"2026-07-02\"", &[&format!("+ {one}"), &format!("- {two}")]);
    check("resource = \"b::Vpc::*\"\nuntil = \"2026-07-02\"", &[&format!("+ {one}"), &format!("- {two}")]);
    let both = [&format!("+ {one}"), &format!("+ {two}"), idle];
    check("stack = \"a.*\"\nresource = \"two\"\nuntil = \"2026-07-02\"", &both);
    check("stack = \"c.*\"\nuntil = \"2026-07-02\"", &both);
}

#[test]
fn a_waiver_is_not_idle_where_its_stacks_were_not_judged() {
    let waiver = "[[waiver]]\nrule = \"labels\"\nstack = \"b.*\"\nreason = \"because\"\nuntil = \"2026-07-02\"\n";
    check(&format!("{LABELS}{waiver}"), "stack a.QA\n resource Vpc one", &[]);
    check(
        &format!("{LABELS}{waiver}"),
        "stack a.QA\n resource Vpc one\nstack b.CI\n resource Vpc two Label=@two2.Arn\n resource Vpc two2",
        &["? `two` of b.CI: policy `labels` cannot tell before b.CI:two2.Arn is known"],
    );
}

#[test]
fn what_is_said_of_an_ended_waiver_and_how_to_go_on() {
    let waiver = "[[waiver]]\nrule = \"labels\"\nstack = \"a.*\"\nreason = \"because\"\nuntil = \"2026-06-30\"\n";
    let policies = attach(&format!("{LABELS}{waiver}"), "sandbox").expect("attaches");
    let stops = judged(&policies, "stack a.QA\n resource Vpc one Label=bad").stops();
    let problem = stops.iter().next().expect("one");
    assert_eq!(
        (problem.code.as_str(), problem.message.as_str()),
        ("E0450", "`one`: its label is `bad` (policy `labels`)")
    );
    assert_eq!(problem.place.as_ref().map(ToString::to_string).as_deref(), Some("a.rs:2:1"));
    assert_eq!(problem.notes, ["`a::Vpc::one` of stack `a.QA`", "its waiver ended on 2026-06-30"]);
    assert_eq!(
        problem.hints,
        [
            "choose a better one",
            "to let it pass this once: `--allow labels`; for some time: a `[[waiver]]` in groundplan.toml"
        ]
    );
}

#[test]
fn a_rule_is_allowed_for_one_run() {
    let mut policies =
        attach(&format!("{LABELS}[[policy]]\nrule = \"few\"\nsettings.most = 0\n"), "sandbox").expect("attaches");
    policies.allow(&["labels".to_owned()]).expect("is attached");
    let judgement = judged(&policies, "stack a.QA\n resource Vpc one Label=bad");
    assert!(!judgement.stops().has_errors());
    assert_eq!(judgement.allowed().into_iter().collect::<Vec<_>>(), [("labels".to_owned(), 1)]);
    assert_eq!(judgement.summary().as_deref(), Some("1 advisory finding, 1 allowed"));
    let found =
        policies.allow(&["lables".to_owned(), "calm".to_owned()]).expect_err("none of that name, and one not attached");
    let told: Vec<(&str, &str)> = found.iter().map(|one| (one.code.as_str(), one.hints[0].as_str())).collect();
    assert_eq!(
        told,
        [("E0735", "did you mean `--allow labels`?"), ("E0735", "`runner policies` lists those that are")]
    );
}

#[test]
fn all_that_is_wrong_with_attachments_is_said_at_once() {
    let text = "[[policy]]\nrule = \"lables\"\n[[policy]]\nrule = \"few\"\nprofiles = [\"live\"]\nsettings = { mots = 1 }\n\
                [[waiver]]\nrule = \"nothing\"\nstack = \"a\"\nreason = \"x\"\nuntil = \"2026-07-02\"\n";
    let found = attach(text, "sandbox").expect_err("problems");
    let told: Vec<String> = found
        .iter()
        .map(|one| format!("{} {} | {}", one.code, one.place.as_ref().expect("a place"), one.hints[0]))
        .collect();
    assert_eq!(
        told,
        [
            "E0260 groundplan.toml:2:8 | did you mean `labels`?",
            "E0101 groundplan.toml:6:14 | did you mean `most`?",
            "E0102 groundplan.toml:6:12 | add `most = …` here",
            "E0260 groundplan.toml:8:8 | the policies are labels, few, calm, stamp",
        ]
    );
}

#[test]
fn case_74_remedies_run_in_order_and_each_sees_what_the_one_before_it_left() {
    let text = "[[policy]]\nrule = \"stamp\"\nsettings.label = \"first\"\n[[policy]]\nrule = \"stamp\"\nsettings.label = \"second\"\n";
    let policies = attach(text, "sandbox").expect("attaches");
    let (stack, urn) = (StackName::new("a", "QA"), resource::Urn::new("a", "Vpc", "main"));
    let options = resource::Options::default();
    let mut properties = Map::new();
    let remarks = policies.mend(&stack, &urn, &options, None, &mut properties).expect("mended");
    assert_eq!(properties["Label"], "first+second".into());
    assert_eq!(remarks, ["policy `stamp` sets `Label`", "policy `stamp` sets `Label`"]);
    let mut properties = Map::from([("Label".to_owned(), "cannot".into())]);
    let found = policies.mend(&stack, &urn, &options, None, &mut properties).expect_err("it cannot");
    assert_eq!(found.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["E0451", "E0451"]);
}

#[test]
fn an_advisory_remedy_says_what_it_would_mend_and_leaves_it() {
    let text = "[[policy]]\nrule = \"stamp\"\nlevel = \"advisory\"\nsettings.label = \"first\"\n";
    check(text, "stack a.QA\n resource Vpc one", &["~ stamp a.QA one: `Label` should be mended"]);
    let policies = attach(text, "sandbox").expect("attaches");
    let mut properties = Map::new();
    let (stack, urn) = (StackName::new("a", "QA"), resource::Urn::new("a", "Vpc", "main"));
    policies.mend(&stack, &urn, &resource::Options::default(), None, &mut properties).expect("nothing is done");
    assert!(properties.is_empty());
    assert_eq!(policies.remedies(|_| None), None, "it decides over nothing");
}

#[test]
fn what_remedies_stand_for_changes_with_settings_and_code() {
    let remedies = |label: &str, code: &[u8]| {
        let text = format!("[[policy]]\nrule = \"stamp\"\nsettings.label = \"{label}\"\n{LABELS}");
        let policies = attach(&text, "sandbox").expect("attaches");
        policies.remedies(|_| Some(value::Digest::of("code", code)))
    };
    assert_eq!(remedies("x", b"1"), remedies("x", b"1"));
    assert_ne!(remedies("x", b"1"), remedies("y", b"1"));
    assert_ne!(remedies("x", b"1"), remedies("x", b"2"));
}

#[test]
fn policies_see_fingerprints_and_give_the_contents_back() {
    let secret = value::Secret::open(value::Digest::of("fingerprint", b"x"), "canary".into());
    let (stack, urn) = (StackName::new("a", "QA"), resource::Urn::new("a", "Vpc", "main"));
    let options = resource::Options::default();
    let peek = Policy::remedy("peek", "looks", |_: &NoSettings, subject, remedy| {
        let Some(Value::Secret(secret)) = subject.property("Pass") else { return remedy.fail("no secret") };
        if secret.expose().is_some() {
            remedy.fail("it is open");
        }
        remedy.set("Also", Value::List(vec![Value::Secret(secret.clone())]));
    });
    let node = config::parse("f", "[[policy]]\nrule = \"peek\"\n").expect("parses");
    let attachments = list::<Placed<Attachment>>(&node, "policy");
    let policies = Policies::attach(&[peek], &attachments, &[], "p", Date::EPOCH).expect("attaches");
    let mut properties = Map::from([("Pass".to_owned(), Value::Secret(secret))]);
    policies.mend(&stack, &urn, &options, None, &mut properties).expect("mended");
    let Some(Value::Secret(kept)) = properties["Also"].as_list().and_then(<[Value]>::first) else { panic!("a secret") };
    assert_eq!(kept.expose(), Some(&"canary".into()));
}

#[test]
fn days_are_those_of_the_calendar() {
    for good in ["2026-12-31", "2024-02-29", "2000-02-29"] {
        assert_eq!(good.parse::<Date>().map(|day| day.to_string()), Ok(good.to_owned()));
    }
    for bad in
        ["2026-13-01", "2026-00-10", "2026-02-29", "1900-02-29", "2026-1-1", "+026-01-01", "2026-01-01-01", "x", ""]
    {
        assert!(bad.parse::<Date>().is_err(), "{bad}");
    }
}
