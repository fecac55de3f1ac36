//! What stacks are named after: the tenant, and the Vault and the Consul that it uses.

use ol::Naming;
use plan::prelude::*;

/// The tenant of a stack: `mitx` of `mitx.QA`.
///
/// # Errors
/// If the stack's name has none.
#[track_caller]
pub fn tenant_of<'a>(stack: &'a Stack) -> Result<&'a str> {
    stack.scope().ok_or_else(|| {
        Diagnostic::error("E0171", format!("stack `{}` names no tenant", stack.name()))
            .at(Place::caller())
            .hint("name the stack file `TENANT.ENVIRONMENT.toml`, as in `mitx.QA.toml`")
            .into()
    })
}

/// The provider instance of the Vault of a stack's environment: `vault-qa`.
pub fn vault_of(stack: &Stack) -> String {
    stack.in_environment("vault")
}

/// The provider instance of the Consul of a stack's network and environment: `consul-operations-qa`.
pub fn consul_of(stack: &Stack) -> String {
    stack.in_environment(format!("consul-{}", stack.env_prefix()))
}
