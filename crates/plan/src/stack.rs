//! The stack that a plan function plans.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use config::{FromNode, Node, NodeKind};
use diag::{Diagnostic, Diagnostics, Place};
use resource::StackName;
use value::{Digest, Path, Value};

use crate::{Draft, FromValue, Inputs, Output, OutputRead, OutputTree, Read, Reads, StackOutputs, Typed};

/// Why a plan function stops.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// Something is wrong.
    Problems(Diagnostics),
    /// It branches on outputs that are not known yet: stack and path.
    Deferred(BTreeSet<(String, Path)>),
}

impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Problems(diagnostic.into())
    }
}

impl From<Diagnostics> for Stop {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Problems(diagnostics)
    }
}

/// What a plan function and its parts return.
pub type Result<T, E = Stop> = std::result::Result<T, E>;

/// A question about the live world whose answer the world lock holds.
pub trait WorldQuery {
    /// What the answer is read as.
    type Answer: FromValue;
    /// The name of the query: `aws:availability-zones`.
    const NAME: &'static str;
    /// Its arguments.
    fn arguments(&self) -> Value;
}

/// The stack that a plan function plans: its name, and everything that may be read.
pub struct Stack<'a> {
    name: StackName,
    inputs: &'a dyn Inputs,
    pub(crate) reads: RefCell<Reads>,
    pub(crate) references: RefCell<BTreeMap<String, Place>>,
    pub(crate) after: RefCell<BTreeSet<StackName>>,
}

impl<'a> Stack<'a> {
    /// A stack that reads from `inputs`.
    pub fn new(name: StackName, inputs: &'a dyn Inputs) -> Self {
        Self { name, inputs, reads: RefCell::default(), references: RefCell::default(), after: RefCell::default() }
    }

    /// The full name.
    pub fn name(&self) -> &StackName {
        &self.name
    }

    /// The environment as it is written in tags: `QA`, `Production`, `default`.
    pub fn environment(&self) -> &str {
        self.name.environment()
    }

    /// The tenant or cluster, if the stack has one: `mitx` of `mitx.QA`.
    pub fn scope(&self) -> Option<&str> {
        self.name.scope()
    }

    /// Starts the plan.
    pub fn plan(&self) -> Draft {
        Draft::new(self.name.clone())
    }

    /// The outputs of another stack, by its short name; symbolic, with no order to keep.
    #[track_caller]
    pub fn reference<O: StackOutputs>(&self, short_name: &str) -> O {
        self.reference_to(&StackName::new(O::PROJECT, short_name))
    }

    /// The outputs of a stack whose project is data, too.
    #[track_caller]
    pub fn reference_to<O: OutputTree>(&self, stack: &StackName) -> O {
        let stack = stack.to_string();
        let place = Place::caller();
        self.references.borrow_mut().entry(stack.clone()).or_insert(place);
        O::reference(&stack, &Path::root())
    }

    /// Waits for the success of another stack without reading it.
    #[track_caller]
    pub fn after<O: StackOutputs>(&self, short_name: &str) {
        let stack = StackName::new(O::PROJECT, short_name);
        let place = Place::caller();
        self.references.borrow_mut().entry(stack.to_string()).or_insert(place);
        self.after.borrow_mut().insert(stack);
    }

    /// Reads another stack's output as a plain value, to branch on it.
    ///
    /// # Errors
    /// [`Stop::Deferred`] while the output is not known, and a problem if it is none or does not fit.
    #[track_caller]
    pub fn read<T: FromValue + Typed>(&self, output: &Output<T>) -> Result<T> {
        let place = Place::caller();
        let expr::Expr::Output { stack, path, optional, .. } = output.expr() else {
            return match output.expr().to_value().as_ref().and_then(T::from_value) {
                Some(value) => Ok(value),
                None => Err(Diagnostic::error("E0112", "only an output of another stack can be read as a plain value")
                    .at(place)
                    .into()),
            };
        };
        let read = Read::Output(stack.clone(), path.clone());
        match self.inputs.output(stack, path) {
            OutputRead::Known { value, applied } => {
                self.record(read, output_digest(&value, applied));
                T::from_value(&value).ok_or_else(|| {
                    let message = format!("output `{stack}:{path}` is {}, not {}", value.ty(), T::ty());
                    Diagnostic::error("E0113", message).at(place).into()
                })
            }
            OutputRead::NotYet => Err(Stop::Deferred(BTreeSet::from([(stack.clone(), path.clone())]))),
            OutputRead::Missing(_) if *optional => {
                self.record(read, absent());
                T::from_value(&Value::Null).ok_or_else(|| {
                    let message = format!("stack `{stack}` does not export `{path}`");
                    Diagnostic::error("E0113", message).at(place).into()
                })
            }
            OutputRead::Missing(problem) => Err(problem.at(place).into()),
        }
    }

    /// Asks the world lock.
    ///
    /// # Errors
    /// If the lock holds no answer, or one of another type.
    #[track_caller]
    pub fn world<Q: WorldQuery>(&self, query: Q) -> Result<Q::Answer> {
        let place = Place::caller();
        let arguments = query.arguments();
        let answer = self.inputs.world(&self.name, Q::NAME, &arguments)?;
        let key = Value::map([("query", Value::from(Q::NAME)), ("arguments", arguments)]);
        let text = String::from_utf8_lossy(&value::canonical_bytes(&key)).into_owned();
        self.record(Read::World(text), answer.as_ref().map_or_else(absent, Value::digest));
        let problem = |message: String| Diagnostic::error("E0114", message).at(place.clone());
        let Some(answer) = answer else {
            let message = format!("the world lock of `{}` holds no answer to `{}`", self.name, Q::NAME);
            return Err(problem(message).hint(format!("run `runner lock update {}`", self.name)).into());
        };
        Q::Answer::from_value(&answer)
            .ok_or_else(|| problem(format!("the world lock's answer to `{}` is {}", Q::NAME, answer.ty())).into())
    }

    /// The text of a file, by path from the workspace root.
    ///
    /// # Errors
    /// If there is none, or it is not UTF-8.
    #[track_caller]
    pub fn file(&self, path: &str) -> Result<String> {
        let place = Place::caller();
        self.optional_file(path)?
            .ok_or_else(|| Diagnostic::error("E0115", format!("there is no file `{path}`")).at(place).into())
    }

    /// The text of a file, by path from the workspace root; `None` if there is none.
    ///
    /// # Errors
    /// If it is there but cannot be read, or is not UTF-8.
    #[track_caller]
    pub fn optional_file(&self, path: &str) -> Result<Option<String>> {
        let place = Place::caller();
        let bytes = self.inputs.file(path)?;
        self.record(Read::File(path.to_owned()), bytes.as_ref().map_or_else(absent, |b| Digest::of("file", b)));
        bytes
            .map(|bytes| {
                String::from_utf8(bytes)
                    .map_err(|_| Diagnostic::error("E0115", format!("`{path}` is not UTF-8")).at(place).into())
            })
            .transpose()
    }

    /// The sorted names in a directory, by path from the workspace root; none if there is no directory.
    ///
    /// # Errors
    /// If it is there but cannot be read.
    pub fn list(&self, directory: &str) -> Result<Vec<String>> {
        let names = self.inputs.list(directory)?;
        let digest = names.as_ref().map_or_else(absent, |n| Digest::of_parts("list", n.iter().map(String::as_bytes)));
        self.record(Read::List(directory.to_owned()), digest);
        Ok(names.unwrap_or_default())
    }

    /// An environment variable, which from then on is an input of the plan; `None` if it is unset.
    pub fn variable(&self, name: &str) -> Option<String> {
        let value = self.inputs.variable(name);
        self.record(
            Read::Variable(name.to_owned()),
            value.as_ref().map_or_else(absent, |v| Digest::of("variable", v.as_bytes())),
        );
        value
    }

    /// Reads the configuration, with overrides from the environment where the type allows them.
    pub(crate) fn config<C: FromNode>(&self) -> Result<C> {
        let mut node = self.inputs.config(&self.name)?;
        self.record(Read::Config, node.to_value().digest());
        for (variable, key) in C::variables() {
            if let Some(text) = self.variable(&variable) {
                overlay(&mut node, &variable, key, &text);
            }
        }
        let mut found = Diagnostics::new();
        let config = C::from_node(&node, &mut found);
        match config {
            Some(config) if !found.has_errors() => Ok(config),
            _ => Err(found.into()),
        }
    }

    fn record(&self, read: Read, digest: Digest) {
        self.reads.borrow_mut().insert(read, digest);
    }
}

/// Puts the value of a variable in place of a key: a list in brackets, a boolean, an integer, or else a text.
fn overlay(node: &mut Node, variable: &str, key: &str, text: &str) {
    let listed = text.starts_with('[').then(|| config::parse(&format!("${variable}"), &format!("{key} = {text}")));
    if let (Some(Ok(Node { kind: NodeKind::Table(mut given), .. })), NodeKind::Table(table)) = (listed, &mut node.kind)
        && let Some(list) = given.entries.remove(key)
    {
        table.entries.insert(key.to_owned(), list);
        return;
    }
    let kind = match (text.parse::<bool>(), text.parse::<i64>()) {
        (Ok(truth), _) => NodeKind::Bool(truth),
        (_, Ok(number)) => NodeKind::Int(number),
        _ => NodeKind::String(text.to_owned()),
    };
    let place = Place::start_of(format!("${variable}"));
    let path = node.path.child(key);
    if let NodeKind::Table(table) = &mut node.kind {
        table.entries.insert(key.to_owned(), (place.clone(), Node { kind, place, path }));
    }
}

/// What stands in a record for something that is not there.
pub fn absent() -> Digest {
    Digest::of("absent", b"")
}

/// What stands in a record for another stack's output: its value, and whether it is an applied one.
pub fn output_digest(value: &Value, applied: bool) -> Digest {
    digest_of_output(value.digest(), applied)
}

/// Whether an evaluation that recorded this digest of an output has seen a value of that digest, applied or proposed:
/// programs are told values alone.
pub fn saw_output(recorded: Digest, value: Digest) -> bool {
    [true, false].into_iter().any(|applied| digest_of_output(value, applied) == recorded)
}

fn digest_of_output(value: Digest, applied: bool) -> Digest {
    let tag: &[u8] = if applied { b"applied" } else { b"proposed" };
    Digest::of_parts("read/output", [tag, value.as_bytes()])
}
