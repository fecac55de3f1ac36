use plan::value::Value;
use plan::{Draft, Output, Project, Stack, text};
use testkit::{Given, Planned};
use types_host::{
    Archive, Command, Directory, File, Group, Keyring, Line, Member, Members, Mount, Package, Repository, Service,
    Sysctl, SystemdUnit, Timer, User,
};

use crate::{Machine, Template};

fn planned(declare: impl Fn(&mut Machine<'_>) + Send + Sync + 'static) -> Planned {
    let project = Project::new("p", move |stack: &Stack, (): ()| {
        let mut plan: Draft = stack.plan();
        declare(&mut Machine::new(&mut plan, "web-1"));
        plan.finish(())
    });
    Given::stack(project, "QA").config("").evaluate()
}

fn file(path: &str) -> File {
    File::new(path).path(path).content("x")
}

#[test]
fn what_needs_something_comes_after_it_and_is_on_the_machine() {
    let planned = planned(|machine| {
        machine.add(Package::new("caddy").name("caddy"));
        machine.add(Group::new("vault").name("vault"));
        machine.add(User::new("app").name("app").group("vault"));
        machine.add(Directory::new("etc").path("/etc/app"));
        machine.add(file("/etc/app/conf.d/main").owner("app").group("vault"));
        machine.add(Sysctl::new("forward").name("net.ipv4.ip_forward").value("1"));
    });
    let file = planned.resource("host_file", "web-1:/etc/app/conf.d/main");
    assert_eq!(file.options().provider.as_deref(), Some("web-1"));
    let mut after = file.depends_on();
    after.sort_unstable();
    assert_eq!(after, ["web-1:app", "web-1:caddy", "web-1:etc", "web-1:vault"]);
    assert_eq!(planned.resource("host_sysctl", "web-1:forward").depends_on(), ["web-1:caddy"]);
    assert_eq!(planned.resource("host_package", "web-1:caddy").depends_on(), Vec::<&str>::new());
    assert_eq!(planned.misfits(), Vec::<String>::new());
}

#[test]
fn a_service_is_restarted_for_what_changes_and_only_for_that() {
    let plan = |content: &'static str| {
        planned(move |machine| {
            let unit = machine.add(SystemdUnit::new("unit").name("app.service").content("[Service]\n"));
            let config = machine.add(file("/etc/app").content(content));
            let list = machine.add(file("/etc/list"));
            let service = Service::new("app").unit("app.service").running(true);
            machine.service(service, &[&unit, &config], &[&list]);
        })
    };
    let on = |content: &'static str, at: &str| {
        let planned = plan(content);
        let service = planned.resource("host_service", "web-1:app");
        assert_eq!(service.depends_on().len(), 3);
        assert_eq!(planned.misfits(), Vec::<String>::new());
        service.properties().get(at).and_then(Value::as_map).expect("a map").clone()
    };
    let (one, two) = (on("one", "restart_on"), on("two", "restart_on"));
    assert_eq!(one.get("web-1:unit"), two.get("web-1:unit"));
    assert_ne!(one.get("web-1:/etc/app"), two.get("web-1:/etc/app"));
    assert_eq!(on("one", "reload_on"), on("two", "reload_on"));
}

#[test]
fn a_content_that_is_not_known_yet_is_what_the_service_waits_for() {
    let planned = planned(|machine| {
        let first = machine.add(User::new("app").name("app"));
        let content: Output<String> = text("id={}", [&first.id()]);
        let config = machine.add(file("/etc/app").content(content));
        machine.service(Service::new("app").unit("app.service"), &[&config], &[]);
    });
    let service = planned.resource("host_service", "web-1:app");
    let on = service.properties().get("restart_on").and_then(|on| on.get("web-1:/etc/app"));
    assert!(on.is_some_and(Value::has_unknown), "{on:?}");
}

#[test]
fn two_that_write_one_path_or_one_user_are_an_error_with_both_places() {
    let planned = planned(|machine| {
        machine.add(file("/etc/systemd/system/app.service"));
        machine.add(SystemdUnit::new("unit").name("app.service").content(""));
        machine.add(User::new("one").name("app"));
        machine.add(User::new("two").name("app"));
    });
    let problems = planned.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].contains("two resources of `web-1` are about `/etc/systemd/system/app.service`"),
        "{problems:?}"
    );
    assert!(problems[1].contains("two resources of `web-1` are about the user `app`"), "{problems:?}");
}

#[test]
fn what_is_wrong_with_properties_is_told_before_anything_is_done() {
    let planned = planned(|machine| {
        machine.add(File::new("one").path("etc/app").content("").mode("644"));
        machine.add(User::new("two").name("-rf"));
    });
    let problems = planned.problems();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.contains("E0854") || problem.contains("cannot be")), "{problems:?}");
}

#[test]
fn a_part_of_a_file_and_one_member_of_all_are_the_same_thing_twice() {
    let planned = planned(|machine| {
        machine.add(file("/etc/hosts"));
        machine.add(Line::new("line").name("line").path("/etc/hosts").line("10.0.0.1 db"));
        machine.add(Line::new("one").name("one").path("/etc/profile").line("a"));
        machine.add(Line::new("two").name("two").path("/etc/profile").line("b"));
        machine.add(Member::new("member").user("app").group("docker"));
        machine.add(Members::new("members").group("docker").users(vec!["app".to_owned()]));
        machine.add(Command::new("init").name("init").run(vec!["init".to_owned()]).creates("/etc/hosts"));
        machine.add(Timer::new("timer").name("app").on_boot("1min"));
        machine.add(SystemdUnit::new("unit").name("app.timer").content(""));
    });
    let problems = planned.problems();
    let about = [
        "the line `line` in `/etc/hosts`",
        "who is in the group `docker`",
        "`/etc/hosts`",
        "`/etc/systemd/system/app.timer`",
    ];
    assert_eq!(problems.len(), about.len(), "{problems:?}");
    for (problem, about) in problems.iter().zip(about) {
        assert!(problem.contains(&format!("two resources of `web-1` are about {about}")), "{problem}");
    }
}

#[test]
fn packages_come_after_where_they_come_from_and_files_after_what_is_mounted_above_them() {
    let list = |text: &str| vec![text.to_owned()];
    let planned = planned(move |machine| {
        machine.add(Package::new("curl").name("curl"));
        machine.add(Keyring::new("keys").name("caddy.asc").content("x"));
        let repository = Repository::new("caddy").name("caddy").uris(list("https://example.com")).suites(list("any"));
        machine.add(repository.signed_by("/etc/apt/keyrings/caddy.asc"));
        machine.add(Package::new("web").name("caddy"));
        machine.add(Mount::new("data").path("/srv/data").source("tmpfs"));
        machine.add(file("/srv/data/x"));
    });
    assert_eq!(planned.problems(), Vec::<String>::new());
    let after = |ty: &str, name: &str| {
        let resource = planned.resource(ty, &format!("web-1:{name}"));
        let mut after: Vec<String> = resource.depends_on().iter().map(|name| name.replace("web-1:", "")).collect();
        after.sort();
        after
    };
    assert_eq!(after("host_repository", "caddy"), ["curl", "keys"]);
    assert_eq!(after("host_package", "web"), ["caddy", "keys"]);
    assert_eq!(after("host_file", "/srv/data/x"), ["curl", "data", "web"]);
}

#[test]
fn what_is_not_pinned_or_says_nothing_of_itself_is_refused_while_the_plan_is_made() {
    let planned = planned(|machine| {
        let url = [("any".to_owned(), "https://example.com/x".to_owned())];
        let sum = [("any".to_owned(), "main".to_owned())];
        let app = Archive::new("app").path("/opt/app");
        machine.add(app.url(std::collections::BTreeMap::from(url)).sha256(std::collections::BTreeMap::from(sum)));
        machine.add(Service::new("x").unit("-x"));
    });
    let problems = planned.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("`sha256` cannot be `main`"), "{problems:?}");
}

/// The content of a file that a template makes.
fn templated(template: impl Fn() -> Template + Send + Sync + 'static) -> Planned {
    planned(move |machine| {
        let content = template().text(machine);
        machine.add(file("/etc/app").content(content));
    })
}

#[test]
fn a_template_gives_byte_for_byte_what_jinja_gives() {
    let source = "{# a remark #}\n[web]\n{% if tls %}\n  tls = {{ tls }}\n{% endif %}\n\
                  {% for name, port in ports.items() -%}\n{{ name }}={{ port }}\n{% endfor %}\n\
                  paths = {{ paths | join(', ') }} {{ \"<b>\" }} {{ 'x' if paths|length > 1 else 'y' }}\n\n";
    let planned = templated(move || {
        Template::new("app.j2", source)
            .with("tls", true)
            .with("ports", std::collections::BTreeMap::from([("a", 1), ("b", 2)]))
            .with("paths", ["/etc/a b", "/etc/c"])
    });
    assert_eq!(planned.problems(), Vec::<String>::new());
    let wanted = "\n[web]\n\n  tls = True\n\na=1\nb=2\n\npaths = /etc/a b, /etc/c <b> x\n\n";
    let file = planned.resource("host_file", "web-1:/etc/app");
    assert_eq!(file.properties().get("content"), Some(&Value::from(wanted)));
}

#[test]
fn a_template_with_what_is_not_given_or_cannot_be_read_is_told_of_with_its_line() {
    for (source, says) in [
        ("a\n{{ missing }}\n", "`app.j2:2`"),
        ("{{ a.missing }}", "undefined"),
        ("{% if %}", "`app.j2:1`"),
        ("{{ a | no_such_filter }}", "no_such_filter"),
    ] {
        let planned = templated(move || Template::new("app.j2", source).with("a", "x"));
        let problems = planned.problems();
        assert_eq!(problems.len(), 1, "{source}: {problems:?}");
        assert!(problems[0].contains("E0856") && problems[0].contains(says), "{source}: {problems:?}");
    }
}

#[test]
fn what_is_known_later_stands_for_itself_and_nothing_branches_on_it() {
    let with_id = |source: &'static str| {
        planned(move |machine| {
            let user = machine.add(User::new("app").name("app"));
            let template = Template::new("app.j2", source).with("name", "x").later("id", user.uid());
            let content = template.text(machine);
            machine.add(file("/etc/app").content(content));
        })
    };
    let planned = with_id("{{ name }}: {{id}}, {{- id }}\n");
    assert_eq!(planned.problems(), Vec::<String>::new());
    let file = planned.resource("host_file", "web-1:/etc/app");
    assert!(file.properties().get("content").is_some_and(Value::has_unknown));
    for wrong in [
        "{% if id == 3 %}x{% endif %}",
        "{{ id | upper }}",
        "{% set x = id %}{{ x }}",
        "{{ 'x' if id else 'y' }}",
        "{% filter upper %}{{ id }}{% endfilter %}",
        "{% set x %}{{ id }}{% endset %}{{ x | length }}",
    ] {
        let problems = with_id(wrong).problems();
        assert!(!problems.is_empty() && problems[0].contains("E0857"), "{wrong}: {problems:?}");
    }
}
