//! Bazel and the runner on one cache.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::caches::{Key, counts, forget, machine, run_as};
use crate::peers::Server;

/// Runs Bazel in a workspace, without what the machine knows of it.
fn bazel(workspace: &Path, output: &Path, args: &[&str]) -> String {
    let mut command = Command::new("bazel");
    command.current_dir(workspace).arg(format!("--output_user_root={}", output.display()));
    command.args(["--nohome_rc", "--max_idle_secs=30"]).args(args);
    let ran = command.output().unwrap_or_else(|error| panic!("bazel: {error}; ci/remote-cache.sh installs it"));
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "bazel {args:?}: {said}");
    said
}

#[test]
fn bazel_has_the_same_cache_and_neither_harms_the_other() {
    let nginx = Server::nginx();
    let ci = Key::new();
    let Some(world) = machine(&nginx.url(), &[&ci]) else { return };
    let directory = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let (workspace, output) = (directory.path().join("workspace"), directory.path().join("output"));
    fs::create_dir(&workspace).expect("made");
    fs::write(workspace.join("WORKSPACE"), "").expect("written");
    let rules: Vec<String> = (0..4)
        .map(|number| {
            format!("genrule(name = \"g{number}\", outs = [\"g{number}.txt\"], cmd = \"echo {number} > $@\")\n")
        })
        .collect();
    fs::write(workspace.join("BUILD"), rules.concat()).expect("written");
    let cache = format!("--remote_cache={}/main", nginx.url());
    let build = ["build", "//:all", &cache, "--spawn_strategy=local"];

    let stored = counts(&run_as(&world, "main", Some(&ci), "preview -v").ok())[2];
    let ours = nginx.files("main");
    bazel(&workspace, &output, &build);
    let both = nginx.files("main");
    assert!(both.len() > ours.len(), "Bazel has stored its own beside ours");
    bazel(&workspace, &output, &["clean"]);
    let again = bazel(&workspace, &output, &build);
    assert!(again.contains("4 remote cache hit"), "{again}");
    forget(&world);
    assert_eq!(counts(&run_as(&world, "main", Some(&ci), "preview -v").ok()), [stored, 0, 0]);
    assert_eq!(nginx.files("main"), both, "nobody has removed anything");
    bazel(&workspace, &output, &["shutdown"]);
}
