use machine::Machine;
use plan::{Project, Stack};
use testkit::{Given, Planned};

use crate::{Settings, declare};

fn project() -> Project {
    Project::new("p", |stack: &Stack, settings: Settings| {
        let mut plan = stack.plan();
        declare(&mut Machine::new(&mut plan, "web-1"), &settings);
        plan.finish(())
    })
}

fn planned(config: &str) -> Planned {
    Given::stack(project(), "QA").config(config).evaluate()
}

const WATCH: &str =
    "[[watches]]\nservice = \"concourse\"\nfiles = [\"/etc/default/concourse\", \"/etc/concourse/50%\"]\n";

#[test]
fn without_settings_there_is_curl_and_so_there_is_with_an_empty_list() {
    for config in ["", "packages = []"] {
        assert_eq!(planned(config).names("host_package"), ["web-1:curl"]);
    }
    assert_eq!(planned("packages = [\"jq\", \"cron\"]").names("host_package"), ["web-1:cron", "web-1:jq"]);
}

#[test]
fn a_watch_is_a_path_that_starts_a_restarter_which_is_not_enabled() {
    let planned = planned(WATCH);
    assert_eq!(planned.misfits(), Vec::<String>::new());
    let restarter = planned.resource("host_systemd_unit", "web-1:concourse-restarter.service");
    assert_eq!(
        restarter.text("content"),
        "[Unit]\nDescription=Restart concourse when watched files change\nAfter=network.target\n\
         StartLimitIntervalSec=0\n\n[Service]\nType=oneshot\nExecStartPre=/bin/sleep 2\n\
         ExecStart=/usr/bin/systemctl restart concourse.service\n"
    );
    let path = planned.resource("host_systemd_unit", "web-1:concourse.path");
    assert_eq!(
        path.text("content"),
        "[Unit]\nDescription=Watch the files of concourse\n\n[Path]\nUnit=concourse-restarter.service\n\
         PathModified=/etc/default/concourse\nPathModified=/etc/concourse/50%%\n\n[Install]\n\
         WantedBy=multi-user.target\nWantedBy=vault.service\nWantedBy=consul-template.service\n"
    );
    assert_eq!(planned.names("host_service"), ["web-1:concourse.path"]);
    let service = planned.resource("host_service", "web-1:concourse.path");
    assert_eq!(service.get("running"), &plan::value::Value::Bool(true));
    let mut after = service.depends_on();
    after.sort_unstable();
    assert_eq!(after, ["web-1:concourse-restarter.service", "web-1:concourse.path", "web-1:curl"]);
}

#[test]
fn a_watch_of_an_image_does_not_start() {
    let planned = planned(&format!("{WATCH}start_now = false\n"));
    assert!(planned.resource("host_service", "web-1:concourse.path").find("running").is_none());
}

#[test]
fn all_that_cannot_be_is_told_at_once_and_unknown_fields_are_refused() {
    let config = "[[watches]]\nservice = \"a b.service\"\nfiles = [\"etc/x\"]\ncommand = \"rm\"\n[[watches]]\nservice = \"c\"\nfiles = []\n";
    let problems = planned(config).problems();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(planned("package = [\"jq\"]").problems().iter().any(|problem| problem.contains("package")));
}

#[test]
fn the_environment_overrides_settings() {
    let given =
        Given::stack(project(), "QA").config("packages = [\"jq\"]").variable("BASELINE_PACKAGES", "[\"gnupg\"]");
    assert_eq!(given.evaluate().names("host_package"), ["web-1:gnupg"]);
}
