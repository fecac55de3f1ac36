use super::*;

/// A stack a line: `NAME PLAN`, then `OUTPUT=MADE_OF/VALUE`, a value with `?` is not known yet, and `<STACK:OUTPUT` that
/// it reads; `OUTPUT=MADE_OF/VALUE<STACK:OUTPUT` is made of what it reads. The plan `waits` is none.
fn footprints(text: &str) -> BTreeMap<String, Footprint> {
    text.lines().filter(|line| !line.trim().is_empty()).map(footprint).collect()
}

fn footprint(line: &str) -> (String, Footprint) {
    let mut words = line.split_whitespace();
    let name = words.next().expect("a name").to_owned();
    let plan = words.next().expect("a plan");
    let mut footprint =
        Footprint { plan: (plan != "waits").then(|| digest(plan)), foreign: plan == "foreign", ..Footprint::default() };
    for word in words {
        let (exported, read) = word.split_once('<').unwrap_or((word, ""));
        let reads: OutputSet = output(read).into_iter().collect();
        match exported.split_once('=') {
            None => footprint.plain.extend(exported.strip_prefix('!').and_then(output)),
            Some((path, is)) => {
                let (made_of, value) = is.split_once('/').expect("MADE_OF/VALUE");
                let path: Path = path.parse().expect("a path");
                let export = Export { made_of: digest(made_of), reads: reads.clone() };
                footprint.exports.insert(path.clone(), export);
                if !value.is_empty() {
                    let seen = Seen { digest: digest(value), known: !value.contains('?') };
                    footprint.values.insert(path, seen);
                }
            }
        }
        footprint.reads.extend(reads);
    }
    (name, footprint)
}

fn output(text: &str) -> Option<(String, Path)> {
    let (stack, path) = text.split_once(':')?;
    Some((stack.to_owned(), path.parse().expect("a path")))
}

fn digest(text: &str) -> Digest {
    Digest::of("test", text.as_bytes())
}

fn conditions(state: &str) -> Conditions {
    Conditions { schemas: digest("schemas"), profile: digest("profile"), state: digest(state) }
}

fn shown(affected: &Affected) -> Vec<String> {
    let cause = |cause: &Cause| match cause {
        Cause::Output(stack, path) => format!("{stack}:{path}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let change = |change: &Change| match change {
        Change::Changed(causes) => causes.iter().map(cause).collect::<Vec<_>>().join(" "),
        other => format!("{other:?}").to_lowercase(),
    };
    affected.stacks.iter().map(|(stack, why)| format!("{stack} {}", change(why))).collect()
}

/// What an edit of a few stacks reaches: each edit is a line that takes the place of the one of its stack, or takes it
/// away.
#[track_caller]
fn check(then: &str, edit: &str, expected: &[&str]) {
    let before = footprints(then);
    let mut now = before.clone();
    for line in edit.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix('-') {
            Some(gone) => drop(now.remove(gone).expect("it is there")),
            None => now.extend([footprint(line)]),
        }
    }
    let before = before.into_iter().map(|(stack, footprint)| (stack, Before::Known(footprint))).collect();
    let found = affected((Some(conditions("one")), &before), (conditions("one"), &now));
    assert_eq!(shown(&found), expected, "{edit}");
    // In another state the same is not known of what is not known yet.
    let elsewhere = affected((Some(conditions("two")), &before), (conditions("one"), &now));
    assert!(found.stacks.keys().all(|stack| elsewhere.stacks.contains_key(stack)), "{edit}");
}

const STACKS: &str = "
    dns    plan     zone=one/z1      other=one/o1     id=one/?i1
    net    plan     vpc=one/v1<dns:zone  cidr=one/c1
    web    plan     <net:vpc
    db     plan     <net:cidr        name=one/n1<net:cidr
    id     plan     <dns:id
    out    foreign  key=one/k1
    key    plan     <out:key
";

#[test]
fn a_change_reaches_the_readers_of_what_it_touches_and_no_others() {
    check(STACKS, "", &[]);
    check(STACKS, "dns other zone=one/z1 other=one/o1 id=one/?i1", &["dns plan"]);
    check(STACKS, "dns other zone=one/z1 other=two/o2 id=one/?i1", &["dns plan"]);
    check(
        STACKS,
        "dns other zone=two/z2 other=one/o1 id=one/?i1
         net plan vpc=one/v2<dns:zone cidr=one/c1",
        &["dns plan", "net dns:zone", "web net:vpc"],
    );
    check(STACKS, "net other vpc=one/v1<dns:zone cidr=two/c2", &["db net:cidr", "net plan"]);
    check(STACKS, "out foreign key=two/k2", &["key out:key"]);
}

#[test]
fn a_value_that_is_known_to_be_the_same_cuts_a_change_off() {
    check(STACKS, "dns other zone=two/z1 other=one/o1 id=one/?i1", &["dns plan"]);
    // It is touched, but what it leads to has the same value.
    check(
        STACKS,
        "dns other zone=two/z2 other=one/o1 id=one/?i1
         net plan vpc=one/v1<dns:zone cidr=one/c1",
        &["dns plan", "net dns:zone"],
    );
    // Values that nobody wrote down do not.
    check(STACKS, "dns other zone=two/ other=one/o1 id=one/?i1", &["dns plan", "net dns:zone"]);
}

#[test]
fn what_is_not_known_yet_is_the_same_in_the_same_state_only() {
    let edit = "dns other zone=one/z1 other=one/o1 id=two/?i1";
    check(STACKS, edit, &["dns plan"]);
    let before = footprints(STACKS).into_iter().map(|(stack, footprint)| (stack, Before::Known(footprint))).collect();
    let mut now = footprints(STACKS);
    now.extend([footprint(edit)]);
    let found = affected((Some(conditions("before an apply")), &before), (conditions("after it"), &now));
    assert_eq!(shown(&found), ["dns plan", "id dns:id"]);
}

#[test]
fn stacks_that_come_and_go_take_their_outputs_along() {
    check(STACKS, "new plan x=one/x1", &["new added"]);
    check(STACKS, "-web", &["web deleted"]);
    check(STACKS, "-dns", &["dns deleted", "id dns:id", "net dns:zone"]);
    check(STACKS, "-out", &["key out:key"]);
    check(STACKS, "net plan vpc=one/v1<dns:zone", &["db net:cidr"]);
}

#[test]
fn of_a_program_that_waits_nothing_can_be_told() {
    check(STACKS, "dns waits <out:key", &["dns waits", "id dns:id", "net dns:zone"]);
    let stacks = "a plan x=one/x1\n b waits <a:x\n c plan <b:y";
    check(stacks, "", &["b waits", "c b:y"]);
}

#[test]
fn schemas_and_profiles_reach_everything() {
    let now = footprints("a plan x=one/x1\n b plan");
    let before = now.clone().into_iter().map(|(stack, footprint)| (stack, Before::Known(footprint))).collect();
    let then = Conditions { schemas: digest("others"), ..conditions("one") };
    let found = affected((Some(then), &before), (conditions("one"), &now));
    assert_eq!(shown(&found), ["a schemas", "b schemas"]);
    let then = Conditions { profile: digest("another"), ..conditions("one") };
    let found = affected((Some(then), &before), (conditions("one"), &now));
    assert_eq!(shown(&found), ["a profile", "b profile"]);
}

#[test]
fn without_a_record_it_is_an_upper_bound() {
    let now = footprints(
        "a plan x=one/x1 y=one/y1\n b plan z=one/z1<a:x\n c plan <b:z\n d plan !a:y w=one/w1\n e plan <d:w\n f plan",
    );
    let of = |a: Before| {
        let mut before: BTreeMap<String, Before> = now.keys().map(|stack| (stack.clone(), Before::AsNow)).collect();
        before.insert("a".to_owned(), a);
        before.insert("gone".to_owned(), Before::Other);
        affected((None, &before), (conditions("one"), &now))
    };
    assert_eq!(shown(&of(Before::AsNow)), ["gone deleted"]);
    assert_eq!(shown(&of(Before::Other)), ["a inputs", "b a:x", "c b:z", "d a:y", "e d:w", "gone deleted"]);
}

#[test]
fn cycles_of_readers_are_fine() {
    let pair = "a plan x=one/x1 y=one/y1<b:z\n b plan z=one/z1 w=one/w1<a:x";
    check(pair, "a other x=two/x2 y=one/y1<b:z", &["a plan", "b a:x"]);
    let circle = "a plan x=one/x1<b:y\n b plan y=one/y1<a:x";
    check(circle, "a other x=two/x2<b:y", &["a plan", "b a:x"]);
}
