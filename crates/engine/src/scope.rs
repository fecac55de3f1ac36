//! The scope of a step: everything that it reads is known by now.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use diff::{Action, Lookup, attribute, leaf_of};
use expr::Scope;
use resource::{StackName, Urn};
use state::StackState;
use value::{Digest, Origin, Path, Secret, Type, Value};

use crate::Engine;
use crate::hooks::secrets_in;
use crate::lookup::{EngineLookup, World};
use crate::seal::{Context, open};

/// The scope of steps of one stack.
pub(crate) struct StepScope<'a> {
    pub engine: &'a Engine<'a>,
    pub world: &'a World,
    pub stack: &'a StackName,
    pub state: &'a StackState,
    /// The states of the other stacks of the run, as they are by now.
    pub running: &'a BTreeMap<String, StackState>,
    /// Why a secret could not be opened: said instead of the vaguer error that follows from it.
    pub trouble: RefCell<Option<String>>,
    /// The texts of the secrets that were opened.
    pub opened: RefCell<BTreeSet<String>>,
}

impl StepScope<'_> {
    fn opened(&self, value: Value, context: &Context, path: &Path) -> Value {
        match open(self.engine.secrets.as_ref(), value.clone(), context, path) {
            Ok(value) => {
                secrets_in(&value, &mut self.opened.borrow_mut());
                value
            }
            Err(error) => {
                self.trouble.replace(Some(error.to_string()));
                value
            }
        }
    }
}

impl Scope for StepScope<'_> {
    fn attribute(&self, urn: &str, path: &Path, ty: &Type) -> Option<Value> {
        let urn: Urn = urn.parse().ok()?;
        let object = self.state.objects.get(&urn)?;
        let schema = self.engine.providers.schema(urn.ty()).ok()??;
        let origin = Origin { stack: self.stack.to_string(), what: format!("{}.{path}", urn.name()) };
        let value = attribute(schema, Action::Keep, &object.inputs, Some(&object.observed), path, ty, &origin)?;
        Some(self.opened(value, &Context::resource(&self.state.id, &urn), path))
    }

    fn output(&self, stack: &str, path: &Path, _: &Type) -> Option<Value> {
        let state = self.running.get(stack).or_else(|| self.world.states.get(stack).map(AsRef::as_ref));
        if let Some(state) = state.filter(|_| self.engine.catalog.foreign(stack).is_none()) {
            let (leaf, output) = leaf_of(&state.outputs, path)?;
            let whole = self.opened(output.value.clone(), &Context::outputs(&state.id), leaf);
            return whole.at(&Path::from(path.segments()[leaf.segments().len()..].to_vec())).cloned();
        }
        match self.world.published(self.engine, stack, path) {
            diff::Published::Value(value, _) => Some(
                value
                    .map_secrets(&mut |secret| {
                        let opened = self.engine.secrets.open_config(stack, path, secret.fingerprint());
                        Ok::<_, ()>(Value::Secret(match opened {
                            Ok(value) => Secret::open(secret.fingerprint(), value),
                            Err(error) => {
                                self.trouble.replace(Some(error.to_string()));
                                secret
                            }
                        }))
                    })
                    .unwrap_or_default(),
            ),
            _ => None,
        }
    }

    fn secret(&self, key: &Path, fingerprint: Digest) -> Secret {
        match self.engine.secrets.open_config(&self.stack.to_string(), key, fingerprint) {
            Ok(value) => {
                let secret = Secret::open(fingerprint, value);
                secrets_in(&Value::Secret(secret.clone()), &mut self.opened.borrow_mut());
                secret
            }
            Err(error) => {
                self.trouble.replace(Some(error.to_string()));
                Secret::sealed(fingerprint)
            }
        }
    }

    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        EngineLookup { engine: self.engine, world: self.world }.function(name, args)
    }
}
