//! Evaluation: an expression and a scope give a value.

use sorted::SortedSet;
use value::{Digest, Path, Secret, Type, Unknown, Value, canonical_bytes};

use crate::{Expr, Op, apply};

/// What an expression's references mean.
pub trait Scope {
    /// The attribute of a resource of this stack: known, unknown, or absent.
    fn attribute(&self, urn: &str, path: &Path, ty: &Type) -> Option<Value>;
    /// The output of another stack: known, unknown, or absent.
    fn output(&self, stack: &str, path: &Path, ty: &Type) -> Option<Value>;
    /// A secret of this stack: sealed, or open where a key is at hand.
    fn secret(&self, key: &Path, fingerprint: Digest) -> Secret;
    /// Calls a named pure function on known values.
    ///
    /// # Errors
    /// What the function says, or that there is none of that name.
    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String>;
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// The resource has no such attribute.
    #[error("`{urn}` has no attribute `{path}`")]
    NoAttribute {
        /// The resource.
        urn: String,
        /// The attribute.
        path: Path,
    },
    /// The other stack has no such output.
    #[error("stack `{stack}` has no output `{path}`")]
    NoOutput {
        /// The stack.
        stack: String,
        /// The output.
        path: Path,
    },
    /// An operation does not fit its arguments.
    #[error("{0}")]
    Operation(String),
    /// A named pure function failed.
    #[error("function `{name}`: {reason}")]
    Function {
        /// The function.
        name: String,
        /// What it says.
        reason: String,
    },
}

/// Evaluates an expression; unknowns and sealed secrets stay what they are.
///
/// # Errors
/// The first reference or operation that has no value.
pub fn evaluate(expr: &Expr, scope: &dyn Scope) -> Result<Value, EvaluateError> {
    match expr {
        Expr::Value(value) => Ok(value.clone()),
        Expr::List(items) => items.iter().map(|item| evaluate(item, scope)).collect::<Result<_, _>>().map(Value::List),
        Expr::Map(map) => {
            let entries = map.iter().map(|(k, e)| Ok((k.clone(), evaluate(e, scope)?)));
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        Expr::Attribute { urn, path, ty } => scope
            .attribute(urn, path, ty)
            .ok_or_else(|| EvaluateError::NoAttribute { urn: urn.clone(), path: path.clone() }),
        Expr::Output { stack, path, ty, optional } => match scope.output(stack, path, ty) {
            Some(value) => Ok(value),
            None if *optional => Ok(Value::Null),
            None => Err(EvaluateError::NoOutput { stack: stack.clone(), path: path.clone() }),
        },
        Expr::Secret { key, fingerprint } => Ok(Value::Secret(scope.secret(key, *fingerprint))),
        Expr::Call { op, args } => call(op, args, scope),
        Expr::Function { name, ty, args } => {
            let args: Vec<Value> = args.iter().map(|arg| evaluate(arg, scope)).collect::<Result<_, _>>()?;
            lift(&format!("function/{name}"), ty, args, &|known| {
                scope.function(name, known).map_err(|reason| EvaluateError::Function { name: name.clone(), reason })
            })
        }
    }
}

/// Everything for which an expression has no value; nothing if it has one. What is not evaluated is not looked at.
pub fn faults(expr: &Expr, scope: &dyn Scope) -> Vec<EvaluateError> {
    let parts: Vec<&Expr> = match expr {
        Expr::Call { op: Op::If | Op::Coalesce, .. } => Vec::new(),
        Expr::List(parts) | Expr::Call { args: parts, .. } | Expr::Function { args: parts, .. } => {
            parts.iter().collect()
        }
        Expr::Map(parts) => parts.values().collect(),
        Expr::Value(_) | Expr::Attribute { .. } | Expr::Output { .. } | Expr::Secret { .. } => Vec::new(),
    };
    let mut found: Vec<EvaluateError> = Vec::new();
    for fault in parts.into_iter().flat_map(|part| faults(part, scope)) {
        if !found.contains(&fault) {
            found.push(fault);
        }
    }
    if found.is_empty() { evaluate(expr, scope).err().into_iter().collect() } else { found }
}

fn call(op: &Op, args: &[Expr], scope: &dyn Scope) -> Result<Value, EvaluateError> {
    // Only the branch that is taken, and only as many alternatives as are needed, have to have a value.
    match (op, args) {
        (Op::If, [condition, then, otherwise]) => {
            if let Value::Bool(truth) = evaluate(condition, scope)? {
                return evaluate(if truth { then } else { otherwise }, scope);
            }
        }
        (Op::Coalesce, _) => {
            for arg in args {
                let value = evaluate(arg, scope)?;
                if value.has_unknown() || !value.is_null() {
                    return Ok(value);
                }
            }
            return Ok(Value::Null);
        }
        (Op::Get { path, .. }, [source]) => {
            // A known part of something that is unknown elsewhere is known.
            if let Some(found) = evaluate(source, scope)?.at(path) {
                return Ok(found.clone());
            }
        }
        (Op::Secret, [arg]) => return evaluate(arg, scope).map(mark_secret),
        _ => {}
    }
    let args: Vec<Value> = args.iter().map(|arg| evaluate(arg, scope)).collect::<Result<_, _>>()?;
    if let (Op::Append, true) = (op, args.iter().all(|a| matches!(a, Value::List(_) | Value::Null))) {
        return apply(op, &args).map_err(EvaluateError::Operation);
    }
    if let (Op::Merge, true) = (op, args.iter().all(|a| matches!(a, Value::Map(_) | Value::Null))) {
        return apply(op, &args).map_err(EvaluateError::Operation);
    }
    let domain = format!("op/{}", serde_json::to_string(op).unwrap_or_default());
    lift(&domain, &op.ty(), args, &|known| apply(op, known).map_err(EvaluateError::Operation))
}

fn mark_secret(value: Value) -> Value {
    match value {
        Value::Secret(secret) => Value::Secret(secret),
        Value::Unknown(unknown) => Value::Unknown(Unknown { secret: true, ..unknown }),
        // The digest of a value that was plain up to here gives nothing away that the plan does not already show.
        known => Value::Secret(Secret::open(known.digest(), known)),
    }
}

/// Applies a function of plain values to arguments that may hold unknowns and secrets.
fn lift(
    domain: &str,
    ty: &Type,
    args: Vec<Value>,
    function: &dyn Fn(&[Value]) -> Result<Value, EvaluateError>,
) -> Result<Value, EvaluateError> {
    let secret = args.iter().any(Value::has_secret);
    if args.iter().any(Value::has_unknown) {
        let mut origins = SortedSet::new();
        args.iter().for_each(|arg| arg.unknowns(&mut |unknown| origins.extend(unknown.origins.iter().cloned())));
        return Ok(Value::Unknown(Unknown { ty: ty.clone(), origins, secret }));
    }
    if !secret {
        return function(&args);
    }
    let encoded: Vec<Vec<u8>> = args.iter().map(|arg| canonical_bytes(&arg.sealed())).collect();
    let fingerprint = Digest::of_parts(domain, encoded.iter().map(Vec::as_slice));
    let opened: Result<Vec<Value>, ()> =
        args.into_iter().map(|arg| arg.map_secrets(&mut |secret| secret.expose().cloned().ok_or(()))).collect();
    match opened {
        Ok(known) => Ok(Value::Secret(Secret::open(fingerprint, function(&known)?))),
        Err(()) => Ok(Value::Secret(Secret::sealed(fingerprint))),
    }
}
