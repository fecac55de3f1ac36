//! Selection: which stacks the words on the command line mean.

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics};
use resource::StackName;

use crate::Links;
use crate::query::{Facts, Query, is_query};

/// A stack that can be selected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its full name.
    pub name: StackName,
    /// By what it can be reached.
    pub reach: Reach,
}

/// By what a stack can be reached; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Only by its full name or an ending of it: a stack that has state and no file any more.
    Name,
    /// Also by its environment: one that is known but not in the default selection.
    Environment,
    /// Also by its project, by a pattern, and by saying nothing: the default selection.
    Default,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// Stack names, project names, endings, patterns, and queries of them.
    pub selectors: &'a [String],
    /// Only stacks of these environments; none = of all.
    pub environments: &'a [String],
    /// The environments that there are, for messages.
    pub known_environments: &'a [String],
    /// Only stacks that are not as they were in this version of the sources; there may be none.
    pub changed_since: Option<&'a str>,
    /// Further every stack that the selected ones need, directly or not.
    pub with_upstream: bool,
    /// Further every stack of the default selection that needs a selected one, directly or not.
    pub with_downstream: bool,
    /// The project whose directory the command runs in.
    pub current_project: Option<&'a str>,
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// These stacks.
    Stacks {
        /// Those that were meant, by name.
        meant: Vec<StackName>,
        /// The same with what `--with-upstream` and `--with-downstream` add, by name.
        all: Vec<StackName>,
    },
    /// One of the several stacks of the project whose directory the command runs in; which one has to be asked.
    Choose(Vec<StackName>),
}

impl Selection {
    /// The stacks with what was added, and the one that was meant if it was one.
    ///
    /// # Errors
    /// If there is a choice to make: it lists what there is.
    pub fn without_asking(self) -> Result<(Vec<StackName>, Option<StackName>), Diagnostics> {
        match self {
            Self::Stacks { meant, all } => {
                let single = meant.first().filter(|_| meant.len() == 1).cloned();
                Ok((all, single))
            }
            Self::Choose(stacks) => {
                let project = stacks.first().map(StackName::project).unwrap_or_default();
                let problem = Diagnostic::error("E0744", format!("`{project}` has {} stacks: say which", stacks.len()))
                    .note(listed(&stacks))
                    .hint("name a stack, or give an environment with `--env`")
                    .hint(format!("`{project}` means all of them"));
                Err(problem.into())
            }
        }
    }
}

/// Finds the stacks that a request means. `facts` are asked for only where the request needs them; names that are no
/// candidates (foreign stacks) are left out.
///
/// # Errors
/// Every selector that means nothing, or too much, and a selection that is empty.
pub fn select(candidates: &[Candidate], request: &Request<'_>, facts: &dyn Facts) -> Result<Selection, Diagnostics> {
    let stacks = Stacks::new(candidates, request);
    let mut found = Diagnostics::new();
    stacks.check_environments(&mut found);
    let mut meant = BTreeSet::new();
    for selector in request.selectors {
        match stacks.mean(selector, facts) {
            Ok(names) => meant.extend(names),
            Err(problems) => found.extend(problems),
        }
    }
    if request.selectors.is_empty() {
        let here = |name: &StackName| request.current_project.is_none_or(|project| name.project() == project);
        meant.extend(stacks.pool().filter(|name| here(name)));
    }
    if meant.is_empty() && found.is_empty() {
        found.push(stacks.nothing());
    }
    let changed = |name: &&StackName| request.changed_since.is_none_or(|version| facts.changed(name, version));
    let meant: Vec<StackName> = found.into_result(meant)?.into_iter().filter(changed).cloned().collect();
    let asked = !request.selectors.is_empty() || request.changed_since.is_some();
    if !asked && request.current_project.is_some() && meant.len() > 1 {
        return Ok(Selection::Choose(meant));
    }
    let all = stacks.with_neighbours(&meant, facts);
    Ok(Selection::Stacks { meant, all })
}

struct Stacks<'a> {
    all: BTreeMap<String, &'a Candidate>,
    request: &'a Request<'a>,
}

impl<'a> Stacks<'a> {
    fn new(candidates: &'a [Candidate], request: &'a Request<'a>) -> Self {
        Self { all: candidates.iter().map(|candidate| (candidate.name.to_string(), candidate)).collect(), request }
    }

    /// What project names, patterns and silence choose from.
    fn pool(&self) -> impl Iterator<Item = &'a StackName> + '_ {
        let least = if self.request.environments.is_empty() { Reach::Default } else { Reach::Environment };
        self.all.values().filter(move |c| c.reach >= least && self.in_environments(&c.name)).map(|c| &c.name)
    }

    fn in_environments(&self, name: &StackName) -> bool {
        let wanted = self.request.environments;
        wanted.is_empty() || wanted.iter().any(|environment| environment == name.environment())
    }

    fn environments_in_words(&self) -> String {
        self.request.environments.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
    }

    /// What a selector means: a word, or a query.
    fn mean(&self, selector: &str, facts: &dyn Facts) -> Result<Vec<&'a StackName>, Diagnostics> {
        if !is_query(selector) {
            return self.resolve(selector);
        }
        let mut found = Diagnostics::new();
        let names = self.query(&Query::parse(selector)?, facts, &mut found);
        let names: Vec<&StackName> = names.into_iter().filter(|name| self.in_environments(name)).collect();
        if names.is_empty() && found.is_empty() {
            found.push(Diagnostic::error("E0743", format!("no stack is in `{selector}`")));
        }
        found.into_result(names)
    }

    /// The stacks that a query means; what its words do not mean is reported.
    fn query(&self, query: &Query, facts: &dyn Facts, found: &mut Diagnostics) -> BTreeSet<&'a StackName> {
        let where_ = |holds: &dyn Fn(&StackName) -> bool| self.reachable().filter(|name| holds(name)).collect();
        let mut set = |query: &Query| self.query(query, facts, found);
        match query {
            Query::Word(word) => self.words(word, found),
            Query::Either(a, b) => &set(a) | &set(b),
            Query::Both(a, b) => &set(a) & &set(b),
            Query::Without(a, b) => &set(a) - &set(b),
            Query::Deps(of) => self.upstream(set(of), facts),
            Query::Rdeps(of) => self.downstream(set(of), facts),
            Query::Reads(of) => {
                let (read, links) = (set(of), facts.links());
                let read: BTreeSet<usize> =
                    read.into_iter().filter_map(|name| links.number(&name.to_string())).collect();
                let reads = |reader| links.needs(reader).any(|need| read.contains(&need));
                where_(&|name| links.number(&name.to_string()).is_some_and(reads))
            }
            Query::ReadsOutput(word, path) => {
                let read: BTreeSet<String> = self.words(word, found).iter().map(ToString::to_string).collect();
                let is_it = |(stack, other): (String, value::Path)| read.contains(&stack) && other.touches(path);
                where_(&|name| facts.reads(name).into_iter().any(is_it))
            }
            Query::Env(environment) => {
                self.check_environment(environment, found);
                self.all.values().map(|candidate| &candidate.name).filter(|n| n.environment() == environment).collect()
            }
            Query::Provider(family) => where_(&|name| facts.families(name).contains(family)),
            // Of all, also those that have no file any more.
            Query::Changed(version) => {
                self.all.values().map(|candidate| &candidate.name).filter(|n| facts.changed(n, version)).collect()
            }
            Query::Failed => where_(&|name| facts.failed(name)),
            Query::Drifted => where_(&|name| facts.drifted(name)),
            Query::All => self.reachable().collect(),
        }
    }

    fn words(&self, word: &str, found: &mut Diagnostics) -> BTreeSet<&'a StackName> {
        match self.resolve(word) {
            Ok(names) => names.into_iter().collect(),
            Err(problems) => {
                found.extend(problems);
                BTreeSet::new()
            }
        }
    }

    /// What functions choose from: the default selection.
    fn reachable(&self) -> impl Iterator<Item = &'a StackName> + '_ {
        self.all.values().filter(|candidate| candidate.reach == Reach::Default).map(|candidate| &candidate.name)
    }

    fn upstream(&self, from: BTreeSet<&'a StackName>, facts: &dyn Facts) -> BTreeSet<&'a StackName> {
        let links = facts.links();
        let candidates = self.numbered(&links, |_| true);
        spread(from, &links, &candidates, |number| links.needs(number).collect())
    }

    fn downstream(&self, from: BTreeSet<&'a StackName>, facts: &dyn Facts) -> BTreeSet<&'a StackName> {
        let links = facts.links();
        let (readers, candidates) = (links.needed_by(), self.numbered(&links, |reach| reach == Reach::Default));
        spread(from, &links, &candidates, |number| readers[number].clone())
    }

    /// The candidates of some reach, by the numbers that their names have.
    fn numbered(&self, links: &Links, reach: impl Fn(Reach) -> bool) -> Vec<Option<&'a StackName>> {
        // Both are in the order of full names.
        let mut candidates = self.all.iter().peekable();
        let candidate = |name: &String| {
            while candidates.next_if(|(other, _)| *other < name).is_some() {}
            let (_, candidate) = candidates.next_if(|(other, _)| *other == name)?;
            reach(candidate.reach).then_some(&candidate.name)
        };
        links.names().iter().map(candidate).collect()
    }

    fn resolve(&self, selector: &str) -> Result<Vec<&'a StackName>, Diagnostics> {
        if selector.contains('*') {
            return self.by_pattern(selector);
        }
        if let Some(candidate) = self.all.get(selector) {
            return self.one(&candidate.name);
        }
        if self.all.values().any(|candidate| candidate.name.project() == selector) {
            return self.by_project(selector);
        }
        let ending = format!(".{}", selector.trim_start_matches('.'));
        let matches: Vec<&StackName> =
            self.all.iter().filter(|(full, _)| full.ends_with(&ending)).map(|(_, candidate)| &candidate.name).collect();
        match matches.as_slice() {
            [] => Err(self.unknown(selector).into()),
            [name] => self.one(name),
            many => Err(Diagnostic::error("E0741", format!("`{selector}` is the ending of {} stacks", many.len()))
                .note(listed(many.iter().copied()))
                .hint("name more of it, up to a dot, so that one is left")
                .hint(format!("`'*{ending}'` means all of them"))
                .into()),
        }
    }

    /// A stack that was named outright must be in the environments that were asked for.
    fn one(&self, name: &'a StackName) -> Result<Vec<&'a StackName>, Diagnostics> {
        if self.in_environments(name) {
            return Ok(vec![name]);
        }
        let message = format!("`{name}` is not in environment {}", self.environments_in_words());
        Err(Diagnostic::error("E0743", message).hint("leave out either the name or `--env`").into())
    }

    fn by_project(&self, project: &str) -> Result<Vec<&'a StackName>, Diagnostics> {
        let names: Vec<&StackName> = self.pool().filter(|name| name.project() == project).collect();
        if !names.is_empty() {
            return Ok(names);
        }
        let there = self.all.values().map(|candidate| &candidate.name).filter(|name| name.project() == project);
        let message = match self.request.environments {
            [] => format!("no stack of `{project}` is in the default selection"),
            _ => format!("`{project}` has no stack in environment {}", self.environments_in_words()),
        };
        Err(Diagnostic::error("E0743", message).note(listed(there)).hint("name the stack").into())
    }

    fn by_pattern(&self, pattern: &str) -> Result<Vec<&'a StackName>, Diagnostics> {
        let names: Vec<&StackName> = self.pool().filter(|name| resource::fits(pattern, &name.to_string())).collect();
        if !names.is_empty() {
            return Ok(names);
        }
        let outside: Vec<&StackName> = self
            .all
            .iter()
            .filter(|(full, _)| resource::fits(pattern, full))
            .map(|(_, candidate)| &candidate.name)
            .collect();
        let message = format!("no stack matches `{pattern}`");
        let problem = Diagnostic::error("E0740", message);
        let problem = if outside.is_empty() {
            problem.hint("`*` stands for any characters, dots included; `runner stacks` lists all names")
        } else {
            problem
                .note(format!("outside the default selection, or of another environment: {}", listed(outside)))
                .hint("name the stack, or give its environment with `--env`")
        };
        Err(problem.into())
    }

    fn unknown(&self, selector: &str) -> Diagnostic {
        let problem = Diagnostic::error("E0740", format!("there is no stack or project `{selector}`"));
        let close = self.close_to(selector);
        if close.is_empty() {
            problem.hint("run `runner stacks` for a list")
        } else {
            problem.hint(format!("did you mean {}?", close.join(" or ")))
        }
    }

    /// Up to three names that look like `selector`: whole ones, and endings with as many dots.
    fn close_to(&self, selector: &str) -> Vec<String> {
        let wanted = selector.trim_start_matches('.');
        let dots = wanted.matches('.').count();
        let mut scored: BTreeSet<(usize, String)> = BTreeSet::new();
        for (full, candidate) in &self.all {
            let project = candidate.name.project();
            for name in [full.as_str(), project] {
                let ending = ending_of(name, dots);
                let distance = if ending.eq_ignore_ascii_case(wanted) {
                    0
                } else {
                    strsim::damerau_levenshtein(&ending.to_lowercase(), &wanted.to_lowercase())
                };
                if distance <= wanted.chars().count() / 4 {
                    scored.insert((distance, name.to_owned()));
                }
            }
        }
        let best = scored.first().map_or(0, |(distance, _)| *distance);
        scored
            .into_iter()
            .filter(|(distance, _)| *distance <= best + 1)
            .take(3)
            .map(|(_, n)| format!("`{n}`"))
            .collect()
    }

    fn check_environments(&self, found: &mut Diagnostics) {
        self.request.environments.iter().for_each(|wanted| self.check_environment(wanted, found));
    }

    fn check_environment(&self, wanted: &str, found: &mut Diagnostics) {
        let used = self.all.values().map(|candidate| candidate.name.environment());
        let known: BTreeSet<&str> = self.request.known_environments.iter().map(String::as_str).chain(used).collect();
        if !known.contains(wanted) {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            let problem = Diagnostic::error("E0742", format!("there is no environment `{wanted}`"));
            found.push(match known.iter().find(|name| name.eq_ignore_ascii_case(wanted)) {
                Some(name) => problem.hint(format!("write `{name}`: names are case-sensitive")),
                None => problem.hint(format!("give one of {}", names.join(", "))),
            });
        }
    }

    fn nothing(&self) -> Diagnostic {
        let here = self.request.current_project.map(|project| format!(" of `{project}`")).unwrap_or_default();
        let place = if self.request.environments.is_empty() {
            "the default selection".to_owned()
        } else {
            format!("environment {}", self.environments_in_words())
        };
        let problem = Diagnostic::error("E0743", format!("no stack{here} is in {place}"));
        if self.all.is_empty() {
            problem.hint("make one with `runner new stack PROJECT SHORT-NAME`")
        } else {
            problem.hint("run `runner stacks` for a list")
        }
    }

    /// Downstream first, so that what it needs besides comes with `--with-upstream`, too.
    fn with_neighbours(&self, meant: &[StackName], facts: &dyn Facts) -> Vec<StackName> {
        let known = meant.iter().filter_map(|name| self.all.get(&name.to_string()));
        let mut all: BTreeSet<&StackName> = known.map(|candidate| &candidate.name).collect();
        if self.request.with_downstream {
            all = self.downstream(all, facts);
        }
        if self.request.with_upstream {
            all = self.upstream(all, facts);
        }
        all.into_iter().cloned().collect()
    }
}

/// Adds the candidates that `next` leads to, directly or not.
fn spread<'a>(
    from: BTreeSet<&'a StackName>,
    links: &Links,
    candidates: &[Option<&'a StackName>],
    next: impl Fn(usize) -> Vec<usize>,
) -> BTreeSet<&'a StackName> {
    let mut open: Vec<usize> = from.iter().filter_map(|name| links.number(&name.to_string())).collect();
    let mut is_found = vec![false; candidates.len()];
    open.iter().for_each(|number| is_found[*number] = true);
    let mut found = Vec::new();
    while let Some(number) = open.pop() {
        for neighbour in next(number) {
            if let Some(name) = candidates[neighbour]
                && !std::mem::replace(&mut is_found[neighbour], true)
            {
                found.push(name);
                open.push(neighbour);
            }
        }
    }
    from.into_iter().chain(found).collect()
}

fn listed<'a>(names: impl IntoIterator<Item = &'a StackName>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The end of `name` that has `dots` dots in it.
fn ending_of(name: &str, dots: usize) -> &str {
    name.rmatch_indices('.').nth(dots).map_or(name, |(position, _)| &name[position + 1..])
}
