//! Refresh: what the world says of the objects in state. Writes what was observed and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use diag::Diagnostics;
use ports::{Base, Closing, Find, ReadRequest, Run};
use resource::Urn;
use state::Entry;

use crate::apply::run_id;
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
}

impl Engine<'_> {
    /// Reads every object of the selected stacks anew.
    ///
    /// # Errors
    /// If a stack is held or the world cannot be read.
    pub async fn refresh(&self, selected: &BTreeSet<String>) -> Result<RefreshReport, Stopped> {
        let heads = self.store.heads().await?;
        let heads: Vec<state::Head> =
            heads.into_iter().filter(|head| selected.contains(&head.stack.to_string()) && head.objects > 0).collect();
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
        let mut report = RefreshReport::default();
        let mut found = Diagnostics::new();
        for (mut journal, head) in journals.into_iter().zip(heads) {
            let mut state = journal.state().clone();
            let entries = self.observe(&state, &mut report, &mut found).await;
            entries.iter().for_each(|entry| state.apply(entry));
            let moved = !entries.is_empty();
            if moved {
                journal.append(entries).await?;
            }
            let settled = if moved { None } else { head.settled };
            journal.close(Closing { state, settled }).await?;
        }
        self.store.release(&run).await?;
        found.into_result(report).map_err(Stopped::Problems)
    }

    async fn observe(
        &self,
        state: &state::StackState,
        report: &mut RefreshReport,
        found: &mut Diagnostics,
    ) -> Vec<Entry> {
        let mut by_provider: BTreeMap<String, Vec<&state::Object>> = BTreeMap::new();
        for object in state.objects.values() {
            if let Some(provider) = self.providers.of(object.urn.ty()) {
                by_provider.entry(provider.name().to_owned()).or_default().push(object);
            }
        }
        let mut entries = Vec::new();
        for objects in by_provider.into_values() {
            let Some(provider) = objects.first().and_then(|object| self.providers.of(object.urn.ty())) else {
                continue;
            };
            let requests: Vec<ReadRequest> = objects
                .iter()
                .map(|object| ReadRequest {
                    ty: object.urn.ty().to_owned(),
                    find: Find::Id(object.id.clone()),
                    instance: object.kept.provider.clone(),
                })
                .collect();
            let answers = match provider.read(&requests).await {
                Ok(answers) => answers,
                Err(error) => {
                    found.push(diag::Diagnostic::error("E0600", format!("`{}`: {error}", state.name)));
                    continue;
                }
            };
            for (object, answer) in objects.into_iter().zip(answers) {
                report.read += 1;
                let name = state.name.to_string();
                let Some(answer) = answer else {
                    report.gone.push((name, object.urn.clone()));
                    entries.push(Entry::Observed { urn: object.urn.clone(), observed: None });
                    continue;
                };
                let Ok(Some(schema)) = self.providers.schema(object.urn.ty()) else { continue };
                let context = Context::resource(&state.id, &object.urn);
                match seal::observed(self.secrets.as_ref(), schema, &object.inputs, answer.observed, &context) {
                    Ok(observed) if observed == object.observed => {}
                    Ok(observed) => {
                        if !diff::drifted(schema, &object.inputs, &observed).is_empty() {
                            report.changed.push((name, object.urn.clone()));
                        }
                        entries.push(Entry::Observed { urn: object.urn.clone(), observed: Some(observed) });
                    }
                    Err(error) => found.push(diag::Diagnostic::error("E0511", error.to_string())),
                }
            }
        }
        entries
    }
}
