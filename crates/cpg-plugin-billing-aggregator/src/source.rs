//! Where bills come from, and what it takes to collect them.

/// A source of bills.
#[derive(Debug)]
pub(crate) struct Source {
    /// What the configuration calls it.
    pub(crate) name: &'static str,
    pub(crate) memory: &'static str,
    pub(crate) processors: &'static str,
    /// How long a run may take.
    pub(crate) seconds: i64,
    /// So many intervals back are collected: what Google bills is late, and nothing that is read again counts twice.
    pub(crate) rounds: i64,
    /// The minute of the hour at which it runs, so that no two begin together.
    pub(crate) minute: u8,
}

/// The sources, by name.
const SOURCES: [Source; 5] = [
    source("gcp", "1024M", "1", 3600, 24, 1),
    source("hail", "8Gi", "2", 3600, 1, 2),
    source("ica", "1024M", "1", 540, 1, 0),
    source("seqr", "16Gi", "4", 3600, 1, 3),
    source("seqr24", "16Gi", "4", 3600, 1, 4),
];

const fn source(
    name: &'static str,
    memory: &'static str,
    processors: &'static str,
    seconds: i64,
    rounds: i64,
    minute: u8,
) -> Source {
    Source { name, memory, processors, seconds, rounds, minute }
}

impl Source {
    /// A source by its name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SOURCES.iter().find(|source| source.name == name)
    }

    /// The names of all.
    pub(crate) fn names() -> [&'static str; 5] {
        SOURCES.each_ref().map(|source| source.name)
    }

    /// The file that its function starts in.
    pub(crate) fn file(&self) -> String {
        format!("{}.py", self.name)
    }

    /// Its name with a capital.
    pub(crate) fn title(&self) -> String {
        let (first, rest) = self.name.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    }
}
