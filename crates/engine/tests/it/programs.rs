//! Projects that declare what a text in the language of the diff's tests says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use config::{FromNode, Node};
use diag::{Diagnostic, Diagnostics, Place};
use expr::Expr;
use plan::{Declaration, Inputs, Output, OutputRead, OutputTree, PlanFunction, Project};
use resource::{Resource, StackName, Urn};
use value::{Digest, Path, Value};

use crate::fixture::Fixture;

/// The part of the program that a project's code is made of.
pub(crate) fn code(program: &str, project: &str) -> Digest {
    let blocks = program.split("stack ").filter(|block| block.starts_with(&format!("{project}.")));
    Digest::of("code", blocks.collect::<String>().as_bytes())
}

/// The projects of a program: each declares what the text says of its stack.
pub(crate) fn projects(program: &str, backwards: bool) -> Vec<Project> {
    let names: BTreeSet<&str> = program
        .lines()
        .filter_map(|line| line.trim().strip_prefix("stack "))
        .map(|line| line.split_once('.').expect("project.stack").0)
        .collect();
    let make = |name: &str| {
        let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
        let program = program.to_owned();
        Project::new(name, move |stack: &plan::Stack, _: NoConfig| declare(stack, &program, backwards))
            .functions(&FUNCTIONS)
    };
    names.into_iter().map(make).collect()
}

/// A program without the lines that make as many resources as an output says: `each STACK NAME STACK:PATH`.
pub(crate) fn without_each(program: &str) -> String {
    program.lines().filter(|line| !is_each(line)).collect::<Vec<_>>().join("\n")
}

/// What the programs can call: one writes its arguments into a file, its first one; one fails with them, one
/// panics with them.
pub(crate) const FUNCTIONS: [PlanFunction; 3] = [
    PlanFunction {
        name: "test::note",
        call: |args| {
            let words: Vec<&str> = args.iter().filter_map(Value::as_str).collect();
            let (file, words) = words.split_first().ok_or("no file")?;
            let mut file =
                std::fs::OpenOptions::new().create(true).append(true).open(file).map_err(|e| e.to_string())?;
            std::io::Write::write_all(&mut file, format!("{}\n", words.join(" ")).as_bytes())
                .map_err(|e| e.to_string())?;
            Ok(Value::Null)
        },
    },
    PlanFunction {
        name: "test::panic",
        call: |args| panic!("{}", args.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
    },
    PlanFunction {
        name: "test::fail",
        call: |args| Err(args.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
    },
];

fn is_each(line: &&str) -> bool {
    line.trim().starts_with("each ")
}

/// What a resource called `unsteady` is labelled with: another number each time.
static UNSTEADY: AtomicU64 = AtomicU64::new(0);

fn declare(stack: &plan::Stack, program: &str, backwards: bool) -> plan::Result<plan::Plan<Leaves>> {
    let fixture = Fixture::parse(&without_each(program));
    let parsed = fixture.stacks.into_iter().find(|parsed| parsed.name == *stack.name()).expect("it is there");
    let mut draft = stack.plan();
    for line in program.lines().filter(is_each) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[1] != stack.name().to_string() {
            continue;
        }
        let (upstream, path) = words[3].split_once(':').expect("stack:path");
        let path: Path = path.parse().expect("a path");
        let output = Expr::Output { stack: upstream.to_owned(), path, ty: value::Type::Int, optional: false };
        for n in 0..stack.read(&Output::<i64>::from_expr(output))? {
            let place = Place::new("each", 1, 1);
            draft.declare(Declaration::new("Vpc", format!("{}-{n}", words[2])), place);
        }
    }
    let parsed_plan = parsed.plan.expect("a plan");
    let mut resources: Vec<(&Urn, &Resource)> = parsed_plan.resources.iter().collect();
    if backwards {
        resources.reverse();
    }
    for (urn, resource) in resources {
        let ty: &'static str = ["Vpc", "Bucket", "Route", "Fixed", "Login", "Template", "Guess", "Broken"]
            .into_iter()
            .find(|ty| *ty == urn.ty())
            .expect("a type");
        let mut declaration = Declaration::new(ty, urn.name());
        declaration.properties = resource.properties.clone();
        if urn.name() == "unsteady" {
            let number = UNSTEADY.fetch_add(1, Ordering::Relaxed);
            declaration.properties.insert("Label".to_owned(), Expr::Value(Value::from(number.to_string())));
        }
        declaration.options = resource.options.clone().into_inner();
        declaration.around = resource.around.clone();
        let aliases = resource.options.aliases.iter();
        declaration.aliases = aliases.map(|alias| (alias.stack.clone(), alias.urn.name().to_owned())).collect();
        draft.declare(declaration, parsed.sources.resources[urn].clone());
    }
    parsed_plan.forget.iter().for_each(|urn| draft.forget(urn.ty(), urn.name()));
    draft.finish(Leaves(parsed_plan.outputs))
}

/// Outputs that are given as they are.
pub(crate) struct Leaves(pub(crate) BTreeMap<Path, Expr>);

impl OutputTree for Leaves {
    fn reference(_: &str, _: &Path) -> Self {
        Self(BTreeMap::new())
    }

    fn collect(&self, _: &Path, leaves: &mut BTreeMap<Path, Expr>) {
        leaves.extend(self.0.clone());
    }
}

struct NoConfig;

impl FromNode for NoConfig {
    fn from_node(_: &Node, _: &mut Diagnostics) -> Option<Self> {
        Some(Self)
    }
}

/// Programs here read nothing but outputs.
pub(crate) struct Nothing;

impl Inputs for Nothing {
    fn config(&self, _: &StackName) -> Result<Node, Diagnostics> {
        Ok(Node::empty("none.toml"))
    }

    fn file(&self, _: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        Ok(None)
    }

    fn list(&self, _: &str) -> Result<Option<Vec<String>>, Diagnostic> {
        Ok(None)
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn world(&self, _: &StackName, _: &str, _: &Value) -> Result<Option<Value>, Diagnostics> {
        Ok(None)
    }

    fn output(&self, _: &str, _: &Path) -> OutputRead {
        OutputRead::NotYet
    }
}
