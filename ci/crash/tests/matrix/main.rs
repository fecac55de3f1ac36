//! The crash matrix: real processes are killed, then one plain `up` has to put all right, with no help of anybody.
//!
//! `at_every_step` kills at each system call that touches the state, the sandbox or the cache; `at_any_instant` at
//! seeded random instants, also while an earlier crash is being mended; `torn` breaks files as a machine does that loses
//! its power. What is right is said by [`judge`], which believes the sandbox's own log.
//!
//! `adopts` kills nobody: it takes over what one of these worlds has lost sight of.
//!
//! `cargo xtask crash` runs all of it; `CRASH_ROUNDS` and `CRASH_SEED` say how many instants there are, and which.

mod adopts;
mod at_any_instant;
mod at_every_step;
mod judge;
mod scenario;
mod together;
mod torn;
mod tracer;
mod world;
