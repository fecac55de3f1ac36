//! Live progress: a tree of stacks on a terminal, plain lines elsewhere, JSON lines if asked for.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use diff::Action;
use engine::{Event, StepOutcome, Target};
use render::{Ended, InFlight, Progress, StackProgress, StepEvent};
use resource::{StackName, Urn};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::commands::interrupt::Calls;
use crate::talk::{Talk, size};

/// Shows events until the run is over.
pub(crate) async fn show(talk: Talk, calls: Calls, mut events: UnboundedReceiver<Event>) {
    let mut screen = Screen {
        live: !talk.json && std::io::stderr().is_terminal(),
        talk,
        begun: Instant::now(),
        progress: Progress::default(),
        calls,
        drawn: 0,
    };
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => screen.take(&event),
                None => break,
            },
            _ = tick.tick() => screen.draw(),
        }
    }
    screen.clear();
}

struct Screen {
    live: bool,
    talk: Talk,
    begun: Instant,
    progress: Progress,
    calls: Calls,
    drawn: usize,
}

impl Screen {
    fn take(&mut self, event: &Event) {
        if self.talk.json
            && let Ok(value) = serde_json::to_value(event)
        {
            self.talk.json(&value);
        }
        match event {
            Event::Started { steps, .. } => {
                for (stack, total) in steps {
                    self.progress
                        .stacks
                        .insert(stack.clone(), StackProgress { total: *total, ..StackProgress::default() });
                }
            }
            Event::StepStarted { stack, target, action } => {
                self.calls.start(stack, target, action);
                if self.talk.verbose && !self.live && !self.talk.json {
                    self.line(stack, target, action, None, 0.0);
                }
            }
            Event::CallStarted { stack, target, .. } => self.calls.ask(stack, target),
            Event::StepEnded { stack, target, action, outcome, seconds } => {
                self.calls.end(stack, target);
                if let Some(progress) = self.progress.stacks.get_mut(stack) {
                    match outcome {
                        StepOutcome::Done | StepOutcome::Nothing => progress.done += 1,
                        StepOutcome::Failed { .. } | StepOutcome::Skipped { .. } | StepOutcome::Cancelled => {
                            progress.failed += 1;
                        }
                    }
                }
                let ended = match outcome {
                    StepOutcome::Done => Some(Ended::Done),
                    StepOutcome::Nothing => None,
                    StepOutcome::Failed { reason } => Some(Ended::Failed(reason)),
                    StepOutcome::Skipped { because } => Some(Ended::Skipped(because)),
                    StepOutcome::Cancelled => Some(Ended::Skipped("the run was cancelled")),
                };
                // On a terminal the bars say what goes well; elsewhere outputs and skipped steps are only counted.
                let tell = match ended {
                    Some(Ended::Failed(_)) => true,
                    Some(Ended::Done) => !self.live && matches!(target, Target::Resource(_)),
                    Some(Ended::Skipped(_)) => self.talk.verbose,
                    None => false,
                };
                if tell && !self.talk.json {
                    self.clear();
                    self.line(stack, target, action, ended, *seconds);
                }
            }
            Event::Settled { stack, resource, outcome } => {
                if !self.talk.json {
                    self.clear();
                    self.talk.say(&format!("{stack}  {resource}  left open by an interrupted run: {outcome}"));
                }
            }
            Event::Otherwise { stack, target } => {
                if !self.talk.json {
                    self.clear();
                    self.talk
                        .say(&format!("{stack}  {target}  is not as it was shown; what reads it is compared again"));
                }
            }
            Event::Cancelling => {
                if !self.talk.json {
                    self.clear();
                    self.talk
                        .say("stopping: what runs is finished, nothing more is started (Ctrl-C again stops at once)");
                }
            }
            // The preview has said so already.
            Event::Allowed { .. } | Event::StackEnded { .. } | Event::Ended { .. } => {}
        }
    }

    fn line(&self, stack: &StackName, target: &Target, action: &str, ended: Option<Ended<'_>>, seconds: f64) {
        let urn = urn_of(stack, target);
        let event = StepEvent { stack, urn: &urn, action: action_of(action), ended, seconds };
        self.talk.say(&render::event(&event, self.talk.stderr()));
    }

    fn draw(&mut self) {
        if !self.live || self.progress.stacks.is_empty() {
            return;
        }
        self.progress.elapsed = self.begun.elapsed().as_secs_f64();
        self.progress.stacks.values_mut().for_each(|stack| stack.in_flight.clear());
        for ((stack, target), call) in self.calls.all() {
            if let Some(progress) = self.progress.stacks.get_mut(&stack) {
                let seconds = call.since.elapsed().as_secs_f64();
                let (urn, action) = (urn_of(&stack, &target), action_of(call.action));
                progress.in_flight.push(InFlight { urn, action, seconds });
            }
        }
        let height = size().map_or(24, |(_, height)| height).saturating_sub(1);
        let lines = render::progress(&self.progress, height, self.talk.stderr());
        self.clear();
        let mut err = std::io::stderr().lock();
        let text = lines.join("\n") + "\n";
        drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
        self.drawn = lines.len();
    }

    /// Takes the drawn lines away.
    fn clear(&mut self) {
        if self.drawn > 0 {
            let mut err = std::io::stderr().lock();
            // Up as many lines as were drawn, and everything below is erased.
            drop(write!(err, "\x1b[{}F\x1b[J", self.drawn).and_then(|()| err.flush()));
            self.drawn = 0;
        }
    }
}

fn urn_of(stack: &StackName, target: &Target) -> Urn {
    match target {
        Target::Resource(urn) => urn.clone(),
        Target::Output(path) => Urn::new(stack.project(), "output", path.to_string()),
    }
}

fn action_of(word: &str) -> Action {
    match word {
        "create" => Action::Create,
        "replace" => Action::Replace { delete_first: false, undecided: false },
        "delete" => Action::Delete,
        "adopt" => Action::Adopt,
        "read" => Action::Read,
        _ => Action::Update,
    }
}
