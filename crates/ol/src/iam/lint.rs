//! The linter of policy documents.
//!
//! It knows the rules that need no database of all actions: the shape of a document, credentials that an action gives
//! away, and the known ways to raise one's own privileges.

use std::collections::BTreeSet;
use std::fmt;

use plan::expr::{Expr, Named};
use plan::prelude::*;

/// Actions whose answer holds credentials, in lower case.
const CREDENTIALS: &[&str] = &[
    "codepipeline:pollforjobs",
    "cognito-identity:getcredentialsforidentity",
    "cognito-identity:getopenidtoken",
    "cognito-identity:getopenidtokenfordeveloperidentity",
    "cognito-idp:associatesoftwaretoken",
    "cognito-idp:describeuserpoolclient",
    "connect:getfederationtoken",
    "connect:getfederationtokens",
    "ecr:getauthorizationtoken",
    "gamelift:requestuploadcredentials",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:createservicespecificcredential",
    "iam:resetservicespecificcredential",
    "iam:updateaccesskey",
    "iot:assumerolewithcertificate",
    "lightsail:getinstanceaccessdetails",
    "lightsail:getrelationaldatabasemasteruserpassword",
    "mediapackage:rotateingestendpointcredentials",
    "rds-db:connect",
    "redshift:getclustercredentials",
    "sso:getrolecredentials",
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:getfederationtoken",
    "sts:getsessiontoken",
];

/// Ways to raise one's own privileges: a name, and the actions that together open it.
const ESCALATIONS: &[(&str, &[&str])] = &[
    ("CreateAccessKey", &["iam:createaccesskey"]),
    ("CreateLoginProfile", &["iam:createloginprofile"]),
    ("UpdateLoginProfile", &["iam:updateloginprofile"]),
    ("CreateNewPolicyVersion", &["iam:createpolicyversion"]),
    ("SetExistingDefaultPolicyVersion", &["iam:setdefaultpolicyversion"]),
    ("AttachUserPolicy", &["iam:attachuserpolicy"]),
    ("AttachGroupPolicy", &["iam:attachgrouppolicy"]),
    ("AttachRolePolicy", &["iam:attachrolepolicy", "sts:assumerole"]),
    ("PutUserPolicy", &["iam:putuserpolicy"]),
    ("PutGroupPolicy", &["iam:putgrouppolicy"]),
    ("PutRolePolicy", &["iam:putrolepolicy", "sts:assumerole"]),
    ("AddUserToGroup", &["iam:addusertogroup"]),
    ("UpdateRolePolicyToAssumeIt", &["iam:updateassumerolepolicy", "sts:assumerole"]),
    ("CreateEC2WithExistingIP", &["iam:passrole", "ec2:runinstances"]),
    ("PassExistingRoleToNewLambdaThenInvoke", &["iam:passrole", "lambda:createfunction", "lambda:invokefunction"]),
    (
        "PassExistingRoleToNewLambdaThenTriggerWithNewDynamo",
        &[
            "iam:passrole",
            "lambda:createfunction",
            "lambda:createeventsourcemapping",
            "dynamodb:createtable",
            "dynamodb:putitem",
        ],
    ),
    (
        "PassExistingRoleToNewLambdaThenTriggerWithExistingDynamo",
        &["iam:passrole", "lambda:createfunction", "lambda:createeventsourcemapping"],
    ),
    ("PassExistingRoleToNewGlueDevEndpoint", &["iam:passrole", "glue:createdevendpoint"]),
    ("PassExistingRoleToCloudFormation", &["iam:passrole", "cloudformation:createstack"]),
    ("PassExistingRoleToNewDataPipeline", &["iam:passrole", "datapipeline:createpipeline"]),
    ("UpdateExistingGlueDevEndpoint", &["glue:updatedevendpoint"]),
    ("EditExistingLambdaFunctionWithRole", &["lambda:updatefunctioncode"]),
];

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule: `CREDENTIALS_EXPOSURE`.
    pub issue: &'static str,
    /// Which way, where the rule has several.
    pub way: Option<&'static str>,
    /// The actions that it is about, in lower case.
    pub actions: BTreeSet<String>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.issue)
    }
}

/// A rule that a document may break on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Ignore {
    issue: &'static str,
    actions: &'static [&'static str],
}

impl Ignore {
    /// Ignores a rule wherever it is broken.
    pub fn issue(issue: &'static str) -> Self {
        Self { issue, actions: &[] }
    }

    /// Ignores a rule where it is broken by one of these actions; `*` stands for any text, case does not count.
    pub fn actions(issue: &'static str, actions: &'static [&'static str]) -> Self {
        Self { issue, actions }
    }

    fn covers(&self, finding: &Finding) -> bool {
        let named = |action: &String| self.actions.iter().any(|pattern| matches(&pattern.to_lowercase(), action));
        self.issue == finding.issue && (self.actions.is_empty() || finding.actions.iter().any(named))
    }
}

/// What is wrong with a document, without what is ignored.
pub fn lint(document: &Json, ignored: &[Ignore]) -> Vec<Finding> {
    let mut found = Vec::new();
    let expr = plan::IntoExpr::into_expr(document);
    let Some(map) = entries(&expr) else { return vec![finding("MALFORMED", "a document is an object")] };
    check_version(map, &mut found);
    let statements: Vec<Statement<'_>> =
        map.get("Statement").map(items).unwrap_or_default().into_iter().filter_map(Statement::of).collect();
    if statements.is_empty() {
        found.push(finding("MALFORMED", "a document has at least one statement"));
    }
    check_shape(&statements, &mut found);
    check_allowed(&statements, &mut found);
    found.retain(|finding| !ignored.iter().any(|ignore| ignore.covers(finding)));
    found
}

fn check_version(document: &Named, found: &mut Vec<Finding>) {
    match document.get("Version").map(known) {
        None => found.push(finding("NO_VERSION", "the document does not say which version of the language it is in")),
        Some(Some("2012-10-17")) => {}
        Some(Some("2008-10-17")) => {
            found.push(finding("OLD_VERSION", "the document is in an old version of the language"));
        }
        Some(_) => found.push(finding("INVALID_VERSION", "there is no such version of the language")),
    }
}

fn check_shape(statements: &[Statement<'_>], found: &mut Vec<Finding>) {
    let mut ids = BTreeSet::new();
    for statement in statements {
        if let Some(id) = statement.text("Sid") {
            if !id.chars().all(|c| c.is_ascii_alphanumeric()) {
                found.push(finding("INVALID_SID", format!("statement id `{id}` has more than letters and digits")));
            }
            if !ids.insert(id) {
                found.push(finding("DUPLICATE_SID", format!("two statements have the id `{id}`")));
            }
        }
        if statement.has("Action") == statement.has("NotAction") {
            found.push(finding("MALFORMED", "a statement has either `Action` or `NotAction`"));
        }
        if !matches!(statement.text("Effect"), Some("Allow" | "Deny")) {
            found.push(finding("MALFORMED", "the effect of a statement is `Allow` or `Deny`"));
        }
        for (key, issue) in [("NotResource", "NOTRESOURCE_WITH_ALLOW"), ("NotPrincipal", "NOTPRINCIPAL_WITH_ALLOW")] {
            if statement.has(key) && statement.allows() {
                found.push(finding(issue, format!("a statement that allows must not use `{key}`")));
            }
        }
        for action in statement.actions("Action").iter().filter(|action| *action != "*" && !action.contains(':')) {
            found.push(finding("UNKNOWN_ACTION", format!("`{action}` is not a service and an action")));
        }
    }
}

fn check_allowed(statements: &[Statement<'_>], found: &mut Vec<Finding>) {
    let allowed = |action: &str| {
        statements.iter().any(|statement| statement.allows() && statement.names(action))
            && !statements.iter().any(|statement| statement.denies_everywhere() && statement.names(action))
    };
    let exposed: BTreeSet<String> =
        CREDENTIALS.iter().filter(|action| allowed(action)).map(|action| (*action).to_owned()).collect();
    if !exposed.is_empty() {
        let list = exposed.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(", ");
        let reason = format!("{list} may give credentials away");
        found.push(Finding { actions: exposed, ..finding("CREDENTIALS_EXPOSURE", reason) });
    }
    for (way, actions) in ESCALATIONS.iter().filter(|(_, actions)| actions.iter().all(|action| allowed(action))) {
        let list = actions.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(" with ");
        found.push(Finding {
            way: Some(way),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            ..finding("PRIVILEGE_ESCALATION", format!("{list} lets its bearer raise their own privileges"))
        });
    }
}

fn finding(issue: &'static str, reason: impl Into<String>) -> Finding {
    Finding { issue, way: None, actions: BTreeSet::new(), reason: reason.into() }
}

struct Statement<'a>(&'a Named);

impl<'a> Statement<'a> {
    fn of(expr: &'a Expr) -> Option<Self> {
        entries(expr).map(Self)
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).and_then(known)
    }

    fn allows(&self) -> bool {
        self.text("Effect") == Some("Allow")
    }

    fn denies_everywhere(&self) -> bool {
        let all =
            self.0.get("Resource").is_some_and(|resource| items(resource).into_iter().any(|r| known(r) == Some("*")));
        self.text("Effect") == Some("Deny") && all && !self.has("Condition")
    }

    fn actions(&self, key: &str) -> Vec<String> {
        let listed = self.0.get(key).map(items).unwrap_or_default();
        listed.into_iter().filter_map(known).map(str::to_lowercase).collect()
    }

    /// Whether the statement is about an action.
    fn names(&self, action: &str) -> bool {
        if self.has("NotAction") {
            return !self.actions("NotAction").iter().any(|pattern| matches(pattern, action));
        }
        self.actions("Action").iter().any(|pattern| matches(pattern, action))
    }
}

fn entries(expr: &Expr) -> Option<&Named> {
    match expr {
        Expr::Map(map) => Some(map),
        _ => None,
    }
}

/// The elements of a list, or the one thing that stands for a list of one.
fn items(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::List(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn known(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => value.as_str(),
        _ => None,
    }
}

/// Whether a text fits a pattern in which `*` stands for any text and `?` for one character.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once(['*', '?']) {
        None => pattern == text,
        Some((head, rest)) => {
            let Some(tail) = text.strip_prefix(head) else { return false };
            if pattern[head.len()..].starts_with('?') {
                let mut chars = tail.chars();
                return chars.next().is_some() && matches(rest, chars.as_str());
            }
            (0..=tail.len()).filter(|&n| tail.is_char_boundary(n)).any(|n| matches(rest, &tail[n..]))
        }
    }
}
