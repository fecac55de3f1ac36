use plan::value::Value;
use plan::{Draft, Output, Project, Stack, text};
use testkit::{Given, Planned};
use types_host::{Directory, File, Group, Package, Service, Sysctl, SystemdUnit, User};

use crate::Machine;

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
