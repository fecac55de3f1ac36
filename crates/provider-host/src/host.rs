//! One host: what is asked of it at a time is done by one script.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hostops::{Answer, Key, Task, told};
use ports::{ProviderError, ProviderErrorKind};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use crate::connect::Connector;
use crate::failure::{self, Result};

/// How long a task waits for others that can be done along with it.
const GATHER: Duration = Duration::from_millis(5);

/// A host, and what was seen of it.
pub(crate) struct Host {
    connector: Arc<dyn Connector>,
    queue: Mutex<Queue>,
    /// What was last seen at paths, in the words that a step is compared by.
    seen: Mutex<BTreeMap<Key, String>>,
    trips: AtomicUsize,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether somebody takes care of them.
    served: bool,
}

struct Waiting {
    task: Task,
    answer: oneshot::Sender<Result<Answer>>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("connector", &self.connector).finish_non_exhaustive()
    }
}

impl Host {
    pub(crate) fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector, queue: Mutex::default(), seen: Mutex::default(), trips: AtomicUsize::new(0) }
    }

    /// How often it was gone to.
    pub(crate) fn trips(&self) -> usize {
        self.trips.load(Ordering::Relaxed)
    }

    /// What was last seen of something in this process.
    pub(crate) fn last_seen(&self, key: &Key) -> Option<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Does tasks along with whatever else is asked of the host at the same time: an answer to each.
    pub(crate) async fn all(self: &Arc<Self>, tasks: Vec<Task>) -> Vec<Result<Answer>> {
        let mut answers = Vec::with_capacity(tasks.len());
        {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            for task in tasks {
                let (answer, answered) = oneshot::channel();
                queue.waiting.push(Waiting { task, answer });
                answers.push(answered);
            }
            if !queue.served {
                queue.served = true;
                // A task of its own: whoever asked first may lose interest, and the others have not.
                tokio::spawn(self.clone().serve());
            }
        }
        let mut all = Vec::with_capacity(answers.len());
        for answered in answers {
            all.push(answered.await.unwrap_or_else(|_| {
                let message = format!("the task that went to {} died", self.connector.name());
                Err(ProviderError { kind: ProviderErrorKind::Lost, code: "Died".to_owned(), message })
            }));
        }
        all
    }

    /// Goes to the host for as long as something waits.
    async fn serve(self: Arc<Self>) {
        loop {
            tokio::time::sleep(GATHER).await;
            let waiting = {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                if queue.waiting.is_empty() {
                    queue.served = false;
                    return;
                }
                std::mem::take(&mut queue.waiting)
            };
            let (mut now, mut later) = (Vec::new(), Vec::new());
            for one in waiting {
                // Of one thing one task is done at a time: which comes first is for whoever asks.
                let key = one.task.key();
                let taken = now.iter().any(|other: &Waiting| other.task.key() == key);
                if taken { later.push(one) } else { now.push(one) }
            }
            if !later.is_empty() {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                later.append(&mut queue.waiting);
                queue.waiting = later;
            }
            let (tasks, senders): (Vec<Task>, Vec<_>) = now.into_iter().map(|one| (one.task, one.answer)).unzip();
            for (answer, sender) in self.go(&tasks).await.into_iter().zip(senders) {
                // Nobody listens any more: then nobody is told.
                sender.send(answer).unwrap_or_default();
            }
        }
    }

    /// Goes to the host once.
    async fn go(&self, tasks: &[Task]) -> Vec<Result<Answer>> {
        self.trips.fetch_add(1, Ordering::Relaxed);
        let nonce = nonce();
        let keys: Vec<Key> = tasks.iter().map(Task::key).collect();
        let script = hostops::script(&nonce, self.connector.root(), tasks, sum);
        let said = match self.connector.run(&script).await {
            Ok(said) => said,
            Err(error) => return keys.iter().map(|_| Err(error.clone())).collect(),
        };
        let told = told(&nonce, &keys, &said.output);
        let locked = || ProviderError {
            kind: ProviderErrorKind::Unavailable,
            code: "Locked".to_owned(),
            message: format!("another run is busy on {}", self.connector.name()),
        };
        let silence = || failure::silence(&self.connector.name(), &said, told.begun);
        let missing = |task: &Task| match silence() {
            _ if told.locked => locked(),
            // Looking does no harm, so it can be done again.
            lost if lost.kind == ProviderErrorKind::Lost && task.looks() => {
                ProviderError { kind: ProviderErrorKind::Unavailable, ..lost }
            }
            lost => lost,
        };
        let answers = told.answers.into_iter().zip(tasks);
        let answers: Vec<Result<Answer>> = answers
            .map(|(answer, task)| answer.ok_or_else(|| missing(task)).and_then(|answer| self.heard(answer)))
            .collect();
        self.remember(&keys, &answers);
        answers
    }

    /// A failure names the host.
    fn heard(&self, answer: Answer) -> Result<Answer> {
        match answer {
            Answer::Failed { code, message } => {
                Err(failure::refused(&code, format!("{message} (on {})", self.connector.name())))
            }
            answer => Ok(answer),
        }
    }

    fn remember(&self, keys: &[Key], answers: &[Result<Answer>]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, answer) in keys.iter().zip(answers).filter(|(key, _)| key.is_compared()) {
            match answer {
                Ok(Answer::There(there)) => match &there.words {
                    Some(words) => drop(seen.insert(key.clone(), words.clone())),
                    None => drop(seen.remove(key)),
                },
                Ok(_) => drop(seen.insert(key.clone(), "none".to_owned())),
                // What is refused is still as it was; of anything else nobody knows.
                Err(error) if error.kind == ProviderErrorKind::Refused => {}
                Err(_) => drop(seen.remove(key)),
            }
        }
    }
}

fn sum(bytes: &[u8]) -> String {
    digits(&Sha256::digest(bytes))
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A word that stands in no other output.
fn nonce() -> String {
    let mut random = [0u8; 12];
    // Without a source of randomness the process still tells scripts apart.
    if getrandom::fill(&mut random).is_err() {
        random[..4].copy_from_slice(&std::process::id().to_le_bytes());
    }
    format!("gp{}", digits(&random))
}
