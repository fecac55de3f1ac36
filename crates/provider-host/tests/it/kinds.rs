//! Things that are files with a form of their own, and parts of files that others write, too.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use value::{Map, Value};

use crate::house::{House, done, failed, is_root, map, secret};
use crate::life::life;

fn list(texts: &[&str]) -> Value {
    Value::List(texts.iter().copied().map(Value::from).collect())
}

fn with(pairs: &[(&str, &str)], more: &[(&str, Value)]) -> Map {
    let mut map = map(pairs);
    map.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    map
}

/// Somebody writes into a file.
fn append(path: &'static str) -> impl Fn(&House) {
    move |house: &House| {
        let text = house.text(path) + "# by hand\n";
        fs::write(house.path(path), text).expect("is written");
    }
}

#[test]
fn a_timer_and_a_path_are_units_with_what_was_said() {
    let mut house = House::new();
    let one = with(
        &[("name", "backup"), ("description", "Every night")],
        &[("on_calendar", list(&["*-*-* 04:00:00", "monthly"]))],
    );
    let two = with(&[("name", "backup"), ("on_boot", "5min")], &[("persistent", Value::Bool(true))]);
    let at = "/etc/systemd/system/backup.timer";
    done(house.create("host_timer", &one));
    assert_eq!(
        house.text(at),
        "[Unit]\nDescription=Every night\n\n[Timer]\nOnCalendar=*-*-* 04:00:00\nOnCalendar=monthly\n\n\
         [Install]\nWantedBy=timers.target\n"
    );
    done(house.delete("host_timer", "backup", &one));
    life(&mut house, ("host_timer", "backup"), [&one, &two], &[], Some(&append(at)));
    let one = with(&[("name", "app"), ("unit", "restart.service")], &[("modified", list(&["/etc/a", "/etc/b"]))]);
    let two = with(&[("name", "app")], &[("exists", list(&["/etc/a"])), ("wanted_by", list(&["multi-user.target"]))]);
    life(&mut house, ("host_path_unit", "app"), [&one, &two], &[], Some(&append("/etc/systemd/system/app.path")));
    let never = failed(house.create("host_timer", &map(&[("name", "x")])));
    assert!(never.message.contains("it is never started"), "{never}");
}

#[test]
fn what_was_changed_by_hand_is_seen_whatever_it_was() {
    let house = House::new();
    let timer = with(&[("name", "x"), ("description", "d")], &[("on_calendar", list(&["daily"]))]);
    done(house.create("host_timer", &timer));
    let text = house.text("/etc/systemd/system/x.timer") + "Alias=y.timer\n";
    fs::write(house.path("/etc/systemd/system/x.timer"), text).expect("is written");
    let seen = house.look("host_timer", "x").expect("it is there");
    assert_ne!(seen.get("description"), timer.get("description"));
}

#[test]
fn where_packages_come_from_is_files_of_apt() {
    let mut house = House::new();
    let keys = |text: &str| map(&[("name", "caddy.asc"), ("content", text)]);
    life(
        &mut house,
        ("host_keyring", "caddy.asc"),
        [&keys("-----BEGIN\n"), &keys("other\n")],
        &[],
        Some(&append("/etc/apt/keyrings/caddy.asc")),
    );
    let repository = |suite: &str| {
        with(
            &[("name", "caddy"), ("signed_by", "/etc/apt/keyrings/caddy.asc")],
            &[
                ("uris", list(&["https://example.com/deb"])),
                ("suites", list(&[suite])),
                ("components", list(&["main", "extra"])),
            ],
        )
    };
    let (one, two) = (repository("any-version"), repository("stable"));
    done(house.create("host_repository", &one));
    assert_eq!(
        house.text("/etc/apt/sources.list.d/caddy.sources"),
        "Types: deb\nURIs: https://example.com/deb\nSuites: any-version\nComponents: main extra\n\
         Signed-By: /etc/apt/keyrings/caddy.asc\n"
    );
    done(house.delete("host_repository", "caddy", &one));
    let at = "/etc/apt/sources.list.d/caddy.sources";
    life(&mut house, ("host_repository", "caddy"), [&one, &two], &[], Some(&append(at)));
    let pin = |priority: i64| {
        let rest = [("packages", list(&["caddy", "docker*"])), ("priority", Value::Int(priority))];
        with(&[("name", "caddy"), ("pin", "version 2.*")], &rest)
    };
    let at = "/etc/apt/preferences.d/caddy.pref";
    life(&mut house, ("host_pin", "caddy"), [&pin(900), &pin(-1)], &[], Some(&append(at)));
    assert!(failed(house.create("host_keyring", &map(&[("name", "x.key"), ("content", "")]))).message.contains(".asc"));
}

#[test]
fn cron_and_compose_and_modules_are_files() {
    let mut house = House::new();
    let environment = ("environment", Value::map([("PATH", "/bin"), ("A", "b c=d")]));
    let one = with(
        &[("name", "backup"), ("schedule", "0 4 * * *"), ("user", "app"), ("command", "/bin/backup --to 'a b'")],
        &[environment],
    );
    let two = map(&[("name", "backup"), ("schedule", "@daily"), ("user", "root"), ("command", "true")]);
    done(house.create("host_cron", &one));
    assert_eq!(house.text("/etc/cron.d/backup"), "A=b c=d\nPATH=/bin\n0 4 * * * app /bin/backup --to 'a b'\n");
    done(house.delete("host_cron", "backup", &one));
    life(&mut house, ("host_cron", "backup"), [&one, &two], &[], Some(&append("/etc/cron.d/backup")));
    for (name, wrong) in [("schedule", "0 4 * *"), ("name", "a.b"), ("command", "a\nb")] {
        let mut inputs = two.clone();
        inputs.insert(name.to_owned(), Value::from(wrong));
        assert!(failed(house.create("host_cron", &inputs)).message.contains(&format!("`{name}`")), "{name}");
    }
    let module = map(&[("name", "br_netfilter")]);
    let at = "/etc/modules-load.d/br_netfilter.conf";
    life(&mut house, ("host_kernel_module", "br_netfilter"), [&module, &module], &[], None);
    done(house.create("host_kernel_module", &module));
    assert_eq!(house.text(at), "br_netfilter\n");
}

#[test]
fn a_mount_is_a_unit_of_the_name_that_systemd_wants() {
    let mut house = House::new();
    // What enables it in a root is the real systemctl.
    if !is_root("mounts in a root") {
        return;
    }
    let mount = |size: &str| {
        let options = [("options", list(&[size, "nosuid"]))];
        with(&[("path", "/srv/my-data"), ("source", "tmpfs"), ("file_system", "tmpfs")], &options)
    };
    let at = "/etc/systemd/system/srv-my\\x2ddata.mount";
    done(house.create("host_mount", &mount("size=1m")));
    assert!(
        house.text(at).contains("\nWhere=/srv/my-data\nType=tmpfs\nOptions=size=1m,nosuid\n"),
        "{}",
        house.text(at)
    );
    let wanted = house.path("/etc/systemd/system/local-fs.target.wants/srv-my\\x2ddata.mount");
    assert!(wanted.is_symlink(), "it is enabled");
    done(house.delete("host_mount", "/srv/my-data", &mount("size=1m")));
    let both = [&mount("size=1m"), &mount("size=2m")];
    life(
        &mut house,
        ("host_mount", "/srv/my-data"),
        both,
        &[],
        Some(&append("/etc/systemd/system/srv-my\\x2ddata.mount")),
    );
}

#[test]
fn the_host_has_one_name_and_one_time_zone() {
    let mut house = House::new();
    fs::write(house.path("/etc/hostname"), "before\n").expect("is written");
    let name = |name: &str| map(&[("name", name)]);
    done(house.create("host_hostname", &name("web-1")));
    assert_eq!(house.look("host_hostname", "hostname").expect("it is there").get("name"), Some(&Value::from("web-1")));
    done(house.update("host_hostname", "hostname", &name("web-1"), &name("web-2")));
    assert_eq!(house.text("/etc/hostname"), "web-2\n");
    done(house.delete("host_hostname", "hostname", &name("web-2")));
    assert_eq!(house.text("/etc/hostname"), "before\n");

    for zone in ["Etc/UTC", "Europe/Berlin"] {
        let path = house.path("/usr/share/zoneinfo").join(zone);
        fs::create_dir_all(path.parent().expect("a directory")).expect("is made");
        fs::write(path, "").expect("is written");
    }
    fs::write(house.path("/etc/timezone"), "Factory\n").expect("is written");
    done(house.create("host_timezone", &name("Etc/UTC")));
    assert_eq!(house.text("/etc/timezone"), "Etc/UTC\n");
    assert_eq!(failed(house.create("host_timezone", &name("Mars/Base"))).code, "NoZone");
    done(house.delete("host_timezone", "timezone", &name("Etc/UTC")));
    assert_eq!(house.text("/etc/timezone"), "Factory\n");
    fs::remove_file(house.path("/etc/timezone")).expect("is removed");
    life(&mut house, ("host_timezone", "timezone"), [&name("Etc/UTC"), &name("Europe/Berlin")], &[], None);
}

#[test]
fn a_line_takes_the_place_of_what_it_matches_and_that_comes_back() {
    let mut house = House::new();
    let at = "/etc/ssh/sshd_config";
    fs::create_dir_all(house.path("/etc/ssh")).expect("is made");
    fs::write(house.path(at), "Port 22\n#PermitRootLogin yes\nPermitRootLogin no\nUsePAM yes").expect("is written");
    fs::set_permissions(house.path(at), fs::Permissions::from_mode(0o600)).expect("its mode");
    let line = |text: &str| map(&[("name", "root"), ("path", at), ("line", text), ("matches", "^#?PermitRootLogin ")]);
    let id = "root /etc/ssh/sshd_config";
    done(house.create("host_line", &line("PermitRootLogin without-password")));
    assert_eq!(house.text(at), "Port 22\nPermitRootLogin without-password\nUsePAM yes\n");
    assert_eq!(house.mode(at), 0o600, "the mode stays");
    // What others write stays, wherever it is.
    fs::write(house.path(at), house.text(at).replace("22", "2222")).expect("is written");
    done(house.update("host_line", id, &line("PermitRootLogin without-password"), &line("PermitRootLogin  no\\t$1")));
    assert_eq!(house.text(at), "Port 2222\nPermitRootLogin  no\\t$1\nUsePAM yes\n");
    done(house.delete("host_line", id, &line("PermitRootLogin  no\\t$1")));
    assert_eq!(house.text(at), "Port 2222\n#PermitRootLogin yes\nPermitRootLogin no\nUsePAM yes\n");
    let both = [&line("PermitRootLogin one"), &line("PermitRootLogin two")];
    life(&mut house, ("host_line", id), both, &["matches"], None);
    // Whoever changed it is not overwritten, and one that is not there any more needs not go.
    done(house.create("host_line", both[0]));
    house.restart();
    let by_hand = house.text(at).replace("one", "three");
    fs::write(house.path(at), &by_hand).expect("is written");
    assert_eq!(failed(house.update("host_line", id, both[0], both[1])).code, "Moved");
    assert_eq!(house.look("host_line", id), None);
    done(house.delete("host_line", id, both[0]));
    assert_eq!(house.text(at), by_hand);
    // What was there before it was declared stays when it is no longer declared.
    let there = map(&[("name", "pam"), ("path", at), ("line", "UsePAM yes")]);
    done(house.create("host_line", &there));
    done(house.delete("host_line", "pam /etc/ssh/sshd_config", &there));
    assert!(house.text(at).contains("UsePAM yes\n"));
    // A file that was not there is made, and goes.
    let new = map(&[("name", "x"), ("path", "/etc/new/file"), ("line", "one")]);
    done(house.create("host_line", &new));
    assert_eq!(house.text("/etc/new/file"), "one\n");
    done(house.delete("host_line", "x /etc/new/file", &new));
    assert!(!house.path("/etc/new/file").exists());
}

#[test]
fn a_block_stands_between_its_marks_and_leaves_others_alone() {
    let mut house = House::new();
    let at = "/etc/profile";
    fs::write(house.path(at), "before\n").expect("is written");
    let block = |content: &str| map(&[("name", "proxy"), ("path", at), ("content", content), ("comment", "#")]);
    done(house.create("host_block", &block("a\n\nb\n\n")));
    fs::write(house.path(at), house.text(at) + "after\n").expect("is written");
    let other = map(&[("name", "proxy2"), ("path", at), ("content", "x\n"), ("comment", "//")]);
    done(house.create("host_block", &other));
    assert_eq!(
        house.text(at),
        "before\n# groundplan begin proxy\na\n\nb\n\n# groundplan end proxy\nafter\n\
         // groundplan begin proxy2\nx\n// groundplan end proxy2\n"
    );
    assert_eq!(
        house.look("host_block", "proxy /etc/profile").expect("it is there").get("content"),
        Some(&Value::from("a\n\nb\n\n"))
    );
    done(house.delete("host_block", "proxy /etc/profile", &block("a\n\nb\n\n")));
    done(house.delete("host_block", "proxy2 /etc/profile", &other));
    assert_eq!(house.text(at), "before\nafter\n");
    let inside = |house: &House| fs::write(house.path(at), house.text(at).replace("two", "2")).expect("is written");
    let both = [&block("one\n"), &block("two\n")];
    life(&mut house, ("host_block", "proxy /etc/profile"), both, &["comment"], Some(&inside));
    assert!(failed(house.create("host_block", &block("no end"))).message.contains("last line"));
    symlink("/etc/passwd", house.path("/etc/link")).expect("is made");
    let link = map(&[("name", "x"), ("path", "/etc/link"), ("content", "x\n")]);
    assert_eq!(failed(house.create("host_block", &link)).code, "WrongKind");
}

#[test]
fn a_secret_in_a_part_stays_one_and_is_in_no_file_that_others_can_read() {
    let house = House::new();
    let mut block = map(&[("name", "token"), ("path", "/root-only")]);
    fs::write(house.path("/root-only"), "x\n").expect("is written");
    fs::set_permissions(house.path("/root-only"), fs::Permissions::from_mode(0o600)).expect("its mode");
    block.insert("content".to_owned(), secret("hunter2\n"));
    let observed = done(house.create("host_block", &block)).expect("it is there");
    assert!(observed.get("content").is_some_and(Value::has_secret));
    assert!(house.text("/root-only").contains("hunter2\n"));
    assert_eq!(house.mode("/root-only"), 0o600);
    let kept = fs::metadata(house.path("/var/lib/groundplan")).expect("it is there").permissions().mode();
    assert_eq!(kept & 0o077, 0);
}

#[test]
fn an_entry_in_hosts_has_its_name_once() {
    let mut house = House::new();
    fs::write(house.path("/etc/hosts"), "127.0.0.1\tlocalhost\n# 10.0.0.9 db\n10.0.0.1   db  old.db\n")
        .expect("is written");
    let entry =
        |address: &str, aliases: &[&str]| with(&[("name", "db"), ("address", address)], &[("aliases", list(aliases))]);
    let (one, two) = (entry("10.0.0.2", &["db.internal", "pg"]), entry("fd00::1", &["pg"]));
    done(house.create("host_hosts_entry", &one));
    assert_eq!(house.text("/etc/hosts"), "127.0.0.1\tlocalhost\n# 10.0.0.9 db\n10.0.0.2 db db.internal pg\n");
    done(house.update("host_hosts_entry", "db", &one, &two));
    done(house.delete("host_hosts_entry", "db", &two));
    assert_eq!(house.text("/etc/hosts"), "127.0.0.1\tlocalhost\n# 10.0.0.9 db\n10.0.0.1   db  old.db\n");
    fs::write(house.path("/etc/hosts"), "127.0.0.1\tlocalhost\n").expect("is written");
    life(&mut house, ("host_hosts_entry", "db"), [&one, &two], &[], None);
    done(house.create("host_hosts_entry", &one));
    house.restart();
    fs::write(house.path("/etc/hosts"), "10.9.9.9 db\n").expect("is written");
    assert_eq!(failed(house.update("host_hosts_entry", "db", &one, &two)).code, "Moved");
    assert!(failed(house.create("host_hosts_entry", &entry("10.0.0", &[]))).message.contains("`address`"));
}

#[test]
fn a_key_is_the_users_alone() {
    let mut house = House::new();
    fs::write(house.path("/etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nann:x:1007:1008::/home/ann:/bin/sh\n")
        .expect("users");
    fs::write(house.path("/etc/group"), "root:x:0:\nann:x:1008:\n").expect("groups");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE";
    let inputs = |more: &[(&str, &str)]| {
        let mut inputs = map(&[("user", "ann"), ("key", key)]);
        inputs.extend(map(more));
        inputs
    };
    let at = "/home/ann/.ssh/authorized_keys";
    let one = inputs(&[("options", "restrict,command=\"a b\""), ("comment", "ann@laptop")]);
    done(house.create("host_authorized_key", &one));
    assert_eq!(house.text(at), format!("restrict,command=\"a b\" {key} ann@laptop\n"));
    assert_eq!((house.mode(at), house.mode("/home/ann/.ssh")), (0o600, 0o700));
    if is_root("whose keys are") {
        use std::os::unix::fs::MetadataExt;
        let is = fs::metadata(house.path(at)).expect("it is there");
        assert_eq!((is.uid(), is.gid()), (1007, 1008));
    }
    let id = format!("ann:{key}");
    done(house.delete("host_authorized_key", &id, &one));
    fs::write(house.path(at), "ssh-rsa BBBB other\n").expect("is written");
    let two = inputs(&[("comment", "ann")]);
    let by_hand =
        |house: &House| fs::write(house.path(at), house.text(at).replace(" ann", " eve")).expect("is written");
    life(&mut house, ("host_authorized_key", &id), [&one, &two], &[], Some(&by_hand));
    assert_eq!(house.text(at), "ssh-rsa BBBB other\n");
    // What a user made of the place is not followed.
    fs::remove_dir_all(house.path("/home/ann/.ssh")).expect("is removed");
    symlink("/root", house.path("/home/ann/.ssh")).expect("is made");
    assert_eq!(failed(house.create("host_authorized_key", &one)).code, "WrongKind");
    let nobody = map(&[("user", "eve"), ("key", key)]);
    assert_eq!(failed(house.create("host_authorized_key", &nobody)).code, "NoUser");
}

#[test]
fn a_certificate_is_made_once_and_its_key_is_not_for_everybody() {
    let mut house = House::new();
    let certificate = |names: &[&str], days: i64| {
        with(
            &[("path", "/etc/tls/cert.pem"), ("key_path", "/etc/tls/key.pem"), ("common_name", "consul.internal")],
            &[("names", list(names)), ("days", Value::Int(days))],
        )
    };
    let (one, two) = (certificate(&["localhost", "127.0.0.1"], 400), certificate(&["consul"], 500));
    life(&mut house, ("host_certificate", "/etc/tls/cert.pem"), [&one, &two], &[], None);
    done(house.create("host_certificate", &one));
    assert_eq!((house.mode("/etc/tls/cert.pem"), house.mode("/etc/tls/key.pem")), (0o644, 0o640));
    let said = std::process::Command::new("openssl")
        .args(["x509", "-noout", "-subject", "-ext", "subjectAltName", "-in"])
        .arg(house.path("/etc/tls/cert.pem"))
        .output()
        .expect("openssl");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("consul.internal") && said.contains("DNS:localhost, IP Address:127.0.0.1"), "{said}");
    // One whose key is gone, or which somebody replaced, is none.
    fs::remove_file(house.path("/etc/tls/key.pem")).expect("is removed");
    assert_eq!(house.look("host_certificate", "/etc/tls/cert.pem"), None);
    done(house.create("host_certificate", &one));
    assert!(house.path("/etc/tls/key.pem").exists());
    // One that ends within a month is made anew by whoever comes.
    let soon = certificate(&[], 20);
    done(house.update("host_certificate", "/etc/tls/cert.pem", &one, &soon));
    let first = house.text("/etc/tls/cert.pem");
    done(house.create("host_certificate", &soon));
    assert_ne!(house.text("/etc/tls/cert.pem"), first);
}

#[test]
fn a_group_has_the_members_that_were_said_and_those_before_come_back() {
    let house = House::new();
    if !is_root("members of groups in a root") {
        return;
    }
    fs::write(
        house.path("/etc/passwd"),
        "root:x:0:0:root:/root:/bin/sh\na:x:1:1::/:/bin/sh\nb:x:2:2::/:/bin/sh\nc:x:3:3::/:/bin/sh\n",
    )
    .expect("users");
    fs::write(house.path("/etc/group"), "root:x:0:\nteam:x:50:c\n").expect("groups");
    let members = |users: &[&str]| with(&[("group", "team")], &[("users", list(users))]);
    let observed = done(house.create("host_members", &members(&["b", "a"]))).expect("it is there");
    assert_eq!(observed.get("users"), Some(&list(&["a", "b"])));
    assert!(house.text("/etc/group").contains("team:x:50:"), "{}", house.text("/etc/group"));
    done(house.update("host_members", "team", &members(&["b", "a"]), &members(&["b"])));
    assert_eq!(house.look("host_members", "team").expect("it is there").get("users"), Some(&list(&["b"])));
    assert_eq!(failed(house.create("host_members", &members(&["nobody-here"]))).code, "NoUser");
    done(house.delete("host_members", "team", &members(&["b"])));
    assert!(house.text("/etc/group").contains("team:x:50:c\n"), "{}", house.text("/etc/group"));
}
