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

/// A stack of a random graph: the version of its plan, and for each output the version of what it is made of and what it
/// reads, always of earlier stacks.
#[derive(Clone)]
struct Model {
    plan: u64,
    outputs: Vec<(u64, Vec<(usize, usize)>)>,
    reads: Vec<(usize, usize)>,
}

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

fn graph(numbers: &mut Numbers) -> Vec<Model> {
    let mut stacks: Vec<Model> = Vec::new();
    for at in 0..2 + numbers.below(7) {
        let mut some = |most: usize| -> Vec<(usize, usize)> {
            let wanted = if at == 0 { 0 } else { numbers.below(most) };
            (0..wanted).map(|_| (numbers.below(at), numbers.below(2))).collect()
        };
        let reads = some(4);
        let outputs = (0..2).map(|_| (0, some(3))).collect();
        stacks.push(Model { plan: 0, outputs, reads });
    }
    stacks
}

/// What the outputs of all stacks are: a version modulo three is all that one sees of what an output is made of.
fn values(stacks: &[Model]) -> Vec<Vec<u64>> {
    let mut values: Vec<Vec<u64>> = Vec::new();
    for stack in stacks {
        let value = |(version, reads): &(u64, Vec<(usize, usize)>)| {
            let read: u64 = reads.iter().map(|(stack, output)| values[*stack][*output]).sum();
            version % 3 + read
        };
        values.push(stack.outputs.iter().map(value).collect());
    }
    values
}

fn of_models(stacks: &[Model], with_values: bool) -> BTreeMap<String, Footprint> {
    let key = |(stack, output): &(usize, usize)| (format!("s{stack}"), Path::key(format!("o{output}")));
    let values = values(stacks);
    let footprint = |(at, stack): (usize, &Model)| {
        let paths = (0..stack.outputs.len()).map(|output| Path::key(format!("o{output}")));
        let exports = stack.outputs.iter().map(|(version, reads)| Export {
            made_of: digest(&format!("{version} {reads:?}")),
            reads: reads.iter().map(key).collect(),
        });
        let seen = values[at].iter().map(|value| Seen { digest: digest(&value.to_string()), known: true });
        let footprint = Footprint {
            plan: Some(digest(&format!("{} {:?} {:?}", stack.plan, stack.outputs, stack.reads))),
            reads: stack.reads.iter().chain(stack.outputs.iter().flat_map(|(_, reads)| reads)).map(key).collect(),
            exports: paths.clone().zip(exports).collect(),
            values: paths.zip(seen).filter(|_| with_values).collect(),
            ..Footprint::default()
        };
        (format!("s{at}"), footprint)
    };
    stacks.iter().enumerate().map(footprint).collect()
}

#[test]
fn on_any_graph_it_is_what_a_comparison_from_scratch_finds() {
    let mut reached = 0;
    for seed in 0..500 {
        let mut numbers = Numbers(seed);
        let then = graph(&mut numbers);
        let mut now = then.clone();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(now.len());
            match numbers.below(3) {
                0 => now[at].plan += 1,
                1 => now[at].outputs[0].0 += 1 + numbers.below(3) as u64,
                _ => drop(now[at].reads.pop()),
            }
        }
        let (old, new) = (of_models(&then, true), of_models(&now, true));
        let (values_then, values_now) = (values(&then), values(&now));
        let differs = |at: &usize| {
            let key = format!("s{at}");
            let mut read = then[*at].reads.iter().chain(then[*at].outputs.iter().flat_map(|(_, reads)| reads));
            old[&key].plan != new[&key].plan || read.any(|(s, o)| values_then[*s][*o] != values_now[*s][*o])
        };
        let expected: BTreeSet<String> = (0..then.len()).filter(differs).map(|at| format!("s{at}")).collect();
        let find = |old: BTreeMap<String, Footprint>| -> BTreeSet<String> {
            let before = old.into_iter().map(|(stack, footprint)| (stack, Before::Known(footprint))).collect();
            affected((Some(conditions("one")), &before), (conditions("one"), &new)).stacks.into_keys().collect()
        };
        assert_eq!(find(old), expected, "seed {seed}");
        assert!(find(of_models(&then, false)).is_superset(&expected), "seed {seed}");
        reached += expected.len();
    }
    assert!(reached > 500);
}
