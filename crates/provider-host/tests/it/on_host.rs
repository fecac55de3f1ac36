//! Things that need a system that runs, on the host that `ci/host.sh` starts: each is made, is there again when it is looked
//! at, and goes.

use std::env;
use std::process::Command;

use ports::{Find, Provider, ReadRequest, StepAction};
use provider_host::{Hosts, Place};
use tokio::runtime::Runtime;
use value::{Map, Value};

use crate::house::{apply, done, failed, map, runtime, step};

struct Host {
    runtime: Runtime,
    hosts: Hosts,
    place: String,
}

impl Host {
    fn new() -> Self {
        let place = env::var("GROUNDPLAN_TEST_HOST").expect("`ci/host.sh` starts a host and says where it is");
        let hosts = Hosts::new([(None, place.parse::<Place>().expect("a place"))]);
        Self { runtime: runtime(), hosts, place }
    }

    #[track_caller]
    fn act(&self, ty: &str, action: StepAction) -> Option<Map> {
        done(apply(&self.runtime, &self.hosts, vec![step(ty, action)]).pop().expect("an outcome"))
    }

    #[track_caller]
    fn create(&self, ty: &str, inputs: &Map) -> Map {
        self.act(ty, StepAction::Create { inputs: inputs.clone() }).expect("it is there")
    }

    #[track_caller]
    fn delete(&self, ty: &str, id: &str, prior: &Map) {
        self.act(ty, StepAction::Delete { id: id.to_owned(), prior: prior.clone() });
    }

    #[track_caller]
    fn refused(&self, ty: &str, inputs: &Map) -> String {
        let create = step(ty, StepAction::Create { inputs: inputs.clone() });
        failed(apply(&self.runtime, &self.hosts, vec![create]).pop().expect("an outcome")).to_string()
    }

    fn look(&self, ty: &str, id: &str) -> Option<Map> {
        let request = ReadRequest { ty: ty.to_owned(), find: Find::Id(id.to_owned()), instance: None };
        let found = self.runtime.block_on(self.hosts.read(&[request])).unwrap_or_else(|e| panic!("{e}"));
        found.into_iter().next().flatten().map(|found| found.observed)
    }

    /// What a command says on the host, whoever asks.
    fn says(&self, command: &str) -> String {
        let ssh = env::var("GROUNDPLAN_SSH").expect("how to get there");
        let mut words = ssh.split(' ');
        let (_, port) = self.place.rsplit_once(':').expect("a port");
        let output = Command::new(words.next().expect("ssh"))
            .args(words)
            .args(["-p", port, "root@127.0.0.1", command])
            .output()
            .expect("ssh");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A thing is made, is as it was declared, is made again without harm, and goes.
    #[track_caller]
    fn life(&self, ty: &str, id: &str, inputs: &Map, meanwhile: impl FnOnce()) {
        self.create(ty, inputs);
        let again = self.create(ty, inputs);
        let seen = self.look(ty, id).unwrap_or_else(|| panic!("{ty} is not there"));
        for (name, value) in inputs {
            assert_eq!(seen.get(name), Some(value), "`{name}` of {ty}");
            assert_eq!(again.get(name), Some(value), "`{name}` of {ty}");
        }
        meanwhile();
        self.delete(ty, id, inputs);
    }
}

fn list(texts: &[&str]) -> Value {
    Value::List(texts.iter().copied().map(Value::from).collect())
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn a_mount_is_mounted_and_a_timer_ticks() {
    let host = Host::new();
    let mut mount = map(&[("path", "/srv/gp-data"), ("source", "tmpfs"), ("file_system", "tmpfs")]);
    mount.insert("options".to_owned(), list(&["size=1m", "nosuid"]));
    host.life("host_mount", "/srv/gp-data", &mount, || {
        assert!(host.says("findmnt -no FSTYPE,OPTIONS /srv/gp-data").contains("size=1024k"));
        assert_eq!(host.says("systemctl is-enabled srv-gp\\\\x2ddata.mount"), "enabled");
    });
    assert_eq!(host.says("findmnt /srv/gp-data"), "");
    let unit =
        map(&[("name", "gptick.service"), ("content", "[Service]\nType=oneshot\nExecStart=/bin/touch /run/gp-tick\n")]);
    let timer = map(&[("name", "gptick"), ("on_boot", "1s"), ("accuracy", "100ms")]);
    host.create("host_systemd_unit", &unit);
    host.life("host_timer", "gptick", &timer, || {
        let mut service = map(&[("unit", "gptick.timer")]);
        service.insert("running".to_owned(), Value::Bool(true));
        host.create("host_service", &service);
        assert_eq!(
            host.says("for n in $(seq 100); do [ -e /run/gp-tick ] && break; sleep 0.1; done; ls /run/gp-tick"),
            "/run/gp-tick"
        );
        host.delete("host_service", "gptick.timer", &service);
    });
    host.delete("host_systemd_unit", "gptick.service", &unit);
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn the_host_is_called_otherwise_and_is_in_another_time_zone() {
    let host = Host::new();
    let before = (host.says("uname -n"), host.says("cat /etc/hostname"));
    host.life("host_hostname", "hostname", &map(&[("name", "gp-web-1")]), || {
        assert_eq!(host.says("uname -n"), "gp-web-1");
    });
    assert_eq!(host.says("cat /etc/hostname"), before.1);
    if host.says("ls /usr/share/zoneinfo/Asia/Tokyo").is_empty() {
        return;
    }
    host.life("host_timezone", "timezone", &map(&[("name", "Asia/Tokyo")]), || {
        assert_eq!(host.says("date +%Z"), "JST");
    });
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn others_may_use_a_path_as_its_list_says_and_a_new_content_keeps_it() {
    let host = Host::new();
    host.create("host_package", &map(&[("name", "acl")]));
    let users = ["gpann", "gpbob"].map(|name| map(&[("name", name)]));
    users.iter().for_each(|user| drop(host.create("host_user", user)));
    let file = |content: &str| map(&[("path", "/etc/gp-acl"), ("content", content), ("mode", "0640")]);
    host.create("host_file", &file("one\n"));
    let mut acl = map(&[("path", "/etc/gp-acl")]);
    acl.insert("entries".to_owned(), list(&["user:gpann:r--"]));
    host.life("host_acl", "/etc/gp-acl", &acl, || {
        let reads = |user: &str| host.says(&format!("runuser -u {user} -- cat /etc/gp-acl"));
        assert_eq!((reads("gpann").as_str(), reads("gpbob").as_str()), ("one", ""));
        let (prior, inputs) = (file("one\n"), file("two\n"));
        host.act("host_file", StepAction::Update { id: "/etc/gp-acl".to_owned(), inputs, prior });
        assert_eq!((reads("gpann").as_str(), reads("gpbob").as_str()), ("two", ""));
        assert_eq!(host.says("stat -c %a /etc/gp-acl"), "640");
    });
    assert_eq!(host.says("getfacl -cp /etc/gp-acl | grep gpann"), "");
    host.says("mkdir -p /srv/gp-acl");
    acl.insert("path".to_owned(), Value::from("/srv/gp-acl"));
    acl.insert("entries".to_owned(), list(&["default:user:gpann:r--", "user:gpann:r-x"]));
    host.life("host_acl", "/srv/gp-acl", &acl, || {
        assert!(host.says("touch /srv/gp-acl/x; getfacl -cp /srv/gp-acl/x").contains("user:gpann:r--"));
    });
    acl.insert("entries".to_owned(), list(&["user:nobody-here:r--"]));
    assert!(host.refused("host_acl", &acl).contains("no user `nobody-here`"));
    host.delete("host_file", "/etc/gp-acl", &file("two\n"));
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn a_repository_that_cannot_be_read_is_not_put_in_place_and_one_of_the_hosts_own_is() {
    let host = Host::new();
    // One that lies on the host itself, with one package, signed by a key of its own.
    let made = host.says(
        "set -e; mkdir -p /srv/gp-repo/p/DEBIAN; cd /srv/gp-repo
         printf 'Package: gp-thing\\nVersion: 1.5\\nArchitecture: all\\nMaintainer: t <t@example.com>\\nDescription: x\\n' >p/DEBIAN/control
         dpkg-deb -b p gp-thing.deb >/dev/null
         { cat p/DEBIAN/control; echo Filename: ./gp-thing.deb; echo Size: $(stat -c %s gp-thing.deb)
           echo SHA256: $(sha256sum gp-thing.deb | cut -d' ' -f1); echo; } >Packages
         { echo Date: $(date -Ru); echo SHA256:; echo \" $(sha256sum Packages | cut -d' ' -f1) $(stat -c %s Packages) Packages\"; } >Release
         export GNUPGHOME=$(mktemp -d)
         gpg --batch --quiet --passphrase '' --quick-gen-key gp default default never
         gpg --batch --quiet --armor --export >keys.asc
         gpg --batch --quiet --clearsign -o InRelease Release
         gpgconf --kill all; echo made",
    );
    if made != "made" {
        crate::house::not_tested("gpg on the host", "repositories of packages");
        return;
    }
    let keys = map(&[("name", "gp.asc"), ("content", &(host.says("cat /srv/gp-repo/keys.asc") + "\n"))]);
    let repository = |uri: &str| {
        let mut inputs = map(&[("name", "gp"), ("signed_by", "/etc/apt/keyrings/gp.asc")]);
        inputs.insert("uris".to_owned(), list(&[uri]));
        inputs.insert("suites".to_owned(), list(&["./"]));
        inputs
    };
    let unsigned = host.refused("host_repository", &repository("file:/srv/gp-repo"));
    assert!(unsigned.contains("would be wrong"), "{unsigned}");
    assert_eq!(host.look("host_repository", "gp"), None);
    host.create("host_keyring", &keys);
    host.refused("host_repository", &repository("file:/srv/nowhere"));
    host.life("host_repository", "gp", &repository("file:/srv/gp-repo"), || {
        let mut package = map(&[("name", "gp-thing"), ("version", "1.5")]);
        package.insert("hold".to_owned(), Value::Bool(true));
        host.life("host_package", "gp-thing", &package, || assert_eq!(host.says("apt-mark showhold"), "gp-thing"));
        let mut pin = map(&[("name", "gp"), ("pin", "version 1.4")]);
        pin.insert("packages".to_owned(), list(&["gp-thing"]));
        pin.insert("priority".to_owned(), Value::Int(-1));
        host.life("host_pin", "gp", &pin, || assert!(host.says("apt-cache policy gp-thing").contains("1.5")));
    });
    host.delete("host_keyring", "gp.asc", &keys);
}

#[test]
#[ignore = "needs the host of ci/host.sh"]
fn a_key_that_was_given_lets_in_and_a_command_runs_as_somebody() {
    let host = Host::new();
    let mut user = map(&[("name", "gpkey"), ("home", "/home/gpkey"), ("shell", "/bin/sh")]);
    host.create("host_user", &user);
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE0000000000000000000000000000000000000000000";
    let inputs = map(&[("user", "gpkey"), ("key", key), ("comment", "gp@test"), ("options", "restrict")]);
    host.life("host_authorized_key", &format!("gpkey:{key}"), &inputs, || {
        assert_eq!(host.says("stat -c '%U %a' /home/gpkey/.ssh/authorized_keys"), "gpkey 600");
    });
    host.says("mkdir -p /srv/gp-run && chown gpkey /srv/gp-run");
    let mut command = map(&[("name", "gp-init"), ("creates", "/srv/gp-run/made"), ("user", "gpkey")]);
    command.insert("run".to_owned(), list(&["sh", "-c", "id -un >/srv/gp-run/made"]));
    host.create("host_command", &command);
    assert_eq!(host.says("cat /srv/gp-run/made"), "gpkey");
    assert!(host.look("host_command", "gp-init").is_some());
    host.delete("host_command", "gp-init", &command);
    user.remove("home");
    host.delete("host_user", "gpkey", &user);
}
