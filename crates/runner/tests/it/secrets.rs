//! The content of secrets is in no file, no message and no event.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use secrets_age::{Context, Keyring};

use crate::support::{World, ran};

/// The keys of secrets in a stack file, dotted paths, with their ciphertexts.
fn secret_keys(text: &str) -> Vec<(String, String)> {
    let mut table = String::new();
    let mut keys = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = format!("{name}.");
        } else if let Some((key, rest)) = line.split_once(" = { secret = \"") {
            keys.push((format!("{table}{key}"), rest.split('"').next().unwrap_or_default().to_owned()));
        }
    }
    keys
}

/// Stack files below a directory, with the full names of their stacks.
fn stack_files(world: &World, below: &str, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(world.path(below)).expect("is listed") {
        let name = entry.expect("is listed").file_name().into_string().expect("is text");
        let path = format!("{below}/{name}");
        if world.path(&path).is_dir() {
            stack_files(world, &path, found);
        } else if let Some(short) = name.strip_suffix(".toml").filter(|name| name.strip_suffix(".lock").is_none()) {
            let project = below.trim_start_matches("projects/").trim_end_matches("/stacks").replace('/', ".");
            found.push((format!("{project}.{short}"), path));
        }
    }
}

/// All files below a directory with what is in them.
fn all_files(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).expect("is listed") {
        let path = entry.expect("is listed").path();
        if path.is_dir() {
            all_files(&path, found);
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).expect("is read")).into_owned();
            found.push((path.display().to_string(), text));
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
        for (number, (key, _)) in keys.iter().enumerate() {
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
    run(&format!("preview {selection} --out saved.json"), 0);
    run("preview --plan saved.json --full", 0);
    run(&format!("evaluate {selection} --out plans"), 0);
    // Some fail on the way, so that errors and partial states are there as well.
    world.knobs(
        "[[fault]]\ntype = \"AWS::RDS::DBInstance\"\naction = \"create\"\ntimes = 1\nmode = \"partial\"\n\
         [[fault]]\ntype = \"vault_generic_secret\"\naction = \"create\"\ntimes = 1\n\
         [[fault]]\ntype = \"vault_database_secret_backend_connection\"\naction = \"create\"\ntimes = 1\nmode = \"partial\"\n",
    );
    run("up --plan saved.json --yes --json", 30);
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
    let mut files = Vec::new();
    all_files(&world.path(""), &mut files);
    for (path, text) in &files {
        assert!(!text.contains(canary), "it is in {path}");
    }
}

#[test]
fn no_secret_of_the_organisation_is_in_what_was_written_or_said() {
    let Some(world) = World::applied() else { return };
    let Some(up) = World::up_of_everything() else { return };
    let keyring = Keyring::parse(&world.read("secrets/demo-sandbox.key"), "the demo key").expect("is a key");
    let mut files = Vec::new();
    stack_files(&world, "projects", &mut files);
    let mut contents = Vec::new();
    for (stack, file) in files {
        for (key, ciphertext) in secret_keys(&world.read(&file)) {
            let text = secrets_age::open(&ciphertext, &Context::new(&*stack, &*key), &keyring);
            contents.push((format!("{stack}:{key}"), text.expect("opens with the demo key").expose().to_owned()));
        }
    }
    assert!(contents.len() > 100, "{}", contents.len());
    let mut said = vec![up.out.clone(), up.err.clone()];
    for args in ["preview --json", "outputs --json", "explain", "refresh", "graph --all", "sandbox log --json"] {
        let ran = world.run(args).ok();
        said.extend([ran.out, ran.err]);
    }
    let show = "state show applications.edxapp.xpro.QA edxapp-database-connection";
    let shown = world.run(show).ok();
    assert!(shown.out.contains("$secret"), "{shown}");
    said.push(shown.out);
    let mut written = Vec::new();
    all_files(&world.path(".groundplan"), &mut written);
    for (what, content) in contents.iter().filter(|(_, content)| content.len() >= 8) {
        assert!(said.iter().all(|text| !text.contains(content)), "{what} was said");
        let found: Vec<&String> =
            written.iter().filter(|(_, text)| text.contains(content.as_str())).map(|(path, _)| path).collect();
        assert!(found.is_empty(), "{what} is in {found:?}");
    }
}
