//! Who signs what is done, or the plans that are gone by, by environment.

use std::collections::BTreeMap;

use config::Placed;
use diag::{Diagnostic, Diagnostics, Place};
use plan_macros::Config;
use signing::{PublicKey, Signers};

use crate::{near, quoted};

/// Whose signature it takes, for the stacks of an environment.
#[derive(Debug, Clone, Config)]
pub struct Approval {
    /// Names under `[signers]`: the signature of one of them is enough.
    pub signers: Vec<Placed<String>>,
    /// Only in these profiles; in all, if it is not given.
    #[config(default)]
    pub profiles: Vec<Placed<String>>,
}

/// What has to be signed, by environment.
#[derive(Debug, Clone, Default)]
pub struct Approvals(BTreeMap<String, Placed<Approval>>);

/// Whose signature it takes, and where that is said.
#[derive(Debug, Clone)]
pub struct Approvers {
    /// Their names and keys.
    pub keys: Vec<(String, PublicKey)>,
    /// Where.
    pub place: Place,
}

impl Approvals {
    /// Environments, profiles and signers must be there, or nobody could sign what should be signed.
    pub(crate) fn new(
        listed: BTreeMap<String, Placed<Approval>>,
        signers: &Signers,
        environments: &[&str],
        profiles: &[&str],
        found: &mut Diagnostics,
    ) -> Self {
        let mut unknown = |what: &str, name: &str, known: &[&str], place: &Place| {
            let problem = Diagnostic::error("E0472", format!("there is no {what} `{name}`")).at(place.clone());
            found.push(match near(name, known.iter().copied()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("there are {}", quoted(known.iter().copied()))),
            });
        };
        let names: Vec<&str> = signers.iter().map(|(name, _)| name).collect();
        for (environment, Placed { value, place }) in &listed {
            if !environments.contains(&environment.as_str()) {
                unknown("environment", environment, environments, place);
            }
            for (what, given, known) in
                [("signer", &value.signers, names.as_slice()), ("profile", &value.profiles, profiles)]
            {
                for Placed { value, place } in given.iter().filter(|one| !known.contains(&one.value.as_str())) {
                    unknown(what, value, known, place);
                }
            }
        }
        for (environment, Placed { value, place }) in &listed {
            if value.signers.is_empty() {
                let message = format!("nobody could sign for `{environment}`");
                let problem = Diagnostic::error("E0472", message).at(place.clone());
                found.push(problem.hint("name somebody of [signers], or leave it out"));
            }
        }
        Self(listed)
    }

    /// Whose signature it takes for an environment in a profile; `None` = nobody's.
    pub fn of(&self, environment: &str, profile: &str, signers: &Signers) -> Option<Approvers> {
        let Placed { value, place } = self.0.get(environment)?;
        if !value.profiles.is_empty() && !value.profiles.iter().any(|one| one.value == profile) {
            return None;
        }
        let keys = value.signers.iter().filter_map(|name| Some((name.value.clone(), signers.get(&name.value)?)));
        Some(Approvers { keys: keys.collect(), place: place.clone() })
    }
}
