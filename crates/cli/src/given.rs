//! Plans that were made elsewhere, and what stands against going by them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use config_load::Approvers;
use diag::{Diagnostic, Diagnostics, Place};
use engine::Engine;
use resource::StackName;
use signing::{PublicKey, SecretKey, Signature};
use value::Digest;

use crate::args::GivenPlans;
use crate::exit::{Failure, Result, io};
use crate::session::Session;

/// What the digest of a plan is signed as.
const DOMAIN: &str = "plan/1";

/// Plans that are gone by instead of evaluating.
pub(crate) struct Given {
    /// By the full name of the stack.
    pub plans: BTreeMap<String, evaluator::Given>,
    /// What they were made of must be as it is here.
    verify_inputs: bool,
    /// What signed them; `None` = no signature was handed in.
    signatures: Option<Signatures>,
}

impl Given {
    /// What the command line names, from where one stands.
    pub(crate) fn open(start: &Path, given: &GivenPlans) -> Result<Option<Self>> {
        let Some(directory) = &given.plans else { return Ok(None) };
        let plans = evaluator::read(&start.join(directory), &directory.display().to_string())?;
        let signatures = match &given.signatures {
            Some(file) => {
                let shown = file.display().to_string();
                let text = fs::read_to_string(start.join(file)).map_err(|error| io(&shown, &error))?;
                Some(Signatures::parse(&shown, &text)?)
            }
            None => None,
        };
        Ok(Some(Self { plans, verify_inputs: given.verify_inputs, signatures }))
    }

    /// What stands against going by them for these stacks.
    pub(crate) fn check(&self, session: &Session<'_>, engine: &Engine<'_>, stacks: &[StackName]) -> Result<()> {
        let names: BTreeSet<String> = stacks.iter().map(ToString::to_string).collect();
        let mut found = engine.check_given(&names);
        if self.verify_inputs {
            found.extend(engine.differing_inputs(&names));
        }
        found.into_result(())?;
        let unsigned = stacks.iter().filter_map(|stack| self.unsigned(session, stack));
        unsigned.collect::<Diagnostics>().into_result(()).map_err(Failure::policy)
    }

    /// The signature that a stack's plan lacks. One that was handed in is looked at wherever the plan is for, since
    /// whoever names a file of signatures means it.
    fn unsigned(&self, session: &Session<'_>, stack: &StackName) -> Option<Diagnostic> {
        let settings = session.workspace.settings();
        let demand = settings.plans.of(stack.environment(), &session.profile.name, &settings.signers);
        if demand.is_none() && self.signatures.is_none() {
            return None;
        }
        let name = stack.to_string();
        let digest = self.plans.get(&name)?.evaluation.result.as_ref().ok()?.digest();
        let signatures = self.signatures.as_ref().map_or(&[][..], |signatures| signatures.of(&name));
        let counts = |key: PublicKey| match &demand {
            Some(Approvers { keys, .. }) => keys.iter().any(|(_, own)| *own == key),
            None => settings.signers.name(key).is_some(),
        };
        if signatures.iter().any(|signature| counts(signature.claims()) && signature.is_of(DOMAIN, digest)) {
            return None;
        }
        let message = format!("the plan of `{name}` has to be signed, and is not by whom it takes");
        let mut problem = Diagnostic::error("E0338", message);
        for signature in signatures {
            let who = match settings.signers.name(signature.claims()) {
                Some(name) => format!("`{name}`"),
                None => format!("{}, whom nobody knows here", signature.claims()),
            };
            problem = problem.note(if signature.is_of(DOMAIN, digest) {
                format!("it is signed by {who}, which does not count for it")
            } else {
                format!("the signature of {who} is that of another plan")
            });
        }
        let whose = match &demand {
            Some(Approvers { keys, .. }) => {
                keys.iter().map(|(name, key)| format!("`{name}` ({key})")).collect::<Vec<_>>().join(" or ")
            }
            None => "somebody under `[signers]` in groundplan.toml".to_owned(),
        };
        let problem = problem.note(format!("it takes the signature of {whose}")).at_opt(demand.map(|one| one.place));
        Some(problem.hint("whoever built it signs it: `runner keys sign KEY DIR > FILE`; then `--signatures FILE`"))
    }
}

/// Signatures of plans, by the full name of the stack: a line each, so that what several signed can be put together.
struct Signatures(BTreeMap<String, Vec<Signature>>);

impl Signatures {
    /// The lines of a file.
    fn parse(file: &str, text: &str) -> std::result::Result<Self, Diagnostics> {
        let mut found = Diagnostics::new();
        let mut signatures: BTreeMap<String, Vec<Signature>> = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            match line.split_once(' ').and_then(|(stack, signature)| Some((stack, signature.parse().ok()?))) {
                Some((stack, signature)) => signatures.entry(stack.to_owned()).or_default().push(signature),
                None if line.is_empty() => {}
                None => found.push(
                    Diagnostic::error("E0339", "this is no signature of a plan")
                        .at(Place::new(file, number, 1))
                        .hint("make the file anew: `runner keys sign KEY DIR > FILE`"),
                ),
            }
        }
        found.into_result(Self(signatures))
    }

    fn of(&self, stack: &str) -> &[Signature] {
        self.0.get(stack).map_or(&[], Vec::as_slice)
    }
}

/// The signatures of all plans in a directory: stack, digest, signature.
pub(crate) fn sign(key: &SecretKey, start: &Path, directory: &Path) -> Result<Vec<(String, Digest, Signature)>> {
    let plans = evaluator::read(&start.join(directory), &directory.display().to_string())?;
    let signed = plans.into_iter().filter_map(|(stack, given)| {
        let digest = given.evaluation.result.ok()?.digest();
        Some((stack, digest, key.sign(DOMAIN, digest)))
    });
    Ok(signed.collect())
}
