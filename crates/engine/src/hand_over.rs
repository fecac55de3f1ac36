//! Handing objects over between stacks: before the steps of a run, and when an interrupted run is settled.

use std::collections::{BTreeMap, BTreeSet};

use diag::Diagnostic;
use ports::Base;
use state::{Entry, StackState};

use crate::moves::{Move, Phases, carry_over};
use crate::run::Live;
use crate::seal::{self, Context};
use crate::{Engine, Preview, Stopped};

impl Phases {
    /// One phase after the other; each stack's part of one is one chunk of its journal.
    pub(crate) fn in_order(self) -> impl Iterator<Item = (String, Vec<Entry>)> {
        [self.leaving, self.arriving, self.left].into_iter().flatten()
    }
}

impl Engine<'_> {
    /// Hands over what moves between the stacks of a run.
    pub(crate) async fn hand_over(&self, moves: &BTreeSet<Move>, lives: &mut [Live<'_>]) -> Result<(), Stopped> {
        if moves.is_empty() {
            return Ok(());
        }
        let states = lives.iter().map(|live| (live.set.stack.to_string(), live.state().clone()));
        let phases = self.phases(moves, states.collect())?;
        for (stack, entries) in phases.in_order() {
            let live = lives.iter_mut().find(|live| live.set.stack.to_string() == stack);
            if let Some(live) = live {
                live.append(entries).await?;
            }
        }
        Ok(())
    }

    /// What moves write into the journals; secrets are bound to their new place.
    pub(crate) fn phases(
        &self,
        moves: &BTreeSet<Move>,
        mut states: BTreeMap<String, StackState>,
    ) -> Result<Phases, Diagnostic> {
        let mut phases = carry_over(moves, &mut states);
        for (stack, entries) in &mut phases.arriving {
            for entry in entries {
                let Entry::Arrived { object, from } = entry else { continue };
                let earlier = Context::resource(&from.stack_id, &from.urn);
                let now = Context::resource(&states[stack].id, &object.urn);
                let rebound = seal::rebound(self.secrets.as_ref(), object, &earlier, &now)
                    .map_err(|error| Diagnostic::error("E0511", format!("`{}`: {error}", object.urn.name())))?;
                if let Some(rebound) = rebound {
                    **object = rebound;
                }
            }
        }
        Ok(phases)
    }

    /// The stacks outside a preview that have to be asked what became of objects on their way to them.
    pub(crate) fn asked_of_moves(preview: &Preview) -> Vec<Base> {
        let states = preview.changes.iter().filter_map(|set| preview.world.states.get(&set.stack.to_string()));
        let ids: BTreeSet<&String> =
            states.flat_map(|state| state.leaving.values()).map(|leaving| &leaving.to).collect();
        let inside: BTreeSet<&String> = preview.changes.iter().map(|set| &set.stack_id).collect();
        let heads = preview.world.heads.values().filter(|head| ids.contains(&head.id) && !inside.contains(&head.id));
        heads
            .map(|head| Base {
                stack: head.stack.clone(),
                id: head.id.clone(),
                generation: Some(head.generation),
                plan: head.plan,
            })
            .collect()
    }
}

/// The entries that end the hand-overs which an interrupted run left open in a stack, each with a word for people.
/// `states` are those of all stacks that objects may have gone to; what is in none of them has not arrived.
pub(crate) fn settle(state: &StackState, states: &[StackState]) -> Vec<(Entry, &'static str)> {
    let ended = state.leaving.iter().map(|(urn, leaving)| {
        let target = states.iter().find(|target| target.id == leaving.to);
        if target.is_some_and(|target| target.has_arrived(state, urn)) {
            (Entry::Left { urn: urn.clone() }, "moved")
        } else {
            (Entry::Stayed { urn: urn.clone() }, "not moved")
        }
    });
    ended.collect()
}
