//! A shared cache that is broken, slow or false slows a run, and changes nothing.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::caches::{Key, configure, counts, forget, machine, run_as};
use crate::peers::{Server, free_port};
use crate::support::World;

#[test]
fn a_server_that_is_gone_or_hangs_costs_a_bounded_time_once_and_is_said() {
    let ci = Key::new();
    let Some(world) = World::applied() else { return };
    let plain = world.run("preview").ok();
    forget(&world);
    configure(&world, &format!("http://127.0.0.1:{}", free_port()), &[&ci]);
    let ran = run_as(&world, "reader", None, "preview").ok().says(["E0754", "connection refused"]);
    assert_eq!(ran.err.matches("E0754").count(), 1, "{ran}");
    assert_eq!(ran.out, plain.out);

    // It takes calls and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("is bound"));
    let settings = world.read("groundplan.toml");
    let old = settings.lines().find(|line| line.starts_with("remote = ")).expect("an address");
    world.write(
        "groundplan.toml",
        &settings.replace(old, &format!("remote = \"{url}\"")).replace("seconds = 20", "seconds = 1"),
    );
    forget(&world);
    let begun = Instant::now();
    let ran = run_as(&world, "main", Some(&ci), "preview").ok().says(["E0754", "in time"]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}: {ran}", begun.elapsed());
    assert_eq!(ran.out, plain.out);
}

#[test]
fn cache_09_damaged_entries_on_the_server_are_passed_over() {
    let nginx = Server::nginx();
    let ci = Key::new();
    let Some(world) = machine(&nginx.url(), &[&ci]) else { return };
    let first = run_as(&world, "main", Some(&ci), "preview -v").ok();
    let stored = counts(&first)[2];
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.clear(),
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
        |bytes| *bytes = b"<html><body>Please log in</body></html>".to_vec(),
    ];
    for damage in damages {
        for file in nginx.files("main/ac") {
            let mut bytes = fs::read(&file).expect("is read");
            damage(&mut bytes);
            fs::write(&file, bytes).expect("is written");
        }
        let other = machine(&nginx.url(), &[&ci]).expect("there are projects");
        let ran = run_as(&other, "reader", None, "preview -v").ok().says(["E0755"]);
        assert_eq!(counts(&ran)[..2], [0, stored], "{ran}");
        assert_eq!(ran.out, first.out, "the preview is the same");
        // The next protected run puts it right.
        forget(&world);
        assert_eq!(counts(&run_as(&world, "main", Some(&ci), "preview -v").ok())[2], stored);
        forget(&other);
        assert_eq!(counts(&run_as(&other, "reader", None, "preview -v").ok())[0], stored);
    }
}

#[test]
fn an_old_runner_stores_nothing() {
    let nginx = Server::nginx();
    let ci = Key::new();
    let Some(world) = machine(&nginx.url(), &[&ci]) else { return };
    let source = "projects/infrastructure/aws/network/src/lib.rs";
    let text = fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(source));
    fs::create_dir_all(world.path(source).parent().expect("has one")).expect("made");
    world.write(source, &format!("{}\n// edited since\n", text.expect("is read")));
    let ran = run_as(&world, "main", Some(&ci), "preview -v").ok().says(["E0756", "older than its sources"]);
    assert_eq!(counts(&ran)[2], 0, "{ran}");
    assert!(nginx.files("").is_empty());
}

#[test]
fn a_tier_that_there_is_not_is_refused_and_keys_that_nobody_trusts_are_said() {
    let nginx = Server::nginx();
    let (ci, own) = (Key::new(), Key::new());
    let Some(world) = machine(&nginx.url(), &[&ci]) else { return };
    run_as(&world, "prod", Some(&ci), "preview").ends(10).says(["E0752", "GROUNDPLAN_CACHE_TIER", "pull-request/NAME"]);
    run_as(&world, "main", None, "preview").ok().says(["E0756", "GROUNDPLAN_SIGNING_KEY"]);
    run_as(&world, "main", Some(&own), "preview").ok().says(["E0756", "nobody would trust"]);
    run_as(&world, "off", None, "preview").ok().says_not(["E075"]);
    // A secret in an error would be in the logs of all who run it.
    let broken = Key { secret: ci.secret[..ci.secret.len() - 3].to_owned(), public: String::new() };
    run_as(&world, "main", Some(&broken), "preview").ends(10).says(["E0571"]).says_not([&*broken.secret]);
}
