//! One run: what is to be done is shown, asked about, and done in rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use diag::{Diagnostic, Diagnostics};
use diff::Targets;
use engine::{ApplyOptions, Engine, Events, Goal, Import, Preview, Report, Stopped};
use ports::StoreError;
use render::RunSummary;
use resource::StackName;
use saved::Saved;
use tokio::sync::{mpsc, watch};
use value::Digest;

use super::passed_over;
use super::show::show;
use super::up::{Making, make};
use crate::args::Running;
use crate::commands::interrupt::{Calls, on_interrupt, runner};
use crate::commands::signatures::Standing;
use crate::exit::{Exit, Failure, Result, usage};
use crate::records::{Depth, RunRecords};
use crate::session::{Selected, Session};

/// What all rounds did.
#[derive(Default)]
struct Done {
    report: Report,
    /// The stacks that were brought to a plan, with its digest.
    stacks: BTreeMap<String, Option<Digest>>,
    unchanged: usize,
    cached: usize,
    /// Some resources were left alone.
    restricted: bool,
    /// It stopped where more is known than was approved.
    new_plan: bool,
    /// Stacks that were passed over.
    failed: BTreeMap<String, Diagnostics>,
}

impl Done {
    /// Whether something failed, and nothing but what came out otherwise than it was approved.
    fn only_contradictions(&self) -> bool {
        let Report { failed, cancelled, .. } = &self.report;
        !cancelled && !failed.is_empty() && failed.iter().all(|failure| failure.problem.code == "E0530")
    }

    fn add(&mut self, preview: &Preview, report: Report) {
        self.report.counts = self.report.counts.plus(report.counts);
        let stacks = preview.changes.iter().map(|set| set.stack.to_string());
        self.stacks.extend(stacks.map(|stack| (stack.clone(), preview.plan_digest(&stack))));
        self.unchanged = preview.unchanged.len();
        self.cached = preview.cached;
        self.restricted |= preview.restricted.is_some();
        self.failed.clone_from(&preview.failed);
        self.report.done += report.done;
        self.report.failed.extend(report.failed);
        self.report.skipped.extend(report.skipped);
        self.report.left.extend(report.left);
        self.report.cancelled |= report.cancelled;
    }
}

/// One `up` or `destroy`.
pub(crate) struct Job<'a> {
    pub session: &'a Session<'a>,
    pub engine: &'a Engine<'a>,
    pub selected: &'a Selected,
    pub goal: Goal,
    pub targets: Targets,
    /// The saved preview that is applied, instead of what the programs say.
    pub saved: Option<&'a Saved>,
    /// The object that is taken over, instead of what the programs say.
    pub import: Option<&'a Import>,
    pub running: &'a Running,
    /// Who stands for it.
    pub standing: Standing,
    pub command: &'static str,
    /// What is said to go on where this one is ended, if that is not the command with its stacks.
    pub again: Option<String>,
}

impl<'a> Job<'a> {
    /// A run of its own: of no saved preview, and without an object to take over.
    pub(crate) fn of(
        session: &'a Session<'a>,
        engine: &'a Engine<'a>,
        selected: &'a Selected,
        goal: Goal,
        targets: Targets,
        running: &'a Running,
    ) -> Result<Self> {
        let standing = Standing::of(session, running.sign.as_deref())?;
        let command = if goal == Goal::Nothing { "destroy" } else { "up" };
        let (saved, import, again) = (None, None, None);
        Ok(Self { session, engine, selected, goal, targets, saved, import, running, standing, command, again })
    }
}

impl Job<'_> {
    pub(crate) async fn run(&mut self) -> Result<Exit> {
        let talk = &self.session.talk;
        let begun = Instant::now();
        self.refresh().await?;
        let mut preview = self.make().await?;
        self.show(&preview, begun);
        if preview.is_empty() {
            return Ok(Exit::Done);
        }
        if preview.changes.is_empty() {
            passed_over::refuse(&preview.failed)?;
        }
        if preview.changes.is_empty() && preview.restricted.is_some() {
            return Ok(Exit::Done);
        }
        if preview.changes.is_empty() {
            // All that a saved preview could do is done.
            return if self.saved.is_some() { Ok(Exit::Done) } else { Err(all_wait()) };
        }
        let refused = preview.refused();
        if refused.has_errors() {
            return Err(refused.into());
        }
        preview.judgement.stops().into_result(()).map_err(Failure::policy)?;
        let missing = self.engine.missing_keys(&preview);
        if missing.has_errors() {
            return Err(missing.into());
        }
        if !self.approved(&preview)? {
            return Ok(Exit::User);
        }
        let mut approved = preview.digest();
        let (children, calls) = (engine::Children::default(), Calls::default());
        let cancel = on_interrupt(talk.clone(), calls.clone(), children.clone(), self.again());
        let begun = Instant::now();
        let mut done = Done::default();
        // What came out otherwise than it was approved, until somebody has looked at what is left.
        let mut otherwise: Vec<engine::Failure> = Vec::new();
        loop {
            // What is applied is what was approved: where the base has moved since, it is shown and asked about again.
            // What is left of a saved preview was approved with it.
            let moved = preview.digest() != approved || !otherwise.is_empty();
            if self.saved.is_none() && moved {
                self.show(&preview, begun);
                if self.running.approve.is_some() && !done.stacks.is_empty() {
                    super::approval::offer(self.session, &preview);
                    done.new_plan = true;
                    break;
                }
                if !self.approved(&preview)? {
                    done.report.failed.append(&mut otherwise);
                    break;
                }
                otherwise.clear();
                approved = preview.digest();
            }
            match self.round(&preview, cancel.clone(), &children, &calls).await {
                Ok(Round::Settled) => talk.say("what an interrupted run left open is settled; what is left:"),
                Ok(Round::Applied(report)) => {
                    // Stacks that waited for an output are evaluated once it is published.
                    let waiting = self.saved.is_none() && preview.waits();
                    // What waits for a stack that was passed over waits for the next run.
                    let goes_on = report.done > 0 && !preview.deferred.is_empty();
                    let waiting = waiting && (preview.failed.is_empty() || goes_on);
                    let more = waiting && report.failed.is_empty() && !report.cancelled;
                    if more && report.done == 0 {
                        return Err(nothing_more(&report));
                    }
                    done.add(&preview, report);
                    if self.can_ask() && done.only_contradictions() {
                        otherwise = std::mem::take(&mut done.report.failed);
                        done.report.skipped.clear();
                        talk.error(&otherwise.iter().map(|failure| failure.problem.clone()).collect());
                        talk.say("this came out otherwise than it was approved; what is left:");
                    } else if !more {
                        break;
                    } else if !self.targets.only.is_empty() {
                        talk.say("stacks that waited for outputs are left; run the command again to go on with them");
                        break;
                    } else {
                        talk.say("outputs that stacks waited for are known now:");
                    }
                    // What was to be replaced was.
                    self.targets.replace.clear();
                }
                Ok(Round::Moved(stack)) => {
                    talk.say(&format!("{stack} has moved since it was looked at; what is left:"));
                }
                Err(failure) if self.waits_for(&failure) && !*cancel.borrow() => self.wait(&failure).await,
                Err(failure) => return Err(failure),
            }
            preview = self.make().await?;
            if preview.changes.is_empty() {
                break;
            }
        }
        self.finish(&done, begun).await
    }

    /// Looks at the world first, where that was asked for.
    async fn refresh(&self) -> Result<()> {
        if !self.running.refresh {
            return Ok(());
        }
        loop {
            match self.engine.refresh(&self.selected.names(), &self.targets).await.map_err(Failure::from) {
                Ok(report) => {
                    super::refresh::show(&self.session.talk, &report);
                    return Ok(());
                }
                Err(failure) if self.waits_for(&failure) => self.wait(&failure).await,
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Whether another run has what is needed, and it is waited for.
    fn waits_for(&self, failure: &Failure) -> bool {
        self.running.wait && failure.held
    }

    async fn wait(&self, failure: &Failure) {
        self.session.talk.failure(failure);
        self.session.talk.say("waiting for it");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }

    /// The command that goes on where this one is ended; that of some stacks, where it names stacks.
    fn again(&self) -> impl Fn(&BTreeSet<&StackName>) -> String + use<> {
        let (runner, command, same) = (runner(&self.session.global), self.command, self.again.clone());
        move |stacks| match &same {
            Some(same) => format!("{runner} {same}"),
            None => {
                let stacks: Vec<String> = stacks.iter().map(ToString::to_string).collect();
                format!("{runner} {command} {}", stacks.join(" ")).trim_end().to_owned()
            }
        }
    }

    async fn make(&self) -> Result<Preview> {
        if let Some(saved) = self.saved {
            return Ok(self.engine.reopen(saved).await?);
        }
        if let Some(import) = self.import {
            // Without a preview somebody else has taken it over in between.
            return Ok(self.engine.import(import).await?.preview.unwrap_or_default());
        }
        let making = Making { keep_going: self.running.keep_going, refresh: false };
        make(self.session, self.engine, self.selected, self.goal, &self.targets, making).await
    }

    fn show(&self, preview: &Preview, begun: Instant) {
        show(self.session, preview, self.selected, self.running.full, begun);
    }

    /// Whether somebody is there to be asked, and wants to be.
    fn can_ask(&self) -> bool {
        let Running { yes, approve, .. } = self.running;
        !yes && approve.is_none() && self.saved.is_none() && self.session.talk.can_ask()
    }

    /// Asks, unless `--yes` or `--approve` has answered already.
    fn approved(&self, preview: &Preview) -> Result<bool> {
        let talk = &self.session.talk;
        self.standing.missing(self.session, preview).into_result(()).map_err(Failure::policy)?;
        if let Some(digest) = self.running.approve {
            let same = preview.digest() == digest;
            return if same { Ok(true) } else { Err(super::approval::unapproved(self.session, digest, preview)) };
        }
        if self.running.yes {
            return Ok(true);
        }
        if !talk.can_ask() {
            let message = format!("`{}` asks before it does something, and there is no terminal", self.command);
            let hint = format!("say `--yes`, or `--approve {}` for exactly this", preview.digest());
            return Err(usage(message, hint));
        }
        let question = match (self.goal, self.import) {
            (Goal::Nothing, _) => "Delete all this? (yes/no)",
            (Goal::Programs, Some(_)) => "Take it over? (yes/no)",
            (Goal::Programs, None) => "Apply this? (yes/no)",
        };
        let answer = talk.ask(question).unwrap_or_default();
        let yes = matches!(answer.as_str(), "y" | "yes");
        if !yes {
            talk.say("nothing was done");
        }
        Ok(yes)
    }

    /// Settles what an interrupted run left open, or else applies a preview.
    async fn round(
        &self,
        preview: &Preview,
        cancel: watch::Receiver<bool>,
        children: &engine::Children,
        calls: &Calls,
    ) -> Result<Round> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let shown = tokio::spawn(crate::progress::show(self.session.talk.clone(), calls.clone(), receiver));
        let events = Events::to(sender);
        let result = async {
            if self.engine.settle(preview, &events).await? > 0 {
                return Ok(Round::Settled);
            }
            let options = ApplyOptions {
                command: self.command.to_owned(),
                stop_at_failure: self.running.fail_fast,
                cancel,
                children: children.clone(),
            };
            Ok(Round::Applied(self.engine.apply(preview, options, &events).await?))
        }
        .await;
        let result = match result {
            Err(Stopped::Store(StoreError::Moved { stack })) => Ok(Round::Moved(stack)),
            result => result.map_err(Failure::from),
        };
        drop(events);
        // The renderer ends when the last sender is gone.
        drop(shown.await);
        result
    }

    /// Whether what was done is all that the programs of the selected stacks say.
    fn is_whole(&self, done: &Done) -> bool {
        let whole = self.saved.is_none() && self.import.is_none() && !done.restricted;
        whole && done.failed.is_empty() && done.report.failed.is_empty() && !done.report.cancelled
    }

    async fn finish(&self, done: &Done, begun: Instant) -> Result<Exit> {
        let Self { session, engine, selected, goal, .. } = self;
        let talk = &session.talk;
        let report = &done.report;
        if *goal == Goal::Programs && !report.cancelled && !done.restricted {
            let failed = report.failed.iter().map(|failure| failure.stack.to_string());
            let failed: BTreeSet<String> =
                failed.chain(report.skipped.iter().map(|(stack, ..)| stack.to_string())).collect();
            let mut well = done.stacks.clone();
            well.retain(|stack, _| !failed.contains(stack));
            session.traces().brought_about(&well);
        }
        if *goal == Goal::Programs && self.is_whole(done) {
            let (names, traces) = (selected.names(), session.traces().evaluated());
            // What cannot be recorded is no failure of the run.
            if let Ok(record) = engine.record_of_applied(&names, &traces).await {
                RunRecords::of(session).leave(session, engine, (Depth::Compared, &names), || record);
            }
        }
        if !report.failed.is_empty() {
            talk.error(&report.failed.iter().map(|failure| failure.problem.clone()).collect());
        }
        if !talk.json {
            say_skipped(session, report);
            if *goal == Goal::Programs && self.import.is_none() && report.failed.is_empty() {
                super::look::show_outputs(session, engine, &selected.names(), selected.single.is_some()).await?;
            }
            let summary = RunSummary {
                counts: report.counts,
                stacks: done.stacks.len(),
                unchanged: done.unchanged,
                cached: done.cached,
                failed: report.failed.len(),
                skipped: report.skipped.len(),
                seconds: begun.elapsed().as_secs_f64(),
            };
            talk.say(&render::summary(&summary, talk.stderr()));
        }
        let failed_with = |code: &str| report.failed.iter().any(|failure| failure.problem.code == code);
        let exit = match (report.cancelled, report.failed.is_empty()) {
            (true, _) => Exit::Interrupted,
            (false, false) if failed_with("E0530") => Exit::Contradiction,
            (false, false) if failed_with("E0452") => Exit::Policy,
            (false, false) => Exit::Provider,
            (false, true) if done.new_plan => Exit::NewPlan,
            (false, true) => Exit::Done,
        };
        Ok(passed_over::end(session, &done.failed, exit))
    }
}

/// What one round did.
enum Round {
    /// Steps of an interrupted run were settled; nothing else.
    Settled,
    /// Another run has done something to this stack in between; nothing was done.
    Moved(String),
    /// The preview was applied.
    Applied(Report),
}

/// Nothing can be done before something else is.
pub(crate) fn all_wait() -> Failure {
    let message = "every stack with changes waits for outputs that are not published yet";
    Diagnostic::error("E0305", message).hint("select what they wait for too: `--with-upstream`").into()
}

/// Everything that is left waits for everything else.
fn nothing_more(report: &Report) -> Failure {
    let problem = Diagnostic::error("E0461", "what is left waits for programs that wait for what comes after it");
    let left = report.left.iter().map(|(stack, target)| format!("left: {target} of {stack}"));
    left.fold(problem, Diagnostic::note)
        .hint("declare what is to be deleted once more, and let it go with the next run")
        .hint("or delete it by name: `runner destroy STACK --target NAME`")
        .into()
}

/// Says which resources were skipped, and because of what; `-v` names them all.
fn say_skipped(session: &Session<'_>, report: &Report) {
    const SHOWN: usize = 10;
    let skipped = report.skipped.iter().filter(|(_, target, _)| matches!(target, engine::Target::Resource(_)));
    let lines: Vec<String> =
        skipped.map(|(stack, target, because)| format!("skipped: {target} of {stack}, because of {because}")).collect();
    let shown = if session.talk.verbose { lines.len() } else { lines.len().min(SHOWN) };
    lines[..shown].iter().for_each(|line| session.talk.say(line));
    if lines.len() > shown {
        session.talk.say(&format!("… and {} more were skipped; `-v` names them", lines.len() - shown));
    }
}
