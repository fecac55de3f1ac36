//! Runs that are killed, and holders that nobody can see any more.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use engine::Goal;

use super::House;
use crate::disk::Killing;

impl House {
    /// Tries the same, but is killed when the n-th call arrives.
    pub(crate) async fn attempt_killed(&mut self, stacks: &[&str], nth: usize) {
        self.attempt_killed_on_the_way(stacks, Goal::Programs, nth).await;
    }

    /// The same on the way to any goal.
    pub(crate) async fn attempt_killed_on_the_way(&mut self, stacks: &[&str], goal: Goal, nth: usize) {
        let killed = self.killer(nth);
        let cloud = Arc::clone(&self.cloud);
        tokio::select! {
            biased;
            () = killed.notified() => {}
            () = self.attempt(stacks, goal) => {}
        }
        cloud.watch(|_, _| ());
    }

    /// Tries the same, but is killed after so many writes to the store; whether it came to that.
    pub(crate) async fn attempt_killed_at_write(&mut self, stacks: &[&str], writes: usize) -> bool {
        self.attempt_killed_at_write_on_the_way(stacks, Goal::Programs, writes).await
    }

    /// The same on the way to any goal.
    pub(crate) async fn attempt_killed_at_write_on_the_way(
        &mut self,
        stacks: &[&str],
        goal: Goal,
        writes: usize,
    ) -> bool {
        let killed = Arc::new(tokio::sync::Notify::new());
        let left = Arc::new(writes.into());
        self.killing = Some(Killing { left, killed: Arc::clone(&killed), busy: Arc::default() });
        let died = tokio::select! {
            biased;
            () = killed.notified() => true,
            () = self.attempt(stacks, goal) => false,
        };
        self.killing = None;
        died
    }

    /// Reads everything anew, but is killed after so many writes to the store; whether it came to that.
    pub(crate) async fn refresh_killed_at_write(&mut self, writes: usize) -> bool {
        let killed = Arc::new(tokio::sync::Notify::new());
        let left = Arc::new(writes.into());
        self.killing = Some(Killing { left, killed: Arc::clone(&killed), busy: Arc::default() });
        let died = tokio::select! {
            biased;
            () = killed.notified() => true,
            () = self.attempt_refresh(&[]) => false,
        };
        self.killing = None;
        died
    }

    /// Does the same, but is killed when the n-th call arrives.
    pub(crate) async fn carry_out_killed(&mut self, text: &str, nth: usize) {
        let killed = self.killer(nth);
        let cloud = Arc::clone(&self.cloud);
        tokio::select! {
            biased;
            () = killed.notified() => {}
            _ = self.carry_out(text) => {}
        }
        cloud.watch(|_, _| ());
    }

    /// Tells when the n-th call arrives.
    fn killer(&self, nth: usize) -> Arc<tokio::sync::Notify> {
        let (killed, mut left) = (Arc::new(tokio::sync::Notify::new()), nth);
        let notify = Arc::clone(&killed);
        self.cloud.watch(move |_, _| {
            left = left.saturating_sub(1);
            if left == 0 {
                notify.notify_one();
            }
        });
        killed
    }

    /// Makes whoever holds stacks now look as a process on another machine whose locks are not seen here, and whose
    /// lease is over.
    pub(crate) fn lose_sight_of_holders(&self) {
        self.carry_holders_off(SystemTime::now() - Duration::from_hours(24));
    }

    /// The same with leases that were written at some time.
    pub(crate) fn carry_holders_off(&self, time: SystemTime) {
        for entry in std::fs::read_dir(self.dir.path().join("leases")).expect("leases") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("reads");
            let mut lease: serde_json::Value = serde_json::from_str(&text).expect("a lease");
            for (key, value) in [("host", "elsewhere"), ("boot", "another")] {
                lease[key] = value.into();
            }
            // In one move: a run that renews its lease right now reads the one or the other.
            let beside = self.dir.path().join("carried-off");
            std::fs::write(&beside, lease.to_string()).expect("writes");
            let file = std::fs::File::options().write(true).open(&beside).expect("opens");
            file.set_modified(time).expect("sets");
            std::fs::rename(&beside, &path).expect("moves");
        }
        for stack in std::fs::read_dir(self.dir.path().join("stacks")).expect("stacks") {
            drop(std::fs::remove_file(stack.expect("an entry").path().join("lock")));
        }
    }
}
