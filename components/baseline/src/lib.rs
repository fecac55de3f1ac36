//! What every machine has: packages, and services that are restarted when files change.
//!
//! Layer: L1, a component. The watches are for files that something on the machine itself writes, such as an agent that
//! renders secrets; a file that is declared restarts its service by itself.

use machine::Machine;
use plan::prelude::*;
use types_host::{Package, Service, SystemdUnit};

/// How long a restart waits for further files that change along with the first.
const DEBOUNCE_SECONDS: u32 = 2;

/// What is wanted of the baseline.
#[derive(Debug, Clone, Config)]
#[config(env = "BASELINE", check = Settings::check)]
pub struct Settings {
    /// The packages; `curl`, if none is named.
    #[config(default = vec!["curl".to_owned()])]
    pub packages: Vec<String>,
    /// Services that are restarted when files change.
    #[config(default)]
    pub watches: Vec<Watch>,
}

/// A service that is restarted when files change.
#[derive(Debug, Clone, Config)]
pub struct Watch {
    /// The service, without `.service`.
    pub service: String,
    /// The files, by their whole path.
    pub files: Vec<String>,
    /// What is done when one of them changes; the service is restarted, if nothing is said.
    pub command: Option<String>,
    /// Whether it watches at once, or only from the next start on.
    #[config(default = true)]
    pub start_now: bool,
}

impl Settings {
    /// All that cannot be, by field.
    fn check(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut wrong = |problem: String| problems.push(("watches", problem));
        for (at, watch) in self.watches.iter().enumerate() {
            let name = &watch.service;
            let plain = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
            if name.is_empty() || name.starts_with('-') || name.contains(".service") || !name.chars().all(plain) {
                wrong(format!("`{name}` is not the name of a service without `.service`"));
            }
            if self.watches.iter().take(at).any(|other| other.service == *name) {
                wrong(format!("`{name}` is watched for twice: give it all its files at once"));
            }
            if watch.files.is_empty() {
                wrong(format!("there are no files for which `{name}` is restarted"));
            }
            for file in watch.files.iter().filter(|file| !file.starts_with('/') || file.contains(['\n', '\r'])) {
                wrong(format!("`{file}` is not a whole path"));
            }
            if watch.command.as_ref().is_some_and(|command| !command.starts_with('/') || command.contains(['\n', '\r']))
            {
                wrong(format!("the command for `{name}` is one line, and names its program by its whole path"));
            }
        }
        problems
    }
}

/// Puts the baseline on a machine.
pub fn declare(machine: &mut Machine<'_>, settings: &Settings) {
    let curl = ["curl".to_owned()];
    let packages = if settings.packages.is_empty() { &curl[..] } else { &settings.packages };
    for name in packages {
        machine.add(Package::new(name).name(name));
    }
    for watch in &settings.watches {
        declare_watch(machine, watch);
    }
}

fn declare_watch(machine: &mut Machine<'_>, watch: &Watch) {
    let Watch { service, .. } = watch;
    let restarter = format!("{service}-restarter.service");
    let path = format!("{service}.path");
    let done = machine.add(SystemdUnit::new(&restarter).name(&restarter).content(restarter_unit(watch)));
    let watched = machine.add(SystemdUnit::new(&path).name(&path).content(path_unit(watch)));
    let mut watcher = Service::new(&path).unit(&path).enabled(true);
    if watch.start_now {
        watcher = watcher.running(true);
    }
    machine.service(watcher, &[&done, &watched], &[]);
}

/// What is done once files have changed. It is started by the path alone, and never enabled.
fn restarter_unit(watch: &Watch) -> String {
    let service = &watch.service;
    let restart = format!("/usr/bin/systemctl restart {service}.service");
    let command = watch.command.as_ref().unwrap_or(&restart);
    format!(
        "[Unit]\n\
         Description=Restart {service} when watched files change\n\
         After=network.target\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         ExecStartPre=/bin/sleep {DEBOUNCE_SECONDS}\n\
         ExecStart={command}\n"
    )
}

fn path_unit(watch: &Watch) -> String {
    let Watch { service, files, .. } = watch;
    let files: String = files
        .iter()
        .map(|file| file.replace('%', "%%"))
        .fold(String::new(), |text, file| text + "PathModified=" + &file + "\n");
    format!(
        "[Unit]\n\
         Description=Watch the files of {service}\n\
         \n\
         [Path]\n\
         Unit={service}-restarter.service\n\
         {files}\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n\
         WantedBy=vault.service\n\
         WantedBy=consul-template.service\n"
    )
}

#[cfg(test)]
mod tests;
