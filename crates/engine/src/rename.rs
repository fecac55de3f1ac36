//! Renaming a stack: its state gets another name and keeps its id, so that all who recorded the id go on.

use std::collections::{BTreeMap, BTreeSet};

use diag::Diagnostic;
use ports::Base;
use resource::StackName;
use state::{Entry, Head, KeptRun, Object, StackState, stack_id};
use value::{Digest, Map, Secret, Value};

use crate::surgery::{Operation, open_steps};
use crate::{Engine, Stopped};

/// The fingerprints of a stack file's secrets under its old name, with those under the new one.
pub type Fingerprints = BTreeMap<Digest, Digest>;

impl Engine<'_> {
    /// Finds out what renaming a stack would do to the state; `None` if that has no such stack, or has the new name
    /// already and the renaming is only to be `finished`. Writes nothing.
    ///
    /// # Errors
    /// If there is a stack of the new name, or a step of the old one is open.
    pub async fn prepare_rename(
        &self,
        old: &StackName,
        new: &StackName,
        secrets: &Fingerprints,
        finished: bool,
    ) -> Result<Option<Operation>, Stopped> {
        let heads = self.store.heads().await?;
        let head = heads.iter().find(|head| head.stack == *old);
        if heads.iter().any(|head| head.stack == *new) && !(finished && head.is_none()) {
            let problem = Diagnostic::error("E0586", format!("the state has a stack `{new}` already"));
            return Err(problem
                .hint(format!("choose another name, or take that one down: `runner destroy {new}`"))
                .into());
        }
        let Some(head) = head else { return Ok(None) };
        let state = self.store.load(head).await?.state;
        open_steps(&state)?;
        let mut says = vec![format!("{old} is called {new} from now on; its id and its objects stay")];
        let readers = self.readers(&heads, &head.id, old).await?;
        says.extend(readers.iter().map(|reader| format!("{reader} reads it: name it `{new}` in that program, too")));
        let entries = entries(&state, new, secrets);
        let base = Base { stack: old.clone(), id: head.id.clone(), generation: Some(head.generation), plan: None };
        Ok(Some(Operation {
            says,
            command: "state rename-stack",
            bases: vec![base],
            entries: vec![(old.to_string(), entries)],
        }))
    }

    /// Does what was prepared: whoever reads the stack is registered under its new name first.
    ///
    /// # Errors
    /// If the stack is held, or has moved since.
    pub async fn rename_stack(&self, old: &StackName, new: &StackName, operation: Operation) -> Result<(), Stopped> {
        for reader in self.store.readers(&old.to_string()).await? {
            self.store.register_reader(&new.to_string(), &reader).await?;
        }
        self.operate(operation).await
    }

    /// The stacks that were applied with outputs of one.
    async fn readers(&self, heads: &[Head], id: &str, stack: &StackName) -> Result<BTreeSet<String>, Stopped> {
        let mut readers = BTreeSet::new();
        let name = stack.to_string();
        for head in heads.iter().filter(|head| head.reads_from.contains(&name)) {
            let state = self.store.load(head).await?.state;
            if state.reads().iter().any(|read| read.stack_id == id) {
                readers.insert(head.stack.to_string());
            }
        }
        Ok(readers)
    }

    /// The id of a stack that has no state yet: a renamed one may have taken along what its first name gives.
    pub(crate) fn fresh_id<'a>(&self, stack: &StackName, heads: impl Iterator<Item = &'a Head>) -> String {
        let taken: BTreeSet<&str> = heads.map(|head| head.id.as_str()).collect();
        let mut ids = (0..).map(|counter| stack_id(&self.organisation, stack, counter));
        ids.find(|id| !taken.contains(id.as_str())).unwrap_or_default()
    }
}

/// The new name, and every record with a secret of the stack's file under the fingerprint that it has there by then.
/// What was derived of such a secret has the old one until the next run.
fn entries(state: &StackState, new: &StackName, secrets: &Fingerprints) -> Vec<Entry> {
    let named = Entry::NamedAs { name: new.clone() };
    let objects = state.copies().filter_map(|object| {
        let renewed = renewed(object, secrets);
        (renewed.inputs != object.inputs || renewed.observed != object.observed || renewed.kept != object.kept)
            .then(|| Entry::Recorded { object: Box::new(renewed) })
    });
    let outputs = state.outputs.iter().filter_map(|(path, output)| {
        let value = with(output.value.clone(), secrets);
        let digest = value.digest();
        let (path, from, reads) = (path.clone(), output.from.clone(), output.reads.clone());
        (value != output.value).then_some(Entry::Published { path, value, digest, from, reads })
    });
    std::iter::once(named).chain(objects).chain(outputs).collect()
}

fn renewed(object: &Object, secrets: &Fingerprints) -> Object {
    let map = |map: &Map| map.iter().map(|(key, value)| (key.clone(), with(value.clone(), secrets))).collect();
    let mut renewed = Object { inputs: map(&object.inputs), observed: map(&object.observed), ..object.clone() };
    for hook in &mut renewed.kept.delete_hooks {
        let (KeptRun::Command(args) | KeptRun::Function { args, .. }) = &mut hook.run;
        args.iter_mut().for_each(|arg| *arg = with(std::mem::take(arg), secrets));
    }
    renewed
}

/// A value whose secrets have their new fingerprints; the ciphertexts of a state are bound to the stack's id, and stay.
fn with(value: Value, secrets: &Fingerprints) -> Value {
    match value {
        Value::Secret(secret) => match (secrets.get(&secret.fingerprint()), secret.content()) {
            (Some(new), value::Content::Encrypted(text)) => Value::Secret(Secret::encrypted(*new, text.clone())),
            _ => Value::Secret(secret),
        },
        Value::List(items) => Value::List(items.into_iter().map(|item| with(item, secrets)).collect()),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, item)| (key, with(item, secrets))).collect()),
        other => other,
    }
}
