//! References: the ids, names and ARNs within properties, and the objects that they lead to.

use std::collections::BTreeSet;

use ports::ProviderError;
use schema::TypeSchema;
use value::{Map, Path, Value};

use crate::facts;
use crate::knobs::glob;
use crate::object::Key;
use crate::place::Site;
use crate::shape::collect;
use crate::world::World;

/// What is taken to be there although nothing here made it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assumed {
    pub(crate) texts: BTreeSet<String>,
    pub(crate) globs: Vec<String>,
    /// Objects under deletion protection may go.
    pub(crate) protection_ignored: bool,
}

impl Assumed {
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.texts.contains(text) || self.globs.iter().any(|pattern| glob(pattern, text)) || is_vendors_own(text)
    }
}

/// What the vendor itself has made in every account.
fn is_vendors_own(text: &str) -> bool {
    text.starts_with("arn:aws:iam::aws:")
        || text.starts_with("alias/aws/")
        || (text.starts_with("arn:aws:kms:") && text.contains(":alias/aws/"))
        || text.starts_with("default.")
        || text.starts_with("default:")
}

/// The objects that properties refer to.
///
/// # Errors
/// The first reference that leads to nothing.
pub(crate) fn uses(
    world: &World,
    site: &Site,
    assumed: &Assumed,
    schema: &TypeSchema,
    inputs: &Map,
) -> Result<Vec<Key>, ProviderError> {
    let mut uses = BTreeSet::new();
    for (pattern, types) in &schema.overlay.references {
        let Ok(pattern) = pattern.parse::<Path>() else { continue };
        let mut broken = None;
        collect(inputs, &pattern, &mut |place, value| {
            let Value::String(text) = value else { return };
            // `GatewayId` of a route and the like may name what the sandbox has no type for.
            if (schema.name == "AWS::EC2::Route" && text == "local") || text.is_empty() {
                return;
            }
            match resolve(world, site, types, text) {
                Some(key) => drop(uses.insert(key)),
                None if assumed.holds(text) => {}
                None => {
                    let ty = types.first().map_or("", String::as_str);
                    broken.get_or_insert_with(|| facts::missing(ty, text, &place.to_string()));
                }
            }
        });
        if let Some(error) = broken {
            return Err(error);
        }
    }
    if let Some(mount) = mount_of(world, site, assumed, &schema.name, inputs)? {
        uses.insert(mount);
    }
    Ok(uses.into_iter().collect())
}

/// The object of one of the types that a text names.
pub(crate) fn resolve(world: &World, site: &Site, types: &[String], text: &str) -> Option<Key> {
    let own = types.iter().filter_map(|ty| candidates(world, site, ty, text));
    // The group that a VPC brings along has no object of its own.
    let brought = types.iter().filter(|ty| *ty == "AWS::EC2::SecurityGroup");
    let brought = brought.filter_map(|_| candidates(world, site, "AWS::EC2::VPC", text));
    // A key may be named by its alias.
    let aliased = types.iter().filter(|ty| *ty == "AWS::KMS::Key" && text.contains("alias/"));
    let aliased = aliased.filter_map(|_| candidates(world, site, "AWS::KMS::Alias", text));
    own.chain(brought).chain(aliased).next()
}

fn candidates(world: &World, site: &Site, ty: &str, text: &str) -> Option<Key> {
    let scope = site.scope(ty);
    let plain = text.strip_prefix("/hostedzone/").unwrap_or(text).trim_end_matches('/');
    // Ids of EC2 and ARNs are given once in the world, so another account's or region's may stand there.
    let everywhere = plain.starts_with("arn:") || ty.starts_with("AWS::EC2::");
    let found: Vec<_> = world.named(ty, plain).collect();
    let near = found.iter().find(|object| object.key.scope == scope);
    near.or_else(|| found.first().filter(|_| everywhere)).map(|object| object.key.clone())
}

/// The mount under which a path of Vault lies.
fn mount_of(
    world: &World,
    site: &Site,
    assumed: &Assumed,
    ty: &str,
    inputs: &Map,
) -> Result<Option<Key>, ProviderError> {
    if ty != "vault_generic_secret" {
        return Ok(None);
    }
    let Some(path) = inputs.get("path").and_then(Value::as_str) else { return Ok(None) };
    let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
    let prefixes: Vec<&str> = ends.map(|end| &path[..end]).collect();
    let types = ["vault_mount".to_owned()];
    let mount = prefixes.iter().rev().find_map(|prefix| resolve(world, site, &types, prefix));
    // A fresh server has `secret/`, `cubbyhole/` and `sys/`.
    let given = |prefix: &&str| matches!(*prefix, "secret" | "cubbyhole" | "sys") || assumed.holds(prefix);
    match mount {
        Some(key) => Ok(Some(key)),
        None if prefixes.iter().any(given) => Ok(None),
        None => Err(facts::refuse(
            "NoHandlerForRoute",
            format!("path: no mount has a path that `{path}` begins with; a vault_mount must be there first"),
        )),
    }
}
