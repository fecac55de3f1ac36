//! A case of the fuzzer: a valid snapshot, a program made of it, what goes wrong, and one operation.

use std::fmt::Write;

use proptest::prelude::*;

use crate::cloud::Harm;

pub(super) const STACKS: [&str; 3] = ["a", "b", "c"];
const TYPES: [&str; 4] = ["Vpc", "Bucket", "Route", "Fixed"];

/// What the program says of a resource, compared with the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Same,
    /// A property that forces a replacement is another one.
    Forced,
    /// A property that can change in place is another one.
    Edited,
    /// It no longer reads what it read.
    Unread,
    /// It has another name, and names the earlier one.
    Renamed,
    /// It is no longer declared.
    Dropped,
    /// It was not there before.
    New,
}

/// How an object is in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Ready,
    Tainted,
    Partial,
    /// An earlier incarnation of it is still there, too.
    Aside,
}

/// One resource. It reads only resources before it, so that there are no cycles.
#[derive(Debug, Clone)]
struct Piece {
    stack: usize,
    ty: usize,
    fate: Fate,
    standing: Standing,
    /// Which of those before it it reads, and whether another value replaces it.
    reads: Option<(prop::sample::Index, bool)>,
    option: &'static str,
}

/// What the operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// Brings stacks to what the programs say.
    Up,
    /// Deletes everything in stacks.
    Destroy,
    /// Reads objects anew.
    Refresh,
    /// As `Up`, but the run dies when the n-th call arrives.
    KilledUp(usize),
    /// As `Destroy`, but the run dies when the n-th call arrives.
    KilledDestroy(usize),
}

/// A case.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pieces: Vec<Piece>,
    /// Whether the vendor refuses to delete what another object names; such a case has only types for which there is
    /// always an order that never asks it to.
    pub(super) strict: bool,
    harms: Vec<(&'static str, usize, Harm)>,
    vanished: Vec<usize>,
    pub(super) operation: Operation,
    /// Which stacks it is about; none = all.
    selected: Option<usize>,
    pub(super) jobs: usize,
}

impl Case {
    pub(super) fn strategy() -> impl Strategy<Value = Self> {
        any::<bool>().prop_flat_map(|strict| {
            let operation = prop_oneof![
                6 => Just(Operation::Up),
                2 => Just(Operation::Destroy),
                1 => Just(Operation::Refresh),
                4 => (1..9_usize).prop_map(Operation::KilledUp),
                2 => (1..9_usize).prop_map(Operation::KilledDestroy),
            ];
            let harm = prop_oneof![
                Just(Harm::Refuse),
                Just(Harm::Partial),
                Just(Harm::LoseAnswer),
                Just(Harm::LoseCall),
                Just(Harm::Panic),
            ];
            let verb = prop_oneof![Just("create"), Just("update"), Just("delete")];
            (
                prop::collection::vec(piece(strict), 1..8),
                prop::collection::vec((verb, 0..8_usize, harm), 0..3),
                prop::collection::vec(0..8_usize, 0..2),
                operation,
                prop::option::weighted(0.3, 0..STACKS.len()),
                1..5_usize,
            )
                .prop_map(move |(pieces, harms, vanished, operation, selected, jobs)| Self {
                    pieces,
                    strict,
                    harms,
                    vanished,
                    operation,
                    selected,
                    jobs,
                })
        })
    }

    /// The snapshot and the programs, in the language of the fixtures.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (stack, name) in STACKS.iter().enumerate() {
            let own = || self.pieces.iter().enumerate().filter(move |(_, piece)| piece.stack == stack);
            if own().next().is_none() {
                continue;
            }
            writeln!(text, "stack {name}.QA").expect("writes");
            own().filter(|(_, piece)| piece.fate != Fate::Dropped).for_each(|(at, _)| self.declare(&mut text, at));
            own().filter(|(_, piece)| piece.fate != Fate::New).for_each(|(at, _)| self.hold(&mut text, at));
        }
        text
    }

    /// The resource as the program says it, with an output that says its id.
    fn declare(&self, text: &mut String, at: usize) {
        let piece = &self.pieces[at];
        let (ty, name) = (TYPES[piece.ty], self.name(at));
        let reads = piece.reads(at).filter(|_| piece.fate != Fate::Unread);
        let reads = reads.filter(|(of, _)| self.pieces[*of].fate != Fate::Dropped).map(|(of, forces)| {
            let target = &self.pieces[of];
            let value = if target.stack == piece.stack {
                format!("@{}.{}", self.name(of), target.attribute())
            } else {
                format!("#{}.QA:{}", STACKS[target.stack], self.name(of))
            };
            format!("{}={value}", piece.reading(forces))
        });
        let forced = usize::from(piece.fate == Fate::Forced);
        let label = if reads.is_none() && piece.fate == Fate::Edited { "Label=edited" } else { "" };
        let own = piece.own(at, forced);
        writeln!(text, "  resource {ty} {name} {own} {} {label}", reads.unwrap_or_default()).expect("writes");
        writeln!(text, "  {}", piece.option).expect("writes");
        if piece.fate == Fate::Renamed {
            writeln!(text, "    alias r{at}").expect("writes");
        }
        writeln!(text, "  output {name} @{name}.{}", piece.attribute()).expect("writes");
    }

    /// The object as the snapshot has it.
    fn hold(&self, text: &mut String, at: usize) {
        let piece = &self.pieces[at];
        let ty = TYPES[piece.ty];
        let reads = piece.reads(at).filter(|(of, _)| self.pieces[*of].fate != Fate::New);
        let value = |of: usize| format!("r{of}-{}", self.pieces[of].incarnation());
        let reading = reads.map(|(of, forces)| format!("{}={}", piece.reading(forces), value(of))).unwrap_or_default();
        let mut object = |word: &str, incarnation: usize, forced: usize| {
            writeln!(text, "  {word} {ty} r{at} {} {reading}", piece.own(at, forced)).expect("writes");
            writeln!(text, "    incarnation {incarnation}").expect("writes");
            writeln!(text, "    {}", if piece.option == "retain" { "retain" } else { "plain" }).expect("writes");
            match reads {
                Some((of, _)) if self.pieces[of].stack == piece.stack => {
                    writeln!(text, "    depends r{of}\n    reads").expect("writes");
                }
                Some((of, _)) => {
                    let stack = STACKS[self.pieces[of].stack];
                    writeln!(text, "    depends\n    reads {stack}.QA:r{of}").expect("writes");
                }
                None => writeln!(text, "    depends\n    reads").expect("writes"),
            }
        };
        if piece.standing == Standing::Aside && !piece.is_named() {
            object("leftover", 1, 2);
        }
        object("has", piece.incarnation(), 0);
        match piece.standing {
            Standing::Tainted => writeln!(text, "    tainted").expect("writes"),
            Standing::Partial => writeln!(text, "    partial").expect("writes"),
            Standing::Ready | Standing::Aside => {}
        }
        writeln!(text, "  published r{at} {} from r{at}", value(at)).expect("writes");
    }

    /// The name in the program.
    fn name(&self, at: usize) -> String {
        let renamed = if self.pieces[at].fate == Fate::Renamed { "n" } else { "" };
        format!("r{at}{renamed}")
    }

    /// What goes wrong, as calls: `create r1`.
    pub(super) fn harms(&self) -> Vec<(String, Harm)> {
        let of = |at: &usize| at % self.pieces.len();
        self.harms.iter().map(|(verb, at, harm)| (format!("{verb} {}", self.name(of(at))), *harm)).collect()
    }

    /// The ids of objects that somebody else has deleted. Only such as nobody holds who would be harmed.
    pub(super) fn vanished(&self) -> Vec<String> {
        let there = |at: &usize| self.pieces[*at].fate != Fate::New;
        let at = self.vanished.iter().map(|at| at % self.pieces.len()).filter(there);
        at.map(|at| format!("r{at}-{}", self.pieces[at].incarnation())).collect()
    }

    /// The stacks that the operation is about.
    pub(super) fn selected(&self) -> Vec<String> {
        let there = |stack: &usize| self.pieces.iter().any(|piece| piece.stack == *stack);
        self.selected.filter(there).map(|stack| format!("{}.QA", STACKS[stack])).into_iter().collect()
    }

    /// The case as a test that can be pasted.
    pub(super) fn source(&self) -> String {
        let harms: Vec<String> =
            self.harms().iter().map(|(call, harm)| format!("(\"{call}\", Harm::{harm:?})")).collect();
        format!(
            "#[tokio::test]\nasync fn found_by_the_fuzzer() {{\n    let given = \"\n{}\";\n    replay(&Given {{\n        \
             text: given.to_owned(),\n        strict: {},\n        harms: harms(&[{}]),\n        vanished: texts(&{:?}),\n        \
             operation: Operation::{:?},\n        selected: texts(&{:?}),\n        jobs: {},\n    }})\n    .await;\n}}",
            self.text(),
            self.strict,
            harms.join(", "),
            self.vanished(),
            self.operation,
            self.selected(),
            self.jobs,
        )
    }
}

impl Piece {
    fn reads(&self, at: usize) -> Option<(usize, bool)> {
        let (index, forces) = self.reads.as_ref().filter(|_| at > 0)?;
        Some((index.index(at), *forces))
    }

    fn incarnation(&self) -> usize {
        if self.standing == Standing::Aside && !self.is_named() { 2 } else { 1 }
    }

    /// Whether there can be only one of it at a time.
    fn is_named(&self) -> bool {
        matches!(TYPES[self.ty], "Bucket" | "Route")
    }

    /// The attribute that is its id.
    fn attribute(&self) -> &'static str {
        if matches!(TYPES[self.ty], "Vpc" | "Bucket") { "Arn" } else { "Id" }
    }

    /// The property that holds what it reads.
    fn reading(&self, forces: bool) -> &'static str {
        if forces && TYPES[self.ty] == "Vpc" { "Peer" } else { "Label" }
    }

    fn own(&self, at: usize, forced: usize) -> String {
        match TYPES[self.ty] {
            "Vpc" => format!("Cidr=c{forced}"),
            "Bucket" => format!("Name=b{at} Region=r{forced}"),
            "Route" => format!("Table=t{at} Via=v{forced}"),
            _ => String::new(),
        }
    }
}

fn piece(strict: bool) -> impl Strategy<Value = Piece> {
    let ty = if strict { 0..1_usize } else { 0..TYPES.len() };
    let options: Vec<&'static str> =
        if strict { vec![""] } else { vec!["", "", "", "dbr true", "dbr false", "retain"] };
    let fate = prop_oneof![
        4 => Just(Fate::Same),
        3 => Just(Fate::Forced),
        2 => Just(Fate::Edited),
        2 => Just(Fate::Unread),
        1 => Just(Fate::Renamed),
        3 => Just(Fate::Dropped),
        2 => Just(Fate::New),
    ];
    let standing = prop_oneof![
        6 => Just(Standing::Ready),
        1 => Just(Standing::Tainted),
        1 => Just(Standing::Partial),
        2 => Just(Standing::Aside),
    ];
    let reads = prop::option::weighted(0.6, (any::<prop::sample::Index>(), any::<bool>()));
    (0..STACKS.len(), ty, fate, standing, reads, prop::sample::select(options)).prop_map(
        |(stack, ty, fate, standing, reads, option)| {
            let piece = Piece { stack, ty, fate, standing, reads, option };
            // A name that a retained object keeps cannot be given again.
            if piece.is_named() && option == "retain" { Piece { option: "", ..piece } } else { piece }
        },
    )
}
