//! Root directories as hosts: what is declared is made, looked at, changed and removed.

mod commands;
mod crash;
mod elsewhere;
mod files;
mod house;
mod kinds;
mod life;
mod on_host;
mod over_ssh;
mod random;
mod systemd;
mod users;

/// A test beside this file that is not listed above would never run.
#[test]
fn no_test_file_is_forgotten() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let listed = include_str!("main.rs");
    for entry in std::fs::read_dir(dir).expect("the directory of the tests") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("a name").trim_end_matches(".rs").to_owned();
        assert!(name == "main" || listed.contains(&format!("mod {name};")), "{name}");
    }
}
