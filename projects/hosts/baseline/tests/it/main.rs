//! The machines as the stack files make them.

use testkit::{Given, Workspace};

#[test]
fn a_machine_has_its_packages_and_its_watch() {
    assert_eq!(Workspace::here().stacks("hosts.baseline"), ["demo.Dev"]);
    let planned = testkit::evaluate(hosts_baseline::project(), "demo.Dev");
    assert_eq!(planned.problems(), [""; 0]);
    assert_eq!(planned.misfits(), [""; 0]);
    assert_eq!(planned.names("host_package"), ["demo:curl", "demo:jq"]);
    assert_eq!(planned.count(), 5);
    let curl = planned.resource("host_package", "demo:curl");
    assert_eq!(curl.options().provider.as_deref(), Some("demo"));
}

#[test]
fn a_stack_without_a_machine_is_refused() {
    let problems = Given::stack(hosts_baseline::project(), "Dev").config("").evaluate().problems();
    assert!(problems.iter().any(|problem| problem.contains("the stack names no machine")), "{problems:?}");
}
