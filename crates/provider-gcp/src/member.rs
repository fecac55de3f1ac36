//! Members of policies as objects: there or not.

use ports::Found;
use rest::template::{fill, plain};
use rest::{Result, refused};
use value::Map;

use crate::entries;
use crate::policy::On;
use crate::thing::{Seen, Thing};

/// A member: the policy, the role and who has it.
pub(crate) struct Named<'a> {
    pub(crate) on: On<'a>,
    pub(crate) role: String,
    pub(crate) member: String,
}

/// The member that properties mean.
///
/// # Errors
/// If they are not all there.
pub(crate) fn named<'a>(thing: &Thing<'a>, properties: &Map) -> Result<Named<'a>> {
    let text = |name: &str| properties.get(name).and_then(plain).map(str::to_owned);
    let named = || {
        let policy = thing.kind.policy.as_ref()?;
        let name = fill(&policy.on, &thing.completed(properties))?;
        let on = On { site: thing.site, kind: thing.kind, policy, name };
        let (role, member) = (text("role")?, text(&policy.member)?);
        Some(match policy.entries {
            Some(_) => Named { on, role: entries::short(&role).to_owned(), member: entries::member(&member) },
            None => Named { on, role, member },
        })
    };
    named().ok_or_else(|| {
        refused("NoMember", format!("{}: what it is of, its role or its member is missing", thing.schema.name))
    })
}

/// Looks for a member.
pub(crate) async fn find(thing: &Thing<'_>, properties: &Map) -> Result<Option<Seen>> {
    // An id that is not of this form names nothing.
    let Ok(Named { on, role, member }) = named(thing, properties) else { return Ok(None) };
    let there = on.has(&role, &member).await?;
    let Found { id, observed, .. } = found(thing, properties);
    Ok(there.then(|| Seen { id, answer: Default::default(), observed, owner: None, gone: false }))
}

/// A member that is there.
pub(crate) fn found(thing: &Thing<'_>, properties: &Map) -> Found {
    Found { id: thing.id(properties), observed: properties.clone(), owner: None, unhealthy: None }
}
