//! Random programs, edits, failures and kills: whatever happened, the next run brings everything to what is wanted, with
//! no object lost and none there twice.

use std::fmt::Write;

use engine::Goal;

use crate::cloud::Harm;
use crate::house::House;

/// A source of numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

/// What happened so far, told if the test fails.
struct Story(String);

impl Story {
    fn tell(&mut self, what: &str) {
        self.0 += what;
        self.0.push('\n');
    }
}

#[expect(clippy::print_stderr, reason = "what a failed test says stands on stderr")]
impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}

/// A resource of a random program; it may read those before it.
#[derive(Clone)]
struct Piece {
    /// Its place in the order: it reads only what is before it.
    id: usize,
    /// The number in its name.
    name: usize,
    stack: usize,
    ty: &'static str,
    forced: usize,
    /// The resource that it reads, if that is still there, and whether a change of it replaces.
    reads: Option<(usize, bool)>,
    option: &'static str,
    /// The number in its earlier name.
    earlier: Option<usize>,
    /// The version of its secret.
    secret: usize,
}

/// What may happen to a call.
const HARMS: [Harm; 10] = [
    Harm::Refuse,
    Harm::Partial,
    Harm::PartialNoId,
    Harm::LoseAnswer,
    Harm::LoseCall,
    Harm::Panic,
    Harm::Silent,
    Harm::Twice,
    Harm::NoId,
    Harm::Lie,
];

const STACKS: [&str; 3] = ["a", "b", "c"];

fn piece(dice: &mut Dice, id: usize, strict: bool) -> Piece {
    let types: &[&'static str] = if strict { &["Vpc", "Vpc", "Bucket"] } else { &["Vpc", "Bucket", "Fixed", "Route"] };
    let options: &[&'static str] = if strict { &[""] } else { &["", "", "dbr true", "dbr false"] };
    Piece {
        id,
        name: id,
        stack: dice.roll(3),
        ty: dice.one(types),
        forced: dice.roll(3),
        reads: (id > 0 && dice.roll(3) > 0).then(|| (dice.roll(id), dice.roll(2) == 0)),
        option: dice.one(options),
        earlier: None,
        secret: dice.roll(2),
    }
}

fn edited(dice: &mut Dice, pieces: &[Piece], strict: bool) -> Vec<Piece> {
    let mut edited: Vec<Piece> = pieces.to_vec();
    for piece in &mut edited {
        match dice.roll(6) {
            0 => piece.forced += 1,
            1 => piece.reads = (piece.id > 0).then(|| (dice.roll(piece.id), dice.roll(2) == 0)),
            2 => piece.secret += 1,
            _ => {}
        }
        piece.earlier = None;
    }
    edited.retain(|_| dice.roll(7) > 0);
    let next = pieces.iter().map(|piece| piece.name.max(piece.id) + 1).max().unwrap_or_default();
    let mut next = next;
    if dice.roll(2) == 0 && !edited.is_empty() {
        let which = dice.roll(edited.len());
        let earlier = std::mem::replace(&mut edited[which].name, next);
        edited[which].earlier = Some(earlier);
        next += 1;
    }
    let names = next..next + dice.roll(3);
    edited.extend(names.map(|name| piece(dice, name, strict)));
    edited
}

/// The program of the pieces, and how many objects it wants.
fn program(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for (number, stack) in STACKS.iter().enumerate() {
        writeln!(text, "stack {stack}.QA").expect("writes");
        for piece in pieces.iter().filter(|piece| piece.stack == number) {
            let Piece { name, forced, ty, .. } = piece;
            let own = match *ty {
                "Vpc" => format!("Cidr=c{forced} Pass=!k.v{}", piece.secret),
                "Bucket" => format!("Region=r{forced}"),
                "Route" => format!("Table=t{name} Via=v{forced}"),
                _ => String::new(),
            };
            let read = piece.reads.and_then(|(of, replaces)| {
                let target = pieces.iter().find(|target| target.id == of)?;
                let property = if replaces && *ty == "Vpc" { "Peer" } else { "Label" };
                let attribute = if matches!(target.ty, "Vpc" | "Bucket") { "Arn" } else { "Id" };
                Some(if target.stack == number {
                    format!("{property}=@r{}.{attribute}", target.name)
                } else {
                    format!("{property}=#{}.QA:r{}", STACKS[target.stack], target.name)
                })
            });
            writeln!(text, "resource {ty} r{name} {own} {}", read.unwrap_or_default()).expect("writes");
            writeln!(text, "{}", piece.option).expect("writes");
            if let Some(earlier) = piece.earlier {
                writeln!(text, "alias r{earlier}").expect("writes");
            }
        }
        for piece in pieces.iter().filter(|piece| piece.stack == number) {
            let attribute = if matches!(piece.ty, "Vpc" | "Bucket") { "Arn" } else { "Id" };
            writeln!(text, "output r{0} @r{0}.{attribute}", piece.name).expect("writes");
        }
    }
    text
}

/// Wants what the pieces say to be what there is.
async fn check(house: &mut House, pieces: &[Piece]) {
    let preview = house.preview(&[]).await;
    assert!(preview.is_empty(), "still to do:\n{}", crate::fixture::print(&preview.changes));
    let mut known = Vec::new();
    for stack in STACKS {
        let Some(state) = house.state_if_any(&format!("{stack}.QA")).await else { continue };
        assert!(state.replaced.is_empty() && state.dangling.is_empty(), "{state:?}");
        known.extend(state.objects.values().map(|object| object.id.clone()));
    }
    known.sort();
    assert_eq!((known.len(), house.cloud.ids()), (pieces.len(), known));
}

/// Wants the state of every stack to be whole, whatever has happened.
async fn whole(house: &House) {
    for stack in STACKS {
        house.state_if_any(&format!("{stack}.QA")).await;
    }
}

async fn play(seed: u64, strict: bool) {
    let mut dice = Dice(seed);
    let count = 3 + dice.roll(6);
    let mut pieces: Vec<Piece> = (0..count).map(|name| piece(&mut dice, name, strict)).collect();
    let mut house = House::new(&program(&pieces));
    house.cloud.strict(strict);
    house.jobs = 1 + dice.roll(8);
    let mut story = Story(String::new());
    for round in 0..3 {
        if round > 0 {
            pieces = edited(&mut dice, &pieces, strict);
            house.program(&program(&pieces));
        }
        story.tell(&format!("--- seed {seed}, round {round}\n{}", program(&pieces)));
        for _ in 0..dice.roll(3) {
            let call = format!("{} r{}", dice.one(&["create", "update", "delete"]), dice.roll(count));
            let harm = dice.one(&HARMS);
            story.tell(&format!("harm: {call}"));
            house.cloud.harm(&call, harm);
        }
        // A part of the stacks first: what cannot be done alone is refused, and harms nothing.
        if dice.roll(2) == 0 {
            let stack = format!("{}.QA", dice.one(&STACKS));
            house.attempt(&[&stack], Goal::Programs).await;
        }
        match dice.roll(3) {
            0 => house.attempt_killed(&[], 1 + dice.roll(8)).await,
            _ => house.attempt(&[], Goal::Programs).await,
        }
        story.tell(&format!("calls: {:?}", house.cloud.calls()));
        whole(&house).await;
        house.cloud.heal();
        // A reader may have to move on before what an earlier run left over can go.
        for _ in 0..2 {
            let told = house.up(&[]).await;
            story.tell(&format!("calls: {:?}", house.cloud.calls()));
            assert_eq!(told, "");
        }
        check(&mut house, &pieces).await;
    }
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.ids(), [""; 0]);
}

#[tokio::test]
async fn a_vendor_that_refuses_to_delete_what_is_in_use_is_never_asked_to() {
    for seed in 0..8 {
        play(seed, true).await;
    }
}

#[tokio::test]
async fn case_39_whatever_happens_the_state_is_whole_and_the_next_run_brings_about_what_is_wanted() {
    for seed in 0..8 {
        play(seed, false).await;
    }
}
