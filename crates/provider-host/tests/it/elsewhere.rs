//! What comes from elsewhere: from a server of archives of our own, and from a repository of git.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ports::ProviderErrorKind;
use sha2::{Digest as _, Sha256};
use value::{Map, Value};

use crate::house::{House, done, failed, map, not_tested};
use crate::life::life;

/// A server of files; it ends with the test.
struct Server {
    address: String,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (files, asked) = (Arc::new(Mutex::new(BTreeMap::<String, Vec<u8>>::new())), Arc::new(AtomicUsize::new(0)));
        let (served, count) = (files.clone(), asked.clone());
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0u8; 4096];
                let read = stream.read(&mut request).unwrap_or(0);
                let text = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                count.fetch_add(1, Ordering::Relaxed);
                let found = served.lock().expect("files").get(&path).cloned();
                let (status, body) = found.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            }
        });
        Self { address, files, asked }
    }

    /// Serves bytes: where they are, and their SHA-256.
    fn put(&self, path: &str, bytes: Vec<u8>) -> (String, String) {
        let sum = Sha256::digest(&bytes).iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        self.files.lock().expect("files").insert(path.to_owned(), bytes);
        (format!("{}{path}", self.address), sum)
    }

    /// How often it was asked since the last time.
    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

/// Packs a directory that holds these files.
fn packed(kind: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("in");
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("is made");
        fs::write(path, content).expect("is written");
    }
    let out = dir.path().join("out");
    let mut command = match kind {
        "zip" => {
            let mut command = Command::new("zip");
            command.arg("-qr").arg(&out).arg(".");
            command
        }
        _ => {
            let mut command = Command::new("tar");
            // One time for all, so that the same content gives the same bytes.
            command.args(["--sort=name", "--mtime=@0", "-czf"]).arg(&out);
            command.args(fs::read_dir(&root).expect("reads").flatten().map(|entry| entry.file_name()));
            command
        }
    };
    assert!(command.current_dir(&root).status().expect("it starts").success());
    let out = if kind == "zip" { out.with_extension("zip") } else { out };
    fs::read(out).expect("it is there")
}

/// A thing at a path from addresses by architecture.
fn from(path: &str, sources: &[(&str, &(String, String))], more: &[(&str, &str)]) -> Map {
    let part = |part: fn(&(String, String)) -> &String| {
        Value::Map(
            sources.iter().map(|(name, source)| ((*name).to_owned(), Value::from(part(source).as_str()))).collect(),
        )
    };
    let mut inputs = map(more);
    inputs.insert("path".to_owned(), Value::from(path));
    inputs.insert("url".to_owned(), part(|(url, _)| url));
    inputs.insert("sha256".to_owned(), part(|(_, sum)| sum));
    inputs
}

fn by_hand(path: &'static str) -> impl Fn(&House) {
    move |house: &House| fs::write(house.path(path), "by hand").expect("is written")
}

const UNTOLD: &[&str] = &["url", "sha256", "member", "strip"];

#[test]
fn a_download_is_what_is_pinned_and_is_fetched_once() {
    let (mut house, server) = (House::new(), Server::new());
    let download = |(url, sum): &(String, String), mode: &str| {
        map(&[("path", "/opt/app.jar"), ("url", url), ("sha256", sum), ("mode", mode)])
    };
    let (one, two) = (server.put("/one", b"one\0\xff".to_vec()), server.put("/two", b"two".to_vec()));
    done(house.create("host_download", &download(&one, "0640")));
    assert_eq!(fs::read(house.path("/opt/app.jar")).expect("it is there"), b"one\0\xff");
    assert_eq!(server.asked(), 1);
    done(house.create("host_download", &download(&one, "0640")));
    assert_eq!(server.asked(), 0, "what is there is not fetched");
    done(house.delete("host_download", "/opt/app.jar", &download(&one, "0640")));
    let both = [&download(&one, "0640"), &download(&two, "0644")];
    life(&mut house, ("host_download", "/opt/app.jar"), both, &["url"], Some(&by_hand("/opt/app.jar")));
    // Something else than what is pinned never gets there.
    let swapped = (one.0.clone(), two.1.clone());
    let error = failed(house.create("host_download", &download(&swapped, "0644")));
    assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Refused, "WrongSum"));
    assert!(error.message.contains(&two.1) && error.message.contains("/one"), "{error}");
    let error = failed(house.create("host_download", &download(&(one.0.clone() + "x", one.1.clone()), "0644")));
    assert_eq!(error.code, "NotFetched");
    assert!(error.message.contains("404"), "{error}");
    assert!(!house.path("/opt/app.jar").exists());
    let left = fs::read_dir(house.path("/var/lib/groundplan")).expect("reads").flatten();
    let left: Vec<_> =
        left.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().contains("fetched")).collect();
    assert!(left.is_empty(), "{left:?}");
    // What is not pinned is refused, and so is what does not say where from.
    let mut unpinned = download(&one, "0644");
    unpinned.remove("sha256");
    assert!(failed(house.create("host_download", &unpinned)).message.contains("`sha256` is not there"));
    let local = download(&("file:///etc/shadow".to_owned(), one.1.clone()), "0644");
    assert!(failed(house.create("host_download", &local)).message.contains("`url` cannot be"));
}

#[test]
fn a_binary_comes_alone_or_out_of_an_archive_for_the_hosts_architecture() {
    let (mut house, server) = (House::new(), Server::new());
    let files = |version: &str| {
        [("consul".to_owned(), format!("#!/bin/sh\necho {version}\n")), ("LICENSE".to_owned(), "x".to_owned())]
    };
    let archive = |kind: &str, version: &str| {
        let files = files(version);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        server.put(&format!("/{version}.{kind}"), packed(kind, &files))
    };
    let (zip, tar) = (archive("zip", "1"), archive("tgz", "2"));
    let other = ("http://127.0.0.1:1/none".to_owned(), "0".repeat(64));
    let one = from("/usr/local/bin/consul", &[("riscv", &other), ("any", &zip)], &[("member", "consul")]);
    let two = from("/usr/local/bin/consul", &[("any", &tar)], &[("member", "consul"), ("mode", "0750")]);
    done(house.create("host_binary", &one));
    assert_eq!(house.text("/usr/local/bin/consul"), "#!/bin/sh\necho 1\n");
    assert_eq!(house.mode("/usr/local/bin/consul"), 0o755);
    done(house.delete("host_binary", "/usr/local/bin/consul", &one));
    assert!(!house.path("/usr/local/bin/LICENSE").exists());
    life(
        &mut house,
        ("host_binary", "/usr/local/bin/consul"),
        [&one, &two],
        UNTOLD,
        Some(&by_hand("/usr/local/bin/consul")),
    );
    let plain = server.put("/plain", b"#!/bin/sh\n".to_vec());
    let both = [&from("/bin/x", &[("any", &plain)], &[]), &from("/bin/x", &[("any", &plain)], &[("mode", "0700")])];
    life(&mut house, ("host_binary", "/bin/x"), both, UNTOLD, Some(&by_hand("/bin/x")));
    let absent = from("/bin/x", &[("any", &tar)], &[("member", "vault")]);
    assert_eq!(failed(house.create("host_binary", &absent)).code, "Damaged");
    let nowhere = from("/bin/x", &[("riscv", &other)], &[]);
    assert_eq!(failed(house.create("host_binary", &nowhere)).code, "NoArchitecture");
    let mut uneven = from("/bin/x", &[("any", &tar)], &[]);
    uneven.insert("sha256".to_owned(), Value::map([("amd64", tar.1.as_str())]));
    assert!(failed(house.create("host_binary", &uneven)).message.contains("each address has its sum"));
    assert!(!house.path("/bin/x").exists());
}

#[test]
fn an_archive_has_a_directory_of_its_own_and_a_link_is_turned_to_it() {
    let (mut house, server) = (House::new(), Server::new());
    let source = |kind: &str, version: &str| {
        let bytes = packed(kind, &[("app/bin/run", version), ("app/share/x", "x")]);
        server.put(&format!("/{version}.{kind}"), bytes)
    };
    let (a, b, c) = (source("tgz", "1"), source("zip", "2"), source("tgz", "3"));
    let archive = |source: &(String, String)| {
        let mut inputs = from("/opt/app", &[("any", source)], &[("owner", "root")]);
        inputs.insert("strip".to_owned(), Value::Int(1));
        inputs
    };
    let trees = |house: &House| fs::read_dir(house.path("/opt")).expect("reads").count() - 1;
    done(house.create("host_archive", &archive(&a)));
    assert_eq!(house.text("/opt/app/bin/run"), "1");
    let first = fs::read_link(house.path("/opt/app")).expect("a link");
    assert_eq!(first, Path::new(&format!("app-{}", &a.1[..12])));
    done(house.update("host_archive", "/opt/app", &archive(&a), &archive(&b)));
    assert_eq!((house.text("/opt/app/bin/run").as_str(), trees(&house)), ("2", 2));
    assert!(house.path("/opt").join(&first).exists(), "who still uses the one before may do so");
    done(house.update("host_archive", "/opt/app", &archive(&b), &archive(&c)));
    assert_eq!((house.text("/opt/app/bin/run").as_str(), trees(&house)), ("3", 2));
    server.asked();
    // Back to the one before: it is still there, and comes from the same.
    done(house.update("host_archive", "/opt/app", &archive(&c), &archive(&b)));
    assert_eq!(house.text("/opt/app/bin/run"), "2");
    done(house.delete("host_archive", "/opt/app", &archive(&b)));
    assert_eq!(fs::read_dir(house.path("/opt")).expect("reads").count(), 0);
    let elsewhere = |house: &House| {
        fs::remove_file(house.path("/opt/app")).expect("is removed");
        std::os::unix::fs::symlink("/tmp", house.path("/opt/app")).expect("is made");
    };
    life(&mut house, ("host_archive", "/opt/app"), [&archive(&a), &archive(&b)], UNTOLD, Some(&elsewhere));
    fs::create_dir(house.path("/opt/app")).expect("is made");
    assert_eq!(failed(house.create("host_archive", &archive(&a))).code, "WrongKind");
    let broken = server.put("/broken", b"no archive".to_vec());
    assert_eq!(failed(house.create("host_archive", &from("/opt/b", &[("any", &broken)], &[]))).code, "Damaged");
    assert_eq!(fs::read_dir(house.path("/opt")).expect("reads").count(), 1, "nothing half-made is left");
}

#[test]
fn a_signature_is_looked_at_by_the_hosts_own_tool() {
    let (house, server) = (House::new(), Server::new());
    let (url, sum) = server.put("/x", b"x".to_vec());
    let inputs = map(&[
        ("path", "/opt/x"),
        ("url", &url),
        ("sha256", &sum),
        ("signature_url", &format!("{url}.sig")),
        ("keyring", "/etc/keys.gpg"),
    ]);
    assert_eq!(failed(house.create("host_download", &inputs)).code, "NotFetched", "there is no signature");
    server.put("/x.sig", b"no signature".to_vec());
    // In this root there is no tool that could look at it.
    assert_eq!(failed(house.create("host_download", &inputs)).code, "Invalid");
    assert!(!house.path("/opt/x").exists());
    let mut half = inputs.clone();
    half.remove("keyring");
    assert!(failed(house.create("host_download", &half)).message.contains("go together"));
}

fn git(dir: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(dir).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(words);
    let said = command.output().expect("git");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

#[test]
fn a_checkout_is_at_its_revision_and_only_a_revision_will_do() {
    if Command::new("git").arg("--version").output().is_err() {
        not_tested("git", "checkouts");
        return;
    }
    let (mut house, origin) = (House::new(), tempfile::tempdir().expect("a directory"));
    git(origin.path(), &["init", "-q"]);
    let commit = |text: &str| {
        fs::write(origin.path().join("file"), text).expect("is written");
        git(origin.path(), &["add", "."]);
        git(origin.path(), &["commit", "-qm", text]);
        git(origin.path(), &["rev-parse", "HEAD"])
    };
    let (one, two) = (commit("one"), commit("two"));
    let url = format!("file://{}", origin.path().display());
    let checkout = |revision: &str| map(&[("path", "/srv/site"), ("url", &url), ("revision", revision)]);
    done(house.create("host_git_checkout", &checkout(&one)));
    assert_eq!(house.text("/srv/site/file"), "one");
    done(house.update("host_git_checkout", "/srv/site", &checkout(&one), &checkout(&two)));
    assert_eq!(house.text("/srv/site/file"), "two");
    done(house.delete("host_git_checkout", "/srv/site", &checkout(&two)));
    life(
        &mut house,
        ("host_git_checkout", "/srv/site"),
        [&checkout(&one), &checkout(&two)],
        &["url", "revision"],
        None,
    );
    assert!(failed(house.create("host_git_checkout", &checkout("main"))).message.contains("40 hexadecimal digits"));
    assert_eq!(failed(house.create("host_git_checkout", &checkout(&"0".repeat(40)))).code, "NotFetched");
}
