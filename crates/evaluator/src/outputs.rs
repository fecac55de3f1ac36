//! What a stack exports, as far as its own plan says: what a build system shows to those that depend on the stack.

use std::collections::BTreeMap;

use plan::expr::{self, Scope};
use resource::{Plan, Urn};
use value::{Digest, Path, Secret, Type, Unknown, Value};

/// The outputs of a plan by path: known, or unknown until something is applied. Two plans with the same outputs here are
/// the same to whoever reads only these.
pub(crate) fn outputs(plan: &Plan) -> BTreeMap<&Path, Value> {
    let known = Known(plan);
    let value = |expr| expr::evaluate(expr, &known).unwrap_or_else(|error| known.unknown(Type::Any, error.to_string()));
    plan.outputs.iter().map(|(path, expr)| (path, value(expr))).collect()
}

/// What is known of a plan by itself: what its resources are given.
struct Known<'a>(&'a Plan);

impl Known<'_> {
    fn unknown(&self, ty: Type, what: String) -> Value {
        Value::Unknown(Unknown::new(ty, self.0.stack.to_string(), what))
    }
}

impl Scope for Known<'_> {
    fn attribute(&self, urn: &str, path: &Path, ty: &Type) -> Option<Value> {
        let resource = self.0.resources.get(&urn.parse::<Urn>().ok()?)?;
        let given = path.first_key().and_then(|key| resource.properties.get(key)).and_then(|property| {
            let rest = Path::from(path.segments().get(1..)?.to_vec());
            expr::evaluate(&property.at(&rest, ty.clone()), self).ok()
        });
        Some(given.unwrap_or_else(|| self.unknown(ty.clone(), format!("{urn}.{path}"))))
    }

    fn output(&self, stack: &str, path: &Path, ty: &Type) -> Option<Value> {
        Some(Value::Unknown(Unknown::new(ty.clone(), stack, path.to_string())))
    }

    fn secret(&self, _: &Path, fingerprint: Digest) -> Secret {
        Secret::sealed(fingerprint)
    }

    /// A function is not called; what it would be called with tells its results apart.
    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let given = Digest::of_json("outputs/arguments", &args).ok_or("its arguments have no canonical form")?;
        Ok(self.unknown(Type::Any, format!("{name} of {}", given.short(16))))
    }
}
