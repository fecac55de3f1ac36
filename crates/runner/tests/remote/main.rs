//! The runner with caches that machines share, and servers of others that hold them. Built with the feature
//! `remote-cache` only; `ci/remote-cache.sh` installs the servers and runs these tests.

mod bazel;
mod caches;
mod faults;
mod peers;
#[expect(dead_code, reason = "the other tests of the runner use more of it")]
#[path = "../it/support.rs"]
mod support;
