//! The content of secrets is in no file, no message and no event.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::{World, ran};

/// The keys of secrets in a stack file: dotted paths.
fn secret_keys(text: &str) -> Vec<String> {
    let mut table = String::new();
    let mut keys = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = format!("{name}.");
        } else if let Some((key, _)) = line.split_once(" = { secret = ") {
            keys.push(format!("{table}{key}"));
        }
    }
    keys
}

/// Files below a directory that hold a text.
fn holding(directory: &Path, text: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).expect("is listed") {
        let path = entry.expect("is listed").path();
        if path.is_dir() {
            holding(&path, text, found);
        } else if String::from_utf8_lossy(&std::fs::read(&path).expect("is read")).contains(text) {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn a_canary_is_nowhere() {
    let Some(world) = World::fresh() else { return };
    let stacks = [
        ("applications.edxapp.xpro.QA", "projects/applications/edxapp/stacks/xpro.QA.toml"),
        ("applications.edx_notes.xpro.QA", "projects/applications/edx_notes/stacks/xpro.QA.toml"),
        ("infrastructure.monitoring.default", "projects/infrastructure/monitoring/stacks/default.toml"),
    ];
    let canary = "cAnArY7f";
    let mut said = Vec::new();
    for (stack, file) in stacks {
        let keys = secret_keys(&world.read(file));
        assert!(!keys.is_empty(), "{file}");
        for (number, key) in keys.iter().enumerate() {
            let mut command = world.command(&format!("config set {stack} {key} --secret"));
            let mut child =
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
            let text = format!("https://{canary}.example.com/{number}");
            child.stdin.take().expect("is piped").write_all(text.as_bytes()).expect("is read");
            let output = child.wait_with_output().expect("ends");
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let selection = "applications.edxapp.xpro.QA applications.edx_notes.xpro.QA --with-upstream";
    let mut run = |args: &str, code: i32| {
        let ran = ran(args, world.command(args)).ends(code);
        said.push((args.to_owned(), format!("{}{}", ran.out, ran.err)));
    };
    run(&format!("preview {selection} --full"), 0);
    run(&format!("preview {selection} --json"), 0);
    run(&format!("evaluate {selection} --out plans"), 0);
    // Some fail on the way, so that errors and partial states are there as well.
    world.knobs(
        "[[fault]]\ntype = \"AWS::RDS::DBInstance\"\naction = \"create\"\ntimes = 1\nmode = \"partial\"\n\
         [[fault]]\ntype = \"vault_generic_secret\"\naction = \"create\"\ntimes = 1\n\
         [[fault]]\ntype = \"vault_database_secret_backend_connection\"\naction = \"create\"\ntimes = 1\nmode = \"partial\"\n",
    );
    run(&format!("up {selection} --yes --json"), 30);
    run(&format!("up {selection} --yes -v"), 30);
    run(&format!("up {selection} --yes"), 0);
    run("refresh", 0);
    run(&format!("outputs {selection}"), 0);
    run("sandbox list", 0);
    run("sandbox log --json", 0);
    for (stack, urn) in world.resources().iter().filter_map(|line| line.split_once(' ')) {
        if urn.contains("vault_generic_secret")
            || urn.contains("DBInstance")
            || urn.contains("Subscription")
            || urn.contains("Replication")
        {
            run(&format!("state show {stack} {urn}"), 0);
        }
    }
    run(&format!("explain {selection}"), 0);
    run(&format!("graph {selection} --all"), 0);
    run("config get applications.edxapp.xpro.QA db_password", 0);
    run(&format!("destroy {selection} --yes --json"), 0);

    for (args, text) in &said {
        assert!(!text.contains(canary), "`runner {args}` has said a secret: {text}");
    }
    let mut found = Vec::new();
    holding(&world.path(""), canary, &mut found);
    assert_eq!(found, Vec::<String>::new());
}
