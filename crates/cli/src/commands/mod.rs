//! The commands, one file each.

mod access;
mod affected;
mod approval;
mod cache;
mod config;
mod determinism;
mod evaluate;
mod explain;
mod graph;
mod history;
mod import;
pub(crate) mod interrupt;
mod job;
mod keys;
mod lock;
mod look;
mod manifests;
mod new;
mod passed_over;
mod pipeline;
mod plan;
mod policies;
mod refresh;
mod rename_stack;
mod sandbox;
pub(crate) mod show;
mod signatures;
mod state;
mod surgery;
mod up;

use engine::Goal;

use crate::Registry;
use crate::args::{Args, Command, Present};
use crate::exit::{Exit, Result};
use crate::session::Session;
use crate::shared::Shared;
use crate::talk::Talk;

/// Runs the command that was asked for.
pub(crate) async fn run(registry: &Registry, args: Args, talk: &Talk) -> Result<Exit> {
    if let Command::New { command: crate::args::New::Workspace { directory, organisation, groundplan } } = &args.command
    {
        return new::workspace(&args.global, directory, organisation.as_deref(), groundplan.as_deref(), talk);
    }
    if let Command::Keys { command } = args.command {
        return keys::run(&args.global, command, talk);
    }
    let mut session = Session::open(registry, &args.global, talk)?;
    session.policies.allow(args.command.allowed())?;
    if args.command.evaluates() {
        session.shared = Shared::open(&session)?;
    }
    let ended = dispatch(&mut session, args.command).await;
    session.shared.sum_up(&session);
    ended
}

async fn dispatch(session: &mut Session<'_>, command: Command) -> Result<Exit> {
    match command {
        Command::Up { running, plan: Some(file), .. } => plan::apply(session, &file, &running, Goal::Programs).await,
        Command::Destroy { running, plan: Some(file), .. } => {
            plan::apply(session, &file, &running, Goal::Nothing).await
        }
        Command::Up { selection, scope, present, given, running, plan: None } => {
            session.go_by(&given)?;
            up::up(session, &selection, scope.targets(&present), &running).await
        }
        Command::Preview { plan: Some(file), sign, look, .. } => plan::preview(session, &file, sign.as_deref(), &look),
        Command::Preview { out: None, sign: Some(_), .. } => {
            Err(crate::exit::usage("a signature belongs to a saved preview", "say `--out FILE --sign KEY`"))
        }
        Command::Preview {
            selection,
            scope,
            present,
            given,
            out,
            sign,
            look,
            refresh,
            keep_going,
            determinism,
            ..
        } => {
            session.go_by(&given)?;
            let targets = scope.targets(&present);
            let out = out.as_deref().map(|file| (file, sign.as_deref()));
            let making = up::Making { refresh, keep_going };
            let exit = up::preview(session, &selection, targets, out, &look, making).await?;
            determinism::check(session, &selection, determinism).await?;
            Ok(exit)
        }
        Command::Destroy { selection, scope, running, out: Some(file), plan: None } => {
            up::save_destroy(session, &selection, &scope.targets(&Present::default()), &file, &running).await
        }
        Command::Destroy { selection, scope, running, out: None, plan: None } => {
            up::destroy(session, &selection, scope.targets(&Present::default()), &running).await
        }
        Command::Evaluate { selection, manifests: Some(what), .. } => {
            manifests::manifests(session, &selection, what).await
        }
        Command::Evaluate { selection, out, policies, manifests: None, keep_going, determinism } => {
            let exit = evaluate::evaluate(session, &selection, out.as_deref(), policies, keep_going).await?;
            determinism::check(session, &selection, determinism).await?;
            Ok(exit)
        }
        Command::Refresh { selection, scope, preview } => {
            refresh::refresh(session, &selection, &scope.targets(&Present::default()), preview).await
        }
        Command::Import { importing } => import::import(session, &importing).await,
        Command::Outputs { selection } => look::outputs(session, &selection).await,
        Command::Stacks { selection, names: true } => look::names(session, &selection).await,
        Command::Stacks { selection, names: false } => look::stacks(session, &selection).await,
        Command::Affected { selection, format } => affected::affected(session, &selection, format).await,
        Command::Cache { command } => Ok(cache::run(session, command)),
        Command::Pipeline { system, out, check } => pipeline::write(session, system, out.as_deref(), check).await,
        Command::Policies => Ok(policies::list(session)),
        Command::Access { selection, review } => access::access(session, &selection, &review).await,
        Command::Graph { selection, format, all } => graph::graph(session, &selection, format, all).await,
        Command::Explain { selection, how } => explain::explain(session, &selection, &how).await,
        Command::History { selection } => history::history(session, &selection).await,
        Command::State { command } => state::run(session, command).await,
        Command::Sandbox { command } => sandbox::run(session, command),
        Command::Config { command } => config::run(session, command),
        Command::Lock { command } => lock::run(session, command).await,
        Command::Keys { command } => keys::run(&session.global, command, &session.talk),
        Command::New { command } => new::run(session, command),
    }
}
