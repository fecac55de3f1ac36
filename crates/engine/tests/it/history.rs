//! Histories of edits: what a change reaches, told from records, is what a comparison from scratch finds, every time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use engine::{Preview, Relations, Short};
use plan::Read;
use resource::StackName;
use taskgraph::{Before, affected};
use value::{Digest, Path};

use crate::shelf::{Shelf, Sources};

/// A source of numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.roll(of.len())].clone())
    }
}

/// A stack file in the making.
#[derive(Clone, Default)]
struct File {
    label: usize,
    cidr: usize,
    unused: usize,
    remarks: usize,
    /// Which of the three kinds of reading it does besides.
    files: bool,
    lists: bool,
    others: bool,
    outputs: BTreeMap<String, String>,
    reads: BTreeSet<String>,
    plain: Option<String>,
}

impl File {
    fn text(&self) -> String {
        let mut text = "# A remark.\n".repeat(self.remarks);
        let mut line = |line: String| writeln!(text, "{line}").expect("writes");
        line(format!("label = \"{}\"\ncidr = \"10.{}.0.0/16\"\nunused = {}", self.label, self.cidr, self.unused));
        if self.files {
            line("files = [\"notes.txt\", \"missing.txt\"]".to_owned());
        }
        if self.lists {
            line("lists = [\"conf.d\"]".to_owned());
        }
        if self.others {
            line("variables = [\"REGION\"]\nzone = true\nshout = true".to_owned());
        }
        line(format!("reads = {:?}", self.reads));
        if let Some(plain) = &self.plain {
            line(format!("plain = \"{plain}\""));
        }
        line("[outputs]\ncount = 1".to_owned());
        self.outputs.iter().for_each(|(name, value)| line(format!("{name} = \"{value}\"")));
        text.replace('{', "[").replace('}', "]")
    }

    fn needs(&self) -> impl Iterator<Item = &str> {
        let passed = self.outputs.values().filter_map(|value| value.strip_prefix('#'));
        self.reads.iter().map(String::as_str).chain(passed).chain(self.plain.as_deref())
    }
}

/// A workspace that somebody edits. A stack reads only those that were there before it, so that there is no cycle.
struct History {
    dice: Dice,
    stacks: BTreeMap<usize, File>,
    next: usize,
    shelf: Shelf,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut history = Self { dice: Dice(seed), stacks: BTreeMap::new(), next: 0, shelf: Shelf::of(&[]) };
        history.shelf.sources.files.insert("notes.txt".to_owned(), "notes".to_owned());
        for _ in 0..10 {
            history.add();
        }
        history.write();
        history
    }

    fn write(&mut self) {
        let texts = self.stacks.iter().map(|(number, file)| (format!("p{number}.QA"), file.text()));
        self.shelf.sources.stacks = texts.collect();
    }

    /// Outputs of stacks before one.
    fn outputs_before(&self, number: usize) -> Vec<String> {
        let before = self.stacks.range(..number);
        before
            .flat_map(|(other, file)| file.outputs.keys().map(move |output| format!("p{other}.QA:{output}")))
            .collect()
    }

    fn add(&mut self) {
        let number = self.next;
        self.next += 1;
        let there = self.outputs_before(number);
        let mut file = File {
            files: self.dice.roll(2) == 0,
            lists: self.dice.roll(2) == 0,
            others: self.dice.roll(2) == 0,
            ..File::default()
        };
        file.outputs.insert("id".to_owned(), "@".to_owned());
        file.outputs.insert("label".to_owned(), "@Label".to_owned());
        file.outputs.insert("text".to_owned(), "t0".to_owned());
        for _ in 0..self.dice.roll(4) {
            file.reads.extend(self.dice.one(&there));
        }
        if let Some(passed) = self.dice.one(&there).filter(|_| self.dice.roll(2) == 0) {
            file.outputs.insert("passed".to_owned(), format!("#{passed}"));
        }
        if number > 2 && self.dice.roll(4) == 0 {
            let other = self.stacks.range(..number).next().map(|(other, _)| *other).expect("one");
            file.plain = Some(format!("p{other}.QA:count"));
        }
        self.stacks.insert(number, file);
    }

    fn is_read(&self, what: &str) -> bool {
        self.stacks.values().flat_map(File::needs).any(|read| read == what || read.starts_with(&format!("{what}:")))
    }

    /// One edit, in words.
    fn edit(&mut self, step: usize) -> String {
        let numbers: Vec<usize> = self.stacks.keys().copied().collect();
        let number = self.dice.one(&numbers).expect("a stack");
        let there = self.outputs_before(number);
        let kind = self.dice.roll(20);
        let read = self.dice.one(&there);
        let is_read = self.is_read(&format!("p{number}.QA"));
        let stacks = self.stacks.len();
        let file = self.stacks.get_mut(&number).expect("it is there");
        let sources = &mut self.shelf.sources;
        let what = match kind {
            0 | 1 => {
                file.label = step;
                "label"
            }
            2 => {
                file.cidr = step % 200;
                "cidr"
            }
            3 => {
                file.unused = step;
                "a key that the plan does not hold"
            }
            4 => {
                file.remarks += 1;
                "a comment"
            }
            5 | 6 => {
                file.outputs.insert("text".to_owned(), format!("t{step}"));
                "an output"
            }
            7 => {
                file.outputs.insert(format!("more{step}"), "x".to_owned());
                "one output more"
            }
            8 => {
                file.reads.extend(read);
                "one read more"
            }
            9 => {
                file.reads.pop_first();
                "one read less"
            }
            10 => {
                sources.files.insert("notes.txt".to_owned(), format!("notes {step}"));
                "a file that some read"
            }
            11 => {
                if sources.files.remove("missing.txt").is_none() {
                    sources.files.insert("missing.txt".to_owned(), String::new());
                }
                "a file that comes and goes"
            }
            12 => {
                sources.files.insert(format!("conf.d/{step}"), String::new());
                "a file under a listing"
            }
            13 => {
                let listed = sources.files.keys().find(|path| path.starts_with("conf.d/")).cloned();
                listed.map(|path| sources.files.remove(&path));
                "a file less under a listing"
            }
            14 => {
                sources.files.insert("other.txt".to_owned(), format!("{step}"));
                "a file that nobody reads"
            }
            15 => {
                sources.variables.insert(["REGION", "USER"][step % 2].to_owned(), format!("{step}"));
                "a variable"
            }
            16 => {
                sources.zone = format!("{step}");
                "the world lock"
            }
            17 => {
                let project = if step.is_multiple_of(3) { "*".to_owned() } else { format!("p{number}") };
                sources.code.insert(project, step);
                "code"
            }
            18 if step.is_multiple_of(2) => {
                sources.function += 1;
                "the body of a named function"
            }
            18 if !is_read && stacks > 4 => {
                self.stacks.remove(&number);
                "a stack less"
            }
            _ if stacks < 12 => {
                self.add();
                "one stack more"
            }
            _ => {
                file.label = step;
                "label"
            }
        };
        self.write();
        format!("{step}: {what}, of p{number}")
    }
}

/// What each stack is to be, evaluated and resolved from scratch: its plan and the outputs that it reads.
type Goals = BTreeMap<String, (Digest, BTreeMap<(String, Path), Digest>)>;

async fn goals(shelf: &Shelf) -> Goals {
    let preview: Preview = shelf.preview_from_scratch().await;
    assert!(preview.deferred.is_empty());
    let published = shelf.published().await;
    let pins = |stack: &str| -> Option<BTreeMap<(String, Path), Digest>> {
        let set = preview.changes.iter().find(|set| set.stack.to_string() == stack)?;
        Some(set.reads.iter().map(|(read, pin)| (read.clone(), pin.digest)).collect())
    };
    let trace = |(stack, trace): (&String, &engine::Trace)| {
        let rests = || trace.outputs.iter().map(|read| (read.clone(), published[read])).collect();
        (stack.clone(), (trace.plan, pins(stack).unwrap_or_else(rests)))
    };
    preview.traces.iter().map(trace).collect()
}

/// The stacks that are to be something else, or that come or go.
fn differing(then: &Goals, now: &Goals) -> BTreeSet<String> {
    then.keys().chain(now.keys()).filter(|stack| then.get(*stack) != now.get(*stack)).cloned().collect()
}

/// The stacks that a change may reach, told without a record of then.
async fn bound(shelf: &Shelf, then: &Sources, now: &engine::RunRecord) -> BTreeSet<String> {
    let before = shelf
        .with(async |engine| {
            let is = |stack: &String| {
                let Some(recorded) = now.stacks.get(stack) else { return Before::Other };
                let project = stack.split('.').next().expect("a project");
                let code = |sources: &Sources| (sources.code("*"), sources.code(project), sources.function);
                let same = code(then) == code(&shelf.sources) && engine.why_other_than(recorded, then).is_empty();
                if same { Before::AsNow } else { Before::Other }
            };
            then.stacks.keys().map(|stack| (stack.clone(), is(stack))).collect::<BTreeMap<_, _>>()
        })
        .await;
    affected((None, &before), (now.conditions, &now.footprints())).stacks.into_keys().collect()
}

/// What was found in files, by who read it.
type Found = BTreeMap<(StackName, Read), Option<Digest>>;

/// What stacks have to do with one another as it was kept: whole, and in short with what its files held.
#[derive(Default)]
struct Related {
    whole: Relations,
    short: Option<(Short, Found)>,
}

/// What stacks have to do with one another, known from before the last edit; it must be what all programs say. With how
/// often it was found in short.
async fn related(shelf: &Shelf, known: Related, told: &str) -> (Related, usize) {
    shelf
        .with(async |engine| {
            let digest = |stack: &StackName, read: &Read| match read {
                Read::Variable(_) | Read::Output(..) => None,
                _ => engine.inputs.digest(stack, read),
            };
            let is_same = |((stack, read), found): (&(StackName, Read), &Option<Digest>)| digest(stack, read) == *found;
            let holds = |(short, files): &(Short, Found)| engine.sees_as_before(short) && files.iter().all(is_same);
            let short = known.short.filter(holds);
            let (relations, news) = engine.relations(known.whole);
            if let Some((short, _)) = &short {
                assert!(!news && short.links == *relations.links(), "it is not as it was\n{told}");
            }
            let survey = engine.survey(engine.catalog.stacks());
            for (stack, needs) in &survey.needs {
                let links = relations.links();
                let found = links.number(stack).into_iter().flat_map(|number| links.needs(number));
                let found: Vec<&str> = found.map(|need| links.names()[need].as_str()).collect();
                assert_eq!(found, needs.iter().map(String::as_str).collect::<Vec<_>>(), "{stack}\n{told}");
            }
            let (relations, news) = engine.relations(relations);
            assert!(!news, "nothing has changed since\n{told}");
            let files = engine.reads_of(&relations).map(|reads| {
                let files = reads.into_iter().map(|(stack, read)| ((stack.clone(), read.clone()), digest(stack, read)));
                files.collect()
            });
            let again = engine.in_short(&relations).zip(files);
            assert!(again.iter().all(holds), "nothing has changed since\n{told}");
            (Related { whole: relations, short: again }, usize::from(short.is_some()))
        })
        .await
}

async fn history(seed: u64, edits: usize, applied: bool) {
    let mut history = History::new(seed);
    if applied {
        history.shelf.up().await;
    }
    let (mut reached, mut told, mut kept, mut short) = (0, String::new(), Related::default(), 0);
    for step in 1..=edits {
        let (_, then) = history.shelf.preview().await;
        let (sources, before) = (history.shelf.sources.clone(), goals(&history.shelf).await);
        writeln!(told, "{}", history.edit(step)).expect("writes");
        let (_, now) = history.shelf.preview().await;
        let expected = differing(&before, &goals(&history.shelf).await);
        let known = then.footprints().into_iter().map(|(stack, footprint)| (stack, Before::Known(footprint)));
        let found = affected((Some(then.conditions), &known.collect()), (now.conditions, &now.footprints()));
        let found: BTreeSet<String> = found.stacks.into_keys().collect();
        assert_eq!(found, expected, "seed {seed}, applied {applied}\n{told}");
        let bound = bound(&history.shelf, &sources, &now).await;
        assert!(found.is_subset(&bound), "seed {seed}: {found:?} {bound:?}\n{told}");
        reached += found.len();
        let (found, in_short) = related(&history.shelf, kept, &told).await;
        (kept, short) = (found, short + in_short);
        if applied && step.is_multiple_of(7) {
            history.shelf.up().await;
        }
    }
    assert!(reached > edits / 2, "edits reach something: {reached}");
    assert!(short > 0 && short < edits, "some edits change what programs read: {short}");
}

#[tokio::test]
async fn two_hundred_edits_reach_what_a_comparison_from_scratch_finds() {
    history(1, 200, false).await;
}

#[tokio::test]
async fn edits_of_what_is_applied_reach_what_a_comparison_from_scratch_finds() {
    for seed in 2..5 {
        history(seed, 40, true).await;
    }
}
