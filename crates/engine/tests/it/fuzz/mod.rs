//! The fuzzer of the lifecycle: a valid snapshot, a program derived from it, a vendor that fails at random, and some
//! operations. Whatever comes of them, the snapshots are valid, no object is lost, and the cloud is what the snapshots
//! say; what must stay stays, and no secret is told; and one more `up` brings about what the programs want.
//!
//! `GROUNDPLAN_FUZZ_CASES` says how many cases are tried, `GROUNDPLAN_FUZZ_SEED` which ones; a failure is shrunk and
//! printed as a test to paste into `found`.

mod by_hand;
mod case;
mod found;
mod piece;
mod properties;
mod truth;

use engine::Goal;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::runtime::{Builder, Runtime};

use crate::cloud::Harm;
use crate::fixture::targets;
use crate::house::House;
use case::{Case, Operation};
use truth::Truth;

/// A case as it is played.
#[derive(Debug, Clone, Default)]
struct Given {
    text: String,
    strict: bool,
    /// Time passes as fast as it is waited for, and the vendor takes few calls in a second.
    slow: bool,
    /// What goes wrong, as calls.
    harms: Vec<(String, Harm)>,
    /// The ids of objects that somebody else has deleted.
    vanished: Vec<String>,
    /// The ids of objects that somebody else has changed.
    meddled: Vec<String>,
    operations: Vec<Operation>,
    selected: Vec<String>,
    targets: String,
    broken_hooks: bool,
    jobs: usize,
}

impl Given {
    /// The case as a test that can be pasted.
    fn source(&self) -> String {
        let mut parts = vec!["text: given.to_owned()".to_owned()];
        let mut part = |is: bool, text: String| parts.extend(is.then_some(text));
        let harms: Vec<String> =
            self.harms.iter().map(|(call, harm)| format!("(\"{call}\", Harm::{harm:?})")).collect();
        part(self.strict, "strict: true".to_owned());
        part(self.slow, "slow: true".to_owned());
        part(!harms.is_empty(), format!("harms: harms(&[{}])", harms.join(", ")));
        part(!self.vanished.is_empty(), format!("vanished: texts(&{:?})", self.vanished));
        part(!self.meddled.is_empty(), format!("meddled: texts(&{:?})", self.meddled));
        let operations: Vec<String> =
            self.operations.iter().map(|operation| format!("Operation::{operation:?}")).collect();
        part(true, format!("operations: vec![{}]", operations.join(", ")));
        part(!self.selected.is_empty(), format!("selected: texts(&{:?})", self.selected));
        part(!self.targets.is_empty(), format!("targets: {:?}.to_owned()", self.targets));
        part(self.broken_hooks, "broken_hooks: true".to_owned());
        part(true, format!("jobs: {}", self.jobs));
        let fields = parts.join(",\n        ");
        format!(
            "#[test]\nfn found_by_the_fuzzer() {{\n    let given = \"\n{}\";\n    replay(&Given {{\n        {fields},\n        \
             ..Given::default()\n    }});\n}}",
            self.text
        )
    }

    fn runtime(&self) -> Runtime {
        Builder::new_current_thread().enable_all().start_paused(self.slow).build().expect("a runtime")
    }
}

fn replay(given: &Given) {
    given.runtime().block_on(play(given));
}

async fn play(given: &Given) {
    let mut house = House::given(&given.text).await;
    let mut truth = Truth::of(given, &house);
    let told: Vec<&str> = given.selected.iter().map(String::as_str).collect();
    truth.check(&house).await;
    house.targets = targets(&given.targets);
    house.jobs = given.jobs;
    for operation in &given.operations {
        let stays = truth.stays(&house, operation.goal()).await;
        operation.carry_out(&mut house, &told).await;
        let given_up = operation.by_hand(&house, given).await;
        truth.give_up(given_up);
        truth.check(&house).await;
        truth::are_there(&house, &stays);
    }
    truth.mend(&mut house);
    // What has vanished is seen by a refresh, and a reader may have to move on before what it read can go.
    let mut told = house.up(&[]).await;
    house.attempt_refresh(&[]).await;
    for _ in 0..2 {
        told = house.up(&[]).await;
    }
    assert_eq!(told, "");
    house.attempt_refresh(&[]).await;
    truth.check_the_end(&mut house).await;
}

impl Operation {
    fn goal(self) -> Goal {
        match self {
            Self::Destroy | Self::KilledDestroy(_) | Self::UnwrittenDestroy(_) => Goal::Nothing,
            _ => Goal::Programs,
        }
    }

    async fn carry_out(self, house: &mut House, selected: &[&str]) {
        match self {
            Self::Up | Self::Destroy => house.attempt(selected, self.goal()).await,
            Self::RefreshedUp => {
                house.attempt_refresh(selected).await;
                house.attempt(selected, Goal::Programs).await;
            }
            Self::Refresh => house.attempt_refresh(selected).await,
            Self::KilledUp(nth) | Self::KilledDestroy(nth) => {
                house.attempt_killed_on_the_way(selected, self.goal(), nth).await;
            }
            Self::UnwrittenUp(nth) | Self::UnwrittenDestroy(nth) => {
                house.attempt_killed_at_write_on_the_way(selected, self.goal(), nth).await;
            }
            Self::Taint(_) | Self::Protect(_) | Self::Rename(_) | Self::Hand(_) | Self::Remove(_) => {}
        }
    }
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tries many cases; a failure is shrunk and printed.
#[expect(clippy::print_stderr, reason = "what a failed test says stands on stderr")]
fn many(strategy: impl Strategy<Value = Case>, test: impl Fn(&Given)) {
    let cases = variable("GROUNDPLAN_FUZZ_CASES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(60);
    let seed = variable("GROUNDPLAN_FUZZ_SEED").unwrap_or(1);
    let mut bytes = [7_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&strategy, |case| {
        test(&case.given());
        Ok::<_, TestCaseError>(())
    });
    if let Err(TestError::Fail(reason, case)) = result {
        eprintln!("seed {seed}: {reason}\n\n{}", case.given().source());
        panic!("the fuzzer found something: the test above shows it");
    }
}

#[test]
fn whatever_happens_to_a_valid_snapshot_nothing_is_lost() {
    many(Case::strategy(), replay);
}
