//! What stacks read of one another before it is applied.

use std::collections::{BTreeMap, BTreeSet};

use diff::{ChangeSet, leaf_of};
use value::{Path, Value};

use crate::style::{Line, Paint, count, thousands};
use crate::value::value_text;

/// A proposed output that other stacks read: its value, and by how many.
struct Read<'a> {
    stack: &'a str,
    path: &'a Path,
    value: &'a Value,
    readers: usize,
}

/// At most `height` lines on the proposed outputs that other stacks read; of each stack a known and an unknown one come
/// first.
pub(crate) fn across(sets: &[ChangeSet], height: usize) -> Vec<Line> {
    let reads = reads(sets);
    if reads.is_empty() || height < 2 {
        return Vec::new();
    }
    let known = reads.iter().filter(|read| !read.value.has_unknown()).count();
    let title = format!(
        "read across stacks as proposed: {}, {} known, {} known after apply",
        count(reads.len(), "output"),
        thousands(known),
        thousands(reads.len() - known)
    );
    let mut lines = vec![Line::of(title)];
    let room = if reads.len() < height { reads.len() } else { height - 2 };
    let chosen = choose(&reads, room);
    for read in &chosen {
        let line = Line::indented(2).paint(Paint::Strong, read.stack).text(format!(": {} ", read.path));
        let line = line.text(format!("= {}", value_text(read.value, read.stack, 40)));
        lines.push(line.apart(Paint::Faint, format!("read by {}", count(read.readers, "stack"))));
    }
    if chosen.len() < reads.len() {
        let more = format!("… and {}", count(reads.len() - chosen.len(), "more output"));
        lines.push(Line::indented(2).paint(Paint::Faint, more));
    }
    lines
}

/// The proposed outputs that some other stack reads, by stack and path.
fn reads(sets: &[ChangeSet]) -> Vec<Read<'_>> {
    let by_name: BTreeMap<String, &ChangeSet> = sets.iter().map(|set| (set.stack.to_string(), set)).collect();
    let mut readers: BTreeMap<(&str, &Path), usize> = BTreeMap::new();
    for ((stack, path), _) in sets.iter().flat_map(|set| &set.reads).filter(|(_, pin)| pin.proposed) {
        *readers.entry((stack, path)).or_default() += 1;
    }
    let value = |stack: &str, path: &Path| {
        let (leaf, output) = leaf_of(&by_name.get(stack)?.outputs, path)?;
        let whole = output.value.as_ref()?;
        let below = Path::from(path.segments()[leaf.segments().len()..].to_vec());
        whole.at(&below).or(Some(whole).filter(|whole| whole.has_unknown()))
    };
    readers
        .into_iter()
        .filter_map(|((stack, path), readers)| Some(Read { stack, path, value: value(stack, path)?, readers }))
        .collect()
}

/// Which are shown, in their order: in rounds over the stacks, a known one, an unknown one, and so on.
fn choose<'a, 'b>(reads: &'b [Read<'a>], room: usize) -> Vec<&'b Read<'a>> {
    let mut turns: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let mut ordered: BTreeSet<(usize, bool, usize)> = BTreeSet::new();
    for (position, read) in reads.iter().enumerate() {
        let unknown = read.value.has_unknown();
        let turn = turns.entry((read.stack, unknown)).or_default();
        ordered.insert((*turn, unknown, position));
        *turn += 1;
    }
    let chosen: BTreeSet<usize> = ordered.into_iter().take(room).map(|(.., position)| position).collect();
    chosen.into_iter().map(|position| &reads[position]).collect()
}
