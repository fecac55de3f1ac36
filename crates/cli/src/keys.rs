//! The keys at hand: secrets of stack files, and of the state.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use config::{Node, NodeKind};
use config_load::{Profile, Workspace};
use engine::Catalog;
use ports::{SecretError, Secrets};
use resource::StackName;
use secrets_age::{Context, Keyring, OpenError, StateKey};
use value::{Digest, Path, Value};

/// What became of the secrets that were opened: by stack, key and fingerprint.
type Opened = BTreeMap<(String, Path, Digest), Result<Value, SecretError>>;

/// Secrets of a workspace under a profile.
pub(crate) struct Keys {
    workspace: Arc<Workspace>,
    catalog: Arc<Catalog>,
    /// Stacks that may not be in the workspace.
    more: Vec<StackName>,
    foreign: BTreeMap<String, config_load::Foreign>,
    keyring: Keyring,
    profile: Profile,
    nodes: Mutex<BTreeMap<String, Arc<Node>>>,
    opened: Mutex<Opened>,
    state_key: OnceLock<Result<StateKey, SecretError>>,
}

impl Keys {
    pub(crate) fn new(
        workspace: Arc<Workspace>,
        (catalog, more): (Arc<Catalog>, Vec<StackName>),
        foreign: BTreeMap<String, config_load::Foreign>,
        keyring: Keyring,
        profile: Profile,
    ) -> Self {
        Self {
            workspace,
            catalog,
            more,
            foreign,
            keyring,
            profile,
            nodes: Mutex::default(),
            opened: Mutex::default(),
            state_key: OnceLock::new(),
        }
    }

    /// The configuration of a stack, read once.
    fn node(&self, stack: &str) -> Option<Arc<Node>> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(node) = nodes.get(stack) {
            return Some(node.clone());
        }
        let known = self.catalog.get(stack).map(|entry| &entry.name);
        let name = known.or_else(|| self.more.iter().find(|name| name.to_string() == stack))?;
        let node = Arc::new(self.workspace.stack_config(name).ok()?);
        nodes.insert(stack.to_owned(), node.clone());
        Some(node)
    }

    fn open(&self, stack: &str, key: &Path, fingerprint: Digest) -> Result<Value, SecretError> {
        let context = Context::new(stack, key.to_string());
        let gone =
            || SecretError::Invalid(format!("secret `{key}` of `{stack}` is not what it was when the plan was made"));
        let node = self.node(stack);
        let at = match self.foreign.get(stack) {
            Some(foreign) => foreign.at(key),
            None => node.as_deref().and_then(|node| config_load::get(node, key).ok()),
        };
        let Some(Node { kind: NodeKind::Secret { ciphertext, fingerprint: there }, .. }) = at else {
            return Err(gone());
        };
        if *there != fingerprint {
            return Err(gone());
        }
        match secrets_age::open(ciphertext, &context, &self.keyring) {
            Ok(text) => Ok(Value::from(text.expose())),
            Err(error @ (OpenError::NoIdentity | OpenError::NeedsPassphrase | OpenError::NotForUs { .. })) => {
                Err(SecretError::NoKey(format!("`{key}` of `{stack}`: {error}")))
            }
            Err(error) => Err(SecretError::Invalid(error.to_string())),
        }
    }

    fn state_key(&self) -> Result<&StateKey, SecretError> {
        let key = self.state_key.get_or_init(|| {
            let sealed = self.profile.state_key.as_ref().ok_or_else(|| {
                SecretError::NoKey(format!(
                    "secrets in the state: profile `{}` has no `state_key` in groundplan.toml",
                    self.profile.name
                ))
            })?;
            secrets_age::open_key(sealed, &self.profile.state_key_purpose(), &self.keyring)
                .map(StateKey::new)
                .map_err(|error| SecretError::NoKey(format!("the key of the state: {error}")))
        });
        key.as_ref().map_err(Clone::clone)
    }
}

impl Secrets for Keys {
    fn open_config(&self, stack: &str, key: &Path, fingerprint: Digest) -> Result<Value, SecretError> {
        let slot = (stack.to_owned(), key.clone(), fingerprint);
        if let Some(opened) = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&slot) {
            return opened.clone();
        }
        let opened = self.open(stack, key, fingerprint);
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(slot, opened.clone());
        opened
    }

    fn seal_state(&self, value: &Value, context: &str) -> Result<String, SecretError> {
        let bytes = value::canonical_bytes(value);
        self.state_key()?.encrypt(&bytes, context).map_err(|error| SecretError::Invalid(error.to_string()))
    }

    fn open_state(&self, ciphertext: &str, context: &str) -> Result<Value, SecretError> {
        let bytes =
            self.state_key()?.decrypt(ciphertext, context).map_err(|error| SecretError::Invalid(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|_| SecretError::Invalid("a secret in the state is damaged".to_owned()))
    }

    fn fingerprint(&self, value: &Value) -> Result<Digest, SecretError> {
        Ok(self.state_key()?.fingerprint(&value::canonical_bytes(value)))
    }
}
