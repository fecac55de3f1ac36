//! Secrets, and keys that hide them well enough.

use ports::{SecretError, Secrets};
use state::StackState;
use value::{Digest, Path, Secret, Value};

/// What every secret opens to starts so.
pub(crate) const CANARY: &str = "canary-3f9a";

/// A state whose secrets are sealed as those of a real one.
pub(crate) fn sealed(mut state: StackState) -> StackState {
    let id = state.id.clone();
    let seal = |value: &mut Value, what: &str, path: &Path| {
        let context = format!("{id}|{what}|{path}");
        let sealed = std::mem::take(value).map_secrets(&mut |secret| {
            let cipher = Keys.seal_state(&of_secret(&secret), &context)?;
            Ok::<_, SecretError>(Value::Secret(Secret::encrypted(secret.fingerprint(), cipher)))
        });
        *value = sealed.expect("seals");
    };
    for object in state.objects.values_mut().chain(state.replaced.values_mut()).map(std::sync::Arc::make_mut) {
        let urn = object.urn.to_string();
        for (key, value) in object.inputs.iter_mut().chain(&mut object.observed) {
            seal(value, &urn, &Path::key(key));
        }
    }
    for (path, output) in &mut state.outputs {
        seal(&mut output.value, "outputs", path);
    }
    state
}

/// What a secret of a program opens to.
fn of_secret(secret: &Secret) -> Value {
    Keys.open_config("", &Path::root(), secret.fingerprint()).expect("opens")
}

/// A value as a provider gets it.
pub(crate) fn opened(value: &Value) -> Value {
    let opened = value.clone().map_secrets(&mut |secret| {
        Ok::<_, SecretError>(Value::Secret(Secret::open(secret.fingerprint(), of_secret(&secret))))
    });
    opened.expect("opens")
}

/// Keys that hide well enough: what was sealed for one context does not open in another.
pub(crate) struct Keys;

impl Secrets for Keys {
    fn open_config(&self, _: &str, _: &Path, fingerprint: Digest) -> Result<Value, SecretError> {
        Ok(format!("{CANARY}-{}", fingerprint.short(6)).into())
    }

    fn seal_state(&self, value: &Value, context: &str) -> Result<String, SecretError> {
        let text = serde_json::to_string(value).map_err(|error| SecretError::Invalid(error.to_string()))?;
        let hidden = text.bytes().map(|byte| format!("{:02x}", byte ^ 0x55)).collect::<Vec<_>>().concat();
        Ok(format!("{}:{hidden}", Digest::of("context", context.as_bytes()).short(12)))
    }

    fn open_state(&self, ciphertext: &str, context: &str) -> Result<Value, SecretError> {
        let (bound, hidden) = ciphertext.split_once(':').expect("context:hidden");
        if bound != Digest::of("context", context.as_bytes()).short(12) {
            return Err(SecretError::Invalid(format!("sealed for another place than `{context}`")));
        }
        let byte = |pair: &[u8]| {
            let digits = std::str::from_utf8(pair).expect("hex");
            u8::from_str_radix(digits, 16).expect("hex") ^ 0x55
        };
        let bytes: Vec<u8> = hidden.as_bytes().chunks(2).map(byte).collect();
        serde_json::from_slice(&bytes).map_err(|error| SecretError::Invalid(error.to_string()))
    }

    fn fingerprint(&self, value: &Value) -> Result<Digest, SecretError> {
        Ok(Digest::of("fingerprint", &value::canonical_bytes(value)))
    }
}
