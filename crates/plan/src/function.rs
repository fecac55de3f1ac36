//! Named pure functions.

use expr::Expr;
use value::Value;

use crate::{FromValue, Output, Typed};

/// A named pure function: what expressions cannot say. Made by `#[plan_fn]`.
#[derive(Debug, Clone, Copy)]
pub struct PlanFunction {
    /// Its path: `crate::module::function`.
    pub name: &'static str,
    /// Calls it with known values.
    pub call: fn(&[Value]) -> Result<Value, String>,
}

impl PlanFunction {
    /// Calls it. That it panicked is an error like any other, without what it says: that may hold a secret.
    ///
    /// # Errors
    /// What it says, or that it panicked.
    pub fn run(&self, args: &[Value]) -> Result<Value, String> {
        std::panic::catch_unwind(|| (self.call)(args)).unwrap_or_else(|_| Err("it panicked".to_owned()))
    }
}

/// The output of a call of a named function.
pub fn function<T: Typed>(name: &str, args: Vec<Expr>) -> Output<T> {
    Output::from_expr(Expr::Function { name: name.to_owned(), ty: T::ty(), args })
}

/// The argument at `index`, read as its type.
///
/// # Errors
/// If it is of another type.
pub fn argument<T: FromValue>(args: &[Value], index: usize) -> Result<T, String> {
    let value = args.get(index).ok_or_else(|| format!("argument {} is missing", index + 1))?;
    T::from_value(value).ok_or_else(|| format!("argument {} cannot be {}", index + 1, value.ty()))
}
