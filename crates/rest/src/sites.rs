//! Sites: where the instances of a profile point, and many questions at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ports::{BoxFuture, Found, ReadRequest};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::failure::{Result, refused};

/// The sites that a profile names, each made of its place when it is first needed.
#[derive(Debug)]
pub struct Sites<P, S> {
    places: BTreeMap<Option<String>, P>,
    made: Mutex<BTreeMap<Option<String>, Arc<S>>>,
}

impl<P, S> Sites<P, S> {
    /// Where the default instance and the named ones point.
    pub fn new(default: P, instances: BTreeMap<String, P>) -> Self {
        let named = instances.into_iter().map(|(name, place)| (Some(name), place));
        Self { places: named.chain([(None, default)]).collect(), made: Mutex::default() }
    }

    /// The site of an instance.
    ///
    /// # Errors
    /// If the profile has no such instance, or its site cannot be made.
    pub fn get(&self, instance: Option<&str>, open: impl FnOnce(&P) -> Result<S>) -> Result<Arc<S>> {
        let key = instance.map(str::to_owned);
        let place = self.places.get(&key).ok_or_else(|| {
            refused("NoInstance", format!("the profile has no instance `{}`", instance.unwrap_or_default()))
        })?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = made.get(&key) {
            return Ok(site.clone());
        }
        let site = Arc::new(open(place)?);
        made.insert(key, site.clone());
        Ok(site)
    }
}

/// Answers questions, so many at a time.
///
/// # Errors
/// That of any of them.
pub async fn each(
    requests: &[ReadRequest],
    most: usize,
    read: impl Fn(ReadRequest) -> BoxFuture<'static, Result<Option<Found>>>,
) -> Result<Vec<Option<Found>>> {
    let room = Arc::new(Semaphore::new(most));
    let mut reading = JoinSet::new();
    for (position, request) in requests.iter().cloned().enumerate() {
        let (room, answer) = (room.clone(), read(request));
        reading.spawn(async move {
            // It is never closed.
            let _place = room.acquire().await;
            (position, answer.await)
        });
    }
    let mut answers: Vec<Option<Found>> = vec![None; requests.len()];
    while let Some(ended) = reading.join_next().await {
        let (position, answer) = ended.map_err(|_| refused("Died", "the task that looked for it died"))?;
        answers[position] = answer?;
    }
    Ok(answers)
}
