use std::collections::BTreeMap;

use crate::prelude::*;
use crate::{Declaration, Inputs, OutputRead, PlanFunction, ResourceRef, ResourceType};
use config::{Node, NodeKind, Table};
use resource::Evaluated;
use value::{Path, Value};

struct Fake(BTreeMap<&'static str, Value>);

impl Inputs for Fake {
    fn config(&self, _: &StackName) -> std::result::Result<Node, Diagnostics> {
        let place = Place::new("stacks/QA.toml", 1, 1);
        let node = Node { kind: NodeKind::Int(2), place: place.clone(), path: Path::key("size") };
        let entries = BTreeMap::from([("size".to_owned(), (place, node))]);
        Ok(Node { kind: NodeKind::Table(Table { entries }), ..Node::empty("stacks/QA.toml") })
    }

    fn file(&self, _: &str) -> std::result::Result<Option<Vec<u8>>, Diagnostic> {
        Ok(None)
    }

    fn list(&self, _: &str) -> std::result::Result<Option<Vec<String>>, Diagnostic> {
        Ok(None)
    }

    fn variable(&self, name: &str) -> Option<String> {
        (name == "TEST_SIZE" && self.0.contains_key("override")).then(|| "7".into())
    }

    fn world(&self, _: &StackName, _: &str, _: &Value) -> std::result::Result<Option<Value>, Diagnostics> {
        Ok(None)
    }

    fn output(&self, _: &str, path: &Path) -> OutputRead {
        match self.0.get(path.to_string().as_str()) {
            Some(Value::Null) => OutputRead::NotYet,
            Some(value) => OutputRead::Known { value: value.clone(), applied: true },
            None => OutputRead::Missing(Diagnostic::error("E0120", "no such output")),
        }
    }
}

struct Thing(Declaration);

impl Thing {
    fn new(name: &str) -> Self {
        Self(Declaration::new("Test::Thing", name))
    }

    fn label(mut self, label: impl Arg<String>) -> Self {
        self.0.set("Label", label.into_expr());
        self
    }
}

impl ResourceType for Thing {
    type Handle = ResourceRef;

    fn declaration(&mut self) -> &mut Declaration {
        &mut self.0
    }

    fn handle(reference: ResourceRef) -> ResourceRef {
        reference
    }
}

#[derive(Config)]
#[config(env = "TEST")]
struct Settings {
    size: i64,
    #[config(default = "x".to_owned())]
    label: String,
}

#[derive(Outputs)]
#[outputs(project = "up")]
struct Upstream {
    count: Output<i64>,
    name: Output<String>,
    extra: Option<Output<String>>,
    zones: OutputMap<Output<String>>,
}

#[plan_fn]
fn shout(text: String) -> String {
    text.to_uppercase()
}

fn evaluate<C: config::FromNode, O: OutputTree + 'static>(
    outputs: &[(&'static str, Value)],
    plan: impl Fn(&Stack, C) -> Result<Plan<O>> + Send + Sync + 'static,
) -> plan::Evaluation {
    let inputs = Fake(outputs.iter().cloned().collect());
    Project::new("test", plan).evaluate(StackName::new("test", "QA"), &inputs)
}

fn example(stack: &Stack, settings: Settings) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    let up = stack.reference::<Upstream>("QA");
    let zone = up.zones.get("learn").expect("a reader always gets a reference");
    plan.construct("test:Group", "group", |plan| {
        for n in 0..settings.size {
            let name = plan.child_name(&format!("{n}"));
            Thing::new(&name).label(text("{}-{}-{}", [&up.name, &zone, &shout(&settings.label)])).declare(plan);
        }
    });
    plan.finish(())
}

#[test]
fn a_plan_is_data_with_references_and_the_record_of_what_was_read() {
    let evaluation = evaluate(&[], example);
    let Ok(Evaluated::Plan(plan)) = &evaluation.result else { panic!("{:?}", evaluation.result) };
    assert_eq!(
        plan.resources.keys().map(ToString::to_string).collect::<Vec<_>>(),
        ["test::Test::Thing::group-0", "test::Test::Thing::group-1"]
    );
    assert_eq!(
        plan.reads().iter().map(|(s, p)| format!("{s}:{p}")).collect::<Vec<_>>(),
        ["up.QA:name", "up.QA:zones.learn"]
    );
    assert!(evaluation.sources.references["up.QA"].file.ends_with("plan/src/tests.rs"));
    assert_eq!(evaluation.reads.len(), 3, "the configuration and two variables that are not set");
    let again = evaluate(&[("override", Value::Null)], example);
    let Ok(Evaluated::Plan(plan)) = &again.result else { panic!("{:?}", again.result) };
    assert_eq!(plan.resources.len(), 7, "the variable overrides the key");
}

#[test]
fn a_plain_read_defers_until_the_output_is_known() {
    fn branch(stack: &Stack, _: Settings) -> Result<Plan<()>> {
        let mut plan = stack.plan();
        for n in 0..stack.read(&stack.reference::<Upstream>("QA").count)? {
            Thing::new(&format!("thing-{n}")).declare(&mut plan);
        }
        plan.finish(())
    }
    let deferred = evaluate(&[("count", Value::Null)], branch);
    assert!(matches!(&deferred.result, Ok(Evaluated::Deferred { waits_for, .. }) if waits_for.len() == 1));
    let known = evaluate(&[("count", Value::Int(2))], branch);
    assert!(matches!(&known.result, Ok(Evaluated::Plan(plan)) if plan.resources.len() == 2));
    let missing = evaluate(&[], branch);
    assert!(matches!(&missing.result, Err(found) if found.iter().all(|d| d.code == "E0120" && d.place.is_some())));
}

#[test]
fn case_40_two_resources_of_one_name_are_reported_with_both_lines() {
    let evaluation = evaluate(&[], |stack: &Stack, _: Settings| {
        let mut plan = stack.plan();
        Thing::new("a").declare(&mut plan);
        Thing::new("a").ignore_changes(&["x["]).declare(&mut plan);
        plan.finish(())
    });
    let found = evaluation.result.expect_err("two problems");
    assert_eq!(
        found.iter().map(|d| (d.code.as_str(), d.related.len())).collect::<Vec<_>>(),
        [("E0116", 0), ("E0110", 1)]
    );
}

/// One name cannot be an object of the stack and one that is only read.
#[test]
fn case_40_a_name_is_declared_or_only_read() {
    let evaluation = evaluate(&[], |stack: &Stack, _: Settings| {
        let mut plan = stack.plan();
        Thing::new("a").read("id-1").declare(&mut plan);
        Thing::new("a").label("x").declare(&mut plan);
        plan.finish(())
    });
    let found = evaluation.result.expect_err("a problem");
    assert_eq!(found.iter().map(|d| (d.code.as_str(), d.related.len())).collect::<Vec<_>>(), [("E0110", 1)]);
}

#[test]
fn functions_are_called_by_name_with_known_values() {
    let function: &PlanFunction = &SHOUT;
    assert_eq!((function.call)(&[Value::from("x")]), Ok(Value::from("X")));
    assert!((function.call)(&[Value::Int(1)]).is_err());
    let expr = shout("x").expr().clone();
    assert!(matches!(expr, expr::Expr::Function { name, .. } if name == function.name));
}

#[test]
fn optional_outputs_are_left_out_by_the_producer() {
    let outputs = Upstream {
        count: Output::known(1),
        name: Output::known("n"),
        extra: None,
        zones: [("ol", Output::known("Z1"))].into_iter().collect(),
    };
    let mut leaves = BTreeMap::new();
    outputs.collect(&Path::root(), &mut leaves);
    assert_eq!(leaves.keys().map(ToString::to_string).collect::<Vec<_>>(), ["count", "name", "zones.ol"]);
    assert!(Upstream::reference("up.QA", &Path::root()).extra.is_some(), "a reader gets an optional reference");
}

#[derive(Outputs)]
struct Network<G> {
    id: Output<String>,
    #[outputs(key = "security_groups")]
    groups: G,
    #[outputs(flatten)]
    kubernetes: Kubernetes,
}

#[derive(Outputs)]
struct Kubernetes {
    pods: Output<String>,
}

#[test]
fn outputs_can_be_generic_flattened_and_renamed() {
    let text = |at: &Output<String>| match at.expr() {
        expr::Expr::Output { path, .. } => path.to_string(),
        other => format!("{other:?}"),
    };
    let read = Network::<Kubernetes>::reference("up.QA", &Path::key("data"));
    assert_eq!(
        [text(&read.id), text(&read.groups.pods), text(&read.kubernetes.pods)],
        ["data.id", "data.security_groups.pods", "data.pods"]
    );
    let mut leaves = BTreeMap::new();
    read.collect(&Path::root(), &mut leaves);
    assert_eq!(leaves.keys().map(ToString::to_string).collect::<Vec<_>>(), ["id", "pods", "security_groups.pods"]);
}

/// Nothing is there to be read.
struct NoScope;
impl expr::Scope for NoScope {
    fn attribute(&self, _: &str, _: &Path, _: &value::Type) -> Option<Value> {
        None
    }
    fn output(&self, _: &str, _: &Path, _: &value::Type) -> Option<Value> {
        None
    }
    fn secret(&self, _: &Path, fingerprint: value::Digest) -> value::Secret {
        value::Secret::sealed(fingerprint)
    }
    fn function(&self, _: &str, _: &[Value]) -> std::result::Result<Value, String> {
        Err("none".into())
    }
}

#[test]
fn conditions_and_hooks_stand_around_a_resource_and_may_read_it_once_it_is_declared() {
    let evaluation = evaluate(&[], |stack: &Stack, settings: Settings| {
        let mut plan = stack.plan();
        let label = Output::<String>::known(&settings.label);
        let small = label.equals("x").and(label.equals("y").or(true)).and(label.equals("z").is_false());
        let thing = Thing::new("a")
            .precondition(&small, "the label has to be `x`")
            .hook(Moment::BeforeCreate, &[&Output::known("true")])
            .hook_call(Moment::AfterDelete, &shout(&settings.label))
            .declare(&mut plan);
        let arn = thing.attribute::<String>("Arn");
        plan.ensure(&thing, arn.equals("a"), "another ARN");
        plan.hook(&thing, Moment::AfterCreate, &[&Output::known("echo"), &arn]);
        plan.finish(())
    });
    let Ok(Evaluated::Plan(plan)) = &evaluation.result else { panic!("{:?}", evaluation.result) };
    let around = &plan.resources.values().next().expect("one").around;
    assert_eq!((around.preconditions.len(), around.postconditions.len(), around.hooks.len()), (1, 1, 3));
    assert_eq!(plan.called().into_iter().collect::<Vec<_>>(), [SHOUT.name]);
    assert_eq!(expr::evaluate(&around.preconditions[0].holds, &NoScope), Ok(Value::Bool(true)));
}
