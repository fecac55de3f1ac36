use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::*;

const ROOMY: u64 = 1 << 30;

fn key(text: &str) -> Digest {
    Digest::of("test", text.as_bytes())
}

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn cache(dir: &Path) -> Cache {
    Cache::open(dir.join("cache"), ROOMY)
}

fn age(path: &Path, hours: u64) {
    let file = File::options().append(true).open(path).expect("opened");
    file.set_modified(SystemTime::now() - Duration::from_hours(hours)).expect("aged");
}

#[test]
fn what_is_put_is_found_by_another_process() {
    let dir = scratch();
    let address = cache(dir.path()).put_blob(b"abc");
    cache(dir.path()).put_record(key("a"), b"old");
    cache(dir.path()).durable(true).put_record(key("a"), b"record");
    assert_eq!(address.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(address.to_string().parse(), Ok(address));
    let other = cache(dir.path());
    assert_eq!(other.get_blob(address).as_deref(), Some(&b"abc"[..]));
    assert_eq!(other.get_record(key("a")).as_deref(), Some(&b"record"[..]));
    assert_eq!(other.get_record(key("b")), None);
    assert_eq!(other.usage(), Usage { entries: 2, bytes: 3 + 32 + 6 });
    assert!(dir.path().join(format!("cache/cas/ba/{address}")).is_file());
    assert_eq!(fs::read_dir(dir.path().join("cache/tmp")).expect("listed").count(), 0);
    other.clear();
    assert_eq!(other.usage(), Usage::default());
}

#[test]
fn an_entry_that_is_not_what_was_put_is_a_miss_and_goes() {
    let dir = scratch();
    let cache = cache(dir.path());
    for bad in [&b""[..], b"ab", b"abd", b"abcd", &[0; 38]] {
        let address = cache.put_blob(b"abc");
        fs::write(cache.blob(address), bad).expect("written");
        assert_eq!(cache.get_blob(address), None, "{bad:?}");
        assert!(!cache.blob(address).exists());

        cache.put_record(key("a"), b"record");
        fs::write(cache.record(key("a")), bad).expect("written");
        assert_eq!(cache.get_record(key("a")), None, "{bad:?}");
        assert!(!cache.record(key("a")).exists());
    }
    cache.put_record(key("a"), b"record");
    fs::create_dir_all(cache.record(key("b")).parent().expect("has one")).expect("made");
    fs::rename(cache.record(key("a")), cache.record(key("b"))).expect("moved");
    assert_eq!(cache.get_record(key("b")), None, "the record of another key");
}

#[test]
fn a_directory_that_cannot_be_used_only_misses() {
    let dir = scratch();
    fs::write(dir.path().join("cache"), b"a file").expect("written");
    let cache = cache(dir.path());
    cache.put_record(key("a"), b"record");
    let address = cache.put_blob(b"abc");
    assert_eq!((cache.get_record(key("a")), cache.get_blob(address)), (None, None));
    assert_eq!(cache.usage(), Usage::default());
}

#[test]
fn reading_makes_nothing() {
    let dir = scratch();
    let cache = cache(dir.path());
    assert_eq!((cache.get_record(key("a")), cache.get_blob(Address::of(b""))), (None, None));
    assert!(!dir.path().join("cache").exists());
}

#[test]
fn the_oldest_go_when_there_is_too_much() {
    let dir = scratch();
    let full = cache(dir.path());
    let addresses: Vec<Address> = (0..10u8).map(|n| full.put_blob(&[n; 1000])).collect();
    for (address, hours) in addresses.iter().zip(1..) {
        age(&full.blob(*address), 20 - hours);
    }
    // What is put again is young again.
    assert_eq!(full.put_blob(&[0; 1000]), addresses[0]);
    let left = dir.path().join("cache/tmp/1-0");
    fs::write(&left, b"").expect("written");
    age(&left, 2);

    let bounded = Cache::open(dir.path().join("cache"), 8000);
    bounded.put_blob(&[10; 1000]);
    assert_eq!(bounded.usage(), Usage { entries: 6, bytes: 6000 });
    assert!(bounded.get_blob(addresses[0]).is_some() && bounded.get_blob(addresses[9]).is_some());
    assert_eq!(bounded.get_blob(addresses[1]), None);
    assert!(!left.exists());
    // Once per process.
    for n in 20..30u8 {
        bounded.put_blob(&[n; 1000]);
    }
    assert_eq!(bounded.usage().entries, 16);
}

#[test]
fn many_writers_of_one_entry_leave_a_whole_one() {
    let dir = scratch();
    let dir = dir.path();
    std::thread::scope(|scope| {
        for writer in 0..8u8 {
            scope.spawn(move || {
                let cache = cache(dir);
                for _ in 0..50 {
                    cache.put_record(key("a"), &[writer; 5000]);
                    let read = cache.get_record(key("a")).expect("always one of them");
                    assert!(read.len() == 5000 && read.iter().all(|byte| *byte == read[0]));
                    assert!(cache.get_blob(cache.put_blob(&[1; 5000])).is_some());
                }
            });
        }
    });
    assert_eq!(cache(dir).usage().entries, 2);
}

#[test]
fn what_is_bad_is_found_and_goes() {
    let dir = scratch();
    let cache = cache(dir.path());
    let blobs = [cache.put_blob(b"one"), cache.put_blob(b"two")];
    cache.put_record(key("a"), b"record");
    cache.put_record(key("b"), b"record");
    assert_eq!(cache.verify(), Verified { good: 4, bad: 0 });
    fs::write(cache.blob(blobs[0]), "eno").expect("written");
    // The content of one record under the name of another.
    fs::copy(cache.record(key("a")), cache.record(key("b"))).expect("copied");
    fs::write(dir.path().join("cache/ac/notes"), "no entry").expect("written");
    fs::write(cache.record(key("a")).with_file_name("notes"), "no entry either").expect("written");
    assert_eq!(cache.verify(), Verified { good: 2, bad: 3 });
    assert_eq!(cache.verify(), Verified { good: 2, bad: 0 });
    assert_eq!(cache.get_blob(blobs[1]).as_deref(), Some(&b"two"[..]));
}

#[test]
fn collecting_removes_the_oldest_first() {
    let dir = scratch();
    let cache = cache(dir.path());
    let addresses = ["aa", "bb", "cc"].map(|text| cache.put_blob(text.as_bytes()));
    for (address, hours) in addresses.into_iter().zip([1, 3, 2]) {
        age(&cache.blob(address), hours);
    }
    assert_eq!(cache.collect(6), Usage::default());
    assert_eq!(cache.collect(5), Usage { entries: 1, bytes: 2 });
    assert_eq!(addresses.map(|address| cache.get_blob(address).is_some()), [true, false, true]);
    assert_eq!(cache.collect(0), Usage { entries: 2, bytes: 4 });
}

#[test]
fn cache_09_every_cut_or_flipped_byte_is_a_miss_and_the_entry_goes() {
    let dir = scratch();
    let cache = cache(dir.path());
    let content: Vec<u8> = (0..200u8).collect();
    let put = || {
        cache.put_record(key("a"), &content);
        cache.put_blob(&content)
    };
    let address = put();
    for path in [cache.record(key("a")), cache.blob(address)] {
        let whole = fs::read(&path).expect("is there");
        for position in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[position] ^= 1 << (position % 8);
            for damaged in [flipped, whole[..position].to_vec(), [&whole[..], &[0]].concat()] {
                put();
                fs::write(&path, damaged).expect("is written");
                let read = (cache.get_record(key("a")), cache.get_blob(address));
                assert!(read.0.is_none() != read.1.is_none(), "only the damaged one is a miss: {path:?}");
                assert!(read.0.into_iter().chain(read.1).all(|bytes| bytes == content));
                assert!(!path.exists(), "it is not read once more");
            }
        }
    }
    put();
    assert_eq!(cache.verify(), Verified { good: 2, bad: 0 });
}
