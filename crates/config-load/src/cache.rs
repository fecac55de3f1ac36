//! `[cache]` of `groundplan.toml`: the cache that machines share.

use config::Placed;
use diag::{Diagnostic, Diagnostics, Place};
use plan_macros::Config;
use signing::Signers;

use crate::{near, quoted};

/// A cache of evaluations that machines share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedCache {
    /// Its address: `https://…`, `http://…` or `s3://BUCKET/PREFIX`. The tiers lie below it.
    pub remote: String,
    /// Whose entries count that are in the main tier.
    pub signers: Signers,
    /// Whose entries count that are in the tier of a pull request.
    pub pull_request_signers: Signers,
    /// For how many seconds a run waits for it in all.
    pub seconds: u32,
    /// Where its address stands.
    pub place: Place,
}

#[derive(Config)]
pub(crate) struct CacheForm {
    remote: Placed<String>,
    signers: Vec<Placed<String>>,
    pull_request_signers: Option<Vec<Placed<String>>>,
    #[config(default = 10)]
    seconds: u32,
}

impl CacheForm {
    /// The settings, with those of all signers that are named.
    pub(crate) fn settings(self, all: &Signers, found: &mut Diagnostics) -> SharedCache {
        let Placed { value: remote, place } = self.remote;
        if !["http://", "https://", "s3://"].iter().any(|scheme| remote.starts_with(scheme)) {
            found.push(
                Diagnostic::error("E0265", format!("no cache can be reached by `{remote}`"))
                    .at(place.clone())
                    .hint("write `https://…`, `http://…` or `s3://BUCKET/PREFIX`"),
            );
        }
        let signers = named(&self.signers, all, found);
        let pull_request_signers = match &self.pull_request_signers {
            Some(names) => named(names, all, found),
            None => signers.clone(),
        };
        SharedCache { remote, signers, pull_request_signers, seconds: self.seconds, place }
    }
}

/// The signers of these names.
fn named(names: &[Placed<String>], all: &Signers, found: &mut Diagnostics) -> Signers {
    let known = || all.iter().map(|(name, _)| name);
    Signers::new(names.iter().filter_map(|Placed { value: name, place }| {
        let key = all.get(name);
        if key.is_none() {
            let problem = Diagnostic::error("E0264", format!("there is no signer `{name}`")).at(place.clone());
            found.push(match near(name, known()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None if all.is_empty() => {
                    problem.hint("list its public key under `[signers]`; `runner keys new FILE` makes one")
                }
                None => problem.hint(format!("`[signers]` lists {}", quoted(known()))),
            });
        }
        Some((name.clone(), key?))
    }))
}
