//! Tags: the pairs that nearly every type can carry.

use plan::expr::{Expr, Named};
use plan::value::Type;
use plan::{Arg, IntoExpr, Typed};

/// A tag of a cloud object.
#[derive(Debug, Clone)]
pub struct Tag {
    key: Expr,
    value: Expr,
}

impl Tag {
    /// A tag.
    pub fn new(key: impl Arg<String>, value: impl Arg<String>) -> Self {
        Self { key: key.into_expr(), value: value.into_expr() }
    }
}

/// Tags from pairs.
pub fn tags<K: Arg<String>, V: Arg<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Vec<Tag> {
    pairs.into_iter().map(|(key, value)| Tag::new(key, value)).collect()
}

impl IntoExpr for Tag {
    fn into_expr(self) -> Expr {
        Expr::Map(Named::from([("Key".to_owned(), self.key), ("Value".to_owned(), self.value)]))
    }
}

impl IntoExpr for &Tag {
    fn into_expr(self) -> Expr {
        IntoExpr::into_expr(self.clone())
    }
}

impl Arg<Tag> for Tag {
    fn into_expr(self) -> Expr {
        IntoExpr::into_expr(self)
    }
}

impl Arg<Tag> for &Tag {
    fn into_expr(self) -> Expr {
        IntoExpr::into_expr(self)
    }
}

impl Typed for Tag {
    fn ty() -> Type {
        Type::Map(Box::new(Type::String))
    }
}

#[cfg(test)]
mod tests {
    use plan::Output;
    use plan::value::Value;

    use super::*;

    #[test]
    fn tags_are_key_and_value() {
        let list = tags([("Name", "web"), ("OU", "data")]);
        let known = Output::<Vec<Tag>>::known(&list).expr().to_value();
        let pair = |key: &str, value: &str| Value::map([("Key", key), ("Value", value)]);
        assert_eq!(known, Some(Value::List(vec![pair("Name", "web"), pair("OU", "data")])));
    }
}
