//! `keys new|show|sign`: keys that sign. They need no workspace.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use config_load::Variables;
use diag::Diagnostic;
use serde_json::json;
use signing::SecretKey;

use crate::args::{Global, Keys};
use crate::exit::{Exit, Failure, Result, io};
use crate::given;
use crate::talk::Talk;

/// Runs a command of `keys`.
pub(crate) fn run(global: &Global, command: Keys, talk: &Talk) -> Result<Exit> {
    let at = |file: &Path| global.directory.as_deref().unwrap_or(Path::new("")).join(file);
    match command {
        Keys::New { file } => {
            let key = SecretKey::generate().map_err(|error| Failure::from(error.diagnostic()))?;
            write(&at(&file), &key)?;
            talk.say(&format!("made the key {}; keep it out of the repository", file.display()));
            talk.say("whoever is to trust it lists its public half under [signers] in groundplan.toml:");
            show(&key, talk);
        }
        Keys::Show { file } => show(&config_load::signing_key_in(&at(&file))?, talk),
        Keys::Sign { key, plans } => {
            let key = super::signatures::key_of(&key, &at(Path::new("")), &Variables::of_process())?;
            for (stack, digest, signature) in given::sign(&key, &at(Path::new("")), &plans)? {
                if talk.json {
                    talk.json(&json!({ "stack": stack, "digest": digest, "signature": signature }));
                } else {
                    talk.data(&format!("{stack} {signature}"));
                }
            }
        }
    }
    Ok(Exit::Done)
}

fn show(key: &SecretKey, talk: &Talk) {
    let public = key.public().to_string();
    if talk.json {
        talk.json(&json!({ "public": public }));
    } else {
        talk.data(&public);
    }
}

/// Writes a key where nothing is yet, for its owner only.
fn write(path: &Path, key: &SecretKey) -> Result<()> {
    let name = path.display().to_string();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Diagnostic::error("E0750", format!("`{name}` is there already"))
            .note("what it signed could not be made again with another key")
            .hint("name a file that is not there yet")
            .into(),
        _ => io(&name, &error),
    })?;
    let written = file.write_all(key.expose_file().as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| io(&name, &error))
}
