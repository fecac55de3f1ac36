//! Heads as they were when an earlier run read them: spares reading those that still are.
//!
//! The newest head of a stack is the same as long as the directory of its heads is, and the file itself. A head is kept
//! without the names of its fields, so none may be left out.

use std::collections::BTreeMap;

use ports::StoreError;
use resource::StackName;
use serde::{Deserialize, Serialize};
use stamps::{Found, Stamp};
use state::{Head, OutputDigest, Written};
use value::{Digest, Path};

use crate::layout::StackDir;
use crate::read;

/// The newest head in the directory of a stack, read only if it may be another than it was; `None` if it has none.
pub(crate) fn newest(dir: &StackDir, stamps: &Found) -> Result<Option<Head>, StoreError> {
    let stamps = stamps.get();
    let (key, heads) = (dir.label(), dir.heads());
    let Some(stamp) = Stamp::of(&heads) else { return read::newest(dir) };
    if let Some(head) = stamps.find(&key, stamp).and_then(|kept| recall(dir, kept)) {
        return Ok(Some(head));
    }
    let found = read::newest(dir)?;
    if let Some(head) = found.as_ref().filter(|_| stamps.is_at_rest(stamp))
        && let Some(of_file) = Stamp::of(&dir.head(head.generation)).filter(|stamp| stamps.is_at_rest(*stamp))
        && let Ok(bytes) = postcard::to_extend(&(of_file, Kept::from(head)), Vec::new())
    {
        stamps.learn(&key, &heads, stamp, bytes);
    }
    Ok(found)
}

/// A head that was kept, if its file is as it was.
fn recall(dir: &StackDir, bytes: &[u8]) -> Option<Head> {
    let (stamp, kept): (Stamp, Kept) = postcard::from_bytes(bytes).ok()?;
    (Stamp::of(&dir.head(kept.generation)) == Some(stamp)).then(|| kept.into())
}

/// A head with all its fields.
#[derive(Serialize, Deserialize)]
struct Kept {
    format: u32,
    stack: StackName,
    id: String,
    generation: u64,
    snapshot: Option<Digest>,
    position: u64,
    chain: Digest,
    outputs: BTreeMap<Path, OutputDigest>,
    open: Option<String>,
    settled: Option<Digest>,
    objects: u64,
    reads_from: Vec<String>,
    plan: Option<Digest>,
    written: Option<Written>,
}

impl From<&Head> for Kept {
    fn from(head: &Head) -> Self {
        let Head {
            format,
            stack,
            id,
            generation,
            snapshot,
            position,
            chain,
            outputs,
            open,
            settled,
            objects,
            reads_from,
            plan,
            written,
        } = head.clone();
        Self {
            format,
            stack,
            id,
            generation,
            snapshot,
            position,
            chain,
            outputs,
            open,
            settled,
            objects,
            reads_from,
            plan,
            written,
        }
    }
}

impl From<Kept> for Head {
    fn from(kept: Kept) -> Self {
        let Kept {
            format,
            stack,
            id,
            generation,
            snapshot,
            position,
            chain,
            outputs,
            open,
            settled,
            objects,
            reads_from,
            plan,
            written,
        } = kept;
        Self {
            format,
            stack,
            id,
            generation,
            snapshot,
            position,
            chain,
            outputs,
            open,
            settled,
            objects,
            reads_from,
            plan,
            written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_head_has_all_its_fields() {
        let digest = |text: &str| Digest::of("test", text.as_bytes());
        let output = OutputDigest { digest: digest("output"), secret: true, stale: true };
        let bare = Head {
            format: 1,
            stack: StackName::new("net", "a.QA"),
            id: "1f".to_owned(),
            generation: 1,
            snapshot: None,
            position: 0,
            chain: digest("chain"),
            outputs: BTreeMap::new(),
            open: None,
            settled: None,
            objects: 0,
            reads_from: Vec::new(),
            plan: None,
            written: None,
        };
        let full = Head {
            generation: 700,
            snapshot: Some(digest("snapshot")),
            position: 9,
            outputs: BTreeMap::from([("vpcs[0].id".parse().expect("a path"), output)]),
            open: Some("run".to_owned()),
            settled: Some(digest("settled")),
            objects: 3,
            reads_from: vec!["net.b.QA".to_owned()],
            plan: Some(digest("plan")),
            written: Some(Written { run: "run".into(), command: "up".into(), at: "2026-11-22T14:00:00Z".into() }),
            ..bare.clone()
        };
        for head in [bare, full] {
            let bytes = postcard::to_extend(&Kept::from(&head), Vec::new()).expect("is written");
            let kept: Kept = postcard::from_bytes(&bytes).expect("is read");
            assert_eq!(Head::from(kept), head);
        }
    }
}
