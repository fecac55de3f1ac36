//! Looking up and storing evaluations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache::Address;
use plan::{Read, Reads};
use ports::{RemoteCache, Space};
use serde::{Deserialize, Serialize};
use signing::{SecretKey, Signers};
use taskgraph::EvaluateRecord;
use value::Digest;

use crate::entry::{Doubt, Entry, File};
use crate::key;
use crate::patience::Patience;
use crate::role::{Role, TierName};

/// How many lists of reads are kept for a stack: as many branches may be worked on at a time.
const LISTS: usize = 16;

/// What the blob of an entry is called that was left under a name.
const NAMED: &str = "content";

/// A shared cache as one run uses it.
pub struct Shared {
    reads: Vec<Tier>,
    writes: Option<(Tier, SecretKey)>,
    patience: Patience,
    counts: Counts,
}

/// A tier of a shared cache.
pub struct Tier {
    cache: Box<dyn RemoteCache>,
    signers: Signers,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What was read, as it is now, and as it was then.
    pub record: EvaluateRecord,
    /// What was stored for it.
    pub payload: Vec<u8>,
}

/// What a run had of a shared cache.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Evaluations that were found.
    pub hits: u64,
    /// Evaluations that were not.
    pub misses: u64,
    /// Evaluations that were stored.
    pub stored: u64,
    /// Entries that nobody has signed.
    pub unsigned: u64,
    /// Entries whose signer is not trusted.
    pub strangers: u64,
    /// Entries, or blobs, that are not what was put.
    pub broken: u64,
    /// Why the run has given up on it.
    pub given_up: Option<String>,
}

impl Report {
    /// How many entries did not count.
    pub fn doubtful(&self) -> u64 {
        self.unsigned + self.strangers + self.broken
    }
}

#[derive(Debug, Default)]
struct Counts {
    hits: AtomicU64,
    misses: AtomicU64,
    stored: AtomicU64,
    unsigned: AtomicU64,
    strangers: AtomicU64,
    broken: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What is under a weak key.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Lists {
    /// What evaluations read, the newest first.
    lists: Vec<BTreeSet<Read>>,
}

impl Tier {
    /// A tier in a cache of its own, and whose entries count there.
    pub fn new(cache: Box<dyn RemoteCache>, signers: Signers) -> Self {
        Self { cache, signers }
    }
}

impl Shared {
    /// The cache as a run of this role uses it: it writes if it has a key, and waits no longer than `budget` in all.
    /// `tier` opens one.
    ///
    /// # Errors
    /// If a tier cannot be opened.
    pub fn open<E>(
        role: &Role,
        key: Option<SecretKey>,
        budget: Duration,
        tier: impl Fn(&TierName) -> Result<Tier, E>,
    ) -> Result<Self, E> {
        let reads = role.reads().iter().map(&tier).collect::<Result<Vec<Tier>, E>>()?;
        let writes = match (role.writes(), key) {
            (Some(name), Some(key)) => Some((tier(&name)?, key)),
            _ => None,
        };
        Ok(Self { reads, writes, patience: Patience::new(budget), counts: Counts::default() })
    }

    /// Whether it stores anything.
    pub fn writes(&self) -> bool {
        self.writes.is_some()
    }

    /// Whether what it stores would count for others.
    pub fn is_trusted(&self) -> bool {
        self.writes.as_ref().is_some_and(|(tier, key)| tier.signers.name(key.public()).is_some())
    }

    /// An evaluation of a stack that read what is there now: `now` gives the digest of something, if it can be told.
    /// What the task itself has read does not count.
    pub fn find(&self, task: &EvaluateRecord, now: &dyn Fn(&Read) -> Option<Digest>) -> Option<Hit> {
        let found = self.reads.iter().find_map(|tier| self.find_in(tier, task, now));
        count(if found.is_some() { &self.counts.hits } else { &self.counts.misses });
        found
    }

    fn find_in(&self, tier: &Tier, task: &EvaluateRecord, now: &dyn Fn(&Read) -> Option<Digest>) -> Option<Hit> {
        let mut known: BTreeMap<Read, Option<Digest>> = BTreeMap::new();
        let mut digest = |read: Read| {
            let digest = *known.entry(read.clone()).or_insert_with_key(|read| now(read));
            Some((read, digest?))
        };
        self.lists(tier, task).lists.into_iter().take(LISTS).find_map(|list| {
            let reads: Reads = list.into_iter().map(&mut digest).collect::<Option<_>>()?;
            let record = EvaluateRecord { reads, ..task.clone() };
            let entry = self.entry(tier, key::strong(&record))?;
            Some(Hit { record, payload: entry.payload })
        })
    }

    /// A blob of an evaluation that was found.
    pub fn file(&self, record: &EvaluateRecord, name: &str) -> Option<Vec<u8>> {
        self.file_of(key::strong(record), name)
    }

    /// What was left under a name.
    pub fn named(&self, name: Digest) -> Option<Vec<u8>> {
        self.file_of(key::named(name), NAMED)
    }

    /// A blob of the entry under a key, of the first tier that has it.
    fn file_of(&self, key: Address, name: &str) -> Option<Vec<u8>> {
        self.reads.iter().find_map(|tier| {
            let entry = self.entry(tier, key)?;
            let file = entry.files.into_iter().find(|file| file.name == name)?;
            let bytes = self.get(tier, Space::Content, file.address)?;
            let whole = bytes.len() as u64 == file.bytes && Address::of(&bytes) == file.address;
            if !whole {
                count(&self.counts.broken);
            }
            whole.then_some(bytes)
        })
    }

    /// Stores an evaluation; its blobs are there before the entry is.
    pub fn store(&self, record: &EvaluateRecord, payload: Vec<u8>, files: &[(&str, &[u8])]) {
        if self.try_store(record, payload, files).is_some() {
            count(&self.counts.stored);
        }
    }

    fn try_store(&self, record: &EvaluateRecord, payload: Vec<u8>, files: &[(&str, &[u8])]) -> Option<()> {
        self.put_entry(key::strong(record), payload, files)?;
        // Somebody may do the same at this time, and one of the two lists is lost: that is a miss and nothing else.
        let list: BTreeSet<Read> = record.reads.keys().cloned().collect();
        let (tier, _) = self.writes.as_ref()?;
        let mut lists = self.lists(tier, record);
        if lists.lists.first() != Some(&list) {
            lists.lists.retain(|other| *other != list);
            lists.lists.insert(0, list);
            lists.lists.truncate(LISTS);
            self.put_entry(key::weak(record), serde_json::to_vec(&lists).ok()?, &[])?;
        }
        Some(())
    }

    /// Leaves something under a name, in place of what may be there.
    pub fn leave(&self, name: Digest, bytes: &[u8]) {
        self.put_entry(key::named(name), Vec::new(), &[(NAMED, bytes)]);
    }

    /// Puts the blobs of an entry, and then the entry.
    fn put_entry(&self, key: Address, payload: Vec<u8>, files: &[(&str, &[u8])]) -> Option<()> {
        let (tier, signer) = self.writes.as_ref()?;
        let put = |space, address: Address, bytes: &[u8]| {
            self.patience.call(|within| tier.cache.put(space, &address.to_string(), bytes, within))
        };
        let mut entry = Entry { payload, files: Vec::new() };
        for (name, bytes) in files {
            let address = Address::of(bytes);
            put(Space::Content, address, bytes)?;
            entry.files.push(File { name: (*name).to_owned(), address, bytes: bytes.len() as u64 });
        }
        put(Space::Action, key, &entry.seal(key, signer))
    }

    /// What was had of it until now.
    pub fn report(&self) -> Report {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Report {
            hits: number(&self.counts.hits),
            misses: number(&self.counts.misses),
            stored: number(&self.counts.stored),
            unsigned: number(&self.counts.unsigned),
            strangers: number(&self.counts.strangers),
            broken: number(&self.counts.broken),
            given_up: self.patience.given_up().map(str::to_owned),
        }
    }

    /// The lists under a weak key; none, if they are not there or do not count.
    fn lists(&self, tier: &Tier, task: &EvaluateRecord) -> Lists {
        let entry = self.entry(tier, key::weak(task));
        entry.and_then(|entry| serde_json::from_slice(&entry.payload).ok()).unwrap_or_default()
    }

    /// The entry under a key, if it is there and counts.
    fn entry(&self, tier: &Tier, key: Address) -> Option<Entry> {
        let bytes = self.get(tier, Space::Action, key)?;
        let opened = Entry::open(key, &bytes, &tier.signers);
        opened
            .map_err(|doubt| {
                count(match doubt {
                    Doubt::Unsigned => &self.counts.unsigned,
                    Doubt::Stranger => &self.counts.strangers,
                    Doubt::Broken | Doubt::Damaged => &self.counts.broken,
                });
            })
            .ok()
    }

    fn get(&self, tier: &Tier, space: Space, key: Address) -> Option<Vec<u8>> {
        self.patience.call(|within| tier.cache.get(space, &key.to_string(), within)).flatten()
    }
}
