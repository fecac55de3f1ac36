//! Says which step starts next: a state machine over a graph of steps.
//!
//! Layer: L2, decisions (pure). **Invariant:** a step starts only after everything that it needs has ended well.
//! **Invariant:** it always comes to an end: every step ends well, fails, or is skipped with the step that it is
//! skipped for.

use std::collections::BTreeSet;

use graph::Graph;

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits for others.
    Waiting,
    /// It may start.
    Ready,
    /// It has started.
    Running,
    /// It ended well.
    Done,
    /// It failed.
    Failed,
    /// It was not started, because of this one.
    Skipped(usize),
    /// It was not started, because the run was cancelled.
    Cancelled,
}

/// The state of a run.
#[derive(Debug, Clone)]
pub struct Scheduler {
    graph: Graph,
    standing: Vec<Standing>,
    open_needs: Vec<usize>,
    ready: BTreeSet<usize>,
    running: usize,
    limit: usize,
    cancelled: bool,
    stop_at_failure: bool,
}

/// How a run is scheduled.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many steps may run at a time; at least 1.
    pub running: usize,
    /// Starts nothing more after the first failure.
    pub stop_at_failure: bool,
}

impl Scheduler {
    /// A run over a graph without cycles, in which "needs" edges say what must end well first.
    pub fn new(graph: Graph, limits: Limits) -> Self {
        let open_needs: Vec<usize> = (0..graph.len()).map(|node| graph.needs(node).len()).collect();
        let ready: BTreeSet<usize> = (0..graph.len()).filter(|&node| open_needs[node] == 0).collect();
        let standing = open_needs.iter().map(|&n| if n == 0 { Standing::Ready } else { Standing::Waiting }).collect();
        let Limits { running: limit, stop_at_failure } = limits;
        Self { graph, standing, open_needs, ready, running: 0, limit: limit.max(1), cancelled: false, stop_at_failure }
    }

    /// The steps to start now, smallest numbers first; they count as running from here on.
    pub fn start(&mut self) -> Vec<usize> {
        let mut started = Vec::new();
        while !self.cancelled && self.running < self.limit {
            let Some(node) = self.ready.pop_first() else { break };
            self.standing[node] = Standing::Running;
            self.running += 1;
            started.push(node);
        }
        started
    }

    /// A running step ended; gives the steps that are skipped for it.
    pub fn ended(&mut self, node: usize, well: bool) -> Vec<usize> {
        if self.standing[node] != Standing::Running {
            return Vec::new();
        }
        self.running -= 1;
        if well {
            self.standing[node] = Standing::Done;
            for &reader in self.graph.needed_by(node) {
                self.open_needs[reader] -= 1;
                if self.open_needs[reader] == 0 && self.standing[reader] == Standing::Waiting {
                    self.standing[reader] = Standing::Ready;
                    self.ready.insert(reader);
                }
            }
            return Vec::new();
        }
        self.standing[node] = Standing::Failed;
        let mut skipped = self.graph.dependants([node]);
        skipped.retain(|&other| self.standing[other] == Standing::Waiting);
        skipped.iter().for_each(|&other| self.standing[other] = Standing::Skipped(node));
        if self.stop_at_failure {
            self.cancel();
        }
        skipped
    }

    /// Starts nothing more; gives the steps that are given up.
    pub fn cancel(&mut self) -> Vec<usize> {
        self.cancelled = true;
        self.ready.clear();
        let given_up: Vec<usize> = (0..self.standing.len())
            .filter(|&node| matches!(self.standing[node], Standing::Waiting | Standing::Ready))
            .collect();
        given_up.iter().for_each(|&node| self.standing[node] = Standing::Cancelled);
        given_up
    }

    /// Whether nothing runs and nothing will.
    pub fn is_over(&self) -> bool {
        self.running == 0 && (self.ready.is_empty() || self.cancelled)
    }

    /// How a step stands.
    pub fn standing(&self, node: usize) -> Standing {
        self.standing[node]
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.standing.len()
    }

    /// Whether there are no steps.
    pub fn is_empty(&self) -> bool {
        self.standing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheduler(limit: usize, len: usize, edges: &[(usize, usize)]) -> Scheduler {
        let mut graph = Graph::new(len);
        edges.iter().for_each(|&(from, to)| graph.add_edge(from, to));
        Scheduler::new(graph, Limits { running: limit, stop_at_failure: false })
    }

    #[test]
    fn independent_work_goes_on_and_dependants_are_skipped_with_their_reason() {
        let mut run = scheduler(8, 5, &[(1, 0), (2, 1), (4, 3)]);
        assert_eq!(run.start(), [0, 3]);
        assert_eq!(run.ended(0, false), [1, 2]);
        assert_eq!(run.standing(2), Standing::Skipped(0));
        assert!(run.ended(3, true).is_empty());
        assert_eq!(run.start(), [4]);
        assert!(!run.is_over());
        run.ended(4, true);
        assert!(run.is_over());
    }

    #[test]
    fn no_more_than_the_limit_runs() {
        let mut run = scheduler(2, 4, &[]);
        assert_eq!(run.start(), [0, 1]);
        assert!(run.start().is_empty());
        run.ended(1, true);
        assert_eq!(run.start(), [2]);
    }

    #[test]
    fn a_cancelled_run_lets_what_runs_end() {
        let mut run = scheduler(1, 3, &[(1, 0)]);
        assert_eq!(run.start(), [0]);
        assert_eq!(run.cancel(), [1, 2]);
        assert!(run.start().is_empty() && !run.is_over());
        run.ended(0, true);
        assert!(run.is_over());
        assert_eq!(run.standing(1), Standing::Cancelled);
    }
}
