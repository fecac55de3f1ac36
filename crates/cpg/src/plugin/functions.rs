//! Functions: programs that plugins have run, made of sources of the configuration; and tables that these fill.

use plan::diag::{Diagnostic, Place};
use plan::expr::Expr;
use plan::value::Value;
use plan::{IntoExpr, Output, Result, object};

use super::Centre;
use crate::groups::Member;
use crate::site::Handle;

/// What functions are written in.
const RUNTIME: &str = "python311";
/// What is said to a function when somebody writes to its topic.
const MESSAGE: &str = "google.cloud.pubsub.topic.v1.messagePublished";

/// The sources of a function: an archive in a bucket.
#[derive(Debug, Clone)]
pub struct Code {
    /// The name of the bucket.
    pub bucket: Output<String>,
    /// The name of the archive.
    pub object: Output<String>,
}

/// A variable that holds a secret of Secret Manager: it is read when the function starts, and stands in no plan.
#[derive(Debug, Clone, Copy)]
pub struct SecretVariable<'a> {
    /// The variable.
    pub name: &'a str,
    /// The project of the secret.
    pub project: &'a str,
    /// The secret.
    pub secret: &'a str,
}

/// A function that one call at a time runs.
#[derive(Debug, Clone)]
pub struct Function<'a> {
    /// Its logical name.
    pub name: &'a str,
    /// What it is called, if that is not its logical name and a mark.
    pub id: Option<&'a str>,
    /// The project.
    pub project: &'a str,
    /// The sources.
    pub code: &'a Code,
    /// The file among them that it starts in, if that is not `main.py`.
    pub file: Option<&'a str>,
    /// What is called in it.
    pub entry_point: &'a str,
    /// Whether its image is kept in the repository that is there for images of functions.
    pub kept: bool,
    /// Memory.
    pub memory: &'a str,
    /// Processors, if they do not follow from the memory.
    pub processors: Option<&'a str>,
    /// How long it may run, in seconds.
    pub seconds: i64,
    /// What it is told.
    pub variables: Vec<(&'a str, Output<String>)>,
    /// What else it is told, and nobody else.
    pub secrets: Vec<SecretVariable<'a>>,
    /// Whether it is called from anywhere, not from Google's own network alone.
    pub open: bool,
    /// The account that it acts as.
    pub account: &'a Member,
    /// The topic that starts it, if it is not called.
    pub topic: Option<&'a str>,
}

impl Centre<'_> {
    /// Declares a function.
    #[track_caller]
    pub fn function(&self, function: &Function<'_>, waits_for: &[&Handle]) -> Handle {
        let account = self.member_id(function.account);
        self.declare("cloudfunctions.googleapis.com/Function", function.name, |declared| {
            let place = format!("projects/{}/locations/{}", function.project, self.region());
            declared.set("parent", place.as_str().into());
            if let Some(id) = function.id {
                declared.set("functionId", id.into());
            }
            declared.set("environment", "GEN_2".into());
            let file = function.file.map(|file| ("GOOGLE_FUNCTION_SOURCE", Output::known(file)));
            let repository = function.kept.then(|| format!("{place}/repositories/gcf-artifacts"));
            declared.set("buildConfig", build(function, file, repository));
            declared.set("serviceConfig", service(function, &account));
            if let Some(topic) = function.topic {
                let trigger =
                    object!({ "eventType": MESSAGE, "pubsubTopic": topic, "serviceAccountEmail": account.clone() });
                declared.set("eventTrigger", trigger.into_expr());
            }
            Self::wait(declared, waits_for);
        })
    }

    /// Where the image of a function is, by what the function is called.
    pub fn image_of(&self, project: &str, function: &str) -> String {
        let name = function.replace('-', "--");
        format!("{}-docker.pkg.dev/{project}/gcf-artifacts/{name}:latest", self.region())
    }
}

/// What a function is made of.
fn build(function: &Function<'_>, file: Option<(&str, Output<String>)>, repository: Option<String>) -> Expr {
    let Code { bucket, object } = function.code;
    let source = object!({ "storageSource": { "bucket": bucket, "object": object } });
    let mut entries = vec![
        ("runtime", RUNTIME.into()),
        ("entryPoint", function.entry_point.into()),
        ("environmentVariables", table(file)),
        ("source", source.into_expr()),
    ];
    entries.extend(repository.map(|repository| ("dockerRepository", repository.as_str().into())));
    Expr::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// How it runs.
fn service(function: &Function<'_>, account: &Output<String>) -> Expr {
    let ingress = if function.open { "ALLOW_ALL" } else { "ALLOW_INTERNAL_ONLY" };
    let mut entries = vec![
        ("maxInstanceCount", 1.into()),
        ("minInstanceCount", 0.into()),
        ("availableMemory", function.memory.into()),
        ("timeoutSeconds", function.seconds.into()),
        ("environmentVariables", table(function.variables.clone())),
        ("ingressSettings", ingress.into()),
        ("allTrafficOnLatestRevision", true.into()),
        ("serviceAccountEmail", account.into_expr()),
    ];
    entries.extend(function.processors.map(|processors| ("availableCpu", processors.into())));
    if !function.secrets.is_empty() {
        let secret = |secret: &SecretVariable<'_>| {
            let SecretVariable { name, project, secret } = *secret;
            object!({ "key": name, "projectId": project, "secret": secret, "version": "latest" }).into_expr()
        };
        let secrets = function.secrets.iter().map(secret).collect();
        entries.push(("secretEnvironmentVariables", Expr::List(secrets)));
    }
    Expr::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn table<'a>(entries: impl IntoIterator<Item = (&'a str, Output<String>)>) -> Expr {
    Expr::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value.into_expr())).collect())
}

/// The columns of a table, of a file of JSON as `bq` takes it: a list of columns.
///
/// # Errors
/// If it is no such list.
pub fn columns(path: &str, text: &str) -> Result<Expr> {
    let problem = |what: String| {
        let problem = Diagnostic::error("E0829", format!("`{path}` holds no columns of a table: {what}"));
        problem
            .at(Place::start_of(path))
            .hint("write a list of columns: `[{ \"name\": \"id\", \"type\": \"STRING\" }]`")
    };
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| problem(error.to_string()))?;
    let fields = fields(&json).map_err(problem)?;
    Ok(Expr::Map([("fields".to_owned(), fields.into())].into_iter().collect()))
}

fn fields(json: &serde_json::Value) -> std::result::Result<Value, String> {
    let list = json.as_array().ok_or("it is no list")?;
    let columns = list.iter().enumerate().map(|(index, one)| column(one).map_err(|what| format!("[{index}]: {what}")));
    columns.collect::<std::result::Result<Vec<Value>, String>>().map(Value::List)
}

fn column(json: &serde_json::Value) -> std::result::Result<Value, String> {
    let entries = json.as_object().ok_or("a column is an object")?;
    if let Some(missing) = ["name", "type"].into_iter().find(|key| !entries.contains_key(*key)) {
        return Err(format!("`{missing}` is missing"));
    }
    let entry = |(key, value): (&String, &serde_json::Value)| {
        let value = match key.as_str() {
            "name" | "type" | "mode" | "description" => {
                value.as_str().map(Value::from).ok_or(format!("`{key}` is no text"))?
            }
            "fields" => fields(value).map_err(|what| format!("`fields`: {what}"))?,
            _ => return Err(format!("`{key}` is nothing that a column has")),
        };
        Ok((key.clone(), value))
    };
    entries.iter().map(entry).collect::<std::result::Result<_, String>>().map(Value::Map)
}

#[cfg(test)]
mod tests {
    use super::{column, fields};

    #[test]
    fn columns_are_read_and_what_is_none_is_said_with_its_place() {
        let read = |text: &str| fields(&serde_json::from_str(text).expect("JSON")).map(|value| format!("{value:?}"));
        let inner =
            r#"[{ "name": "a", "type": "RECORD", "fields": [{ "name": "b", "type": "STRING", "mode": "REQUIRED" }] }]"#;
        assert!(read(inner).is_ok_and(|shown| shown.contains("REQUIRED")));
        for (text, wanted) in [
            ("{}", "it is no list"),
            ("[1]", "[0]: a column is an object"),
            (r#"[{ "name": "a", "type": "STRING" }, { "name": "b" }]"#, "[1]: `type` is missing"),
            (r#"[{ "name": "a", "type": 1 }]"#, "[0]: `type` is no text"),
            (r#"[{ "name": "a", "type": "STRING", "mod": "REQUIRED" }]"#, "[0]: `mod` is nothing that a column has"),
            (r#"[{ "name": "a", "type": "RECORD", "fields": [{}] }]"#, "[0]: `fields`: [0]: `name` is missing"),
        ] {
            assert_eq!(read(text), Err(wanted.to_owned()), "{text}");
        }
        assert!(column(&serde_json::Value::Null).is_err());
    }
}
