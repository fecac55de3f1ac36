use std::fs;
use std::path::Path;

use config_load::Workspace;
use plan::prelude::*;
use secrets_age::{Keyring, Recipient};

use super::*;

/// A workspace made anew; its Groundplan is this checkout.
fn made() -> (tempfile::TempDir, Workspace) {
    let directory = tempfile::tempdir().expect("a directory");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let groundplan = groundplan::Groundplan::find(None, here).expect("a checkout");
    let root = directory.path().join("My Infra");
    workspace::make(&root, None, &groundplan).expect("made");
    let workspace = Workspace::open(&root).expect("opens");
    (directory, workspace)
}

fn codes(failure: &Failure) -> Vec<(&str, &str)> {
    failure.found.iter().map(|d| (d.code.as_str(), d.hints.first().map_or("", String::as_str))).collect()
}

fn read(workspace: &Workspace, path: &str) -> String {
    workspace.read_text(path).expect("readable").expect(path)
}

/// Seals a secret into a stack file, as `config set --secret` does.
fn set_secret(workspace: &Workspace, stack: &StackName, key: &str) {
    let settings = workspace.settings();
    let identity = read(workspace, settings.profile("sandbox").expect("there").identity.as_deref().expect("a key"));
    let keyring = Keyring::parse(&identity, "demo").expect("an identity");
    let sealed = settings.secrets.organisation_key.as_deref().expect("an organisation key");
    let organisation = secrets_age::open_key(sealed, &settings.organisation_key_purpose(), &keyring).expect("opens");
    let recipients = Recipient::parse_all(&settings.secrets.recipients, None).expect("recipients");
    let context = secrets_age::Context::new(stack.to_string(), key);
    let sealed = secrets_age::seal("hunter2", &context, &recipients, &organisation).expect("seals");
    let path = key.parse().expect("a path");
    let edit =
        |file: &str, text: &str| config_load::set_secret(file, text, &path, &sealed.ciphertext, sealed.fingerprint);
    workspace.edit_stack(stack, edit).expect("edited");
}

#[test]
fn a_workspace_is_whole_and_its_keys_open() {
    let (_directory, workspace) = made();
    let settings = workspace.settings();
    assert_eq!(settings.organisation, "my-infra", "made of the directory's name");
    assert_eq!(settings.environments, ["CI", "QA", "Production"]);
    let sandbox = settings.profile("sandbox").expect("there");
    assert!(sandbox.ignore_protection && !sandbox.is_live());
    let identity = read(&workspace, sandbox.identity.as_deref().expect("a demo key"));
    let keyring = Keyring::parse(&identity, "demo").expect("an identity");
    assert_eq!(keyring.recipients(), settings.secrets.recipients);
    for (sealed, purpose) in [
        (&settings.secrets.organisation_key, settings.organisation_key_purpose()),
        (&sandbox.state_key, sandbox.state_key_purpose()),
    ] {
        assert!(secrets_age::open_key(sealed.as_deref().expect("sealed"), &purpose, &keyring).is_ok(), "{purpose}");
    }
    let (_other, another) = made();
    assert_ne!(another.settings().secrets.recipients, settings.secrets.recipients, "each has a key of its own");

    let stacks = workspace.stacks_of("example.network").expect("stacks");
    assert_eq!(stacks.iter().map(StackName::short).collect::<Vec<_>>(), ["CI", "QA"]);
    for stack in stacks {
        let lock = workspace.lock(&stack).expect("a lock");
        assert_eq!(lock.made_up().count(), 2, "nobody asked the live world yet");
    }
    let sections = sections::Workspace::at(workspace.root());
    let crates = sections.crates().expect("crates");
    assert_eq!(sections.sync(&crates, true).expect("sections"), [""; 0], "they are written");
    assert!(read(&workspace, "crates/registry/src/lib.rs").contains("\n        example_network::project(),\n"));
    for entry in ["Cargo.toml", "groundplan.toml", "README.md", "projects/example/network/src/lib.rs"] {
        assert!(!read(&workspace, entry).contains("{{"), "{entry} has no gaps");
    }
}

#[test]
fn a_workspace_takes_no_directory_in_use_and_no_odd_name() {
    let (directory, _) = made();
    let groundplan = groundplan::Groundplan::find(None, Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a checkout");
    let fails = |to: &str, organisation: Option<&str>| {
        let failure = workspace::make(&directory.path().join(to), organisation, &groundplan).expect_err("refused");
        codes(&failure)[0].0.to_owned()
    };
    assert_eq!(fails("My Infra", None), "E0720");
    assert_eq!(fails("new", Some("My Infra")), "E0721");
    assert_eq!(fails("…", None), "E0721");
    assert!(!directory.path().join("new").exists(), "nothing was made");
}

#[test]
fn the_toolchain_is_the_one_that_groundplan_is_tested_with() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rust-toolchain.toml");
    assert_eq!(fs::read_to_string(own).expect("a file"), template::TOOLCHAIN);
}

#[test]
fn a_project_is_in_the_sections_and_inherits_what_there_is() {
    let (_directory, workspace) = made();
    let made = project::make(&workspace, "projects/example/web_shop/").expect("made");
    assert_eq!((made.name.as_str(), made.directory.as_str()), ("example.web_shop", "projects/example/web_shop"));
    let manifest = read(&workspace, "projects/example/web_shop/Cargo.toml");
    assert!(manifest.contains("name = \"example-web-shop\"") && manifest.contains("edition.workspace = true"));
    assert!(!manifest.contains("license"), "the workspace has none");
    assert!(manifest.ends_with("[lints]\nworkspace = true\n"));
    assert!(read(&workspace, "Cargo.toml").contains("\n    \"projects/example/web_shop/outputs\",\n"));
    assert!(read(&workspace, "crates/registry/src/lib.rs").contains("\n        example_web_shop::project(),\n"));
    assert_eq!(workspace.stacks_of("example.web_shop").expect("stacks").len(), 1, "one in the first environment");

    let again = project::make(&workspace, "example.web_shop").expect_err("it is there");
    assert_eq!(codes(&again)[0].0, "E0724");
    let alike = project::make(&workspace, "example.web.shop").expect_err("the package is there");
    assert_eq!(codes(&alike)[0].0, "E0724");
    assert!(!workspace.root().join("projects/example/web").exists(), "nothing was written");
}

#[test]
fn a_project_beside_outputs_that_were_there_leaves_them() {
    let (_directory, workspace) = made();
    let outputs = "projects/example/mail/outputs";
    workspace.write(&format!("{outputs}/Cargo.toml"), "[package]\nname = \"example-mail-outputs\"\n").expect("written");
    workspace.write(&format!("{outputs}/src/lib.rs"), "// Mine.\n").expect("written");
    project::make(&workspace, "example.mail").expect("made");
    assert_eq!(read(&workspace, &format!("{outputs}/src/lib.rs")), "// Mine.\n");
    assert!(read(&workspace, "projects/example/mail/src/lib.rs").contains("Result<Plan<()>>"));
}

#[test]
fn a_project_has_a_name_that_a_crate_can_have() {
    let (_directory, workspace) = made();
    for (name, problems) in [
        ("Example.network", 1),
        ("example..x", 1),
        ("example.2x", 1),
        ("Example.ne-t", 2),
        ("example.outputs", 1),
        ("example.QA", 1),
        ("type", 1),
        ("../outside", 3),
        ("", 1),
    ] {
        let failure = project::make(&workspace, name).expect_err(name);
        let codes = codes(&failure);
        assert_eq!(codes.len(), problems, "{name}: {codes:?}");
        assert!(codes.iter().all(|(code, hint)| *code == "E0723" && !hint.is_empty()), "{name}: {codes:?}");
    }
    // A lock file cannot hold two path packages of one name.
    fs::write(workspace.root().join("Cargo.lock"), "[[package]]\nname = \"config\"\nversion = \"0.1.0\"\n")
        .expect("written");
    let failure = project::make(&workspace, "config").expect_err("taken");
    assert_eq!(codes(&failure), [("E0724", "choose another name, such as `applications.config`")]);
}

#[test]
fn a_copy_has_comments_and_lock_but_no_secrets() {
    let (_directory, workspace) = made();
    let (ci, qa, production) = (name("CI"), name("QA"), name("Production"));
    set_secret(&workspace, &ci, "password");
    let copied = stack::copy(&workspace, &production, "CI").expect("a copy");
    let command = "runner config set example.network.Production password --secret";
    let remark = format!("# `password` is a secret, sealed to its stack; set it: {command}\n");
    assert_eq!(copied.text, format!("# The network of CI.\ncidr_block = \"10.1.0.0/16\"\n{remark}"));
    assert_eq!(copied.secrets, [command]);
    assert_eq!(copied.lock, Some(read(&workspace, &workspace.lock_file(&ci))));
    copied.write(&workspace, &production).expect("written");
    assert_eq!(workspace.stacks_of("example.network").expect("stacks").len(), 3);

    set_secret(&workspace, &production, "password");
    let again = stack::copy(&workspace, &StackName::new("example.network", "eu.QA"), "example.network.Production");
    let again = again.expect("a copy of the copy");
    assert!(again.text.contains("example.network.eu.QA password") && !again.text.contains("Production password"));
    let missing = stack::copy(&workspace, &qa, "Moon").expect_err("there is none");
    assert_eq!(missing.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["E0209"]);
}

#[test]
fn a_stack_has_a_free_name_in_a_known_environment() {
    let (_directory, workspace) = made();
    workspace.write("foreign/example.network.eu.QA.toml", "a = 1\n").expect("written");
    for (short, problem) in [
        ("Production", None),
        ("eu.Production", None),
        ("default", None),
        ("production", Some(("E0726", "did you mean `Production`?"))),
        ("Moon", Some(("E0726", "take one of `CI`, `QA`, `Production`, `default`, or list it in groundplan.toml"))),
        (
            "e u.QA",
            Some(("E0726", "write `<environment>` or `<scope>.<environment>`, in letters, digits, `-` and `_`")),
        ),
        ("QA", Some(("E0727", "edit its file"))),
        ("eu.QA", Some(("E0727", "delete the foreign stack's file first, if it is managed here from now on"))),
    ] {
        let found = stack::check(&workspace, &name(short)).err().unwrap_or_default();
        let found: Vec<_> = found.iter().map(|d| (d.code.as_str(), d.hints[0].as_str())).collect();
        assert_eq!(found, problem.into_iter().collect::<Vec<_>>(), "{short}");
    }
}

#[test]
fn a_project_is_found_by_name_ending_and_directory() {
    let (_directory, workspace) = made();
    let find = |word: &str| {
        stack::project_of(&workspace, ["a.network", "b.network", "b.kms"].into_iter(), word).map_err(|d| d.code)
    };
    assert_eq!(find("a.network").as_deref(), Ok("a.network"));
    assert_eq!(find("projects/b/kms/").as_deref(), Ok("b.kms"));
    assert_eq!(find("kms").as_deref(), Ok("b.kms"));
    assert_eq!(find("example.network").as_deref(), Ok("example.network"), "newer than this runner");
    assert_eq!(find("network"), Err("E0725".to_owned()), "there are two");
    assert_eq!(find("moon"), Err("E0725".to_owned()));
}

#[test]
fn a_skeleton_names_what_is_missing() {
    #[derive(Config)]
    struct Settings {
        cidr_block: Ipv4Net,
        #[config(default = 2)]
        subnets: u64,
        password: SealedSecret,
    }
    #[derive(Outputs)]
    #[outputs(project = "example.asks")]
    struct Nothing {}
    fn plan(stack: &Stack, settings: Settings) -> plan::Result<Plan<Nothing>> {
        let _ = (settings.cidr_block, settings.subnets, settings.password);
        stack.plan().finish(Nothing {})
    }
    let (_directory, workspace) = made();
    let variables = config_load::Variables::none();
    let files = config_load::Files::new(&workspace, &variables);
    let inputs = files.inputs(|_, _| plan::OutputRead::NotYet);
    let stack = StackName::new("example.asks", "QA");
    let keys = stack::missing(&Project::new("example.asks", plan), &stack, &inputs);
    assert_eq!(stack::skeleton(&stack, &keys), "# example.asks.QA.\n# cidr_block = …\n# password = …\n");
}

fn name(short: &str) -> StackName {
    StackName::new("example.network", short)
}
