//! The fuzzer: a valid snapshot, a program made of it, a vendor that fails at random, and one operation. Whatever comes
//! of it, the snapshot is valid, nothing that is referenced is deleted, and the cloud is what the snapshot says; and
//! one more `up` brings about what the programs want.
//!
//! `GROUNDPLAN_FUZZ_CASES` says how many cases are tried, `GROUNDPLAN_FUZZ_SEED` which ones; a failure is shrunk and
//! printed as a test to paste into `found`.

mod case;
mod found;

use std::collections::BTreeSet;

use engine::Goal;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::cloud::Harm;
use crate::house::House;
use case::{Case, Operation, STACKS};

/// A case as text.
#[derive(Clone)]
struct Given {
    text: String,
    strict: bool,
    harms: Vec<(String, Harm)>,
    vanished: Vec<String>,
    operation: Operation,
    selected: Vec<String>,
    jobs: usize,
}

impl Given {
    fn of(case: &Case) -> Self {
        Self {
            text: case.text(),
            strict: case.strict,
            harms: case.harms(),
            vanished: case.vanished(),
            operation: case.operation,
            selected: case.selected(),
            jobs: case.jobs,
        }
    }
}

async fn replay(given: &Given) {
    let mut house = House::given(&given.text).await;
    house.jobs = given.jobs;
    house.cloud.strict(given.strict);
    given.harms.iter().for_each(|(call, harm)| house.cloud.harm(call, *harm));
    given.vanished.iter().for_each(|id| house.cloud.vanish(id));
    is_true(&house, given).await;
    let selected: Vec<&str> = given.selected.iter().map(String::as_str).collect();
    match given.operation {
        Operation::Up => house.attempt(&selected, Goal::Programs).await,
        Operation::Destroy => house.attempt(&selected, Goal::Nothing).await,
        Operation::Refresh => house.attempt_refresh(&selected).await,
        Operation::KilledUp(nth) => house.attempt_killed_on_the_way(&selected, Goal::Programs, nth).await,
        Operation::KilledDestroy(nth) => house.attempt_killed_on_the_way(&selected, Goal::Nothing, nth).await,
    }
    is_true(&house, given).await;
    house.cloud.heal();
    // What has vanished is seen by a refresh, and a reader may have to move on before what it read can go.
    let mut told = house.up(&[]).await;
    house.attempt_refresh(&[]).await;
    for _ in 0..2 {
        told = house.up(&[]).await;
    }
    assert_eq!(told, "");
    is_true(&house, &Given { vanished: Vec::new(), harms: Vec::new(), ..given.clone() }).await;
    let preview = house.preview(&[]).await;
    assert!(preview.is_empty(), "still to do:\n{}", crate::fixture::print(&preview.changes));
    let declared = given.text.lines().filter(|line| line.trim().starts_with("resource ")).count();
    let mut objects = 0;
    for stack in STACKS {
        let Some(state) = house.state_if_any(&format!("{stack}.QA")).await else { continue };
        assert!(state.replaced.is_empty() && state.dangling.is_empty(), "{state:?}");
        objects += state.objects.len();
    }
    assert_eq!(objects, declared);
    if given.strict {
        assert_eq!(house.cloud.refused_deletes(), [""; 0], "asked to delete what is referenced");
    }
}

/// Wants the cloud to be what the states say, as far as what is open does not say otherwise.
async fn is_true(house: &House, given: &Given) {
    let (mut known, mut open, mut retained) = (BTreeSet::new(), BTreeSet::new(), house.retained());
    for stack in STACKS {
        let Some(state) = house.state_if_any(&format!("{stack}.QA")).await else { continue };
        open.extend(state.dangling.values().map(|intent| piece(intent.urn.name()).to_owned()));
        known.extend(state.objects.values().chain(&state.replaced).map(|object| object.id.clone()));
    }
    retained.extend(given.vanished.iter().cloned());
    // A vendor that deletes and says that it failed is found out by the next look at the object.
    let denied = |id: &String| {
        given.harms.iter().any(|(call, harm)| {
            *harm == Harm::Partial && call.strip_prefix("delete ").is_some_and(|name| piece(name) == of(id))
        })
    };
    let there: BTreeSet<String> = house.cloud.ids().into_iter().collect();
    let is_open = |id: &String| open.contains(of(id));
    let excused = |id: &String| is_open(id) || retained.contains(id) || denied(id);
    let lost: Vec<&String> = there.difference(&known).filter(|id| !excused(id)).collect();
    let gone: Vec<&String> = known.difference(&there).filter(|id| !excused(id)).collect();
    assert!(lost.is_empty() && gone.is_empty(), "only the cloud has {lost:?}, only the state has {gone:?}");
}

/// The piece that a name is of, whether renamed or not.
fn piece(name: &str) -> &str {
    name.trim_end_matches('n')
}

/// The piece that an object is of.
fn of(id: &str) -> &str {
    piece(id.rsplit_once('-').map_or(id, |(name, _)| name))
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
#[expect(clippy::print_stderr, reason = "what a failed test says stands on stderr")]
fn whatever_happens_to_a_valid_snapshot_nothing_is_lost() {
    let cases = variable("GROUNDPLAN_FUZZ_CASES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(60);
    let seed = variable("GROUNDPLAN_FUZZ_SEED").unwrap_or(1);
    let mut bytes = [7_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runner.run(&Case::strategy(), |case| {
        let runtime = runtime().map_err(|error| TestCaseError::fail(error.to_string()))?;
        runtime.block_on(replay(&Given::of(&case)));
        Ok(())
    });
    if let Err(TestError::Fail(reason, case)) = result {
        eprintln!("seed {seed}: {reason}\n\n{}", case.source());
        panic!("the fuzzer found something: the test above shows it");
    }
}
