//! Trees of outputs: what a stack exports, and what another one reads of it.

use std::collections::BTreeMap;

use expr::Expr;
use value::Path;

use crate::{Output, Typed};

/// The leaves of a tree of outputs, by path.
pub type Leaves = BTreeMap<Path, Expr>;

/// One side or the other of a stack's outputs; `#[derive(Outputs)]` makes it of a struct.
///
/// The producer fills the struct with its outputs; for a reader the same struct holds references.
pub trait OutputTree: Sized {
    /// The tree as another stack reads it.
    fn reference(stack: &str, at: &Path) -> Self;
    /// Puts the leaves of the tree as its stack exports it into `leaves`.
    fn collect(&self, at: &Path, leaves: &mut Leaves);
}

/// The outputs of a whole stack, of a named project.
pub trait StackOutputs: OutputTree {
    /// The project's dotted name.
    const PROJECT: &'static str;
}

impl<T: Typed> OutputTree for Output<T> {
    fn reference(stack: &str, at: &Path) -> Self {
        Self::from_expr(Expr::Output { stack: stack.to_owned(), path: at.clone(), ty: T::ty(), optional: false })
    }

    fn collect(&self, at: &Path, leaves: &mut Leaves) {
        leaves.insert(at.clone(), self.expr().clone());
    }
}

/// Outputs that only some stacks of the project have; a reader gets null where there is none.
impl<T: Typed> OutputTree for Option<Output<T>> {
    fn reference(stack: &str, at: &Path) -> Self {
        let expr = Expr::Output { stack: stack.to_owned(), path: at.clone(), ty: T::ty(), optional: true };
        Some(Output::from_expr(expr))
    }

    fn collect(&self, at: &Path, leaves: &mut Leaves) {
        if let Some(output) = self {
            output.collect(at, leaves);
        }
    }
}

/// Nothing.
impl OutputTree for () {
    fn reference(_: &str, _: &Path) -> Self {}

    fn collect(&self, _: &Path, _: &mut Leaves) {}
}

/// Outputs under names that are data: the producer inserts, a reader asks by name.
#[derive(Debug, Clone)]
pub struct OutputMap<T> {
    entries: BTreeMap<String, T>,
    source: Option<(String, Path)>,
}

impl<T> Default for OutputMap<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), source: None }
    }
}

impl<T: OutputTree + Clone> OutputMap<T> {
    /// The entry of that name; for a reader a reference, of which resolving says whether it is there.
    pub fn get(&self, key: &str) -> Option<T> {
        match &self.source {
            Some((stack, at)) => Some(T::reference(stack, &at.child(key))),
            None => self.entries.get(key).cloned(),
        }
    }
}

impl<T, K: Into<String>> FromIterator<(K, T)> for OutputMap<T> {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().map(|(key, item)| (key.into(), item)).collect(), source: None }
    }
}

impl<T: OutputTree> OutputTree for OutputMap<T> {
    fn reference(stack: &str, at: &Path) -> Self {
        Self { entries: BTreeMap::new(), source: Some((stack.to_owned(), at.clone())) }
    }

    fn collect(&self, at: &Path, leaves: &mut Leaves) {
        self.entries.iter().for_each(|(key, item)| item.collect(&at.child(key), leaves));
    }
}
