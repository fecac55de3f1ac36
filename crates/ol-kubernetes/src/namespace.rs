//! Where in which cluster objects live.

use ol::Naming;
use plan::prelude::*;

/// A namespace of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// The provider instance of the cluster.
    pub cluster: String,
    /// The name.
    pub name: String,
}

impl Namespace {
    /// A namespace of a cluster of the stack's environment, which must be among those that the cluster has.
    ///
    /// # Errors
    /// If it is not, or it is not known yet which there are.
    #[track_caller]
    pub fn of(stack: &Stack, cluster: &str, name: &str, there: &Output<Vec<String>>) -> Result<Self> {
        let place = Place::caller();
        let there = stack.read(there)?;
        if there.iter().any(|known| known == name) {
            return Ok(Self { cluster: cluster_of(stack, cluster), name: name.to_owned() });
        }
        let message = format!("cluster `{cluster}` of {} has no namespace `{name}`", stack.environment());
        Err(Diagnostic::error("E0185", message)
            .at(place)
            .note(format!("it has {}", there.join(", ")))
            .hint(format!("let the stack of the cluster make `{name}` first"))
            .into())
    }
}

/// The provider instance of a cluster of the stack's environment: `eks-operations-qa`.
pub fn cluster_of(stack: &Stack, cluster: &str) -> String {
    stack.in_environment(format!("eks-{cluster}"))
}
