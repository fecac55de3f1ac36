//! What can be given where a property or an argument of a type is wanted.

use std::collections::BTreeMap;

use config::SealedSecret;
use expr::{Expr, Ipv4Net, Ipv6Net};
use value::Value;

use crate::{Json, Output};

/// Something that can stand where a `T` is wanted: a plain value, or an [`Output`] of one.
pub trait Arg<T> {
    /// The expression.
    fn into_expr(self) -> Expr;
}

/// Something that can stand anywhere in JSON.
pub trait IntoExpr {
    /// The expression.
    fn into_expr(self) -> Expr;
}

impl<T> Arg<T> for Output<T> {
    fn into_expr(self) -> Expr {
        self.expr().clone()
    }
}

impl<T> Arg<T> for &Output<T> {
    fn into_expr(self) -> Expr {
        self.expr().clone()
    }
}

impl<T> IntoExpr for Output<T> {
    fn into_expr(self) -> Expr {
        self.expr().clone()
    }
}

impl<T> IntoExpr for &Output<T> {
    fn into_expr(self) -> Expr {
        self.expr().clone()
    }
}

macro_rules! plain {
    ($($from:ty => $to:ty, |$x:ident| $value:expr;)*) => {
        $(
            impl Arg<$to> for $from {
                fn into_expr(self) -> Expr { let $x = self; Expr::Value(Value::from($value)) }
            }
            impl IntoExpr for $from {
                fn into_expr(self) -> Expr { let $x = self; Expr::Value(Value::from($value)) }
            }
        )*
    };
}

plain! {
    &str => String, |x| x;
    String => String, |x| x;
    &String => String, |x| x.as_str();
    Ipv4Net => String, |x| x.to_string();
    &Ipv4Net => String, |x| x.to_string();
    Ipv6Net => String, |x| x.to_string();
    bool => bool, |x| x;
    i64 => i64, |x| x;
    i32 => i64, |x| x;
    u32 => i64, |x| x;
    u16 => i64, |x| x;
    u8 => i64, |x| x;
    f64 => f64, |x| x;
}

impl Arg<String> for SealedSecret {
    fn into_expr(self) -> Expr {
        Arg::into_expr(Output::from(self))
    }
}

impl Arg<String> for &SealedSecret {
    fn into_expr(self) -> Expr {
        Arg::into_expr(Output::from(self))
    }
}

impl IntoExpr for SealedSecret {
    fn into_expr(self) -> Expr {
        Arg::into_expr(Output::from(self))
    }
}

impl IntoExpr for &SealedSecret {
    fn into_expr(self) -> Expr {
        Arg::into_expr(Output::from(self))
    }
}

impl IntoExpr for Expr {
    fn into_expr(self) -> Expr {
        self
    }
}

impl IntoExpr for Value {
    fn into_expr(self) -> Expr {
        Expr::Value(self)
    }
}

impl IntoExpr for Json {
    fn into_expr(self) -> Expr {
        self.0
    }
}

impl IntoExpr for &Json {
    fn into_expr(self) -> Expr {
        self.0.clone()
    }
}

impl Arg<Json> for Json {
    fn into_expr(self) -> Expr {
        self.0
    }
}

impl Arg<Json> for &Json {
    fn into_expr(self) -> Expr {
        self.0.clone()
    }
}

impl<T: IntoExpr> IntoExpr for Vec<T> {
    fn into_expr(self) -> Expr {
        Expr::List(self.into_iter().map(IntoExpr::into_expr).collect())
    }
}

impl<T: IntoExpr, const N: usize> IntoExpr for [T; N] {
    fn into_expr(self) -> Expr {
        Expr::List(self.into_iter().map(IntoExpr::into_expr).collect())
    }
}

impl<T: IntoExpr> IntoExpr for BTreeMap<String, T> {
    fn into_expr(self) -> Expr {
        Expr::Map(self.into_iter().map(|(key, item)| (key, item.into_expr())).collect())
    }
}

impl<T: IntoExpr> IntoExpr for Option<T> {
    fn into_expr(self) -> Expr {
        self.map_or(Expr::Value(Value::Null), IntoExpr::into_expr)
    }
}

impl<T, I: Arg<T>> Arg<Vec<T>> for Vec<I> {
    fn into_expr(self) -> Expr {
        Expr::List(self.into_iter().map(Arg::into_expr).collect())
    }
}

impl<T, A: Arg<T>, const N: usize> Arg<Vec<T>> for [A; N] {
    fn into_expr(self) -> Expr {
        Expr::List(self.into_iter().map(Arg::into_expr).collect())
    }
}

impl<T, A: Arg<T> + Clone> Arg<Vec<T>> for &[A] {
    fn into_expr(self) -> Expr {
        Expr::List(self.iter().cloned().map(Arg::into_expr).collect())
    }
}

impl<T, A: Arg<T> + Clone> Arg<Vec<T>> for &Vec<A> {
    fn into_expr(self) -> Expr {
        Arg::into_expr(self.as_slice())
    }
}

impl<T, I: Arg<T>> Arg<BTreeMap<String, T>> for BTreeMap<String, I> {
    fn into_expr(self) -> Expr {
        Expr::Map(self.into_iter().map(|(key, item)| (key, item.into_expr())).collect())
    }
}
