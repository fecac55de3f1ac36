//! A directory of configuration: which files there are, and what they say.

use std::collections::{BTreeMap, BTreeSet};

use plan::config::{FromNode, Node, Placed};
use plan::diag::{Diagnostic, Diagnostics, Place};
use plan::{Inputs, Stack, Stop};

use crate::{Dataset, Extent, GithubWif, Infrastructure, Members, Options, Upload};

/// What configuration is read from.
pub trait Source {
    /// The text of a file; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    fn text(&self, path: &str) -> Result<Option<String>, Diagnostics>;
    /// The sorted names in a directory; none if there is no directory.
    ///
    /// # Errors
    /// If it cannot be read.
    fn names(&self, directory: &str) -> Result<Vec<String>, Diagnostics>;
}

impl Source for Stack<'_> {
    fn text(&self, path: &str) -> Result<Option<String>, Diagnostics> {
        self.optional_file(path).map_err(problems)
    }

    fn names(&self, directory: &str) -> Result<Vec<String>, Diagnostics> {
        self.list(directory).map_err(problems)
    }
}

/// Reading a file never waits for another stack.
fn problems(stop: Stop) -> Diagnostics {
    match stop {
        Stop::Problems(found) => found,
        Stop::Deferred(_) => Diagnostics::new(),
    }
}

/// What stacks are listed from.
pub struct FromInputs<'a>(pub &'a dyn Inputs);

impl Source for FromInputs<'_> {
    fn text(&self, path: &str) -> Result<Option<String>, Diagnostics> {
        let bytes = self.0.file(path)?;
        let text = bytes.map(String::from_utf8).transpose();
        text.map_err(|_| Diagnostic::error("E0115", format!("`{path}` is not UTF-8")).into())
    }

    fn names(&self, directory: &str) -> Result<Vec<String>, Diagnostics> {
        Ok(self.0.list(directory)?.unwrap_or_default())
    }
}

/// What is read of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// What is declared, without members, budgets and uploads.
    Declarations,
    /// All that one dataset is made of: its own files, and the members of those datasets that reach it.
    Dataset(&'a str),
    /// Everything.
    All,
}

/// A directory of configuration, with its files.
pub struct Directory<'a> {
    source: &'a dyn Source,
    path: String,
    names: Vec<String>,
    infrastructure: String,
    datasets: String,
    /// The directory that each dataset has a directory in.
    below: String,
}

/// A configuration, as far as it was wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// What holds for the whole centre.
    pub infrastructure: Infrastructure,
    /// The file that says so.
    pub file: String,
    /// The datasets by name.
    pub datasets: BTreeMap<String, Dataset>,
    /// Where a file stands for something that is not there: directories of no dataset.
    pub(crate) strays: Vec<(String, String)>,
}

impl Configuration {
    /// The common dataset; `None` only if the configuration is wrong.
    pub fn common(&self) -> Option<&Dataset> {
        self.datasets.get(&self.infrastructure.common_dataset.value)
    }

    /// All datasets that a dataset has access to, and so all whose groups hold its own: the named ones, and the common
    /// dataset, which all depend on.
    pub fn dependencies<'a>(&'a self, dataset: &'a Dataset) -> BTreeSet<&'a str> {
        dependencies(&self.infrastructure, &dataset.name, &dataset.options)
    }

    /// The datasets whose groups are in groups of this one, over any number of steps.
    pub fn reaching(&self, dataset: &str) -> BTreeSet<&str> {
        let options: Vec<(&str, &Options)> =
            self.datasets.values().map(|dataset| (dataset.name.as_str(), &dataset.options)).collect();
        reaching(&self.infrastructure, &options, dataset)
    }
}

fn dependencies<'a>(infrastructure: &'a Infrastructure, name: &str, options: &'a Options) -> BTreeSet<&'a str> {
    let named = options.depends_on.iter().chain(&options.depends_on_readonly).map(|name| name.value.as_str());
    let common = infrastructure.common_dataset.value.as_str();
    named.chain([common]).filter(|other| *other != name).collect()
}

fn reaching<'a>(infrastructure: &Infrastructure, datasets: &[(&'a str, &Options)], dataset: &str) -> BTreeSet<&'a str> {
    let mut reached: BTreeSet<&'a str> = BTreeSet::new();
    let mut next = vec![dataset.to_owned()];
    while let Some(target) = next.pop() {
        for (name, options) in datasets {
            if dependencies(infrastructure, name, options).contains(target.as_str()) && reached.insert(name) {
                next.push((*name).to_owned());
            }
        }
    }
    reached.remove(dataset);
    reached
}

impl<'a> Directory<'a> {
    /// Finds the files of a directory, in either layout.
    ///
    /// # Errors
    /// If they are not there, or there are two of a kind.
    pub fn open(source: &'a dyn Source, path: &str, environment: &str) -> Result<Self, Diagnostics> {
        let path = path.trim_end_matches('/').to_owned();
        let names = source.names(&path)?;
        let mut found = Diagnostics::new();
        let newer = one_of(&names, &path, "config-infrastructure", &mut found);
        let older = one_of(&names, &path, "cpg", &mut found);
        let is_newer = newer.is_some();
        let stem = if is_newer { "config-datasets" } else { environment };
        let datasets = one_of(&names, &path, stem, &mut found);
        if let (Some(newer), Some(older)) = (&newer, &older) {
            let message = format!("`{path}` holds both `{newer}` and `{older}`, which say the same thing");
            found.push(at_file(Diagnostic::error("E0803", message), &path, older).hint("keep one of the two"));
        }
        let infrastructure = newer.or(older);
        let missing = |what: &str, names: &str| {
            let problem = Diagnostic::error("E0803", format!("`{path}` has no file that {what}"));
            problem.hint(format!("make one: {names}, or `.toml`"))
        };
        if infrastructure.is_none() {
            found.push(missing("says what holds for the centre", "`config-infrastructure.yaml`"));
        } else if datasets.is_none() {
            found.push(missing("declares datasets", &format!("`{stem}.yaml`")));
        }
        let below = if is_newer { format!("{path}/datasets") } else { path.clone() };
        let whole = |name: Option<String>| name.map(|name| format!("{path}/{name}")).unwrap_or_default();
        let (infrastructure, datasets) = (whole(infrastructure), whole(datasets));
        found.into_result(Self { source, path, names, infrastructure, datasets, below })
    }

    /// The names of the datasets, without looking at what is said of them.
    ///
    /// # Errors
    /// If the file cannot be read as one that declares datasets.
    pub fn dataset_names(&self) -> Result<Vec<String>, Diagnostics> {
        let declared: BTreeMap<String, Node> = self.file(&self.datasets)?;
        Ok(declared.into_keys().collect())
    }

    /// The name of the common dataset.
    ///
    /// # Errors
    /// If the file says none.
    pub fn common_dataset(&self) -> Result<String, Diagnostics> {
        let keys: BTreeMap<String, Node> = self.file(&self.infrastructure)?;
        let mut found = Diagnostics::new();
        let name = keys.get("common_dataset").and_then(|node| String::from_node(node, &mut found));
        name.ok_or_else(|| {
            let problem = Diagnostic::error("E0102", "missing key `common_dataset`");
            problem.at(Place::start_of(&*self.infrastructure)).hint("add `common_dataset: NAME`").into()
        })
    }

    /// Reads the configuration, as far as it is wanted.
    ///
    /// # Errors
    /// All that is wrong with the files by themselves; see [`check`](crate::check) for the rest.
    pub fn read(&self, wanted: Wanted<'_>) -> Result<Configuration, Diagnostics> {
        let mut found = Diagnostics::new();
        let infrastructure: Option<Infrastructure> = collect(self.file(&self.infrastructure), &mut found);
        let declared: Option<BTreeMap<String, Placed<Node>>> = collect(self.file(&self.datasets), &mut found);
        let mut options = BTreeMap::new();
        for (name, Placed { value: node, .. }) in declared.into_iter().flatten() {
            if let Some(read) = Options::from_node(&node, &mut found) {
                options.insert(name, (node.place.clone(), read));
            }
        }
        let Some(infrastructure) = infrastructure else { return Err(found) };
        let names: Vec<(&str, &Options)> = options.iter().map(|(name, (_, read))| (name.as_str(), read)).collect();
        let reaching: BTreeSet<String> = match wanted {
            Wanted::Dataset(name) => reaching(&infrastructure, &names, name).into_iter().map(str::to_owned).collect(),
            Wanted::All | Wanted::Declarations => BTreeSet::new(),
        };
        let extent = |name: &str| match wanted {
            Wanted::All => Extent::Whole,
            Wanted::Dataset(own) if own == name => Extent::Whole,
            Wanted::Dataset(_) if reaching.contains(name) => Extent::Members,
            Wanted::Dataset(_) | Wanted::Declarations => Extent::Options,
        };
        let datasets = options.into_iter().map(|(name, (place, options))| {
            let extent = extent(&name);
            (name.clone(), self.dataset(name, place, options, extent, &mut found))
        });
        let datasets: BTreeMap<String, Dataset> = datasets.collect();
        let strays = if wanted == Wanted::All { self.strays(&datasets)? } else { Vec::new() };
        found.into_result(Configuration { infrastructure, file: self.infrastructure.clone(), datasets, strays })
    }

    /// The configuration of the stack for workflows of GitHub; `None` if there is no such file.
    ///
    /// # Errors
    /// All that is wrong with the file.
    pub fn github_wif(&self) -> Result<Option<GithubWif>, Diagnostics> {
        let mut found = Diagnostics::new();
        let name = one_of(&self.names, &self.path, "github-wif", &mut found);
        let read = name.map(|name| self.file(&format!("{}/{name}", self.path))).transpose()?;
        found.into_result(read)
    }

    fn dataset(
        &self,
        name: String,
        place: Place,
        mut options: Options,
        extent: Extent,
        found: &mut Diagnostics,
    ) -> Dataset {
        let directory = format!("{}/{name}", self.below);
        let files = if extent == Extent::Options { Ok(Vec::new()) } else { self.source.names(&directory) };
        let files = collect(files, found).unwrap_or_default();
        let part = Part { directory: &self, at: &directory, files: &files };
        let members = part.read("members", options.members.take(), found);
        let whole = extent == Extent::Whole;
        let budgets = if whole { part.read("budgets", options.budgets.take(), found) } else { None };
        let upload = if whole { part.read::<Upload>("upload", options.upload_config.take(), found) } else { None };
        let members: Members = members.unwrap_or_default();
        Dataset { name, place, options, members, budgets: budgets.unwrap_or_default(), upload, extent }
    }

    /// Directories below `datasets/` that are of no dataset, and their paths.
    fn strays(&self, datasets: &BTreeMap<String, Dataset>) -> Result<Vec<(String, String)>, Diagnostics> {
        if self.below == self.path {
            return Ok(Vec::new());
        }
        let names = self.source.names(&self.below)?;
        // A name with a dot is a file beside them: notes, owners.
        let strays = names.into_iter().filter(|name| !datasets.contains_key(name) && !name.contains('.'));
        Ok(strays.filter(|name| name != "CODEOWNERS").map(|name| (format!("{}/{name}", self.below), name)).collect())
    }

    /// Reads a file as what a type says.
    fn file<T: FromNode>(&self, path: &str) -> Result<T, Diagnostics> {
        let text = self.source.text(path)?;
        let text = text.ok_or_else(|| Diagnostic::error("E0115", format!("there is no file `{path}`")))?;
        let node = if path.rsplit_once('.').is_some_and(|(_, ending)| ending == "toml") {
            plan::config::parse(path, &text)?
        } else {
            plan::config::parse_yaml(path, &text)?
        };
        let mut found = Diagnostics::new();
        let read = T::from_node(&node, &mut found);
        match read {
            Some(read) if !found.has_errors() => Ok(read),
            _ => Err(found),
        }
    }
}

/// The files of one dataset.
struct Part<'a> {
    directory: &'a &'a Directory<'a>,
    at: &'a str,
    files: &'a [String],
}

impl Part<'_> {
    /// What a file of its own says, or else what stands where datasets are declared; both is one too many.
    fn read<T: FromNode>(&self, stem: &str, inline: Option<Placed<T>>, found: &mut Diagnostics) -> Option<T> {
        let Some(name) = one_of(self.files, self.at, stem, found) else { return inline.map(|inline| inline.value) };
        let path = format!("{}/{name}", self.at);
        if let Some(inline) = inline {
            let problem = Diagnostic::error("E0803", format!("`{stem}` is said in `{path}` and here"));
            found.push(problem.at(inline.place).hint("keep one of the two"));
        }
        collect(self.directory.file(&path), found)
    }
}

/// The file of a stem, with one of the endings.
fn one_of(names: &[String], directory: &str, stem: &str, found: &mut Diagnostics) -> Option<String> {
    let ending = |name: &str| matches!(name.strip_prefix(stem), Some(".yaml" | ".yml" | ".toml"));
    let mut files = names.iter().filter(|name| ending(name));
    let first = files.next()?;
    for other in files {
        let message = format!("`{directory}` holds both `{first}` and `{other}`");
        found.push(at_file(Diagnostic::error("E0803", message), directory, other).hint("keep one of the two"));
    }
    Some(first.clone())
}

fn at_file(problem: Diagnostic, directory: &str, name: &str) -> Diagnostic {
    problem.at(Place::start_of(format!("{directory}/{name}")))
}

/// A result whose problems are kept for later.
fn collect<T>(result: Result<T, Diagnostics>, found: &mut Diagnostics) -> Option<T> {
    result.map_err(|problems| found.extend(problems)).ok()
}
