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

/// Fills in what stacks have. An output never depends on what is read within a pair of stacks that read each other, so
/// no output depends on itself.
pub fn fill(organisation: &Organisation) -> BTreeMap<StackName, Stack> {
    let pairs = organisation.pairs();
    let edges = by_reader(&organisation.edges);
    let within_pair = |edge: &Edge| {
        let pair = (edge.reader.clone(), edge.source.clone());
        pairs.contains(&pair) || pairs.contains(&(pair.1, pair.0))
    };
    let stack = |name: &StackName| {
        let edges = edges.get(name).map(Vec::as_slice).unwrap_or_default();
        let outside = edges.iter().filter(|edge| !within_pair(edge));
        let sources: Vec<Source> = outside.flat_map(|edge| edge.outputs.iter().map(|o| source(edge, o))).collect();
        let output = |output: &String| (output.clone(), exported(name, output, &sources));
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
    Exported { value: format!("{} of {stack}", output.replace('.', " ")), made, from }
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

    #[test]
    fn no_output_depends_on_itself() {
        let found = Organisation::found().expect("it is read");
        let stacks = fill(&found);
        let key = |source: &Source| (StackName::new(&source.project, &source.stack), source.output.clone());
        let mut depending = 0;
        for (name, stack) in &stacks {
            for (output, exported) in &stack.outputs {
                let mut next = exported.from.as_ref().map(key);
                let mut seen = BTreeSet::from([(name.clone(), output.clone())]);
                depending += usize::from(next.is_some());
                while let Some(at) = next {
                    assert!(seen.insert(at.clone()), "{name}:{output} depends on itself through {}:{}", at.0, at.1);
                    next = stacks.get(&at.0).and_then(|stack| stack.outputs[&at.1].from.as_ref()).map(key);
                }
            }
        }
        assert!(depending > 50, "outputs depend on others: {depending}");
    }
}
