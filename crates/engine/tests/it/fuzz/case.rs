//! A case of the fuzzer: a valid snapshot, a program made of it, what goes wrong, and what is done.

use std::fmt::Write;

use proptest::prelude::*;

use super::Given;
use super::piece::{Extra, Fate, Piece, Reading, Site, Standing};
use crate::cloud::Harm;

pub(super) const STACKS: [&str; 3] = ["a", "b", "c"];

/// Something that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// Brings stacks to what the programs say.
    Up,
    /// Looks at the world first.
    RefreshedUp,
    /// Deletes everything in stacks.
    Destroy,
    /// Reads objects anew.
    Refresh,
    /// As `Up`, but the run dies when the n-th call arrives.
    KilledUp(usize),
    /// As `Destroy`, but the run dies when the n-th call arrives.
    KilledDestroy(usize),
    /// As `Up`, but the run dies before its n-th write.
    UnwrittenUp(usize),
    /// As `Destroy`, but the run dies before its n-th write.
    UnwrittenDestroy(usize),
    /// The n-th resource of all states is marked to be replaced, by hand.
    Taint(usize),
    /// It is protected by hand.
    Protect(usize),
    /// It gets another name by hand.
    Rename(usize),
    /// It goes to the next stack by hand.
    Hand(usize),
    /// Its record goes by hand, and its object stays.
    Remove(usize),
}

/// A case.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) pieces: Vec<Piece>,
    /// Whether the vendor refuses to delete what another object names; such a case has only types for which there is
    /// always an order that never asks it to.
    strict: bool,
    /// The vendor may not answer, or not so soon; time passes as fast as it is waited for.
    slow: bool,
    harms: Vec<(&'static str, usize, Harm)>,
    vanished: Vec<usize>,
    meddled: Vec<usize>,
    /// A stack declares as many resources as an output says, which it reads as a plain value.
    each: Option<(usize, usize)>,
    operations: Vec<Operation>,
    /// Which stacks they are about; none = all.
    selected: Option<usize>,
    targets: Vec<(&'static str, usize)>,
    broken_hooks: bool,
    jobs: usize,
}

impl Case {
    pub(super) fn strategy() -> impl Strategy<Value = Self> {
        (any::<bool>(), prop::bool::weighted(0.2)).prop_flat_map(|(strict, slow)| {
            let world = (
                prop::collection::vec(Piece::strategy(strict), 1..8),
                prop::collection::vec((verb(), 0..8_usize, harm(slow)), 0..3),
                prop::collection::vec(0..8_usize, 0..2),
                prop::collection::vec(0..8_usize, 0..2),
                prop::option::weighted(0.2, (0..STACKS.len(), 0..8_usize)),
            );
            let flag = prop_oneof![Just("--target"), Just("--exclude"), Just("--replace")];
            let done = (
                prop::collection::vec(operation(), 1..4),
                prop::option::weighted(0.3, 0..STACKS.len()),
                prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec((flag, 0..8_usize), 1..4)],
                prop::bool::weighted(0.5),
                1..5_usize,
            );
            (world, done).prop_map(move |(world, done)| {
                let (pieces, harms, vanished, meddled, each) = world;
                let (operations, selected, targets, broken_hooks, jobs) = done;
                Self {
                    pieces,
                    strict,
                    slow,
                    harms,
                    vanished,
                    meddled,
                    each,
                    operations,
                    selected,
                    targets,
                    broken_hooks,
                    jobs,
                }
            })
        })
    }

    /// The case as it is played.
    pub(super) fn given(&self) -> Given {
        Given {
            text: self.text(),
            strict: self.strict,
            slow: self.slow,
            harms: self.harms(),
            vanished: self.held(&self.vanished),
            meddled: self.held(&self.meddled),
            operations: self.operations.clone(),
            selected: self.selected(),
            targets: self.targets(),
            broken_hooks: self.broken_hooks,
            jobs: self.jobs,
        }
    }

    /// The snapshot and the programs, in the language of the fixtures.
    fn text(&self) -> String {
        let mut text = String::new();
        if self.pieces.iter().any(|piece| piece.site != Site::Default) {
            text += "instance west region=eu\ninstance old region=us\n";
        }
        for (at, piece) in self.pieces.iter().enumerate() {
            if let Fate::Imported(fits) = piece.fate {
                writeln!(text, "there Vpc r{at}-7 Cidr=c{}", if fits { 0 } else { 9 }).expect("writes");
            }
        }
        for (stack, name) in STACKS.iter().enumerate() {
            let here = |piece: &Piece| piece.stack == stack || piece.home() == stack;
            let passes_on = |at| [true, false].iter().any(|now| self.through(at, *now) == Some(stack));
            if !self.pieces.iter().any(here) && !(0..self.pieces.len()).any(passes_on) {
                continue;
            }
            writeln!(text, "stack {name}.QA").expect("writes");
            let numbered = || self.pieces.iter().enumerate();
            let declared = numbered().filter(|(_, piece)| piece.home() == stack && piece.is_declared());
            declared.for_each(|(at, _)| self.declare(&mut text, at));
            let forgotten = numbered().filter(|(_, piece)| piece.stack == stack && piece.fate == Fate::Forgotten);
            forgotten.for_each(|(at, piece)| writeln!(text, "  forget {} r{at}", piece.ty()).expect("writes"));
            let held = numbered().filter(|(_, piece)| piece.stack == stack && piece.is_held());
            held.for_each(|(at, _)| self.hold(&mut text, at));
            (0..self.pieces.len()).for_each(|at| self.pass_on(&mut text, at, stack));
        }
        if let Some((stack, of)) = self.each() {
            let home = STACKS[self.pieces[of].home()];
            writeln!(text, "each {}.QA e {home}.QA:n{of}", STACKS[stack]).expect("writes");
        }
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|line| !line.is_empty()).map(|line| line + "\n").collect()
    }

    /// The resource as the program says it, with an output that says its id.
    fn declare(&self, text: &mut String, at: usize) {
        let piece = &self.pieces[at];
        let (ty, name) = (piece.ty(), self.name(at));
        let reads = self.reads(at, true).filter(|_| piece.fate != Fate::Unread);
        let reads = reads.filter(|(of, ..)| self.pieces[*of].is_declared()).map(|(of, property, secret)| {
            let target = &self.pieces[of];
            let value = match (target.home() == piece.home(), secret) {
                _ if let Some(through) = self.through(at, true) => format!("#{}.QA:x{at}", STACKS[through]),
                (true, false) if let Some((_, passed_on)) = self.passed_on(at, true) => {
                    format!("@{}.{passed_on}", self.name(of))
                }
                (true, false) => format!("@{}.{}", self.name(of), target.attribute()),
                (true, true) => format!("@{}.Pass", self.name(of)),
                (false, _) => format!("#{}.QA:{}", STACKS[target.home()], self.output(at, of, secret, true)),
            };
            (of, format!("{property}={value}"))
        });
        let label = if reads.is_none() && piece.fate == Fate::Edited { "Label=edited" } else { "" };
        let reading = reads.as_ref().map(|(_, reading)| reading.as_str()).unwrap_or_default();
        writeln!(text, "  resource {ty} {name} {} {reading} {label}", piece.own(at, true)).expect("writes");
        writeln!(text, "  {}", piece.option).expect("writes");
        match piece.fate {
            Fate::Renamed => writeln!(text, "    alias r{at}").expect("writes"),
            Fate::Moved(..) => writeln!(text, "    moved {}.QA r{at}", STACKS[piece.stack]).expect("writes"),
            Fate::Imported(_) => writeln!(text, "    import r{at}-7").expect("writes"),
            _ => {}
        }
        match (piece.extra, reads) {
            (Extra::Protect(_, true), _) => writeln!(text, "    protect").expect("writes"),
            (Extra::Hook(moment), _) if !self.slow => {
                let secret =
                    piece.secret(true).map(|_| format!("@{name}.Pass")).filter(|_| !moment.ends_with("create"));
                writeln!(text, "    hook {moment} sh hook.sh {}", secret.unwrap_or_default()).expect("writes");
            }
            (Extra::With, Some((of, _))) if self.stay_together(at, of) => {
                writeln!(text, "    deleted_with {}", self.name(of)).expect("writes");
            }
            _ => {}
        }
        match piece.site {
            Site::Default => {}
            Site::ToWest | Site::West | Site::Removed => writeln!(text, "    provider west").expect("writes"),
        }
        writeln!(text, "  output {name} @{name}.{}", piece.attribute()).expect("writes");
        if piece.secret(true).is_some() {
            writeln!(text, "  output p{at} @{name}.Pass").expect("writes");
        }
        if self.each().is_some_and(|(_, of)| of == at) {
            writeln!(text, "  output n{at} @{name}.Count").expect("writes");
        }
        let deep = |reader| self.reads(reader, true).filter(|(of, ..)| *of == at).and(self.passed_on(reader, true));
        if let Some((_, passed_on)) = (at + 1..self.pieces.len()).find_map(deep) {
            writeln!(text, "  output y{at} @{name}.{passed_on}").expect("writes");
        }
    }

    /// The object as the snapshot has it.
    fn hold(&self, text: &mut String, at: usize) {
        let piece = &self.pieces[at];
        let id = |of: usize| format!("r{of}-{}", self.pieces[of].incarnation());
        let reads = self.reads(at, false).filter(|(of, ..)| self.pieces[*of].is_held());
        let reading = reads.map(|(of, property, secret)| format!("{property}={}", self.value(at, of, secret)));
        let reading = reading.unwrap_or_default();
        let mut object = |word: &str, incarnation: usize| {
            let own = if word == "leftover" { piece.own(at, false).replace("c0", "c2") } else { piece.own(at, false) };
            writeln!(text, "  {word} {} r{at} {own} {reading}", piece.ty()).expect("writes");
            writeln!(text, "    incarnation {incarnation}").expect("writes");
            writeln!(text, "    {}", if piece.option == "retain" { "retain" } else { "plain" }).expect("writes");
            let (depends, outputs) = self.made_of(at);
            writeln!(text, "    depends {}\n    reads {}", depends.join(" "), outputs.join(" ")).expect("writes");
        };
        if piece.standing() == Standing::Aside {
            object("leftover", 1);
        }
        object("has", piece.incarnation());
        match piece.standing() {
            Standing::Tainted => writeln!(text, "    tainted").expect("writes"),
            Standing::Partial => writeln!(text, "    partial").expect("writes"),
            Standing::Ready | Standing::Aside => {}
        }
        if matches!(piece.extra, Extra::Protect(true, _)) {
            writeln!(text, "    protect").expect("writes");
        }
        match reads {
            Some((of, ..)) if piece.extra == Extra::With && self.stay_together(at, of) => {
                writeln!(text, "    with r{of} {}", self.pieces[of].incarnation()).expect("writes");
            }
            _ => writeln!(text, "    without").expect("writes"),
        }
        match piece.site {
            Site::Default | Site::ToWest => {}
            Site::West => writeln!(text, "    provider west region=eu").expect("writes"),
            Site::Removed => writeln!(text, "    provider west region=us").expect("writes"),
        }
        if piece.ty() == "Vpc" {
            writeln!(text, "    observed Count=2").expect("writes");
        }
        writeln!(text, "  published r{at} {} from r{at}", id(at)).expect("writes");
        if let Some(pass) = piece.secret(false) {
            writeln!(text, "  published p{at} {pass} from r{at}").expect("writes");
        }
        if self.each().is_some_and(|(_, of)| of == at) {
            writeln!(text, "  published n{at} 2 from r{at}").expect("writes");
        }
        let deep = |reader| self.reads(reader, false).filter(|(of, ..)| *of == at).and(self.passed_on(reader, false));
        if let Some((passed_on, _)) = (at + 1..self.pieces.len()).find_map(deep) {
            let (depends, outputs) = self.made_of(at);
            let (from, read) = (depends.join(" "), outputs.join(" "));
            writeln!(text, "  published y{at} {} from r{at} {from} reads {read}", id(passed_on)).expect("writes");
        }
    }

    /// What an object in the snapshot was made of: resources of its stack, and outputs of others.
    fn made_of(&self, at: usize) -> (Vec<String>, Vec<String>) {
        let Some((of, _, secret)) = self.reads(at, false).filter(|(of, ..)| self.pieces[*of].is_held()) else {
            return (Vec::new(), Vec::new());
        };
        let target = &self.pieces[of];
        if target.stack != self.pieces[at].stack {
            let direct = || format!("{}.QA:{}", STACKS[target.stack], self.output(at, of, secret, false));
            let through = self.through(at, false).map(|through| format!("{}.QA:x{at}", STACKS[through]));
            return (Vec::new(), vec![through.unwrap_or_else(direct)]);
        }
        let (mut resources, outputs) =
            if self.passed_on(at, false).is_some() { self.made_of(of) } else { Default::default() };
        resources.push(format!("r{of}"));
        (resources, outputs)
    }

    /// What a property in the snapshot holds that is read of a resource.
    fn value(&self, at: usize, of: usize, secret: bool) -> String {
        let id = |of: usize| format!("r{of}-{}", self.pieces[of].incarnation());
        match self.passed_on(at, false) {
            Some((passed_on, _)) => id(passed_on),
            None => self.pieces[of].secret(false).filter(|_| secret).map_or_else(|| id(of), str::to_owned),
        }
    }

    /// The output of a resource's stack with what another one reads of it.
    fn output(&self, at: usize, of: usize, secret: bool, now: bool) -> String {
        match self.passed_on(at, now) {
            Some(_) => format!("y{of}"),
            None if secret => format!("p{of}"),
            None if now => self.name(of),
            None => format!("r{of}"),
        }
    }

    /// Whose id a resource reads from a property of the one that it reads, and that property.
    fn passed_on(&self, at: usize, now: bool) -> Option<(usize, &'static str)> {
        let there = |at: usize| if now { self.pieces[at].is_declared() } else { self.pieces[at].is_held() };
        let (of, _, secret) = self.reads(at, now).filter(|_| self.pieces[at].deep && there(at))?;
        let (passed_on, property, other_secret) = self.reads(of, now)?;
        let reads = there(of) && there(passed_on) && !(now && self.pieces[of].fate == Fate::Unread);
        (reads && property != "Pass" && !secret && !other_secret).then_some((passed_on, property))
    }

    /// The output with which a stack only passes on what a resource reads, in the program and in the snapshot.
    fn pass_on(&self, text: &mut String, at: usize, stack: usize) {
        if let Some((of, _, secret)) = self.reads(at, true).filter(|_| self.through(at, true) == Some(stack)) {
            let target = &self.pieces[of];
            let read = format!("#{}.QA:{}", STACKS[target.home()], self.output(at, of, secret, true));
            // It may be something else by now.
            let read = if self.pieces[at].fate == Fate::Unread { "none".to_owned() } else { read };
            writeln!(text, "  output x{at} {read}").expect("writes");
        }
        if let Some((of, _, secret)) = self.reads(at, false).filter(|_| self.through(at, false) == Some(stack)) {
            let read = format!("{}.QA:{}", STACKS[self.pieces[of].stack], self.output(at, of, secret, false));
            writeln!(text, "  published x{at} {} reads {read}", self.value(at, of, secret)).expect("writes");
        }
    }

    /// The stack through which a resource reads what it reads of another one.
    fn through(&self, at: usize, now: bool) -> Option<usize> {
        let (of, ..) = self.reads(at, now).filter(|_| self.pieces[at].through)?;
        let there = |piece: &Piece| if now { piece.is_declared() } else { piece.is_held() };
        let home = |piece: &Piece| if now { piece.home() } else { piece.stack };
        let (one, other) = (&self.pieces[at], &self.pieces[of]);
        let apart = there(one) && there(other) && home(one) != home(other);
        (0..STACKS.len()).find(|stack| apart && *stack != home(one) && *stack != home(other))
    }

    /// Whether two resources are in one stack, in the snapshot and in the program.
    fn stay_together(&self, at: usize, of: usize) -> bool {
        let (one, other) = (&self.pieces[at], &self.pieces[of]);
        one.stack == other.stack && one.home() == other.home()
    }

    /// Which of those before it a resource reads, into which property, and whether that is a secret.
    fn reads(&self, at: usize, now: bool) -> Option<(usize, &'static str, bool)> {
        let piece = &self.pieces[at];
        let (index, reading) = piece.reads.as_ref().filter(|_| at > 0)?;
        let of = index.index(at);
        let secret = *reading == Reading::Pass && self.pieces[of].secret(now).is_some();
        Some((of, piece.property(if secret { Reading::Pass } else { *reading }), secret))
    }

    /// The stack that declares as many resources as an output of a resource says, and that resource; not where the
    /// resource waits for that stack, or where another stack waits for it to know what it takes over.
    fn each(&self) -> Option<(usize, usize)> {
        let (stack, of) = self.each?;
        let of = of % self.pieces.len();
        let (piece, mut needs) = (&self.pieces[of], Some(of));
        while let Some(at) = needs {
            if [self.pieces[at].home(), self.pieces[at].stack].contains(&stack) || self.through(at, true) == Some(stack)
            {
                return None;
            }
            needs = self.reads(at, true).map(|(of, ..)| of);
        }
        let here = |piece: &Piece| piece.home() == stack || piece.stack == stack;
        let leaves = |piece: &Piece| piece.stack == stack && piece.home() != stack;
        let pieces = &self.pieces;
        (piece.ty() == "Vpc" && piece.is_declared() && pieces.iter().any(here) && !pieces.iter().any(leaves))
            .then_some((stack, of))
    }

    /// The name in the program.
    fn name(&self, at: usize) -> String {
        format!("r{at}{}", if self.pieces[at].is_renamed() { "n" } else { "" })
    }

    /// What goes wrong, as calls: `create r1`.
    fn harms(&self) -> Vec<(String, Harm)> {
        let call = |verb: &str, at: usize| match verb {
            "read" => verb.to_owned(),
            _ => format!("{verb} {}", self.name(at % self.pieces.len())),
        };
        self.harms.iter().map(|(verb, at, harm)| (call(verb, *at), *harm)).collect()
    }

    /// The ids of some objects in the snapshot.
    fn held(&self, which: &[usize]) -> Vec<String> {
        let at = which.iter().map(|at| at % self.pieces.len()).filter(|at| self.pieces[*at].is_held());
        at.map(|at| format!("r{at}-{}", self.pieces[at].incarnation())).collect()
    }

    /// The stacks that the operations are about.
    fn selected(&self) -> Vec<String> {
        let there = |stack: &usize| self.pieces.iter().any(|piece| piece.stack == *stack || piece.home() == *stack);
        self.selected.filter(there).map(|stack| format!("{}.QA", STACKS[stack])).into_iter().collect()
    }

    /// What the operations may touch, as on a command line.
    fn targets(&self) -> String {
        let name = |at: usize| self.name(at % self.pieces.len());
        let flags = self.targets.iter().map(|(flag, at)| format!("{flag} {}", name(*at)));
        let dependents = match self.targets.first() {
            Some(("--target", at)) if at % 2 == 0 => Some("--target-dependents".to_owned()),
            Some(("--exclude", at)) if at % 2 == 0 => Some("--exclude-dependents".to_owned()),
            _ => None,
        };
        flags.chain(dependents).collect::<Vec<_>>().join(" ")
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let by_hand = prop_oneof![
        (0..8_usize).prop_map(Operation::Taint),
        (0..8_usize).prop_map(Operation::Protect),
        (0..8_usize).prop_map(Operation::Rename),
        (0..8_usize).prop_map(Operation::Hand),
        (0..8_usize).prop_map(Operation::Remove),
    ];
    prop_oneof![
        3 => by_hand,
        6 => Just(Operation::Up),
        2 => Just(Operation::RefreshedUp),
        2 => Just(Operation::Destroy),
        1 => Just(Operation::Refresh),
        3 => (1..9_usize).prop_map(Operation::KilledUp),
        2 => (1..9_usize).prop_map(Operation::KilledDestroy),
        3 => (1..16_usize).prop_map(Operation::UnwrittenUp),
        1 => (1..16_usize).prop_map(Operation::UnwrittenDestroy),
    ]
}

fn verb() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("create"), 4 => Just("update"), 4 => Just("delete"), 1 => Just("adopt"), 1 => Just("read")]
}

fn harm(slow: bool) -> impl Strategy<Value = Harm> {
    let mut harms = vec![
        Harm::Refuse,
        Harm::Partial,
        Harm::PartialNoId,
        Harm::LoseAnswer,
        Harm::LoseCall,
        Harm::Panic,
        Harm::PartialLie,
        Harm::Silent,
        Harm::Twice,
        Harm::Elsewhere,
        Harm::NoObject,
        Harm::NoId,
        Harm::Lie,
    ];
    if slow {
        harms.extend([Harm::Hang, Harm::Hang, Harm::HangAfter, Harm::HangAfter]);
    }
    prop::sample::select(harms)
}
