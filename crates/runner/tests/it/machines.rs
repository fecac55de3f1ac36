//! Machines, end to end: a root directory as one, and the same stack in the sandbox.

use std::fs;
use std::path::PathBuf;

use crate::support::World;

const STACK: &str = "hosts.baseline.demo.Dev";
const CONFIG: &str = "projects/hosts/baseline/stacks/demo.Dev.toml";

/// A world with a profile whose machine is a directory that has some files of a system.
fn world() -> Option<(World, PathBuf)> {
    let world = World::fresh().filter(|world| world.path(CONFIG).is_file())?;
    let root = world.path("root");
    fs::create_dir_all(root.join("etc")).expect("is made");
    fs::create_dir_all(root.join("var/lib/dpkg")).expect("is made");
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").expect("is written");
    fs::write(root.join("etc/group"), "root:x:0:\n").expect("is written");
    let package = |name: &str| format!("Package: {name}\nStatus: install ok installed\nVersion: 1\n\n");
    fs::write(root.join("var/lib/dpkg/status"), package("curl") + &package("jq")).expect("is written");
    let settings = world.read("groundplan.toml");
    let profile = format!(
        "\n[profiles.image]\nprovider = \"sandbox\"\nproviders = {{ host = \"host\" }}\n\
         instances = {{ demo = {{ endpoint = \"root:{}\" }} }}\n",
        root.display()
    );
    world.write("groundplan.toml", &(settings + &profile));
    Some((world, root))
}

/// Whether the units of a directory can be enabled here.
fn has_systemctl() -> bool {
    std::process::Command::new("systemctl").arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_machine_comes_up_stays_is_mended_and_loses_what_is_no_longer_declared() {
    let Some((world, root)) = world().filter(|_| has_systemctl()) else { return };
    let up = format!("up {STACK} --yes --profile image");
    world.run(&up).ok().says(["5 created"]);
    let unit = root.join("etc/systemd/system/concourse.path");
    let link = root.join("etc/systemd/system/multi-user.target.wants/concourse.path");
    let text = fs::read_to_string(&unit).expect("is there");
    assert!(text.contains("PathModified=/etc/default/concourse\n"), "{text}");
    assert!(link.is_symlink());
    world.run(&up).ok().says(["nothing to do"]);

    // Somebody changes it by hand: that is seen, is not overwritten unseen, and is mended.
    fs::write(&unit, format!("{text}# by hand\n")).expect("is written");
    world.run(&format!("preview {STACK} --refresh --profile image")).ok().says(["1 to update", "all of it drift"]);
    world.edit(CONFIG, "\"/etc/default/concourse\"", "\"/etc/default/concourse\", \"/etc/concourse/keys\"");
    let refused = world.run(&up);
    assert_ne!(refused.code, Some(0));
    refused.says(["is not what this was planned from", "runner up --refresh", "components/baseline/src/lib.rs:"]);
    assert!(fs::read_to_string(&unit).expect("is there").ends_with("# by hand\n"));
    world.run(&format!("{up} --refresh")).ok().says(["2 updated"]);
    assert!(fs::read_to_string(&unit).expect("is there").contains("PathModified=/etc/concourse/keys\n"));

    // What is no longer declared goes; what was there before stays.
    world.write(CONFIG, "packages = [\"curl\"]\n");
    world.run(&up).ok().says(["4 deleted"]);
    assert!(!unit.exists() && !link.is_symlink());
    let packages = fs::read_to_string(root.join("var/lib/dpkg/status")).expect("is there");
    assert!(packages.contains("Package: jq"));
}

#[test]
fn the_same_machine_is_pretended_in_the_sandbox_and_only_if_it_is_named() {
    let Some((world, _)) = world() else { return };
    world.run(&format!("up {STACK} --yes")).ok().says(["5 created"]);
    assert!(world.run("sandbox list").ok().out.contains("host_systemd_unit"));
    let all = world.run("stacks --names").ok();
    assert!(!all.out.contains("hosts.baseline"), "it is in the default selection");
    assert_eq!(world.run(&format!("state list {STACK}")).ok().lines().len(), 5);
    world.run("state verify").ok();
    world.run("sandbox check").ok();
}

#[test]
fn an_endpoint_that_is_no_place_is_refused() {
    let Some((world, _)) = world() else { return };
    world.edit("groundplan.toml", "endpoint = \"root:", "endpoint = \"rot:");
    let refused = world.run(&format!("preview {STACK} --profile image"));
    assert_ne!(refused.code, Some(0));
    refused.says(["E0850", "is no place of a machine", "ssh://user@host"]);
}
