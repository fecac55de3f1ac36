//! The program that judges plans as files, without state and without what other stacks export: for build systems, which
//! have the plans that an evaluator made.
//!
//! Layer: L6, edges. **Invariant:** the same plans, policies and `groundplan.toml` give the same bytes and the same end;
//! neither the environment nor a clock is read, so that a waiver holds here whatever its last day.

mod alone;
mod diagrams;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use config_load::Workspace;
use diag::{Diagnostic, Diagnostics};
use policy::{Date, Judgement, Policies};
use render::Style;

const USAGE: &str = "usage: checker --root DIR --plans DIR --out FILE [--profile NAME]

Asks the policies about the plans in DIR/<stack>/plan.json, and compares the diagrams in docs/diagrams with them. FILE says
what was found; what stops a run is an error. The root is a directory with groundplan.toml.
";

/// What the command line says.
struct Arguments {
    root: PathBuf,
    plans: PathBuf,
    out: PathBuf,
    profile: String,
}

fn main() -> ExitCode {
    let arguments = match arguments(lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return say(USAGE, 0),
        Err(error) => return say(&format!("error: {error}\n\n{USAGE}"), 64),
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(found) => say(&shown(&found), 10),
    }
}

fn run(arguments: &Arguments) -> Result<(), Diagnostics> {
    let workspace = Workspace::open(&arguments.root)?;
    let plans = evaluator::read(&arguments.plans, &arguments.plans.display().to_string())?;
    diagrams::check(workspace.root(), &arguments.plans, plans.keys())?;

    let settings = workspace.settings();
    let profile = settings.profile(&arguments.profile)?;
    let (attachments, waivers) = (&settings.policies, &settings.waivers);
    let policies = Policies::attach(&policies(), attachments, waivers, &profile.name, Date::EPOCH)?;
    let judgement = alone::judge(&policies, profile, &settings.organisation, &plans)?;
    judgement.stops().into_result(())?;
    let made = arguments.out.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(&arguments.out, report(&judgement))).map_err(|error| {
        Diagnostic::error("E0205", format!("cannot write `{}`: {error}", arguments.out.display())).into()
    })
}

/// What was found and stops nothing.
fn report(judgement: &Judgement) -> String {
    let undecided = judgement.undecided.iter().map(|undecided| format!("{undecided}\n"));
    let remarks = judgement.remarks();
    let remarks = if remarks.is_empty() { String::new() } else { shown(&remarks) };
    remarks + &undecided.collect::<String>()
}

fn shown(found: &Diagnostics) -> String {
    render::diagnostics(found, &|_| None, Style::PLAIN)
}

/// The policies, by directory.
fn policies() -> Vec<policy::Policy> {
    let crates: Vec<Vec<policy::Policy>> = vec![
        // generated: policies (cargo xtask sync)
        policies_aws::policies(),
        policies_lifecycle::policies(),
        // end of generated
    ];
    crates.into_iter().flatten().collect()
}

fn arguments(mut parser: lexopt::Parser) -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::{Arg, ValueExt};
    let (mut root, mut plans, mut out, mut profile) = (None, None, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("root") => root = Some(PathBuf::from(parser.value()?)),
            Arg::Long("plans") => plans = Some(PathBuf::from(parser.value()?)),
            Arg::Long("out") => out = Some(PathBuf::from(parser.value()?)),
            Arg::Long("profile") => profile = Some(OsString::string(parser.value()?)?),
            other => return Err(other.unexpected()),
        }
    }
    let missing = |name: &str| lexopt::Error::from(format!("{name} is missing"));
    Ok(Some(Arguments {
        root: root.ok_or_else(|| missing("--root"))?,
        plans: plans.ok_or_else(|| missing("--plans"))?,
        out: out.ok_or_else(|| missing("--out"))?,
        profile: profile.unwrap_or_else(|| "sandbox".to_owned()),
    }))
}

/// Says something on the standard error; the exit code that goes with it.
fn say(text: &str, code: u8) -> ExitCode {
    // Nobody is left to be told that nobody can be told.
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
    ExitCode::from(code)
}
