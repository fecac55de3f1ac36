//! What a stack plans, as a test looks at it.

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics};
use expr::{Expr, Scope};
use plan::Project;
use resource::{Dependency, Evaluated, Options, Plan, Shared, Urn};
use value::{Digest, Path, Secret, Type, Unknown, Value};

use crate::inputs::Fixture;
use crate::{Given, path};

/// A stack that was evaluated.
#[derive(Debug)]
pub struct Planned {
    project: Project,
    fixture: Fixture,
    result: Result<Evaluated, Diagnostics>,
}

/// A planned resource, its properties worked out as far as they are known.
#[derive(Debug, Clone)]
pub struct Resource {
    urn: Urn,
    properties: Value,
    options: Shared<Options>,
    parent: Option<String>,
}

impl Planned {
    pub(crate) fn of(given: Given) -> Self {
        let Given { project, stack, fixture } = given;
        let result = project.evaluate(stack, &fixture).result;
        Self { project, fixture, result }
    }

    /// The plan.
    #[track_caller]
    pub fn plan(&self) -> &Plan {
        match &self.result {
            Ok(Evaluated::Plan(plan)) => plan,
            Ok(Evaluated::Deferred { waits_for, .. }) => panic!("the plan waits for {waits_for:?}"),
            Err(found) => panic!("there is no plan:\n{}", lines(found).join("\n")),
        }
    }

    /// What is wrong, one line each: code, place without the column, message, hints.
    pub fn problems(&self) -> Vec<String> {
        match &self.result {
            Ok(_) => Vec::new(),
            Err(found) => lines(found),
        }
    }

    /// The outputs that the plan waits for, as `stack:path`.
    pub fn waits_for(&self) -> Vec<String> {
        match &self.result {
            Ok(Evaluated::Deferred { waits_for, .. }) => {
                waits_for.iter().map(|(stack, path)| format!("{stack}:{path}")).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The outputs of other stacks that the plan reads, as `stack:path`.
    #[track_caller]
    pub fn reads(&self) -> Vec<String> {
        self.plan().reads().iter().map(|(stack, path)| format!("{stack}:{path}")).collect()
    }

    /// How many resources there are.
    #[track_caller]
    pub fn count(&self) -> usize {
        self.plan().resources.len()
    }

    /// How many resources there are of each type.
    #[track_caller]
    pub fn by_type(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for urn in self.plan().resources.keys() {
            *counts.entry(urn.ty()).or_default() += 1;
        }
        counts
    }

    /// The names of the resources of a type, sorted.
    #[track_caller]
    pub fn names(&self, ty: &str) -> Vec<&str> {
        self.plan().resources.keys().filter(|urn| urn.ty() == ty).map(Urn::name).collect()
    }

    /// The resources of a type.
    #[track_caller]
    pub fn resources(&self, ty: &str) -> Vec<Resource> {
        self.names(ty).into_iter().map(|name| self.resource(ty, name)).collect()
    }

    /// A resource.
    #[track_caller]
    pub fn resource(&self, ty: &str, name: &str) -> Resource {
        let urn = Urn::new(self.project.name(), ty, name);
        let Some(resource) = self.plan().resources.get(&urn) else {
            panic!("there is no `{ty}` named `{name}`; there are {:?}", self.names(ty))
        };
        let properties = resource.properties.iter().map(|(key, expr)| (key.clone(), self.value(expr)));
        Resource {
            urn,
            properties: Value::Map(properties.collect()),
            options: resource.options.clone(),
            parent: resource.parent.clone(),
        }
    }

    /// The output at a path, or the map of all that lie below it.
    #[track_caller]
    pub fn output(&self, at: &str) -> Value {
        let at = path(at);
        let plan = self.plan();
        if let Some(expr) = plan.outputs.get(&at) {
            return self.value(expr);
        }
        let below: value::Map = plan
            .outputs
            .iter()
            .filter(|(path, _)| at.covers(path))
            .map(|(path, expr)| {
                let rest = Path::from(path.segments()[at.segments().len()..].to_vec());
                (rest.to_string(), self.value(expr))
            })
            .collect();
        assert!(!below.is_empty(), "there is no output `{at}`; there are {:?}", self.outputs());
        Value::Map(below)
    }

    /// The paths of the outputs.
    #[track_caller]
    pub fn outputs(&self) -> Vec<String> {
        self.plan().outputs.keys().map(ToString::to_string).collect()
    }

    /// What does not fit the schemas of the types, one line each: properties that a vendor would refuse, and attributes
    /// that a type does not have. A type without a schema is one line too.
    #[track_caller]
    pub fn misfits(&self) -> Vec<String> {
        let catalog = crate::policies::catalog();
        let plan = self.plan();
        let mut found = BTreeSet::new();
        let schema = |ty: &str, found: &mut BTreeSet<String>| match catalog.get(ty) {
            Ok(Some(schema)) => Some(schema),
            Ok(None) => {
                found.insert(format!("{ty}: there is no such type"));
                None
            }
            Err(error) => panic!("{error}"),
        };
        for urn in plan.resources.keys() {
            let Some(schema) = schema(urn.ty(), &mut found) else { continue };
            let resource = self.resource(urn.ty(), urn.name());
            let problems = schema.validate(resource.properties.as_map().unwrap_or(&value::Map::new()));
            found.extend(problems.iter().map(|problem| format!("{}: `{}` {}", urn.name(), problem.path, problem.kind)));
        }
        plan.visit(&mut |expr| {
            let Expr::Attribute { urn, path, .. } = expr else { return };
            let Some(urn) = urn.parse::<Urn>().ok() else { return };
            let Some(schema) = schema(urn.ty(), &mut found) else { return };
            if !schema.is_attribute(path) && schema.property(path).is_none() {
                found.insert(format!("{}: there is no attribute `{path}`", urn.name()));
            }
        });
        found.into_iter().collect()
    }

    #[track_caller]
    fn value(&self, expr: &Expr) -> Value {
        match expr::evaluate(expr, self) {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Scope for Planned {
    fn attribute(&self, urn: &str, path: &Path, ty: &Type) -> Option<Value> {
        let urn: Urn = urn.parse().ok()?;
        if let Some(given) = self.fixture.attributes.get(&(urn.ty().to_owned(), urn.name().to_owned(), path.clone())) {
            return Some(given.clone());
        }
        let plan = self.plan();
        let resource = plan.resources.get(&urn)?;
        let set = path.first_key().and_then(|key| resource.properties.get(key));
        match set {
            Some(expr) => {
                let rest = Path::from(path.segments()[1..].to_vec());
                expr::evaluate(&expr.at(&rest, ty.clone()), self).ok()
            }
            None => Some(Value::Unknown(Unknown::new(ty.clone(), plan.stack.to_string(), format!("{urn}.{path}")))),
        }
    }

    fn output(&self, stack: &str, path: &Path, ty: &Type) -> Option<Value> {
        let given = self.fixture.outputs.get(&(stack.to_owned(), path.clone())).cloned();
        Some(given.unwrap_or_else(|| Value::Unknown(Unknown::new(ty.clone(), stack, path.to_string()))))
    }

    fn secret(&self, _: &Path, fingerprint: Digest) -> Secret {
        Secret::sealed(fingerprint)
    }

    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let function = self.project.function(name).ok_or("the project does not list it")?;
        (function.call)(args)
    }
}

impl Resource {
    /// The type.
    pub fn ty(&self) -> &str {
        self.urn.ty()
    }

    /// The logical name.
    pub fn name(&self) -> &str {
        self.urn.name()
    }

    /// All properties.
    pub fn properties(&self) -> &Value {
        &self.properties
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The construct that it is shown under.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// The property at a path.
    #[track_caller]
    pub fn get(&self, at: &str) -> &Value {
        match self.properties.at(&path(at)) {
            Some(value) => value,
            None => panic!("`{}` has no `{at}`; it is {:?}", self.urn, self.properties),
        }
    }

    /// The property at a path, if it is set.
    #[track_caller]
    pub fn find(&self, at: &str) -> Option<&Value> {
        self.properties.at(&path(at))
    }

    /// The text at a path.
    #[track_caller]
    pub fn text(&self, at: &str) -> &str {
        match self.get(at) {
            Value::String(text) => text,
            other => panic!("`{at}` of `{}` is {other:?}", self.urn),
        }
    }

    /// Whether what is at a path will be known only later; a property that is not set is the vendor's choice.
    #[track_caller]
    pub fn is_unknown(&self, at: &str) -> bool {
        self.find(at).is_none_or(Value::has_unknown)
    }

    /// What the unknowns at a path come from, as `stack:what`.
    #[track_caller]
    pub fn origins(&self, at: &str) -> Vec<String> {
        let mut origins = Vec::new();
        self.get(at).unknowns(&mut |unknown| origins.extend(unknown.origins.iter().map(ToString::to_string)));
        origins
    }

    /// The value of a tag, in a property of pairs whose name ends in `Tags`.
    #[track_caller]
    pub fn tag(&self, key: &str) -> Option<&str> {
        let properties = self.properties.as_map()?;
        let tags = properties.iter().filter(|(name, _)| name.ends_with("Tags")).filter_map(|(_, tags)| tags.as_list());
        let (name, content) = (path("Key"), path("Value"));
        tags.flatten().find(|tag| tag.at(&name).and_then(Value::as_str) == Some(key))?.at(&content)?.as_str()
    }

    /// The names of the resources that it waits for without reading them.
    pub fn depends_on(&self) -> Vec<&str> {
        fn name(dependency: &Dependency) -> Option<&str> {
            match dependency {
                Dependency::Resource(urn) => Some(urn.name()),
                Dependency::Stack(_) => None,
            }
        }
        self.options.depends_on.iter().filter_map(name).collect()
    }
}

fn lines(found: &Diagnostics) -> Vec<String> {
    found.iter().map(line).collect()
}

fn line(problem: &Diagnostic) -> String {
    let place = problem.place.as_ref().map(|place| format!(" {}:{}", place.file, place.line)).unwrap_or_default();
    let said = format!("{}{place} {}", problem.code, problem.message);
    [said].into_iter().chain(problem.hints.clone()).collect::<Vec<_>>().join(" | ")
}
