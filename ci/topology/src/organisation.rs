//! What was counted: projects, stacks, outputs, references.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use resource::StackName;

/// The organisation as it was found; the file says where, and how to read it.
const FOUND: &str = include_str!("../data/organisation.txt");

/// Projects, stacks and references.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organisation {
    /// The outputs that each stack of a project has, by the project's name.
    pub projects: BTreeMap<String, BTreeSet<String>>,
    /// The stacks.
    pub stacks: BTreeSet<StackName>,
    /// Who reads what of whom; some of those that are read may not be there.
    pub edges: Vec<Edge>,
}

/// A stack reads another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Who reads.
    pub reader: StackName,
    /// Who is read.
    pub source: StackName,
    /// Which outputs; none = the reader only comes after it.
    pub outputs: BTreeSet<String>,
    /// They are read as plain values, on which the program branches.
    pub plain: bool,
}

/// References by who reads.
pub(crate) fn by_reader<'a>(edges: impl IntoIterator<Item = &'a Edge>) -> BTreeMap<&'a StackName, Vec<&'a Edge>> {
    let mut found: BTreeMap<&StackName, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        found.entry(&edge.reader).or_default().push(edge);
    }
    found
}

impl Organisation {
    /// The organisation of 86 projects, 311 stacks and 1,074 references.
    ///
    /// # Errors
    /// If the file is damaged: the line.
    pub fn found() -> Result<Self> {
        Self::parse(FOUND)
    }

    /// Reads the form of the file.
    ///
    /// # Errors
    /// The first line that does not fit.
    pub fn parse(text: &str) -> Result<Self> {
        let mut found = Self::default();
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        for (number, line) in lines {
            found.line(line).with_context(|| format!("line {number}: `{line}`"))?;
        }
        Ok(found)
    }

    fn line(&mut self, line: &str) -> Result<()> {
        let (head, rest) = line.split_once(':').context("no colon")?;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
        if let Some(project) = head.strip_prefix("project ") {
            let (stacks, outputs) = rest.split_once('/').unwrap_or((rest, ""));
            self.stacks.extend(words(stacks).iter().map(|short| StackName::new(project, short)));
            ensure!(self.projects.insert(project.to_owned(), words(outputs)).is_none(), "it is there twice");
            return Ok(());
        }
        let (reader, source) = head.split_once('<').context("no `<`")?;
        let (source, plain) = source.strip_prefix('<').map_or((source, false), |source| (source, true));
        let edge = Edge { reader: self.name(reader)?, source: self.name(source)?, outputs: words(rest), plain };
        self.edges.push(edge);
        Ok(())
    }

    /// The name of a stack of a known project, which need not be there itself.
    fn name(&self, text: &str) -> Result<StackName> {
        let text = text.trim();
        let mut ends = text.rmatch_indices('.').map(|(at, _)| at);
        let split = ends.find(|at| self.projects.contains_key(&text[..*at])).context("no such project")?;
        Ok(StackName::new(&text[..split], &text[split + 1..]))
    }

    /// The edges to stacks that are there.
    pub fn edges_within(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| self.stacks.contains(&edge.source))
    }

    /// The pairs of stacks that read each other, each once.
    pub fn pairs(&self) -> BTreeSet<(StackName, StackName)> {
        let edges: BTreeSet<(&StackName, &StackName)> =
            self.edges.iter().map(|edge| (&edge.reader, &edge.source)).collect();
        let both = edges.iter().filter(|(a, b)| a < b && edges.contains(&(*b, *a)));
        both.map(|(a, b)| ((*a).clone(), (*b).clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organisation_is_as_it_was_counted() {
        let found = Organisation::found().expect("it is read");
        assert_eq!(found.projects.len(), 86);
        assert_eq!(found.stacks.len(), 311);
        assert_eq!(found.edges.len(), 1074);
        assert_eq!(found.edges_within().count(), 1069, "five point at stacks that are not there");
        assert_eq!(found.pairs().len(), 12);
        assert_eq!(found.edges.iter().filter(|edge| edge.plain).count(), 36);
        let dns = StackName::new("infrastructure.aws.dns", "default");
        assert_eq!(found.edges.iter().filter(|edge| edge.source == dns).count(), 80);
        let across = found.edges.iter().filter(|edge| {
            edge.source.environment() != "default" && edge.source.environment() != edge.reader.environment()
        });
        assert_eq!(across.count(), 30, "edges from one environment to another");
        for edge in found.edges_within() {
            let there = &found.projects[edge.source.project()];
            assert!(edge.outputs.is_subset(there), "{} has no {:?}", edge.source, edge.outputs.difference(there));
        }
    }

    #[test]
    fn a_line_that_does_not_fit_is_named() {
        let problem = |text: &str| format!("{:#}", Organisation::parse(text).expect_err("it is damaged"));
        assert_eq!(problem("project a: CI\na.CI b.CI: x"), "line 2: `a.CI b.CI: x`: no `<`");
        assert_eq!(problem("# a\na.CI < b.CI: x"), "line 2: `a.CI < b.CI: x`: no such project");
    }
}
