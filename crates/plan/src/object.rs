//! `object!`: JSON with outputs in it.

/// Builds [`Json`](crate::Json) that may hold outputs, in the shape of JSON text.
///
/// ```
/// use plan::prelude::*;
/// let bucket = Output::known("logs");
/// let document = object!({
///     "Version": "2012-10-17",
///     "Statement": [{ "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": text("arn:aws:s3:::{}/*", [&bucket]) }],
/// });
/// # let _ = document;
/// ```
#[macro_export]
macro_rules! object {
    ({ $($body:tt)* }) => {{
        #[allow(unused_mut, clippy::allow_attributes_without_reason)]
        let mut entries = $crate::expr::Named::new();
        $crate::object_entries!(entries; $($body)*);
        $crate::object_json($crate::expr::Expr::Map(entries))
    }};
    ([ $($body:tt)* ]) => {{
        #[allow(unused_mut, clippy::allow_attributes_without_reason)]
        let mut items = ::std::vec::Vec::<$crate::expr::Expr>::new();
        $crate::object_items!(items; $($body)*);
        $crate::object_json($crate::expr::Expr::List(items))
    }};
    (null) => { $crate::object_json($crate::expr::Expr::Value($crate::value::Value::Null)) };
    ($value:expr) => { $crate::object_json($crate::IntoExpr::into_expr($value)) };
}

/// The entries of an object; used by [`object!`].
#[doc(hidden)]
#[macro_export]
macro_rules! object_entries {
    ($entries:ident;) => {};
    ($entries:ident; $key:tt : { $($value:tt)* } $(, $($rest:tt)*)?) => {
        $entries.insert(($key).to_string(), $crate::IntoExpr::into_expr($crate::object!({ $($value)* })));
        $($crate::object_entries!($entries; $($rest)*);)?
    };
    ($entries:ident; $key:tt : [ $($value:tt)* ] $(, $($rest:tt)*)?) => {
        $entries.insert(($key).to_string(), $crate::IntoExpr::into_expr($crate::object!([ $($value)* ])));
        $($crate::object_entries!($entries; $($rest)*);)?
    };
    ($entries:ident; $key:tt : null $(, $($rest:tt)*)?) => {
        $entries.insert(($key).to_string(), $crate::expr::Expr::Value($crate::value::Value::Null));
        $($crate::object_entries!($entries; $($rest)*);)?
    };
    ($entries:ident; $key:tt : $value:expr $(, $($rest:tt)*)?) => {
        $entries.insert(($key).to_string(), $crate::IntoExpr::into_expr($value));
        $($crate::object_entries!($entries; $($rest)*);)?
    };
}

/// The items of an array; used by [`object!`].
#[doc(hidden)]
#[macro_export]
macro_rules! object_items {
    ($items:ident;) => {};
    ($items:ident; { $($value:tt)* } $(, $($rest:tt)*)?) => {
        $items.push($crate::IntoExpr::into_expr($crate::object!({ $($value)* })));
        $($crate::object_items!($items; $($rest)*);)?
    };
    ($items:ident; [ $($value:tt)* ] $(, $($rest:tt)*)?) => {
        $items.push($crate::IntoExpr::into_expr($crate::object!([ $($value)* ])));
        $($crate::object_items!($items; $($rest)*);)?
    };
    ($items:ident; $value:expr $(, $($rest:tt)*)?) => {
        $items.push($crate::IntoExpr::into_expr($value));
        $($crate::object_items!($items; $($rest)*);)?
    };
}

/// JSON of an expression; used by [`object!`].
#[doc(hidden)]
pub fn json(expr: expr::Expr) -> crate::Json {
    crate::Json(expr)
}
