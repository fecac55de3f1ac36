//! Keys: a weak one, known before an evaluation, and a strong one, of everything that it read.

use cache::Address;
use taskgraph::EvaluateRecord;
use value::Digest;

/// Where the lists are of what evaluations of a stack read; the record's own reads do not count.
pub(crate) fn weak(task: &EvaluateRecord) -> Address {
    address("reads", &EvaluateRecord { reads: plan::Reads::new(), ..task.clone() })
}

/// Where the result of an evaluation is that read exactly this.
pub(crate) fn strong(record: &EvaluateRecord) -> Address {
    address("evaluated", record)
}

/// Where something is that was left under a name.
pub(crate) fn named(name: Digest) -> Address {
    Address::of(format!("groundplan/cache/1/named/{name}").as_bytes())
}

fn address(what: &str, record: &EvaluateRecord) -> Address {
    // The record has its own digest, which names everything in it; what leaves the machine goes by SHA-256.
    Address::of(format!("groundplan/cache/1/{what}/{}", record.digest()).as_bytes())
}
