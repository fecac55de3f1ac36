//! Keys that sign.

use crate::support::World;

#[test]
fn a_key_is_made_once_for_its_owner_and_its_public_half_can_be_listed() {
    let Some(world) = World::fresh() else { return };
    let made = world.run("keys new ci.key").ok().says(["[signers] in groundplan.toml"]);
    let public = made.out.trim();
    assert!(public.starts_with("ed25519:"), "stdout is the public half: {made}");
    assert_eq!(world.run("keys show ci.key").ok().out.trim(), public);
    let file = world.read("ci.key");
    let secret = file.lines().last().expect("a key").to_owned();
    assert!(!made.err.contains(&secret) && !made.out.contains(&secret), "the secret stays in its file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(world.path("ci.key")).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "nobody else may read it");
    }
    world.run("keys new ci.key").ends(10).says(["E0750", "ci.key"]);
    assert_eq!(world.read("ci.key"), file, "nothing is replaced");
    // What is listed is read with the settings.
    let settings = world.read("groundplan.toml");
    world.write("groundplan.toml", &format!("{settings}\n[signers]\nci = \"{public}\"\n"));
    world.run("stacks infrastructure.aws.network").ok();
    world.write("groundplan.toml", &format!("{settings}\n[signers]\nci = \"{secret}\"\n"));
    world.run("stacks infrastructure.aws.network").ends(10).says(["E0571", "groundplan.toml"]).says_not([&*secret]);
}
