//! What the fuzzer has found, so that it stays mended.

mod together;

use super::{Given, Operation, replay};
use crate::cloud::Harm;

fn harms(harms: &[(&str, Harm)]) -> Vec<(String, Harm)> {
    harms.iter().map(|(call, harm)| ((*call).to_owned(), *harm)).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Not found, but made by hand: a vendor that deletes and says that it failed.
#[test]
fn a_delete_that_is_denied_is_found_out() {
    let given = "
stack a.QA
  resource Vpc r0 Cidr=c1
  output r0 @r0.Arn
  resource Fixed r1n Label=@r0.Arn
    alias r1
  output r1n @r1n.Id
  has Vpc r0 Cidr=c0
    incarnation 1
    plain
    depends
    reads
  published r0 r0-1 from r0
  has Fixed r1 Label=r0-1
    incarnation 1
    plain
    depends r0
    reads
  published r1 r1-1 from r1
";
    replay(&Given {
        text: given.to_owned(),
        harms: harms(&[("delete r1n", Harm::Partial)]),
        operations: vec![Operation::Up],
        jobs: 1,
        ..Given::default()
    });
}

/// An earlier incarnation that still reads what is to go, while its resource is renamed.
#[test]
fn what_was_set_aside_before_a_renaming_goes_before_what_it_reads() {
    let given = "
stack a.QA
  resource Vpc r2n Cidr=c0
    alias r2
  output r2n @r2n.Arn
  has Vpc r1 Cidr=c0
    incarnation 1
    plain
    depends
    reads
  published r1 r1-1 from r1
  leftover Vpc r2 Cidr=c2 Label=r1-1
    incarnation 1
    plain
    depends r1
    reads
  has Vpc r2 Cidr=c0 Label=r1-1
    incarnation 2
    plain
    depends r1
    reads
  published r2 r2-2 from r2
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        operations: vec![Operation::Up],
        jobs: 1,
        ..Given::default()
    });
}

/// A stack whose program waits for an output still has objects that read another one.
#[test]
fn what_a_stack_reads_that_is_deferred_stays_until_its_turn() {
    let given = "
instance west region=eu
instance old region=us
stack a.QA
  has Vpc r2 Cidr=c0 Pass=r1-1
    plain
    reads b.QA:r1
  published r2 r2-1 from r2
stack b.QA
  resource Vpc r1 Cidr=c0
    provider west
  output r1 @r1.Arn
  output n1 @r1.Count
  has Vpc r1 Cidr=c0
    provider west region=us
    observed Count=2
  published r1 r1-1 from r1
  published n1 2 from r1
each a.QA e b.QA:n1
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        operations: vec![Operation::Up],
        jobs: 1,
        ..Given::default()
    });
}

/// The reader is in a stack in which the targets leave everything alone.
#[test]
fn what_is_read_in_a_stack_that_targets_leave_alone_stays() {
    let given = "
stack a.QA
  resource Vpc r2 Cidr=c0
  output r2 @r2.Arn
  has Vpc r2 Cidr=c0 Peer=r1-1
    reads c.QA:r1
  published r2 r2-1 from r2
stack c.QA
  has Vpc r1 Cidr=c0
  published r1 r1-1 from r1
";
    for operation in [Operation::Up, Operation::Destroy] {
        replay(&Given {
            text: given.to_owned(),
            strict: true,
            operations: vec![operation],
            targets: "--target r1".to_owned(),
            jobs: 1,
            ..Given::default()
        });
    }
}

/// Vendors repeat what they were given.
#[test]
fn a_secret_that_the_vendor_repeats_in_its_error_is_hidden() {
    let given = "
stack b.QA
  resource Vpc r2 Cidr=c0 Pass=!k.v2
  output p2 @r2.Pass
  has Vpc r2 Cidr=c0 Pass=!k.v1
  published p2 !k.v1 from r2
";
    replay(&Given {
        text: given.to_owned(),
        harms: harms(&[("update r2", Harm::Refuse)]),
        operations: vec![Operation::Up],
        jobs: 1,
        ..Given::default()
    });
}

/// The program no longer gives the secret, and the vendor still has it.
#[test]
fn a_secret_that_is_taken_back_stays_one_as_long_as_it_is_there() {
    let given = "
stack a.QA
  resource Vpc r2 Cidr=c0 Label=x
  has Vpc r2 Cidr=c0 Pass=!k.v1
";
    for (harm, operation) in
        [(Harm::LoseCall, Operation::Up), (Harm::Refuse, Operation::RefreshedUp), (Harm::Refuse, Operation::Refresh)]
    {
        replay(&Given {
            text: given.to_owned(),
            harms: harms(&[("update r2", harm)]),
            operations: vec![operation, Operation::Up],
            jobs: 1,
            ..Given::default()
        });
    }
}

/// What was set aside and what goes along read the same object.
#[test]
fn what_was_set_aside_does_not_move_on_with_its_resource() {
    let given = "
stack b.QA
  resource Fixed r1
  output r1 @r1.Id
  has Bucket r0 Name=b0 Region=r0
  published r0 r0-1 from r0
  leftover Fixed r1 Label=r0-1
    incarnation 1
    depends r0
  has Fixed r1 Label=r0-1
    incarnation 2
    depends r0
    with r0 1
  published r1 r1-2 from r1
";
    replay(&Given { text: given.to_owned(), operations: vec![Operation::Up], jobs: 1, ..Given::default() });
}

/// The object that an interrupted update was to read is in use, as is the one that it read before.
#[test]
fn what_was_half_updated_reads_what_it_read_and_what_it_was_to_read() {
    let given = "
stack b.QA
  resource Vpc r0 Cidr=c0
  resource Vpc r1 Cidr=c0
  resource Vpc r2 Cidr=c0 Label=@r1.Arn
  has Vpc r0 Cidr=c0
  has Vpc r1 Cidr=c0
  has Vpc r2 Cidr=c0 Label=r0-1
    depends r0
";
    for harm in [Harm::LoseCall, Harm::LoseAnswer, Harm::Partial] {
        replay(&Given {
            text: given.to_owned(),
            strict: true,
            harms: harms(&[("update r2", harm)]),
            operations: vec![Operation::Up, Operation::Destroy],
            jobs: 3,
            ..Given::default()
        });
    }
}

/// It branches on an output, and turns out to have nothing to do.
#[test]
fn a_program_that_was_waited_for_and_rests_holds_nothing_up() {
    let given = "
stack a.QA
  resource Vpc r2 Cidr=c0
  output r2 @r2.Arn
  output n2 @r2.Count
  has Vpc r1 Cidr=c0
  published r1 r1-1 from r1
  has Vpc r2 Cidr=c0
    observed Count=2
  published r2 r2-1 from r2
  published n2 2 from r2
stack c.QA
  resource Vpc r0 Cidr=c0
  output r0 @r0.Arn
  has Vpc r0 Cidr=c0
  published r0 r0-1 from r0
each c.QA e a.QA:n2
";
    replay(&Given {
        text: given.to_owned(),
        operations: vec![Operation::Up],
        selected: texts(&["c.QA"]),
        jobs: 1,
        ..Given::default()
    });
}

/// The reader stays in the stack that the object leaves, and both are made anew.
#[test]
fn what_is_taken_over_and_replaced_goes_after_its_reader_in_the_other_stack() {
    for jobs in 1..4 {
        let given = "
stack a.QA
  resource Vpc r3n Cidr=c0 Peer=#c.QA:r2
    alias r3
  output r3n @r3n.Arn
  has Vpc r2 Cidr=c1
  published r2 r2-1 from r2
  has Vpc r3 Cidr=c0 Peer=r2-1
    depends r2
  published r3 r3-1 from r3
stack b.QA
  resource Vpc r4 Label=#c.QA:r2
  has Vpc r4 Label=r2-1
    reads a.QA:r2
stack c.QA
  resource Vpc r2 Cidr=c0
    moved a.QA r2
  output r2 @r2.Arn
";
        replay(&Given {
            text: given.to_owned(),
            strict: true,
            operations: vec![Operation::Up],
            jobs,
            ..Given::default()
        });
    }
}

/// What is read by what stays for now stays, and with it the output through which it is read.
#[test]
fn the_output_of_what_stays_for_now_stays() {
    let given = "
stack a.QA
  resource Vpc r0 Cidr=c1
  output n0 @r0.Count
  resource Vpc r2 Cidr=c0
  output r2 @r2.Arn
  has Vpc r0 Cidr=c0
    observed Count=2
  published n0 2 from r0
  has Vpc r2 Cidr=c0 Peer=r1-1
    reads b.QA:r1
  published r2 r2-1 from r2
stack b.QA
  has Vpc r1 Cidr=c0
  published r1 r1-1 from r1
stack c.QA
  has Vpc r3 Cidr=c0 Peer=r2-1
    reads a.QA:r2
  published r3 r3-1 from r3
each c.QA e a.QA:n0
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        operations: vec![Operation::Up],
        jobs: 1,
        ..Given::default()
    });
}

/// The reader's program waits for an output, and no longer declares it.
#[test]
fn what_makes_room_waits_until_it_is_known_who_still_reads_it() {
    let given = "
stack a.QA
  resource Vpc x Cidr=c1
    dbr true
  output x @x.Arn
  resource Vpc z Cidr=c1
  output n @z.Count
  has Vpc x Cidr=c0
  published x x-1 from x
  has Vpc z Cidr=c0
    observed Count=2
  published n 2 from z
stack b.QA
  has Vpc y Peer=x-1
    reads a.QA:x
each b.QA e a.QA:n
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        operations: vec![Operation::Up],
        jobs: 1,
        ..Given::default()
    });
}

/// The two change places: the reader comes where its output was published, which what it reads has left.
#[test]
fn what_changes_places_with_its_reader_is_held_by_it() {
    for jobs in 1..3 {
        let given = "
stack a.QA
  resource Vpc r3 Cidr=c0 Peer=#b.QA:r2
    moved b.QA r3
  output r3 @r3.Arn
  has Vpc r2 Cidr=c0
    tainted
  published r2 r2-1 from r2
stack b.QA
  resource Vpc r2 Cidr=c0
    moved a.QA r2
  output r2 @r2.Arn
  has Vpc r3 Cidr=c0 Peer=r2-1
    reads a.QA:r2
  published r3 r3-1 from r3
";
        replay(&Given {
            text: given.to_owned(),
            strict: true,
            operations: vec![Operation::Up],
            jobs,
            ..Given::default()
        });
    }
}

/// A run that is killed after an object was renamed, whose reader in another stack knows it by its earlier name.
#[test]
fn what_is_passed_on_is_held_also_by_the_name_that_it_had() {
    let given = "
stack a.QA
resource Vpc r3 Cidr=c0
output r3 @r3.Arn
output x2 #c.QA:r0n
published x2 r0-1 reads c.QA:r0
stack b.QA
resource Vpc r2 Cidr=c1 Label=#a.QA:x2
output r2 @r2.Arn
has Vpc r1 Cidr=c0
incarnation 1
plain
depends
reads
partial
protect
without
observed Count=2
published r1 r1-1 from r1
has Vpc r2 Cidr=c0 Label=r0-1
incarnation 1
plain
depends
reads a.QA:x2
without
observed Count=2
published r2 r2-1 from r2
stack c.QA
resource Vpc r0n Cidr=c0
alias r0
output r0n @r0n.Arn
has Vpc r0 Cidr=c0
incarnation 1
plain
depends
reads
without
observed Count=2
published r0 r0-1 from r0
has Vpc r4 Cidr=c0 Pass=!k.v1 Peer=r2-1
incarnation 1
plain
depends
reads b.QA:r2
tainted
without
observed Count=2
published r4 r4-1 from r4
published p4 !k.v1 from r4
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        operations: vec![Operation::UnwrittenUp(8), Operation::KilledUp(8)],
        targets: "--exclude r1 --replace r0n --replace r4".to_owned(),
        broken_hooks: true,
        jobs: 4,
        ..Given::default()
    });
}

/// An object whose reader reads it through a third stack moves to that reader's stack; an older copy of it stays behind.
#[test]
fn what_is_passed_on_and_moves_away_from_an_older_copy_is_held_where_it_is() {
    let given = "
stack a.QA
resource Vpc r0 Cidr=c0
output r0 @r0.Arn
has Vpc r0 Cidr=c0
incarnation 1
plain
depends
reads
tainted
without
observed Count=2
published r0 r0-1 from r0
leftover Vpc r1 Cidr=c2 Peer=r0-1
incarnation 1
plain
depends r0
reads
has Vpc r1 Cidr=c0 Peer=r0-1
incarnation 2
plain
depends r0
reads
without
observed Count=2
published r1 r1-2 from r1
stack b.QA
resource Vpc r1 Cidr=c0 Peer=#a.QA:r0
moved a.QA r1
output r1 @r1.Arn
resource Vpc r2 Cidr=c0 Peer=@r1.Arn
output r2 @r2.Arn
has Vpc r2 Cidr=c0 Peer=r1-2
incarnation 1
plain
depends
reads c.QA:x2
without
observed Count=2
published r2 r2-1 from r2
stack c.QA
published x2 r1-2 reads a.QA:r1
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        operations: vec![Operation::Taint(0)],
        jobs: 1,
        ..Given::default()
    });
}
/// An object moves and is replaced at once; who holds it through an output that is passed on moves on first.
#[test]
fn what_moves_and_is_replaced_waits_for_who_reads_it_through_another_stack() {
    let given = "
stack a.QA
  has Vpc r1 Cidr=c0 Peer=r0-1
    incarnation 2
    plain
    depends
    reads c.QA:r0
  published r1 r1-2 from r1
stack b.QA
  published x4 r1-2 reads a.QA:r1
stack c.QA
  resource Vpc r1n Cidr=c0
    moved a.QA r1
  output r1n @r1n.Arn
  resource Vpc r4n Cidr=c0 Pass=@r1n.Arn
    alias r4
  output r4n @r4n.Arn
  has Vpc r0 Cidr=c0
    incarnation 1
    plain
    depends
    reads
  published r0 r0-1 from r0
  has Vpc r4 Cidr=c0 Pass=r1-2
    incarnation 1
    plain
    depends
    reads b.QA:x4
  published r4 r4-1 from r4
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        operations: vec![Operation::Up],
        jobs: 3,
        ..Given::default()
    });
}

/// The object is another stack's by hand, and who reads it by an output of the stack that it was in stays as it is.
#[test]
fn what_was_moved_by_hand_stays_while_the_stack_that_it_was_in_publishes_it_to_readers_that_stay() {
    let given = "
stack a.QA
  resource Vpc r1 Cidr=c0
  output r1 @r1.Arn
  resource Vpc r3 Cidr=c0
  output r3 @r3.Arn
  has Vpc r1 Cidr=c0
  published r1 r1-1 from r1
  has Vpc r3 Cidr=c0
  published r3 r3-1 from r3
stack b.QA
  resource Vpc r0 Cidr=c0
  output r0 @r0.Arn
  resource Vpc r2 Cidr=c0 Peer=#a.QA:r1
  output r2 @r2.Arn
  has Vpc r0 Cidr=c0
  published r0 r0-1 from r0
  has Vpc r2 Cidr=c0 Peer=r1-1
    reads a.QA:r1
  published r2 r2-1 from r2
";
    replay(&Given {
        text: given.to_owned(),
        strict: true,
        operations: vec![Operation::Hand(4), Operation::Up],
        selected: texts(&["b.QA"]),
        jobs: 1,
        ..Given::default()
    });
}
