//! One machine in the making: what components declare on it is put in order, and two that would write one thing are an
//! error before anything is done.
//!
//! Layer: L1, model, a library of projects and components. **Invariant:** of a path, a package, a user, a group or a
//! service there is one declaration on a machine.

mod template;

use std::collections::{BTreeMap, BTreeSet};

use hostops::{Claim, Item, Key, Kind};
use plan::diag::{Diagnostic, Place};
use plan::expr::{Expr, Named, Op};
use plan::resource::{Dependency, Urn};
use plan::value::{Digest, Map, Value, canonical_bytes};
use plan::{AsDependency, Declaration, Draft, ResourceType};
use types_host::{Service, ServiceHandle};

pub use template::Template;

/// The resources of one machine.
#[derive(Debug)]
pub struct Machine<'a> {
    plan: &'a mut Draft,
    name: String,
    claimed: BTreeMap<Claim, (Dependency, Place)>,
    /// Packages, which may bring users, directories and units of their own.
    packages: Vec<Dependency>,
    /// Where packages come from, and which of them.
    sources: Vec<Dependency>,
    /// What stands for the content of each resource, for those that are restarted when it changes.
    contents: BTreeMap<Urn, Expr>,
}

impl<'a> Machine<'a> {
    /// A machine, by the provider instance that it is.
    pub fn new(plan: &'a mut Draft, name: &str) -> Self {
        Self {
            plan,
            name: name.to_owned(),
            claimed: BTreeMap::new(),
            packages: Vec::new(),
            sources: Vec::new(),
            contents: BTreeMap::new(),
        }
    }

    /// The provider instance.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reports a problem; the plan goes on, so that others are found too.
    pub fn report(&mut self, problem: Diagnostic) {
        self.plan.report(problem);
    }

    /// Puts a resource on the machine, after what it needs: the directories above it, its owner, the packages so far.
    #[track_caller]
    pub fn add<R: ResourceType>(&mut self, mut resource: R) -> R::Handle {
        let place = Place::caller();
        let mut declaration = resource.declaration().clone();
        declaration.name = format!("{}:{}", self.name, declaration.name);
        declaration.options.provider.get_or_insert_with(|| self.name.clone());
        let known = known(&declaration.properties);
        let kind = Kind::of(declaration.ty);
        let item = kind.map(|kind| self.order(kind, &known, &mut declaration, &place));
        if item.is_none() {
            self.plan.report(
                Diagnostic::error("E0851", format!("`{}` is nothing that is on a machine", declaration.ty))
                    .at(place.clone())
                    .hint("declare it in the plan itself"),
            );
        }
        let content = content(&declaration.properties);
        let reference = self.plan.declare(declaration, place.clone());
        let dependency = reference.as_dependency();
        self.contents.insert(reference.urn().clone(), content);
        if let Some(item) = item.filter(|item| Key::within(item.key().kind, &known).is_some()) {
            let kind = item.key().kind;
            if kind == Kind::Package {
                self.packages.push(dependency.clone());
            }
            if kind.is_of_packages() {
                self.sources.push(dependency.clone());
            }
            item.claims().iter().for_each(|claim| self.claim(claim, &dependency, &place));
        }
        R::handle(reference)
    }

    /// Puts a service on the machine that is restarted, once, after any of some resources has changed, and reloaded after
    /// any of others has.
    #[track_caller]
    pub fn service(
        &mut self,
        mut service: Service,
        restarts: &[&dyn AsDependency],
        reloads: &[&dyn AsDependency],
    ) -> ServiceHandle {
        for (property, edges) in [("restart_on", restarts), ("reload_on", reloads)] {
            let mut contents = Named::new();
            for edge in edges {
                let dependency = edge.as_dependency();
                let Dependency::Resource(urn) = &dependency else { continue };
                match self.contents.get(urn) {
                    Some(content) => drop(contents.insert(urn.name().to_owned(), content.clone())),
                    None => self.plan.report(
                        Diagnostic::error("E0853", format!("`{}` is nothing of `{}`", urn.name(), self.name))
                            .at(Place::caller())
                            .hint("put it on the machine first, with `add`"),
                    ),
                }
                service.declaration().options.depends_on.push(dependency);
            }
            if !contents.is_empty() {
                service.declaration().set(property, Expr::Map(contents));
            }
        }
        self.add(service)
    }

    /// Says what a declaration comes after, and what is wrong with it.
    fn order(&mut self, kind: Kind, known: &Map, declaration: &mut Declaration, place: &Place) -> Item {
        let (item, problems) = Item::known(kind, known);
        for problem in problems {
            let message = format!("{problem} (in `{}`)", declaration.name);
            self.plan.report(Diagnostic::error("E0854", message).at(place.clone()).hint("correct it"));
        }
        let mut after: BTreeSet<Dependency> =
            item.needs().iter().filter_map(|claim| self.claimed.get(claim)).map(|(first, _)| first.clone()).collect();
        match kind {
            Kind::Package => after.extend(self.sources.iter().cloned()),
            _ => after.extend(self.packages.iter().cloned()),
        }
        let listed = &mut declaration.options.depends_on;
        listed.extend(after.into_iter().filter(|one| !listed.contains(one)).collect::<Vec<_>>());
        item
    }

    /// Nothing on a machine is declared twice.
    fn claim(&mut self, claim: &Claim, by: &Dependency, place: &Place) {
        // Two of one name are told of by the plan.
        let rival = self.claimed.iter().find(|(other, (first, _))| claim.clashes(other) && first != by);
        if let Some((_, (_, first))) = rival {
            self.plan.report(
                Diagnostic::error("E0852", format!("two resources of `{}` are about {claim}", self.name))
                    .at(place.clone())
                    .related(first.clone(), "the first one is declared here")
                    .hint("declare it once, or give one of them another path"),
            );
        }
        self.claimed.entry(claim.clone()).or_insert_with(|| (by.clone(), place.clone()));
    }
}

/// The properties that are known while the plan is made.
fn known(properties: &Named) -> Map {
    properties.iter().filter_map(|(name, expr)| Some((name.clone(), expr.to_value()?))).collect()
}

/// What stands for properties: a digest of what is known, or else all of them, so that a secret stays one.
fn content(properties: &Named) -> Expr {
    let map = known(properties);
    let all = Value::Map(map);
    if all.as_map().is_some_and(|map| map.len() == properties.len()) && !all.has_secret() && !all.has_unknown() {
        let digest = Digest::of("machine/content/1", &canonical_bytes(&all)).to_string();
        return Expr::Value(Value::from(digest.get(..16).unwrap_or(&digest)));
    }
    Expr::Call { op: Op::Json, args: vec![Expr::Map(properties.clone())] }
}

#[cfg(test)]
mod tests;
