//! What people and tests ask of a sandbox: its objects, its calls, its consistency.

use std::collections::BTreeMap;
use std::io;

use ports::Owner;
use serde::{Deserialize, Serialize};

use crate::facts::{Bond, bond};
use crate::object::{Health, Object};
use crate::transact::now;
use crate::{Sandbox, Shared};

/// One call, as the audit log has it: the independent judge of duplicates and orphans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The number of the call in this world, from 1.
    pub call: u64,
    /// When, in milliseconds of Unix time.
    pub time: u64,
    /// `create`, `update` or `delete`.
    pub action: String,
    /// The type.
    #[serde(rename = "type")]
    pub ty: String,
    /// The object's id; empty where a create was refused.
    pub id: String,
    /// The owner's organisation.
    pub organisation: String,
    /// The owner's stack id.
    pub stack: String,
    /// The owner's URN.
    pub urn: String,
    /// The owner's incarnation.
    pub incarnation: u64,
    /// The call's token.
    pub token: String,
    /// `ok`, `repeated`, `absent` (nothing to delete), or the code of the refusal.
    pub outcome: String,
}

/// One object, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectLine {
    /// The type.
    pub ty: String,
    /// The id.
    pub id: String,
    /// Where it is: account and region, account, or server.
    pub scope: String,
    /// Its physical name, or its `Name` tag.
    pub name: Option<String>,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// How it is.
    pub state: State,
}

/// How an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its create or update has not ended yet.
    Pending,
    /// Well.
    Ready,
    /// An injected fault left it so; the code of the fault.
    Unhealthy(String),
}

impl Sandbox {
    /// The objects, by type, scope and id; not those that are scheduled for deletion.
    ///
    /// # Errors
    /// If the world cannot be read.
    pub fn list(&self) -> io::Result<Vec<ObjectLine>> {
        let mut shared = self.shared();
        let Shared { log, world } = &mut *shared;
        log.refresh(world)?;
        let now = now();
        Ok(world.objects.values().filter(|object| !object.is_doomed()).map(|object| self.line(object, now)).collect())
    }

    fn line(&self, object: &Object, now: u64) -> ObjectLine {
        let schema = self.served(&object.key.ty).ok();
        let property = schema.and_then(|schema| schema.overlay.name.as_ref()).map(|name| name.property.as_str());
        let name = property.or(Some("name")).and_then(|name| object.text(name)).or_else(|| tagged_name(object));
        let state = match &object.health {
            Health::Unhealthy(code) => State::Unhealthy(code.clone()),
            _ if object.ready_at > now => State::Pending,
            _ => State::Ready,
        };
        ObjectLine {
            ty: object.key.ty.clone(),
            id: object.key.id.clone(),
            scope: object.key.scope.clone(),
            name: name.map(str::to_owned),
            owner: object.owner.clone(),
            state,
        }
    }

    /// The calls, oldest first.
    ///
    /// # Errors
    /// If the world cannot be read.
    pub fn log(&self) -> io::Result<std::vec::IntoIter<AuditRecord>> {
        let mut records = Vec::new();
        self.shared().log.audit(|record| {
            records.push(record);
            Ok(())
        })?;
        Ok(records.into_iter())
    }

    /// Removes every object and every record of calls; `knobs.toml` stays. Makes no directory.
    ///
    /// # Errors
    /// If the files cannot be removed.
    pub fn reset(&self) -> io::Result<()> {
        let mut shared = self.shared();
        let Shared { log, world } = &mut *shared;
        if !self.dir.is_dir() {
            return log.refresh(world);
        }
        log.lock()?.clear(world)
    }

    /// What is wrong with the world: dangling references, two objects of one token, owner or identity.
    ///
    /// # Errors
    /// If the world cannot be read.
    pub fn check(&self) -> io::Result<Vec<String>> {
        let mut shared = self.shared();
        let Shared { log, world } = &mut *shared;
        log.refresh(world)?;
        let mut problems = Vec::new();
        let mut seen: BTreeMap<(&str, String), &Object> = BTreeMap::new();
        for object in world.objects.values().filter(|object| !object.is_doomed()) {
            let (ty, id) = (&object.key.ty, &object.key.id);
            for used in &object.uses {
                if world.get(used).is_none() && bond(ty, &used.ty) != Bond::Loose {
                    problems.push(format!("{ty} `{id}` refers to {} `{}`, which is gone", used.ty, used.id));
                }
            }
            let identity = object.identity.as_ref().map(|i| ("identity", format!("{ty} {} {i}", object.key.scope)));
            let owner = object.owner.as_ref().map(|o| ("owner", format!("{ty} {o:?}")));
            let token = Some(("token", object.token.clone()));
            for (what, text) in [identity, owner, token].into_iter().flatten() {
                if let Some(other) = seen.insert((what, text), object) {
                    problems.push(format!("{ty} `{id}` has the same {what} as {} `{}`", other.key.ty, other.key.id));
                }
            }
        }
        Ok(problems)
    }
}

/// The value of the tag `Name`, which is a list of pairs or a map.
fn tagged_name(object: &Object) -> Option<&str> {
    let tags = object.get("Tags").or_else(|| object.get("HostedZoneTags"))?;
    let pair = |tag: &&value::Value| tag.get("Key").and_then(value::Value::as_str) == Some("Name");
    match tags.as_list() {
        Some(list) => list.iter().find(pair)?.get("Value")?.as_str(),
        None => tags.get("Name")?.as_str(),
    }
}
