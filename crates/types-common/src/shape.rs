//! The content of nested shapes.

use plan::expr::{Expr, Named};
use plan::value::Type;

/// The entries of a nested shape: what a generated struct holds.
#[derive(Debug, Clone, Default)]
pub struct Shape(Named);

impl Shape {
    /// Sets an entry.
    pub fn set(&mut self, property: &str, value: Expr) {
        self.0.insert(property.to_owned(), value);
    }

    /// The entries as a map.
    pub fn into_expr(self) -> Expr {
        Expr::Map(self.0)
    }

    /// The type of every shape.
    pub fn ty() -> Type {
        Type::Map(Box::new(Type::Any))
    }
}
