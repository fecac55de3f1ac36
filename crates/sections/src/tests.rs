use super::*;

const ROOT: &str = "[workspace]\nmembers = [\n    \"crates/*\",\n    # generated: members (cargo xtask sync)\n    \"old\",\n    # end of generated\n]\n";

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    fs::write(path, text).expect("a file");
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).expect("a file")
}

#[test]
fn sections_follow_the_directories() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path();
    write(root, "Cargo.toml", ROOT);
    write(
        root,
        "crates/registry/Cargo.toml",
        "[dependencies]\n# generated: projects\n# end of generated\n# generated: policies\n# end of generated\n",
    );
    write(
        root,
        "crates/registry/src/lib.rs",
        "vec![\n    // generated: projects\n    // end of generated\n]\nvec![\n    // generated: policies\n    // end of generated\n]\n",
    );
    write(root, "projects/a/net-one/Cargo.toml", "[package]\nname = \"a-net-one\"\n");
    write(root, "projects/a/net-one/outputs/Cargo.toml", "[package]\nname = \"a-net-one-outputs\"\n");
    write(root, "projects/a/net-one/stacks/QA.toml", "");
    write(root, "components/vault/Cargo.toml", "[package]\nname = \"vault\"\n");
    write(root, "policies/tags/Cargo.toml", "[package]\nname = \"policies-tags\"\n");

    let workspace = Workspace::at(root);
    let crates = workspace.crates().expect("crates");
    let all = ["Cargo.toml", "crates/registry/Cargo.toml", "crates/registry/src/lib.rs"];
    assert_eq!(workspace.sync(&crates, true).expect("a check"), all);
    assert_eq!(read(root, "Cargo.toml"), ROOT, "a check writes nothing");
    assert_eq!(workspace.sync(&crates, false).expect("written"), all);
    assert_eq!(workspace.sync(&crates, false).expect("written"), [""; 0]);
    let members = "    \"components/vault\",\n    \"policies/tags\",\n    \"projects/a/net-one\",\n    \"projects/a/net-one/outputs\",\n";
    assert_eq!(read(root, "Cargo.toml"), ROOT.replace("    \"old\",\n", members));
    let dependency = "a-net-one = { path = \"../../projects/a/net-one\" }\n";
    assert!(read(root, "crates/registry/Cargo.toml").contains(dependency));
    let policies = "policies-tags = { path = \"../../policies/tags\" }\n# end of generated\n";
    assert!(read(root, "crates/registry/Cargo.toml").ends_with(policies), "in a section of their own");
    assert!(read(root, "crates/registry/src/lib.rs").contains("\n    policies_tags::policies(),\n    // end"));
    assert!(read(root, "crates/registry/src/lib.rs").contains("\n    a_net_one::project(),\n    // end"));

    workspace.sync(&[], false).expect("emptied");
    assert_eq!(read(root, "Cargo.toml"), ROOT.replace("    \"old\",\n", ""));
}

#[test]
fn a_file_without_its_section_is_an_error() {
    assert!(replace("# generated: members\n", "members", &[]).is_err(), "no end");
    assert!(replace("# generated: membership\n# end of generated\n", "members", &[]).is_err(), "another name");
}
