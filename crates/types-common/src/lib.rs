//! What generated bindings share: tags, the two kinds of generated structs, and their trait implementations.
//!
//! Layer: beside the model, like the bindings themselves. **Invariant:** hand-written and free of any vendor's types.

mod shape;
mod tag;

pub use plan;
pub use shape::Shape;
pub use tag::{Tag, tags};

/// Implements what every resource builder and its handle have: used by generated code.
///
/// The builder is a tuple struct of a [`plan::Declaration`], the handle one of a [`plan::ResourceRef`].
#[macro_export]
macro_rules! resource {
    ($builder:ident, $handle:ident, $ty:literal) => {
        impl $builder {
            /// The type token.
            pub const TYPE: &'static str = $ty;

            /// A resource of this type; the name is its logical one, which the vendor does not see.
            pub fn new(name: impl ::std::convert::Into<::std::string::String>) -> Self {
                Self($crate::plan::Declaration::new($ty, name))
            }
        }

        impl $crate::plan::ResourceType for $builder {
            type Handle = $handle;

            fn declaration(&mut self) -> &mut $crate::plan::Declaration {
                &mut self.0
            }

            fn handle(reference: $crate::plan::ResourceRef) -> $handle {
                $handle(reference)
            }
        }

        impl $handle {
            /// The resource.
            pub fn reference(&self) -> &$crate::plan::ResourceRef {
                &self.0
            }
        }

        impl $crate::plan::AsDependency for $handle {
            fn as_dependency(&self) -> $crate::plan::resource::Dependency {
                self.0.as_dependency()
            }
        }
    };
}

/// Implements what every nested shape has: used by generated code.
///
/// The shape is a tuple struct of a [`Shape`]; one that is only ever read is a unit struct and `read_only`.
#[macro_export]
macro_rules! shape {
    ($name:ident) => {
        impl $name {
            /// Nothing set yet.
            pub fn new() -> Self {
                Self::default()
            }
        }

        impl $crate::plan::Arg<$name> for $name {
            fn into_expr(self) -> $crate::plan::expr::Expr {
                self.0.into_expr()
            }
        }

        impl $crate::plan::Arg<$name> for &$name {
            fn into_expr(self) -> $crate::plan::expr::Expr {
                self.0.clone().into_expr()
            }
        }

        impl $crate::plan::IntoExpr for $name {
            fn into_expr(self) -> $crate::plan::expr::Expr {
                self.0.into_expr()
            }
        }

        $crate::shape!(read_only $name);
    };
    (read_only $name:ident) => {
        impl $crate::plan::Typed for $name {
            fn ty() -> $crate::plan::value::Type {
                $crate::Shape::ty()
            }
        }
    };
}
