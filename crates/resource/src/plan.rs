//! Plans: symbolic, canonical, with a digest.

use std::collections::{BTreeMap, BTreeSet};

use diag::Place;
use expr::{Expr, Named, Visit};
use serde::{Deserialize, Serialize};
use value::{Digest, Path};

use crate::{Around, Dependency, Options, Run, Shared, StackName, Urn};

/// The number of the plan format; grows with every change of meaning.
pub const PLAN_FORMAT: u32 = 1;

/// One declared resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// What it should be, in the vendor's words.
    pub properties: Named,
    /// How it is handled.
    #[serde(default)]
    pub options: Shared<Options>,
    /// What else is to happen, or to hold, around its steps.
    #[serde(default, skip_serializing_if = "Around::is_empty")]
    pub around: Around,
    /// The construct that it is shown under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// A group of resources under one name; for display only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Construct {
    /// What kind of thing it is: `ol:Vpc`.
    #[serde(rename = "type")]
    pub ty: String,
    /// The construct that it is shown under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// What a plan function returns: every resource and output of one stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`PLAN_FORMAT`].
    pub format: u32,
    /// The stack.
    pub stack: StackName,
    /// The resources, by URN.
    pub resources: BTreeMap<Urn, Resource>,
    /// The constructs, by name.
    #[serde(default)]
    pub constructs: BTreeMap<String, Construct>,
    /// The outputs: the leaves, by path.
    #[serde(default)]
    pub outputs: BTreeMap<Path, Expr>,
    /// Stacks whose success this one waits for without reading them.
    #[serde(default)]
    pub after: BTreeSet<StackName>,
    /// Resources that the program no longer declares, whose objects stay: only their record goes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub forget: BTreeSet<Urn>,
    /// The named pure functions that the expressions call, with the digest of the source that they must have.
    #[serde(default)]
    pub functions: BTreeMap<String, Digest>,
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evaluated {
    /// A whole plan.
    Plan(Plan),
    /// The program branches on outputs that are not known yet.
    Deferred {
        /// [`PLAN_FORMAT`].
        format: u32,
        /// The stack.
        stack: StackName,
        /// The outputs that it waits for: stack and path.
        waits_for: BTreeSet<(String, Path)>,
    },
}

/// Where things are declared, beside the plan and in no digest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    /// The line that declares each resource.
    pub resources: BTreeMap<Urn, Place>,
    /// The line that first refers to each other stack, by full name.
    pub references: BTreeMap<String, Place>,
    /// The line that ends the plan and gives its outputs.
    pub outputs: Option<Place>,
}

impl Resource {
    /// Every expression of it: properties, then what stands around its steps.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.properties.values().chain(self.around.expressions())
    }
}

impl Plan {
    /// An empty plan.
    pub fn new(stack: StackName) -> Self {
        Self {
            format: PLAN_FORMAT,
            stack,
            resources: BTreeMap::new(),
            constructs: BTreeMap::new(),
            outputs: BTreeMap::new(),
            after: BTreeSet::new(),
            forget: BTreeSet::new(),
            functions: BTreeMap::new(),
        }
    }

    /// The outputs of other stacks that the plan reads: stack and path.
    pub fn reads(&self) -> BTreeSet<(String, Path)> {
        let mut found = BTreeSet::new();
        let mut visit = |part: &Expr| {
            if let Expr::Output { stack, path, .. } = part {
                found.insert((stack.clone(), path.clone()));
            }
        };
        self.visit(&mut visit);
        found
    }

    /// Calls `visit` with every expression of the plan.
    pub fn visit(&self, visit: &mut dyn FnMut(&Expr)) {
        self.resources.values().flat_map(Resource::expressions).for_each(|expr| expr.visit(visit));
        self.outputs.values().for_each(|expr| expr.visit(visit));
    }

    /// The names of the functions that expressions and hooks call.
    pub fn called(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.visit(&mut |part| {
            if let Expr::Function { name, .. } = part {
                found.insert(name.clone());
            }
        });
        let hooks = self.resources.values().flat_map(|resource| &resource.around.hooks);
        found.extend(hooks.filter_map(|hook| match &hook.run {
            Run::Function { name, .. } => Some(name.clone()),
            Run::Command(_) => None,
        }));
        found
    }

    /// The stacks that it, or a resource of it, waits for without reading them.
    pub fn waits_for(&self) -> BTreeSet<StackName> {
        let dependencies = self.resources.values().flat_map(|resource| &resource.options.depends_on);
        let stacks = dependencies.filter_map(|dependency| match dependency {
            Dependency::Stack(name) => Some(name),
            Dependency::Resource(_) => None,
        });
        stacks.chain(&self.after).cloned().collect()
    }

    /// The keys of the configuration's secrets that the plan reads.
    pub fn secrets(&self) -> BTreeSet<Path> {
        let mut found = BTreeSet::new();
        let mut visit = |part: &Expr| {
            if let Expr::Secret { key, .. } = part {
                found.insert(key.clone());
            }
        };
        self.visit(&mut visit);
        found
    }
}

impl Evaluated {
    /// The stack.
    pub fn stack(&self) -> &StackName {
        match self {
            Self::Plan(plan) => &plan.stack,
            Self::Deferred { stack, .. } => stack,
        }
    }

    /// The canonical bytes: the same on every machine.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        // INVARIANT: only sorted maps, lists and structs with a fixed field order are inside, so serde_json's output
        // is canonical; it cannot fail for such types.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The digest of the canonical bytes.
    pub fn digest(&self) -> Digest {
        // INVARIANT: as above, it has canonical bytes.
        Digest::of_json("plan/1", self).unwrap_or_else(|| Digest::of("plan/1", b""))
    }
}
