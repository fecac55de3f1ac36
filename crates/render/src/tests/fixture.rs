//! Change sets from a few lines of text.
//!
//! ```text
//! stack infrastructure.aws.network/QA
//! construct data ol:Vpc [PARENT]
//! + AWS::EC2::VPC data [PARENT]          also ~ - = > . and ± ±first ±if
//!   CidrBlock! "10.0.0.0/16" => "10.1.0.0/16"     `!` forces, `?` is drift, `none` is nothing there
//!   protected | recorded | renamed URN | moved STACK URN | vanished ID | import ID | remark TEXT | goal JSON | needs TYPE NAME
//! leaving TYPE NAME STACK URN            goes over to another stack
//! out data_vpc.id JSON [JSON]            the new value, then the published one
//! reads infrastructure.aws.kms.QA key
//! leftover AWS::EC2::VPC data
//! ```

use std::collections::{BTreeMap, BTreeSet};

use diff::{Action, ChangeSet, Difference, OutputChange, ReadPin, ResourceChange};
use resource::{Construct, Shared, StackName, Urn};
use value::{Digest, Map, Value};

pub(crate) fn sets(text: &str) -> Vec<ChangeSet> {
    let mut sets: Vec<ChangeSet> = Vec::new();
    let mut last: Option<Urn> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0] == "stack" {
            sets.push(empty(stack(words[1])));
            continue;
        }
        let set = sets.last_mut().expect("a stack first");
        let urn = |ty: &str, name: &str| Urn::new(set.stack.project(), ty, name);
        let parent = words.get(3).map(ToString::to_string);
        if let Some(action) = action(words[0]) {
            let urn = urn(words[1], words[2]);
            set.resources.insert(urn.clone(), change(action, parent));
            last = Some(urn);
        } else if words[0] == "construct" {
            set.constructs.insert(words[1].to_owned(), Construct { ty: words[2].to_owned(), parent });
        } else if words[0] == "leftover" {
            set.leftovers.insert((urn(words[1], words[2]), 1));
        } else if words[0] == "leaving" {
            let to = (stack(words[3]), words[4].parse().expect("a URN"));
            set.leaving.insert(urn(words[1], words[2]), to);
        } else if words[0] == "reads" {
            let pin = ReadPin { digest: Digest::of("test", b""), proposed: true };
            set.reads.insert((words[1].to_owned(), words[2].parse().expect("a path")), pin);
        } else if words[0] == "out" {
            let output = OutputChange {
                value: json(words[2]),
                published: words.get(3).and_then(|text| json(text)).map(|value| value.digest()),
                from: Default::default(),
                reads: BTreeSet::new(),
                record: false,
                left: false,
            };
            set.outputs.insert(words[1].parse().expect("a path"), output);
        } else {
            let change = last.as_ref().and_then(|urn| set.resources.get_mut(urn)).expect("a resource first");
            match words[0] {
                "needs" => drop(change.dependencies.insert(Urn::new(set.stack.project(), words[1], words[2]))),
                _ => detail(change, line),
            }
        }
    }
    sets
}

pub(crate) fn stack(text: &str) -> StackName {
    let (project, short) = text.split_once('/').expect("project/short");
    StackName::new(project, short)
}

fn detail(change: &mut ResourceChange, line: &str) {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    match first {
        "renamed" => change.renamed_from = rest.parse().ok(),
        "protected" => change.protection_ignored = true,
        "recorded" => change.record = true,
        "vanished" => change.vanished = Some(rest.to_owned()),
        "import" => change.options.import = Some(rest.to_owned()),
        "moved" => {
            let (from, urn) = rest.split_once(' ').expect("stack and URN");
            change.moved_from = Some(Box::new((stack(from), urn.parse().expect("a URN"))));
        }
        "remark" => change.remarks.push(rest.to_owned()),
        "goal" => change.goal = json(rest).and_then(|value| value.as_map().cloned()).expect("a map"),
        path => {
            let (old, new) = rest.split_once(" => ").expect("old => new");
            change.differences.push(Difference {
                path: path.trim_end_matches(['!', '?']).parse().expect("a path"),
                old: json(old),
                new: json(new),
                replaces: path.contains('!'),
                drift: path.contains('?'),
            });
        }
    }
}

fn json(text: &str) -> Option<Value> {
    (text.trim() != "none").then(|| serde_json::from_str(text).expect(text))
}

fn action(word: &str) -> Option<Action> {
    Some(match word {
        "." => Action::Keep,
        "+" => Action::Create,
        "~" => Action::Update,
        "-" => Action::Delete,
        "=" => Action::Adopt,
        ">" => Action::Forget,
        "±" => Action::Replace { delete_first: false, undecided: false },
        "±first" => Action::Replace { delete_first: true, undecided: false },
        "±if" => Action::Replace { delete_first: false, undecided: true },
        _ => return None,
    })
}

fn change(action: Action, parent: Option<String>) -> ResourceChange {
    ResourceChange {
        action,
        differences: Vec::new(),
        goal: Map::new(),
        incarnation: 1,
        dependencies: Default::default(),
        reads: BTreeSet::new(),
        waits_for: Vec::new(),
        options: Shared::default(),
        parent,
        source: None,
        id: None,
        protection_ignored: false,
        remarks: Vec::new(),
        renamed_from: None,
        moved_from: None,
        record: false,
        vanished: None,
        forced: false,
        left: false,
    }
}

fn empty(stack: StackName) -> ChangeSet {
    ChangeSet {
        stack_id: stack.to_string(),
        stack,
        base: None,
        resources: BTreeMap::new(),
        leaving: Default::default(),
        leftovers: BTreeSet::new(),
        outputs: BTreeMap::new(),
        constructs: BTreeMap::new(),
        reads: BTreeMap::new(),
    }
}
