//! Policies in tests: what they say of resources that a text declares, or of a planned stack.

use std::collections::{BTreeMap, BTreeSet};

use config::{FromNode, Node, NodeKind, Placed};
use diag::{Diagnostics, Place};
use diff::{Action, ChangeSet, ResourceChange};
use plan_macros::Config;
use policy::{Attachment, Date, Judgement, Kind, Policies, Policy, Scope, Waiver};
use resource::{Options, Shared, StackName, Urn};
use schema::Catalog;
use value::{Map, Type, Unknown, Value};

use crate::{Planned, Workspace};

/// A resource of a text for [`judge`].
#[derive(Config)]
struct Form {
    /// What would be done: `create` if nothing is said; `replace?` depends on a value that is not known yet.
    action: Option<String>,
    #[config(default)]
    protect: bool,
    #[config(default)]
    properties: BTreeMap<String, Value>,
}

/// What one policy, with settings in TOML, says of the resources of a text, one line each.
///
/// The text has a table for each resource, `["TYPE NAME"]`, with `properties`, `protect` and `action`; a text
/// `"?STACK:OUTPUT"` is a value that is not known yet. A line is `NAME: FINDING`, `NAME? ORIGIN` where the policy cannot
/// tell, or `NAME: PROPERTY = VALUE` of what a remedy changes.
#[track_caller]
pub fn judge(policies: &[Policy], name: &str, settings: &str, resources: &str) -> Vec<String> {
    let Some(policy) = policies.iter().find(|policy| policy.name() == name) else {
        panic!("there is no policy `{name}`; there are {policies:?}")
    };
    let start = Place::start_of("settings");
    let settings = or_panic(config::parse("settings", settings));
    let attachment = Attachment {
        rule: Placed { value: name.to_owned(), place: start.clone() },
        stacks: Vec::new(),
        environments: Vec::new(),
        profiles: Vec::new(),
        level: None,
        settings: Some(settings),
    };
    let attachments = [Placed { value: attachment, place: start }];
    let attached = or_panic(Policies::attach(policies, &attachments, &[], "test", Date::EPOCH));
    let mut found = Diagnostics::new();
    let node = or_panic(config::parse("resources", resources));
    let Some(forms) = BTreeMap::<String, Form>::from_node(&node, &mut found) else { panic!("{found:?}") };
    let stack = StackName::new("test", "QA");
    let changes = forms.into_iter().map(|(key, form)| {
        let Some((ty, name)) = key.split_once(' ') else { panic!("`{key}` is not a type and a name") };
        (Urn::new("test", ty, name), form.change())
    });
    let mut set = change_set(stack, changes.collect());
    let mut lines = Vec::new();
    if policy.kind() == Kind::Remedy {
        lines.extend(mend(&attached, &mut set));
    }
    lines.extend(told(&ask(&attached, &set), false));
    lines
}

impl Planned {
    /// What policies say of the stack's goal, attached as `groundplan.toml` has them in any profile; policies on changes
    /// are not asked. A line is `POLICY: NAME: FINDING`, or `POLICY: NAME? ORIGIN` where it cannot tell yet. Waivers
    /// hold, whatever the day, and all levels are told.
    #[track_caller]
    pub fn policies(&self, policies: &[Policy]) -> Vec<String> {
        const FILE: &str = "groundplan.toml";
        let Some(text) = Workspace::here().read(FILE) else { panic!("there is no {FILE}") };
        let node = or_panic(config::parse(FILE, &text));
        let known = |rule: &str| policies.iter().any(|policy| policy.name() == rule);
        let mut attachments: Vec<Placed<Attachment>> = list(&node, "policy");
        attachments.retain(|one| known(&one.value.rule.value));
        attachments.iter_mut().for_each(|one| one.value.profiles.clear());
        let mut waivers: Vec<Placed<Waiver>> = list(&node, "waiver");
        waivers.retain(|one| known(&one.value.rule.value));
        let attached = or_panic(Policies::attach(policies, &attachments, &waivers, "test", Date::EPOCH));
        let changes = self.plan().resources.iter().map(|(urn, resource)| {
            let goal = self.resource(urn.ty(), urn.name()).properties().as_map().cloned().unwrap_or_default();
            (urn.clone(), change(Action::Create, goal, resource.options.clone()))
        });
        let mut set = change_set(self.plan().stack.clone(), changes.collect());
        mend(&attached, &mut set);
        told(&ask(&attached, &set), true)
    }
}

impl Form {
    fn change(self) -> ResourceChange {
        let replace = |undecided| Action::Replace { delete_first: false, undecided };
        let action = match self.action.as_deref() {
            None | Some("create") => Action::Create,
            Some("update") => Action::Update,
            Some("replace") => replace(false),
            Some("replace?") => replace(true),
            Some("delete") => Action::Delete,
            Some("forget") => Action::Forget,
            Some(other) => panic!("there is no action `{other}`"),
        };
        let properties = self.properties.into_iter().map(|(key, value)| (key, with_unknowns(value)));
        change(action, properties.collect(), Options { protect: self.protect, ..Options::default() }.into())
    }
}

/// Lets remedies mend the goals; gives what they changed.
#[track_caller]
fn mend(policies: &Policies, set: &mut ChangeSet) -> Vec<String> {
    let catalog = catalog();
    let mut lines = Vec::new();
    for (urn, change) in &mut set.resources {
        let before = change.goal.clone();
        let schema = catalog.get(urn.ty()).ok().flatten();
        or_panic(policies.mend(&set.stack, urn, &change.options, schema, &mut change.goal));
        let changed = change.goal.iter().filter(|(key, value)| before.get(*key) != Some(*value));
        lines.extend(changed.map(|(key, value)| format!("{}: {key} = {value:?}", urn.name())));
    }
    lines
}

fn ask(policies: &Policies, set: &ChangeSet) -> Judgement {
    let catalog = catalog();
    let schemas = |ty: &str| catalog.get(ty).ok().flatten();
    policies.judge(std::slice::from_ref(set), Scope { schemas: &schemas, stacks: &[], changes: true })
}

/// What was found and what is undecided, with the policy's name before it or not.
fn told(judgement: &Judgement, named: bool) -> Vec<String> {
    let start = |rule: &str| if named { format!("{rule}: ") } else { String::new() };
    let name = |urn: Option<&Urn>, sign: &str| urn.map(|urn| format!("{}{sign} ", urn.name())).unwrap_or_default();
    let findings = judgement.findings.iter().filter(|finding| finding.counts());
    let findings =
        findings.map(|one| format!("{}{}{}", start(&one.rule), name(one.resource.as_ref(), ":"), one.message));
    let undecided = judgement.undecided.iter().map(|one| {
        let origins: Vec<String> = one.origins.iter().map(ToString::to_string).collect();
        format!("{}{}{}", start(&one.rule), name(one.resource.as_ref(), "?"), origins.join(", "))
    });
    findings.chain(undecided).collect()
}

/// The schemas of every type that there is one of.
pub(crate) fn catalog() -> Catalog {
    let vendors = [
        schemas_aws::sources(),
        schemas_azure::sources(),
        schemas_gcp::sources(),
        schemas_hashicorp::sources(),
        schemas_host::sources(),
    ];
    Catalog::new(vendors.into_iter().flatten())
}

fn change_set(stack: StackName, resources: BTreeMap<Urn, ResourceChange>) -> ChangeSet {
    ChangeSet {
        stack,
        stack_id: "test".to_owned(),
        base: None,
        resources,
        leftovers: BTreeSet::new(),
        leaving: BTreeMap::new(),
        outputs: BTreeMap::new(),
        constructs: BTreeMap::new(),
        reads: BTreeMap::new(),
    }
}

fn change(action: Action, goal: Map, options: Shared<Options>) -> ResourceChange {
    ResourceChange {
        action,
        differences: Vec::new(),
        goal,
        incarnation: 1,
        dependencies: Default::default(),
        reads: BTreeSet::new(),
        waits_for: Vec::new(),
        options,
        parent: None,
        source: None,
        id: None,
        protection_ignored: false,
        renamed_from: None,
        moved_from: None,
        record: false,
        forced: false,
        left: false,
        vanished: None,
        remarks: Vec::new(),
    }
}

/// `"?STACK:OUTPUT"` is a value that is not known yet.
fn with_unknowns(value: Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('?').and_then(|origin| origin.split_once(':')) {
            Some((stack, what)) => Unknown::new(Type::Any, stack, what).into(),
            None => Value::String(text),
        },
        Value::List(items) => Value::List(items.into_iter().map(with_unknowns).collect()),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, item)| (key, with_unknowns(item))).collect()),
        other => other,
    }
}

/// The tables of a list at the root of a file.
#[track_caller]
fn list<T: FromNode>(node: &Node, key: &str) -> Vec<T> {
    let NodeKind::Table(table) = &node.kind else { return Vec::new() };
    let Some((_, listed)) = table.entries.get(key) else { return Vec::new() };
    let mut found = Diagnostics::new();
    match Vec::from_node(listed, &mut found) {
        Some(items) => items,
        None => panic!("{found:?}"),
    }
}

#[track_caller]
fn or_panic<T>(result: Result<T, Diagnostics>) -> T {
    match result {
        Ok(value) => value,
        Err(found) => panic!("{found:?}"),
    }
}
