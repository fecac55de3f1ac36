//! The command line's grammar.

mod options;
mod sandbox;
mod state;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(crate) use options::{
    Allowing, Determinism, Explaining, GivenPlans, Importing, Look, Paper, Present, Reviewing, Running, Scope,
    Selection, Shape,
};
pub(crate) use sandbox::{Object, Sandbox};
pub(crate) use state::State;

/// Infrastructure as pure functions.
#[derive(Debug, Parser)]
#[command(name = "runner", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Global {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// The profile of groundplan.toml: where each provider points
    #[arg(long, default_value = "sandbox", global = true)]
    pub profile: String,
    /// Where the state is, instead of where the profile says
    #[arg(long, value_name = "URL", global = true)]
    pub state: Option<String>,
    /// The directory of the sandbox; beside the state that `--state` gives, or where the profile says
    #[arg(long, value_name = "DIR", global = true)]
    pub sandbox: Option<PathBuf>,
    /// How many steps may run at a time
    #[arg(long, value_name = "N", global = true)]
    pub jobs: Option<usize>,
    /// One JSON object a line on stdout instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = When::Auto, global = true)]
    pub color: When,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// When to do something that depends on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// If there is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a saved preview has decided already.
const DECIDED: [&str; 12] = [
    "stacks",
    "env",
    "changed_since",
    "with_upstream",
    "with_downstream",
    "target",
    "exclude",
    "replace",
    "adopt",
    "refresh",
    "plans",
    "keep_going",
];

/// The same, where nothing is replaced.
const DECIDED_TO_GO: [&str; 8] =
    ["stacks", "env", "changed_since", "with_upstream", "with_downstream", "target", "exclude", "refresh"];

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what would be done, ask, and do it
    Up {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        scope: Scope,
        #[command(flatten)]
        present: Present,
        #[command(flatten)]
        given: GivenPlans,
        #[command(flatten)]
        running: Running,
        /// Apply a saved preview: exactly what it shows, or nothing
        #[arg(long, value_name = "FILE", conflicts_with_all = DECIDED)]
        plan: Option<PathBuf>,
    },
    /// Show what would be done
    Preview {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        scope: Scope,
        #[command(flatten)]
        present: Present,
        #[command(flatten)]
        given: GivenPlans,
        /// Save it: `up --plan FILE` applies exactly this
        #[arg(long, value_name = "FILE", conflicts_with = "refresh")]
        out: Option<PathBuf>,
        /// Show a saved preview
        #[arg(long, value_name = "FILE", conflicts_with_all = DECIDED, conflicts_with = "out")]
        #[arg(conflicts_with = "check_determinism")]
        plan: Option<PathBuf>,
        /// Sign what `--out` saves or `--plan` shows: the file of a signing key, or `env` for `GROUNDPLAN_SIGNING_KEY`
        #[arg(long, value_name = "KEY")]
        sign: Option<PathBuf>,
        #[command(flatten)]
        look: Look,
        /// Look at the objects of the selected stacks first; nothing is written
        #[arg(long)]
        refresh: bool,
        /// Pass over stacks that cannot be evaluated, and show all that does not depend on them
        #[arg(long, conflicts_with = "out")]
        keep_going: bool,
        #[command(flatten)]
        determinism: Determinism,
        #[command(flatten)]
        allowing: Allowing,
    },
    /// Evaluate plans, without state and without other stacks' outputs
    Evaluate {
        #[command(flatten)]
        selection: Selection,
        /// Write each plan to DIR/<stack>/plan.json, with its digest, sources and inputs
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Also ask the policies that need no state; what they find stops it
        #[arg(long)]
        policies: bool,
        /// The manifests of inputs, which hermetic builds go by: write them, or check that they are current
        #[arg(long, value_enum, value_name = "WHAT", conflicts_with_all = ["out", "policies"])]
        manifests: Option<ManifestsDo>,
        /// Pass over stacks that cannot be evaluated
        #[arg(long)]
        keep_going: bool,
        #[command(flatten)]
        determinism: Determinism,
    },
    /// Delete everything in the selected stacks
    Destroy {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        scope: Scope,
        #[command(flatten)]
        running: Running,
        /// Save what would be deleted, and do nothing: `destroy --plan FILE` deletes exactly this
        #[arg(long, value_name = "FILE", conflicts_with_all = ["plan", "yes", "refresh"])]
        out: Option<PathBuf>,
        /// Delete what was saved: exactly what it shows, or nothing
        #[arg(long, value_name = "FILE", conflicts_with_all = DECIDED_TO_GO)]
        plan: Option<PathBuf>,
    },
    /// Read the objects of the selected stacks anew
    Refresh {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        scope: Scope,
        /// Show what has changed, and write nothing
        #[arg(long)]
        preview: bool,
    },
    /// Take over an object that exists, and say how to declare it
    #[command(
        override_usage = "runner import [OPTIONS] STACK NAME ID\n       runner import [OPTIONS] STACK TYPE NAME ID"
    )]
    Import {
        #[command(flatten)]
        importing: Importing,
    },
    /// Show published outputs
    Outputs {
        #[command(flatten)]
        selection: Selection,
    },
    /// List stacks
    Stacks {
        #[command(flatten)]
        selection: Selection,
        /// Only their full names, one a line; no state is read
        #[arg(long, conflicts_with = "json")]
        names: bool,
    },
    /// List the stacks that are not as they were in another version of the sources
    Affected {
        #[command(flatten)]
        selection: Selection,
        /// The form
        #[arg(long, value_enum, default_value_t = ListForm::Text)]
        format: ListForm,
    },
    /// List policies: where they are attached, and what is waived
    Policies,
    /// Review who may do what with which object, and through which groups, once everything is applied
    Access {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        review: Reviewing,
    },
    /// Draw one stack with its constructs, or the organisation
    Graph {
        #[command(flatten)]
        selection: Selection,
        /// The form
        #[arg(long, value_enum, default_value_t = Form::Text)]
        format: Form,
        /// Every resource of a stack, every stack of the organisation
        #[arg(long)]
        all: bool,
    },
    /// Say why a stack would be touched, or would not
    Explain {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        how: Explaining,
    },
    /// What runs did: when, which command, what it came to
    History {
        #[command(flatten)]
        selection: Selection,
    },
    /// Look at the state, and change it by hand
    State {
        #[command(subcommand)]
        command: State,
    },
    /// Look at the local cache of evaluations, and tidy it
    Cache {
        #[command(subcommand)]
        command: Cache,
    },
    /// Write continuous integration from the graph: each stage planned, approved and applied
    Pipeline {
        /// For which system
        #[arg(value_enum)]
        system: System,
        /// Where to; stdout, if it is not given
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Write nothing, and fail if FILE is not what would be written
        #[arg(long, requires = "out")]
        check: bool,
    },
    /// Make keys that sign, and show their public halves
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Look at the embedded cloud
    Sandbox {
        #[command(subcommand)]
        command: Sandbox,
    },
    /// Read and change stack files
    Config {
        #[command(subcommand)]
        command: Config,
    },
    /// Renew or check the world locks
    Lock {
        #[command(subcommand)]
        command: Lock,
    },
    /// Make a workspace, a project or a stack
    New {
        #[command(subcommand)]
        command: New,
    },
}

impl Command {
    /// Whether what other machines have evaluated is of use: programs are evaluated to see what is to be done, or what
    /// has changed.
    pub(crate) fn evaluates(&self) -> bool {
        match self {
            Self::Up { plan, .. } | Self::Preview { plan, .. } => plan.is_none(),
            Self::Access { .. }
            | Self::Affected { .. }
            | Self::Explain { .. }
            | Self::Evaluate { manifests: None, .. } => true,
            Self::Destroy { selection, .. }
            | Self::Refresh { selection, .. }
            | Self::Outputs { selection }
            | Self::Stacks { selection, .. }
            | Self::Graph { selection, .. }
            | Self::History { selection } => selection.compares(),
            _ => false,
        }
    }

    /// The policies that are let pass.
    pub(crate) fn allowed(&self) -> &[String] {
        match self {
            Self::Up { running, .. } | Self::Destroy { running, .. } => &running.allowing.allow,
            Self::Preview { allowing, .. } => &allowing.allow,
            Self::Import { importing } => &importing.allowing.allow,
            _ => &[],
        }
    }
}

/// Systems of continuous integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum System {
    /// GitHub Actions.
    Github,
    /// Concourse.
    Concourse,
}

/// Forms of a diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For the terminal.
    Text,
    /// Mermaid.
    Mermaid,
    /// Graphviz.
    Dot,
    /// A picture.
    Svg,
}

/// Forms of a list of stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListForm {
    /// For the terminal.
    Text,
    /// What a CI makes jobs of: `{"include": [{"stack": …}, …]}`.
    Matrix,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Cache {
    /// How much is in it, and where it is
    Stats,
    /// Remove the oldest entries; it also bounds itself
    Gc {
        /// How many MiB may stay; the bound that it keeps by itself, if it is not given
        #[arg(long, value_name = "MIB")]
        max: Option<u64>,
    },
    /// Look at every entry, and remove what is damaged: it would be a miss anyhow
    Verify,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key that signs saved previews, plans and entries of shared caches
    New {
        /// Where its file is to be, outside the repository; nothing that is there is replaced
        file: PathBuf,
    },
    /// Print the public half of a key, which `[signers]` in groundplan.toml lists
    Show {
        /// The key's file
        file: PathBuf,
    },
    /// Sign plans that were built, and print the signatures: `up --plans DIR --signatures FILE` takes them
    Sign {
        /// The key's file, or `env` for `GROUNDPLAN_SIGNING_KEY`
        key: PathBuf,
        /// What `nix build`, `bazel build` or `evaluate --out` made
        plans: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print a value
    Get {
        /// The stack
        stack: String,
        /// The key path
        key: String,
    },
    /// Set a value; a secret comes from a prompt or from stdin
    Set {
        /// The stack
        stack: String,
        /// The key path
        key: String,
        /// The value
        #[arg(conflicts_with = "secret")]
        value: Option<String>,
        /// Seal it
        #[arg(long)]
        secret: bool,
    },
    /// Print the JSON Schema of a project's files, for editors
    Schema {
        /// The project
        project: String,
        /// The kind of file, where there are several
        kind: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Lock {
    /// Ask for the answers that are missing, or that have changed
    Update {
        #[command(flatten)]
        selection: Selection,
    },
    /// Check that every answer that plans ask for is there
    Check {
        #[command(flatten)]
        selection: Selection,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum New {
    /// Make a workspace
    Workspace {
        /// Where
        // `-C` is a `directory` of every command, and ids are one per command.
        #[arg(id = "where", value_name = "DIR")]
        directory: PathBuf,
        /// The organisation's name, which is never changed; the directory's name, if it is not given
        #[arg(long)]
        organisation: Option<String>,
        /// Where Groundplan's own crates are: a path, or a git URL
        #[arg(long, value_name = "PATH|URL")]
        groundplan: Option<String>,
    },
    /// Make a project
    Project {
        /// Its dotted name, or its path below `projects/`
        path: String,
    },
    /// Make a stack
    Stack {
        /// The project
        project: String,
        /// The stack's short name
        name: String,
        /// Copy this stack's configuration
        #[arg(long, value_name = "NAME")]
        like: Option<String>,
    },
}

/// What is done with manifests of inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ManifestsDo {
    /// Write those that are not current
    Write,
    /// Fail if one is not current
    Check,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_grammar_of_every_command_is_sound() {
        super::Args::command().debug_assert();
    }
}
