//! Processes that share a cache, and are killed while they write; collections that race with readers.
//!
//! `GROUNDPLAN_CACHE_KILLS` says how many processes are killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cache::{Address, Cache, Verified};
use value::Digest;

/// How many entries of each kind the processes write.
const ENTRIES: usize = 40;

/// Where a process works, if it is one that is to be killed.
const WORKER: &str = "GROUNDPLAN_CACHE_WORKER";

/// So much that it never bounds itself by chance, or so little that it always does.
const ROOMY: u64 = 1 << 30;

fn key(number: usize) -> Digest {
    Digest::of("test", &number.to_le_bytes())
}

/// What is under a number, always the same: up to some 40 KiB.
fn content(number: usize) -> Vec<u8> {
    let part = key(number);
    part.as_bytes().iter().copied().cycle().take(number * 997 % 40_000).collect()
}

/// Whether everything that can be read is what was put.
fn is_right(cache: &Cache, number: usize) -> bool {
    let content = content(number);
    let record = cache.get_record(key(number)).is_none_or(|bytes| bytes == content);
    record && cache.get_blob(Address::of(&content)).is_none_or(|bytes| bytes == content)
}

/// A number that nobody foresees, but everybody can repeat.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Not a test, but what the processes do that are killed.
#[test]
fn worker() {
    let Some(directory) = std::env::var_os(WORKER) else { return };
    let cache = Cache::open(directory.into(), ROOMY);
    for number in (0..ENTRIES).cycle().skip(std::process::id() as usize % ENTRIES) {
        cache.put_record(key(number), &content(number));
        cache.put_blob(&content(number));
        assert!(is_right(&cache, ENTRIES - 1 - number), "another process sees a part of an entry");
        if number == 0 {
            cache.collect(200_000);
        }
    }
}

fn start(directory: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("known"));
    command.args(["--exact", "worker", "--nocapture"]).env(WORKER, directory);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts")
}

#[test]
fn cache_08_processes_that_are_killed_at_any_instant_leave_nothing_false() {
    let kills: u64 = std::env::var("GROUNDPLAN_CACHE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let directory = tempfile::tempdir().expect("a directory");
    let at = directory.path().join("cache");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut workers = [start(&at), start(&at)];
    for kill in 0..kills {
        std::thread::sleep(Duration::from_micros(500 + random.below(6000)));
        let worker = &mut workers[usize::try_from(kill % 2).expect("small")];
        assert!(worker.try_wait().expect("is known").is_none(), "it ended by itself: it saw something false");
        worker.kill().expect("is killed");
        worker.wait().expect("is gone");
        *worker = start(&at);
    }
    for mut worker in workers {
        // Each has written something, however often it was killed.
        std::thread::sleep(Duration::from_millis(300));
        worker.kill().expect("is killed");
        worker.wait().expect("is gone");
    }
    let cache = Cache::open(at.clone(), ROOMY);
    assert!((0..ENTRIES).all(|number| is_right(&cache, number)));
    let Verified { good, bad } = cache.verify();
    assert!(good > 0, "they have written");
    assert_eq!(bad, 0, "no entry is cut, however its writer ended");
    // What they were writing goes once nobody can be writing it any more.
    for entry in std::fs::read_dir(at.join("tmp")).expect("is listed") {
        let file = std::fs::File::options().append(true).open(entry.expect("is listed").path()).expect("opens");
        file.set_modified(std::time::SystemTime::now() - Duration::from_hours(2)).expect("aged");
    }
    cache.collect(ROOMY);
    assert_eq!(std::fs::read_dir(at.join("tmp")).expect("is listed").count(), 0);
}

#[test]
fn cache_10_collections_that_race_with_readers_and_writers_make_misses_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = directory.path().join("cache");
    let (over, hits, misses) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let work = |round: fn(&Cache, usize) -> Option<bool>| {
            let (at, over, hits, misses) = (&at, &over, &hits, &misses);
            scope.spawn(move || {
                let cache = Cache::open(at.clone(), ROOMY);
                for number in (0..ENTRIES).cycle().take_while(|_| !over.load(Ordering::Relaxed)) {
                    if let Some(hit) = round(&cache, number) {
                        if hit { hits } else { misses }.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        };
        for _ in 0..2 {
            work(|cache, number| {
                cache.put_record(key(number), &content(number));
                cache.put_blob(&content(number));
                None
            });
            work(|cache, number| {
                let found = cache.get_record(key(number));
                assert!(is_right(cache, number), "entry {number}");
                Some(found.is_some())
            });
            work(|cache, number| {
                let most = if number % 7 == 0 { 0 } else { 100_000 };
                cache.collect(most);
                None
            });
        }
        work(|cache, _| {
            assert_eq!(cache.verify().bad, 0, "what is collected under the eyes of who looks is not damaged");
            None
        });
        while begun.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(20));
        }
        over.store(true, Ordering::Relaxed);
    });
    let (hits, misses) = (hits.into_inner(), misses.into_inner());
    assert!(hits > 0 && misses > 0, "both happen: {hits} hits, {misses} misses");
}
