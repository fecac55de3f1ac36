//! Options that go together, and that several commands have.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use taskgraph::Query;

/// Which stacks.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Selection {
    /// Stacks: full names, endings (`aws.network.QA`), projects, or patterns (`'infrastructure.*.QA'`)
    #[arg(value_name = "STACK")]
    pub stacks: Vec<String>,
    /// Only stacks of this environment
    #[arg(long, value_name = "NAME")]
    pub env: Vec<String>,
    /// Only stacks that are not as they were in this version of the sources: a branch, a tag or a commit
    #[arg(long, value_name = "REF")]
    pub changed_since: Option<String>,
    /// Also every stack that the selected ones read
    #[arg(long)]
    pub with_upstream: bool,
    /// Also every stack that reads a selected one
    #[arg(long)]
    pub with_downstream: bool,
}

impl Selection {
    /// Whether it is about versions of the sources.
    pub(crate) fn compares(&self) -> bool {
        let versions = |text: &String| Query::parse(text).is_ok_and(|query| !query.versions().is_empty());
        self.changed_since.is_some() || self.stacks.iter().any(versions)
    }
}

/// Which resources of the selected stacks.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Targets")]
pub(crate) struct Scope {
    /// Touch only this resource: `[STACK:]NAME` or a URN, in which `*` stands for any characters; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub target: Vec<String>,
    /// Touch also whatever depends on a target
    #[arg(long, requires = "target")]
    pub target_dependents: bool,
    /// Leave this resource as it is; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Leave also whatever depends on an excluded one
    #[arg(long, requires = "exclude")]
    pub exclude_dependents: bool,
}

/// What becomes of objects that are there.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Targets")]
pub(crate) struct Present {
    /// Replace this resource once, even if nothing differs; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub replace: Vec<String>,
    /// Take over what would be made and is there already: by its name, or by what it connects
    #[arg(long)]
    pub adopt: bool,
}

impl Scope {
    /// The same as the engine takes it.
    pub(crate) fn targets(&self, present: &Present) -> diff::Targets {
        let patterns = |texts: &[String]| texts.iter().map(|text| diff::Pattern::from(text.clone())).collect();
        diff::Targets {
            only: patterns(&self.target),
            dependents: self.target_dependents,
            except: patterns(&self.exclude),
            except_dependents: self.exclude_dependents,
            replace: patterns(&present.replace),
            adopt: present.adopt,
            exactly: None,
        }
    }
}

/// Plans that were made elsewhere.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct GivenPlans {
    /// Go by the plans in DIR, which `nix build`, `bazel build` or `evaluate --out` made, instead of evaluating
    #[arg(long, value_name = "DIR")]
    pub plans: Option<PathBuf>,
    /// Refuse a plan that was made of other inputs than are here
    #[arg(long, requires = "plans")]
    pub verify_inputs: bool,
    /// What `keys sign` printed: refuse a plan that nobody who counts has signed
    #[arg(long, value_name = "FILE", requires = "plans")]
    pub signatures: Option<PathBuf>,
}

/// How a preview is shown.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Look {
    /// Open every stack
    #[arg(long)]
    pub full: bool,
    /// End with 2 if changes are pending
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// For the terminal, or for one comment on a pull request
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    pub format: Shape,
}

/// What a preview is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// For the terminal.
    Text,
    /// Markdown of at most 65,000 bytes, folded by project.
    Markdown,
}

/// How a run goes on.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Running {
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Do not ask, and do only what has this digest: that of a preview that somebody has looked at
    #[arg(long, value_name = "DIGEST", conflicts_with = "yes")]
    pub approve: Option<value::Digest>,
    /// Stand for it with this signing key, or sign what `--out` saves: its file, or `env` for `GROUNDPLAN_SIGNING_KEY`
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
    /// Pass over stacks that cannot be evaluated, and do all that does not depend on them; after a step that fails that
    /// is done in any case
    #[arg(long, conflicts_with = "fail_fast")]
    pub keep_going: bool,
    /// After a failure start nothing more
    #[arg(long)]
    pub fail_fast: bool,
    /// Wait for a run that holds one of the stacks, instead of ending
    #[arg(long)]
    pub wait: bool,
    /// Read the objects of the selected stacks anew first
    #[arg(long)]
    pub refresh: bool,
    /// Open every stack of the preview
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub allowing: Allowing,
}

/// Which object is taken over, as which resource.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Importing {
    /// The stack
    pub stack: String,
    /// `NAME ID` of what the program declares, `TYPE NAME ID` of what it does not declare yet: the type in the vendor's
    /// words, the resource's name (or, without a type, its URN), and the vendor's id of the object
    #[arg(value_name = "[TYPE] NAME ID", required = true, num_args = 2..=3)]
    pub object: Vec<String>,
    /// The provider instance that has the object, where the program does not declare it yet
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Do not protect what the program does not declare yet
    #[arg(long)]
    pub unprotected: bool,
    /// Show what would be taken over and how to declare it, and do nothing
    #[arg(long)]
    pub preview: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Stand for it with this signing key: its file, or `env` for `GROUNDPLAN_SIGNING_KEY`
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
    /// Wait for a run that holds the stack, instead of ending
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub allowing: Allowing,
}

/// What `explain` compares with.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Explaining {
    /// Compare with this version of the sources, instead of with what was last applied
    #[arg(long, value_name = "REF")]
    pub since: Option<String>,
    /// Say why it does not move: also where changes upstream end before they reach it
    #[arg(long)]
    pub not: bool,
}

/// Which policies are let pass.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Allowing {
    /// Let the findings of this policy pass, in this run only
    #[arg(long, value_name = "RULE")]
    pub allow: Vec<String>,
}

/// Whether programs give the same plan twice.
#[derive(Debug, Clone, Copy, Default, ClapArgs)]
pub(crate) struct Determinism {
    /// Evaluate so many percent of the stacks twice more, all if no number is given, and fail if a plan differs
    #[arg(long, value_name = "PERCENT", num_args = 0..=1, require_equals = true, default_missing_value = "100")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=100))]
    pub check_determinism: Option<u8>,
}

/// Which access is reviewed, and how it is shown.
#[derive(Debug, ClapArgs)]
pub(crate) struct Reviewing {
    /// Only of objects whose name holds this: a bucket, a project
    #[arg(long, value_name = "TEXT")]
    pub on: Option<String>,
    /// Only who can do this: `read`, `add`, `change`
    #[arg(long, value_name = "ACTION")]
    pub can: Option<String>,
    /// Only of people, accounts and groups whose name holds this
    #[arg(long, value_name = "TEXT")]
    pub who: Option<String>,
    /// Only what changes: who gains and who loses what, against what is applied
    #[arg(long)]
    pub changes: bool,
    /// Only what is other than in an earlier review, which `--json` has written
    #[arg(long, value_name = "FILE", conflicts_with = "changes")]
    pub against: Option<PathBuf>,
    /// The form
    #[arg(long, value_enum, default_value_t = Paper::Text)]
    pub format: Paper,
}

/// Forms of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Paper {
    /// For the terminal.
    Text,
    /// For a pull request, or to be signed.
    Markdown,
}
