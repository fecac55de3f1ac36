//! What one machine evaluates, another one finds.

use std::fs;
use std::process::Command;

use crate::peers::Server;
use crate::support::{NETWORK, Ran, STACKS, World, ran};

/// A key that signs, and its public half.
pub(crate) struct Key {
    pub(crate) secret: String,
    pub(crate) public: String,
}

impl Key {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.arg("-C").arg(directory.path()).args(["keys", "new", "key"]);
        let public = ran("keys new", command).ok().out.trim().to_owned();
        let secret = fs::read_to_string(directory.path().join("key")).expect("is there");
        Self { secret: secret.lines().last().expect("a key").to_owned(), public }
    }
}

/// Adds a shared cache to a workspace, whose main tier believes the first of these keys, and that of pull requests all.
pub(crate) fn configure(world: &World, remote: &str, keys: &[&Key]) {
    let signers: Vec<String> =
        keys.iter().enumerate().map(|(number, key)| format!("signer-{number} = \"{}\"\n", key.public)).collect();
    let names: Vec<String> = (0..keys.len()).map(|number| format!("\"signer-{number}\"")).collect();
    let text = format!(
        "{}\n[signers]\n{}[cache]\nremote = \"{remote}\"\nsigners = [{}]\npull_request_signers = [{}]\nseconds = 20\n",
        world.read("groundplan.toml"),
        signers.concat(),
        names[0],
        names.join(", ")
    );
    world.write("groundplan.toml", &text);
}

/// The organisation with everything applied, on a machine that has evaluated nothing yet.
pub(crate) fn machine(remote: &str, keys: &[&Key]) -> Option<World> {
    let world = World::applied()?;
    forget(&world);
    configure(&world, remote, keys);
    Some(world)
}

/// Takes away all that the machine remembers of evaluations.
pub(crate) fn forget(world: &World) {
    fs::remove_dir_all(world.path(".groundplan/cache")).expect("was there");
}

/// Runs the runner in a tier, with a key or without one.
pub(crate) fn run_as(world: &World, tier: &str, key: Option<&Key>, args: &str) -> Ran {
    ran(args, command_as(world, tier, key, args))
}

pub(crate) fn command_as(world: &World, tier: &str, key: Option<&Key>, args: &str) -> Command {
    let mut command = world.command(args);
    command.env_remove("GROUNDPLAN_SIGNING_KEY").env("GROUNDPLAN_CACHE_TIER", tier);
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    if let Some(key) = key {
        command.env("GROUNDPLAN_SIGNING_KEY", &key.secret);
    }
    command
}

/// How many evaluations were found, not found, and stored.
pub(crate) fn counts(ran: &Ran) -> [usize; 3] {
    let line = ran.err.lines().find(|line| line.starts_with("shared cache: ")).unwrap_or_else(|| panic!("{ran}"));
    let numbers: Vec<usize> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().expect("three numbers")
}

#[test]
fn a_pull_request_without_any_key_has_the_hits_of_main() {
    let nginx = Server::nginx();
    let ci = Key::new();
    let Some(main) = machine(&nginx.url(), &[&ci]) else { return };
    let first = run_as(&main, "main", Some(&ci), "preview -v").ok();
    let [found, missed, stored] = counts(&first);
    assert_eq!((found, missed), (0, stored), "everything is evaluated and stored: {first}");
    assert!(stored > 30, "{first}");
    assert_eq!(nginx.files("main/ac").len(), 2 * stored, "two entries for each");
    assert!(nginx.files("pull-request").is_empty());

    let other = machine(&nginx.url(), &[&ci]).expect("there are projects");
    let second = run_as(&other, "pull-request/7", None, "preview -v").ok();
    let [found, missed, written] = counts(&second);
    assert_eq!((found, missed, written), (stored, 0, 0), "{second}");
    second.says([&*format!("{stored} from cache"), "nothing is stored", "E0756"]);
    // What was found is kept: nobody is asked again.
    let calls = nginx.calls().len();
    let third = run_as(&other, "reader", None, "preview -v").ok();
    assert_eq!(counts(&third), [0, 0, 0], "{third}");
    assert_eq!(nginx.calls().len(), calls);
    // A remark is no change; what is one is asked for, and evaluated.
    let config = other.read(NETWORK);
    other.write(NETWORK, &format!("# a remark\n{config}"));
    assert_eq!(counts(&run_as(&other, "reader", None, "preview -v").ok()), [0, 0, 0]);
    other.edit(NETWORK, "10.12.152.0/21", "10.12.160.0/21");
    assert_eq!(counts(&run_as(&other, "reader", None, "preview -v").ok()), [0, 1, 0]);
}

#[test]
fn cache_11_keys_are_the_same_for_every_path_user_zone_and_language() {
    let nginx = Server::nginx();
    let ci = Key::new();
    let Some(one) = machine(&nginx.url(), &[&ci]) else { return };
    let stored = counts(&run_as(&one, "main", Some(&ci), "preview -v").ok())[2];
    let other = machine(&nginx.url(), &[&ci]).expect("there are projects");
    let mut command = command_as(&other, "reader", None, "preview -v --jobs 1 --color never");
    command.env("TZ", "Pacific/Chatham").env("LC_ALL", "tr_TR.UTF-8").env("LANG", "de_DE").env("USER", "somebody");
    command.env("HOME", "/nonexistent").env("SOURCE_DATE_EPOCH", "0").env("HOSTNAME", "elsewhere");
    let ran = ran("preview elsewhere", command).ok();
    assert_eq!(counts(&ran), [stored, 0, 0], "{ran}");
}

#[test]
fn cache_13_what_a_pull_request_stores_is_not_read_by_main() {
    let nginx = Server::nginx();
    let (ci, pull) = (Key::new(), Key::new());
    let Some(world) = machine(&nginx.url(), &[&ci, &pull]) else { return };
    let own = run_as(&world, "pull-request/7", Some(&pull), "preview -v").ok();
    let stored = counts(&own)[2];
    assert!(stored > 30, "{own}");
    assert!(nginx.files("main").is_empty(), "a pull request writes its own tier only");
    let before = nginx.calls().len();
    for (tier, key) in [("main", Some(&ci)), ("reader", None), ("pull-request/8", None)] {
        let other = machine(&nginx.url(), &[&ci, &pull]).expect("there are projects");
        let ran = run_as(&other, tier, key, "preview -v").ok();
        if tier == "main" {
            assert_eq!(counts(&ran)[0], 0, "{ran}");
            // It has stored its own.
            fs::remove_dir_all(nginx.directory.path().join("files/main")).expect("was there");
        }
        assert_eq!(counts(&ran)[0], 0, "{tier}: {ran}");
    }
    let asked = &nginx.calls()[before..];
    assert!(!asked.iter().any(|call| call.contains("/pull-request/7/")), "nobody even asks there");
    forget(&world);
    assert_eq!(counts(&run_as(&world, "pull-request/7", None, "preview -v").ok())[0], stored, "but its own runs do");
    // Even if its entries are put into the main tier: their signer is not trusted there.
    let files = nginx.directory.path().join("files");
    fs::rename(files.join("pull-request/7"), files.join("main")).expect("is moved");
    let other = machine(&nginx.url(), &[&ci, &pull]).expect("there are projects");
    let ran = run_as(&other, "reader", None, "preview -v").ok().says(["E0755", "whom `[cache]` does not name"]);
    assert_eq!(counts(&ran)[0], 0, "{ran}");
}

/// What `affected` says of the last commit, as data, with all of what it said.
fn affected(world: &World, tier: &str, key: Option<&Key>) -> (Vec<serde_json::Value>, Ran) {
    let ran = run_as(world, tier, key, "affected --changed-since HEAD~1 --json").ok();
    (ran.events().into_iter().filter(|event| event["stack"].is_string()).collect(), ran)
}

/// The organisation in a checkout of its own, with one commit, on a machine that has evaluated nothing yet.
fn checkout(remote: &str, keys: &[&Key]) -> Option<World> {
    let world = World::in_git()?;
    forget(&world);
    configure(&world, remote, keys);
    world.commit();
    Some(world)
}

#[test]
fn a_machine_that_has_seen_nothing_says_exactly_what_a_change_reaches() {
    let nginx = Server::nginx();
    let (ci, pull) = (Key::new(), Key::new());
    let keys = [&ci, &pull];
    let Some(main) = checkout(&nginx.url(), &keys) else { return };
    let edit = |world: &World| {
        world.edit(NETWORK, "[xpro_vpc]\ncidr_block = \"10.6.0.0/16\"", "[xpro_vpc]\ncidr_block = \"10.77.0.0/16\"");
        world.commit();
    };
    let elsewhere = || {
        let world = checkout(&nginx.url(), &keys).expect("there are projects");
        edit(&world);
        world
    };
    let is = |found: &[serde_json::Value], exact: bool, why: &str| {
        assert!(found.iter().all(|event| event["exact"] == exact), "{why}: {found:?}");
        let stacks: Vec<_> = found.iter().map(|event| event["stack"].as_str().expect("a name")).collect();
        let reached =
            ["applications.edxapp.xpro.QA", "infrastructure.aws.network.QA", "infrastructure.consul.operations.QA"];
        assert!(reached.iter().all(|stack| stacks.contains(stack)), "{why}: {stacks:?}");
        assert!(!exact || stacks == reached, "{why}: {stacks:?}");
    };
    // A pull request that was first leaves its record where main does not look.
    run_as(&checkout(&nginx.url(), &keys).expect("is there"), "pull-request/7", Some(&pull), "preview").ok();
    for (tier, key) in [("main", None), ("reader", None), ("pull-request/8", None)] {
        is(&affected(&elsewhere(), tier, key).0, false, tier);
    }
    is(&affected(&elsewhere(), "pull-request/7", None).0, true, "but its own runs do");

    // A run that has already left a record here leaves it for others as soon as it may.
    run_as(&main, "reader", None, "preview").ok();
    is(&affected(&elsewhere(), "reader", None).0, false, "nobody has left a record");
    run_as(&main, "main", Some(&ci), "preview").ok();
    let fresh = elsewhere();
    let (found, ran) = affected(&fresh, "pull-request/8", None);
    is(&found, true, "main has left a record");
    assert_eq!(found[1]["reasons"].to_string(), r#"["config `xpro_vpc.cidr_block` changed"]"#, "{ran}");
    // It is kept: nobody is asked again.
    let calls = nginx.calls().len();
    is(&affected(&fresh, "reader", None).0, true, "from here");
    assert_eq!(nginx.calls().len(), calls);

    // A record that was changed on the way is none, and so is one whose signer is not trusted.
    let good: Vec<_> = nginx.files("main").into_iter().map(|file| (fs::read(&file).expect("is read"), file)).collect();
    for (bytes, file) in &good {
        let mut bytes = bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(file, bytes).expect("is written");
    }
    let (found, ran) = affected(&elsewhere(), "reader", None);
    is(&found, false, "damaged");
    ran.says(["E0755"]);
    let files = nginx.directory.path().join("files");
    fs::remove_dir_all(files.join("main")).expect("was there");
    fs::rename(files.join("pull-request/7"), files.join("main")).expect("is moved");
    let (found, ran) = affected(&elsewhere(), "reader", None);
    is(&found, false, "signed by somebody else");
    ran.says(["E0755", "whom `[cache]` does not name"]);
}

#[test]
fn cache_12_what_failed_is_not_stored() {
    let nginx = Server::nginx();
    let ci = Key::new();
    let Some(world) = World::fresh() else { return };
    configure(&world, &nginx.url(), &[&ci]);
    // One program that fails takes the whole preview with it.
    let network = world.read(NETWORK);
    world.write(NETWORK, &format!("{network}\n[nonsense]\nx = 1\n"));
    run_as(&world, "main", Some(&ci), "preview").ends(10);
    assert!(nginx.files("").is_empty(), "{:?}", nginx.files(""));
    world.write(NETWORK, &network);
    assert_eq!(counts(&run_as(&world, "main", Some(&ci), "preview -v").ok()), [0, STACKS, STACKS]);
}

#[test]
fn s3_holds_a_cache_as_well() {
    let moto = Server::moto("shared");
    let ci = Key::new();
    let Some(main) = machine("s3://shared/groundplan", &[&ci]) else { return };
    let run = |world: &World, tier: &str, key: Option<&Key>| {
        let mut command = command_as(world, tier, key, "preview -v");
        command.env("AWS_ENDPOINT_URL", moto.url()).env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "s");
        ran("preview -v", command).ok()
    };
    let stored = counts(&run(&main, "main", Some(&ci)))[2];
    assert!(stored > 30);
    let listing = moto.call("GET", "/shared?list-type=2&max-keys=1000");
    assert!(listing.contains("<Key>groundplan/main/ac/"), "{listing}");
    let other = machine("s3://shared/groundplan", &[&ci]).expect("there are projects");
    let second = run(&other, "reader", None);
    assert_eq!(counts(&second), [stored, 0, 0], "{second}");
    // Without credentials it is done without, and said.
    let third = machine("s3://shared/groundplan", &[&ci]).expect("there are projects");
    let mut command = command_as(&third, "reader", None, "preview");
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    ran("preview", command).ok().says(["E0753", "AWS_ACCESS_KEY_ID"]);
}
