//! IAM documents: whether they are whole, and whether they give more than they must.

use policy::{Answer, NoSettings, Subject};
use value::{Map, Value};

/// What a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It says what its bearer may do.
    Identity,
    /// It says who may do something with what it is attached to.
    Resource,
}

/// Where types have documents.
const DOCUMENTS: &[(&str, &str, Role)] = &[
    ("AWS::IAM::GroupPolicy", "PolicyDocument", Role::Identity),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument", Role::Identity),
    ("AWS::IAM::Policy", "PolicyDocument", Role::Identity),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument", Role::Resource),
    ("AWS::IAM::RolePolicy", "PolicyDocument", Role::Identity),
    ("AWS::IAM::UserPolicy", "PolicyDocument", Role::Identity),
    ("AWS::KMS::Key", "KeyPolicy", Role::Resource),
    ("AWS::S3::BucketPolicy", "PolicyDocument", Role::Resource),
    ("AWS::SNS::TopicPolicy", "PolicyDocument", Role::Resource),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", Role::Resource),
];

pub(crate) fn judge(_: &NoSettings, subject: &Subject<'_>, answer: &mut Answer) {
    for (_, property, role) in DOCUMENTS.iter().filter(|(ty, ..)| *ty == subject.ty()) {
        if let Some(value) = subject.property(property) {
            document(&Place(property), value, *role, answer);
        }
    }
    if ["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"].contains(&subject.ty()) {
        let inline = subject.property("Policies").and_then(Value::as_list).unwrap_or_default();
        for value in inline.iter().filter_map(|policy| policy.get("PolicyDocument")) {
            document(&Place("Policies"), value, Role::Identity, answer);
        }
    }
}

/// The property that a finding is about.
struct Place<'a>(&'a str);

impl Place<'_> {
    fn fail(&self, answer: &mut Answer, what: impl std::fmt::Display, hint: &str) {
        answer.fail(format!("its `{}` {what}", self.0)).hint(hint);
    }
}

fn document(place: &Place<'_>, value: &Value, role: Role, answer: &mut Answer) {
    let parsed;
    let value = match value {
        Value::Unknown(_) => return answer.undecided(value),
        Value::Secret(_) => return,
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(found) => {
                parsed = found;
                &parsed
            }
            Err(error) => return place.fail(answer, format!("is no JSON: {error}"), "encode it with `Json`"),
        },
        value => value,
    };
    match value.get("Statement") {
        Some(Value::List(statements)) if !statements.is_empty() => {
            statements.iter().for_each(|one| statement(place, one, role, answer));
        }
        Some(one @ Value::Map(_)) => statement(place, one, role, answer),
        Some(unknown @ Value::Unknown(_)) => answer.undecided(unknown),
        _ => place.fail(answer, "has no statement", "give it a list `Statement`"),
    }
}

fn statement(place: &Place<'_>, value: &Value, role: Role, answer: &mut Answer) {
    let Value::Map(statement) = value else {
        match value {
            Value::Unknown(_) => answer.undecided(value),
            _ => place.fail(answer, "has a statement that is no object", "write it as an object"),
        }
        return;
    };
    if statement.contains_key("Action") == statement.contains_key("NotAction") {
        place.fail(answer, "has a statement without one of `Action` and `NotAction`", "give it one of the two");
    }
    match statement.get("Effect") {
        Some(Value::String(effect)) if effect == "Allow" => allowed(place, statement, role, answer),
        Some(Value::String(effect)) if effect == "Deny" => {}
        Some(unknown @ Value::Unknown(_)) => answer.undecided(unknown),
        _ => place.fail(answer, "has a statement whose effect is neither `Allow` nor `Deny`", "give it one of the two"),
    }
}

fn allowed(place: &Place<'_>, statement: &Map, role: Role, answer: &mut Answer) {
    for key in ["NotAction", "NotResource", "NotPrincipal"].into_iter().filter(|key| statement.contains_key(*key)) {
        place.fail(answer, format!("allows by `{key}`, all that is not named"), "name what is allowed instead");
    }
    let actions = statement.get("Action").map(texts).unwrap_or_default();
    statement.get("Action").into_iter().for_each(|action| answer.undecided(action));
    if actions.contains(&"*") {
        place.fail(answer, "allows every action", "name the actions that are needed");
    }
    if statement.contains_key("Condition") {
        return;
    }
    if role == Role::Identity {
        let resource = statement.get("Resource").cloned().unwrap_or_default();
        for action in actions.iter().filter(|action| action.ends_with(":*")) {
            if texts(&resource).contains(&"*") {
                let what = format!("allows `{action}` on every resource");
                place.fail(answer, what, "name the actions or the resources that are needed");
            } else {
                answer.undecided(&resource);
            }
        }
    } else if let Some(principal) = statement.get("Principal") {
        let named = principal.get("AWS").unwrap_or(principal);
        if texts(named).contains(&"*") {
            place.fail(answer, "lets everybody in without a condition", "name the principals, or add a `Condition`");
        }
    }
}

/// The known texts of a text or of a list of them.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::List(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}
