//! Servers of others, each on a free port of this machine, stopped when dropped.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A server with the directory that it works in.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) directory: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("is bound").port()
}

fn directory() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory")
}

impl Server {
    fn start(mut command: Command, port: u16, directory: TempDir) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let log = fs::File::create(directory.path().join("log")).expect("a log");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a handle")).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}; ci/remote-cache.sh installs it"));
        let begun = Instant::now();
        let server = Self { child, port, directory };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(server.directory.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_mins(1), "{name} does not answer: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// nginx with its DAV module, which keeps what it is given below `files`.
    pub(crate) fn nginx() -> Self {
        let (port, directory) = (free_port(), directory());
        let at = directory.path().display();
        fs::create_dir(directory.path().join("files")).expect("made");
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("  {name}_temp_path {at}/tmp;\n")).concat();
        let config = format!(
            "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/errors;\nevents {{}}\nhttp {{\n\
             access_log {at}/calls;\n{temporary}  client_max_body_size 64m;\n\
             server {{ listen 127.0.0.1:{port}; root {at}/files; \
             location / {{ dav_methods PUT; create_full_put_path on; }} }}\n}}\n"
        );
        fs::write(directory.path().join("nginx.conf"), config).expect("written");
        let mut command = Command::new("nginx");
        command.arg("-e").arg(directory.path().join("errors")).arg("-c").arg(directory.path().join("nginx.conf"));
        Self::start(command, port, directory)
    }

    /// moto, which plays S3, with a bucket.
    pub(crate) fn moto(bucket: &str) -> Self {
        let (port, directory) = (free_port(), directory());
        let program = std::env::var_os("MOTO_SERVER").unwrap_or_else(|| "moto_server".into());
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p"]).arg(port.to_string());
        let server = Self::start(command, port, directory);
        let answer = server.call("PUT", &format!("/{bucket}"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        server
    }

    /// Makes a call with an empty body, and gives the whole answer.
    pub(crate) fn call(&self, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connects");
        let head = "Host: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request\r\n";
        write!(stream, "{method} {path} HTTP/1.1\r\n{head}\r\n").expect("is sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("is read");
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The files that nginx keeps, below a directory.
    pub(crate) fn files(&self, below: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        list(&self.directory.path().join("files").join(below), &mut found);
        found.sort();
        found
    }

    /// The calls that nginx had: method and path.
    pub(crate) fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.directory.path().join("calls")).unwrap_or_default();
        let call = |line: &str| Some(line.split('"').nth(1)?.trim_end_matches(" HTTP/1.1").to_owned());
        log.lines().filter_map(call).collect()
    }
}

fn list(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { list(&path, found) } else { found.push(path) }
    }
}
