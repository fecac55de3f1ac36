//! What decisions ask of the outside: schemas, published outputs, functions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::Diagnostics;
use diff::{Alike, Existing, Lookup, NoInstance, Published, leaf_of};
use plan::OutputRead;
use ports::Owner;
use resource::{Options, StackName, Urn};
use schema::TypeSchema;
use state::{Head, Kept, Site, StackState};
use value::{Digest, Map, Path, Type, Unknown, Value};

use crate::Engine;
use crate::catalog::nearest;
use crate::evaluate::OutputSource;
use crate::existing::{Named, Seen};

/// What is published: heads of all stacks, and the states that were loaded.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    /// The newest heads, by full name.
    pub heads: BTreeMap<String, Head>,
    /// The states that were loaded, by full name.
    pub states: BTreeMap<String, Arc<StackState>>,
    /// Objects of the world that stacks take over.
    pub seen: Seen,
    /// The selected stacks whose programs wait for outputs, by full name: what they have not published yet comes later.
    pub deferred: BTreeSet<String>,
}

impl World {
    /// Why a stack has to be settled before anything else, if it has.
    pub(crate) fn unsettled(&self, stack: &str) -> Option<Unsettled> {
        let head = self.heads.get(stack)?;
        let dangling = self.states.get(stack).is_some_and(|state| !state.is_settled());
        head.open.clone().map(Unsettled::Open).or_else(|| dangling.then_some(Unsettled::Dangling))
    }

    /// Whether a stack has a state that was not loaded yet.
    pub(crate) fn is_to_load(&self, stack: &str) -> bool {
        self.heads.contains_key(stack) && !self.states.contains_key(stack)
    }

    /// The digest of what is published of an output, by its leaf.
    pub(crate) fn digest(&self, engine: &Engine<'_>, stack: &str, path: &Path) -> Option<Digest> {
        if let Some(foreign) = engine.catalog.foreign(stack) {
            return leaf_of(&foreign.outputs, path).map(|(_, value)| value.digest());
        }
        let head = self.heads.get(stack)?;
        leaf_of(&head.outputs, path).map(|(_, output)| output.digest)
    }

    /// The digest of the published value of an output, where the head of a closed stack says that: of a whole output
    /// that is no secret.
    pub(crate) fn at_head(&self, stack: &str, path: &Path) -> Option<Digest> {
        let head = self.heads.get(stack).filter(|head| head.open.is_none())?;
        head.outputs.get(path).filter(|output| !output.secret).map(|output| output.digest)
    }

    /// What is published of an output; its state must have been loaded.
    pub(crate) fn published(&self, engine: &Engine<'_>, stack: &str, path: &Path) -> Published {
        let below = |leaf: &Path, value: &Value| {
            value.at(&Path::from(path.segments()[leaf.segments().len()..].to_vec())).cloned()
        };
        if let Some(foreign) = engine.catalog.foreign(stack) {
            let found =
                leaf_of(&foreign.outputs, path).and_then(|(leaf, value)| Some((below(leaf, value)?, value.digest())));
            return match found {
                Some((value, digest)) => Published::Value(value, digest),
                None => Published::NoOutput(near_output(path, foreign.outputs.keys())),
            };
        }
        match self.states.get(stack) {
            Some(state) if !state.outputs.is_empty() => {
                let found =
                    leaf_of(&state.outputs, path).and_then(|(leaf, o)| Some((below(leaf, &o.value)?, o.digest)));
                match found {
                    Some((value, digest)) => Published::Value(value, digest),
                    None if self.deferred.contains(stack) => later(stack, path),
                    None => Published::NoOutput(near_output(path, state.outputs.keys())),
                }
            }
            _ if self.deferred.contains(stack) => later(stack, path),
            _ if engine.catalog.get(stack).is_some() || self.heads.contains_key(stack) => Published::Nothing,
            _ => Published::NoStack(engine.catalog.near(stack)),
        }
    }
}

/// What stands for an output that is not known yet.
pub(crate) fn later(stack: &str, path: &Path) -> Published {
    let value = Value::from(Unknown::new(Type::Any, stack, path.to_string()));
    let digest = value.digest();
    Published::Value(value, digest)
}

fn near_output<'a>(path: &Path, outputs: impl Iterator<Item = &'a Path>) -> Option<String> {
    let names: BTreeSet<String> = outputs.map(ToString::to_string).collect();
    nearest(&path.to_string(), names.iter().map(String::as_str))
}

/// Why a stack has to be settled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unsettled {
    /// This run holds it, or left it open.
    Open(String),
    /// It was closed with steps whose end is not known.
    Dangling,
}

impl Unsettled {
    /// A sentence for people.
    pub(crate) fn note(&self, stacks: &[String]) -> String {
        let (who, verb) = match stacks {
            [one] => (one.clone(), ["is", "has"]),
            several => (format!("{} stacks", several.len()), ["are", "have"]),
        };
        match self {
            Self::Open(run) => format!("{who} {} held by run {run}, which is going on or was interrupted", verb[0]),
            Self::Dangling => format!("{who} {} steps whose end is not known; they are settled first", verb[1]),
        }
    }
}

/// Lookups of a diff or of a step.
pub(crate) struct EngineLookup<'a> {
    pub engine: &'a Engine<'a>,
    pub world: &'a World,
}

impl Lookup for EngineLookup<'_> {
    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, String> {
        self.engine.providers.schema(ty)
    }

    fn published(&self, stack: &str, path: &Path) -> Published {
        self.world.published(self.engine, stack, path)
    }

    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let function = self.engine.projects.iter().find_map(|project| project.function(name));
        function.map_or_else(|| Err("this runner has no such function".to_owned()), |function| function.run(args))
    }

    fn existing(&self, ty: &str, id: &str, instance: Option<&str>) -> Existing {
        self.world.seen.get(ty, id, instance)
    }

    fn alike(&self, stack: &StackName, urn: &Urn, identity: &Map, instance: Option<&str>) -> Alike {
        match self.world.seen.named(urn.ty(), identity, instance) {
            None => Alike::NotSeen,
            Some(Named::Nothing) => Alike::Absent,
            Some(Named::Unclear(reason)) => Alike::Unclear(reason.clone()),
            Some(Named::There(id, owner)) => {
                // With its state lost, a stack finds its own objects again.
                let lost = |owner: &Owner| {
                    let known = self.world.heads.values().any(|head| head.id == owner.stack_id);
                    !known && owner.organisation == self.engine.organisation && owner.urn == urn.to_string()
                };
                let others = owner.as_ref().filter(|owner| !lost(owner));
                let claim = others.and_then(|owner| self.engine.claim(&stack.to_string(), id, owner, self.world));
                Alike::There { id: id.clone(), claim }
            }
        }
    }

    fn site(&self, ty: &str, instance: Option<&str>) -> Result<Site, NoInstance> {
        self.engine.providers.site(ty, instance)
    }

    fn reaches(&self, ty: &str, kept: &Kept) -> bool {
        self.engine.providers.home(ty, kept).is_some()
    }

    fn provider_values(&self, instance: Option<&str>) -> BTreeMap<String, String> {
        self.engine.providers.instance(instance).map(|instance| instance.values.clone()).unwrap_or_default()
    }

    fn mend(
        &self,
        stack: &StackName,
        urn: &Urn,
        options: &Options,
        properties: &mut Map,
    ) -> Result<Vec<String>, Diagnostics> {
        let schema = self.engine.providers.schema(urn.ty()).ok().flatten();
        self.engine.policies.mend(stack, urn, options, schema, properties)
    }
}

/// What plain reads see: proposals of this run where they are known, else what is published.
pub(crate) struct PlainOutputs<'a> {
    pub engine: &'a Engine<'a>,
    pub world: &'a World,
    /// The selected stacks that may have something to do, by full name: their published outputs may be out of date.
    pub moving: &'a BTreeSet<String>,
    /// The outputs that the selection proposes so far: value, and whether it is what is published.
    pub proposed: &'a BTreeMap<String, BTreeMap<Path, (Value, bool)>>,
}

impl OutputSource for PlainOutputs<'_> {
    fn read(&self, stack: &str, path: &Path) -> OutputRead {
        if self.moving.contains(stack) {
            let Some(outputs) = self.proposed.get(stack) else { return OutputRead::NotYet };
            let Some((leaf, (value, applied))) = leaf_of(outputs, path) else { return self.missing(stack, path) };
            let rest = Path::from(path.segments()[leaf.segments().len()..].to_vec());
            return match value.at(&rest) {
                Some(value) if value.has_unknown() => OutputRead::NotYet,
                Some(value) => OutputRead::Known { value: value.clone(), applied: *applied },
                None if value.has_unknown() => OutputRead::NotYet,
                None => self.missing(stack, path),
            };
        }
        match self.world.published(self.engine, stack, path) {
            Published::Value(value, _) => OutputRead::Known { value, applied: true },
            // It is loaded before whoever waits for it is evaluated again.
            Published::Nothing if self.world.is_to_load(stack) => OutputRead::NotYet,
            _ => self.missing(stack, path),
        }
    }

    fn digest(&self, stack: &str, path: &Path) -> Option<Digest> {
        let published = if self.moving.contains(stack) { None } else { self.world.at_head(stack, path) };
        published.or_else(|| match self.read(stack, path) {
            OutputRead::Known { value, .. } => Some(value.digest()),
            OutputRead::NotYet | OutputRead::Missing(_) => None,
        })
    }
}

impl PlainOutputs<'_> {
    fn missing(&self, stack: &str, path: &Path) -> OutputRead {
        let problem = |code, message: String| diag::Diagnostic::error(code, message);
        OutputRead::Missing(match self.world.published(self.engine, stack, path) {
            Published::NoStack(near) => {
                let found = problem("E0303", format!("there is no stack `{stack}`"));
                near.map_or_else(|| found.clone(), |near| found.clone().hint(format!("did you mean `{near}`?")))
            }
            Published::Nothing => problem("E0305", format!("stack `{stack}` has published nothing yet"))
                .hint("select it too: `--with-upstream`")
                .hint(format!("or apply it first: `runner up {stack}`")),
            _ => problem("E0302", format!("stack `{stack}` has no output `{path}`"))
                .hint(format!("run `runner outputs {stack}` to see what it exports")),
        })
    }
}
