//! A host over ssh, which `ci/host.sh` starts: `GROUNDPLAN_TEST_HOST` says where it is.

use std::env;
use std::time::Instant;

use ports::{Find, Outcome, Provider, ProviderErrorKind, ReadRequest, Step, StepAction};
use provider_host::{Hosts, Place};
use tokio::runtime::Runtime;
use value::{Map, Value};

use crate::house::{apply, done, failed, file, map, runtime, secret, step};

/// The address of the host.
fn place() -> String {
    env::var("GROUNDPLAN_TEST_HOST").expect("`ci/host.sh` starts a host and says where it is")
}

fn hosts(place: &str) -> Hosts {
    Hosts::new([(None, place.parse::<Place>().expect("a place"))])
}

fn create(ty: &str, inputs: Map) -> Step {
    step(ty, StepAction::Create { inputs })
}

/// Steps that do not wait for one another, all of which end well.
fn wave(runtime: &Runtime, hosts: &Hosts, steps: Vec<Step>) {
    apply(runtime, hosts, steps).into_iter().for_each(|outcome| drop(done(outcome)));
}

/// 20 directories, 50 files, 3 users, 5 packages that are there, 5 units, 5 services.
fn payload() -> [Vec<Step>; 4] {
    let users = (0..3).map(|n| create("host_user", map(&[("name", &format!("gpuser{n}"))])));
    let packages =
        ["coreutils", "dpkg", "bash", "tar", "gzip"].map(|name| create("host_package", map(&[("name", name)])));
    let dirs =
        (0..20).map(|n| create("host_directory", map(&[("path", &format!("/etc/gp/{n}")), ("owner", "gpuser1")])));
    let files = (0..50).map(|n| {
        let content = format!("setting {n}\n").repeat(60);
        create("host_file", file(&format!("/etc/gp/{}/file{n}", n % 20), &content, "0640"))
    });
    let unit = |n| format!("[Service]\nExecStart=/bin/sleep {n}\n[Install]\nWantedBy=multi-user.target\n");
    let units =
        (0..5).map(|n| create("host_systemd_unit", map(&[("name", &format!("gp{n}.service")), ("content", &unit(n))])));
    let services = (0..5).map(|n| create("host_service", map(&[("unit", &format!("gp{n}.service"))])));
    [users.chain(packages).collect(), dirs.collect(), files.chain(units).collect(), services.collect()]
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
#[expect(clippy::print_stderr, reason = "says what was measured")]
fn the_payload_takes_a_session_for_each_rank_and_a_look_at_all_of_it_takes_one() {
    let (runtime, hosts) = (runtime(), hosts(&place()));
    let start = Instant::now();
    for steps in payload() {
        wave(&runtime, &hosts, steps);
    }
    let first = start.elapsed();
    assert_eq!(hosts.trips(None), 4);
    let requests = payload().into_iter().flatten().map(|step| {
        let StepAction::Create { inputs } = &step.action else { panic!("it is one") };
        ReadRequest { ty: step.ty.clone(), find: Find::Identity(inputs.clone()), instance: None }
    });
    let requests: Vec<ReadRequest> = requests.collect();
    let start = Instant::now();
    let found = runtime.block_on(hosts.read(&requests)).unwrap_or_else(|e| panic!("{e}"));
    let look = start.elapsed();
    assert_eq!(hosts.trips(None), 5);
    for (found, step) in found.into_iter().zip(payload().into_iter().flatten()) {
        let StepAction::Create { inputs } = &step.action else { panic!("it is one") };
        let observed = found.unwrap_or_else(|| panic!("{inputs:?} is not there")).observed;
        inputs.iter().for_each(|(name, value)| assert_eq!(observed.get(name), Some(value), "{name} of {inputs:?}"));
    }
    eprintln!("{} objects: {first:?} to make, {look:?} to look at", requests.len());
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn a_secret_arrives_and_is_in_no_list_of_processes() {
    let (runtime, hosts) = (runtime(), hosts(&place()));
    let mut inputs = map(&[("path", "/etc/gp-token"), ("mode", "0600")]);
    inputs.insert("content".to_owned(), secret("hunter2-and-more"));
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let processes = std::fs::read_dir("/proc").expect("processes").flatten();
                for process in processes {
                    for what in ["cmdline", "environ"] {
                        let text = std::fs::read(process.path().join(what)).unwrap_or_default();
                        // In base64, too.
                        for secret in ["hunter2-and-more", "aHVudGVyMi1hbmQtbW9yZQ"] {
                            assert!(!String::from_utf8_lossy(&text).contains(secret), "{}", process.path().display());
                        }
                    }
                }
            }
        });
        for _ in 0..5 {
            wave(&runtime, &hosts, vec![create("host_file", inputs.clone())]);
            let prior = inputs.clone();
            wave(
                &runtime,
                &hosts,
                vec![step("host_file", StepAction::Delete { id: "/etc/gp-token".to_owned(), prior })],
            );
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        watcher.join().expect("nothing was seen");
    });
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn who_cannot_be_reached_or_is_not_known_is_told_by_name() {
    let runtime = runtime();
    let one = |place: &str| {
        let steps = vec![create("host_file", file("/etc/gp-none", "x", "0644"))];
        failed(apply(&runtime, &hosts(place), steps).pop().expect("an outcome"))
    };
    let nobody = one("ssh://root@127.0.0.1:1");
    assert_eq!((nobody.kind, nobody.code.as_str()), (ProviderErrorKind::Unavailable, "Unreachable"));
    assert!(nobody.message.contains("root@127.0.0.1"), "{nobody}");
    let (_, port) = place().rsplit_once(':').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a port");
    let other = one(&format!("ssh://root@localhost:{port}"));
    assert_eq!((other.kind, other.code.as_str()), (ProviderErrorKind::Refused, "HostKey"));
    let stranger = one(&format!("ssh://nobody-here@127.0.0.1:{port}"));
    assert_eq!((stranger.kind, stranger.code.as_str()), (ProviderErrorKind::Credentials, "Login"));
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn a_validator_of_the_hosts_decides() {
    let (runtime, hosts) = (runtime(), hosts(&place()));
    let checked = |content: &str| {
        let mut inputs = file("/etc/ssh/sshd_config.d/gp.conf", content, "0600");
        let words = ["/usr/sbin/sshd", "-t", "-h", "/etc/gp/host", "-f", "{}"].map(Value::from);
        inputs.insert("validate".to_owned(), Value::List(words.to_vec()));
        inputs
    };
    let mut outcomes = apply(&runtime, &hosts, vec![create("host_file", checked("PortX 22\n"))]);
    let error = failed(outcomes.pop().expect("an outcome"));
    assert_eq!(error.code, "Invalid");
    assert!(error.message.contains("Bad configuration option: PortX"), "{error}");
    let mut outcomes = apply(&runtime, &hosts, vec![create("host_file", checked("PermitRootLogin yes\n"))]);
    assert!(matches!(outcomes.pop(), Some(Outcome::Done(Some(_)))));
}

/// What a unit wrote: a letter each time it was started or reloaded.
fn life(runtime: &Runtime, hosts: &Hosts) -> String {
    let find = Find::Id("/etc/gp-life".to_owned());
    let request = ReadRequest { ty: "host_file".to_owned(), find, instance: None };
    let found = runtime.block_on(hosts.read(&[request])).unwrap_or_else(|e| panic!("{e}")).pop().flatten();
    found.and_then(|found| found.observed.get("content")?.as_str().map(str::to_owned)).unwrap_or_default()
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn a_service_is_started_restarted_and_reloaded_once_each_and_stopped() {
    let (runtime, hosts) = (runtime(), hosts(&place()));
    let unit = "[Service]\nType=exec\nExecStartPre=/bin/sh -c 'printf s >>/etc/gp-life'\nExecStart=/bin/sleep infinity\n\
        ExecReload=/bin/sh -c 'printf r >>/etc/gp-life'\n[Install]\nWantedBy=multi-user.target\n";
    let service = |restart: &str, reload: &str| {
        let mut inputs = map(&[("unit", "gplife.service")]);
        inputs.insert("running".to_owned(), Value::Bool(true));
        inputs.insert("restart_on".to_owned(), Value::map([("config", restart)]));
        inputs.insert("reload_on".to_owned(), Value::map([("list", reload)]));
        inputs
    };
    let update = |prior: &Map, inputs: &Map| {
        let (id, prior, inputs) = ("gplife.service".to_owned(), prior.clone(), inputs.clone());
        wave(&runtime, &hosts, vec![step("host_service", StepAction::Update { id, inputs, prior })]);
    };
    let unit = map(&[("name", "gplife.service"), ("content", unit)]);
    wave(&runtime, &hosts, vec![create("host_systemd_unit", unit.clone()), create("host_service", service("1", "1"))]);
    assert_eq!(life(&runtime, &hosts), "s");
    update(&service("1", "1"), &service("1", "1"));
    assert_eq!(life(&runtime, &hosts), "s", "nothing changed");
    update(&service("1", "1"), &service("2", "1"));
    assert_eq!(life(&runtime, &hosts), "ss");
    update(&service("2", "1"), &service("2", "2"));
    assert_eq!(life(&runtime, &hosts), "ssr");
    update(&service("2", "2"), &service("3", "3"));
    assert_eq!(life(&runtime, &hosts), "ssrs", "a restart makes a reload needless");
    let delete = |ty: &str, id: &str, prior: Map| step(ty, StepAction::Delete { id: id.to_owned(), prior });
    wave(&runtime, &hosts, vec![delete("host_service", "gplife.service", service("3", "3"))]);
    wave(&runtime, &hosts, vec![delete("host_systemd_unit", "gplife.service", unit)]);
    let find = Find::Id("gplife.service".to_owned());
    let request = ReadRequest { ty: "host_service".to_owned(), find, instance: None };
    assert_eq!(runtime.block_on(hosts.read(&[request])).unwrap_or_else(|e| panic!("{e}")), [None]);
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn a_service_that_cannot_start_is_told_of() {
    let (runtime, hosts) = (runtime(), hosts(&place()));
    let unit = map(&[("name", "gpbad.service"), ("content", "[Service]\nType=exec\nExecStart=/nonexistent\n")]);
    wave(&runtime, &hosts, vec![create("host_systemd_unit", unit)]);
    let mut service = map(&[("unit", "gpbad.service")]);
    service.insert("running".to_owned(), Value::Bool(true));
    service.insert("enabled".to_owned(), Value::Bool(false));
    let mut outcomes = apply(&runtime, &hosts, vec![create("host_service", service)]);
    let error = failed(outcomes.pop().expect("an outcome"));
    assert_eq!(error.code, "Failed");
    assert!(error.message.contains("systemctl restart -- gpbad.service"), "{error}");
}
