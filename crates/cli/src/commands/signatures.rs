//! Signatures of approvals: who stands for what is done, where an environment demands that somebody does.

use std::collections::BTreeSet;
use std::path::Path;

use config_load::{Approvers, Variables};
use diag::{Diagnostic, Diagnostics};
use engine::Preview;
use saved::Saved;
use signing::{PublicKey, SecretKey, Signature};
use value::Digest;

use crate::exit::Result;
use crate::session::Session;

/// What the digest of a saved preview is signed as.
const DOMAIN: &str = "saved preview/1";

/// The signing key in a file, or with `env` in the environment's variable.
pub(crate) fn key(session: &Session<'_>, file: Option<&Path>) -> Result<Option<SecretKey>> {
    file.map(|file| key_of(file, &session.start, &session.variables)).transpose()
}

/// The same, from where one stands.
pub(crate) fn key_of(file: &Path, start: &Path, variables: &Variables) -> Result<SecretKey> {
    if file != Path::new("env") {
        return Ok(config_load::signing_key_in(&start.join(file))?);
    }
    config_load::signing_key(variables)?.ok_or_else(|| {
        let problem = Diagnostic::error(
            "E0473",
            "the key is to be that of the environment, and GROUNDPLAN_SIGNING_KEY is not set",
        );
        problem.hint("set it to a signing key or to the path of its file, or name the file").into()
    })
}

/// The signature of a saved preview.
pub(crate) fn sign(key: &SecretKey, saved: &Saved) -> String {
    key.sign(DOMAIN, saved.digest()).to_string()
}

/// Who stands for a run.
pub(crate) struct Standing {
    /// Whoever runs it has this key.
    key: Option<PublicKey>,
    /// The file, the digest and the signatures of the saved preview that is applied.
    saved: Option<(String, Digest, Vec<String>)>,
}

impl Standing {
    /// Whoever has this key.
    pub(crate) fn of(session: &Session<'_>, file: Option<&Path>) -> Result<Self> {
        Ok(Self { key: key(session, file)?.map(|key| key.public()), saved: None })
    }

    /// And whoever signed a saved preview.
    pub(crate) fn with(self, file: &Path, saved: &Saved, signatures: Vec<String>) -> Self {
        Self { saved: Some((file.display().to_string(), saved.digest(), signatures)), ..self }
    }

    /// The environments that demand a signature which is not there.
    pub(crate) fn missing(&self, session: &Session<'_>, preview: &Preview) -> Diagnostics {
        let settings = session.workspace.settings();
        let environments: BTreeSet<&str> = preview.changes.iter().map(|set| set.stack.environment()).collect();
        let demanded = environments.into_iter().filter_map(|environment| {
            let approvers = settings.approvals.of(environment, &session.profile.name, &settings.signers)?;
            Some((environment, approvers))
        });
        demanded.filter_map(|(environment, approvers)| self.lacks(session, environment, &approvers)).collect()
    }

    fn lacks(&self, session: &Session<'_>, environment: &str, approvers: &Approvers) -> Option<Diagnostic> {
        let listed = |key: PublicKey| approvers.keys.iter().any(|(_, own)| *own == key);
        if self.key.is_some_and(listed) {
            return None;
        }
        let mut notes = Vec::new();
        if let Some((_, digest, signatures)) = &self.saved {
            for text in signatures {
                match text.parse::<Signature>() {
                    Ok(signature) if listed(signature.claims()) && signature.is_of(DOMAIN, *digest) => return None,
                    Ok(signature) => notes.push(refused(session, environment, signature, *digest)),
                    Err(_) => notes.push("one of its signatures cannot be read".to_owned()),
                }
            }
        }
        notes.extend(
            self.key.map(|key| format!("the key at hand is {}, which does not count here", name(session, key))),
        );
        let keys: Vec<String> = approvers.keys.iter().map(|(name, key)| format!("`{name}` ({key})")).collect();
        notes.push(format!("it takes the signature of {}", keys.join(" or ")));
        let what = if self.saved.is_some() { "this saved preview" } else { "this run" };
        let message = format!("what is done to `{environment}` has to be signed, and {what} is not");
        let problem = Diagnostic::error("E0471", message).at(approvers.place.clone());
        let problem = notes.into_iter().fold(problem, Diagnostic::note);
        Some(match &self.saved {
            Some((file, ..)) => {
                problem.hint(format!("look at it and sign it: `runner preview --plan {file} --sign KEY`"))
            }
            None => problem
                .hint(
                    "save it and have it signed: `runner preview --out FILE --sign KEY`, then `runner up --plan FILE`",
                )
                .hint("whoever has the key can stand for it: `--sign KEY`"),
        })
    }
}

/// Why a signature does not count.
fn refused(session: &Session<'_>, environment: &str, signature: Signature, digest: Digest) -> String {
    let who = name(session, signature.claims());
    if signature.is_of(DOMAIN, digest) {
        format!("it is signed by {who}, who does not approve what is done to `{environment}`")
    } else {
        format!("the signature of {who} is not of this preview")
    }
}

fn name(session: &Session<'_>, key: PublicKey) -> String {
    match session.workspace.settings().signers.name(key) {
        Some(name) => format!("`{name}`"),
        None => format!("{key}, whom nobody knows here"),
    }
}
