//! Clocks that jump by hours: what the machines think of the time counts for nothing between them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use engine::{Events, Stopped};
use ports::StoreError;

use crate::disk::Gate;
use crate::house::House;

const HOURS: Duration = Duration::from_hours(10);

/// When a lease was written, as the directory's clock says.
fn times() -> [(&'static str, SystemTime, bool); 3] {
    let now = SystemTime::now();
    [
        ("just now", now, true),
        ("hours ago", now - HOURS, false),
        ("in hours, since the clock was set back", now + HOURS, true),
    ]
}

/// Whether a run is refused since another one holds the stacks; otherwise it settles what that one left.
async fn is_refused(house: &mut House) -> bool {
    let preview = house.preview(&[]).await;
    let settled = house.with(async |engine| engine.settle(&preview, &Events::none()).await).await;
    matches!(settled, Err(Stopped::Store(StoreError::Held { .. })))
}

#[tokio::test]
async fn the_lease_of_a_dead_run_of_another_machine_is_honoured_by_the_directorys_clock_alone() {
    for (what, time, honoured) in times() {
        let mut house = House::new("stack a.QA\n resource Vpc main Label=x");
        house.attempt_killed(&[], 1).await;
        house.carry_holders_off(time);
        let mut heir = house.beside();
        assert_eq!(is_refused(&mut heir).await, honoured, "{what}");
        house.carry_holders_off(SystemTime::now() - HOURS);
        assert_eq!(heir.up(&[]).await, "", "{what}");
        assert_eq!(heir.cloud.ids(), ["main-1"], "{what}");
    }
}

/// A run is stopped between its intent and its call, and a clock jumps: either nobody takes it over and it goes on, or
/// it is taken over and makes no call. There is one object in the end.
#[tokio::test]
async fn a_clock_that_jumps_while_a_run_is_stopped_makes_no_two_of_anything() {
    for (what, time, honoured) in times() {
        let mut house = House::new("stack a.QA\n resource Vpc main Label=x");
        let mut heir = house.beside();
        let gate = Arc::new(Gate::default());
        house.gate = Some(Arc::clone(&gate));
        let taken_over = async {
            gate.reached.notified().await;
            heir.carry_holders_off(time);
            if !is_refused(&mut heir).await {
                assert_eq!(heir.up(&[]).await, "", "{what}");
            }
            gate.open.notify_one();
        };
        let (told, ()) = tokio::join!(house.up(&[]), taken_over);
        let lost = "failed create main of a.QA: E0501";
        assert_eq!(told, if honoured { "" } else { lost }, "{what}");
        assert_eq!(house.cloud.ids(), ["main-1"], "{what}");
        assert_eq!(house.cloud.calls().iter().filter(|call| *call == "create main").count(), 1, "{what}");
        house.gate = None;
        assert_eq!(house.up(&[]).await, "", "{what}");
        assert!(house.preview(&[]).await.is_empty(), "{what}");
    }
}
