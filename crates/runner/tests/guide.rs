//! Runs `docs/guide.md`: every command and every file in it, in the order of the page, in a workspace of its own.
//!
//! In a block `console` a line `$ COMMAND` is run by the shell and must succeed, or end with N where `# exit code N`
//! is behind it; the lines below it must be in its output, in that order, `…` standing for anything. A block `rust` or
//! `toml` whose first line is a comment with a path is written there; one with ` (excerpt)` must be in that file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A fenced block of the page.
struct Block<'a> {
    line: usize,
    language: &'a str,
    lines: Vec<&'a str>,
}

/// Where the page is at: its directories, and what commands find around them.
struct Reader {
    checkout: PathBuf,
    directory: PathBuf,
    home: PathBuf,
    target: PathBuf,
}

#[test]
fn every_command_and_file_of_the_guide_works() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("a checkout");
    let page = fs::read_to_string(checkout.join("docs/guide.md")).expect("the guide");
    let temporary = tempfile::tempdir().expect("a directory");
    let home = temporary.path().canonicalize().expect("it is there").join("home");
    fs::create_dir(&home).expect("made");
    let target = temporary.path().join("target");
    let mut reader = Reader { directory: checkout.clone(), checkout, home, target };
    let blocks = blocks(&page);
    assert!(blocks.iter().filter(|block| block.language == "console").count() >= 10, "the guide has commands");
    for block in &blocks {
        match block.language {
            "console" => reader.console(block),
            "rust" | "toml" => reader.file(block),
            other => panic!("docs/guide.md:{}: nobody runs a block `{other}`", block.line),
        }
    }
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = (1..).zip(page.lines());
    while let Some((line, text)) = lines.next() {
        if let Some(language) = text.strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, text)| text).take_while(|text| !text.starts_with("```"));
            blocks.push(Block { line, language, lines: inside.collect() });
        }
    }
    blocks
}

impl Reader {
    fn console(&mut self, block: &Block<'_>) {
        let starts: Vec<usize> = (0..block.lines.len()).filter(|n| block.lines[*n].starts_with("$ ")).collect();
        assert_eq!(starts.first(), Some(&0), "docs/guide.md:{}: a console block starts with a command", block.line);
        for (n, start) in starts.iter().enumerate() {
            let end = starts.get(n + 1).copied().unwrap_or(block.lines.len());
            let place = format!("docs/guide.md:{}", block.line + 1 + start);
            self.run(&place, &block.lines[*start][2..], &block.lines[start + 1..end]);
        }
    }

    #[expect(clippy::print_stderr, reason = "says how long each command takes, in a test that takes long")]
    fn run(&mut self, place: &str, command: &str, expected: &[&str]) {
        let begun = Instant::now();
        let code = command.split_once("# exit code ").map_or(0, |(_, code)| code.trim().parse().expect("a number"));
        let output = self.shell(command).output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout);
        eprintln!("{place}: {:.1} s: {command}", begun.elapsed().as_secs_f64());
        assert_eq!(output.status.code(), Some(code), "{place}: {command}\n{said}");
        let after = fs::read_to_string(self.home.join(".pwd")).expect("the directory after the command");
        self.directory = PathBuf::from(after.trim());
        let mut lines = said.lines();
        for wanted in expected.iter().filter(|line| !line.trim().is_empty()) {
            let found = lines.any(|line| matches(wanted, line));
            assert!(found, "{place}: {command}\nhas no line `{wanted}` there in\n{said}");
        }
    }

    /// The command as a shell runs it at this place: offline, and with the registry crates that are built already.
    fn shell(&self, command: &str) -> Command {
        let runner = Path::new(env!("CARGO_BIN_EXE_runner"));
        // In the checkout the command line is built already, with the very sources that it would be built from.
        let command = match command.strip_prefix("cargo run -p runner -- ") {
            Some(arguments) if self.directory == self.checkout => format!("'{}' {arguments}", runner.display()),
            _ => command.to_owned(),
        };
        let script = format!("exec 2>&1\n{command}\ncode=$?\npwd >\"$HOME/.pwd\"\nexit $code\n");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(&self.directory).stdin(Stdio::null());
        // What cargo tells a test of its own package would mislead another cargo.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_BIN_") {
                shell.env_remove(&*name);
            }
        }
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let kept = |name: &str, at: &str| std::env::var_os(name).map_or_else(|| home.join(at), PathBuf::from);
        shell.env("CARGO_HOME", kept("CARGO_HOME", ".cargo")).env("RUSTUP_HOME", kept("RUSTUP_HOME", ".rustup"));
        shell.env("HOME", &self.home).env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_COLOR", "never");
        shell.env("CARGO_TARGET_DIR", &self.target);
        if let Some(built) = runner.ancestors().nth(2).filter(|_| std::env::var_os("CARGO_BUILD_BUILD_DIR").is_none()) {
            shell.env("CARGO_BUILD_BUILD_DIR", built);
        }
        for name in ["GROUNDPLAN_IDENTITY", "XDG_CONFIG_HOME", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            shell.env_remove(name);
        }
        shell
    }

    fn file(&self, block: &Block<'_>) {
        let place = format!("docs/guide.md:{}", block.line);
        let (first, lines) = block.lines.split_first().expect("a block has lines");
        let path = first.trim_start_matches(['/', '#']).trim();
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        if let Some(path) = path.strip_suffix(" (excerpt)") {
            let there = fs::read_to_string(self.directory.join(path)).expect(path);
            assert!(there.contains(&text), "{place}: {path} has no such lines");
            return;
        }
        assert!(path.starts_with("projects/"), "{place}: the first line of a file names it, not `{first}`");
        let path = self.directory.join(path);
        assert!(
            path.parent().is_some_and(Path::is_dir),
            "{place}: nothing has made the directory of {}",
            path.display()
        );
        fs::write(path, text).expect("written");
    }
}

/// Whether a line is what the page shows, `…` standing for anything.
fn matches(wanted: &str, line: &str) -> bool {
    let mut parts = wanted.trim().split('…');
    let Some(mut rest) = parts.next().and_then(|start| line.trim().strip_prefix(start)) else { return false };
    let open = wanted.contains('…');
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || (open && wanted.trim().ends_with('…'))
}

#[test]
fn an_ellipsis_stands_for_anything() {
    for (wanted, line, fits) in [
        ("a b", "  a b", true),
        ("a", "a b", false),
        ("a…", "a b", true),
        ("…b", "a b", true),
        ("a…c", "a b c", true),
        ("a…c", "a b c d", false),
        ("…", "anything", true),
        ("b…", "a b", false),
    ] {
        assert_eq!(matches(wanted, line), fits, "{wanted} / {line}");
    }
}
