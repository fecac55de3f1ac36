//! Who reads an object goes on holding it, wherever the two have moved since.

use engine::Goal;

use crate::cloud::Harm;
use crate::house::House;

const READ: &str = "stack a.QA
       resource Vpc main Cidr=c1
       resource Vpc inside Peer=@main.Arn
       output main @main.Arn
     stack b.QA
       resource Vpc other
     stack c.QA
       resource Vpc outside Peer=#a.QA:main";

/// What is read moves, and is made anew there.
const GONE: &str = "stack a.QA
       resource Vpc inside Peer=#b.QA:main
     stack b.QA
       resource Vpc other
       resource Vpc main Cidr=c2
         moved a.QA main
       output main @main.Arn
     stack c.QA
       resource Vpc outside Peer=#b.QA:main";

/// A vendor that refuses to delete what another object names.
async fn strict(program: &str) -> House {
    let house = House::settled(program).await;
    house.cloud.strict(true);
    house
}

/// Nobody was asked to delete what is in use, and in the end all is as the programs say.
async fn ends_well(mut house: House) {
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.refused_deletes(), [""; 0]);
    assert!(house.preview(&[]).await.is_empty());
    let stacks = ["a.QA", "b.QA", "c.QA"];
    let mut known = Vec::new();
    for stack in stacks {
        let state = house.state(stack).await;
        assert!(state.holds().is_empty(), "everything has moved on: {state:?}");
        known.extend(state.copies().map(|object| object.id.clone()).collect::<Vec<_>>());
    }
    known.sort();
    assert_eq!(known, house.cloud.ids());
}

#[tokio::test]
async fn a_reader_that_has_not_moved_on_holds_what_has_moved_away() {
    for reader in ["inside", "outside"] {
        // The readers' own step fails, in the run that moves and in the next.
        let mut house = strict(READ).await;
        house.program(GONE);
        // Both are replaced, for what they read.
        house.cloud.harm(&format!("create {reader}"), Harm::Refuse);
        assert!(house.up(&[]).await.starts_with(&format!("failed replace {reader}")));
        assert!(house.cloud.ids().contains(&"main-1".to_owned()), "{reader} reads it");
        for stacks in [&["b.QA"][..], &["a.QA", "b.QA"], &["b.QA", "c.QA"], &[]] {
            house.attempt(stacks, Goal::Programs).await;
            assert!(house.cloud.ids().contains(&"main-1".to_owned()), "{reader} reads it, of {stacks:?}");
            assert_eq!(house.cloud.refused_deletes(), [""; 0], "{reader} {stacks:?}");
        }
        ends_well(house).await;
    }
}

/// The same, and it stays what it is; the steps of its readers fail.
async fn moved(readers: &[&str]) -> House {
    let mut house = strict(READ).await;
    house.program(&GONE.replace("Cidr=c2", "Cidr=c1").replace("Peer=#b.QA:main", "Peer=#b.QA:main Label=new"));
    readers.iter().for_each(|reader| house.cloud.harm(&format!("update {reader}"), Harm::Refuse));
    let told = house.up(&[]).await;
    assert!(readers.iter().all(|reader| told.contains(&format!("failed update {reader}"))), "{told}");
    house
}

#[tokio::test]
async fn what_has_moved_away_is_not_destroyed_under_its_readers() {
    for (reader, stack) in [("inside", "a.QA"), ("outside", "c.QA")] {
        let mut house = moved(&[reader]).await;
        let told = house.problems(&["b.QA"], Goal::Nothing).await;
        assert!(told.starts_with("E0402") && told.contains(&format!("`{stack}` was applied with `main`")), "{told}");
        assert!(house.problems(&["b.QA"], Goal::Nothing).await.contains("hint select the readers too"));
        ends_well(house).await;
    }
}

#[tokio::test]
async fn what_has_moved_away_holds_what_it_reads_and_stays_behind() {
    let mut house = strict(
        "stack a.QA
           resource Vpc net Cidr=c1
           resource Vpc main Peer=@net.Arn
         stack b.QA
           resource Vpc other
         stack c.QA
           resource Vpc more",
    )
    .await;
    // The one moves and is to read the new one of the other.
    house.program(
        "stack a.QA
           resource Vpc net Cidr=c2
           output net @net.Arn
         stack b.QA
           resource Vpc other
           resource Vpc main Peer=#a.QA:net
             moved a.QA main
         stack c.QA
           resource Vpc more",
    );
    house.cloud.harm("create main", Harm::Refuse);
    house.attempt(&[], Goal::Programs).await;
    assert!(house.cloud.ids().contains(&"net-1".to_owned()), "`main` reads it");
    for (stacks, goal) in [(&["a.QA"][..], Goal::Programs), (&[], Goal::Programs), (&["a.QA"], Goal::Nothing)] {
        house.attempt(stacks, goal).await;
        assert!(house.cloud.ids().contains(&"net-1".to_owned()), "`main` reads it, of {stacks:?}");
    }
    // It moves on, and so does what it holds.
    house
        .edit("stack b.QA\n           resource Vpc other", "stack b.QA\n           resource Vpc another\n alias other");
    house.attempt(&[], Goal::Programs).await;
    assert!(house.cloud.ids().contains(&"net-1".to_owned()));
    ends_well(house).await;
}

#[tokio::test]
async fn a_chain_of_moves_leaves_the_hold_where_it_is() {
    let mut house = moved(&["inside", "outside"]).await;
    // On to the third stack, under another name, to be made anew there.
    house.program(
        "stack a.QA
           resource Vpc inside Peer=#c.QA:last
         stack b.QA
           resource Vpc other
         stack c.QA
           resource Vpc last Cidr=c2
             moved b.QA main
             moved a.QA main
           output last @last.Arn
           resource Vpc outside Peer=@last.Arn",
    );
    for reader in ["inside", "outside"] {
        house.cloud.harm(&format!("create {reader}"), Harm::Refuse);
    }
    for stacks in [&[][..], &["c.QA"], &["b.QA", "c.QA"]] {
        house.attempt(stacks, Goal::Programs).await;
        assert!(house.cloud.ids().contains(&"main-1".to_owned()), "it is read, of {stacks:?}");
        assert_eq!(house.cloud.refused_deletes(), [""; 0], "{stacks:?}");
    }
    ends_well(house).await;
}

#[tokio::test]
async fn a_move_that_is_killed_at_any_write_leaves_its_readers_known() {
    for next in [&["b.QA"][..], &["a.QA", "b.QA"], &[]] {
        for writes in 0.. {
            let mut house = strict(READ).await;
            house.program(GONE);
            let died = house.attempt_killed_at_write(&[], writes).await;
            // Whoever comes next deletes nothing that is read.
            house.edit("resource Vpc main Cidr=c2\n         moved a.QA main\n       output main @main.Arn", "");
            house.edit("resource Vpc inside Peer=#b.QA:main", "resource Vpc inside");
            house.edit("resource Vpc outside Peer=#b.QA:main", "resource Vpc outside");
            for reader in ["inside", "outside"] {
                house.cloud.harm(&format!("update {reader}"), Harm::Refuse);
                house.cloud.harm(&format!("create {reader}"), Harm::Refuse);
            }
            house.attempt(next, Goal::Programs).await;
            assert_eq!(house.cloud.refused_deletes(), [""; 0], "{writes} {next:?}");
            ends_well(house).await;
            if !died {
                break;
            }
        }
    }
}
