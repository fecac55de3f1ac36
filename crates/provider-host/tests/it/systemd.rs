//! Units and services of a root, where nothing runs: they are put in place and enabled.

use std::process::Command;

use ports::{Outcome, StepAction};
use value::Value;

use crate::house::{House, done, failed, map, not_tested, step};

const UNIT: &str = "[Unit]\nDescription=It\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";

fn has_systemctl() -> bool {
    let has = Command::new("systemctl").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has {
        not_tested("systemctl", "units and services of a root");
    }
    has
}

#[test]
fn a_unit_and_its_service_go_in_one_trip_and_come_off_again() {
    if !has_systemctl() {
        return;
    }
    let house = House::new();
    let unit = map(&[("name", "it.service"), ("content", UNIT)]);
    let drop_in = map(&[("name", "it.service"), ("drop_in", "env"), ("content", "[Service]\nEnvironment=A=b\n")]);
    let mut service = map(&[("unit", "it.service")]);
    service.insert("running".to_owned(), Value::Bool(true));
    let create = |ty: &str, inputs: &value::Map| step(ty, StepAction::Create { inputs: inputs.clone() });
    // The service stands first, and comes last.
    let steps = vec![
        create("host_service", &service),
        create("host_systemd_unit", &unit),
        create("host_systemd_unit", &drop_in),
    ];
    let outcomes: Vec<_> = house.apply(steps).into_iter().map(done).collect();
    assert_eq!(house.hosts.trips(None), 1);
    assert_eq!(outcomes[0].as_ref().and_then(|service| service.get("enabled")), Some(&Value::Bool(true)));
    assert_eq!(house.text("/etc/systemd/system/it.service.d/env.conf"), "[Service]\nEnvironment=A=b\n");
    assert!(house.path("/etc/systemd/system/multi-user.target.wants/it.service").is_symlink());
    assert_eq!(
        house.look("host_systemd_unit", "it.service").expect("it is there").get("content"),
        Some(&Value::from(UNIT))
    );
    assert!(!house.path("/var/lib/groundplan/reload").exists(), "nothing is left to be read");

    done(house.delete("host_service", "it.service", &service));
    done(house.delete("host_systemd_unit", "it.service", &unit));
    done(house.delete("host_systemd_unit", "it.service/env", &drop_in));
    assert!(!house.path("/etc/systemd/system/it.service").exists());
    assert!(!house.path("/etc/systemd/system/multi-user.target.wants/it.service").is_symlink());
    assert!(house.look("host_service", "it.service").is_none());
}

#[test]
fn a_service_without_a_unit_is_refused_and_one_may_be_disabled() {
    if !has_systemctl() {
        return;
    }
    let house = House::new();
    assert_eq!(failed(house.create("host_service", &map(&[("unit", "none.service")]))).code, "NoUnit");
    done(house.create("host_systemd_unit", &map(&[("name", "it.service"), ("content", UNIT)])));
    let on = map(&[("unit", "it.service")]);
    let mut off = on.clone();
    off.insert("enabled".to_owned(), Value::Bool(false));
    done(house.create("host_service", &on));
    assert!(matches!(house.update("host_service", "it.service", &on, &off), Outcome::Done(Some(_))));
    assert!(!house.path("/etc/systemd/system/multi-user.target.wants/it.service").is_symlink());
}

#[test]
fn a_setting_of_the_kernel_is_a_file() {
    let house = House::new();
    let setting = map(&[("name", "net.ipv4.ip_forward"), ("value", "1")]);
    done(house.create("host_sysctl", &setting));
    assert_eq!(house.text("/etc/sysctl.d/60-net.ipv4.ip_forward.conf"), "net.ipv4.ip_forward = 1\n");
    assert_eq!(
        house.look("host_sysctl", "net.ipv4.ip_forward").expect("it is there").get("value"),
        Some(&Value::from("1"))
    );
    done(house.delete("host_sysctl", "net.ipv4.ip_forward", &setting));
    assert!(house.look("host_sysctl", "net.ipv4.ip_forward").is_none());
}
