//! The system's `ssh`, so that people's configuration, jump hosts, agents and keys work.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs};

use ports::{BoxFuture, ProviderError};
use tokio::process::Command;

use crate::connect::{AS_ROOT, Connector, Said, fed};

/// The variable that names another program than `ssh`, with its first arguments.
const PROGRAM: &str = "GROUNDPLAN_SSH";

/// A host that `ssh` reaches.
#[derive(Debug)]
pub(crate) struct Ssh {
    to: String,
    port: Option<u16>,
}

impl Ssh {
    pub(crate) fn new(to: String, port: Option<u16>) -> Self {
        Self { to, port }
    }
}

impl Connector for Ssh {
    fn name(&self) -> String {
        self.to.clone()
    }

    fn root(&self) -> &'static str {
        ""
    }

    fn run<'a>(&'a self, script: &'a str) -> BoxFuture<'a, Result<Said, ProviderError>> {
        Box::pin(async move {
            let program = env::var(PROGRAM).unwrap_or_default();
            let mut words = program.split_whitespace();
            let mut command = Command::new(words.next().unwrap_or("ssh"));
            command.args(words).args(["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"]);
            command.args(["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"]);
            if let Some(sockets) = sockets() {
                // The next script needs no new connection.
                command.args(["-o", "ControlMaster=auto", "-o", "ControlPersist=30", "-o"]);
                command.arg(format!("ControlPath={}/%C", sockets.display()));
            }
            if let Some(port) = self.port {
                command.arg("-p").arg(port.to_string());
            }
            command.arg("--").arg(&self.to).arg(AS_ROOT);
            fed(&mut command, script).await
        })
    }
}

/// A directory of our own for the sockets of connections; without one there is a connection for each script.
fn sockets() -> Option<&'static Path> {
    static SOCKETS: OnceLock<Option<PathBuf>> = OnceLock::new();
    SOCKETS
        .get_or_init(|| {
            let me = fs::metadata("/proc/self").ok()?.uid();
            let dir = match env::var_os("XDG_RUNTIME_DIR") {
                Some(dir) => PathBuf::from(dir).join("groundplan"),
                None => env::temp_dir().join(format!("groundplan-{me}")),
            };
            // If it is there, it counts only if nobody else can have put anything into it.
            let _ = fs::DirBuilder::new().mode(0o700).create(&dir);
            let is = fs::symlink_metadata(&dir).ok()?;
            let ours = is.is_dir() && is.uid() == me && is.mode().trailing_zeros() >= 6;
            // A path of a socket is short, and what `%C` stands for has 40 characters.
            (ours && dir.as_os_str().len() < 60).then_some(dir)
        })
        .as_deref()
}
