//! Maps and sets of a few entries, kept as sorted lists.
//!
//! Layer: L0, kit. A node of a `BTreeMap` has room for eleven entries; the maps and sets of plans and states have one to
//! four, and there are hundreds of thousands of them. **Invariant:** whatever is asked is answered as a `BTreeMap` or
//! `BTreeSet` of the same entries would, in the same order, and the stored form is the same.
//!
//! The crate `litemap` is a map of this kind; it has no set, and it grows by four entries at a time, which is more room
//! than most of ours take.

mod map;
mod set;

pub use map::{Entry, SortedMap};
pub use set::SortedSet;

/// Makes room for one more: exactly that as long as there are few, since most lists never grow on.
fn make_room<T>(list: &mut Vec<T>) {
    const FEW: usize = 4;
    if list.len() == list.capacity() && list.len() < FEW {
        list.reserve_exact(1);
    }
}
