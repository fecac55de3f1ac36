//! What was not counted, drawn from a fixed seed: resources, and what an output depends on.

use std::collections::{BTreeMap, BTreeSet};

use resource::StackName;
use serde::Serialize;
use value::Digest;

use crate::organisation::by_reader;
use crate::{Edge, Organisation};

/// A stack with all that its file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stack {
    /// How many resources it has; what it reads is spread over them.
    pub resources: u64,
    /// Whom it reads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Reads>,
    /// What it exports.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Exported>,
}

/// What is read of one stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// The other stack's project.
    pub project: String,
    /// Its short name.
    pub stack: String,
    /// As plain values.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
    /// Which outputs; none = only after it.
    pub outputs: BTreeSet<String>,
}

/// An output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The text that it starts with.
    pub value: String,
    /// It goes on with the id of a resource, which is not known before that is made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub made: bool,
    /// It goes on with what the stack reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Source>,
}

/// An output of another stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// Its project.
    pub project: String,
    /// Its short name.
    pub stack: String,
    /// The output.
    pub output: String,
}

/// Of ten outputs this many hold the id of a resource, and as many the text of an output that the stack reads.
const PARTS_OF_TEN: u64 = 3;

/// Fills in what stacks have. An output never depends on what is read within a pair of stacks that read each other, and
/// what the earlier of the two by name reads of the later is known before anything is made; so nothing depends on itself.
pub fn fill(organisation: &Organisation) -> BTreeMap<StackName, Stack> {
    let pairs = organisation.pairs();
    let edges = by_reader(&organisation.edges);
    let within_pair = |edge: &Edge| {
        let pair = (edge.reader.clone(), edge.source.clone());
        pairs.contains(&pair) || pairs.contains(&(pair.1, pair.0))
    };
    let earlier = organisation.edges.iter().filter(|edge| pairs.contains(&(edge.reader.clone(), edge.source.clone())));
    let known: BTreeSet<(&StackName, &String)> =
        earlier.flat_map(|edge| edge.outputs.iter().map(move |output| (&edge.source, output))).collect();
    let stack = |name: &StackName| {
        let edges = edges.get(name).map(Vec::as_slice).unwrap_or_default();
        let outside = edges.iter().filter(|edge| !within_pair(edge));
        let sources: Vec<Source> = outside.flat_map(|edge| edge.outputs.iter().map(|o| source(edge, o))).collect();
        let output = |output: &String| {
            let exported =
                if known.contains(&(name, output)) { plain(name, output) } else { exported(name, output, &sources) };
            (output.clone(), exported)
        };
        Stack {
            resources: 2 + draw(name, "resources", 4),
            reads: edges.iter().map(|edge| reads(edge)).collect(),
            outputs: organisation.projects[name.project()].iter().map(output).collect(),
        }
    };
    organisation.stacks.iter().map(|name| (name.clone(), stack(name))).collect()
}

fn reads(edge: &Edge) -> Reads {
    Reads {
        project: edge.source.project().to_owned(),
        stack: edge.source.short().to_owned(),
        plain: edge.plain,
        outputs: edge.outputs.clone(),
    }
}

fn source(edge: &Edge, output: &str) -> Source {
    Source {
        project: edge.source.project().to_owned(),
        stack: edge.source.short().to_owned(),
        output: output.to_owned(),
    }
}

fn exported(stack: &StackName, output: &str, sources: &[Source]) -> Exported {
    let kind = draw(stack, output, 10);
    let from = (kind < PARTS_OF_TEN && !sources.is_empty()).then(|| {
        let chosen = draw(stack, &format!("{output} from"), sources.len() as u64);
        sources[usize::try_from(chosen).unwrap_or_default()].clone()
    });
    let made = (PARTS_OF_TEN..2 * PARTS_OF_TEN).contains(&kind);
    Exported { made, from, ..plain(stack, output) }
}

/// An output that is known from the start. Its text is short: those that are made of others hold theirs, and a tag has
/// room for 256 characters.
fn plain(stack: &StackName, output: &str) -> Exported {
    Exported { value: draw(stack, &format!("{output} text"), 100_000_000).to_string(), made: false, from: None }
}

/// A number below `bound` that depends on nothing but its arguments.
fn draw(stack: &StackName, what: &str, bound: u64) -> u64 {
    let digest = Digest::of("topology/1", format!("{stack} {what}").as_bytes());
    let number = digest.as_bytes().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number % bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copies;

    /// How many texts an output is made of.
    fn links(filled: &BTreeMap<StackName, Stack>, output: &Exported) -> usize {
        let source = |from: &Source| {
            let stack = filled.get(&StackName::new(&from.project, &from.stack));
            stack.map_or(0, |stack| links(filled, &stack.outputs[&from.output]))
        };
        1 + output.from.as_ref().map_or(0, source)
    }

    #[test]
    fn nothing_depends_on_itself_whatever_the_size() {
        let found = Organisation::found().expect("it is read");
        for stacks in [311, 1000, 10_000] {
            let organisation = copies(&found, stacks);
            let filled = fill(&organisation);
            // All that is made in a stack is taken to depend on all that it reads, but for what is known from the start.
            let waits = |edge: &&Edge| {
                let outputs = filled.get(&edge.source).map(|source| &source.outputs);
                let known = |output| outputs.is_some_and(|of| !of[output].made && of[output].from.is_none());
                edge.outputs.is_empty() || !edge.outputs.iter().all(known)
            };
            let mut open: BTreeSet<&StackName> = organisation.stacks.iter().collect();
            let mut needs: BTreeMap<&StackName, BTreeSet<&StackName>> = BTreeMap::new();
            for edge in organisation.edges_within().filter(waits) {
                needs.entry(&edge.reader).or_default().insert(&edge.source);
            }
            let (all, depending) = (open.len(), needs.len());
            let is_free = |stack: &&StackName, open: &BTreeSet<&StackName>| {
                needs.get(stack).is_none_or(|needs| needs.is_disjoint(open))
            };
            while !open.is_empty() {
                let free: BTreeSet<&StackName> = open.iter().copied().filter(|stack| is_free(stack, &open)).collect();
                assert!(!free.is_empty(), "{stacks}: these wait for one another: {open:?}");
                open.retain(|stack| !free.contains(stack));
            }
            assert!(depending > all / 2, "{stacks}: stacks depend on others: {depending}");
            assert!(filled.values().flat_map(|stack| stack.outputs.values()).all(|output| links(&filled, output) < 12));
            let made_of = filled.values().flat_map(|stack| stack.outputs.values()).filter(|out| out.from.is_some());
            assert!(made_of.count() > stacks / 6, "{stacks}: outputs are made of others");
        }
    }
}
