//! `sandbox …`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Sandbox {
    /// One object a line
    List,
    /// The calls that were made
    Log,
    /// Look for duplicates, orphans and references to nothing
    Check,
    /// Change an object as a colleague would in the vendor's console: `refresh` then shows drift
    Set {
        #[command(flatten)]
        object: Object,
        /// The property, or a path in it: `Tags[0].Value`
        property: String,
        /// Its new value as JSON, or a text; `null` takes it away
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Delete an object as a colleague would in the vendor's console
    Delete {
        #[command(flatten)]
        object: Object,
    },
    /// Forget everything
    Reset {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// One object of the sandbox.
#[derive(Debug, Args)]
pub(crate) struct Object {
    /// The object's id, as `sandbox list` shows it
    pub id: String,
    /// Its type, where several objects have that id
    #[arg(long = "type", value_name = "TYPE")]
    pub ty: Option<String>,
    /// Where it is, as `sandbox list --json` shows it, where several of that type have that id
    #[arg(long)]
    pub scope: Option<String>,
}
