//! `lock update|check`: the world locks.

use std::collections::BTreeMap;
use std::sync::Mutex;

use config::Node;
use diag::{Diagnostic, Diagnostics};
use plan::{Inputs, OutputRead};
use resource::StackName;
use value::{Digest, Path, Value, canonical_bytes};
use world::{Entry, Source};

use crate::args::{Lock, Selection};
use crate::exit::{Exit, Result};
use crate::session::Session;

/// Renews or checks the locks of the selected stacks.
pub(crate) async fn run(session: &Session<'_>, command: Lock) -> Result<Exit> {
    match command {
        Lock::Update { selection } => update(session, &selection).await,
        Lock::Check { selection } => check(session, &selection).await,
    }
}

/// In the sandbox: adds the answers that are missing. It never changes one that is there, since it describes the live
/// world.
async fn update(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    let (added, found) = missing(session, selection).await?;
    let mut count = 0;
    for (stack, entries) in added {
        let mut lock = session.workspace.lock(&stack)?;
        for entry in entries {
            lock.upsert(entry);
            count += 1;
        }
        session.workspace.write_lock(&stack, &lock)?;
    }
    found.into_result(())?;
    session.talk.say(&match count {
        0 => "every answer is there".to_owned(),
        n => format!("{n} answers were made up by the sandbox; `live` refuses them until they are asked for there"),
    });
    Ok(Exit::Done)
}

async fn check(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    let (missing, mut found) = missing(session, selection).await?;
    for (stack, entries) in missing {
        for entry in entries {
            let message = format!("the world lock of `{stack}` holds no answer to `{}`", entry.query());
            found.push(Diagnostic::error("E0114", message).hint(format!("run `runner lock update {stack}`")));
        }
    }
    found.into_result(())?;
    session.talk.say("every answer is there");
    Ok(Exit::Done)
}

/// The answers that evaluations ask for and locks lack, as the sandbox would give them.
async fn missing(
    session: &Session<'_>,
    selection: &Selection,
) -> Result<(BTreeMap<StackName, Vec<Entry>>, Diagnostics)> {
    session
        .with_engine(async |engine| {
            let selected = session.select(engine, selection, &[]).await?;
            let mut found = Diagnostics::new();
            let mut added: BTreeMap<StackName, Vec<Entry>> = BTreeMap::new();
            for stack in &selected.stacks {
                let Some(entry) = engine.catalog.get(&stack.to_string()) else { continue };
                let asking = Asking { inner: engine.inputs, session, asked: Mutex::default() };
                let evaluation = session.registry.projects[entry.project].evaluate(stack.clone(), &asking);
                if let Err(problems) = evaluation.result {
                    found.extend(problems);
                }
                let asked = asking.asked.into_inner().unwrap_or_default();
                if !asked.is_empty() {
                    added.insert(stack.clone(), asked);
                }
            }
            Ok((added, found))
        })
        .await
}

/// Inputs that answer what the lock lacks as the sandbox would, and remember it.
struct Asking<'a> {
    inner: &'a dyn Inputs,
    session: &'a Session<'a>,
    asked: Mutex<Vec<Entry>>,
}

impl Inputs for Asking<'_> {
    fn config(&self, stack: &StackName) -> std::result::Result<Node, Diagnostics> {
        self.inner.config(stack)
    }

    fn file(&self, path: &str) -> std::result::Result<Option<Vec<u8>>, Diagnostic> {
        self.inner.file(path)
    }

    fn list(&self, directory: &str) -> std::result::Result<Option<Vec<String>>, Diagnostic> {
        self.inner.list(directory)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.inner.variable(name)
    }

    fn world(
        &self,
        stack: &StackName,
        query: &str,
        arguments: &Value,
    ) -> std::result::Result<Option<Value>, Diagnostics> {
        if let Some(answer) = self.inner.world(stack, query, arguments)? {
            return Ok(Some(answer));
        }
        let Some(answer) = made_up(self.session, query, arguments) else { return Ok(None) };
        // Time is of no interest for what nobody asked the world.
        if let (Ok(entry), Ok(mut asked)) =
            (Entry::new(query, arguments, &answer, "1970-01-01T00:00:00Z", Source::Sandbox), self.asked.lock())
        {
            asked.push(entry);
        }
        Ok(Some(answer))
    }

    fn output(&self, stack: &str, path: &Path) -> OutputRead {
        self.inner.output(stack, path)
    }
}

/// What the sandbox answers.
fn made_up(session: &Session<'_>, query: &str, arguments: &Value) -> Option<Value> {
    let region = || session.profile.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
    let account = || session.profile.account.clone().unwrap_or_else(|| "123456789012".to_owned());
    let digits = |n: usize| Digest::of("sandbox/answer/1", &canonical_bytes(arguments)).short(n);
    match query {
        "aws:account-id" => Some(Value::from(account())),
        "aws:image" => Some(Value::from(format!("ami-0{}", digits(16)))),
        "aws:rds-engine-version" => {
            let text = |key: &str| arguments.get(key).and_then(Value::as_str);
            let (engine, major) = (text("engine")?, text("major")?);
            Some(Value::map([("version", format!("{major}.1")), ("family", format!("{engine}{major}"))]))
        }
        "aws:certificate" => {
            let id = digits(32);
            let id = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
            Some(Value::from(format!("arn:aws:acm:{}:{}:certificate/{id}", region(), account())))
        }
        "aws:region" => Some(Value::from(region())),
        "aws:availability-zones" => {
            let region = arguments.get("region").and_then(Value::as_str).map_or_else(region, str::to_owned);
            Some(Value::from(["a", "b", "c"].map(|zone| format!("{region}{zone}")).to_vec()))
        }
        "gcp:organization" => Some(Value::from("organizations/123456789")),
        "gcp:project-number" => {
            let number: String = digits(11).bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
            Some(Value::from(format!("1{number}")))
        }
        _ => None,
    }
}
