//! Refresh: what the world says of the objects in state. Writes what was observed and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use diag::{Diagnostic, Diagnostics};
use diff::{Reach, Targets};
use ports::{Base, Closing, Find, Found, ProviderError, ReadRequest, Run};
use resource::Urn;
use state::{Entry, Head, Object, StackState, Status};
use tokio::time::Instant;

use crate::apply::run_id;
use crate::lease::Lease;
use crate::seal::{self, Context};
use crate::{Engine, Stopped};

/// What a refresh found.
#[derive(Debug, Default)]
pub struct RefreshReport {
    /// How many objects were read.
    pub read: usize,
    /// Objects that are gone: stack and resource.
    pub gone: Vec<(String, Urn)>,
    /// Objects that are not as they were set: stack and resource. What the vendor changes of its own does not count.
    pub changed: Vec<(String, Urn)>,
    /// Objects that go by another id now: stack, resource and id.
    pub moved: Vec<(String, Urn, String)>,
    /// Objects whose last step did not end well, and that are well by now: stack and resource.
    pub healed: Vec<(String, Urn)>,
}

impl Engine<'_> {
    /// Reads the objects of the selected stacks anew that targets mean, and records what was seen. Stacks without such
    /// objects are not touched.
    ///
    /// # Errors
    /// If a stack is held or the world cannot be read.
    pub async fn refresh(&self, selected: &BTreeSet<String>, targets: &Targets) -> Result<RefreshReport, Stopped> {
        let (heads, meant): (Vec<Head>, Vec<Meant>) = self.meant(selected, targets).await?.into_iter().unzip();
        let run = Run { id: run_id(), command: "refresh".to_owned() };
        let bases: Vec<Base> = heads
            .iter()
            .map(|head| Base {
                stack: head.stack.clone(),
                id: head.id.clone(),
                generation: Some(head.generation),
                plan: None,
            })
            .collect();
        let journals = self.store.acquire(&run, &bases).await?;
        let lease = Lease::keep(self.store.clone(), run.clone());
        let mut report = RefreshReport::default();
        let mut found = Diagnostics::new();
        for ((mut journal, head), Meant { urns, .. }) in journals.into_iter().zip(heads).zip(meant) {
            let mut state = journal.state().clone();
            let entries = self.observe(&state, &urns, &mut report, &mut found).await;
            entries.iter().for_each(|entry| state.apply(entry));
            let moved = !entries.is_empty();
            if moved {
                journal.append(entries).await?;
            }
            let settled = if moved { None } else { head.settled };
            journal.close(Closing { state, settled }).await?;
        }
        drop(lease);
        self.store.release(&run).await?;
        found.into_result(report).map_err(Stopped::Problems)
    }

    /// Reads the objects of the selected stacks anew that targets mean, and records nothing.
    ///
    /// # Errors
    /// If the state or the world cannot be read.
    pub async fn look(&self, selected: &BTreeSet<String>, targets: &Targets) -> Result<RefreshReport, Stopped> {
        let mut report = RefreshReport::default();
        let mut found = Diagnostics::new();
        for (_, Meant { state, urns }) in self.meant(selected, targets).await? {
            self.observe(&state, &urns, &mut report, &mut found).await;
        }
        found.into_result(report).map_err(Stopped::Problems)
    }

    /// Targets that mean no object of the selected stacks.
    ///
    /// # Errors
    /// If a state cannot be read.
    pub async fn unmatched(&self, selected: &BTreeSet<String>, targets: &Targets) -> Result<Diagnostics, Stopped> {
        let mut states = Vec::new();
        for head in self.with_objects(selected).await? {
            states.push(self.store.load(&head).await?.state);
        }
        let there = states.iter().flat_map(|state| state.copies().map(move |object| (&state.name, &object.urn)));
        Ok(targets.unmatched(there))
    }

    async fn with_objects(&self, selected: &BTreeSet<String>) -> Result<Vec<Head>, Stopped> {
        let heads = self.store.heads().await?.into_iter();
        Ok(heads.filter(|head| selected.contains(&head.stack.to_string()) && head.objects > 0).collect())
    }

    /// The stacks that have objects which targets mean.
    async fn meant(&self, selected: &BTreeSet<String>, targets: &Targets) -> Result<Vec<(Head, Meant)>, Stopped> {
        let heads = self.with_objects(selected).await?;
        let mut states = Vec::new();
        for head in &heads {
            states.push(self.store.load(head).await?.state);
        }
        let urns = meant(targets, &states.iter().collect::<Vec<_>>());
        let all = heads.into_iter().zip(states).zip(urns);
        let all = all.map(|((head, state), urns)| (head, Meant { state, urns }));
        Ok(all.filter(|(_, meant)| !meant.urns.is_empty()).collect())
    }

    /// The entries that say what has changed in the world of some objects of a state.
    pub(crate) async fn observe(
        &self,
        state: &StackState,
        urns: &BTreeSet<Urn>,
        report: &mut RefreshReport,
        found: &mut Diagnostics,
    ) -> Vec<Entry> {
        let mut by_provider: BTreeMap<String, Vec<&Object>> = BTreeMap::new();
        for object in state.copies().filter(|object| urns.contains(&object.urn)) {
            if self.providers.home(object.urn.ty(), &object.kept).is_none() {
                found.push(crate::providers::unreachable(&object.urn));
            } else if let Some(provider) = self.providers.of(object.urn.ty()) {
                by_provider.entry(provider.name().to_owned()).or_default().push(object);
            }
        }
        let mut entries = Vec::new();
        for objects in by_provider.into_values() {
            let requests: Vec<ReadRequest> = objects
                .iter()
                .map(|object| ReadRequest {
                    ty: object.urn.ty().to_owned(),
                    find: Find::Id(object.id.clone()),
                    instance: self.providers.home(object.urn.ty(), &object.kept).flatten(),
                })
                .collect();
            match self.read_again(&objects, &requests).await {
                Ok(answers) => {
                    for (object, answer) in objects.into_iter().zip(answers) {
                        report.read += 1;
                        entries.extend(self.seen(state, object, answer, report, found));
                    }
                }
                Err(error) => {
                    let problem = Diagnostic::error("E0600", format!("`{}`: {error}", state.name));
                    let provider = requests.first().and_then(|request| self.providers.of(&request.ty));
                    let hint = provider.and_then(|provider| provider.hint(&error));
                    found.push(hint.into_iter().fold(problem, Diagnostic::hint));
                }
            }
        }
        entries
    }

    /// Reads objects by their ids; those that were made so recently that the vendor may not show them yet are asked for
    /// until it is sure to.
    async fn read_again(
        &self,
        objects: &[&Object],
        requests: &[ReadRequest],
    ) -> Result<Vec<Option<Found>>, ProviderError> {
        const PAUSE: Duration = Duration::from_millis(500);
        let begun = Instant::now();
        let mut answers = crate::call::read_all(&self.providers, requests).await?;
        let now = jiff::Timestamp::now();
        let left = |position: usize| self.not_shown_for(objects[position], now).saturating_sub(begun.elapsed());
        loop {
            let open: Vec<usize> = (0..answers.len()).filter(|position| answers[*position].is_none()).collect();
            let open: Vec<usize> = open.into_iter().filter(|position| !left(*position).is_zero()).collect();
            let Some(longest) = open.iter().map(|position| left(*position)).max() else { return Ok(answers) };
            tokio::time::sleep(longest.min(PAUSE)).await;
            let again: Vec<ReadRequest> = open.iter().map(|position| requests[*position].clone()).collect();
            let found = crate::call::read_all(&self.providers, &again).await?;
            open.into_iter().zip(found).for_each(|(position, found)| answers[position] = found);
        }
    }

    /// For how long the vendor may still not show an object, if that was made recently.
    fn not_shown_for(&self, object: &Object, now: jiff::Timestamp) -> Duration {
        /// The clocks of two machines are not further apart.
        const APART: Duration = Duration::from_mins(1);
        let provider = self.providers.of(object.urn.ty());
        let delay = provider.map_or(Duration::ZERO, |provider| provider.consistency_delay(object.urn.ty()));
        let age = object.created.parse::<jiff::Timestamp>().map(|made| now.duration_since(made).unsigned_abs());
        if age.is_ok_and(|age| age < delay + APART) { delay } else { Duration::ZERO }
    }

    /// The entry that says what has changed of one object, if something has.
    fn seen(
        &self,
        state: &StackState,
        object: &Object,
        answer: Option<Found>,
        report: &mut RefreshReport,
        found: &mut Diagnostics,
    ) -> Option<Entry> {
        let (name, urn) = (state.name.to_string(), object.urn.clone());
        let live = state.objects.get(&urn).is_some_and(|live| live.incarnation == object.incarnation);
        let Some(answer) = answer else {
            if !live {
                // It was to be deleted anyway.
                return Some(Entry::Dropped { urn, incarnation: object.incarnation });
            }
            report.gone.push((name, urn.clone()));
            return Some(Entry::Observed { urn, observed: None, id: None, healthy: false });
        };
        let schema = self.providers.schema(urn.ty()).ok().flatten().filter(|_| live)?;
        let context = Context::resource(&state.id, &urn);
        let id = (answer.id != object.id).then_some(answer.id);
        let healthy = answer.unhealthy.is_none()
            && matches!(object.status, Status::Partial { .. })
            && is_open_to_the_eye(schema, object);
        let seen = answer.observed;
        let observed = seal::observed(self.secrets.as_ref(), schema, &object.inputs, Some(object), seen, &context);
        let observed = match observed {
            Ok(observed) => seal::with_told_once(schema, object, observed),
            Err(error) => {
                found.push(Diagnostic::error("E0511", error.to_string()));
                return None;
            }
        };
        if observed == object.observed && id.is_none() && !healthy {
            return None;
        }
        if !object.external && !diff::drifted(schema, &object.inputs, &observed).is_empty() {
            report.changed.push((name.clone(), urn.clone()));
        }
        report.moved.extend(id.iter().map(|id| (name.clone(), urn.clone(), id.clone())));
        report.healed.extend(healthy.then(|| (name, urn.clone())));
        Some(Entry::Observed { urn, observed: Some(observed), id, healthy })
    }

    /// Whether an object of a state is known not to be as it was last wanted, or to be gone.
    pub fn has_drifted(&self, state: &StackState) -> bool {
        let mut objects = state.objects.values().filter(|object| !object.external);
        !state.vanished.is_empty()
            || objects.any(|object| {
                let schema = self.providers.schema(object.urn.ty()).ok().flatten();
                schema.is_some_and(|schema| !diff::drifted(schema, &object.inputs, &object.observed).is_empty())
            })
    }
}

/// What is looked at of a stack.
struct Meant {
    state: StackState,
    urns: BTreeSet<Urn>,
}

/// The objects that targets mean, for each state.
pub(crate) fn meant(targets: &Targets, states: &[&StackState]) -> Vec<BTreeSet<Urn>> {
    let reach = Reach::of_states(targets, states);
    let seen = |(stack, state): (usize, &StackState)| {
        let urns = state.copies().map(|object| &object.urn).filter(|urn| !reach.leaves(stack, urn));
        urns.cloned().collect()
    };
    states.iter().copied().enumerate().map(seen).collect()
}

/// Whether all that was set can be read: where something is hidden nobody knows how far an interrupted step came.
fn is_open_to_the_eye(schema: &schema::TypeSchema, object: &Object) -> bool {
    let hidden = |key: &String| {
        let path = value::Path::key(key);
        schema.write_only.iter().chain(&schema.overlay.secret).any(|pattern| pattern.touches(&path))
    };
    !object.inputs.iter().any(|(key, value)| value.has_secret() || hidden(key))
}
