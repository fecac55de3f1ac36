//! Typed handles on expressions.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use config::SealedSecret;
use expr::{Expr, Op};
use value::{Path, Type, Value};

use crate::{Arg, IntoExpr};

/// A value that may be known only later: a typed expression.
#[derive(Debug)]
pub struct Output<T> {
    expr: Expr,
    ty: PhantomData<fn() -> T>,
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Self {
        Self::from_expr(self.expr.clone())
    }
}

/// Any JSON: a policy document, a value whose shape the program does not say.
#[derive(Debug, Clone)]
pub struct Json(pub(crate) Expr);

impl Json {
    /// JSON of anything that can stand in it.
    pub fn of(value: impl IntoExpr) -> Self {
        Self(value.into_expr())
    }
}

/// A Rust type that stands for a type of values.
pub trait Typed {
    /// The type of values.
    fn ty() -> Type;
}

macro_rules! typed {
    ($($ty:ty => $value:expr),*) => {
        $(impl Typed for $ty {
            fn ty() -> Type { $value }
        })*
    };
}
typed!(String => Type::String, bool => Type::Bool, i64 => Type::Int, f64 => Type::Float, Json => Type::Any, Value => Type::Any);

impl<T: Typed> Typed for Vec<T> {
    fn ty() -> Type {
        Type::List(Box::new(T::ty()))
    }
}

impl<T: Typed> Typed for BTreeMap<String, T> {
    fn ty() -> Type {
        Type::Map(Box::new(T::ty()))
    }
}

impl<T> Output<T> {
    /// An output of an expression; the caller vouches for the type.
    pub fn from_expr(expr: Expr) -> Self {
        Self { expr, ty: PhantomData }
    }

    /// The expression.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The output as one of another type; for values whose type the schema does not say.
    pub fn cast<U>(&self) -> Output<U> {
        Output::from_expr(self.expr.clone())
    }

    /// The output, from here on a secret.
    pub fn secret(&self) -> Self {
        Self::from_expr(Expr::Call { op: Op::Secret, args: vec![self.expr.clone()] })
    }

    /// The value as canonical JSON text.
    pub fn to_json(&self) -> Output<String> {
        self.call(Op::Json, vec![])
    }

    /// The value at a path such as `oidcs[0].issuer`; a text that is no path gives the entry of that name.
    pub fn at<U: Typed>(&self, path: &str) -> Output<U> {
        let path = path.parse().unwrap_or_else(|_| Path::key(path));
        Output::from_expr(self.expr.at(&path, U::ty()))
    }

    /// Whether it is equal to another value.
    pub fn equals(&self, other: impl Arg<T>) -> Output<bool> {
        self.call(Op::Equals, vec![other.into_expr()])
    }

    fn call<U>(&self, op: Op, rest: Vec<Expr>) -> Output<U> {
        Output::from_expr(Expr::call(op, std::iter::once(self.expr.clone()).chain(rest).collect()))
    }
}

impl<T> Output<T> {
    /// A known value.
    pub fn known(value: impl Arg<T>) -> Self {
        Self::from_expr(value.into_expr())
    }
}

impl Output<bool> {
    /// Whether both are true.
    pub fn and(&self, other: impl Arg<bool>) -> Self {
        self.call(Op::If, vec![other.into_expr(), false.into()])
    }

    /// Whether one of them is true.
    pub fn or(&self, other: impl Arg<bool>) -> Self {
        self.call(Op::If, vec![true.into(), other.into_expr()])
    }

    /// Whether it is false.
    pub fn is_false(&self) -> Self {
        self.call(Op::If, vec![false.into(), true.into()])
    }
}

impl Output<String> {
    /// The `index`-th subnet of length `prefix` within this CIDR block, from 0; IPv4 or IPv6.
    pub fn cidr_subnet(&self, prefix: u8, index: u64) -> Self {
        self.call(Op::CidrSubnet, vec![prefix.into(), i64::try_from(index).unwrap_or(i64::MAX).into()])
    }

    /// Every occurrence of `what` replaced.
    pub fn replace(&self, what: &str, by: &str) -> Self {
        self.call(Op::Replace, vec![what.into(), by.into()])
    }

    /// Without a prefix, if it has it.
    pub fn trim_prefix(&self, prefix: &str) -> Self {
        self.call(Op::TrimPrefix, vec![prefix.into()])
    }

    /// The first `n` characters.
    pub fn truncate(&self, n: u32) -> Self {
        self.call(Op::Truncate, vec![n.into()])
    }

    /// In lower case.
    pub fn lower(&self) -> Self {
        self.call(Op::Lower, vec![])
    }

    /// Base64 of the text's UTF-8.
    pub fn to_base64(&self) -> Self {
        self.call(Op::Base64, vec![])
    }
}

impl<T: Typed> Output<Vec<T>> {
    /// The element at an index; one that is not there is an error when the value is known.
    pub fn index(&self, index: usize) -> Output<T> {
        Output::from_expr(self.expr.at(&Path::root().index(index), T::ty()))
    }

    /// Lists one after the other.
    pub fn concat(lists: impl IntoIterator<Item = impl Arg<Vec<T>>>) -> Self {
        Self::from_expr(Expr::call(Op::Append, lists.into_iter().map(Arg::into_expr).collect()))
    }

    /// A list of the outputs.
    pub fn of(items: impl IntoIterator<Item = impl Arg<T>>) -> Self {
        Self::from_expr(Expr::List(items.into_iter().map(Arg::into_expr).collect()))
    }
}

impl<T: Typed> Output<BTreeMap<String, T>> {
    /// The entry of a map; one that is not there is an error when the value is known.
    pub fn get(&self, key: &str) -> Output<T> {
        Output::from_expr(self.expr.at(&Path::key(key), T::ty()))
    }
}

impl From<SealedSecret> for Output<String> {
    fn from(secret: SealedSecret) -> Self {
        Self::from_expr(Expr::Secret { key: secret.key, fingerprint: secret.fingerprint })
    }
}

impl From<&SealedSecret> for Output<String> {
    fn from(secret: &SealedSecret) -> Self {
        secret.clone().into()
    }
}

/// A text with values put in for each `{}`: `text("arn:aws:s3:::{}/*", [&bucket])`.
///
/// A template with fewer places than values gets the rest at its end; one with more keeps the last `{}` as they are.
pub fn text<A: IntoExpr>(template: &str, values: impl IntoIterator<Item = A>) -> Output<String> {
    let mut values = values.into_iter();
    let mut parts = Vec::new();
    let mut pieces = template.split("{}").peekable();
    while let Some(piece) = pieces.next() {
        if !piece.is_empty() {
            parts.push(Expr::from(piece));
        }
        if pieces.peek().is_some() {
            parts.push(values.next().map_or_else(|| "{}".into(), IntoExpr::into_expr));
        }
    }
    parts.extend(values.map(IntoExpr::into_expr));
    Output::from_expr(Expr::call(Op::Concat, parts))
}
