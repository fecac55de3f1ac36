use value::{Map, Value};

use crate::{Answer, Before, Claim, Item, Key, Kind, Task, script, told};

fn sum(bytes: &[u8]) -> String {
    bytes.len().to_string()
}

fn properties(pairs: &[(&str, &str)]) -> Map {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

fn item(ty: &str, pairs: &[(&str, &str)]) -> Item {
    let kind = Kind::of(ty).expect("a type");
    Item::read(kind, &properties(pairs)).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn all_that_is_wrong_with_properties_is_told_at_once() {
    let wrong = [("path", "etc/../x"), ("mode", "644"), ("owner", "-rf")];
    let Err(problems) = Item::read(Kind::File, &properties(&wrong)) else { panic!("it was read") };
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("`content` is not there")), "{problems:?}");
}

#[test]
fn what_writes_one_path_claims_the_same() {
    let unit = item("host_systemd_unit", &[("name", "x.service"), ("content", "")]);
    let file = item("host_file", &[("path", "/etc/systemd/system/x.service"), ("content", "")]);
    assert_eq!(unit.claims(), file.claims());
    let drop_in = item("host_systemd_unit", &[("name", "x.service"), ("drop_in", "env"), ("content", "")]);
    assert_eq!(drop_in.claims(), [Claim::Path("/etc/systemd/system/x.service.d/env.conf".to_owned())]);
    let sysctl = item("host_sysctl", &[("name", "net.ipv4.ip_forward"), ("value", "1")]);
    assert_eq!(sysctl.claims(), [Claim::Path("/etc/sysctl.d/60-net.ipv4.ip_forward.conf".to_owned())]);
}

#[test]
fn a_file_needs_the_directories_above_it_and_its_owners() {
    let file = item("host_file", &[("path", "/etc/a/b"), ("content", ""), ("owner", "caddy"), ("group", "vault")]);
    let needed: Vec<String> = file.needs().iter().map(ToString::to_string).collect();
    let mounted = ["what is mounted at `/etc`", "what is mounted at `/etc/a`"];
    assert_eq!(needed[..5], ["`/etc`", "`/etc/a`", "the user `caddy`", "the user `vault`", "the group `vault`"]);
    assert_eq!(needed[5..], mounted);
}

#[test]
fn packages_come_first_and_units_are_read_once_before_services() {
    let make = |item: Item| Task::Make { item: Box::new(item), before: Before::Anything };
    let tasks = [
        make(item("host_service", &[("unit", "x.service")])),
        make(item("host_systemd_unit", &[("name", "x.service"), ("content", "[Unit]\n")])),
        make(item("host_systemd_unit", &[("name", "y.service"), ("content", "[Unit]\n")])),
        make(item("host_package", &[("name", "curl")])),
    ];
    let script = script("nonce", "", &tasks, sum);
    let body = script.split("\nall() {\n").nth(1).expect("the tasks");
    let at = |text: &str| body.find(text).unwrap_or_else(|| panic!("no {text} in {body}"));
    assert!(at("install_all") < at("each 3 make_package"));
    assert!(at("each 3") < at("each 1") && at("each 2") < at("if reload") && at("if reload") < at("each 0"));
    assert_eq!(body.matches("if reload").count(), 1);
}

#[test]
fn what_a_shell_could_make_something_of_is_quoted_and_content_is_no_word() {
    let file = item("host_file", &[("path", "/etc/it's $HOME"), ("content", "secret$(id)")]);
    let script = script("nonce", "/tmp/a b", &[Task::Make { item: Box::new(file), before: Before::Anything }], sum);
    assert!(script.contains(r"'/etc/it'\''s $HOME'"), "{script}");
    assert!(script.contains("R='/tmp/a b'"), "{script}");
    assert!(!script.contains("secret$(id)"), "{script}");
}

#[test]
fn answers_are_found_among_other_output_and_what_is_missing_is_nothing() {
    let key = |kind, id: &str| Key { kind, id: id.to_owned() };
    let keys = [
        key(Kind::File, "/etc/x"),
        key(Kind::User, "caddy"),
        key(Kind::Group, "caddy"),
        key(Kind::Link, "/etc/y"),
        key(Kind::Service, "x.service"),
    ];
    let output = b"Welcome!\nn 0 there file 640 0 5 abc root caddy aGk=.\nother 1 absent\nn 1 absent\n\nn 2 failed Moved bm8=.\n\
        n 4 there service static active\nn 9 absent\n";
    let told = told("n", &keys, output);
    assert!(!told.begun && !told.locked);
    let found = told.answers;
    let Some(Answer::There(there)) = &found[0] else { panic!("no file") };
    assert_eq!(there.words.as_deref(), Some("file 640 0 5 abc"));
    assert_eq!(there.properties.get("mode"), Some(&Value::from("0640")));
    assert_eq!(there.properties.get("content"), Some(&Value::from("hi")));
    assert!(found[1] == Some(Answer::Absent));
    assert!(found[2] == Some(Answer::Failed { code: "Moved".to_owned(), message: "no".to_owned() }));
    assert!(found[3].is_none());
    let Some(Answer::There(there)) = &found[4] else { panic!("no service") };
    assert_eq!(there.properties.get("enabled"), None, "a static unit is neither");
    assert_eq!(there.properties.get("running"), Some(&Value::Bool(true)));
}
