//! `state …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Selection;

#[derive(Debug, Subcommand)]
pub(crate) enum State {
    /// One resource a line: stack and URN
    List {
        #[command(flatten)]
        selection: Selection,
        /// As it was at a generation of one stack; `runner history STACK` lists them
        #[arg(long, value_name = "GENERATION")]
        at: Option<u64>,
    },
    /// What the state holds of one resource
    Show {
        /// The stack
        stack: String,
        /// The resource: its URN, or its name
        resource: String,
        /// As it was at a generation; `runner history STACK` lists them
        #[arg(long, value_name = "GENERATION")]
        at: Option<u64>,
    },
    /// Drop the record of a resource; its object stays
    Rm {
        /// The stack
        stack: String,
        /// The resource: its URN, or its name
        resource: String,
        /// Also if other resources depend on it
        #[arg(long)]
        force: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Give a resource another name
    Rename {
        /// The stack
        stack: String,
        /// The resource: its URN, or its name
        resource: String,
        /// Its new URN or name
        name: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Move a resource to another stack; its object stays
    Mv {
        /// The stack
        stack: String,
        /// The resource: its URN, or its name
        resource: String,
        /// The other stack
        to: String,
        /// Its URN or name there; the same, if it is not given
        name: Option<String>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Have a resource replaced by the next run
    Taint {
        /// The stack
        stack: String,
        /// The resource: its URN, or its name
        resource: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Take back a taint
    Untaint {
        /// The stack
        stack: String,
        /// The resource: its URN, or its name
        resource: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Protect a resource, until a run of a program that does not
    Protect {
        /// The stack
        stack: String,
        /// The resource: its URN, or its name
        resource: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Take a protection away, until a run of a program that protects it
    Unprotect {
        /// The stack
        stack: String,
        /// The resource: its URN, or its name
        resource: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Write the state of a stack as JSON; its secrets stay encrypted
    Export {
        /// The stack
        stack: String,
        /// Where to; stdout, if it is not given
        file: Option<PathBuf>,
    },
    /// Put an exported state in the place of a stack's
    Import {
        /// The stack
        stack: String,
        /// What `state export` wrote
        file: PathBuf,
        /// Also if it is another stack's
        #[arg(long)]
        force: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Check that states can be read and are whole
    Verify {
        #[command(flatten)]
        selection: Selection,
    },
    /// Give a stack another short name: its file, its secrets and its state go along, its objects stay
    RenameStack {
        /// The stack
        old: String,
        /// Its new name: full, or the short name alone
        new: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Make a damaged state whole again, as far as it can be told; what is lost is said, and nothing is deleted
    Repair {
        /// The stack
        stack: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}
