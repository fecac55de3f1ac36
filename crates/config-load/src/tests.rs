use std::fs;

use diag::Diagnostics;
use plan::{Inputs, OutputRead};
use resource::StackName;
use tempfile::TempDir;
use value::{Digest, Path, Value};
use world::{AccountId, Entry, Lock, Source};

use super::*;

const SETTINGS: &str = r#"
organisation = "ol"
environments = ["CI", "QA", "Production"]
known_environments = ["Dev"]
[secrets]
recipients = ["age1xyz"]
[profiles.sandbox]
provider = "sandbox"
ignore_protection = true
identity = "secrets/demo.key"
[profiles.live]
provider = "aws"
account = "123456789012"
state = "s3://bucket/state"
[profiles.live.providers]
consul = "sandbox"
"#;

fn workspace(files: &[(&str, &str)]) -> (TempDir, Workspace) {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in [("groundplan.toml", SETTINGS)].iter().chain(files) {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
    let workspace = Workspace::open(directory.path()).expect("opens");
    (directory, workspace)
}

fn path(text: &str) -> Path {
    text.parse().expect(text)
}

/// Code and place of each problem.
fn summary(found: &Diagnostics) -> Vec<String> {
    found
        .iter()
        .map(|d| format!("{} {}", d.code, d.place.as_ref().map_or(String::new(), ToString::to_string)))
        .collect()
}

#[test]
fn settings_have_defaults_and_profiles_say_where_providers_point() {
    let settings = Settings::parse("groundplan.toml", SETTINGS).expect("reads");
    let live = settings.profile("live").expect("there");
    assert_eq!((live.driver("aws"), live.driver("consul"), live.is_live()), ("aws", "sandbox", true));
    assert_eq!((live.state.as_str(), live.ignore_protection), ("s3://bucket/state", false));
    let sandbox = settings.profile("sandbox").expect("there");
    assert_eq!((sandbox.is_live(), sandbox.ignore_protection), (false, true));
    assert_eq!(
        (sandbox.state.as_str(), sandbox.sandbox.as_str()),
        (".groundplan/state/sandbox", ".groundplan/sandbox")
    );
    let problem = settings.profile("Live").expect_err("case counts");
    assert_eq!(
        (problem.code.as_str(), problem.hints.as_slice()),
        ("E0208", &["did you mean `--profile live`?".to_owned()][..])
    );
    assert_eq!(settings.all_environments().collect::<Vec<_>>(), ["CI", "QA", "Production", "Dev", "default"]);
    assert_eq!((settings.is_selected("default"), settings.is_selected("Dev")), (true, false));
    assert_eq!((settings.promotion_rank("QA"), settings.promotion_rank("default")), (Some(1), None));
    let text = "organisation = \"x\"\nenvironments = [\"QA\"]\nother_environments = [\"production\"]\n\
                configuration = { cpg = \"configuration/cpg\" }";
    let other = Settings::parse("f", text).expect("enough");
    assert_eq!(other.all_environments().collect::<Vec<_>>(), ["QA", "production", "default"]);
    let beside = (other.is_selected("production"), other.promotion_rank("production"));
    assert_eq!(beside, (true, None), "selected, and outside the order of promotion");
    assert_eq!(other.configuration["cpg"], "configuration/cpg");
    let bare = Settings::parse("f", "organisation = \"x\"\nenvironments = []").expect("enough");
    assert_eq!((bare.leases.seconds, bare.leases.margin_seconds), (900, 300));
    let text = "organisation = \"x\"\nenvironments = []\n[leases]\nseconds = 60";
    let leases = Settings::parse("f", text).expect("enough").leases;
    assert_eq!((leases.seconds, leases.margin_seconds), (60, 300));
    assert!(!bare.profile("sandbox").expect("always there").is_live());
}

#[test]
fn budgets_are_read_and_those_that_make_no_sense_are_refused_at_their_place() {
    let with = |budgets: &str| format!("{SETTINGS}{budgets}");
    let text = with(
        "[profiles.live.budgets.aws]\ncalls_per_second = 2.5\nburst = 10\n[profiles.live.budgets.sandbox]\nconcurrency = 4",
    );
    let settings = Settings::parse("g", &text).expect("reads");
    let budgets = &settings.profile("live").expect("there").budgets;
    let budget = |calls_per_second, burst, concurrency| Budget { calls_per_second, burst, concurrency };
    assert_eq!(budgets["aws"], budget(Some(2.5), Some(10), None));
    assert_eq!(budgets["sandbox"], budget(None, None, Some(4)));
    assert!(settings.profile("sandbox").expect("there").budgets.is_empty());

    let cases = [
        (
            "aws = { calls_per_second = 0 }",
            "E0206 g:18:7",
            "give numbers above 0, or leave out what is not to be limited",
        ),
        (
            "aws = { calls_per_second = -1.5 }",
            "E0206 g:18:7",
            "give numbers above 0, or leave out what is not to be limited",
        ),
        ("aws = { calls_per_second = nan }", "E0202 g:18:28", "write a finite number"),
        ("aws = { calls_per_second = inf }", "E0202 g:18:28", "write a finite number"),
        ("aws = { burst = 0 }", "E0206 g:18:7", "give numbers above 0, or leave out what is not to be limited"),
        ("aws = { concurrency = 0 }", "E0206 g:18:7", "give numbers above 0, or leave out what is not to be limited"),
        ("asw = { burst = 1 }", "E0206 g:18:7", "the providers of `live` are `aws`, `sandbox`"),
        ("aws = { concurrency = 1.5 }", "E0103 g:18:23", ""),
        ("aws = { burst = -1 }", "E0104 g:18:17", ""),
        ("aws = { call_per_second = 1 }", "E0101 g:18:9", "did you mean `calls_per_second`?"),
        ("aws = 10", "E0103 g:18:7", ""),
    ];
    for (line, place, hint) in cases {
        let found = Settings::parse("g", &with(&format!("[profiles.live.budgets]\n{line}"))).expect_err(line);
        assert_eq!(summary(&found), [place], "{line}: {found:?}");
        let hints = found.iter().flat_map(|problem| &problem.hints).any(|found| found == hint);
        assert!(hint.is_empty() || hints, "{line}: {found:?}");
    }
    let both = "[profiles.live.budgets]\naws = { burst = 0 }\nsandbox = { concurrency = 0 }";
    let found = Settings::parse("g", &with(both)).expect_err("two problems");
    assert_eq!(summary(&found), ["E0206 g:18:7", "E0206 g:19:11"], "all at once");
}

#[test]
fn a_driver_may_have_a_server_of_its_own() {
    let with = |endpoints: &str| format!("{SETTINGS}[profiles.live.endpoints]\n{endpoints}");
    let settings =
        Settings::parse("g", &with("sandbox = \"http://s\"").replace("account", "endpoint = \"http://a\"\naccount"));
    let settings = settings.expect("reads");
    let live = settings.profile("live").expect("there");
    let endpoint = |driver, instance| live.endpoint(driver, instance);
    assert_eq!(
        (endpoint("sandbox", None).as_deref(), endpoint("aws", None).as_deref()),
        (Some("http://s"), Some("http://a"))
    );
    let named = Instance { endpoint: Some("http://n".to_owned()), ..Instance::default() };
    assert_eq!(endpoint("sandbox", Some(&named)).as_deref(), Some("http://n"));
    assert_eq!(endpoint("sandbox", Some(&Instance::default())), None);
    // Objects are elsewhere once it changes.
    assert_eq!(live.site(None).get("endpoints.sandbox").map(String::as_str), Some("http://s"));
    assert!(!live.site(Some(&named)).contains_key("endpoints.sandbox"));
    let found = Settings::parse("g", &with("gcp = \"http://g\"")).expect_err("there is no such provider");
    assert_eq!(summary(&found), ["E0206 g:18:7"]);
}

#[test]
fn all_problems_of_settings_are_found() {
    let text = r#"organisation = "OL"
environments = ["CI", "Q A", "CI", "default"]
[profiles.live]
provider = "aws"
ignore_protection = true
identity = "secrets/demo.key"
[profiles.half]
provider = "sandbox"
ignore_protection = true
[profiles.half.providers]
vault = "vault"
"#;
    let found = Settings::parse("g", text).expect_err("problems");
    let expected = [
        "E0206 g:1:16",
        "E0206 g:2:23",
        "E0206 g:2:30",
        "E0206 g:2:36",
        "E0207 g:9:21",
        "E0207 g:5:21",
        "E0207 g:6:12",
    ];
    assert_eq!(summary(&found), expected);
    assert!(found.iter().all(|d| d.hints.len() == 1));
    let found = Settings::parse("g", "organization = \"x\"\nenvironments = \"CI\"").expect_err("problems");
    assert_eq!(summary(&found), ["E0101 g:1:1", "E0102 g:1:1", "E0103 g:2:16"]);
}

#[test]
fn a_workspace_is_found_from_anywhere_inside() {
    let (directory, _) = workspace(&[("projects/a/b/src/lib.rs", "")]);
    let inside = directory.path().join("projects/a/b/src");
    let found = Workspace::find(&inside).expect("found");
    assert_eq!(found.dotted_path_of(&inside).as_deref(), Some("a.b.src"));
    assert_eq!(found.dotted_path_of(directory.path()), None);
    let nowhere = tempfile::tempdir().expect("a directory");
    assert_eq!(summary(&Workspace::find(nowhere.path()).expect_err("no workspace")), ["E0204 "]);
}

#[test]
fn stacks_are_the_files_of_a_project() {
    let (_directory, workspace) = workspace(&[
        ("projects/a/b/stacks/QA.toml", "x = 1"),
        ("projects/a/b/stacks/mitx.CI.toml", ""),
        ("projects/a/b/stacks/default.toml", ""),
        ("projects/a/b/stacks/QA.lock.toml", ""),
        ("projects/a/b/stacks/gone.lock.toml", ""),
        ("projects/a/b/stacks/README.md", ""),
        ("projects/bad/stacks/qa.toml", ""),
        ("projects/bad/stacks/mi tx.QA.toml", ""),
    ]);
    let stacks = workspace.stacks_of("a.b").expect("all well");
    assert_eq!(stacks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.b.QA", "a.b.default", "a.b.mitx.CI"]);
    assert_eq!(workspace.stacks_of("none"), Ok(vec![]));
    let found = workspace.stacks_of("bad").expect_err("two bad names");
    assert_eq!(
        summary(&found),
        ["E0210 projects/bad/stacks/mi tx.QA.toml:1:1", "E0210 projects/bad/stacks/qa.toml:1:1"]
    );
    assert_eq!(found.iter().next_back().map(|d| d.hints[0].as_str()), Some("did you mean `QA`? rename the file"));
    let qa = StackName::new("a.b", "QA");
    workspace.edit_stack(&qa, |file, text| set(file, text, &path("x"), "2")).expect("edits");
    assert_eq!(workspace.read_text(&workspace.stack_file(&qa)), Ok(Some("x = 2\n".to_owned())));
    let found = workspace.stack_config(&StackName::new("a.b", "mitx.QA")).expect_err("no file");
    let problem = found.iter().next().expect("one");
    assert_eq!(problem.code, "E0209");
    assert_eq!(problem.notes, ["the stacks of `a.b` are `QA`, `default`, `mitx.CI`"]);
}

#[test]
fn foreign_stacks_have_typed_outputs() {
    let fingerprint = Digest::of("t", b"x");
    let text = format!(
        "url = \"https://x\"\n[vpc]\nzones = [\"a\", \"b\"]\nsize = 3\n[tags]\n\"a.b\" = true\n[token]\nsecret = \"age:x\"\nfingerprint = \"{fingerprint}\"\n"
    );
    let (directory, workspace) = workspace(&[("foreign/infra.vault.operations.QA.toml", &text)]);
    let stacks = workspace.foreign_stacks().expect("reads");
    let stack = &stacks["infra.vault.operations.QA"];
    let outputs: Vec<String> = stack.outputs().keys().map(ToString::to_string).collect();
    assert_eq!(outputs, ["tags[\"a.b\"]", "token", "url", "vpc.size", "vpc.zones"]);
    assert_eq!(stack.value(&path("vpc.zones[1]")), Some(Value::from("b")));
    assert_eq!(stack.value(&path("vpc")).and_then(|v| v.get("size").and_then(Value::as_int)), Some(3));
    assert!(stack.value(&path("token")).is_some_and(|v| v.has_secret()));
    assert_eq!(stack.value(&path("vpc.nothing")), None);
    fs::write(directory.path().join("foreign/x.toml"), "a = 1979-05-27").expect("written");
    fs::write(directory.path().join("foreign/x.Qa.toml"), "").expect("written");
    let found = workspace.foreign_stacks().expect_err("problems");
    assert_eq!(
        summary(&found),
        ["E0210 foreign/x.Qa.toml:1:1", "E0210 foreign/x.toml:1:1", "E0202 foreign/x.toml:1:5"]
    );
}

#[test]
fn inputs_come_from_files_and_from_what_the_caller_gives() {
    let stack = StackName::new("a.b", "QA");
    let (directory, workspace) = workspace(&[("projects/a/b/stacks/QA.toml", "x = 1"), ("data/list.txt", "one")]);
    let variables: Variables = [("net_size".to_owned(), "7".to_owned())].into_iter().collect();
    let files = Files::new(&workspace, &variables);
    let inputs =
        files.inputs(|stack, path| OutputRead::Known { value: format!("{stack}:{path}").into(), applied: true });
    assert_eq!(inputs.config(&stack).expect("reads").to_value(), Value::map([("x", 1i64)]));
    fs::write(directory.path().join("projects/a/b/stacks/QA.toml"), "x = 2").expect("written");
    assert_eq!(inputs.config(&stack).expect("reads").to_value(), Value::map([("x", 1i64)]), "one run sees one file");
    assert_eq!(inputs.file("data/list.txt"), Ok(Some(b"one".to_vec())));
    assert_eq!((inputs.file("data/none"), inputs.file("data/list.txt/x")), (Ok(None), Ok(None)));
    assert_eq!(inputs.list("data"), Ok(Some(vec!["list.txt".to_owned()])));
    assert_eq!(inputs.list("none"), Ok(None));
    for outside in ["../x", "/etc/passwd", "data/../../x"] {
        assert_eq!(inputs.file(outside).map_err(|d| d.code), Err("E0211".to_owned()), "{outside}");
    }
    assert_eq!(inputs.variable("NET_SIZE").as_deref(), Some("7"), "the case does not count");
    let known = OutputRead::Known { value: "up.QA:a[0]".into(), applied: true };
    assert_eq!(inputs.output("up.QA", &path("a[0]")), known);
    let arguments = Value::Map(value::Map::new());
    assert_eq!(inputs.world(&stack, "aws:account-id", &arguments), Ok(None));
}

#[test]
fn a_world_lock_is_written_only_when_it_changes() {
    let stack = StackName::new("a.b", "QA");
    let (directory, workspace) = workspace(&[("projects/a/b/stacks/QA.toml", "")]);
    let mut lock = workspace.lock(&stack).expect("empty");
    lock.upsert(Entry::to(&AccountId, "1", "2026-08-22T00:00:00Z", Source::Sandbox).expect("plain"));
    assert_eq!((workspace.write_lock(&stack, &lock), workspace.write_lock(&stack, &lock)), (Ok(true), Ok(false)));
    assert_eq!(workspace.lock(&stack), Ok(lock.clone()));
    let variables = Variables::none();
    let files = Files::new(&workspace, &variables);
    let inputs = files.inputs(|_, _| OutputRead::NotYet);
    let answer = inputs.world(&stack, "aws:account-id", &Value::Map(value::Map::new()));
    assert_eq!(answer, Ok(Some(Value::from("1"))));
    let refused = workspace.refuse_made_up(&stack).expect_err("the sandbox made it up");
    assert_eq!(summary(&refused), ["E0215 projects/a/b/stacks/QA.lock.toml:1:1"]);
    let file = directory.path().join("projects/a/b/stacks/QA.lock.toml");
    let edited = fs::read_to_string(&file).expect("there").replace("answer = \"1\"", "answer = \"2\"");
    fs::write(&file, edited).expect("written");
    assert_eq!(workspace.lock(&stack).map_err(|found| found.len()), Err(1));
    assert_eq!((workspace.write_lock(&stack, &Lock::new()), file.is_file()), (Ok(true), false));
    let names = workspace.list("projects/a/b/stacks").expect("reads").expect("there");
    assert_eq!(names, ["QA.toml"], "nothing half-written stays");
}

#[test]
fn identities_come_from_the_profile_and_the_person_and_live_refuses_demo_keys() {
    let (directory, workspace) = workspace(&[("secrets/demo.key", "# demo\nAGE-SECRET-KEY-1DEMO\n")]);
    let profile = |name: &str| workspace.settings().profile(name).expect("there");
    let own = directory.path().join("own.key");
    fs::write(&own, "AGE-SECRET-KEY-1OWN\n").expect("written");
    let variables = |pairs: &[(&str, &std::path::Path)]| -> Variables {
        pairs.iter().map(|(name, path)| ((*name).to_owned(), path.to_string_lossy().into_owned())).collect()
    };
    let with_own = variables(&[("GROUNDPLAN_IDENTITY", &own), ("HOME", directory.path())]);
    let origins = |name: &str, variables: &Variables| {
        let texts = workspace.identities(profile(name), variables);
        texts
            .map(|texts| texts.into_iter().map(|text| text.origin).collect::<Vec<_>>())
            .map_err(|found| summary(&found))
    };
    let own_name = own.to_string_lossy().into_owned();
    assert_eq!(origins("sandbox", &with_own), Ok(vec!["secrets/demo.key".to_owned(), own_name.clone()]));
    assert_eq!(origins("live", &with_own), Ok(vec![own_name]));
    assert_eq!(origins("live", &Variables::none()), Ok(vec![]));
    let demo = variables(&[("GROUNDPLAN_IDENTITY", &directory.path().join("secrets/demo.key"))]);
    assert_eq!(origins("live", &demo), Err(vec!["E0212 ".to_owned()]));
    fs::remove_file(directory.path().join("secrets/demo.key")).expect("removed");
    let missing = variables(&[("GROUNDPLAN_IDENTITY", &directory.path().join("none"))]);
    assert_eq!(origins("sandbox", &missing), Err(vec!["E0213 groundplan.toml:7:1".to_owned(), "E0213 ".to_owned()]));
    let text = workspace.identities(profile("live"), &with_own).expect("reads");
    assert!(!format!("{text:?} {with_own:?}").contains("1OWN"));
}

#[test]
fn settings_of_a_stack_are_edited_with_comments_and_order_kept() {
    let text = "# Head.\nb = 1 # one\naccount = \"12\"\n\n[vpc] # the vpc\nzones = [\"a\", \"b\"]\nrule = { port = 1 }\n[[peers]]\nname = \"x\"\n";
    let cases = [
        ("b", "2", "b = 1", "b = 2"),
        ("b", "true", "b = 1", "b = true"),
        ("b", "1.5", "b = 1", "b = 1.5"),
        ("b", "x y", "b = 1", "b = \"x y\""),
        ("b", "007", "b = 1", "b = \"007\""),
        ("b", "1979-05-27", "b = 1", "b = \"1979-05-27\""),
        ("b", "[1, 2]", "b = 1", "b = [1, 2]"),
        ("b", "\"1\"", "b = 1", "b = \"1\""),
        ("account", "21", "account = \"12\"", "account = \"21\""),
        ("c", "3", "account = \"12\"\n", "account = \"12\"\nc = 3\n"),
        ("vpc.zones[1]", "c", "\"b\"]", "\"c\"]"),
        ("vpc.rule.port", "2", "{ port = 1 }", "{ port = 2 }"),
        ("vpc.rule.to", "2", "{ port = 1 }", "{ port = 1, to = 2 }"),
        ("vpc[\"a.b\"]", "1", "{ port = 1 }\n", "{ port = 1 }\n\"a.b\" = 1\n"),
        ("peers[0].name", "y", "\"x\"", "\"y\""),
        ("new.sub.key", "1", "name = \"x\"\n", "name = \"x\"\n\n[new.sub]\nkey = 1\n"),
    ];
    for (key, value, old, new) in cases {
        assert_eq!(set("f", text, &path(key), value).expect(key), text.replace(old, new), "{key} = {value}");
    }
    for key in ["", "vpc", "vpc.zones[2]", "b.c", "vpc[*]", "vpc.zones.a", "peers"] {
        let found = set("f", text, &path(key), "1").expect_err(key);
        assert_eq!(summary(&found), ["E0214 "], "{key}");
    }
    assert_eq!(summary(&set("f", "a = \nb = ", &path("a"), "1").expect_err("not TOML")).len(), 2);
}

#[test]
fn secrets_are_set_sealed_and_shown_masked() {
    let fingerprint = Digest::of("t", b"x");
    let text = set_secret("f", "a = 1 # one\n", &path("db.password"), "age:abc", fingerprint).expect("sets");
    let expected =
        format!("a = 1 # one\n\n[db]\npassword = {{ secret = \"age:abc\", fingerprint = \"{fingerprint}\" }}\n");
    assert_eq!(text, expected);
    let found = set("f", &text, &path("db.password"), "plain").expect_err("a secret stays one");
    assert_eq!(found.iter().next().map(|d| d.hints.len()), Some(1));
    let again = set_secret("f", &text, &path("db.password"), "age:def", fingerprint).expect("sets");
    assert_eq!(again, text.replace("age:abc", "age:def"));
    let root = parse("f", &again).expect("reads");
    assert_eq!(
        show(get(&root, &path("db.password")).expect("there")),
        format!("a secret, fingerprint {}", fingerprint.short(8))
    );
    assert_eq!(show(get(&root, &path("a")).expect("there")), "1");
    let list = parse("f", "l = [1, { a = \"x\" }]\nt = \"text\"").expect("reads");
    assert_eq!(show(get(&list, &path("l")).expect("there")), "[1, { a = \"x\" }]");
    assert_eq!(show(get(&list, &path("t")).expect("there")), "text");
    let problem = get(&list, &path("x.y")).expect_err("not there");
    assert_eq!(problem.hints, ["the keys there are `l`, `t`"]);
}

#[test]
fn secrets_are_sealed_anew_wherever_they_stand() {
    let (old, new) = (Digest::of("t", b"old"), Digest::of("t", b"new"));
    let text = format!(
        "# Head.\na = {{ secret = \"age:1\", fingerprint = \"{old}\" }} # one\nb = [{{ secret = \"age:2\", fingerprint = \"{old}\" }}]\n[c]\nsecret = \"age:3\"\nfingerprint = \"{old}\"\n"
    );
    let mut seen = Vec::new();
    let again = reseal("f", &text, |key, ciphertext, _| {
        seen.push(format!("{key} {ciphertext}"));
        Ok((ciphertext.replace(':', ":new"), new))
    });
    assert_eq!(again.expect("seals"), text.replace("age:", "age:new").replace(&old.to_string(), &new.to_string()));
    assert_eq!(seen, ["a age:1", "b[0] age:2", "c age:3"]);
    let found = reseal("f", &text, |_, _, _| Err(diag::Diagnostic::error("E0232", "no"))).expect_err("three problems");
    assert_eq!(summary(&found), ["E0232 f:2:5", "E0232 f:3:6", "E0232 f:4:1"]);
}

#[test]
fn secrets_are_left_out_with_a_remark_and_all_else_stays() {
    let secret = |name: &str| format!("{{ secret = \"age:{name}\", fingerprint = \"{}\" }}", Digest::of("t", b"f"));
    let (a, b, c, d) = (secret("a"), secret("b"), secret("c"), secret("d"));
    let text = format!(
        "# Of CI.\nsize = 3 # small\n# Who knows it?\npassword = {a} # new\nkeys = [\"x\", {b}]\n\n[db]\nname = \"n\"\n\
         token = {c}\n\n[db.admin]\n{}\n",
        d.trim_matches(['{', '}', ' ']).replace(", ", "\n")
    );
    let (out, paths) = without_secrets("f", &text, |path| format!("set {path}")).expect("edits");
    assert_eq!(
        paths.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["db.admin", "db.token", "keys[1]", "password"]
    );
    assert_eq!(
        out,
        "# set db.admin\n# set keys[1]\n# Of CI.\nsize = 3 # small\n# Who knows it?\n# set password\nkeys = [\"x\"]\n\n[db]\n\
         name = \"n\"\n# set db.token\n"
    );
    let plain = "a = 1 # one\n";
    assert_eq!(without_secrets("f", plain, |_| String::new()).expect("edits"), (plain.to_owned(), Vec::new()));
}

const INSTANCES: &str = r#"
organisation = "x"
environments = []
[profiles.live]
provider = "aws"
account = "1"
region = "us-east-1"
endpoint = "https://default"
explicit_instances = ["vault"]
[profiles.live.instances]
west = { region = "us-west-2" }
other = { account = "2", endpoint = "https://other" }
"#;

#[test]
fn an_instance_points_where_its_profile_does_but_for_what_it_says() {
    let settings = Settings::parse("groundplan.toml", INSTANCES).expect("reads");
    let live = settings.profile("live").expect("there");
    let site = |name: Option<&str>| {
        let site = live.site(name.map(|name| &live.instances[name]));
        site.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(site(None), "account=1 endpoint=https://default region=us-east-1");
    assert_eq!(site(Some("west")), "account=1 region=us-west-2");
    assert_eq!(site(Some("other")), "account=2 endpoint=https://other region=us-east-1");
    assert_eq!(live.explicit_instances, ["vault"]);
}

/// A provider cannot be configured with what is not known before anything is evaluated, so there is no preview in
/// which it is unknown (61), and nothing of a run that its configuration could come from or be destroyed with (64).
#[test]
fn case_61_and_64_an_instance_is_plain_text() {
    for value in ["{ output = \"net.QA:region\" }", "[\"us-west-2\"]"] {
        let text = INSTANCES.replace("{ region = \"us-west-2\" }", &format!("{{ region = {value} }}"));
        let found = Settings::parse("groundplan.toml", &text).expect_err("it is no text");
        assert_eq!(summary(&found), ["E0103 groundplan.toml:11:19"], "{value}");
    }
}

#[test]
fn signers_are_public_keys_by_name() {
    let key = signing::SecretKey::generate().expect("there are random numbers");
    let settings = |signers: &str| {
        let text = format!("organisation = \"x\"\nenvironments = []\n[signers]\n{signers}");
        Settings::parse("groundplan.toml", &text).map(|settings| settings.signers)
    };
    let signers = settings(&format!("ci = \"{}\"", key.public())).expect("reads");
    assert_eq!(signers.get("ci"), Some(key.public()));
    assert!(Settings::parse("f", "organisation = \"x\"\nenvironments = []").expect("enough").signers.is_empty());
    let secret = key.expose_file().lines().last().expect("a key").to_owned();
    let found = settings(&format!("ci = \"ed25519:x\"\nme = \"{secret}\"")).expect_err("refused");
    assert_eq!(summary(&found), ["E0571 groundplan.toml:4:6", "E0571 "]);
    assert!(!format!("{found:?}").contains(&secret), "a secret key is not shown");
}

#[test]
fn a_signing_key_comes_from_a_variable_or_from_the_file_that_it_names() {
    let key = signing::SecretKey::generate().expect("there are random numbers");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("ci.key");
    fs::write(&file, key.expose_file()).expect("written");
    let of = |value: &str| {
        let variables = [("GROUNDPLAN_SIGNING_KEY".to_owned(), value.to_owned())].into_iter().collect();
        signing_key(&variables).map(|key| key.map(|key| key.public())).map_err(|problem| problem.code)
    };
    let line = key.expose_file().lines().last().expect("a key").to_owned();
    assert_eq!(of(&line), Ok(Some(key.public())));
    assert_eq!(of(&file.display().to_string()), Ok(Some(key.public())));
    assert_eq!(of(""), Ok(None));
    assert_eq!(of(&line[..line.len() - 2]), Err("E0571".to_owned()));
    assert_eq!(signing_key_in(&directory.path().join("none")).expect_err("not there").code, "E0263");
}

#[test]
fn the_shared_cache_has_an_address_and_signers_of_its_tiers() {
    let (ci, other) = [(); 2].map(|()| signing::SecretKey::generate().expect("there are random numbers")).into();
    let settings = |cache: &str| {
        let head = "organisation = \"x\"\nenvironments = []\n";
        let text = format!("{head}[signers]\nci = \"{}\"\nother = \"{}\"\n{cache}", ci.public(), other.public());
        Settings::parse("groundplan.toml", &text).map(|settings| settings.cache)
    };
    assert_eq!(settings("").expect("reads"), None);
    let cache = settings("[cache]\nremote = \"https://cache.example\"\nsigners = [\"ci\"]").expect("reads");
    let cache = cache.expect("is there");
    assert_eq!((cache.remote.as_str(), cache.seconds), ("https://cache.example", 10));
    assert_eq!((cache.signers.name(ci.public()), cache.signers.name(other.public())), (Some("ci"), None));
    assert_eq!(cache.pull_request_signers, cache.signers, "the same, if nothing is said");
    let text = "[cache]\nremote = \"s3://b/p\"\nsigners = [\"ci\"]\npull_request_signers = [\"other\"]\nseconds = 3";
    let cache = settings(text).expect("reads").expect("is there");
    assert_eq!((cache.pull_request_signers.get("other"), cache.seconds), (Some(other.public()), 3));
    let found = settings("[cache]\nremote = \"ftp://x\"\nsigners = [\"c1\"]").expect_err("refused");
    assert_eq!(summary(&found), ["E0265 groundplan.toml:7:10", "E0264 groundplan.toml:8:12"]);
    // Without signers nothing would count, so they must be said.
    assert!(settings("[cache]\nremote = \"https://x\"").is_err());
}
